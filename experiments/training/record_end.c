/* The parts of a run file that come once: features at the first drop, and what a finished run leaves. */
#include "experiments/training/record.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/training/evaluation.h"
#include "imbalance/loss.h"
#include "imbalance/metrics.h"

/* Fills one set of features (and the subset's logits, unless NULL) from the network as it is. */
static core_status take_features(xp_job *job, float *train_logits, res_features *out)
{
    int64_t D = nn_model_feature_count(job->model), n = job->split.n, N = job->data.test.count;
    float *train, *test;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, n * D, "the training features", train));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, N * D, "the test features", test));
    xp_evaluation what = {.data = &job->data,
                          .part = &job->data.train,
                          .index = job->split.index,
                          .n = n,
                          .shard = job->recipe.shard,
                          .features = train,
                          .logits = train_logits};
    CORE_TRY(xp_evaluate(job->model, &what));
    CORE_TRY(xp_job_evaluate_test(job));
    memcpy(test, job->test_features, (size_t)(N * D) * sizeof *test);
    *out = (res_features){.epoch = job->pass.epoch, .D = D, .train = train, .test = test};
    res_feature_sets *sets = &job->file.features;
    sets->n = n;
    sets->N = N;
    sets->train_label = job->split.labels;
    sets->test_label = job->data.test.labels;
    return CORE_OK;
}

core_status xp_record_features_at_drop(xp_job *job)
{
    const nn_schedule *schedule = &job->recipe.schedule;
    bool due = schedule->drop_count > 0 && job->pass.epoch == schedule->drops[0] && job->pass.step == 0;
    if (!due || job->file.features.at_drop.D > 0) {
        return CORE_OK;
    }
    return take_features(job, NULL, &job->file.features.at_drop);
}

static res_summary summary_of(const xp_job *job, int64_t epoch)
{
    const res_epochs *epochs = &job->file.epochs;
    imb_metrics of;
    imb_metrics_of_classes(epochs->test_class_error + epoch * job->split.K, job->split.counts, job->split.K, &of);
    return (res_summary){
        .epoch = epoch,
        .error = epochs->test_error[epoch],
        .balanced_error = of.balanced_error,
        .many_error = of.many_error,
        .medium_error = of.medium_error,
        .few_error = of.few_error,
        .top5_error = epochs->test_top5_error[epoch],
        .worst_class_error = of.worst_class_error,
        .worst_class = of.worst_class,
        .geometric_mean_recall = of.geometric_mean_recall,
        .calibration_error = epochs->test_calibration_error[epoch],
    };
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

static core_status record_margins(xp_job *job, const float *logits)
{
    int64_t n = job->split.n;
    float *margin;
    double *exact, *least;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, n, "the final margins", margin));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, job->split.K, "the class margins", least));
    CORE_TRY(CORE_NEW(n, "the final margins", exact));
    imb_example_margins(logits, job->split.labels, n, job->split.K, exact);
    for (int64_t i = 0; i < n; i++) {
        margin[i] = (float)exact[i];
        exact[i] = (double)margin[i]; /* the class margins are those of the margins that the file holds */
    }
    imb_margin_query query = {.margins = exact, .labels = job->split.labels, .n = n, .K = job->split.K};
    core_status status = imb_class_margins(&query, least, NULL);
    free(exact);
    CORE_TRY(status);
    job->file.margins.n = n;
    job->file.margins.margin = margin;
    job->file.margins.label = job->split.labels;
    job->file.margins.final_class_min = least;
    return CORE_OK;
}

core_status xp_record_final(xp_job *job)
{
    int64_t K = job->split.K, N = job->data.test.count;
    float *train_logits;
    int64_t *confusion;
    double *class_error;
    CORE_TRY(CORE_ARENA_NEW(&job->arena, job->split.n * K, "the training logits", train_logits));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, K * K, "the confusion", confusion));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, K, "the class errors", class_error));
    CORE_TRY(take_features(job, train_logits, &job->file.features.at_end));
    CORE_TRY(record_margins(job, train_logits));
    xp_score score = {.class_error = class_error, .confusion = confusion};
    CORE_TRY(xp_score_logits(job->test_logits, job->data.test.labels, N, K, &score));
    job->file.final = (res_final){.N = N,
                                  .K = K,
                                  .logits = job->test_logits,
                                  .label = job->data.test.labels,
                                  .confusion = confusion,
                                  .class_error = class_error,
                                  .last = summary_of(job, job->recipe.epochs - 1),
                                  .best = summary_of(job, best_epoch(&job->file.epochs))};
    return CORE_OK;
}
