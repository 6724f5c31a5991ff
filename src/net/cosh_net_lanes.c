/* The fast path of rz_cosh_net. Cache: u [n_comp, n_pad, LANES], 1 / prod (1 + u) as mantissas [2, LANES] and exponents
 * [LANES], and the inputs as doubles [n_in, LANES] for the matrix product of a refresh. */
#include "lane_kernels.h"
#include "ritz/core/math.h"
#include "ritz/linalg/blas.h"
#include "ritz/net/cosh_net.h"
#include "ritz/net/functions.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static_assert((int)LANES == (int)RZ_NET_LANES, "one number of lanes");
enum { GROUP = 8 };

typedef struct lane_product {
  double m[2 * LANES]; /* mantissas: real parts, imaginary parts */
  int64_t exponent[LANES];
} lane_product;

static int n_comp_of(const rz_cosh_net *net) { return net->is_complex ? 2 : 1; }
static int64_t plane_of(const rz_cosh_net *net) { return (int64_t)net->n_pad * LANES; }
static double *inverse_of(const rz_cosh_net *net, double *cache) { return cache + n_comp_of(net) * plane_of(net); }

int64_t rz_cosh_net_cache_size(const rz_cosh_net *net) {
  return n_comp_of(net) * plane_of(net) + 3 * LANES + (int64_t)net->n_in * LANES;
}

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
                           int64_t first, int64_t n, int64_t up[2][LANES], double *acc) {
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

/* prod_j (1 + u_j g_j) */
static void product(const rz_cosh_net *net, const double *u, const int8_t *x, int n_change, const int32_t *input,
                    lane_product *p) {
  int64_t up[2][LANES];
  for (int k = 0; k < 2 && k < n_change; ++k)
    for (int l = 0; l < LANES; ++l) up[k][l] = x[(int64_t)input[k] * LANES + l] > 0;
  product_start(net, p);
  for (int64_t first = 0; first < net->n_pad; first += net->chunk) {
    const int64_t n = first + net->chunk < net->n_pad ? net->chunk : net->n_pad - first;
    multiply_chunk(net, u, x, n_change, input, first, n, up, p->m);
    lanes_normalise(n_comp_of(net), first + n < net->n_pad ? net->start : 0, p->m, p->exponent);
  }
}

/* Renew 1 / prod (1 + u) after u changed; p is left as the product. */
static void store_inverse(const rz_cosh_net *net, double *cache, lane_product *p) {
  product(net, cache, NULL, 0, NULL, p);
  double *inverse = inverse_of(net, cache);
  for (int l = 0; l < LANES; ++l) {
    const double re = p->m[l], im = p->m[LANES + l], size = re * re + im * im;
    inverse[l] = re / size;
    inverse[LANES + l] = -im / size;
    inverse[2 * LANES + l] = (double)-p->exponent[l];
  }
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
  double *in = inverse_of(net, cache) + 3 * LANES;
  for (int64_t k = 0; k < (int64_t)net->n_in * LANES; ++k) in[k] = x[k];
  for (int c = 0; c < n_comp_of(net); ++c) {
    double *theta = cache + c * plane;
    for (int64_t j = 0; j < net->n_pad; ++j)
      for (int l = 0; l < LANES; ++l) theta[j * LANES + l] = j < net->n_hidden ? net->b[c][j] : 0.0;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, net->n_hidden, LANES, net->n_in, 1.0, net->w[c], net->n_hidden,
                in, LANES, 1.0, theta, LANES);
  }
  double sum[2 * LANES] = {0.0};
  if (net->is_complex)
    lanes_exp_complex(net->n_hidden, plane, cache, sum);
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

static void multiply(lane_product *p, int lane, double re, double im, int64_t exponent) {
  const double r = p->m[lane], i = p->m[LANES + lane];
  p->m[lane] = r * re - i * im;
  p->m[LANES + lane] = r * im + i * re;
  p->exponent[lane] += exponent;
}

/* out = p * inverse * front factors, powers of two last. */
static void assemble_ratio(const rz_cosh_net *net, const double *inverse, const int8_t *x, int n, const int32_t *input,
                           lane_product *p, double complex *out) {
  for (int l = 0; l < LANES; ++l) multiply(p, l, inverse[l], inverse[LANES + l], (int64_t)inverse[2 * LANES + l]);
  for (int k = 0; k < n; ++k) {
    const int8_t *s = x + (int64_t)input[k] * LANES;
    const rz_scaled u = net->front[2 * input[k]], d = net->front[2 * input[k] + 1];
    for (int l = 0; l < LANES; ++l)
      multiply(p, l, s[l] > 0 ? u.re : d.re, s[l] > 0 ? u.im : d.im, s[l] > 0 ? u.exponent : d.exponent);
    if (k % 256 == 255) lanes_normalise(2, 0, p->m, p->exponent);
  }
  for (int l = 0; l < LANES; ++l) {
    /* mantissas are within 2^+-200, so a clamp at 2^+-4000 keeps 0 and inf where they belong */
    const int64_t e = p->exponent[l];
    const int q = (int)(e > 4000 ? 4000 : e < -4000 ? -4000 : e);
    out[l] = q == 0 ? CMPLX(p->m[l], p->m[LANES + l]) : CMPLX(ldexp(p->m[l], q), ldexp(p->m[LANES + l], q));
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
  assemble_ratio(net, cache + n_comp_of(net) * plane_of(net), x, n, input, &p, out);
}

void rz_cosh_net_commit(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                        const uint8_t *accept) {
  if (net->chunk == 0) return; /* nothing is cached */
  const int64_t plane = plane_of(net), tp = net->n_pad, step = n_comp_of(net) * tp;
  for (int k = 0; k < n; ++k) {
    int64_t which[LANES];
    for (int l = 0; l < LANES; ++l) which[l] = accept[l] == 0 ? 0 : x[(int64_t)input[k] * LANES + l] > 0 ? 1 : 2;
    const double *gu = net->g + 2 * input[k] * step, *gd = gu + step;
    if (net->is_complex)
      lanes_scale_complex(net->n_hidden, plane, cache, tp, gu, gd, which);
    else
      lanes_scale(net->n_hidden, cache, gu, gd, which);
  }
  lane_product p;
  store_inverse(net, cache, &p);
}
