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
static void add_tap(const nn_conv_shape *s, int dy, int dx, double w, const double *x, double *y)
{
    const nn_plane in = s->in, out = nn_plane_behind(in, s->stride);
    for (int64_t r = 0; r < out.height; r++) {
        int64_t row = r * s->stride + dy;
        if (row < 0 || row >= in.height) {
            continue;
        }
        int64_t begin = dx < 0 ? 1 : 0, end = (out.width - 1) * s->stride + dx >= in.width ? out.width - 1 : out.width;
        for (int64_t c = begin; c < end; c++) {
            y[r * out.width + c] += w * x[row * in.width + c * s->stride + dx];
        }
    }
}

void reference_conv(const nn_conv_shape *s, const double *x, const double *w, double *y)
{
    const int64_t in_area = nn_plane_pixels(s->in), out_area = nn_plane_pixels(nn_plane_behind(s->in, s->stride));
    memset(y, 0, sizeof *y * (size_t)(s->shard * s->out_channels * out_area));
    for (int64_t n = 0; n < s->shard; n++) {
        for (int64_t o = 0; o < s->out_channels; o++) {
            for (int64_t i = 0; i < s->in_channels; i++) {
                for (int tap = 0; tap < 9; tap++) {
                    add_tap(s, tap / 3 - 1, tap % 3 - 1, w[(o * s->in_channels + i) * 9 + tap],
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

/* Conv and batch norm of one layer; `p` are its weight, gamma and beta. */
static void layer(const nn_conv_shape *s, double *const *p, const double *x, double *y)
{
    reference_conv(s, x, p[0], y);
    reference_norm(s->shard, s->out_channels, nn_plane_pixels(nn_plane_behind(s->in, s->stride)), p[1], p[2], y);
}

static void relu(int64_t count, double *x)
{
    for (int64_t i = 0; i < count; i++) {
        x[i] = x[i] > 0 ? x[i] : 0.0;
    }
}

/* y += the option-A shortcut of x. */
static void add_shortcut(const nn_conv_shape *s, const double *x, double *y)
{
    const nn_plane in = s->in, out = nn_plane_behind(in, s->stride);
    const int64_t pixels = nn_plane_pixels(out), pad = (s->out_channels - s->in_channels) / 2;
    for (int64_t n = 0; n < s->shard; n++) {
        for (int64_t c = 0; c < s->in_channels; c++) {
            for (int64_t p = 0; p < pixels; p++) {
                const int64_t row = p / out.width * s->stride, column = p % out.width * s->stride;
                y[(n * s->out_channels + c + pad) * pixels + p] +=
                    x[((n * s->in_channels + c) * in.height + row) * in.width + column];
            }
        }
    }
}

/* x becomes the block's output; y and z are work spaces. */
static void block(const nn_conv_shape *s, double *const *p, double *x, double *y, double *z)
{
    const nn_plane out = nn_plane_behind(s->in, s->stride);
    const int64_t count = s->shard * s->out_channels * nn_plane_pixels(out);
    nn_conv_shape inner = {s->shard, s->out_channels, s->out_channels, out, 1, false};
    layer(s, p, x, y);
    relu(count, y);
    layer(&inner, p + 3, y, z);
    add_shortcut(s, x, z);
    relu(count, z);
    memcpy(x, z, sizeof *x * (size_t)count);
}

static double head_loss(const reference_case *c, int64_t area, const double *w, const double *b, const double *x)
{
    double loss = 0.0;
    for (int64_t n = 0; n < c->N; n++) {
        double sum = 0.0, own = 0.0;
        for (int64_t k = 0; k < c->classes; k++) {
            double z = b[k];
            for (int64_t d = 0; d < 64 * area; d++) {
                z += w[k * 64 + d / area] * x[n * 64 * area + d] / (double)area;
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
    nn_plane plane = c->plane;
    const int64_t largest = c->N * 16 * (plane.height + 3) * (plane.width + 3); /* twice the channels of half a plane */
    double *x = zeros_double(largest), *y = zeros_double(largest), *z = zeros_double(largest);
    double *const *p = c->parameters;
    nn_conv_shape stem = {c->N, 3, 16, plane, 1, true};
    layer(&stem, p, c->images, x);
    relu(largest, x);
    p += 3;
    for (int64_t channels = 16, in = 16; channels <= 64; channels *= 2) {
        for (int b = 0; b < (c->depth - 2) / 6; b++, p += 6, in = channels) {
            nn_conv_shape s = {c->N, in, channels, plane, channels / in, false};
            block(&s, p, x, y, z);
            plane = nn_plane_behind(plane, channels / in);
        }
    }
    double loss = head_loss(c, nn_plane_pixels(plane), p[0], p[1], x);
    free(x);
    free(y);
    free(z);
    return loss;
}
