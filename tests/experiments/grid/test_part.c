/* Parts of a grid: every cell in one part, as even as can be. */
#include "experiments/grid/part.h"

#include "recipes/cell_files.h"

#include <stdio.h>

#include "tests/recipes/support.h"

START_TEST(test_each_place_is_in_one_part)
{
    for (int64_t count = 1; count <= 9; count++) {
        int64_t sizes[9] = {0};
        for (int64_t place = 0; place < 31; place++) {
            int64_t owners = 0;
            for (int64_t number = 1; number <= count; number++) {
                const bool has = xp_part_has((xp_part){number, count}, place);
                owners += has;
                sizes[number - 1] += has;
            }
            ck_assert_int_eq(owners, 1);
        }
        ck_assert_int_eq(sizes[0], (31 + count - 1) / count);
        ck_assert_int_eq(sizes[count - 1], 31 / count);
    }
    ck_assert(xp_part_has((xp_part){0}, 7));
}
END_TEST

START_TEST(test_text_is_read_and_written)
{
    char text[XP_PART_BYTES];
    xp_part part = {.number = 9, .count = 9};
    EXPECT_OK(xp_part_parse("3/17", &part));
    ck_assert_int_eq(part.number, 3);
    ck_assert_int_eq(part.count, 17);
    ck_assert_str_eq(xp_part_text(part, text), "3/17");
    EXPECT_OK(xp_part_parse(NULL, &part));
    ck_assert_int_eq(part.count, 0);
    ck_assert_str_eq(xp_part_text(part, text), "");
}
END_TEST

START_TEST(test_wrong_text_is_refused)
{
    static const char *const wrong[] = {"",
                                        "3",
                                        "/4",
                                        "3/",
                                        "0/4",
                                        "5/4",
                                        "-1/4",
                                        "1/0",
                                        "1/4/2",
                                        "1 /4",
                                        "a/b",
                                        "1/1000001",
                                        "00000000000000000000000000000000000000000000000000001/4"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        xp_part part = {.number = 2, .count = 3};
        EXPECT_FAILURE(xp_part_parse(wrong[i], &part), CORE_BAD_USAGE, "expected I/N");
        ck_assert_int_eq(part.number, 2);
    }
}
END_TEST

START_TEST(test_configuration_is_marked)
{
    const char *marked, yaml[] = "data: shapes\n";
    EXPECT_OK(xp_part_mark((xp_part){2, 4}, yaml, &test_arena, &marked));
    ck_assert_str_eq(marked, "# part 2/4\ndata: shapes\n");
    EXPECT_OK(xp_part_mark((xp_part){0}, yaml, &test_arena, &marked));
    ck_assert_str_eq(marked, yaml);
}
END_TEST

/* Only its own mark: a file with another comment is the user's. */
START_TEST(test_a_users_comment_is_no_mark)
{
    static const struct {
        const char *line;
        bool own;
    } cases[] = {{"", true},
                 {"# part 2/4\n", true},
                 {"# part of my sweep\n", false},
                 {"# part 2\n", false},
                 {"# part 2/\n", false},
                 {"# part /4\n", false},
                 {"# part 2/4 mine\n", false},
                 {"# mine\n", false}};
    char folder[64], path[128];
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/cell.yaml", folder);
    for (int i = 0; i < LENGTH(cases); i++) {
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file, "%sdata: shapes\nmethod: ERM\n", cases[i].line);
        ck_assert_int_eq(fclose(file), 0);
        ck_assert_msg(xp_cell_config_kind.is_own(path, NULL) == cases[i].own, "%s", cases[i].line);
    }
    remove_test_folder(folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/part");
    ADD_CASE(suite, "oracle", test_each_place_is_in_one_part, test_text_is_read_and_written,
             test_configuration_is_marked, test_a_users_comment_is_no_mark);
    ADD_CASE(suite, "errors", test_wrong_text_is_refused);
    return run_suite(suite);
}
