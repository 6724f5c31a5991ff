#include "fit_data.h"

#include "ritz/core/memory.h"
#include <math.h>

/* A block should make a tall matrix: twice as many rows as parameters, and some hundred. */
static int64_t block_states(const rz_law *l) {
  const int64_t dim = 2 * l->n_degree, p = l->params.n;
  return ((p < 128 ? 256 : 2 * p) + dim - 1) / dim;
}

static rz_err check_finite(int64_t n, int dim, const double *x, const char *what) {
  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < dim; k++)
      RZ_CHECK(isfinite(x[i * dim + k]), RZ_ERR_INPUT, "component %d of %s %lld is %g", k + 1, what, (long long)i + 1,
               x[i * dim + k]);
  return RZ_OK;
}

static rz_err move(rz_fit_data *f, rz_range from, const double *x, rz_range to, double *out) {
  return rz_redistribute(f->comm, sizeof(double) * (size_t)f->dim, from, x, to, out);
}

rz_err rz_fit_data_create(const rz_law *l, const rz_comm *comm, int64_t n, const double *x, const double *y,
                          rz_fit_data *out) {
  *out = (rz_fit_data){.comm = comm, .dim = 2 * l->n_degree, .block = block_states(l)};
  int64_t *n_of = NULL;
  rz_range from = {0, n};
  rz_err rc = RZ_NEW(comm->size, &n_of);
  if (rc == RZ_OK) rc = check_finite(n, out->dim, x, "state");
  if (rc == RZ_OK) rc = check_finite(n, out->dim, y, "target");
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, rz_allgather(comm, 1, sizeof n, &n, n_of));
  for (int q = 0; q < comm->size; q++) {
    if (q < comm->rank) from.first += n_of[q];
    out->n_total += n_of[q];
  }
  const rz_range to = rz_share_blocks(out->n_total, out->block, comm->rank, comm->size);
  out->n = to.count;
  rc = RZ_NEW(out->n * out->dim, &out->x);
  if (rc == RZ_OK) rc = RZ_NEW(out->n * out->dim, &out->y);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, move(out, from, x, to, out->x));
  RZ_TRY_DONE(rc, move(out, from, y, to, out->y));
done:
  rz_free(&n_of);
  if (rc != RZ_OK) rz_fit_data_destroy(out);
  return rc;
}

void rz_fit_data_destroy(rz_fit_data *f) {
  rz_free(&f->x);
  rz_free(&f->y);
}

int64_t rz_fit_n_block(const rz_fit_data *f) { return (f->n + f->block - 1) / f->block; }

rz_range rz_fit_block(const rz_fit_data *f, int64_t i) {
  const int64_t first = i * f->block, left = f->n - first;
  return (rz_range){first, left < f->block ? left : f->block};
}
