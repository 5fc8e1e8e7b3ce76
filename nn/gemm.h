/* nn/gemm.h - products of matrices in one order of additions.
 *
 * Maths    c_ij = init_ij + sum_k a_ik b_kj; the sum is one chain of fused multiply-adds from 0 in the order of k.
 * Layout   b is packed in panels as wide as the build's tile (the last may be narrower): row k of the panel that begins
 *          at column j lies at b + j K + k width, so that a pass reads straight on. a and c stay where they are.
 * Why      oneDNN's LSTM for training multiplies with a general sgemm, which packs the recurrent weights again at
 *          every time step and pads short sequences, and its matmul is slow where there are eight rows. A whole
 *          training step on texts of many lengths reaches 97 to 104 % of the speed of oneDNN's LSTM alone on texts of
 *          one length (docs/performance.md; the products alone: docs/speed-details.md). Any number of rows; the result of a row does not depend on the other rows.
 * Bits     The x86-64-v3 and v4 builds give the same bits: each element is one chain, whatever the tile.
 */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include <stdint.h>

typedef struct {
    int64_t m, n, k;       /* c (m, n), a (m, k), b (k, n); m, k >= 0, n a multiple of 16 */
    const float *a;        /* element (i, k) at a[i * a_row + k * a_step] */
    int64_t a_row, a_step; /* one of them is 1 */
    const float *b;        /* packed by the same build, k * n floats */
    const float *init;     /* row i at init + i * init_row; may be c; init_row 0: one row for all; NULL: zeros */
    int64_t init_row;
    float *c; /* row i at c + i * c_row */
    int64_t c_row;
} nn_product;

typedef struct {
    int64_t panel; /* columns of a panel */

    /* One product. Rows of b, init and c are 64-byte aligned, so that their strides are multiples of 16. */
    void (*multiply)(const nn_product *product);

    /* Puts row k of a (K, n) matrix into its packed form; NULL: zeros. */
    void (*pack_row)(int64_t K, int64_t n, int64_t k, const float *row, float *packed);

    /* Packs columns [begin, end) of the transpose of w (n, K), whose rows lie `stride` floats apart, as b (K, n):
     * panels are whole, so that begin and end are multiples of `panel` or end = n. */
    void (*pack_transposed)(int64_t K, int64_t n, int64_t begin, int64_t end, const float *w, int64_t stride,
                            float *packed);
} nn_gemm;

/* Both builds. */
extern const nn_gemm nn_gemm_v3, nn_gemm_v4;

/* Floats from one row of an array to the next: n rounded up to whole cache lines, an odd number of them, so that the
 * lines of neighbouring rows fall into different sets of the cache. */
static inline int64_t nn_row(int64_t n) { return ((n + 15) / 16 | 1) * 16; }

#endif
