/* Suite datasets/class_names: the names of the archives, for the data sets that have them. */
#include "datasets/class_names.h"

#include "tests/datasets/support.h"
#include "tests/golden/ds_cifar10.inc"

START_TEST(test_cifar10_has_the_names_of_its_archive)
{
    const char *const *names = ds_class_names("cifar10", 10);
    ck_assert_ptr_nonnull(names);
    for (int k = 0; k < 10; k++) {
        ck_assert_str_eq(names[k], GOLDEN_NAMES[k]);
    }
}
END_TEST

/* The archive's fine labels are in the order of the alphabet. */
START_TEST(test_cifar100_has_its_fine_names_in_order)
{
    const char *const *names = ds_class_names("cifar100", 100);
    ck_assert_ptr_nonnull(names);
    for (int k = 1; k < 100; k++) {
        ck_assert_msg(strcmp(names[k - 1], names[k]) < 0, "%s before %s", names[k - 1], names[k]);
    }
    ck_assert_str_eq(names[0], "apple");
    ck_assert_str_eq(names[47], "maple_tree");
    ck_assert_str_eq(names[99], "worm");
}
END_TEST

START_TEST(test_other_data_and_other_classes_have_none)
{
    ck_assert_ptr_eq(ds_class_names("shapes:20:5", 10), ds_class_names("shapes", 10));
    ck_assert_str_eq(ds_class_names("shapes", 10)[9], "dented triangle");
    ck_assert_ptr_null(ds_class_names("cifar10.h5", 10));
    ck_assert_ptr_null(ds_class_names("cifar1", 10));
    ck_assert_ptr_null(ds_class_names("", 10));
    ck_assert_ptr_null(ds_class_names("cifar10", 9));
    ck_assert_ptr_null(ds_class_names("cifar10", 100));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/class_names");
    ADD_CASE(suite, "oracle", test_cifar10_has_the_names_of_its_archive, test_cifar100_has_its_fine_names_in_order);
    ADD_CASE(suite, "limits", test_other_data_and_other_classes_have_none);
    return run_suite(suite);
}
