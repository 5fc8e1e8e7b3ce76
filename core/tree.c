#include "core/tree.h"

#include <assert.h>

/* Columns per pass: a pass's rows stay in the first-level cache for the whole tree. */
enum { SLICE = 512 };

void core_tree_combine(int64_t n, core_tree_combine_fn combine, void *context)
{
    for (int64_t stride = 1; stride < n; stride *= 2) {
        for (int64_t i = 0; i + stride < n; i += 2 * stride) {
            combine(context, i, i + stride);
        }
    }
}

/* The rows' current slice of columns. */
typedef struct {
    void *rows;
    int64_t stride, begin, end;
} slice;

static void add_float(void *context, int64_t into, int64_t from)
{
    const slice *s = context;
    float *restrict a = (float *)s->rows + into * s->stride;
    const float *restrict b = (const float *)s->rows + from * s->stride;
    for (int64_t c = s->begin; c < s->end; c++) {
        a[c] += b[c];
    }
}

static void add_double(void *context, int64_t into, int64_t from)
{
    const slice *s = context;
    double *restrict a = (double *)s->rows + into * s->stride;
    const double *restrict b = (const double *)s->rows + from * s->stride;
    for (int64_t c = s->begin; c < s->end; c++) {
        a[c] += b[c];
    }
}

static void sum_slices(int64_t n, int64_t length, slice s, core_tree_combine_fn add)
{
    assert(n >= 0 && length >= 0 && s.stride >= length);
    for (s.begin = 0; s.begin < length; s.begin = s.end) {
        s.end = s.begin + SLICE < length ? s.begin + SLICE : length;
        core_tree_combine(n, add, &s);
    }
}

void core_tree_sum_float(int64_t n, int64_t length, int64_t stride, float *rows)
{
    sum_slices(n, length, (slice){.rows = rows, .stride = stride}, add_float);
}

void core_tree_sum_double(int64_t n, int64_t length, int64_t stride, double *rows)
{
    sum_slices(n, length, (slice){.rows = rows, .stride = stride}, add_double);
}
