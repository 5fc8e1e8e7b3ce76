#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file_internal.h"
#include "core/memory.h"

struct core_file_lock {
    int fd;
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

/* For people only: nothing depends on it, so a failure to write it is none. */
static void leave_name(int fd)
{
    char host[128] = "", text[192];
    gethostname(host, sizeof host - 1);
    int length = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) < 0) {
        return;
    }
}

core_status core_file_lock_take(const char *path, core_file_lock **out)
{
    char *real = core_file_resolved(path), *name = NULL;
    if (real == NULL || asprintf(&name, "%s.lock", real) < 0) {
        free(real);
        return core_fail(CORE_MACHINE, "not enough memory for the name %s", path);
    }
    free(real);
    core_file_lock *lock = NULL;
    core_status status = CORE_OK;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    /* Of the open file description, so that closing another descriptor of the file does not drop it. */
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fd < 0) {
        status = core_file_fail("make the lock", name, errno);
    } else if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        char holder[192];
        int error = errno;
        describe_holder(fd, holder, sizeof holder);
        status = error == EAGAIN || error == EACCES
                     ? core_fail(CORE_MACHINE, "%s is in use by %s (it holds %s)", path, holder, name)
                     : core_file_fail("lock", name, error);
    } else {
        status = CORE_NEW(1, "a lock", lock);
    }
    free(name);
    if (status != CORE_OK) {
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    leave_name(fd);
    lock->fd = fd;
    *out = lock;
    return CORE_OK;
}

void core_file_lock_look(const char *path, char *holder, size_t bytes)
{
    char *real = core_file_resolved(path), *name = NULL;
    holder[0] = '\0';
    if (real == NULL || asprintf(&name, "%s.lock", real) < 0) {
        free(real);
        return;
    }
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    /* A read lock is what a descriptor without the right to write can ask about; a holder's write lock is in its way.
     */
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    if (fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
        describe_holder(fd, holder, bytes);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(name);
    free(real);
}

void core_file_lock_release(core_file_lock *lock)
{
    if (lock != NULL) {
        close(lock->fd);
        free(lock);
    }
}
