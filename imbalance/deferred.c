#include "imbalance/deferred.h"

imb_rebalance imb_schedule_at(const imb_schedule *schedule, int64_t epoch)
{
    return epoch < schedule->from_epoch ? IMB_PLAIN : schedule->rebalance;
}

int64_t imb_default_switch(int64_t epochs) { return 160 * epochs / 200; }

core_status imb_switch_check(int64_t switch_epoch, int64_t epochs)
{
    if (switch_epoch <= 0 || switch_epoch >= epochs) {
        return core_fail(CORE_BAD_USAGE,
                         "the switch to re-balancing is at epoch %lld; expected at least 1 and below %lld, the epochs",
                         (long long)switch_epoch, (long long)epochs);
    }
    return CORE_OK;
}
