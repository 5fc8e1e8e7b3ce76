#include "core/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
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

static core_status explain(const char *name, const char *text, core_yaml_keys keys, cyaml_err_t error,
                           const complaint *heard)
{
    char where[512];
    const char *key = behind(heard->message, "Unexpected key: ");
    if (error == CYAML_ERR_OOM) {
        return core_fail(CORE_MACHINE, "not enough memory to read %s", name);
    }
    if (error == CYAML_OK) { /* only a warning to libcyaml: it would read the first one */
        return core_fail(CORE_BAD_USAGE, "%s: expected one YAML document, found \"---\" and another", name);
    }
    if (error == CYAML_ERR_INVALID_KEY && key != NULL) {
        const char *nearest = core_text_nearest(key, keys.names, keys.count);
        place(where, sizeof where, name, line_of(text, key, 1));
        return nearest != NULL
                   ? core_fail(CORE_BAD_USAGE, "%s: unknown key \"%s\"; did you mean \"%s\"?", where, key, nearest)
                   : core_fail(CORE_BAD_USAGE, "%s: unknown key \"%s\"", where, key);
    }
    if ((key = behind(heard->message, "Mapping field already seen: ")) != NULL) {
        return core_fail(CORE_BAD_USAGE, "%s: the key \"%s\" is there twice",
                         place(where, sizeof where, name, line_of(text, key, 2)), key);
    }
    if (error == CYAML_ERR_INVALID_VALUE && heard->field[0] != '\0') {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" wants one value, not a list or a mapping",
                         place(where, sizeof where, name, line_of(text, heard->field, 1)), heard->field);
    }
    if (error == CYAML_ERR_INVALID_VALUE) {
        return core_fail(CORE_BAD_USAGE, "%s: expected lines such as \"%s: VALUE\"", name, keys.names[0]);
    }
    place(where, sizeof where, name, heard->line);
    return core_fail(CORE_BAD_USAGE, "%s%s: %s", where, heard->line > 0 ? " or after" : "",
                     heard->message[0] != '\0' ? heard->message : cyaml_strerror(error));
}

/* Copies what the file gave into the arena. */
static core_status collect(const char *name, const char *text, core_yaml_keys keys, char *const *values,
                           core_arena *arena, core_yaml_pair *pairs, int64_t *count)
{
    int64_t found = 0;
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
        pairs[found++] = (core_yaml_pair){.key = key, .value = value, .line = line};
    }
    *count = found;
    return CORE_OK;
}

/* One optional text per key, its pointer at the key's place in an array of pointers. NULL-terminated. */
static core_status build_fields(core_yaml_keys keys, core_arena *arena, cyaml_schema_field_t **out)
{
    cyaml_schema_field_t *fields;
    CORE_TRY(CORE_ARENA_NEW(arena, keys.count + 1, "the keys of a YAML file", fields));
    for (int64_t i = 0; i < keys.count; i++) {
        fields[i].key = keys.names[i];
        fields[i].data_offset = (uint32_t)i * (uint32_t)sizeof(char *);
        fields[i].value.type = CYAML_STRING;
        fields[i].value.flags = (enum cyaml_flag)((int)CYAML_FLAG_POINTER | (int)CYAML_FLAG_OPTIONAL);
        fields[i].value.data_size = sizeof(char);
        fields[i].value.string.max = CYAML_UNLIMITED;
    }
    *out = fields;
    return CORE_OK;
}

core_status core_yaml_parse(const char *name, const char *text, core_yaml_keys keys, core_arena *arena,
                            core_yaml_pair **pairs, int64_t *count)
{
    assert(keys.count >= 1 && keys.count <= INT32_MAX / (int64_t)sizeof(char *));
    cyaml_schema_field_t *fields;
    core_yaml_pair *list;
    int64_t found = 0;
    CORE_TRY(build_fields(keys, arena, &fields));
    CORE_TRY(CORE_ARENA_NEW(arena, keys.count, "the options of a YAML file", list));
    const cyaml_schema_value_t top = {.type = CYAML_MAPPING,
                                      .flags = CYAML_FLAG_POINTER,
                                      .data_size = (uint32_t)keys.count * (uint32_t)sizeof(char *),
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
    core_status status =
        failed ? explain(name, text, keys, error, &heard) : collect(name, text, keys, values, arena, list, &found);
    if (values != NULL) {
        cyaml_free(&config, &top, values, 0);
    }
    CORE_TRY(status);
    *pairs = list;
    *count = found;
    return CORE_OK;
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
