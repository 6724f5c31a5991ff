/* Matrix-free: one pass through J and one through J^T per product, one sum over ranks. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/solve/cg.h"
#include <string.h>

typedef struct work {
  const rz_sr_problem *p;
  double *sum; /* [n_param + 1] */
} work;

static rz_err product(void *ctx, const double *x, double *y) {
  const work *w = ctx;
  const rz_sr_problem *p = w->p;
  RZ_TRY(rz_jacobian_sum_metric(p->j, p->comm, x, w->sum));
  for (int64_t k = 0; k < p->n_param; k++) y[k] = w->sum[k] + rz_sr_added(p, k) * x[k];
  return RZ_OK;
}

static rz_err divide(void *ctx, const double *x, double *y) {
  const rz_sr_problem *p = ctx;
  for (int64_t k = 0; k < p->n_param; k++) {
    const double s = p->diagonal[k] + rz_sr_added(p, k);
    y[k] = s > 0.0 ? x[k] / s : x[k]; /* a column of zeros without a shift */
  }
  return RZ_OK;
}

static bool adds_everywhere(const rz_sr_problem *p) {
  for (int64_t k = 0; k < p->n_param; k++)
    if (!(rz_sr_added(p, k) > 0.0)) return false;
  return true;
}

/* The subset, or the diagonal where that cannot be. */
static rz_err make_preconditioner(rz_sr_problem *p, rz_sr_subset **subset, rz_linear *m, rz_sr_result *result) {
  const bool wanted = p->o->preconditioner && strcmp(p->o->preconditioner, "subset") == 0;
  rz_err rc = wanted && adds_everywhere(p) ? rz_sr_subset_create(p, p->o->subset_size, subset) : RZ_ERR_NUM;
  if (rc == RZ_OK) {
    *m = (rz_linear){rz_sr_subset_apply, *subset};
    result->preconditioner = "subset";
    return RZ_OK;
  }
  if (rc != RZ_ERR_NUM) return rc;
  rz_error_clear();
  if (!p->diagonal) RZ_TRY(rz_sr_diagonal(p));
  *m = (rz_linear){divide, p};
  result->preconditioner = "diagonal";
  return RZ_OK;
}

rz_err rz_sr_cg(rz_sr_problem *p, double *d, rz_sr_result *result) {
  work w = {.p = p};
  const rz_linear a = {product, &w};
  rz_linear m = {0};
  rz_sr_subset *subset = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(p->comm, RZ_NEW(p->n_param + 1, &w.sum)));
  RZ_TRY_DONE(rc, make_preconditioner(p, &subset, &m, result));
  if (p->o->start)
    memcpy(d, p->o->start, (size_t)p->n_param * sizeof *d);
  else
    memset(d, 0, (size_t)p->n_param * sizeof *d);
  RZ_TRY_DONE(
      rc, rz_cg_solve(p->comm, p->n_param, &a, &m, p->f, p->o->cg_tol, p->o->cg_iterations, d, &result->iterations));
done:
  rz_sr_subset_destroy(&subset);
  rz_free(&w.sum);
  return rc;
}
