/* What the real and the complex fast path share: which rows a change needs, ranges, and the rare ratios with powers of
 * two. */
#ifndef RITZ_NET_COSH_LANES_H
#define RITZ_NET_COSH_LANES_H

#include "../lane_math.h"
#include "cosh_kernels.h"
#include "joint.h"

#define EACH_VEC for (int l = 0; l < LANES; l += W)

static inline cosh_lanes *head_of(double *cache) { return (cosh_lanes *)(void *)cache; }

/* Rows of `flip` for input i in a lane. */
static inline const double *flip_row(const rz_cosh_net *net, int32_t i, int8_t x) {
  return net->flip + (2 * (int64_t)i + (x < 0)) * net->row_size;
}

/* 1 or -1, an input's sign in the lanes l .. l + W - 1. */
static inline ivec sign_of(const int8_t *x, int32_t input, int l) { return widen(x + (int64_t)input * LANES + l); }

/* to <- x y, rows */
typedef void multiply_rows(int row_size, double *to, const double *x, const double *y);

/* Row of g for a change of n >= 2 inputs with the signs of the lane x points to, or of 1 / g. */
static inline void make_row(const rz_cosh_net *net, int n, const int32_t *input, const int8_t *x, bool inverse,
                            multiply_rows *multiply, double *to) {
  const int8_t sign = inverse ? -1 : 1;
  const double *row = flip_row(net, input[0], (int8_t)(sign * x[(int64_t)input[0] * LANES]));
  for (int k = 1; k < n; ++k) {
    multiply(net->row_size, to, row, flip_row(net, input[k], (int8_t)(sign * x[(int64_t)input[k] * LANES])));
    row = to;
  }
}

/* row [LANES]: of g for a change of one input, table rows as they are; or of 1 / g, which is g for the other sign. */
static inline void rows_of_input(const rz_cosh_net *net, const int8_t *x, int32_t input, bool inverse,
                                 const double **row) {
  const int64_t first = (int64_t)(uintptr_t)flip_row(net, input, 1), step = (int64_t)sizeof(double) * net->row_size;
  EACH_VEC { /* of an even number 1 keeps nothing, -1 all */
    const ivec sign = sign_of(x, input, l);
    *(ivec *)(void *)(row + l) = first + ((inverse ? -sign : sign) & step);
  }
}

/* Up to four inputs: a row for every pattern of signs that some lane has, in the scratch row of its number. 1 / g is
 * the row of the opposite signs. */
static inline void choose_patterns(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                                   multiply_rows *multiply, const double **row, const double **inverse) {
  const int64_t first = (int64_t)(uintptr_t)scratch_of(net, cache);
  const uvec size = (uvec){0} + sizeof(double) * (uint64_t)net->row_size;
  const int n_pattern = 1 << n;
  uint32_t lanes[16] = {0}; /* which have the pattern */
  EACH_VEC {
    uvec pattern = {0};
    for (int k = 0; k < n; ++k) pattern |= (uvec)(sign_of(x, input[k], l) < 0) & (uint64_t)1 << k;
    *(ivec *)(void *)(row + l) = first + (ivec)multiply_low(pattern, size);
    if (inverse) *(ivec *)(void *)(inverse + l) = first + (ivec)multiply_low((uint64_t)n_pattern - 1 - pattern, size);
    for (int p = 0; p < n_pattern; ++p) lanes[p] |= mask_bits((ivec)(pattern == (uint64_t)p)) << l;
  }
  for (int p = 0; p < n_pattern; ++p) {
    const uint32_t opposite = inverse ? lanes[n_pattern - 1 - p] : 0;
    if ((lanes[p] | opposite) == 0) continue;
    make_row(net, n, input, x + __builtin_ctz(lanes[p] != 0 ? lanes[p] : opposite), lanes[p] == 0, multiply,
             scratch_of(net, cache) + (int64_t)p * net->row_size);
  }
}

/* row [LANES]: the row of g each lane needs for a change, and of 1 / g unless inverse is NULL. Products of several rows
 * are made once for lanes that share the signs of the inputs. */
static inline void choose_rows(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                               multiply_rows *multiply, const double **row, const double **inverse) {
  if (n == 0) {
    for (int l = 0; l < LANES; ++l) row[l] = net->one;
    for (int l = 0; l < LANES && inverse; ++l) inverse[l] = net->one;
  } else if (n == 1) {
    rows_of_input(net, x, input[0], false, row);
    if (inverse) rows_of_input(net, x, input[0], true, inverse);
  } else if (n <= 4) {
    choose_patterns(net, cache, x, n, input, multiply, row, inverse);
  } else {
    for (int l = 0; l < (inverse ? 2 * LANES : LANES); ++l) {
      double *made = scratch_of(net, cache) + (int64_t)l * net->row_size;
      make_row(net, n, input, x + l % LANES, l >= LANES, multiply, made);
      *(l < LANES ? row + l : inverse + l - LANES) = made;
    }
  }
}

/* bits [n_four, LANES]: which of each four inputs are +1. */
static inline void find_fours(const rz_cosh_net *net, const int8_t *x, uint8_t *bits) {
  typedef int8_t lanes __attribute__((vector_size(LANES)));
  for (int i = 0; i < net->n_in; i += 4) {
    lanes sum = {0}, y;
    for (int k = 0; k < 4 && i + k < net->n_in; ++k) {
      memcpy(&y, x + (int64_t)(i + k) * LANES, sizeof y);
      sum |= (y > 0) & (int8_t)(1 << k);
    }
    memcpy(bits + i / 4 * LANES, &sum, sizeof sum);
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

/* p <- p * q */
static inline void multiply_numbers(lane_numbers *p, const double *q_re, const double *q_im) {
  EACH_VEC {
    const vec a = load_any(p->re + l), b = load_any(p->im + l), c = load_any(q_re + l), d = load_any(q_im + l);
    store_any(p->re + l, product_re(a, b, c, d));
    store_any(p->im + l, product_im(a, b, c, d));
  }
}

/* p <- p * the factor [n_in, 2] of every changed input and its sign */
static inline void multiply_scaled(const rz_scaled *factor, const int8_t *x, int n, const int32_t *input,
                                   lane_numbers *p) {
  for (int k = 0; k < n; ++k) {
    const int8_t *y = x + (int64_t)input[k] * LANES;
    lane_numbers q;
    for (int l = 0; l < LANES; ++l) {
      const rz_scaled f = factor[2 * input[k] + (y[l] < 0)];
      q.re[l] = f.re;
      q.im[l] = f.im;
      p->exponent[l] += f.exponent;
    }
    multiply_numbers(p, q.re, q.im);
    if (k % 256 == 255) take_powers(LANES, p->re, p->im, p->exponent);
  }
}

/* pending / product * front factors with powers of two; planes out [LANES]. */
static inline void scaled_ratio(const rz_cosh_net *net, const cosh_lanes *s, const int8_t *x, int n,
                                const int32_t *input, double *out_re, double *out_im) {
  lane_numbers p = s->pending, q = {.exponent = {0.0}};
  memcpy(q.re, s->inverse[0], sizeof q.re);
  memcpy(q.im, s->inverse[1], sizeof q.im);
  take_powers(LANES, p.re, p.im, p.exponent);
  take_powers(LANES, q.re, q.im, q.exponent);
  multiply_numbers(&p, q.re, q.im);
  for (int l = 0; l < LANES; ++l) p.exponent[l] += q.exponent[l] - s->product.exponent[l];
  multiply_scaled(net->front.scaled, x, n, input, &p);
  for (int l = 0; l < LANES; ++l) out_re[l] = scale_by(p.re[l], p.exponent[l]);
  for (int l = 0; l < LANES && out_im; ++l) out_im[l] = scale_by(p.im[l], p.exponent[l]);
}

/* The pending product becomes the product in the lanes that accept: returns their bits. */
static inline uint32_t accept_product(cosh_lanes *s, bool is_complex, const uint8_t *accept) {
  uint32_t bits = 0;
  s->scaled |= s->pending_scaled;
  EACH_VEC {
    const ivec mask = widen((const int8_t *)accept + l) != 0;
    bits |= mask_bits(mask) << l;
    store(s->product.re + l, choose(mask, load(s->pending.re + l), load(s->product.re + l)));
    if (is_complex) store(s->product.im + l, choose(mask, load(s->pending.im + l), load(s->product.im + l)));
    if (s->scaled)
      store(s->product.exponent + l, choose(mask, load(s->pending.exponent + l), load(s->product.exponent + l)));
  }
  return bits;
}

/* sum [LANES] = offset + sum_i slope_i x_i */
static inline void linear_part(const rz_cosh_net *net, int c, const int8_t *x, double *sum) {
  const double *slope = net->slope[c];
  EACH_VEC {
    vec v[4] = {splat(net->offset[c])};
    int i = 0;
    for (; i + 4 <= net->n_in; i += 4)
      for (int k = 0; k < 4; ++k) v[k] += slope[i + k] * to_numbers(widen(x + (int64_t)(i + k) * LANES + l));
    for (; i < net->n_in; ++i) v[0] += slope[i] * to_numbers(widen(x + (int64_t)i * LANES + l));
    store_any(sum + l, (v[0] + v[1]) + (v[2] + v[3]));
  }
}

#endif
