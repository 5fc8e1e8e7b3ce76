/* nn/schedule.h - learning rate by epoch: linear warm-up, then steps down.
 *
 * Source   The LDAM paper's released code: epoch e < W: lr (e + 1) / W; x 0.01 at each drop.
 */
#ifndef NN_SCHEDULE_H
#define NN_SCHEDULE_H

#include <stdint.h>

enum { NN_MAX_DROPS = 8 };

typedef struct {
    double lr;                   /* base rate */
    double drop_factor;          /* what a drop multiplies with; 0.01 */
    int64_t warmup_epochs;       /* W >= 0 */
    int64_t drops[NN_MAX_DROPS]; /* epochs, counted from 0; equal ones apply as often as they stand here */
    int drop_count;
} nn_schedule;

/* The rate of epoch `epoch` >= 0. */
double nn_schedule_lr(const nn_schedule *schedule, int64_t epoch);

/* The epoch before whose first step the rate falls for the first time: that of the first drop, or the end of the warm-up for
 * one inside it; -1 without drops. */
int64_t nn_schedule_first_drop(const nn_schedule *schedule);

#endif
