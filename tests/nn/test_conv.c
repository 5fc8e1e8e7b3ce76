#include "nn/conv.h"

#include <math.h>

#include "core/team.h"
#include "nn/onednn.h"
#include "tests/nn/reference.h"
#include "tests/nn/support.h"

#include "tests/golden/nn_layers.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

enum { SHARD = 4, MOST_THREADS = 3 };

/* In the order of nn_layers.py: every shape of a CIFAR ResNet on 32x32 and on 13x9; then 1x1, 7x7, and tiny planes. */
static const nn_conv_shape SHAPES[] = {
    {SHARD, 3, 16, {32, 32}, 3, 1, true},   {SHARD, 16, 16, {32, 32}, 3, 1, false},
    {SHARD, 16, 32, {32, 32}, 3, 2, false}, {SHARD, 32, 32, {16, 16}, 3, 1, false},
    {SHARD, 32, 64, {16, 16}, 3, 2, false}, {SHARD, 64, 64, {8, 8}, 3, 1, false},
    {SHARD, 3, 16, {13, 9}, 3, 1, true},    {SHARD, 16, 16, {13, 9}, 3, 1, false},
    {SHARD, 16, 32, {13, 9}, 3, 2, false},  {SHARD, 32, 32, {7, 5}, 3, 1, false},
    {SHARD, 32, 64, {7, 5}, 3, 2, false},   {SHARD, 64, 64, {4, 3}, 3, 1, false},
    {SHARD, 64, 64, {2, 2}, 3, 1, false},   {SHARD, 32, 64, {13, 9}, 1, 1, false},
    {SHARD, 64, 16, {4, 3}, 1, 1, false},   {SHARD, 32, 64, {13, 9}, 1, 2, false},
    {SHARD, 64, 128, {7, 8}, 1, 2, false},  {SHARD, 3, 64, {31, 28}, 7, 2, true},
    {SHARD, 3, 16, {9, 20}, 7, 2, true},    {SHARD, 64, 64, {1, 1}, 3, 1, false},
    {SHARD, 64, 64, {7, 5}, 3, 2, false},   {SHARD, 128, 32, {5, 14}, 3, 1, false},
};

/* One convolution with its inputs and results, activations and weights plain; owns its arrays. */
typedef struct {
    nn_conv_shape shape;
    nn_extent in, out;
    int64_t weights;
    float *x, *w, *dy, *y, *dx, *dw;
} conv_case;

static conv_case make_case(int index)
{
    conv_case c = {.shape = SHAPES[index]};
    const nn_conv_shape *s = &c.shape;
    const nn_plane out = nn_plane_behind(s->in, s->stride);
    c.in = (nn_extent){SHARD, SHARD, s->in_channels, s->in.height, s->in.width, nn_channel_block()};
    c.out = (nn_extent){SHARD, SHARD, s->out_channels, out.height, out.width, nn_channel_block()};
    c.weights = nn_conv_plain_count(s);
    c.x = drawn(extent_floats(&c.in), 100 + (uint32_t)index, 2.385F, 0);
    c.w = drawn(c.weights, 200 + (uint32_t)index, 0.731F, 0);
    c.dy = drawn(extent_floats(&c.out), 300 + (uint32_t)index, 1.617F, 0);
    c.y = zeros(extent_floats(&c.out));
    c.dx = zeros(extent_floats(&c.in));
    c.dw = zeros(c.weights);
    return c;
}

static void free_case(conv_case *c)
{
    float *arrays[] = {c->x, c->w, c->dy, c->y, c->dx, c->dw};
    for (int i = 0; i < LENGTH(arrays); i++) {
        free(arrays[i]);
    }
}

/* Native arrays of one member of a team. */
typedef struct {
    conv_case *c;
    float *x, *dx, *y, *w, *back, *dw;
    void *scratch;
} member;

typedef struct {
    nn_conv *conv;
    member *members; /* one a thread */
} job;

static member make_member(nn_conv *conv, conv_case *c)
{
    member m = {.c = c, .x = zeros(extent_floats(&c->in)), .dx = zeros(extent_floats(&c->in))};
    m.y = zeros(extent_floats(&c->out));
    m.w = zeros(nn_conv_weight_count(conv));
    m.dw = zeros(nn_conv_weight_count(conv));
    m.back = zeros(nn_conv_backward_weight_count(conv));
    m.scratch = zeros(nn_conv_scratch_bytes(conv));
    if (c->shape.from_images) {
        memcpy(m.x, c->x, sizeof *m.x * (size_t)extent_floats(&c->in));
    } else {
        to_blocked(&c->in, c->x, m.x);
    }
    EXPECT_OK(nn_conv_from_plain(conv, c->w, m.w));
    return m;
}

static core_status run_member(void *context, int thread, int threads)
{
    job *j = context;
    member *m = &j->members[thread];
    nn_worker at = {thread, m->scratch};
    (void)threads;
    CORE_TRY(nn_conv_forward(j->conv, at, m->x, m->w, m->y));
    to_plain(&m->c->out, m->y, m->c->y);
    to_blocked(&m->c->out, m->c->dy, m->y);
    if (!m->c->shape.from_images) {
        CORE_TRY(nn_conv_to_backward(j->conv, at, m->w, m->back));
        CORE_TRY(nn_conv_backward_data(j->conv, at, m->y, m->back, m->dx));
        to_plain(&m->c->in, m->dx, m->c->dx);
    }
    return nn_conv_backward_weights(j->conv, at, m->x, m->y, m->dw);
}

static void finish_member(nn_conv *conv, member *m)
{
    EXPECT_OK(nn_conv_to_plain(conv, m->dw, m->c->dw));
    free(m->x), free(m->dx), free(m->y), free(m->w), free(m->back), free(m->dw), free(m->scratch);
}

/* All passes of a case a thread, in a team, as oneDNN's code must always run. */
static void run_cases(conv_case *cases, int threads)
{
    member members[MOST_THREADS];
    job j = {.members = members};
    EXPECT_OK(nn_conv_create(&cases->shape, threads, &j.conv));
    for (int t = 0; t < threads; t++) {
        members[t] = make_member(j.conv, &cases[t]);
    }
    EXPECT_OK(core_team_run(threads, run_member, &j));
    for (int t = 0; t < threads; t++) {
        finish_member(j.conv, &members[t]);
    }
    nn_conv_destroy(j.conv);
}

static void expect_pytorch(const conv_case *c, const char *what, const float *x, int64_t count)
{
    char name[64];
    const nn_conv_shape *s = &c->shape;
    snprintf(name, sizeof name, "conv %d %d %d %dx%d %s%s", (int)s->in_channels, (int)s->out_channels, (int)s->stride,
             (int)s->in.height, (int)s->in.width, what,
             s->kernel == 1   ? " 1"
             : s->kernel == 7 ? " 7"
                              : "");
    expect_golden(&golden, name, x, count, 1e-5);
}

START_TEST(test_passes_equal_pytorch)
{
    conv_case c = make_case(_i);
    run_cases(&c, 1);
    expect_pytorch(&c, "y", c.y, extent_floats(&c.out));
    expect_pytorch(&c, "dw", c.dw, c.weights);
    if (!c.shape.from_images) {
        expect_pytorch(&c, "dx", c.dx, extent_floats(&c.in));
    }
    free_case(&c);
}
END_TEST

/* (f(v + h) - f(v - h)) / 2h of f = sum of dy y, one element v of x or w. Convolution is linear: h may be large. */
static double central_difference(const conv_case *c, const double *x, const double *w, double *v, double *y)
{
    const double h = 0.25;
    double value = *v, f[2];
    for (int side = 0; side < 2; side++) {
        *v = side == 0 ? value + h : value - h;
        reference_conv(&c->shape, x, w, y);
        f[side] = 0.0;
        for (int64_t i = 0; i < extent_floats(&c->out); i++) {
            f[side] += (double)c->dy[i] * y[i];
        }
    }
    *v = value;
    return (f[0] - f[1]) / (2 * h);
}

START_TEST(test_gradients_equal_central_differences)
{
    enum { CHECKED = 6 };
    conv_case c = make_case(_i);
    run_cases(&c, 1);
    double *x = to_double(extent_floats(&c.in), c.x), *w = to_double(c.weights, c.w);
    double *y = to_double(extent_floats(&c.out), c.y), wanted[2][CHECKED];
    float got[2][CHECKED];
    for (int i = 0; i < CHECKED; i++) {
        int64_t at_x = hash32(i, 41) % extent_floats(&c.in), at_w = hash32(i, 42) % c.weights;
        wanted[0][i] = central_difference(&c, x, w, &w[at_w], y);
        got[0][i] = c.dw[at_w];
        wanted[1][i] = c.shape.from_images ? 1.0 : central_difference(&c, x, w, &x[at_x], y);
        got[1][i] = c.shape.from_images ? 1.0F : c.dx[at_x];
    }
    expect_near("dw", CHECKED, got[0], wanted[0], 1e-5);
    expect_near("dx", CHECKED, got[1], wanted[1], 1e-5);
    free(x), free(w), free(y);
    free_case(&c);
}
END_TEST

/* Outputs of the first images do not see what stands in the last one: padding may hold anything finite. */
START_TEST(test_images_do_not_see_each_other)
{
    conv_case a = make_case(_i), b = make_case(_i);
    int64_t image = extent_floats(&a.in) / SHARD, out = extent_floats(&a.out) / SHARD;
    for (int64_t i = 0; i < image; i++) {
        b.x[(SHARD - 1) * image + i] = 1e30F * noise(i, 43);
    }
    memset(a.dy + (SHARD - 1) * out, 0, sizeof(float) * (size_t)out);
    memset(b.dy + (SHARD - 1) * out, 0, sizeof(float) * (size_t)out);
    run_cases(&a, 1);
    run_cases(&b, 1);
    expect_same_bits("y", (SHARD - 1) * out, a.y, b.y);
    expect_same_bits("dx", SHARD * image, a.dx, b.dx);
    expect_same_bits("dw", a.weights, a.dw, b.dw);
    free_case(&a);
    free_case(&b);
}
END_TEST

START_TEST(test_team_shares_one_conv_with_the_same_bits)
{
    conv_case alone = make_case(_i), each[MOST_THREADS];
    for (int t = 0; t < MOST_THREADS; t++) {
        each[t] = make_case(_i);
    }
    run_cases(&alone, 1);
    run_cases(each, MOST_THREADS);
    for (int t = 0; t < MOST_THREADS; t++) {
        expect_same_bits("y", extent_floats(&alone.out), alone.y, each[t].y);
        expect_same_bits("dx", extent_floats(&alone.in), alone.dx, each[t].dx);
        expect_same_bits("dw", alone.weights, alone.dw, each[t].dw);
        free_case(&each[t]);
    }
    free_case(&alone);
}
END_TEST

START_TEST(test_weights_come_back_from_the_native_layout)
{
    nn_conv *conv;
    EXPECT_OK(nn_conv_create(&SHAPES[_i], 1, &conv));
    int64_t count = nn_conv_plain_count(&SHAPES[_i]);
    float *plain = drawn(count, 44, 1.7F, 0), *native = zeros(nn_conv_weight_count(conv)), *back = zeros(count);
    EXPECT_OK(nn_conv_from_plain(conv, plain, native));
    EXPECT_OK(nn_conv_to_plain(conv, native, back));
    expect_same_bits("weights", count, plain, back);
    ck_assert_int_eq(nn_conv_weight_count(conv) % 16, 0);
    free(plain), free(native), free(back);
    nn_conv_destroy(conv);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/conv");
    add_loop(suite, "oracle", test_passes_equal_pytorch, LENGTH(SHAPES));
    add_loop(suite, "gradient", test_gradients_equal_central_differences, LENGTH(SHAPES));
    add_loop(suite, "limits", test_images_do_not_see_each_other, LENGTH(SHAPES));
    add_loop(suite, "determinism", test_team_shares_one_conv_with_the_same_bits, LENGTH(SHAPES));
    add_loop(suite, "shape", test_weights_come_back_from_the_native_layout, LENGTH(SHAPES));
    return run_suite(suite);
}
