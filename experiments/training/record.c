#include "experiments/training/record.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/hash.h"
#include "core/progress.h"
#include "core/version.h"
#include "experiments/training/environment.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/ranks.h"
#include "experiments/training/scores.h"
#include "imbalance/loss.h"
#include "imbalance/metrics.h"
#include "nn/schedule.h"
#include "recipes/summary.h"
#include "results/runs/features_file.h"

static const double quantile_levels[] = {0.05, 0.25, 0.5, 0.75, 0.95};
enum { QUANTILES = sizeof quantile_levels / sizeof quantile_levels[0] };

const char *const xp_running_names[XP_RUNNING] = {"running/loss", "running/margin", "running/prediction"};

static core_status name_tensors(xp_job *job)
{
    const char **names;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, job->tensors, "the tensors' names", names));
    for (int64_t t = 0; t < job->tensors; t++) {
        names[t] = job->state[t].name;
    }
    job->file.epochs.tensor_name = names;
    return CORE_OK;
}

core_status xp_record_begin(xp_job *job)
{
    const xp_split *split = &job->split;
    double *levels;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, QUANTILES, "the quantile levels", levels));
    memcpy(levels, quantile_levels, sizeof quantile_levels);
    job->file = (res_run){
        .creator = core_creator,
        .config = job->recipe.config,
        .data = {.name = job->data.name, .sha256 = job->data.sha256, .verified = job->data.verified},
        .split = {.K = split->K,
                  .n = split->n,
                  .class_counts = split->counts,
                  .train_index = split->index,
                  .sha256 = split->sha256,
                  .validation_n = split->validation_n,
                  .validation_index = split->validation_index},
        .epochs = {.planned = job->recipe.epochs,
                   .K = split->K,
                   .P = job->tensors,
                   .has_validation = split->validation_n > 0},
        .margins = {.K = split->K,
                    .dense_K = xp_job_has_many_classes(job) ? 0 : split->K,
                    .groups = xp_job_has_many_classes(job) ? IMB_SHOT_GROUPS : 0,
                    .Q = QUANTILES,
                    .quantile_level = levels,
                    .target = job->objective.margins},
    };
    return name_tensors(job);
}

core_status xp_record_start(xp_job *job)
{
    res_env *env = &job->file.env;
    res_options *starts;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, env->count + 1, "the starts", starts));
    for (int64_t i = 0; i < env->count; i++) {
        starts[i] = env->starts[i];
    }
    xp_start start = {.threads = job->recipe.threads,
                      .hosts = job->ranks,
                      .recompute = job->recipe.recompute,
                      .self_test = job->self_test,
                      .out = job->recipe.out,
                      .data_dir = job->recipe.split.data_dir,
                      .glove = job->recipe.glove.path,
                      .init = job->recipe.init.path,
                      .data_file = ds_is_path(job->data.name) ? job->recipe.split.data : NULL};
    CORE_TRY(xp_environment(&start, &job->arena, &starts[env->count]));
    *env = (res_env){.count = env->count + 1, .starts = starts};
    /* At every start, because a run file of an older tailbit lacks them. */
    const bool is_known = ds_is_built_in(job->data.name) && job->data.kind == DS_IMAGES && job->data.pack == NULL;
    if (!is_known) { /* else recipes/class_names.h knows them */
        job->file.split.class_name = (const char *const *)job->data.class_names;
    }
    if (job->data.class_order != NULL) {
        job->file.data.class_order = (const char *const *)&job->data.class_order;
    }
    if (job->data.kind == DS_IMAGES) {
        job->file.data.mean = job->data.mean;
        job->file.data.std = job->data.std;
        job->file.data.planes = job->data.planes == 1 ? &job->data.planes : NULL;
        job->plane[0] = job->data.seen_height;
        job->plane[1] = job->data.seen_width;
        job->file.data.plane = job->plane[0] == RES_SIDE && job->plane[1] == RES_SIDE ? NULL : job->plane;
    }
    return res_run_reserve(&job->file, job->recipe.epochs, &job->arena);
}

static bool is_finite(const float *data, int64_t count)
{
    bool finite = true;
    for (int64_t i = 0; i < count; i++) {
        finite &= fabsf(data[i]) <= FLT_MAX;
    }
    return finite;
}

static core_status fetch_tensors(xp_job *job)
{
    for (int64_t t = 0; t < job->tensors; t++) {
        CORE_TRY(nn_model_get_tensor(job->model, t, job->tensor_data[t]));
        if (!is_finite(job->tensor_data[t], core_h5_elements(&job->state[t].shape))) {
            return core_fail(CORE_DIVERGED, "after step %" PRId64 " of %" PRId64 " %s holds what is no number",
                             job->pass.step, job->pass.steps, job->state[t].name);
        }
    }
    return CORE_OK;
}

static core_status save(xp_job *job)
{
    const xp_pass *pass = &job->pass;
    int64_t done = xp_pass_done(pass), running = pass->step > 0 ? XP_RUNNING : 0;
    CORE_TRY(fetch_tensors(job));
    const void *sums[XP_RUNNING] = {pass->losses, pass->margins, pass->predictions};
    const core_h5_type types[XP_RUNNING] = {CORE_H5_F64, CORE_H5_F64, CORE_H5_I32};
    for (int64_t i = 0; i < running; i++) {
        job->state[job->tensors + i] =
            (res_array){.name = xp_running_names[i], .shape = core_h5_shape1(types[i], done), .data = sums[i]};
    }
    job->file.state =
        (res_state){.epoch = pass->epoch, .step = pass->step, .count = job->tensors + running, .arrays = job->state};
    struct rusage usage;
    res_timing *timing = &job->file.timing;
    timing->begun_s = pass->step > 0 ? core_progress_now_s() - job->epoch_s : 0.0;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        int64_t bytes = (int64_t)usage.ru_maxrss * 1024;
        timing->peak_memory_bytes = bytes > timing->peak_memory_bytes ? bytes : timing->peak_memory_bytes;
    }
    CORE_TRY(res_run_save(&job->file, job->recipe.out));
    job->is_saved_whole = res_run_finished(&job->file);
    return CORE_OK;
}

core_status xp_record_save(xp_job *job)
{
    nn_model_collect(job->model);
    return core_comm_agree(xp_is_writer() ? save(job) : CORE_OK, NULL);
}

/* The errors of predictions (n); NaN everywhere where the epoch was not evaluated. */
static core_status score_row(const xp_job *job, const int32_t *labels, const int32_t *predictions, int64_t n,
                             bool evaluated, double *class_error, double *error)
{
    *error = (double)NAN;
    for (int64_t k = 0; k < job->split.K; k++) {
        class_error[k] = (double)NAN;
    }
    if (evaluated) {
        CORE_TRY(xp_class_errors(labels, predictions, n, job->split.K, class_error, error));
    }
    return CORE_OK;
}

static core_status record_test(xp_job *job, int64_t row, bool evaluated)
{
    res_epochs *epochs = &job->file.epochs;
    const imb_outputs *tested = &job->tested;
    const int32_t *labels = job->data.test.labels;
    const int64_t K = job->split.K, N = job->data.test.count;
    CORE_TRY(score_row(job, labels, tested->prediction, N, evaluated, epochs->test_class_error + row * K,
                       &epochs->test_error[row]));
    epochs->test_top5_error[row] = evaluated ? imb_top_error(tested->rank, N, 5) : (double)NAN;
    epochs->test_calibration_error[row] =
        evaluated ? imb_calibration_error(tested->confidence, labels, tested->prediction, N) : (double)NAN;
    return CORE_OK;
}

static core_status record_validation(xp_job *job, int64_t row, bool evaluated)
{
    res_epochs *epochs = &job->file.epochs;
    const xp_split *split = &job->split;
    if (split->validation_n == 0) {
        return CORE_OK;
    }
    return score_row(job, split->validation_labels, job->held_out.prediction, split->validation_n, evaluated,
                     epochs->validation_class_error + row * split->K, &epochs->validation_error[row]);
}

/* Writes the epoch's least margin of each class, and the quantiles by class; for many classes by group of classes. */
static core_status record_training_margins(xp_job *job, int64_t row)
{
    res_margins *margins = &job->file.margins;
    const int64_t K = job->split.K, n = job->split.n;
    const imb_margin_query query = {.margins = job->pass.margins,
                                    .labels = job->pass.labels,
                                    .n = n,
                                    .K = K,
                                    .fractions = margins->quantile_level,
                                    .Q = margins->Q};
    if (!xp_job_has_many_classes(job)) {
        return imb_class_margins(&query, margins->class_min + row * K, margins->class_quantile + row * K * margins->Q);
    }
    imb_margin_query minima = query;
    minima.Q = 0;
    CORE_TRY(imb_class_margins(&minima, margins->class_min + row * K, NULL));
    xp_round_row(K, margins->class_min + row * K); /* so that a run that goes on from its file ends the same */
    return imb_group_quantiles(&query, job->split.counts, margins->group_quantile + row * IMB_SHOT_GROUPS * margins->Q);
}

static core_status record_training(xp_job *job, int64_t row)
{
    res_epochs *epochs = &job->file.epochs;
    xp_pass_result result = {.class_error = epochs->train_class_error + row * job->split.K};
    CORE_TRY(xp_pass_finish(&job->pass, &result));
    xp_round_row(job->split.K, result.class_error);
    epochs->lr[row] = nn_schedule_lr(&job->recipe.schedule, row);
    epochs->train_loss[row] = result.loss;
    epochs->train_error[row] = result.error;
    return record_training_margins(job, row);
}

/* Adds a row to everything, from what the epoch's steps and evaluations have left. */
static core_status add_row(xp_job *job, int64_t row, bool evaluated, double images_per_s)
{
    res_epochs *epochs = &job->file.epochs;
    CORE_TRY(record_test(job, row, evaluated));
    CORE_TRY(record_validation(job, row, evaluated));
    CORE_TRY(record_training(job, row));
    for (int64_t t = 0; t < job->tensors; t++) {
        const res_array *array = &job->state[t];
        epochs->tensor_digest[row * job->tensors + t] =
            core_hash_xxh3_64(array->data, (size_t)core_h5_elements(&array->shape) * sizeof(float));
    }
    job->file.timing.seconds[row] = core_progress_now_s() - job->epoch_s; /* its evaluations too */
    job->file.timing.images_per_s[row] = images_per_s;
    epochs->E = job->file.margins.E = job->file.timing.E = row + 1;
    return CORE_OK;
}

void xp_record_begin_epoch(xp_job *job)
{
    const double before_s = job->pass.step > 0 ? job->file.timing.begun_s : 0.0;
    job->epoch_s = core_progress_now_s() - (before_s > 0 ? before_s : 0.0); /* NaN in an older file */
}

core_status xp_record_epoch(xp_job *job, double images_per_s)
{
    const int64_t row = job->pass.epoch;
    const bool evaluate = (row + 1) % job->recipe.eval_every == 0 || row + 1 == job->recipe.epochs;
    nn_model_collect(job->model);
    CORE_TRY(core_comm_agree(xp_is_writer() ? fetch_tensors(job) : CORE_OK, NULL));
    if (evaluate) {
        CORE_TRY(xp_job_evaluate_test(job));
        CORE_TRY(xp_job_evaluate_validation(job));
    }
    CORE_TRY(core_comm_agree(xp_is_writer() ? add_row(job, row, evaluate, images_per_s) : CORE_OK, NULL));
    return core_comm_agree(xp_pass_begin(&job->pass, row + 1, 0), NULL);
}

/* ---- recorded once: features at the first drop, and the end of a run --------------------------------------------- */

static void describe_sets(const xp_job *job, res_feature_sets *sets)
{
    sets->n = job->split.n;
    sets->N = job->data.test.count;
    sets->train_label = job->split.labels;
    sets->test_label = job->data.test.labels;
}

/* Evaluates the subset and the test set: fills train (n, D) and the outputs for the subset, unless NULL, and the job's. */
static core_status evaluate_all(xp_job *job, float *train, const imb_outputs *train_outputs)
{
    const xp_evaluation what = {.loader = job->loader,
                                .part = &job->data.train,
                                .index = job->split.index,
                                .n = job->split.n,
                                .shard = job->recipe.shard,
                                .features = train,
                                .outputs = train_outputs};
    CORE_TRY(xp_evaluate(job->model, &what));
    return xp_job_evaluate_test(job);
}

/* Puts a set of features of the current network in the run file. */
static core_status take_features(xp_job *job, const imb_outputs *train_outputs, res_features *out)
{
    const int64_t D = nn_model_feature_count(job->model), n = job->split.n, N = job->data.test.count;
    float *train, *test;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, n * D, "the training features", train));
    CORE_TRY(evaluate_all(job, train, train_outputs));
    if (!xp_is_writer()) {
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(&job->arena, N * D, "the test features", test));
    memcpy(test, job->test_features, (size_t)(N * D) * sizeof *test);
    *out = (res_features){.epoch = job->pass.epoch, .D = D, .train = train, .test = test};
    describe_sets(job, &job->file.features);
    return CORE_OK;
}

/* Writes such a set to a file of its own, and its digest in the run file. `set`: the one of job->file; train (n, D) is
 * scratch. */
static core_status write_features(xp_job *job, const imb_outputs *train_outputs, float *train, res_features *set)
{
    res_feature_sets sets = {0};
    const char **digest;
    CORE_TRY(evaluate_all(job, train, train_outputs));
    if (!xp_is_writer()) {
        return CORE_OK;
    }
    *(set == &job->file.features.at_end ? &sets.at_end : &sets.at_drop) = (res_features){
        .epoch = job->pass.epoch, .D = nn_model_feature_count(job->model), .train = train, .test = job->test_features};
    describe_sets(job, &sets);
    CORE_TRY(CORE_ARENA_NEW(&job->arena, 1, "a digest", digest));
    CORE_TRY(res_features_save(&job->file, &sets, job->recipe.out, &job->arena, digest));
    set->digest = digest;
    return CORE_OK;
}

/* Keeps a set of features where that is wanted; fills the outputs for the subset, unless NULL. */
static core_status record_features(xp_job *job, const imb_outputs *train_outputs, res_features *set)
{
    float *train;
    if (!xp_job_keeps_features(job)) {
        return evaluate_all(job, NULL, train_outputs);
    }
    if (!xp_job_has_many_classes(job)) {
        return take_features(job, train_outputs, set);
    }
    CORE_TRY(CORE_NEW(job->split.n * nn_model_feature_count(job->model), "the training features", train));
    const core_status status = write_features(job, train_outputs, train, set);
    free(train);
    return status;
}

core_status xp_record_features_at_drop(xp_job *job)
{
    res_features *set = &job->file.features.at_drop;
    const bool due = job->pass.epoch == nn_schedule_first_drop(&job->recipe.schedule) && job->pass.step == 0;
    unsigned wanted = xp_is_writer() && set->D == 0 && set->digest == NULL; /* only rank 0 has the file */
    if (!due || !xp_job_keeps_features(job)) {
        return CORE_OK;
    }
    CORE_TRY(core_comm_agree(CORE_OK, &wanted));
    return wanted != 0 ? core_comm_agree(record_features(job, NULL, set), NULL) : CORE_OK;
}

static res_summary summary_of(const xp_job *job, int64_t epoch)
{
    const res_epochs *epochs = &job->file.epochs;
    res_summary summary =
        xp_summary_of_classes(epochs->test_class_error + epoch * job->split.K, job->split.counts, job->split.K);
    summary.epoch = epoch;
    summary.error = epochs->test_error[epoch];
    summary.top5_error = epochs->test_top5_error[epoch];
    summary.calibration_error = epochs->test_calibration_error[epoch];
    return summary;
}

/* The first of the epochs with the lowest test error; the last epoch was evaluated, so there is one. */
static int64_t best_epoch(const res_epochs *epochs)
{
    int64_t best = epochs->E - 1;
    for (int64_t e = epochs->E - 1; e >= 0; e--) {
        if (epochs->test_error[e] <= epochs->test_error[best]) {
            best = e;
        }
    }
    return best;
}

/* exact (n): the margins of the subset in evaluation mode. */
static core_status record_margins(xp_job *job, double *exact)
{
    int64_t n = job->split.n;
    float *margin;
    double *least;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, n, "the final margins", margin));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, job->split.K, "the class margins", least));
    for (int64_t i = 0; i < n; i++) {
        margin[i] = (float)exact[i];
        exact[i] = (double)margin[i]; /* the class margins are those of the margins that the file holds */
    }
    imb_margin_query query = {.margins = exact, .labels = job->split.labels, .n = n, .K = job->split.K};
    CORE_TRY(imb_class_margins(&query, least, NULL));
    job->file.margins.n = n;
    job->file.margins.margin = margin;
    job->file.margins.label = job->split.labels;
    job->file.margins.final_class_min = least;
    return CORE_OK;
}

static core_status record_end_of_training(xp_job *job)
{
    imb_outputs outputs = {0};
    core_arena room = {0};
    core_status status = CORE_ARENA_NEW(&room, job->split.n, "the final predictions", outputs.prediction);
    if (status == CORE_OK) {
        status = CORE_ARENA_NEW(&room, job->split.n, "the final margins", outputs.margin);
    }
    if (status == CORE_OK) {
        status = record_features(job, &outputs, &job->file.features.at_end);
    }
    if (status == CORE_OK && xp_is_writer()) {
        status = record_margins(job, outputs.margin);
    }
    core_arena_free(&room);
    return status;
}

typedef struct {
    int32_t label, prediction;
} pair;

static int compare_pairs(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    return x->label != y->label ? (x->label > y->label) - (x->label < y->label)
                                : (x->prediction > y->prediction) - (x->prediction < y->prediction);
}

/* Writes the confusion of many classes: a row for each pair of true and predicted class that occurs, sorted. */
static core_status count_pairs(xp_job *job, res_final *out)
{
    const int64_t N = job->data.test.count;
    pair *pairs;
    int64_t(*rows)[3], count = 0;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, N, "the confusion", pairs));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, N, "the confusion", rows));
    for (int64_t i = 0; i < N; i++) {
        pairs[i] = (pair){job->data.test.labels[i], job->tested.prediction[i]};
    }
    qsort(pairs, (size_t)N, sizeof *pairs, compare_pairs);
    for (int64_t i = 0; i < N; i++) {
        if (i == 0 || compare_pairs(&pairs[i - 1], &pairs[i]) != 0) {
            rows[count][0] = pairs[i].label;
            rows[count++][1] = pairs[i].prediction;
        }
        rows[count - 1][2]++;
    }
    out->pair_count = count;
    out->pairs = rows[0];
    return CORE_OK;
}

/* What stands in the place of logits and a dense confusion where there are many classes. */
static core_status record_sparse(xp_job *job, res_final *out)
{
    out->T = job->tested.T;
    out->top_label = job->tested.top_label;
    out->top_logit = job->tested.top_logit;
    out->own_logit = job->tested.own_logit;
    out->rank = job->tested.rank;
    return count_pairs(job, out);
}

static core_status record_dense(xp_job *job, res_final *out)
{
    const int64_t K = job->split.K;
    int64_t *confusion;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, K * K, "the confusion", confusion));
    imb_confusion_add(job->data.test.labels, job->tested.prediction, job->data.test.count, K, confusion);
    out->dense_K = K;
    out->logits = job->test_logits;
    out->confusion = confusion;
    return CORE_OK;
}

static core_status record_scores(xp_job *job)
{
    const int64_t K = job->split.K, N = job->data.test.count;
    double *class_error, error;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, K, "the class errors", class_error));
    CORE_TRY(imb_class_error(job->data.test.labels, job->tested.prediction, N, K, class_error, &error));
    res_final final = {.N = N,
                       .K = K,
                       .label = job->data.test.labels,
                       .class_error = class_error,
                       .last = summary_of(job, job->recipe.epochs - 1),
                       .best = summary_of(job, best_epoch(&job->file.epochs))};
    CORE_TRY(xp_job_has_many_classes(job) ? record_sparse(job, &final) : record_dense(job, &final));
    job->file.final = final;
    return CORE_OK;
}

core_status xp_record_final(xp_job *job)
{
    CORE_TRY(core_comm_agree(record_end_of_training(job), NULL));
    return core_comm_agree(xp_is_writer() ? record_scores(job) : CORE_OK, NULL);
}
