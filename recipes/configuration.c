#include "recipes/configuration.h"

#include <stdio.h>
#include <string.h>

#include "recipes/recipe.h"

enum { VALUE_BYTES = 4096 };

static xp_option_id id_of(const char *key) { return xp_option_of_key(XP_VERB_TRAIN, key); }

/* Sets what the file says; what this tailbit has no such option for stays out. */
static core_status set_options(const res_options *file, xp_options *options)
{
    for (int64_t i = 0; i < file->count; i++) {
        char text[VALUE_BYTES];
        const xp_option_id id = id_of(file->items[i].key);
        if (id < XP_BIT_OPTIONS) {
            res_option_format(&file->items[i], text, sizeof text);
            CORE_TRY(xp_options_set(options, id, file->items[i].key, text));
        }
    }
    xp_options_settle(options);
    return CORE_OK;
}

/* The name of a user's file by an older tailbit, which left its ending out, with it. */
static core_status name_data(res_option *option, core_arena *arena)
{
    char *name;
    if (option->type != CORE_H5_TEXT || ds_is_path(option->text) || ds_is_built_in(option->text)) {
        return CORE_OK;
    }
    const size_t bytes = strlen(option->text) + sizeof ".h5";
    CORE_TRY(CORE_ARENA_NEW(arena, bytes, "the name of data", name));
    snprintf(name, bytes, "%s.h5", option->text);
    option->text = name;
    return CORE_OK;
}

/* made: what this tailbit makes of the file's options. */
static core_status merge(const res_options *file, const xp_options *options, const res_options *made, bool isa_is_known,
                         core_arena *arena, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    res_options own; /* of made, which does not live on */
    CORE_TRY(res_options_copy(made, NULL, arena, &own));
    CORE_TRY(CORE_ARENA_NEW(arena, file->count + own.count, "a configuration", items));
    for (int64_t i = 0; i < file->count; i++) {
        const xp_option_id id = id_of(file->items[i].key);
        const bool says_nothing = id < XP_BIT_OPTIONS && xp_option_get(id)->unwritten && xp_is_default(options, id);
        if (!says_nothing && id != XP_DATA_SHA256) {
            items[count++] = file->items[i];
        }
        if (id == XP_DATA) {
            CORE_TRY(name_data(&items[count - 1], arena));
        }
    }
    for (int64_t i = 0; i < own.count; i++) {
        const bool known = isa_is_known || id_of(own.items[i].key) != XP_ISA;
        if (known && res_options_find(file, own.items[i].key) == NULL) {
            items[count++] = own.items[i];
        }
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}

static core_status complete(const res_options *file, const char *isa, core_arena *arena, xp_options *options,
                            res_options *out)
{
    xp_recipe recipe;
    CORE_TRY(set_options(file, options));
    CORE_TRY(xp_recipe_resolve(options, &recipe));
    core_status status = xp_recipe_name(&recipe, options, options->text[XP_DATA], isa != NULL ? isa : "");
    if (status == CORE_OK) {
        status = merge(file, options, &recipe.config.options, isa != NULL, arena, out);
    }
    xp_recipe_free(&recipe);
    return status;
}

core_status xp_configuration_complete(const res_options *file, const char *isa, core_arena *arena, res_options *out)
{
    xp_options options;
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, 0, NULL, &options));
    core_status status = complete(file, isa, arena, &options, out);
    xp_options_free(&options);
    if (status == CORE_BAD_USAGE) { /* the sentence speaks of an option, which here stands in a file */
        status = core_fail(CORE_BAD_FILE, "its configuration is none of this tailbit's: %s", core_error_message());
    }
    return status;
}

core_status xp_configuration_of_texts(const char *const *texts, const char *isa, core_arena *arena, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, XP_BIT_OPTIONS, "a configuration", items));
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        char key[32], *copy;
        if (texts[id] != NULL) {
            xp_option_key((xp_option_id)id, key);
            CORE_TRY(core_arena_strdup(arena, key, &copy));
            items[count++] = xp_option_value((xp_option_id)id, copy, texts[id]);
        }
    }
    const res_options file = {.count = count, .items = items};
    return xp_configuration_complete(&file, isa, arena, out);
}

core_status xp_configuration_of_flags(const char *const *texts, const char *data_name, const char *isa,
                                      core_arena *arena, res_options *out)
{
    const char *words[2 * XP_BIT_OPTIONS];
    char flags[XP_BIT_OPTIONS][40];
    int count = 0;
    xp_recipe recipe;
    xp_options options;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (texts[id] != NULL) {
            snprintf(flags[id], sizeof flags[id], "--%s", xp_option_get((xp_option_id)id)->name);
            words[count++] = flags[id];
            words[count++] = texts[id];
        }
    }
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, count, words, &options));
    core_status status = xp_recipe_resolve(&options, &recipe);
    if (status == CORE_OK) {
        status = xp_recipe_name(&recipe, &options, data_name, isa);
        if (status == CORE_OK) {
            status = res_options_copy(&recipe.config.options, NULL, arena, out);
        }
        xp_recipe_free(&recipe);
    }
    xp_options_free(&options);
    return status;
}

const char *xp_configuration_difference(const xp_options *given, const res_options *then, const res_options *now)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        char key[32];
        xp_option_key((xp_option_id)id, key);
        const res_option *old = res_options_find(then, key), *mine = res_options_find(now, key);
        if (given->source[id] != XP_BY_DEFAULT && !res_option_same(old, mine)) {
            return mine != NULL ? mine->key : old->key;
        }
    }
    return res_options_first_difference(then, now);
}
