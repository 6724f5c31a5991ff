/* The joint product of eight numbers of each of W lanes.
 *
 * Eight numbers of one lane fill PARTS vectors. A pass takes W lanes, so that it holds eight vectors whatever the
 * instruction set: vector k belongs to lane LANE(k) and holds its numbers PART(k) W onwards. */
#ifndef RITZ_NET_JOINT_H
#define RITZ_NET_JOINT_H

#include "ritz/core/vec.h"

#define PARTS (8 / W)
#define LANE(k) ((k) / PARTS)
#define PART(k) ((k) % PARTS)
#define EACH8(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7)

/* The joint product takes three steps: numbers k and k + 4 of every lane, then k and k + 2, then k and k + 1. Each step
 * sets the factors of two vectors against each other: FIRSTn(x, y) and SECONDn(x, y). FOLD(STEP) names the vectors that
 * meet first. The tree, and so the result's bits, does not depend on W. */
#if W == 8
#define FIRST1(x, y) __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11)
#define SECOND1(x, y) __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15)
#define FIRST2(x, y) __builtin_shufflevector(x, y, 0, 1, 4, 5, 8, 9, 12, 13)
#define SECOND2(x, y) __builtin_shufflevector(x, y, 2, 3, 6, 7, 10, 11, 14, 15)
#define FIRST3(x, y) __builtin_shufflevector(x, y, 0, 8, 2, 10, 4, 12, 6, 14)
#define SECOND3(x, y) __builtin_shufflevector(x, y, 1, 9, 3, 11, 5, 13, 7, 15)
#define FOLD(STEP) STEP(0, 0, 2) STEP(1, 4, 6) STEP(2, 1, 3) STEP(3, 5, 7)
#elif W == 4
#define FIRST1(x, y) (x)
#define SECOND1(x, y) (y)
#define FIRST2(x, y) __builtin_shufflevector(x, y, 0, 1, 4, 5)
#define SECOND2(x, y) __builtin_shufflevector(x, y, 2, 3, 6, 7)
#define FIRST3(x, y) __builtin_shufflevector(x, y, 0, 4, 2, 6)
#define SECOND3(x, y) __builtin_shufflevector(x, y, 1, 5, 3, 7)
#define FOLD(STEP) STEP(0, 0, 1) STEP(1, 4, 5) STEP(2, 2, 3) STEP(3, 6, 7)
#else
#define FIRST1(x, y) (x)
#define SECOND1(x, y) (y)
#define FIRST2(x, y) (x)
#define SECOND2(x, y) (y)
#define FIRST3(x, y) __builtin_shufflevector(x, y, 0, 2)
#define SECOND3(x, y) __builtin_shufflevector(x, y, 1, 3)
#define FOLD(STEP) STEP(0, 0, 2) STEP(1, 1, 3) STEP(2, 4, 6) STEP(3, 5, 7)
#endif

/* Rows of W numbers become columns: rounds of setting halves against each other. */
#if W == 8
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#elif W == 4
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define HIGH(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
#else
#define LOW(x, y) __builtin_shufflevector(x, y, 0, 2)
#define HIGH(x, y) __builtin_shufflevector(x, y, 1, 3)
#endif

static inline void transpose(vec *x) {
  vec y[W];
  for (int round = 1; round < W; round *= 2) {
    for (int k = 0; k < W / 2; ++k) {
      y[2 * k] = LOW(x[k], x[k + W / 2]);
      y[2 * k + 1] = HIGH(x[k], x[k + W / 2]);
    }
    memcpy(x, y, sizeof y);
  }
}

static inline vec joint_product(const vec *a) {
#define STEP(k, i, j) const vec s##k = FIRST1(a[i], a[j]) * SECOND1(a[i], a[j]);
  FOLD(STEP)
#undef STEP
  const vec t0 = FIRST2(s0, s1) * SECOND2(s0, s1), t1 = FIRST2(s2, s3) * SECOND2(s2, s3);
  return FIRST3(t0, t1) * SECOND3(t0, t1);
}

static inline vec joint_sum(const vec *a) {
#define STEP(k, i, j) const vec s##k = FIRST1(a[i], a[j]) + SECOND1(a[i], a[j]);
  FOLD(STEP)
#undef STEP
  const vec t0 = FIRST2(s0, s1) + SECOND2(s0, s1), t1 = FIRST2(s2, s3) + SECOND2(s2, s3);
  return FIRST3(t0, t1) + SECOND3(t0, t1);
}

/* The same for complex numbers in two planes. */
static inline void joint_product_complex(const vec *a, const vec *b, vec *re, vec *im) {
#define MULTIPLY(r, i, FIRST, SECOND, ax, bx, ay, by)                                                                  \
  const vec r = product_re(FIRST(ax, ay), FIRST(bx, by), SECOND(ax, ay), SECOND(bx, by));                              \
  const vec i = product_im(FIRST(ax, ay), FIRST(bx, by), SECOND(ax, ay), SECOND(bx, by));
#define STEP(k, i, j) MULTIPLY(s##k, z##k, FIRST1, SECOND1, a[i], b[i], a[j], b[j])
  FOLD(STEP)
#undef STEP
  MULTIPLY(t0, y0, FIRST2, SECOND2, s0, z0, s1, z1)
  MULTIPLY(t1, y1, FIRST2, SECOND2, s2, z2, s3, z3)
  MULTIPLY(r, i, FIRST3, SECOND3, t0, y0, t1, y1)
#undef MULTIPLY
  *re = r;
  *im = i;
}

#endif
