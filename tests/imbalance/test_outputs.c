#include "imbalance/outputs.h"

#include "imbalance/loss.h"
#include "tests/imbalance/support.h"

enum { N = 40, K = 37, T = 10 };
static float z[N][K];
static int32_t labels[N];

/* Logits with many ties. */
static void draw(void)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < K; j++) {
            z[i][j] = (float)floor(9.0 * noise(i * K + j, 3)) / 4.0f;
        }
        labels[i] = (i * 11 + 5) % K;
    }
}

/* Whether class a stands before class b. */
static bool stands_before(const float *row, int a, int b) { return row[a] > row[b] || (row[a] == row[b] && a < b); }

START_TEST(test_ranks_and_largest_equal_a_full_sort)
{
    int32_t prediction[N], rank[N], top[N][T];
    float logit[N][T], own[N];
    const imb_outputs outputs = {
        .prediction = prediction, .rank = rank, .T = T, .top_label = top[0], .top_logit = logit[0], .own_logit = own};
    draw();
    for (int i = N - 1; i >= 0; i--) {
        imb_outputs_fill(&outputs, i, z[i], K, labels[i]);
    }
    for (int i = 0; i < N; i++) {
        int order[K], of_label = -1;
        for (int j = 0; j < K; j++) { /* each class goes to its place */
            int place = 0;
            for (int other = 0; other < K; other++) {
                place += stands_before(z[i], other, j);
            }
            order[place] = j;
            of_label = j == labels[i] ? place : of_label;
        }
        ck_assert_int_eq(prediction[i], order[0]);
        ck_assert_int_eq(rank[i], of_label);
        ck_assert(own[i] == z[i][labels[i]]);
        for (int t = 0; t < T; t++) {
            ck_assert_int_eq(top[i][t], order[t]);
            ck_assert(logit[i][t] == z[i][order[t]]);
        }
    }
}
END_TEST

START_TEST(test_margins_are_those_of_the_loss)
{
    int32_t prediction[N];
    double margin[N], wanted[N];
    const imb_outputs outputs = {.prediction = prediction, .margin = margin};
    draw();
    for (int i = 0; i < N; i++) {
        imb_outputs_fill(&outputs, i, z[i], K, labels[i]);
    }
    imb_example_margins(z[0], labels, N, K, wanted);
    ck_assert_mem_eq(margin, wanted, sizeof margin);
}
END_TEST

START_TEST(test_as_many_largest_as_classes)
{
    int32_t prediction, top[3];
    float logit[3];
    const imb_outputs outputs = {.prediction = &prediction, .T = 3, .top_label = top, .top_logit = logit};
    imb_outputs_fill(&outputs, 0, (const float[]){-1.5f, 2.25f, 2.25f}, 3, 0);
    ck_assert_mem_eq(top, ((const int32_t[]){1, 2, 0}), sizeof top);
}
END_TEST

START_TEST(test_a_row_with_what_is_no_number_is_told)
{
    int32_t prediction[3] = {7, 7, 7};
    const imb_outputs outputs = {.prediction = prediction};
    imb_outputs_fill(&outputs, 0, (const float[]){0.5f, NAN}, 2, 0);
    imb_outputs_fill(&outputs, 1, (const float[]){-INFINITY, 0.5f}, 2, 0);
    imb_outputs_fill(&outputs, 2, (const float[]){-3e38f, 3e38f}, 2, 0);
    ck_assert_int_eq(prediction[0], IMB_IS_NAN);
    ck_assert_int_eq(prediction[1], IMB_IS_INFINITE);
    ck_assert_int_eq(prediction[2], 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/outputs");
    ADD_CASE(suite, "oracle", test_ranks_and_largest_equal_a_full_sort, test_margins_are_those_of_the_loss);
    ADD_CASE(suite, "limits", test_as_many_largest_as_classes, test_a_row_with_what_is_no_number_is_told);
    return run_suite(suite);
}
