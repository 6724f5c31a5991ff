/* Cholesky, and what to do when the matrix is not positive definite. */
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

rz_err rz_sr_factorise(const rz_comm *comm, const rz_comm *grid, int64_t n, rz_sr_fill *fill, void *ctx, double *b,
                       rz_sr_result *result) {
  rz_block_cyclic *m = NULL;
  double *rhs = NULL;
  rz_err rc = RZ_NEW(n, &rhs);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  memcpy(rhs, b, (size_t)n * sizeof *b);
  RZ_TRY_DONE(rc, rz_agree(comm, rz_block_cyclic_create(grid, n, RZ_SR_BLOCK, &m)));
  RZ_TRY_DONE(rc, fill(ctx, m));
  rc = rz_agree(comm, rz_block_cyclic_cholesky_solve(m, b));
  if (rc == RZ_ERR_NUM) {
    rz_error_clear();
    memcpy(b, rhs, (size_t)n * sizeof *b);
    RZ_TRY_DONE(rc, fill(ctx, m));
    RZ_TRY_DONE(rc, check_finite(comm, m));
    RZ_TRY_DONE(rc, rz_agree(comm, rz_block_cyclic_eigen_solve(m, cutoff, b)));
    result->solver = "eigen";
    result->fell_back = 1;
  }
  RZ_TRY_DONE(rc, rc);
done:
  rz_block_cyclic_destroy(&m);
  rz_free(&rhs);
  return rc;
}
