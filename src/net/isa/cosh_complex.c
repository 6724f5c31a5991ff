/* Complex weights. Planes of a group lie side by side: [2, 8].
 *
 * 1 + u_j g_j takes four operations, 1 / g_j + u_j two, and the next factor four more. So products here are
 * prod_j (1 / g_j + u_j), and what divides them from prod_j (1 + u_j g_j) is one number per changed input:
 * prod_j g_j = exp(4 x_i sum_j W_ij), which the front factors contain. */
#include "cosh_lanes.h"

#include <stdalign.h>

enum { STRIDE = UNIT_LANES * 2 * GROUP, HALF = 4 }; /* from one group of hidden units to the next in u */
static const double START = 0x1p-360;               /* GROUP START_COMPLEX */
/* Of |.|^2 of a partial product: eight of them together stay in the range of a double. */
static const double LEAST = 0x1p-200, FULL = 0x1p200;
/* Of |.|^2 of the product of all eight: its square and its ratio to another stay there too. */
static const double LEAST_PRODUCT = 0x1p-960, MOST_PRODUCT = 0x1p960;

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

static inline int product_in_range(vec re, vec im) {
  const vec size = fused_add(re, re, im * im);
  return all_less(size, splat(MOST_PRODUCT)) && all_less(splat(LEAST_PRODUCT), size);
}

/* start times the product of eight */
static inline int join(const vec *a, const vec *b, vec *re, vec *im) {
  joint_product_complex(a, b, re, im);
  *re *= START;
  *im *= START;
  return product_in_range(*re, *im);
}

/* a + i b <- (a + i b) prod_j (u_j + row_j) over the groups first .. end - 1: W products in eight vectors, their
 * numbers u_step and their rows row_step apart. This is half of the vectors, which with their imaginary parts fill the
 * registers. */
__attribute__((always_inline)) static inline void multiply_half(const double *u, int u_step, const double *const *row,
                                                                int row_step, int half, int64_t first, int64_t end,
                                                                vec *re, vec *im) {
#define HALF4(F) F(0) F(1) F(2) F(3)
#define LANE_OF(k) LANE(k + HALF * half)
#define AT(k) (W * PART(k + HALF * half))
#define BEGIN(k)                                                                                                       \
  vec a##k = re[HALF * half + k], b##k = im[HALF * half + k];                                                          \
  const double *g##k = row[LANE_OF(k) * row_step] + AT(k);
  HALF4(BEGIN)
  for (int64_t j = first; j < end; ++j) {
    const double *v = u + j * STRIDE;
#define MULTIPLY(k)                                                                                                    \
  {                                                                                                                    \
    const double *at = v + u_step * LANE_OF(k) + AT(k), *gj = g##k + 2 * GROUP * j;                                    \
    const vec r = load(at) + load(gj), i = load(at + GROUP) + load(gj + GROUP), old = a##k;                            \
    a##k = product_re(old, b##k, r, i);                                                                                \
    b##k = product_im(old, b##k, r, i);                                                                                \
  }
    HALF4(MULTIPLY)
  }
#define END(k)                                                                                                         \
  re[HALF * half + k] = a##k;                                                                                          \
  im[HALF * half + k] = b##k;
  HALF4(END)
}

/* prod_j (u_j + row_j), W of them; returns whether powers of two were taken out. */
__attribute__((always_inline)) static inline int products(const rz_cosh_net *net, const double *u, int u_step,
                                                          const double *const *row, int row_step, double *out_re,
                                                          double *out_im, double *exponent) {
  vec re[GROUP], im[GROUP], e[GROUP], r, i;
  int scaled = 0;
  for (int k = 0; k < GROUP; ++k) {
    const double *at = u + u_step * LANE(k) + W * PART(k), *g = row[LANE(k) * row_step] + W * PART(k);
    re[k] = load(at) + load(g);
    im[k] = load(at + GROUP) + load(g + GROUP);
  }
  for (int64_t first = 0, end; first < net->n_group; first = end) {
    end = first + net->chunk < net->n_group ? first + net->chunk : net->n_group;
    for (int half = 0; half < 2; ++half)
      multiply_half(u, u_step, row, row_step, half, first == 0 ? 1 : first, end, re, im);
    if (__builtin_expect(in_range(re, im), 1)) continue;
    if (!scaled) memset(e, 0, sizeof e);
    scaled = 1;
    take_powers_of_lanes(re, im, e);
  }
  if (__builtin_expect(!join(re, im, &r, &i), 0)) {
    if (!scaled) memset(e, 0, sizeof e);
    scaled = 1;
    take_powers_of_lanes(re, im, e);
    join(re, im, &r, &i);
  }
  store(out_re, r);
  store(out_im, i);
  store(exponent, scaled ? joint_sum(e) : splat(0.0));
  return scaled;
}

/* One change of every lane. */
static int product_of_block(const rz_cosh_net *net, const double *u, const double *const *row, lane_numbers *p) {
  int scaled = 0;
  EACH_VEC scaled |= products(net, u + l * 2 * GROUP, 2 * GROUP, row + l, 1, p->re + l, p->im + l, p->exponent + l);
  return scaled;
}

/* W changes of one lane, which share the reading of u. Out of line: the loop needs all registers. */
__attribute__((noinline)) static int products_of_lane(const rz_cosh_net *net, const double *u, const double *const *row,
                                                      vec *re, vec *im) {
  vec exponent;
  return products(net, u, 0, row, LANES, (double *)re, (double *)im, (double *)&exponent);
}

/* MOVES changes: out [MOVES, 2, LANES]. Returns whether one leaves its range. */
static int products_of_moves(const rz_cosh_net *net, const double *u, const double *const *row, double *out) {
  for (int m = 0; m < MOVES; m += W) EACH_VEC {
      vec re[W], im[W];
      for (int k = 0; k < W; ++k)
        if (products_of_lane(net, u + (l + k) * 2 * GROUP, row + m * LANES + l + k, re + k, im + k)) return 1;
      transpose(re);
      transpose(im);
      for (int k = 0; k < W; ++k) {
        store(out + (m + k) * 2 * LANES + l, re[k]);
        store(out + ((m + k) * 2 + 1) * LANES + l, im[k]);
      }
    }
  return 0;
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

/* re + i im times the factor of an input and its sign in the lanes l .. l + W - 1 */
static inline void multiply_factor(const rz_factors *f, const int8_t *x, int32_t input, int l, vec *re, vec *im) {
  const ivec sign = sign_of(x, input, l);
  const vec e = choose_by_sign(sign, f->plain[0] + 2 * input), g = choose_by_sign(sign, f->plain[1] + 2 * input);
  const vec old = *re;
  *re = product_re(old, *im, e, g);
  *im = product_im(old, *im, e, g);
}

/* product / product before * front factors; planes product, out [LANES] */
static inline void divide(const rz_cosh_net *net, const cosh_lanes *s, const double *product_re_of,
                          const double *product_im_of, const int8_t *x, int n, const int32_t *input, double *out) {
  EACH_VEC {
    const vec a = load(product_re_of + l), b = load(product_im_of + l);
    const vec c = load(s->inverse[0] + l), d = load(s->inverse[1] + l);
    vec re = product_re(a, b, c, d), im = product_im(a, b, c, d);
    for (int k = 0; k < n; ++k) multiply_factor(&net->front, x, input[k], l, &re, &im);
    store_any(out + l, re);
    store_any(out + LANES + l, im);
  }
}

/* p <- p prod_j g_j, which makes it prod_j (1 + u_j g_j); returns whether it is in range. */
static int multiply_by_g(const rz_cosh_net *net, const int8_t *x, int n, const int32_t *input, lane_numbers *p) {
  lane_numbers q = *p;
  int fits = 1;
  EACH_VEC {
    vec re = load(p->re + l), im = load(p->im + l);
    for (int k = 0; k < n; ++k) multiply_factor(&net->all_g, x, input[k], l, &re, &im);
    fits &= product_in_range(re, im);
    store_any(q.re + l, re);
    store_any(q.im + l, im);
  }
  if (fits) *p = q;
  return fits;
}

static void ratio_complex(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                          double *out) {
  cosh_lanes *s = head_of(cache);
  alignas(64) const double *inverse[LANES];
  choose_rows(net, cache, x, n, input, multiply_complex, s->row, inverse);
  s->pending_scaled = product_of_block(net, units_of(cache), inverse, &s->pending);
  if (!s->pending_scaled && !s->scaled && n <= net->max_plain) {
    divide(net, s, s->pending.re, s->pending.im, x, n, input, out);
    if (multiply_by_g(net, x, n, input, &s->pending)) return;
  } else {
    scaled_ratio(net, s, x, n, input, out, out + LANES);
  }
  s->pending_scaled = 1;
  take_powers(LANES, s->pending.re, s->pending.im, s->pending.exponent);
  multiply_scaled(net->all_g.scaled, x, n, input, &s->pending);
  take_powers(LANES, s->pending.re, s->pending.im, s->pending.exponent);
}

static int ratios_complex(const rz_cosh_net *net, double *cache, const int8_t *x, const int32_t *input, double *out) {
  const cosh_lanes *s = head_of(cache);
  alignas(64) const double *row[MOVES * LANES];
  alignas(64) double product[MOVES * 2 * LANES];
  if (s->scaled || net->max_plain < 1) return 0;
  for (int m = 0; m < MOVES; ++m) rows_of_input(net, x, input[m], true, row + m * LANES);
  if (products_of_moves(net, units_of(cache), row, product)) return 0;
  for (int m = 0; m < MOVES; ++m) {
    const double *p = product + m * 2 * LANES;
    divide(net, s, p, p + LANES, x, 1, input + m, out + m * 2 * LANES);
  }
  return 1;
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
    .refresh = refresh_complex, .ratio = ratio_complex, .ratios = ratios_complex, .commit = commit_complex};
