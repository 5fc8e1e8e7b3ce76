#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/memory.h"
#include "core/text.h"
#include "results/runs/compare.h"
#include "results/runs/folder.h"

enum { PATH_BYTES = 4096 };

typedef struct {
    const char *folder_a, *folder_b;
    FILE *report;
    char *first; /* the report of the first pair that differs; NULL: none so far */
    int64_t same, differ, one_side, unreadable;
    char unreadable_message[PATH_BYTES]; /* message about the first file that cannot be compared */
} comparison;

/* Prints the third line of a report, its result; the two names come before it. */
static void print_gist(FILE *stream, const char *report)
{
    for (int line = 0; line < 2; line++) {
        const char *end = strchr(report, '\n');
        report = end != NULL ? end + 1 : report + strlen(report);
    }
    fprintf(stream, "%.*s\n", (int)strcspn(report, "\n"), report);
}

/* Keeps the report of the first pair that differs, frees any other. */
static void count_report(comparison *c, core_status status, char *report)
{
    c->same += status == CORE_OK;
    c->differ += status == CORE_DIFFERS;
    if (status == CORE_DIFFERS && c->first == NULL) {
        c->first = report;
    } else {
        free(report);
    }
}

/* CORE_MACHINE ends the comparison; a bad file gets a line. */
static core_status compare_pair(comparison *c, const char *name)
{
    char a[PATH_BYTES], b[PATH_BYTES], *report = NULL;
    snprintf(a, sizeof a, "%s/%s", c->folder_a, name);
    snprintf(b, sizeof b, "%s/%s", c->folder_b, name);
    const core_status status = res_compare(a, b, &report);
    if (status == CORE_BAD_FILE) {
        core_text_print(c->report, "%s: %s\n", name, core_error_message());
        if (c->unreadable++ == 0) {
            snprintf(c->unreadable_message, sizeof c->unreadable_message, "%s", core_error_message());
        }
        return CORE_OK;
    }
    if (status != CORE_OK && status != CORE_DIFFERS) {
        return status;
    }
    core_text_print(c->report, "%s: ", name);
    print_gist(c->report, report);
    count_report(c, status, report);
    return CORE_OK;
}

static core_status compare_all(comparison *c, const res_folder *a, const res_folder *b)
{
    for (core_names_merge m = {.a = &a->runs, .b = &b->runs}; core_names_next(&m);) {
        if (m.in_a && m.in_b) {
            CORE_TRY(compare_pair(c, m.name));
        } else {
            core_text_print(c->report, "%s: only in %s\n", m.name, m.in_a ? "A" : "B");
            c->one_side++;
        }
    }
    return CORE_OK;
}

/* Prints a line for each path below the folder that could not be read. */
static void print_gaps(comparison *c, const char *folder, const res_folder *listed)
{
    for (int64_t i = 0; i < listed->gap_count; i++) {
        char text[PATH_BYTES];
        snprintf(text, sizeof text, "%s/%s: %s", folder, listed->gaps[i].name, listed->gaps[i].why);
        core_text_print(c->report, "%s\n", text);
        if (c->unreadable++ == 0) {
            snprintf(c->unreadable_message, sizeof c->unreadable_message, "%s", text);
        }
    }
}

static core_status conclude(const comparison *c)
{
    if (c->first != NULL) {
        fprintf(c->report, "\nthe first that differs:\n%s", c->first);
    }
    fprintf(c->report, "\n%lld the same, %lld differ, %lld on one side only, %lld cannot be compared\n",
            (long long)c->same, (long long)c->differ, (long long)c->one_side, (long long)c->unreadable);
    if (c->unreadable > 0) {
        return core_fail(CORE_BAD_FILE, "%lld of the files cannot be compared: %s", (long long)c->unreadable,
                         c->unreadable_message);
    }
    return c->differ + c->one_side == 0 ? CORE_OK
                                        : core_fail(CORE_DIFFERS, "%s and %s differ", c->folder_a, c->folder_b);
}

static core_status list(const char *folder, core_arena *arena, res_folder *out)
{
    CORE_TRY(res_folder_list(folder, arena, out));
    return out->runs.count + out->gap_count > 0
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, folder, ": holds no run file, expected names that end in .h5");
}

static core_status compare_listed(comparison *c, core_arena *arena)
{
    res_folder a, b;
    CORE_TRY(list(c->folder_a, arena, &a));
    CORE_TRY(list(c->folder_b, arena, &b));
    core_text_print(c->report, "A: %s\n", c->folder_a);
    core_text_print(c->report, "B: %s\n", c->folder_b);
    print_gaps(c, c->folder_a, &a);
    print_gaps(c, c->folder_b, &b);
    return compare_all(c, &a, &b);
}

core_status res_compare_folders(const char *folder_a, const char *folder_b, char **report)
{
    core_builder text;
    core_arena arena = {0};
    CORE_TRY(core_builder_begin(&text, "a report"));
    comparison c = {.folder_a = folder_a, .folder_b = folder_b, .report = text.stream};
    core_status status = compare_listed(&c, &arena);
    const bool compared = status == CORE_OK;
    if (compared) {
        status = conclude(&c);
    }
    core_arena_free(&arena);
    free(c.first);
    CORE_TRY(core_builder_take(&text, compared ? CORE_OK : status, report));
    return status;
}
