#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/optimise/sr_cost.h"
#include <math.h>
#include <string.h>

static rz_sr_solver *const solvers[RZ_SR_N_SOLVER] = {
    [RZ_SR_DENSE] = rz_sr_dense, [RZ_SR_KERNEL] = rz_sr_kernel, [RZ_SR_CG] = rz_sr_cg};

double rz_sr_added(const rz_sr_problem *p, int64_t k) {
  return p->o->shift + (p->o->scale > 0.0 ? p->o->scale * p->diagonal[k] : 0.0);
}

static rz_err solver_number(const rz_sr_problem *p, int *number) {
  const char *name = p->o->solver;
  if (strcmp(name, "auto") == 0) {
    double seconds[RZ_SR_N_SOLVER];
    int64_t n = rz_jacobian_n(p->j);
    RZ_TRY(rz_sum_i64(p->comm, 1, &n));
    rz_sr_costs(p->o, &rz_sr_reference_rates, p->j, n, 1, seconds);
    *number = rz_sr_cheapest(seconds);
    return RZ_OK;
  }
  for (*number = 0; *number < RZ_SR_N_SOLVER; ++*number)
    if (strcmp(rz_sr_solver_name[*number], name) == 0) return RZ_OK;
  RZ_FAIL(RZ_ERR_ARG, "no solver named '%s'", name);
}

rz_err rz_sr_diagonal(rz_sr_problem *p) {
  rz_err rc = RZ_NEW(p->n_param, &p->diagonal);
  return rz_jacobian_sum_diagonal(p->j, p->comm, rc, p->diagonal);
}

static rz_err all_finite(const rz_comm *comm, int64_t n, const double *x, const char *what) {
  rz_err rc = RZ_OK;
  for (int64_t k = 0; k < n && rc == RZ_OK; k++)
    if (!isfinite(x[k])) rc = rz_error_set(RZ_ERR_NUM, __FILE__, __LINE__, __func__, "%s is not finite", what);
  return rz_agree(comm, rc);
}

/* d^T S d. Where d solves the equation, it says what S d is; a pseudo-inverse does not. */
static rz_err norm2(const rz_sr_problem *p, const double *d, rz_sr_result *result) {
  if (result->fell_back) return rz_metric(p->comm, p->j, d, NULL, &result->norm2);
  double sum = 0.0;
  for (int64_t k = 0; k < p->n_param; k++) sum += d[k] * (p->f[k] - rz_sr_added(p, k) * d[k]);
  result->norm2 = fmax(0.0, sum);
  return RZ_OK;
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
  result->solver = rz_sr_solver_name[number];
  RZ_TRY_DONE(rc, solvers[number](&p, d, result));
  RZ_TRY_DONE(rc, all_finite(comm, p.n_param, d, "the step"));
  RZ_TRY_DONE(rc, norm2(&p, d, result));
done:
  rz_free(&p.diagonal);
  return rc;
}

rz_err rz_sr_residual(const rz_sr_options *o, const rz_comm *comm, rz_jacobian *j, const double *f, const double *d,
                      double *out) {
  rz_sr_problem p = {.o = o, .comm = comm, .j = j, .n_param = rz_jacobian_n_param(j), .f = f};
  double *s_d = NULL, r2 = 0.0, f2 = 0.0, d_s_d;
  rz_err rc = RZ_NEW(p.n_param, &s_d);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  if (o->scale > 0.0) RZ_TRY_DONE(rc, rz_sr_diagonal(&p));
  RZ_TRY_DONE(rc, rz_metric(comm, j, d, s_d, &d_s_d));
  for (int64_t k = 0; k < p.n_param; k++) {
    const double r = s_d[k] + rz_sr_added(&p, k) * d[k] - f[k];
    r2 += r * r;
    f2 += f[k] * f[k];
  }
  *out = f2 > 0.0 ? sqrt(r2 / f2) : 0.0;
done:
  rz_free(&p.diagonal);
  rz_free(&s_d);
  return rc;
}
