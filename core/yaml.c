#include "core/yaml.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <yaml.h>

#include "core/file.h"
#include "core/text.h"

/* ---- reading ---- */

typedef struct {
    const char *name, *text; /* without a byte order mark */
    const core_yaml_form *form;
    core_arena *arena;
    yaml_parser_t parser;
    yaml_event_t event; /* the current event */
    core_yaml_document document;
    core_yaml_place section; /* line 0: not seen yet */
} reading;

static core_yaml_place place_of(yaml_mark_t mark)
{
    return (core_yaml_place){(int64_t)mark.line + 1, (int64_t)mark.column + 1};
}

static core_status fail_at(const reading *r, core_yaml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static core_status fail_at(const reading *r, core_yaml_place place, const char *format, ...)
{
    char sentence[640];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return core_fail(CORE_BAD_USAGE, "%s, line %" PRId64 ", column %" PRId64 ": %s", r->name, place.line, place.column,
                     sentence);
}

/* Advice about the character at which libyaml stopped, as the end of a sentence. */
static const char *hint_at(const reading *r, yaml_mark_t mark)
{
    const char *at = r->text;
    for (size_t index = 0; index < mark.index && *at != '\0'; index++) {
        const int bytes = core_text_utf8(at, NULL);
        at += bytes > 0 ? bytes : 1;
    }
    switch (*at) {
    case '\t':
        return "; a tab stands there, YAML is indented with spaces";
    case ':':
        return "; a text with \": \" in it needs quotes";
    case '@':
    case '`':
    case '%':
    case ',':
        return "; a text that begins with this character needs quotes";
    default:
        return "";
    }
}

/* Fails for bytes that are no text: the first that begins no UTF-8 character, else the place where libyaml stopped. */
static core_status fail_bytes(const reading *r)
{
    const yaml_parser_t *p = &r->parser;
    core_yaml_place place = {1, 1};
    const char *at = r->text;
    for (int bytes; at < r->text + p->problem_offset && (bytes = core_text_utf8(at, NULL)) > 0; at += bytes) {
        const bool ends_line = *at == '\n' || (*at == '\r' && at[1] != '\n');
        place.line += ends_line;
        place.column = ends_line ? 1 : place.column + 1;
    }
    return fail_at(r, place, "expected UTF-8 text, found the byte 0x%02x (%s)", (unsigned char)*at, p->problem);
}

static core_status fail_syntax(const reading *r)
{
    const yaml_parser_t *p = &r->parser;
    char begun[64] = "";
    if (p->error == YAML_MEMORY_ERROR) {
        return core_fail(CORE_MACHINE, "not enough memory to read %s", r->name);
    }
    if (p->error == YAML_READER_ERROR) {
        return fail_bytes(r);
    }
    if (p->context != NULL) {
        const core_yaml_place place = place_of(p->context_mark);
        snprintf(begun, sizeof begun, " from line %" PRId64 ", column %" PRId64, place.line, place.column);
    }
    return fail_at(r, place_of(p->problem_mark), "no YAML: %s%s%s%s%s",
                   p->problem != NULL ? p->problem : "it cannot be read", p->context != NULL ? " " : "",
                   p->context != NULL ? p->context : "", begun, hint_at(r, p->problem_mark));
}

/* Goes to the next event. Refuses aliases, which could make a small file a large one, and tags, which change a value's
 * type. */
static core_status next_event(reading *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        return fail_syntax(r);
    }
    const yaml_event_t *e = &r->event;
    char text[CORE_SHOWN_BYTES];
    const yaml_char_t *tag = e->type == YAML_SCALAR_EVENT           ? e->data.scalar.tag
                             : e->type == YAML_SEQUENCE_START_EVENT ? e->data.sequence_start.tag
                             : e->type == YAML_MAPPING_START_EVENT  ? e->data.mapping_start.tag
                                                                    : NULL;
    if (e->type == YAML_ALIAS_EVENT) {
        return fail_at(r, place_of(e->start_mark), "the alias *%s; expected the value itself, written again",
                       core_text_shown((const char *)e->data.alias.anchor, text));
    }
    if (tag != NULL) {
        return fail_at(r, place_of(e->start_mark),
                       "the tag %s; expected a value without one, in quotes if it is a text",
                       core_text_shown((const char *)tag, text));
    }
    return CORE_OK;
}

/* Copies the text of the current scalar. */
static core_status copy_scalar(const reading *r, const char **out)
{
    const char *text = (const char *)r->event.data.scalar.value;
    char *copy;
    if (strlen(text) != r->event.data.scalar.length) {
        return fail_at(r, place_of(r->event.start_mark), "a text has a zero byte, expected none");
    }
    CORE_TRY(core_arena_strdup(r->arena, text, &copy));
    *out = copy;
    return CORE_OK;
}

/* Whether a plain scalar says that there is no value. */
static bool is_null(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        if (strcmp(text, nulls[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Checks that the current scalar is a value; `of` is what it belongs to, "\"rho\"" or "an entry of \"rho\"". */
static core_status copy_value(const reading *r, const char *of, const char **out)
{
    const char *text = (const char *)r->event.data.scalar.value;
    const bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (text[0] == '\0' && r->event.data.scalar.length == 0) {
        return fail_at(r, place_of(r->event.start_mark), "%s has no value; write one or leave it out", of);
    }
    if (plain && is_null(text)) {
        return fail_at(r, place_of(r->event.start_mark),
                       "%s has no value: that is what %s means; write one or leave it out (as a text it is '%s')", of,
                       text, text);
    }
    return copy_scalar(r, out);
}

static int64_t find_name(core_yaml_keys keys, const char *name)
{
    for (int64_t i = 0; i < keys.count; i++) {
        if (strcmp(keys.names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* `more`: one known name besides, NULL for none. */
static core_status fail_unknown(const reading *r, core_yaml_place place, core_yaml_keys keys, const char *more,
                                const char *key)
{
    const char **names;
    char text[CORE_SHOWN_BYTES], meant[CORE_MEANT_BYTES];
    const char *other = keys.meant != NULL ? keys.meant(key) : NULL;
    if (other != NULL && find_name(keys, other) >= 0) {
        return fail_at(r, place, "unknown key \"%s\"; did you mean %s?", core_text_shown(key, text), other);
    }
    const char *advice = keys.advice != NULL ? keys.advice(key) : NULL;
    if (advice != NULL) {
        return fail_at(r, place, "unknown key \"%s\": %s", core_text_shown(key, text), advice);
    }
    CORE_TRY(CORE_ARENA_NEW(r->arena, keys.count + 1, "the keys of a YAML file", names));
    memcpy(names, keys.names, (size_t)keys.count * sizeof *names);
    names[keys.count] = more;
    return fail_at(r, place, "unknown key \"%s\"%s", core_text_shown(key, text),
                   core_text_meant(key, names, keys.count + (more != NULL), "", "", meant));
}

static core_status fail_twice(const reading *r, core_yaml_place place, const char *key, core_yaml_place before)
{
    return fail_at(r, place, "the key \"%s\" is there twice, first at line %" PRId64 ", column %" PRId64, key,
                   before.line, before.column);
}

/* Copies the current key; fails where it is no scalar. */
static core_status copy_key(const reading *r, const char *example, const char **out)
{
    if (r->event.type != YAML_SCALAR_EVENT) {
        return fail_at(r, place_of(r->event.start_mark), "a key is a list or a mapping; expected lines such as \"%s\"",
                       example);
    }
    return copy_scalar(r, out);
}

static core_status read_pair(reading *r, int64_t index, core_yaml_place place)
{
    const core_yaml_form *form = r->form;
    const char *joined = form->pairs.joined != NULL ? form->pairs.joined[index] : NULL;
    char of[64];
    const char *key = form->pairs.names[index];
    core_yaml_pair pair = {.key = key};
    for (int64_t i = 0; i < r->document.pair_count; i++) {
        if (r->document.pairs[i].key == pair.key) {
            return fail_twice(r, place, key, r->document.pairs[i].place);
        }
    }
    CORE_TRY(next_event(r));
    pair.place = place_of(r->event.start_mark);
    if (r->event.type != YAML_SCALAR_EVENT) {
        const bool list = r->event.type == YAML_SEQUENCE_START_EVENT;
        if (list && joined != NULL) {
            return fail_at(r, pair.place, "\"%s\" wants one value, not a list; write %s: %s", key, key, joined);
        }
        return fail_at(r, pair.place, "\"%s\" wants one value, not a list or a mapping%s%s%s", key,
                       list && form->section != NULL ? "; a list of values stands below \"" : "",
                       list && form->section != NULL ? form->section : "", list && form->section != NULL ? "\"" : "");
    }
    snprintf(of, sizeof of, "\"%s\"", key);
    CORE_TRY(copy_value(r, of, &pair.value));
    r->document.pairs[r->document.pair_count++] = pair;
    return CORE_OK;
}

/* Reads the values of a list, after its start event. */
static core_status read_values(reading *r, core_yaml_list *list)
{
    char of[96];
    int64_t places = 0, values = 0; /* capacities */
    snprintf(of, sizeof of, "an entry of \"%s\"", list->key);
    CORE_TRY(next_event(r));
    while (r->event.type != YAML_SEQUENCE_END_EVENT) {
        const core_yaml_place place = place_of(r->event.start_mark);
        if (r->event.type != YAML_SCALAR_EVENT) {
            return fail_at(r, place, "\"%s\" wants a list of single values", list->key);
        }
        CORE_TRY(CORE_ARENA_GROW(r->arena, list->count, &places, "a list of a YAML file", list->places));
        CORE_TRY(CORE_ARENA_GROW(r->arena, list->count, &values, "a list of a YAML file", list->values));
        CORE_TRY(copy_value(r, of, &list->values[list->count]));
        list->places[list->count++] = place;
        CORE_TRY(next_event(r));
    }
    return CORE_OK;
}

/* Reads a key of the section, which is the current event, and its list. */
static core_status read_list(reading *r)
{
    const core_yaml_keys keys = r->form->lists;
    core_yaml_list list = {.place = place_of(r->event.start_mark)};
    char example[100];
    const char *key = "";
    snprintf(example, sizeof example, "  %s: [a, b]", keys.names[0]);
    CORE_TRY(copy_key(r, example, &key));
    const int64_t index = find_name(keys, key);
    if (index < 0) {
        return fail_unknown(r, list.place, keys, NULL, key);
    }
    list.key = keys.names[index];
    for (int64_t i = 0; i < r->document.list_count; i++) {
        if (r->document.lists[i].key == list.key) {
            return fail_twice(r, list.place, key, r->document.lists[i].place);
        }
    }
    CORE_TRY(next_event(r));
    if (r->event.type != YAML_SEQUENCE_START_EVENT) {
        return fail_at(r, list.place, "\"%s\" wants a list, such as [a, b]", key);
    }
    CORE_TRY(read_values(r, &list));
    if (list.count == 0) {
        return fail_at(r, list.place, "\"%s\" has no values", key);
    }
    r->document.lists[r->document.list_count++] = list;
    return CORE_OK;
}

static core_status read_section(reading *r, core_yaml_place place)
{
    const core_yaml_form *form = r->form;
    if (r->section.line > 0) {
        return fail_twice(r, place, form->section, r->section);
    }
    r->section = place;
    CORE_TRY(next_event(r));
    if (r->event.type != YAML_MAPPING_START_EVENT) {
        return fail_at(r, place, "\"%s\" wants lines such as \"  %s: [a, b]\"", form->section, form->lists.names[0]);
    }
    CORE_TRY(next_event(r));
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        CORE_TRY(read_list(r));
        CORE_TRY(next_event(r));
    }
    return CORE_OK;
}

/* Reads a key of the file, which is the current event, and its value. */
static core_status read_line(reading *r, const char *example)
{
    const core_yaml_form *form = r->form;
    const core_yaml_place place = place_of(r->event.start_mark);
    const char *key = "";
    CORE_TRY(copy_key(r, example, &key));
    const int64_t index = find_name(form->pairs, key);
    if (index >= 0) {
        return read_pair(r, index, place);
    }
    if (form->section != NULL && strcmp(key, form->section) == 0) {
        return read_section(r, place);
    }
    return fail_unknown(r, place, form->pairs, form->section, key);
}

static core_status read_mapping(reading *r)
{
    const core_yaml_form *form = r->form;
    char example[100];
    snprintf(example, sizeof example, "%s: VALUE", form->pairs.names[0]);
    if (r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        r->event.data.scalar.length == 0) {
        return CORE_OK; /* "---" and nothing else */
    }
    if (r->event.type != YAML_MAPPING_START_EVENT) {
        return fail_at(r, place_of(r->event.start_mark), "expected lines such as \"%s\"", example);
    }
    CORE_TRY(next_event(r));
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        CORE_TRY(read_line(r, example));
        CORE_TRY(next_event(r));
    }
    return CORE_OK;
}

static core_status read_document(reading *r)
{
    CORE_TRY(CORE_ARENA_NEW(r->arena, r->form->pairs.count, "the options of a YAML file", r->document.pairs));
    CORE_TRY(CORE_ARENA_NEW(r->arena, r->form->lists.count, "the lists of a YAML file", r->document.lists));
    CORE_TRY(next_event(r)); /* the stream's start */
    CORE_TRY(next_event(r));
    if (r->event.type == YAML_STREAM_END_EVENT) {
        return CORE_OK;
    }
    CORE_TRY(next_event(r));
    CORE_TRY(read_mapping(r));
    CORE_TRY(next_event(r)); /* the document's end */
    CORE_TRY(next_event(r));
    return r->event.type == YAML_STREAM_END_EVENT
               ? CORE_OK
               : fail_at(r, place_of(r->event.start_mark), "expected one YAML document, found another");
}

static core_status fail_size(const char *name, int64_t bytes)
{
    return core_fail(CORE_BAD_USAGE, "%s has %" PRId64 " bytes, expected at most %d: it is no configuration", name,
                     bytes, CORE_YAML_MAX_BYTES);
}

core_status core_yaml_parse_lists(const char *name, const char *text, const core_yaml_form *form, core_arena *arena,
                                  core_yaml_document *out)
{
    const size_t bytes = strlen(text), mark = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (bytes > CORE_YAML_MAX_BYTES) {
        return fail_size(name, (int64_t)bytes);
    }
    assert(form->pairs.count >= 1 && (form->section == NULL || form->lists.count >= 1));
    reading r = {.name = name, .text = text + mark, .form = form, .arena = arena};
    if (!yaml_parser_initialize(&r.parser)) {
        return core_fail(CORE_MACHINE, "not enough memory to read %s", name);
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.text, bytes - mark);
    core_status status = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    CORE_TRY(status);
    *out = r.document;
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

core_status core_yaml_read(const char *path, core_arena *arena, char **text)
{
    struct stat info;
    char *raw;
    size_t bytes;
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > CORE_YAML_MAX_BYTES) {
        return fail_size(path, (int64_t)info.st_size);
    }
    CORE_TRY(core_file_read(path, &raw, &bytes));
    core_status status = strlen(raw) == bytes
                             ? core_arena_strdup(arena, raw, text)
                             : core_fail(CORE_BAD_USAGE, "%s is not a text file in UTF-8: it has a zero byte", path);
    free(raw);
    return status;
}

core_status core_yaml_load(const char *path, core_yaml_keys keys, core_arena *arena, core_yaml_pair **pairs,
                           int64_t *count)
{
    char *text = NULL;
    CORE_TRY(core_yaml_read(path, arena, &text));
    return core_yaml_parse(path, text, keys, arena, pairs, count);
}

char *core_yaml_where(const char *path, const char *key, core_yaml_place place, char where[512])
{
    snprintf(where, 512, "%s, line %" PRId64 ", column %" PRId64 ": %s", path, place.line, place.column, key);
    return where;
}

/* ---- writing ---- */

/* Characters that need no quotes at any place of a YAML scalar; a ',' needs none where it is not the first. */
static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+";
static const char digits[] = "0123456789";

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcasecmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a reader may take a plain scalar for a number, a date or a time: the forms of YAML 1.1 and 1.2, and a little
 * around them ("1_000", "12:30:45", "0o17", ".", "1e3", "2001-01-01"). */
static bool looks_like_a_number(const char *text)
{
    const char *rest = text + strspn(text, "+-");
    const size_t decimal = strspn(rest, "0123456789_.:");
    const char *exponent = rest + decimal;
    const size_t year = strspn(rest, digits);
    if (rest[0] == '0' && rest[1] != '\0' && strchr("xXoObB", rest[1]) != NULL) {
        return rest[2 + strspn(rest + 2, "0123456789abcdefABCDEF_")] == '\0';
    }
    if (decimal > 0 && (*exponent == 'e' || *exponent == 'E')) {
        exponent++;
        exponent += strspn(exponent, "+-");
        exponent += strspn(exponent, "0123456789_");
    }
    return (decimal > 0 && *exponent == '\0') || (year == 4 && rest[4] == '-' && strspn(rest + 5, digits) > 0);
}

/* Whether the text needs no quotes: every YAML reader then takes it for a text. */
static bool is_plain(const char *text)
{
    static const char *const others[] = {"null", "true", "false", "yes",   "no",   "on", "off",
                                         "y",    "n",    ".inf",  "+.inf", ".nan", NULL};
    if (text[0] == '\0' || strchr(safe, text[0]) == NULL) {
        return false;
    }
    for (const char *c = text + 1; *c != '\0'; c++) {
        if (strchr(safe, *c) == NULL && *c != ',' && *c != '-' && !(*c == ':' && c[1] != '\0')) {
            return false;
        }
    }
    return !is_one_of(text, others) && !looks_like_a_number(text);
}

/* Characters that need no escape between quotes. A line end needs one: it would become a space. */
static bool is_printable(uint32_t c)
{
    const bool breaks_lines = c == 0x85 || c == 0x2028 || c == 0x2029;
    const bool c1 = c >= 0x7f && c < 0xa0;
    return c >= 0x20 && !breaks_lines && !c1 && c != 0xfeff && c != 0xfffe && c != 0xffff;
}

static void write_escaped(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (uint32_t c; *text != '\0';) {
        const int bytes = core_text_utf8(text, &c);
        if (c == '"' || c == '\\') {
            fprintf(stream, "\\%c", (char)c);
        } else if (is_printable(c)) {
            fwrite(text, 1, (size_t)bytes, stream);
        } else if (c == '\n' || c == '\t') {
            fputs(c == '\n' ? "\\n" : "\\t", stream);
        } else {
            fprintf(stream, c < 0x100 ? "\\x%02" PRIX32 : "\\U%08" PRIX32, c);
        }
        text += bytes;
    }
    fputc('"', stream);
}

core_status core_yaml_write_text(FILE *stream, const char *key, const char *value)
{
    bool escaped = false;
    for (const char *at = value; *at != '\0';) {
        uint32_t c;
        char text[CORE_SHOWN_BYTES];
        const int bytes = core_text_utf8(at, &c);
        if (bytes == 0) {
            return core_fail(CORE_BAD_USAGE, "%s: '%s' has the byte 0x%02x, expected a text in UTF-8; rename it", key,
                             core_text_shown(value, text), (unsigned char)*at);
        }
        escaped = escaped || !is_printable(c);
        at += bytes;
    }
    fprintf(stream, "%s: ", key);
    if (escaped) {
        write_escaped(stream, value);
    } else if (is_plain(value)) {
        fputs(value, stream);
    } else {
        fputc('\'', stream);
        for (const char *c = value; *c != '\0'; c++) {
            fputs(*c == '\'' ? "''" : (const char[]){*c, '\0'}, stream);
        }
        fputc('\'', stream);
    }
    fputc('\n', stream);
    return CORE_OK;
}

void core_yaml_write_integer(FILE *stream, const char *key, int64_t value)
{
    fprintf(stream, "%s: %" PRId64 "\n", key, value);
}

/* In YAML 1.1 a number with an exponent needs a point: "1e-05" would be a text. */
void core_yaml_write_real(FILE *stream, const char *key, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value) {
        snprintf(text, sizeof text, "%.17g", value);
    }
    const char *exponent = strchr(text, 'e');
    const int mantissa = exponent != NULL ? (int)(exponent - text) : (int)strlen(text);
    const bool pointed = exponent == NULL || strchr(text, '.') != NULL;
    fprintf(stream, "%s: %.*s%s%s\n", key, mantissa, text, pointed ? "" : ".0", text + mantissa);
}
