#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/progress.h"
#include "core/text.h"
#include "datasets/fetch.h"
#include "datasets/import.h"
#include "datasets/pack.h"
#include "datasets/picture_import.h"
#include "datasets/picture_verify.h"
#include "experiments/cli/verbs.h"
#include "recipes/shot_bounds.h"

static void print_report(const char *name, const char *what, const ds_data_report *report)
{
    const char *verification = ds_verification(name, report->verified);
    core_text_print(stdout, "%s %s: %lld training and %s, %s%s%s\n", name, what, (long long)report->train_count,
                    CORE_COUNT(report->test_count, "test example"), CORE_COUNT(report->classes, "class"),
                    verification != NULL ? ", " : "", verification != NULL ? verification : "");
    core_text_print(stdout, "sha256: %s\n", report->sha256);
    if (report->replaced[0] != '\0' && strcmp(report->replaced, report->sha256) == 0) {
        puts("replaced: the same data");
    } else if (report->replaced[0] != '\0') {
        printf("replaced: other data of that name, sha256 %s; a run on those data resumes only with them\n",
               report->replaced);
    }
    core_text_print(stdout, "where: %s\n", report->where);
    if (report->class_order[0] != '\0') {
        core_text_print(stdout, "class_order: %s\n", report->class_order);
    }
}

static core_status count_classes(const res_shot_bounds *bounds, const ds_pack *pack)
{
    int64_t *counts, many = 0, few = 0;
    CORE_TRY(CORE_NEW(pack->classes, "class counts", counts));
    for (int64_t i = 0; i < pack->count; i++) {
        counts[pack->pictures[i].label] += !pack->pictures[i].is_test;
    }
    for (int64_t j = 0; j < pack->classes; j++) {
        many += counts[j] > bounds->many_over;
        few += counts[j] < bounds->few_under;
    }
    free(counts);
    printf("classes by training pictures: %" PRId64 " of more than %" PRId64 ", %" PRId64 " of %" PRId64 " to %" PRId64
           ", %" PRId64 " of fewer\n",
           many, bounds->many_over, pack->classes - many - few, bounds->few_under, bounds->many_over, few);
    return CORE_OK;
}

/* The same of packed pictures, with many, medium and few. */
static core_status print_packed(const xp_options *options, const char *what, const ds_data_report *report)
{
    ds_pack pack;
    res_shot_bounds bounds;
    CORE_TRY(xp_shot_bounds_of(options, &bounds));
    print_report(core_path_name(report->where), what, report);
    CORE_TRY(ds_pack_open(report->where, &pack));
    core_status status = count_classes(&bounds, &pack);
    ds_pack_close(&pack);
    return status;
}

static core_status list(const xp_options *options)
{
    ds_data_inventory inventory;
    CORE_TRY(ds_data_list(options->text[XP_DATA_DIR], &inventory));
    core_text_print(stdout, "data folder: %s\n", inventory.folder);
    for (int64_t i = 0; i < inventory.count; i++) {
        const ds_data_entry *entry = &inventory.entries[i];
        const char *verification = ds_verification(entry->name, entry->verified),
                   *state = entry->where == NULL   ? "absent"
                            : verification != NULL ? verification
                                                   : "your own";
        printf("%-13s %-10s %s\n", entry->name, state, entry->about);
        if (entry->trouble != NULL) {
            printf("%24s %s\n", "", entry->trouble);
        }
        if (entry->where == NULL && entry->get != NULL) {
            printf("%24s get it with: %s\n", "", entry->get);
        } else if (entry->sha256[0] != '\0') {
            printf("%24s sha256 %s\n", "", entry->sha256);
        }
    }
    ds_data_inventory_destroy(&inventory);
    return CORE_OK;
}

static void show_download(void *context, int64_t done_bytes, int64_t total_bytes)
{
    core_progress *bar = context;
    if (bar->total == 1 && total_bytes > 0) {
        core_progress_begin(bar, stderr, "download", done_bytes, total_bytes);
    }
    if (total_bytes > 0) {
        core_progress_update(bar, done_bytes, "bytes");
    }
}

static void show_pictures(void *context, int64_t done, int64_t total)
{
    core_progress *bar = context;
    if (bar->total == 1 || strcmp(bar->label, "import") != 0) {
        core_progress_begin(bar, stderr, "import", done < total ? done : 0, total);
    }
    core_progress_update(bar, done, "pictures");
}

static ds_picture_options picture_options(const xp_options *options, core_progress *bar)
{
    return (ds_picture_options){.unverified = xp_is_on(options, XP_UNVERIFIED),
                                .class_order = options->text[XP_CLASS_ORDER],
                                .progress = show_pictures,
                                .context = bar};
}

/* The lines of exceptions.txt that a person should look at, the first of them. */
static core_status print_exceptions(const ds_data_report *report)
{
    enum { SHOWN = 20 };
    char path[CORE_PATH_BYTES], *text;
    CORE_TRY(core_path_write(path, "%s/" DS_PACK_EXCEPTIONS, report->where));
    CORE_TRY(core_file_read(path, &text, NULL));
    const char *line = text;
    const int64_t shown = report->serious < SHOWN ? report->serious : SHOWN;
    int64_t all = shown;
    for (int64_t i = 0; i < shown; i++) {
        const int bytes = (int)strcspn(line, "\n");
        core_text_print(stdout, "%.*s\n", bytes, line);
        line += bytes + (line[bytes] == '\n');
    }
    for (; *line != '\0'; line++) {
        all += *line == '\n';
    }
    free(text);
    core_text_print(stdout, "exceptions: %lld, %lld of them above, all in %s\n", (long long)all, (long long)shown,
                    path);
    return CORE_OK;
}

static core_status print_imported(const xp_options *options, const char *what, const ds_data_report *report)
{
    CORE_TRY(print_packed(options, what, report));
    return print_exceptions(report);
}

static core_status fetch(const xp_options *options)
{
    core_progress bar;
    ds_data_report report;
    const char *name = options->arguments[1];
    core_progress_begin(&bar, stderr, "download", 0, 1);
    ds_fetch_options shown = {.progress = show_download, .context = &bar, .pictures = picture_options(options, &bar)};
    core_status status = ds_data_fetch(name, options->text[XP_DATA_DIR], &shown, &report);
    core_progress_clear(&bar);
    CORE_TRY(status);
    if (ds_picture_imports(name)) {
        return report.already_present ? print_packed(options, "is there already", &report)
                                      : print_imported(options, "fetched", &report);
    }
    print_report(name, report.already_present ? "is there already" : "fetched", &report);
    return CORE_OK;
}

static core_status import_pictures(const xp_options *options)
{
    core_progress bar;
    ds_data_report report;
    core_progress_begin(&bar, stderr, "import", 0, 1);
    const ds_picture_options how = picture_options(options, &bar);
    core_status status =
        ds_picture_import(options->arguments[1], options->arguments[2], options->text[XP_DATA_DIR], &how, &report);
    core_progress_clear(&bar);
    CORE_TRY(status);
    return print_imported(options, "imported", &report);
}

static core_status import(const xp_options *options)
{
    if (ds_picture_imports(options->arguments[1])) {
        return import_pictures(options);
    }
    ds_data_report report;
    CORE_TRY(ds_data_import(options->arguments[1], options->arguments[2], options->text[XP_DATA_DIR],
                            xp_is_on(options, XP_UNVERIFIED), &report));
    print_report(options->arguments[1], "imported", &report);
    return CORE_OK;
}

static void print_defect(void *context, const char *line)
{
    (void)context;
    core_text_print(stdout, "%s\n", line);
}

static core_status verify(const xp_options *options)
{
    ds_data_report report;
    const char *name = options->arguments[1], *data_dir = options->text[XP_DATA_DIR],
               *const what = ds_is_path(name) ? "is a whole data set" : "is as it was imported";
    if (ds_picture_is_stored(name, data_dir)) {
        CORE_TRY(ds_picture_verify(name, data_dir, print_defect, NULL, &report));
        return print_packed(options, what, &report);
    }
    CORE_TRY(ds_data_verify(name, data_dir, &report));
    print_report(name, what, &report);
    return CORE_OK;
}

/* --unverified and --class-order have an effect with some actions and data sets. */
static core_status check_effects(const xp_options *options)
{
    res_shot_bounds bounds;
    const char *action = options->arguments[0];
    const bool imports = strcmp(action, "import") == 0, brings = imports || strcmp(action, "fetch") == 0;
    const char *name = options->argument_count > 1 ? options->arguments[1] : "";
    if (xp_is_on(options, XP_UNVERIFIED) && !imports) {
        return core_fail(CORE_BAD_USAGE, "--unverified has no effect with data %s; expected it with import", action);
    }
    if ((options->source[XP_MANY_OVER] != XP_BY_DEFAULT || options->source[XP_FEW_UNDER] != XP_BY_DEFAULT) &&
        !(ds_picture_imports(name) || ds_picture_is_stored(name, options->text[XP_DATA_DIR]))) {
        return core_fail(CORE_BAD_USAGE,
                         "--many-over and --few-under have no effect with data %s%s%s; expected packed pictures",
                         action, name[0] != '\0' ? " " : "", name);
    }
    CORE_TRY(xp_shot_bounds_of(options, &bounds));
    if (options->source[XP_CLASS_ORDER] != XP_BY_DEFAULT && !(brings && strcmp(name, "tiny_imagenet") == 0)) {
        return core_fail(CORE_BAD_USAGE,
                         "--class-order has no effect with data %s%s%s; expected it with import or fetch tiny_imagenet",
                         action, name[0] != '\0' ? " " : "", name);
    }
    return CORE_OK;
}

core_status xp_verb_data(const xp_options *options)
{
    static const struct {
        const char *usage;
        int arguments;
        core_status (*run)(const xp_options *options);
    } actions[] = {
        {"list", 1, list}, {"fetch NAME", 2, fetch}, {"import NAME PATH", 3, import}, {"verify NAME", 2, verify}};
    const char *action = options->arguments[0], *const *names = xp_verb_get(XP_VERB_DATA)->words;
    int64_t i = 0;
    while (names[i] != NULL && strcmp(names[i], action) != 0) {
        i++;
    }
    CORE_TRY(check_effects(options));
    if (names[i] == NULL) {
        char expected[CORE_EXPECTED_BYTES];
        return core_fail(CORE_BAD_USAGE, "data %s: no such action%s", action,
                         core_text_expected(action, names, i, expected));
    }
    if (options->argument_count != actions[i].arguments) {
        return core_fail(CORE_BAD_USAGE, "data %s: got %s, expected: tailbit data %s", action,
                         CORE_COUNT(options->argument_count - 1, "argument"), actions[i].usage);
    }
    return actions[i].run(options);
}
