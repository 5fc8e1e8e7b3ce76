/* `tailbit demo`: three methods on long-tailed shapes, and two on generated reviews without most of the negative ones.
 * Trains for minutes, then prints the errors side by side and writes the report. */
#include <stdio.h>

#include "core/memory.h"
#include "core/path.h"
#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/train.h"
#include "recipes/recipe.h"
#include "results/report/page.h"
#include "results/report/report.h"
#include "results/runs/run_file.h"

enum { OPTIONS = 16, METHODS = 3 };

/* A data set and the methods that are trained on it; options and methods end at NULL. */
typedef struct {
    const char *title, *prefix; /* of its table, and of its run files */
    const char *epochs;         /* unless --epochs is given */
    const char *options[OPTIONS + 1], *methods[METHODS + 1];
} part;

static const part parts[] = {
    {.title = "test error in percent, last epoch; class 0 has the most training examples",
     .prefix = "",
     .epochs = "40",
     .options = {"--data", "shapes", "--imbalance", "long-tailed", "--rho", "100", "--model", "resnet8", "--batch",
                 "64", "--eval-every", "10"},
     .methods = {"ERM", "LDAM", "LDAM-DRW"}},
    {.title = "the same of reviews, by a two-layer LSTM in both directions",
     .prefix = "reviews-",
     .epochs = "20",
     .options = {"--data", "reviews", "--embedding", "32", "--hidden", "32", "--batch", "32", "--lr", "0.005",
                 "--dropout", "0.2", "--eval-every", "5"},
     .methods = {"ERM", "LDAM-DRW"}},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static core_status path_of(const char *folder, const part *p, int method, char path[CORE_PATH_BYTES])
{
    return core_path_write(path, "%s/%s%s.h5", folder, p->prefix, p->methods[method]);
}

/* Trains, or checks the options before anything is trained. */
static core_status train(const xp_options *options, const part *p, int method, const char *path, bool only_check)
{
    const char *epochs = options->source[XP_EPOCHS] == XP_BY_FLAG ? options->text[XP_EPOCHS] : p->epochs;
    const char *words[OPTIONS + 10] = {
        "--method", p->methods[method],    "--out",    path,  "--threads", options->text[XP_THREADS],
        "--isa",    options->text[XP_ISA], "--epochs", epochs};
    int count = 10;
    for (int i = 0; p->options[i] != NULL; i++) {
        words[count++] = p->options[i];
    }
    xp_options run;
    xp_recipe recipe;
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, count, words, options->arena, &run));
    return only_check ? xp_recipe_resolve(&run, options->arena, &recipe)
                      : xp_train(&run, stdout, &(const char *){NULL});
}

static void print_head(const char *title, const res_run *run)
{
    printf("\n%s\n%-10s", title, "class");
    for (int64_t k = 0; k < run->split.K; k++) {
        if (run->split.class_name != NULL) {
            printf(" %5s", run->split.class_name[k]);
        } else {
            printf(" %5lld", (long long)k);
        }
    }
    printf("  balanced\n%-10s", "examples");
    for (int64_t k = 0; k < run->split.K; k++) {
        printf(" %5lld", (long long)run->split.class_counts[k]);
    }
    putchar('\n');
}

static core_status print_row(const part *p, int method, const char *path)
{
    core_arena arena = {0};
    res_run run;
    core_status status = res_run_load(path, RES_SPLIT | RES_FINAL, &arena, &run);
    if (status == CORE_OK) {
        if (method == 0) {
            print_head(p->title, &run);
        }
        printf("%-10s", p->methods[method]);
        for (int64_t k = 0; k < run.split.K; k++) {
            printf(" %5.1f", 100 * run.final.class_error[k]);
        }
        printf("  %8.2f\n", 100 * run.final.last.balanced_error);
    }
    core_arena_free(&arena);
    return status;
}

static core_status write_report(const char *folder, const char *path)
{
    int64_t shown;
    CORE_TRY(res_report_of_folder(folder, NULL, NULL, path, &shown));
    core_text_print(stdout, "The report, one page for a browser with figures and every run, is %s.\n", path);
    return CORE_OK;
}

core_status xp_verb_demo(const xp_options *options)
{
    const char *folder = options->text[XP_OUT] != NULL ? options->text[XP_OUT] : "runs/demo";
    char path[CORE_PATH_BYTES], report[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(report, "%s/report.html", folder));
    CORE_TRY(res_report_check(report));
    for (int i = 0; i < 3 * PARTS; i++) { /* checks all, trains all, then shows all */
        const part *p = &parts[i % PARTS];
        for (int m = 0; p->methods[m] != NULL; m++) {
            CORE_TRY(path_of(folder, p, m, path));
            CORE_TRY(i < 2 * PARTS ? train(options, p, m, path, i < PARTS) : print_row(p, m, path));
        }
    }
    core_text_print(stdout, "\nThe run files, which h5py, h5ls and `tailbit info` read, are in %s.\n", folder);
    return write_report(folder, report);
}
