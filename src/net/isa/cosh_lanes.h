/* What the real and the complex fast path share: which rows a change needs, ranges, and the rare ratios with powers of
 * two. */
#ifndef RITZ_NET_COSH_LANES_H
#define RITZ_NET_COSH_LANES_H

#include "../lane_math.h"
#include "cosh_kernels.h"
#include "vec.h"

/* Left alone, GCC unrolls 16 iterations first and then finds no loop to vectorise. */
#if defined(__GNUC__) && !defined(__clang__)
#define FOR_LANES _Pragma("GCC unroll 1") for (int l = 0; l < LANES; ++l)
#else
#define FOR_LANES for (int l = 0; l < LANES; ++l)
#endif

static inline cosh_lanes *head_of(double *cache) { return (cosh_lanes *)(void *)cache; }

/* All ones where an input is positive, else 0. */
static inline void find_positive(const int8_t *restrict x, uint64_t *restrict up) {
  FOR_LANES up[l] = (uint64_t)(((int64_t)x[l] - 1) >> 63) ^ UINT64_MAX;
}

/* mask (all ones or 0) ? u : d in integer arithmetic: always vector code, never a branch. */
static inline double choose(uint64_t mask, double u, double d) {
  uint64_t a, b;
  memcpy(&a, &u, sizeof a);
  memcpy(&b, &d, sizeof b);
  a = b ^ ((a ^ b) & mask);
  memcpy(&u, &a, sizeof u);
  return u;
}

/* Rows of `flip` for input i in a lane. */
static inline const double *flip_row(const rz_cosh_net *net, int32_t i, int8_t x) {
  return net->flip + (2 * (int64_t)i + (x < 0)) * net->row_size;
}

/* s->row: the row of g each lane needs for a change. One input: a table row as it is. Several: their product, made once
 * for lanes that share the signs of the inputs (up to four inputs), by multiply_row(net, to, from). */
static inline void choose_rows(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                               void (*multiply_row)(int row_size, double *to, const double *from)) {
  cosh_lanes *s = head_of(cache);
  if (n == 1) {
    const double *row = flip_row(net, input[0], 1);
    const int8_t *y = x + (int64_t)input[0] * LANES;
    FOR_LANES s->row[l] = row + ((((int64_t)y[l] - 1) >> 63) & net->row_size);
    return;
  }
  int slot[LANES];
  for (int l = 0; l < LANES; ++l) slot[l] = n <= 4 ? 0 : l;
  for (int k = 0; k < n && n <= 4; ++k)
    for (int l = 0; l < LANES; ++l) slot[l] |= (x[(int64_t)input[k] * LANES + l] > 0) << k;
  unsigned made = 0;
  for (int l = 0; l < LANES; ++l) {
    double *row = scratch_of(net, cache) + (int64_t)slot[l] * net->row_size;
    s->row[l] = row;
    if (made >> slot[l] & 1) continue;
    made |= 1u << slot[l];
    memcpy(row, n > 0 ? flip_row(net, input[0], x[(int64_t)input[0] * LANES + l]) : net->one,
           sizeof *row * (size_t)net->row_size);
    for (int k = 1; k < n; ++k)
      multiply_row(net->row_size, row, flip_row(net, input[k], x[(int64_t)input[k] * LANES + l]));
  }
}

/* positions [LANES, n_four]: where in `four` the row of each four inputs lies. */
static inline void find_fours(const rz_cosh_net *net, const int8_t *x, int64_t *position) {
  const int n_four = n_four_of(net);
  for (int q = 0; q < n_four; ++q) {
    int bits[LANES] = {0};
    for (int k = 0; k < 4 && 4 * q + k < net->n_in; ++k)
      for (int l = 0; l < LANES; ++l) bits[l] |= (x[(int64_t)(4 * q + k) * LANES + l] > 0) << k;
    for (int l = 0; l < LANES; ++l) position[l * n_four + q] = (int64_t)(16 * q + bits[l]) * net->row_size;
  }
}

/* The power of two in a size; 1 for zero, subnormal and non-finite ones, which keep their value. *inverse = 2^-power.
 */
static inline double power_of(double size, double *inverse) {
  uint64_t bits;
  memcpy(&bits, &size, sizeof bits);
  const uint64_t biased = bits >> 52 & 2047;
  const uint64_t usable = biased > 0 && biased < 2046 ? biased : 1023;
  bits = (2046 - usable) << 52;
  memcpy(inverse, &bits, sizeof bits);
  return (double)((int64_t)usable - 1023);
}

/* n numbers: mantissas near 1, what was taken out added to the exponents. im may be NULL. */
static inline void take_powers(int n, double *re, double *im, double *exponent) {
  for (int i = 0; i < n; ++i) {
    double inverse;
    exponent[i] += power_of((re[i] < 0.0 ? -re[i] : re[i]) + (im ? (im[i] < 0.0 ? -im[i] : im[i]) : 0.0), &inverse);
    re[i] *= inverse;
    if (im) im[i] *= inverse;
  }
}

/* x * 2^e in four steps of at most 2^+-1000 each: 0 and inf come out where they belong. */
static inline double scale_by(double x, double e) {
  e = e > 4000.0 ? 4000.0 : e;
  e = e < -4000.0 ? -4000.0 : e;
  const double a = (e * 0.25 + 0x1.8p52) - 0x1.8p52;
  const double step = lane_exp2i(a), last = lane_exp2i(e - 3.0 * a);
  return x * step * step * step * last;
}

/* pending / product * front factors with powers of two; planes out [LANES]. */
static inline void scaled_ratio(const rz_cosh_net *net, const cosh_lanes *s, const int8_t *x, int n,
                                const int32_t *input, double *out_re, double *out_im) {
  lane_numbers p = s->pending;
  lane_numbers q = {.exponent = {0.0}};
  memcpy(q.re, s->inverse[0], sizeof q.re);
  memcpy(q.im, s->inverse[1], sizeof q.im);
  take_powers(LANES, p.re, p.im, p.exponent);
  take_powers(LANES, q.re, q.im, q.exponent);
  FOR_LANES {
    const double re = p.re[l], im = p.im[l];
    p.re[l] = re * q.re[l] - im * q.im[l];
    p.im[l] = re * q.im[l] + im * q.re[l];
    p.exponent[l] += q.exponent[l] - s->product.exponent[l];
  }
  for (int k = 0; k < n; ++k) {
    const int8_t *y = x + (int64_t)input[k] * LANES;
    const rz_scaled u = net->front_scaled[2 * input[k]], d = net->front_scaled[2 * input[k] + 1];
    uint64_t up[LANES];
    find_positive(y, up);
    FOR_LANES {
      const double re = p.re[l], im = p.im[l], c = choose(up[l], u.re, d.re), e = choose(up[l], u.im, d.im);
      p.re[l] = re * c - im * e;
      p.im[l] = re * e + im * c;
      p.exponent[l] += choose(up[l], u.exponent, d.exponent);
    }
    if (k % 256 == 255) take_powers(LANES, p.re, p.im, p.exponent);
  }
  FOR_LANES out_re[l] = scale_by(p.re[l], p.exponent[l]);
  if (out_im) FOR_LANES out_im[l] = scale_by(p.im[l], p.exponent[l]);
}

/* The pending product becomes the product in the lanes that accept; list [LANES] of them, returns how many. */
static inline int accept_product(cosh_lanes *s, const uint8_t *accept, int *list) {
  int n = 0;
  uint64_t mask[LANES];
  for (int l = 0; l < LANES; ++l) {
    list[n] = l;
    n += accept[l] != 0;
  }
  FOR_LANES mask[l] = (uint64_t)0 - (accept[l] != 0);
  FOR_LANES s->product.re[l] = choose(mask[l], s->pending.re[l], s->product.re[l]);
  FOR_LANES s->product.im[l] = choose(mask[l], s->pending.im[l], s->product.im[l]);
  FOR_LANES s->product.exponent[l] = choose(mask[l], s->pending.exponent[l], s->product.exponent[l]);
  s->scaled |= s->pending_scaled;
  return n;
}

#endif
