/* The preconditioner of conjugate gradients from a subset of the samples: each rank holds its own of them for the
 * products with J0, and the Cholesky factor of their kernel is spread over the ranks. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/solve/block_cyclic.h"
#include <float.h>
#include <math.h>

/* c: a subset's S is rougher than that of all samples, and a larger shift makes up for it. */
static const double SHIFT_FACTOR = 5.0;

struct rz_sr_subset {
  const rz_sr_problem *p;
  rz_comm grid; /* all ranks; this one alone if each holds the whole subset, for a Jacobian in blocks */
  int n_comp;
  rz_jacobian *mine;       /* this rank's samples of the subset */
  rz_sr_active active;     /* of mine: all of them */
  double shift;            /* c A, if it is one number and no column is scaled; else 1 */
  double *scale;           /* [n_param] sqrt(c A), or NULL */
  rz_block_cyclic *factor; /* of the kernel + shift */
  double *kernel_x;        /* [samples of all ranks, n_comp] */
  double *own;             /* [samples of mine, n_comp] */
  double *rows;            /* [rows of mine] */
  double *sum;             /* [n_param + 1] */
};

void rz_sr_subset_destroy(rz_sr_subset **sp) {
  rz_sr_subset *s = *sp;
  if (!s) return;
  rz_jacobian_destroy(&s->mine);
  rz_sr_active_free(&s->active);
  rz_block_cyclic_destroy(&s->factor);
  rz_free(&s->scale);
  rz_free(&s->kernel_x);
  rz_free(&s->own);
  rz_free(&s->rows);
  rz_free(&s->sum);
  rz_free(sp);
}

int64_t rz_sr_subset_place(int64_t t, int64_t n, int64_t n_total) {
  return (int64_t)((double)t * (double)n_total / (double)n);
}

/* This rank's samples of the subset, n of them over all ranks. */
static rz_err list_samples(const rz_sr_subset *s, const rz_sr_active *a, int64_t n, int64_t **sample, int64_t *count) {
  const int64_t begin = a->first[s->p->comm->rank], end = begin + a->n;
  RZ_TRY(RZ_NEW(a->n, sample));
  for (int64_t t = 0; t < n; t++) {
    const int64_t at = rz_sr_subset_place(t, n, a->n_total);
    if (at >= begin && at < end) (*sample)[(*count)++] = a->sample[at - begin];
  }
  return RZ_OK;
}

static rz_err copy_samples(const rz_jacobian *j, int64_t n, const int64_t *sample, rz_jacobian **out) {
  double *buffer = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n * rz_jacobian_pack_size(j), &buffer));
  RZ_TRY_DONE(rc, rz_jacobian_pack(j, n, sample, buffer));
  RZ_TRY_DONE(rc, rz_jacobian_like(j, n, out));
  RZ_TRY_DONE(rc, rz_jacobian_unpack(*out, n, buffer));
done:
  rz_free(&buffer);
  return rc;
}

/* Weights that sum to 1 over the subset. */
static rz_err normalise(rz_sr_subset *s) {
  const int64_t n = rz_jacobian_n(s->mine);
  double total = 0.0;
  for (int64_t i = 0; i < n; i++) total += rz_jacobian_weight(s->mine, i);
  RZ_TRY(rz_sum(&s->grid, 1, &total));
  for (int64_t i = 0; i < n; i++) rz_jacobian_weights(s->mine)[i] /= total;
  return RZ_OK;
}

static rz_err choose(rz_sr_subset *s, int64_t size) {
  const rz_comm *comm = s->p->comm;
  rz_sr_active all = {0};
  int64_t *sample = NULL, n = 0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_sr_active_init(&all, comm, s->p->j));
  RZ_TRY_DONE(rc, rz_agree(comm, list_samples(s, &all, all.n_total < size ? all.n_total : size, &sample, &n)));
  RZ_TRY_DONE(rc, rz_jacobian_in_blocks(s->p->j) ? rz_sr_gather(comm, s->p->j, n, sample, &s->mine)
                                                 : rz_agree(comm, copy_samples(s->p->j, n, sample, &s->mine)));
  RZ_TRY_DONE(rc, normalise(s));
  RZ_TRY_DONE(rc, rz_sr_active_init(&s->active, &s->grid, s->mine));
done:
  rz_free(&sample);
  rz_sr_active_free(&all);
  return rc;
}

static rz_err make_scale(rz_sr_subset *s) {
  s->shift = SHIFT_FACTOR * s->p->o->shift;
  if (s->p->o->scale == 0.0) return RZ_OK;
  s->shift = 1.0;
  RZ_TRY(RZ_NEW(s->p->n_param, &s->scale));
  for (int64_t k = 0; k < s->p->n_param; k++) s->scale[k] = sqrt(SHIFT_FACTOR * rz_sr_added(s->p, k));
  RZ_TRY(rz_jacobian_scale(s->mine, s->scale));
  return RZ_OK;
}

/* The inverse is what 1 / shift and a product of nearly that size leave: rounding, in proportion to the largest
 * eigenvalue of the kernel, must be far below the shift. The trace bounds that eigenvalue. */
static rz_err scalar_of(const rz_sr_subset *s, rz_scalar *scalar) {
  double trace = 0.0;
  rz_err rc = rz_jacobian_diagonal(s->mine, s->sum);
  for (int64_t k = 0; rc == RZ_OK && k < s->p->n_param; k++) trace += s->sum[k];
  RZ_TRY(rz_agree(s->p->comm, rc));
  RZ_TRY(rz_sum(&s->grid, 1, &trace));
  const bool single = s->shift >= (double)FLT_EPSILON * trace;
  if (rz_sr_holomorphic(s->mine))
    *scalar = single ? RZ_SINGLE_COMPLEX : RZ_DOUBLE_COMPLEX;
  else
    *scalar = single ? RZ_SINGLE : RZ_DOUBLE;
  return RZ_OK;
}

static rz_err factorise(rz_sr_subset *s) {
  const rz_comm *comm = &s->grid;
  const int64_t order = s->active.n_total * (rz_sr_holomorphic(s->mine) ? 1 : s->n_comp);
  rz_scalar scalar = RZ_DOUBLE;
  RZ_TRY(scalar_of(s, &scalar));
  RZ_TRY(rz_block_cyclic_create_of(comm, scalar, order, RZ_SR_BLOCK, &s->factor));
  RZ_TRY(rz_sr_fill_kernel(comm, s->mine, &s->active, s->shift, s->factor));
  RZ_TRY(rz_block_cyclic_factorise(s->factor));
  return RZ_OK;
}

static rz_err prepare(rz_sr_subset *s) {
  RZ_TRY(make_scale(s));
  RZ_TRY(RZ_NEW(s->active.n_total * s->n_comp, &s->kernel_x));
  RZ_TRY(RZ_NEW(rz_jacobian_n_rows(s->mine), &s->own));
  RZ_TRY(RZ_NEW(rz_jacobian_n_rows(s->mine), &s->rows));
  RZ_TRY(RZ_NEW(s->p->n_param + 1, &s->sum));
  return RZ_OK;
}

rz_err rz_sr_subset_create(const rz_sr_problem *p, int64_t size, rz_sr_subset **out) {
  rz_sr_subset *s = NULL;
  rz_err rc = RZ_NEW0(1, &s);
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(p->comm, rc));
  s->p = p;
  s->n_comp = rz_jacobian_n_comp(p->j);
  s->grid = *p->comm;
  if (rz_jacobian_in_blocks(p->j)) RZ_TRY_DONE(rc, rz_comm_wrap(MPI_COMM_SELF, &s->grid));
  RZ_TRY_DONE(rc, choose(s, size));
  RZ_TRY_DONE(rc, rz_agree(p->comm, prepare(s)));
  RZ_TRY_DONE(rc, rz_agree(p->comm, factorise(s)));
  *out = s;
done:
  if (rc != RZ_OK) rz_sr_subset_destroy(&s);
  return rc;
}

/* kernel_x = O x of all samples: rows [c, i] of mine in their places [i, c]. */
static rz_err project(rz_sr_subset *s, const double *x) {
  RZ_TRY(rz_agree(s->p->comm, rz_jacobian_apply(s->mine, x, s->rows)));
  rz_sr_active_take(&s->active, s->mine, s->rows, s->own);
  return rz_allgather(&s->grid, s->active.n, (size_t)s->n_comp * sizeof(double), s->own, s->kernel_x);
}

/* sum = O^T kernel_x over all ranks. */
static rz_err project_back(rz_sr_subset *s) {
  rz_sr_active_put(&s->active, s->mine, s->kernel_x + s->active.first[s->grid.rank] * s->n_comp, s->rows);
  RZ_TRY(rz_agree(s->p->comm, rz_jacobian_apply_t(s->mine, s->rows, s->sum)));
  return rz_sum(&s->grid, s->p->n_param, s->sum);
}

rz_err rz_sr_subset_apply(void *subset, const double *x, double *y) {
  rz_sr_subset *s = subset;
  for (int64_t k = 0; k < s->p->n_param; k++) y[k] = s->scale ? x[k] / s->scale[k] : x[k];
  RZ_TRY(project(s, y));
  RZ_TRY(rz_block_cyclic_substitute(s->factor, s->kernel_x));
  RZ_TRY(project_back(s));
  for (int64_t k = 0; k < s->p->n_param; k++) {
    y[k] = (y[k] - s->sum[k]) / s->shift;
    if (s->scale) y[k] /= s->scale[k];
  }
  return RZ_OK;
}
