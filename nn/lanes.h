/* nn/lanes.h - sixteen float lanes, at any vector width.
 *
 * One source, two builds: x86-64-v4 keeps the lanes in one register, x86-64-v3 in two. Every operation is exactly
 * rounded and lane by lane, so that both builds give the same bits. Only lanes_fma fuses a multiply-add.
 */
#ifndef NN_LANES_H
#define NN_LANES_H

#include <immintrin.h>

enum { LANES = 16 };

#if defined(__AVX512F__)

enum { LANES_REGISTERS = 1 };

typedef __m512 lanes;

/* Half a vector is where planes of 8 channels end; whole ones then begin at any multiple of 32 bytes. */
static inline lanes lanes_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void lanes_store(float *p, lanes x) { _mm512_storeu_ps(p, x); }

/* Half a vector: lanes 0 to 7, zeros in the others. */
static inline lanes lanes_load_half(const float *p) { return _mm512_zextps256_ps512(_mm256_load_ps(p)); }
static inline void lanes_store_half(float *p, lanes x) { _mm256_store_ps(p, _mm512_castps512_ps256(x)); }
static inline lanes lanes_half(lanes x) { return _mm512_zextps256_ps512(_mm512_castps512_ps256(x)); }
static inline lanes lanes_set(float x) { return _mm512_set1_ps(x); }
static inline lanes lanes_add(lanes a, lanes b) { return _mm512_add_ps(a, b); }
static inline lanes lanes_sub(lanes a, lanes b) { return _mm512_sub_ps(a, b); }
static inline lanes lanes_mul(lanes a, lanes b) { return _mm512_mul_ps(a, b); }
static inline lanes lanes_div(lanes a, lanes b) { return _mm512_div_ps(a, b); }
static inline lanes lanes_sqrt(lanes a) { return _mm512_sqrt_ps(a); }
static inline lanes lanes_fma(lanes a, lanes b, lanes c) { return _mm512_fmadd_ps(a, b, c); }

/* x within [-limit, limit]; NaN stays NaN. */
static inline lanes lanes_within(lanes x, float limit)
{
    return _mm512_max_ps(_mm512_set1_ps(-limit), _mm512_min_ps(_mm512_set1_ps(limit), x));
}

/* 2^k of integers -126..127. */
static inline lanes lanes_power_of_two(lanes k)
{
    __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(k), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23));
}

/* max(0, x); NaN stays NaN: vmaxps gives its second operand when one is NaN. */
static inline lanes lanes_relu(lanes x) { return _mm512_max_ps(_mm512_setzero_ps(), x); }

/* d where y > 0, else 0. */
static inline lanes lanes_where_positive(lanes y, lanes d)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GT_OQ), d);
}

/* a where y > x or y is NaN, else b. */
static inline lanes lanes_where_above(lanes y, lanes x, lanes a, lanes b)
{
    const __mmask16 above = _mm512_cmp_ps_mask(y, x, _CMP_GT_OQ) | _mm512_cmp_ps_mask(y, y, _CMP_UNORD_Q);
    return _mm512_mask_mov_ps(b, above, a);
}

/* a where x = y, else 0. */
static inline lanes lanes_where_equal(lanes x, lanes y, lanes a)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, y, _CMP_EQ_OQ), a);
}

#else

enum { LANES_REGISTERS = 2 };

typedef struct {
    __m256 lo, hi;
} lanes;

static inline lanes lanes_load(const float *p) { return (lanes){_mm256_load_ps(p), _mm256_load_ps(p + 8)}; }
static inline void lanes_store(float *p, lanes x)
{
    _mm256_store_ps(p, x.lo);
    _mm256_store_ps(p + 8, x.hi);
}
static inline lanes lanes_load_half(const float *p) { return (lanes){_mm256_load_ps(p), _mm256_setzero_ps()}; }
static inline void lanes_store_half(float *p, lanes x) { _mm256_store_ps(p, x.lo); }
static inline lanes lanes_half(lanes x) { return (lanes){x.lo, _mm256_setzero_ps()}; }
static inline lanes lanes_set(float x) { return (lanes){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
static inline lanes lanes_add(lanes a, lanes b)
{
    return (lanes){_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)};
}
static inline lanes lanes_sub(lanes a, lanes b)
{
    return (lanes){_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)};
}
static inline lanes lanes_mul(lanes a, lanes b)
{
    return (lanes){_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)};
}
static inline lanes lanes_fma(lanes a, lanes b, lanes c)
{
    return (lanes){_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
static inline lanes lanes_div(lanes a, lanes b)
{
    return (lanes){_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)};
}
static inline lanes lanes_sqrt(lanes a) { return (lanes){_mm256_sqrt_ps(a.lo), _mm256_sqrt_ps(a.hi)}; }
static inline lanes lanes_within(lanes x, float limit)
{
    __m256 high = _mm256_set1_ps(limit), low = _mm256_set1_ps(-limit);
    return (lanes){_mm256_max_ps(low, _mm256_min_ps(high, x.lo)), _mm256_max_ps(low, _mm256_min_ps(high, x.hi))};
}
static inline __m256 lanes_half_power(__m256 k)
{
    __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(k), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}
static inline lanes lanes_power_of_two(lanes k) { return (lanes){lanes_half_power(k.lo), lanes_half_power(k.hi)}; }
static inline lanes lanes_relu(lanes x)
{
    __m256 zero = _mm256_setzero_ps();
    return (lanes){_mm256_max_ps(zero, x.lo), _mm256_max_ps(zero, x.hi)};
}
static inline lanes lanes_where_positive(lanes y, lanes d)
{
    __m256 zero = _mm256_setzero_ps();
    return (lanes){_mm256_and_ps(_mm256_cmp_ps(y.lo, zero, _CMP_GT_OQ), d.lo),
                   _mm256_and_ps(_mm256_cmp_ps(y.hi, zero, _CMP_GT_OQ), d.hi)};
}
static inline __m256 lanes_half_above(__m256 y, __m256 x, __m256 a, __m256 b)
{
    const __m256 above = _mm256_or_ps(_mm256_cmp_ps(y, x, _CMP_GT_OQ), _mm256_cmp_ps(y, y, _CMP_UNORD_Q));
    return _mm256_blendv_ps(b, a, above);
}
static inline lanes lanes_where_above(lanes y, lanes x, lanes a, lanes b)
{
    return (lanes){lanes_half_above(y.lo, x.lo, a.lo, b.lo), lanes_half_above(y.hi, x.hi, a.hi, b.hi)};
}
static inline lanes lanes_where_equal(lanes x, lanes y, lanes a)
{
    return (lanes){_mm256_and_ps(_mm256_cmp_ps(x.lo, y.lo, _CMP_EQ_OQ), a.lo),
                   _mm256_and_ps(_mm256_cmp_ps(x.hi, y.hi, _CMP_EQ_OQ), a.hi)};
}

#endif

/* sum += x, `count` floats, a multiple of 16. */
static inline void lanes_accumulate(int64_t count, const float *x, float *sum)
{
    for (int64_t k = 0; k < count; k += LANES) {
        lanes_store(sum + k, lanes_add(lanes_load(sum + k), lanes_load(x + k)));
    }
}

#endif
