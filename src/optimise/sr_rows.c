/* Weighted rows: forces and the metric, by products with J alone. */
#include "ritz/core/memory.h"
#include "ritz/optimise/sr.h"

/* u = W e; rows of weight 0 are 0 even where e is not a number. u may be e. */
static void weigh(const rz_jacobian *j, const double *e, double *u) {
  const int64_t n = rz_jacobian_n(j);
  for (int c = 0; c < rz_jacobian_n_comp(j); c++)
    for (int64_t i = 0; i < n; i++) {
      const double w = rz_jacobian_weight(j, i);
      u[c * n + i] = w > 0.0 ? w * e[c * n + i] : 0.0;
    }
}

rz_err rz_forces(const rz_comm *comm, const rz_jacobian *j, const double *e, double *f) {
  double *u = NULL;
  rz_err rc = RZ_NEW(rz_jacobian_n_rows(j), &u);
  if (rc == RZ_OK) weigh(j, e, u);
  rc = rz_jacobian_sum_t(j, comm, rc, u, f);
  rz_free(&u);
  return rc;
}

rz_err rz_metric(const rz_comm *comm, const rz_jacobian *j, const double *d, double *s_d, double *norm2) {
  double *t = NULL;
  rz_err rc = RZ_NEW(rz_jacobian_n_rows(j), &t);
  if (rc == RZ_OK) rc = rz_jacobian_apply(j, d, t);
  RZ_TRY_DONE(rc, rz_jacobian_sum_squares(j, comm, rc, t, norm2));
  if (!s_d) goto done;
  weigh(j, t, t);
  RZ_TRY_DONE(rc, rz_jacobian_sum_t(j, comm, RZ_OK, t, s_d));
done:
  rz_free(&t);
  return rc;
}
