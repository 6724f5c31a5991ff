/* The preconditioner of conjugate gradients from a subset of the samples. Every rank holds the factors of all of them
 * and the Cholesky factor of their kernel; products with J0 run over the rank's own samples. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/solve/block_cyclic.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* c: a subset's S is rougher than that of all samples, and a larger shift makes up for it. */
static const double SHIFT_FACTOR = 5.0;

struct rz_sr_subset {
  const rz_sr_problem *p;
  int n_comp;
  int64_t n, first;        /* samples in all, and before this rank's */
  rz_jacobian *all, *mine; /* of the subset; on one rank the same object */
  double shift;            /* c A, if it is one number and no column is scaled; else 1 */
  double *scale;           /* [n_param] sqrt(c A), or NULL */
  rz_block_cyclic *factor; /* of the kernel + shift */
  double *kernel_x;        /* [n, n_comp] */
  double *own;             /* [samples of mine, n_comp] */
  double *rows;            /* [rows of mine] */
  double *sum;             /* [n_param + 1] */
};

void rz_sr_subset_destroy(rz_sr_subset **sp) {
  rz_sr_subset *s = *sp;
  if (!s) return;
  if (s->mine != s->all) rz_jacobian_destroy(&s->mine);
  rz_jacobian_destroy(&s->all);
  rz_block_cyclic_destroy(&s->factor);
  rz_free(&s->scale);
  rz_free(&s->kernel_x);
  rz_free(&s->own);
  rz_free(&s->rows);
  rz_free(&s->sum);
  rz_free(sp);
}

/* Sample t of n is number t n_total / n of the samples with a weight. */
static int64_t place(int64_t t, int64_t n, int64_t n_total) {
  return (int64_t)((double)t * (double)n_total / (double)n);
}

/* This rank's samples of the subset, packed. */
static rz_err pick(rz_sr_subset *s, const rz_sr_active *a, double **buffer, int64_t *count) {
  const int me = s->p->comm->rank;
  const int64_t begin = a->first[me], end = begin + a->n, size = rz_jacobian_pack_size(s->p->j);
  int64_t most = 0;
  *count = 0;
  for (int64_t t = 0; t < s->n; t++) most += place(t, s->n, a->n_total) >= begin && place(t, s->n, a->n_total) < end;
  RZ_TRY(RZ_NEW(most * size, buffer));
  for (int64_t t = 0; t < s->n; t++) {
    const int64_t at = place(t, s->n, a->n_total);
    if (at < begin) s->first++;
    if (at < begin || at >= end) continue;
    RZ_TRY(rz_jacobian_pack(s->p->j, 1, &a->sample[at - begin], *buffer + (*count)++ * size));
  }
  return RZ_OK;
}

static rz_err gather(const rz_comm *comm, int64_t size, int64_t count, const double *mine, double **all, int64_t n) {
  RZ_TRY(rz_agree(comm, RZ_NEW(n * size, all)));
  return rz_allgather(comm, count, (size_t)size * sizeof(double), mine, *all);
}

/* Both Jacobians; weights of the subset sum to 1 over it. */
static rz_err unpack(rz_sr_subset *s, int64_t count, const double *all) {
  const int64_t size = rz_jacobian_pack_size(s->p->j);
  double total = 0.0;
  RZ_TRY(rz_jacobian_like(s->p->j, s->n, &s->all));
  RZ_TRY(rz_jacobian_unpack(s->all, s->n, all));
  for (int64_t i = 0; i < s->n; i++) total += rz_jacobian_weight(s->all, i);
  for (int64_t i = 0; i < s->n; i++) rz_jacobian_weights(s->all)[i] /= total;
  s->mine = s->all;
  if (count == s->n) return RZ_OK;
  s->mine = NULL;
  RZ_TRY(rz_jacobian_like(s->p->j, count, &s->mine));
  RZ_TRY(rz_jacobian_unpack(s->mine, count, all + s->first * size));
  for (int64_t i = 0; i < count; i++) rz_jacobian_weights(s->mine)[i] /= total;
  return RZ_OK;
}

static rz_err share(rz_sr_subset *s, const rz_sr_active *a) {
  const rz_comm *comm = s->p->comm;
  double *mine = NULL, *all = NULL;
  int64_t count = 0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, pick(s, a, &mine, &count)));
  RZ_TRY_DONE(rc, gather(comm, rz_jacobian_pack_size(s->p->j), count, mine, &all, s->n));
  RZ_TRY_DONE(rc, rz_agree(comm, unpack(s, count, all)));
done:
  rz_free(&mine);
  rz_free(&all);
  return rc;
}

static rz_err make_scale(rz_sr_subset *s) {
  s->shift = SHIFT_FACTOR * s->p->o->shift;
  if (s->p->o->scale == 0.0) return RZ_OK;
  s->shift = 1.0;
  RZ_TRY(RZ_NEW(s->p->n_param, &s->scale));
  for (int64_t k = 0; k < s->p->n_param; k++) s->scale[k] = sqrt(SHIFT_FACTOR * rz_sr_added(s->p, k));
  RZ_TRY(rz_jacobian_scale(s->all, s->scale));
  if (s->mine != s->all) RZ_TRY(rz_jacobian_scale(s->mine, s->scale));
  return RZ_OK;
}

/* The inverse is what 1 / shift and a product of nearly that size leave: rounding, in proportion to the largest
 * eigenvalue of the kernel, must be far below the shift. The trace bounds that eigenvalue. */
static rz_err scalar_of(const rz_sr_subset *s, rz_scalar *scalar) {
  double *diagonal = NULL, trace = 0.0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(s->p->n_param, &diagonal));
  RZ_TRY_DONE(rc, rz_jacobian_diagonal(s->all, diagonal));
  for (int64_t k = 0; k < s->p->n_param; k++) trace += diagonal[k];
  const bool single = s->shift >= (double)FLT_EPSILON * trace;
  if (rz_sr_holomorphic(s->all))
    *scalar = single ? RZ_SINGLE_COMPLEX : RZ_DOUBLE_COMPLEX;
  else
    *scalar = single ? RZ_SINGLE : RZ_DOUBLE;
done:
  rz_free(&diagonal);
  return rc;
}

static rz_err factorise(rz_sr_subset *s) {
  const int64_t order = rz_sr_holomorphic(s->all) ? s->n : s->n * s->n_comp;
  rz_scalar scalar = RZ_DOUBLE;
  rz_sr_side side = {0};
  rz_comm self;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_comm_wrap(MPI_COMM_SELF, &self));
  RZ_TRY_DONE(rc, scalar_of(s, &scalar));
  RZ_TRY_DONE(rc, rz_block_cyclic_create_of(&self, scalar, order, RZ_SR_BLOCK, &s->factor));
  RZ_TRY_DONE(rc, rz_sr_side_of(s->all, &side));
  RZ_TRY_DONE(rc, rz_sr_fill_tiles(&side, &side, s->shift, s->factor));
  RZ_TRY_DONE(rc, rz_block_cyclic_factorise(s->factor));
done:
  rz_sr_side_free(&side);
  return rc;
}

static rz_err prepare(rz_sr_subset *s) {
  RZ_TRY(make_scale(s));
  RZ_TRY(factorise(s));
  RZ_TRY(RZ_NEW(s->n * s->n_comp, &s->kernel_x));
  RZ_TRY(RZ_NEW(rz_jacobian_n_rows(s->mine), &s->own));
  RZ_TRY(RZ_NEW(rz_jacobian_n_rows(s->mine), &s->rows));
  RZ_TRY(RZ_NEW(s->p->n_param + 1, &s->sum));
  return RZ_OK;
}

rz_err rz_sr_subset_create(const rz_sr_problem *p, int64_t size, rz_sr_subset **out) {
  rz_sr_subset *s = NULL;
  rz_sr_active active = {0};
  rz_err rc = RZ_NEW0(1, &s);
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(p->comm, rc));
  RZ_TRY_DONE(rc, rz_sr_active_init(&active, p->comm, p->j));
  s->p = p;
  s->n_comp = rz_jacobian_n_comp(p->j);
  s->n = active.n_total < size ? active.n_total : size;
  RZ_TRY_DONE(rc, share(s, &active));
  RZ_TRY_DONE(rc, rz_agree(p->comm, prepare(s)));
  *out = s;
done:
  rz_sr_active_free(&active);
  if (rc != RZ_OK) rz_sr_subset_destroy(&s);
  return rc;
}

/* kernel_x = O x of all samples: rows [c, i] of mine in their places [i, c]. */
static rz_err project(rz_sr_subset *s, const double *x) {
  const int64_t n = rz_jacobian_n(s->mine), n_comp = s->n_comp;
  RZ_TRY(rz_agree(s->p->comm, rz_jacobian_apply(s->mine, x, s->rows)));
  for (int64_t i = 0; i < n; i++)
    for (int64_t c = 0; c < n_comp; c++)
      s->own[i * n_comp + c] = sqrt(rz_jacobian_weight(s->mine, i)) * s->rows[c * n + i];
  return rz_allgather(s->p->comm, n, (size_t)n_comp * sizeof(double), s->own, s->kernel_x);
}

/* sum = O^T kernel_x over all ranks. */
static rz_err project_back(rz_sr_subset *s) {
  const int64_t n = rz_jacobian_n(s->mine), n_comp = s->n_comp;
  const double *own = s->kernel_x + s->first * n_comp;
  for (int64_t i = 0; i < n; i++)
    for (int64_t c = 0; c < n_comp; c++)
      s->rows[c * n + i] = sqrt(rz_jacobian_weight(s->mine, i)) * own[i * n_comp + c];
  RZ_TRY(rz_agree(s->p->comm, rz_jacobian_apply_t(s->mine, s->rows, s->sum)));
  return rz_sum(s->p->comm, s->p->n_param, s->sum);
}

rz_err rz_sr_subset_apply(void *subset, const double *x, double *y) {
  rz_sr_subset *s = subset;
  for (int64_t k = 0; k < s->p->n_param; k++) y[k] = s->scale ? x[k] / s->scale[k] : x[k];
  RZ_TRY(project(s, y));
  RZ_TRY(rz_agree(s->p->comm, rz_block_cyclic_substitute(s->factor, s->kernel_x)));
  RZ_TRY(project_back(s));
  for (int64_t k = 0; k < s->p->n_param; k++) {
    y[k] = (y[k] - s->sum[k]) / s->shift;
    if (s->scale) y[k] /= s->scale[k];
  }
  return RZ_OK;
}
