/* Every pass: both builds give the same bits, and the values of its definition. */
#include "nn/kernels.h"

#include <math.h>

#include "tests/nn/support.h"

#include "tests/golden/nn_layers.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

enum { PADDED = 4, LANES = 16, MOST_LANES = 128 };

static bool both; /* v4 beside v3, bit for bit */

/* The extents of a network's three stages, a tiny one, and some whose planes are no whole number of vectors or of four
 * of them, with 1, 3 and 4 of 4 images. */
static const int64_t PLANES[][3] = {{16, 32, 32}, {32, 16, 16}, {64, 8, 8}, {16, 4, 4},
                                    {16, 13, 9},  {32, 7, 5},   {64, 4, 3}, {16, 23, 12}};
static const int64_t IMAGES[] = {1, 3, 4}, BLOCKS[] = {8, 16};
enum { SIZES = LENGTH(PLANES), EXTENTS = SIZES * 3 * 2 };

static nn_extent extent(int i)
{
    const int64_t *plane = PLANES[i % SIZES];
    return (nn_extent){IMAGES[i / SIZES % 3], PADDED, plane[0], plane[1], plane[2], BLOCKS[i / (SIZES * 3)]};
}

/* Inputs and outputs of every pass over one extent; owned. */
typedef struct {
    nn_extent e;
    int64_t wide_count;
    float *x, *y, *d, *branch, *wide; /* inputs; wide has twice the channels at half the size */
    float *scale, *shift, *mean;
    float *out[10];
    int64_t count[10];
    int outs;
} pass_case;

static pass_case make_case(const nn_extent *e)
{
    pass_case c = {.e = *e};
    int64_t count = extent_floats(e), image = count / e->padded;
    c.wide_count = e->padded * 2 * e->channels * ((e->height + 1) / 2) * ((e->width + 1) / 2);
    c.x = drawn(count, 1, 2.9F, 0.37F);
    c.y = drawn(count, 2, 1.7F, 0.1F);
    c.d = drawn(count, 3, 1.9F, 0);
    c.branch = drawn(count, 4, 1.3F, 0);
    c.wide = drawn(c.wide_count, 5, 1.1F, 0);
    c.scale = drawn(MOST_LANES, 6, 1.3F, 0.9F);
    c.shift = drawn(MOST_LANES, 7, 1.1F, 0);
    c.mean = drawn(MOST_LANES, 8, 0.7F, 0);
    for (int64_t i = 0; i < MOST_LANES && e->block == 8; i++) { /* both halves repeat a channel's coefficient */
        float *each[] = {c.scale, c.shift, c.mean};
        for (int a = 0; a < 3; a++) {
            each[a][i] = each[a][i / LANES * LANES + i % 8];
        }
    }
    memset(c.d + e->images * image, 0, sizeof *c.d * (size_t)((e->padded - e->images) * image));
    return c;
}

static void free_case(pass_case *c)
{
    float *arrays[] = {c->x, c->y, c->d, c->branch, c->wide, c->scale, c->shift, c->mean};
    for (int i = 0; i < LENGTH(arrays); i++) {
        free(arrays[i]);
    }
    for (int i = 0; i < c->outs; i++) {
        free(c->out[i]);
    }
}

/* A new output that starts as a copy of `from`. */
static float *output(pass_case *c, int64_t count, const float *from)
{
    c->out[c->outs] = zeros(count);
    c->count[c->outs] = count;
    if (from != NULL) {
        memcpy(c->out[c->outs], from, sizeof *from * (size_t)count);
    }
    return c->out[c->outs++];
}

static double *output_sums(pass_case *c) { return (double *)(void *)output(c, 2 * MOST_LANES, NULL); }

enum { NORM_RELU, NORM_ADD_RELU, NORM_ADD_NORM_RELU, SHORTCUT, POOL, PIVOT, MOMENT_SUMS, SQUARES };

static void run_forward(const nn_kernels *k, pass_case *c)
{
    int64_t count = extent_floats(&c->e);
    k->norm_relu(&c->e, c->x, c->scale, c->shift, output(c, count, NULL));
    k->norm_add_relu(&c->e, c->x, c->scale, c->shift, c->branch, output(c, count, NULL));
    k->norm_add_norm_relu(&c->e, &(nn_norm_input){c->x, c->scale, c->shift},
                          &(nn_norm_input){c->branch, c->mean, c->scale}, output(c, count, NULL));
    k->shortcut(&c->e, c->x, output(c, c->wide_count, c->wide));
    k->pool(&c->e, c->x, output(c, c->e.padded * c->e.channels, NULL));
    float *pivot = output(c, MOST_LANES, NULL);
    double *sums = output_sums(c), *squares = output_sums(c);
    k->moments(&c->e, c->x, pivot, sums, squares);
}

enum {
    NORM_BACKWARD,
    RELU_BACKWARD,
    JOIN_BACKWARD,
    SHORTCUT_BACKWARD,
    POOL_BACKWARD,
    SUMS,
    PRODUCTS,
    JOIN_SUMS,
    JOIN_PRODUCTS
};

static void run_backward(const nn_kernels *k, pass_case *c)
{
    int64_t count = extent_floats(&c->e);
    nn_norm_gradient g = {c->scale, c->mean, c->shift};
    k->norm_backward(&c->e, &g, c->d, c->x, output(c, count, c->y));
    float *relu = output(c, count, c->d), *join = output(c, count, c->d);
    k->shortcut_backward(&c->e, c->wide, output(c, count, c->d));
    k->pool_backward(&c->e, c->branch, output(c, count, c->y));
    double *sums = output_sums(c), *products = output_sums(c), *join_sums = output_sums(c),
           *join_products = output_sums(c);
    k->relu_backward(&c->e, c->y, relu, c->x, c->mean, sums, products);
    k->join_backward(&c->e, c->y, c->branch, join, c->x, c->mean, join_sums, join_products);
}

typedef void (*runner)(const nn_kernels *k, pass_case *c);

static void expect_same_passes(const nn_extent *e, runner run)
{
    pass_case v3 = make_case(e), v4 = make_case(e);
    run(&nn_kernels_v3, &v3);
    run(&nn_kernels_v4, &v4);
    ck_assert_int_gt(v3.outs, 0);
    for (int i = 0; i < v3.outs; i++) {
        char name[32];
        snprintf(name, sizeof name, "output %d", i);
        expect_same_bits(name, v3.count[i], v3.out[i], v4.out[i]);
    }
    free_case(&v3);
    free_case(&v4);
}

START_TEST(test_builds_give_the_same_bits)
{
    nn_extent e = extent(_i);
    expect_same_passes(&e, run_forward);
    expect_same_passes(&e, run_backward);
}
END_TEST

/* NaN, infinities, zeros of both signs and subnormals are where two widths of one instruction could part. */
START_TEST(test_builds_give_the_same_bits_on_special_values)
{
    static const float special[] = {NAN, INFINITY, -INFINITY, 0.0F, -0.0F, 0x1p-149F, -0x1p-130F, 0x1.fffffep+127F};
    nn_extent e = extent(2 + SIZES * 3 * _i);
    pass_case c[2] = {make_case(&e), make_case(&e)};
    for (int build = 0; build < 2; build++) {
        for (int64_t i = 0; i < extent_floats(&e); i++) {
            c[build].x[i] = special[hash32(i, 11) % 8];
            c[build].y[i] = special[hash32(i, 12) % 8];
        }
        run_forward(build == 0 ? &nn_kernels_v3 : &nn_kernels_v4, &c[build]);
    }
    for (int i = NORM_RELU; i <= POOL; i++) {
        for (int64_t j = 0; j < c[0].count[i]; j++) {
            float a = c[0].out[i][j], b = c[1].out[i][j]; /* a NaN's payload may be either operand's */
            EXPECT_QUIETLY((isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0, "element %lld", (long long)j);
        }
    }
    free_case(&c[0]);
    free_case(&c[1]);
}
END_TEST

/* What stands at a place of the blocked layout: its lane (of a coefficient) and its image. */
static int64_t lane_of(const nn_extent *e, int64_t i)
{
    int64_t area = e->height * e->width, blocks = e->channels / e->block;
    return i / (area * e->block) % blocks * LANES + i % e->block;
}

static bool is_padding(const nn_extent *e, int64_t i) { return i / (extent_floats(e) / e->padded) >= e->images; }

static float positive(float x) { return x > 0 ? x : 0; }

START_TEST(test_elementwise_passes_by_definition)
{
    nn_extent e = extent(_i);
    pass_case f = make_case(&e), b = make_case(&e);
    run_forward(&nn_kernels_v3, &f);
    run_backward(&nn_kernels_v3, &b);
    for (int64_t i = 0; i < extent_floats(&e); i++) {
        int64_t l = lane_of(&e, i);
        float normed = fmaf(f.x[i], f.scale[l], f.shift[l]);
        EXPECT_QUIETLY(f.out[NORM_RELU][i] == positive(normed), "element %lld", (long long)i);
        EXPECT_QUIETLY(f.out[NORM_ADD_RELU][i] == positive(normed + f.branch[i]), "element %lld", (long long)i);
        float other = fmaf(f.branch[i], f.mean[l], f.scale[l]);
        EXPECT_QUIETLY(f.out[NORM_ADD_NORM_RELU][i] == positive(normed + other), "element %lld", (long long)i);
        float dx = fmaf(b.scale[l], b.d[i], fmaf(b.x[i], b.mean[l], b.shift[l]));
        EXPECT_QUIETLY(b.out[NORM_BACKWARD][i] == (is_padding(&e, i) ? 0.0F : dx), "element %lld", (long long)i);
        if (!is_padding(&e, i)) {
            EXPECT_QUIETLY(b.out[RELU_BACKWARD][i] == (b.y[i] > 0 ? b.d[i] : 0.0F), "element %lld", (long long)i);
            EXPECT_QUIETLY(b.out[JOIN_BACKWARD][i] == (b.y[i] > 0 ? b.d[i] + b.branch[i] : 0.0F), "element %lld",
                           (long long)i);
        } else {
            EXPECT_QUIETLY(b.out[RELU_BACKWARD][i] == 0.0F && b.out[JOIN_BACKWARD][i] == 0.0F, "element %lld",
                           (long long)i);
            EXPECT_QUIETLY(b.out[POOL_BACKWARD][i] == 0.0F, "element %lld", (long long)i);
        }
    }
    free_case(&f);
    free_case(&b);
}
END_TEST

static double *lanes_from(pass_case *c, int output) { return (double *)(void *)c->out[output]; }

/* Channel sums in long double; float partial sums of 64 vectors lose less than 1e-6 of the sum of magnitudes. */
START_TEST(test_sums_by_definition)
{
    nn_extent e = extent(_i);
    pass_case f = make_case(&e), b = make_case(&e);
    run_forward(&nn_kernels_v3, &f);
    run_backward(&nn_kernels_v3, &b);
    double *got[] = {lanes_from(&f, MOMENT_SUMS), lanes_from(&f, SQUARES),   lanes_from(&b, SUMS),
                     lanes_from(&b, PRODUCTS),    lanes_from(&b, JOIN_SUMS), lanes_from(&b, JOIN_PRODUCTS)};
    long double wanted[6][MOST_LANES] = {0}, magnitude[6][MOST_LANES] = {0};
    for (int64_t i = 0; i < extent_floats(&e) && !is_padding(&e, i); i++) {
        int64_t l = lane_of(&e, i);
        long double x = (long double)f.x[i] - (long double)f.out[PIVOT][l],
                    m = (long double)b.x[i] - (long double)b.mean[l];
        long double relu = (long double)b.out[RELU_BACKWARD][i], join = (long double)b.out[JOIN_BACKWARD][i];
        const long double terms[6] = {x, x * x, relu, relu * m, join, join * m};
        for (int s = 0; s < 6; s++) {
            wanted[s][l] += terms[s];
            magnitude[s][l] += fabsl(terms[s]);
        }
    }
    for (int64_t l = 0; l < e.channels / e.block * LANES; l++) {
        for (int s = 0; s < 6 && l % LANES < e.block; s++) {
            double sum = got[s][l] + (e.block == 8 ? got[s][l + 8] : 0.0);
            EXPECT_QUIETLY(fabs(sum - (double)wanted[s][l]) <= 1e-6 * (double)magnitude[s][l], "sum %d, lane %d", s,
                           (int)l);
        }
    }
    free_case(&f);
    free_case(&b);
}
END_TEST

static void expect_plain(const char *name, const nn_extent *e, const float *blocked)
{
    float *plain = zeros(extent_floats(e));
    to_plain(e, blocked, plain);
    expect_golden(&golden, name, plain, extent_floats(e) / e->padded * 3, 1e-5);
    free(plain);
}

/* Three images of four, from nn_layers.py, blocked. */
static float *three_images(const nn_extent *e, uint32_t salt, float scale)
{
    float *plain = drawn(extent_floats(e), salt, scale, 0), *out = zeros(extent_floats(e));
    to_blocked(e, plain, out);
    free(plain);
    return out;
}

START_TEST(test_shortcut_equals_pytorch)
{
    static const int64_t inputs[][3] = {{16, 16, 16}, {32, 16, 16}, {48, 13, 9}};
    const int64_t *plane = inputs[_i / 2], channels = plane[0], block = BLOCKS[_i % 2];
    nn_extent in = {3, PADDED, channels, plane[1], plane[2], block},
              out = {3, PADDED, 2 * channels, (plane[1] + 1) / 2, (plane[2] + 1) / 2, block};
    uint32_t salt = (uint32_t)channels;
    float *x = three_images(&in, 700 + salt, 2.1F), *dy = three_images(&out, 710 + salt, 1.3F);
    float *y = zeros(extent_floats(&out)), *dx = zeros(extent_floats(&in));
    char name[32];
    nn_kernels_v3.shortcut(&in, x, y);
    snprintf(name, sizeof name, "shortcut %d y", (int)channels);
    expect_plain(name, &out, y);
    nn_kernels_v3.shortcut_backward(&in, dy, dx);
    snprintf(name, sizeof name, "shortcut %d dx", (int)channels);
    expect_plain(name, &in, dx);
    nn_kernels_v3.shortcut_backward(&in, dy, dx); /* adds */
    for (int64_t i = 0; i < extent_floats(&in); i++) {
        dx[i] /= 2;
    }
    expect_plain(name, &in, dx);
    free(x), free(dy), free(y), free(dx);
}
END_TEST

START_TEST(test_pool_equals_pytorch)
{
    static const int64_t planes[][2] = {{8, 8}, {4, 3}, {3, 3}};
    const int64_t *plane = planes[_i / 2];
    nn_extent e = {3, PADDED, 64, plane[0], plane[1], BLOCKS[_i % 2]};
    char name[32];
    float *x = three_images(&e, 720, 2.1F), *dy = drawn(PADDED * 64, 721, 1.3F, 0), *y = zeros(PADDED * 64);
    nn_kernels_v3.pool(&e, x, y);
    snprintf(name, sizeof name, "pool %dx%d y", (int)plane[0], (int)plane[1]);
    expect_golden(&golden, name, y, 3 * 64, 1e-5);
    nn_kernels_v3.pool_backward(&e, dy, x);
    snprintf(name, sizeof name, "pool %dx%d dx", (int)plane[0], (int)plane[1]);
    expect_plain(name, &e, x);
    free(x), free(dy), free(y);
}
END_TEST

START_TEST(test_accumulate_adds)
{
    enum { COUNT = 48 };
    float *x = drawn(COUNT, 21, 1.3F, 0), *sum = drawn(COUNT, 22, 1e3F, 0), *start = drawn(COUNT, 22, 1e3F, 0);
    nn_kernels_v3.accumulate(COUNT, x, sum);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(sum[i] == start[i] + x[i]);
    }
    if (both) {
        nn_kernels_v4.accumulate(COUNT, x, start);
        expect_same_bits("sum", COUNT, sum, start);
    }
    free(x), free(sum), free(start);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("nn/kernels");
    both = asked_for_both(argc, argv);
    if (both) {
        add_loop(suite, "determinism", test_builds_give_the_same_bits, EXTENTS);
        add_loop(suite, "determinism", test_builds_give_the_same_bits_on_special_values, 2);
        ADD_CASE(suite, "determinism", test_accumulate_adds);
        return run_suite(suite);
    }
    add_loop(suite, "oracle", test_elementwise_passes_by_definition, EXTENTS);
    add_loop(suite, "oracle", test_sums_by_definition, EXTENTS);
    add_loop(suite, "oracle", test_shortcut_equals_pytorch, 6);
    add_loop(suite, "oracle", test_pool_equals_pytorch, 6);
    ADD_CASE(suite, "oracle", test_accumulate_adds);
    return run_suite(suite);
}
