#include "core/mt19937.h"

#include "core/hash.h"
#include "tests/support.h"

typedef struct {
    uint32_t seed, first[3], word_1999;
} golden_words;

typedef struct {
    uint64_t max, draws[5];
} golden_interval;

typedef struct {
    uint32_t seed;
    int64_t n, first[4];
    const char *sha256;
} golden_shuffle;

#include "tests/golden/core_mt19937.inc"

START_TEST(test_words_equal_numpy)
{
    const golden_words *g = &GOLDEN_WORDS[_i];
    core_mt19937 mt;
    core_mt19937_seed(&mt, g->seed);
    for (int i = 0; i < 2000; i++) {
        uint32_t word = core_mt19937_next(&mt);
        if (i < 3) {
            ck_assert_uint_eq(word, g->first[i]);
        } else if (i == 1999) { /* after three twists */
            ck_assert_uint_eq(word, g->word_1999);
        }
    }
}
END_TEST

/* The standard's own check value: the 10000th word after seed 5489. */
START_TEST(test_words_equal_the_standard)
{
    core_mt19937 mt;
    core_mt19937_seed(&mt, 5489);
    for (int i = 1; i < 10000; i++) {
        core_mt19937_next(&mt);
    }
    ck_assert_uint_eq(core_mt19937_next(&mt), 4123659995u);
}
END_TEST

START_TEST(test_interval_equals_numpy)
{
    const golden_interval *g = &GOLDEN_INTERVAL[_i];
    core_mt19937 mt;
    core_mt19937_seed(&mt, 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(core_mt19937_interval(&mt, g->max), g->draws[i]);
    }
}
END_TEST

START_TEST(test_shuffle_equals_numpy)
{
    const golden_shuffle *g = &GOLDEN_SHUFFLE[_i];
    int64_t values[50000];
    char hex[CORE_HASH_HEX_MAX];
    for (int64_t i = 0; i < g->n; i++) {
        values[i] = 3 * i - 7;
    }
    core_mt19937 mt;
    core_mt19937_seed(&mt, g->seed);
    core_mt19937_shuffle(&mt, g->n, values);
    core_mt19937_shuffle(&mt, g->n, values);
    for (int64_t i = 0; i < 4 && i < g->n; i++) {
        ck_assert_int_eq(values[i], g->first[i]);
    }
    core_hash_digest digest = core_hash_of(CORE_HASH_SHA256, values, (size_t)g->n * sizeof *values);
    ck_assert_str_eq(core_hash_hex(&digest, hex), g->sha256);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/mt19937");
    TCase *oracle = tcase_create("oracle");
    tcase_add_loop_test(oracle, test_words_equal_numpy, 0, LENGTH(GOLDEN_WORDS));
    tcase_add_test(oracle, test_words_equal_the_standard);
    tcase_add_loop_test(oracle, test_interval_equals_numpy, 0, LENGTH(GOLDEN_INTERVAL));
    tcase_add_loop_test(oracle, test_shuffle_equals_numpy, 0, LENGTH(GOLDEN_SHUFFLE));
    suite_add_tcase(suite, oracle);
    return run_suite(suite);
}
