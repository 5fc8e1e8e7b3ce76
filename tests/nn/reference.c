#include "tests/nn/reference.h"

#include <math.h>

#include "core/memory.h"
#include "tests/support.h"

static double *zeros_double(int64_t count)
{
    double *x;
    EXPECT_OK(CORE_NEW(count, "a reference's array", x));
    return x;
}

double *to_double(int64_t count, const float *x)
{
    double *copy = zeros_double(count);
    for (int64_t i = 0; i < count; i++) {
        copy[i] = (double)x[i];
    }
    return copy;
}

/* y plane += w x plane, shifted by (dy, dx). */
static void add_tap(const nn_conv_shape *s, int64_t dy, int64_t dx, double w, const double *x, double *y)
{
    const nn_plane in = s->in, out = nn_plane_behind(in, s->stride);
    for (int64_t r = 0; r < out.height; r++) {
        int64_t row = r * s->stride + dy;
        if (row < 0 || row >= in.height) {
            continue;
        }
        for (int64_t c = dx < 0 ? (s->stride - 1 - dx) / s->stride : 0; c < out.width && c * s->stride + dx < in.width;
             c++) {
            y[r * out.width + c] += w * x[row * in.width + c * s->stride + dx];
        }
    }
}

void reference_conv(const nn_conv_shape *s, const double *x, const double *w, double *y)
{
    const int64_t in_area = nn_plane_pixels(s->in), out_area = nn_plane_pixels(nn_plane_behind(s->in, s->stride));
    const int64_t k = s->kernel, taps = k * k;
    memset(y, 0, sizeof *y * (size_t)(s->shard * s->out_channels * out_area));
    for (int64_t n = 0; n < s->shard; n++) {
        for (int64_t o = 0; o < s->out_channels; o++) {
            for (int64_t i = 0; i < s->in_channels; i++) {
                for (int64_t tap = 0; tap < taps; tap++) {
                    add_tap(s, tap / k - k / 2, tap % k - k / 2, w[(o * s->in_channels + i) * taps + tap],
                            x + (n * s->in_channels + i) * in_area, y + (n * s->out_channels + o) * out_area);
                }
            }
        }
    }
}

void reference_norm(int64_t N, int64_t C, int64_t area, const double *gamma, const double *beta, double *x)
{
    for (int64_t c = 0; c < C; c++) {
        double sum = 0.0, squares = 0.0, count = (double)(N * area);
        for (int64_t k = 0; k < N * area; k++) {
            sum += x[(k / area * C + c) * area + k % area];
        }
        double mean = sum / count;
        for (int64_t k = 0; k < N * area; k++) {
            double d = x[(k / area * C + c) * area + k % area] - mean;
            squares += d * d;
        }
        double scale = gamma[c] / sqrt(squares / count + 1e-5);
        for (int64_t k = 0; k < N * area; k++) {
            double *value = &x[(k / area * C + c) * area + k % area];
            *value = (*value - mean) * scale + beta[c];
        }
    }
}

static void relu(int64_t count, double *x)
{
    for (int64_t i = 0; i < count; i++) {
        x[i] = x[i] > 0 ? x[i] : 0.0;
    }
}

/* Conv and batch norm of layer `index` of the plan, whose parameters are its weight, gamma and beta. */
static void layer(const reference_case *c, const nn_resnet_plan *plan, int index, const double *x, double *y)
{
    const nn_resnet_conv *l = &plan->layers[index];
    const nn_conv_shape s = {c->N, l->in, l->out, l->in_plane, l->kernel, l->stride, false};
    double *const *p = c->parameters + 3 * index;
    reference_conv(&s, x, p[0], y);
    const int64_t area = nn_plane_pixels(l->out_plane);
    for (int64_t n = 0; n < c->N; n += c->norm_group) {
        const int64_t left = c->N - n;
        reference_norm(left < c->norm_group ? left : c->norm_group, l->out, area, p[1], p[2], y + n * l->out * area);
    }
}

/* y += the option-A shortcut of x. */
static void add_padded(const reference_case *c, const nn_resnet_block *b, nn_plane in, const double *x, double *y)
{
    const int64_t pixels = nn_plane_pixels(b->out_plane), pad = (b->out - b->in) / 2;
    for (int64_t n = 0; n < c->N; n++) {
        for (int64_t k = 0; k < b->in; k++) {
            for (int64_t p = 0; p < pixels; p++) {
                const int64_t row = p / b->out_plane.width * b->stride, column = p % b->out_plane.width * b->stride;
                y[(n * b->out + k + pad) * pixels + p] += x[((n * b->in + k) * in.height + row) * in.width + column];
            }
        }
    }
}

static void max_pool(int64_t planes, nn_plane in, const double *x, double *y)
{
    const nn_plane out = nn_plane_behind(in, 2);
    for (int64_t i = 0; i < planes * nn_plane_pixels(out); i++) {
        const double *from = x + i / nn_plane_pixels(out) * nn_plane_pixels(in);
        const int64_t row = i % nn_plane_pixels(out) / out.width * 2, column = i % out.width * 2;
        double most = -HUGE_VAL;
        for (int64_t tap = 0; tap < 9; tap++) {
            const int64_t h = row + tap / 3 - 1, w = column + tap % 3 - 1;
            if (h >= 0 && w >= 0 && h < in.height && w < in.width) {
                most = fmax(most, from[h * in.width + w]);
            }
        }
        y[i] = most;
    }
}

/* x becomes the output of block `index`; y and z are work spaces. */
static void block(const reference_case *c, const nn_resnet_plan *plan, int index, double *x, double *y, double *z)
{
    const nn_resnet_block *b = &plan->blocks[index];
    const nn_plane in = plan->layers[b->first].in_plane, inner = plan->layers[b->last].out_plane;
    const int64_t count = c->N * b->out * nn_plane_pixels(inner);
    double *from = x, *to = y, *other = z;
    for (int l = b->first; l <= b->last; l++) {
        layer(c, plan, l, from, to);
        if (l < b->last) {
            relu(c->N * plan->layers[l].out * nn_plane_pixels(plan->layers[l].out_plane), to);
        }
        from = to;
        to = other;
        other = from;
    }
    if (b->shortcut == NN_SHORTCUT_PAD) {
        add_padded(c, b, in, x, from);
    } else if (b->shortcut == NN_SHORTCUT_PROJECTION) {
        layer(c, plan, nn_resnet_projection(b), x, to);
    }
    for (int64_t i = 0; i < count && b->shortcut != NN_SHORTCUT_NONE && b->shortcut != NN_SHORTCUT_PAD; i++) {
        from[i] += b->shortcut == NN_SHORTCUT_IDENTITY ? x[i] : to[i];
    }
    relu(count, from);
    if (b->pools) {
        max_pool(c->N * b->out, inner, from, x);
    } else {
        memcpy(x, from, sizeof *x * (size_t)count);
    }
}

static double head_loss(const reference_case *c, const nn_resnet_plan *plan, const double *x)
{
    const nn_resnet_block *last = &plan->blocks[plan->block_count - 1];
    const double *w = c->parameters[3 * plan->layer_count], *b = c->parameters[3 * plan->layer_count + 1];
    const int64_t area = nn_plane_pixels(last->out_plane), D = last->out;
    double loss = 0.0;
    for (int64_t n = 0; n < c->N; n++) {
        double sum = 0.0, own = 0.0;
        for (int64_t k = 0; k < c->classes; k++) {
            double z = b[k];
            for (int64_t d = 0; d < D * area; d++) {
                z += w[k * D + d / area] * x[n * D * area + d] / (double)area;
            }
            sum += exp(z);
            own = k == c->labels[n] ? z : own;
        }
        loss += log(sum) - own;
    }
    return loss / (double)c->N;
}

double reference_loss(const reference_case *c)
{
    core_arena arena = {0};
    nn_resnet_plan plan;
    EXPECT_OK(nn_resnet_plan_make(&c->shape, c->plane, &arena, &plan));
    int64_t largest = c->N * 3 * nn_plane_pixels(c->plane);
    for (int l = 0; l < plan.layer_count; l++) {
        const int64_t count = c->N * plan.layers[l].out * nn_plane_pixels(plan.layers[l].out_plane);
        largest = count > largest ? count : largest;
    }
    double *x = zeros_double(largest), *y = zeros_double(largest), *z = zeros_double(largest);
    memcpy(x, c->images, sizeof *x * (size_t)(c->N * 3 * nn_plane_pixels(c->plane)));
    for (int b = 0; b < plan.block_count; b++) {
        block(c, &plan, b, x, y, z);
    }
    const double loss = head_loss(c, &plan, x);
    free(x);
    free(y);
    free(z);
    core_arena_free(&arena);
    return loss;
}
