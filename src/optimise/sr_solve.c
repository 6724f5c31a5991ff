#include "sr_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const struct {
  const char *name;
  rz_sr_solver *solve;
} solvers[] = {{"dense", rz_sr_dense}, {"kernel", rz_sr_kernel}, {"cg", rz_sr_cg}};

double rz_sr_added(const rz_sr_problem *p, int64_t k) {
  return p->o->shift + (p->o->scale > 0.0 ? p->o->scale * p->diagonal[k] : 0.0);
}

/* Flops in units of a large product's: a factorisation runs at 2/3 of its rate, thin products at 2/3 or less, and a
 * solve by cg takes some 200 of the latter, each twice through J. */
const char *rz_sr_choose(const rz_jacobian *j, int64_t n_row) {
  double pair = 0.0, product = 0.0;
  for (int k = 0; k < rz_jacobian_n_layer(j); k++) {
    const rz_layer *l = rz_jacobian_layer(j, k);
    const double t = l->n_share, width = l->d_out * (l->complex_weights ? 2.0 : 1.0);
    pair += fmin(t * t * (l->d_in + width), l->d_in * width);
    product += t * l->d_in * width;
  }
  const double n = (double)n_row, n_param = (double)rz_jacobian_n_param(j);
  const double dense = n * n_param * n_param + 0.5 * n_param * n_param * n_param;
  const double kernel = n * n * pair + 0.5 * n * n * n;
  const double cg = 200.0 * 1.5 * 4.0 * n * product;
  if (dense <= kernel && dense <= cg) return "dense";
  return kernel <= cg ? "kernel" : "cg";
}

static rz_err solver_number(const rz_sr_problem *p, int *number) {
  const char *name = p->o->solver;
  if (strcmp(name, "auto") == 0) {
    int64_t n_row = rz_jacobian_n_rows(p->j);
    RZ_TRY(rz_sum_i64(p->comm, 1, &n_row));
    name = rz_sr_choose(p->j, n_row);
  }
  for (int i = 0; i < (int)(sizeof solvers / sizeof solvers[0]); i++)
    if (strcmp(solvers[i].name, name) == 0) {
      *number = i;
      return RZ_OK;
    }
  RZ_FAIL(RZ_ERR_ARG, "no solver named '%s'", name);
}

rz_err rz_sr_diagonal(rz_sr_problem *p) {
  rz_err rc = RZ_NEW(p->n_param, &p->diagonal);
  if (rc == RZ_OK) rc = rz_jacobian_diagonal(p->j, p->diagonal);
  RZ_TRY(rz_agree(p->comm, rc));
  return rz_sum(p->comm, p->n_param, p->diagonal);
}

static rz_err all_finite(const rz_comm *comm, int64_t n, const double *x, const char *what) {
  rz_err rc = RZ_OK;
  for (int64_t k = 0; k < n && rc == RZ_OK; k++)
    if (!isfinite(x[k])) rc = rz_error_set(RZ_ERR_NUM, __FILE__, __LINE__, __func__, "%s is not finite", what);
  return rz_agree(comm, rc);
}

/* |(S + added) d - F| / |F|, and d^T S d, which the same products give. */
static rz_err residual(const rz_sr_problem *p, const double *d, rz_sr_result *result) {
  double *s_d = NULL, r2 = 0.0, f2 = 0.0;
  rz_err rc = RZ_NEW(p->n_param, &s_d);
  RZ_TRY_DONE(rc, rz_agree(p->comm, rc));
  RZ_TRY_DONE(rc, rz_metric(p->comm, p->j, d, s_d, &result->norm2));
  for (int64_t k = 0; k < p->n_param; k++) {
    const double r = s_d[k] + rz_sr_added(p, k) * d[k] - p->f[k];
    r2 += r * r;
    f2 += p->f[k] * p->f[k];
  }
  result->residual = f2 > 0.0 ? sqrt(r2 / f2) : 0.0;
done:
  rz_free(&s_d);
  return rc;
}

rz_err rz_sr_solve(const rz_sr_options *o, const rz_comm *comm, rz_jacobian *j, const double *e, const double *f,
                   double *d, rz_sr_result *result) {
  rz_sr_problem p = {.o = o, .comm = comm, .j = j, .n_param = rz_jacobian_n_param(j), .e = e, .f = f};
  int number = 0;
  rz_err rc = RZ_OK;
  *result = (rz_sr_result){0};
  RZ_CHECK(o->shift >= 0.0 && o->scale >= 0.0, RZ_ERR_ARG, "diag_shift = %g, diag_scale = %g", o->shift, o->scale);
  RZ_TRY_DONE(rc, solver_number(&p, &number));
  RZ_TRY_DONE(rc, all_finite(comm, p.n_param, f, "the force"));
  if (o->scale > 0.0) RZ_TRY_DONE(rc, rz_sr_diagonal(&p));
  result->solver = solvers[number].name;
  RZ_TRY_DONE(rc, solvers[number].solve(&p, d, result));
  RZ_TRY_DONE(rc, all_finite(comm, p.n_param, d, "the step"));
  RZ_TRY_DONE(rc, residual(&p, d, result));
done:
  rz_free(&p.diagonal);
  return rc;
}
