/* Built twice (meson.build), with the tile that fits the registers: 32 of 16 lanes, or 16 of 8. */
#include "nn/gemm.h"

#include <assert.h>
#include <string.h>

#include "nn/lanes.h"
#include "nn/level.h"

#if defined(__AVX512F__)
enum { ROWS = 14, VECTORS = 2 };
#else
enum { ROWS = 6, VECTORS = 1 };
#endif
enum {
    PANEL = VECTORS * LANES,
    AT_ONCE = 8 * ROWS /* rows that meet a panel while it is in cache: few enough that they are too */
};

/* The part of a product that stays in registers. */
typedef struct {
    int64_t k;
    const float *a;
    int64_t a_row, a_step;
    const float *b;
    const float *init;
    int64_t init_row;
    float *c;
    int64_t c_row;
} tile;

/* What follows is inlined where `rows` and `vectors` are constants, so that the sums stay in registers. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE void run_step(const float *a, int64_t a_row, const float *b, int rows, int vectors,
                            lanes sums[ROWS][VECTORS])
{
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

/* Two steps a turn: the counting is a sixth of the instructions, and beside a busy neighbour they are what limits. */
ALWAYS_INLINE void run_steps(int64_t k, const float *a, int64_t a_row, int64_t a_step, const float *b, int rows,
                             int vectors, lanes sums[ROWS][VECTORS])
{
    const int64_t b_row = vectors * LANES;
    for (; k >= 2; k -= 2, a += 2 * a_step, b += 2 * b_row) {
        run_step(a, a_row, b, rows, vectors, sums);
        run_step(a + a_step, a_row, b + b_row, rows, vectors, sums);
    }
    if (k > 0) {
        run_step(a, a_row, b, rows, vectors, sums);
    }
}

ALWAYS_INLINE void run_tile(const tile *t, int rows, int vectors)
{
    lanes sums[ROWS][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            sums[r][v] = lanes_set(0);
        }
    }
    const float *wanted = t->init != NULL ? t->init : t->c; /* to be in cache when the sums are done */
    int64_t wanted_row = t->init != NULL ? t->init_row : t->c_row;
    for (int r = 0; r < rows; r++) {
        __builtin_prefetch(wanted + r * wanted_row);
        __builtin_prefetch(wanted + r * wanted_row + (vectors - 1) * LANES);
    }
    if (t->a_step == 1) { /* one of the strides is a constant in each loop */
        run_steps(t->k, t->a, t->a_row, 1, t->b, rows, vectors, sums);
    } else {
        assert(t->a_row == 1);
        run_steps(t->k, t->a, 1, t->a_step, t->b, rows, vectors, sums);
    }
    const float *init = t->init;
    if (init != NULL) {
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++, init += t->init_row) {
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) {
                sums[r][v] = lanes_add(lanes_load(init + v * LANES), sums[r][v]);
            }
        }
    }
    float *c = t->c;
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++, c += t->c_row) {
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            lanes_store(c + v * LANES, sums[r][v]);
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

/* Some rows against a panel, in blocks of about equal height. */
static void run_panel(const nn_product *p, int64_t begin, int64_t width)
{
    int64_t blocks = (p->m + ROWS - 1) / ROWS;
    for (int64_t i = 0; i < blocks; i++) {
        int64_t first = p->m * i / blocks, last = p->m * (i + 1) / blocks;
        tile t = {.k = p->k,
                  .a = p->a + first * p->a_row,
                  .a_row = p->a_row,
                  .a_step = p->a_step,
                  .b = p->b + begin * p->k,
                  .init = p->init == NULL ? NULL : p->init + first * p->init_row + begin,
                  .init_row = p->init_row,
                  .c = p->c + first * p->c_row + begin,
                  .c_row = p->c_row};
        TILES[width == PANEL && VECTORS > 1][last - first - 1](&t);
    }
}

static int64_t panel_width(int64_t n, int64_t begin) { return n - begin < PANEL ? n - begin : PANEL; }

static void multiply(const nn_product *p)
{
    assert(p->n % LANES == 0);
    for (int64_t row = 0; row < p->m; row += AT_ONCE) {
        nn_product piece = *p;
        piece.m = p->m - row < AT_ONCE ? p->m - row : AT_ONCE;
        piece.a += row * p->a_row;
        piece.c += row * p->c_row;
        if (p->init != NULL) {
            piece.init += row * p->init_row;
        }
        for (int64_t begin = 0; begin < p->n; begin += PANEL) {
            run_panel(&piece, begin, panel_width(p->n, begin));
        }
    }
}

static void pack_row(int64_t K, int64_t n, int64_t k, const float *row, float *packed)
{
    for (int64_t begin = 0; begin < n; begin += PANEL) {
        int64_t width = panel_width(n, begin);
        float *to = packed + begin * K + k * width;
        if (row == NULL) {
            memset(to, 0, sizeof *to * (size_t)width);
        } else if (width == PANEL) {
            memcpy(to, row + begin, sizeof *to * PANEL); /* the compiler inlines a copy of constant size */
        } else {
            memcpy(to, row + begin, sizeof *to * (size_t)width);
        }
    }
}

static void pack_transposed(int64_t K, int64_t n, int64_t begin, int64_t end, const float *w, int64_t stride,
                            float *packed)
{
    assert(begin % PANEL == 0);
    for (int64_t first = begin; first < end; first += PANEL) {
        int64_t width = panel_width(n, first);
        for (int64_t k = 0; k < K; k++) {
            for (int64_t j = 0; j < width; j++) {
                packed[first * K + k * width + j] = w[(first + j) * stride + k];
            }
        }
    }
}

const nn_gemm NN_LEVEL_NAME(nn_gemm) = {
    .panel = PANEL, .multiply = multiply, .pack_row = pack_row, .pack_transposed = pack_transposed};
