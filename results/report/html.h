/* results/report/html.h - writes HTML: the markup is a format string of the program, and all inserted values are
 * escaped.
 *
 * Errors stay in the stream: the caller checks it when closing it.
 */
#ifndef RESULTS_REPORT_HTML_H
#define RESULTS_REPORT_HTML_H

#include <stdio.h>

/* fprintf whose %s are escaped, for text and for quoted values of attributes: & < > " ' become references; bytes that
 * are not UTF-8, and control characters other than tab and newline, are escaped as core_text_show does. Conversions: %s
 * %d %lld %.2f %+.2f %.*f %%; a number that is not known (NAN) is an en dash. */
void res_html(FILE *out, const char *markup, ...) __attribute__((format(printf, 2, 3)));

/* Writes `text`, or its first `bytes` bytes, which must end at the end of a character, escaped as above. */
void res_html_text(FILE *out, const char *text);
void res_html_bytes(FILE *out, const char *text, size_t bytes);

/* Writes an id that only this text has: letters, digits, '.' and '-' as they are, other bytes as _xx in hexadecimal. It
 * needs no escape, also in a link. */
void res_html_id(FILE *out, const char *text);

#endif
