/* tests/datasets/server.h - starts and ends the loopback server of range_server.py. */
#ifndef TESTS_DATASETS_SERVER_H
#define TESTS_DATASETS_SERVER_H

#include <sys/wait.h>

#include "tests/datasets/support.h"

typedef struct {
    pid_t pid;
    int port;
} loopback;

/* Serves `file` with up to three options (NULL: none); ends with end_server. */
static inline loopback start_server_at(const char *script, const char *file, const char *option, const char *value,
                                       const char *more)
{
    int pipe_ends[2];
    ck_assert_int_eq(pipe(pipe_ends), 0);
    loopback server = {.pid = fork()};
    ck_assert_int_ge(server.pid, 0);
    if (server.pid == 0) {
        dup2(pipe_ends[1], STDOUT_FILENO);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        execlp("python3", "python3", "-B", script, file, option, option != NULL ? value : NULL, more, (char *)NULL);
        _exit(127);
    }
    close(pipe_ends[1]);
    FILE *said = fdopen(pipe_ends[0], "r");
    ck_assert_ptr_nonnull(said);
    ck_assert_int_eq(fscanf(said, "%d", &server.port), 1);
    fclose(said);
    return server;
}

/* RANGE_SERVER: where the build says that range_server.py lies. */
#define start_server(...) start_server_at(RANGE_SERVER, __VA_ARGS__)

static inline void end_server(loopback server)
{
    kill(server.pid, SIGKILL);
    ck_assert_int_eq(waitpid(server.pid, NULL, 0), server.pid);
}

#endif
