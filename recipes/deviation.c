#include "recipes/deviation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "recipes/configuration.h"
#include "recipes/methods.h"
#include "recipes/models.h"
#include "recipes/paper.h"

enum { VALUE_BYTES = 256 };

/* A run of text is one with a vocabulary. */
static bool is_of_text(const res_run *run) { return res_options_find(&run->config.options, "vocabulary") != NULL; }

static const char *text_of(const res_run *run, xp_option_id id, char text[VALUE_BYTES])
{
    const res_option *option = res_options_find(&run->config.options, xp_option_key(id));
    return option != NULL ? res_option_format(option, text, VALUE_BYTES) : NULL;
}

/* The cell of a table of the paper with which a run is compared. */
typedef struct {
    const char *model;
    int64_t test_order; /* of a known test set; -1: none */
} paper_cell;

/* NULL: this tailbit does not know the run's method. */
static const xp_method *method_of(const res_run *run)
{
    char name[VALUE_BYTES];
    const char *text = text_of(run, XP_METHOD, name);
    return text != NULL ? xp_method_find(text) : NULL;
}

/* Puts the stem that the run's network has in the place of "auto": a reader sees no size of images beside a table. */
static core_status settle_stem(const res_data *data, const res_options *options, core_arena *arena, res_options *out)
{
    const int64_t height = data->plane != NULL ? data->plane[0] : RES_SIDE;
    const int64_t width = data->plane != NULL ? data->plane[1] : RES_SIDE;
    res_option *items;
    CORE_TRY(CORE_ARENA_NEW(arena, options->count, "a configuration", items));
    for (int64_t i = 0; i < options->count; i++) {
        items[i] = options->items[i];
        if (strcmp(items[i].key, xp_option_key(XP_STEM)) == 0 && items[i].type == CORE_H5_TEXT) {
            items[i].text = xp_stem_kernel(items[i].text, height, width) == 3 ? "3x3" : "7x7";
        }
    }
    *out = (res_options){.count = options->count, .items = items};
    return CORE_OK;
}

const char *xp_deviation_paper_epochs(const char *data, bool text)
{
    const char *own = res_paper_recipe_value(data, xp_option_key(XP_EPOCHS));
    return own != NULL ? own : xp_option_default(XP_EPOCHS, text);
}

static const char *paper_epochs(const res_run *run)
{
    return xp_deviation_paper_epochs(run->data.name, is_of_text(run));
}

/* Adds the recipe that the paper has for the run's data, as far as its options have an effect on the run. */
static void add_recipe(const res_run *run, const char *epochs, const char **texts, char values[][VALUE_BYTES])
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        const char *key = xp_option_key((xp_option_id)id), *value = res_paper_recipe_value(run->data.name, key);
        const bool silent = id == XP_CROP; /* a run of pad4 does not say so */
        if (value == NULL || id == XP_EPOCHS || (res_options_find(&run->config.options, key) == NULL && !silent)) {
            continue;
        }
        if (id == XP_DROPS || id == XP_SWITCH) {
            xp_epochs_move(value, paper_epochs(run), epochs != NULL ? epochs : paper_epochs(run), values[id],
                           VALUE_BYTES);
            value = values[id];
        }
        texts[id] = value;
    }
    texts[XP_EPOCHS] = epochs != NULL ? epochs : res_paper_recipe_value(run->data.name, xp_option_key(XP_EPOCHS));
}

/* The paper's recipe for the run's cell with that many epochs (NULL: the paper's). */
static core_status reference_of(const res_run *run, const paper_cell *cell, const char *epochs, core_arena *arena,
                                res_options *out)
{
    const char *texts[XP_BIT_OPTIONS] = {[XP_MODEL] = cell->model, [XP_EPOCHS] = epochs};
    char values[XP_BIT_OPTIONS][VALUE_BYTES], order[32];
    const xp_method *method = method_of(run);
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (xp_option_is((xp_option_id)id, XP_NAMES_RUN)) {
            texts[id] = text_of(run, (xp_option_id)id, values[id]);
        }
    }
    add_recipe(run, epochs, texts, values);
    if (cell->test_order >= 0 && method != NULL && xp_method_knows_test(method)) {
        snprintf(order, sizeof order, "%" PRId64, cell->test_order);
        texts[XP_TEST_ORDER] = order;
    }
    const char *isa = text_of(run, XP_ISA, values[XP_ISA]);
    return xp_configuration_of_flags(texts, run->data.name, isa != NULL ? isa : "", arena, out);
}

/* Whether the option of that key is a part of a recipe; an unknown key is. false for epochs, which describe handles. */
static bool is_of_recipe(const char *key)
{
    const xp_option_id id = xp_option_of_key(XP_VERB_TRAIN, key);
    return id >= XP_BIT_OPTIONS || (id != XP_EPOCHS && !xp_option_is(id, XP_NAMES_RUN | XP_OF_NO_RECIPE));
}

/* Whether runs that differ in the option do different things: another network, other training examples of a class, or
 * another test set in mind. */
static bool is_of_task(const char *key)
{
    static const xp_option_id ids[] = {XP_MODEL,          XP_MU,      XP_REMOVED_CLASS, XP_TEST_ORDER,
                                       XP_TEST_IMBALANCE, XP_TEST_RHO};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (strcmp(key, xp_option_key(ids[i])) == 0) {
            return true;
        }
    }
    return false;
}

typedef struct {
    FILE *stream;
    int64_t count;
    bool comparable;
} sentence;

/* Adds every option of the recipe that differs. */
static void add_differences(sentence *s, const res_options *own, const res_options *reference)
{
    char value[VALUE_BYTES], instead[VALUE_BYTES];
    int64_t at = 0;
    for (const char *key; (key = res_options_next_difference(own, reference, &at)) != NULL;) {
        const res_option *mine = res_options_find(own, key);
        const char *comma = s->count > 0 ? ", " : "";
        const bool follows = strcmp(key, "split_seed") == 0 && res_options_find(reference, key) == NULL;
        if (!is_of_recipe(key) || follows) { /* a split seed is of the held-out examples, which are told */
            continue;
        }
        if (mine == NULL && strcmp(key, "test_order") == 0) { /* its other test_* options are then absent too */
            fprintf(s->stream, "%strained for no known test set", comma);
        } else if (mine == NULL && strncmp(key, "test_", 5) == 0) {
            continue;
        } else {
            fprintf(s->stream, "%s%s %s instead of %s", comma, key,
                    xp_configuration_format(own, key, value, sizeof value),
                    xp_configuration_format(reference, key, instead, sizeof instead));
        }
        s->comparable = s->comparable && !is_of_task(key);
        s->count++;
    }
}

/* Adds that the data are a slice of the paper's, of whose classes a test error does not speak. */
static void add_slice(sentence *s, const res_run *run)
{
    const res_paper_table *table = res_paper_of_data(run->data.name);
    if (table != NULL && table->classes > 0 && run->split.K > 0 && run->split.K != table->classes) {
        fprintf(s->stream, "%s%s instead of %" PRId64, s->count > 0 ? ", " : "", CORE_COUNT(run->split.K, "class"),
                table->classes);
        s->count++;
        s->comparable = false;
    }
}

/* Whether the run has those events, at the epochs of the reference. */
static bool has_same(const res_options *own, const res_options *reference, xp_option_id id)
{
    char mine[VALUE_BYTES], theirs[VALUE_BYTES];
    const char *key = xp_option_key(id);
    xp_configuration_format(own, key, mine, sizeof mine);
    return res_options_find(own, key) != NULL && strcmp(mine, "none") != 0 &&
           strcmp(mine, xp_configuration_format(reference, key, theirs, sizeof theirs)) == 0;
}

/* Tells the events that moved in proportion, if any, as one difference; of a method without a switch its drops stand for both, so
 * that the methods of a table share a note. */
static void tell_events(FILE *stream, const res_options *own, const res_options *reference)
{
    const bool drops = has_same(own, reference, XP_DROPS), moved = has_same(own, reference, XP_SWITCH);
    const bool both = drops && (moved || res_options_find(own, xp_option_key(XP_SWITCH)) == NULL);
    if (drops || moved) {
        fprintf(stream, ", %s in proportion",
                both    ? "learning-rate drops and switch"
                : drops ? "learning-rate drops"
                        : "switch");
    }
}

/* Epochs come first: where they differ from the paper's, events that moved in proportion are told as one difference. */
static core_status describe(sentence *s, const res_run *run, const paper_cell *cell, core_arena *arena)
{
    res_options reference;
    const char *paper = paper_epochs(run);
    const res_option *own = res_options_find(&run->config.options, "epochs");
    char epochs[VALUE_BYTES];
    const bool other = own != NULL && strcmp(res_option_format(own, epochs, sizeof epochs), paper) != 0;
    if (other) {
        fprintf(s->stream, "epochs %s instead of %s", epochs, paper);
        s->count++;
        s->comparable = false;
    }
    core_status in_proportion = other ? reference_of(run, cell, epochs, arena, &reference) : CORE_DIFFERS;
    if (in_proportion == CORE_OK) {
        tell_events(s->stream, &run->config.options, &reference);
    } else {
        CORE_TRY(reference_of(run, cell, NULL, arena, &reference));
    }
    CORE_TRY(settle_stem(&run->data, &reference, arena, &reference));
    add_slice(s, run);
    add_differences(s, &run->config.options, &reference);
    return CORE_OK;
}

/* Whether the paper prints no value of an option for the run's data, or two. */
static bool is_open(const res_run *run, xp_option_id id)
{
    const res_paper_table *table = res_paper_of_data(run->data.name);
    bool found = xp_option_is(id, is_of_text(run) ? XP_OPEN | XP_OPEN_WITH_TEXT : XP_OPEN);
    for (const char *const *key = table != NULL ? table->open : NULL; key != NULL && *key != NULL; key++) {
        found = found || strcmp(*key, xp_option_key(id)) == 0;
    }
    return found;
}

/* Adds the run's options that are open, unless the paper states them for its method. An option that the run lacks because it
 * has its default (`unwritten`) is open as well. */
static void add_open(const res_run *run, res_option *items, int64_t *count)
{
    const bool text = is_of_text(run);
    const xp_method *method = method_of(run);
    for (int i = 0; i < XP_BIT_OPTIONS; i++) {
        const xp_option_id id = (xp_option_id)i;
        const res_option *option = res_options_find(&run->config.options, xp_option_key(id));
        const bool stated = method == NULL || (id == XP_MAX_MARGIN && method->margin == XP_LDAM_MARGINS && !text) ||
                            (id == XP_WEIGHTS && !method->deferred);
        if (!is_open(run, id) || stated) {
            continue;
        }
        if (option != NULL) {
            items[(*count)++] = *option;
        } else if (xp_option_get(id)->unwritten && !xp_option_get(id)->automatic) {
            items[(*count)++] = xp_option_value(id, xp_option_default(id, text));
        }
    }
}

/* Finds the open options, and the order of the classes where the run's data have several. */
static core_status find_open(const res_run *run, core_arena *arena, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, XP_BIT_OPTIONS + 1, "the open options", items));
    add_open(run, items, &count);
    if (run->data.class_order != NULL) { /* the options last longer than the run */
        const char *order;
        CORE_TRY(core_arena_copy_text(arena, run->data.class_order[0], &order));
        items[count++] = res_option_text("class_order", order);
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}

core_status xp_deviation_of(const res_run *run, const char *model, int64_t test_order, core_arena *arena,
                            xp_deviation *out)
{
    const paper_cell cell = {model, test_order};
    core_builder text;
    xp_deviation found = {0};
    res_run settled = *run;
    CORE_TRY(settle_stem(&run->data, &run->config.options, arena, &settled.config.options));
    CORE_TRY(core_builder_begin(&text, "a sentence"));
    sentence s = {.stream = text.stream, .comparable = true};
    CORE_TRY(core_builder_end(&text, describe(&s, &settled, &cell, arena), arena, &found.text));
    CORE_TRY(find_open(&settled, arena, &found.open));
    found.distance = s.count;
    found.comparable = s.comparable;
    *out = found;
    return CORE_OK;
}
