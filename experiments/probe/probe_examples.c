#include "experiments/probe/probe_examples.h"

#include <string.h>

#include "core/text.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/trained.h"
#include "imbalance/classes.h"
#include "imbalance/loss.h"

const res_features *xp_probe_features(const res_run *run, const xp_probe_request *request)
{
    return request->at_end ? &run->features.at_end : &run->features.at_drop;
}

/* Checks that the run has the features, and for `usual` the weights, that the request needs. */
static core_status check_run(const res_run *run, const xp_probe_request *request)
{
    const long long done = run->epochs.E, planned = run->epochs.planned;
    if (request->usual && !request->at_end) {
        return core_fail(CORE_BAD_USAGE,
                         "--protocol usual needs the network's weights, and %s holds those of the end only; expected "
                         "--features at-end, or --protocol paper",
                         request->run);
    }
    if (request->at_end && !res_run_finished(run)) {
        return core_fail(CORE_BAD_FILE, "%s: is unfinished, %lld of %s, and has no features at the end yet",
                         request->run, done, CORE_COUNT(planned, "epoch"));
    }
    if (xp_probe_features(run, request)->D > 0) {
        return CORE_OK;
    }
    if (run->epochs.K > RES_DENSE_CLASSES) {
        return core_fail(CORE_BAD_FILE,
                         "%s: a run with more than %d classes keeps no such features: train it with --keep-features%s",
                         request->run, RES_DENSE_CLASSES, request->at_end ? "" : ", or give --features at-end");
    }
    return core_fail(CORE_BAD_FILE,
                     "%s: has no features of the epoch at which the learning rate drops: %s; expected such a run, or "
                     "--features at-end",
                     request->run, done < planned ? "it has not come there" : "it never drops");
}

/* Takes the examples i of labels (n) with marked[i] == wanted; marked NULL: all. */
static core_status pick_examples(const int32_t *labels, int64_t n, const bool *marked, bool wanted, core_arena *arena,
                                 xp_probe_part *out)
{
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the examples of a probe", out->index));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the labels of a probe", out->labels));
    out->n = 0;
    for (int64_t i = 0; i < n; i++) {
        if (marked == NULL || marked[i] == wanted) {
            out->index[out->n] = i;
            out->labels[out->n++] = labels[i];
        }
    }
    return CORE_OK;
}

/* Copies rows index (n) of from (any, D). */
static core_status pick_rows(const float *from, int64_t D, const xp_probe_part *part, core_arena *arena, float **out)
{
    CORE_TRY(CORE_ARENA_NEW(arena, part->n * D, "the features of a probe", *out));
    for (int64_t i = 0; i < part->n; i++) {
        memcpy(*out + i * D, from + part->index[i] * D, (size_t)D * sizeof *from);
    }
    return CORE_OK;
}

static core_status take_predictions(const res_run *run, core_arena *arena, xp_probe_part *part)
{
    const res_final *final = &run->final;
    CORE_TRY(CORE_ARENA_NEW(arena, part->n, "the predictions of a probe", part->own));
    for (int64_t i = 0; i < part->n; i++) {
        const int64_t at = part->index[i];
        if (final->dense_K > 0) {
            imb_predict(final->logits + at * final->dense_K, 1, final->dense_K, &part->own[i]);
        } else {
            part->own[i] = final->top_label[at * final->T];
        }
    }
    return CORE_OK;
}

/* The run's own features, and predictions, of the test examples in `part`. */
static core_status take_tested(const res_run *run, const xp_probe_request *request, core_arena *arena,
                               xp_probe_part *part)
{
    const res_features *features = xp_probe_features(run, request);
    part->part = "test";
    CORE_TRY(pick_rows(features->test, features->D, part, arena, &part->features));
    return request->at_end ? take_predictions(run, arena, part) : CORE_OK;
}

static core_rng_key key_of(const xp_probe_request *request)
{
    return (core_rng_key){.seed = (uint64_t)request->seed, .purpose = CORE_RNG_PROBE};
}

static core_status pick_paper(const res_run *run, const xp_probe_request *request, core_arena *arena,
                              xp_probe_part *fit, xp_probe_part *test)
{
    const int32_t *labels = run->features.test_label;
    const int64_t N = run->features.N, K = run->split.K;
    int64_t *take;
    bool *marked;
    CORE_TRY(CORE_ARENA_NEW(arena, K, "the class counts of a probe", take));
    CORE_TRY(imb_class_counts(labels, N, K, take));
    for (int64_t k = 0; k < K; k++) {
        if (take[k] < 2) {
            return core_fail(
                CORE_BAD_FILE,
                "%s: class %lld has %s, expected at least 2 to share out; --protocol usual --features at-end "
                "fits on the training set",
                request->run, (long long)k, CORE_COUNT(take[k], "test example"));
        }
        take[k] = imb_class_share(request->frac, take[k]);
    }
    CORE_TRY(imb_classes_draw(labels, N, K, take, key_of(request), arena, &marked));
    CORE_TRY(pick_examples(labels, N, marked, true, arena, fit));
    CORE_TRY(pick_examples(labels, N, marked, false, arena, test));
    CORE_TRY(take_tested(run, request, arena, fit));
    return take_tested(run, request, arena, test);
}

/* The run's network, with the data that it was trained on. */
static core_status rebuild_network(const res_run *run, const xp_probe_request *request, core_arena *arena,
                                   xp_trained *trained)
{
    CORE_TRY(xp_trained_read(request->run, run, request->threads, arena, trained));
    const ds_view *view = &trained->recipe.split.view;
    CORE_TRY(xp_trained_load(request->run, run, request->data, request->data_dir, view, &trained->data));
    return xp_trained_build(request->run, run, trained);
}

/* Picks the balanced part of the training set, and computes the network's features and predictions for it. */
static core_status pick_balanced(const res_run *run, const xp_probe_request *request, xp_trained *trained,
                                 core_arena *arena, xp_probe_part *fit)
{
    const ds_part *train = &trained->data.train;
    const int64_t K = run->split.K, D = run->features.at_end.D;
    int64_t *take;
    bool *marked;
    CORE_TRY(rebuild_network(run, request, arena, trained));
    CORE_TRY(CORE_ARENA_NEW(arena, K, "the class counts of a probe", take));
    CORE_TRY(imb_class_counts(train->labels, train->count, K, take));
    int64_t least = take[0];
    for (int64_t k = 1; k < K; k++) {
        least = take[k] < least ? take[k] : least;
    }
    for (int64_t k = 0; k < K; k++) {
        take[k] = least;
    }
    CORE_TRY(imb_classes_draw(train->labels, train->count, K, take, key_of(request), arena, &marked));
    CORE_TRY(pick_examples(train->labels, train->count, marked, true, arena, fit));
    fit->part = "train";
    CORE_TRY(CORE_ARENA_NEW(arena, fit->n * D, "the features of a probe", fit->features));
    CORE_TRY(CORE_ARENA_NEW(arena, fit->n, "the predictions of a probe", fit->own));
    const imb_outputs outputs = {.prediction = fit->own};
    const xp_evaluation what = {.loader = trained->loader,
                                .part = train,
                                .index = fit->index,
                                .n = fit->n,
                                .shard = trained->recipe.shard,
                                .features = fit->features,
                                .outputs = &outputs};
    return xp_evaluate(trained->model, &what);
}

static core_status pick_usual(const res_run *run, const xp_probe_request *request, core_arena *arena,
                              xp_probe_part *fit, xp_probe_part *test)
{
    xp_trained trained = {0};
    const core_status status = pick_balanced(run, request, &trained, arena, fit);
    xp_trained_free(&trained);
    CORE_TRY(status);
    CORE_TRY(pick_examples(run->features.test_label, run->features.N, NULL, true, arena, test));
    return take_tested(run, request, arena, test);
}

core_status xp_probe_examples(const res_run *run, const xp_probe_request *request, core_arena *arena,
                              xp_probe_part *fit, xp_probe_part *test)
{
    CORE_TRY(check_run(run, request));
    const res_final *final = &run->final;
    if (run->split.K < 2 || (request->at_end && (final->N != run->features.N || final->K != run->split.K))) {
        return core_fail(CORE_BAD_FILE, "%s: its %s, features and final results do not fit each other", request->run,
                         CORE_COUNT(run->split.K, "class"));
    }
    int64_t *counts; /* not used: imb_class_counts checks every label */
    CORE_TRY(CORE_ARENA_NEW(arena, run->split.K, "the class counts of a probe", counts));
    CORE_TRY(imb_class_counts(run->features.test_label, run->features.N, run->split.K, counts));
    return request->usual ? pick_usual(run, request, arena, fit, test) : pick_paper(run, request, arena, fit, test);
}
