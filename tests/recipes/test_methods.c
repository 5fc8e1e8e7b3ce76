#include "recipes/methods.h"

#include "recipes/paper.h"
#include "tests/recipes/support.h"

/* The rows of the paper's Tables 1, 2 and 5, written out a second time. */
static const xp_method rows[] = {
    {"ERM", IMB_CROSS_ENTROPY, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_PLAIN, false, IMB_WEIGHTS_PLAIN, ""},
    {"Focal", IMB_FOCAL, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_PLAIN, false, IMB_WEIGHTS_PLAIN, ""},
    {"LDAM", IMB_CROSS_ENTROPY, XP_LDAM_MARGINS, NN_HEAD_COSINE, IMB_PLAIN, false, IMB_WEIGHTS_PLAIN, ""},
    {"CB-RS", IMB_CROSS_ENTROPY, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_RESAMPLE, false, IMB_WEIGHTS_EFFECTIVE, ""},
    {"CB-RW", IMB_CROSS_ENTROPY, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_REWEIGHT, false, IMB_WEIGHTS_EFFECTIVE, ""},
    {"CB-Focal", IMB_FOCAL, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_REWEIGHT, false, IMB_WEIGHTS_EFFECTIVE, ""},
    {"RS", IMB_CROSS_ENTROPY, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_RESAMPLE, false, IMB_WEIGHTS_INVERSE, ""},
    {"RW", IMB_CROSS_ENTROPY, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_REWEIGHT, false, IMB_WEIGHTS_INVERSE, ""},
    {"HG-DRS", IMB_HINGE, XP_UNIFORM_MARGIN, NN_HEAD_COSINE, IMB_RESAMPLE, true, IMB_WEIGHTS_EFFECTIVE, ""},
    {"LDAM-HG-DRS", IMB_HINGE, XP_LDAM_MARGINS, NN_HEAD_COSINE, IMB_RESAMPLE, true, IMB_WEIGHTS_EFFECTIVE, ""},
    {"M-DRW", IMB_CROSS_ENTROPY, XP_UNIFORM_MARGIN, NN_HEAD_COSINE, IMB_REWEIGHT, true, IMB_WEIGHTS_EFFECTIVE, ""},
    {"ERM-DRS", IMB_CROSS_ENTROPY, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_RESAMPLE, true, IMB_WEIGHTS_EFFECTIVE, ""},
    {"ERM-DRW", IMB_CROSS_ENTROPY, XP_NO_MARGIN, NN_HEAD_LINEAR, IMB_REWEIGHT, true, IMB_WEIGHTS_EFFECTIVE, ""},
    {"LDAM-DRW", IMB_CROSS_ENTROPY, XP_LDAM_MARGINS, NN_HEAD_COSINE, IMB_REWEIGHT, true, IMB_WEIGHTS_EFFECTIVE, ""},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

START_TEST(test_row_is_the_papers)
{
    const xp_method *wanted = &rows[_i], *method = xp_method_find(wanted->name);
    ck_assert_ptr_nonnull(method);
    ck_assert_str_eq(xp_method_names[_i], wanted->name);
    ck_assert_int_eq(method->loss, wanted->loss);
    ck_assert_int_eq(method->margin, wanted->margin);
    ck_assert_int_eq(method->head, wanted->head);
    ck_assert_int_eq(method->rebalance, wanted->rebalance);
    ck_assert_int_eq(method->deferred, wanted->deferred);
    ck_assert_int_eq(method->weights, wanted->weights);
}
END_TEST

START_TEST(test_every_row_of_the_papers_tables_is_a_method)
{
    for (int t = 0; res_paper_numbers[t] != NULL; t++) {
        const res_paper_table *table = res_paper_find(res_paper_numbers[t]);
        for (int64_t r = 0; r < table->row_count; r++) {
            ck_assert_msg(xp_method_find(table->rows[r]) != NULL, "Table %s: %s", table->number, table->rows[r]);
        }
    }
}
END_TEST

START_TEST(test_names_end_after_the_rows)
{
    ck_assert_ptr_null(xp_method_names[ROWS]);
    ck_assert_ptr_null(xp_method_find("ERM-DRX"));
    ck_assert_ptr_null(xp_method_find("erm"));
}
END_TEST

START_TEST(test_list_has_a_line_a_method)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    xp_methods_print(stream);
    fclose(stream);
    for (int i = 0; i < ROWS; i++) {
        char line[32];
        snprintf(line, sizeof line, "\n%s ", rows[i].name);
        ck_assert_msg(strstr(text, line) != NULL, "no line for %s", rows[i].name);
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/methods");
    TCase *table = tcase_create("oracle");
    tcase_add_loop_test(table, test_row_is_the_papers, 0, ROWS);
    suite_add_tcase(suite, table);
    ADD_CASE(suite, "limits", test_every_row_of_the_papers_tables_is_a_method, test_names_end_after_the_rows,
             test_list_has_a_line_a_method);
    return run_suite(suite);
}
