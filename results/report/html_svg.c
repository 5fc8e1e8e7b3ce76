/* An SVG file as a part of a page. It is read as the XML that a plotting program writes: tags and quoted attributes. */
#include <stdbool.h>
#include <string.h>

#include "results/report/html.h"

typedef struct {
    FILE *out;
    const char *id, *about;
    bool is_root; /* the next tag is the <svg> itself */
} svg_copy;

/* A piece of the file. */
typedef struct {
    const char *begin;
    size_t length;
} piece;

static bool begins_with(piece name, const char *word)
{
    const size_t length = strlen(word);
    return name.length >= length && memcmp(name.begin, word, length) == 0;
}

static bool is_called(piece name, const char *word) { return name.length == strlen(word) && begins_with(name, word); }

/* The value in double quotes, with "url(#" pointing to the ids as they are in the page. */
static void copy_value(const svg_copy *copy, piece value)
{
    for (size_t i = 0; i < value.length; i++) {
        const char *at = value.begin + i;
        fputs(*at == '"' ? "&quot;" : (const char[]){*at, '\0'}, copy->out);
        if (*at == '#' && i >= 4 && memcmp(at - 4, "url(", 4) == 0) {
            fprintf(copy->out, "%s-", copy->id);
        }
    }
}

static void copy_attribute(const svg_copy *copy, piece name, piece value)
{
    const bool refers = is_called(name, "href") || is_called(name, "xlink:href"), inside = value.begin[0] == '#';
    const bool is_height = is_called(name, "height"); /* the root's follows from its width and its view box */
    if (begins_with(name, "xml") || begins_with(name, "on") || (refers && !inside) || (is_height && copy->is_root)) {
        return;
    }
    const bool is_id = is_called(name, "id");
    const piece rest = {value.begin + 1, value.length - 1};
    fprintf(copy->out, " %.*s=\"", refers ? 4 : (int)name.length, refers ? "href" : name.begin);
    fprintf(copy->out, "%s%s%s", refers ? "#" : "", refers || is_id ? copy->id : "", refers || is_id ? "-" : "");
    copy_value(copy, refers ? rest : value);
    fputc('"', copy->out);
}

static piece word_at(const char *at, const char *until) { return (piece){at, strcspn(at, until)}; }

/* Copies the tag at `at` ("<...>"); returns what is behind it, NULL if it does not end. */
static const char *copy_tag(svg_copy *copy, const char *at)
{
    static const char blank[] = " \t\r\n";
    const piece name = word_at(at, " \t\r\n>");
    fwrite(name.begin, 1, name.length, copy->out);
    for (at += name.length + strspn(at + name.length, blank); *at != '\0' && *at != '>' && *at != '/';) {
        const piece attribute = word_at(at, " \t\r\n=/>");
        at += attribute.length + strspn(at + attribute.length, blank);
        const char *quote = at + 1 + (*at == '=' ? strspn(at + 1, blank) : 0);
        const char *end = *at == '=' && (*quote == '"' || *quote == '\'') ? strchr(quote + 1, *quote) : NULL;
        if (end == NULL) {
            return NULL;
        }
        copy_attribute(copy, attribute, (piece){quote + 1, (size_t)(end - quote - 1)});
        at = end + 1 + strspn(end + 1, blank);
    }
    if (copy->is_root) {
        res_html(copy->out, " role=\"img\" aria-label=\"%s\"", copy->about);
        copy->is_root = false;
    }
    const piece rest = word_at(at, ">");
    fwrite(rest.begin, 1, rest.length, copy->out);
    fputc('>', copy->out);
    return at[rest.length] == '>' ? at + rest.length + 1 : NULL;
}

/* What is behind the next `mark`; NULL if there is none. */
static const char *behind(const char *at, const char *mark)
{
    const char *found = strstr(at, mark);
    return found != NULL ? found + strlen(mark) : NULL;
}

/* The end of what no page needs at `at`, such as a comment; `at` itself where a tag begins. */
static const char *skip(const char *at)
{
    static const char *const left_out[][2] = {{"<!--", "-->"},      {"<![CDATA[", "]]>"},     {"<!", ">"},
                                              {"<?", "?>"},         {"<script", "</script>"}, {"<title>", "</title>"},
                                              {"<desc>", "</desc>"}};
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        if (strncmp(at, left_out[i][0], strlen(left_out[i][0])) == 0) {
            return behind(at, left_out[i][1]);
        }
    }
    return at;
}

/* The <svg> of the root; NULL if there is none. */
static const char *find_root(const char *at)
{
    while (at != NULL && (at = strchr(at, '<')) != NULL && strncmp(at, "<svg", 4) != 0) {
        const char *next = skip(at);
        at = next == at ? at + 1 : next;
    }
    return at;
}

/* What is behind the last </svg>. */
static const char *find_end(const char *at)
{
    const char *end = NULL;
    while (at != NULL && (at = behind(at, "</svg>")) != NULL) {
        end = at;
    }
    return end;
}

core_status res_html_svg(FILE *out, const char *svg, const char *id, const char *about)
{
    svg_copy copy = {.out = out, .id = id, .about = about, .is_root = true};
    const char *at = find_root(svg), *end = find_end(at);
    while (at != NULL && at < end) {
        const piece text = word_at(at, "<");
        fwrite(text.begin, 1, text.length, out);
        at += text.length;
        const char *tag = at < end ? skip(at) : at;
        at = tag == at && at < end ? copy_tag(&copy, at) : tag;
    }
    return at != NULL && end != NULL
               ? CORE_OK
               : core_fail(CORE_BAD_FILE, "%s: is no whole SVG picture, expected <svg>...</svg>", id);
}
