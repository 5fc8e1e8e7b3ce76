#include "recipes/run_name.h"

#include <stdio.h>
#include <string.h>

#include "core/builder.h"
#include "core/yaml.h"
#include "recipes/effects.h"

/* ---- the canonical text ------------------------------------------------------------------------------------------- */

core_status xp_write_yaml_option(FILE *stream, const res_option *option)
{
    switch (option->type) {
    case CORE_H5_I64:
        core_yaml_write_integer(stream, option->key, option->integer);
        return CORE_OK;
    case CORE_H5_F64:
        core_yaml_write_real(stream, option->key, option->real);
        return CORE_OK;
    default:
        return core_yaml_write_text(stream, option->key, option->text);
    }
}

static core_status drops_text(const xp_recipe *recipe, const char **out)
{
    char text[32 * NN_MAX_DROPS] = "none";
    size_t used = 0;
    for (int i = 0; i < recipe->schedule.drop_count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i > 0 ? "," : "",
                                 (long long)recipe->schedule.drops[i]);
    }
    return core_arena_copy_text(recipe->arena, text, out);
}

typedef struct {
    const xp_options *options;
    const char *data_name, *isa_name;
    const char *drops;
} names;

/* What the file holds changes bits, where it lies does not. */
static const char *initial_file_text(const xp_initial_file *file)
{
    return file->sha256[0] != '\0' ? file->sha256 : file->path;
}

/* The resolved value of an option. */
static res_option value_of(const xp_recipe *recipe, const names *n, xp_option_id id)
{
    const char *key = xp_option_key(id);
    switch (id) {
    case XP_DATA:
        return res_option_text(key, n->data_name);
    case XP_ISA:
        return res_option_text(key, n->isa_name);
    case XP_WEIGHTS:
        return res_option_text(key, imb_weighting_name(recipe->weights));
    case XP_DATA_SHA256:
        return res_option_text(key, recipe->data_sha256[0] != '\0' ? recipe->data_sha256 : recipe->split.data_sha256);
    case XP_GLOVE:
        return res_option_text(key, initial_file_text(&recipe->glove));
    case XP_INIT:
        return res_option_text(key, initial_file_text(&recipe->init));
    case XP_DROPS:
        return res_option_text(key, n->drops);
    case XP_TEST_IMBALANCE:
        return res_option_text(key, imb_profile_name(recipe->test.profile.kind));
    case XP_TEST_RHO:
        return res_option_real(key, recipe->test.profile.rho);
    case XP_SWITCH:
        return res_option_integer(key, recipe->balance.from_epoch);
    case XP_WARMUP:
        return res_option_integer(key, recipe->schedule.warmup_epochs);
    case XP_CROP:
        return res_option_text(key, ds_crop_name(recipe->split.view.crop));
    case XP_IMAGE_SIZE:
        return res_option_integer(key, recipe->split.view.side);
    case XP_SHORT_SIDE:
        return res_option_integer(key, recipe->split.view.short_side);
    default:
        break;
    }
    return xp_option_value(id, n->options->text[id]);
}

static core_status yaml_of(const res_option *items, int64_t count, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "the configuration's text"));
    core_status status = CORE_OK;
    for (int64_t i = 0; i < count && status == CORE_OK; i++) {
        status = xp_write_yaml_option(text.stream, &items[i]);
    }
    return core_builder_end(&text, status, arena, out);
}

core_status xp_recipe_name(xp_recipe *recipe, const xp_options *options, const char *data_name, const char *isa_name)
{
    names n = {.options = options};
    CORE_TRY(core_arena_copy_text(recipe->arena, data_name, &n.data_name));
    CORE_TRY(core_arena_copy_text(recipe->arena, isa_name, &n.isa_name));
    CORE_TRY(drops_text(recipe, &n.drops));
    res_option *items;
    CORE_TRY(CORE_ARENA_NEW(recipe->arena, XP_BIT_OPTIONS, "the configuration", items));
    int64_t count = 0;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (!xp_is_idle(recipe, options, (xp_option_id)id)) {
            items[count++] = value_of(recipe, &n, (xp_option_id)id);
        }
    }
    recipe->config.options = (res_options){count, items};
    return yaml_of(items, count, recipe->arena, &recipe->config.yaml);
}

/* ---- the default file --------------------------------------------------------------------------------------------- */

/* Whether a user's file has the name of data that tailbit knows: cifar10.h5, shapes-20-5.h5. */
static bool is_mistakable(const char *stem)
{
    char name[DS_NAME_BYTES];
    snprintf(name, sizeof name, "%s", stem);
    for (char *hyphen = strchr(name, '-'); hyphen != NULL; hyphen = strchr(hyphen, '-')) {
        *hyphen = ':';
    }
    return ds_is_built_in(name);
}

/* A data set's name for use in a file name: the last part of a path without ".h5" or ".hdf5", with "-" for a colon. */
static void file_name_of(const char *data, char *name, size_t bytes)
{
    char stem[DS_NAME_BYTES];
    ds_short_name(data, stem);
    char *slash = strrchr(stem, '/'), *first = slash != NULL ? slash + 1 : stem, *dot = strrchr(first, '.');
    if (dot != NULL && dot != first && (strcmp(dot, ".h5") == 0 || strcmp(dot, ".hdf5") == 0)) {
        *dot = '\0';
    }
    snprintf(name, bytes, "%s%s", ds_is_path(data) && is_mistakable(first) ? "user-" : "", first);
    for (char *colon = strchr(name, ':'); colon != NULL; colon = strchr(colon, ':')) {
        *colon = '-';
    }
}

void xp_recipe_stem(const xp_recipe *recipe, const xp_options *options, char stem[XP_STEM_BYTES])
{
    char data[DS_NAME_BYTES + 8], ratio[32] = "";
    file_name_of(recipe->split.data, data, sizeof data);
    if (!recipe->split.whole) {
        snprintf(ratio, sizeof ratio, "-%.15g",
                 recipe->split.removes ? recipe->split.removal.remove_frac : recipe->split.profile.rho);
    }
    snprintf(stem, XP_STEM_BYTES, "%s-%s%s-%s-seed%llu", data, options->text[XP_IMBALANCE], ratio, recipe->method->name,
             (unsigned long long)recipe->seed);
}

void xp_recipe_stem_add(char stem[XP_STEM_BYTES], xp_option_id id, const char *value)
{
    size_t used = strlen(stem);
    snprintf(stem + used, XP_STEM_BYTES - used, "-%s-%s", xp_option_key(id), value);
    for (; stem[used] != '\0'; used++) {
        stem[used] = stem[used] == '/' ? '-' : stem[used]; /* a value may be a path */
    }
}

/* What the recipe is where every option that may be automatic is; *is_known is false where there is none. */
static core_status resolve_automatic(const xp_options *options, xp_recipe *out, bool *is_known)
{
    xp_options automatic = *options;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (xp_option_get((xp_option_id)id)->automatic) {
            automatic.source[id] = XP_BY_DEFAULT;
        }
    }
    xp_options_settle(&automatic);
    const core_status status = xp_recipe_resolve(&automatic, options->arena, out);
    *is_known = status == CORE_OK;
    return status == CORE_MACHINE ? status : CORE_OK;
}

/* Adds what differs from the defaults, so that two commands have one default name only where they train the same run, but
 * for data that share a name and the instruction set. A value that is written out, but is what "auto" comes to, differs in
 * nothing; of a crop only the data say what that is. */
static core_status add_differences(const xp_options *options, const xp_recipe *recipe, char stem[XP_STEM_BYTES])
{
    xp_recipe automatic = {0};
    bool is_known = false;
    names own = {.options = options}, other = {.options = options};
    CORE_TRY(resolve_automatic(options, &automatic, &is_known));
    CORE_TRY(drops_text(recipe, &own.drops));
    CORE_TRY(is_known ? drops_text(&automatic, &other.drops) : CORE_OK);
    for (int i = 0; i < XP_BIT_OPTIONS; i++) {
        const xp_option_id id = (xp_option_id)i;
        if (id == XP_DATA_SHA256 || id == XP_ISA || xp_option_is(id, XP_NAMES_RUN) || xp_is_default(options, id) ||
            xp_is_idle(recipe, options, id)) {
            continue;
        }
        char value[XP_STEM_BYTES];
        const res_option option = value_of(recipe, &own, id);
        const bool follows = xp_option_get(id)->automatic && is_known && !xp_is_auto(options, id);
        const res_option automatic_value = follows ? value_of(&automatic, &other, id) : option;
        if (!follows || !res_option_same(&option, &automatic_value)) {
            xp_recipe_stem_add(stem, id, res_option_format(&option, value, sizeof value));
        }
    }
    return CORE_OK;
}

core_status xp_recipe_choose_out(const xp_options *options, xp_recipe *out)
{
    if (options->text[XP_OUT] != NULL) {
        out->out = options->text[XP_OUT];
        return CORE_OK;
    }
    char stem[XP_STEM_BYTES], path[XP_STEM_BYTES + 16];
    xp_recipe_stem(out, options, stem);
    CORE_TRY(add_differences(options, out, stem));
    snprintf(path, sizeof path, "runs/%s.h5", stem);
    return core_arena_copy_text(out->arena, path, &out->out);
}
