/* The stem's max-pool: PyTorch's values with ties, its rule for NaN, and the same bits from both builds. */
#include "nn/max_pool.h"

#include <math.h>

#include "tests/nn/support.h"

#include "tests/golden/nn_layers.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

enum { IMAGES = 3 };

static bool both; /* v4 beside v3, bit for bit */

/* In the order of nn_layers.py. */
static const int64_t PLANES[][3] = {{16, 8, 8}, {32, 13, 9}, {16, 1, 2}, {48, 7, 12}};
static const int64_t BLOCKS[] = {8, 16};
enum { CASES = LENGTH(PLANES) * 2 };

/* Plain arrays; owned. */
typedef struct {
    nn_extent in, out;
    float *x, *dy, *y, *dx;
} pool_case;

static pool_case make_case(int i)
{
    const int64_t *plane = PLANES[i % LENGTH(PLANES)], block = BLOCKS[i / LENGTH(PLANES)];
    const uint32_t salt = (uint32_t)plane[0];
    pool_case c = {.in = {IMAGES, IMAGES, plane[0], plane[1], plane[2], block}};
    c.out = c.in;
    c.out.height = (c.in.height + 1) / 2;
    c.out.width = (c.in.width + 1) / 2;
    c.x = drawn(extent_floats(&c.in), 740 + salt, 9.0F, 0);
    for (int64_t p = 0; p < extent_floats(&c.in); p++) {
        c.x[p] = floorf(c.x[p]) / 4;
    }
    c.dy = drawn(extent_floats(&c.out), 750 + salt, 1.3F, 0);
    c.y = zeros(extent_floats(&c.out));
    c.dx = zeros(extent_floats(&c.in));
    return c;
}

static void free_case(pool_case *c) { free(c->x), free(c->dy), free(c->y), free(c->dx); }

static void run(const nn_max_pool *build, pool_case *c)
{
    float *x = zeros(extent_floats(&c->in)), *y = zeros(extent_floats(&c->out)), *dy = zeros(extent_floats(&c->out));
    float *dx = drawn(extent_floats(&c->in), 1, 1e20F, 0); /* every element is written */
    to_blocked(&c->in, c->x, x);
    to_blocked(&c->out, c->dy, dy);
    build->forward(&c->in, x, y);
    build->backward(&c->in, x, dy, dx);
    to_plain(&c->out, y, c->y);
    to_plain(&c->in, dx, c->dx);
    free(x), free(y), free(dy), free(dx);
}

START_TEST(test_passes_equal_pytorch)
{
    pool_case c = make_case(_i);
    char name[64];
    run(both ? &nn_max_pool_v4 : &nn_max_pool_v3, &c);
    snprintf(name, sizeof name, "max-pool %d %dx%d ", (int)c.in.channels, (int)c.in.height, (int)c.in.width);
    const size_t used = strlen(name);
    strcpy(name + used, "y");
    expect_golden(&golden, name, c.y, extent_floats(&c.out), 1e-6);
    strcpy(name + used, "dx");
    expect_golden(&golden, name, c.dx, extent_floats(&c.in), 1e-6);
    free_case(&c);
}
END_TEST

/* PyTorch's loop over a window: a value above the most so far becomes it, and so does every NaN. */
static int64_t find_winner(const pool_case *c, const float *plane, int64_t h, int64_t w)
{
    int64_t winner = -1;
    for (int64_t i = 2 * h - 1; i <= 2 * h + 1; i++) {
        for (int64_t j = 2 * w - 1; j <= 2 * w + 1; j++) {
            const int64_t at = i * c->in.width + j;
            if (i < 0 || j < 0 || i >= c->in.height || j >= c->in.width) {
                continue;
            }
            winner = winner < 0 || plane[at] > plane[winner] || isnan(plane[at]) ? at : winner;
        }
    }
    return winner;
}

START_TEST(test_special_values_go_by_pytorchs_rule)
{
    static const float special[] = {NAN, INFINITY, -INFINITY, 0.0F, -0.0F, 0x1p-149F, 1.5F, 1.5F};
    pool_case c = make_case(_i);
    for (int64_t p = 0; p < extent_floats(&c.in); p++) {
        c.x[p] = special[hash32(p, 760) % 8];
    }
    run(both ? &nn_max_pool_v4 : &nn_max_pool_v3, &c);
    const int64_t in = c.in.height * c.in.width, out = c.out.height * c.out.width;
    float *wanted = zeros(extent_floats(&c.in));
    for (int64_t p = 0; p < extent_floats(&c.out); p++) {
        const float *plane = c.x + p / out * in;
        const int64_t winner = find_winner(&c, plane, p % out / c.out.width, p % c.out.width);
        EXPECT_QUIETLY(memcmp(&c.y[p], &plane[winner], sizeof(float)) == 0, "output %d", (int)p);
        wanted[p / out * in + winner] += c.dy[p];
    }
    for (int64_t p = 0; p < extent_floats(&c.in); p++) {
        EXPECT_QUIETLY(c.dx[p] == wanted[p], "dx[%d]: %g, expected %g", (int)p, (double)c.dx[p], (double)wanted[p]);
    }
    free(wanted);
    free_case(&c);
}
END_TEST

int main(int argc, char **argv)
{
    both = asked_for_both(argc, argv);
    Suite *suite = suite_create("nn/max_pool");
    add_loop(suite, "oracle", test_passes_equal_pytorch, CASES);
    add_loop(suite, "limits", test_special_values_go_by_pytorchs_rule, CASES);
    return run_suite(suite);
}
