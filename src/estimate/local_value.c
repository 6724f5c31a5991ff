#include "local_kernels.h"

#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"

#include <math.h>
#include <stdatomic.h>

/* What one thread works with. */
typedef struct work {
  const rz_local_kernels *kernel;
  rz_block *b;
  rz_local_lanes *sum;     /* [n_op] */
  rz_local_lanes *element; /* [most_uses]: of the uses of a run, where they are no constants */
  double *ratio;           /* [RZ_MAX_RUN, n_comp, RZ_LANES]: of those sets of a run that are wanted; */
  int32_t *site;           /* [RZ_MAX_RUN, most_flips]: their sites, */
  int64_t set[RZ_MAX_RUN]; /* and which they are */
} work;

static void free_work(work *w) {
  rz_free(&w->sum);
  rz_free(&w->element);
  rz_free(&w->ratio);
  rz_free(&w->site);
  rz_block_destroy(&w->b);
}

static rz_err make_work(const rz_local_plan *p, const rz_ansatz *a, work *w) {
  w->kernel = RZ_ISA_PICK(rz_local);
  RZ_TRY(rz_block_create(a, &w->b));
  RZ_TRY(RZ_NEW(p->n_op, &w->sum));
  RZ_TRY(RZ_NEW(p->most_uses, &w->element));
  RZ_TRY(RZ_NEW((int64_t)RZ_MAX_RUN * rz_ansatz_n_comp(a) * RZ_LANES, &w->ratio));
  return RZ_NEW((int64_t)RZ_MAX_RUN * p->most_flips, &w->site);
}

/* The elements of one set; whether any is not zero. */
static bool find_elements(const work *w, const rz_local_use *use, int64_t n, rz_local_lanes *element) {
  bool some = false;
  for (int64_t k = 0; k < n; k++) {
    if (!use[k].constant) rz_flip_set_elements(use[k].set, RZ_LANES, w->b->spin, element[k].re, element[k].im);
    some = some || use[k].constant || w->kernel->any(use[k].set->real, &element[k]);
  }
  return some;
}

static void add_plain_run(const rz_local_plan *p, const rz_local_run *r, const rz_ansatz *a, work *w) {
  rz_block_ratios(a, w->b, r->n, r->n_flip, r->site, w->ratio);
  w->kernel->add_constants(r->n, p->coef + r->first, rz_ansatz_n_comp(a), w->ratio,
                           &w->sum[p->use[p->first[r->first]].op]);
}

/* A run: the elements, then the ratios of the sets with any that is not zero, then the sums. */
static void add_run(const rz_local_plan *p, const rz_local_run *r, const rz_ansatz *a, work *w) {
  static const double one[RZ_LANES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const bool diagonal = r->n_flip == 0, real_ratio = diagonal || !a->is_complex;
  const int64_t start = p->first[r->first];
  int n = 0;
  for (int64_t k = r->first; k < r->first + r->n; k++) {
    const rz_local_use *use = p->use + p->first[k];
    if (!find_elements(w, use, p->first[k + 1] - p->first[k], w->element + (p->first[k] - start))) continue;
    for (int i = 0; i < r->n_flip; i++) w->site[n * r->n_flip + i] = use->set->site[i];
    w->set[n++] = k;
  }
  if (!diagonal) rz_block_ratios(a, w->b, n, r->n_flip, w->site, w->ratio);
  for (int i = 0; i < n; i++) {
    const int64_t k = w->set[i], first = p->first[k];
    w->kernel->add(p->use + first, p->first[k + 1] - first, real_ratio, w->element + (first - start),
                   diagonal ? one : w->ratio + (int64_t)i * rz_ansatz_n_comp(a) * RZ_LANES, w->sum);
  }
}

/* ---- blocks of RZ_LANES configurations, the items of a share ---- */

typedef struct values {
  const rz_local_plan *plan;
  const rz_ansatz *a;
  int64_t n;
  const int8_t *spin;
  double complex *value, *log_psi;
  rz_jacobian *j; /* to be filled, or NULL */
  _Atomic int64_t n_bad;
} values;

static void store(values *v, const rz_block *b, const rz_local_lanes *sum, int64_t first, int m) {
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
  work w = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, make_work(p, v->a, &w));
  for (int64_t i = share.first * RZ_LANES; i < end; i += RZ_LANES) {
    const int m = (int)(end - i < RZ_LANES ? end - i : RZ_LANES);
    rz_block_set(w.b, m, v->spin + i * v->a->n_site);
    rz_block_refresh(v->a, w.b);
    for (int o = 0; o < p->n_op; o++) w.sum[o] = (rz_local_lanes){{0.0}, {0.0}};
    for (int64_t k = 0; k < p->n_run; k++) (p->run[k].plain ? add_plain_run : add_run)(p, &p->run[k], v->a, &w);
    store(v, w.b, w.sum, i, m);
    if (v->j) rz_block_factors(v->a, w.b, i, m, v->j);
  }
done:
  free_work(&w);
  return rc;
}

static rz_err evaluate(values *v, int64_t *n_bad) {
  const rz_local_plan *plan = v->plan;
  const int64_t n = v->n;
  RZ_CHECK(plan->n_op == 0 || plan->n_site == v->a->n_site, RZ_ERR_ARG, "the operator has %d sites, the state %d",
           plan->n_site, v->a->n_site);
  RZ_CHECK(n >= 0, RZ_ERR_ARG, "%lld configurations", (long long)n);
  RZ_TRY(rz_parallel((n + RZ_LANES - 1) / RZ_LANES, values_of_share, v));
  const int64_t bad = atomic_load(&v->n_bad);
  RZ_CHECK(n_bad || bad == 0, RZ_ERR_NUM, "%lld of %lld local values are not finite", (long long)bad,
           (long long)(n * plan->n_op));
  if (n_bad) *n_bad = bad;
  return RZ_OK;
}

rz_err rz_local_values_of(const rz_local_plan *plan, const rz_ansatz *a, int64_t n, const int8_t *spin,
                          double complex *value, double complex *log_psi, int64_t *n_bad) {
  return evaluate(&(values){.plan = plan, .a = a, .n = n, .spin = spin, .value = value, .log_psi = log_psi}, n_bad);
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

rz_err rz_local_values_and_jacobian(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin,
                                    double complex *value, int64_t *n_bad, rz_jacobian **j) {
  rz_local_plan *plan = NULL;
  rz_err rc = RZ_OK;
  *j = NULL;
  RZ_TRY_DONE(rc, rz_local_plan_create(1, &op, &plan));
  RZ_TRY_DONE(rc, rz_ansatz_layers(a, n, j));
  RZ_TRY_DONE(rc, evaluate(&(values){.plan = plan, .a = a, .n = n, .spin = spin, .value = value, .j = *j}, n_bad));
done:
  if (rc != RZ_OK) rz_jacobian_destroy(j);
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
