/* core/comm_module.h - what a module that knows an MPI gives to core/comm.c.
 *
 * Built once for each MPI (core/meson.build), without other code of this program: only core/comm_module.c calls MPI.
 */
#ifndef CORE_COMM_MODULE_H
#define CORE_COMM_MODULE_H

#include <stdint.h>

/* Bytes to or from a rank. */
typedef struct core_comm_part {
    int rank;
    void *data;
    int64_t bytes;
} core_comm_part;

typedef struct {
    /* Joins the ranks. False: MPI does not start, with its word in `message`. */
    int (*start)(int *rank, int *count, char *message, int64_t bytes);
    void (*version)(char *text, int64_t bytes); /* "Open MPI v5.0.7", one line */

    /* Moves all parts, in order between two ranks. Returns 0, or the number of the first part received with another size,
     * from 1. */
    int64_t (*exchange)(const core_comm_part *sends, int64_t send_count, const core_comm_part *receives,
                        int64_t receive_count);
    void (*end)(void);
    void (*abort)(int code);
} core_comm_module;

/* The symbol of a module. */
#define CORE_COMM_MODULE "core_comm_module_of_mpi"
extern const core_comm_module core_comm_module_of_mpi;

#endif
