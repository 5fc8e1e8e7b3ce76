#include "core/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cyaml/cyaml.h>

#include "core/file.h"
#include "core/text.h"

/* What libcyaml says about a failure: it tells its log, not its caller. */
typedef struct {
    char message[256]; /* the first complaint, "" if none */
    char field[64];    /* the key whose value was being read, "" if none */
    bool entry;        /* it was an entry of the key's list */
    int line;          /* at which libcyaml was, 0 if not told: that of the last good value */
} complaint;

static void listen(cyaml_log_t level, void *context, const char *format, va_list args)
{
    complaint *heard = context;
    char text[256];
    if (level < CYAML_LOG_WARNING) {
        return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(text, sizeof text, format, args);
#pragma GCC diagnostic pop
    text[strcspn(text, "\n")] = '\0';
    const char *after = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
    if (heard->field[0] == '\0') {
        sscanf(after, " in mapping field '%63[^']'", heard->field);
    }
    heard->entry = heard->entry || (heard->field[0] == '\0' && strncmp(after, "  in sequence entry", 19) == 0);
    const char *line = strstr(after, "(line: ");
    if (line != NULL && heard->line == 0) {
        heard->line = atoi(line + 7);
    }
    bool backtrace = strcmp(after, "Backtrace:") == 0 || strncmp(after, "  in ", 5) == 0;
    if (heard->message[0] == '\0' && !backtrace) {
        snprintf(heard->message, sizeof heard->message, "%s", after);
    }
}

/* The line, from 1, on which `key` begins for the n-th time (from 1), 0 if none does: libcyaml keeps no lines. */
static int64_t line_of(const char *text, const char *key, int n)
{
    size_t length = strlen(key);
    for (int64_t line = 1; *text != '\0'; line++) {
        const char *p = text + strspn(text, " \"'");
        if (strncmp(p, key, length) == 0) {
            p += length;
            p += strspn(p, " \"'");
            if (*p == ':' && --n == 0) {
                return line;
            }
        }
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return 0;
}

/* "FILE, line 3" or "FILE". */
static const char *place(char *text, size_t bytes, const char *name, int64_t line)
{
    if (line > 0) {
        snprintf(text, bytes, "%s, line %lld", name, (long long)line);
    } else {
        snprintf(text, bytes, "%s", name);
    }
    return text;
}

/* The rest of `message` behind `prefix`, NULL if it does not begin so. */
static const char *behind(const char *message, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(message, prefix, length) == 0 ? message + length : NULL;
}

/* Every key that the file may have at either level. */
static core_status all_names(const core_yaml_form *form, core_arena *arena, core_yaml_keys *out)
{
    const char **names;
    int64_t n = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, form->pairs.count + form->lists.count + 1, "the keys of a YAML file", names));
    for (int64_t i = 0; i < form->pairs.count; i++) {
        names[n++] = form->pairs.names[i];
    }
    for (int64_t i = 0; i < form->lists.count; i++) {
        names[n++] = form->lists.names[i];
    }
    if (form->section != NULL) {
        names[n++] = form->section;
    }
    *out = (core_yaml_keys){names, n};
    return CORE_OK;
}

/* A value of the wrong kind: `field` is the key it belongs to. */
static core_status explain_value(const char *where, const core_yaml_form *form, const complaint *heard)
{
    if (behind(heard->message, "Expecting SEQUENCE") != NULL) {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" wants a list, such as [a, b]", where, heard->field);
    }
    if (behind(heard->message, "Expecting MAPPING") != NULL && form->section != NULL) {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" wants lines such as \"  %s: [a, b]\"", where, heard->field,
                         form->lists.names[0]);
    }
    if (heard->entry) {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" wants a list of single values", where, heard->field);
    }
    return core_fail(CORE_BAD_USAGE, "%s: \"%s\" wants one value, not a list or a mapping", where, heard->field);
}

static core_status explain_key(const char *name, const char *text, core_yaml_keys keys, const char *key)
{
    char where[512];
    const char *nearest = core_text_nearest(key, keys.names, keys.count);
    place(where, sizeof where, name, line_of(text, key, 1));
    return nearest != NULL
               ? core_fail(CORE_BAD_USAGE, "%s: unknown key \"%s\"; did you mean \"%s\"?", where, key, nearest)
               : core_fail(CORE_BAD_USAGE, "%s: unknown key \"%s\"", where, key);
}

static core_status explain(const char *name, const char *text, const core_yaml_form *form, cyaml_err_t error,
                           const complaint *heard, core_arena *arena)
{
    char where[512];
    core_yaml_keys keys;
    const char *key = behind(heard->message, "Unexpected key: ");
    if (error == CYAML_ERR_OOM) {
        return core_fail(CORE_MACHINE, "not enough memory to read %s", name);
    }
    if (error == CYAML_OK) { /* only a warning to libcyaml: it would read the first one */
        return core_fail(CORE_BAD_USAGE, "%s: expected one YAML document, found \"---\" and another", name);
    }
    if (error == CYAML_ERR_INVALID_KEY && key != NULL) {
        CORE_TRY(all_names(form, arena, &keys));
        return explain_key(name, text, keys, key);
    }
    if ((key = behind(heard->message, "Mapping field already seen: ")) != NULL) {
        return core_fail(CORE_BAD_USAGE, "%s: the key \"%s\" is there twice",
                         place(where, sizeof where, name, line_of(text, key, 2)), key);
    }
    if (error == CYAML_ERR_SEQUENCE_ENTRIES_MIN) {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" has no values",
                         place(where, sizeof where, name, line_of(text, heard->field, 1)), heard->field);
    }
    if (error == CYAML_ERR_INVALID_VALUE && heard->field[0] != '\0') {
        return explain_value(place(where, sizeof where, name, line_of(text, heard->field, 1)), form, heard);
    }
    if (error == CYAML_ERR_INVALID_VALUE) {
        return core_fail(CORE_BAD_USAGE, "%s: expected lines such as \"%s: VALUE\"", name, form->pairs.names[0]);
    }
    place(where, sizeof where, name, heard->line);
    return core_fail(CORE_BAD_USAGE, "%s%s: %s", where, heard->line > 0 ? " or after" : "",
                     heard->message[0] != '\0' ? heard->message : cyaml_strerror(error));
}

/* A list as libcyaml leaves it. */
typedef struct {
    char **values;
    uint64_t count;
} raw_list;

/* Copies the pairs that the file gave into the arena. */
static core_status collect(const char *name, const char *text, core_yaml_keys keys, char *const *values,
                           core_arena *arena, core_yaml_document *out)
{
    CORE_TRY(CORE_ARENA_NEW(arena, keys.count, "the options of a YAML file", out->pairs));
    for (int64_t i = 0; values != NULL && i < keys.count; i++) {
        if (values[i] == NULL) {
            continue;
        }
        char where[512], *key, *value;
        int64_t line = line_of(text, keys.names[i], 1);
        if (values[i][0] == '\0') {
            return core_fail(CORE_BAD_USAGE, "%s: \"%s\" has no value", place(where, sizeof where, name, line),
                             keys.names[i]);
        }
        CORE_TRY(core_arena_strdup(arena, keys.names[i], &key));
        CORE_TRY(core_arena_strdup(arena, values[i], &value));
        out->pairs[out->pair_count++] = (core_yaml_pair){.key = key, .value = value, .line = line};
    }
    return CORE_OK;
}

static core_status collect_list(const char *where, const char *name, const raw_list *raw, core_arena *arena,
                                core_yaml_list *out)
{
    char *key;
    const char **values;
    CORE_TRY(core_arena_strdup(arena, name, &key));
    CORE_TRY(CORE_ARENA_NEW(arena, raw->count, "a list of a YAML file", values));
    for (uint64_t i = 0; i < raw->count; i++) {
        char *copy;
        if (raw->values[i] == NULL || raw->values[i][0] == '\0') {
            return core_fail(CORE_BAD_USAGE, "%s: an entry of \"%s\" is empty", where, name);
        }
        CORE_TRY(core_arena_strdup(arena, raw->values[i], &copy));
        values[i] = copy;
    }
    out->key = key;
    out->values = values;
    out->count = (int64_t)raw->count;
    return CORE_OK;
}

/* Copies the lists that the file gave into the arena, in the order of their lines. */
static core_status collect_lists(const char *name, const char *text, core_yaml_keys keys, const raw_list *raw,
                                 core_arena *arena, core_yaml_document *out)
{
    CORE_TRY(CORE_ARENA_NEW(arena, keys.count, "the lists of a YAML file", out->lists));
    for (int64_t i = 0; raw != NULL && i < keys.count; i++) {
        if (raw[i].values == NULL) {
            continue;
        }
        char where[512];
        core_yaml_list list = {.line = line_of(text, keys.names[i], 1)};
        CORE_TRY(collect_list(place(where, sizeof where, name, list.line), keys.names[i], &raw[i], arena, &list));
        int64_t at = out->list_count++;
        for (; at > 0 && out->lists[at - 1].line > list.line; at--) {
            out->lists[at] = out->lists[at - 1];
        }
        out->lists[at] = list;
    }
    return CORE_OK;
}

static const enum cyaml_flag optional_pointer = (enum cyaml_flag)((int)CYAML_FLAG_POINTER | (int)CYAML_FLAG_OPTIONAL);
static const cyaml_schema_value_t entry = {
    .type = CYAML_STRING, .flags = CYAML_FLAG_POINTER, .data_size = 1, .string.max = CYAML_UNLIMITED};

/* One optional text per key, its pointer at the key's place in an array of pointers; behind them the section's, if
 * there is one. NULL-terminated. */
static core_status build_fields(const core_yaml_form *form, const cyaml_schema_field_t *section, core_arena *arena,
                                cyaml_schema_field_t **out)
{
    cyaml_schema_field_t *fields;
    int64_t n = form->pairs.count;
    CORE_TRY(CORE_ARENA_NEW(arena, n + 2, "the keys of a YAML file", fields));
    for (int64_t i = 0; i < n; i++) {
        fields[i].key = form->pairs.names[i];
        fields[i].data_offset = (uint32_t)i * (uint32_t)sizeof(char *);
        fields[i].value.type = CYAML_STRING;
        fields[i].value.flags = optional_pointer;
        fields[i].value.data_size = sizeof(char);
        fields[i].value.string.max = CYAML_UNLIMITED;
    }
    if (form->section != NULL) {
        fields[n].key = form->section;
        fields[n].data_offset = (uint32_t)n * (uint32_t)sizeof(char *);
        fields[n].value.type = CYAML_MAPPING;
        fields[n].value.flags = optional_pointer;
        fields[n].value.data_size = (uint32_t)form->lists.count * (uint32_t)sizeof(raw_list);
        fields[n].value.mapping.fields = section;
    }
    *out = fields;
    return CORE_OK;
}

/* One optional list per key, a raw_list at the key's place in an array of them. */
static core_status build_lists(core_yaml_keys keys, core_arena *arena, cyaml_schema_field_t **out)
{
    cyaml_schema_field_t *fields;
    CORE_TRY(CORE_ARENA_NEW(arena, keys.count + 1, "the lists of a YAML file", fields));
    for (int64_t i = 0; i < keys.count; i++) {
        uint32_t at = (uint32_t)i * (uint32_t)sizeof(raw_list);
        fields[i].key = keys.names[i];
        fields[i].data_offset = at + (uint32_t)offsetof(raw_list, values);
        fields[i].count_offset = at + (uint32_t)offsetof(raw_list, count);
        fields[i].count_size = sizeof(uint64_t);
        fields[i].value.type = CYAML_SEQUENCE;
        fields[i].value.flags = optional_pointer;
        fields[i].value.data_size = sizeof(char *);
        fields[i].value.sequence.entry = &entry;
        fields[i].value.sequence.min = 1;
        fields[i].value.sequence.max = CYAML_UNLIMITED;
    }
    *out = fields;
    return CORE_OK;
}

static core_status collect_all(const char *name, const char *text, const core_yaml_form *form, cyaml_data_t *const *got,
                               core_arena *arena, core_yaml_document *out)
{
    CORE_TRY(collect(name, text, form->pairs, (char *const *)got, arena, out));
    const raw_list *raw = got != NULL && form->section != NULL ? got[form->pairs.count] : NULL;
    return form->section != NULL ? collect_lists(name, text, form->lists, raw, arena, out) : CORE_OK;
}

core_status core_yaml_parse_lists(const char *name, const char *text, const core_yaml_form *form, core_arena *arena,
                                  core_yaml_document *out)
{
    int64_t pointers = form->pairs.count + (form->section != NULL);
    assert(form->pairs.count >= 1 && pointers <= INT32_MAX / (int64_t)sizeof(char *));
    assert(form->lists.count <= INT32_MAX / (int64_t)sizeof(raw_list));
    cyaml_schema_field_t *fields, *section;
    core_yaml_document document = {0};
    CORE_TRY(build_lists(form->lists, arena, &section));
    CORE_TRY(build_fields(form, section, arena, &fields));
    const cyaml_schema_value_t top = {.type = CYAML_MAPPING,
                                      .flags = CYAML_FLAG_POINTER,
                                      .data_size = (uint32_t)pointers * (uint32_t)sizeof(char *),
                                      .mapping.fields = fields};
    complaint heard = {0};
    const cyaml_config_t config = {.log_fn = listen,
                                   .log_ctx = &heard,
                                   .log_level = CYAML_LOG_WARNING,
                                   .mem_fn = cyaml_mem,
                                   .flags = CYAML_CFG_NO_ALIAS};
    cyaml_data_t *values = NULL;
    cyaml_err_t error = cyaml_load_data((const uint8_t *)text, strlen(text), &config, &top, &values, NULL);
    bool failed = error != CYAML_OK || heard.message[0] != '\0';
    core_status status = failed ? explain(name, text, form, error, &heard, arena)
                                : collect_all(name, text, form, values, arena, &document);
    if (values != NULL) {
        cyaml_free(&config, &top, values, 0);
    }
    CORE_TRY(status);
    *out = document;
    return CORE_OK;
}

core_status core_yaml_parse(const char *name, const char *text, core_yaml_keys keys, core_arena *arena,
                            core_yaml_pair **pairs, int64_t *count)
{
    core_yaml_document document;
    CORE_TRY(core_yaml_parse_lists(name, text, &(core_yaml_form){.pairs = keys}, arena, &document));
    *pairs = document.pairs;
    *count = document.pair_count;
    return CORE_OK;
}

char *core_yaml_where(const char *path, const char *key, int64_t line, char where[512])
{
    if (line > 0) {
        snprintf(where, 512, "%s line %lld: %s", path, (long long)line, key);
    } else {
        snprintf(where, 512, "%s: %s", path, key);
    }
    return where;
}

core_status core_yaml_load(const char *path, core_yaml_keys keys, core_arena *arena, core_yaml_pair **pairs,
                           int64_t *count)
{
    char *text;
    size_t bytes;
    CORE_TRY(core_file_read(path, &text, &bytes));
    core_status status = strlen(text) == bytes
                             ? core_yaml_parse(path, text, keys, arena, pairs, count)
                             : core_fail(CORE_BAD_USAGE, "%s is not a text file: it has a zero byte", path);
    free(text);
    return status;
}
