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

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

int core_tree_nodes(int64_t n, int64_t begin, int64_t end, int64_t nodes[2 * CORE_TREE_NODES])
{
    int count = 0;
    while (begin < end) {
        int64_t size = 1;
        while (begin % (2 * size) == 0 && begin + size < n && smaller(begin + 2 * size, n) <= end) {
            size *= 2;
        }
        assert(count < CORE_TREE_NODES);
        nodes[2 * count] = begin;
        begin = nodes[2 * count + 1] = smaller(begin + size, n);
        count++;
    }
    return count;
}

void core_tree_combine_remaining(int64_t n, int parts, const int64_t *borders, core_tree_combine_fn combine,
                                 void *context)
{
    for (int64_t stride = 1; stride < n; stride *= 2) {
        int part = 0;
        for (int64_t i = 0; i + stride < n; i += 2 * stride) {
            while (part + 1 < parts && borders[part + 1] <= i) {
                part++;
            }
            if (smaller(i + 2 * stride, n) > borders[part + 1]) {
                combine(context, i, i + stride);
            }
        }
    }
}

/* The rows' current slice of columns. */
typedef struct {
    double *rows;
    int64_t stride, begin, end;
} slice;

static void add_double(void *context, int64_t into, int64_t from)
{
    const slice *s = context;
    double *restrict a = s->rows + into * s->stride;
    const double *restrict b = s->rows + from * s->stride;
    for (int64_t c = s->begin; c < s->end; c++) {
        a[c] += b[c];
    }
}

void core_tree_sum_double(int64_t n, int64_t length, int64_t stride, double *rows)
{
    assert(n >= 0 && length >= 0 && stride >= length);
    slice s = {.rows = rows, .stride = stride};
    for (s.begin = 0; s.begin < length; s.begin = s.end) {
        s.end = s.begin + SLICE < length ? s.begin + SLICE : length;
        core_tree_combine(n, add_double, &s);
    }
}
