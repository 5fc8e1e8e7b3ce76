#include "nn/head.h"

#include <math.h>

#include "tests/nn/support.h"

#include "tests/golden/nn_layers.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

enum { D = 64 };

static const struct {
    int64_t n, classes;
} SIZES[] = {{4, 10}, {3, 100}, {1, 2}};

/* A head with its inputs and results; owns its arrays. */
typedef struct {
    nn_head head;
    nn_head_state state;
    nn_head_gradient gradient;
    int64_t n;
    float *f, *w, *b, *z, *norms, *dz;
} head_case;

/* Inputs of nn_layers.py: with 4 examples one feature vector is zero and one tiny, with 3 one class vector is zero. */
static head_case make_case(int64_t n, int64_t classes, nn_head_kind kind)
{
    uint32_t salt = (uint32_t)n;
    head_case c = {.head = {kind, D, classes}, .n = n};
    c.f = drawn(n * D, 800 + salt, 2.2F, 0);
    c.w = drawn(classes * D, 810 + salt, 0.77F, 0);
    c.b = drawn(classes, 820 + salt, 1.2F, 0);
    c.z = zeros(n * classes);
    c.norms = zeros(n);
    c.dz = drawn(n * classes, 830 + salt, 1.4F, 0);
    for (int64_t d = 0; d < D; d++) {
        if (n == 4) {
            c.f[2 * D + d] = 0;
            c.f[3 * D + d] = 1e-13F * noise(d, 803);
        } else if (n == 3) {
            c.w[D + d] = 0;
        }
    }
    c.state = (nn_head_state){c.w, c.b, zeros(classes * D), zeros(classes)};
    c.gradient = (nn_head_gradient){zeros(classes * D), zeros(classes), drawn(n * D, 840, 1, 0)};
    return c;
}

static void free_case(head_case *c)
{
    float *arrays[] = {c->f,
                       c->w,
                       c->b,
                       c->z,
                       c->norms,
                       c->dz,
                       c->state.direction,
                       c->state.norm,
                       c->gradient.dweight,
                       c->gradient.dbias,
                       c->gradient.dfeatures};
    for (int i = 0; i < LENGTH(arrays); i++) {
        free(arrays[i]);
    }
}

static void run_case(head_case *c)
{
    nn_head_prepare(&c->head, &c->state, 0, c->head.classes);
    const nn_head_batch batch = {c->n, c->f, c->z, c->norms, c->dz};
    nn_head_forward(&c->head, &c->state, c->n, c->f, c->z, c->norms);
    nn_head_backward(&c->head, &c->state, &batch, &c->gradient);
}

static void expect_pytorch(const head_case *c, const char *what, const float *x, int64_t count)
{
    char name[64];
    snprintf(name, sizeof name, "head %s %d %s", c->head.kind == NN_HEAD_LINEAR ? "linear" : "cosine", (int)c->n, what);
    expect_golden(&golden, name, x, count, 1e-5);
}

START_TEST(test_passes_equal_pytorch)
{
    nn_head_kind kind = _i % 2 == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE;
    head_case c = make_case(SIZES[_i / 2].n, SIZES[_i / 2].classes, kind);
    int64_t K = c.head.classes;
    run_case(&c);
    expect_pytorch(&c, "z", c.z, c.n * K);
    for (int64_t row = 0; row < c.n; row++) {
        char name[16];
        snprintf(name, sizeof name, "df %d", (int)row);
        expect_pytorch(&c, name, c.gradient.dfeatures + row * D, D);
    }
    if (kind == NN_HEAD_LINEAR) {
        expect_pytorch(&c, "dw", c.gradient.dweight, K * D);
        expect_pytorch(&c, "db", c.gradient.dbias, K);
    } else if (c.n == 3) {
        expect_pytorch(&c, "dw", c.gradient.dweight + 2 * D, (K - 2) * D);
        expect_pytorch(&c, "dw zero", c.gradient.dweight + D, D);
    } else {
        expect_pytorch(&c, "dw", c.gradient.dweight, K * D);
    }
    free_case(&c);
}
END_TEST

/* Loss = sum of dz z, by the definition in double. */
static double slow_loss(const head_case *c, const double *f, const double *w, const double *b)
{
    double loss = 0;
    for (int64_t i = 0; i < c->n * c->head.classes; i++) {
        const double *fi = f + i / c->head.classes * D, *wk = w + i % c->head.classes * D;
        double dot = 0, ff = 0, ww = 0;
        for (int64_t d = 0; d < D; d++) {
            dot += fi[d] * wk[d];
            ff += fi[d] * fi[d];
            ww += wk[d] * wk[d];
        }
        double z = c->head.kind == NN_HEAD_COSINE ? dot / sqrt(ff * ww) : dot + b[i % c->head.classes];
        loss += (double)c->dz[i] * z;
    }
    return loss;
}

START_TEST(test_gradients_equal_central_differences)
{
    enum { CHECKED = 40, N = 5, K = 7 };
    head_case c = make_case(N, K, _i == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE);
    run_case(&c);
    double in[3][N * D + K * D] = {0};
    int64_t counts[3] = {N * D, K * D, K};
    const float *from[3] = {c.f, c.w, c.b};
    const float *got[3] = {c.gradient.dfeatures, c.gradient.dweight, c.gradient.dbias};
    for (int which = 0; which < 3; which++) {
        for (int64_t i = 0; i < counts[which]; i++) {
            in[which][i] = (double)from[which][i];
        }
    }
    for (int which = 0; which < (_i == 0 ? 3 : 2); which++) {
        float some[CHECKED];
        double wanted[CHECKED];
        for (int i = 0; i < CHECKED; i++) {
            int64_t at = hash32(i, 851) % counts[which];
            double h = 1e-6, value = in[which][at];
            in[which][at] = value + h;
            double above = slow_loss(&c, in[0], in[1], in[2]);
            in[which][at] = value - h;
            wanted[i] = (above - slow_loss(&c, in[0], in[1], in[2])) / (2 * h);
            in[which][at] = value;
            some[i] = got[which][at];
        }
        expect_near("gradient", CHECKED, some, wanted, 1e-5);
    }
    free_case(&c);
}
END_TEST

/* Examples one by one, and classes prepared slice by slice, give the bits of all at once. */
START_TEST(test_slices_give_the_same_bits)
{
    enum { N = 11, K = 7 };
    nn_head_kind kind = _i == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE;
    head_case all = make_case(N, K, kind), one = make_case(N, K, kind);
    run_case(&all);
    for (int64_t k = 0; k < K; k++) {
        nn_head_prepare(&one.head, &one.state, k, k + 1);
    }
    for (int64_t i = 0; i < N; i++) {
        nn_head_gradient out = {one.gradient.dweight, one.gradient.dbias, one.gradient.dfeatures + i * D};
        const nn_head_batch batch = {1, one.f + i * D, one.z + i * K, one.norms + i, one.dz + i * K};
        nn_head_forward(&one.head, &one.state, 1, one.f + i * D, one.z + i * K, one.norms + i);
        nn_head_backward(&one.head, &one.state, &batch, &out);
    }
    expect_same_bits("z", N * K, all.z, one.z);
    expect_same_bits("df", N * D, all.gradient.dfeatures, one.gradient.dfeatures);
    expect_same_bits("dw", K * D, all.gradient.dweight, one.gradient.dweight);
    expect_same_bits("db", K, all.gradient.dbias, one.gradient.dbias);
    free_case(&all);
    free_case(&one);
}
END_TEST

/* A class that points where the features do is at cosine 1, whatever the lengths. */
START_TEST(test_cosine_ignores_lengths)
{
    head_case c = make_case(1, 2, NN_HEAD_COSINE);
    for (int64_t d = 0; d < D; d++) {
        c.w[d] = 23.85F * c.f[d];
        c.w[D + d] = -0.01F * c.f[d];
    }
    run_case(&c);
    ck_assert_double_eq_tol((double)c.z[0], 1, 1e-6);
    ck_assert_double_eq_tol((double)c.z[1], -1, 1e-6);
    free_case(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn/head");
    add_loop(suite, "oracle", test_passes_equal_pytorch, 2 * LENGTH(SIZES));
    add_loop(suite, "gradient", test_gradients_equal_central_differences, 2);
    add_loop(suite, "determinism", test_slices_give_the_same_bits, 2);
    add_loop(suite, "limits", test_cosine_ignores_lengths, 1);
    return run_suite(suite);
}
