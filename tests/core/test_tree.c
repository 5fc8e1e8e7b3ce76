/* Combinations are watched as words: leaf i is "i", and a node is "(left+right)". */
#include "core/tree.h"

#include <stdbool.h>

#include "tests/support.h"

enum { LEAVES_MAX = 40, WORD_MAX = 512 };

typedef struct {
    char word[LEAVES_MAX][WORD_MAX];
} words;

static void begin_words(words *w)
{
    for (int i = 0; i < LEAVES_MAX; i++) {
        snprintf(w->word[i], WORD_MAX, "%d", i);
    }
}

static void join(void *context, int64_t into, int64_t from)
{
    words *w = context;
    char joined[2 * WORD_MAX + 4];
    ck_assert_int_lt(into, from);
    snprintf(joined, sizeof joined, "(%s+%s)", w->word[into], w->word[from]);
    ck_assert_uint_lt(strlen(joined), WORD_MAX);
    memcpy(w->word[into], joined, strlen(joined) + 1);
}

/* The definition: T(b, e) = T(b, b + p) + T(b + p, e), p the largest power of two below e - b. */
/* Writes the word at `out` and returns its end. */
static char *slow_tree(int begin, int end, char *out)
{
    if (end - begin == 1) {
        return out + sprintf(out, "%d", begin);
    }
    int p = 1;
    while (2 * p < end - begin) {
        p *= 2;
    }
    *out++ = '(';
    out = slow_tree(begin, begin + p, out);
    *out++ = '+';
    out = slow_tree(begin + p, end, out);
    return stpcpy(out, ")");
}

START_TEST(test_order_is_the_definition)
{
    for (int n = 1; n <= LEAVES_MAX; n++) {
        static words w;
        char wanted[WORD_MAX];
        begin_words(&w);
        core_tree_combine(n, join, &w);
        slow_tree(0, n, wanted);
        ck_assert_str_eq(w.word[0], wanted);
    }
}
END_TEST

/* Every way to give the leaves to three owners, an owner without leaves among them: what they send is enough, and the tree is
 * the same. */
static void check_parts(int n, const int64_t *borders)
{
    static words own, all;
    char wanted[WORD_MAX];
    begin_words(&own);
    for (int i = 0; i < LEAVES_MAX; i++) {
        strcpy(all.word[i], "never sent");
    }
    for (int p = 0; p < 3; p++) {
        int64_t nodes[2 * CORE_TREE_NODES], at = borders[p];
        const int count = core_tree_nodes(n, borders[p], borders[p + 1], nodes);
        for (int i = 0; i < count; i++) {
            words node;
            const int64_t size = nodes[2 * i + 1] - nodes[2 * i];
            ck_assert_int_eq(nodes[2 * i], at);
            at = nodes[2 * i + 1];
            memcpy(node.word, own.word + nodes[2 * i], sizeof node.word[0] * (size_t)size);
            core_tree_combine(size, join, &node);
            strcpy(all.word[nodes[2 * i]], node.word[0]);
        }
        ck_assert_int_eq(at, borders[p + 1]);
    }
    core_tree_combine_remaining(n, 3, borders, join, &all);
    slow_tree(0, n, wanted);
    ck_assert_str_eq(all.word[0], wanted);
}

START_TEST(test_parts_make_the_same_tree)
{
    for (int n = 1; n <= 20; n++) {
        for (int first = 0; first <= n; first++) {
            for (int second = first; second <= n; second++) {
                check_parts(n, (const int64_t[]){0, first, second, n});
            }
        }
    }
}
END_TEST

/* Two owners of equal, aligned halves send a node each. */
START_TEST(test_aligned_parts_are_single_nodes)
{
    int64_t nodes[2 * CORE_TREE_NODES];
    ck_assert_int_eq(core_tree_nodes(32, 0, 16, nodes), 1);
    ck_assert_int_eq(core_tree_nodes(32, 16, 32, nodes), 1);
    ck_assert_int_eq(core_tree_nodes(25, 16, 25, nodes), 1);
    ck_assert_int_eq(core_tree_nodes(32, 11, 22, nodes), 4); /* 11, 12-15, 16-19, 20-21 */
    ck_assert_int_eq(core_tree_nodes(32, 7, 7, nodes), 0);
}
END_TEST

START_TEST(test_order_of_seven)
{
    static words w;
    begin_words(&w);
    core_tree_combine(7, join, &w);
    ck_assert_str_eq(w.word[0], "(((0+1)+(2+3))+((4+5)+6))");
}
END_TEST

/* The combinations of a tree in order, to be played back in another order. */
typedef struct {
    int64_t into[LEAVES_MAX], end[LEAVES_MAX], from[LEAVES_MAX];
    int64_t leaves_end[LEAVES_MAX]; /* by leaf: where what it holds now ends */
    int count;
} recording;

static void record(void *context, int64_t into, int64_t from)
{
    recording *r = context;
    r->into[r->count] = into;
    r->from[r->count] = from;
    r->end[r->count++] = r->leaves_end[into] = r->leaves_end[from];
}

/* Owners of contiguous ranges combine whatever lies wholly in their range, in any order of owners; the rest follows. */
static void play_cut(int n, int cut1, int cut2, words *w)
{
    static recording r;
    r.count = 0;
    for (int i = 0; i < n; i++) {
        r.leaves_end[i] = i + 1;
    }
    core_tree_combine(n, record, &r);
    const int bounds[4] = {0, cut1, cut2, n};
    bool done[LEAVES_MAX] = {false};
    for (int owner = 3; owner >= 0; owner--) { /* the last pass takes what is left */
        for (int c = 0; c < r.count; c++) {
            bool inside = owner == 0 || (r.into[c] >= bounds[owner - 1] && r.end[c] <= bounds[owner]);
            if (inside && !done[c]) {
                join(w, r.into[c], r.from[c]);
                done[c] = true;
            }
        }
    }
}

START_TEST(test_cuts_do_not_matter)
{
    for (int n = 1; n <= LEAVES_MAX; n += n < 18 ? 1 : 11) {
        static words whole, cut;
        begin_words(&whole);
        core_tree_combine(n, join, &whole);
        for (int cut1 = 0; cut1 <= n; cut1++) {
            for (int cut2 = cut1; cut2 <= n; cut2++) {
                begin_words(&cut);
                play_cut(n, cut1, cut2, &cut);
                ck_assert_str_eq(cut.word[0], whole.word[0]);
            }
        }
    }
}
END_TEST

static double number(int64_t i) { return (double)((i * 7919 + 13) % 100003) / 1.7 * (i % 3 == 0 ? -1e-3 : 2.385); }

static double slow_double(int64_t begin, int64_t end, int64_t column)
{
    int64_t p = 1;
    if (end - begin == 1) {
        return number(begin * 1237 + column);
    }
    while (2 * p < end - begin) {
        p *= 2;
    }
    return slow_double(begin, begin + p, column) + slow_double(begin + p, end, column);
}

START_TEST(test_sums_equal_the_definition_bit_for_bit)
{
    enum { LENGTH_MAX = 1100, STRIDE = 1111 };
    static double wide[37 * STRIDE];
    const int64_t counts[] = {1, 2, 3, 8, 37}, lengths[] = {1, 511, 513, LENGTH_MAX};
    for (int c = 0; c < LENGTH(counts); c++) {
        for (int l = 0; l < LENGTH(lengths); l++) {
            int64_t n = counts[c], length = lengths[l];
            for (int64_t i = 0; i < n * STRIDE; i++) {
                wide[i] = i % STRIDE < length ? number(i / STRIDE * 1237 + i % STRIDE) : -1.5;
            }
            core_tree_sum_double(n, length, STRIDE, wide);
            for (int64_t k = 0; k < STRIDE; k++) {
                bool summed = k < length; /* what lies between the rows stays */
                ck_assert_double_eq(wide[k], summed ? slow_double(0, n, k) : -1.5);
            }
        }
    }
}
END_TEST

START_TEST(test_columns_may_be_cut)
{
    enum { N = 9, LENGTH_ALL = 700 };
    static double whole[N * LENGTH_ALL], cut[N * LENGTH_ALL];
    for (int i = 0; i < N * LENGTH_ALL; i++) {
        whole[i] = cut[i] = number(i);
    }
    core_tree_sum_double(N, LENGTH_ALL, LENGTH_ALL, whole);
    core_tree_sum_double(N, LENGTH_ALL - 333, LENGTH_ALL, cut + 333);
    core_tree_sum_double(N, 333, LENGTH_ALL, cut);
    ck_assert_mem_eq(cut, whole, LENGTH_ALL * sizeof *whole);
}
END_TEST

START_TEST(test_nothing_to_sum)
{
    double one[2] = {2.385, -1.5};
    core_tree_sum_double(0, 2, 2, NULL);
    core_tree_sum_double(1, 2, 2, one);
    core_tree_sum_double(2, 0, 1, one);
    ck_assert(one[0] == 2.385 && one[1] == -1.5);
    core_tree_combine(0, join, NULL);
    core_tree_combine(1, join, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/tree");
    ADD_CASE(suite, "oracle", test_order_is_the_definition, test_order_of_seven,
             test_sums_equal_the_definition_bit_for_bit);
    ADD_CASE(suite, "determinism", test_cuts_do_not_matter, test_columns_may_be_cut, test_parts_make_the_same_tree,
             test_aligned_parts_are_single_nodes);
    ADD_CASE(suite, "limits", test_nothing_to_sum);
    return run_suite(suite);
}
