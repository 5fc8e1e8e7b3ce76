#include "results/runs/option.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

res_option res_option_text(const char *key, const char *text)
{
    assert(text != NULL);
    return (res_option){.key = key, .type = CORE_H5_TEXT, .text = text};
}

res_option res_option_integer(const char *key, int64_t integer)
{
    return (res_option){.key = key, .type = CORE_H5_I64, .integer = integer};
}

res_option res_option_real(const char *key, double real)
{
    return (res_option){.key = key, .type = CORE_H5_F64, .real = real};
}

const res_option *res_options_find(const res_options *options, const char *key)
{
    for (int64_t i = 0; i < options->count; i++) {
        if (strcmp(options->items[i].key, key) == 0) {
            return &options->items[i];
        }
    }
    return NULL;
}

const char *res_option_format(const res_option *option, char *text, size_t bytes)
{
    if (option == NULL) {
        snprintf(text, bytes, "(none)");
    } else if (option->type == CORE_H5_TEXT) {
        snprintf(text, bytes, "%s", option->text);
    } else if (option->type == CORE_H5_I64) {
        snprintf(text, bytes, "%" PRId64, option->integer);
    } else if (option->type == CORE_H5_F64) {
        char real[CORE_REAL_BYTES];
        snprintf(text, bytes, "%s", core_text_real(option->real, real));
    } else {
        snprintf(text, bytes, "%s", option->truth ? "true" : "false");
    }
    return text;
}

bool res_option_same(const res_option *a, const res_option *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case CORE_H5_TEXT:
        return strcmp(a->text, b->text) == 0;
    case CORE_H5_F64:
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case CORE_H5_BOOL:
        return a->truth == b->truth;
    default:
        return a->integer == b->integer;
    }
}

/* The least key of `options` that differs from its namesake in `other`, or `least` if that is less. */
static const char *least_difference(const res_options *options, const res_options *other, const char *least)
{
    for (int64_t i = 0; i < options->count; i++) {
        const res_option *option = &options->items[i];
        if ((least == NULL || strcmp(option->key, least) < 0) &&
            !res_option_same(option, res_options_find(other, option->key))) {
            least = option->key;
        }
    }
    return least;
}

const char *res_options_first_difference(const res_options *a, const res_options *b)
{
    return least_difference(b, a, least_difference(a, b, NULL));
}

core_status res_options_write(core_h5 *file, const char *path, const res_options *options)
{
    for (int64_t i = 0; i < options->count; i++) {
        const res_option *option = &options->items[i];
        switch (option->type) {
        case CORE_H5_TEXT:
            CORE_TRY(core_h5_set_text(file, path, option->key, option->text));
            break;
        case CORE_H5_I64:
            CORE_TRY(core_h5_set_i64(file, path, option->key, option->integer));
            break;
        case CORE_H5_F64:
            CORE_TRY(core_h5_set_f64(file, path, option->key, option->real));
            break;
        case CORE_H5_BOOL:
            CORE_TRY(core_h5_set_bool(file, path, option->key, option->truth));
            break;
        default:
            assert(false && "an option is text, i64, f64 or bool");
        }
    }
    return CORE_OK;
}

core_status res_options_load(core_h5 *file, const char *path, core_arena *arena, res_options *out)
{
    core_h5_names names = {0};
    CORE_TRY(core_h5_attributes(file, path, arena, &names));
    res_option *items = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, names.count, "options", items));
    for (int64_t i = 0; i < names.count; i++) {
        core_h5_value value = {0};
        CORE_TRY(core_h5_get(file, path, names.names[i], arena, &value));
        items[i] = (res_option){.key = names.names[i], .type = value.shape.type};
        switch (value.shape.rank == 0 ? value.shape.type : CORE_H5_FOREIGN) {
        case CORE_H5_TEXT:
            items[i].text = *(char **)value.data;
            break;
        case CORE_H5_I64:
            items[i].integer = *(int64_t *)value.data;
            break;
        case CORE_H5_F64:
            items[i].real = *(double *)value.data;
            break;
        case CORE_H5_BOOL:
            items[i].truth = *(bool *)value.data;
            break;
        default:
            return core_fail_about(CORE_BAD_FILE, core_h5_name(file),
                                   ": attribute %s of /%s is %s of rank %d, expected one text, i64, f64 or bool",
                                   names.names[i], path, core_h5_type_name(value.shape.type), value.shape.rank);
        }
    }
    *out = (res_options){.count = names.count, .items = items};
    return CORE_OK;
}

core_status res_options_copy(const res_options *options, const char *but, core_arena *arena, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, options->count, "a configuration", items));
    for (int64_t i = 0; i < options->count; i++) {
        char *key, *text;
        if (but != NULL && strcmp(options->items[i].key, but) == 0) {
            continue;
        }
        items[count] = options->items[i];
        CORE_TRY(core_arena_strdup(arena, items[count].key, &key));
        items[count].key = key;
        if (items[count].type == CORE_H5_TEXT) {
            CORE_TRY(core_arena_strdup(arena, items[count].text, &text));
            items[count].text = text;
        }
        count++;
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}
