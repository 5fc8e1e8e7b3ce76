/* core/comm.h - the ranks: processes that train one network together, on one computer or several.
 *
 * Ranks    are started by mpirun or srun; a process that neither started is rank 0 of 1, and every function below then does
 *          nothing. All ranks call the same functions in the same order, from one thread.
 * Bits     Bytes are moved, never added: what has to be added is added by its receiver, in the order of core/tree.h. So no
 *          result depends on the number of ranks.
 * MPI      lies in modules that are loaded at the start, one for each MPI that the build found (core/comm_module.h): this
 *          program starts without MPI where it is not asked for.
 * Failure  What a rank cannot tell the others (they wait for it elsewhere) ends all of them at once: core_comm_abort.
 */
#ifndef CORE_COMM_H
#define CORE_COMM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

/* Joins the other ranks, if there are any. CORE_MACHINE: this tailbit has no module for the MPI that started it. */
core_status core_comm_start(void) CORE_MUST_USE;

/* Leaves them, after all are done. */
void core_comm_end(void);

int core_comm_rank(void);
int core_comm_count(void); /* of ranks */

/* "Open MPI v5.0.7"; "none" for one process. */
const char *core_comm_library(void);

/* Prints the last message (core/status.h) and ends every rank with `status`. */
_Noreturn void core_comm_abort(core_status status);

/* What this rank sends and receives in one exchange; zero-initialised before its first use, and emptied by every exchange.
 * Memory is borrowed until then. Parts of 0 bytes are left out. Between two ranks parts arrive in their order; both sides
 * know how many bytes each has. */
typedef struct {
    struct core_comm_part *sends, *receives;
    int64_t send_count, receive_count, send_capacity, receive_capacity;
} core_comm_parts;

void core_comm_send(core_comm_parts *parts, int rank, const void *bytes, int64_t count);
void core_comm_receive(core_comm_parts *parts, int rank, void *bytes, int64_t count);

/* Rows 0..rows-1 of `row_bytes` each, of which rank r has borders[r]..borders[r + 1]: all get all of them; rank 0
 * gets all of them; rank 0, which has all of them, gives each rank its own. */
typedef void core_comm_move(core_comm_parts *parts, void *data, int64_t row_bytes, const int64_t *borders);
core_comm_move core_comm_share, core_comm_collect, core_comm_deal;

/* Rank 0's bytes go to all others. */
void core_comm_spread(core_comm_parts *parts, void *data, int64_t bytes);

/* Moves the parts of all ranks. */
void core_comm_exchange(core_comm_parts *parts);
void core_comm_free(core_comm_parts *parts);

/* Rank 0's bytes go to all others, at once. */
void core_comm_tell(void *data, int64_t bytes);

/* Agrees on how a piece of work ended: CORE_OK where every rank has that, else the failure of the first rank that failed, its
 * message included. `wishes`, unless NULL, becomes the union of all ranks' bits. May
 * stand inside another agreement: the outer one is then a failure of all, too. */
core_status core_comm_agree(core_status status, unsigned *wishes) CORE_MUST_USE;

/* Ends a rank's work, whose status becomes that of all; every rank calls it once. */
core_status core_comm_settle(core_status status) CORE_MUST_USE;

/* Fails unless all ranks have the same `lines`, each a key, a tab and a value and ended by a newline, in any order. The message
 * names the first that differs and who has what. CORE_BAD_USAGE. */
core_status core_comm_same(const char *lines) CORE_MUST_USE;

/* Every rank's text (its first 511 bytes) in their order, equal neighbours together: "node1 x 2, node2 x 1". Free with free(). */
char *core_comm_list(const char *text);

/* How many ranks run on this rank's computer, itself included; `same_cpus`: with the same CPUs to choose from (affinity). */
int core_comm_neighbours(bool same_cpus);

/* This rank's; "" for one process. Valid until core_comm_end. */
const char *core_comm_host(void);

/* Bytes that this rank has sent since its start. */
int64_t core_comm_bytes_sent(void);

#endif
