/* Layout of a block-cyclic matrix, Cholesky, and vectors to and from it. On one rank it is a plain column-major matrix
 * for LAPACK, which is 1.5 times faster than ScaLAPACK there. */
#include "block_cyclic_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "scalapack.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

int64_t rz_cyclic_count(rz_cyclic s) {
  int64_t m = 0;
  for (int64_t first = (int64_t)s.p * s.nb; s.p >= 0 && first < s.n; first += (int64_t)s.n_p * s.nb)
    m += s.n - first < s.nb ? s.n - first : s.nb;
  return m;
}

static rz_err list_indices(rz_cyclic s, int64_t **index, int64_t *count) {
  *count = rz_cyclic_count(s);
  RZ_TRY(RZ_NEW(*count, index));
  int64_t m = 0;
  for (int64_t first = (int64_t)s.p * s.nb; m < *count; first += (int64_t)s.n_p * s.nb)
    for (int64_t i = first; i < first + s.nb && i < s.n; i++) (*index)[m++] = i;
  return RZ_OK;
}

static bool inside(const rz_block_cyclic *m, int rank) { return rank < m->n_row * m->n_col; }

rz_cyclic rz_block_cyclic_row_set(const rz_block_cyclic *m, int rank) {
  return (rz_cyclic){.n = m->n, .nb = m->nb, .p = inside(m, rank) ? rank / m->n_col : -1, .n_p = m->n_row};
}

rz_cyclic rz_block_cyclic_col_set(const rz_block_cyclic *m, int rank) {
  return (rz_cyclic){.n = m->n, .nb = m->nb, .p = inside(m, rank) ? rank % m->n_col : -1, .n_p = m->n_col};
}

/* 1 x size up to three ranks (best for the lower Cholesky), near-square beyond; what is left over stays idle. */
static void choose_grid(int size, int *n_row, int *n_col) {
  *n_row = size <= 3 ? 1 : (int)floor(sqrt((double)size));
  *n_col = size / *n_row;
}

/* Collective: every rank of comm takes part, also those outside the grid. */
static void open_grid(rz_block_cyclic *m) {
  m->handle = Csys2blacs_handle(m->comm.mpi);
  m->context = m->handle;
  Cblacs_gridinit(&m->context, "R", m->n_row, m->n_col);
  m->has_grid = true;
}

static void describe(rz_block_cyclic *m) {
  const int desc[9] = {1, m->context, (int)m->n, (int)m->n, m->nb, m->nb, 0, 0, (int)m->ld};
  memcpy(m->desc, desc, sizeof desc);
}

static rz_err allocate(rz_block_cyclic *m) {
  const rz_cyclic row = rz_block_cyclic_row_set(m, m->comm.rank), col = rz_block_cyclic_col_set(m, m->comm.rank);
  m->my_row = row.p;
  m->my_col = col.p;
  RZ_TRY(list_indices(row, &m->row, &m->n_local_row));
  RZ_TRY(list_indices(col, &m->col, &m->n_local_col));
  m->ld = m->n_local_row > 1 ? m->n_local_row : 1;
  RZ_TRY(RZ_NEW0(m->ld * m->n_local_col, &m->data));
  return RZ_OK;
}

rz_err rz_block_cyclic_create(const rz_comm *comm, int64_t n, int nb, rz_block_cyclic **out) {
  rz_block_cyclic *m = NULL;
  *out = NULL;
  RZ_CHECK(n >= 0 && n <= INT_MAX / 8 && nb >= 1, RZ_ERR_ARG, "a matrix of order %lld in blocks of %d", (long long)n,
           nb);
  rz_err rc = RZ_NEW0(1, &m);
  if (rc == RZ_OK) {
    m->comm = *comm;
    m->n = n;
    m->nb = nb;
    choose_grid(comm->size, &m->n_row, &m->n_col);
    rc = allocate(m);
  }
  rc = rz_agree(comm, rc);
  if (rc != RZ_OK) {
    rz_block_cyclic_destroy(&m);
    return rc;
  }
  if (comm->size > 1) open_grid(m);
  describe(m);
  *out = m;
  return RZ_OK;
}

void rz_block_cyclic_destroy(rz_block_cyclic **mp) {
  rz_block_cyclic *m = *mp;
  if (!m) return;
  if (m->has_grid) {
    if (m->my_row >= 0) Cblacs_gridexit(m->context);
    Cfree_blacs_system_handle(m->handle);
  }
  rz_free(&m->row);
  rz_free(&m->col);
  rz_free(&m->data);
  rz_free(mp);
}

double *rz_block_cyclic_data(rz_block_cyclic *m) { return m->data; }
int64_t rz_block_cyclic_ld(const rz_block_cyclic *m) { return m->ld; }

const int64_t *rz_block_cyclic_rows(const rz_block_cyclic *m, int64_t *n) {
  *n = m->n_local_row;
  return m->row;
}

const int64_t *rz_block_cyclic_cols(const rz_block_cyclic *m, int64_t *n) {
  *n = m->n_local_col;
  return m->col;
}

/* info < 0: a bug; info > 0: not positive definite. The same on every rank of the grid. */
static rz_err cholesky_info(int info) {
  RZ_CHECK(info >= 0, RZ_ERR_INTERNAL, "Cholesky: argument %d", -info);
  RZ_CHECK(info == 0, RZ_ERR_NUM, "Cholesky: the matrix is not positive definite (leading minor of order %d)", info);
  return RZ_OK;
}

/* Largest and smallest squared pivot, local: top = { max L_ii^2, - min L_ii^2 }. */
static void pivots(const rz_block_cyclic *a, double top[2]) {
  int64_t i = 0;
  for (int64_t k = 0; k < a->n_local_col; k++) {
    while (i < a->n_local_row && a->row[i] < a->col[k]) i++;
    if (i == a->n_local_row) return;
    if (a->row[i] != a->col[k]) continue;
    const double p = a->data[i + k * a->ld] * a->data[i + k * a->ld];
    top[0] = fmax(top[0], p);
    top[1] = fmax(top[1], -p);
  }
}

/* A singular matrix often passes a factorisation on rounding noise; then the smallest pivot is that noise. */
static rz_err check_pivots(const rz_block_cyclic *a) {
  double top[2] = {0.0, -DBL_MAX};
  pivots(a, top);
  if (a->comm.size > 1) RZ_TRY(rz_max(&a->comm, 2, top));
  RZ_CHECK(-top[1] > 4.0 * DBL_EPSILON * (double)a->n * top[0], RZ_ERR_NUM,
           "Cholesky: the matrix is not positive definite to rounding (pivots from %g to %g)", -top[1], top[0]);
  return RZ_OK;
}

static rz_err solve_alone(rz_block_cyclic *a, double *b) {
  const int n = (int)a->n, ld = (int)a->ld;
  RZ_TRY(cholesky_info(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', n, a->data, ld)));
  RZ_TRY(check_pivots(a));
  RZ_TRY(cholesky_info(LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', n, 1, a->data, ld, b, ld)));
  return RZ_OK;
}

static rz_err factorise_on_grid(rz_block_cyclic *a) {
  const int n = (int)a->n, one = 1;
  int info = 0;
  if (a->my_row >= 0) pdpotrf_("L", &n, a->data, &one, &one, a->desc, &info);
  return cholesky_info(info);
}

/* x holds this rank's part of b: its rows, significant in the first column of processes. */
static rz_err substitute_on_grid(rz_block_cyclic *a, double *x) {
  const int n = (int)a->n, one = 1;
  const int desc_x[9] = {1, a->context, n, 1, a->nb, a->nb, 0, 0, (int)a->ld};
  int info = 0;
  if (a->my_row >= 0) pdpotrs_("L", &n, &one, a->data, &one, &one, a->desc, x, &one, &one, desc_x, &info);
  return cholesky_info(info);
}

static rz_err solve_together(rz_block_cyclic *a, double *b) {
  double *x = NULL;
  rz_err rc = RZ_NEW(a->ld, &x);
  RZ_TRY_DONE(rc, rz_agree(&a->comm, rc));
  for (int64_t i = 0; i < a->n_local_row; i++) x[i] = b[a->row[i]];
  RZ_TRY_DONE(rc, rz_agree(&a->comm, factorise_on_grid(a)));
  RZ_TRY_DONE(rc, check_pivots(a));
  RZ_TRY_DONE(rc, rz_agree(&a->comm, substitute_on_grid(a, x)));
  memset(b, 0, (size_t)a->n * sizeof *b);
  if (a->my_col == 0)
    for (int64_t i = 0; i < a->n_local_row; i++) b[a->row[i]] = x[i];
  RZ_TRY_DONE(rc, rz_sum(&a->comm, a->n, b));
done:
  rz_free(&x);
  return rc;
}

rz_err rz_block_cyclic_cholesky_solve(rz_block_cyclic *a, double *b) {
  if (a->n == 0) return RZ_OK;
  RZ_TRY(a->comm.size == 1 ? solve_alone(a, b) : solve_together(a, b));
  return RZ_OK;
}
