/* ranks: 1 2 3 4 */
/* modules: solve linalg core */
/* Every eigensolver of the table against LAPACK on random symmetric and Hermitian operators: order 1 to 1000, one and
 * several levels, degenerate ones, rows dealt evenly and unevenly (some ranks have none); errors on every rank. */
#include "ritz/solve/eigen.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/solve/session.h"
#include <complex.h>
#include <stdlib.h>
#include <string.h>

static rz_comm comm;

/* A random Hermitian matrix, each level `copies` times: A (x) 1. Real if `real`. */
typedef struct matrix {
  int n, copies; /* order of A */
  bool real;
  double complex *a; /* [n, n] */
  double *level;     /* [n] of A, ascending */
  double complex *x; /* [n copies]: a whole vector */
  rz_range rows;     /* of this rank, in components */
} matrix;

static void make_matrix(int n, int copies, bool real, matrix *m) {
  const size_t order = (size_t)n;
  *m = (matrix){.n = n, .copies = copies, .real = real};
  m->a = calloc(order * order, sizeof *m->a);
  m->level = calloc(order, sizeof *m->level);
  m->x = calloc(order * (size_t)copies, sizeof *m->x);
  rz_rng rng = rz_rng_stream(7, RZ_RNG_TEST, (uint64_t)(4 * n + 2 * copies + real));
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++) {
      const double re = rz_rng_normal(&rng), im = real || i == j ? 0.0 : rz_rng_normal(&rng);
      m->a[i * n + j] = re + im * I;
      m->a[j * n + i] = re - im * I;
    }
  double complex *copy = malloc(order * order * sizeof *copy);
  memcpy(copy, m->a, order * order * sizeof *copy);
  RZ_EXPECT(LAPACKE_zheevd(LAPACK_ROW_MAJOR, 'N', 'L', n, copy, n, m->level) == 0);
  free(copy);
}

static void free_matrix(matrix *m) {
  free(m->a);
  free(m->level);
  free(m->x);
}

static double complex row_times(const matrix *m, int64_t row) {
  const int64_t i = row / m->copies, copy = row % m->copies;
  double complex sum = 0.0;
  for (int64_t j = 0; j < m->n; j++) sum += m->a[i * m->n + j] * m->x[j * m->copies + copy];
  return sum;
}

static rz_err multiply(void *ctx, const double *x, double c, double *y) {
  const matrix *const m = ctx;
  const rz_range r = m->rows;
  if (m->real) {
    double *const whole = (double *)m->x;
    RZ_TRY(rz_allgather(&comm, r.count, sizeof *x, x, whole));
    for (int64_t i = (int64_t)m->n * m->copies - 1; i >= 0; i--) m->x[i] = whole[i];
  } else
    RZ_TRY(rz_allgather(&comm, r.count, sizeof *m->x, x, m->x));
  for (int64_t i = 0; i < r.count; i++) {
    const double complex sum = row_times(m, r.first + i);
    if (m->real)
      y[i] = creal(sum) + (c != 0.0 ? c * y[i] : 0.0);
    else {
      y[2 * i] = creal(sum) + (c != 0.0 ? c * y[2 * i] : 0.0);
      y[2 * i + 1] = cimag(sum) + (c != 0.0 ? c * y[2 * i + 1] : 0.0);
    }
  }
  return RZ_OK;
}

/* Rows of this rank: 0 as rz_share deals them, 1 more on higher ranks, 2 all on the last but one (on the only one). */
static rz_range deal(int64_t n, int kind) {
  const int rank = comm.rank, size = comm.size, all = size > 1 ? size - 2 : 0;
  if (kind == 0) return rz_share(n, rank, size);
  if (kind == 2) return (rz_range){rank > all ? n : 0, rank == all ? n : 0};
  const int64_t parts = (int64_t)size * (size + 1) / 2, r = rank;
  const int64_t first = n * (r * (r + 1) / 2) / parts, end = n * ((r + 1) * (r + 2) / 2) / parts;
  return (rz_range){first, end - first};
}

static rz_eigen_problem problem(matrix *m, int n_wanted) {
  const int64_t width = m->real ? 1 : 2;
  return (rz_eigen_problem){.comm = &comm,
                            .n = width * m->n * m->copies,
                            .paired = !m->real,
                            .rows = {width * m->rows.first, width * m->rows.count},
                            .apply = multiply,
                            .ctx = m,
                            .n_wanted = n_wanted,
                            .tol = 1e-12,
                            .seed = 5};
}

static double complex inner(const matrix *m, const double *a, const double *b) {
  double sum[2] = {0.0, 0.0};
  if (m->real)
    for (int64_t i = 0; i < m->rows.count; i++) sum[0] += a[i] * b[i];
  else
    for (int64_t i = 0; i < 2 * m->rows.count; i += 2) {
      sum[0] += a[i] * b[i] + a[i + 1] * b[i + 1];
      sum[1] += a[i] * b[i + 1] - a[i + 1] * b[i];
    }
  RZ_EXPECT_OK(rz_sum(&comm, 2, sum));
  return sum[0] + I * sum[1];
}

/* Residuals and orthonormality of the vectors. */
static void check_vectors(matrix *m, const rz_eigen_result *r, double scale) {
  const int64_t rows = (m->real ? 1 : 2) * m->rows.count;
  double *y = malloc((size_t)(rows + 1) * sizeof *y);
  for (int k = 0; k < r->n_found; k++) {
    const double *const x = r->vector + k * rows;
    RZ_EXPECT_OK(multiply(m, x, 0.0, y));
    for (int64_t i = 0; i < rows; i++) y[i] -= r->value[k] * x[i];
    const double residual = sqrt(creal(inner(m, y, y)));
    RZ_EXPECT(residual < 2e-11 * scale);
    RZ_EXPECT_NEAR(r->residual[k], residual, 1e-13 * scale + 1e-2 * residual);
    for (int j = 0; j <= k; j++)
      RZ_EXPECT_NEAR(cabs(inner(m, r->vector + j * rows, x) - (j == k ? 1.0 : 0.0)), 0.0, 1e-10);
  }
  free(y);
}

static void check_solver(const char *solver, int n, int copies, bool real, int n_wanted, int kind) {
  matrix m;
  make_matrix(n, copies, real, &m);
  m.rows = deal((int64_t)n * copies, kind);
  const rz_eigen_problem p = problem(&m, n_wanted);
  const double scale = fmax(fabs(m.level[0]), fabs(m.level[n - 1]));
  for (int with_vectors = 0; with_vectors < 2; with_vectors++) {
    rz_eigen_result r;
    if (!RZ_EXPECT_OK(rz_eigen_solve(solver, &p, with_vectors, &r))) {
      fprintf(stderr, "%s: order %d x %d, %d levels, rows %d: %s\n", solver, n, copies, n_wanted, kind,
              rz_error_message());
      continue;
    }
    RZ_EXPECT(r.n_found == n_wanted && (r.vector != NULL) == (with_vectors != 0));
    for (int k = 0; k < n_wanted; k++) RZ_EXPECT_NEAR(r.value[k], m.level[k / copies], 3e-12 * scale);
    if (r.vector) check_vectors(&m, &r, scale);
    rz_eigen_result_free(&r);
  }
  free_matrix(&m);
}

static void test_solvers(void) {
  static const struct {
    int n, copies, n_wanted;
  } cases[] = {{1, 1, 1},  {2, 1, 1},  {2, 1, 2},   {3, 1, 1},  {3, 1, 3},  {1, 3, 3},  {2, 2, 3},
               {50, 1, 1}, {50, 1, 7}, {25, 2, 10}, {20, 3, 1}, {20, 3, 4}, {12, 4, 48}};
  int n_solver = 0;
  const rz_eigensolver_class *const *const solver = rz_eigensolver_registry(&n_solver);
  for (int s = 0; s < n_solver; s++) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
      for (int real = 0; real < 2; real++)
        check_solver(solver[s]->name, cases[i].n, cases[i].copies, real, cases[i].n_wanted, (int)i % 3);
    if (strcmp(solver[s]->name, "dense") == 0) continue;
    check_solver(solver[s]->name, 250, 4, true, 1, 1);
    check_solver(solver[s]->name, 100, 1, false, 3, 1);
    check_solver(solver[s]->name, 75, 2, true, 4, 0);
  }
}

static void expect_argument_error(const rz_eigen_problem *p, const char *solver, const char *words) {
  rz_eigen_result r;
  RZ_EXPECT(rz_eigen_solve(solver, p, 1, &r) == RZ_ERR_ARG);
  if (!RZ_EXPECT(strstr(rz_error_message(), words) != NULL)) fprintf(stderr, "%s\n", rz_error_message());
  RZ_EXPECT(r.value == NULL && r.vector == NULL);
}

static void test_errors(void) {
  matrix m;
  make_matrix(10, 1, false, &m);
  m.rows = deal(10, 1);
  rz_eigen_problem p = problem(&m, 1);
  expect_argument_error(&p, "magic", "no eigensolver 'magic'");
  p.n = 22;
  expect_argument_error(&p, "slepc", "all together 22, not 20");
  p = problem(&m, 1);
  if (comm.rank == comm.size - 1) p.rows.first++;
  expect_argument_error(&p, "slepc", "must follow the");
  p = problem(&m, 1);
  p.rows = (rz_range){0, 20};
  if (comm.size > 1) p.rows = comm.rank == 0 ? (rz_range){0, 3} : (rz_range){3, comm.rank == 1 ? 17 : 0};
  if (comm.rank > 1) p.rows.first = 20;
  if (comm.size > 1) expect_argument_error(&p, "slepc", "split a pair");
  free_matrix(&m);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  const int64_t alive = rz_memory_query().n_alive;
  test_solvers();
  test_errors();
  RZ_EXPECT(rz_memory_query().n_alive == alive);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
