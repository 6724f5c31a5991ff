/* Real weights: a multiply-add and a multiply per vector of hidden units and lane. */
#include "cosh_lanes.h"

#include <stdalign.h>

enum { STRIDE = UNIT_LANES * GROUP }; /* from one group of hidden units to the next in u */
static const double START = 0x1p-120; /* START_REAL */
static const double FULL = 0x1p127;   /* what partial products may grow to before the next chunk of factors */
static const double MOST = 0x1p1016;  /* of the joint product of eight */

/* a <- a * prod_j (1 + u_j row_j) over the groups first .. end - 1: W products in eight vectors, their numbers u_step
 * and their rows row_step apart. */
__attribute__((always_inline)) static inline void multiply_groups(const double *u, int u_step, const double *const *row,
                                                                  int row_step, int64_t first, int64_t end, vec *a) {
  const vec one = splat(1.0);
#define BEGIN(k)                                                                                                       \
  vec a##k = a[k];                                                                                                     \
  const double *g##k = row[LANE(k) * row_step] + PART(k) * W;
  EACH8(BEGIN)
  for (int64_t j = first; j < end; ++j) {
    const double *v = u + j * STRIDE;
#define MULTIPLY(k) a##k *= one + load(v + u_step * LANE(k) + W * PART(k)) * load(g##k + GROUP * j);
    EACH8(MULTIPLY)
  }
#define END(k) a[k] = a##k;
  EACH8(END)
}

/* start * prod_j (1 + u_j row_j). Factors exceed 1: where the result is below MOST, so was every partial product. */
__attribute__((always_inline)) static inline vec products(const rz_cosh_net *net, const double *u, int u_step,
                                                          const double *const *row, int row_step) {
  vec a[8];
  for (int k = 0; k < 8; ++k) /* the first factor takes the start along */
    a[k] = START + START * load(u + u_step * LANE(k) + W * PART(k)) * load(row[LANE(k) * row_step] + PART(k) * W);
  multiply_groups(u, u_step, row, row_step, 1, net->n_group, a);
  return joint_product(a);
}

/* The same where that may leave its range: mantissas and exponents of W lanes. */
static inline void scaled_products(const rz_cosh_net *net, const double *u, const double *const *row, double *out,
                                   double *exponent) {
  vec a[8], e[8];
  memset(e, 0, sizeof e);
  for (int k = 0; k < 8; ++k) a[k] = splat(START);
  for (int64_t first = 0, end; first < net->n_group; first = end) {
    end = first + net->chunk < net->n_group ? first + net->chunk : net->n_group;
    multiply_groups(u, GROUP, row, 1, first, end, a);
    vec most = a[0];
    for (int k = 1; k < 8; ++k) most = larger(most, a[k]);
    if (end == net->n_group || !all_less(most, splat(FULL))) take_powers(GROUP * W, (double *)a, NULL, (double *)e);
  }
  store(out, joint_product(a));
  store(exponent, joint_sum(e));
}

__attribute__((noinline)) static int scaled_block(const rz_cosh_net *net, const double *u, const double *const *row,
                                                  lane_numbers *p) {
  EACH_VEC scaled_products(net, u + l * GROUP, row + l, p->re + l, p->exponent + l);
  return 1;
}

/* One change of every lane. Returns whether exponents may differ from zero; where they did before, they will. */
static int product_of_block(const rz_cosh_net *net, const double *u, const double *const *row, bool scaled,
                            lane_numbers *p) {
  if (scaled) return scaled_block(net, u, row, p);
  vec most = splat(0.0);
  EACH_VEC {
    const vec product = products(net, u + l * GROUP, GROUP, row + l, 1);
    most = larger(product, most);
    store(p->re + l, product);
    store(p->exponent + l, splat(0.0));
  }
  return all_less(most, splat(MOST)) ? 0 : scaled_block(net, u, row, p);
}

/* W changes of one lane, which share the reading of u. Out of line: the loop needs all registers. */
__attribute__((noinline)) static vec products_of_lane(const rz_cosh_net *net, const double *u,
                                                      const double *const *row) {
  return products(net, u, 0, row, LANES);
}

/* MOVES changes: out [MOVES, LANES]. Returns 0 where one leaves its range. */
static int products_of_moves(const rz_cosh_net *net, const double *u, const double *const *row, double *out) {
  vec most = splat(0.0);
  for (int m = 0; m < MOVES; m += W) EACH_VEC {
      vec x[W];
      for (int k = 0; k < W; ++k) {
        x[k] = products_of_lane(net, u + (l + k) * GROUP, row + m * LANES + l + k);
        most = larger(x[k], most);
      }
      transpose(x);
      for (int k = 0; k < W; ++k) store(out + (m + k) * LANES + l, x[k]);
    }
  return all_less(most, splat(MOST));
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
  s->scaled = s->pending_scaled = product_of_block(net, units_of(cache), s->row, false, &s->product);
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
    for (int k = 0; k < n; ++k) r *= choose_by_sign(sign_of(x, input[k], l), net->front.plain[0] + 2 * input[k]);
    store_any(out + l, r);
  }
}

static void ratio_real(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                       double *out) {
  cosh_lanes *s = head_of(cache);
  choose_rows(net, cache, x, n, input, multiply_real, s->row, NULL);
  s->pending_scaled = product_of_block(net, units_of(cache), s->row, s->scaled, &s->pending);
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
  for (int m = 0; m < MOVES; ++m) rows_of_input(net, x, input[m], false, row + m * LANES);
  if (!products_of_moves(net, units_of(cache), row, product)) return 0;
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
