/* modules: solve linalg core */
/* ranks: 1 2 3 4 5 */
/* Block-cyclic Cholesky and eigen solves and conjugate gradients, against the matrix they were given. Small blocks and
 * orders leave ranks without rows, columns or any place in the grid. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/solve/block_cyclic.h"
#include "ritz/solve/cg.h"
#include "ritz/solve/session.h"
#include <stdlib.h>
#include <string.h>

/* Symmetric, positive definite for shift > 0: eigenvalues shift + 1/(1 + k) in a random orthogonal-ish frame. */
typedef struct matrix {
  int64_t n;
  double *a;
} matrix;

static double draw(uint64_t id) {
  rz_rng r = rz_rng_stream(5, RZ_RNG_TEST, id);
  return rz_rng_normal(&r);
}

static matrix make(int64_t n, double shift) {
  matrix m = {n, calloc((size_t)(n * n + 1), sizeof(double))};
  for (int64_t k = 0; k < n; k++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t l = 0; l < n; l++)
        m.a[i * n + l] += draw((uint64_t)(k * n + i)) * draw((uint64_t)(k * n + l)) / (double)n;
  for (int64_t i = 0; i < n; i++) m.a[i * n + i] += shift;
  return m;
}

static void multiply(const matrix *m, const double *x, double *y) {
  for (int64_t i = 0; i < m->n; i++) {
    y[i] = 0;
    for (int64_t k = 0; k < m->n; k++) y[i] += m->a[i * m->n + k] * x[k];
  }
}

/* Only the lower triangle: the upper one holds rubbish. */
static rz_block_cyclic *spread(const rz_comm *comm, const matrix *m, int nb) {
  rz_block_cyclic *a = NULL;
  int64_t n_row = 0, n_col = 0, total = 0;
  if (!RZ_EXPECT_OK(rz_block_cyclic_create(comm, m->n, nb, &a))) return NULL;
  const int64_t *row = rz_block_cyclic_rows(a, &n_row), *col = rz_block_cyclic_cols(a, &n_col);
  for (int64_t k = 0; k < n_col; k++)
    for (int64_t i = 0; i < n_row; i++)
      rz_block_cyclic_data(a)[i + k * rz_block_cyclic_ld(a)] = row[i] >= col[k] ? m->a[row[i] * m->n + col[k]] : 1e3;
  total = n_row * n_col;
  RZ_EXPECT_OK(rz_sum_i64(comm, 1, &total));
  RZ_EXPECT(total == m->n * m->n);
  return a;
}

static void check_equal(const rz_comm *comm, int64_t n, const double *x) {
  double *other = calloc((size_t)n + 1, sizeof *other);
  memcpy(other, x, (size_t)n * sizeof *x);
  RZ_EXPECT_OK(rz_bcast(comm, 0, n * (int64_t)sizeof *x, other));
  RZ_EXPECT(memcmp(other, x, (size_t)n * sizeof *x) == 0);
  free(other);
}

static void check_solves(const rz_comm *comm, int64_t n, int nb) {
  matrix m = make(n, 0.1);
  double *x = calloc((size_t)n + 1, 8), *b = calloc((size_t)n + 1, 8), *w = calloc((size_t)n + 1, 8);
  for (int64_t k = 0; k < n; k++) x[k] = draw((uint64_t)(1000000 + k));
  for (int with_eigen = 0; with_eigen < 2; with_eigen++) {
    rz_block_cyclic *a = spread(comm, &m, nb);
    multiply(&m, x, b);
    RZ_EXPECT_OK(with_eigen ? rz_block_cyclic_eigen_solve(a, 1e-14, b) : rz_block_cyclic_cholesky_solve(a, b));
    for (int64_t k = 0; k < n; k++) RZ_EXPECT_NEAR(b[k], x[k], 1e-10);
    check_equal(comm, n, b);
    rz_block_cyclic_destroy(&a);
  }
  rz_block_cyclic *a = spread(comm, &m, nb);
  double trace = 0, sum = 0;
  RZ_EXPECT_OK(rz_block_cyclic_eigen(a, w, NULL));
  for (int64_t k = 0; k < n; k++) {
    trace += m.a[k * n + k];
    sum += w[k];
    if (k > 0) RZ_EXPECT(w[k] >= w[k - 1]);
  }
  RZ_EXPECT_NEAR(sum, trace, 1e-10 * (double)(n + 1));
  check_equal(comm, n, w);
  rz_block_cyclic_destroy(&a);
  free(m.a), free(x), free(b), free(w);
}

/* More entries on a rank than the integers of ScaLAPACK count: refused before any of them is allocated. */
static void check_too_large(const rz_comm *comm) {
  rz_block_cyclic *a = NULL;
  if (comm->size == 1) return; /* LAPACK counts in 64 bits */
  RZ_EXPECT(rz_block_cyclic_create_of(comm, RZ_SINGLE, 100000, 64, &a) == RZ_ERR_ARG && !a);
  RZ_EXPECT(strstr(rz_error_message(), "more ranks") != NULL);
}

/* Rank deficient and shifted below zero: Cholesky says so; the pseudo-inverse solves within the range. */
static void check_indefinite(const rz_comm *comm) {
  const int64_t n = 20;
  matrix m = {n, calloc((size_t)(n * n), 8)};
  double *b = calloc((size_t)n, 8);
  for (int64_t i = 0; i < n; i++) m.a[i * n + i] = i < 3 ? -1.0 : i < 6 ? 0.0 : (double)i;
  for (int64_t i = 0; i < n; i++) b[i] = 1.0;
  rz_block_cyclic *a = spread(comm, &m, 4);
  RZ_EXPECT(rz_block_cyclic_cholesky_solve(a, b) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "positive definite") != NULL);
  rz_block_cyclic_destroy(&a);
  a = spread(comm, &m, 4);
  for (int64_t i = 0; i < n; i++) b[i] = 1.0;
  RZ_EXPECT_OK(rz_block_cyclic_eigen_solve(a, 0.01, b));
  for (int64_t i = 0; i < n; i++)
    RZ_EXPECT_NEAR(b[i], i < 6 ? 0.0 : 1.0 / (double)i / (1 + pow(0.19 / (double)i, 6)), 1e-12);
  rz_block_cyclic_destroy(&a);
  for (int64_t i = 0; i < n; i++) m.a[i * n + i] = 1.0 + 1e-15 * (double)(i > 0); /* definite only by rounding */
  for (int64_t i = 1; i < n; i++) m.a[i * n] = m.a[i] = 1.0;
  for (int64_t i = 1; i < n; i++)
    for (int64_t k = 1; k < n; k++)
      if (i != k) m.a[i * n + k] = 1.0;
  a = spread(comm, &m, 4);
  RZ_EXPECT(rz_block_cyclic_cholesky_solve(a, b) == RZ_ERR_NUM);
  rz_block_cyclic_destroy(&a);
  free(m.a), free(b);
}

typedef struct product {
  const matrix *m;
  const rz_comm *comm;
  int fail_at, n_calls;
} product;

static rz_err apply(void *ctx, const double *x, double *y) {
  product *p = ctx;
  rz_err rc = RZ_OK;
  multiply(p->m, x, y);
  p->n_calls++;
  if (p->n_calls == p->fail_at && p->comm->rank == p->comm->size - 1)
    rc = rz_error_set(RZ_ERR_MEMORY, __FILE__, __LINE__, __func__, "planted");
  return rz_agree(p->comm, rc);
}

typedef struct diagonal {
  int64_t n;
  const double *d;
} diagonal;

static rz_err divide(void *ctx, const double *x, double *y) {
  const diagonal *d = ctx;
  for (int64_t k = 0; k < d->n; k++) y[k] = x[k] / d->d[k];
  return RZ_OK;
}

static double relative_residual(const matrix *m, int64_t n, const double *b, const double *x) {
  double r = 0.0, s = 0.0, *y = calloc((size_t)n, 8);
  multiply(m, x, y);
  for (int64_t k = 0; k < n; k++) {
    r += (b[k] - y[k]) * (b[k] - y[k]);
    s += b[k] * b[k];
  }
  free(y);
  return sqrt(r / s);
}

static void check_cg(const rz_comm *comm) {
  const int64_t n = 60;
  matrix m = make(n, 0.2);
  double *x = calloc((size_t)n, 8), *b = calloc((size_t)n, 8), *y = calloc((size_t)n, 8), *d = calloc((size_t)n, 8);
  int iterations = 0;
  for (int64_t k = 0; k < n; k++) m.a[k * n + k] += 100.0 * (double)(k % 7);
  for (int64_t k = 0; k < n; k++) {
    x[k] = draw((uint64_t)(2000000 + k));
    d[k] = m.a[k * n + k];
  }
  multiply(&m, x, b);
  product p = {.m = &m, .comm = comm};
  diagonal inverse = {.n = n, .d = d};
  const rz_linear a = {apply, &p}, jacobi = {divide, &inverse};
  int n_plain = 0;
  for (int with = 0; with < 2; with++) {
    memset(y, 0, (size_t)n * sizeof *y);
    RZ_EXPECT_OK(rz_cg_solve(comm, n, &a, with ? &jacobi : NULL, b, 1e-12, 1000, y, &iterations));
    for (int64_t k = 0; k < n; k++) RZ_EXPECT_NEAR(y[k], x[k], 1e-9);
    RZ_EXPECT(relative_residual(&m, n, b, y) < 1e-11);
    RZ_EXPECT(iterations > 0);
    if (!with) n_plain = iterations;
  }
  RZ_EXPECT(iterations < n_plain); /* the preconditioner is used */
  RZ_EXPECT_OK(rz_cg_solve(comm, n, &a, &jacobi, b, 1e-6, 1000, y, &iterations));
  RZ_EXPECT(iterations == 0); /* the start is used */
  memset(y, 0, (size_t)n * sizeof *y);
  RZ_EXPECT(rz_cg_solve(comm, n, &a, NULL, b, 1e-12, 2, y, &iterations) == RZ_ERR_NUM);
  product bad = {.m = &m, .comm = comm, .fail_at = 4};
  memset(y, 0, (size_t)n * sizeof *y);
  RZ_EXPECT(rz_cg_solve(comm, n, &(rz_linear){apply, &bad}, NULL, b, 1e-12, 1000, y, &iterations) == RZ_ERR_MEMORY);
  RZ_EXPECT(strcmp(rz_error_message(), "planted") == 0);
  RZ_EXPECT(bad.n_calls == 4);
  for (int64_t k = 0; k < n; k++) m.a[k * n + k] -= 250;
  memset(y, 0, (size_t)n * sizeof *y);
  RZ_EXPECT(rz_cg_solve(comm, n, &a, NULL, b, 1e-12, 1000, y, &iterations) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "positive definite") != NULL);
  memset(b, 0, (size_t)n * sizeof *b);
  RZ_EXPECT_OK(rz_cg_solve(comm, n, &a, NULL, b, 1e-12, 1000, y, &iterations));
  for (int64_t k = 0; k < n; k++) RZ_EXPECT(y[k] == 0.0);
  free(m.a), free(x), free(b), free(y), free(d);
}

int main(int argc, char **argv) {
  static const int64_t order[] = {0, 1, 2, 5, 9, 33, 130};
  static const int block[] = {2, 4, 64};
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  setenv("PETSC_OPTIONS", "-ksp_max_it 1 -bad_option", 1); /* must not matter */
  RZ_EXPECT_OK(rz_petsc_stop());
  for (int i = 0; i < 7; i++)
    for (int k = 0; k < 3; k++) check_solves(&comm, order[i], block[k]);
  check_indefinite(&comm);
  check_too_large(&comm);
  check_cg(&comm);
  RZ_EXPECT(strcmp(getenv("PETSC_OPTIONS"), "-ksp_max_it 1 -bad_option") == 0);
  RZ_EXPECT(strncmp(rz_petsc_version(), "PETSc 3", 7) == 0 && strncmp(rz_slepc_version(), "SLEPc 3", 7) == 0);
  RZ_EXPECT_OK(rz_petsc_start());
  RZ_EXPECT_OK(rz_petsc_stop());
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
