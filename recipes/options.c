#include "recipes/options.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/yaml.h"
#include "datasets/reviews.h"
#include "recipes/models.h"
#include "recipes/synonyms.h"

bool xp_verb_takes(xp_verb_id verb, xp_option_id id) { return (xp_option_get(id)->verbs & 1u << verb) != 0; }

core_status xp_options_set(xp_options *options, xp_option_id id, const char *where, const char *text)
{
    char flag[64];
    snprintf(flag, sizeof flag, "--%s", xp_option_get(id)->name);
    CORE_TRY(xp_option_check(id, where != NULL ? where : flag, text));
    options->source[id] = where != NULL ? XP_BY_CONFIG : XP_BY_FLAG;
    return core_arena_copy_text(options->arena, text, &options->text[id]);
}

/* The option of that name (length characters), of any verb; XP_OPTION_COUNT if there is none. */
static xp_option_id find(const char *name, size_t length)
{
    int id = 0;
    while (id < XP_OPTION_COUNT && !(strncmp(xp_option_get((xp_option_id)id)->name, name, length) == 0 &&
                                     xp_option_get((xp_option_id)id)->name[length] == '\0')) {
        id++;
    }
    return (xp_option_id)id;
}

static core_status fail_unknown(xp_verb_id verb, const char *name, size_t length)
{
    const char *names[XP_OPTION_COUNT + 1]; /* that the verb takes */
    int64_t n = 0;
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        if (xp_verb_takes(verb, (xp_option_id)id)) {
            names[n++] = xp_option_get((xp_option_id)id)->name;
        }
    }
    names[n++] = "help";
    char word[64], meant[CORE_MEANT_BYTES];
    snprintf(word, sizeof word, "%.*s", (int)(length < 63 ? length : 63), name);
    return core_fail(CORE_BAD_USAGE, "--%s: no such option of %s%s", word, xp_verb_names[verb],
                     core_text_meant(word, names, n, "--", "; see --help", meant));
}

/* Reads the option words[*at], which begins with "--", and its value. */
static core_status take_flag(xp_verb_id verb, int count, const char *const *words, int *at, xp_options *out)
{
    const char *name = words[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    if (strcmp(name, "help") == 0) {
        out->help = true;
        return CORE_OK;
    }
    const xp_option_id id = find(name, length);
    if (id == XP_OPTION_COUNT) {
        CORE_TRY(xp_synonyms_fail(verb, count, words, *at, out->arena));
        return fail_unknown(verb, name, length);
    }
    const xp_option *option = xp_option_get(id);
    if (!xp_verb_takes(verb, id)) {
        return core_fail(CORE_BAD_USAGE, "--%s: not an option of %s; see tailbit %s --help", option->name,
                         xp_verb_names[verb], xp_verb_names[verb]);
    }
    if (out->source[id] == XP_BY_FLAG) {
        return core_fail(CORE_BAD_USAGE, "--%s stands twice, expected it once", option->name);
    }
    if (option->kind == XP_SWITCH_ON) {
        return xp_options_set(out, id, NULL, equals != NULL ? equals + 1 : "true");
    }
    if (equals == NULL && *at + 1 == count) {
        char expected[XP_EXPECTED_BYTES];
        xp_option_expects(option, expected);
        return core_fail(CORE_BAD_USAGE, "--%s: its value is missing, expected %s", option->name, expected);
    }
    return xp_options_set(out, id, NULL, equals != NULL ? equals + 1 : words[++*at]);
}

static core_status take_words(xp_verb_id verb, int count, const char *const *words, xp_options *out)
{
    bool only_arguments = false;
    for (int at = 0; at < count; at++) {
        const char *word = words[at];
        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && strcmp(word, "-h") == 0) {
            out->help = true;
        } else if (!only_arguments && strncmp(word, "--", 2) == 0) {
            CORE_TRY(take_flag(verb, count, words, &at, out));
        } else if (!only_arguments && word[0] == '-' && word[1] != '\0') {
            CORE_TRY(xp_synonyms_fail(verb, count, words, at, out->arena));
            return core_fail(CORE_BAD_USAGE, "%s: no such option; options begin with two hyphens, see --help", word);
        } else {
            CORE_TRY(core_arena_copy_text(out->arena, word, &out->arguments[out->argument_count++]));
        }
    }
    return CORE_OK;
}

xp_option_id xp_option_of_key(xp_verb_id verb, const char *key)
{
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        if (xp_verb_takes(verb, (xp_option_id)id) && strcmp(xp_option_key((xp_option_id)id), key) == 0) {
            return (xp_option_id)id;
        }
    }
    return XP_OPTION_COUNT;
}

/* Reads --config; options set by flags stay. A configuration of train says which examples it takes, so other verbs read it,
 * too: options that they lack have no effect there. */
static core_status take_config(xp_verb_id verb, xp_options *out)
{
    const char *names[XP_OPTION_COUNT], *joined[XP_OPTION_COUNT];
    int64_t n = 0, count = 0;
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        if (id != XP_CONFIG &&
            (xp_verb_takes(verb, (xp_option_id)id) || xp_verb_takes(XP_VERB_TRAIN, (xp_option_id)id))) {
            names[n] = xp_option_key((xp_option_id)id);
            joined[n] = xp_option_joined((xp_option_id)id);
            n++;
        }
    }
    core_yaml_pair *pairs;
    const char *path = out->text[XP_CONFIG];
    const core_yaml_keys keys = {names, n, joined, xp_synonym_of_key, xp_synonym_advice_of_key};
    CORE_TRY(core_yaml_load(path, keys, out->arena, &pairs, &count));
    for (int64_t i = 0; i < count; i++) {
        const xp_option_id own = xp_option_of_key(verb, pairs[i].key);
        const xp_option_id id = own < XP_OPTION_COUNT ? own : xp_option_of_key(XP_VERB_TRAIN, pairs[i].key);
        char where[512];
        core_yaml_where(path, pairs[i].key, pairs[i].place, where);
        if (out->source[id] == XP_BY_FLAG || own == XP_OPTION_COUNT) {
            CORE_TRY(xp_option_check(id, where, pairs[i].value));
        } else {
            CORE_TRY(xp_options_set(out, id, where, pairs[i].value));
        }
    }
    return CORE_OK;
}

bool xp_data_is_text(const char *data) { return strcmp(data, "imdb") == 0 || ds_reviews_is_name(data); }

bool xp_options_of_text(const xp_options *options)
{
    const char *data = options->text[XP_DATA], *model = options->text[XP_MODEL];
    return data != NULL ? xp_data_is_text(data) : model != NULL && xp_model_is_of_text(model);
}

void xp_options_settle(xp_options *options)
{
    bool text = xp_options_of_text(options);
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        if (options->source[id] == XP_BY_DEFAULT) {
            options->text[id] = xp_option_default((xp_option_id)id, text);
        }
    }
}

core_status xp_options_parse(xp_verb_id verb, int count, const char *const *words, core_arena *arena, xp_options *out)
{
    xp_options options = {.arena = arena};
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the arguments of a command", options.arguments));
    CORE_TRY(take_words(verb, count, words, &options));
    if (!options.help && options.source[XP_CONFIG] == XP_BY_FLAG) {
        CORE_TRY(take_config(verb, &options));
    }
    xp_options_settle(&options);
    *out = options;
    return CORE_OK;
}

/* Prints text in lines of at most 100 columns, each after `indent` spaces; the caller has printed those of the first
 * line. */
static void print_wrapped(FILE *stream, const char *text, int indent)
{
    int column = indent;
    while (*text != '\0') {
        int word = (int)strcspn(text, " ");
        if (column > indent && column + 1 + word > 100) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", word, text);
        column += word;
        text += word + (text[word] == ' ');
    }
    fputc('\n', stream);
}

static void print_option_help(FILE *stream, const xp_option *option)
{
    char name[64], help[XP_EXPECTED_BYTES], default_text[XP_DEFAULT_BYTES];
    snprintf(name, sizeof name, "--%s%s%s", option->name, option->argument != NULL ? " " : "",
             option->argument != NULL ? option->argument : "");
    xp_option_describe_default(option, default_text);
    bool known = default_text[0] != '\0';
    snprintf(help, sizeof help, "%s%s%s%s", option->help, known ? " [" : "", default_text, known ? "]" : "");
    fprintf(stream, "  %-24s ", name);
    print_wrapped(stream, help, 27);
}

void xp_options_print_help(FILE *stream, xp_verb_id verb)
{
    unsigned groups = 0; /* a bit for each */
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        groups |= xp_verb_takes(verb, (xp_option_id)id) ? 1u << xp_option_get((xp_option_id)id)->group : 0;
    }
    const bool headed = (groups & (groups - 1)) != 0;
    const char *group = NULL;
    for (int place = 0; place < XP_OPTION_COUNT; place++) {
        const xp_option_id id = xp_option_listed(place);
        if (xp_verb_takes(verb, id)) {
            if (headed && group != xp_option_group(id)) {
                fprintf(stream, "%s%s:\n", group != NULL ? "\n" : "", xp_option_group(id));
                group = xp_option_group(id);
            }
            print_option_help(stream, xp_option_get(id));
        }
    }
    fprintf(stream, "  %-24s %s\n", "--help", "print this");
}

/* ---- values as text: what an option accepts, in code and in words, and what it means ------------------------------- */

static void append(char *text, const char *more)
{
    size_t used = strlen(text);
    snprintf(text + used, XP_EXPECTED_BYTES - used, "%s", more);
}

static void describe_number(const xp_option *option, char *text)
{
    const bool whole = option->kind == XP_INTEGER;
    const int digits = whole ? 16 : 15; /* of 2^53; of a fraction as it was typed */
    const int used = snprintf(text, XP_EXPECTED_BYTES, "a %snumber %s %.*g", whole ? "whole " : "",
                              option->above_min ? "above" : "of at least", digits, option->min);
    if (option->max > 0) {
        snprintf(text + used, (size_t)(XP_EXPECTED_BYTES - used), " and %s %.*g",
                 option->below_max ? "below" : "at most", digits, option->max);
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
    case XP_SHA256:
        append(text, "64 digits from 0 to 9 and a to f");
        break;
    case XP_INTEGER:
    case XP_REAL:
        describe_number(option, text);
        break;
    case XP_CHOICE:
        describe_choices(option, text);
        break;
    case XP_EPOCH_SET:
        snprintf(text, XP_EXPECTED_BYTES, "at most %d epochs joined by commas such as 160,180, or none",
                 (int)XP_MAX_EPOCH_SET);
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

void xp_option_describe_default(const xp_option *option, char text[XP_DEFAULT_BYTES])
{
    const char *default_text = option->default_text, *with_text = option->with_text;
    snprintf(text, XP_DEFAULT_BYTES, "%s%s%s", default_text != NULL ? default_text : "",
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

static bool is_number(xp_option_id id, const char *text)
{
    const xp_option *option = xp_option_get(id);
    const res_option number = xp_option_value(id, text);
    if (number.type == CORE_H5_TEXT) {
        return false;
    }
    if (number.type == CORE_H5_I64) { /* its bounds are whole numbers; as a double it would be rounded */
        return (double)number.integer >= option->min && (option->max <= 0 || number.integer <= (int64_t)option->max);
    }
    const double value = number.real;
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
    char *end;
    *epoch = strtoll(*rest, &end, 10);
    *rest = end + (*end == ',');
    return *end == '\0' || (*end == ',' && end[1] != '\0');
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

void xp_epochs_move(const char *events, const char *from, const char *to, char *text, size_t bytes)
{
    int64_t at[XP_MAX_EPOCH_SET];
    const int64_t E = strtoll(to, NULL, 10), whole = strtoll(from, NULL, 10);
    const int count = xp_epochs_of_text(events, at, XP_MAX_EPOCH_SET);
    size_t used = (size_t)snprintf(text, bytes, "%s", count > 0 ? "" : events);
    for (int i = 0; i < count && used < bytes; i++) {
        used += (size_t)snprintf(text + used, bytes - used, "%s%" PRId64, i > 0 ? "," : "",
                                 at[i] > 0 && at[i] * E < whole ? 1 : at[i] * E / whole);
    }
}

static bool read_interval(const char *text, xp_interval *out)
{
    size_t digits = strspn(text, "0123456789");
    *out = (xp_interval){0, 0};
    if (strcmp(text, "never") == 0) {
        return true;
    }
    if (digits > 0 && digits < 16 && (strcmp(text + digits, "steps") == 0 || strcmp(text + digits, "step") == 0)) {
        out->steps = strtoll(text, NULL, 10);
        return out->steps > 0;
    }
    return core_text_seconds("", text, &out->seconds) == CORE_OK && out->seconds > 0;
}

static bool is_value(xp_option_id id, const char *text)
{
    const xp_option *option = xp_option_get(id);
    int64_t epochs[XP_MAX_EPOCH_SET];
    xp_interval interval;
    if (option->automatic && strcmp(text, "auto") == 0) {
        return true;
    }
    switch (option->kind) {
    case XP_TEXT:
        return text[0] != '\0';
    case XP_SHA256:
        return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
    case XP_INTEGER:
    case XP_REAL:
        return is_number(id, text);
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
    if (is_value(id, text)) {
        return CORE_OK;
    }
    char expected[XP_EXPECTED_BYTES], shown[CORE_SHOWN_BYTES], meant[CORE_MEANT_BYTES], number[CORE_REAL_BYTES];
    xp_option_expects(option, expected);
    const char *value = xp_synonym_of_value(id, text, number);
    if (value != NULL) {
        return core_fail(CORE_BAD_USAGE, "%s: got '%s', expected %s; did you mean %s?", where,
                         core_text_shown(text, shown), expected, value);
    }
    const int64_t n = option->kind == XP_CHOICE ? count_names(option->choices) : 0;
    return core_fail(CORE_BAD_USAGE, "%s: got '%s', expected %s%s", where, core_text_shown(text, shown), expected,
                     core_text_meant(text, option->choices, n, "", "", meant));
}

const char *xp_default_mark(const xp_options *options, xp_option_id id)
{
    return options->source[id] == XP_BY_DEFAULT ? " (the default)" : "";
}

res_option xp_option_value(xp_option_id id, const char *text)
{
    const char *key = xp_option_key(id);
    const xp_option_kind kind = xp_option_get(id)->kind;
    int64_t whole = 0;
    double real = 0;
    if (kind == XP_INTEGER && core_text_int64("", text, INT64_MIN, INT64_MAX, &whole) == CORE_OK) {
        return res_option_integer(key, whole);
    }
    if (kind == XP_REAL && core_text_double("", text, -HUGE_VAL, HUGE_VAL, &real) == CORE_OK) {
        return res_option_real(key, real);
    }
    return res_option_text(key, text); /* "auto" too */
}

bool xp_is_default(const xp_options *options, xp_option_id id)
{
    const char *default_text = xp_option_default(id, xp_options_of_text(options)), *text = options->text[id];
    if (xp_option_get(id)->kind == XP_SWITCH_ON) {
        return !xp_is_on(options, id);
    }
    if (default_text == NULL || text == NULL) {
        return default_text == text;
    }
    const res_option here = xp_option_value(id, text), there = xp_option_value(id, default_text);
    return res_option_same(&here, &there);
}

bool xp_is(const xp_options *options, xp_option_id id, const char *text)
{
    return options->text[id] != NULL && strcmp(options->text[id], text) == 0;
}

bool xp_is_auto(const xp_options *options, xp_option_id id) { return xp_is(options, id, "auto"); }

int64_t xp_integer(const xp_options *options, xp_option_id id)
{
    const res_option value = xp_option_value(id, options->text[id]);
    assert(value.type == CORE_H5_I64);
    return value.integer;
}

double xp_real(const xp_options *options, xp_option_id id)
{
    const res_option value = xp_option_value(id, options->text[id]);
    assert(value.type == CORE_H5_F64);
    return value.real;
}

bool xp_is_on(const xp_options *options, xp_option_id id) { return xp_is(options, id, "true"); }

xp_interval xp_interval_of(const xp_options *options, xp_option_id id)
{
    xp_interval interval;
    bool valid = read_interval(options->text[id], &interval);
    assert(valid);
    return interval;
}
