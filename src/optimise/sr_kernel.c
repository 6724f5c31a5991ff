/* T = W^(1/2) J J^T W^(1/2) + shift, block-cyclic over the rows of J. Row g = s n_comp + c belongs to component c of
 * the s-th sample with a weight, counted over all ranks in rank order, so that a block of T is made of whole samples.
 * Each rank receives the samples of its rows of T and those of its columns, and fills its part of T by Gram blocks. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

typedef struct kernel {
  const rz_sr_problem *p;
  rz_sr_active active;
  int n_comp;
  double shift;
  double *u; /* [rows of J] */
  double *t; /* [n_param] */
} kernel;

static void kernel_free(kernel *k) {
  rz_sr_active_free(&k->active);
  rz_free(&k->u);
  rz_free(&k->t);
}

static rz_err kernel_init(kernel *k) {
  const rz_jacobian *j = k->p->j;
  k->n_comp = rz_jacobian_n_comp(j);
  rz_err rc = RZ_NEW0(rz_jacobian_n_rows(j), &k->u);
  if (rc == RZ_OK) rc = RZ_NEW(k->p->n_param, &k->t);
  RZ_TRY(rz_agree(k->p->comm, rc));
  RZ_TRY(rz_sr_active_init(&k->active, k->p->comm, j));
  return RZ_OK;
}

rz_err rz_sr_fill_kernel(const rz_comm *comm, rz_jacobian *j, const rz_sr_active *active, double shift,
                         rz_block_cyclic *m) {
  if (rz_jacobian_in_blocks(j)) return rz_sr_fill_kernel_alike(comm, j, active, shift, m);
  rz_sr_side rows = {0}, cols = {0};
  const bool alone = comm->size == 1;
  rz_err rc = RZ_OK;
  if (alone && active->n == rz_jacobian_n(j))
    RZ_TRY_DONE(rc, rz_sr_side_of(j, &rows));
  else
    RZ_TRY_DONE(rc, rz_sr_side_receive(comm, j, active, m, false, &rows));
  if (!alone) RZ_TRY_DONE(rc, rz_sr_side_receive(comm, j, active, m, true, &cols));
  RZ_TRY_DONE(rc, rz_agree(comm, rz_sr_fill_tiles(&rows, alone ? &rows : &cols, (rz_sr_part){0, 1}, m)));
  rz_block_cyclic_shift(m, shift);
done:
  rz_sr_side_free(&rows);
  rz_sr_side_free(&cols);
  return rc;
}

static rz_err fill(void *ctx, rz_block_cyclic *m) {
  const kernel *k = ctx;
  return rz_sr_fill_kernel(k->p->comm, k->p->j, &k->active, k->shift, m);
}

/* b[g] = sqrt(w) e of all ranks. */
static rz_err right_side(const kernel *k, double **b) {
  const int64_t n_all = k->active.n_total * k->n_comp;
  RZ_TRY(rz_agree(k->p->comm, RZ_NEW0(n_all, b)));
  rz_sr_active_take(&k->active, k->p->j, k->p->e, *b + k->active.first[k->p->comm->rank] * k->n_comp);
  return rz_sum(k->p->comm, n_all, *b);
}

/* t = J^T W^(1/2) x over all ranks. */
static rz_err apply_t(const kernel *k, const double *x, double *t) {
  rz_sr_active_put(&k->active, k->p->j, x + k->active.first[k->p->comm->rank] * k->n_comp, k->u);
  return rz_jacobian_sum_t(k->p->j, k->p->comm, RZ_OK, k->u, t);
}

/* y = T x + shift x. */
static rz_err apply(void *ctx, const double *x, double *y) {
  const kernel *k = ctx;
  const rz_jacobian *j = k->p->j;
  const int64_t n_all = k->active.n_total * k->n_comp;
  RZ_TRY(apply_t(k, x, k->t));
  RZ_TRY(rz_agree(k->p->comm, rz_jacobian_apply(j, k->t, k->u)));
  memset(y, 0, (size_t)n_all * sizeof *y);
  rz_sr_active_take(&k->active, j, k->u, y + k->active.first[k->p->comm->rank] * k->n_comp);
  /* Samples without a weight: 0 again for the next product, whatever their rows are. */
  for (int64_t r = 0; r < rz_jacobian_n_rows(j); r++) k->u[r] = 0.0;
  RZ_TRY(rz_sum(k->p->comm, n_all, y));
  for (int64_t i = 0; i < n_all; i++) y[i] += k->shift * x[i];
  return RZ_OK;
}

/* d = J^T W^(1/2) x, divided by the column scales once more. */
static rz_err back(const kernel *k, const double *x, const double *scale, double *d) {
  RZ_TRY(apply_t(k, x, d));
  for (int64_t i = 0; scale && i < k->p->n_param; i++) d[i] /= scale[i];
  return RZ_OK;
}

/* With s_k = sqrt(shift + scale S_kk), (S + s^2) d = F becomes (S' + 1)(s d) = F' for the columns J_k / s_k. A column
 * of zeros stays one under any scale. */
static rz_err scale_columns(kernel *k, double **scale) {
  if (k->p->o->scale == 0.0) return RZ_OK;
  rz_err rc = RZ_NEW(k->p->n_param, scale);
  for (int64_t i = 0; rc == RZ_OK && i < k->p->n_param; i++) {
    const double added = rz_sr_added(k->p, i);
    (*scale)[i] = added > 0.0 ? sqrt(added) : 1.0;
  }
  if (rc == RZ_OK) rc = rz_jacobian_scale(k->p->j, *scale);
  k->shift = 1.0;
  return rz_agree(k->p->comm, rc);
}

rz_err rz_sr_kernel(rz_sr_problem *p, double *d, rz_sr_result *result) {
  kernel k = {.p = p, .shift = p->o->shift};
  const bool alike = rz_jacobian_in_blocks(p->j); /* then T is solved on every rank */
  rz_comm grid = *p->comm;
  double *b = NULL, *scale = NULL;
  rz_err rc = RZ_OK;
  if (alike) RZ_TRY(rz_comm_wrap(MPI_COMM_SELF, &grid));
  RZ_TRY_DONE(rc, scale_columns(&k, &scale));
  RZ_TRY_DONE(rc, kernel_init(&k));
  RZ_CHECK_DONE(rc, k.active.n_total > 0, RZ_ERR_NUM, "no sample has a weight");
  RZ_TRY_DONE(rc, right_side(&k, &b));
  const rz_sr_system system = {
      .n = k.active.n_total * k.n_comp, .hermitian = rz_sr_holomorphic(p->j), .fill = fill, .apply = apply, .ctx = &k};
  RZ_TRY_DONE(rc, rz_sr_factorise(p, &grid, &system, b, result));
  if (alike) RZ_TRY_DONE(rc, rz_bcast(p->comm, 0, system.n * (int64_t)sizeof *b, b));
  RZ_TRY_DONE(rc, back(&k, b, scale, d));
done:
  (void)rz_jacobian_scale(p->j, NULL);
  rz_free(&scale);
  rz_free(&b);
  kernel_free(&k);
  return rc;
}
