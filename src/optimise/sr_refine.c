/* Iterative refinement: x <- x + M^-1 (b - A x) with a factor M of A rounded to single precision. Every step divides
 * the error by about 1e7 / condition. The error is measured in the norm of A, where |A^-1 r|_A^2 = r . A^-1 r is at
 * hand: for the kernel it bounds the error of d = J^T W^(1/2) x. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const double WANTED = 1e-12;     /* relative error */
static const double FLOOR = 1e-10;      /* below this an error that no longer falls is rounding in A x */
static const double CONTRACTION = 0.25; /* a worse one says that M is not A in single precision any more */
enum { MOST = 20 };

static double dot(int64_t n, const double *a, const double *b) {
  double s = 0.0;
  for (int64_t i = 0; i < n; i++) s += a[i] * b[i];
  return s;
}

/* c = M^-1 r for r of any size: scaled, so that nothing is lost below the range of single precision. */
static rz_err correct(const rz_block_cyclic *factor, int64_t n, const double *r, double *c) {
  double most = 0.0;
  for (int64_t i = 0; i < n; i++) most = fmax(most, fabs(r[i]));
  if (most == 0.0) most = 1.0;
  for (int64_t i = 0; i < n; i++) c[i] = r[i] / most;
  RZ_TRY(rz_block_cyclic_substitute(factor, c));
  for (int64_t i = 0; i < n; i++) c[i] *= most;
  return RZ_OK;
}

static rz_err residual(const rz_sr_system *s, const double *b, const double *x, double *r) {
  RZ_TRY(s->apply(s->ctx, x, r));
  for (int64_t i = 0; i < s->n; i++) r[i] = b[i] - r[i];
  return RZ_OK;
}

static rz_err refine(const rz_comm *comm, const rz_sr_system *s, const rz_block_cyclic *factor, const double *b,
                     double *x, double *r, double *c, int *refinements) {
  double first = 0.0, last = 0.0;
  memset(x, 0, (size_t)s->n * sizeof *x);
  memcpy(r, b, (size_t)s->n * sizeof *r);
  for (int i = 0; i < MOST; i++) {
    RZ_TRY(rz_agree(comm, correct(factor, s->n, r, c)));
    const double error = sqrt(dot(s->n, r, c)), rate = i > 0 ? error / last : 1.0;
    *refinements = i + 1;
    RZ_CHECK(isfinite(error), RZ_ERR_NUM, "the factor in single precision is not positive definite");
    if (i == 0) first = error;
    const bool falls = i == 0 || rate <= CONTRACTION;
    RZ_CHECK(falls || error <= FLOOR * first, RZ_ERR_NUM,
             "refinement of the single-precision factor: errors fall by no more than %g per step", rate);
    for (int64_t k = 0; k < s->n; k++) x[k] += c[k];
    if (!falls || rate * error <= WANTED * first) return RZ_OK;
    last = error;
    RZ_TRY(residual(s, b, x, r));
  }
  RZ_FAIL(RZ_ERR_NUM, "refinement of the single-precision factor: %d steps are not enough", (int)MOST);
}

rz_err rz_sr_refine(const rz_comm *comm, const rz_sr_system *system, const rz_block_cyclic *factor, const double *b,
                    double *x, int *refinements) {
  double *r = NULL, *c = NULL;
  rz_err rc = RZ_NEW(system->n, &r);
  if (rc == RZ_OK) rc = RZ_NEW(system->n, &c);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  rc = refine(comm, system, factor, b, x, r, c, refinements);
done:
  rz_free(&r);
  rz_free(&c);
  return rc;
}
