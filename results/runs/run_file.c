#include "results/runs/run_file.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool res_run_finished(const res_run *run)
{
    return run->epochs.planned > 0 && run->epochs.E == run->epochs.planned && run->final.N > 0;
}

bool res_run_diverged(const res_run *run, char *why, size_t bytes)
{
    for (int64_t e = 0; e < run->epochs.E; e++) {
        if (!isfinite(run->epochs.train_loss[e])) {
            snprintf(why, bytes, "the loss of epoch %" PRId64 " is no number (%s)", e + 1,
                     isnan(run->epochs.train_loss[e]) ? "NaN" : "infinite");
            return true;
        }
    }
    for (int64_t i = 0; i < run->final.N * run->final.K; i++) {
        if (!isfinite(run->final.logits[i])) {
            snprintf(why, bytes, "a logit of its last epoch is no number (%s)",
                     isnan(run->final.logits[i]) ? "NaN" : "infinite");
            return true;
        }
    }
    return false;
}

/* Moves `used` elements into a new array of `room`; an array that is not there counts as empty. */
static core_status move(core_arena *arena, int64_t room, int64_t used, double **array)
{
    double *moved = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, room, "the table of epochs", moved));
    if (*array != NULL && used > 0) {
        memcpy(moved, *array, (size_t)used * sizeof *moved);
    }
    *array = moved;
    return CORE_OK;
}

core_status res_epochs_reserve(res_epochs *epochs, int64_t rows, core_arena *arena)
{
    assert(rows >= epochs->E);
    const int64_t E = epochs->E, K = epochs->K, P = epochs->P;
    res_epochs grown = *epochs;
    CORE_TRY(move(arena, rows, E, &grown.lr));
    CORE_TRY(move(arena, rows, E, &grown.train_loss));
    CORE_TRY(move(arena, rows, E, &grown.train_error));
    CORE_TRY(move(arena, rows, E, &grown.test_error));
    CORE_TRY(move(arena, rows, E, &grown.test_top5_error));
    CORE_TRY(move(arena, rows, E, &grown.test_calibration_error));
    CORE_TRY(move(arena, rows * K, E * K, &grown.train_class_error));
    CORE_TRY(move(arena, rows * K, E * K, &grown.test_class_error));
    if (epochs->has_validation) {
        CORE_TRY(move(arena, rows, E, &grown.validation_error));
        CORE_TRY(move(arena, rows * K, E * K, &grown.validation_class_error));
    }
    CORE_TRY(CORE_ARENA_NEW(arena, rows * P, "the digests of the epochs", grown.tensor_digest));
    if (epochs->tensor_digest != NULL) {
        memcpy(grown.tensor_digest, epochs->tensor_digest, (size_t)(E * P) * sizeof *grown.tensor_digest);
    }
    *epochs = grown;
    return CORE_OK;
}

core_status res_margins_reserve(res_margins *margins, int64_t rows, core_arena *arena)
{
    assert(rows >= margins->E);
    const int64_t E = margins->E, K = margins->K, Q = margins->Q;
    res_margins grown = *margins;
    CORE_TRY(move(arena, rows * K, E * K, &grown.class_min));
    CORE_TRY(move(arena, rows * K * Q, E * K * Q, &grown.class_quantile));
    *margins = grown;
    return CORE_OK;
}

core_status res_timing_reserve(res_timing *timing, int64_t rows, core_arena *arena)
{
    assert(rows >= timing->E);
    res_timing grown = *timing;
    CORE_TRY(move(arena, rows, timing->E, &grown.seconds));
    CORE_TRY(move(arena, rows, timing->E, &grown.images_per_s));
    *timing = grown;
    return CORE_OK;
}

const res_array *res_state_find(const res_state *state, const char *name)
{
    for (int64_t i = 0; i < state->count; i++) {
        if (strcmp(state->arrays[i].name, name) == 0) {
            return &state->arrays[i];
        }
    }
    return NULL;
}
