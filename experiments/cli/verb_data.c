#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/progress.h"
#include "core/text.h"
#include "datasets/fetch.h"
#include "datasets/import.h"
#include "experiments/cli/verbs.h"

static void print_report(const char *name, const char *what, const ds_data_report *report)
{
    core_text_print(stdout, "%s %s: %lld training and %lld test examples, %lld classes, %s\n", name, what,
                    (long long)report->train_count, (long long)report->test_count, (long long)report->classes,
                    report->verified ? "verified" : "unverified");
    core_text_print(stdout, "sha256: %s\n", report->sha256);
    core_text_print(stdout, "where: %s\n", report->where);
}

static core_status list(const char *data_dir)
{
    ds_data_inventory inventory;
    CORE_TRY(ds_data_list(data_dir, &inventory));
    core_text_print(stdout, "data folder: %s\n", inventory.folder);
    for (int64_t i = 0; i < inventory.count; i++) {
        const ds_data_entry *entry = &inventory.entries[i];
        const char *state = entry->where == NULL ? "absent" : entry->verified ? "verified" : "unverified";
        printf("%-10s %-10s %s\n", entry->name, state, entry->about);
        if (entry->trouble != NULL) {
            printf("%21s %s\n", "", entry->trouble);
        }
        if (entry->where == NULL && entry->get != NULL) {
            printf("%21s get it with: %s\n", "", entry->get);
        } else if (entry->sha256[0] != '\0') {
            printf("%21s sha256 %s\n", "", entry->sha256);
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

static core_status fetch(const char *name, const char *data_dir)
{
    core_progress bar;
    ds_data_report report;
    core_progress_begin(&bar, stderr, "download", 0, 1);
    ds_fetch_options options = {.progress = show_download, .context = &bar};
    core_status status = ds_data_fetch(name, data_dir, &options, &report);
    core_progress_clear(&bar);
    CORE_TRY(status);
    print_report(name, report.already_present ? "is there already" : "fetched", &report);
    return CORE_OK;
}

static core_status need_arguments(const xp_options *options, int count, const char *usage)
{
    if (options->argument_count == count) {
        return CORE_OK;
    }
    return core_fail(CORE_BAD_USAGE, "data %s: got %d arguments, expected: tailbit data %s", options->arguments[0],
                     options->argument_count - 1, usage);
}

core_status xp_verb_data(const xp_options *options)
{
    static const char *const actions[] = {"list", "fetch", "import", "verify"};
    const char *action = options->arguments[0], *name = options->arguments[1], *data_dir = options->text[XP_DATA_DIR];
    bool unverified = xp_is_on(options, XP_UNVERIFIED);
    ds_data_report report;
    if (unverified && strcmp(action, "import") != 0) {
        return core_fail(CORE_BAD_USAGE, "--unverified has no effect with data %s; expected it with import", action);
    }
    if (strcmp(action, "list") == 0) {
        CORE_TRY(need_arguments(options, 1, "list"));
        return list(data_dir);
    }
    if (strcmp(action, "fetch") == 0) {
        CORE_TRY(need_arguments(options, 2, "fetch NAME"));
        return fetch(name, data_dir);
    }
    if (strcmp(action, "import") == 0) {
        CORE_TRY(need_arguments(options, 3, "import NAME PATH"));
        CORE_TRY(ds_data_import(name, options->arguments[2], data_dir, unverified, &report));
        print_report(name, "imported", &report);
        return CORE_OK;
    }
    if (strcmp(action, "verify") == 0) {
        CORE_TRY(need_arguments(options, 2, "verify NAME"));
        CORE_TRY(ds_data_verify(name, data_dir, &report));
        print_report(name, "is as it was imported", &report);
        return CORE_OK;
    }
    const char *meant = core_text_nearest(action, actions, sizeof actions / sizeof actions[0]);
    return core_fail(CORE_BAD_USAGE, "data %s: no such action, expected list, fetch, import or verify%s%s%s", action,
                     meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "", meant != NULL ? "?" : "");
}
