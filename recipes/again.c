#include "recipes/again.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "recipes/configuration.h"
#include "recipes/recipe.h"

enum { VALUE_BYTES = 1024 };

/* A command that is being built: the options of train that it has so far. */
typedef struct {
    const res_run *run;
    res_options config; /* the run's, complete */
    core_arena arena;
    const char *value[XP_BIT_OPTIONS]; /* NULL: not given */
    bool refused[XP_BIT_OPTIONS];      /* train refused it: it has no effect with the others so far */
} command;

static const res_option *option_of(const command *c, xp_option_id id)
{
    return res_options_find(&c->config, xp_option_key(id));
}

/* A text of the run's last start; NULL: it has none of that key. */
static const char *started_with(const res_run *run, const char *key)
{
    const res_env *env = &run->env;
    const res_option *found = env->count > 0 ? res_options_find(&env->starts[env->count - 1], key) : NULL;
    return found != NULL && found->type == CORE_H5_TEXT ? found->text : NULL;
}

const char *xp_data_file_of(const res_run *run) { return started_with(run, RES_ENV_DATA_FILE); }

bool xp_data_dir_of(const res_run *run, char path[CORE_PATH_BYTES])
{
    const char *given = started_with(run, RES_ENV_DATA_DIR), *folder = started_with(run, RES_ENV_FOLDER);
    if (given != NULL && given[0] == '/') {
        return core_path_write(path, "%s", given) == CORE_OK;
    }
    return given != NULL && folder != NULL && core_path_write(path, "%s/%s", folder, given) == CORE_OK;
}

/* Gives option `id` the run's value. A placeholder stands for a file of initial values, of which the run file has only
 * the digest, and the place of a user's data for their name; xp_command_again gives their digest as well. */
static core_status give(command *c, xp_option_id id)
{
    char text[VALUE_BYTES];
    const res_option *option = option_of(c, id);
    if (option == NULL) {
        return CORE_OK;
    }
    res_option_format(option, text, sizeof text);
    if (id == XP_GLOVE || id == XP_INIT) {
        snprintf(text, sizeof text, "FILE-OF-SHA256-%.12s", option->text);
    } else if (id == XP_DATA && ds_is_path(option->text) && xp_data_file_of(c->run) != NULL) {
        return core_arena_copy_text(&c->arena, xp_data_file_of(c->run), &c->value[id]);
    }
    return core_arena_copy_text(&c->arena, text, &c->value[id]);
}

/* The first option whose value differs from the run's. Options that can be "auto" come last, because their value may
 * follow from the others. XP_BIT_OPTIONS: there is none. */
static xp_option_id first_difference(const command *c, const res_options *made)
{
    for (int follows = 0; follows < 2; follows++) {
        for (int id = 0; id < XP_BIT_OPTIONS; id++) {
            const res_option *own = option_of(c, (xp_option_id)id);
            if (own != NULL && c->value[id] == NULL && !c->refused[id] &&
                (int)xp_option_get((xp_option_id)id)->automatic == follows &&
                !res_option_same(own, res_options_find(made, own->key))) {
                return (xp_option_id)id;
            }
        }
    }
    return XP_BIT_OPTIONS;
}

/* Adds options until train resolves them to the run's configuration. */
static core_status complete(command *c)
{
    char isa[VALUE_BYTES];
    const res_option *own = option_of(c, XP_ISA);
    const char *isa_name = own != NULL ? res_option_format(own, isa, sizeof isa) : "";
    xp_option_id given = XP_BIT_OPTIONS;
    for (;;) {
        res_options made;
        const core_status status = xp_configuration_of_flags(c->value, c->run->data.name, isa_name, &c->arena, &made);
        if (status == CORE_BAD_FILE && given < XP_BIT_OPTIONS) { /* it needs another option, or an older tailbit */
            c->value[given] = NULL;
            c->refused[given] = true;
            given = XP_BIT_OPTIONS;
            continue;
        }
        CORE_TRY(status);
        if (given < XP_BIT_OPTIONS) { /* what had no effect without it may have one now */
            memset(c->refused, 0, sizeof c->refused);
        }
        given = first_difference(c, &made);
        if (given == XP_BIT_OPTIONS) {
            return CORE_OK;
        }
        CORE_TRY(give(c, given));
    }
}

/* Writes a value behind its option; a switch has none. */
static void write_value(FILE *stream, xp_option_id id, const char *value)
{
    if (xp_option_get(id)->kind != XP_SWITCH_ON) {
        fputc(' ', stream);
        core_text_word(stream, value);
    }
}

static core_status write_command(const command *c, const char *name, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "a command"));
    FILE *stream = text.stream;
    fputs("tailbit train", stream);
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (c->value[id] != NULL) {
            fprintf(stream, " --%s", xp_option_get((xp_option_id)id)->name);
            write_value(stream, (xp_option_id)id, c->value[id]);
        }
    }
    char data_dir[CORE_PATH_BYTES];
    if (xp_data_dir_of(c->run, data_dir)) {
        fputs(" --data-dir ", stream);
        core_text_word(stream, data_dir);
    }
    fputs(" --out ", stream);
    core_text_word(stream, name);
    return core_builder_end(&text, CORE_OK, arena, out);
}

core_status xp_command_again(const res_run *run, const char *name, core_arena *arena, const char **out)
{
    command c = {.run = run};
    core_status status = xp_configuration_complete(&run->config.options, NULL, &c.arena, &c.config);
    if (status == CORE_OK && !ds_is_built_in(option_of(&c, XP_DATA)->text)) {
        c.value[XP_DATA_SHA256] = run->data.sha256;
    }
    const res_option *crop = res_options_find(&run->config.options, xp_option_key(XP_CROP));
    if (crop != NULL && crop->type == CORE_H5_TEXT) { /* also pad4, where that is not what its images have by default */
        c.value[XP_CROP] = crop->text;
    }
    for (int id = 0; id < XP_BIT_OPTIONS && status == CORE_OK; id++) {
        status = xp_option_is((xp_option_id)id, XP_ALWAYS_TOLD) ? give(&c, (xp_option_id)id) : CORE_OK;
    }
    if (status == CORE_OK) {
        status = complete(&c);
    }
    if (status == CORE_OK) {
        status = write_command(&c, name, arena, out);
    }
    core_arena_free(&c.arena);
    return status;
}
