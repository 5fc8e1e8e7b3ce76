#include "recipes/deviation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipes/methods.h"
#include "recipes/recipe.h"

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

/* Words of a command line for the run's cell. */
typedef struct {
    const char *words[16];
    int count;
    char values[8][VALUE_BYTES];
} command;

static void add_words(command *c, const char *flag, const char *value)
{
    if (value != NULL) {
        c->words[c->count++] = flag;
        c->words[c->count++] = value;
    }
}

/* The paper's recipe for the run's cell with that many epochs (NULL: the paper's), as resolved options. */
static core_status reference_of(const res_run *run, const paper_cell *cell, const char *epochs, xp_recipe *recipe,
                                xp_options *options)
{
    command c = {.count = 0};
    char isa[VALUE_BYTES], order[32];
    const xp_method *method = method_of(run);
    add_words(&c, "--data", text_of(run, "data", c.values[0]));
    add_words(&c, "--imbalance", text_of(run, "imbalance", c.values[1]));
    add_words(&c, "--rho", text_of(run, "rho", c.values[2]));
    add_words(&c, "--remove-frac", text_of(run, "remove_frac", c.values[4]));
    add_words(&c, "--method", text_of(run, "method", c.values[3]));
    add_words(&c, "--model", cell->model);
    snprintf(order, sizeof order, "%lld", (long long)cell->test_order);
    add_words(&c, "--test-order",
              cell->test_order >= 0 && method != NULL && xp_method_knows_test(method) ? order : NULL);
    add_words(&c, "--epochs", epochs);
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, c.count, c.words, options));
    const char *own_isa = text_of(run, "isa", isa);
    core_status status = xp_recipe_resolve(options, recipe);
    if (status == CORE_OK) {
        status = xp_recipe_name(recipe, options, run->data.name, own_isa != NULL ? own_isa : "");
        if (status != CORE_OK) {
            xp_recipe_free(recipe);
        }
    }
    if (status != CORE_OK) {
        xp_options_free(options);
    }
    return status;
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        if (strcmp(key, *keys) == 0) {
            return true;
        }
    }
    return false;
}

/* What names a cell, and what changes bits but no recipe. */
static const char *const no_recipe[] = {"data", "imbalance",  "rho",   "remove_frac",     "method", "seed",
                                        "isa",  "eval_every", "shard", "gradient_groups", "epochs", NULL};

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
        if (!is_one_of(own->items[i].key, no_recipe) && !res_option_same(&own->items[i], theirs)) {
            add_difference(s, own->items[i].key, &own->items[i], theirs);
        }
    }
    for (int64_t i = 0; i < reference->count; i++) {
        const char *key = reference->items[i].key;
        if (is_one_of(key, no_recipe) || res_options_find(own, key) != NULL) {
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
static core_status describe(sentence *s, const res_run *run, const paper_cell *cell)
{
    xp_recipe recipe = {0};
    xp_options options = {0};
    const char *paper = xp_option_standard(XP_EPOCHS, xp_run_is_of_text(run));
    const res_option *own = res_options_find(&run->config.options, "epochs");
    char epochs[VALUE_BYTES];
    const bool other = own != NULL && strcmp(res_option_format(own, epochs, sizeof epochs), paper) != 0;
    if (other) {
        fprintf(s->stream, "epochs %s instead of %s", epochs, paper);
        s->count++;
    }
    core_status in_proportion = other ? reference_of(run, cell, epochs, &recipe, &options) : CORE_DIFFERS;
    if (in_proportion == CORE_OK) {
        fputs(", events in proportion", s->stream);
    } else {
        CORE_TRY(reference_of(run, cell, NULL, &recipe, &options));
    }
    add_differences(s, &run->config.options, &recipe.config.options);
    xp_recipe_free(&recipe);
    xp_options_free(&options);
    return CORE_OK;
}

/* What Cao et al. print no value for, or print two. */
static core_status find_open(const res_run *run, core_arena *arena, res_options *out)
{
    static const char *const keys[] = {"weights", "beta",       "scale",      "max_margin", "focal_gamma",
                                       "switch",  "test_order", "vocabulary", "max_length", "embedding",
                                       "hidden",  "dropout",    "epochs",     "batch",      "lr"};
    enum { KEYS = sizeof keys / sizeof keys[0], OF_IMAGES = 7 };
    const bool text = xp_run_is_of_text(run);
    const xp_method *method = method_of(run);
    res_option *items;
    CORE_TRY(CORE_ARENA_NEW(arena, KEYS, "the open options", items));
    int64_t count = 0;
    for (int i = 0; i < (text ? KEYS : OF_IMAGES); i++) {
        const res_option *option = res_options_find(&run->config.options, keys[i]);
        const bool stated = method == NULL ||
                            (strcmp(keys[i], "max_margin") == 0 && method->margin == XP_LDAM_MARGINS && !text) ||
                            (strcmp(keys[i], "weights") == 0 && !method->deferred);
        if (option != NULL && !stated) {
            items[count++] = *option;
        }
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}

core_status xp_deviation_of(const res_run *run, const char *model, int64_t test_order, core_arena *arena,
                            xp_deviation *out)
{
    const paper_cell cell = {model, test_order};
    char *text = NULL, *copy = NULL;
    size_t bytes = 0;
    sentence s = {.stream = open_memstream(&text, &bytes)};
    if (s.stream == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for a sentence");
    }
    core_status status = describe(&s, run, &cell);
    if (status == CORE_BAD_USAGE) { /* the sentence speaks of an option, which here stands in a file */
        status = core_fail(CORE_BAD_FILE, "its configuration is none of this tailbit's: %s", core_error_message());
    }
    fclose(s.stream);
    if (status == CORE_OK) {
        status = core_arena_strdup(arena, text, &copy);
    }
    free(text);
    CORE_TRY(status);
    res_options open = {0};
    CORE_TRY(find_open(run, arena, &open));
    *out = (xp_deviation){.text = copy, .distance = s.count, .open = open};
    return CORE_OK;
}
