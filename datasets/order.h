/* datasets/order.h - the order in which an epoch visits the examples of a subset.
 *
 * A Fisher-Yates shuffle whose draws are Philox of (seed, epoch, place): every epoch has its own order, which does
 * not depend on the epochs before it.
 */
#ifndef DATASETS_ORDER_H
#define DATASETS_ORDER_H

#include <stdint.h>

/* Writes the order of epoch `epoch` (0 <= epoch < 2^32): a permutation of 0..count-1 (count). Position p of the epoch
 * visits element order[p] of the subset. count >= 0. */
void ds_epoch_order(uint64_t seed, int64_t epoch, int64_t count, int64_t *order);

#endif
