/* The fast path of rz_cosh_net. Cache: u [n_comp, n_pad, LANES], 1 / prod (1 + u) as a lane_product, and the inputs as
 * doubles [n_in, LANES] for the matrix product of a refresh. */
#include "lane_kernels.h"
#include "ritz/core/math.h"
#include "ritz/net/cosh_net.h"
#include "ritz/net/functions.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { GROUP = 8 };

typedef struct lane_product {
  double m[2 * LANES]; /* mantissas: real parts, imaginary parts */
  int64_t exponent[LANES];
} lane_product;

static int n_comp_of(const rz_cosh_net *net) { return net->is_complex ? 2 : 1; }
static int64_t plane_of(const rz_cosh_net *net) { return (int64_t)net->n_pad * LANES; }

int64_t rz_cosh_net_cache_size(const rz_cosh_net *net) {
  return n_comp_of(net) * plane_of(net) + 3 * LANES + (int64_t)net->n_in * LANES;
}

static_assert(sizeof(lane_product) == 3 * LANES * sizeof(double), "three numbers per lane");

static void product_start(const rz_cosh_net *net, lane_product *p) {
  const double one = ldexp(1.0, net->start);
  for (int l = 0; l < LANES; ++l) {
    p->m[l] = one;
    p->m[LANES + l] = 0.0;
    p->exponent[l] = -net->start;
  }
}

/* Units first .. first + n - 1; n is a multiple of GROUP unless the general kernel is asked for. */
static void multiply_chunk(const rz_cosh_net *net, const double *u, const int8_t *x, int n_change, const int32_t *input,
                           int64_t first, int64_t n, uint64_t up[2][LANES], double *acc) {
  const int64_t plane = plane_of(net), tp = net->n_pad, step = n_comp_of(net) * tp;
  const double *v = u + first * LANES;
  const double *g0 = n_change > 0 ? net->g + 2 * input[0] * step + first : NULL;
  const double *g1 = n_change > 1 ? net->g + 2 * input[1] * step + first : NULL;
  if (net->chunk < GROUP || n_change > 2) {
    if (net->is_complex)
      lanes_product_n_complex(n, plane, v, n_change, input, x, net->g + first, tp, acc);
    else
      lanes_product_n(n, v, n_change, input, x, net->g + first, tp, acc);
  } else if (n_change == 2) {
    if (net->is_complex)
      lanes_product_2_complex(n, plane, v, tp, g0, g0 + step, up[0], g1, g1 + step, up[1], acc);
    else
      lanes_product_2(n, v, g0, g0 + step, up[0], g1, g1 + step, up[1], acc);
  } else if (n_change == 1) {
    if (net->is_complex)
      lanes_product_1_complex(n, plane, v, tp, g0, g0 + step, up[0], acc);
    else
      lanes_product_1(n, v, g0, g0 + step, up[0], acc);
  } else {
    if (net->is_complex)
      lanes_product_0_complex(n, plane, v, acc);
    else
      lanes_product_0(n, v, acc);
  }
}

/* prod_j (1 + u_j g_j); the last chunk is left as it comes, below exp(700) in size. */
static void product(const rz_cosh_net *net, const double *u, const int8_t *x, int n_change, const int32_t *input,
                    lane_product *p) {
  uint64_t up[2][LANES];
  for (int k = 0; k < 2 && k < n_change; ++k) lanes_positive(x + (int64_t)input[k] * LANES, up[k]);
  product_start(net, p);
  for (int64_t first = 0; first < net->n_pad; first += net->chunk) {
    const int64_t n = first + net->chunk < net->n_pad ? net->chunk : net->n_pad - first;
    multiply_chunk(net, u, x, n_change, input, first, n, up, p->m);
    if (first + n < net->n_pad) lanes_normalise(n_comp_of(net), net->start, p->m, p->exponent);
  }
}

/* Renew 1 / prod (1 + u) after u changed; p is left as the product. */
static void store_inverse(const rz_cosh_net *net, double *cache, lane_product *p) {
  product(net, cache, NULL, 0, NULL, p);
  lanes_normalise(n_comp_of(net), 0, p->m, p->exponent);
  lane_product inverse = *p;
  lanes_invert(inverse.m, inverse.exponent);
  memcpy(cache + n_comp_of(net) * plane_of(net), &inverse, sizeof inverse);
}

/* log cosh path: for weights beyond the reach of the tables. */
static void values_slow(const rz_cosh_net *net, const int8_t *x, int n, const int32_t *input, double complex *value) {
  for (int l = 0; l < LANES; ++l) value[l] = 0.0;
  for (int j = -1; j < net->n_hidden; ++j) /* j = -1: the linear term */
    for (int l = 0; l < LANES; ++l) {
      double sum[2] = {0.0, 0.0};
      for (int c = 0; c < n_comp_of(net); ++c) {
        const double *w = j < 0 ? net->a[c] : net->w[c] + j;
        const int64_t stride = j < 0 ? 1 : net->n_hidden;
        sum[c] = j < 0 ? 0.0 : net->b[c][j];
        for (int i = 0; i < net->n_in; ++i) sum[c] += x[(int64_t)i * LANES + l] * w[i * stride];
        for (int k = 0; k < n; ++k) sum[c] -= 2.0 * x[(int64_t)input[k] * LANES + l] * w[input[k] * stride];
      }
      if (j < 0)
        value[l] += CMPLX(sum[0], sum[1]);
      else
        value[l] += net->is_complex ? rz_log_cosh_complex(CMPLX(sum[0], sum[1])) : rz_log_cosh(sum[0]);
    }
}

static void ratio_slow(const rz_cosh_net *net, const int8_t *x, int n, const int32_t *input, double complex *out) {
  double complex before[LANES];
  values_slow(net, x, 0, NULL, before);
  values_slow(net, x, n, input, out);
  for (int l = 0; l < LANES; ++l) out[l] = cexp(out[l] - before[l]);
}

void rz_cosh_net_refresh(const rz_cosh_net *net, const int8_t *x, double *cache, double complex *value) {
  if (net->chunk == 0) {
    values_slow(net, x, 0, NULL, value);
    return;
  }
  const int64_t plane = plane_of(net);
  double *in = cache + n_comp_of(net) * plane + 3 * LANES;
  for (int64_t k = 0; k < (int64_t)net->n_in * LANES; ++k) in[k] = x[k];
  for (int c = 0; c < n_comp_of(net); ++c) {
    double *theta = cache + c * plane;
    for (int64_t j = 0; j < net->n_pad; ++j)
      for (int l = 0; l < LANES; ++l) theta[j * LANES + l] = j < net->n_hidden ? net->b[c][j] : 0.0;
    rz_lanes_affine(net->n_hidden, net->n_in, net->w[c], in, theta);
  }
  double sum[2 * LANES] = {0.0};
  if (net->is_complex)
    lanes_exp_complex(net->n_hidden, cache, cache + plane, sum);
  else
    lanes_exp(net->n_hidden, cache, sum);
  lane_product p;
  store_inverse(net, cache, &p);
  for (int c = 0; c < n_comp_of(net); ++c)
    for (int i = 0; i < net->n_in; ++i)
      for (int l = 0; l < LANES; ++l) sum[c * LANES + l] += net->a[c][i] * in[(int64_t)i * LANES + l];
  for (int l = 0; l < LANES; ++l) {
    const double log_size = log(hypot(p.m[l], p.m[LANES + l])) + (double)(p.exponent[l] - net->n_hidden) * RZ_LOG2;
    value[l] = CMPLX(sum[l] + log_size, sum[LANES + l] + atan2(p.m[LANES + l], p.m[l]));
  }
}

void rz_cosh_net_ratio(const rz_cosh_net *net, const double *cache, const int8_t *x, int n, const int32_t *input,
                       double complex *out) {
  if (net->chunk == 0) {
    ratio_slow(net, x, n, input, out);
    return;
  }
  lane_product p;
  product(net, cache, x, n, input, &p);
  if (n > 2) lanes_normalise(n_comp_of(net), 0, p.m, p.exponent);
  lane_product inverse;
  memcpy(&inverse, cache + n_comp_of(net) * plane_of(net), sizeof inverse);
  if (net->is_complex)
    lanes_ratio_complex(p.m, p.exponent, inverse.m, inverse.exponent, n, input, x, net->front, (double *)out);
  else
    lanes_ratio(p.m, p.exponent, inverse.m, inverse.exponent, n, input, x, net->front, (double *)out);
}

void rz_cosh_net_commit(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                        const uint8_t *accept) {
  if (net->chunk == 0) return; /* nothing is cached */
  const int64_t plane = plane_of(net), tp = net->n_pad, step = n_comp_of(net) * tp;
  uint64_t up[LANES], change[LANES];
  for (int l = 0; l < LANES; ++l) change[l] = accept[l] ? UINT64_MAX : 0;
  for (int k = 0; k < n; ++k) {
    lanes_positive(x + (int64_t)input[k] * LANES, up);
    const double *gu = net->g + 2 * input[k] * step, *gd = gu + step;
    if (net->is_complex)
      lanes_scale_complex(net->n_pad, cache, cache + plane, tp, gu, gd, up, change);
    else
      lanes_scale(net->n_pad, cache, gu, gd, up, change);
  }
  lane_product p;
  store_inverse(net, cache, &p);
}
