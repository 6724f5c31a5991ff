#include "ritz/net/cosh_net.h"

#include "cosh_kernels.h"
#include "lane_functions.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/net/functions.h"

#include <math.h>
#include <string.h>

static const double REACH =
    160.0; /* largest |Re theta| of the fast path: 2^MOST_COMPLEX exp(4 theta) must not overflow */
static const double TURNS = 1e4;   /* largest |Im theta| of the fast path: its sine keeps its accuracy */
static const double PLAIN = 600.0; /* factors up to exp(+-PLAIN) are multiplied without care for their range */
static const double DIP = 20.0;    /* a complex factor is given exp(-DIP / 2) on average: it may come close to 0 */

static rz_err allocate_factors(const rz_cosh_net *net, rz_factors *f) {
  for (int c = 0; c < n_comp_of(net); ++c) RZ_TRY(RZ_NEW0(2 * net->n_in, &f->plain[c]));
  return RZ_NEW0(2 * net->n_in, &f->scaled);
}

static void free_factors(rz_factors *f) {
  rz_free(&f->plain[0]);
  rz_free(&f->plain[1]);
  rz_free(&f->scaled);
}

static rz_err allocate(rz_cosh_net *net) {
  const int64_t n = net->n_in, row = net->row_size;
  for (int c = 0; c < n_comp_of(net); ++c) {
    RZ_TRY(RZ_NEW0(n, &net->a[c]));
    RZ_TRY(RZ_NEW0(net->n_hidden, &net->b[c]));
    RZ_TRY(RZ_NEW0(n * net->n_hidden, &net->w[c]));
    RZ_TRY(RZ_NEW0(n, &net->slope[c]));
  }
  RZ_TRY(RZ_NEW0(2 * n * row, &net->flip));
  RZ_TRY(RZ_NEW0(16 * n_four_of(net) * row, &net->four));
  RZ_TRY(RZ_NEW0(row, &net->down));
  RZ_TRY(RZ_NEW0(row, &net->one));
  RZ_TRY(allocate_factors(net, &net->front));
  return allocate_factors(net, &net->all_g);
}

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
  net->n_group = (n_hidden + GROUP - 1) / GROUP;
  net->row_size = net->n_group * n_comp_of(net) * GROUP;
  net->kernels = is_complex ? RZ_ISA_PICK(rz_cosh_complex) : RZ_ISA_PICK(rz_cosh_real);
  RZ_TRY_DONE(rc, allocate(net));
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
    rz_free(&(*net)->slope[c]);
  }
  rz_free(&(*net)->flip);
  rz_free(&(*net)->four);
  rz_free(&(*net)->down);
  rz_free(&(*net)->one);
  free_factors(&(*net)->front);
  free_factors(&(*net)->all_g);
  rz_free(net);
}

/* ---- tables ---- */

/* Unit j of a row, component c. */
static int64_t in_row(const rz_cosh_net *net, int c, int j) {
  return ((int64_t)(j / GROUP) * n_comp_of(net) + c) * GROUP + j % GROUP;
}

static void exp_of_row(const rz_cosh_net *net, double *row) {
  if (net->is_complex)
    RZ_ISA_PICK(rz_lane)->exp_complex(net->n_group, row);
  else
    RZ_ISA_PICK(rz_lane)->exp(net->row_size, row);
}

/* exp(4 x_i W_ij) for one input and one sign; units of the filling have factor 1 (and u = 0). */
static void fill_flip(const rz_cosh_net *net, int i, double sign, double *row) {
  memset(row, 0, sizeof *row * (size_t)net->row_size);
  for (int c = 0; c < n_comp_of(net); ++c)
    for (int j = 0; j < net->n_hidden; ++j)
      row[in_row(net, c, j)] = 4.0 * sign * net->w[c][(int64_t)i * net->n_hidden + j];
  exp_of_row(net, row);
}

static void multiply_rows(const rz_cosh_net *net, const double *restrict x, const double *restrict y,
                          double *restrict to) {
  if (!net->is_complex) {
    for (int j = 0; j < net->row_size; ++j) to[j] = x[j] * y[j];
    return;
  }
  for (int k = 0; k < net->row_size; k += 2 * GROUP)
    for (int j = k; j < k + GROUP; ++j) {
      to[j] = x[j] * y[j] - x[j + GROUP] * y[j + GROUP];
      to[j + GROUP] = x[j] * y[j + GROUP] + x[j + GROUP] * y[j];
    }
}

/* Factors on u of raising any of four inputs from -1. */
static void fill_fours(const rz_cosh_net *net) {
  const int64_t size = net->row_size;
  for (int i = 0; i < net->n_in; i += 4) {
    double *rows = net->four + (int64_t)(i / 4) * 16 * size;
    memcpy(rows, net->one, sizeof *rows * (size_t)size);
    for (int k = 0; k < 4 && i + k < net->n_in; ++k) /* rows with bit k from those without it */
      for (int bits = 0; bits < 1 << k; ++bits)
        multiply_rows(net, rows + bits * size, net->flip + (2 * (int64_t)(i + k) + 1) * size,
                      rows + (bits + (1 << k)) * size);
  }
}

static void fill_down(const rz_cosh_net *net) {
  memset(net->down, 0, sizeof *net->down * (size_t)net->row_size);
  for (int c = 0; c < n_comp_of(net); ++c)
    for (int j = 0; j < net->n_hidden; ++j) {
      double theta = net->b[c][j];
      for (int i = 0; i < net->n_in; ++i) theta -= net->w[c][(int64_t)i * net->n_hidden + j];
      net->down[in_row(net, c, j)] = -2.0 * theta;
    }
  exp_of_row(net, net->down);
  for (int j = net->n_hidden; j < net->n_group * GROUP; ++j)
    for (int c = 0; c < n_comp_of(net); ++c) net->down[in_row(net, c, j)] = 0.0;
}

/* exp(re + i im) with its power of two apart. */
static rz_scaled scaled_exp(double re, double im) {
  const double n = rint(re / RZ_LOG2), size = exp(re - n * RZ_LOG2);
  return (rz_scaled){size * cos(im), size * sin(im), n};
}

/* exp(x_i z) for input i and both of its signs. */
static void fill_factor(rz_factors *f, int i, const double *z) {
  for (int s = 0; s < 2; ++s) {
    const double x = s == 0 ? 1.0 : -1.0;
    const rz_scaled y = f->scaled[2 * i + s] = scaled_exp(x * z[0], x * z[1]);
    const int power = (int)fmax(-5000.0, fmin(5000.0, y.exponent));
    f->plain[0][2 * i + s] = ldexp(y.re, power);
    if (f->plain[1]) f->plain[1][2 * i + s] = ldexp(y.im, power);
  }
}

static void fill_linear(rz_cosh_net *net) {
  for (int i = 0; i < net->n_in; ++i) {
    double front[2] = {0.0, 0.0}, all_g[2] = {0.0, 0.0};
    for (int c = 0; c < n_comp_of(net); ++c) {
      double sum = 0.0;
      for (int j = 0; j < net->n_hidden; ++j) sum += net->w[c][(int64_t)i * net->n_hidden + j];
      net->slope[c][i] = net->a[c][i] + sum;
      front[c] = -2.0 * (net->is_complex ? net->a[c][i] - sum : net->slope[c][i]);
      all_g[c] = 4.0 * sum;
    }
    fill_factor(&net->front, i, front);
    fill_factor(&net->all_g, i, all_g);
  }
  for (int c = 0; c < n_comp_of(net); ++c) {
    net->offset[c] = 0.0;
    for (int j = 0; j < net->n_hidden; ++j) net->offset[c] += net->b[c][j];
  }
}

/* ---- ranges ---- */

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

/* How many factors a partial product takes before it could leave the range of a double. A factor 1 + u g is at most
 * 2 exp(2 theta), 1 / g + u at most 2 exp(4 theta) and but for dips at least exp(-2 theta). */
static int chunk_of(const rz_cosh_net *net) {
  const double most = net->is_complex ? MOST_COMPLEX : MOST_REAL;
  const double grow = 1.0 + (net->is_complex ? 4.0 : 2.0) * net->theta_bound / RZ_LOG2;
  const double fall = net->is_complex ? (2.0 * net->theta_bound + 0.5 * DIP) / RZ_LOG2 : 0.0;
  const double n = (1020.0 - most) / fmax(grow, fall);
  return (int)fmax(1.0, fmin(n, net->n_group));
}

/* Each change turns the ratio by at most exp(4 sum_j |W_ij|) and its front factor, or a product by all of g. */
static double plain_changes(const rz_cosh_net *net) {
  double most = 1e-9;
  for (int i = 0; i < net->n_in; ++i) {
    double sum = 0.0;
    for (int j = 0; j < net->n_hidden; ++j) sum += fabs(net->w[0][(int64_t)i * net->n_hidden + j]);
    most = fmax(most, fmax(4.0 * sum, 2.0 * fabs(net->a[0][i]) + 2.0 * sum));
  }
  return PLAIN / most;
}

void rz_cosh_net_update(rz_cosh_net *net) {
  net->theta_bound = largest_theta(net, 0);
  net->fast = net->theta_bound <= REACH && !(net->is_complex && !(largest_theta(net, 1) <= TURNS));
  if (!net->fast) return;
  for (int j = 0; j < net->n_group * GROUP; ++j) net->one[in_row(net, 0, j)] = 1.0;
  for (int i = 0; i < net->n_in; ++i)
    for (int s = 0; s < 2; ++s)
      fill_flip(net, i, s == 0 ? 1.0 : -1.0, net->flip + (2 * (int64_t)i + s) * net->row_size);
  fill_fours(net);
  fill_down(net);
  fill_linear(net);
  net->chunk = chunk_of(net);
  net->max_plain = plain_changes(net);
}

/* ---- values ---- */

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
