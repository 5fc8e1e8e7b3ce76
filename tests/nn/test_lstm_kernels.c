/* Products, gates, dropout and Adam of both builds against slow versions in double, and against each other. */
#include "nn/lstm_kernels.h"

#include <math.h>

#include "core/rng.h"
#include "tests/nn/support.h"

static const nn_lstm_kernels *build(int i) { return i == 0 ? &nn_lstm_kernels_v3 : &nn_lstm_kernels_v4; }
static bool both; /* v4 beside v3, bit for bit */
static int builds(void) { return both ? 2 : 1; }

/* m, n, k; a_step 1: rows of a, else columns. */
static const int64_t PRODUCTS[][4] = {{1, 16, 1, 1},   {14, 32, 17, 1}, {15, 48, 33, 1},
                                      {29, 80, 5, 1},  {3, 112, 40, 2}, {64, 96, 29, 2},
                                      {131, 48, 6, 1}, {0, 32, 7, 1},   {7, 16, 0, 1}};

/* init: 0 none, 1 a row for all, 2 c itself. */
static void multiply(const nn_lstm_kernels *kernels, const int64_t *s, int init, float *c)
{
    int64_t m = s[0], n = s[1], k = s[2], c_row = nn_row(n);
    bool columns = s[3] != 1;
    float *a = drawn(m * k + 1, 1, 2.385F, 0), *b = drawn(k * n + 1, 2, 1.731F, 0), *row = drawn(n, 3, 1.1F, 0);
    float *packed = zeros(k * n + 1);
    for (int64_t i = 0; i < k; i++) {
        kernels->gemm->pack_row(k, n, i, b + i * n, packed);
    }
    nn_product p = {m, n, k, a, columns ? 1 : k, columns ? m : 1, packed, NULL, 0, c, c_row};
    p.init = init == 0 ? NULL : init == 1 ? row : c;
    p.init_row = init == 2 ? c_row : 0;
    for (int64_t i = 0; i < m * c_row; i++) {
        c[i] = noise(i, 4);
    }
    kernels->gemm->multiply(&p);
    free(a), free(b), free(row), free(packed);
}

static void expect_product(const int64_t *s, int init, const float *c)
{
    int64_t m = s[0], n = s[1], k = s[2];
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = init == 0 ? 0 : init == 1 ? 1.1 * (double)noise(j, 3) : (double)noise(i * nn_row(n) + j, 4);
            for (int64_t q = 0; q < k; q++) {
                double a = 2.385 * (double)noise(s[3] == 1 ? i * k + q : q * m + i, 1);
                sum += a * 1.731 * (double)noise(q * n + j, 2);
            }
            double got = (double)c[i * nn_row(n) + j];
            EXPECT_QUIETLY(fabs(got - sum) < 2e-6 * sqrt((double)k + 1), "%d x %d x %d, init %d: c[%d][%d] %.9g, %.9g",
                           (int)m, (int)n, (int)k, init, (int)i, (int)j, got, sum);
        }
        for (int64_t j = n; j < nn_row(n); j++) { /* between the rows */
            ck_assert(c[i * nn_row(n) + j] == noise(i * nn_row(n) + j, 4));
        }
    }
}

START_TEST(test_products_equal_double_and_each_other)
{
    const int64_t *s = PRODUCTS[_i / 3];
    int64_t count = s[0] * nn_row(s[1]);
    float *c[2] = {zeros(count + 1), zeros(count + 1)};
    for (int b = 0; b < builds(); b++) {
        multiply(build(b), s, _i % 3, c[b]);
        expect_product(s, _i % 3, c[b]);
    }
    if (both) {
        expect_same_bits("c", count, c[0], c[1]);
    }
    free(c[0]), free(c[1]);
}
END_TEST

START_TEST(test_packing_the_transpose)
{
    enum { K = 21, N = 80, STRIDE = 32 };
    for (int i = 0; i < builds(); i++) {
        const nn_gemm *gemm = build(i)->gemm;
        float *w = drawn(N * STRIDE, 1, 1, 0), *one = zeros(K * N), *other = zeros(K * N), row[N];
        gemm->pack_transposed(K, N, 0, 2 * gemm->panel, w, STRIDE, one);
        gemm->pack_transposed(K, N, 2 * gemm->panel, N, w, STRIDE, one);
        for (int64_t k = 0; k < K; k++) {
            for (int64_t j = 0; j < N; j++) {
                row[j] = w[j * STRIDE + k];
            }
            gemm->pack_row(K, N, k, row, other);
        }
        expect_same_bits("packed", K * N, one, other);
        ck_assert(one[64 * K + 16] == w[64 * STRIDE + 1]); /* the last panel has 16 columns: row 1 of column 64 */
        free(w), free(one), free(other);
    }
}
END_TEST

enum { H = 32, FLOATS = 16 * H };

/* gates (4 H), before, cell, output, doutput, dcell (H each) of one step; large and small arguments. */
typedef struct {
    _Alignas(64) float gates[4 * H], values[4 * H], before[H], cell[H], output[H], doutput[H], dcell[H], dbefore[H];
} cell_case;

static void run_cell(const nn_lstm_kernels *kernels, bool begins, cell_case *c)
{
    static const float scales[] = {3.1F, 0.01F, 70, 250};
    for (int64_t i = 0; i < 4 * H; i++) {
        c->values[i] = c->gates[i] = scales[i % 4] * noise(i, 11);
    }
    for (int64_t i = 0; i < H; i++) {
        c->before[i] = 4.2F * noise(i, 12), c->doutput[i] = noise(i, 13), c->dcell[i] = noise(i, 14);
        c->dbefore[i] = c->dcell[i];
    }
    kernels->cell(H, c->values, begins ? NULL : c->before, c->cell, c->output);
    float *gradient = c->gates; /* consumed: values go in, gradients come out */
    memcpy(gradient, c->values, sizeof c->values);
    kernels->cell_backward(H, gradient, begins ? NULL : c->before, c->cell, c->doutput, c->dbefore);
}

static double sigma(double x) { return 1 / (1 + exp(-x)); }

/* loss = doutput . output + dcell . cell of unit k, by the four gates' arguments and the state before. */
static double unit_loss(const cell_case *c, int64_t k, const double x[5])
{
    double cell = sigma(x[1]) * x[4] + sigma(x[0]) * tanh(x[2]);
    return (double)c->doutput[k] * sigma(x[3]) * tanh(cell) + (double)c->dcell[k] * cell;
}

static void expect_gradient(const cell_case *c, int64_t k, const double x[5], bool begins)
{
    for (int q = 0; q < (begins ? 4 : 5); q++) {
        const double h = 1e-6;
        double above[5], below[5];
        memcpy(above, x, sizeof above), memcpy(below, x, sizeof below);
        above[q] += h, below[q] -= h;
        double wanted = (unit_loss(c, k, above) - unit_loss(c, k, below)) / (2 * h);
        double got = (double)(q < 4 ? c->gates[q * H + k] : c->dbefore[k]);
        EXPECT_QUIETLY(fabs(got - wanted) < 5e-7, "gate %d of unit %d: %.9g, expected %.9g", q, (int)k, got, wanted);
    }
}

START_TEST(test_cells_equal_double_and_central_differences)
{
    static const float scales[] = {3.1F, 0.01F, 70, 250};
    bool begins = _i == 1;
    cell_case c[2];
    for (int b = 0; b < builds(); b++) {
        run_cell(build(b), begins, &c[b]);
        for (int64_t k = 0; k < H; k++) {
            double x[5] = {0, 0, 0, 0, begins ? 0 : (double)c[b].before[k]};
            for (int64_t q = 0; q < 4; q++) {
                x[q] = (double)(scales[(q * H + k) % 4] * noise(q * H + k, 11));
            }
            double cell = sigma(x[1]) * x[4] + sigma(x[0]) * tanh(x[2]);
            EXPECT_QUIETLY(fabs((double)c[b].cell[k] - cell) < 5e-7, "cell %d", (int)k);
            EXPECT_QUIETLY(fabs((double)c[b].output[k] - sigma(x[3]) * tanh(cell)) < 5e-7, "output %d", (int)k);
            expect_gradient(&c[b], k, x, begins);
        }
    }
    ck_assert(!both || memcmp(&c[0], &c[1], sizeof c[0]) == 0);
}
END_TEST

/* Values of the four gates at x: sigma's in the first, tanh's in the third. */
static void values_at(const nn_lstm_kernels *kernels, const float x[16], float sigmas[16], float tanhs[16])
{
    _Alignas(64) float gates[64], cell[16], output[16];
    for (int q = 0; q < 4; q++) {
        memcpy(gates + 16 * q, x, 16 * sizeof *x);
    }
    kernels->cell(16, gates, NULL, cell, output);
    memcpy(sigmas, gates, 16 * sizeof *sigmas);
    memcpy(tanhs, gates + 32, 16 * sizeof *tanhs);
}

/* What nn/lanes_maths.h says of its errors, over ten binades. */
START_TEST(test_sigmoid_and_tanh_are_as_exact_as_they_say)
{
    double worst[2] = {0};
    for (int i = 0; i < 20000; i++) {
        float x[16], s[16], t[16];
        for (int l = 0; l < 16; l++) {
            x[l] = noise(16 * i + l, 21) * exp2f((float)(i % 10 - 3));
        }
        values_at(build(builds() - 1), x, s, t);
        for (int l = 0; l < 16; l++) {
            double y = (double)x[l];
            worst[0] = larger_error(worst[0], fabs((double)s[l] / sigma(y) - 1));
            worst[1] = larger_error(worst[1], x[l] == 0 ? fabs((double)t[l]) : fabs((double)t[l] / tanh(y) - 1));
        }
    }
    report_error("sigmoid", worst[0]);
    report_error("tanh", worst[1]);
    ck_assert_double_le(worst[0], 1.6e-7);
    ck_assert_double_le(worst[1], 3.0e-7);
}
END_TEST

START_TEST(test_limits_of_sigmoid_and_tanh)
{
    float x[16] = {0, INFINITY, -INFINITY, NAN, 1e30F, -1e30F, 1e-30F, -87, 88}, s[16], t[16];
    for (int b = 0; b < builds(); b++) {
        values_at(build(b), x, s, t);
        ck_assert(s[0] == 0.5F && t[0] == 0.0F && s[1] == 1.0F && t[1] == 1.0F && s[2] < 2e-38F && t[2] == -1.0F);
        ck_assert(isnan(s[3]) && isnan(t[3]) && s[4] == 1.0F && t[5] == -1.0F && t[6] == 1e-30F && s[6] == 0.5F);
        ck_assert(s[7] > 1.6e-38F && s[8] == 1.0F);
    }
}
END_TEST

START_TEST(test_sums_of_rows)
{
    enum { ROWS = 37, N = 48 };
    float *x = drawn(ROWS * nn_row(N), 31, 2.3F, 0), *init = drawn(N, 32, 1, 0), *sums[2] = {zeros(N), zeros(N)};
    for (int i = 0; i < 2 * builds(); i++) {
        float *got = sums[i / 2];
        build(i / 2)->sum_rows(ROWS, N, x, nn_row(N), i % 2 == 0 ? init : NULL, got);
        for (int64_t k = 0; k < N; k++) {
            double wanted = i % 2 == 0 ? (double)init[k] : 0;
            for (int64_t r = 0; r < ROWS; r++) {
                wanted += (double)x[r * nn_row(N) + k];
            }
            EXPECT_QUIETLY(fabs((double)got[k] - wanted) < 5e-6, "sum %d", (int)k);
        }
    }
    if (builds() == 2) {
        expect_same_bits("sums", N, sums[0], sums[1]);
    }
    free(x), free(init), free(sums[0]), free(sums[1]);
}
END_TEST

/* The contract's bits, from core/rng.h, element by element. */
START_TEST(test_dropout_drops_what_its_rule_says)
{
    enum { WIDTH = 208 };
    nn_dropout dropout = {.seed = 0x123456789ABCDEFU, .step = 77, .threshold = 19661, .scale = 1.4285F};
    float *x = drawn(WIDTH, 41, 1, 2), *y = zeros(WIDTH);
    for (int b = 0; b < builds(); b++) {
        build(b)->drop(&dropout, 3, 61, 12, WIDTH, x, y);
        for (int64_t j = 0; j < WIDTH; j++) {
            core_rng_counter at = {77, ((int64_t)3 << 32) + 61, 12 * (WIDTH / 8) + j / 8};
            core_rng_block block = core_rng_draw((core_rng_key){dropout.seed, CORE_RNG_DROPOUT}, at);
            uint32_t bits = block.word[j % 8 / 2] >> 16 * (j % 2) & 0xFFFF;
            float wanted = bits < dropout.threshold ? 0.0F : x[j] * dropout.scale;
            EXPECT_QUIETLY(y[j] == wanted, "element %d: %g, expected %g", (int)j, (double)y[j], (double)wanted);
        }
    }
    build(0)->drop(&dropout, 3, 61, 12, WIDTH, x, x); /* in place */
    expect_same_bits("in place", WIDTH, x, y);
    free(x), free(y);
}
END_TEST

START_TEST(test_dropout_drops_its_share)
{
    enum { WIDTH = 512, TIMES = 400 };
    nn_dropout dropout = {.seed = 5, .threshold = 19661, .scale = 1};
    float *x = drawn(WIDTH, 41, 0, 1), *y = zeros(WIDTH);
    double kept = 0;
    for (int64_t t = 0; t < TIMES; t++) {
        build(0)->drop(&dropout, 0, 3, t, WIDTH, x, y);
        for (int64_t j = 0; j < WIDTH; j++) {
            kept += (double)y[j];
        }
    }
    double n = WIDTH * TIMES, p = 1 - 19661 / 65536.0;
    ck_assert_double_le(fabs(kept / n - p), 4 * sqrt(p * (1 - p) / n));
    dropout.threshold = 0;
    build(0)->drop(&dropout, 0, 3, 0, WIDTH, x, y);
    expect_same_bits("off", WIDTH, y, x);
    free(x), free(y);
}
END_TEST

int main(int argc, char **argv)
{
    both = asked_for_both(argc, argv);
    Suite *suite = suite_create("nn/lstm_kernels");
    add_loop(suite, "oracle", test_products_equal_double_and_each_other, 3 * LENGTH(PRODUCTS));
    add_loop(suite, "gradient", test_cells_equal_double_and_central_differences, 2);
    ADD_CASE(suite, "oracle", test_packing_the_transpose, test_sigmoid_and_tanh_are_as_exact_as_they_say,
             test_sums_of_rows, test_dropout_drops_what_its_rule_says, test_dropout_drops_its_share);
    ADD_CASE(suite, "limits", test_limits_of_sigmoid_and_tanh);
    return run_suite(suite);
}
