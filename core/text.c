#include "core/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"

core_status core_text_int64(const char *name, const char *text, int64_t min, int64_t max, int64_t *out)
{
    const char *digits = text + (*text == '-' || *text == '+');
    size_t length = strlen(digits);
    if (length == 0 || strspn(digits, "0123456789") != length) {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" is not a whole number", name, text);
    }
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE || value < min || value > max) {
        return core_fail(CORE_BAD_USAGE, "%s: %s is not in %" PRId64 "..%" PRId64, name, text, min, max);
    }
    *out = value;
    return CORE_OK;
}

/* Takes a decimal with a point, whatever the user's locale says: none of strtod's spaces, inf, nan, 0x1p3. */
static bool read_decimal(const char *text, double *out)
{
    char *end = NULL;
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    *out = c != (locale_t)0 ? strtod_l(text, &end, c) : strtod(text, &end);
    if (c != (locale_t)0) {
        freelocale(c);
    }
    return end != text && *end == '\0' && text[strspn(text, "+-.0123456789eE")] == '\0';
}

core_status core_text_double(const char *name, const char *text, double min, double max, double *out)
{
    double value;
    if (!read_decimal(text, &value)) {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" is not a number", name, text);
    }
    if (!(value >= min && value <= max) || value - value != 0) {
        return core_fail(CORE_BAD_USAGE, "%s: %s is not in [%g, %g]", name, text, min, max);
    }
    *out = value + 0.0; /* -0 is 0 */
    return CORE_OK;
}

core_status core_text_seconds(const char *name, const char *text, double *out_s)
{
    static const char units[] = "smhd";
    static const double unit_s[] = {1, 60, 3600, 86400};
    const double max_s = 10 * 365.25 * 86400;
    char number[32] = {0};
    size_t length = strlen(text);
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;
    double seconds = 0;
    if (unit != NULL && length <= sizeof number) {
        memcpy(number, text, length - 1);
    }
    if (strcmp(text, "0") != 0 && !read_decimal(number, &seconds)) {
        return core_fail(CORE_BAD_USAGE, "%s: \"%s\" is not a time such as 30s, 10m, 1.5h or 2d", name, text);
    }
    seconds *= unit != NULL ? unit_s[unit - units] : 1;
    if (!(seconds >= 0 && seconds <= max_s)) {
        return core_fail(CORE_BAD_USAGE, "%s: %s is not between 0 and 10 years", name, text);
    }
    *out_s = seconds;
    return CORE_OK;
}

/* Writes the value with that many digits, less the zeros at their end. */
static void print_digits(double value, int digits, char text[CORE_REAL_BYTES])
{
    snprintf(text, CORE_REAL_BYTES, "%.*e", digits - 1, value);
    const int exponent = atoi(strchr(text, 'e') + 1);
    for (const char *last = strchr(text, 'e') - 1; digits > 1 && *last == '0'; last--) {
        digits--;
    }
    if (exponent >= -4 && exponent < 16) {
        const int decimals = digits - 1 - exponent;
        snprintf(text, CORE_REAL_BYTES, "%.*f", decimals > 0 ? decimals : 0, value);
    } else {
        snprintf(text, CORE_REAL_BYTES, "%.*e", digits - 1, value);
    }
}

static bool reads_back(const char *text, double value, bool is_float)
{
    const double read = strtod(text, NULL);
    return is_float ? (double)strtof(text, NULL) == value && (double)(float)read == value : read == value;
}

/* A number written with at most `few` digits (DBL_DIG, FLT_DIG) is recovered by printing `few` digits. So if the first
 * `few` digits read back as the same number, they are, without their last zeros, its shortest text. Subnormal numbers
 * have fewer digits. */
static const char *print_real(double value, bool is_float, char text[CORE_REAL_BYTES])
{
    if (isnan(value) || isinf(value)) {
        snprintf(text, CORE_REAL_BYTES, "%s", isnan(value) ? "NaN" : value > 0 ? "Inf" : "-Inf");
        return text;
    }
    const int few = is_float ? 6 : 15, enough = is_float ? 9 : 17;
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t users = c != (locale_t)0 ? uselocale(c) : (locale_t)0;
    int digits = (is_float ? isnormal((float)value) : isnormal(value)) ? few : 1;
    print_digits(value, digits, text);
    while (digits < enough && !reads_back(text, value, is_float)) {
        print_digits(value, ++digits, text);
    }
    if (c != (locale_t)0) {
        uselocale(users);
        freelocale(c);
    }
    return text;
}

double core_text_rounded(double value, int decimals) { return fabs(value) < 0.5 * pow(10.0, -decimals) ? 0.0 : value; }

const char *core_text_real(double value, char text[CORE_REAL_BYTES]) { return print_real(value, false, text); }

const char *core_text_float(float value, char text[CORE_REAL_BYTES]) { return print_real((double)value, true, text); }

enum { WORD_MAX = 64 };

static int smaller(int a, int b) { return a < b ? a : b; }

/* Edits (insert, delete, replace, swap of neighbours) from a to b, ignoring case: the optimal string alignment. */
static int edits(const char *a, const char *b)
{
    int m = (int)strlen(a), n = (int)strlen(b);
    int row[3][WORD_MAX + 1]; /* rows i - 2, i - 1, i of the table */
    for (int j = 0; j <= n; j++) {
        row[0][j] = j;
    }
    for (int i = 1; i <= m; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *two_before = row[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= n; j++) {
            int ai = tolower((unsigned char)a[i - 1]), bj = tolower((unsigned char)b[j - 1]);
            now[j] = smaller(before[j - 1] + (ai != bj), smaller(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && ai == tolower((unsigned char)b[j - 2]) && bj == tolower((unsigned char)a[i - 2])) {
                now[j] = smaller(now[j], two_before[j - 2] + 1);
            }
        }
    }
    return row[m % 3][n];
}

const char *core_text_nearest(const char *word, const char *const *names, int64_t n)
{
    const char *nearest = NULL;
    const int length = (int)strnlen(word, WORD_MAX + 1);
    int least = length < 3 ? 2 : 1 + length / 3; /* one more than the edits that can still be a typing error */
    int64_t wholes = 0;                          /* names of which the word is a part: "tex" of text and latex */
    for (int64_t i = 0; i < n && length <= WORD_MAX; i++) {
        if (strlen(names[i]) <= WORD_MAX) {
            int distance = edits(word, names[i]);
            wholes += strcasestr(names[i], word) != NULL;
            if (distance <= least && distance < (int)strlen(names[i])) {
                nearest = distance < least ? names[i] : NULL; /* of equals none is meant */
                least = distance;
            }
        }
    }
    return wholes > 1 && least > 0 ? NULL : nearest;
}

bool core_text_is_same_word(const char *a, size_t length, const char *b)
{
    const char *end = a + length;
    for (;;) {
        while (a < end && (*a == '-' || *a == '_')) {
            a++;
        }
        b += strspn(b, "-_");
        if (a == end || *b == '\0') {
            return a == end && *b == '\0';
        }
        if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++)) {
            return false;
        }
    }
}

const char *core_text_meant(const char *word, const char *const *names, int64_t n, const char *before,
                            const char *otherwise, char out[CORE_MEANT_BYTES])
{
    const char *nearest = core_text_nearest(word, names, n);
    if (nearest != NULL) {
        snprintf(out, CORE_MEANT_BYTES, "; did you mean %s%s?", before, nearest);
    } else {
        snprintf(out, CORE_MEANT_BYTES, "%s", otherwise);
    }
    return out;
}

const char *core_text_expected(const char *word, const char *const *names, int64_t n, char out[CORE_EXPECTED_BYTES])
{
    char meant[CORE_MEANT_BYTES];
    int used = 0;
    for (int64_t i = 0; i < n && used < CORE_EXPECTED_BYTES; i++) {
        const char *before = i == 0 ? ", expected " : i == n - 1 ? " or " : ", ";
        used += snprintf(out + used, (size_t)(CORE_EXPECTED_BYTES - used), "%s%s", before, names[i]);
    }
    if (used < CORE_EXPECTED_BYTES) {
        snprintf(out + used, (size_t)(CORE_EXPECTED_BYTES - used), "%s",
                 core_text_meant(word, names, n, "", "", meant));
    }
    return out;
}

int core_text_utf8(const char *text, uint32_t *character)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;
    const unsigned first = at[0];
    const int bytes = first < 0x80                    ? 1
                      : first >= 0xf0 && first < 0xf8 ? 4
                      : first >= 0xe0 && first < 0xf0 ? 3
                      : first >= 0xc0 && first < 0xe0 ? 2
                                                      : 0;
    uint32_t code = bytes < 2 ? first : first & (0x7fu >> bytes);
    bool well_formed = bytes > 0;
    for (int i = 1; i < bytes && well_formed; i++) {
        well_formed = (at[i] & 0xc0) == 0x80;
        code = code << 6 | (at[i] & 0x3f);
    }
    well_formed = well_formed && code >= least[bytes] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (character != NULL) {
        *character = well_formed ? code : first;
    }
    return well_formed ? bytes : 0;
}

/* Characters that move the cursor, end a line, or reverse the direction of the text after them. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

int core_text_character(const char *text, core_text_escape escape, char out[CORE_CHARACTER_BYTES])
{
    uint32_t character;
    const int length = core_text_utf8(text, &character);
    const bool stays = escape == CORE_TEXT_BYTES || !is_control(character) ||
                       (escape == CORE_TEXT_LINES && (character == '\n' || character == '\t'));
    if (length > 0 && stays) {
        snprintf(out, CORE_CHARACTER_BYTES, "%.*s", length, text);
    } else {
        snprintf(out, CORE_CHARACTER_BYTES, character < 0x100 ? "\\x%02" PRIx32 : "\\u%04" PRIx32, character & 0xffff);
    }
    return length > 0 ? length : 1;
}

size_t core_text_first(const char *text, int most, int *count)
{
    size_t bytes = 0;
    for (*count = 0; text[bytes] != '\0' && *count < most; ++*count) {
        const int more = core_text_utf8(text + bytes, NULL);
        bytes += more > 0 ? (size_t)more : 1;
    }
    return bytes;
}

const char *core_text_shown(const char *text, char out[CORE_SHOWN_BYTES])
{
    enum { LONGEST = 100 }; /* bytes before the last character */
    size_t used = 0;
    while (*text != '\0' && used < LONGEST) {
        text += core_text_character(text, CORE_TEXT_LINE, out + used);
        used += strlen(out + used);
    }
    snprintf(out + used, CORE_SHOWN_BYTES - used, "%s", *text != '\0' ? "..." : "");
    return out;
}

void core_text_show_in(FILE *stream, const char *text, core_text_escape escape, const core_text_change *changes)
{
    char shown[CORE_CHARACTER_BYTES];
    while (*text != '\0') {
        text += core_text_character(text, escape, shown);
        for (const char *c = shown; *c != '\0'; c++) {
            const core_text_change *change = changes;
            while (change->plain != '\0' && change->plain != *c) {
                change++;
            }
            fputs(change->plain != '\0' ? change->written : (const char[]){*c, '\0'}, stream);
        }
    }
}

void core_text_show(FILE *stream, const char *text, core_text_escape escape)
{
    core_text_show_in(stream, text, escape, &(const core_text_change){'\0', NULL});
}

void core_text_csv(FILE *stream, const char *text, core_text_escape escape)
{
    static const core_text_change doubled[] = {{'"', "\"\""}, {'\0', NULL}};
    const char *quote = strpbrk(text, ",\"\n") != NULL ? "\"" : "";
    fputs(quote, stream);
    core_text_show_in(stream, text, escape, doubled);
    fputs(quote, stream);
}

core_status core_text_escaped(const char *text, core_text_escape escape, core_arena *arena, const char **out)
{
    core_builder shown;
    CORE_TRY(core_builder_begin(&shown, "a text"));
    core_text_show(shown.stream, text, escape);
    return core_builder_end(&shown, CORE_OK, arena, out);
}

core_status core_text_format(core_arena *arena, const char **out, const char *format, ...)
{
    core_builder text;
    va_list values;
    CORE_TRY(core_builder_begin(&text, "a text"));
    va_start(values, format);
    vfprintf(text.stream, format, values);
    va_end(values);
    return core_builder_end(&text, CORE_OK, arena, out);
}

void core_text_print(FILE *stream, const char *format, ...)
{
    char *text = NULL;
    va_list values;
    va_start(values, format);
    const int length = vasprintf(&text, format, values);
    va_end(values);
    if (length < 0) {
        return;
    }
    const size_t bytes = strlen(format);
    size_t before = strspn(format, "\n"), behind = 0;
    while (behind + before < bytes && format[bytes - 1 - behind] == '\n') {
        behind++;
    }
    const bool has_lines = memchr(format + before, '\n', bytes - before - behind) != NULL;
    char *body = text + before;
    body[(size_t)length - before - behind] = '\0';
    fprintf(stream, "%.*s", (int)before, format);
    core_text_show(stream, body, has_lines ? CORE_TEXT_LINES : CORE_TEXT_LINE);
    fputs(format + bytes - behind, stream);
    free(text);
}

const char *core_text_count(int64_t n, const char *noun, char text[CORE_COUNT_BYTES])
{
    const size_t length = strlen(noun);
    const char *ending = n == 1 ? "" : length > 0 && noun[length - 1] == 's' ? "es" : "s";
    snprintf(text, CORE_COUNT_BYTES, "%" PRId64 " %.36s%s", n, noun, ending);
    return text;
}

void core_text_word(FILE *stream, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=+-@%";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        fputs(word, stream);
        return;
    }
    fputc('\'', stream);
    for (; *word != '\0'; word++) {
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, stream);
    }
    fputc('\'', stream);
}
