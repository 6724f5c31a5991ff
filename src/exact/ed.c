#include "ritz/exact/ed.h"
#include "ed_alone.h"
#include "ed_basis.h"
#include "ed_product.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

/* A sector of up to DENSE_AUTO states is solved whole; larger ones, up to DENSE_MANY, if many levels are wanted. */
enum { DENSE_AUTO = 256, DENSE_MANY = 4000 };

static const char *choose_solver(const rz_ed_spec *spec, int64_t dim) {
  if (spec->solver && strcmp(spec->solver, "auto") != 0) return spec->solver;
  if (dim <= DENSE_AUTO || (dim <= DENSE_MANY && spec->n_levels > dim / 8)) return "dense";
  return spec->n_levels == 1 ? "lanczos" : "slepc";
}

/* Levels asked for, or all there are. */
static int count_levels(const rz_ed_spec *spec, int64_t dim) {
  return spec->n_levels < dim ? spec->n_levels : (int)dim;
}

static rz_eigen_problem make_problem(const rz_ed_spec *spec, const rz_comm *comm, const rz_ed_product *product) {
  const int width = product->is_complex ? 2 : 1;
  return (rz_eigen_problem){
      .comm = comm,
      .n = product->dim * width,
      .paired = product->is_complex,
      .rows = {product->states.first * width, product->states.count * width},
      .apply = product->apply,
      .alloc = product->alloc,
      .release = product->release,
      .ctx = product->ctx,
      .n_wanted = count_levels(spec, product->dim),
      .tol = spec->tol > 0.0 ? spec->tol : 1e-12,
      .seed = spec->seed,
  };
}

/* Vectors from the rows of the product to those of rz_share; a real vector becomes a complex one. */
static rz_err take_vectors(const rz_comm *comm, rz_range rows, const rz_eigen_result *e, rz_ed_result *out) {
  const rz_range share = rz_share(out->dim, comm->rank, comm->size);
  const size_t elem = out->is_complex ? sizeof(double complex) : sizeof(double);
  const int64_t n = share.count * out->n_level, width = out->is_complex ? 2 : 1;
  RZ_TRY(rz_agree(comm, RZ_NEW(n, &out->vector)));
  out->bytes += n * (int64_t)sizeof *out->vector;
  for (int k = 0; k < out->n_level; k++) {
    double complex *const to = out->vector + k * share.count;
    RZ_TRY(rz_redistribute(comm, elem, rows, e->vector + k * rows.count * width, share, to));
    if (out->is_complex) continue;
    for (int64_t i = share.count - 1; i >= 0; i--) to[i] = ((const double *)to)[i]; /* in place, from behind */
  }
  return RZ_OK;
}

static rz_err take_result(const rz_ed_spec *spec, const rz_comm *comm, rz_range rows, rz_eigen_result *e,
                          rz_ed_result *out) {
  out->n_level = e->n_found;
  out->n_products = e->n_products;
  out->seconds_per_product = e->seconds_per_product;
  out->energy = e->value;
  out->residual = e->residual;
  e->value = NULL;
  e->residual = NULL;
  return spec->with_vectors ? take_vectors(comm, rows, e, out) : RZ_OK;
}

static rz_err solve(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_result *out) {
  rz_ed_product product;
  rz_eigen_result e = {0};
  rz_err rc = RZ_OK;
  memset(out, 0, sizeof *out);
  RZ_TRY(rz_ed_product_create(spec, comm, &product));
  const rz_eigen_problem p = make_problem(spec, comm, &product);
  out->dim = product.dim;
  out->product = product.name;
  out->is_complex = product.is_complex;
  out->solver = choose_solver(spec, out->dim);
  RZ_CHECK_DONE(rc, spec->n_levels >= 1, RZ_ERR_ARG, "%d levels asked of a sector of %lld states", spec->n_levels,
                (long long)out->dim);
  RZ_CHECK_DONE(rc, out->dim >= 1, RZ_ERR_ARG, "no state has these quantum numbers");
  const bool dense = strcmp(out->solver, "dense") == 0; /* without vectors it has no residuals */
  RZ_TRY_DONE(rc, rz_eigen_solve(out->solver, &p, spec->with_vectors || dense, &e));
  out->bytes = rz_ed_product_held(&product) + e.bytes;
  RZ_TRY_DONE(rc, take_result(spec, comm, product.states, &e, out));
done:
  rz_eigen_result_free(&e);
  rz_ed_product_free(&product);
  if (rc != RZ_OK) rz_ed_result_free(out);
  return rc;
}

rz_err rz_ed_solve(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_result *out) {
  return spec->on_one_rank && comm->size > 1 ? rz_ed_solve_on_one_rank(spec, solve, comm, out) : solve(spec, comm, out);
}

rz_err rz_ed_check(const rz_ed_spec *spec, int *n_element, bool *real) {
  rz_ed_operator *op = NULL;
  rz_ed_group *group = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_ed_operator_create(spec->op, &op));
  RZ_TRY_DONE(rc, rz_ed_group_create(spec, op, &group));
  *n_element = group->n;
  *real = op->real && group->real;
done:
  rz_ed_group_destroy(&group);
  rz_ed_operator_destroy(&op);
  return rc;
}

void rz_ed_result_free(rz_ed_result *r) {
  rz_free(&r->energy);
  rz_free(&r->residual);
  rz_free(&r->vector);
  memset(r, 0, sizeof *r);
}

rz_err rz_ed_spectrum(const rz_ed_spec *spec, const rz_comm *comm, int64_t *dim, double **energy) {
  rz_ed_product product;
  rz_eigen_result e = {0};
  rz_err rc = RZ_OK;
  *energy = NULL;
  RZ_TRY(rz_ed_product_create(spec, comm, &product));
  rz_eigen_problem p = make_problem(spec, comm, &product);
  *dim = product.dim;
  RZ_CHECK_DONE(rc, p.n <= RZ_EIGEN_DENSE_MAX, RZ_ERR_ARG,
                "the whole spectrum of %lld states is beyond the dense solver's order %d", (long long)*dim,
                (int)RZ_EIGEN_DENSE_MAX);
  p.n_wanted = (int)*dim;
  RZ_TRY_DONE(rc, rz_eigen_solve("dense", &p, false, &e));
  *energy = e.value;
  e.value = NULL;
done:
  rz_eigen_result_free(&e);
  rz_ed_product_free(&product);
  return rc;
}

/* psi_s = sum_a x_a sum_{g: g r_a = s} chi(g)* / sqrt(|G| |stabiliser of r_a|), or x itself without symmetries. */
static void spread(const rz_ed_basis *b, const double complex *x, double complex *psi) {
  const rz_ed_group *const g = b->group;
  uint64_t image[RZ_ED_MAX_ELEMENT];
  if (b->plain) {
    memcpy(psi, x, (size_t)b->dim * sizeof *psi);
    return;
  }
  memset(psi, 0, (size_t)b->sector.dim * sizeof *psi);
  for (int64_t a = 0; a < b->dim; a++) {
    rz_ed_group_images(g, b->state[a], image);
    const double complex c = x[a] / sqrt((double)g->n * b->stabiliser[a]);
    for (int k = 0; k < g->n; k++) psi[rz_sector_rank(&b->sector, image[k])] += conj(g->character[k]) * c;
  }
}

rz_err rz_ed_expand(const rz_ed_spec *spec, const rz_comm *comm, const rz_ed_result *r, int level, int64_t max_bytes,
                    rz_sector *sector, double complex **psi) {
  rz_ed_operator *op = NULL;
  rz_ed_basis *b = NULL;
  double complex *x = NULL;
  rz_err rc = RZ_OK;
  *psi = NULL;
  RZ_CHECK(r->vector && level >= 0 && level < r->n_level, RZ_ERR_ARG, "there is no vector of level %d", level);
  RZ_TRY(rz_sector_init(rz_operator_n_site(spec->op), spec->fixed_sz, spec->n_up, sector));
  const double bytes = ((double)sector->dim + (double)r->dim) * (double)sizeof **psi;
  RZ_CHECK(bytes <= (double)max_bytes, RZ_ERR_MEMORY,
           "a vector of %lld states needs %.3g bytes on each rank; allowed %lld", (long long)sector->dim, bytes,
           (long long)max_bytes);
  const int64_t n = rz_share(r->dim, comm->rank, comm->size).count;
  RZ_TRY_DONE(rc, rz_agree(comm, rz_ed_operator_create(spec->op, &op)));
  RZ_TRY_DONE(rc, rz_ed_basis_create(spec, op, comm, &b));
  RZ_CHECK_DONE(rc, b->dim == r->dim, RZ_ERR_ARG, "the result has %lld states, its sector %lld", (long long)r->dim,
                (long long)b->dim);
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(b->dim, &x)));
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(sector->dim, psi)));
  RZ_TRY_DONE(rc, rz_allgather(comm, n, sizeof *x, r->vector + level * n, x));
  spread(b, x, *psi);
done:
  rz_free(&x);
  rz_ed_basis_destroy(&b);
  rz_ed_operator_destroy(&op);
  if (rc != RZ_OK) rz_free(psi);
  return rc;
}

double rz_ed_memory(const rz_ed_spec *spec, double dim, int n_element, bool is_complex, int size) {
  const double width = is_complex ? 2.0 : 1.0, n = width * dim;
  const int64_t order = n < 9e18 ? (int64_t)n : INT64_MAX, states = dim < 9e18 ? (int64_t)dim : INT64_MAX;
  const int n_levels = count_levels(spec, states);
  const double solver =
      width * (double)rz_eigen_n_vectors(choose_solver(spec, states), order, n_levels, spec->with_vectors);
  if (spec->on_one_rank) size = 1;
  const double vectors = solver + (spec->with_vectors ? 2.0 * n_levels : 0.0); /* those of the result */
  return dim / size * sizeof(double) * vectors + rz_ed_product_bytes(spec, dim, n_element, is_complex, size);
}
