/* core/file.h - files that are whole or not there: atomic replacement, locks, folders, whole reads.
 *
 * A replacement is written to a temporary in the same folder (PATH.tmp.HOST.PID; .tailbit-HASH.tmp.HOST.PID where that
 * name would be too long), given the mode of the file that it replaces, fsynced and renamed onto PATH; then the folder
 * is fsynced. A crash at any moment leaves the old file or the new one, whole. A temporary whose writer is dead is
 * removed by the next begin on the same host.
 *
 * tailbit replaces or removes only files that it made: the caller names the kind of the file, and an existing file must
 * be of the same kind, or empty (as mktemp leaves it).
 *
 * For tests: the environment variable TAILBIT_TEST_ABORT_AFTER=n kills the process (SIGKILL) right after the n-th
 * system call of its atomic writes, counted from 1 over the life of the process: unlink of each stale temporary, open
 * and close of the temporary (begin), each call noted with core_file_tested, open, fsync, close of the temporary,
 * rename, open, fsync, close of the folder (commit). core_file_write notes its open, each write and its close;
 * core_file_make its fsync too.
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/path.h"
#include "core/status.h"

enum { CORE_FILE_STARTS = 8 };

/* A kind of file that tailbit writes, and how to recognise it: all tests below that are not NULL must hold. */
typedef struct {
    const char *name;                     /* "tailbit report", for "is no tailbit report file" */
    const char *starts[CORE_FILE_STARTS]; /* it begins with one of these texts */
    const char *mark;                     /* it holds these bytes in its first 4,096 or last 1,024 bytes */
    size_t mark_bytes;
    bool (*is_own)(const char *path, const void *context); /* this function accepts the file */
    const void *context;
} core_file_kind;

/* Any file: only for folders that tailbit made for itself, and for tests. */
extern const core_file_kind core_file_any;

/* Checks that a file of that kind may be written at `path`: nothing is there, or a file of that kind, or an empty one.
 * CORE_BAD_USAGE, naming what is there: a file of another kind, a folder, a device, a dangling link. CORE_MACHINE: the
 * path cannot be examined. */
core_status core_file_may_replace(const char *path, const core_file_kind *kind) CORE_MUST_USE;

/* Checks, without writing, that a file of that kind can be written at `path` once its folders are made
 * (core_file_make_parent). Call it before long work. Errors as core_file_may_replace, and CORE_MACHINE for a folder
 * that cannot be written or made. */
core_status core_file_check(const char *path, const core_file_kind *kind) CORE_MUST_USE;

/* Removes the file at `path` if it is there and of that kind; nothing there is fine. CORE_BAD_USAGE: of another kind. */
core_status core_file_remove(const char *path, const core_file_kind *kind) CORE_MUST_USE;

/* A replacement between begin and commit; owns its names. */
typedef struct core_file_replacement core_file_replacement;

/* Begins to replace `path` (which need not exist; a symbolic link is followed) by a file of that kind: makes an empty
 * temporary in the same folder, which any library can open by name and write. CORE_MACHINE: the folder is missing or
 * cannot be written; CORE_BAD_USAGE as core_file_may_replace. */
core_status core_file_begin(const char *path, const core_file_kind *kind, core_file_replacement **out) CORE_MUST_USE;

/* core_file_begin, and writes `bytes` bytes of data to the temporary: commit or abandon is left. For files that change
 * together. CORE_MACHINE also where they cannot be written; nothing is left then. */
core_status core_file_begin_with(const char *path, const core_file_kind *kind, const void *data, size_t bytes,
                                 core_file_replacement **out) CORE_MUST_USE;

/* The name to write to, valid until commit or abandon. */
const char *core_file_temporary(const core_file_replacement *replacement);

/* Puts the temporary, which its writer has closed, at `path`, durably. Frees the replacement in either case. On failure
 * (CORE_MACHINE) the temporary is removed and the old file is untouched; but if only the last step failed, the fsync of
 * the folder, the new file is in place. */
core_status core_file_commit(core_file_replacement *replacement) CORE_MUST_USE;

/* Removes the temporary and frees the replacement. NULL is fine. */
void core_file_abandon(core_file_replacement *replacement);

/* Replaces `path` by `bytes` bytes of data, a file of that kind, atomically and durably. Errors as begin and commit. */
core_status core_file_write(const char *path, const core_file_kind *kind, const void *data, size_t bytes) CORE_MUST_USE;

/* write(2) until all is written. 0, or -1 with errno. */
int core_file_write_all(int fd, const char *data, size_t bytes) CORE_MUST_USE;

/* Writes the file `name` in the open folder (AT_FDCWD: any path): durable, but not atomic; no link is followed. flags:
 * O_EXCL where an existing file is an error, else 0. Returns 0, or -1 with errno. */
int core_file_make(int folder, const char *name, int flags, const void *data, size_t bytes) CORE_MUST_USE;

/* Reads a whole file into fresh memory with a NUL behind it (not counted); free with free().
 * CORE_BAD_FILE when it is missing, unreadable or not a regular file. `bytes` may be NULL. */
core_status core_file_read(const char *path, char **data, size_t *bytes) CORE_MUST_USE;

/* Reads at most `bytes` bytes of the file `name` in the open folder (AT_FDCWD: any path), from `offset` on. Returns the
 * number of bytes read; -1: the file cannot be read. flags: O_NOFOLLOW, or 0. */
ssize_t core_file_peek(int folder, const char *name, int flags, off_t offset, char *text, size_t bytes);

/* Writes `path`; where it is a symbolic link, the path of the link's target, so that replacing keeps the link, and a
 * file has one lock under all its names. A dangling link is its own target. CORE_BAD_USAGE: the path is too long. */
core_status core_file_resolve(const char *path, char real[CORE_PATH_BYTES]) CORE_MUST_USE;

/* mkdir -p. CORE_MACHINE, naming the part of the path: that part cannot be made; CORE_BAD_USAGE: it is no folder. */
core_status core_file_make_folders(const char *path) CORE_MUST_USE;

/* core_file_make_folders for the folder that `path` lies in. */
core_status core_file_make_parent(const char *path) CORE_MUST_USE;

/* A lock on the file PATH.lock, which is made where missing. The kernel frees the lock when the holder dies. */
typedef struct core_file_lock core_file_lock;

/* How a lock file is recognised; an empty one had a holder that died early. */
extern const core_file_kind core_file_lock_kind;

/* Takes the lock. CORE_BAD_USAGE: PATH.lock is another kind of file. CORE_MACHINE: a process (perhaps this one) holds
 * the lock, and the message names it where known; the lock file cannot be made; or the file system has no locks. */
core_status core_file_lock_take(const char *path, core_file_lock **out) CORE_MUST_USE;

/* The same, but a lock that is held is no error: *out is NULL then. or_unlocked: on a file system without locks the open
 * lock file counts as the lock, for a caller who knows that no other process works on the file; so it does in a child
 * process that inherits it. */
core_status core_file_lock_try(const char *path, bool or_unlocked, core_file_lock **out) CORE_MUST_USE;

/* The lock's file descriptor. A child process that inherits it, and finds its number in the environment variable
 * CORE_FILE_LOCK_FD, shares the lock: it is free when both processes have released it. */
int core_file_lock_descriptor(const core_file_lock *lock);
#define CORE_FILE_LOCK_FD "TAILBIT_LOCK_FD"

/* Looks, without taking it, whether a process holds the lock of `path`. Writes to about (bytes) the holder's name,
 * such as "process 7 on node3", or why the state is unknown (no right to read the lock file, no locks here); "" where
 * the lock is free. For tests: with TAILBIT_TEST_LOCK_ERROR=n every call about locks fails with that errno. */
typedef enum { CORE_LOCK_FREE, CORE_LOCK_HELD, CORE_LOCK_UNKNOWN } core_file_lock_state;
core_file_lock_state core_file_lock_look(const char *path, char *about, size_t bytes);

/* Gives the lock up; PATH.lock stays. NULL is fine. */
void core_file_lock_release(core_file_lock *lock);

/* Gives the lock up and removes PATH.lock; another process that has opened it meanwhile makes a new one. NULL is fine. */
void core_file_lock_remove(core_file_lock *lock);

/* CORE_MACHINE with the sentence for the errno value `error` met while `doing` ("write", "rename", ...) `path`: full
 * disk, read-only or missing folder, and others; CORE_BAD_USAGE for a name that is too long or leads through a file.
 * Also for rooms around a library, such as HDF5's, that meet the same errors. */
core_status core_file_fail(const char *doing, const char *path, int error) CORE_MUST_USE;

/* The code of a failure to open or read a file: CORE_MACHINE where the process lacks descriptors or memory, which says nothing
 * of the file; else CORE_BAD_FILE. */
core_status core_file_read_code(int error) CORE_MUST_USE;

/* Counts one system call of an atomic write for TAILBIT_TEST_ABORT_AFTER (above). Returns `result` and keeps errno. */
int core_file_tested(int result);

#endif
