#include "recipes/target_set.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "imbalance/target_set.h"

/* Refuses flags about the test set's class sizes where `instead` leaves them without effect. */
static core_status check_idle(const xp_options *options, xp_option_id instead)
{
    static const xp_option_id of_order[] = {XP_TEST_IMBALANCE, XP_TEST_RHO};
    for (int i = 0; i < 2; i++) {
        if (options->source[of_order[i]] == XP_BY_FLAG) {
            return core_fail(CORE_BAD_USAGE, "--%s has no effect with --%s %s%s; expected it to be left out",
                             xp_option_get(of_order[i])->name, xp_option_get(instead)->name, options->text[instead],
                             xp_default_mark(options, instead));
        }
    }
    return CORE_OK;
}

core_status xp_target_set_resolve(const xp_options *options, const imb_profile *train, xp_target_set *out)
{
    xp_target_set set = {.counts = options->text[XP_TEST_COUNTS], .known = options->text[XP_TEST_COUNTS] != NULL};
    const bool kind = !xp_is_auto(options, XP_TEST_IMBALANCE), rho = !xp_is_auto(options, XP_TEST_RHO);
    if (set.known || xp_is_auto(options, XP_TEST_ORDER)) {
        CORE_TRY(check_idle(options, set.known ? XP_TEST_COUNTS : XP_TEST_ORDER));
        *out = set;
        return CORE_OK;
    }
    if (train->rho == 0 && !(kind && rho)) {
        return core_fail(CORE_BAD_USAGE,
                         "--test-order: the training set has no imbalance that the test set could share; expected "
                         "--test-imbalance and --test-rho");
    }
    set.known = true;
    set.order = xp_integer(options, XP_TEST_ORDER);
    set.profile = *train;
    if (kind) {
        CORE_TRY(imb_profile_parse(options->text[XP_TEST_IMBALANCE], &set.profile.kind));
    }
    set.profile.rho = rho ? xp_real(options, XP_TEST_RHO) : set.profile.rho;
    *out = set;
    return CORE_OK;
}

/* Reads the next number of "1000,10", moves *text behind it and its comma, and says whether another one follows. */
static core_status next_count(const char **text, int64_t *count, bool *more)
{
    char number[32];
    const size_t length = strcspn(*text, ",");
    if (length >= sizeof number) {
        return core_fail(CORE_BAD_USAGE, "--test-counts: a number of %zu characters, expected one of at most %zu",
                         length, sizeof number - 1);
    }
    snprintf(number, sizeof number, "%.*s", (int)length, *text);
    CORE_TRY(core_text_int64("--test-counts", number, 0, INT32_MAX, count));
    *more = (*text)[length] == ',';
    *text += length + *more;
    return CORE_OK;
}

/* Reads all numbers, puts the first K of them into counts (K), and writes how many there are. */
static core_status read_counts(const char *text, int64_t K, int64_t *counts, int64_t *n)
{
    int64_t above = 0, count = 0;
    bool more = true;
    for (*n = 0; more; (*n)++) {
        CORE_TRY(next_count(&text, &count, &more));
        above += count > 0;
        if (*n < K) {
            counts[*n] = count;
        }
    }
    return above > 0 ? CORE_OK : core_fail(CORE_BAD_USAGE, "--test-counts: every count is 0, expected one above");
}

core_status xp_target_set_check_counts(const char *text)
{
    int64_t n;
    return read_counts(text, 0, NULL, &n);
}

core_status xp_target_set_counts(const xp_target_set *set, int64_t K, int64_t *counts)
{
    int64_t n = K;
    const core_status status = set->counts != NULL ? read_counts(set->counts, K, counts, &n)
                                                   : imb_test_counts(&set->profile, set->order, K, counts);
    if (status != CORE_OK) {
        return core_fail(status, "the known test set: %s", core_error_message());
    }
    return n == K
               ? CORE_OK
               : core_fail(CORE_BAD_USAGE, "--test-counts: expected %lld whole numbers joined by commas", (long long)K);
}
