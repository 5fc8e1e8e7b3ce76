#include "datasets/pack.h"

#include "datasets/picture_verify.h"
#include "tests/datasets/picture_support.h"

static char folder[64], data[PATH_BYTES], place[PATH_BYTES], path[PATH_BYTES];
static ds_data_report report;
static int64_t defects;
static char last[2048];

static void setup(void)
{
    make_test_folder(folder);
    path_of(data, "%s/data", folder);
    path_of(place, "%s/data/photos", folder);
    write_photos(folder, 4);
    EXPECT_OK(import_photos(folder, (ds_picture_options){0}, &report));
    defects = 0;
}

static void teardown(void) { remove_test_folder(folder); }

static void keep_defect(void *context, const char *line)
{
    (void)context;
    snprintf(last, sizeof last, "%s", line);
    defects++;
}

static core_status verify(void) { return ds_picture_verify("photos", data, keep_defect, NULL, &report); }

START_TEST(test_read_decodes_every_picture)
{
    ds_pack pack;
    ds_pack_reader reader = {0};
    EXPECT_OK(ds_pack_open(place, &pack));
    ck_assert_int_eq(pack.count, 12);
    for (int64_t i = pack.count - 1; i >= 0; i--) { /* any order */
        EXPECT_OK(ds_pack_read(&pack, i, &reader));
        ck_assert_int_eq(reader.picture.height, pack.pictures[i].height);
        ck_assert_int_eq(reader.picture.width, pack.pictures[i].width);
    }
    ds_pack_reader_free(&reader);
    ds_pack_close(&pack);
}
END_TEST

START_TEST(test_verify_finds_each_planted_defect)
{
    ds_pack pack;
    EXPECT_OK(verify());
    ck_assert_int_eq(report.train_count, 8);
    ck_assert_str_eq(report.where, place);
    EXPECT_OK(ds_pack_open(place, &pack));
    const ds_packed_picture *planted[] = {&pack.pictures[1], &pack.pictures[6], &pack.pictures[11]};
    for (int i = 0; i < LENGTH(planted); i++) {
        char pack_file[CORE_PATH_BYTES];
        EXPECT_OK(ds_pack_path(place, planted[i]->pack, pack_file));
        poke(pack_file, planted[i]->offset + planted[i]->bytes / 2, 0x5a);
    }
    EXPECT_FAILURE(verify(), CORE_BAD_FILE, "3 defects in 12 pictures");
    ck_assert_int_eq(defects, 3);
    ck_assert_ptr_nonnull(strstr(last, planted[2]->path));
    ck_assert_ptr_nonnull(strstr(last, "its bytes are not those that were imported"));
    ds_pack_close(&pack);
}
END_TEST

START_TEST(test_a_short_or_missing_pack_is_found)
{
    shell("truncate -s -1 %s/pictures-000.pack", place);
    EXPECT_FAILURE(verify(), CORE_BAD_FILE, "1 defect in");
    ck_assert_ptr_nonnull(strstr(last, "cannot be read"));
    shell("rm %s/pictures-000.pack", place);
    EXPECT_FAILURE(verify(), CORE_BAD_FILE, "defect");
}
END_TEST

/* Any byte of an index that is another is seen, mostly by the check of its line. */
START_TEST(test_a_changed_index_is_refused)
{
    struct stat info;
    path_of(path, "%s/index.txt", place);
    ck_assert_int_eq(stat(path, &info), 0);
    char *text = text_of(path);
    for (int64_t at = 0; at < info.st_size; at += 7) {
        poke(path, at, (uint8_t)(text[at] ^ 1));
        EXPECT_STATUS(verify(), CORE_BAD_FILE);
        poke(path, at, (uint8_t)text[at]);
    }
    EXPECT_OK(verify());
    free(text);
    shell("sed -i 5d %s", path);
    EXPECT_FAILURE(verify(), CORE_BAD_FILE, "damaged at picture 11 of 12");
}
END_TEST

/* Lines that are whole, in another order. */
START_TEST(test_swapped_lines_change_the_digest)
{
    shell("cd %s && (sed -n 1,3p index.txt; sed -n 5p index.txt; sed -n 4p index.txt; sed -n '6,$p' index.txt) > other "
          "&& mv other index.txt",
          place);
    EXPECT_FAILURE(verify(), CORE_BAD_FILE, "1 defect in");
    ck_assert_ptr_nonnull(strstr(last, "its SHA-256 is not that of the record"));
}
END_TEST

START_TEST(test_list_shows_what_was_imported)
{
    ds_data_inventory inventory;
    EXPECT_OK(ds_data_list(data, &inventory));
    const ds_data_entry *photos = NULL, *tiny = NULL;
    for (int64_t i = 0; i < inventory.count; i++) {
        photos = strcmp(inventory.entries[i].name, "photos") == 0 ? &inventory.entries[i] : photos;
        tiny = strcmp(inventory.entries[i].name, "tiny_imagenet") == 0 ? &inventory.entries[i] : tiny;
    }
    ck_assert_ptr_nonnull(photos);
    ck_assert_str_eq(photos->about, "2 classes of pictures, 8 for training and 4 for the test");
    ck_assert_str_eq(photos->sha256, report.sha256);
    ck_assert_ptr_nonnull(tiny);
    ck_assert_ptr_null(tiny->where);
    ck_assert_str_eq(tiny->get, "tailbit data fetch tiny_imagenet");
    ds_data_inventory_destroy(&inventory);
    ck_assert(ds_picture_is_stored("photos", data));
    ck_assert(!ds_picture_is_stored("cifar10", data));
    ds_dataset dataset;
    EXPECT_FAILURE(ds_load("fotos", data, NULL, &dataset), CORE_BAD_USAGE, "no data set \"fotos\"");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/pack");
    const TTest *const tests[] = {test_read_decodes_every_picture,       test_verify_finds_each_planted_defect,
                                  test_a_short_or_missing_pack_is_found, test_a_changed_index_is_refused,
                                  test_swapped_lines_change_the_digest,  test_list_shows_what_was_imported};
    add_with_fixture(suite, setup, teardown, tests, LENGTH(tests));
    return run_suite(suite);
}
