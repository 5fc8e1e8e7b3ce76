#include "core/comm_module.h"

#include <mpi.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/status.h"

/* MPI counts in int; larger parts go in pieces. */
static const int64_t PIECE = 1 << 30;

static int start(int *rank, int *count, char *message, int64_t bytes)
{
    int provided = 0;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS || provided < MPI_THREAD_FUNNELED) {
        snprintf(message, (size_t)bytes,
                 "this MPI cannot run in a program with threads (MPI_THREAD_FUNNELED); use another MPI");
        return 0;
    }
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, count);
    return 1;
}

static void version(char *text, int64_t bytes)
{
    char whole[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(whole, &length);
    for (char *c = whole; *c != '\0'; c++) {
        *c = *c == '\t' ? ' ' : *c;
    }
    whole[strcspn(whole, ",\n")] = '\0';
    snprintf(text, (size_t)bytes, "%s", whole);
}

static int64_t pieces_of(const core_comm_part *parts, int64_t count)
{
    int64_t pieces = 0;
    for (int64_t i = 0; i < count; i++) {
        pieces += (parts[i].bytes + PIECE - 1) / PIECE;
    }
    return pieces;
}

/* Starts the pieces of all parts; returns the first request behind theirs. */
static MPI_Request *begin(const core_comm_part *parts, int64_t count, bool sends, MPI_Request *next)
{
    for (int64_t i = 0; i < count; i++) {
        for (int64_t at = 0; at < parts[i].bytes; at += PIECE) {
            const int64_t left = parts[i].bytes - at;
            const int size = (int)(left < PIECE ? left : PIECE);
            char *data = (char *)parts[i].data + at;
            if (sends) {
                MPI_Isend(data, size, MPI_BYTE, parts[i].rank, 0, MPI_COMM_WORLD, next++);
            } else {
                MPI_Irecv(data, size, MPI_BYTE, parts[i].rank, 0, MPI_COMM_WORLD, next++);
            }
        }
    }
    return next;
}

/* The first part whose pieces are not as long as the receiver expects; a longer one is MPI's own error. */
static int64_t find_short(const core_comm_part *receives, int64_t count, const MPI_Status *status)
{
    for (int64_t i = 0; i < count; i++) {
        for (int64_t at = 0; at < receives[i].bytes; at += PIECE) {
            const int64_t left = receives[i].bytes - at;
            int size = 0;
            MPI_Get_count(status++, MPI_BYTE, &size);
            if (size != (left < PIECE ? left : PIECE)) {
                return i + 1;
            }
        }
    }
    return 0;
}

static int64_t exchange(const core_comm_part *sends, int64_t send_count, const core_comm_part *receives,
                        int64_t receive_count)
{
    const int64_t receiving = pieces_of(receives, receive_count), all = receiving + pieces_of(sends, send_count);
    MPI_Request *requests = calloc((size_t)all + 1, sizeof *requests);
    MPI_Status *statuses = calloc((size_t)all + 1, sizeof *statuses);
    int done = 0;
    if (requests == NULL || statuses == NULL) {
        fputs("tailbit: out of memory for the messages of an exchange between ranks\n", stderr);
        MPI_Abort(MPI_COMM_WORLD, CORE_MACHINE);
        abort();
    }
    begin(sends, send_count, true, begin(receives, receive_count, false, requests));
    /* Yields, then sleeps, so that more ranks than CPUs move on and a rank that only waits leaves its CPU to others;
     * MPI_Waitall would spin. */
    enum { YIELDS = 2000 };
    const struct timespec moment = {0, 50000};
    for (int polls = 0; MPI_Testall((int)all, requests, &done, statuses) == MPI_SUCCESS && done == 0; polls++) {
        if (polls < YIELDS) {
            sched_yield();
        } else {
            nanosleep(&moment, NULL);
        }
    }
    const int64_t wrong = find_short(receives, receive_count, statuses);
    free(requests);
    free(statuses);
    return wrong;
}

static void end(void) { MPI_Finalize(); }

static void stop_all(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

const core_comm_module core_comm_module_of_mpi = {start, version, exchange, end, stop_all};
