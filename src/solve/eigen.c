/* The table of eigensolvers, and what every one of them must deliver: vectors of a fixed phase and residuals computed
 * from the result itself. */
#include "eigen_impl.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const rz_eigensolver_class *const registry[] = {&rz_eigensolver_lanczos, &rz_eigensolver_slepc,
                                                       &rz_eigensolver_dense};

const rz_eigensolver_class *const *rz_eigensolver_registry(int *n) {
  *n = (int)(sizeof registry / sizeof registry[0]);
  return registry;
}

double rz_eigen_random(uint64_t seed, int64_t row, int draw) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_SOLVER, (uint64_t)row);
  if (draw > 0) rz_rng_seek(&rng, 2 * (uint64_t)draw);
  return rz_rng_uniform(&rng) - 0.5;
}

rz_err rz_eigen_product(const rz_eigen_problem *p, const double *x, double c, double *y, rz_eigen_result *r) {
  const double t0 = rz_wall_time();
  RZ_TRY(p->apply(p->ctx, x, c, y));
  r->seconds_per_product += rz_wall_time() - t0; /* a sum until rz_eigen_solve divides it */
  r->n_products++;
  return RZ_OK;
}

rz_err rz_eigen_apply(const rz_eigen_problem *p, const double *x, double *y, rz_eigen_result *r) {
  return rz_agree(p->comm, rz_eigen_product(p, x, 0.0, y, r));
}

rz_err rz_eigen_vectors_create(const rz_eigen_problem *p, int64_t count, double **vectors) {
  if (p->alloc) return p->alloc(p->ctx, count, vectors);
  return rz_agree(p->comm, RZ_NEW(count * p->rows.count, vectors));
}

void rz_eigen_vectors_destroy(const rz_eigen_problem *p, double **vectors) {
  if (p->release)
    p->release(p->ctx, vectors);
  else
    rz_free(vectors);
}

/* Multiply by the phase that makes the product with a random vector positive. Not with the start of the search: further
 * copies of a degenerate level are orthogonal to it. */
static rz_err fix_phase(const rz_eigen_problem *p, const double *random, double *x) {
  const int64_t rows = p->rows.count;
  double c[2];
  RZ_TRY(rz_eigen_dot(p, random, x, c));
  const double size = hypot(c[0], c[1]);
  if (size <= 0.0) return RZ_OK;
  const double re = c[0] / size, im = -c[1] / size;
  if (!p->paired)
    for (int64_t i = 0; i < rows; i++) x[i] *= re;
  else
    for (int64_t i = 0; i < rows; i += 2) {
      const double a = x[i], b = x[i + 1];
      x[i] = a * re - b * im;
      x[i + 1] = a * im + b * re;
    }
  return RZ_OK;
}

static rz_err normalise(const rz_eigen_problem *p, double *x) {
  double c[2];
  RZ_TRY(rz_eigen_dot(p, x, x, c));
  rz_eigen_scale(p->rows.count, 1.0 / sqrt(c[0]), x);
  return RZ_OK;
}

/* Values as Rayleigh quotients and residuals from the vectors; refuses what is not an eigenpair. work [2, rows]. */
static rz_err verify(const rz_eigen_problem *p, double *work, rz_eigen_result *r) {
  const int64_t rows = p->rows.count, first = p->rows.first;
  double *const random = work, *const y = work + rows, c[2];
  for (int64_t i = 0; i < rows; i++) random[i] = rz_eigen_random(p->seed, first + i, RZ_EIGEN_PHASE_DRAW);
  RZ_TRY(rz_eigen_apply(p, random, y, r));
  RZ_TRY(rz_eigen_dot(p, y, y, c));
  double scale = c[0];
  RZ_TRY(rz_eigen_dot(p, random, random, c));
  scale = sqrt(scale / c[0]);
  for (int k = 0; k < r->n_found; k++) {
    double *const x = r->vector + k * rows;
    RZ_TRY(fix_phase(p, random, x));
    RZ_TRY(normalise(p, x));
    RZ_TRY(rz_eigen_apply(p, x, y, r));
    RZ_TRY(rz_eigen_dot(p, x, y, c));
    RZ_CHECK(isfinite(c[0]), RZ_ERR_NUM, "level %d of the operator is not finite", k);
    r->value[k] = c[0];
    c[0] = -c[0];
    c[1] = 0.0;
    rz_eigen_axpy(p->paired, rows, c, x, y);
    RZ_TRY(rz_eigen_dot(p, y, y, c));
    r->residual[k] = sqrt(c[0]);
    const double allowed = fmax(20 * p->tol, 1e4 * DBL_EPSILON) * fmax(fabs(r->value[k]), scale);
    RZ_CHECK(r->residual[k] <= allowed, RZ_ERR_NUM, "level %d is not an eigenpair: residual %.3g, allowed %.3g", k,
             r->residual[k], allowed);
  }
  return RZ_OK;
}

/* Rayleigh quotients may swap the order of levels that agree to rounding. swap [rows]. */
static void sort_pairs(const rz_eigen_problem *p, double *swap, rz_eigen_result *r) {
  const int64_t rows = p->rows.count;
  for (int k = 1; k < r->n_found; k++)
    for (int j = k; j > 0 && r->value[j] < r->value[j - 1]; j--) {
      const double value = r->value[j], residual = r->residual[j];
      double *const a = r->vector + (j - 1) * rows, *const b = r->vector + j * rows;
      const size_t size = (size_t)rows * sizeof *a;
      r->value[j] = r->value[j - 1];
      r->residual[j] = r->residual[j - 1];
      r->value[j - 1] = value;
      r->residual[j - 1] = residual;
      memcpy(swap, a, size);
      memcpy(a, b, size);
      memcpy(b, swap, size);
    }
}

static const rz_eigensolver_class *find_solver(const char *name) {
  int n = 0;
  const rz_eigensolver_class *const *const all = rz_eigensolver_registry(&n);
  for (int i = 0; i < n; i++)
    if (strcmp(all[i]->name, name) == 0) return all[i];
  return NULL;
}

int64_t rz_eigen_n_vectors(const char *solver, int64_t n, int n_wanted, bool with_vectors) {
  const rz_eigensolver_class *const cls = find_solver(solver);
  return cls ? cls->n_vectors(n, n_wanted, with_vectors) : 0;
}

static rz_err check_problem(const char *solver, const rz_eigen_problem *p, const rz_eigensolver_class **cls) {
  *cls = find_solver(solver);
  RZ_CHECK(*cls, RZ_ERR_ARG, "there is no eigensolver '%s'", solver);
  RZ_CHECK(p->n >= 1, RZ_ERR_ARG, "the order %lld of the operator must be positive", (long long)p->n);
  RZ_CHECK(!p->paired || p->n % 2 == 0, RZ_ERR_ARG, "a paired operator has an even order, not %lld", (long long)p->n);
  const int64_t order = p->paired ? p->n / 2 : p->n;
  RZ_CHECK(p->n_wanted >= 1 && p->n_wanted <= order, RZ_ERR_ARG, "%d levels asked of an operator of order %lld",
           p->n_wanted, (long long)order);
  RZ_CHECK(p->tol > 0.0 && p->tol < 1.0, RZ_ERR_ARG, "tolerance %g must lie between 0 and 1", p->tol);
  return RZ_OK;
}

static rz_err check_rows(const rz_eigen_problem *p, int64_t before, int64_t total) {
  const rz_range r = p->rows;
  RZ_CHECK(total == p->n && r.count >= 0 && r.first == before, RZ_ERR_ARG,
           "rows %lld to %lld of rank %d must follow the %lld of the ranks before it, all together %lld, not %lld",
           (long long)r.first, (long long)(r.first + r.count), p->comm->rank, (long long)before, (long long)p->n,
           (long long)total);
  RZ_CHECK(!p->paired || r.count % 2 == 0, RZ_ERR_ARG, "the %lld rows of rank %d split a pair", (long long)r.count,
           p->comm->rank);
  return RZ_OK;
}

/* The rows of every rank: rz_share if no rank names any, else as they are named. */
static rz_err settle_rows(rz_eigen_problem *p) {
  const int64_t unit = p->paired ? 2 : 1;
  int64_t end = 0, total = p->rows.count;
  RZ_TRY(rz_sum_i64(p->comm, 1, &total));
  if (total == 0) {
    const rz_range share = rz_share(p->n / unit, p->comm->rank, p->comm->size);
    p->rows = (rz_range){share.first * unit, share.count * unit};
    return RZ_OK;
  }
  RZ_MPI(MPI_Scan(&p->rows.count, &end, 1, MPI_INT64_T, MPI_SUM, p->comm->mpi));
  return rz_agree(p->comm, check_rows(p, end - p->rows.count, total));
}

rz_err rz_eigen_solve(const char *solver, const rz_eigen_problem *problem, bool with_vectors, rz_eigen_result *out) {
  const rz_eigensolver_class *cls = NULL;
  rz_eigen_problem settled = *problem;
  const rz_eigen_problem *const p = &settled;
  double *work = NULL;
  rz_err rc = RZ_OK;
  memset(out, 0, sizeof *out);
  RZ_TRY(check_problem(solver, p, &cls));
  RZ_TRY(settle_rows(&settled));
  RZ_TRY_DONE(rc, cls->solve(p, with_vectors, out));
  if (out->vector) {
    RZ_TRY_DONE(rc, rz_agree(p->comm, RZ_NEW(2 * p->rows.count, &work)));
    RZ_TRY_DONE(rc, verify(p, work, out));
    sort_pairs(p, work, out);
  }
  if (!with_vectors) rz_free(&out->vector);
  if (out->n_products > 0) out->seconds_per_product /= out->n_products;
done:
  rz_free(&work);
  if (rc != RZ_OK) rz_eigen_result_free(out);
  return rc;
}

void rz_eigen_result_free(rz_eigen_result *r) {
  rz_free(&r->value);
  rz_free(&r->residual);
  rz_free(&r->vector);
  memset(r, 0, sizeof *r);
}
