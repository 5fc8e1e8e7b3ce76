/* results/report/html.h - writing HTML: markup is a format of the program's own, and everything that is put in is escaped.
 *
 * A stream's errors stay in the stream: whoever opened it looks when closing it.
 */
#ifndef RESULTS_REPORT_HTML_H
#define RESULTS_REPORT_HTML_H

#include <stdio.h>

/* fprintf whose %s are escaped, for text and for quoted values of attributes: & < > " ' become references; what is no
 * UTF-8, and control characters other than tab and newline, are shown as core_text_show does. Conversions: %s %d %lld
 * %.2f %+.2f %.*f %%; a number that is not known (NAN) is an en dash. */
void res_html(FILE *out, const char *markup, ...) __attribute__((format(printf, 2, 3)));

/* Writes `text`, or `bytes` bytes of it, which end no character in its middle, escaped as above. */
void res_html_text(FILE *out, const char *text);
void res_html_bytes(FILE *out, const char *text, size_t bytes);

/* Writes an id that only this text has: letters, digits, '.' and '-' as they are, other bytes as _xx in hexadecimal. It
 * needs no escape, in a link neither. */
void res_html_id(FILE *out, const char *text);

#endif
