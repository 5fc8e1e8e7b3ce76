#include <assert.h>
#include <string.h>

#include "nn/gemm.h"

static int64_t panel_width(int64_t n, int64_t begin) { return n - begin < NN_PANEL ? n - begin : NN_PANEL; }

void nn_pack_row(int64_t K, int64_t n, int64_t k, const float *row, float *packed)
{
    for (int64_t begin = 0; begin < n; begin += NN_PANEL) {
        int64_t width = panel_width(n, begin);
        float *to = packed + begin * K + k * width;
        if (row == NULL) {
            memset(to, 0, sizeof *to * (size_t)width);
        } else if (width == NN_PANEL) {
            memcpy(to, row + begin, sizeof *to * NN_PANEL); /* the compiler inlines a copy of constant size */
        } else {
            memcpy(to, row + begin, sizeof *to * (size_t)width);
        }
    }
}

void nn_pack_transposed(int64_t K, int64_t n, int64_t begin, int64_t end, const float *w, int64_t stride, float *packed)
{
    assert(begin % NN_PANEL == 0);
    for (int64_t first = begin; first < end; first += NN_PANEL) {
        int64_t width = panel_width(n, first);
        for (int64_t k = 0; k < K; k++) {
            for (int64_t j = 0; j < width; j++) {
                packed[first * K + k * width + j] = w[(first + j) * stride + k];
            }
        }
    }
}
