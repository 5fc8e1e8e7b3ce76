/* nn/conv_vector.h - a vector of the width that the compiler's -march gives, which is a block of channels: for the kernels of
 * convolutions (meson.build). Loads and stores are of addresses that are multiples of its size. */
#ifndef NN_CONV_VECTOR_H
#define NN_CONV_VECTOR_H

#include <immintrin.h>

#if defined(__AVX512F__)

enum { BLOCK = 16 };
typedef __m512 vector;

static inline vector vector_load(const float *p) { return _mm512_load_ps(p); }
static inline void vector_store(float *p, vector x) { _mm512_store_ps(p, x); }
static inline vector vector_set(float x) { return _mm512_set1_ps(x); }
static inline vector vector_fma(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }

#else

enum { BLOCK = 8 };
typedef __m256 vector;

static inline vector vector_load(const float *p) { return _mm256_load_ps(p); }
static inline void vector_store(float *p, vector x) { _mm256_store_ps(p, x); }
static inline vector vector_set(float x) { return _mm256_set1_ps(x); }
static inline vector vector_fma(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }

#endif

#endif
