/* Real weights: a multiply-add and a multiply per vector of hidden units and lane. */
#include "cosh_lanes.h"

#include <stdalign.h>

enum { STRIDE = UNIT_LANES * GROUP }; /* from one group of hidden units to the next in u */
static const double START = 0x1p-120; /* START_REAL */
static const double FULL = 0x1p127;   /* what partial products may grow to before the next chunk of factors */
static const double MOST = 0x1p1016;  /* of the joint product of eight */

/* Out of line: rare, and in the way of the registers of the loop. */
__attribute__((noinline, cold)) static void take_powers_of_lanes(vec *a, vec *exponent) {
  take_powers(GROUP * W, (double *)a, NULL, (double *)exponent);
}

/* start * prod_j (1 + u_j row_j), W of them, numbers u_step and rows row_step apart; returns whether powers of two were
 * taken out. */
__attribute__((always_inline)) static inline int products(const rz_cosh_net *net, const double *u, int u_step,
                                                          const double *const *row, int row_step, double *out,
                                                          double *exponent) {
  const vec one = splat(1.0);
  vec e[8];
  int scaled = 0;
#define BEGIN(k)                                                                                                       \
  vec a##k = splat(START);                                                                                             \
  const double *g##k = row[LANE(k) * row_step] + PART(k) * W;
  EACH8(BEGIN)
  int64_t j = 0;
  do {
    const int64_t end = j + net->chunk < net->n_group ? j + net->chunk : net->n_group;
    do {
      const double *v = u + j * STRIDE;
#define MULTIPLY(k) a##k *= one + load(v + u_step * LANE(k) + W * PART(k)) * load(g##k + GROUP * j);
      EACH8(MULTIPLY)
    } while (++j < end);
    if (j == net->n_group) break;
    const vec most = larger(larger(larger(a0, a1), larger(a2, a3)), larger(larger(a4, a5), larger(a6, a7)));
    if (__builtin_expect(!all_less(most, splat(FULL)), 0)) {
      vec a[8] = {a0, a1, a2, a3, a4, a5, a6, a7};
      if (!scaled) memset(e, 0, sizeof e);
      scaled = 1;
      take_powers_of_lanes(a, e);
#define AGAIN(k) a##k = a[k];
      EACH8(AGAIN)
    }
  } while (true);
  vec a[8] = {a0, a1, a2, a3, a4, a5, a6, a7}, product = joint_product(a);
  /* factors exceed 1: where the joint product is in range, so was every partial one */
  if (__builtin_expect(!all_less(product, splat(MOST)), 0)) {
    if (!scaled) memset(e, 0, sizeof e);
    scaled = 1;
    take_powers_of_lanes(a, e);
    product = joint_product(a);
  }
  store(out, product);
  store(exponent, scaled ? joint_sum(e) : splat(0.0));
  return scaled;
}

/* One change of every lane. */
static int product_of_block(const rz_cosh_net *net, const double *u, const double *const *row, lane_numbers *p) {
  int scaled = 0;
  for (int l = 0; l < LANES; l += W)
    scaled |= products(net, u + l * GROUP, GROUP, row + l, 1, p->re + l, p->exponent + l);
  return scaled;
}

/* W changes of one lane, which share the reading of u. Out of line: the loop needs all registers. */
__attribute__((noinline)) static int products_of_lane(const rz_cosh_net *net, const double *u, const double *const *row,
                                                      double *out) {
  alignas(64) double exponent[W];
  return products(net, u, 0, row, LANES, out, exponent);
}

/* MOVES changes: out [MOVES, LANES]. */
static int products_of_moves(const rz_cosh_net *net, const double *u, const double *const *row, double *out) {
  int scaled = 0;
  for (int m = 0; m < MOVES; m += W)
    for (int l = 0; l < LANES; l += W) {
      alignas(64) double a[W * W];
      vec x[W];
      for (int k = 0; k < W; ++k)
        scaled |= products_of_lane(net, u + (l + k) * GROUP, row + m * LANES + l + k, a + k * W);
      memcpy(x, a, sizeof x);
      transpose(x);
      for (int k = 0; k < W; ++k) store(out + (m + k) * LANES + l, x[k]);
    }
  return scaled;
}

static void multiply_real(int row_size, double *to, const double *x, const double *y) {
  for (int j = 0; j < row_size; j += W) store(to + j, load(x + j) * load(y + j));
}

/* n <= W groups of one lane, eight vectors at most: `down` times the rows that raise its inputs. */
__attribute__((always_inline)) static inline void fill_groups(const rz_cosh_net *net, int n, const uint8_t *bits,
                                                              const double *down, const double *four, double *u) {
  vec v[GROUP];
  const int n_four = n_four_of(net), n_vec = n * PARTS;
  const int64_t row_size = net->row_size;
  for (int k = 0; k < n_vec; ++k) v[k] = load(down + k * W);
  for (int q = 0; q < n_four; ++q, four += 16 * row_size) {
    const double *row = four + bits[q * LANES] * row_size;
    for (int k = 0; k < n_vec; ++k) v[k] *= load(row + k * W);
  }
  for (int k = 0; k < n_vec; ++k) store(u + k / PARTS * STRIDE + k % PARTS * W, v[k]);
}

static void fill_units(const rz_cosh_net *net, const uint8_t *bits, double *u) {
  for (int j = 0; j < net->n_group; j += W) {
    const double *down = net->down + j * GROUP, *four = net->four + j * GROUP;
    double *to = u + (int64_t)j * STRIDE;
    switch (net->n_group - j) {
#define FILL(n)                                                                                                        \
  for (int l = 0; l < LANES; ++l) fill_groups(net, (n) < W ? (n) : W, bits + l, down, four, to + l * GROUP);
#define CASE(k)                                                                                                        \
  case k + 1:                                                                                                          \
    FILL(k + 1)                                                                                                        \
    break;
      EACH8(CASE)
    default:
      FILL(W)
    }
  }
}

static void refresh_real(const rz_cosh_net *net, const int8_t *x, double *cache, double *re, double *im) {
  cosh_lanes *s = head_of(cache);
  find_fours(net, x, bits_of(net, cache));
  fill_units(net, bits_of(net, cache), units_of(cache));
  for (int l = 0; l < LANES; ++l) s->row[l] = net->one;
  s->scaled = s->pending_scaled = product_of_block(net, units_of(cache), s->row, &s->product);
  memset(s->product.im, 0, sizeof s->product.im);
  memset(s->inverse[1], 0, sizeof s->inverse[1]);
  s->pending = s->product;
  EACH_VEC store(s->inverse[0] + l, 1.0 / load(s->product.re + l));
  linear_part(net, 0, x, re);
  memset(im, 0, sizeof *im * LANES);
}

/* product / product before * front factors */
static inline void divide(const rz_cosh_net *net, const cosh_lanes *s, const double *product, const int8_t *x, int n,
                          const int32_t *input, double *out) {
  EACH_VEC {
    vec r = load(product + l) * load(s->inverse[0] + l);
    for (int k = 0; k < n; ++k) {
      const double *front = net->front[0] + 2 * input[k];
      r *= choose(negative(x + (int64_t)input[k] * LANES, l), splat(front[1]), splat(front[0]));
    }
    store_any(out + l, r);
  }
}

static void ratio_real(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                       double *out) {
  cosh_lanes *s = head_of(cache);
  choose_rows(net, cache, x, n, input, multiply_real, s->row);
  s->pending_scaled = product_of_block(net, units_of(cache), s->row, &s->pending);
  if (s->pending_scaled || s->scaled || n > net->max_plain) {
    scaled_ratio(net, s, x, n, input, out, NULL);
    return;
  }
  divide(net, s, s->pending.re, x, n, input, out);
}

static int ratios_real(const rz_cosh_net *net, double *cache, const int8_t *x, const int32_t *input, double *out) {
  const cosh_lanes *s = head_of(cache);
  alignas(64) const double *row[MOVES * LANES];
  alignas(64) double product[MOVES * LANES];
  if (s->scaled || net->max_plain < 1) return 0;
  for (int m = 0; m < MOVES; ++m) choose_rows(net, cache, x, 1, input + m, multiply_real, row + m * LANES);
  if (products_of_moves(net, units_of(cache), row, product)) return 0;
  for (int m = 0; m < MOVES; ++m) divide(net, s, product + m * LANES, x, 1, input + m, out + m * LANES);
  return 1;
}

static void commit_real(const rz_cosh_net *net, double *cache, const uint8_t *accept) {
  cosh_lanes *s = head_of(cache);
  uint32_t left = accept_product(s, false, accept);
  EACH_VEC store(s->inverse[0] + l, 1.0 / load(s->product.re + l));
  const int row_size = net->row_size;
  for (; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    double *u = units_of(cache) + lane * GROUP;
    const double *g = s->row[lane];
    for (int j = 0; j < row_size; j += GROUP, u += STRIDE)
      for (int p = 0; p < PARTS; ++p) store(u + p * W, load(u + p * W) * load(g + j + p * W));
  }
}

extern const rz_cosh_kernels RZ_ISA_SYMBOL(rz_cosh_real);
const rz_cosh_kernels RZ_ISA_SYMBOL(rz_cosh_real) = {
    .refresh = refresh_real, .ratio = ratio_real, .ratios = ratios_real, .commit = commit_real};
