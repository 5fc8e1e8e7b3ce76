/* Batch norm as a network runs it: moments shard by shard, one combination, one fused pass, and the same backward. */
#include "nn/batch_norm.h"

#include <math.h>

#include "nn/context.h"
#include "tests/nn/support.h"

#include "tests/golden/nn_layers.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

enum { SHARD = 4, CHANNELS = 32, SIZE = 8 };

typedef enum { PLAIN, RELU, ADD, KINDS } kind;
static const char *const KIND_NAMES[] = {"plain", "relu", "add"};
static const int64_t BATCHES[] = {118, 3, 1}, BLOCKS[] = {8, 16};

/* A mini-batch in shards; arrays of activations are blocked, (shards, SHARD, ...), and owned. */
typedef struct {
    int64_t N, shards, used; /* used: floats of the N examples, plain */
    nn_extent e, whole;      /* of a shard, of all shards together */
    nn_norm_layer layer;
    nn_norm norm;
    nn_norm_lanes lanes;
    nn_norm_sums *sums, *scratch;
    core_arena arena; /* of norm, lanes and sums */
    float *gamma, *beta, *dgamma, *dbeta;
    float *x, *shortcut, *y, *d, *dx;
} bn_case;

/* Plain values of the N examples, `padding` behind them, as a new blocked array. */
static float *blocked(const bn_case *c, float *plain, float padding)
{
    float *all = zeros(extent_floats(&c->whole)), *out = zeros(extent_floats(&c->whole));
    for (int64_t i = 0; i < extent_floats(&c->whole); i++) {
        all[i] = i < c->used ? plain[i] : padding * (0.6F + noise(i, 7));
    }
    to_blocked(&c->whole, all, out);
    free(all), free(plain);
    return out;
}

/* Inputs of nn_layers.py; garbage stands behind the last example. */
static bn_case make_case(int64_t N, int64_t block)
{
    bn_case c = {.N = N, .shards = (N + SHARD - 1) / SHARD, .used = N * CHANNELS * SIZE * SIZE};
    uint32_t n = (uint32_t)N;
    c.e = (nn_extent){SHARD, SHARD, CHANNELS, SIZE, SIZE, block};
    c.whole = (nn_extent){N, c.shards * SHARD, CHANNELS, SIZE, SIZE, block};
    c.gamma = drawn(CHANNELS, 401, 1.3F, 1);
    c.beta = drawn(CHANNELS, 402, 1.1F, 0);
    c.layer = (nn_norm_layer){CHANNELS, c.gamma, c.beta, drawn(CHANNELS, 403, 1, 0), drawn(CHANNELS, 404, 0.9F, 1)};
    c.dgamma = zeros(CHANNELS);
    c.dbeta = zeros(CHANNELS);
    EXPECT_OK(nn_norm_create(&c.arena, CHANNELS, block, &c.norm));
    EXPECT_OK(nn_norm_create_lanes(&c.arena, CHANNELS, block, &c.lanes));
    EXPECT_OK(nn_norm_create_sums(&c.arena, c.shards, CHANNELS, &c.sums));
    EXPECT_OK(nn_norm_create_sums(&c.arena, c.shards, NN_NORM_TILE, &c.scratch));
    c.x = blocked(&c, drawn(c.used, 400 + n, 2.9F, 0.37F), 1e20F);
    c.shortcut = blocked(&c, drawn(c.used, 500 + n, 1.7F, 0), 1e20F);
    c.d = blocked(&c, drawn(c.used, 600 + n, 1.9F, 0), 0);
    c.y = zeros(extent_floats(&c.whole));
    c.dx = zeros(extent_floats(&c.whole));
    return c;
}

static void free_case(bn_case *c)
{
    void *arrays[] = {
        c->gamma, c->beta, c->layer.running_mean, c->layer.running_var, c->dgamma, c->dbeta, c->x, c->shortcut, c->y,
        c->d,     c->dx};
    for (int i = 0; i < LENGTH(arrays); i++) {
        free(arrays[i]);
    }
    core_arena_free(&c->arena);
}

static nn_extent shard_extent(const bn_case *c, int64_t shard)
{
    nn_extent e = c->e;
    int64_t left = c->N - shard * SHARD;
    e.images = left < SHARD ? left : SHARD;
    return e;
}

static void measure(bn_case *c)
{
    for (int64_t s = 0; s < c->shards; s++) {
        nn_extent e = shard_extent(c, s);
        nn_norm_measure(nn_kernels_get(), &e, c->x + s * extent_floats(&e), &c->lanes, &c->sums[s]);
    }
    nn_norm_forward(&c->layer, c->e.block, c->shards, c->sums, c->scratch, true, &c->norm);
}

static void apply(bn_case *c, kind what)
{
    const nn_kernels *k = nn_kernels_get();
    for (int64_t s = 0; s < c->shards; s++) {
        nn_extent e = shard_extent(c, s);
        int64_t at = s * extent_floats(&e), vectors = SIZE * SIZE * e.block / 16;
        if (what == RELU) {
            k->norm_relu(&e, c->x + at, c->norm.scale, c->norm.shift, c->y + at);
        } else if (what == ADD) {
            k->norm_add_relu(&e, c->x + at, c->norm.scale, c->norm.shift, c->shortcut + at, c->y + at);
        }
        for (int64_t i = 0; what == PLAIN && i < extent_floats(&e); i++) {
            int64_t lane = i / 16 / vectors % (CHANNELS / e.block) * 16 + i % 16;
            c->y[at + i] = fmaf(c->x[at + i], c->norm.scale[lane], c->norm.shift[lane]);
        }
    }
}

/* d is masked where y has no gradient, which is the shortcut's gradient too. Plain: every y counts as positive. */
static void backward(bn_case *c, kind what)
{
    const nn_kernels *k = nn_kernels_get();
    float *ones = zeros(extent_floats(&c->e));
    for (int64_t i = 0; i < extent_floats(&c->e); i++) {
        ones[i] = 1;
    }
    for (int64_t s = 0; s < c->shards; s++) {
        nn_extent e = shard_extent(c, s);
        int64_t at = s * extent_floats(&e);
        k->relu_backward(&e, what == PLAIN ? ones : c->y + at, c->d + at, c->x + at, c->norm.mean, c->lanes.sums,
                         c->lanes.products);
        nn_norm_fold(&e, c->lanes.sums, c->lanes.products, &c->sums[s]);
    }
    nn_norm_backward(&c->layer, c->e.block, c->shards, c->sums, c->scratch, &c->norm, c->dgamma, c->dbeta);
    nn_norm_gradient g = {c->norm.scale, c->norm.slope, c->norm.offset};
    for (int64_t s = 0; s < c->shards; s++) {
        nn_extent e = shard_extent(c, s);
        int64_t at = s * extent_floats(&e);
        k->norm_backward(&e, &g, c->d + at, c->x + at, c->dx + at);
    }
    free(ones);
}

static float *plain(const bn_case *c, const float *activation)
{
    float *out = zeros(extent_floats(&c->whole));
    to_plain(&c->whole, activation, out);
    return out;
}

static void expect_pytorch(const bn_case *c, const char *what, const char *which, const float *x, int64_t count)
{
    char name[64];
    snprintf(name, sizeof name, "bn %s %d %s", what, (int)c->N, which);
    expect_golden(&golden, name, x, count, 1e-5);
}

static void expect_activation(const bn_case *c, kind what, const char *which, const float *activation)
{
    float *x = plain(c, activation);
    expect_pytorch(c, KIND_NAMES[what], which, x, c->used);
    free(x);
}

START_TEST(test_passes_equal_pytorch)
{
    kind what = (kind)(_i % KINDS);
    bn_case c = make_case(BATCHES[_i / KINDS % 3], BLOCKS[_i / KINDS / 3]);
    measure(&c);
    apply(&c, what);
    backward(&c, what);
    expect_activation(&c, what, "y", c.y);
    expect_activation(&c, what, "dx", c.dx);
    expect_pytorch(&c, KIND_NAMES[what], "dgamma", c.dgamma, CHANNELS);
    expect_pytorch(&c, KIND_NAMES[what], "dbeta", c.dbeta, CHANNELS);
    if (what == PLAIN) {
        expect_pytorch(&c, "plain", "mean", c.layer.running_mean, CHANNELS);
        expect_pytorch(&c, "plain", "var", c.layer.running_var, CHANNELS);
    } else if (what == ADD) {
        expect_activation(&c, what, "dshortcut", c.d);
    }
    float *dx = plain(&c, c.dx);
    for (int64_t i = c.used; i < extent_floats(&c.whole); i++) {
        EXPECT_QUIETLY(dx[i] == 0.0F, "dx of padding is %g at %lld", (double)dx[i], (long long)i);
    }
    free(dx);
    free_case(&c);
}
END_TEST

START_TEST(test_evaluation_equals_pytorch)
{
    bn_case c = make_case(BATCHES[_i % 3], BLOCKS[_i / 3]);
    nn_norm_evaluate(&c.layer, c.e.block, &c.norm);
    apply(&c, RELU);
    float *y = plain(&c, c.y);
    expect_pytorch(&c, "eval", "y", y, c.used);
    free(y);
    free_case(&c);
}
END_TEST

/* Plain x, d and results of one channel in long double, as textbooks have them. */
static long double oracle(const bn_case *c, int64_t channel, const float *x, const float *d, double *y, double *dx)
{
    int64_t area = SIZE * SIZE, n = c->N * area;
    long double mean = 0, var = 0, sum = 0, dot = 0;
    for (int64_t k = 0; k < n; k++) {
        mean += (long double)x[(k / area * CHANNELS + channel) * area + k % area] / (long double)n;
    }
    for (int64_t k = 0; k < n; k++) {
        long double centred = (long double)x[(k / area * CHANNELS + channel) * area + k % area] - mean;
        var += centred * centred / (long double)n;
    }
    long double inverse = 1 / sqrtl(var + 1e-5L), gamma = (long double)c->gamma[channel];
    for (int64_t k = 0; k < n; k++) {
        int64_t i = (k / area * CHANNELS + channel) * area + k % area;
        sum += (long double)d[i];
        dot += (long double)d[i] * ((long double)x[i] - mean) * inverse;
    }
    for (int64_t k = 0; k < n; k++) {
        int64_t i = (k / area * CHANNELS + channel) * area + k % area;
        long double hat = ((long double)x[i] - mean) * inverse;
        y[i] = (double)(gamma * hat + (long double)c->beta[channel]);
        dx[i] = (double)(gamma * inverse * ((long double)d[i] - sum / (long double)n - hat * dot / (long double)n));
    }
    return inverse;
}

/* Plain batch norm of x (plain, N examples; freed) and d against long double. */
static void expect_oracle(bn_case *c, float *x, float *d, double tolerance, double sigma_tolerance)
{
    float *kept = zeros(c->used), *kept_d = zeros(c->used);
    double *y = calloc((size_t)c->used, sizeof *y), *dx = calloc((size_t)c->used, sizeof *dx);
    memcpy(kept, x, sizeof *x * (size_t)c->used);
    memcpy(kept_d, d, sizeof *d * (size_t)c->used);
    free(c->x), free(c->d);
    c->x = blocked(c, x, 1e20F);
    c->d = blocked(c, d, 0);
    measure(c);
    apply(c, PLAIN);
    backward(c, PLAIN);
    for (int64_t channel = 0; channel < CHANNELS; channel++) {
        double wanted = (double)oracle(c, channel, kept, kept_d, y, dx);
        ck_assert_double_eq_tol(c->norm.inverse_sigma[channel], wanted, sigma_tolerance * wanted);
    }
    float *got = plain(c, c->y), *got_dx = plain(c, c->dx);
    expect_near("y", c->used, got, y, tolerance);
    expect_near("dx", c->used, got_dx, dx, tolerance);
    free(kept), free(kept_d), free(y), free(dx), free(got), free(got_dx);
}

/* Mean 1000, deviation 1: shift and offset are floats of up to 1650, half an ulp of which is 6e-5, where y and dx reach
 * 2.4 and more (PyTorch's float formula is the same). The gradient leans on x, so that the term with xhat counts. */
START_TEST(test_mean_of_1000_loses_nothing)
{
    bn_case c = make_case(BATCHES[_i % 3], BLOCKS[_i / 3]);
    float *x = drawn(c.used, 431, 3.4641F, 1000), *d = drawn(c.used, 432, 2.9F, 0);
    for (int64_t i = 0; i < c.used; i++) {
        d[i] += 0.5F * (x[i] - 1000);
    }
    expect_oracle(&c, x, d, 2.5e-5, 1e-6);
    free_case(&c);
}
END_TEST

/* The pivot of a shard's sums is its first pixel. The worst one is far from all others, but then it makes most of the
 * variance itself: of n pixels, squares in floats are at most n times the true ones. */
START_TEST(test_outlier_as_the_first_pixel)
{
    bn_case c = make_case(BATCHES[_i % 3], BLOCKS[_i / 3]);
    float *x = drawn(c.used, 433, 3.4641F, 0);
    for (int64_t k = 0; k < c.N * CHANNELS; k += SHARD * CHANNELS) {
        for (int64_t channel = 0; channel < CHANNELS; channel++) {
            x[(k + channel) * SIZE * SIZE] = 567.89F;
        }
    }
    expect_oracle(&c, x, drawn(c.used, 434, 1.9F, 0), 5e-5, 5e-5);
    free_case(&c);
}
END_TEST

/* sigma is sqrt(eps): a shift of 750, half an ulp of which is 3e-5. */
START_TEST(test_constant_channel_gives_beta)
{
    bn_case c = make_case(3, BLOCKS[_i]);
    expect_oracle(&c, drawn(c.used, 1, 0, 2.385F), drawn(c.used, 435, 1.9F, 0), 1e-4, 1e-7);
    free_case(&c);
}
END_TEST

/* Loss = sum of w y with y = relu(bn(x) + shortcut), by the definition in double. */
static double slow_loss(const bn_case *c, double *const in[4], const float *w)
{
    const double *x = in[0], *shortcut = in[1], *gamma = in[2], *beta = in[3];
    int64_t area = SIZE * SIZE, n = c->N * area;
    double loss = 0;
    for (int64_t channel = 0; channel < CHANNELS; channel++) {
        double mean = 0, var = 0;
        for (int64_t k = 0; k < n; k++) {
            mean += x[(k / area * CHANNELS + channel) * area + k % area] / (double)n;
        }
        for (int64_t k = 0; k < n; k++) {
            double centred = x[(k / area * CHANNELS + channel) * area + k % area] - mean;
            var += centred * centred / (double)n;
        }
        for (int64_t k = 0; k < n; k++) {
            int64_t i = (k / area * CHANNELS + channel) * area + k % area;
            double y = gamma[channel] * (x[i] - mean) / sqrt(var + 1e-5) + beta[channel] + shortcut[i];
            loss += y > 0 ? (double)w[i] * y : 0;
        }
    }
    return loss;
}

static double slow_gradient(const bn_case *c, double *const in[4], int which, int64_t at, const float *w)
{
    const double h = 1e-6;
    double value = in[which][at], f[2];
    for (int side = 0; side < 2; side++) {
        in[which][at] = side == 0 ? value + h : value - h;
        f[side] = slow_loss(c, in, w);
    }
    in[which][at] = value;
    return (f[0] - f[1]) / (2 * h);
}

static double *widened(int64_t count, float *x)
{
    double *out = calloc((size_t)count, sizeof *out);
    for (int64_t i = 0; i < count; i++) {
        out[i] = (double)x[i];
    }
    free(x);
    return out;
}

START_TEST(test_gradients_equal_central_differences)
{
    enum { CHECKED = 30 };
    bn_case c = make_case(3, BLOCKS[_i]);
    measure(&c);
    apply(&c, ADD);
    backward(&c, ADD);
    float *w = drawn(c.used, 603, 1.9F, 0), *got[4] = {plain(&c, c.dx), plain(&c, c.d), c.dgamma, c.dbeta};
    double *in[4] = {widened(c.used, drawn(c.used, 403, 2.9F, 0.37F)), widened(c.used, drawn(c.used, 503, 1.7F, 0)),
                     widened(CHANNELS, drawn(CHANNELS, 401, 1.3F, 1)),
                     widened(CHANNELS, drawn(CHANNELS, 402, 1.1F, 0))};
    static const char *const names[4] = {"dx", "dshortcut", "dgamma", "dbeta"};
    for (int which = 0; which < 4; which++) {
        float some[CHECKED];
        double wanted[CHECKED];
        for (int i = 0; i < CHECKED; i++) {
            int64_t at = hash32(i, 436) % (which < 2 ? c.used : CHANNELS);
            some[i] = got[which][at];
            wanted[i] = slow_gradient(&c, in, which, at, w);
        }
        expect_near(names[which], CHECKED, some, wanted, 1e-5);
    }
    for (int which = 0; which < 4; which++) {
        free(in[which]);
    }
    free(w), free(got[0]), free(got[1]);
    free_case(&c);
}
END_TEST

/* The statistics that a network remembers are one thread's work. */
START_TEST(test_running_statistics_move_only_when_asked)
{
    bn_case c = make_case(3, 16);
    float *mean = drawn(CHANNELS, 403, 1, 0), *var = drawn(CHANNELS, 404, 0.9F, 1);
    measure(&c);
    ck_assert_mem_ne(mean, c.layer.running_mean, sizeof *mean * CHANNELS);
    memcpy(c.layer.running_mean, mean, sizeof *mean * CHANNELS);
    memcpy(c.layer.running_var, var, sizeof *var * CHANNELS);
    nn_norm_forward(&c.layer, 16, c.shards, c.sums, c.scratch, false, &c.norm);
    ck_assert_mem_eq(mean, c.layer.running_mean, sizeof *mean * CHANNELS);
    ck_assert_mem_eq(var, c.layer.running_var, sizeof *var * CHANNELS);
    free(mean), free(var);
    free_case(&c);
}
END_TEST

/* Channels [begin, begin + count) of a layer of `many`, and of its shards' sums. */
typedef struct {
    int64_t begin, count;
    float *mean, *var;
    nn_norm norm;
} part;

static void combine_part(core_arena *arena, int64_t shards, const nn_norm_sums *sums, part *p)
{
    nn_norm_sums *own, *scratch;
    EXPECT_OK(nn_norm_create_sums(arena, shards, p->count, &own));
    EXPECT_OK(nn_norm_create_sums(arena, shards, NN_NORM_TILE, &scratch));
    EXPECT_OK(nn_norm_create(arena, p->count, 16, &p->norm));
    for (int64_t s = 0; s < shards; s++) {
        own[s].count = sums[s].count;
        memcpy(own[s].first, sums[s].first + p->begin, sizeof(double) * (size_t)p->count);
        memcpy(own[s].second, sums[s].second + p->begin, sizeof(double) * (size_t)p->count);
    }
    float *ones = drawn(p->count, 1, 0, 1.3F);
    p->mean = drawn(p->count, 1, 0, 0.2F);
    p->var = drawn(p->count, 1, 0, 0.7F);
    const nn_norm_layer layer = {p->count, ones, ones, p->mean, p->var};
    nn_norm_forward(&layer, 16, shards, own, scratch, true, &p->norm);
    nn_norm_backward(&layer, 16, shards, own, scratch, &p->norm, NULL, NULL);
    free(ones);
}

/* A layer of several tiles, the last one short, has channel by channel the bits of layers of 16 channels. */
START_TEST(test_many_channels_do_not_see_each_other)
{
    enum { MANY = 2 * NN_NORM_TILE + 48, SHARDS = 5 };
    core_arena arena = {0};
    nn_norm_sums *sums;
    EXPECT_OK(nn_norm_create_sums(&arena, SHARDS, MANY, &sums));
    for (int64_t i = 0; i < (int64_t)SHARDS * MANY; i++) {
        sums[i / MANY].count = 64 - 9 * (i / MANY);
        sums[i / MANY].first[i % MANY] = (double)noise(i, 71);
        sums[i / MANY].second[i % MANY] = 40 + (double)noise(i, 72);
    }
    part whole = {.count = MANY};
    combine_part(&arena, SHARDS, sums, &whole);
    for (int64_t c = 0; c < MANY; c += 16) {
        part few = {.begin = c, .count = 16};
        combine_part(&arena, SHARDS, sums, &few);
        expect_same_bits("scale", 16, few.norm.scale, whole.norm.scale + c);
        expect_same_bits("shift", 16, few.norm.shift, whole.norm.shift + c);
        expect_same_bits("slope", 16, few.norm.slope, whole.norm.slope + c);
        expect_same_bits("offset", 16, few.norm.offset, whole.norm.offset + c);
        expect_same_bits("mean", 16, few.mean, whole.mean + c);
        expect_same_bits("var", 16, few.var, whole.var + c);
        free(few.mean), free(few.var);
    }
    free(whole.mean), free(whole.var);
    core_arena_free(&arena);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/batch_norm");
    add_loop(suite, "oracle", test_passes_equal_pytorch, KINDS * 3 * 2);
    add_loop(suite, "oracle", test_evaluation_equals_pytorch, 3 * 2);
    add_loop(suite, "limits", test_mean_of_1000_loses_nothing, 3 * 2);
    add_loop(suite, "limits", test_outlier_as_the_first_pixel, 3 * 2);
    add_loop(suite, "limits", test_constant_channel_gives_beta, 2);
    add_loop(suite, "gradient", test_gradients_equal_central_differences, 2);
    add_loop(suite, "determinism", test_many_channels_do_not_see_each_other, 1);
    add_loop(suite, "shape", test_running_statistics_move_only_when_asked, 1);
    return run_suite(suite);
}
