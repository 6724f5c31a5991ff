/* The ladder of factorisations: single precision with refinement, double precision, eigenvectors. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* Eigenvalues below this fraction of the largest are noise of the products that made the matrix. */
static const double cutoff = 1e-10;

static rz_err check_finite(const rz_comm *comm, rz_block_cyclic *m) {
  int64_t n_row = 0, n_col = 0, bad = 0;
  const int64_t *row = rz_block_cyclic_rows(m, &n_row), *col = rz_block_cyclic_cols(m, &n_col);
  for (int64_t k = 0; k < n_col; k++)
    for (int64_t i = 0; i < n_row; i++)
      bad += row[i] >= col[k] && !isfinite(rz_block_cyclic_data(m)[i + k * rz_block_cyclic_ld(m)]);
  RZ_TRY(rz_sum_i64(comm, 1, &bad));
  RZ_CHECK(bad == 0, RZ_ERR_NUM, "%lld entries of the metric are not finite", (long long)bad);
  return RZ_OK;
}

/* A filled matrix of a scalar; complex ones have half the order. */
static rz_err make(const rz_comm *comm, const rz_comm *grid, const rz_sr_system *s, rz_scalar scalar,
                   rz_block_cyclic **m) {
  const bool pairs = scalar == RZ_DOUBLE_COMPLEX || scalar == RZ_SINGLE_COMPLEX;
  RZ_TRY(rz_agree(comm, rz_block_cyclic_create_of(grid, scalar, pairs ? s->n / 2 : s->n, RZ_SR_BLOCK, m)));
  RZ_TRY(s->fill(s->ctx, *m));
  return RZ_OK;
}

static rz_err by_single(const rz_comm *comm, const rz_comm *grid, const rz_sr_system *s, const double *b, double *x,
                        int *refinements) {
  rz_block_cyclic *m = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, make(comm, grid, s, s->hermitian ? RZ_SINGLE_COMPLEX : RZ_SINGLE, &m));
  rc = rz_agree(comm, rz_block_cyclic_factorise(m));
  if (rc == RZ_OK) rc = rz_sr_refine(comm, s, m, b, x, refinements);
done:
  rz_block_cyclic_destroy(&m);
  return rc;
}

static rz_err by_double(const rz_comm *comm, const rz_comm *grid, const rz_sr_system *s, const double *b, double *x) {
  rz_block_cyclic *m = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, make(comm, grid, s, s->hermitian ? RZ_DOUBLE_COMPLEX : RZ_DOUBLE, &m));
  memcpy(x, b, (size_t)s->n * sizeof *x);
  rc = rz_agree(comm, rz_block_cyclic_cholesky_solve(m, x));
done:
  rz_block_cyclic_destroy(&m);
  return rc;
}

static rz_err by_eigenvectors(const rz_comm *comm, const rz_comm *grid, const rz_sr_system *s, const double *b,
                              double *x) {
  rz_block_cyclic *m = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, make(comm, grid, s, RZ_DOUBLE, &m));
  RZ_TRY_DONE(rc, rz_agree(comm, check_finite(grid, m)));
  memcpy(x, b, (size_t)s->n * sizeof *x);
  RZ_TRY_DONE(rc, rz_agree(comm, rz_block_cyclic_eigen_solve(m, cutoff, x)));
done:
  rz_block_cyclic_destroy(&m);
  return rc;
}

/* A failure that the next method down may mend. */
static bool may_go_on(rz_err rc) {
  if (rc == RZ_ERR_NUM) rz_error_clear();
  return rc == RZ_ERR_NUM;
}

rz_err rz_sr_factorise(const rz_sr_problem *p, const rz_comm *grid, const rz_sr_system *system, double *b,
                       rz_sr_result *result) {
  double *x = NULL;
  rz_err rc = RZ_NEW(system->n, &x);
  RZ_TRY_DONE(rc, rz_agree(p->comm, rc));
  result->precision = "double";
  rc = RZ_ERR_NUM;
  if (system->apply && rz_sr_wants_mixed(p->o, p->j, (double)system->n)) {
    rc = by_single(p->comm, grid, system, b, x, &result->refinements);
    if (rc == RZ_OK) result->precision = "mixed";
    if (rc != RZ_OK && !may_go_on(rc)) goto done;
  }
  if (rc != RZ_OK) rc = by_double(p->comm, grid, system, b, x);
  if (rc != RZ_OK && may_go_on(rc)) {
    rc = by_eigenvectors(p->comm, grid, system, b, x);
    result->solver = "eigen";
    result->fell_back = 1;
  }
  RZ_TRY_DONE(rc, rc);
  memcpy(b, x, (size_t)system->n * sizeof *b);
done:
  rz_free(&x);
  return rc;
}
