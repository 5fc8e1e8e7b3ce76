/* Suite results/report/html: what is put into a page stays text, and an id is one text's. */
#include "results/report/html.h"

#include <math.h>

#include "tests/support.h"

/* What `write` puts into a stream; free with free(). */
#define WRITTEN(call)                                                                                                  \
    __extension__({                                                                                                    \
        char *text_ = NULL;                                                                                            \
        size_t bytes_ = 0;                                                                                             \
        FILE *out = open_memstream(&text_, &bytes_);                                                                   \
        ck_assert_ptr_nonnull(out);                                                                                    \
        call;                                                                                                          \
        fclose(out);                                                                                                   \
        text_;                                                                                                         \
    })

#define ck_assert_written(call, expected)                                                                              \
    do {                                                                                                               \
        char *written = WRITTEN(call);                                                                                 \
        ck_assert_str_eq(written, expected);                                                                           \
        free(written);                                                                                                 \
    } while (0)

START_TEST(test_text_becomes_references)
{
    ck_assert_written(res_html_text(out, "<a href=\"x\">&amp; 'b'</a>\t\n"),
                      "&lt;a href=&quot;x&quot;&gt;&amp;amp; &#39;b&#39;&lt;/a&gt;\t\n");
    ck_assert_written(res_html(out, "<td id=\"%s\">%s</td>", "a\"b", "<script>"),
                      "<td id=\"a&quot;b\">&lt;script&gt;</td>");
}
END_TEST

START_TEST(test_utf8_stays_and_other_bytes_are_shown_escaped)
{
    ck_assert_written(res_html_text(out, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
                      "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    ck_assert_written(res_html_text(out, "a\xff"
                                         "b\xc3"),
                      "a\\xffb\\xc3");                                        /* no start, cut off */
    ck_assert_written(res_html_text(out, "\xc0\xaf"), "\\xc0\\xaf");          /* '/' in two bytes */
    ck_assert_written(res_html_text(out, "\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* half a pair of UTF-16 */
    ck_assert_written(res_html_text(out, "\x01\x7f\r\xc2\x85\xe2\x80\xae"), "\\x01\\x7f\\x0d\\x85\\u202e");
    ck_assert_written(res_html_bytes(out, "\xe2\x82\xac`", 3), "\xe2\x82\xac");
}
END_TEST

/* Every text of two bytes: what is written is read back as HTML and is the text, or the mark of what is no text. */
START_TEST(test_no_byte_escapes)
{
    for (unsigned a = 1; a < 256; a++) {
        const char text[] = {(char)a, 'x', '\0'};
        char *written = WRITTEN(res_html_text(out, text));
        ck_assert_ptr_null(strpbrk(written, "<>\"'"));
        const char *reference = strchr(written, '&');
        ck_assert(reference == NULL || strchr(reference, ';') != NULL);
        ck_assert_str_eq(written + strlen(written) - 1, "x");
        free(written);
    }
}
END_TEST

START_TEST(test_numbers)
{
    ck_assert_written(res_html(out, "%d %lld %.2f %.*f 100%%", -3, (long long)INT64_MAX, 2.385, 1, 7.25),
                      "-3 9223372036854775807 2.38 7.2 100%");
    ck_assert_written(res_html(out, "%+.2f %+.2f %+.2f", 1.5, -1.5, 0.0), "+1.50 \xe2\x88\x92"
                                                                          "1.50 0.00");
    ck_assert_written(res_html(out, "%.2f %+.2f", (double)NAN, (double)NAN), "\xe2\x80\x93 \xe2\x80\x93");
}
END_TEST

/* No two texts have one id, and an id needs no escape. */
START_TEST(test_ids_differ)
{
    static const char *const texts[] = {"a/b", "a_2fb", "a_b", "a b", "a-b", "a.b", "\xc3\xa9", "e", "<\">"};
    enum { TEXTS = sizeof texts / sizeof texts[0] };
    char *ids[TEXTS];
    for (int i = 0; i < TEXTS; i++) {
        ids[i] = WRITTEN(res_html_id(out, texts[i]));
        ck_assert_uint_eq(strspn(ids[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"),
                          strlen(ids[i]));
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(ids[i], ids[j]);
        }
    }
    for (int i = 0; i < TEXTS; i++) {
        free(ids[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/html");
    ADD_CASE(suite, "escape", test_text_becomes_references, test_utf8_stays_and_other_bytes_are_shown_escaped,
             test_no_byte_escapes, test_numbers, test_ids_differ);
    return run_suite(suite);
}
