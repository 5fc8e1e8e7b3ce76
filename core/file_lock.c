#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file_internal.h"
#include "core/memory.h"

enum { HOLDER_BYTES = 192 };

struct core_file_lock {
    int fd;
    char name[CORE_PATH_BYTES]; /* of the lock file */
};

/* "another process", or the number and host that the holder left in its lock file. */
static void describe_holder(int fd, char *text, size_t bytes)
{
    ssize_t got = pread(fd, text, bytes - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (*text == '\0') {
        snprintf(text, bytes, "another process");
    }
}

/* Only people read the name, so a failure to write it is ignored. */
static void leave_name(int fd)
{
    char host[128] = "", text[HOLDER_BYTES];
    gethostname(host, sizeof host - 1);
    int length = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) < 0) {
        return;
    }
}

/* Whether the file is short and begins with the line of leave_name, or is empty while its holder writes that. */
static bool is_name(const char *path, const void *context)
{
    (void)context;
    char text[HOLDER_BYTES];
    long pid;
    int length = 0;
    const ssize_t bytes = core_file_peek(AT_FDCWD, path, 0, 0, text, sizeof text);
    if (bytes < 0 || bytes == sizeof text) {
        return false;
    }
    text[bytes] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return bytes == 0 ||
           (sscanf(text, "process %ld on %n", &pid, &length) == 1 && length > 0 && strchr(text + length, ' ') == NULL);
}

const core_file_kind core_file_lock_kind = {.name = "tailbit lock", .is_own = is_name};

/* fcntl; a test can make it fail as on a file system without locks. */
static int ask_lock(int fd, int command, struct flock *lock)
{
    const char *error = getenv("TAILBIT_TEST_LOCK_ERROR");
    if (error != NULL) {
        errno = atoi(error);
        return -1;
    }
    return fcntl(fd, command, lock);
}

static core_status name_lock(const char *path, char name[CORE_PATH_BYTES])
{
    char real[CORE_PATH_BYTES];
    CORE_TRY(core_file_resolve(path, real));
    return core_path_write(name, "%s.lock", real);
}

/* Whether the open file still is the one that `name` leads to. */
static bool is_at(int fd, const char *name)
{
    struct stat file, there;
    return fstat(fd, &file) == 0 && stat(name, &there) == 0 && file.st_dev == there.st_dev &&
           file.st_ino == there.st_ino;
}

/* The descriptor of the lock file that the parent process locked and handed on to this one; -1: none. */
static int handed_down(const char *name)
{
    const char *text = getenv(CORE_FILE_LOCK_FD);
    const int fd = text != NULL ? atoi(text) : -1;
    if (fd <= STDERR_FILENO || !is_at(fd, name)) {
        return -1;
    }
    unsetenv(CORE_FILE_LOCK_FD);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static bool has_no_locks(int error)
{
    return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

static core_status fail_to_lock(const char *name, int error)
{
    return has_no_locks(error)
               ? core_fail(CORE_MACHINE,
                           "cannot lock %s: its file system has no locks (%s), which keep two commands from one file; "
                           "write to a disk that has them (--out, --data-dir) and copy what is finished, or give each "
                           "grid command a --part of its own",
                           name, strerror(error))
               : core_file_fail("lock", name, error);
}

/* Opens and locks the file `name`; *out is its descriptor. -1: another process, named in `holder`, has the lock. `tries`:
 * how often it is opened where its holder removes it meanwhile; a file system whose numbers of files change ends there. */
static core_status lock_file(const char *name, int tries, bool or_unlocked, char holder[HOLDER_BYTES], int *out)
{
    CORE_TRY(core_file_may_replace(name, &core_file_lock_kind));
    int fd = handed_down(name);
    or_unlocked = or_unlocked || fd >= 0; /* the parent has decided it */
    fd = fd >= 0 ? fd : open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return core_file_fail("make the lock", name, errno);
    }
    /* The lock belongs to the open file description: closing another descriptor of the file does not release it. */
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const bool locked = ask_lock(fd, F_OFD_SETLK, &whole) == 0;
    const int error = errno;
    if (locked || (or_unlocked && has_no_locks(error))) {
        if (tries > 1 && !is_at(fd, name)) {
            close(fd);
            return lock_file(name, tries - 1, or_unlocked, holder, out);
        }
        leave_name(fd);
        *out = fd;
        return CORE_OK;
    }
    describe_holder(fd, holder, HOLDER_BYTES);
    close(fd);
    *out = -1;
    return error == EAGAIN || error == EACCES ? CORE_OK : fail_to_lock(name, error);
}

/* *out NULL: another process holds it. */
static core_status take_lock(const char *path, bool or_unlocked, char holder[HOLDER_BYTES], core_file_lock **out)
{
    core_file_lock *lock;
    CORE_TRY(CORE_NEW(1, path, lock));
    core_status status = name_lock(path, lock->name);
    status = status == CORE_OK ? lock_file(lock->name, 100, or_unlocked, holder, &lock->fd) : status;
    if (status != CORE_OK || lock->fd < 0) {
        free(lock);
        lock = NULL;
    }
    CORE_TRY(status);
    *out = lock;
    return CORE_OK;
}

core_status core_file_lock_try(const char *path, bool or_unlocked, core_file_lock **out)
{
    char holder[HOLDER_BYTES];
    return take_lock(path, or_unlocked, holder, out);
}

core_status core_file_lock_take(const char *path, core_file_lock **out)
{
    char name[CORE_PATH_BYTES], holder[HOLDER_BYTES];
    core_file_lock *lock;
    CORE_TRY(take_lock(path, false, holder, &lock));
    if (lock == NULL) {
        CORE_TRY(name_lock(path, name));
        return core_fail_about(CORE_MACHINE, path, " is in use by %s (it holds %s)", holder, name);
    }
    *out = lock;
    return CORE_OK;
}

int core_file_lock_descriptor(const core_file_lock *lock) { return lock->fd; }

core_file_lock_state core_file_lock_look(const char *path, char *about, size_t bytes)
{
    char name[CORE_PATH_BYTES];
    about[0] = '\0';
    if (name_lock(path, name) != CORE_OK) {
        snprintf(about, bytes, "%s", core_error_message());
        return CORE_LOCK_UNKNOWN;
    }
    core_file_lock_state state = CORE_LOCK_FREE;
    const int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* O_NONBLOCK: do not wait for the writer of a pipe */
    /* A read-only descriptor can test only for a read lock, which conflicts with the holder's write lock. */
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    struct stat info;
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
        snprintf(about, bytes, "%s cannot be read: %s", name, strerror(errno));
        state = CORE_LOCK_UNKNOWN;
    } else if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))) {
        snprintf(about, bytes, "%s is not a regular file", name);
        state = CORE_LOCK_UNKNOWN;
    } else if (fd >= 0 && ask_lock(fd, F_OFD_GETLK, &whole) != 0) {
        snprintf(about, bytes, "the file system has no locks that can be seen: %s", strerror(errno));
        state = CORE_LOCK_UNKNOWN;
    } else if (fd >= 0 && whole.l_type != F_UNLCK) {
        describe_holder(fd, about, bytes);
        state = CORE_LOCK_HELD;
    }
    if (fd >= 0) {
        close(fd);
    }
    return state;
}

void core_file_lock_remove(core_file_lock *lock)
{
    if (lock != NULL) {
        unlink(lock->name);
    }
    core_file_lock_release(lock);
}

void core_file_lock_release(core_file_lock *lock)
{
    if (lock != NULL) {
        close(lock->fd);
        free(lock);
    }
}
