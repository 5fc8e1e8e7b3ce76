#include "results/runs/option.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* The offset of the value in an option, the same for every type. */
enum { VALUE = offsetof(res_option, text) };

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

const char *res_options_next_difference(const res_options *a, const res_options *b, int64_t *at)
{
    while (*at < a->count + b->count) {
        const int64_t i = (*at)++;
        const res_option *option = i < a->count ? &a->items[i] : &b->items[i - a->count];
        const res_option *other = res_options_find(i < a->count ? b : a, option->key);
        if (i < a->count ? !res_option_same(option, other) : other == NULL) {
            return option->key;
        }
    }
    return NULL;
}

const char *res_options_first_difference(const res_options *a, const res_options *b)
{
    const char *least = NULL;
    int64_t at = 0;
    for (const char *key; (key = res_options_next_difference(a, b, &at)) != NULL;) {
        least = least == NULL || strcmp(key, least) < 0 ? key : least;
    }
    return least;
}

core_status res_options_write(core_h5 *file, const char *path, const res_options *options)
{
    for (int64_t i = 0; i < options->count; i++) {
        const res_option *option = &options->items[i];
        const core_h5_value value = {core_h5_shape0(option->type), (void *)((uintptr_t)option + VALUE)};
        CORE_TRY(core_h5_set(file, path, option->key, &value));
    }
    return CORE_OK;
}

static bool is_option(const core_h5_shape *shape)
{
    return shape->rank == 0 && (shape->type == CORE_H5_TEXT || shape->type == CORE_H5_I64 ||
                                shape->type == CORE_H5_F64 || shape->type == CORE_H5_BOOL);
}

core_status res_options_load(core_h5 *file, const char *path, core_arena *arena, res_options *out)
{
    core_names names = {0};
    CORE_TRY(core_h5_attributes(file, path, arena, &names));
    res_option *items = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, names.count, "options", items));
    for (int64_t i = 0; i < names.count; i++) {
        core_h5_value value = {0};
        CORE_TRY(core_h5_get(file, path, names.names[i], arena, &value));
        if (!is_option(&value.shape)) {
            return core_fail_about(CORE_BAD_FILE, core_h5_name(file),
                                   ": attribute %s of /%s is %s of rank %d, expected one text, i64, f64 or bool",
                                   names.names[i], path, core_h5_type_name(value.shape.type), value.shape.rank);
        }
        items[i] = (res_option){.key = names.names[i], .type = value.shape.type};
        memcpy((char *)&items[i] + VALUE, value.data, (size_t)core_h5_type_bytes(value.shape.type));
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
        if (but != NULL && strcmp(options->items[i].key, but) == 0) {
            continue;
        }
        res_option *copy = &items[count++];
        *copy = options->items[i];
        CORE_TRY(core_arena_copy_text(arena, copy->key, &copy->key));
        if (copy->type == CORE_H5_TEXT) {
            CORE_TRY(core_arena_copy_text(arena, copy->text, &copy->text));
        }
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}
