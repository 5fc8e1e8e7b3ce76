#include "datasets/tokenizer.h"

#include <string.h>

#include "core/text.h"

/* The tokenizer's classes of characters. */
typedef enum { SEPARATOR, LETTER, APOSTROPHE, MARK } kind_of_character;

enum { LONGEST_RUN = 3 };

static bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

static kind_of_character classify_ascii(char c)
{
    if (is_ascii_letter(c) || (c >= '0' && c <= '9')) {
        return LETTER;
    }
    return c == '\'' ? APOSTROPHE : c > ' ' && c < 0x7f ? MARK : SEPARATOR;
}

/* Bytes of the character that begins with `lead`, in well-formed UTF-8. */
static int64_t character_bytes(unsigned char lead) { return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4; }

/* The kind of the character at `at` and where the next one begins. */
static kind_of_character classify(const ds_tokenizer *t, int64_t at, int64_t *next)
{
    const unsigned char *c = (const unsigned char *)t->text + at;
    int64_t left = t->bytes - at, length = character_bytes(c[0]);
    *next = at + (length < left ? length : left);
    if (c[0] < 0x80) {
        return classify_ascii((char)c[0]);
    }
    if (c[0] == 0xc2 && left >= 2) { /* U+0080..U+00BF */
        return c[1] == 0xb4 ? APOSTROPHE : SEPARATOR;
    }
    if (c[0] == 0xe2 && left >= 3 && (c[1] == 0x80 || (c[1] == 0x81 && c[2] < 0xb0))) { /* U+2000..U+206F */
        return c[1] == 0x80 && c[2] == 0x99 ? APOSTROPHE : SEPARATOR;
    }
    return LETTER;
}

static int64_t skip_spaces(const ds_tokenizer *t, int64_t at)
{
    while (at < t->bytes && (t->text[at] == ' ' || t->text[at] == '\t' || t->text[at] == '\n' || t->text[at] == '\r')) {
        at++;
    }
    return at;
}

/* Where a "<br />" that begins at `at` ends; `at` itself where none does. */
static int64_t skip_line_break(const ds_tokenizer *t, int64_t at)
{
    if (t->text[at] != '<') {
        return at;
    }
    int64_t p = skip_spaces(t, at + 1);
    if (p + 2 > t->bytes || lower(t->text[p]) != 'b' || lower(t->text[p + 1]) != 'r') {
        return at;
    }
    p = skip_spaces(t, p + 2);
    if (p < t->bytes && t->text[p] == '/') {
        p = skip_spaces(t, p + 1);
    }
    return p < t->bytes && t->text[p] == '>' ? p + 1 : at;
}

/* Bytes of the suffix of rule 3 in word (n), whose last apostrophe is at `apostrophe`; 0: none, or nothing before it.
 */
static int64_t suffix_bytes(const char *word, int64_t n, int64_t apostrophe)
{
    static const char *const suffixes[] = {"s", "m", "d", "re", "ve", "ll"};
    int64_t tail = n - apostrophe - 1;
    if (tail == 1 && word[n - 1] == 't' && apostrophe >= 2 && word[apostrophe - 1] == 'n') {
        return 3;
    }
    for (int i = 0; i < (int)(sizeof suffixes / sizeof suffixes[0]); i++) {
        if ((int64_t)strlen(suffixes[i]) == tail && memcmp(word + apostrophe + 1, suffixes[i], (size_t)tail) == 0) {
            return tail + 1;
        }
    }
    return 0;
}

/* Copies the word from t->at to `end`, in lower case and with plain apostrophes; returns its bytes. `place` is the
 * place of the last apostrophe, in the text and in the word; -1: there is none. */
static int64_t copy_word(const ds_tokenizer *t, int64_t end, char *word, int64_t place[2])
{
    int64_t n = 0;
    place[0] = place[1] = -1;
    for (int64_t at = t->at, next; at < end; at = next) {
        if (classify(t, at, &next) == APOSTROPHE) {
            place[0] = at;
            place[1] = n;
            word[n++] = '\'';
        } else {
            for (; at < next; at++) {
                word[n++] = lower(t->text[at]);
            }
        }
    }
    return n;
}

/* Where the word that begins at t->at ends. */
static int64_t word_end(const ds_tokenizer *t)
{
    int64_t at = t->at, next;
    while (at < t->bytes) {
        kind_of_character kind = classify(t, at, &next);
        int64_t beyond;
        if (kind == APOSTROPHE ? next >= t->bytes || classify(t, next, &beyond) != LETTER : kind != LETTER) {
            break;
        }
        at = next;
    }
    return at;
}

static int64_t take_word(ds_tokenizer *t, char *word)
{
    if (t->at < t->after) { /* the suffix that was split off */
        int64_t place[2], n = copy_word(t, t->after, word, place);
        t->at = t->after;
        return n;
    }
    int64_t place[2], end = word_end(t), n = copy_word(t, end, word, place);
    int64_t suffix = place[0] >= 0 ? suffix_bytes(word, n, place[1]) : 0;
    if (suffix > 0) {
        int64_t begin = n - suffix;            /* the suffix's place in the word */
        t->at = place[0] - (place[1] - begin); /* and in the text: its part before the apostrophe is ASCII */
        t->after = end;
        return begin;
    }
    t->at = end;
    return n;
}

/* Takes a run of the same mark and keeps its first three. */
static int64_t take_mark(ds_tokenizer *t, kind_of_character kind, char *word)
{
    char mark = kind == APOSTROPHE ? '\'' : t->text[t->at];
    int64_t n = 0, next;
    while (t->at < t->bytes && classify(t, t->at, &next) == kind && (kind == APOSTROPHE || t->text[t->at] == mark) &&
           (n == 0 || skip_line_break(t, t->at) == t->at)) {
        if (n < LONGEST_RUN) {
            word[n++] = mark;
        }
        t->at = next;
    }
    return n;
}

bool ds_tokenizer_next(ds_tokenizer *t, char *word, int64_t *word_bytes)
{
    while (t->at < t->bytes) {
        int64_t next, end = t->at < t->after ? t->at : skip_line_break(t, t->at);
        kind_of_character kind = classify(t, t->at, &next);
        if (end > t->at) {
            t->at = end;
        } else if (t->at < t->after || kind == LETTER) {
            *word_bytes = take_word(t, word);
            return true;
        } else if (kind == SEPARATOR) {
            t->at = next;
        } else {
            *word_bytes = take_mark(t, kind, word);
            return true;
        }
    }
    return false;
}

int64_t ds_utf8_find_error(const char *text, int64_t bytes)
{
    for (int64_t at = 0, length; at < bytes; at += length) {
        char ended[5] = ""; /* the next character, terminated */
        memcpy(ended, text + at, bytes - at < 4 ? (size_t)(bytes - at) : 4);
        length = core_text_utf8(ended, NULL);
        if (length == 0) {
            return at;
        }
    }
    return -1;
}
