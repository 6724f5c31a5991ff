/* Complex weights: eight operations per vector of hidden units and lane. Planes of a group lie side by side: [2, 8]. */
#include "cosh_lanes.h"

enum { STRIDE = UNIT_LANES * 2 * GROUP, HALF = 4 }; /* from one group of hidden units to the next in u */
static const double START = 0x1p-45;                /* START_COMPLEX */
/* Of |.|^2: eight partial products between give a product whose square and whose ratio to another stay in range. */
static const double LEAST = 0x1p-120, FULL = 0x1p120;

/* Out of line: rare, and in the way of the registers of the loop. */
__attribute__((noinline, cold)) static void take_powers_of_lanes(vec *re, vec *im, vec *exponent) {
  take_powers(GROUP * W, (double *)re, (double *)im, (double *)exponent);
}

static inline int in_range(const vec *re, const vec *im) {
  vec most = fused_add(re[0], re[0], im[0] * im[0]), least = most;
  for (int k = 1; k < GROUP; ++k) {
    const vec size = fused_add(re[k], re[k], im[k] * im[k]);
    most = larger(most, size);
    least = smaller(least, size);
  }
  return all_less(most, splat(FULL)) && all_less(splat(LEAST), least);
}

/* Partial products of groups first .. end - 1 into re[first_k ..], im[...]: half of the eight vectors, which with their
 * imaginary parts fill the registers. */
static inline void multiply_half(const double *u, const double *const *row, int half, int64_t first, int64_t end,
                                 vec *re, vec *im) {
  const vec one = splat(1.0);
#define HALF4(F) F(0) F(1) F(2) F(3)
#define LANE_OF(k) LANE(k + HALF * half)
#define AT(k) (W * PART(k + HALF * half))
#define BEGIN(k)                                                                                                       \
  vec a##k = re[HALF * half + k], b##k = im[HALF * half + k];                                                          \
  const double *g##k = row[LANE_OF(k)] + AT(k);
  HALF4(BEGIN)
  for (int64_t j = first; j < end; ++j) {
    const double *v = u + j * STRIDE;
#define MULTIPLY(k)                                                                                                    \
  {                                                                                                                    \
    const double *at = v + 2 * GROUP * LANE_OF(k) + AT(k), *gj = g##k + 2 * GROUP * j;                                 \
    const vec x = load_once(at), y = load_once(at + GROUP), c = load_once(gj), d = load_once(gj + GROUP);              \
    const vec r = one + x * c - y * d, i = product_im(x, y, c, d), old = a##k;                                         \
    a##k = product_re(old, b##k, r, i);                                                                                \
    b##k = product_im(old, b##k, r, i);                                                                                \
  }
    HALF4(MULTIPLY)
  }
#define OUT(k)                                                                                                         \
  re[HALF * half + k] = a##k;                                                                                          \
  im[HALF * half + k] = b##k;
  HALF4(OUT)
}

/* prod_j (1 + u_j row_j) of W lanes; returns whether powers of two were taken out. */
static inline int product_of_lanes(const rz_cosh_net *net, const double *u, const double *const *row, double *out_re,
                                   double *out_im, double *exponent) {
  vec re[GROUP], im[GROUP], e[GROUP];
  int scaled = 0;
  for (int k = 0; k < GROUP; ++k) re[k] = splat(START);
  memset(im, 0, sizeof im);
  for (int64_t first = 0, end; first < net->n_group; first = end) {
    end = first + net->chunk < net->n_group ? first + net->chunk : net->n_group;
    multiply_half(u, row, 0, first, end, re, im);
    multiply_half(u, row, 1, first, end, re, im);
    if (__builtin_expect(in_range(re, im), 1)) continue;
    if (!scaled) memset(e, 0, sizeof e);
    scaled = 1;
    take_powers_of_lanes(re, im, e);
  }
  vec r, i;
  joint_product_complex(re, im, &r, &i);
  store(out_re, r);
  store(out_im, i);
  store(exponent, scaled ? joint_sum(e) : splat(0.0));
  return scaled;
}

static int product_of_block(const rz_cosh_net *net, const double *u, const double *const *row, lane_numbers *p) {
  int scaled = 0;
  for (int l = 0; l < LANES; l += W)
    scaled |= product_of_lanes(net, u + l * 2 * GROUP, row + l, p->re + l, p->im + l, p->exponent + l);
  return scaled;
}

/* to <- x y, one group */
static inline void multiply_group(double *to, const double *x, const double *y) {
  for (int j = 0; j < GROUP; j += W) {
    const vec a = load(x + j), b = load(x + GROUP + j), c = load(y + j), d = load(y + GROUP + j);
    store(to + j, product_re(a, b, c, d));
    store(to + GROUP + j, product_im(a, b, c, d));
  }
}

static void multiply_complex(int row_size, double *to, const double *x, const double *y) {
  for (int j = 0; j < row_size; j += 2 * GROUP) multiply_group(to + j, x + j, y + j);
}

/* One group of one lane: `down` times the rows that raise its inputs. */
static inline void fill_group(const rz_cosh_net *net, const uint8_t *bits, const double *down, const double *four,
                              double *u) {
  vec re[PARTS], im[PARTS];
  for (int p = 0; p < PARTS; ++p) {
    re[p] = load(down + p * W);
    im[p] = load(down + GROUP + p * W);
  }
  const int n_four = n_four_of(net);
  for (int q = 0; q < n_four; ++q) {
    const double *row = four + (int64_t)(16 * q + bits[q * LANES]) * net->row_size;
    for (int p = 0; p < PARTS; ++p) {
      const vec c = load_once(row + p * W), d = load_once(row + GROUP + p * W), old = re[p];
      re[p] = product_re(old, im[p], c, d);
      im[p] = product_im(old, im[p], c, d);
    }
  }
  for (int p = 0; p < PARTS; ++p) {
    store(u + p * W, re[p]);
    store(u + GROUP + p * W, im[p]);
  }
}

static void fill_units(const rz_cosh_net *net, const uint8_t *bits, double *u) {
  for (int64_t j = 0; j < net->n_group; ++j)
    for (int l = 0; l < LANES; ++l)
      fill_group(net, bits + l, net->down + j * 2 * GROUP, net->four + j * 2 * GROUP, u + j * STRIDE + l * 2 * GROUP);
}

static inline void invert(cosh_lanes *s) {
  EACH_VEC {
    const vec a = load(s->product.re + l), b = load(s->product.im + l), scale = 1.0 / fused_add(a, a, b * b);
    store(s->inverse[0] + l, a * scale);
    store(s->inverse[1] + l, -b * scale);
  }
}

static void refresh_complex(const rz_cosh_net *net, const int8_t *x, double *cache, double *re, double *im) {
  cosh_lanes *s = head_of(cache);
  find_fours(net, x, bits_of(net, cache));
  fill_units(net, bits_of(net, cache), units_of(cache));
  for (int l = 0; l < LANES; ++l) s->row[l] = net->one;
  s->scaled = s->pending_scaled = product_of_block(net, units_of(cache), s->row, &s->product);
  s->pending = s->product;
  invert(s);
  linear_part(net, 0, x, re);
  linear_part(net, 1, x, im);
}

static void ratio_complex(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                          double *out) {
  cosh_lanes *s = head_of(cache);
  choose_rows(net, cache, x, n, input, multiply_complex, s->row);
  s->pending_scaled = product_of_block(net, units_of(cache), s->row, &s->pending);
  if (s->pending_scaled || s->scaled || n > net->max_plain) {
    scaled_ratio(net, s, x, n, input, out, out + LANES);
    return;
  }
  EACH_VEC {
    const vec a = load(s->pending.re + l), b = load(s->pending.im + l);
    const vec c = load(s->inverse[0] + l), d = load(s->inverse[1] + l);
    vec re = product_re(a, b, c, d), im = product_im(a, b, c, d);
    for (int k = 0; k < n; ++k) {
      const ivec down = negative(x + (int64_t)input[k] * LANES, l);
      const double *front[2] = {net->front[0] + 2 * input[k], net->front[1] + 2 * input[k]};
      const vec e = choose(down, splat(front[0][1]), splat(front[0][0]));
      const vec f = choose(down, splat(front[1][1]), splat(front[1][0])), old = re;
      re = product_re(old, im, e, f);
      im = product_im(old, im, e, f);
    }
    store_any(out + l, re);
    store_any(out + LANES + l, im);
  }
}

static void commit_complex(const rz_cosh_net *net, double *cache, const uint8_t *accept) {
  cosh_lanes *s = head_of(cache);
  uint32_t left = accept_product(s, true, accept);
  invert(s);
  const int row_size = net->row_size;
  for (; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    double *u = units_of(cache) + lane * 2 * GROUP;
    const double *g = s->row[lane];
    for (int j = 0; j < row_size; j += 2 * GROUP, u += STRIDE) multiply_group(u, u, g + j);
  }
}

extern const rz_cosh_kernels RZ_ISA_SYMBOL(rz_cosh_complex);
const rz_cosh_kernels RZ_ISA_SYMBOL(rz_cosh_complex) = {
    .refresh = refresh_complex, .ratio = ratio_complex, .commit = commit_complex};
