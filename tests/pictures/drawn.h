/* Small pictures for tests, drawn and encoded in memory. */
#ifndef TESTS_PICTURES_DRAWN_H
#define TESTS_PICTURES_DRAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *data; /* owned: free() */
    size_t bytes;
} drawn_file;

/* A JPEG of 1 (gray), 3 (RGB, 4:2:0) or 4 (inks) components whose samples are a function of `seed`. */
drawn_file draw_jpeg(int components, int height, int width, bool progressive, uint64_t seed);

/* A PNG of 1 to 4 channels (gray, gray and alpha, RGB, RGBA) of 8 or 16 bits. */
drawn_file draw_png(int channels, int depth, int height, int width, bool interlaced, uint64_t seed);

/* A draw in [0, below), from a state that it moves on (splitmix64). */
uint64_t draw_number(uint64_t *state, uint64_t below);

#endif
