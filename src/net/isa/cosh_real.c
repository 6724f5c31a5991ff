/* Real weights: a multiply-add and a multiply per vector of hidden units and lane. */
#include "cosh_lanes.h"

enum { STRIDE = LANES * GROUP };      /* from one group of hidden units to the next in u */
static const double START = 0x1p-120; /* START_REAL */
static const double FULL = 0x1p127;   /* eight partial products below it give a product in range */

static void take_powers_of_lanes(vec *a, vec *exponent) {
  take_powers(GROUP * W, (double *)a, NULL, (double *)exponent);
}

/* start * prod_j (1 + u_j row_j) of W lanes; returns whether powers of two were taken out. */
static inline int product_of_lanes(const rz_cosh_net *net, const double *u, const double *const *row, double *out,
                                   double *exponent) {
  const vec one = splat(1.0);
  vec e[8];
  int scaled = 0;
#define BEGIN(k)                                                                                                       \
  vec a##k = splat(START);                                                                                             \
  const double *g##k = row[LANE(k)] + PART(k) * W;
  EACH8(BEGIN)
  int64_t j = 0;
  do {
    const int64_t end = j + net->chunk < net->n_group ? j + net->chunk : net->n_group;
    do {
      const double *v = u + j * STRIDE;
#define MULTIPLY(k) a##k *= one + load(v + GROUP * LANE(k) + W * PART(k)) * load(g##k + GROUP * j);
      EACH8(MULTIPLY)
    } while (++j < end);
    const vec most = larger(larger(larger(a0, a1), larger(a2, a3)), larger(larger(a4, a5), larger(a6, a7)));
    if (!all_less(most, splat(FULL))) {
      vec a[8] = {a0, a1, a2, a3, a4, a5, a6, a7};
      if (!scaled) memset(e, 0, sizeof e);
      scaled = 1;
      take_powers_of_lanes(a, e);
#define AGAIN(k) a##k = a[k];
      EACH8(AGAIN)
    }
  } while (j < net->n_group);
  const vec a[8] = {a0, a1, a2, a3, a4, a5, a6, a7};
  store(out, joint_product(a));
  store(exponent, scaled ? joint_sum(e) : splat(0.0));
  return scaled;
}

static int product_of_block(const rz_cosh_net *net, const double *u, const double *const *row, lane_numbers *p) {
  int scaled = 0;
  for (int l = 0; l < LANES; l += W)
    scaled |= product_of_lanes(net, u + l * GROUP, row + l, p->re + l, p->exponent + l);
  return scaled;
}

static void multiply_row(int row_size, double *to, const double *from) {
  for (int j = 0; j < row_size; j += W) store(to + j, load(to + j) * load(from + j));
}

static void fill_units(const rz_cosh_net *net, const int64_t *position, double *u) {
  const int n_four = n_four_of(net);
  for (int64_t j = 0; j < net->row_size; j += W)
    for (int l = 0; l < LANES; ++l) {
      vec v = load(net->down + j);
      for (int q = 0; q < n_four; ++q) v *= load(net->four + position[l * n_four + q] + j);
      store(u + j / GROUP * STRIDE + l * GROUP + j % GROUP, v);
    }
}

static void refresh_real(const rz_cosh_net *net, const int8_t *x, double *cache) {
  cosh_lanes *s = head_of(cache);
  find_fours(net, x, positions_of(net, cache));
  fill_units(net, positions_of(net, cache), units_of(cache));
  for (int l = 0; l < LANES; ++l) s->row[l] = net->one;
  s->scaled = s->pending_scaled = product_of_block(net, units_of(cache), s->row, &s->product);
  FOR_LANES s->product.im[l] = 0.0;
  s->pending = s->product;
  FOR_LANES s->inverse[0][l] = 1.0 / s->product.re[l];
  FOR_LANES s->inverse[1][l] = 0.0;
}

static void ratio_real(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                       double *out) {
  cosh_lanes *s = head_of(cache);
  choose_rows(net, cache, x, n, input, multiply_row);
  s->pending_scaled = product_of_block(net, units_of(cache), s->row, &s->pending);
  if (s->pending_scaled || s->scaled || n > net->max_plain) {
    scaled_ratio(net, s, x, n, input, out, NULL);
    return;
  }
  FOR_LANES out[l] = s->pending.re[l] * s->inverse[0][l];
  for (int k = 0; k < n; ++k) {
    const int8_t *y = x + (int64_t)input[k] * LANES;
    const double u = net->front[0][2 * input[k]], d = net->front[0][2 * input[k] + 1];
    uint64_t up[LANES];
    find_positive(y, up);
    FOR_LANES out[l] *= choose(up[l], u, d);
  }
}

static void commit_real(const rz_cosh_net *net, double *cache, const uint8_t *accept) {
  cosh_lanes *s = head_of(cache);
  int lane[LANES];
  const int n = accept_product(s, accept, lane);
  FOR_LANES s->inverse[0][l] = 1.0 / s->product.re[l];
  for (int i = 0; i < n; ++i) {
    double *u = units_of(cache) + lane[i] * GROUP;
    const double *g = s->row[lane[i]];
    for (int64_t j = 0; j < net->row_size; j += GROUP, u += STRIDE)
      for (int p = 0; p < PARTS; ++p) store(u + p * W, load(u + p * W) * load(g + j + p * W));
  }
}

extern const rz_cosh_kernels RZ_ISA_SYMBOL(rz_cosh_real);
const rz_cosh_kernels RZ_ISA_SYMBOL(rz_cosh_real) = {
    .refresh = refresh_real, .ratio = ratio_real, .commit = commit_real};
