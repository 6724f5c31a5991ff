#include "ritz/estimate/energy.h"

#include "ritz/core/memory.h"
#include <math.h>

/* ---- bad samples ---- */

static int is_bad(const rz_samples *s, const double complex *eloc, int64_t i) {
  return s->weight[i] != 0.0 && (!isfinite(creal(eloc[i])) || !isfinite(cimag(eloc[i])));
}

/* Sum of the weights by unit, then by the fixed tree. */
static rz_err total_weight(const rz_comm *comm, const rz_samples *s, double *total) {
  double *part = NULL;
  rz_err rc = rz_agree(comm, RZ_NEW0(s->n_unit, &part));
  if (rc != RZ_OK) goto done;
  for (int64_t i = 0; i < s->n; i++) part[i / s->unit] += s->weight[i];
  RZ_TRY_DONE(rc, rz_samples_sum(comm, s, 1, part, total));
done:
  rz_free(&part);
  return rc;
}

/* Count, give weight 0, renormalise. Without bad samples the weights keep their bits. */
static rz_err drop_bad(const rz_comm *comm, rz_samples *s, double complex *eloc, double max_bad_fraction,
                       int64_t *n_bad) {
  int64_t count[2] = {0, s->n};
  for (int64_t i = 0; i < s->n; i++) count[0] += is_bad(s, eloc, i);
  RZ_TRY(rz_sum_i64(comm, 2, count));
  *n_bad = count[0];
  RZ_CHECK((double)count[0] <= max_bad_fraction * (double)count[1] && count[0] < count[1], RZ_ERR_NUM,
           "%lld of %lld samples have a local energy that is not finite; allowed is a fraction of %g",
           (long long)count[0], (long long)count[1], max_bad_fraction);
  for (int64_t i = 0; i < s->n; i++) {
    if (is_bad(s, eloc, i)) s->weight[i] = 0.0;
    if (s->weight[i] == 0.0) eloc[i] = 0.0;
  }
  if (count[0] == 0) return RZ_OK;
  double total = 0.0;
  RZ_TRY(total_weight(comm, s, &total));
  RZ_CHECK(total > 0.0, RZ_ERR_NUM, "every sample of weight has a local energy that is not finite");
  for (int64_t i = 0; i < s->n; i++) s->weight[i] /= total;
  return RZ_OK;
}

/* ---- weighted means ---- */

typedef double of_sample(double complex e, const double *about);
static double real_part(double complex e, const double *about) { return creal(e) - about[0]; }
static double imag_part(double complex e, const double *about) { return cimag(e) - about[1]; }
static double square(double complex e, const double *about) {
  const double re = creal(e) - about[0], im = cimag(e) - about[1];
  return re * re + im * im;
}
static double square_real(double complex e, const double *about) {
  return (creal(e) - about[0]) * (creal(e) - about[0]);
}

/* out = sum_i w_i f(e_i), part [n_unit] is scratch. */
static rz_err weighted(const rz_comm *comm, const rz_samples *s, const double complex *e, of_sample *f,
                       const double *about, double *part, double *out) {
  for (int64_t u = 0; u < s->n_unit; u++) part[u] = 0.0;
  for (int64_t i = 0; i < s->n; i++)
    if (s->weight[i] != 0.0) part[i / s->unit] += s->weight[i] * f(e[i], about);
  return rz_samples_sum(comm, s, 1, part, out);
}

/* Chain statistics of f(e) for samples of equal weight; dropped samples stand at the mean of the others, which moves no
 * sum about it, and are not counted. */
static rz_err chain_mean(const rz_comm *comm, const rz_samples *s, const double complex *e, of_sample *f,
                         const double *about, double mean, int64_t n_bad, double *x, rz_mean *out) {
  for (int64_t i = 0; i < s->n; i++) x[i] = s->weight[i] != 0.0 ? f(e[i], about) : mean;
  RZ_TRY(rz_chains_mean(comm, s->n_chain, s->n_draw, s->n_chain_global, x, out));
  if (n_bad == 0) return RZ_OK;
  const double share = (double)(out->n - n_bad) / (double)out->n;
  out->n -= n_bad;
  out->mean = mean;
  out->variance /= share;
  out->error /= share;
  out->ess *= share;
  return RZ_OK;
}

static rz_err extremes(const rz_comm *comm, const rz_samples *s, const double complex *e, rz_energy *out) {
  double m[2] = {-INFINITY, -INFINITY};
  for (int64_t i = 0; i < s->n; i++) {
    if (s->weight[i] == 0.0) continue;
    m[0] = fmax(m[0], -creal(e[i]));
    m[1] = fmax(m[1], creal(e[i]));
  }
  RZ_TRY(rz_max(comm, 2, m));
  out->min_re = -m[0];
  out->max_re = m[1];
  return RZ_OK;
}

/* Means by weight; then about them the variances. */
static rz_err exact_estimate(const rz_comm *comm, const rz_samples *s, const double complex *e, double *part,
                             rz_energy *out) {
  double about[2] = {0.0, 0.0}, re = 0.0, im = 0.0, var_re = 0.0;
  int64_t n = s->n;
  RZ_TRY(weighted(comm, s, e, real_part, about, part, &re));
  RZ_TRY(weighted(comm, s, e, imag_part, about, part, &im));
  about[0] = re, about[1] = im;
  RZ_TRY(weighted(comm, s, e, square, about, part, &out->variance));
  RZ_TRY(weighted(comm, s, e, square_real, about, part, &var_re));
  RZ_TRY(rz_sum_i64(comm, 1, &n));
  out->re = (rz_mean){.mean = re, .variance = var_re, .tau_int = NAN, .r_hat = NAN, .ess = NAN, .n = n - out->n_bad};
  out->im = im;
  return RZ_OK;
}

static rz_err chain_estimate(const rz_comm *comm, const rz_samples *s, const double complex *e, double *part,
                             rz_energy *out) {
  double about[2] = {0.0, 0.0}, re = 0.0, im = 0.0, *x = NULL;
  rz_mean m_im, m_var;
  rz_err rc = rz_agree(comm, RZ_NEW(s->n, &x));
  if (rc != RZ_OK) goto done;
  RZ_TRY_DONE(rc, weighted(comm, s, e, real_part, about, part, &re));
  RZ_TRY_DONE(rc, weighted(comm, s, e, imag_part, about, part, &im));
  RZ_TRY_DONE(rc, chain_mean(comm, s, e, real_part, about, re, out->n_bad, x, &out->re));
  RZ_TRY_DONE(rc, chain_mean(comm, s, e, imag_part, about, im, out->n_bad, x, &m_im));
  about[0] = out->re.mean, about[1] = m_im.mean; /* a constant is its own mean to the last bit: variance 0 */
  RZ_TRY_DONE(rc, weighted(comm, s, e, square, about, part, &out->variance));
  RZ_TRY_DONE(rc, chain_mean(comm, s, e, square, about, out->variance, out->n_bad, x, &m_var));
  out->im = m_im.mean;
  out->im_error = m_im.error;
  out->variance_error = m_var.error;
done:
  rz_free(&x);
  return rc;
}

rz_err rz_energy_estimate(const rz_comm *comm, rz_samples *s, double complex *eloc, double e_inf,
                          double max_bad_fraction, rz_energy *out) {
  *out = (rz_energy){0};
  double *part = NULL;
  rz_err rc = rz_agree(comm, RZ_NEW(s->n_unit, &part));
  if (rc != RZ_OK) goto done;
  RZ_TRY_DONE(rc, drop_bad(comm, s, eloc, max_bad_fraction, &out->n_bad));
  RZ_TRY_DONE(rc, s->exact ? exact_estimate(comm, s, eloc, part, out) : chain_estimate(comm, s, eloc, part, out));
  RZ_TRY_DONE(rc, extremes(comm, s, eloc, out));
  const double gap = out->re.mean - e_inf;
  out->v_score = s->n_site * out->variance / (gap * gap);
done:
  rz_free(&part);
  return rc;
}

/* about: means of the real and imaginary part, variance, and the errors of energy and variance */
static double scaled_sum(double complex e, const double *about) {
  return real_part(e, about) / about[3] + (square(e, about) - about[2]) / about[4];
}

rz_err rz_energy_covariance(const rz_comm *comm, const rz_samples *s, const double complex *eloc, rz_energy *out) {
  const double about[] = {out->re.mean, out->im, out->variance, out->re.error, out->variance_error};
  if (!(about[3] > 0.0 && about[4] > 0.0)) return RZ_OK;
  double *x = NULL;
  rz_mean sum;
  rz_err rc = rz_agree(comm, RZ_NEW(s->n, &x));
  if (rc != RZ_OK) goto done;
  RZ_TRY_DONE(rc, chain_mean(comm, s, eloc, scaled_sum, about, 0.0, out->n_bad, x, &sum));
  const double correlation = 0.5 * sum.error * sum.error - 1.0;
  out->covariance = fmax(-1.0, fmin(1.0, correlation)) * about[3] * about[4];
done:
  rz_free(&x);
  return rc;
}
