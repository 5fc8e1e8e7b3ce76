/* Chooses the runs of a figure: one setting, one recipe for each method, every seed once. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "recipes/filter.h"
#include "recipes/methods.h"
#include "recipes/paper.h"
#include "results/report/picture_internal.h"
#include "results/report/table_internal.h"

/* The runs sorted[begin, end), which share a setting, and the numbers by which one such group is chosen. */
typedef struct {
    int64_t begin, end;
    int64_t methods;
    int64_t seeds;    /* summed over all recipes */
    int64_t distance; /* the least of its runs */
} setting_group;

typedef struct {
    const res_picture_kind *kind;
    core_arena *arena;
    res_finished_run *runs;          /* (count) where probes are drawn, `setting` includes the probe's protocol */
    const res_finished_run **sorted; /* (count) sorted by setting, method (as in tables), recipe, seed, path */
    int64_t count;
    FILE *not_drawn;
    int64_t sentences; /* in not_drawn */
    int64_t untold;    /* runs that no sentence names */
} choosing;

static int by_everything(const void *a, const void *b)
{
    const res_finished_run *x = *(const res_finished_run *const *)a, *y = *(const res_finished_run *const *)b;
    const int64_t methods = xp_method_order(x->method) - xp_method_order(y->method);
    int order = strcmp(x->setting, y->setting);
    order = order != 0 ? order : (methods > 0) - (methods < 0);
    order = order != 0 ? order : strcmp(x->method, y->method);
    return order != 0 ? order : res_run_order(x, y);
}

static bool same_setting(const res_finished_run *a, const res_finished_run *b)
{
    return strcmp(a->setting, b->setting) == 0;
}

static bool same_method(const res_finished_run *a, const res_finished_run *b)
{
    return same_setting(a, b) && strcmp(a->method, b->method) == 0;
}

typedef bool (*sameness)(const res_finished_run *a, const res_finished_run *b);

static int64_t end_of(const choosing *c, int64_t begin, sameness same)
{
    int64_t end = begin + 1;
    while (end < c->count && same(c->sorted[begin], c->sorted[end])) {
        end++;
    }
    return end;
}

/* Whether it is one of the figure's own methods. */
static bool is_own(const res_picture_kind *kind, const char *method)
{
    const char *const *own = kind->methods;
    while (own != NULL && *own != NULL && strcmp(*own, method) != 0) {
        own++;
    }
    return own != NULL && *own != NULL;
}

static setting_group setting_at(const choosing *c, int64_t begin)
{
    const res_finished_run *first = c->sorted[begin];
    setting_group g = {.begin = begin, .end = end_of(c, begin, same_setting), .distance = first->distance};
    for (int64_t at = begin, end; at < g.end; at = end) {
        end = end_of(c, at, same_method);
        g.methods++;
        for (res_recipe_group of = {at, at, 0}; of.end < end;) {
            of = res_group_at(c->sorted, of.end, end);
            g.seeds += of.seeds;
            g.distance = c->sorted[of.begin]->distance < g.distance ? c->sorted[of.begin]->distance : g.distance;
        }
    }
    return g;
}

/* Whether to show the setting a before b, which is another one. */
static bool comes_first(const setting_group *a, const setting_group *b)
{
    if (a->methods != b->methods) {
        return a->methods > b->methods;
    }
    if (a->seeds != b->seeds) {
        return a->seeds > b->seeds;
    }
    return a->distance != b->distance ? a->distance < b->distance : a->begin < b->begin;
}

/* The setting before which `rank` others come; false: there are fewer. */
static bool choose_setting(const choosing *c, int64_t rank, setting_group *out)
{
    for (int64_t at = 0; at < c->count; at = out->end) {
        int64_t before = 0;
        *out = setting_at(c, at);
        for (int64_t other = 0; other < c->count;) {
            const setting_group g = setting_at(c, other);
            before += comes_first(&g, out);
            other = g.end;
        }
        if (before == rank) {
            return true;
        }
    }
    return false;
}

/* Begins a sentence about n runs that are not drawn; false: the caption has its most sentences already. */
static bool begin_sentence(choosing *c, int64_t n)
{
    enum { MOST = 6 };
    if (c->sentences == MOST) {
        c->untold += n;
        return false;
    }
    fputs(c->sentences++ > 0 ? "; " : "", c->not_drawn);
    return true;
}

static const char *recipe_words(const res_finished_run *run)
{
    return run->deviation[0] != '\0' ? run->deviation : "the recipe of " RES_PAPER_CITATION;
}

/* Names the other settings; a recipe is told only where that of the chosen one is another, or on the same data. */
static void tell_settings(choosing *c, const setting_group *chosen)
{
    const res_finished_run *shown = c->sorted[chosen->begin];
    for (int64_t at = 0; at < c->count;) {
        const setting_group g = setting_at(c, at);
        const res_finished_run *run = c->sorted[at];
        if (at != chosen->begin && begin_sentence(c, g.end - at)) {
            fprintf(c->not_drawn, "%s on %s (", CORE_COUNT(g.end - at, "run"), run->column);
            for (int64_t i = at; i < g.end; i = end_of(c, i, same_method)) {
                fprintf(c->not_drawn, "%s%s", i > at ? ", " : "", c->sorted[i]->method);
            }
            const bool same = strcmp(run->deviation, shown->deviation) == 0 && strcmp(run->column, shown->column) != 0;
            fprintf(c->not_drawn, ")%s%s%s%s", same ? "" : ": ", same ? "" : recipe_words(run),
                    c->kind->of_probes ? ", " : "", c->kind->of_probes ? run->probe : "");
        }
        at = g.end;
    }
}

static void tell_recipes(choosing *c, int64_t begin, int64_t end, const res_recipe_group *chosen)
{
    for (res_recipe_group g = {begin, begin, 0}; g.end < end;) {
        g = res_group_at(c->sorted, g.end, end);
        const res_finished_run *run = c->sorted[g.begin], *shown = c->sorted[chosen->begin];
        if (g.begin != chosen->begin && begin_sentence(c, g.end - g.begin)) {
            fprintf(c->not_drawn, "%s of %s: ", CORE_COUNT(g.end - g.begin, "run"), run->method);
            if (strcmp(run->deviation, shown->deviation) != 0) {
                fputs(recipe_words(run), c->not_drawn);
            } else {
                res_table_print_differences(c->not_drawn, &run->config, &shown->config);
            }
        }
    }
}

/* The runs of sorted[g], every seed once. */
static core_status make_series(choosing *c, const res_recipe_group *g, res_picture_series *out)
{
    res_picture_series s = {.method = c->sorted[g->begin]->method, .n = g->seeds};
    const res_finished_run *shown = c->sorted[g->begin];
    CORE_TRY(CORE_ARENA_NEW(c->arena, s.n, "the runs of a figure", s.runs));
    CORE_TRY(CORE_ARENA_NEW(c->arena, s.n, "the numbers of a figure", s.values));
    res_group_series(c->sorted, g, s.runs);
    for (int64_t i = g->begin + 1; i < g->end; i++) {
        const res_finished_run *run = c->sorted[i];
        if (shown->seed != run->seed) {
            shown = run;
        } else if (begin_sentence(c, 1)) {
            fprintf(c->not_drawn, "%s, which has the recipe and the seed of %s", run->path, shown->path);
        }
    }
    *out = s;
    return CORE_OK;
}

/* Orders methods as tables do. */
static int by_method(const void *a, const void *b)
{
    const int64_t x = xp_method_order(((const res_picture_series *)a)->method),
                  y = xp_method_order(((const res_picture_series *)b)->method);
    return (x > y) - (x < y);
}

/* Orders methods for the choice of some: the figure's own before the others, each part as in tables. */
static int by_wish(const void *a, const void *b, void *kind)
{
    const res_picture_series *x = a, *y = b;
    const int own = is_own(kind, y->method) - is_own(kind, x->method);
    return own != 0 ? own : by_method(a, b);
}

/* Keeps the methods that are drawn. */
static void choose_methods(choosing *c, bool chosen, res_picture_choice *out)
{
    const int64_t most = chosen && c->kind->panel_width == 0 ? xp_method_count() : c->kind->most;
    qsort_r(out->series, (size_t)out->count, sizeof *out->series, by_wish, (void *)(uintptr_t)c->kind);
    int64_t left_out = 0;
    for (int64_t i = most; i < out->count; i++) {
        left_out += out->series[i].n;
    }
    const bool told = left_out > 0 && begin_sentence(c, left_out);
    for (int64_t i = most; i < out->count && told; i++) {
        fprintf(c->not_drawn, "%s%s", i > most ? ", " : "", out->series[i].method);
    }
    fputs(told ? " (--only chooses others)" : "", c->not_drawn);
    out->count = out->count < most ? out->count : most;
    qsort(out->series, (size_t)out->count, sizeof *out->series, by_method);
}

/* ---- the other settings ------------------------------------------------------------------------------------------ */

/* Whether the filter's term for `id`, with the value of run a, leaves run b out. */
static bool tells_apart(xp_option_id id, const res_finished_run *a, const res_finished_run *b)
{
    return xp_option_is(id, XP_OF_METHOD | XP_OF_NO_RECIPE) || id == XP_SEED || a->values[id] == NULL
               ? false
               : b->values[id] == NULL || strcmp(a->values[id], b->values[id]) != 0;
}

/* Writes the terms of a filter that only the setting of `run` passes, as few as the order of the options allows. firsts
 * (count): a run of every setting; left_out: scratch. false: no filter does that. */
static bool write_filter(const res_finished_run *run, const res_finished_run *const *firsts, int64_t count,
                         bool *left_out, FILE *stream)
{
    const char *and = "";
    int64_t left = count - 1;
    memset(left_out, 0, (size_t)count * sizeof *left_out);
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        int64_t more = 0;
        for (int64_t i = 0; i < count; i++) {
            const bool newly = !left_out[i] && tells_apart((xp_option_id)id, run, firsts[i]);
            left_out[i] = left_out[i] || newly;
            more += newly;
        }
        if (more > 0) {
            fprintf(stream, "%s%s=", and, xp_option_key((xp_option_id)id));
            xp_filter_write_value(stream, run->values[id]);
            and = " & ";
        }
        left -= more;
    }
    return left == 0;
}

static core_status list_others(const choosing *c, const setting_group *chosen, res_picture_choice *out)
{
    const res_finished_run **firsts;
    bool *left_out;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(c->arena, c->count, "the settings of a figure", firsts));
    CORE_TRY(CORE_ARENA_NEW(c->arena, c->count, "the settings of a figure", left_out));
    CORE_TRY(CORE_ARENA_NEW(c->arena, c->count, "the settings of a figure", out->others));
    for (int64_t at = 0; at < c->count; at = end_of(c, at, same_setting)) {
        firsts[count++] = c->sorted[at];
    }
    for (int64_t i = 0; i < count; i++) {
        core_builder filter;
        CORE_TRY(core_builder_begin(&filter, "a filter"));
        const bool is_told = write_filter(firsts[i], firsts, count, left_out, filter.stream);
        CORE_TRY(core_builder_end(&filter, CORE_OK, c->arena, &out->others[out->other_count]));
        out->other_count += is_told && firsts[i] != c->sorted[chosen->begin];
    }
    return CORE_OK;
}

static core_status fill(choosing *c, const res_picture_query *query, res_picture_choice *out)
{
    setting_group setting;
    if (!choose_setting(c, query->rank, &setting)) {
        return core_fail(CORE_BAD_FILE, "%s: no other setting", c->kind->name);
    }
    CORE_TRY(CORE_ARENA_NEW(c->arena, setting.methods, "the methods of a figure", out->series));
    for (int64_t at = setting.begin; at < setting.end;) {
        const int64_t end = end_of(c, at, same_method);
        const res_recipe_group g = res_group_choose(c->sorted, at, end);
        CORE_TRY(make_series(c, &g, &out->series[out->count++]));
        tell_recipes(c, at, end, &g);
        at = end;
    }
    choose_methods(c, query->chosen, out);
    if (!query->alone) {
        tell_settings(c, &setting);
    }
    if (c->untold > 0) {
        fprintf(c->not_drawn, "; %s", CORE_COUNT(c->untold, "more run"));
    }
    out->first = out->series[0].runs[0];
    return list_others(c, &setting, out);
}

/* Orders the classes by their examples, the most frequent first; equals keep their order. */
static core_status order_classes(const res_finished_run *run, core_arena *arena, const int64_t **out)
{
    int64_t *order;
    CORE_TRY(CORE_ARENA_NEW(arena, run->K, "the order of classes", order));
    for (int64_t k = 0; k < run->K; k++) {
        int64_t at = k;
        for (; at > 0 && run->class_counts[order[at - 1]] < run->class_counts[k]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = k;
    }
    *out = order;
    return CORE_OK;
}

static core_status tell_missing(const res_picture_choice *choice, core_arena *arena, const char **out)
{
    core_builder text;
    const char *comma = "";
    CORE_TRY(core_builder_begin(&text, "a figure"));
    for (const char *const *method = choice->kind->methods; method != NULL && *method != NULL; method++) {
        bool there = choice->kind->column == NULL;
        for (int64_t i = 0; i < choice->count && !there; i++) {
            there = strcmp(choice->series[i].method, *method) == 0;
        }
        if (!there) {
            fprintf(text.stream, "%s%s", comma, *method);
            comma = ", ";
        }
    }
    return core_builder_end(&text, CORE_OK, arena, out);
}

static core_status choose_and_tell(choosing *c, const res_picture_query *query, res_picture_choice *out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "a figure"));
    c->not_drawn = text.stream;
    return core_builder_end(&text, fill(c, query, out), c->arena, &out->not_drawn);
}

/* Whether a figure shows runs of that data and that method. */
static bool takes(const res_picture_kind *kind, const res_finished_run *run)
{
    return kind->column == NULL || (strcmp(run->column, kind->column) == 0 && is_own(kind, run->method));
}

/* Copies the runs that the figure can show. */
static core_status take_runs(choosing *c, const res_shot_bounds *bounds, const res_finished_run *runs, int64_t count)
{
    CORE_TRY(CORE_ARENA_NEW(c->arena, count, "the runs of a figure", c->runs));
    CORE_TRY(CORE_ARENA_NEW(c->arena, count, "the runs of a figure", c->sorted));
    for (int64_t i = 0; i < count; i++) {
        if (!c->kind->shows(&runs[i]) || !takes(c->kind, &runs[i])) {
            continue;
        }
        res_finished_run *run = &c->runs[c->count];
        *run = runs[i];
        res_scores_regroup(bounds, &run->last);
        c->sorted[c->count++] = run;
        if (c->kind->of_probes) {
            CORE_TRY(core_text_format(c->arena, &run->setting, "%sprobe: %s\n", run->setting, run->probe));
        }
    }
    return CORE_OK;
}

core_status res_picture_choose(const res_picture_kind *kind, const res_picture_query *query,
                               const res_finished_run *runs, int64_t count, core_arena *arena, res_picture_choice *out)
{
    choosing c = {.kind = kind, .arena = arena};
    res_picture_choice choice = {.kind = kind, .bounds = query->bounds};
    CORE_TRY(take_runs(&c, query->bounds, runs, count));
    if (c.count == 0) {
        return core_fail_about(CORE_BAD_FILE, kind->name, ": %s; %s", kind->lacks, kind->command);
    }
    qsort(c.sorted, (size_t)c.count, sizeof *c.sorted, by_everything);
    CORE_TRY(choose_and_tell(&c, query, &choice));
    CORE_TRY(order_classes(choice.first, arena, &choice.order));
    CORE_TRY(tell_missing(&choice, arena, &choice.missing));
    *out = choice;
    return CORE_OK;
}
