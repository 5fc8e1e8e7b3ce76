/* imbalance/deferred.h - when re-balancing begins: at once, or after plain training (DRW, DRS).
 *
 * Source   Cao et al., NeurIPS 2019, Sec. 3.3, Algorithm 1; the switch epoch is the released code's (160 of 200).
 */
#ifndef IMBALANCE_DEFERRED_H
#define IMBALANCE_DEFERRED_H

#include <stdint.h>

#include "core/status.h"

typedef enum { IMB_PLAIN, IMB_REWEIGHT, IMB_RESAMPLE } imb_rebalance;

typedef struct {
    imb_rebalance rebalance; /* what happens from from_epoch on */
    int64_t from_epoch;      /* 0: from the start (CB-RW, CB-RS); the deferred methods' switch epoch */
} imb_schedule;

/* What a run does in epoch `epoch`, counted from 0: IMB_PLAIN before from_epoch, then the schedule's action. */
imb_rebalance imb_schedule_at(const imb_schedule *schedule, int64_t epoch);

/* The default switch of a run of `epochs`: the integer (160 epochs) / 200. */
int64_t imb_default_switch(int64_t epochs);

/* CORE_BAD_USAGE unless 0 < switch_epoch < epochs: a switch at 0 defers nothing, one at the end never fires. */
core_status imb_switch_check(int64_t switch_epoch, int64_t epochs) CORE_MUST_USE;

#endif
