#include "local_plan.h"

#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"

#include <math.h>
#include <stdatomic.h>

/* Planes of real and imaginary parts, so that loops over lanes become vector code. */
typedef struct lanes {
  double re[RZ_LANES], im[RZ_LANES];
} lanes;

/* sum += element^* ratio, <s|O|s^F> = <s^F|O|s>^*, where the element is not zero: an infinite ratio must not turn a
 * zero into NaN. */
static void accumulate(const rz_flip_set *f, bool real_ratio, const lanes *restrict element,
                       const lanes *restrict ratio, lanes *restrict sum) {
  const double *er = element->re, *ei = element->im, *rr = ratio->re, *ri = ratio->im;
  if (f->real) {
    for (int l = 0; l < RZ_LANES; l++) sum->re[l] += er[l] != 0.0 ? er[l] * rr[l] : 0.0;
    for (int l = 0; l < RZ_LANES && !real_ratio; l++) sum->im[l] += er[l] != 0.0 ? er[l] * ri[l] : 0.0;
    return;
  }
  for (int l = 0; l < RZ_LANES; l++) {
    const int some = er[l] != 0.0 || ei[l] != 0.0;
    sum->re[l] += some ? er[l] * rr[l] + ei[l] * (real_ratio ? 0.0 : ri[l]) : 0.0;
    sum->im[l] += some ? er[l] * (real_ratio ? 0.0 : ri[l]) - ei[l] * rr[l] : 0.0;
  }
}

/* A transverse field: one real number, not zero, for every configuration. */
static bool is_constant(const rz_flip_set *f) {
  return f->n_flip > 0 && f->real && f->n_term == 1 && f->first[1] == 0 && creal(f->coef[0]) != 0.0;
}

static void accumulate_constant(double c, bool real_ratio, const lanes *restrict ratio, lanes *restrict sum) {
  for (int l = 0; l < RZ_LANES; l++) sum->re[l] += c * ratio->re[l];
  for (int l = 0; l < RZ_LANES && !real_ratio; l++) sum->im[l] += c * ratio->im[l];
}

static int all_zero(const rz_flip_set *f, const lanes *element) {
  int some = 0;
  for (int l = 0; l < RZ_LANES; l++) some |= element->re[l] != 0.0;
  for (int l = 0; l < RZ_LANES && !f->real; l++) some |= element->im[l] != 0.0;
  return !some;
}

/* What the users of one flip set add to the sums of their operators: one ratio, if any element is not zero. */
static void add_set(const rz_local_use *use, int64_t n, const rz_ansatz *a, rz_block *b, lanes *sum) {
  const bool diagonal = use->set->n_flip == 0;
  bool have_ratio = diagonal;
  lanes element, ratio = {{0.0}, {0.0}};
  for (int l = 0; l < RZ_LANES && diagonal; l++) ratio.re[l] = 1.0;
  for (int64_t k = 0; k < n; k++) {
    const rz_flip_set *f = use[k].set;
    const bool constant = is_constant(f);
    if (!constant) {
      rz_flip_set_elements(f, RZ_LANES, b->spin, element.re, element.im);
      if (all_zero(f, &element)) continue;
    }
    if (!have_ratio) rz_block_ratio(a, b, f->n_flip, f->site, ratio.re);
    have_ratio = true;
    if (constant)
      accumulate_constant(creal(f->coef[0]), !a->is_complex, &ratio, &sum[use[k].op]);
    else
      accumulate(f, diagonal || !a->is_complex, &element, &ratio, &sum[use[k].op]);
  }
}

/* ---- blocks of RZ_LANES configurations, the items of a share ---- */

typedef struct values {
  const rz_local_plan *plan;
  const rz_ansatz *a;
  int64_t n;
  const int8_t *spin;
  double complex *value, *log_psi;
  _Atomic int64_t n_bad;
} values;

static void store(values *v, const rz_block *b, const lanes *sum, int64_t first, int m) {
  int64_t bad = 0;
  for (int o = 0; o < v->plan->n_op; o++)
    for (int lane = 0; lane < m; lane++) {
      v->value[o * v->n + first + lane] = CMPLX(sum[o].re[lane], sum[o].im[lane]);
      bad += !isfinite(sum[o].re[lane]) || !isfinite(sum[o].im[lane]);
    }
  for (int lane = 0; v->log_psi && lane < m; lane++) v->log_psi[first + lane] = b->log_psi[lane];
  if (bad > 0) atomic_fetch_add(&v->n_bad, bad);
}

static rz_err values_of_share(void *ctx, rz_range share) {
  values *v = ctx;
  const rz_local_plan *p = v->plan;
  const int64_t end = (share.first + share.count) * RZ_LANES < v->n ? (share.first + share.count) * RZ_LANES : v->n;
  rz_block *b = NULL;
  lanes *sum = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_block_create(v->a, &b));
  RZ_TRY_DONE(rc, RZ_NEW(p->n_op, &sum));
  for (int64_t i = share.first * RZ_LANES; i < end; i += RZ_LANES) {
    const int m = (int)(end - i < RZ_LANES ? end - i : RZ_LANES);
    rz_block_set(b, m, v->spin + i * v->a->n_site);
    rz_block_refresh(v->a, b);
    for (int o = 0; o < p->n_op; o++) sum[o] = (lanes){{0.0}, {0.0}};
    for (int64_t k = 0; k < p->n_set; k++) add_set(p->use + p->first[k], p->first[k + 1] - p->first[k], v->a, b, sum);
    store(v, b, sum, i, m);
  }
done:
  rz_free(&sum);
  rz_block_destroy(&b);
  return rc;
}

rz_err rz_local_values_of(const rz_local_plan *plan, const rz_ansatz *a, int64_t n, const int8_t *spin,
                          double complex *value, double complex *log_psi, int64_t *n_bad) {
  RZ_CHECK(plan->n_op == 0 || plan->n_site == a->n_site, RZ_ERR_ARG, "the operator has %d sites, the state %d",
           plan->n_site, a->n_site);
  RZ_CHECK(n >= 0, RZ_ERR_ARG, "%lld configurations", (long long)n);
  values v = {.plan = plan, .a = a, .n = n, .spin = spin, .value = value, .log_psi = log_psi};
  RZ_TRY(rz_parallel((n + RZ_LANES - 1) / RZ_LANES, values_of_share, &v));
  const int64_t bad = atomic_load(&v.n_bad);
  RZ_CHECK(n_bad || bad == 0, RZ_ERR_NUM, "%lld of %lld local values are not finite", (long long)bad,
           (long long)(n * plan->n_op));
  if (n_bad) *n_bad = bad;
  return RZ_OK;
}

rz_err rz_local_values(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *value,
                       double complex *log_psi, int64_t *n_bad) {
  rz_local_plan *plan = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_local_plan_create(1, &op, &plan));
  RZ_TRY_DONE(rc, rz_local_values_of(plan, a, n, spin, value, log_psi, n_bad));
done:
  rz_local_plan_destroy(&plan);
  return rc;
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
