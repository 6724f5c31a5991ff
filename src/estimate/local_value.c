#include "ritz/core/memory.h"
#include "ritz/estimate/energy.h"

#include <math.h>

/* sum[lane] += element * ratio where the element is not zero: an infinite ratio must not turn a zero into NaN. Real and
 * imaginary parts by hand: C's complex product tests for NaN at every step. */
static void accumulate(const double complex *element, const double complex *ratio, double *restrict re,
                       double *restrict im) {
  for (int lane = 0; lane < RZ_LANES; lane++) {
    /* <s|O|s^F> = <s^F|O|s>^* */
    const double ar = creal(element[lane]), ai = -cimag(element[lane]);
    const double br = creal(ratio[lane]), bi = cimag(ratio[lane]);
    const int some = ar != 0.0 || ai != 0.0;
    re[lane] += some ? ar * br - ai * bi : 0.0;
    im[lane] += some ? ar * bi + ai * br : 0.0;
  }
}

static int all_zero(const double complex *element) {
  int some = 0;
  for (int lane = 0; lane < RZ_LANES; lane++) some |= creal(element[lane]) != 0.0 || cimag(element[lane]) != 0.0;
  return !some;
}

static void values_of_block(const rz_operator *op, const rz_ansatz *a, const rz_block *b, double *re, double *im) {
  double complex element[RZ_LANES], ratio[RZ_LANES];
  for (int lane = 0; lane < RZ_LANES; lane++) re[lane] = im[lane] = 0.0;
  for (int64_t k = 0; k < rz_operator_n_flip_set(op); k++) {
    const rz_flip_set *f = rz_operator_flip_set(op, k);
    rz_flip_set_elements(f, RZ_LANES, b->spin, element);
    if (all_zero(element)) continue;
    if (f->n_flip == 0)
      for (int lane = 0; lane < RZ_LANES; lane++) ratio[lane] = 1.0;
    else
      a->cls->ratio(a, b, f->n_flip, f->site, ratio);
    accumulate(element, ratio, re, im);
  }
}

rz_err rz_local_values_of(int n_op, const rz_operator *const *op, const rz_ansatz *a, int64_t n, const int8_t *spin,
                          double complex *value, double complex *log_psi, int64_t *n_bad) {
  for (int o = 0; o < n_op; o++)
    RZ_CHECK(rz_operator_n_site(op[o]) == a->n_site, RZ_ERR_ARG, "the operator has %d sites, the state %d",
             rz_operator_n_site(op[o]), a->n_site);
  RZ_CHECK(n >= 0, RZ_ERR_ARG, "%lld configurations", (long long)n);
  rz_block *b = NULL;
  RZ_TRY(rz_block_create(a, &b));
  int64_t bad = 0;
  for (int64_t i = 0; i < n; i += RZ_LANES) {
    const int m = (int)(n - i < RZ_LANES ? n - i : RZ_LANES);
    rz_block_set(b, m, spin + i * a->n_site);
    a->cls->refresh(a, b);
    for (int o = 0; o < n_op; o++) {
      double re[RZ_LANES], im[RZ_LANES];
      values_of_block(op[o], a, b, re, im);
      for (int lane = 0; lane < m; lane++) {
        value[o * n + i + lane] = CMPLX(re[lane], im[lane]);
        bad += !isfinite(re[lane]) || !isfinite(im[lane]);
      }
    }
    for (int lane = 0; log_psi && lane < m; lane++) log_psi[i + lane] = b->log_psi[lane];
  }
  rz_block_destroy(&b);
  RZ_CHECK(n_bad || bad == 0, RZ_ERR_NUM, "%lld of %lld local values are not finite", (long long)bad,
           (long long)(n * n_op));
  if (n_bad) *n_bad = bad;
  return RZ_OK;
}

rz_err rz_local_values(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *value,
                       double complex *log_psi, int64_t *n_bad) {
  return rz_local_values_of(1, &op, a, n, spin, value, log_psi, n_bad);
}

/* ---- the oracle ---- */

static rz_err slow_value(const rz_operator *op, const rz_ansatz *a, const int8_t *spin, int64_t *set,
                         double complex *mel, int8_t *other, double complex *log_psi, double complex *value) {
  const int n_site = a->n_site;
  const int64_t n = rz_operator_connected(op, spin, set, mel);
  for (int64_t k = 0; k < n; k++) {
    const rz_flip_set *f = rz_operator_flip_set(op, set[k]);
    int8_t *to = other + k * n_site;
    for (int i = 0; i < n_site; i++) to[i] = spin[i];
    for (int i = 0; i < f->n_flip; i++) to[f->site[i]] = (int8_t)-to[f->site[i]];
  }
  for (int i = 0; i < n_site; i++) other[n * n_site + i] = spin[i];
  RZ_TRY(a->cls->log_psi(a, n + 1, other, log_psi));
  *value = 0.0;
  for (int64_t k = 0; k < n; k++) *value += conj(mel[k]) * cexp(log_psi[k] - log_psi[n]);
  return RZ_OK;
}

rz_err rz_local_values_slow(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin,
                            double complex *value) {
  const int64_t n_set = rz_operator_n_flip_set(op);
  int64_t *set = NULL;
  double complex *mel = NULL, *log_psi = NULL;
  int8_t *other = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n_set, &set));
  RZ_TRY_DONE(rc, RZ_NEW(n_set, &mel));
  RZ_TRY_DONE(rc, RZ_NEW(n_set + 1, &log_psi));
  RZ_TRY_DONE(rc, RZ_NEW((n_set + 1) * a->n_site, &other));
  for (int64_t i = 0; i < n; i++)
    RZ_TRY_DONE(rc, slow_value(op, a, spin + i * a->n_site, set, mel, other, log_psi, &value[i]));
done:
  rz_free(&other);
  rz_free(&log_psi);
  rz_free(&mel);
  rz_free(&set);
  return rc;
}
