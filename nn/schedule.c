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

int64_t nn_schedule_first_drop(const nn_schedule *schedule)
{
    if (schedule->drop_count == 0) {
        return -1;
    }
    int64_t first = schedule->drops[0];
    for (int d = 1; d < schedule->drop_count; d++) {
        first = schedule->drops[d] < first ? schedule->drops[d] : first;
    }
    return first > schedule->warmup_epochs ? first : schedule->warmup_epochs;
}
