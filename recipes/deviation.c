#include "recipes/deviation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/builder.h"
#include "recipes/configuration.h"
#include "recipes/methods.h"

enum { VALUE_BYTES = 256 };

bool xp_run_is_of_text(const res_run *run) { return res_options_find(&run->config.options, "vocabulary") != NULL; }

static const char *text_of(const res_run *run, const char *key, char text[VALUE_BYTES])
{
    const res_option *option = res_options_find(&run->config.options, key);
    return option != NULL ? res_option_format(option, text, VALUE_BYTES) : NULL;
}

/* What a run is compared with. */
typedef struct {
    const char *model;
    int64_t test_order; /* of a known test set; -1: none */
} paper_cell;

/* NULL: none that is known here. */
static const xp_method *method_of(const res_run *run)
{
    char name[VALUE_BYTES];
    const char *text = text_of(run, "method", name);
    return text != NULL ? xp_method_find(text) : NULL;
}

/* The paper's recipe for the run's cell with that many epochs (NULL: the paper's). */
static core_status reference_of(const res_run *run, const paper_cell *cell, const char *epochs, core_arena *arena,
                                res_options *out)
{
    static const xp_option_id of_cell[] = {XP_DATA, XP_IMBALANCE, XP_RHO, XP_REMOVE_FRAC, XP_METHOD, XP_ISA};
    enum { OF_CELL = sizeof of_cell / sizeof *of_cell };
    const char *texts[XP_BIT_OPTIONS] = {[XP_MODEL] = cell->model, [XP_EPOCHS] = epochs};
    char values[OF_CELL][VALUE_BYTES], order[32];
    const xp_method *method = method_of(run);
    for (int i = 0; i < OF_CELL; i++) {
        char key[32];
        xp_option_key(of_cell[i], key);
        texts[of_cell[i]] = text_of(run, key, values[i]);
    }
    if (cell->test_order >= 0 && method != NULL && xp_method_knows_test(method)) {
        snprintf(order, sizeof order, "%" PRId64, cell->test_order);
        texts[XP_TEST_ORDER] = order;
    }
    const char *isa = texts[XP_ISA] != NULL ? texts[XP_ISA] : "";
    texts[XP_ISA] = NULL; /* the name alone: no flag */
    return xp_configuration_of_flags(texts, run->data.name, isa, arena, out);
}

/* Whether the option, if there is one of that key, counts as a part of a recipe; epochs are told of by themselves. */
static bool is_of_recipe(const char *key)
{
    const xp_option_id id = xp_option_of_key(XP_VERB_TRAIN, key);
    return id >= XP_BIT_OPTIONS || (id != XP_EPOCHS && !xp_option_is(id, XP_NAMES_RUN | XP_OF_NO_RECIPE));
}

typedef struct {
    FILE *stream;
    int64_t count;
} sentence;

static void add_difference(sentence *s, const char *key, const res_option *own, const res_option *reference)
{
    char value[VALUE_BYTES], instead[VALUE_BYTES];
    fprintf(s->stream, "%s%s %s instead of %s", s->count++ > 0 ? ", " : "", key,
            res_option_format(own, value, sizeof value), res_option_format(reference, instead, sizeof instead));
}

/* Every option of the recipe that differs. */
static void add_differences(sentence *s, const res_options *own, const res_options *reference)
{
    for (int64_t i = 0; i < own->count; i++) {
        const res_option *theirs = res_options_find(reference, own->items[i].key);
        if (is_of_recipe(own->items[i].key) && !res_option_same(&own->items[i], theirs)) {
            add_difference(s, own->items[i].key, &own->items[i], theirs);
        }
    }
    for (int64_t i = 0; i < reference->count; i++) {
        const char *key = reference->items[i].key;
        if (!is_of_recipe(key) || res_options_find(own, key) != NULL) {
            continue;
        }
        if (strcmp(key, "test_order") == 0) { /* and with it what it is an order of */
            fprintf(s->stream, "%strained for no known test set", s->count++ > 0 ? ", " : "");
        } else if (strncmp(key, "test_", 5) != 0) {
            add_difference(s, key, NULL, &reference->items[i]);
        }
    }
}

/* Epochs first: with others than the paper's, events that follow them in proportion are one thing. */
static core_status describe(sentence *s, const res_run *run, const paper_cell *cell, core_arena *arena)
{
    res_options reference;
    const char *paper = xp_option_default(XP_EPOCHS, xp_run_is_of_text(run));
    const res_option *own = res_options_find(&run->config.options, "epochs");
    char epochs[VALUE_BYTES];
    const bool other = own != NULL && strcmp(res_option_format(own, epochs, sizeof epochs), paper) != 0;
    if (other) {
        fprintf(s->stream, "epochs %s instead of %s", epochs, paper);
        s->count++;
    }
    core_status in_proportion = other ? reference_of(run, cell, epochs, arena, &reference) : CORE_DIFFERS;
    if (in_proportion == CORE_OK) {
        fputs(", events in proportion", s->stream);
    } else {
        CORE_TRY(reference_of(run, cell, NULL, arena, &reference));
    }
    add_differences(s, &run->config.options, &reference);
    return CORE_OK;
}

/* Adds the run's options of that role, unless the paper states them for its method. */
static void add_open(const res_run *run, unsigned role, res_option *items, int64_t *count)
{
    const bool text = xp_run_is_of_text(run);
    const xp_method *method = method_of(run);
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        char key[32];
        xp_option_key((xp_option_id)id, key);
        const res_option *option = res_options_find(&run->config.options, key);
        const bool stated = method == NULL || (id == XP_MAX_MARGIN && method->margin == XP_LDAM_MARGINS && !text) ||
                            (id == XP_WEIGHTS && !method->deferred);
        if (option != NULL && xp_option_is((xp_option_id)id, role) && !stated) {
            items[(*count)++] = *option;
        }
    }
}

static core_status find_open(const res_run *run, core_arena *arena, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, XP_BIT_OPTIONS, "the open options", items));
    add_open(run, XP_OPEN, items, &count);
    if (xp_run_is_of_text(run)) {
        add_open(run, XP_OPEN_WITH_TEXT, items, &count);
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
    CORE_TRY(core_builder_begin(&text, "a sentence"));
    sentence s = {.stream = text.stream};
    core_status status = describe(&s, run, &cell, arena);
    if (status == CORE_BAD_USAGE) { /* the sentence speaks of an option, which here stands in a file */
        status = core_fail(CORE_BAD_FILE, "its configuration is none of this tailbit's: %s", core_error_message());
    }
    CORE_TRY(core_builder_end(&text, status, arena, &found.text));
    CORE_TRY(find_open(run, arena, &found.open));
    found.distance = s.count;
    *out = found;
    return CORE_OK;
}
