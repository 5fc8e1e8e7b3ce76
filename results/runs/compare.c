#include "results/runs/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/hash.h"
#include "core/memory.h"
#include "core/text.h"
#include "results/runs/content.h"
#include "results/runs/difference.h"
#include "results/runs/run_internal.h"

/* One of the two files. */
typedef struct {
    const char *path;
    core_h5 *file;
    res_run run;
    bool finished, has_env;
    int64_t epoch, step; /* where its state continues; -1 without a state */
} side;

typedef struct {
    side a, b;
    core_arena arena;
    FILE *report;
} comparison;

enum { VALUE_BYTES = 200 };

static core_status open_side(const char *path, core_arena *arena, side *out)
{
    side s = {.path = path, .epoch = -1, .step = -1};
    CORE_TRY(res_run_load_as_it_is(path, RES_CONFIG | RES_DATA | RES_EPOCHS, arena, &s.run));
    /* The machine can explain a difference, but is not compared: a file without it is fine. */
    res_run machine = {0};
    s.has_env = res_run_load_as_it_is(path, RES_ENV, arena, &machine) == CORE_OK && machine.env.count > 0;
    s.run.env = machine.env;
    CORE_TRY(res_content_open(path, &out->file));
    s.file = out->file;
    bool has_final = false, has_state = false;
    CORE_TRY(res_is_there(s.file, "final", &has_final));
    CORE_TRY(res_is_there(s.file, "state", &has_state));
    s.finished = has_final && s.run.epochs.E == s.run.epochs.planned;
    if (has_state) {
        CORE_TRY(core_h5_get_i64(s.file, "state", "epoch", &s.epoch));
        CORE_TRY(core_h5_get_i64(s.file, "state", "step", &s.step));
    }
    *out = s;
    return CORE_OK;
}

static int64_t common_epochs(const comparison *c)
{
    return c->a.run.epochs.E < c->b.run.epochs.E ? c->a.run.epochs.E : c->b.run.epochs.E;
}

/* Whether all of both files can be compared: the runs are at their ends, or stopped at the same step. */
static bool comparable_whole(const comparison *c)
{
    if (c->a.finished || c->b.finished) {
        return c->a.finished && c->b.finished;
    }
    return c->a.run.epochs.E == c->b.run.epochs.E && c->a.epoch == c->b.epoch && c->a.step == c->b.step;
}

static void report_unfinished(FILE *report, const char *name, const side *s)
{
    if (!s->finished) {
        fprintf(report, "%s is unfinished: %" PRId64 " of %s\n", name, s->run.epochs.E,
                CORE_COUNT(s->run.epochs.planned, "epoch"));
    }
}

/* Reports the first epoch and tensor whose digests differ. */
static void report_epochs(const comparison *c)
{
    const res_epochs *a = &c->a.run.epochs, *b = &c->b.run.epochs;
    bool same_tensors = a->P == b->P;
    for (int64_t p = 0; p < a->P && same_tensors; p++) {
        same_tensors = strcmp(a->tensor_name[p], b->tensor_name[p]) == 0;
    }
    if (!same_tensors) {
        fprintf(c->report, "other tensors: %" PRId64 " | %" PRId64 ", or other names\n", a->P, b->P);
        return;
    }
    for (int64_t e = 0; e < common_epochs(c); e++) {
        int64_t differing = 0, first = 0;
        for (int64_t p = a->P - 1; p >= 0; p--) {
            if (a->tensor_digest[e * a->P + p] != b->tensor_digest[e * a->P + p]) {
                differing++;
                first = p;
            }
        }
        if (differing > 0) {
            core_text_print(c->report,
                            "first epoch that differs: %" PRId64 ", first tensor: %s (%" PRId64 " of %" PRId64 ")\n", e,
                            a->tensor_name[first], differing, a->P);
            return;
        }
    }
    fprintf(c->report, "differs, but all tensors are the same after each of %s\n",
            CORE_COUNT(common_epochs(c), "epoch"));
}

/* Lists every key whose value differs, under a heading. */
static void report_options(FILE *report, const char *heading, const res_options *a, const res_options *b)
{
    char text_a[VALUE_BYTES], text_b[VALUE_BYTES];
    int64_t at = 0;
    const char *key = res_options_next_difference(a, b, &at);
    if (key != NULL) {
        fprintf(report, "%s\n", heading);
    }
    for (; key != NULL; key = res_options_next_difference(a, b, &at)) {
        core_text_print(report, "  %s: %s | %s\n", key,
                        res_option_format(res_options_find(a, key), text_a, sizeof text_a),
                        res_option_format(res_options_find(b, key), text_b, sizeof text_b));
    }
}

static void report_data(FILE *report, const res_data *a, const res_data *b)
{
    if (strcmp(a->name, b->name) != 0) {
        core_text_print(report, "other data: %s | %s\n", a->name, b->name);
    }
    if (strcmp(a->sha256, b->sha256) != 0) {
        fprintf(report, "other examples or labels: SHA-256 %s | %s\n", a->sha256, b->sha256);
    }
    if (a->verified != b->verified) {
        fprintf(report, "data verified: %s | %s\n", a->verified ? "yes" : "no", b->verified ? "yes" : "no");
    }
}

static void report_machines(const comparison *c)
{
    if (!c->a.has_env || !c->b.has_env) {
        return;
    }
    const res_env *env_a = &c->a.run.env, *env_b = &c->b.run.env;
    const res_options *a = &env_a->starts[env_a->count - 1], *b = &env_b->starts[env_b->count - 1];
    if (!res_option_same(res_options_find(a, RES_ENV_SELF_TEST), res_options_find(b, RES_ENV_SELF_TEST))) {
        fputs("other arithmetic: the self-tests of the two machines differ\n", c->report);
    }
    report_options(c->report, "machines of the last starts:", a, b);
}

/* Reports a file whose content no longer has its stored digest. */
static core_status report_changed(FILE *report, const char *name, const side *s)
{
    char found[CORE_HASH_HEX_MAX];
    CORE_TRY(res_content_digest(s->file, found));
    if (strcmp(found, s->run.digest) != 0) {
        fprintf(report, "%s was changed after tailbit wrote it: its digest is %s, and says %s\n", name, found,
                s->run.digest);
    }
    return CORE_OK;
}

/* Reports all that can explain a difference, and then `list`, the text with the differences. */
static core_status report_differences(const comparison *c, const char *list, int64_t found)
{
    report_epochs(c);
    report_options(c->report, "other configuration:", &c->a.run.config.options, &c->b.run.config.options);
    report_data(c->report, &c->a.run.data, &c->b.run.data);
    report_machines(c);
    if (found > 0) {
        fprintf(c->report, "%s (A | B):\n%s", CORE_COUNT(found, "difference"), list);
    }
    if (found > RES_DIFFERENCE_LINES) {
        fprintf(c->report, "  and %" PRId64 " more\n", found - RES_DIFFERENCE_LINES);
    }
    CORE_TRY(report_changed(c->report, "A", &c->a));
    return report_changed(c->report, "B", &c->b);
}

static core_status compare_and_report(const comparison *c)
{
    char *list = NULL;
    core_builder lines;
    CORE_TRY(core_builder_begin(&lines, "a report"));
    const bool finished = c->a.finished && c->b.finished;
    res_difference walk = {.a = c->a.file,
                           .b = c->b.file,
                           .common_epochs = comparable_whole(c) ? -1 : common_epochs(c),
                           .report = lines.stream};
    core_status status = core_builder_take(&lines, res_difference_walk(&walk), &list);
    if (status == CORE_OK) {
        core_text_print(c->report, "A: %s\n", c->a.path);
        core_text_print(c->report, "B: %s\n", c->b.path);
        report_unfinished(c->report, "A", &c->a);
        report_unfinished(c->report, "B", &c->b);
        const bool same_digest = strcmp(c->a.run.digest, c->b.run.digest) == 0;
        if (walk.found == 0 && (same_digest || walk.common_epochs >= 0)) {
            fprintf(c->report, "%s: %s, %s\n", finished ? "the same bits" : "what both have is the same",
                    CORE_COUNT(common_epochs(c), "epoch"), CORE_COUNT(walk.objects, "object"));
        } else {
            status = report_differences(c, list, walk.found);
        }
        if (status == CORE_OK && (walk.found > 0 || !same_digest || !finished)) {
            status = core_fail(CORE_DIFFERS, "%s and %s differ", c->a.path, c->b.path);
        }
    }
    free(list);
    return status;
}

core_status res_compare(const char *path_a, const char *path_b, char **report)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "a report"));
    comparison c = {.report = text.stream};
    core_status status = open_side(path_a, &c.arena, &c.a);
    if (status == CORE_OK) {
        status = open_side(path_b, &c.arena, &c.b);
    }
    if (status == CORE_OK) {
        status = compare_and_report(&c);
    }
    core_h5_close(c.a.file);
    core_h5_close(c.b.file);
    core_arena_free(&c.arena);
    CORE_TRY(core_builder_take(&text, status != CORE_DIFFERS ? status : CORE_OK, report));
    return status;
}
