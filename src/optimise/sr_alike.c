/* Matrices that are the same to the last bit on any number of ranks, each of which holds all of them. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <string.h>

rz_err rz_sr_gather(const rz_comm *comm, const rz_jacobian *j, int64_t n, const int64_t *sample, rz_jacobian **out) {
  const int64_t size = rz_jacobian_pack_size(j);
  double *mine = NULL, *all = NULL;
  int64_t n_all = n;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY(rz_sum_i64(comm, 1, &n_all));
  rc = RZ_NEW(n * size, &mine);
  if (rc == RZ_OK) rc = RZ_NEW(n_all * size, &all);
  if (rc == RZ_OK) rc = rz_jacobian_pack(j, n, sample, mine);
  if (rc == RZ_OK) rc = rz_jacobian_like(j, n_all, out);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, rz_allgather(comm, n, (size_t)size * sizeof *mine, mine, all));
  rz_free(&mine);
  RZ_TRY_DONE(rc, rz_agree(comm, rz_jacobian_unpack(*out, n_all, all)));
done:
  if (rc != RZ_OK) rz_jacobian_destroy(out);
  rz_free(&all);
  rz_free(&mine);
  return rc;
}

rz_err rz_sr_fill_kernel_alike(const rz_comm *comm, rz_jacobian *j, const rz_sr_active *active, double shift,
                               rz_block_cyclic *m) {
  const rz_sr_part part = {comm->rank, comm->size};
  rz_jacobian *all = NULL;
  rz_sr_side side = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_sr_gather(comm, j, active->n, active->sample, &all));
  rz_block_cyclic_clear(m);
  rc = rz_sr_side_of(all, &side);
  if (rc == RZ_OK) rc = rz_sr_fill_tiles(&side, &side, part, m);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, rz_block_cyclic_merge(comm, m));
  rz_block_cyclic_shift(m, shift);
done:
  rz_sr_side_free(&side);
  rz_jacobian_destroy(&all);
  return rc;
}

/* --- dense -------------------------------------------------------------------------------------------------------- */

/* m += rows^T rows, this rank's groups of columns of the lower triangle; rows [n_row, order of m]. */
static void add_rows(rz_sr_part part, int64_t n_param, int64_t n_row, const double *rows, rz_block_cyclic *m) {
  const int64_t group = RZ_SR_BLOCK, ld = rz_block_cyclic_ld(m);
  for (int64_t k = part.number * group; k < n_param; k += part.of * group)
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)(n_param - k),
                (int)(n_param - k < group ? n_param - k : group), (int)n_row, 1.0, rows + k, (int)n_param, rows + k,
                (int)n_param, 1.0, rz_block_cyclic_data(m) + k + k * ld, (int)ld);
}

/* The samples first .. first + n - 1 of all ranks, added to m. own [n]: room for the numbers of those of this rank;
 * rows [n_comp, n, n_param]. */
static rz_err add_batch(const rz_sr_problem *p, int64_t before, int64_t first, int64_t n, int64_t *own, double *rows,
                        rz_block_cyclic *m) {
  const rz_sr_part part = {p->comm->rank, p->comm->size};
  int64_t n_own = 0;
  rz_jacobian *batch = NULL;
  rz_err rc = RZ_OK;
  for (int64_t i = first; i < first + n; i++)
    if (i >= before && i < before + rz_jacobian_n(p->j)) own[n_own++] = i - before;
  RZ_TRY_DONE(rc, rz_sr_gather(p->comm, p->j, n_own, own, &batch));
  RZ_TRY_DONE(rc, rz_agree(p->comm, rz_sr_weighted_rows(batch, 0, n, rows)));
  add_rows(part, p->n_param, n * rz_jacobian_n_comp(batch), rows, m);
done:
  rz_jacobian_destroy(&batch);
  return rc;
}

rz_err rz_sr_fill_dense_alike(const rz_sr_problem *p, rz_block_cyclic *m) {
  const int n_comp = rz_jacobian_n_comp(p->j);
  const int64_t most = rz_sr_batch(n_comp, p->n_param, INT64_MAX);
  int64_t *n_of = NULL, *own = NULL, before = 0, n = 0;
  double *rows = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_sr_counts(p->comm, rz_jacobian_n(p->j), &n_of));
  for (int q = 0; q < p->comm->size; q++) {
    if (q == p->comm->rank) before = n;
    n += n_of[q];
  }
  rc = RZ_NEW(most, &own);
  if (rc == RZ_OK) rc = RZ_NEW(n_comp * most * p->n_param, &rows);
  RZ_TRY_DONE(rc, rz_agree(p->comm, rc));
  for (int64_t i = 0; i < n; i += most)
    RZ_TRY_DONE(rc, add_batch(p, before, i, n - i < most ? n - i : most, own, rows, m));
  RZ_TRY_DONE(rc, rz_block_cyclic_merge(p->comm, m));
done:
  rz_free(&rows);
  rz_free(&own);
  rz_free(&n_of);
  return rc;
}
