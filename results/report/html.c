#include "results/report/html.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/text.h"

static const char dash[] = "\xe2\x80\x93", minus[] = "\xe2\x88\x92";

void res_html_bytes(FILE *out, const char *text, size_t bytes)
{
    static const char plain[] = "&<>\"'";
    static const char *const references[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    char shown[CORE_CHARACTER_BYTES];
    for (const char *end = text + bytes; text < end;) {
        const char *found = strchr(plain, *text);
        text += core_text_character(text, CORE_TEXT_LINES, shown);
        fputs(found != NULL ? references[found - plain] : shown, out);
    }
}

void res_html_text(FILE *out, const char *text) { res_html_bytes(out, text, strlen(text)); }

static void write_real(FILE *out, double value, int decimals, bool sign)
{
    if (isnan(value)) {
        fputs(dash, out);
    } else if (sign && core_text_rounded(value, decimals) != 0.0) { /* the minus sign has the width of a plus */
        fprintf(out, "%s%.*f", signbit(value) ? minus : "+", decimals, fabs(value));
    } else {
        fprintf(out, "%.*f", decimals, sign ? 0.0 : value);
    }
}

void res_html(FILE *out, const char *markup, ...)
{
    va_list values;
    va_start(values, markup);
    for (const char *at = markup; *at != '\0'; at++) {
        if (*at != '%') {
            fputc(*at, out);
            continue;
        }
        bool sign = *++at == '+';
        int decimals = 6;
        at += sign;
        if (*at == '.') {
            decimals = at[1] == '*' ? va_arg(values, int) : at[1] - '0';
            at += 2;
        }
        if (*at == 's') {
            res_html_text(out, va_arg(values, const char *));
        } else if (*at == 'f') {
            write_real(out, va_arg(values, double), decimals, sign);
        } else if (*at == 'd') {
            fprintf(out, "%d", va_arg(values, int));
        } else if (strncmp(at, "lld", 3) == 0) {
            fprintf(out, "%lld", va_arg(values, long long));
            at += 2;
        } else {
            assert(*at == '%');
            fputc('%', out);
        }
    }
    va_end(values);
}

static bool stands_in_id(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

void res_html_id(FILE *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (stands_in_id(*at)) {
            fputc(*at, out);
        } else {
            fprintf(out, "_%02x", (unsigned)*at);
        }
    }
}
