#include "datasets/glove.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"

typedef struct {
    const char *path;
    char *const *words;
    int64_t V, E;
    char *const **sorted; /* (V) addresses in `words`, sorted by word; the id is the address less `words` */
    float *rows;          /* (V, E) */
    bool *found;          /* (V) */
    int64_t line;         /* current line, from 1 */
} reading;

static int by_word(const void *a, const void *b)
{
    char *const *const *x = a, *const *const *y = b;
    return strcmp(**x, **y);
}

/* The id of a word; -1: not in the vocabulary. Padding and the unknown word are "" there, which is never found. */
static int64_t find_word(const reading *r, char *word)
{
    char *const *address = &word;
    char *const *const *found = bsearch(&address, r->sorted, (size_t)r->V, sizeof *r->sorted, by_word);
    return found != NULL && word[0] != '\0' ? *found - r->words : -1;
}

static bool is_separator(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Where line (end) ends without the separators behind it. */
static size_t trimmed(const char *line, size_t end)
{
    while (end > 0 && is_separator(line[end - 1])) {
        end--;
    }
    return end;
}

/* Where the last field of line (end), which is trimmed, begins. */
static size_t last_field(const char *line, size_t end)
{
    while (end > 0 && !is_separator(line[end - 1])) {
        end--;
    }
    return end;
}

/* Whether a field of that many bytes is meant as a number, nan and inf included. */
static bool is_number(const char *field, size_t bytes)
{
    const size_t sign = field[0] == '-' || field[0] == '+';
    bool digit = false;
    if (bytes == sign + 3 && (strncasecmp(field + sign, "nan", 3) == 0 || strncasecmp(field + sign, "inf", 3) == 0)) {
        return true;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (strchr("0123456789+-.eE", field[i]) == NULL) {
            return false;
        }
        digit = digit || (field[i] >= '0' && field[i] <= '9');
    }
    return digit;
}

/* Says how many numbers stand at the end of a line (end) that has not E of them behind a word. */
static core_status fail_width(const reading *r, const char *line, size_t end)
{
    int64_t fields = 0, numbers = 0;
    for (size_t at = end; (at = trimmed(line, at)) > 0; fields++) {
        const size_t stop = at;
        at = last_field(line, at);
        numbers += numbers == fields && is_number(line + at, stop - at);
    }
    if (numbers == fields && !is_separator(line[0])) {
        numbers--; /* the word is a number too */
    }
    if (r->line == 1 && fields == 2 && numbers == 1 && strspn(line, "0123456789 \t") == end) {
        return core_fail_about(
            CORE_BAD_FILE, r->path,
            ": line 1 is \"%.*s\", a header as word2vec and fastText write it, expected a word and %" PRId64
            " numbers; remove the line (tail -n +2)",
            (int)(end < 40 ? end : 40), line, r->E);
    }
    return core_fail_about(CORE_BAD_FILE, r->path,
                           ": line %" PRId64 " has %" PRId64 " numbers behind its word, expected %" PRId64
                           ", the width of the embedding (--embedding)",
                           r->line, numbers, r->E);
}

/* Reads the E numbers of a line, which end at a 0 byte. */
static core_status take_numbers(const reading *r, char *rest, float *row)
{
    for (int64_t i = 0; i < r->E;) {
        double value;
        const char *number = strsep(&rest, " \t");
        if (number[0] == '\0') {
            continue;
        }
        if (core_text_double("a number", number, -(double)FLT_MAX, (double)FLT_MAX, &value) != CORE_OK) {
            return core_fail_about(CORE_BAD_FILE, r->path, ": line %" PRId64 ": %s", r->line, core_error_message());
        }
        row[i++] = (float)value;
    }
    return CORE_OK;
}

/* Reads a line: the last E fields are the vector, the text before them is the word. A word may have spaces (". . .",
 * "at name@domain.com" of 840B), but if its last field is a number, the line has another width. */
static core_status take_line(reading *r, char *line, size_t bytes)
{
    const size_t end = trimmed(line, bytes);
    size_t begin = end;
    int64_t fields = 0;
    if (memchr(line, '\0', bytes) != NULL) {
        return core_fail_about(CORE_BAD_FILE, r->path,
                               ": line %" PRId64 " has a zero byte, expected a text file of word vectors", r->line);
    }
    for (; fields < r->E && (begin = trimmed(line, begin)) > 0; fields++) {
        begin = last_field(line, begin);
    }
    if (end == 0) {
        return CORE_OK; /* an empty line */
    }
    const size_t word_end = trimmed(line, begin), word_last = last_field(line, word_end);
    const bool wide = word_last > 0 && is_number(line + word_last, word_end - word_last);
    if (fields < r->E || begin == 0 || wide || !is_number(line + begin, strcspn(line + begin, " \t\r\n"))) {
        return fail_width(r, line, end);
    }
    line[word_end] = line[end] = '\0';
    int64_t id = find_word(r, line);
    if (id < 0 || r->found[id]) {
        return CORE_OK;
    }
    CORE_TRY(take_numbers(r, line + begin, r->rows + id * r->E));
    r->found[id] = true;
    return CORE_OK;
}

static core_status read_lines(reading *r, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t bytes;
    core_status status = CORE_OK;
    for (r->line = 1; status == CORE_OK && (bytes = getline(&line, &room, file)) >= 0; r->line++) {
        const size_t mark = r->line == 1 && bytes >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        status = take_line(r, line + mark, (size_t)bytes - mark);
    }
    if (status == CORE_OK && ferror(file)) {
        status = core_fail_about(core_file_read_code(errno), r->path, ": %s", strerror(errno));
    }
    free(line);
    return status;
}

static core_status read_file(reading *r)
{
    FILE *file = fopen(r->path, "rbe");
    if (file == NULL) {
        return core_fail_about(core_file_read_code(errno), r->path, ": %s, expected a text file of word vectors",
                               strerror(errno));
    }
    core_status status = read_lines(r, file);
    fclose(file);
    return status;
}

core_status ds_glove_load(const char *path, char *const *words, int64_t V, int64_t E, float *out, int64_t *out_found)
{
    reading r = {.path = path, .words = words, .V = V, .E = E};
    core_arena room = {0};
    core_status status = CORE_ARENA_NEW(&room, V, "the vocabulary", r.sorted);
    status = status == CORE_OK ? CORE_ARENA_NEW(&room, V * E, "the word vectors", r.rows) : status;
    status = status == CORE_OK ? CORE_ARENA_NEW(&room, V, "the word vectors", r.found) : status;
    if (status == CORE_OK) {
        for (int64_t id = 0; id < V; id++) {
            r.sorted[id] = &words[id];
        }
        qsort(r.sorted, (size_t)V, sizeof *r.sorted, by_word);
        status = read_file(&r);
    }
    if (status == CORE_OK) {
        *out_found = 0;
        for (int64_t id = 0; id < V; id++) {
            if (r.found[id]) {
                memcpy(out + id * E, r.rows + id * E, (size_t)E * sizeof *out);
                ++*out_found;
            }
        }
    }
    core_arena_free(&room);
    return status;
}
