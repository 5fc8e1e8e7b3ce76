/* experiments/cli/verbs.h - the commands of tailbit. */
#ifndef EXPERIMENTS_CLI_VERBS_H
#define EXPERIMENTS_CLI_VERBS_H

#include <stdbool.h>

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "results/runs/run_file.h"

typedef struct {
    const char *arguments; /* what follows the name in a usage line */
    const char *about;     /* one sentence without a full stop */
    const char *more;      /* printed behind the options; NULL: nothing */
    int least, most;       /* number of arguments that are not options */
    core_status (*run)(const xp_options *options);
    const char *const *words; /* NULL-terminated first arguments that a shell offers; NULL: files */
    bool writes_files;        /* its results are files; what it prints only reports on them */
} xp_verb;

const xp_verb *xp_verb_get(xp_verb_id id);

/* Commands that help shows, NULL-terminated; none for a verb of few options. */
const char *const *xp_verb_examples(xp_verb_id id);

typedef struct {
    int code;
    const char *meaning;
} xp_exit_code;

/* Ends with a NULL meaning. */
extern const xp_exit_code xp_exit_codes[];

/* Runs the words of a command line, the program's name first. Output goes to stdout; a failure is for main to print. */
core_status xp_main(int count, const char *const *words) CORE_MUST_USE;

/* CORE_BAD_FILE where a file lies at `path` of a command about a folder. */
core_status xp_check_folder(const char *path) CORE_MUST_USE;

/* Prints what can be done with the runs of a folder next. */
core_status xp_print_next(const char *folder, core_arena *arena) CORE_MUST_USE;

/* Prints a line for each file of features of the run file at `path`, or only for those that are missing. */
core_status xp_print_features(const char *path, const res_run *run, bool missing_only, core_arena *arena) CORE_MUST_USE;

/* The functions of the verbs; each has a file of its own if it is more than one call. */
core_status xp_verb_train(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_grid(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_status(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_table(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_report(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_compare(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_figure(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_evaluate(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_predict(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_export(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_probe(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_split(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_data(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_bench(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_info(const xp_options *options) CORE_MUST_USE;
core_status xp_verb_demo(const xp_options *options) CORE_MUST_USE;

#endif
