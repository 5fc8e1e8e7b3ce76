/* `tailbit demo`: three methods on long-tailed shapes, small enough for minutes, their errors side by side, and the
 * report. */
#include <stdio.h>

#include "core/memory.h"
#include "experiments/report.h"
#include "experiments/train.h"
#include "experiments/verbs.h"
#include "results/run_file.h"

static const char *const methods[] = {"ERM", "LDAM", "LDAM-DRW"};
enum { METHODS = sizeof methods / sizeof methods[0], PATH_BYTES = 1024 };

static void path_of(const char *folder, const char *method, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s.h5", folder, method);
}

static core_status train(const xp_options *options, const char *path, const char *method)
{
    const char *const words[] = {"--data",       "shapes",
                                 "--imbalance",  "long-tailed",
                                 "--rho",        "100",
                                 "--model",      "resnet8",
                                 "--epochs",     "40",
                                 "--batch",      "64",
                                 "--eval-every", "10",
                                 "--method",     method,
                                 "--out",        path,
                                 "--threads",    options->text[XP_THREADS],
                                 "--isa",        options->text[XP_ISA]};
    xp_options run;
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, sizeof words / sizeof words[0], words, &run));
    core_status status = xp_train(&run, stdout);
    xp_options_free(&run);
    return status;
}

static void print_head(const res_run *run)
{
    printf("\ntest error in percent, last epoch; class 0 has the most training examples\n%-10s", "class");
    for (int64_t k = 0; k < run->split.K; k++) {
        printf(" %5lld", (long long)k);
    }
    printf("  balanced\n%-10s", "examples");
    for (int64_t k = 0; k < run->split.K; k++) {
        printf(" %5lld", (long long)run->split.class_counts[k]);
    }
    putchar('\n');
}

static core_status print_row(const char *path, const char *method, bool first)
{
    core_arena arena = {0};
    res_run run;
    core_status status = res_run_load(path, RES_SPLIT | RES_FINAL, &arena, &run);
    if (status == CORE_OK) {
        if (first) {
            print_head(&run);
        }
        printf("%-10s", method);
        for (int64_t k = 0; k < run.split.K; k++) {
            printf(" %5.1f", 100 * run.final.class_error[k]);
        }
        printf("  %8.2f\n", 100 * run.final.last.balanced_error);
    }
    core_arena_free(&arena);
    return status;
}

static core_status write_report(const char *folder)
{
    char path[PATH_BYTES];
    int64_t shown;
    snprintf(path, sizeof path, "%s/report.html", folder);
    CORE_TRY(xp_report_write(folder, path, &shown));
    printf("The report, one page for a browser with figures and every run, is %s.\n", path);
    return CORE_OK;
}

core_status xp_verb_demo(const xp_options *options)
{
    const char *folder = options->text[XP_OUT] != NULL ? options->text[XP_OUT] : "runs/demo";
    char path[PATH_BYTES];
    for (int i = 0; i < METHODS; i++) {
        path_of(folder, methods[i], path);
        CORE_TRY(train(options, path, methods[i]));
    }
    for (int i = 0; i < METHODS; i++) {
        path_of(folder, methods[i], path);
        CORE_TRY(print_row(path, methods[i], i == 0));
    }
    printf("\nThe run files, which h5py, h5ls and `tailbit info` read, are in %s.\n", folder);
    return write_report(folder);
}
