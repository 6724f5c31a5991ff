/* The lanes of rz_cosh_net: the fast path through the kernels of the instruction set, and log cosh beyond its reach. */
#include "cosh_kernels.h"
#include "lane_functions.h"
#include "ritz/core/math.h"
#include "ritz/net/functions.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static_assert(sizeof(cosh_lanes) % 64 == 0, "what follows the head of a cache must be aligned");

int64_t rz_cosh_net_cache_size(const rz_cosh_net *net) {
  const int64_t bits = (int64_t)n_four_of(net) * LANES / (int64_t)sizeof(double);
  return (int64_t)(sizeof(cosh_lanes) / sizeof(double)) +
         (int64_t)(UNIT_LANES + LANES * n_comp_of(net)) * net->row_size + bits;
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

static void ratio_slow(const rz_cosh_net *net, const int8_t *x, int n, const int32_t *input, double *out) {
  double complex before[LANES], after[LANES];
  values_slow(net, x, 0, NULL, before);
  values_slow(net, x, n, input, after);
  for (int l = 0; l < LANES; ++l) {
    const double complex ratio = cexp(after[l] - before[l]);
    out[l] = creal(ratio);
    if (net->is_complex) out[LANES + l] = cimag(ratio);
  }
}

/* The most |old / product - 1| of any lane; `scaled` if an exponent may differ from zero. */
static double difference(const cosh_lanes *s, const lane_numbers *old, bool scaled) {
  double scale[LANES], d[LANES], most = 0.0;
  for (int l = 0; l < LANES; ++l) scale[l] = 1.0;
  for (int l = 0; scaled && l < LANES; ++l) scale[l] = exp2(old->exponent[l] - s->product.exponent[l]);
  for (int l = 0; l < LANES; ++l) {
    const double a = old->re[l], b = old->im[l], c = s->inverse[0][l], e = s->inverse[1][l];
    d[l] = fabs(scale[l] * (a * c - b * e) - 1.0) + fabs(scale[l] * (a * e + b * c));
  }
  for (int l = 0; l < LANES; ++l) most = d[l] > most ? d[l] : most;
  return most;
}

/* log of the mantissas: a complex one may be zero, a real one is a normal number. */
static void logs(const rz_cosh_net *net, const lane_numbers *p, double *re, double *im) {
  if (!net->is_complex) {
    memcpy(re, p->re, sizeof p->re);
    memset(im, 0, sizeof p->im);
    RZ_ISA_PICK(rz_lane)->log(LANES, re);
    return;
  }
  for (int l = 0; l < LANES; ++l) {
    re[l] = log(hypot(p->re[l], p->im[l]));
    im[l] = atan2(p->im[l], p->re[l]);
  }
}

double rz_cosh_net_refresh(const rz_cosh_net *net, const int8_t *x, double *cache, double complex *value) {
  if (!net->fast) {
    values_slow(net, x, 0, NULL, value);
    return 0.0;
  }
  const cosh_lanes *s = (const cosh_lanes *)(const void *)cache;
  const lane_numbers carried = s->product, *p = &s->product;
  const bool carried_scaled = s->scaled;
  const double start = GROUP * (net->is_complex ? START_COMPLEX : START_REAL) + net->n_hidden;
  double re[LANES], im[LANES], log_re[LANES], log_im[LANES];
  net->kernels->refresh(net, x, cache, re, im);
  logs(net, p, log_re, log_im);
  for (int l = 0; l < LANES; ++l)
    value[l] = CMPLX(re[l] + log_re[l] + (p->exponent[l] - start) * RZ_LOG2, im[l] + log_im[l]);
  return difference(s, &carried, carried_scaled || s->scaled);
}

void rz_cosh_net_ratio(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                       double *out) {
  if (net->fast)
    net->kernels->ratio(net, cache, x, n, input, out);
  else
    ratio_slow(net, x, n, input, out);
}

void rz_cosh_net_ratios(const rz_cosh_net *net, double *cache, const int8_t *x, int m, int n, const int32_t *input,
                        double *out) {
  const int64_t size = (int64_t)LANES * n_comp_of(net);
  const bool together = net->fast && n == 1 && net->kernels->ratios;
  for (int k = 0; k < m;) {
    if (together && m - k >= MOVES && net->kernels->ratios(net, cache, x, input + k, out + k * size)) {
      k += MOVES;
      continue;
    }
    rz_cosh_net_ratio(net, cache, x, n, input + (int64_t)k * n, out + k * size);
    ++k;
  }
}

/* tanh theta of one lane by its definition. */
static void slopes_slow(const rz_cosh_net *net, const int8_t *x, int lane, double *re, double *im) {
  const int64_t n = net->n_hidden;
  for (int c = 0; c < n_comp_of(net); ++c) {
    double *theta = c == 0 ? re : im;
    memcpy(theta, net->b[c], sizeof *theta * (size_t)n);
    for (int64_t i = 0; i < net->n_in; ++i)
      for (int64_t j = 0; j < n; ++j) theta[j] += x[i * LANES + lane] * net->w[c][i * n + j];
  }
  if (net->is_complex)
    rz_tanh_complex(n, re, im);
  else
    rz_tanh(n, re);
}

/* One component of the u of a lane, in the order of its hidden units. */
static void units_of_lane(const rz_cosh_net *net, double *cache, int lane, int c, double *out) {
  const int n_comp = n_comp_of(net);
  const double *u = units_of(cache) + ((int64_t)lane * n_comp + c) * GROUP;
  for (int j = 0; j < net->n_hidden; j += GROUP, u += UNIT_LANES * n_comp * GROUP) {
    const int n = net->n_hidden - j < GROUP ? net->n_hidden - j : GROUP;
    memcpy(out + j, u, sizeof *out * (size_t)n);
  }
}

void rz_cosh_net_slopes(const rz_cosh_net *net, double *cache, const int8_t *x, int m, double *re, double *im) {
  const rz_lane_functions *f = RZ_ISA_PICK(rz_lane);
  const int64_t n = net->n_hidden;
  for (int lane = 0; lane < m; ++lane, re += n, im = im ? im + n : NULL) {
    if (!net->fast) {
      slopes_slow(net, x, lane, re, im);
      continue;
    }
    units_of_lane(net, cache, lane, 0, re);
    if (net->is_complex) {
      units_of_lane(net, cache, lane, 1, im);
      f->slope_complex(n, re, im);
    } else {
      f->slope(n, re);
    }
  }
}

void rz_cosh_net_commit(const rz_cosh_net *net, double *cache, const uint8_t *accept) {
  if (net->fast) net->kernels->commit(net, cache, accept); /* else nothing is cached */
}
