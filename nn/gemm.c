/* Built twice (meson.build), with the tile that fits the registers: 32 of 16 lanes, or 16 of 8. */
#include "nn/gemm.h"

#include <assert.h>

#include "nn/lanes.h"
#include "nn/level.h"

#if defined(__AVX512F__)
enum { ROWS = 14, VECTORS = 2 };
#else
enum { ROWS = 6, VECTORS = 1 };
#endif

/* The part of a product that stays in registers. */
typedef struct {
    int64_t k;
    const float *a;
    int64_t a_row, a_step;
    const float *b;
    int64_t b_row;
    const float *init;
    int64_t init_row;
    float *c;
    int64_t c_row;
} tile;

/* `rows` and `vectors` are constants where this is inlined, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void run_tile(const tile *t, int rows, int vectors)
{
    lanes sums[ROWS][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            sums[r][v] = lanes_set(0);
        }
    }
    for (int r = 0; r < rows && t->init != NULL; r++) { /* so that they are in cache when the sums are done */
        __builtin_prefetch(t->init + r * t->init_row);
        __builtin_prefetch(t->init + r * t->init_row + (vectors - 1) * LANES);
    }
    const float *a = t->a, *b = t->b;
    int64_t a_row = t->a_row, a_step = t->a_step, b_row = t->b_row;
    for (int64_t k = t->k; k > 0; k--, a += a_step, b += b_row) {
        lanes columns[VECTORS];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            columns[v] = lanes_load(b + v * LANES);
        }
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            lanes x = lanes_set(a[r * a_row]);
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) {
                sums[r][v] = lanes_fma(x, columns[v], sums[r][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            lanes sum = sums[r][v];
            if (t->init != NULL) {
                sum = lanes_add(lanes_load(t->init + r * t->init_row + v * LANES), sum);
            }
            lanes_store(t->c + r * t->c_row + v * LANES, sum);
        }
    }
}

typedef void tile_fn(const tile *t);

#define TILE(rows)                                                                                                     \
    static void wide_##rows(const tile *t) { run_tile(t, rows, VECTORS); }                                             \
    static void narrow_##rows(const tile *t) { run_tile(t, rows, 1); }

TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
#if defined(__AVX512F__)
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
TILE(13)
TILE(14)
#endif

static tile_fn *const TILES[2][ROWS] = {
    {narrow_1, narrow_2, narrow_3, narrow_4, narrow_5, narrow_6,
#if defined(__AVX512F__)
     narrow_7, narrow_8, narrow_9, narrow_10, narrow_11, narrow_12, narrow_13, narrow_14
#endif
    },
    {wide_1, wide_2, wide_3, wide_4, wide_5, wide_6,
#if defined(__AVX512F__)
     wide_7, wide_8, wide_9, wide_10, wide_11, wide_12, wide_13, wide_14
#endif
    },
};

/* All rows against `columns` columns of a panel from column `at` on, in blocks of about equal height. */
static void run_columns(const nn_product *p, int64_t at, int64_t columns, const float *b, int64_t b_row)
{
    int64_t blocks = (p->m + ROWS - 1) / ROWS;
    for (int64_t i = 0; i < blocks; i++) {
        int64_t begin = p->m * i / blocks, end = p->m * (i + 1) / blocks;
        tile t = {.k = p->k,
                  .a = p->a + begin * p->a_row,
                  .a_row = p->a_row,
                  .a_step = p->a_step,
                  .b = b,
                  .b_row = b_row,
                  .init = p->init == NULL ? NULL : p->init + begin * p->init_row + at,
                  .init_row = p->init_row,
                  .c = p->c + begin * p->c_row + at,
                  .c_row = p->c_row};
        TILES[columns == VECTORS * LANES && VECTORS > 1][end - begin - 1](&t);
    }
}

void NN_LEVEL_NAME(nn_gemm)(const nn_product *p)
{
    assert(p->n % LANES == 0);
    for (int64_t begin = 0; begin < p->n; begin += NN_PANEL) {
        int64_t width = p->n - begin < NN_PANEL ? p->n - begin : NN_PANEL;
        int64_t at_once = width < VECTORS * LANES ? width : VECTORS * LANES;
        for (int64_t at = 0; at < width; at += at_once) {
            run_columns(p, begin + at, at_once, p->b + begin * p->k + at, width);
        }
    }
}
