/* Values as text: what an option accepts, in code and in words, and what it means. */
#include "recipes/options.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/text.h"

static void append(char *text, const char *more)
{
    size_t used = strlen(text);
    snprintf(text + used, XP_EXPECTED_BYTES - used, "%s", more);
}

static void describe_number(const xp_option *option, char *text)
{
    bool whole = option->kind == XP_INTEGER;
    char bound[96];
    snprintf(bound, sizeof bound, "a %snumber %s %.15g", whole ? "whole " : "",
             option->above_min ? "above" : "of at least", option->min);
    append(text, bound);
    if (option->max > 0) {
        snprintf(bound, sizeof bound, " and %s %.0f", option->below_max ? "below" : "at most", option->max);
        append(text, bound);
    }
}

static void describe_choices(const xp_option *option, char *text)
{
    append(text, "one of");
    for (int i = 0; option->choices[i] != NULL; i++) {
        append(text, i == 0 ? " " : ", ");
        append(text, option->choices[i]);
    }
}

void xp_option_expects(const xp_option *option, char text[XP_EXPECTED_BYTES])
{
    text[0] = '\0';
    switch (option->kind) {
    case XP_TEXT:
        append(text, "a text");
        break;
    case XP_INTEGER:
    case XP_REAL:
        describe_number(option, text);
        break;
    case XP_CHOICE:
        describe_choices(option, text);
        break;
    case XP_EPOCH_SET:
        append(text, "epochs joined by commas such as 160,180, or none");
        break;
    case XP_INTERVAL:
        append(text, "a time such as 30s, 10m or 2h, steps such as 50steps, or never");
        break;
    case XP_SWITCH_ON:
        append(text, "true or false");
        break;
    }
    append(text, option->automatic ? ", or auto" : "");
}

const char *xp_option_joined(xp_option_id id) { return xp_option_get(id)->kind == XP_EPOCH_SET ? "1,2" : NULL; }

void xp_option_describe_standard(const xp_option *option, char text[XP_STANDARD_BYTES])
{
    const char *standard = option->standard, *with_text = option->with_text;
    snprintf(text, XP_STANDARD_BYTES, "%s%s%s", standard != NULL ? standard : "",
             with_text != NULL ? ", with text " : "", with_text != NULL ? with_text : "");
}

static int64_t count_names(const char *const *names)
{
    int64_t n = 0;
    while (names[n] != NULL) {
        n++;
    }
    return n;
}

static bool is_number(const xp_option *option, const char *text)
{
    double value;
    if (option->kind == XP_INTEGER) {
        int64_t whole;
        if (core_text_int64("", text, INT64_MIN, INT64_MAX, &whole) != CORE_OK) {
            return false;
        }
        value = (double)whole;
    } else if (core_text_double("", text, -HUGE_VAL, HUGE_VAL, &value) != CORE_OK || !isfinite(value)) {
        return false;
    }
    bool low = option->above_min ? value > option->min : value >= option->min;
    bool high = option->max <= 0 || (option->below_max ? value < option->max : value <= option->max);
    return low && high;
}

static bool is_choice(const xp_option *option, const char *text)
{
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* Reads the next "160," or "160" of an epoch list. */
static bool next_epoch(const char **rest, int64_t *epoch)
{
    size_t digits = strspn(*rest, "0123456789");
    if (digits == 0 || digits > 15) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + ((*rest)[i] - '0');
    }
    *epoch = value;
    *rest += digits;
    if (**rest == ',') {
        (*rest)++;
        return **rest != '\0';
    }
    return **rest == '\0';
}

int xp_epochs_of_text(const char *text, int64_t *epochs, int capacity)
{
    if (strcmp(text, "none") == 0) {
        return 0;
    }
    int count = 0;
    while (*text != '\0') {
        if (count == capacity || !next_epoch(&text, &epochs[count])) {
            return -1;
        }
        count++;
    }
    return count > 0 ? count : -1;
}

static bool read_interval(const char *text, xp_interval *out)
{
    size_t digits = strspn(text, "0123456789");
    *out = (xp_interval){0, 0};
    if (strcmp(text, "never") == 0) {
        return true;
    }
    if (digits > 0 && digits < 16 && (strcmp(text + digits, "steps") == 0 || strcmp(text + digits, "step") == 0)) {
        char number[16] = {0};
        memcpy(number, text, digits);
        return core_text_int64("", number, 1, INT64_MAX, &out->steps) == CORE_OK;
    }
    return core_text_seconds("", text, &out->seconds) == CORE_OK && out->seconds > 0;
}

static bool is_value(const xp_option *option, const char *text)
{
    int64_t epochs[XP_MAX_EPOCH_SET];
    xp_interval interval;
    if (option->automatic && strcmp(text, "auto") == 0) {
        return true;
    }
    switch (option->kind) {
    case XP_TEXT:
        return text[0] != '\0';
    case XP_INTEGER:
    case XP_REAL:
        return is_number(option, text);
    case XP_CHOICE:
        return is_choice(option, text);
    case XP_EPOCH_SET:
        return xp_epochs_of_text(text, epochs, XP_MAX_EPOCH_SET) >= 0;
    case XP_INTERVAL:
        return read_interval(text, &interval);
    case XP_SWITCH_ON:
    default:
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    }
}

core_status xp_option_check(xp_option_id id, const char *where, const char *text)
{
    const xp_option *option = xp_option_get(id);
    if (is_value(option, text)) {
        return CORE_OK;
    }
    char expected[XP_EXPECTED_BYTES], shown[CORE_SHOWN_BYTES];
    xp_option_expects(option, expected);
    const char *meant =
        option->kind == XP_CHOICE ? core_text_nearest(text, option->choices, count_names(option->choices)) : NULL;
    return core_fail(CORE_BAD_USAGE, "%s: got '%s', expected %s%s%s%s", where, core_text_shown(text, shown), expected,
                     meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "", meant != NULL ? "?" : "");
}

const char *xp_default_mark(const xp_options *options, xp_option_id id)
{
    return options->source[id] == XP_BY_DEFAULT ? " (the default)" : "";
}

res_option xp_option_value(xp_option_id id, const char *key, const char *text)
{
    int64_t whole = 0;
    double real = 0;
    switch (xp_option_get(id)->kind) {
    case XP_INTEGER:
        if (core_text_int64("", text, INT64_MIN, INT64_MAX, &whole) == CORE_OK) {
            return res_option_integer(key, whole);
        }
        break;
    case XP_REAL:
        if (core_text_double("", text, -HUGE_VAL, HUGE_VAL, &real) == CORE_OK) {
            return res_option_real(key, real);
        }
        break;
    default:
        break;
    }
    return res_option_text(key, text); /* "auto" too */
}

bool xp_is_standard(const xp_options *options, xp_option_id id)
{
    const char *standard = xp_option_standard(id, xp_options_of_text(options)), *text = options->text[id];
    if (standard == NULL || text == NULL) {
        return standard == text;
    }
    const res_option here = xp_option_value(id, "", text), there = xp_option_value(id, "", standard);
    return res_option_same(&here, &there);
}

bool xp_is_auto(const xp_options *options, xp_option_id id) { return strcmp(options->text[id], "auto") == 0; }

int64_t xp_integer(const xp_options *options, xp_option_id id)
{
    int64_t value = 0;
    core_status status = core_text_int64("", options->text[id], INT64_MIN, INT64_MAX, &value);
    assert(status == CORE_OK);
    return value;
}

double xp_real(const xp_options *options, xp_option_id id)
{
    double value = 0;
    core_status status = core_text_double("", options->text[id], -HUGE_VAL, HUGE_VAL, &value);
    assert(status == CORE_OK);
    return value;
}

bool xp_is_on(const xp_options *options, xp_option_id id)
{
    return options->text[id] != NULL && strcmp(options->text[id], "true") == 0;
}

xp_interval xp_interval_of(const xp_options *options, xp_option_id id)
{
    xp_interval interval;
    bool valid = read_interval(options->text[id], &interval);
    assert(valid);
    return interval;
}
