#include "eigen_search.h"
#include "ritz/core/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

rz_err rz_eigen_rms(const rz_eigen_problem *p, double *x, double *y, rz_eigen_result *r, double *rms) {
  double sum[2];
  rz_eigen_fill_random(p, 0, x);
  RZ_TRY(rz_eigen_apply(p, x, y, r));
  sum[0] = rz_eigen_dot_local(p->rows.count, y, y);
  sum[1] = rz_eigen_dot_local(p->rows.count, x, x);
  RZ_TRY(rz_sum(p->comm, 2, sum));
  *rms = sqrt(sum[0] / sum[1]);
  RZ_CHECK(isfinite(*rms), RZ_ERR_NUM, "the operator has elements that are not finite");
  return RZ_OK;
}

rz_err rz_eigen_keep(rz_eigen_search *s, double value) {
  const int64_t rows = s->p->rows.count;
  const size_t size = (size_t)rows * sizeof *s->vector;
  double norm = 0.0;
  for (int k = 0; k < s->n; k++) s->kept[k] = s->vector + k * rows;
  RZ_TRY(rz_eigen_project(s->p, s->n, s->kept, s->work, s->sums, NULL, &norm));
  if (norm <= 0.01) return RZ_OK;
  rz_eigen_scale(rows, 1.0 / norm, s->work);
  s->last_value = s->last_n++ == 0 ? value : fmin(value, s->last_value);
  if (s->n == s->p->n_wanted) {
    if (value >= s->value[s->n - 1]) return RZ_OK;
    s->n--;
  }
  int at = s->n;
  for (; at > 0 && s->value[at - 1] > value; at--) {
    s->value[at] = s->value[at - 1];
    memcpy(s->vector + at * rows, s->vector + (at - 1) * rows, size);
  }
  s->value[at] = value;
  memcpy(s->vector + at * rows, s->work, size);
  s->n++;
  return RZ_OK;
}

static rz_err search(rz_eigen_search *s, rz_eigen_run *run, void *ctx, int nev, int draw) {
  s->last_n = 0;
  s->last_value = INFINITY;
  return run(ctx, s, nev, draw);
}

static rz_err repeat(rz_eigen_search *s, rz_eigen_run *run, void *ctx) {
  const rz_eigen_problem *const p = s->p;
  const int64_t order = p->paired ? p->n / 2 : p->n;
  RZ_TRY(search(s, run, ctx, p->n_wanted, 0));
  if (p->n_wanted == 1) return RZ_OK; /* no copy can lie lower than the lowest level */
  for (int draw = 1; s->n < order; draw++) {
    const bool full = s->n == p->n_wanted;
    const double highest = s->value[s->n - 1];
    RZ_TRY(search(s, run, ctx, full ? 1 : p->n_wanted - s->n, draw));
    RZ_CHECK(s->last_n > 0, RZ_ERR_NUM, "%d of %d levels found: the complement gave no new vector", s->n, p->n_wanted);
    if (full && s->last_value >= highest - 1e3 * DBL_EPSILON * fmax(fabs(highest), s->scale)) break;
  }
  return RZ_OK;
}

static rz_err allocate(rz_eigen_search *s) {
  const int n_wanted = s->p->n_wanted;
  RZ_TRY(RZ_NEW(n_wanted, &s->r->value));
  RZ_TRY(RZ_NEW(n_wanted, &s->r->residual));
  RZ_TRY(RZ_NEW(n_wanted * s->p->rows.count, &s->r->vector));
  RZ_TRY(RZ_NEW(n_wanted, &s->kept));
  RZ_TRY(RZ_NEW(6 * n_wanted + 3, &s->sums));
  s->value = s->r->value;
  s->vector = s->r->vector;
  return RZ_NEW(s->p->rows.count, &s->work);
}

rz_err rz_eigen_search_all(const rz_eigen_problem *p, rz_eigen_run *run, void *ctx, rz_eigen_result *out) {
  rz_eigen_search s = {.p = p, .r = out};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(p->comm, allocate(&s)));
  RZ_TRY_DONE(rc, rz_eigen_rms(p, s.vector, s.work, out, &s.scale));
  RZ_TRY_DONE(rc, repeat(&s, run, ctx));
  out->n_found = s.n;
done:
  rz_free(&s.work);
  rz_free(&s.kept);
  rz_free(&s.sums);
  return rc;
}
