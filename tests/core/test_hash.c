#include "core/hash.h"

#include <sys/stat.h>

#include "tests/support.h"

static const char *hex_of(core_hash_kind kind, const void *data, size_t bytes)
{
    static char hex[CORE_HASH_HEX_MAX];
    core_hash_digest digest = core_hash_of(kind, data, bytes);
    return core_hash_hex(&digest, hex);
}

static bool equal(const core_hash_digest *a, const core_hash_digest *b)
{
    return a->bytes == b->bytes && memcmp(a->byte, b->byte, (size_t)a->bytes) == 0;
}

/* XXH3: xxhsum's own sanity values for nothing; SHA-256: FIPS 180-4's examples; MD5: RFC 1321's. */
START_TEST(test_known_answers)
{
    ck_assert_str_eq(hex_of(CORE_HASH_XXH3_64, NULL, 0), "2d06800538d394c2");
    ck_assert_str_eq(hex_of(CORE_HASH_XXH3_128, NULL, 0), "99aa06d3014798d86001c324468d497f");
    ck_assert_str_eq(hex_of(CORE_HASH_SHA256, NULL, 0),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert_str_eq(hex_of(CORE_HASH_SHA256, "abc", 3),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_str_eq(hex_of(CORE_HASH_MD5, "", 0), "d41d8cd98f00b204e9800998ecf8427e");
    ck_assert_str_eq(hex_of(CORE_HASH_MD5, "message digest", 14), "f96b697d7cb7938d525a2f31aaf161d0");
}
END_TEST

START_TEST(test_number_and_digest_agree)
{
    uint64_t number = core_hash_xxh3_64("tailbit 2.385", 13);
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)number);
    ck_assert_str_eq(hex_of(CORE_HASH_XXH3_64, "tailbit 2.385", 13), text);
}
END_TEST

static void fill(uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(i * i * 31 + i * 7 + (i >> 8));
    }
}

START_TEST(test_pieces_do_not_matter)
{
    const core_hash_kind kind = (core_hash_kind)_i;
    uint8_t data[5000];
    fill(data, sizeof data);
    core_hash *hash;
    EXPECT_OK(core_hash_create(kind, &hash));
    for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
        core_hash_reset(hash);
        for (size_t begin = 0; begin < sizeof data; begin += piece) {
            core_hash_update(hash, data + begin, begin + piece < sizeof data ? piece : sizeof data - begin);
            core_hash_digest sofar = core_hash_finish(hash), again = core_hash_finish(hash);
            ck_assert(equal(&sofar, &again)); /* looking does not disturb */
        }
        core_hash_update(hash, NULL, 0);
        core_hash_digest streamed = core_hash_finish(hash), whole = core_hash_of(kind, data, sizeof data);
        ck_assert(equal(&streamed, &whole));
    }
    core_hash_destroy(hash);
}
END_TEST

START_TEST(test_one_bit_matters)
{
    uint8_t data[300];
    fill(data, sizeof data);
    core_hash_digest before = core_hash_of((core_hash_kind)_i, data, sizeof data);
    for (size_t bit = 0; bit < 8 * sizeof data; bit += 7) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        core_hash_digest after = core_hash_of((core_hash_kind)_i, data, sizeof data);
        ck_assert(!equal(&before, &after));
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

START_TEST(test_kinds_are_not_equal)
{
    core_hash_digest sha = core_hash_of(CORE_HASH_SHA256, "a", 1), md5 = core_hash_of(CORE_HASH_MD5, "a", 1), cut = sha;
    cut.bytes = 16;
    ck_assert(!equal(&sha, &md5) && !equal(&sha, &cut) && equal(&sha, &sha));
}
END_TEST

START_TEST(test_file_equals_memory)
{
    enum { BYTES = 200001 }; /* more than one buffer, and no multiple of it */
    static uint8_t data[BYTES];
    char folder[64], path[128];
    fill(data, BYTES);
    snprintf(path, sizeof path, "%s/data", make_test_folder(folder));
    FILE *file = fopen(path, "wb");
    ck_assert_uint_eq(fwrite(data, 1, BYTES, file), BYTES);
    fclose(file);
    core_hash_digest got, wanted = core_hash_of((core_hash_kind)_i, data, BYTES);
    EXPECT_OK(core_hash_file((core_hash_kind)_i, path, &got));
    ck_assert(equal(&got, &wanted));
    remove_test_folder(folder);
}
END_TEST

START_TEST(test_file_errors_leave_the_digest)
{
    core_hash_digest digest = core_hash_of(CORE_HASH_MD5, "a", 1), before = digest;
    EXPECT_FAILURE(core_hash_file(CORE_HASH_MD5, "/nonexistent/cifar.tar", &digest), CORE_BAD_FILE,
                   "/nonexistent/cifar.tar");
    EXPECT_FAILURE(core_hash_file(CORE_HASH_MD5, "/tmp", &digest), CORE_BAD_FILE, "cannot read /tmp");
    char folder[64], pipe[128];
    snprintf(pipe, sizeof pipe, "%s/pipe", make_test_folder(folder));
    ck_assert_int_eq(mkfifo(pipe, 0666), 0); /* nobody writes to it */
    EXPECT_FAILURE(core_hash_file(CORE_HASH_MD5, pipe, &digest), CORE_BAD_FILE, "it is not a regular file");
    remove_test_folder(folder);
    ck_assert(equal(&digest, &before));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/hash");
    ADD_CASE(suite, "oracle", test_known_answers, test_number_and_digest_agree, test_kinds_are_not_equal);
    TCase *kinds = tcase_create("every kind");
    tcase_add_loop_test(kinds, test_pieces_do_not_matter, 0, 4);
    tcase_add_loop_test(kinds, test_one_bit_matters, 0, 4);
    tcase_add_loop_test(kinds, test_file_equals_memory, 0, 4);
    suite_add_tcase(suite, kinds);
    ADD_CASE(suite, "errors", test_file_errors_leave_the_digest);
    return run_suite(suite);
}
