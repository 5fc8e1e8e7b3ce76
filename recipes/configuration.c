#include "recipes/configuration.h"

#include <stdio.h>
#include <string.h>

#include "core/yaml.h"
#include "datasets/view.h"
#include "recipes/recipe.h"
#include "recipes/run_name.h"

enum { VALUE_BYTES = 4096 };

static xp_option_id id_of(const char *key) { return xp_option_of_key(XP_VERB_TRAIN, key); }

/* Sets the options of the file; skips those that this tailbit does not have. An option of another type than train
 * writes is refused: code behind it reads a text as a text. */
static core_status set_options(const res_options *file, xp_options *options)
{
    for (int64_t i = 0; i < file->count; i++) {
        char text[VALUE_BYTES];
        const xp_option_id id = id_of(file->items[i].key);
        if (id < XP_BIT_OPTIONS) {
            res_option_format(&file->items[i], text, sizeof text);
            if (xp_option_value(id, text).type != file->items[i].type) {
                return core_fail(CORE_BAD_FILE, "its configuration is none of this tailbit's: %s has another type",
                                 file->items[i].key);
            }
            CORE_TRY(xp_options_set(options, id, file->items[i].key, text));
        }
    }
    xp_options_settle(options);
    return CORE_OK;
}

/* Whether the option has no effect beside the others of the file: a default that is not written, or what an older tailbit
 * wrote of a padded image, of whose crop pad4 the first run files say nothing. */
static bool says_nothing(const res_options *file, const xp_options *options, const res_option *item)
{
    const xp_option_id id = id_of(item->key);
    const res_option *crop = res_options_find(file, xp_option_key(XP_CROP));
    const ds_crop kind = crop != NULL && crop->type == CORE_H5_TEXT ? ds_crop_parse(crop->text) : DS_CROP_PAD4;
    switch (id) {
    case XP_CROP:
        return kind == DS_CROP_PAD4;
    case XP_IMAGE_SIZE:
    case XP_SHORT_SIDE:
        return kind == DS_CROP_PAD4 || kind == DS_CROP_PAD8;
    default:
        return id < XP_BIT_OPTIONS && xp_option_get(id)->unwritten && xp_is_default(options, id);
    }
}

/* Merges the file's options with `made`, the configuration to which this tailbit resolves them. */
static core_status merge(const res_options *file, const xp_options *options, const res_options *made, bool isa_is_known,
                         core_arena *arena, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, file->count + made->count, "a configuration", items));
    for (int64_t i = 0; i < file->count; i++) {
        if (!says_nothing(file, options, &file->items[i]) && id_of(file->items[i].key) != XP_DATA_SHA256) {
            items[count++] = file->items[i];
        }
    }
    for (int64_t i = 0; i < made->count; i++) {
        const bool known = isa_is_known || id_of(made->items[i].key) != XP_ISA;
        if (known && res_options_find(file, made->items[i].key) == NULL) {
            items[count++] = made->items[i];
        }
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}

/* The configuration to which train resolves the options, for data of that name on that instruction set. */
static core_status resolve(const xp_options *options, const char *data_name, const char *isa, core_arena *arena,
                           res_options *out)
{
    xp_recipe recipe;
    CORE_TRY(xp_recipe_resolve(options, arena, &recipe));
    CORE_TRY(xp_recipe_name(&recipe, options, data_name, isa));
    *out = recipe.config.options;
    return CORE_OK;
}

/* A failure of train blames an option of the command line; here the option stands in a file, so the status changes. */
core_status xp_configuration_refuse(core_status status)
{
    return status != CORE_BAD_USAGE
               ? status
               : core_fail(CORE_BAD_FILE, "its configuration is none of this tailbit's: %s", core_error_message());
}

static core_status complete(const res_options *file, const char *isa, core_arena *arena, res_options *out)
{
    xp_options options;
    res_options made;
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, 0, NULL, arena, &options));
    CORE_TRY(set_options(file, &options));
    CORE_TRY(resolve(&options, options.text[XP_DATA], isa != NULL ? isa : "", arena, &made));
    return merge(file, &options, &made, isa != NULL, arena, out);
}

core_status xp_configuration_complete(const res_options *file, const char *isa, core_arena *arena, res_options *out)
{
    return xp_configuration_refuse(complete(file, isa, arena, out));
}

core_status xp_configuration_read(const char *name, const char *yaml, core_arena *arena, const char **texts)
{
    const char *keys[XP_BIT_OPTIONS];
    core_yaml_pair *pairs;
    int64_t count;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        keys[id] = xp_option_key((xp_option_id)id);
        texts[id] = NULL;
    }
    CORE_TRY(
        core_yaml_parse(name, yaml, (core_yaml_keys){keys, XP_BIT_OPTIONS, NULL, NULL, NULL}, arena, &pairs, &count));
    for (int64_t i = 0; i < count; i++) {
        texts[id_of(pairs[i].key)] = pairs[i].value;
    }
    return CORE_OK;
}

core_status xp_configuration_of_yaml(const char *name, const char *yaml, const char *isa, core_arena *arena,
                                     res_options *out)
{
    const char *texts[XP_BIT_OPTIONS];
    res_option items[XP_BIT_OPTIONS];
    int64_t count = 0;
    CORE_TRY(xp_configuration_read(name, yaml, arena, texts));
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (texts[id] != NULL) {
            items[count++] = xp_option_value((xp_option_id)id, texts[id]);
        }
    }
    return xp_configuration_complete(&(res_options){count, items}, isa, arena, out);
}

static core_status set_flags(const char *const *texts, xp_options *options)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (texts[id] != NULL) {
            CORE_TRY(xp_options_set(options, (xp_option_id)id, NULL, texts[id]));
        }
    }
    xp_options_settle(options);
    return CORE_OK;
}

core_status xp_configuration_of_flags(const char *const *texts, const char *data_name, const char *isa,
                                      core_arena *arena, res_options *out)
{
    xp_options options;
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, 0, NULL, arena, &options));
    core_status status = set_flags(texts, &options);
    return xp_configuration_refuse(status == CORE_OK ? resolve(&options, data_name, isa, arena, out) : status);
}

const char *xp_configuration_difference(const xp_options *given, const res_options *then, const res_options *now)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        const char *key = xp_option_key((xp_option_id)id);
        if (given->source[id] != XP_BY_DEFAULT &&
            !res_option_same(res_options_find(then, key), res_options_find(now, key))) {
            return key;
        }
    }
    return res_options_first_difference(then, now);
}

res_option xp_configuration_silent(const char *key)
{
    const xp_option_id id = id_of(key);
    if (id >= XP_BIT_OPTIONS) { /* an older tailbit's */
        return (res_option){0};
    }
    const xp_option *option = xp_option_get(id);
    if (id == XP_CROP) {
        return res_option_text(key, ds_crop_name(DS_CROP_PAD4)); /* of pictures of 32 x 32 */
    }
    if (option->kind == XP_SWITCH_ON) {
        return res_option_text(key, "false");
    }
    return option->unwritten && !option->automatic && option->default_text != NULL
               ? xp_option_value(id, option->default_text)
               : (res_option){0};
}

const char *xp_configuration_format(const res_options *options, const char *key, char *text, size_t bytes)
{
    const res_option *option = res_options_find(options, key), silent = xp_configuration_silent(key);
    return res_option_format(option == NULL && silent.key != NULL ? &silent : option, text, bytes);
}
