#include "recipes/filter.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

typedef enum { BOTH, EITHER, NEITHER, EQUAL, UNEQUAL, BELOW, ABOVE, PART, ANYWHERE } node_kind;

struct xp_filter {
    node_kind kind;
    const xp_filter *left, *right; /* right NULL for NEITHER */
    int64_t axis;                  /* of a comparison */
    const char *value;             /* of a term */
    const bool *bare;              /* (axes) whether ANYWHERE compares the axis */
    int64_t axes;
};

/* The state of the parser. */
typedef struct {
    const char *text, *at;
    const xp_axis *axes;
    int64_t count;
    const bool *bare;
    core_arena *arena;
    int depth, nodes; /* nesting of parentheses and '!', and all nodes: limits protect the stack */
} reader;

enum { MAX_DEPTH = 200, MAX_NODES = 10000 };

static const char special[] = " \t\n&|!()=<>~\"'";

static int column(const reader *r, const char *at) { return (int)(at - r->text) + 1; }

static void skip_spaces(reader *r) { r->at += strspn(r->at, " \t\n"); }

static bool take(reader *r, const char *token)
{
    skip_spaces(r);
    size_t length = strlen(token);
    if (strncmp(r->at, token, length) != 0) {
        return false;
    }
    r->at += length;
    return true;
}

static core_status fail_here(const reader *r, const char *expected)
{
    if (*r->at == '\0') {
        return core_fail(CORE_BAD_USAGE, "filter '%s': it ends at column %d, expected %s", r->text, column(r, r->at),
                         expected);
    }
    return core_fail(CORE_BAD_USAGE, "filter '%s': '%c' at column %d, expected %s", r->text, *r->at, column(r, r->at),
                     expected);
}

void xp_filter_write_value(FILE *stream, const char *value)
{
    const char *quote = value[strcspn(value, special)] != '\0' ? "\"" : "";
    fputs(quote, stream);
    for (; *value != '\0'; value++) {
        fputs(*value == '"' ? "\"\"" : (const char[]){*value, '\0'}, stream);
    }
    fputs(quote, stream);
}

static core_status read_word(reader *r, const char *expected, const char **start, char **out)
{
    skip_spaces(r);
    const char *begin = r->at;
    const char quote = *begin == '"' || *begin == '\'' ? *begin : '\0', *end = begin;
    if (quote == '\0') {
        end += strcspn(begin, special);
    }
    while (quote != '\0' && *end == quote) { /* a part between quotes; two quotes in a row are one in the value */
        end = strchr(end + 1, quote);
        if (end == NULL) {
            return core_fail(CORE_BAD_USAGE, "filter '%s': the quote at column %d is never closed", r->text,
                             column(r, begin));
        }
        end++;
    }
    const size_t most = (size_t)(end - begin);
    size_t length = 0;
    char *word;
    CORE_TRY(CORE_ARENA_NEW(r->arena, most + 1, "a filter", word));
    for (const char *at = begin + (quote != '\0'); at < end - (quote != '\0'); at++) {
        word[length++] = *at;
        at += quote != '\0' && *at == quote;
    }
    if (length == 0) {
        return fail_here(r, expected);
    }
    r->at = end;
    *start = begin;
    *out = word;
    return CORE_OK;
}

static core_status make(reader *r, xp_filter node, xp_filter **out)
{
    if (++r->nodes > MAX_NODES) {
        return core_fail(CORE_BAD_USAGE, "filter: more than %d terms and operators", MAX_NODES);
    }
    xp_filter *copy;
    CORE_TRY(CORE_ARENA_NEW(r->arena, 1, "a filter", copy));
    node.bare = r->bare;
    node.axes = r->count;
    *copy = node;
    *out = copy;
    return CORE_OK;
}

static bool to_number(const char *text, double *out)
{
    return core_text_double("", text, -DBL_MAX, DBL_MAX, out) == CORE_OK;
}

static bool same(const char *a, const char *b)
{
    double x, y;
    return strcmp(a, b) == 0 || (to_number(a, &x) && to_number(b, &y) && x == y);
}

/* Fails for an unknown name; `meant` ends the message. */
static core_status fail_unknown(const reader *r, const char *what, const char *word, const char *at, const char *meant)
{
    return core_fail(CORE_BAD_USAGE, "filter '%s': no axis %s'%s' at column %d%s", r->text, what, word, column(r, at),
                     meant);
}

static core_status find_axis(const reader *r, const char *word, const char *at, int64_t *out)
{
    const char **names;
    char meant[CORE_MEANT_BYTES];
    CORE_TRY(CORE_ARENA_NEW(r->arena, r->count, "the axes of a filter", names));
    for (int64_t i = 0; i < r->count; i++) {
        names[i] = r->axes[i].name;
        if (strcmp(names[i], word) == 0) {
            *out = i;
            return CORE_OK;
        }
    }
    return fail_unknown(r, "", word, at, core_text_meant(word, names, r->count, "", "", meant));
}

/* Checks that a bare word is a value of some axis. Otherwise it is an error of the user, such as an axis without a
 * value. */
static core_status check_bare(const reader *r, const char *word, const char *at)
{
    char meant[CORE_MEANT_BYTES] = "";
    for (int64_t i = 0; i < r->count; i++) {
        const xp_axis *axis = &r->axes[i];
        for (int64_t v = 0; axis->bare && v < axis->count; v++) {
            if (same(axis->values[v], word)) {
                return CORE_OK;
            }
        }
        if (axis->bare && meant[0] == '\0') {
            core_text_meant(word, axis->values, axis->count, "", "", meant);
        }
    }
    return fail_unknown(r, "has the value ", word, at, meant);
}

/* Checks that a word is one of the axis' choices, or, as an older tailbit's, the value of an item. */
static core_status check_choice(const reader *r, const xp_axis *axis, const char *word, const char *at)
{
    char meant[CORE_MEANT_BYTES];
    int64_t choices = 0;
    bool known = axis->choices == NULL || (axis->automatic && strcmp(word, "auto") == 0);
    for (; axis->choices != NULL && axis->choices[choices] != NULL; choices++) {
        known = known || strcmp(axis->choices[choices], word) == 0;
    }
    for (int64_t v = 0; v < axis->count; v++) {
        known = known || strcmp(axis->values[v], word) == 0;
    }
    return known ? CORE_OK
                 : core_fail(CORE_BAD_USAGE, "filter '%s': %s has no value '%s' at column %d%s", r->text, axis->name,
                             word, column(r, at), core_text_meant(word, axis->choices, choices, "", "", meant));
}

static core_status read_term(reader *r, xp_filter **out)
{
    static const struct {
        const char *token;
        node_kind kind;
    } operators[] = {{"!=", UNEQUAL}, {"=", EQUAL}, {"<", BELOW}, {">", ABOVE}, {"~", PART}};
    char *word;
    const char *at, *value_at;
    double number;
    CORE_TRY(read_word(r, "a term such as method=ERM, '!' or '('", &at, &word));
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (!take(r, operators[i].token)) {
            continue;
        }
        xp_filter node = {.kind = operators[i].kind};
        CORE_TRY(find_axis(r, word, at, &node.axis));
        CORE_TRY(read_word(r, "a value", &value_at, &word));
        if ((node.kind == BELOW || node.kind == ABOVE) && !to_number(word, &number)) {
            return core_fail(CORE_BAD_USAGE, "filter '%s': '%s' at column %d is no number, expected one after %s",
                             r->text, word, column(r, value_at), operators[i].token);
        }
        if (node.kind == EQUAL || node.kind == UNEQUAL) {
            CORE_TRY(check_choice(r, &r->axes[node.axis], word, value_at));
        }
        node.value = word;
        return make(r, node, out);
    }
    CORE_TRY(check_bare(r, word, at));
    return make(r, (xp_filter){.kind = ANYWHERE, .value = word}, out);
}

static core_status read_or(reader *r, xp_filter **out);

static core_status read_not(reader *r, xp_filter **out)
{
    if (++r->depth > MAX_DEPTH) {
        return core_fail(CORE_BAD_USAGE, "filter: more than %d '!' and '(' inside each other", MAX_DEPTH);
    }
    core_status status;
    if (take(r, "!")) {
        xp_filter *inner;
        status = read_not(r, &inner);
        status = status == CORE_OK ? make(r, (xp_filter){.kind = NEITHER, .left = inner}, out) : status;
    } else if (take(r, "(")) {
        status = read_or(r, out);
        if (status == CORE_OK && !take(r, ")")) {
            status = fail_here(r, "'&', '|' or ')'");
        }
    } else {
        status = read_term(r, out);
    }
    r->depth--;
    return status;
}

static core_status read_and(reader *r, xp_filter **out)
{
    CORE_TRY(read_not(r, out));
    while (take(r, "&")) {
        xp_filter *left = *out, *right;
        CORE_TRY(read_not(r, &right));
        CORE_TRY(make(r, (xp_filter){.kind = BOTH, .left = left, .right = right}, out));
    }
    return CORE_OK;
}

static core_status read_or(reader *r, xp_filter **out)
{
    CORE_TRY(read_and(r, out));
    while (take(r, "|")) {
        xp_filter *left = *out, *right;
        CORE_TRY(read_and(r, &right));
        CORE_TRY(make(r, (xp_filter){.kind = EITHER, .left = left, .right = right}, out));
    }
    return CORE_OK;
}

core_status xp_filter_parse(const char *text, const xp_axis *axes, int64_t count, core_arena *arena, xp_filter **out)
{
    bool *bare;
    CORE_TRY(CORE_ARENA_NEW(arena, count, "a filter", bare));
    for (int64_t i = 0; i < count; i++) {
        bare[i] = axes[i].bare;
    }
    reader r = {.text = text, .at = text, .axes = axes, .count = count, .bare = bare, .arena = arena};
    xp_filter *filter;
    CORE_TRY(read_or(&r, &filter));
    skip_spaces(&r);
    if (*r.at != '\0') {
        return fail_here(&r, "'&' or '|'");
    }
    *out = filter;
    return CORE_OK;
}

static bool compare(const xp_filter *f, const char *value)
{
    double x, y;
    if (value == NULL) {
        return f->kind == UNEQUAL;
    }
    switch (f->kind) {
    case EQUAL:
        return same(value, f->value);
    case UNEQUAL:
        return !same(value, f->value);
    case PART:
        return strstr(value, f->value) != NULL;
    default:
        return to_number(value, &x) && to_number(f->value, &y) && (f->kind == BELOW ? x < y : x > y);
    }
}

bool xp_filter_passes(const xp_filter *f, const char *const *values)
{
    if (f == NULL) {
        return true;
    }
    switch (f->kind) {
    case BOTH:
        return xp_filter_passes(f->left, values) && xp_filter_passes(f->right, values);
    case EITHER:
        return xp_filter_passes(f->left, values) || xp_filter_passes(f->right, values);
    case NEITHER:
        return !xp_filter_passes(f->left, values);
    case ANYWHERE:
        for (int64_t i = 0; i < f->axes; i++) {
            if (f->bare[i] && values[i] != NULL && same(values[i], f->value)) {
                return true;
            }
        }
        return false;
    default:
        return compare(f, values[f->axis]);
    }
}
