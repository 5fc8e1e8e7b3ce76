#include "experiments/cli/verbs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/comm.h"
#include "core/path.h"
#include "core/text.h"
#include "core/version.h"
#include "experiments/grid/grid_tables.h"
#include "experiments/training/train.h"
#include "recipes/methods.h"
#include "recipes/synonyms.h"
#include "results/runs/compare.h"
#include "results/runs/folder.h"

static core_status run_methods(const xp_options *options)
{
    (void)options;
    xp_methods_print(stdout);
    return CORE_OK;
}

static core_status run_version(const xp_options *options)
{
    (void)options;
    printf("%s (%s)\n", core_creator, core_commit);
    return CORE_OK;
}

/* The path as a word of a shell. */
static core_status word_of(const char *path, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "what comes next"));
    core_text_word(text.stream, path);
    return core_builder_end(&text, CORE_OK, arena, out);
}

core_status xp_print_next(const char *folder, core_arena *arena)
{
    const char *word;
    CORE_TRY(word_of(folder, arena, &word));
    core_text_print(stdout, "next: tailbit table %s; tailbit report %s\n", word, word);
    return CORE_OK;
}

/* A name that the commands about a folder pass over. */
static core_status print_next_alone(const char *path, core_arena *arena)
{
    const char *word;
    CORE_TRY(word_of(path, arena, &word));
    core_text_print(stdout,
                    "next: tailbit table %s; report, figure and the table of a folder leave it out, because its name "
                    "%s\n",
                    word, core_path_name(path)[0] == '.' ? "begins with a dot" : "does not end in .h5");
    return CORE_OK;
}

core_status xp_verb_train(const xp_options *options)
{
    const char *out = NULL;
    char folder[CORE_PATH_BYTES];
    CORE_TRY(xp_train(options, stdout, &out));
    if (out == NULL) { /* another rank's */
        return CORE_OK;
    }
    if (core_path_name(out)[0] == '.' || !res_folder_is_run(core_path_name(out))) {
        return print_next_alone(out, options->arena);
    }
    CORE_TRY(core_path_folder(out, folder));
    return xp_print_next(folder, options->arena);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

core_status xp_check_folder(const char *path)
{
    return is_folder(path) || access(path, F_OK) != 0
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, path,
                                 ": is a file, expected a folder of run files; `tailbit table` takes "
                                 "files, too");
}

core_status xp_verb_compare(const xp_options *options)
{
    char *report = NULL;
    const char *a = options->arguments[0], *b = options->arguments[1];
    if (is_folder(a) != is_folder(b)) {
        return core_fail(CORE_BAD_FILE, "compare: %s is a folder and %s is none, expected two files or two folders",
                         is_folder(a) ? a : b, is_folder(a) ? b : a);
    }
    core_status status = is_folder(a) ? res_compare_folders(a, b, &report) : res_compare(a, b, &report);
    if (report != NULL) {
        fputs(report, stdout);
        free(report);
        return status == CORE_DIFFERS ? core_fail(CORE_DIFFERS, "%s", "") : status;
    }
    return status;
}

static core_status run_help(const xp_options *options);

static const char *const no_words[] = {NULL};
static const char *const figure_words[] = {"methods", "classes", "epochs",  "probe", "margins", "bound",
                                           "figure2", "figure3", "figure6", "all",   NULL};
static const char *const data_words[] = {"list", "fetch", "import", "verify", NULL};

static const xp_verb verbs[XP_VERB_COUNT] = {
    [XP_VERB_TRAIN] =
        {"--data NAME --method NAME [options]", "train one network; the same command again resumes an unfinished run",
         "SIGINT, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2 and SIGXCPU finish the step, write the run file and end with\n"
         "exit code 75. docs/reliability.md has every signal.\n",
         0, 0, xp_verb_train, no_words, true},
    [XP_VERB_GRID] =
        {xp_grid_arguments, "train all runs of a table; the same command again resumes what is not done",
         "An option of train wins over the grid file; for an axis of the file it is then the only value.\n"
         "Exit code 0: every run is done; 1: runs failed or have another configuration; 75: stopped by a signal,\n"
         "with check-points written. docs/grids.md explains grid files,\n"
         "docs/cluster.md --part and --slurm.\n",
         1, 1, xp_verb_grid, xp_grid_names, true},
    [XP_VERB_STATUS] = {"DIR [options]", "say which runs of a folder are done, running, failed or waiting",
                        "It only reads the files of the folder, and works on any machine that sees them.\n", 1, 1,
                        xp_verb_status, NULL, false},
    [XP_VERB_TABLE] = {"DIR|RUN.h5 ... [options]",
                       "put the finished runs of folders into a table: mean and standard deviation over seeds, beside "
                       "the paper's numbers, or methods by data sets",
                       "A file that is not a finished run is named on standard error and left out. docs/tables.md\n"
                       "explains what is averaged and what is not.\n",
                       1, INT_MAX, xp_verb_table, NULL, false},
    [XP_VERB_REPORT] = {"DIR [options]",
                        "write one HTML file that shows the runs of a folder and how they were made: tables, figures, "
                        "every run's part, what is missing",
                        "The page needs no other file, no network and no script. docs/report.md explains its parts.\n"
                        "Exit code 3: nothing could be shown; the page is written all the same, and says why.\n",
                        1, 1, xp_verb_report, NULL, true},
    [XP_VERB_FIGURE] =
        {"[methods|classes|epochs|probe|margins|bound|figure2|figure3|figure6|all] DIR [options]",
         "plot the finished runs of a folder, by default its methods compared: NAME.svg and NAME.pdf, and "
         "beside them the data and the gnuplot script",
         "figure2, figure3 and figure6 take only the runs of the paper's figures.\n"
         "gnuplot plots; without it the script and the data are written, and the exit code is 4.\n"
         "docs/figures.md explains what is plotted and what may be read off it.\n",
         1, 2, xp_verb_figure, figure_words, true},
    [XP_VERB_COMPARE] =
        {"A B", "say whether two run files, or two folders of them, have the same bits, and where they first differ",
         "Exit code 0: the same bits; 1: they differ, one is unfinished, or a folder lacks a file;\n"
         "3: not run files.\n",
         2, 2, xp_verb_compare, NULL, false},
    [XP_VERB_PROBE] =
        {"RUN.h5 [options]",
         "fit simple classifiers on a run's frozen features, and test them: how good the features are",
         "It reads the run file (for --protocol usual also the data) and writes a file of its own beside it.\n"
         "docs/probe.md defines the classifiers.\n",
         1, 1, xp_verb_probe, NULL, true},
    [XP_VERB_EVALUATE] =
        {"RUN.h5 [options]",
         "test the network of a finished run: its errors on the test part of its own data, or of other data",
         "Without --data: on the run's own test set, with the numbers of the run file to the last bit.\n"
         "Other data are normalised, cropped and cut into words as the run's own. docs/predict.md.\n",
         1, 1, xp_verb_evaluate, NULL, false},
    [XP_VERB_PREDICT] =
        {"RUN.h5 --out FILE.csv [options]",
         "write the predictions of the network of a finished run for each test example of its own or other data",
         "One line per example: file and label where they are known, predicted class, confidence, logits.\n"
         "A file of your own needs no labels. docs/predict.md.\n",
         1, 1, xp_verb_predict, NULL, true},
    [XP_VERB_EXPORT] = {"RUN.h5 --npz|--csv|--onnx [options]",
                        "write a run file in the formats of other tools: NumPy, CSV, ONNX",
                        "Runs with the same bits give the same bytes. docs/export.md shows each format in Python.\n", 1,
                        1, xp_verb_export, NULL, true},
    [XP_VERB_SPLIT] = {"--data NAME [options]",
                       "show the training subset: class counts, size and SHA-256 of its indices", NULL, 0, 0,
                       xp_verb_split, no_words, false},
    [XP_VERB_DATA] =
        {"list | fetch NAME | import NAME PATH | verify NAME", "list, download, import or check data sets",
         "PATH is the official archive, or a folder with its files (then give --unverified, too).\n"
         "import folder PATH packs pictures of any size, JPEG or PNG, from PATH/train/CLASS/ and PATH/test/CLASS/\n"
         "(or val). The data set has the name of the folder. Files that cannot be read are listed.\n"
         "import inaturalist PATH packs iNaturalist 2018 from the folder PATH with train2018.json, val2018.json (or "
         "each\n"
         "as .tar.gz, whose MD5 --unverified does not ask for) and train_val2018/.\n",
         1, 3, xp_verb_data, data_words, true},
    [XP_VERB_METHODS] = {"", "list the methods and their definitions", NULL, 0, 0, run_methods, no_words, false},
    [XP_VERB_INFO] = {"[RUN.h5] [options]", "describe this machine and build, or a run file", NULL, 0, 1, xp_verb_info,
                      NULL, false},
    [XP_VERB_BENCH] = {"[options]", "measure the engine's throughput and memory on batches that lie in memory", NULL, 0,
                       0, xp_verb_bench, no_words, false},
    [XP_VERB_DEMO] = {"[options]", "train methods on generated images and reviews, and compare them", NULL, 0, 0,
                      xp_verb_demo, no_words, true},
    [XP_VERB_HELP] = {"[COMMAND]", "explain a command", NULL, 0, 1, run_help, no_words, false},
    [XP_VERB_VERSION] = {"", "print the version", NULL, 0, 0, run_version, no_words, false},
};

const xp_verb *xp_verb_get(xp_verb_id id) { return &verbs[id]; }

static const char *const examples[XP_VERB_COUNT][3] = {
    [XP_VERB_TRAIN] = {"tailbit train --data cifar10 --rho 100 --method LDAM-DRW --seed 1",
                       "tailbit train --data animals.h5 --imbalance none --method ERM --model resnet8 --out erm.h5"},
    [XP_VERB_GRID] = {"tailbit grid table2 --dry-run",
                      "tailbit grid table2 --only 'cifar10 & rho=100 & LDAM-DRW' --seeds 0-2 --jobs 2 --out runs"},
    [XP_VERB_STATUS] = {"tailbit status runs", "tailbit status runs --only LDAM-DRW"},
    [XP_VERB_TABLE] = {"tailbit table runs",
                       "tailbit table runs --layout wide --metric balanced --format latex --interval 95"},
    [XP_VERB_REPORT] = {"tailbit report runs", "tailbit report runs --without facts,runs --out short.html"},
    [XP_VERB_FIGURE] = {"tailbit figure runs",
                        "tailbit figure epochs runs --only 'ERM | LDAM-DRW' --plain --out for-paper"},
    [XP_VERB_COMPARE] = {"tailbit compare runs/a.h5 again/a.h5", "tailbit compare here/runs there/runs"},
    [XP_VERB_PROBE] = {"tailbit probe runs/erm.h5", "tailbit probe runs/erm.h5 --protocol usual --features at-end"},
    [XP_VERB_EVALUATE] = {"tailbit evaluate runs/erm.h5", "tailbit evaluate runs/erm.h5 --data new.h5"},
    [XP_VERB_PREDICT] = {"tailbit predict runs/erm.h5 --out own.csv",
                         "tailbit predict runs/erm.h5 --data new.h5 --out new.csv --with-features"},
    [XP_VERB_EXPORT] = {"tailbit export runs/erm.h5 --npz", "tailbit export runs/erm.h5 --onnx --out erm.onnx"},
    [XP_VERB_SPLIT] = {"tailbit split --data cifar10 --imbalance step --rho 10",
                       "tailbit split --data animals.h5 --imbalance none --validation-frac 0.1"},
    [XP_VERB_DATA] = {"tailbit data fetch cifar10", "tailbit data import folder photos"},
    [XP_VERB_METHODS] = {"tailbit methods", "tailbit methods | grep DRW"},
    [XP_VERB_INFO] = {"tailbit info", "tailbit info runs/erm.h5"},
    [XP_VERB_BENCH] = {"tailbit bench --threads 1", "tailbit bench --model resnet50 --batch 32"},
    [XP_VERB_DEMO] = {"tailbit demo", "tailbit demo --epochs 5 --out first-look"},
};

const char *const *xp_verb_examples(xp_verb_id id) { return examples[id]; }

const xp_exit_code xp_exit_codes[] = {{CORE_OK, "done, or the same"},
                                      {CORE_DIFFERS, "compared things differ, or runs of a grid failed"},
                                      {CORE_BAD_USAGE, "usage: an option, a configuration, an argument"},
                                      {CORE_BAD_FILE, "a file is missing, damaged, foreign or unreadable"},
                                      {CORE_MACHINE, "the machine: disk, memory, lock, CPU"},
                                      {CORE_DIVERGED, "a training whose loss is no number (NaN or infinite)"},
                                      {CORE_STOPPED, "stopped by a signal, with a check-point written"},
                                      {0, NULL}};

static void print_overview(void)
{
    puts("tailbit trains and compares methods for long-tailed learning on CPUs, with the same bits every time.\n"
         "\nusage: tailbit COMMAND [options]\n");
    for (int i = 0; i < XP_VERB_COUNT; i++) {
        printf("  %-9s %s\n", xp_verb_names[i], verbs[i].about);
    }
    puts("\n`tailbit COMMAND --help` lists a command's options.\n"
         "exit codes:");
    for (const xp_exit_code *code = xp_exit_codes; code->meaning != NULL; code++) {
        printf("  %-9d %s\n", code->code, code->meaning);
    }
}

static void print_help(xp_verb_id id)
{
    const xp_verb *verb = &verbs[id];
    printf("usage: tailbit %s%s%s\n\n%s.\n\n", xp_verb_names[id], verb->arguments[0] != '\0' ? " " : "",
           verb->arguments, verb->about);
    xp_options_print_help(stdout, id);
    if (verb->more != NULL) {
        printf("\n%s", verb->more);
    }
    for (int i = 0; examples[id][i] != NULL; i++) {
        printf("%s  %s\n", i == 0 ? "\nexamples:\n" : "", examples[id][i]);
    }
}

static core_status find_verb(const char *word, xp_verb_id *out)
{
    const char *names[XP_VERB_COUNT];
    char meant[CORE_MEANT_BYTES];
    int64_t n = 0;
    for (int i = 0; i < XP_VERB_COUNT; i++) {
        if (strcmp(word, xp_verb_names[i]) == 0) {
            *out = (xp_verb_id)i;
            return CORE_OK;
        }
        names[n++] = xp_verb_names[i];
    }
    const char *other = xp_synonym_of_command(word);
    if (other != NULL) {
        return core_fail(CORE_BAD_USAGE, "'%s' is no command; did you mean %s?", word, other);
    }
    return core_fail(CORE_BAD_USAGE, "'%s' is no command%s", word,
                     core_text_meant(word, names, n, "", "; see `tailbit --help`", meant));
}

static core_status run_help(const xp_options *options)
{
    if (options->argument_count == 0) {
        print_overview();
        return CORE_OK;
    }
    xp_verb_id id = XP_VERB_HELP;
    CORE_TRY(find_verb(options->arguments[0], &id));
    print_help(id);
    return CORE_OK;
}

/* Whether standard output is a pipe without a reader, or a closed terminal. */
static bool is_reader_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

/* Whether the work of the command lies in files, and not in what it prints. */
static bool writes_files(xp_verb_id id, const xp_options *options)
{
    const bool shows = id == XP_VERB_GRID && (xp_is_on(options, XP_SLURM) || xp_is_on(options, XP_DRY_RUN));
    const char *word = id == XP_VERB_DATA && options->argument_count > 0 ? options->arguments[0] : "";
    return verbs[id].writes_files && !options->help && !shows && strcmp(word, "list") != 0 &&
           strcmp(word, "verify") != 0;
}

/* Reports that the printed output is incomplete. That is no error if the reader has closed its end, or if the work of
 * the command lies in its files. */
static core_status end_output(xp_verb_id id, bool has_files, core_status status)
{
    errno = 0;
    const bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    const char *why = errno != 0 ? strerror(errno) : "a write to it failed";
    if (!lost || is_reader_gone()) {
        return status;
    }
    fprintf(stderr, "tailbit: standard output: %s; what %s printed is not whole%s\n", why, xp_verb_names[id],
            has_files ? ", its files are" : "");
    return has_files || status != CORE_OK ? status : core_fail(CORE_MACHINE, "%s", "");
}

static core_status run_verb(xp_verb_id id, int count, const char *const *words)
{
    core_arena arena = {0};
    xp_options options;
    const xp_verb *verb = &verbs[id];
    core_status status = xp_options_parse(id, count, words, &arena, &options);
    if (status != CORE_OK) {
        core_arena_free(&arena);
        return status;
    }
    if (options.help) {
        print_help(id);
    } else if (options.argument_count < verb->least || options.argument_count > verb->most) {
        status = core_fail(CORE_BAD_USAGE, "%s: got %s, expected: tailbit %s %s", xp_verb_names[id],
                           CORE_COUNT(options.argument_count, "argument"), xp_verb_names[id], verb->arguments);
    } else {
        status = verb->run(&options);
    }
    const bool has_files = writes_files(id, &options);
    core_arena_free(&arena);
    return end_output(id, has_files, status);
}

core_status xp_main(int count, const char *const *words)
{
    const char *word = count > 1 ? words[1] : "";
    if (word[0] == '\0') {
        print_overview();
        return core_fail(CORE_BAD_USAGE, "a command is missing, expected one of those above");
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        word = "help";
    } else if (strcmp(word, "--version") == 0) {
        word = "version";
    }
    xp_verb_id id = XP_VERB_HELP;
    CORE_TRY(find_verb(word, &id));
    if (core_comm_count() > 1 && id != XP_VERB_TRAIN) {
        return core_fail(CORE_BAD_USAGE, "%s runs in one process; only train runs on several ranks, %d here", word,
                         core_comm_count());
    }
    return run_verb(id, count - 2, words + 2);
}
