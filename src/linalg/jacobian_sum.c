/* Sums over the samples of all ranks. Without blocks every rank adds up its own samples and MPI the ranks. With blocks
 * every call of BLAS sees the samples of one block, and the blocks are summed by a fixed tree: no bit depends on which
 * rank holds which block. */
#include "jacobian_impl.h"

#include "ritz/core/memory.h"
#include <string.h>

rz_err rz_jacobian_set_blocks(rz_jacobian *j, const rz_comm *comm, int64_t block) {
  RZ_CHECK(block >= 1, RZ_ERR_ARG, "blocks of %lld samples", (long long)block);
  rz_tree_destroy(&j->tree);
  j->block = block;
  return rz_tree_create(comm, (j->n + block - 1) / block, &j->tree);
}

bool rz_jacobian_in_blocks(const rz_jacobian *j) { return j->tree != NULL; }

/* Some consecutive samples of a Jacobian, as one. Borrows everything but the list of layers. */
typedef struct view {
  rz_jacobian j;
  rz_layer *layer; /* [n_layer] */
} view;

static rz_err view_init(view *v, const rz_jacobian *all) {
  v->j = *all;
  v->j.layer = NULL;
  v->j.tree = NULL;
  v->j.dots = NULL;
  v->j.factors = NULL;
  v->j.inputs = NULL;
  v->layer = NULL;
  RZ_TRY(RZ_NEW(all->n_layer, &v->layer));
  RZ_TRY(RZ_NEW(all->n_layer, &v->j.layer));
  for (int k = 0; k < all->n_layer; k++) v->j.layer[k] = &v->layer[k];
  return RZ_OK;
}

static void view_free(view *v) {
  rz_free(&v->layer);
  rz_free(&v->j.layer);
}

static double *from(double *x, int64_t n) { return x ? x + n : NULL; }

static void view_move(view *v, const rz_jacobian *all, int64_t first) {
  v->j.n = all->n - first < all->block ? all->n - first : all->block;
  v->j.weight = all->weight + first;
  v->j.panel = from(all->panel, first * all->n_param);
  for (int k = 0; k < all->n_layer; k++) {
    rz_layer *l = &v->layer[k];
    *l = *all->layer[k];
    const int64_t n_d = (int64_t)l->n_share * l->d_out;
    l->x = from(l->x, first * l->n_x);
    l->d_re = from(l->d_re, first * n_d);
    l->d_im = from(l->d_im, first * n_d);
  }
}

static rz_err add_blocks(const rz_jacobian *j, int64_t n, rz_jacobian_term *term, const void *ctx) {
  view v;
  rz_err rc = view_init(&v, j);
  if (rc == RZ_OK) rc = rz_tree_begin(j->tree, n);
  for (int64_t first = 0; rc == RZ_OK && first < j->n; first += j->block) {
    view_move(&v, j, first);
    rc = term(&v.j, j, first, ctx, rz_tree_item(j->tree));
  }
  view_free(&v);
  return rc;
}

rz_err rz_jacobian_sum(const rz_jacobian *j, const rz_comm *comm, rz_err rc, int64_t n, rz_jacobian_term *term,
                       const void *ctx, double *out) {
  if (rc == RZ_OK) rc = j->tree ? add_blocks(j, n, term, ctx) : term(j, j, 0, ctx, out);
  RZ_TRY(rz_agree(comm, rc));
  return j->tree ? rz_tree_end(j->tree, out) : rz_sum(comm, n, out);
}

/* --- The sums ----------------------------------------------------------------------------------------------------- */

static rz_err transposed(const rz_jacobian *j, const rz_jacobian *all, int64_t first, const void *ctx, double *out) {
  const double *rows = ctx;
  double *u = NULL;
  rz_err rc = RZ_OK;
  if (j == all) return rz_jacobian_apply_t(j, rows, out);
  RZ_TRY(RZ_NEW(j->n_comp * j->n, &u));
  for (int c = 0; c < j->n_comp; c++) memcpy(u + c * j->n, rows + c * all->n + first, (size_t)j->n * sizeof *u);
  rc = rz_jacobian_apply_t(j, u, out);
  rz_free(&u);
  return rc;
}

rz_err rz_jacobian_sum_t(const rz_jacobian *j, const rz_comm *comm, rz_err rc, const double *u, double *g) {
  return rz_jacobian_sum(j, comm, rc, j->n_param, transposed, u, g);
}

static rz_err diagonal(const rz_jacobian *j, const rz_jacobian *all, int64_t first, const void *ctx, double *out) {
  (void)all, (void)first, (void)ctx;
  return rz_jacobian_diagonal(j, out);
}

rz_err rz_jacobian_sum_diagonal(const rz_jacobian *j, const rz_comm *comm, rz_err rc, double *out) {
  return rz_jacobian_sum(j, comm, rc, j->n_param, diagonal, NULL, out);
}

static rz_err squares(const rz_jacobian *j, const rz_jacobian *all, int64_t first, const void *ctx, double *out) {
  const double *rows = ctx;
  *out = 0.0;
  for (int c = 0; c < j->n_comp; c++)
    for (int64_t i = 0; i < j->n; i++) {
      const double t = rows[c * all->n + first + i];
      *out += j->weight[i] * t * t;
    }
  return RZ_OK;
}

rz_err rz_jacobian_sum_squares(const rz_jacobian *j, const rz_comm *comm, rz_err rc, const double *t, double *out) {
  return rz_jacobian_sum(j, comm, rc, 1, squares, t, out);
}

static rz_err metric(const rz_jacobian *j, const rz_jacobian *all, int64_t first, const void *ctx, double *out) {
  (void)all, (void)first;
  return rz_jacobian_metric(j, ctx, out);
}

rz_err rz_jacobian_sum_metric(const rz_jacobian *j, const rz_comm *comm, const double *v, double *g) {
  if (j->tree) return rz_jacobian_sum(j, comm, RZ_OK, j->n_param, metric, v, g);
  const rz_err rc = rz_jacobian_metric(j, v, g);
  g[j->n_param] =
      rc == RZ_OK ? 0.0 : 1.0; /* a failure travels with the sum: agreement costs nothing while all is well */
  RZ_TRY(rz_sum(comm, j->n_param + 1, g));
  return g[j->n_param] == 0.0 ? RZ_OK : rz_agree(comm, rc);
}
