#include "results/runs/metric.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum {
    TOP1,
    TOP5,
    BALANCED,
    MANY,
    MEDIUM,
    FEW,
    WORST_CLASS,
    GEOMETRIC_MEAN,
    CALIBRATION,
    VALIDATION,
    CLASS_ERROR,
    CLASS_MARGIN
};
const char *const res_metric_names[] = {
    "top1",           "top5",        "balanced",   "many",        "medium",       "few", "worst-class",
    "geometric-mean", "calibration", "validation", "class-error", "class-margin", NULL};
enum { METRICS = sizeof res_metric_names / sizeof res_metric_names[0] - 1 };

/* The metrics that were asked for, in order. */
typedef struct {
    int count;
    int ids[METRICS];
} request;

static core_status add_metric(const char *name, bool best, const char *counted, request *out)
{
    int id = 0;
    while (id < METRICS && strcmp(res_metric_names[id], name) != 0) {
        id++;
    }
    if (id == METRICS) {
        char expected[CORE_EXPECTED_BYTES];
        return core_fail(CORE_BAD_USAGE, "--metric: '%s' is no metric%s", name,
                         core_text_expected(name, res_metric_names, METRICS, expected));
    }
    for (int i = 0; i < out->count; i++) {
        if (out->ids[i] == id) {
            return core_fail(CORE_BAD_USAGE, "--metric: %s stands there twice", name);
        }
    }
    if (best && id == CLASS_MARGIN) {
        return core_fail(CORE_BAD_USAGE,
                         "--metric class-margin is known after the last epoch only; expected no --best");
    }
    if (counted != NULL && (id == TOP5 || id == CALIBRATION)) {
        return core_fail(CORE_BAD_USAGE, "--metric %s is known for the test set as it is only; expected no %s", name,
                         counted);
    }
    out->ids[out->count++] = id;
    return CORE_OK;
}

static core_status read_request(const char *metrics, bool best, const char *counted, request *out)
{
    *out = (request){0};
    for (const char *at = metrics;; at++) {
        char name[64];
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), at);
        CORE_TRY(add_metric(name, best, counted, out));
        at += length;
        if (*at == '\0') {
            return CORE_OK;
        }
    }
}

core_status res_metrics_check(const char *metrics, bool best, const char *counted)
{
    request asked;
    return read_request(metrics, best, counted, &asked);
}

static double percent(double fraction) { return 100.0 * fraction; }

/* What a metric is in words, which shot_words completes, its unit, and where its fraction stands in a summary. */
static const struct {
    const char *head, *words, *unit;
    size_t field;
    res_direction direction;
} known[METRICS] = {
    [TOP1] = {"top-1", "top-1 test error", "%", offsetof(res_summary, error), RES_LOWER_IS_BETTER},
    [TOP5] = {"top-5", "top-5 test error", "%", offsetof(res_summary, top5_error), RES_LOWER_IS_BETTER},
    [BALANCED] = {"balanced", "mean of the class errors", "%", offsetof(res_summary, balanced_error),
                  RES_LOWER_IS_BETTER},
    [MANY] = {"many", "mean error of the classes with", "%", offsetof(res_summary, many_error), RES_LOWER_IS_BETTER},
    [MEDIUM] = {"medium", "mean error of the classes with", "%", offsetof(res_summary, medium_error),
                RES_LOWER_IS_BETTER},
    [FEW] = {"few", "mean error of the classes with", "%", offsetof(res_summary, few_error), RES_LOWER_IS_BETTER},
    [WORST_CLASS] = {"worst class", "largest class error", "%", offsetof(res_summary, worst_class_error),
                     RES_LOWER_IS_BETTER},
    [GEOMETRIC_MEAN] = {"geometric mean", "geometric mean of the recalls", "%",
                        offsetof(res_summary, geometric_mean_recall), RES_HIGHER_IS_BETTER},
    [CALIBRATION] = {"calibration", "calibration error", "%", offsetof(res_summary, calibration_error),
                     RES_LOWER_IS_BETTER},
    [VALIDATION] = {.head = "validation",
                    .words = "mean of the class errors on held-out training examples",
                    .unit = "%"},
    [CLASS_ERROR] = {.head = "error of class", .words = "error of each class", .unit = "%"},
    /* the logits of different losses have different scales */
    [CLASS_MARGIN] = {.head = "margin of class",
                      .words = "least margin of each class",
                      .unit = "logit",
                      .direction = RES_NONE_IS_BETTER},
};

/* Those of the run file. */
static const res_shot_bounds usual = {100, 20};

static const res_shot_bounds *bounds_or_usual(const res_shot_bounds *bounds)
{
    return bounds != NULL ? bounds : &usual;
}

const char *res_shot_words(const res_shot_bounds *bounds, res_shot_group group, char text[RES_SHOT_BYTES])
{
    const res_shot_bounds *b = bounds_or_usual(bounds);
    if (group == RES_MEDIUM) {
        snprintf(text, RES_SHOT_BYTES, "%" PRId64 " to %" PRId64, b->few_under, b->many_over);
    } else {
        snprintf(text, RES_SHOT_BYTES, "%s %" PRId64, group == RES_MANY ? "over" : "under",
                 group == RES_MANY ? b->many_over : b->few_under);
    }
    return text;
}

/* The name of a metric of no class; of a shot group by unusual bounds with them: "medium-10-to-50". */
static core_status metric_name(int id, const res_shot_bounds *bounds, core_arena *arena, const char **out)
{
    char words[RES_SHOT_BYTES];
    const res_shot_bounds *b = bounds_or_usual(bounds);
    *out = res_metric_names[id];
    if (id < MANY || id > FEW || (b->many_over == usual.many_over && b->few_under == usual.few_under)) {
        return CORE_OK;
    }
    res_shot_words(b, (res_shot_group)(id - MANY), words);
    for (char *space = strchr(words, ' '); space != NULL; space = strchr(space, ' ')) {
        *space = '-';
    }
    return core_text_format(arena, out, "%s-%s", res_metric_names[id], words);
}

/* " over 100 training examples" behind the words of a shot group, else nothing. */
static const char *rest_of_words(int id, const res_shot_bounds *bounds, char text[RES_SHOT_BYTES + 32])
{
    char words[RES_SHOT_BYTES];
    text[0] = '\0';
    if (id >= MANY && id <= FEW) {
        snprintf(text, RES_SHOT_BYTES + 32, " %s training examples",
                 res_shot_words(bounds, (res_shot_group)(id - MANY), words));
    }
    return text;
}

core_status res_metrics_describe(const char *metrics, const res_shot_bounds *bounds, core_arena *arena,
                                 const char **out)
{
    request asked;
    const char *text = "";
    CORE_TRY(read_request(metrics, false, NULL, &asked));
    for (int i = 0; i < asked.count; i++) {
        const int id = asked.ids[i];
        const bool alone = asked.count == 1 && id == TOP1;
        const char *name;
        char rest[RES_SHOT_BYTES + 32];
        CORE_TRY(metric_name(id, bounds, arena, &name));
        CORE_TRY(core_text_format(arena, &text, "%s%s%s%s in %s%s%s%s", text, i > 0 ? ", " : "", known[id].words,
                                  rest_of_words(id, bounds, rest),
                                  strcmp(known[id].unit, "%") == 0 ? "percent" : "logits", alone ? "" : " (",
                                  alone ? "" : name, alone ? "" : ")"));
    }
    *out = text;
    return CORE_OK;
}

static double summary_figure(const res_summary *of, int id, int64_t K)
{
    double fraction;
    memcpy(&fraction, (const char *)of + known[id].field, sizeof fraction);
    return id == TOP5 && K <= 5 ? (double)NAN
                                : percent(fraction); /* with five classes or fewer the top five contain every label */
}

/* The mean error of the classes with `least` to `most` training examples; NAN without any. */
static double group_error(const res_scores *scores, int64_t least, int64_t most)
{
    double sum = 0.0, n = 0.0;
    for (int64_t k = 0; k < scores->K; k++) {
        const double error = scores->class_error[k];
        const bool belongs = scores->class_counts[k] >= least && scores->class_counts[k] <= most && !isnan(error);
        sum += belongs ? error : 0.0;
        n += belongs ? 1.0 : 0.0;
    }
    return n > 0.0 ? sum / n : (double)NAN;
}

void res_scores_regroup(const res_shot_bounds *bounds, res_scores *scores)
{
    res_summary *summary = &scores->summary;
    scores->bounds = bounds;
    if (bounds != NULL) {
        summary->many_error = group_error(scores, bounds->many_over + 1, INT64_MAX);
        summary->medium_error = group_error(scores, bounds->few_under, bounds->many_over);
        summary->few_error = group_error(scores, INT64_MIN, bounds->few_under - 1);
    }
}

core_status res_scores_of(const res_run *run, bool best, res_scores *out)
{
    const res_epochs *epochs = &run->epochs;
    const res_margins *margins = &run->margins;
    const res_summary *summary = best ? &run->final.best : &run->final.last;
    const int64_t K = epochs->K, epoch = summary->epoch,
                  margin_classes = margins->final_class_min != NULL ? margins->K : K,
                  classes = run->split.K != K ? run->split.K : margin_classes;
    if (epoch < 0 || epoch >= epochs->E || classes != K) {
        return core_fail(CORE_BAD_FILE,
                         "its results do not fit its epochs: epoch %" PRId64 " of %" PRId64 ", %" PRId64 " of %" PRId64
                         " classes",
                         epoch, epochs->E, classes, K);
    }
    *out = (res_scores){.best = best,
                        .K = K,
                        .summary = *summary,
                        .class_counts = run->split.class_counts,
                        .class_error = epochs->test_class_error + epoch * K,
                        .validation_class_error =
                            epochs->has_validation ? epochs->validation_class_error + epoch * K : NULL,
                        .class_margin = margins->final_class_min};
    return CORE_OK;
}

double res_validation_error(int64_t K, const double *class_error)
{
    double sum = 0.0, n = 0.0;
    for (int64_t k = 0; class_error != NULL && k < K; k++) {
        sum += isnan(class_error[k]) ? 0.0 : class_error[k];
        n += isnan(class_error[k]) ? 0.0 : 1.0;
    }
    return n > 0.0 ? percent(sum / n) : (double)NAN;
}

/* The figure of class k of a metric that has one for each. */
static double class_figure(const res_scores *scores, int id, int64_t k)
{
    if (id == CLASS_MARGIN) {
        return scores->class_margin != NULL ? scores->class_margin[k] : (double)NAN;
    }
    return percent(scores->class_error[k]);
}

static double scalar_figure(const res_scores *scores, int id)
{
    return id == VALIDATION ? res_validation_error(scores->K, scores->validation_class_error)
                            : summary_figure(&scores->summary, id, scores->K);
}

static core_status add_class_figure(const res_scores *scores, int id, int64_t k, core_arena *arena, res_figure *out)
{
    res_figure figure = {.head = known[id].head,
                         .unit = known[id].unit,
                         .value = class_figure(scores, id, k),
                         .direction = known[id].direction};
    CORE_TRY(core_text_format(arena, &figure.name, "%s-%" PRId64, res_metric_names[id], k));
    figure.of_class = figure.name + strlen(res_metric_names[id]) + 1;
    if (scores->class_name != NULL) {
        figure.class_name = figure.of_class = scores->class_name[k];
        CORE_TRY(core_text_format(arena, &figure.label, "%s-%s", res_metric_names[id], figure.class_name));
    }
    *out = figure;
    return CORE_OK;
}

core_status res_figures_of(const res_scores *scores, const char *metrics, core_arena *arena, res_figures *out)
{
    request asked;
    CORE_TRY(read_request(metrics, scores->best, NULL, &asked));
    res_figure *items;
    CORE_TRY(CORE_ARENA_NEW(arena, METRICS + 2 * scores->K, "the figures of a run", items));
    int64_t count = 0;
    for (int i = 0; i < asked.count; i++) {
        const int id = asked.ids[i];
        if (id < CLASS_ERROR) {
            const char *name;
            CORE_TRY(metric_name(id, scores->bounds, arena, &name));
            items[count++] = (res_figure){.name = name,
                                          .head = name == res_metric_names[id] ? known[id].head : name,
                                          .unit = known[id].unit,
                                          .value = scalar_figure(scores, id),
                                          .direction = known[id].direction};
            continue;
        }
        for (int64_t k = 0; k < scores->K; k++) {
            CORE_TRY(add_class_figure(scores, id, k, arena, &items[count++]));
        }
    }
    *out = (res_figures){.count = count, .items = items};
    return CORE_OK;
}
