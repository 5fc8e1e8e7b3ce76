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
