#include "ritz/net/cosh_net.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/net/functions.h"

#include <math.h>

enum { GROUP = 8 };                /* hidden units a kernel takes at a time */
static const double REACH = 170.0; /* largest |Re theta| of the fast path: exp(4 theta) must not overflow */
static const double TURNS = 1e4;   /* largest |Im theta| of the fast path: its sine keeps its accuracy */

rz_err rz_cosh_net_create(int n_in, int n_hidden, bool is_complex, rz_cosh_net **out) {
  RZ_CHECK(out != NULL, RZ_ERR_ARG, "out must not be NULL");
  RZ_CHECK(n_in >= 1 && n_hidden >= 1, RZ_ERR_ARG, "%d inputs and %d hidden units: both must be >= 1", n_in, n_hidden);
  *out = NULL;
  rz_cosh_net *net = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW0(1, &net));
  net->n_in = n_in;
  net->n_hidden = n_hidden;
  net->is_complex = is_complex;
  net->start = is_complex ? -500 : -960;
  net->n_pad = (n_hidden + GROUP - 1) / GROUP * GROUP;
  const int n_comp = is_complex ? 2 : 1;
  for (int c = 0; c < n_comp; ++c) {
    RZ_TRY_DONE(rc, RZ_NEW0(n_in, &net->a[c]));
    RZ_TRY_DONE(rc, RZ_NEW0(n_hidden, &net->b[c]));
    RZ_TRY_DONE(rc, RZ_NEW0((int64_t)n_in * n_hidden, &net->w[c]));
  }
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)n_in * 2 * n_comp * net->n_pad, &net->g));
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)n_in * 2, &net->front));
  rz_cosh_net_update(net);
  *out = net;
  net = NULL;
done:
  rz_cosh_net_destroy(&net);
  return rc;
}

void rz_cosh_net_destroy(rz_cosh_net **net) {
  if (net == NULL || *net == NULL) return;
  for (int c = 0; c < 2; ++c) {
    rz_free(&(*net)->a[c]);
    rz_free(&(*net)->b[c]);
    rz_free(&(*net)->w[c]);
  }
  rz_free(&(*net)->g);
  rz_free(&(*net)->front);
  rz_free(net);
}

/* exp(4 x_i W_ij) for one input and one sign; padding units have factor 1 and u = 0. */
static void fill_table(const rz_cosh_net *net, int i, double sign, double *table) {
  const double *re = net->w[0] + (int64_t)i * net->n_hidden;
  const double *im = net->is_complex ? net->w[1] + (int64_t)i * net->n_hidden : NULL;
  for (int j = 0; j < net->n_pad; ++j) {
    const double size = j < net->n_hidden ? exp(4.0 * sign * re[j]) : 1.0;
    const double phase = j < net->n_hidden && im != NULL ? 4.0 * sign * im[j] : 0.0;
    table[j] = im != NULL ? size * cos(phase) : size;
    if (im != NULL) table[net->n_pad + j] = size * sin(phase);
  }
}

/* exp(-2 x (a_i + sum_j W_ij)) with its power of two apart. */
static rz_scaled front_factor(const rz_cosh_net *net, int i, double sign) {
  double sum[2] = {0.0, 0.0};
  for (int c = 0; c < (net->is_complex ? 2 : 1); ++c) {
    sum[c] = net->a[c][i];
    for (int j = 0; j < net->n_hidden; ++j) sum[c] += net->w[c][(int64_t)i * net->n_hidden + j];
  }
  const double x = -2.0 * sign * sum[0], phase = -2.0 * sign * sum[1];
  const double n = rint(x / RZ_LOG2);
  const double size = exp(x - n * RZ_LOG2);
  return (rz_scaled){size * cos(phase), size * sin(phase), (int64_t)n};
}

/* max_j (|b_j| + sum_i |W_ij|) of the real or imaginary parts. */
static double largest_theta(const rz_cosh_net *net, int c) {
  double largest = 0.0;
  for (int j = 0; j < net->n_hidden; ++j) {
    double bound = fabs(net->b[c][j]);
    for (int i = 0; i < net->n_in; ++i) bound += fabs(net->w[c][(int64_t)i * net->n_hidden + j]);
    if (!(bound <= largest)) largest = bound; /* NaN stays */
  }
  return largest;
}

void rz_cosh_net_update(rz_cosh_net *net) {
  net->theta_bound = largest_theta(net, 0);
  net->chunk = 0;
  if (!(net->theta_bound <= REACH) || (net->is_complex && !(largest_theta(net, 1) <= TURNS))) return;
  /* A chunk's product starts at 2^start. It grows by at most 2 exp(2 theta) per factor, and must stay below exp(700).
   * Real factors exceed 1; complex ones may come close to 0 and are given exp(-10) on average. */
  const double start = -net->start * RZ_LOG2, grow = RZ_LOG2 + 2.0 * net->theta_bound;
  double n = (700.0 + start) / grow;
  if (net->is_complex) n = fmin(n, (700.0 - start) / 10.0);
  net->chunk = (int)fmin(n, net->n_pad);
  if (net->chunk >= GROUP) net->chunk -= net->chunk % GROUP;
  const int64_t stride = (int64_t)(net->is_complex ? 2 : 1) * net->n_pad;
  for (int i = 0; i < net->n_in; ++i)
    for (int s = 0; s < 2; ++s) {
      fill_table(net, i, s == 0 ? 1.0 : -1.0, net->g + (2 * i + s) * stride);
      net->front[2 * i + s] = front_factor(net, i, s == 0 ? 1.0 : -1.0);
    }
}

double complex rz_cosh_net_value(const rz_cosh_net *net, const int8_t *x) {
  double complex y = 0.0;
  for (int i = 0; i < net->n_in; ++i) y += x[i] * (net->is_complex ? CMPLX(net->a[0][i], net->a[1][i]) : net->a[0][i]);
  for (int first = 0; first < net->n_hidden; first += GROUP) { /* a row of W is contiguous in j */
    const int n = net->n_hidden - first < GROUP ? net->n_hidden - first : GROUP;
    double theta[2][GROUP] = {{0.0}};
    for (int c = 0; c < (net->is_complex ? 2 : 1); ++c) {
      for (int j = 0; j < n; ++j) theta[c][j] = net->b[c][first + j];
      for (int i = 0; i < net->n_in; ++i)
        for (int j = 0; j < n; ++j) theta[c][j] += x[i] * net->w[c][(int64_t)i * net->n_hidden + first + j];
    }
    for (int j = 0; j < n; ++j)
      y += net->is_complex ? rz_log_cosh_complex(CMPLX(theta[0][j], theta[1][j])) : rz_log_cosh(theta[0][j]);
  }
  return y;
}

/* theta of RZ_NET_LANES vectors, in lane layout. */
static void theta_lanes(const rz_cosh_net *net, int c, const double *in, double *theta) {
  for (int64_t j = 0; j < net->n_hidden; ++j)
    for (int l = 0; l < RZ_NET_LANES; ++l) theta[j * RZ_NET_LANES + l] = net->b[c][j];
  rz_lanes_affine(net->n_hidden, net->n_in, net->w[c], in, theta);
}

rz_err rz_cosh_net_theta(const rz_cosh_net *net, int64_t n, const int8_t *x, double *re, double *im) {
  enum { LANES = RZ_NET_LANES };
  double *in = NULL, *theta = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0((int64_t)LANES * net->n_in, &in));
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)LANES * net->n_hidden, &theta));
  for (int64_t first = 0; first < n; first += LANES) {
    const int64_t rows = n - first < LANES ? n - first : LANES;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < net->n_in; ++i) in[i * LANES + r] = x[(first + r) * net->n_in + i];
    for (int c = 0; c < (net->is_complex ? 2 : 1); ++c) {
      theta_lanes(net, c, in, theta);
      double *out = (c == 0 ? re : im) + first * net->n_hidden;
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < net->n_hidden; ++j) out[r * net->n_hidden + j] = theta[j * LANES + r];
    }
  }
done:
  rz_free(&in);
  rz_free(&theta);
  return rc;
}
