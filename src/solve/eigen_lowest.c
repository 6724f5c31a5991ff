/* The lowest level from two vectors: v_(j+1) beta_(j+1) = A v_j - alpha_j v_j - beta_j v_(j-1), whose tridiagonal
 * matrix T has the level as its lowest eigenvalue. Nothing is orthogonalised: rounding brings further copies of
 * converged levels into T (C. C. Paige, J. Inst. Math. Appl. 18, 341 (1976)), but no lower value, and the search ends
 * when the lowest has converged. The eigenvector is summed up in a second run of the same recurrence.
 *
 * The product adds A v_j to the multiple of v_(j-1), which needs no room of its own so; alpha_j is taken from the sum,
 * which keeps neighbours orthogonal best (C. C. Paige, J. Inst. Math. Appl. 10, 373 (1972)). Vectors stay unnormalised,
 * u_j = beta_j v_j, to spare a pass. alpha and beta are real for a Hermitian operator too, and its real form has the
 * same recurrence: pairs need no care here. */
#include "eigen_lanczos.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"

#include <math.h>
#include <string.h>

typedef struct recurrence {
  const rz_eigen_problem *p;
  rz_eigen_result *r;
  double *vectors;      /* [2, rows]: of the product, side by side */
  double *u, *other;    /* [rows]: u_j; u_(j-1), from which u_(j+1) is made */
  int64_t n, room;      /* elements of T: alpha_0 .. alpha_(n-1), beta_0 .. beta_n */
  double *alpha, *beta; /* beta_0: of the start vector, no element of T */
  double *work;         /* [4 room]: T, its levels and a vector */
  int64_t m;            /* order of the T that was last examined */
  double *z;            /* [m]: vector of its lowest level, in work */
  double value, residual;
} recurrence;

/* Room for one more element and the beta behind it; arrays grow by doubling. */
static rz_err grow(recurrence *t) {
  if (t->n + 1 < t->room) return RZ_OK;
  const int64_t room = t->room > 0 ? 2 * t->room : 256;
  double *alpha = NULL, *beta = NULL, *work = NULL;
  rz_err rc = RZ_NEW(room, &alpha);
  if (rc == RZ_OK) rc = RZ_NEW(room, &beta);
  if (rc == RZ_OK) rc = RZ_NEW(4 * room, &work);
  RZ_TRY_DONE(rc, rz_agree(t->p->comm, rc));
  if (t->n > 0) memcpy(alpha, t->alpha, (size_t)t->n * sizeof *alpha);
  if (t->room > 0) memcpy(beta, t->beta, (size_t)(t->n + 1) * sizeof *beta);
  rz_free(&t->alpha);
  rz_free(&t->beta);
  rz_free(&t->work);
  t->alpha = alpha;
  t->beta = beta;
  t->work = work;
  t->room = room;
  return RZ_OK;
done:
  rz_free(&alpha);
  rz_free(&beta);
  rz_free(&work);
  return rc;
}

/* A u_j less the part along u_(j-1), in place of the latter. This rank's error. */
static rz_err multiply(recurrence *t, int64_t j) {
  const double c = j > 0 ? -t->beta[j] * t->beta[j] / t->beta[j - 1] : 0.0;
  return rz_eigen_product(t->p, t->u, c, t->other, t->r);
}

/* u_(j+1) from that by alpha_j. Returns this rank's part of its square. */
static double advance(recurrence *t, int64_t j) {
  const double beta = t->beta[j];
  const double square = rz_eigen_recur(t->p->rows.count, 1.0 / beta, t->alpha[j] / beta, t->u, t->other);
  double *const last = t->u;
  t->u = t->other;
  t->other = last;
  return square;
}

/* beta_j from this rank's part of |u_j|^2. */
static rz_err set_beta(recurrence *t, int64_t j, double square) {
  RZ_TRY(rz_sum(t->p->comm, 1, &square));
  RZ_CHECK(isfinite(square), RZ_ERR_NUM, "the operator has elements that are not finite");
  t->beta[j] = sqrt(square);
  return RZ_OK;
}

static rz_err start(recurrence *t) {
  RZ_TRY(grow(t));
  rz_eigen_fill_random(t->p, 0, t->u);
  return set_beta(t, 0, rz_eigen_dot_local(t->p->rows.count, t->u, t->u));
}

/* The next alpha and the beta behind it. */
static rz_err step(recurrence *t) {
  const int64_t j = t->n;
  RZ_TRY(grow(t));
  const rz_err rc = multiply(t, j);
  double sum[2] = {rz_eigen_dot_local(t->p->rows.count, t->u, t->other), rc != RZ_OK};
  RZ_TRY(rz_sum(t->p->comm, 2, sum));
  if (sum[1] > 0.0) return rz_agree(t->p->comm, rc);
  t->alpha[t->n++] = sum[0] / (t->beta[j] * t->beta[j]);
  return set_beta(t, j + 1, advance(t, j));
}

/* The lowest level of T of order m; its vector is left in t->z. */
static rz_err examine(recurrence *t, int64_t m) {
  const lapack_int n = (lapack_int)m;
  double *const d = t->work, *const e = d + t->room, *const level = e + t->room;
  lapack_int found = 0, support[2];
  t->z = level + t->room;
  memcpy(d, t->alpha, (size_t)m * sizeof *d);
  memcpy(e, t->beta + 1, (size_t)(m - 1) * sizeof *e);
  RZ_LAPACK(LAPACKE_dstevr(LAPACK_COL_MAJOR, 'V', 'I', n, d, e, 0.0, 0.0, 1, 1, 0.0, &found, level, t->z, n, support));
  t->m = m;
  t->value = level[0];
  t->residual = t->beta[m] * fabs(t->z[m - 1]);
  return RZ_OK;
}

/* A value is better than its residual r: by r / gap, but the gap that T shows says nothing. Two levels closer than r
 * are one in T as yet, and its value is a mean of theirs, off by as much as r. So a value alone is let off a digit. */
static bool has_converged(const recurrence *t, bool with_vector) {
  const double tol = (with_vector ? 1.0 : 10.0) * t->p->tol,
               size = fmax(fabs(t->value), hypot(t->alpha[0], t->beta[1]));
  return t->residual <= tol * size;
}

/* Build T until its lowest level has converged. */
static rz_err find_level(recurrence *t, bool with_vector) {
  const int64_t limit = t->p->max_products > 0 ? t->p->max_products : 20000;
  RZ_TRY(start(t));
  for (;;) {
    RZ_TRY(step(t));
    if (t->n < 256 || t->n % 8 == 0 || t->beta[t->n] <= 0.0) {
      RZ_TRY(examine(t, t->n));
      if (has_converged(t, with_vector)) return RZ_OK;
    }
    RZ_CHECK(t->n < limit, RZ_ERR_NUM,
             "the lowest level has not converged to %.1e within %lld products: raise the limit or the tolerance",
             t->p->tol, (long long)limit);
  }
}

/* x = sum_j z_j v_j by the same recurrence. */
static rz_err sum_vector(recurrence *t, double *x) {
  const int64_t rows = t->p->rows.count;
  memset(x, 0, (size_t)rows * sizeof *x);
  rz_eigen_fill_random(t->p, 0, t->u);
  for (int64_t j = 0; j < t->m; j++) {
    const double c[2] = {t->z[j] / t->beta[j], 0.0};
    rz_eigen_axpy(false, rows, c, t->u, x);
    if (j + 1 == t->m) break;
    RZ_TRY(rz_agree(t->p->comm, multiply(t, j)));
    (void)advance(t, j);
  }
  return RZ_OK;
}

static rz_err allocate(recurrence *t, bool with_vector) {
  const int64_t rows = t->p->rows.count;
  RZ_TRY(RZ_NEW(1, &t->r->value));
  RZ_TRY(RZ_NEW(1, &t->r->residual));
  return with_vector ? RZ_NEW(rows, &t->r->vector) : RZ_OK;
}

rz_err rz_lanczos_lowest(const rz_eigen_problem *p, bool with_vector, rz_eigen_result *out) {
  recurrence t = {.p = p, .r = out};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(p->comm, allocate(&t, with_vector)));
  RZ_TRY_DONE(rc, rz_eigen_vectors_create(p, 2, &t.vectors));
  t.u = t.vectors;
  t.other = t.vectors + p->rows.count;
  RZ_TRY_DONE(rc, find_level(&t, with_vector));
  if (with_vector) RZ_TRY_DONE(rc, sum_vector(&t, out->vector));
  out->n_found = 1;
  out->value[0] = t.value;
  out->residual[0] = t.residual;
done:
  rz_eigen_vectors_destroy(p, &t.vectors);
  rz_free(&t.alpha);
  rz_free(&t.beta);
  rz_free(&t.work);
  return rc;
}
