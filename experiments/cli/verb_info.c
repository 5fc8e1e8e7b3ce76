#include <stdio.h>

#include "core/text.h"
#include "datasets/dataset.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/environment.h"
#include "nn/context.h"
#include "nn/self_test.h"
#include "recipes/recipe.h"
#include "results/runs/features_file.h"

static void print_rows(const res_options *rows, const char *indent)
{
    for (int64_t i = 0; i < rows->count; i++) {
        char text[512];
        core_text_print(stdout, "%s%s: %s\n", indent, rows->items[i].key,
                        res_option_format(&rows->items[i], text, sizeof text));
    }
}

static core_status describe_machine(const xp_options *options)
{
    char self_test[NN_SELF_TEST_BYTES];
    res_options rows;
    CORE_TRY(nn_start(xp_isa_of(options)));
    CORE_TRY(nn_self_test(self_test));
    xp_start start = {.threads = xp_threads_of(options), .self_test = self_test};
    CORE_TRY(xp_environment(&start, options->arena, &rows));
    print_rows(&rows, "");
    return CORE_OK;
}

static void print_summary(const char *which, const res_summary *summary)
{
    printf("%s: epoch %lld, test error %.2f%%, balanced %.2f%%\n", which, (long long)summary->epoch + 1,
           100 * summary->error, 100 * summary->balanced_error);
}

core_status xp_print_features(const char *path, const res_run *run, bool missing_only, core_arena *arena)
{
    for (int at_end = 0; at_end < 2; at_end++) {
        const char *name;
        bool there;
        CORE_TRY(res_features_find(path, at_end, run, arena, &name, &there));
        if (name != NULL && !(there && missing_only)) {
            core_text_print(stdout, "features at the %s: %s%s\n", at_end ? "end" : "drop", name,
                            there ? "" : ", which is missing; put it beside the run file");
        }
    }
    return CORE_OK;
}

static void print_run(const char *path, const res_run *run)
{
    char why[128];
    bool finished = res_run_finished(run);
    core_text_print(stdout, "%s: %s, %lld of %s, written by %s\n", path, finished ? "finished" : "unfinished",
                    (long long)run->epochs.E, CORE_COUNT(run->epochs.planned, "epoch"), run->creator);
    if (res_run_diverged(run, why, sizeof why)) {
        printf("diverged: %s; its errors are no result\n", why);
    }
    const char *verification = ds_verification(run->data.name, run->data.verified);
    core_text_print(stdout, "data: %s%s%s, SHA-256 %s\n", run->data.name, verification != NULL ? ", " : "",
                    verification != NULL ? verification : "", run->data.sha256);
    printf("training examples: %lld of %s, SHA-256 of their indices %s\n", (long long)run->split.n,
           CORE_COUNT(run->split.K, "class"), res_split_digest(&run->split));
    if (finished) {
        print_summary("last", &run->final.last);
        print_summary("best", &run->final.best);
    }
    printf("configuration:\n");
    print_rows(&run->config.options, "  ");
    for (int64_t i = 0; i < run->env.count; i++) {
        printf("start %lld:\n", (long long)i + 1);
        print_rows(&run->env.starts[i], "  ");
    }
}

core_status xp_verb_info(const xp_options *options)
{
    if (options->argument_count == 0) {
        return describe_machine(options);
    }
    const xp_option_id of_machine[] = {XP_ISA, XP_THREADS};
    for (int i = 0; i < 2; i++) {
        if (options->source[of_machine[i]] == XP_BY_FLAG) {
            return core_fail(CORE_BAD_USAGE, "info: --%s has no effect with a run file; expected it to be left out",
                             xp_option_get(of_machine[i])->name);
        }
    }
    res_run run;
    CORE_TRY(res_run_load(options->arguments[0], RES_ALL, options->arena, &run));
    print_run(options->arguments[0], &run);
    return xp_print_features(options->arguments[0], &run, false, options->arena);
}
