#include "datasets/glove.h"

#include <errno.h>
#include <float.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

typedef struct {
    const char *path;
    char *const *words;
    int64_t V, E;
    char *const *
        *sorted;  /* (V) addresses of the words, sorted by the words; an id is what an address is past `words` */
    float *rows;  /* (V, E) */
    bool *found;  /* (V) */
    int64_t line; /* under way, from 1 */
} reading;

static int by_word(const void *a, const void *b)
{
    char *const *const *x = a, *const *const *y = b;
    return strcmp(**x, **y);
}

/* The id of a word, -1: not in the vocabulary. Padding and the unknown word have no word that a line could begin with.
 */
static int64_t find_word(const reading *r, char *word)
{
    char *const *address = &word;
    char *const *const *found = bsearch(&address, r->sorted, (size_t)r->V, sizeof *r->sorted, by_word);
    return found != NULL && word[0] != '\0' ? *found - r->words : -1;
}

/* Reads the numbers of a line; row NULL: only counts them. */
static core_status take_numbers(const reading *r, char *rest, float *row)
{
    int64_t count = 0;
    for (char *number; (number = strsep(&rest, " \t\r\n")) != NULL;) {
        double value;
        if (number[0] == '\0') {
            continue;
        }
        if (row != NULL && count < r->E) {
            if (core_text_double("a number", number, -(double)FLT_MAX, (double)FLT_MAX, &value) != CORE_OK) {
                return core_fail(CORE_BAD_FILE, "%s: line %lld: %s", r->path, (long long)r->line, core_error_message());
            }
            row[count] = (float)value;
        }
        count++;
    }
    if (count != r->E) {
        return core_fail(CORE_BAD_FILE,
                         "%s: line %lld has %lld numbers behind its word, expected %lld, the width of "
                         "the embedding",
                         r->path, (long long)r->line, (long long)count, (long long)r->E);
    }
    return CORE_OK;
}

static core_status take_line(reading *r, char *line)
{
    char *rest = line;
    char *word = strsep(&rest, " \t\r\n");
    if (word[0] == '\0' && (rest == NULL || rest[strspn(rest, " \t\r\n")] == '\0')) {
        return CORE_OK; /* an empty line */
    }
    int64_t id = find_word(r, word);
    bool wanted = id >= 0 && !r->found[id];
    CORE_TRY(take_numbers(r, rest, wanted ? r->rows + id * r->E : NULL));
    if (wanted) {
        r->found[id] = true;
    }
    return CORE_OK;
}

static core_status read_lines(reading *r, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    core_status status = CORE_OK;
    for (r->line = 1; status == CORE_OK && getline(&line, &room, file) >= 0; r->line++) {
        status = take_line(r, line);
    }
    if (status == CORE_OK && ferror(file)) {
        status = core_fail(CORE_BAD_FILE, "%s: %s", r->path, strerror(errno));
    }
    free(line);
    return status;
}

static core_status read_file(reading *r)
{
    FILE *file = fopen(r->path, "rbe");
    if (file == NULL) {
        return core_fail(CORE_BAD_FILE, "%s: %s, expected a text file of word vectors", r->path, strerror(errno));
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
