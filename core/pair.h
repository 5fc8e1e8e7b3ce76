/* core/pair.h - numbers in twice double's precision, as the sum of two doubles.
 *
 * Source   Dekker, Numerische Mathematik 18, 1971; Knuth, The Art of Computer Programming, Vol. 2, 4.2.2.
 */
#ifndef CORE_PAIR_H
#define CORE_PAIR_H

/* hi + lo, |lo| <= ulp(hi) / 2: about 106 bits. */
typedef struct {
    double hi, lo;
} core_pair;

/* a + b without error, for |a| >= |b| or a = 0 (Dekker 1971). */
static inline core_pair core_pair_fast_sum(double a, double b)
{
    double hi = a + b;
    return (core_pair){hi, b - (hi - a)};
}

/* a + b without error (Knuth). */
static inline core_pair core_pair_sum(double a, double b)
{
    double hi = a + b, b_part = hi - a;
    return (core_pair){hi, (a - (hi - b_part)) + (b - b_part)};
}

/* a * b without error, for products far from the ends of the range (Dekker 1971; fma may be a call to libm). */
static inline core_pair core_pair_exact_product(double a, double b)
{
    const double split = 0x1p27 + 1;
    double ac = split * a, ah = ac - (ac - a), al = a - ah;
    double bc = split * b, bh = bc - (bc - b), bl = b - bh;
    double hi = a * b;
    return (core_pair){hi, ((ah * bh - hi) + ah * bl + al * bh) + al * bl};
}

static inline core_pair core_pair_product(core_pair a, core_pair b)
{
    core_pair p = core_pair_exact_product(a.hi, b.hi);
    return core_pair_fast_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

#endif
