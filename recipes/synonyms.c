#include "recipes/synonyms.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/builder.h"
#include "datasets/official.h"

#define XP_OTHER_OPTION(word, option)         {word, XP_##option, NULL},
#define XP_OTHER_ADVICE(word, option, advice) {word, XP_##option, advice},
static const struct other_option {
    const char *word;
    xp_option_id id;    /* the commands that take it answer */
    const char *advice; /* NULL: the option is `id` */
} options[] = {
#include "recipes/synonyms.def"
};

#define XP_OTHER_VALUE(option, word, value) {XP_##option, word, value},
static const struct {
    xp_option_id id;
    const char *word, *value;
} values[] = {
#include "recipes/synonyms.def"
};

#define XP_OTHER_METHOD(loss, rule, method) {loss, rule, method},
static const struct {
    const char *loss, *rule, *method;
} methods[] = {
#include "recipes/synonyms.def"
};

#define XP_OTHER_COMMAND(word, command) {word, command},
static const struct {
    const char *word, *command;
} commands[] = {
#include "recipes/synonyms.def"
};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

static bool is_word(const char *a, const char *b) { return core_text_is_same_word(a, strlen(a), b); }

const char *xp_synonym_of_command(const char *word)
{
    for (int i = 0; i < COUNT(commands); i++) {
        if (is_word(word, commands[i].word)) {
            return commands[i].command;
        }
    }
    return NULL;
}

const char *xp_synonym_of_key(const char *key)
{
    for (int i = 0; i < COUNT(options); i++) {
        if (options[i].advice == NULL && is_word(key, options[i].word)) {
            return xp_option_key(options[i].id);
        }
    }
    return NULL;
}

/* --loss_type and --train_rule stand for a method together. */
static const char *const method_words[] = {"loss-type", "train-rule"};

const char *xp_synonym_advice_of_key(const char *key)
{
    for (int i = 0; i < COUNT(options); i++) {
        if (options[i].advice != NULL && is_word(key, options[i].word)) {
            return options[i].advice;
        }
    }
    return is_word(key, method_words[0]) || is_word(key, method_words[1])
               ? "loss_type and train_rule together are one method; `tailbit methods` lists them"
               : NULL;
}

/* The method of that rule and the default loss. */
static const char *method_of_rule(const char *rule)
{
    for (int i = 1; i < COUNT(methods); i++) {
        if (is_word(rule, methods[i].rule) && strcmp(methods[i].loss, methods[0].loss) == 0) {
            return methods[i].method;
        }
    }
    return NULL;
}

/* The published codes take the least frequent class over the most frequent, tailbit the other way round. */
static const char *turn_round(const char *text, char out[CORE_REAL_BYTES])
{
    double ratio;
    return core_text_double("", text, 0, 1, &ratio) == CORE_OK && ratio > 0 && ratio < 1
               ? core_text_real(1 / ratio, out)
               : NULL;
}

const char *xp_synonym_of_value(xp_option_id id, const char *text, char out[CORE_REAL_BYTES])
{
    for (int i = 0; i < COUNT(values); i++) {
        if (values[i].id == id && is_word(text, values[i].word)) {
            return values[i].value;
        }
    }
    const char *const *choices = xp_option_get(id)->choices;
    for (int i = 0; choices != NULL && choices[i] != NULL; i++) {
        if (is_word(text, choices[i])) {
            return choices[i];
        }
    }
    return id == XP_DATA     ? ds_official_meant(text)
           : id == XP_METHOD ? method_of_rule(text)
           : id == XP_RHO    ? turn_round(text, out)
                             : NULL;
}

/* An option as it stands on a command line: its name without hyphens, and its value. */
typedef struct {
    const char *name; /* (length), in a word */
    size_t length;
    const char *value; /* NULL: none */
    int words;         /* that it takes, 1 or 2 */
} typed_option;

/* Reads the option at `at`; false: it is none. */
static bool read_option(int count, const char *const *words, int at, typed_option *out)
{
    const char *word = words[at], *name = word + strspn(word, "-"), *equals = strchr(name, '=');
    const bool apart = equals == NULL && at + 1 < count && words[at + 1][0] != '-';
    if (word[0] != '-' || name[0] == '\0') {
        return false;
    }
    *out = (typed_option){name, equals != NULL ? (size_t)(equals - name) : strlen(name),
                          equals != NULL ? equals + 1
                          : apart        ? words[at + 1]
                                         : NULL,
                          apart ? 2 : 1};
    return true;
}

static bool is_named(const typed_option *option, const char *name)
{
    return core_text_is_same_word(option->name, option->length, name);
}

static const struct other_option *find_option(xp_verb_id verb, const typed_option *option)
{
    for (int i = 0; i < COUNT(options); i++) {
        if (is_named(option, options[i].word) && xp_verb_takes(verb, options[i].id)) {
            return &options[i];
        }
    }
    return NULL;
}

static bool is_of_method(xp_verb_id verb, const typed_option *option)
{
    return xp_verb_takes(verb, XP_METHOD) && (is_named(option, method_words[0]) || is_named(option, method_words[1]));
}

/* The value that the words give to the option `name`; `otherwise` where they do not. */
static const char *value_of(int count, const char *const *words, const char *name, const char *otherwise)
{
    typed_option option;
    for (int at = 0; at < count; at++) {
        if (read_option(count, words, at, &option) && is_named(&option, name) && option.value != NULL) {
            return option.value;
        }
    }
    return otherwise;
}

static void write_method(FILE *stream, int count, const char *const *words)
{
    const char *loss = value_of(count, words, method_words[0], methods[0].loss);
    const char *rule = value_of(count, words, method_words[1], methods[0].rule), *method = NULL;
    for (int i = 0; i < COUNT(methods); i++) {
        method = is_word(loss, methods[i].loss) && is_word(rule, methods[i].rule) ? methods[i].method : method;
    }
    fprintf(stream, "--loss_type %s --train_rule %s: ", loss, rule);
    fputs(method != NULL ? "type --method " : "no method here; `tailbit methods` lists them", stream);
    fputs(method != NULL ? method : "", stream);
}

static void write_option(FILE *stream, const typed_option *typed, const struct other_option *row)
{
    char number[CORE_REAL_BYTES];
    const char *dashes = typed->length == 1 ? "-" : "--";
    fprintf(stream, "%s%.*s", dashes, (int)typed->length, typed->name);
    if (row->advice != NULL) {
        fprintf(stream, ": %s", row->advice);
        return;
    }
    const char *value = typed->value != NULL ? xp_synonym_of_value(row->id, typed->value, number) : NULL;
    const xp_option *option = xp_option_get(row->id);
    if (typed->value == NULL) {
        fprintf(stream, ": type --%s %s", option->name, option->argument);
        return;
    }
    fputc(' ', stream);
    core_text_word(stream, typed->value);
    fprintf(stream, ": type --%s ", option->name);
    core_text_word(stream, value != NULL ? value : typed->value);
}

core_status xp_synonyms_fail(xp_verb_id verb, int count, const char *const *words, int at, core_arena *arena)
{
    typed_option typed;
    core_builder text;
    bool has_method = false;
    const char *separator = "", *message;
    if (!read_option(count, words, at, &typed) || (find_option(verb, &typed) == NULL && !is_of_method(verb, &typed))) {
        return CORE_OK;
    }
    CORE_TRY(core_builder_begin(&text, "a message about options"));
    while (at < count && strcmp(words[at], "--") != 0) {
        const bool is_option = read_option(count, words, at, &typed);
        const struct other_option *row = is_option ? find_option(verb, &typed) : NULL;
        const bool of_method = is_option && is_of_method(verb, &typed);
        if (row != NULL || (of_method && !has_method)) {
            fputs(separator, text.stream);
            separator = "; ";
        }
        if (row != NULL) {
            write_option(text.stream, &typed, row);
        } else if (of_method && !has_method) {
            write_method(text.stream, count, words);
            has_method = true;
        }
        at += is_option ? typed.words : 1;
    }
    CORE_TRY(core_builder_end(&text, CORE_OK, arena, &message));
    return core_fail(CORE_BAD_USAGE, "%s", message);
}
