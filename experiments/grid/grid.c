#include "experiments/grid/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "core/yaml.h"
#include "experiments/grid/grid_tables.h"
#include "recipes/axes.h"
#include "recipes/effects.h"
#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "recipes/synonyms.h"

enum { TITLE, EXCEPT, PROBE, OWN_KEYS, MAX_CELLS = 1000000, MAX_SEEDS = 10000 };

/* The keys of a grid file: its own three, then every option that changes bits. */
typedef struct {
    const char *names[OWN_KEYS + XP_BIT_OPTIONS], *joined[OWN_KEYS + XP_BIT_OPTIONS];
    core_yaml_form form;
} keys;

static void name_keys(keys *k)
{
    k->names[TITLE] = "title";
    k->names[EXCEPT] = "except";
    k->names[PROBE] = "probe";
    k->joined[TITLE] = k->joined[EXCEPT] = k->joined[PROBE] = NULL;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        k->names[OWN_KEYS + id] = xp_option_key((xp_option_id)id);
        k->joined[OWN_KEYS + id] = xp_option_joined((xp_option_id)id);
    }
    k->form = (core_yaml_form){
        .pairs = {k->names, OWN_KEYS + XP_BIT_OPTIONS, k->joined, xp_synonym_of_key, xp_synonym_advice_of_key},
        .section = "axes",
        .lists = {k->names + OWN_KEYS, XP_BIT_OPTIONS, NULL, xp_synonym_of_key, xp_synonym_advice_of_key}};
}

/* A grid on its way from file and flags to cells. */
typedef struct {
    const char *file;     /* its name in messages */
    xp_options recipe;    /* what every cell shares */
    xp_grid *grid;        /* its title, axes and arena */
    xp_option_id *ids;    /* the grid's axes, with capacity for one more */
    core_yaml_list *axes; /* the values of each axis in `ids` */
    core_yaml_document document;
    const char *except;              /* NULL: nothing is left out */
    const xp_options *flags;         /* of the command line */
    bool has_effect[XP_BIT_OPTIONS]; /* of a flag: on one job at least */
} draft;

static core_status take_recipe(draft *d)
{
    char where[512];
    for (int64_t i = 0; i < d->document.pair_count; i++) {
        const core_yaml_pair *pair = &d->document.pairs[i];
        core_yaml_where(d->file, pair->key, pair->place, where);
        if (strcmp(pair->key, "title") == 0) {
            d->grid->title = pair->value;
        } else if (strcmp(pair->key, "except") == 0) {
            d->except = pair->value;
        } else if (strcmp(pair->key, "probe") == 0) {
            CORE_TRY(xp_option_check(XP_FEATURES, where, pair->value));
            d->grid->probe = pair->value;
        } else {
            CORE_TRY(xp_options_set(&d->recipe, xp_option_of_key(XP_VERB_TRAIN, pair->key), where, pair->value));
        }
    }
    return CORE_OK;
}

/* Refuses value i where one before it is the same, also in another spelling (0.1 and 1e-1). */
static core_status check_once(xp_option_id id, const char *const *values, int64_t i, const char *where)
{
    const res_option own = xp_option_value(id, values[i]);
    for (int64_t j = 0; j < i; j++) {
        const res_option other = xp_option_value(id, values[j]);
        if (res_option_same(&own, &other)) {
            return core_fail(CORE_BAD_USAGE, "%s has the value %s twice", where, values[i]);
        }
    }
    return CORE_OK;
}

static core_status check_axis(const draft *d, xp_option_id id, const core_yaml_list *axis)
{
    char where[512];
    core_yaml_where(d->file, axis->key, axis->place, where);
    if (d->recipe.source[id] != XP_BY_DEFAULT) {
        return core_fail(CORE_BAD_USAGE, "%s is an axis and stands in the recipe too; expected it once", where);
    }
    for (int64_t i = 0; i < axis->count; i++) {
        core_yaml_where(d->file, axis->key, axis->places[i], where);
        CORE_TRY(xp_option_check(id, where, axis->values[i]));
        CORE_TRY(check_once(id, axis->values, i, where));
    }
    return CORE_OK;
}

/* Reserves one axis more than the file has, because --seeds may add it. */
static core_status take_axes(draft *d)
{
    const core_yaml_document *document = &d->document;
    int64_t n = document->list_count;
    CORE_TRY(CORE_ARENA_NEW(&d->grid->arena, n + 1, "the axes", d->ids));
    CORE_TRY(CORE_ARENA_NEW(&d->grid->arena, n + 1, "the axes", d->axes));
    for (int64_t i = 0; i < n; i++) {
        d->ids[i] = xp_option_of_key(XP_VERB_TRAIN, document->lists[i].key);
        CORE_TRY(check_axis(d, d->ids[i], &document->lists[i]));
        d->axes[i] = document->lists[i];
    }
    d->grid->axes = d->ids;
    d->grid->axis_count = n;
    return CORE_OK;
}

/* Reads one "3" or "0-2" of --seeds and moves *rest behind it and its comma. */
static core_status next_seeds(const char **rest, int64_t *low, int64_t *high)
{
    char part[64], *dash;
    size_t length = strcspn(*rest, ",");
    if (length >= sizeof part) {
        return core_fail(CORE_BAD_USAGE, "--seeds: a part of %zu characters, expected at most %zu", length,
                         sizeof part - 1);
    }
    snprintf(part, sizeof part, "%.*s", (int)length, *rest);
    dash = strchr(part, '-');
    if (dash != NULL) {
        *dash = '\0';
    }
    CORE_TRY(core_text_int64("--seeds", part, 0, 1ll << 53, low));
    *high = *low;
    if (dash != NULL) {
        CORE_TRY(core_text_int64("--seeds", dash + 1, *low, 1ll << 53, high));
    }
    *rest += length + ((*rest)[length] == ',' && (*rest)[length + 1] != '\0');
    return **rest == ',' ? core_fail(CORE_BAD_USAGE, "--seeds: expected whole numbers and ranges such as 0,3,7-9")
                         : CORE_OK;
}

/* Adds a seed to values (MAX_SEEDS), of which n are there. */
static core_status add_seed(int64_t seed, core_arena *arena, const char **values, int64_t *n)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)seed);
    for (int64_t i = 0; i < *n; i++) {
        if (strcmp(values[i], number) == 0) {
            return core_fail(CORE_BAD_USAGE, "--seeds has the value %s twice", number);
        }
    }
    return *n < MAX_SEEDS ? core_arena_copy_text(arena, number, &values[(*n)++])
                          : core_fail(CORE_BAD_USAGE, "--seeds: more than %d seeds", MAX_SEEDS);
}

static core_status take_seeds(draft *d, const char *text)
{
    const char **values;
    int64_t n = 0, at = 0, low = 0, high = 0;
    xp_grid *grid = d->grid;
    CORE_TRY(CORE_ARENA_NEW(&grid->arena, MAX_SEEDS, "the seeds", values));
    for (const char *rest = text; *rest != '\0';) {
        CORE_TRY(next_seeds(&rest, &low, &high));
        for (int64_t seed = low; seed <= high; seed++) {
            CORE_TRY(add_seed(seed, &grid->arena, values, &n));
        }
    }
    while (at < grid->axis_count && grid->axes[at] != XP_SEED) {
        at++;
    }
    if (at == grid->axis_count) {
        d->ids[grid->axis_count++] = XP_SEED;
    }
    d->axes[at] = (core_yaml_list){.key = "seed", .values = values, .count = n};
    return CORE_OK;
}

/* The text of a grid of tailbit's own; NULL: none has that name. */
static const char *own_text(const char *name)
{
    size_t i = 0;
    while (xp_grid_names[i] != NULL && strcmp(xp_grid_names[i], name) != 0) {
        i++;
    }
    return xp_grid_names[i] != NULL ? xp_grid_texts[i] : NULL;
}

/* Where a flag shortens a grid of tailbit's own from `epochs`, the events that it states follow in proportion. */
static core_status move_events(draft *d, const xp_options *flags, const char *epochs)
{
    static const xp_option_id events[] = {XP_DROPS, XP_SWITCH};
    for (size_t i = 0; i < 2 && flags->source[XP_EPOCHS] == XP_BY_FLAG && own_text(d->file) != NULL; i++) {
        const xp_option_id id = events[i];
        char text[128];
        const char *moved;
        if (d->recipe.source[id] != XP_BY_DEFAULT && flags->source[id] != XP_BY_FLAG) {
            xp_epochs_move(d->recipe.text[id], epochs, flags->text[XP_EPOCHS], text, sizeof text);
            if (id == XP_DROPS && xp_integer(flags, XP_EPOCHS) == 1) { /* no epoch is left for one, as by default */
                snprintf(text, sizeof text, "none");
            }
            CORE_TRY(core_arena_copy_text(&d->grid->arena, text, &moved));
            CORE_TRY(xp_options_set(&d->recipe, id, "", moved));
        }
    }
    return CORE_OK;
}

/* A flag of the command line replaces the value in the recipe, and all values of an axis. */
static core_status take_flags(draft *d, const xp_options *flags)
{
    CORE_TRY(move_events(d, flags, d->recipe.text[XP_EPOCHS]));
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (flags->source[id] != XP_BY_FLAG) {
            continue;
        }
        const char **value;
        CORE_TRY(xp_options_set(&d->recipe, (xp_option_id)id, "", flags->text[id]));
        CORE_TRY(CORE_ARENA_NEW(&d->grid->arena, 1, "an axis", value));
        *value = d->recipe.text[id];
        for (int64_t a = 0; a < d->grid->axis_count; a++) {
            if (d->grid->axes[a] == (xp_option_id)id) {
                d->axes[a].values = value;
                d->axes[a].count = 1;
            }
        }
    }
    if (flags->text[XP_SEEDS] == NULL) {
        return CORE_OK;
    }
    if (flags->source[XP_SEED] == XP_BY_FLAG) {
        return core_fail(CORE_BAD_USAGE, "--seed and --seeds exclude each other");
    }
    return take_seeds(d, flags->text[XP_SEEDS]);
}

/* Gives `cell` the `index`-th combination of axis values; the last axis changes fastest. */
static void set_axes(const draft *d, int64_t index, xp_cell *cell)
{
    for (int64_t a = d->grid->axis_count - 1; a >= 0; a--) {
        xp_option_id id = d->grid->axes[a];
        cell->options.text[id] = d->axes[a].values[index % d->axes[a].count];
        cell->options.source[id] = XP_BY_CONFIG;
        index /= d->axes[a].count;
    }
    xp_options_settle(&cell->options);
}

/* Whether the flag has an effect on a job. CORE_BAD_USAGE says why it has none. */
static core_status check_flag(const xp_cell *cell, const xp_recipe *recipe, xp_option_id id)
{
    xp_options alone = cell->options; /* its other values come from a file, and may have no effect */
    alone.source[id] = XP_BY_FLAG;
    return xp_refuse_idle_flags(recipe, &alone);
}

/* Notes which flags have an effect on the job. */
static void note_flags(draft *d, const xp_cell *cell, const xp_recipe *recipe)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (d->flags->source[id] == XP_BY_FLAG && !d->has_effect[id]) {
            d->has_effect[id] = check_flag(cell, recipe, (xp_option_id)id) == CORE_OK;
        }
    }
}

/* Fails for a flag that has an effect on no job. */
static core_status refuse_idle_flags(const draft *d)
{
    xp_recipe recipe;
    for (int id = 0; id < XP_BIT_OPTIONS && d->grid->count > 0; id++) {
        if (d->flags->source[id] == XP_BY_FLAG && !d->has_effect[id]) {
            CORE_TRY(xp_recipe_resolve(&d->grid->cells[0].options, &d->grid->arena, &recipe));
            const core_status status = check_flag(&d->grid->cells[0], &recipe, (xp_option_id)id);
            return core_fail(status, "%s: in every job, %s", d->file, core_error_message());
        }
    }
    return CORE_OK;
}

/* Resolves the cell's options, which finds errors in them, and names the cell. *run: all that changes its bits. */
static core_status name_cell(draft *d, xp_cell *cell, const char **run)
{
    xp_recipe recipe;
    char stem[XP_STEM_BYTES];
    core_status status = xp_recipe_resolve(&cell->options, &d->grid->arena, &recipe);
    if (status != CORE_OK) {
        return core_fail(status, "%s: %s", d->file, core_error_message());
    }
    note_flags(d, cell, &recipe);
    CORE_TRY(xp_recipe_name(&recipe, &cell->options, cell->options.text[XP_DATA], cell->options.text[XP_ISA]));
    *run = recipe.config.yaml;
    xp_recipe_stem(&recipe, &cell->options, stem);
    for (int64_t a = 0; a < d->grid->axis_count; a++) {
        xp_option_id id = d->grid->axes[a];
        if (!xp_option_is(id, XP_NAMES_RUN)) {
            xp_recipe_stem_add(stem, id, cell->options.text[id]);
        }
    }
    return core_arena_copy_text(&d->grid->arena, stem, &cell->stem);
}

static int by_stem(const void *a, const void *b)
{
    return strcmp((*(const xp_cell *const *)a)->stem, (*(const xp_cell *const *)b)->stem);
}

/* Two cells with one name, of two data sets or other files. */
static core_status refuse_twins(const draft *d, const xp_cell *a, const xp_cell *b)
{
    int64_t axis = 0;
    while (axis < d->grid->axis_count - 1 &&
           strcmp(a->options.text[d->grid->axes[axis]], b->options.text[d->grid->axes[axis]]) == 0) {
        axis++;
    }
    const xp_option_id id = d->grid->axes[axis];
    return core_fail(CORE_BAD_USAGE, "%s: two jobs would share the file %s.h5 (%s %s and %s)", d->file, a->stem,
                     xp_option_key(id), a->options.text[id], b->options.text[id]);
}

static core_status check_names(const draft *d)
{
    const xp_grid *grid = d->grid;
    const xp_cell **sorted;
    CORE_TRY(CORE_NEW(grid->count, "the names of jobs", sorted));
    for (int64_t i = 0; i < grid->count; i++) {
        sorted[i] = &grid->cells[i];
    }
    qsort(sorted, (size_t)grid->count, sizeof *sorted, by_stem);
    core_status status = CORE_OK;
    for (int64_t i = 1; i < grid->count && status == CORE_OK; i++) {
        if (strcmp(sorted[i]->stem, sorted[i - 1]->stem) == 0) {
            status = refuse_twins(d, sorted[i - 1], sorted[i]);
        }
    }
    free(sorted);
    return status;
}

/* Lists what `except` may name: the cells, and every value that the file declares, even if a flag replaces it. */
static core_status list_items(const draft *d, const char *const ***items, int64_t *count)
{
    const xp_grid *grid = d->grid;
    core_arena *arena = &d->grid->arena;
    int64_t n = grid->count, declared = 0;
    for (int64_t a = 0; a < d->document.list_count; a++) {
        declared += d->document.lists[a].count;
    }
    CORE_TRY(CORE_ARENA_NEW(arena, n + declared, "the jobs", *items));
    for (int64_t i = 0; i < n; i++) {
        (*items)[i] = grid->cells[i].options.text;
    }
    for (int64_t a = 0; a < d->document.list_count; a++) {
        const core_yaml_list *list = &d->document.lists[a];
        for (int64_t v = 0; v < list->count; v++) {
            const char **values;
            CORE_TRY(CORE_ARENA_NEW(arena, XP_BIT_OPTIONS, "the values of an axis", values));
            values[xp_option_of_key(XP_VERB_TRAIN, list->key)] = list->values[v];
            (*items)[n++] = values;
        }
    }
    *count = n;
    return CORE_OK;
}

/* Drops what `except` names. */
static core_status leave_out(draft *d)
{
    xp_grid *grid = d->grid;
    const char *const **items;
    int64_t count;
    xp_filter *filter;
    CORE_TRY(list_items(d, &items, &count));
    core_status status = xp_axes_filter(d->except, items, count, &grid->arena, &filter);
    if (status != CORE_OK) {
        return core_fail(status, "%s: except: %s", d->file, core_error_message());
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < grid->count; i++) {
        if (filter == NULL || !xp_filter_passes(filter, grid->cells[i].options.text)) {
            grid->cells[kept++] = grid->cells[i];
        }
    }
    grid->count = kept;
    return CORE_OK;
}

/* A cell and all that changes its bits. */
typedef struct {
    const char *run;
    int64_t index;
} named_cell;

static int by_run(const void *a, const void *b)
{
    const named_cell *x = a, *y = b;
    const int order = strcmp(x->run, y->run);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* Names the cells, and keeps the first of those that train the same run, because a value of an axis has no effect on it. */
static core_status name_cells(draft *d)
{
    xp_grid *grid = d->grid;
    named_cell *sorted;
    int64_t kept = 0;
    CORE_TRY(CORE_ARENA_NEW(&grid->arena, grid->count, "the names of jobs", sorted));
    for (int64_t i = 0; i < grid->count; i++) {
        sorted[i].index = i;
        CORE_TRY(name_cell(d, &grid->cells[i], &sorted[i].run));
    }
    CORE_TRY(refuse_idle_flags(d));
    qsort(sorted, (size_t)grid->count, sizeof *sorted, by_run);
    for (int64_t i = 1; i < grid->count; i++) {
        if (strcmp(sorted[i].run, sorted[i - 1].run) == 0) {
            grid->cells[sorted[i].index].stem = NULL;
        }
    }
    for (int64_t i = 0; i < grid->count; i++) {
        if (grid->cells[i].stem != NULL) {
            grid->cells[kept++] = grid->cells[i];
        }
    }
    grid->twins = grid->count - kept;
    grid->count = kept;
    return check_names(d);
}

static core_status make_cells(draft *d)
{
    xp_grid *grid = d->grid;
    int64_t count = 1;
    for (int64_t a = 0; a < grid->axis_count; a++) {
        count *= d->axes[a].count;
        if (count > MAX_CELLS) {
            return core_fail(CORE_BAD_USAGE, "%s: more than %d jobs", d->file, MAX_CELLS);
        }
    }
    CORE_TRY(CORE_ARENA_NEW(&grid->arena, count, "the jobs", grid->cells));
    for (int64_t i = 0; i < count; i++) {
        grid->cells[i].options = d->recipe;
        grid->cells[i].options.arena = NULL; /* no option is set after this */
        set_axes(d, i, &grid->cells[i]);
    }
    grid->count = count;
    CORE_TRY(leave_out(d));
    return name_cells(d);
}

static core_status name_grid(const char *name, xp_grid *grid)
{
    const char *slash = strrchr(name, '/');
    char *copy;
    CORE_TRY(core_arena_strdup(&grid->arena, slash != NULL ? slash + 1 : name, &copy));
    char *dot = strrchr(copy, '.');
    if (dot != NULL && dot != copy && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) {
        *dot = '\0';
    }
    grid->name = copy;
    grid->title = "";
    return CORE_OK;
}

/* Finds the text of the grid with that name, or reads the file at that path. */
static core_status read_text(const char *name, core_arena *arena, const char **out)
{
    *out = own_text(name);
    if (*out != NULL) {
        return CORE_OK;
    }
    if (strchr(name, '/') == NULL && strchr(name, '.') == NULL) {
        return core_fail(CORE_BAD_USAGE, "no grid '%s': tailbit grid %s; a FILE.yaml has '.' or '/' in its name", name,
                         xp_grid_arguments);
    }
    char *text;
    CORE_TRY(core_yaml_read(name, arena, &text));
    *out = text;
    return CORE_OK;
}

static core_status load(const char *name, const xp_options *flags, draft *d)
{
    keys k;
    const char *text = NULL;
    name_keys(&k);
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, 0, NULL, &d->grid->arena, &d->recipe));
    CORE_TRY(name_grid(name, d->grid));
    CORE_TRY(read_text(name, &d->grid->arena, &text));
    CORE_TRY(core_yaml_parse_lists(name, text, &k.form, &d->grid->arena, &d->document));
    CORE_TRY(take_recipe(d));
    CORE_TRY(take_axes(d));
    CORE_TRY(take_flags(d, flags));
    return make_cells(d);
}

core_status xp_grid_load(const char *name_or_path, const xp_options *options, xp_grid *out)
{
    xp_grid grid = {0};
    draft d = {.file = name_or_path, .grid = &grid, .flags = options};
    core_status status = load(name_or_path, options, &d);
    if (status != CORE_OK) {
        xp_grid_free(&grid);
        return status;
    }
    *out = grid;
    return CORE_OK;
}

void xp_grid_free(xp_grid *grid) { core_arena_free(&grid->arena); }

core_status xp_cell_yaml(const xp_cell *cell, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "the configuration of a job"));
    core_status status = CORE_OK;
    for (int id = 0; id < XP_BIT_OPTIONS && status == CORE_OK; id++) {
        if (cell->options.source[id] != XP_BY_DEFAULT) {
            const res_option option = xp_option_value((xp_option_id)id, cell->options.text[id]);
            status = xp_write_yaml_option(text.stream, &option);
        }
    }
    return core_builder_end(&text, status, arena, out);
}
