#include "results/report/table_tuning.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/builder.h"

static bool holds_out(const res_finished_run *run) { return !isnan(run->validation); }

/* The options that say which examples are trained on and held out; their errors on other examples are not compared. */
static const char *const of_subset[] = {"split_seed", "validation_frac", "mu", "removed_class"};

/* Whether both are in one cell, and trained and measured on the same examples. The digest of a text's data is of its ids,
 * which follow the vocabulary and the length; its column names the same texts. */
static bool same_cell(const res_finished_run *a, const res_finished_run *b)
{
    bool same = strcmp(a->column, b->column) == 0 && strcmp(a->method, b->method) == 0 &&
                (res_options_find(&a->config, "vocabulary") != NULL || strcmp(a->data_sha256, b->data_sha256) == 0);
    for (size_t i = 0; i < sizeof of_subset / sizeof *of_subset; i++) {
        same = same &&
               res_option_same(res_options_find(&a->config, of_subset[i]), res_options_find(&b->config, of_subset[i]));
    }
    return same;
}

/* Whether the option of that key may be chosen by a trial: the isa, for one, changes bits and no recipe. */
static bool is_chosen(const char *key)
{
    const xp_option_id id = xp_option_of_key(XP_VERB_TRAIN, key);
    return key[0] != '\0' && (id >= XP_BIT_OPTIONS || !xp_option_is(id, XP_OF_NO_RECIPE));
}

static bool same_recipe(const res_finished_run *a, const res_finished_run *b)
{
    int64_t at = 0;
    const char *key = "";
    while (key != NULL && !is_chosen(key)) {
        key = res_options_next_difference(&a->config, &b->config, &at);
    }
    return key == NULL && same_cell(a, b);
}

/* The runs of one sentence: the runs with a hold-out in the cell of `first`, among all `runs` of the folder. */
typedef struct {
    const res_finished_run *runs;
    int64_t count;
    const res_finished_run *first;
    bool *is_shared; /* (count) whether every recipe of the trial has the seed of that run */
    bool shares_all; /* whether this holds for every run of the trial */
} trial;

static bool takes_part(const trial *t, const res_finished_run *run)
{
    return holds_out(run) && same_cell(run, t->first);
}

/* Whether run i is the first run of its recipe in the trial. */
static bool is_first(const trial *t, int64_t i)
{
    for (int64_t j = 0; j < i; j++) {
        if (takes_part(t, &t->runs[j]) && same_recipe(&t->runs[j], &t->runs[i])) {
            return false;
        }
    }
    return true;
}

/* Whether the option differs among the recipes of the trial. */
static bool varies(const trial *t, const char *key)
{
    const res_option *known = res_options_find(&t->first->config, key);
    for (int64_t i = 0; i < t->count; i++) {
        if (is_chosen(key) && takes_part(t, &t->runs[i]) &&
            !res_option_same(known, res_options_find(&t->runs[i].config, key))) {
            return true;
        }
    }
    return false;
}

static void print_recipe(const trial *t, const res_finished_run *run, FILE *stream)
{
    for (int64_t i = 0; i < run->config.count; i++) {
        const res_option *option = &run->config.items[i];
        char value[256];
        if (varies(t, option->key)) {
            fprintf(stream, " %s %s", option->key, res_option_format(option, value, sizeof value));
        }
    }
}

/* Whether run i is the first of its recipe and seed: one that is there twice counts once. */
static bool is_first_of_seed(const trial *t, int64_t i)
{
    for (int64_t j = 0; j < i; j++) {
        if (takes_part(t, &t->runs[j]) && same_recipe(&t->runs[j], &t->runs[i]) && t->runs[j].seed == t->runs[i].seed) {
            return false;
        }
    }
    return true;
}

/* Whether run i is one of those over which a mean of the recipe of `run` goes. */
static bool is_counted(const trial *t, const res_finished_run *run, int64_t i, bool shared_only)
{
    return takes_part(t, &t->runs[i]) && same_recipe(&t->runs[i], run) && is_first_of_seed(t, i) &&
           (t->is_shared[i] || !shared_only);
}

static double mean_error(const trial *t, const res_finished_run *run, bool shared_only)
{
    double sum = 0.0, n = 0.0;
    for (int64_t i = 0; i < t->count; i++) {
        if (is_counted(t, run, i, shared_only)) {
            sum += t->runs[i].validation;
            n += 1.0;
        }
    }
    return sum / n;
}

/* Prints ` HEAD 0, 1`: seeds of the recipe of `run`. */
static void print_seeds(const trial *t, const res_finished_run *run, bool shared_only, const char *head, FILE *stream)
{
    int64_t n = 0;
    for (int64_t i = 0; i < t->count; i++) {
        if (is_counted(t, run, i, shared_only)) {
            fprintf(stream, "%s %" PRId64, n++ == 0 ? head : ",", t->runs[i].seed);
        }
    }
}

/* Other seeds give other errors, so recipes are compared on the seeds that all of them have. */
static void print_least(const trial *t, FILE *stream)
{
    const res_finished_run *least = t->first;
    if (isnan(mean_error(t, least, true))) {
        fputs(" and not compared, because they have no seed in common", stream);
        return;
    }
    for (int64_t i = 0; i < t->count; i++) {
        if (takes_part(t, &t->runs[i]) && mean_error(t, &t->runs[i], true) < mean_error(t, least, true)) {
            least = &t->runs[i];
        }
    }
    fputs(" least", stream);
    if (!t->shares_all) {
        print_seeds(t, least, true, " on what all have, seed", stream);
        fputs(",", stream);
    }
    fputs(" with", stream);
    print_recipe(t, least, stream);
}

static void print_trial(const trial *t, FILE *stream)
{
    fprintf(stream, "%s %s, by the mean class error on held-out training examples:", t->first->column,
            t->first->method);
    for (int64_t i = 0; i < t->count; i++) {
        if (takes_part(t, &t->runs[i]) && is_first(t, i)) {
            print_recipe(t, &t->runs[i], stream);
            fprintf(stream, ": %.2f", mean_error(t, &t->runs[i], false));
            if (!t->shares_all) {
                print_seeds(t, &t->runs[i], false, " (seed", stream);
                fputs(")", stream);
            }
            fputs(",", stream);
        }
    }
    print_least(t, stream);
}

/* Whether every recipe of the trial has the seed. */
static bool is_in_all(const trial *t, int64_t seed)
{
    for (int64_t i = 0; i < t->count; i++) {
        bool has = !takes_part(t, &t->runs[i]);
        for (int64_t j = 0; j < t->count && !has; j++) {
            has = t->runs[j].seed == seed && takes_part(t, &t->runs[j]) && same_recipe(&t->runs[j], &t->runs[i]);
        }
        if (!has) {
            return false;
        }
    }
    return true;
}

static core_status find_shared_seeds(trial *t, core_arena *arena)
{
    CORE_TRY(CORE_ARENA_NEW(arena, t->count, "the seeds of a trial", t->is_shared));
    t->shares_all = true;
    for (int64_t i = 0; i < t->count; i++) {
        t->is_shared[i] = takes_part(t, &t->runs[i]) && is_in_all(t, t->runs[i].seed);
        t->shares_all = t->shares_all && (t->is_shared[i] || !takes_part(t, &t->runs[i]));
    }
    return CORE_OK;
}

/* Whether the trial has more than one recipe. */
static bool is_trial(const trial *t)
{
    for (int64_t i = 0; i < t->count; i++) {
        if (takes_part(t, &t->runs[i]) && !same_recipe(&t->runs[i], t->first)) {
            return true;
        }
    }
    return false;
}

static core_status describe(trial *t, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(find_shared_seeds(t, arena));
    CORE_TRY(core_builder_begin(&text, "a table"));
    print_trial(t, text.stream);
    return core_builder_end(&text, CORE_OK, arena, out);
}

core_status res_table_tuning(const res_finished_run *runs, int64_t count, core_arena *arena, const char **texts,
                             int64_t *texts_count)
{
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        bool told = !holds_out(&runs[i]);
        for (int64_t j = 0; j < i && !told; j++) {
            told = holds_out(&runs[j]) && same_cell(&runs[j], &runs[i]);
        }
        trial t = {.runs = runs, .count = count, .first = &runs[i]};
        if (!told && is_trial(&t)) {
            CORE_TRY(describe(&t, arena, &texts[found++]));
        }
    }
    *texts_count = found;
    return CORE_OK;
}
