#include "ritz/sample/chains.h"

#include "ritz/core/memory.h"
#include <float.h>
#include <math.h>

/* LAGS: autocovariances per reduction, even; MAX_DRAW: draws of a chain whose lags are looked at one by one */
enum { MIN_DRAW = 8, LAGS = 16, MAX_DRAW = 4096 };
static const double ROUNDING = 8 * DBL_EPSILON; /* relative fluctuations of this size are none */

typedef struct {
  const rz_comm *comm;
  int64_t n_chain, n_draw, n_chain_global;
  const double *x;
  double mean;
  double *part; /* [n_chain, LAGS] one vector per chain */
} chains;

static double n_all(const chains *c) { return (double)c->n_chain_global * (double)c->n_draw; }

static rz_err sum(const chains *c, int64_t n, double *out) {
  return rz_tree_sum(c->comm, c->n_chain, c->n_chain_global, n, c->part, out);
}

/* Mean, variance of the draws and of the chain means, all about the mean. */
static rz_err moments(chains *c, double *var, double *var_means) {
  double total = 0.0, square[2];
  for (int64_t k = 0; k < c->n_chain; k++) {
    const double *x = c->x + k * c->n_draw;
    double s = 0.0;
    for (int64_t i = 0; i < c->n_draw; i++) s += x[i];
    c->part[k] = s;
  }
  RZ_TRY(sum(c, 1, &total));
  c->mean = total / n_all(c);
  for (int64_t k = 0; k < c->n_chain; k++) {
    const double *x = c->x + k * c->n_draw;
    double s = 0.0, s2 = 0.0;
    for (int64_t i = 0; i < c->n_draw; i++) {
      const double d = x[i] - c->mean;
      s += d;
      s2 += d * d;
    }
    c->part[2 * k] = s2;
    c->part[2 * k + 1] = s / (double)c->n_draw * (s / (double)c->n_draw);
  }
  RZ_TRY(sum(c, 2, square));
  *var = square[0] / n_all(c);
  *var_means = square[1] / (double)c->n_chain_global;
  return RZ_OK;
}

/* c_t for t = first .. first + LAGS - 1; lags beyond the chain are zero. */
static rz_err autocovariances(chains *c, int64_t first, double cov[LAGS]) {
  for (int64_t k = 0; k < c->n_chain; k++) {
    const double *x = c->x + k * c->n_draw;
    for (int64_t t = 0; t < LAGS; t++) {
      double s = 0.0;
      for (int64_t i = 0; i + first + t < c->n_draw; i++) s += (x[i] - c->mean) * (x[i + first + t] - c->mean);
      c->part[k * LAGS + t] = s;
    }
  }
  RZ_TRY(sum(c, LAGS, cov));
  for (int64_t t = 0; t < LAGS && first + t < c->n_draw; t++)
    cov[t] /= (double)c->n_chain_global * (double)(c->n_draw - first - t);
  return RZ_OK;
}

/* Initial positive sequence. sum: c_0 + 2 sum (1 - t/n) c_t; width: the same sum with every c_t = 1, by which the sum
 * falls short, in units of the variance of the mean, because the mean was estimated too. */
static rz_err initial_sequence(chains *c, double *total, double *width) {
  const double n = (double)c->n_draw;
  /* a single chain knows nothing of lags near its own length */
  const int64_t last = c->n_chain_global > 1 ? c->n_draw - 1 : c->n_draw / 2;
  *total = *width = 0.0;
  for (int64_t first = 0; first <= last; first += LAGS) {
    double cov[LAGS] = {0};
    RZ_TRY(autocovariances(c, first, cov));
    for (int64_t k = 0; k < LAGS && first + k <= last; k += 2) {
      const int64_t t = first + k;
      const double odd = t + 1 <= last ? cov[k + 1] : 0.0;
      if (t > 0 && !(cov[k] + odd > 0.0)) return RZ_OK;
      const double weight = t == 0 ? 1.0 : 2.0 * (1.0 - (double)t / n);
      const double weight_odd = t + 1 <= last ? 2.0 * (1.0 - (double)(t + 1) / n) : 0.0;
      *total += weight * cov[k] + weight_odd * odd;
      if (t == 0 && *total <= 0.0) { /* draws that repel: claim no more than independence */
        *total = cov[0];
        *width = 1.0;
        return RZ_OK;
      }
      *width += weight + weight_odd;
    }
  }
  return RZ_OK;
}

static rz_err split_r_hat(chains *c, double *out) {
  const int64_t half = c->n_draw / 2;
  double s[2];
  for (int64_t k = 0; k < c->n_chain; k++) {
    c->part[2 * k] = c->part[2 * k + 1] = 0.0;
    for (int h = 0; h < 2; h++) {
      const double *x = c->x + k * c->n_draw + (h ? c->n_draw - half : 0);
      double mean = 0.0, square = 0.0;
      for (int64_t i = 0; i < half; i++) mean += (x[i] - c->mean) / (double)half;
      for (int64_t i = 0; i < half; i++) square += (x[i] - c->mean - mean) * (x[i] - c->mean - mean);
      c->part[2 * k] += square / (double)(half - 1);
      c->part[2 * k + 1] += mean * mean; /* the split means average to m but for a draw left in the middle */
    }
  }
  RZ_TRY(sum(c, 2, s));
  const double m = 2.0 * (double)c->n_chain_global, within = s[0] / m, between = s[1] / (m - 1.0);
  *out = within == 0.0 && between == 0.0 ? NAN : sqrt((double)(half - 1) / (double)half + between / within);
  return RZ_OK;
}

/* error^2 by the initial sequence. */
static rz_err squared_error(chains *c, double *out) {
  double total, width;
  RZ_TRY(initial_sequence(c, &total, &width));
  *out = total / (n_all(c) - width);
  return RZ_OK;
}

/* The same from means over MAX_DRAW segments of each chain: averaging neighbours first leaves the variance of the mean
 * what it is, and bounds the number of lags where chains hardly move. */
static rz_err squared_error_of_segments(const chains *c, double *out) {
  chains coarse = *c;
  double *y = NULL;
  coarse.n_draw = MAX_DRAW;
  rz_err rc = rz_agree(c->comm, RZ_NEW(c->n_chain * MAX_DRAW, &y));
  if (rc != RZ_OK) goto done;
  coarse.x = y;
  for (int64_t k = 0; k < c->n_chain * MAX_DRAW; k++) {
    const rz_range draws = rz_share(c->n_draw, (int)(k % MAX_DRAW), MAX_DRAW);
    const double *x = c->x + k / MAX_DRAW * c->n_draw + draws.first;
    y[k] = 0.0;
    for (int64_t i = 0; i < draws.count; i++) y[k] += x[i] / (double)draws.count;
  }
  RZ_TRY_DONE(rc, squared_error(&coarse, out));
done:
  rz_free(&y);
  return rc;
}

static rz_err long_chains(chains *c, double var, double var_means, rz_mean *out) {
  double error2 = 0.0;
  RZ_TRY(c->n_draw > MAX_DRAW ? squared_error_of_segments(c, &error2) : squared_error(c, &error2));
  if (c->n_chain_global > 1) {
    const double dof = (double)(c->n_chain_global - 1), spread = var_means / dof;
    if (spread > error2 * (1.0 + 3.0 * sqrt(2.0 / dof))) error2 = spread;
  }
  out->variance = var + error2;
  out->error = sqrt(error2);
  out->tau_int = error2 * n_all(c) / (2.0 * out->variance);
  out->ess = out->variance / error2;
  return split_r_hat(c, &out->r_hat);
}

static void short_chains(const chains *c, double var, double var_means, rz_mean *out) {
  const double n = (double)c->n_chain_global;
  out->error = c->n_chain_global > 1 ? sqrt(var_means / (n - 1.0)) : NAN;
  out->variance = var + (c->n_chain_global > 1 ? out->error * out->error : 0.0);
}

rz_err rz_chains_mean(const rz_comm *comm, int64_t n_chain, int64_t n_draw, int64_t n_chain_global, const double *x,
                      rz_mean *out) {
  *out = (rz_mean){NAN, NAN, NAN, NAN, NAN, NAN, n_chain_global * n_draw};
  if (out->n == 0) return RZ_OK;
  chains c = {comm, n_chain, n_draw, n_chain_global, x, 0.0, NULL};
  double var = 0.0, var_means = 0.0;
  rz_err rc = rz_agree(comm, RZ_NEW(n_chain * LAGS, &c.part));
  if (rc != RZ_OK) goto done;
  RZ_TRY_DONE(rc, moments(&c, &var, &var_means));
  out->mean = c.mean;
  if (sqrt(var) <= ROUNDING * fabs(c.mean))
    out->error = out->variance = 0.0;
  else if (n_draw >= MIN_DRAW)
    RZ_TRY_DONE(rc, long_chains(&c, var, var_means, out));
  else
    short_chains(&c, var, var_means, out);
done:
  rz_free(&c.part);
  return rc;
}
