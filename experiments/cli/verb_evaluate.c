/* `tailbit evaluate RUN.h5`: the errors of a run's network on a test set. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/apply.h"
#include "experiments/training/scores.h"
#include "imbalance/classes.h"
#include "imbalance/metrics.h"
#include "recipes/recipe.h"
#include "recipes/summary.h"
#include "results/runs/metric.h"

/* Up to this many classes have a line each and a confusion matrix. */
enum { SHOWN_CLASSES = 20 };

#define FIGURES "top1,top5,balanced,many,medium,few,worst-class,geometric-mean,calibration"

/* A run's network on a test set, and what it is worth there. */
typedef struct {
    const char *path;
    const res_run *run;
    core_arena *arena;
    xp_applied applied;
    double *class_error;  /* (K) */
    int64_t *test_counts; /* (K) */
    res_summary summary;
} evaluation;

static core_status score(evaluation *e)
{
    const xp_applied *applied = &e->applied;
    const int64_t K = applied->K, N = applied->N;
    double error;
    CORE_TRY(CORE_ARENA_NEW(e->arena, K, "the class errors", e->class_error));
    CORE_TRY(CORE_ARENA_NEW(e->arena, K, "the class counts", e->test_counts));
    CORE_TRY(imb_class_counts(applied->label, N, K, e->test_counts));
    CORE_TRY(xp_class_errors(applied->label, applied->outputs.prediction, N, K, e->class_error, &error));
    e->summary = xp_summary_of_classes(e->class_error, e->run->split.class_counts, K);
    e->summary.error = error;
    e->summary.top5_error = imb_top_error(applied->outputs.rank, N, 5);
    e->summary.calibration_error =
        imb_calibration_error(applied->outputs.confidence, applied->label, applied->outputs.prediction, N);
    return CORE_OK;
}

static core_status figures_of(const evaluation *e, const char *names, res_figures *out)
{
    const res_scores scores = {.K = e->applied.K,
                               .summary = e->summary,
                               .class_counts = e->run->split.class_counts,
                               .class_error = e->class_error,
                               .class_name = e->applied.class_name};
    return res_figures_of(&scores, names, e->arena, out);
}

static core_status print_csv(const evaluation *e)
{
    res_figures figures;
    char text[CORE_REAL_BYTES];
    CORE_TRY(figures_of(e, FIGURES ",class-error", &figures));
    puts("figure,class,percent");
    for (int64_t i = 0; i < figures.count; i++) {
        const res_figure *figure = &figures.items[i];
        printf("%s,", figure->name);
        core_text_csv(stdout, figure->class_name != NULL ? figure->class_name : "", CORE_TEXT_LINES);
        printf(",%s\n", core_text_real(figure->value, text));
    }
    return CORE_OK;
}

static void print_classes(const evaluation *e)
{
    const xp_applied *applied = &e->applied;
    puts("\nclass  training examples  test examples   error");
    for (int64_t k = 0; k < applied->K; k++) {
        printf("%5" PRId64 "  %17" PRId64 "  %13" PRId64, k, e->run->split.class_counts[k], e->test_counts[k]);
        if (e->test_counts[k] > 0) {
            printf("  %6.2f", 100 * e->class_error[k]);
        } else {
            fputs("       -", stdout);
        }
        core_text_print(stdout, "%s%s\n", applied->class_name != NULL ? "  " : "",
                        applied->class_name != NULL ? applied->class_name[k] : "");
    }
}

static core_status print_confusion(const evaluation *e)
{
    const xp_applied *applied = &e->applied;
    const int64_t K = applied->K;
    int64_t *confusion;
    CORE_TRY(CORE_ARENA_NEW(e->arena, K * K, "the confusion", confusion));
    imb_confusion_add(applied->label, applied->outputs.prediction, applied->N, K, confusion);
    puts("\nconfusion, a row for each true class, a column for each predicted one");
    fputs("class", stdout);
    for (int64_t k = 0; k < K; k++) {
        printf("  %5" PRId64, k);
    }
    for (int64_t j = 0; j < K; j++) {
        printf("\n%5" PRId64, j);
        for (int64_t k = 0; k < K; k++) {
            printf("  %5" PRId64, confusion[j * K + k]);
        }
    }
    putchar('\n');
    return CORE_OK;
}

static core_status print_text(const evaluation *e)
{
    const xp_applied *applied = &e->applied;
    res_figures figures;
    CORE_TRY(figures_of(e, FIGURES, &figures));
    core_text_print(stdout, "%s on %s: %s of %s%s\n", e->path, applied->trained.data.name,
                    CORE_COUNT(applied->N, "test example"), CORE_COUNT(applied->K, "class"),
                    applied->is_own ? ", the run's own test set" : "");
    for (int64_t i = 0; i < figures.count; i++) {
        const char *words;
        CORE_TRY(res_metrics_describe(figures.items[i].name, NULL, e->arena, &words));
        if (!isnan(figures.items[i].value)) {
            printf("%6.2f  %s\n", figures.items[i].value, words);
        }
    }
    if (applied->K > SHOWN_CLASSES) {
        return CORE_OK;
    }
    print_classes(e);
    return print_confusion(e);
}

static core_status evaluate(evaluation *e, const xp_apply_request *request, bool as_csv)
{
    CORE_TRY(xp_apply(request, e->run, e->arena, &e->applied));
    CORE_TRY(score(e));
    return as_csv ? print_csv(e) : print_text(e);
}

core_status xp_verb_evaluate(const xp_options *options)
{
    res_run run;
    const char *path = options->arguments[0], *format = options->text[XP_FORMAT];
    const bool as_csv = strcmp(format, "csv") == 0;
    if (!as_csv && strcmp(format, "text") != 0) {
        return core_fail(CORE_BAD_USAGE, "evaluate: --format %s is for table; expected text or csv", format);
    }
    CORE_TRY(res_run_load(path, RES_ALL, options->arena, &run));
    evaluation e = {.path = path, .run = &run, .arena = options->arena};
    const xp_apply_request request = {.path = path,
                                      .data = options->text[XP_DATA],
                                      .data_dir = options->text[XP_DATA_DIR],
                                      .threads = xp_threads_of(options),
                                      .labels = true};
    const core_status status = evaluate(&e, &request, as_csv);
    xp_trained_free(&e.applied.trained);
    return status;
}
