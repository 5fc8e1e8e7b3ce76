/* nn/lanes_layout.h - where a channel's value stands in an array "per lane" (nn/kernels.h). */
#ifndef NN_LANES_LAYOUT_H
#define NN_LANES_LAYOUT_H

#include <stdint.h>

enum { NN_LANES = 16 };

/* The (first) lane of channel c. */
static inline int64_t nn_lane_of(int64_t c, int64_t block) { return c / block * NN_LANES + c % block; }

/* Sets a channel's coefficient, in both halves where blocks have 8 channels. */
static inline void nn_lanes_put(float *per_lane, int64_t c, int64_t block, float value)
{
    int64_t lane = nn_lane_of(c, block);
    per_lane[lane] = value;
    if (block < NN_LANES) {
        per_lane[lane + block] = value;
    }
}

#endif
