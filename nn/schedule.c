#include "nn/schedule.h"

double nn_schedule_lr(const nn_schedule *schedule, int64_t epoch)
{
    if (epoch < schedule->warmup_epochs) {
        return schedule->lr * (double)(epoch + 1) / (double)schedule->warmup_epochs;
    }
    double lr = schedule->lr;
    for (int d = 0; d < schedule->drop_count; d++) {
        if (epoch >= schedule->drops[d]) {
            lr *= schedule->drop_factor;
        }
    }
    return lr;
}
