/* One flipped bit is found, wherever it lies: by results/runs/compare, and by every reader of what it shows. */
#include "results/runs/compare.h"

#include <hdf5.h>

#include "core/file.h"
#include "core/h5.h"
#include "results/report/page.h"
#include "results/runs/glance.h"
#include "tests/results/older.h"
#include "tests/results/sample.h"
#include "tests/support.h"

/* HDF5 itself leaks a little when it gives up on a damaged file, which is not for the leak sanitizer to fail us for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libhdf5"; }

/* A damaged length may ask for a terabyte: malloc says no, and the sanitizer's shall say so too instead of aborting. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }

static core_arena arena;
static char folder[64], path_a[96], path_b[96];
static char *report;
static char *run_data; /* the bytes of path_a */
static size_t run_bytes;
enum { READERS = 4 };
static char *shown_before[READERS]; /* what each says of path_a; NULL: not asked yet */

static void setup(void)
{
    make_test_folder(folder);
    snprintf(path_a, sizeof path_a, "%s/a.h5", folder);
    snprintf(path_b, sizeof path_b, "%s/b.h5", folder);
}

static void teardown(void)
{
    for (int i = 0; i < READERS; i++) {
        free(shown_before[i]);
        shown_before[i] = NULL;
    }
    free(report);
    report = NULL;
    free(run_data);
    run_data = NULL;
    core_arena_free(&arena);
    remove_test_folder(folder);
}

/* Writes them to path_b without the care that a run deserves: hundreds of fsyncs take minutes. */
static void write_b(void)
{
    FILE *file = fopen(path_b, "wb");
    ck_assert(file != NULL && fwrite(run_data, 1, run_bytes, file) == run_bytes && fclose(file) == 0);
}

static void save_a(void)
{
    const res_run run = sample_run(&arena, 1);
    EXPECT_OK(res_run_save(&run, path_a));
    EXPECT_OK(core_file_read(path_a, &run_data, &run_bytes));
}

static core_status compare(void)
{
    free(report);
    report = NULL;
    return res_compare(path_a, path_b, &report);
}

/* ---- readers --------------------------------------------------------------------------------------------------------- */

static void print_doubles(FILE *out, const double *numbers, int64_t count)
{
    for (int64_t i = 0; numbers != NULL && i < count; i++) {
        fprintf(out, " %a", numbers[i]);
    }
    fputc('\n', out);
}

static void print_integers(FILE *out, const int64_t *numbers, int64_t count)
{
    for (int64_t i = 0; numbers != NULL && i < count; i++) {
        fprintf(out, " %lld", (long long)numbers[i]);
    }
    fputc('\n', out);
}

static void print_options(FILE *out, const res_options *options)
{
    for (int64_t i = 0; i < options->count; i++) {
        char text[256];
        fprintf(out, "%s: %s\n", options->items[i].key, res_option_format(&options->items[i], text, sizeof text));
    }
}

static void print_summary(FILE *out, const res_summary *s)
{
    const double numbers[] = {s->error,
                              s->balanced_error,
                              s->many_error,
                              s->medium_error,
                              s->few_error,
                              s->top5_error,
                              s->worst_class_error,
                              s->geometric_mean_recall,
                              s->calibration_error};
    fprintf(out, "%lld %lld", (long long)s->epoch, (long long)s->worst_class);
    print_doubles(out, numbers, LENGTH(numbers));
}

static void print_epochs(FILE *out, const res_epochs *e)
{
    fprintf(out, "%lld %lld %lld\n", (long long)e->planned, (long long)e->E, (long long)e->K);
    print_doubles(out, e->lr, e->E);
    print_doubles(out, e->train_loss, e->E);
    print_doubles(out, e->train_error, e->E);
    print_doubles(out, e->test_error, e->E);
    print_doubles(out, e->test_top5_error, e->E);
    print_doubles(out, e->test_calibration_error, e->E);
    print_doubles(out, e->train_class_error, e->E * e->K);
    print_doubles(out, e->test_class_error, e->E * e->K);
    print_doubles(out, e->validation_error, e->E);
    print_doubles(out, e->validation_class_error, e->E * e->K);
    for (int64_t p = 0; p < e->P; p++) {
        fprintf(out, "%s\n", e->tensor_name[p]);
    }
}

static void print_results(FILE *out, const res_margins *m, const res_final *f)
{
    print_doubles(out, m->quantile_level, m->Q);
    print_doubles(out, m->class_min, m->E * m->K);
    print_doubles(out, m->class_quantile, m->E * m->dense_K * m->Q);
    print_doubles(out, m->final_class_min, m->K);
    print_doubles(out, m->target, m->K);
    for (int64_t i = 0; i < m->n; i++) {
        fprintf(out, "%a %d\n", (double)m->margin[i], m->label[i]);
    }
    for (int64_t i = 0; i < f->N * f->dense_K; i++) {
        fprintf(out, "%a %d\n", (double)f->logits[i], f->label[i / f->K]);
    }
    print_integers(out, f->confusion, f->dense_K * f->dense_K);
    print_doubles(out, f->class_error, f->K);
    print_summary(out, &f->last);
    print_summary(out, &f->best);
}

/* All that a page may say of a run, as text. */
static void print_run(FILE *out, const res_run *run)
{
    fprintf(out, "%s %s %s %s %d\n", run->creator, run->digest, run->data.name, run->data.sha256, run->data.verified);
    fprintf(out, "%s\n", run->config.yaml != NULL ? run->config.yaml : "");
    print_options(out, &run->config.options);
    for (int64_t i = 0; i < run->env.count; i++) {
        print_options(out, &run->env.starts[i]);
    }
    print_doubles(out, run->timing.seconds, run->timing.E);
    print_doubles(out, run->timing.images_per_s, run->timing.E);
    fprintf(out, "%lld %s\n", (long long)run->timing.peak_memory_bytes, run->split.sha256);
    print_integers(out, run->split.class_counts, run->split.K);
    print_integers(out, run->split.train_index, run->split.n);
    print_integers(out, run->split.validation_index, run->split.validation_n);
    print_epochs(out, &run->epochs);
    print_results(out, &run->margins, &run->final);
}

/* What `table` and `figure`, `report`, `info` and resume read. */
enum { TABLE_PARTS = RES_CONFIG | RES_DATA | RES_SPLIT | RES_EPOCHS | RES_MARGINS | RES_FINAL };

static core_status show_run(const char *path, int parts, FILE *out)
{
    core_arena own = {0};
    res_run run = {0};
    const core_status status = res_run_load(path, parts, &own, &run);
    if (status == CORE_OK) {
        print_run(out, &run);
    }
    core_arena_free(&own);
    return status;
}

static core_status show_table(const char *path, FILE *out) { return show_run(path, TABLE_PARTS, out); }
static core_status show_report(const char *path, FILE *out) { return show_run(path, RES_REPORT_PARTS, out); }
static core_status show_all(const char *path, FILE *out) { return show_run(path, RES_ALL, out); }

/* `status` and `grid`. */
static core_status show_glance(const char *path, FILE *out)
{
    core_arena own = {0};
    res_glance g = {0};
    const core_status status = res_glance_at(path, &own, &g);
    if (status == CORE_OK) {
        ck_assert_msg(g.checked, "a file that has checksums is read without them");
        fprintf(out, "%s %s %lld %lld %d %a\n", g.yaml, g.data_sha256, (long long)g.planned, (long long)g.E, g.finished,
                g.test_error);
        print_doubles(out, g.seconds, g.E);
    }
    core_arena_free(&own);
    return status;
}

/* Each, and the least shares in 1000 of flips that it finds: in the numbers of datasets, where the others lie in what it
 * does not show; in other bytes, most of which hold nothing. docs/reliability.md has the true ones. */
static const struct {
    const char *name;
    core_status (*show)(const char *path, FILE *out);
    int least_of_numbers, least_of_others;
} readers[READERS] = {{"table", show_table, 450, 45},
                      {"report", show_report, 450, 45},
                      {"info", show_all, 1000, 110},
                      {"status", show_glance, 15, 8}};

/* What a reader says of a file; NULL: it refuses it. */
static char *shown_by(int reader, const char *path)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    ck_assert_ptr_nonnull(out);
    const core_status status = readers[reader].show(path, out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_msg(status == CORE_OK || status == CORE_BAD_FILE, "%s: status %d: %s", readers[reader].name, (int)status,
                  core_error_message());
    if (status != CORE_OK) {
        free(text);
        return NULL;
    }
    return text;
}

/* Whether the reader refuses the changed file; if it does not, it shows what it shows of the whole one. */
static bool is_refused(int reader, const char *what)
{
    char *after = shown_by(reader, path_b);
    shown_before[reader] = shown_before[reader] != NULL ? shown_before[reader] : shown_by(reader, path_a);
    ck_assert_ptr_nonnull(shown_before[reader]);
    ck_assert_msg(after == NULL || strcmp(shown_before[reader], after) == 0, "%s shows a change of %s",
                  readers[reader].name, what);
    const bool refused = after == NULL;
    free(after);
    return refused;
}

static void expect_no_reader_is_misled(const char *what)
{
    for (int i = 0; i < READERS; i++) {
        (void)is_refused(i, what);
    }
}

#define EXPECT_REPORT(word)                                                                                            \
    ck_assert_msg(report != NULL && strstr(report, (word)) != NULL, "no \"%s\" in:\n%s", (word), report)
#define EXPECT_NO_REPORT_OF(word) ck_assert_msg(strstr(report, (word)) == NULL, "\"%s\" in:\n%s", (word), report)

/* Flips one bit of one element, as another tool would, through HDF5. Returns false where there is no element. */
static bool flip_dataset(const char *file_path, const char *name, size_t byte)
{
    const hid_t file = H5Fopen(file_path, H5F_ACC_RDWR, H5P_DEFAULT), set = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    ck_assert(file >= 0 && set >= 0 && type >= 0 && space >= 0);
    const size_t bytes = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
    if (bytes > 0) {
        unsigned char *data = malloc(bytes);
        ck_assert(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
        data[byte % bytes] ^= 1;
        ck_assert(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
        free(data);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
    ck_assert(H5Fclose(file) >= 0);
    return bytes > 0;
}

static core_names list(const char *file_path)
{
    core_h5 *file;
    core_names names;
    EXPECT_OK(core_h5_open(file_path, &file));
    EXPECT_OK(core_h5_list(file, "", &arena, &names));
    core_h5_close(file);
    return names;
}

static bool is_dataset(const char *file_path, const char *name)
{
    core_h5 *file;
    core_h5_kind kind;
    EXPECT_OK(core_h5_open(file_path, &file));
    EXPECT_OK(core_h5_look(file, name, &kind, NULL));
    core_h5_close(file);
    return kind == CORE_H5_DATASET;
}

static bool is_outside(const char *name) { return strncmp(name, "env", 3) == 0 || strncmp(name, "timing", 6) == 0; }

START_TEST(test_one_flipped_bit_in_any_dataset_is_found_and_named)
{
    save_a();
    const core_names names = list(path_a);
    int flipped = 0;
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        if (!is_dataset(path_a, name)) {
            continue;
        }
        write_b();
        ck_assert(flip_dataset(path_b, name, 3));
        expect_no_reader_is_misled(name);
        EXPECT_STATUS(compare(), is_outside(name) ? CORE_OK : CORE_DIFFERS);
        if (!is_outside(name)) {
            char line[128];
            snprintf(line, sizeof line, "\n1 difference (A | B):\n  /%s: ", name);
            EXPECT_REPORT(line);
            EXPECT_REPORT("B was changed after tailbit wrote it");
            EXPECT_NO_REPORT_OF("A was changed");
            flipped++;
        }
    }
    ck_assert_int_ge(flipped, 40);
}
END_TEST

/* Flips one bit of an attribute's only value, of its first character if it is text. */
static void flip_attribute(const char *object, const char *name)
{
    const hid_t file = H5Fopen(path_b, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t at = H5Oopen(file, object[0] != '\0' ? object : "/", H5P_DEFAULT);
    const hid_t attribute = H5Aopen(at, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    unsigned char value[64];
    ck_assert(file >= 0 && attribute >= 0 && H5Tget_size(type) <= sizeof value);
    ck_assert(H5Aread(attribute, type, value) >= 0);
    if (H5Tis_variable_str(type) > 0) {
        char *text;
        memcpy(&text, value, sizeof text);
        text[0] ^= 1;
    } else {
        value[0] ^= 1;
    }
    ck_assert(H5Awrite(attribute, type, value) >= 0);
    H5Treclaim(type, space, H5P_DEFAULT, value);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    H5Oclose(at);
    ck_assert(H5Fclose(file) >= 0);
}

static core_names list_attributes(const char *object)
{
    core_h5 *file;
    core_names names;
    EXPECT_OK(core_h5_open(path_a, &file));
    EXPECT_OK(core_h5_attributes(file, object, &arena, &names));
    core_h5_close(file);
    return names;
}

/* Flips each attribute of an object of path_b in turn; returns how many. */
static int flip_each_attribute(const char *object)
{
    const core_names names = list_attributes(object);
    int flipped = 0;
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        const bool root = object[0] == '\0';
        if (root && (strcmp(name, "format") == 0 || strcmp(name, "schema") == 0)) {
            continue; /* no run file of ours any more: the tests of run_file */
        }
        write_b();
        flip_attribute(object, name);
        expect_no_reader_is_misled(name);
        if (is_outside(object) || (root && (strcmp(name, "creator") == 0 || strcmp(name, "check") == 0))) {
            EXPECT_OK(compare());
            continue;
        }
        if (strcmp(name, "planned") == 0) { /* fewer epochs than there are: no run of ours any more */
            EXPECT_FAILURE(compare(), CORE_BAD_FILE, "at most its own plan of 2");
            continue;
        }
        ck_assert_msg(compare() == CORE_DIFFERS, "a flip of attribute %s of /%s is not found", name, object);
        char line[192];
        snprintf(line, sizeof line, "  /%s attribute %s: ", object, name);
        EXPECT_REPORT(root ? "B was changed after tailbit wrote it" : line);
        flipped++;
    }
    return flipped;
}

START_TEST(test_one_flipped_bit_in_any_attribute_is_found_and_named)
{
    save_a();
    const core_names names = list(path_a);
    int flipped = flip_each_attribute("");
    for (int64_t i = 0; i < names.count; i++) {
        flipped += flip_each_attribute(names.names[i]);
    }
    ck_assert_int_ge(flipped, 90);
}
END_TEST

/* Where the dataset's numbers lie in the file, and how many bytes. */
static haddr_t place_of(const char *name, hsize_t *bytes)
{
    const hid_t file = H5Fopen(path_a, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, name, H5P_DEFAULT);
    haddr_t place = H5Dget_offset(set);
    *bytes = H5Dget_storage_size(set);
    if (place == HADDR_UNDEF) {
        hsize_t offset[H5S_MAX_RANK];
        unsigned mask;
        const hid_t space = H5Dget_space(set);
        ck_assert(H5Dget_chunk_info(set, space, 0, offset, &mask, &place, bytes) >= 0);
        H5Sclose(space);
    }
    H5Dclose(set);
    H5Fclose(file);
    return place;
}

START_TEST(test_one_flipped_bit_of_the_stored_numbers_is_found_and_named)
{
    save_a();
    const core_names names = list(path_a);
    int damaged = 0;
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        if (!is_dataset(path_a, name) || is_outside(name)) {
            continue;
        }
        hsize_t stored;
        char *byte = run_data + place_of(name, &stored);
        byte += stored * 2 / 3;
        *byte ^= 0x10;
        write_b();
        *byte ^= 0x10;
        const core_status status = compare();
        char named[128];
        snprintf(named, sizeof named, "/%s", name);
        if (status == CORE_DIFFERS) {
            EXPECT_REPORT(named);
        } else {
            ck_assert_int_eq(status, CORE_BAD_FILE);
            ck_assert_msg(strstr(core_error_message(), named) != NULL && strstr(core_error_message(), path_b) != NULL,
                          "%s", core_error_message());
            damaged++;
        }
    }
    ck_assert_int_ge(damaged, 40);
}
END_TEST

/* Writes path_b with one bit of byte i flipped. */
static void flip_b(size_t i)
{
    run_data[i] ^= (char)(1 << (i % 7));
    write_b();
    run_data[i] ^= (char)(1 << (i % 7));
}

/* A flip may hit bytes that hold nothing; then the content is the same. It never crashes and is never a third thing. */
START_TEST(test_a_flip_anywhere_in_the_file_is_same_different_or_damaged)
{
    save_a();
    int found = 0, flips = 0;
    for (size_t i = 0; i < run_bytes; i += 499) {
        flip_b(i);
        const core_status status = compare();
        ck_assert_msg(status == CORE_OK || status == CORE_DIFFERS || status == CORE_BAD_FILE, "byte %zu: status %d: %s",
                      i, (int)status, core_error_message());
        found += status != CORE_OK;
        flips++;
    }
    ck_assert_msg(100 * found >= 11 * flips, "%d of %d flips found", found, flips);
}
END_TEST

/* What the bytes of the file hold: the numbers of the datasets below a group, or what HDF5 needs, attributes among it. */
static const char *const kinds[] = {"config",  "env",      "timing", "split", "epochs",
                                    "margins", "features", "final",  "state", "other bytes"};
enum { KINDS = LENGTH(kinds), OTHERS = KINDS - 1 };

/* The kind (run_bytes) of every byte of path_a. */
static unsigned char *find_kinds(void)
{
    unsigned char *kind = malloc(run_bytes);
    memset(kind, OTHERS, run_bytes);
    const core_names names = list(path_a);
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        for (int k = 0; k < OTHERS && is_dataset(path_a, name); k++) {
            hsize_t stored;
            if (strncmp(name, kinds[k], strlen(kinds[k])) == 0) {
                const haddr_t place = place_of(name, &stored);
                memset(kind + place, k, stored);
            }
        }
    }
    return kind;
}

typedef struct {
    int found[KINDS], flips[KINDS];
} flip_counts;

static void flip_and_count(int reader, size_t i, int kind, flip_counts *counts)
{
    char what[64];
    snprintf(what, sizeof what, "byte %zu", i);
    flip_b(i);
    counts->found[kind] += is_refused(reader, what);
    counts->flips[kind]++;
}

static void expect_share(int reader, const char *what, int found, int flips, int least)
{
    ck_assert_msg(flips > 0 && 1000 * found >= least * flips,
                  "%s finds %d of %d flips in %s, at least %d in 1000 expected", readers[reader].name, found, flips,
                  what, least);
}

/* Flips every 23rd byte of the numbers and every 499th of the others; with TAILBIT_TEST_FLIPS set every one and every
 * 499th, and prints what was found. */
START_TEST(test_no_reader_shows_a_flip_anywhere_in_the_file)
{
    const bool all = getenv("TAILBIT_TEST_FLIPS") != NULL;
    flip_counts counts = {0};
    int found = 0, flips = 0;
    save_a();
    unsigned char *kind = find_kinds();
    for (size_t i = 0; i < run_bytes; i++) {
        if (i % (kind[i] == OTHERS ? 499 : all ? 1 : 23) == 0) {
            flip_and_count(_i, i, kind[i], &counts);
        }
    }
    free(kind);
    for (int k = 0; k < KINDS && all; k++) {
        printf("%s, %s: %d of %d flips found\n", readers[_i].name, kinds[k], counts.found[k], counts.flips[k]);
    }
    for (int k = 0; k < OTHERS; k++) {
        found += counts.found[k];
        flips += counts.flips[k];
    }
    expect_share(_i, "numbers", found, flips, readers[_i].least_of_numbers);
    expect_share(_i, "other bytes", counts.found[OTHERS], counts.flips[OTHERS], readers[_i].least_of_others);
}
END_TEST

START_TEST(test_file_without_checksums_is_checked_by_its_digest)
{
    res_glance glance;
    core_arena own = {0};
    save_a();
    EXPECT_OK(make_older(path_a));
    free(run_data);
    EXPECT_OK(core_file_read(path_a, &run_data, &run_bytes));
    for (int i = 0; i < READERS - 1; i++) {
        write_b();
        flip_attribute("config", "method");
        ck_assert(is_refused(i, "the method"));
        write_b();
        ck_assert(flip_dataset(path_b, "epochs/test_error", 3));
        ck_assert(is_refused(i, "an error"));
    }
    EXPECT_OK(res_glance_at(path_a, &own, &glance));
    ck_assert(!glance.checked);
    EXPECT_OK(res_run_verify(path_a));
    EXPECT_FAILURE(res_run_verify(path_b), CORE_BAD_FILE, "was changed after tailbit wrote it");
    core_arena_free(&own);
}
END_TEST

static TCase *with_fixture(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300.0);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("results/flips");
    TCase *bits = with_fixture(suite, "bits");
    tcase_add_test(bits, test_one_flipped_bit_in_any_dataset_is_found_and_named);
    tcase_add_test(bits, test_one_flipped_bit_in_any_attribute_is_found_and_named);
    tcase_add_test(bits, test_one_flipped_bit_of_the_stored_numbers_is_found_and_named);
    tcase_add_test(bits, test_a_flip_anywhere_in_the_file_is_same_different_or_damaged);
    tcase_add_loop_test(bits, test_no_reader_shows_a_flip_anywhere_in_the_file, 0, READERS);
    tcase_add_test(bits, test_file_without_checksums_is_checked_by_its_digest);
    return run_suite(suite);
}
