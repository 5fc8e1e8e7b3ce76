/* Suite results/report/page: runs at their limits, parts that do not fit, and the same bytes for the same parts. What the
 * page looks like is for tests/browser/. */
#include "results/report/page.h"

#include <math.h>
#include <unistd.h>

#include "core/file.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static res_report *create(void)
{
    res_report *report = NULL;
    ck_assert_int_eq(res_report_create("a & b", "tailbit test", &report), CORE_OK);
    return report;
}

static core_status add(res_report *report, const char *name, const res_run *run)
{
    res_run loaded = *run; /* only loading gives it a digest */
    loaded.digest = "00112233445566778899aabbccddeeff";
    return res_report_add_run(report, &(res_report_run){.name = name, .command = "tailbit train < it", .run = &loaded});
}

/* The page; free with free(). */
static char *page_of(res_report *report)
{
    char path[] = "/tmp/tailbit-report-XXXXXX", *text = NULL;
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    ck_assert_int_eq(res_report_write(report, path), CORE_OK);
    ck_assert_int_eq(core_file_read(path, &text, NULL), CORE_OK);
    unlink(path);
    res_report_destroy(report);
    return text;
}

static void ck_assert_has(const char *page, const char *words)
{
    ck_assert_msg(strstr(page, words) != NULL, "the page lacks: %s", words);
}

START_TEST(test_run_is_shown_as_often_as_it_was_added)
{
    core_arena arena = {0};
    const res_run run = sample_run(&arena, 1), part = sample_unfinished(&arena, 2, 2);
    res_report *report = create();
    ck_assert_int_eq(add(report, "x/one.h5", &run), CORE_OK);
    ck_assert_int_eq(add(report, "two.h5", &part), CORE_OK);
    ck_assert_int_eq(res_report_runs(report), 2);
    char *page = page_of(report);
    ck_assert_has(page, "<h1>a &amp; b</h1>\n<p class=\"summary\">1 finished run, 1 unfinished</p>");
    ck_assert_has(page, "<details class=\"run\" id=\"run-x_2fone.h5\">");
    ck_assert_has(page, "<a href=\"#run-x_2fone.h5\">x/one.h5</a>");
    ck_assert_has(page, "<tr><th scope=\"row\">two.h5</th><td>unfinished</td><td>2 of 3 epochs</td></tr>");
    ck_assert_has(page, "<code>tailbit train &lt; it</code>");
    ck_assert_has(page, "<p>1 finished run: 1 method (LDAM-DRW) with 1 seed (7).");
    free(page);
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_page_of_made_up_data_says_so)
{
    core_arena arena = {0};
    for (int made_up = 0; made_up < 2; made_up++) {
        res_run run = sample_run(&arena, 1);
        run.data.name = made_up ? "made_up_like_inaturalist" : "inaturalist";
        res_report *report = create();
        ck_assert_int_eq(add(report, "one.h5", &run), CORE_OK);
        char *page = page_of(report);
        const char *said = strstr(page, "<code>made_up_</code> are made up, to show that everything works, not which "
                                        "method is better.");
        ck_assert(made_up ? said != NULL : said == NULL);
        free(page);
    }
    core_arena_free(&arena);
}
END_TEST

/* One epoch that was not evaluated, one class, no start of the program. */
START_TEST(test_least_run)
{
    core_arena arena = {0};
    res_run run = sample_unfinished(&arena, 3, 1);
    double unknown[SAMPLE_K] = {(double)NAN};
    run.epochs.K = run.margins.K = run.split.K = 1;
    run.epochs.test_error = run.epochs.test_class_error = run.epochs.train_class_error = unknown;
    run.epochs.train_error = unknown;
    run.timing.seconds = unknown;
    run.env = (res_env){0};
    run.margins.target = unknown;
    res_report *report = create();
    ck_assert_int_eq(add(report, "x.h5", &run), CORE_OK);
    char *page = page_of(report);
    ck_assert_has(page, "error \xe2\x80\x93 %</span>");
    ck_assert_ptr_null(strstr(page, ">nan"));
    ck_assert_ptr_null(strstr(page, " nan"));
    free(page);
    core_arena_free(&arena);
}
END_TEST

/* Of many classes, which are in bands, the counts have the names. */
START_TEST(test_classes_have_their_names)
{
    enum { MANY = 100 };
    static double errors[MANY];
    static int64_t counts[MANY];
    static const char *const few[SAMPLE_K] = {"<a>", "b", "c", "d"};
    core_arena arena = {0};
    res_run run = sample_unfinished(&arena, 6, 1), finished = sample_run(&arena, 6);
    run.data.name = "cifar100";
    run.epochs.K = run.margins.K = run.split.K = MANY;
    run.epochs.test_class_error = run.epochs.train_class_error = errors;
    run.margins.target = run.margins.final_class_min = errors;
    run.epochs.has_validation = false;
    run.split.class_counts = counts;
    finished.split.class_name = few;
    res_report *report = create();
    ck_assert_int_eq(add(report, "x.h5", &run), CORE_OK);
    ck_assert_int_eq(add(report, "y.h5", &finished), CORE_OK);
    char *page = page_of(report);
    ck_assert_has(page, "<p class=\"numbers\">apple 0, aquarium_fish 0, ");
    ck_assert_has(page, ">apple</text>");
    ck_assert_has(page, "<tr><th scope=\"row\">&lt;a&gt;</th>");
    free(page);
    core_arena_free(&arena);
}
END_TEST

/* Numbers that no run has, as a damaged file may hold them, are shown and do no harm. */
START_TEST(test_absurd_numbers)
{
    core_arena arena = {0};
    res_run run = sample_run(&arena, 4);
    int64_t counts[SAMPLE_K] = {INT64_MAX, INT64_MAX, INT64_MIN, -1}, confusion[SAMPLE_K * SAMPLE_K];
    double errors[SAMPLE_E * SAMPLE_K];
    for (int i = 0; i < SAMPLE_K * SAMPLE_K; i++) {
        confusion[i] = i % 2 == 0 ? INT64_MAX : INT64_MIN;
    }
    for (int i = 0; i < SAMPLE_E * SAMPLE_K; i++) {
        errors[i] = i % 3 == 0 ? (double)INFINITY : i % 3 == 1 ? -1e300 : 1e300;
    }
    run.split.class_counts = counts;
    run.final.confusion = confusion;
    run.epochs.test_error = run.epochs.train_error = run.epochs.lr = errors;
    run.epochs.test_class_error = run.epochs.train_class_error = errors;
    run.timing.seconds = errors;
    res_report *report = create();
    ck_assert_int_eq(add(report, "x.h5", &run), CORE_OK);
    free(page_of(report));
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_parts_that_do_not_fit_add_nothing)
{
    core_arena arena = {0};
    res_report *report = create();
    for (int part = 0; part < 6; part++) {
        res_run run = sample_run(&arena, 5);
        int64_t *const wrong[] = {&run.split.K, &run.epochs.K,  &run.timing.E,
                                  &run.final.K, &run.margins.K, &run.final.best.epoch};
        *wrong[part] += 2;
        ck_assert_int_eq(add(report, "x.h5", &run), CORE_BAD_FILE);
        ck_assert_ptr_nonnull(strstr(core_error_message(), "x.h5"));
    }
    ck_assert_int_eq(res_report_runs(report), 0);
    char *page = page_of(report);
    ck_assert_has(page, "No run can be shown.");
    ck_assert_ptr_null(strstr(page, "x.h5"));
    free(page);
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_missing_is_said_once_for_each_thing)
{
    res_report *report = create();
    ck_assert_int_eq(res_report_add_missing(report, "Table <9>", "`tailbit grid x` makes & it"), CORE_OK);
    ck_assert_int_eq(res_report_add_missing(report, "Table <9>", "and a lone ` stays"), CORE_OK);
    char *page = page_of(report);
    ck_assert_has(
        page, "<dt>Table &lt;9&gt;</dt><dd><code>tailbit grid x</code> makes &amp; it</dd><dd>and a lone ` stays</dd>");
    free(page);
}
END_TEST

/* A picture is one address, whatever stands in it, and has a name. */
START_TEST(test_figure_is_an_image_of_its_own)
{
    res_report *report = create();
    const res_picture picture = {
        .name = "figure3", .title = "Error & \"more\"", .caption = "By `epoch`.", .not_drawn = "ERM & RS"};
    res_report_add_figure(report, &picture, 1, "<svg a=\"#\">%\n\xc3\xa9'</svg>");
    char *page = page_of(report);
    ck_assert_has(page, "<figure class=\"drawn\" id=\"figure-figure3\">");
    ck_assert_has(page,
                  "<img alt=\"Error &amp; &quot;more&quot;\" src=\"data:image/svg+xml,%3Csvg%20a=%22%23%22%3E%25%0A%C3"
                  "%A9%27%3C/svg%3E\">\n");
    ck_assert_has(page, "<figcaption>By <code>epoch</code>. Not plotted: ERM &amp; RS.</figcaption>");
    free(page);
}
END_TEST

/* What is left out is not there, and nothing leads to it. */
START_TEST(test_parts_can_be_left_out)
{
    core_arena arena = {0};
    const res_run run = sample_run(&arena, 6);
    res_report *report = create();
    EXPECT_FAILURE(
        res_report_leave_out(report, "files,runz"), CORE_BAD_USAGE,
        "'runz' is no part of the report, expected methods, tables, figures, facts, missing, files or runs; did you "
        "mean runs?");
    ck_assert(res_report_shows(report, "files"));
    EXPECT_OK(res_report_leave_out(report, "facts,runs"));
    ck_assert(res_report_shows(report, "methods") && !res_report_shows(report, "runs"));
    ck_assert_int_eq(add(report, "a.h5", &run), CORE_OK);
    res_report_add_file(report, RES_REPORT_FAILED, "b", "why");
    char *page = page_of(report);
    ck_assert_has(page, "<section id=\"files\">");
    ck_assert_ptr_null(strstr(page, "run-a.h5"));
    ck_assert_ptr_null(strstr(page, "How it was made"));
    free(page);
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_same_parts_same_bytes)
{
    char *pages[2];
    for (int i = 0; i < 2; i++) {
        core_arena arena = {0};
        const res_run a = sample_run(&arena, 6);
        res_report *report = create();
        ck_assert_int_eq(add(report, "a.h5", &a), CORE_OK);
        core_arena_free(&arena); /* the report keeps nothing of it */
        core_arena other = {0};
        const res_run b = sample_run(&other, 7);
        ck_assert_int_eq(add(report, "b.h5", &b), CORE_OK);
        core_arena_free(&other);
        pages[i] = page_of(report);
    }
    ck_assert_str_eq(pages[0], pages[1]);
    free(pages[0]);
    free(pages[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/page");
    ADD_CASE(suite, "limits", test_run_is_shown_as_often_as_it_was_added, test_page_of_made_up_data_says_so,
             test_least_run, test_classes_have_their_names, test_absurd_numbers,
             test_missing_is_said_once_for_each_thing, test_figure_is_an_image_of_its_own, test_parts_can_be_left_out);
    ADD_CASE(suite, "errors", test_parts_that_do_not_fit_add_nothing);
    ADD_CASE(suite, "determinism", test_same_parts_same_bytes);
    return run_suite(suite);
}
