/* core/text.h - text from people, read strictly (numbers, durations, the nearest known name); and text for people.
 *
 * Every parser reads the whole text or fails, in the C locale, and names the option in its message (`name`, such as
 * "--epochs"). A failure is CORE_BAD_USAGE and leaves the output unchanged.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"

/* Decimal, in [min, max]; a sign is allowed, spaces and trailing characters are not. */
core_status core_text_int64(const char *name, const char *text, int64_t min, int64_t max, int64_t *out) CORE_MUST_USE;

/* Decimal or with exponent, finite, in [min, max]. */
core_status core_text_double(const char *name, const char *text, double min, double max, double *out) CORE_MUST_USE;

/* A time such as 30s, 10m, 1.5h or 2d, or 0; in seconds, at most 10 years. */
core_status core_text_seconds(const char *name, const char *text, double *out_s) CORE_MUST_USE;

/* The value as that many decimals show it: 0 where they are all 0, so that 0.00 has no sign. NAN stays. */
double core_text_rounded(double value, int decimals);

/* Writes the shortest decimal that reads back as the same number (of some powers of 2, one digit more), with an exponent
 * only below 1e-4 and from 1e16 on: "0.1", "100", "1e-05"; "NaN", "Inf" and "-Inf", which NumPy, pandas, R and gnuplot read. A float's text reads back as
 * that float, also when it is read as a double and rounded. Returns text. */
enum { CORE_REAL_BYTES = 32 };
const char *core_text_real(double value, char text[CORE_REAL_BYTES]);
const char *core_text_float(float value, char text[CORE_REAL_BYTES]);

/* Bytes of the well-formed UTF-8 character (RFC 3629) at `text`, which is terminated; *character (may be NULL) is its
 * code point. 0: none begins there, and *character is the byte. The terminator is a character of one byte. */
int core_text_utf8(const char *text, uint32_t *character);

/* The bytes of the first `most` characters of a text; *count: how many there are. A byte that is no UTF-8 is a character. */
size_t core_text_first(const char *text, int most, int *count);

/* How much of a text is escaped when it is shown: \xe9 is a byte that is no UTF-8; \x0a, \x1b, \u202e are characters
 * that control a terminal or reverse the direction of a line. */
typedef enum {
    CORE_TEXT_BYTES, /* only what is no UTF-8 */
    CORE_TEXT_LINES, /* controls too, other than newline and tab */
    CORE_TEXT_LINE   /* every control */
} core_text_escape;

/* Writes `text` as UTF-8 in which, by `escape`, no character controls the terminal. */
void core_text_show(FILE *stream, const char *text, core_text_escape escape);

/* How to write a character that has a meaning in the output language (Markdown, LaTeX). */
typedef struct {
    char plain;
    const char *written;
} core_text_change;

/* The same for such a language. `changes` ends with plain 0. */
void core_text_show_in(FILE *stream, const char *text, core_text_escape escape, const core_text_change *changes);

/* Writes "1 epoch", "3 epochs", "2 classes"; `noun` is the word for one. Returns text. CORE_COUNT gives the text a place,
 * which lasts to the end of the block around it. */
enum { CORE_COUNT_BYTES = 64 };
const char *core_text_count(int64_t n, const char *noun, char text[CORE_COUNT_BYTES]);
#define CORE_COUNT(n, noun) core_text_count(n, noun, (char[CORE_COUNT_BYTES]){0})

/* Writes a word of a shell command, in quotes where needed; nothing is escaped. */
void core_text_word(FILE *stream, const char *word);

/* core_text_show into the arena. CORE_MACHINE: memory. */
core_status core_text_escaped(const char *text, core_text_escape escape, core_arena *arena,
                              const char **out) CORE_MUST_USE;

/* Writes a text by `format` into the arena. CORE_MACHINE: memory. */
core_status core_text_format(core_arena *arena, const char **out, const char *format, ...) CORE_MUST_USE
    __attribute__((format(printf, 3, 4)));

/* Writes the character that begins at `text` to out as core_text_show does; returns how many bytes of text it was. */
enum { CORE_CHARACTER_BYTES = 8 };
int core_text_character(const char *text, core_text_escape escape, char out[CORE_CHARACTER_BYTES]);

/* Writes a field of CSV (RFC 4180), in double quotes where it must be. CORE_TEXT_LINE: for a reader that takes no line end
 * inside a field. */
void core_text_csv(FILE *stream, const char *text, core_text_escape escape);

/* fprintf for people: escapes its output as CORE_TEXT_LINE. Newlines at the two ends of `format` stay; where `format`
 * has other newlines, all newlines stay. */
void core_text_print(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes a text from people for use in a message: on one line, with control characters and bytes that are not UTF-8
 * escaped (\x1b), and cut with "..." where it is long. Returns out. */
enum { CORE_SHOWN_BYTES = 128 };
const char *core_text_shown(const char *text, char out[CORE_SHOWN_BYTES]);

/* The one of names (n) that is closest to `word` (by edits and swaps of neighbours, without case). NULL: none is
 * close (an edit for three letters), several are equally close, or the word is a part of several. */
const char *core_text_nearest(const char *word, const char *const *names, int64_t n);

/* Whether a (length characters) and b are the same but for case, hyphens and underscores. */
bool core_text_is_same_word(const char *a, size_t length, const char *b);

/* How a message about an unknown word ends: "; did you mean BEFORE NAME?" (without the blank) if a name is close, else
 * `otherwise`. */
enum { CORE_MEANT_BYTES = 128 };
const char *core_text_meant(const char *word, const char *const *names, int64_t n, const char *before,
                            const char *otherwise, char out[CORE_MEANT_BYTES]);

/* The same where the names are few enough to be listed: ", expected a, b or c; did you mean b?". */
enum { CORE_EXPECTED_BYTES = 384 };
const char *core_text_expected(const char *word, const char *const *names, int64_t n, char out[CORE_EXPECTED_BYTES]);

#endif
