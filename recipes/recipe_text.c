/* A recipe as its canonical text: what /config holds and what resume compares. */
#include "recipes/recipe.h"

#include <stdio.h>
#include <string.h>

#include "core/builder.h"
#include "core/yaml.h"

static core_status write_option(FILE *stream, const res_option *option)
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

static core_status drops_text(xp_recipe *recipe, char **out)
{
    char text[32 * NN_MAX_DROPS] = "none";
    size_t used = 0;
    for (int i = 0; i < recipe->schedule.drop_count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i > 0 ? "," : "",
                                 (long long)recipe->schedule.drops[i]);
    }
    return core_arena_strdup(&recipe->arena, text, out);
}

typedef struct {
    const xp_options *options;
    const char *data_name, *isa_name;
    const char *drops;
} names;

/* The resolved value of an option. */
static res_option value_of(const xp_recipe *recipe, const names *n, xp_option_id id, const char *key)
{
    switch (id) {
    case XP_DATA:
        return res_option_text(key, n->data_name);
    case XP_ISA:
        return res_option_text(key, n->isa_name);
    case XP_WEIGHTS:
        return res_option_text(key, imb_weighting_name(recipe->weights));
    case XP_DATA_SHA256:
        return res_option_text(key, recipe->data_sha256[0] != '\0' ? recipe->data_sha256 : recipe->split.data_sha256);
    case XP_GLOVE: /* what the file holds changes bits, where it lies does not */
        return res_option_text(key, recipe->glove_sha256[0] != '\0' ? recipe->glove_sha256 : recipe->glove);
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
    default:
        break;
    }
    return xp_option_value(id, key, n->options->text[id]);
}

static core_status yaml_of(const res_option *items, int64_t count, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "the configuration's text"));
    core_status status = CORE_OK;
    for (int64_t i = 0; i < count && status == CORE_OK; i++) {
        status = write_option(text.stream, &items[i]);
    }
    return core_builder_end(&text, status, arena, out);
}

core_status xp_recipe_name(xp_recipe *recipe, const xp_options *options, const char *data_name, const char *isa_name)
{
    char *data, *isa, *drops;
    CORE_TRY(core_arena_strdup(&recipe->arena, data_name, &data));
    CORE_TRY(core_arena_strdup(&recipe->arena, isa_name, &isa));
    CORE_TRY(drops_text(recipe, &drops));
    names n = {options, data, isa, drops};
    res_option *items;
    CORE_TRY(CORE_ARENA_NEW(&recipe->arena, XP_BIT_OPTIONS, "the configuration", items));
    int64_t count = 0;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        char key[32], *copy;
        if (xp_recipe_idle(recipe, options, (xp_option_id)id)) {
            continue;
        }
        xp_option_key((xp_option_id)id, key);
        CORE_TRY(core_arena_strdup(&recipe->arena, key, &copy));
        items[count++] = value_of(recipe, &n, (xp_option_id)id, copy);
    }
    const char *yaml = NULL;
    CORE_TRY(yaml_of(items, count, &recipe->arena, &yaml));
    recipe->config = (res_config){.yaml = yaml, .options = {count, items}};
    return CORE_OK;
}
