/* modules: learn linalg core */
/* ranks: 1 2 3 4 */
/* Least squares against one dense solve of all rows: the same numbers to rounding, and the same bits for any cut of the
 * blocks over ranks. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/learn/least_squares.h"
#include "ritz/linalg/blas.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_ROW = 400, MAX_P = 24 };

typedef struct problem {
  int n_row, p, block;
  double a[MAX_ROW * MAX_P], b[MAX_ROW];
} problem;

static problem f;

static int n_block(void) { return (f.n_row + f.block - 1) / f.block; }

static void draw(int n_row, int p, int block) {
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, (uint64_t)(n_row * 1000 + p));
  f.n_row = n_row;
  f.p = p;
  f.block = block;
  for (int i = 0; i < n_row * p; i++) f.a[i] = rz_rng_normal(&rng);
  for (int i = 0; i < n_row; i++) f.b[i] = rz_rng_normal(&rng);
}

/* Blocks first .. first + count - 1 are this rank's. */
static rz_err solve(const rz_comm *comm, int first, int count, double rcond, double ridge, double *theta,
                    rz_least_squares_info *info) {
  rz_least_squares *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_least_squares_create(comm, f.p, count, &s));
  for (int g = first; g < first + count && rc == RZ_OK; g++) {
    const int row = g * f.block, n = row + f.block < f.n_row ? f.block : f.n_row - row;
    rc = rz_least_squares_add(s, n, f.a + row * f.p, f.b + row);
  }
  rc = rz_least_squares_solve(s, rc, rcond, ridge, theta, info);
  rz_least_squares_destroy(&s);
  return rc;
}

/* Singular values of all rows at once, the columns scaled, the ridge as further rows. */
static int dense(double rcond, double ridge, double *theta, double *residual, double *condition) {
  static double a[(MAX_ROW + MAX_P) * MAX_P], b[MAX_ROW + MAX_P];
  double scale[MAX_P], singular[MAX_P];
  const int m = f.n_row + f.p;
  lapack_int rank;
  memset(b, 0, sizeof b);
  memcpy(b, f.b, sizeof(double) * (size_t)f.n_row);
  for (int k = 0; k < f.p; k++) {
    for (int i = 0; i < m; i++) a[k * m + i] = i < f.n_row ? f.a[i * f.p + k] : i - f.n_row == k ? sqrt(ridge) : 0.0;
    const double length = cblas_dnrm2(m, a + k * m, 1);
    scale[k] = length > 0.0 ? length : 1.0;
    cblas_dscal(m, 1.0 / scale[k], a + k * m, 1);
  }
  RZ_EXPECT(LAPACKE_dgelsd(LAPACK_COL_MAJOR, m, f.p, 1, a, m, b, m, singular, rcond, &rank) == 0);
  for (int k = 0; k < f.p; k++) theta[k] = b[k] / scale[k];
  *condition = singular[0] / singular[f.p - 1];
  *residual = 0.0;
  for (int i = 0; i < f.n_row; i++) {
    const double e = cblas_ddot(f.p, f.a + i * f.p, 1, theta, 1) - f.b[i];
    *residual += e * e;
  }
  return (int)rank;
}

/* Blocks in equal shares; all on the last rank; all on the first. */
static void share(const rz_comm *comm, int how, int *first, int *count) {
  const rz_range r = rz_share(n_block(), comm->rank, comm->size);
  const int last = comm->rank == comm->size - 1, head = comm->rank == 0;
  *first = how == 0 ? (int)r.first : 0;
  *count = how == 0 ? (int)r.count : (how == 1 ? last : head) ? n_block() : 0;
}

static void check(const rz_comm *comm, const rz_comm *self, double rcond, double ridge, double tol) {
  double theta[MAX_P], alone[MAX_P], expected[MAX_P], residual, condition;
  rz_least_squares_info info, info_alone;
  const int rank = dense(rcond, ridge, expected, &residual, &condition);
  const int before = rz_n_failed;
  RZ_EXPECT_OK(solve(self, 0, n_block(), rcond, ridge, alone, &info_alone));
  for (int how = 0; how < 3; how++) {
    int first, count;
    share(comm, how, &first, &count);
    RZ_EXPECT_OK(solve(comm, first, count, rcond, ridge, theta, &info));
    RZ_EXPECT(memcmp(theta, alone, sizeof(double) * (size_t)f.p) == 0);
    RZ_EXPECT(info.n_row == f.n_row && info.rank == info_alone.rank && info.condition == info_alone.condition &&
              info.residual == info_alone.residual);
  }
  for (int k = 0; k < f.p; k++) RZ_EXPECT_NEAR(theta[k], expected[k], tol * (1.0 + fabs(expected[k])));
  RZ_EXPECT(info.rank == rank);
  RZ_EXPECT_NEAR(info.residual, residual, 1e-12 * (1.0 + residual) * f.n_row);
  if (condition < 1e8) RZ_EXPECT_NEAR(info.condition, condition, 1e-6 * condition);
  if (rz_n_failed > before)
    fprintf(stderr, "  %d rows in blocks of %d, %d parameters, rcond %g, ridge %g\n", f.n_row, f.block, f.p, rcond,
            ridge);
}

static void check_random(const rz_comm *comm, const rz_comm *self) {
  static const int n_row[] = {400, 97, 30, 24, 25, 7}, p[] = {24, 7, 24, 23, 1, 12}, block[] = {64, 3, 30, 100, 1, 2};
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 6; k++)
      for (int r = 0; r < 2; r++) {
        if (n_row[i] > MAX_ROW) continue;
        draw(n_row[i], p[k], block[(i + k) % 6]);
        check(comm, self, 1e-12, r ? 0.3 : 0.0, 1e-10);
      }
}

/* A = 1 / (i + k + 1), b = A (1, 1, ...): condition 1e16, yet the residual is rounding; with few columns theta is
 * known. */
static void check_hilbert(const rz_comm *comm, const rz_comm *self) {
  double theta[MAX_P];
  rz_least_squares_info info;
  for (int p = 4; p <= 12; p += 8) {
    draw(100, p, 16);
    for (int i = 0; i < f.n_row; i++) {
      f.b[i] = 0.0;
      for (int k = 0; k < p; k++) f.b[i] += f.a[i * p + k] = 1.0 / (i + k + 1);
    }
    int first, count;
    share(comm, 0, &first, &count);
    RZ_EXPECT_OK(solve(comm, first, count, 1e-14, 0.0, theta, &info));
    RZ_EXPECT(info.residual < 1e-28 && info.condition > (p == 4 ? 1e2 : 1e12));
    for (int k = 0; k < p && p == 4; k++) RZ_EXPECT_NEAR(theta[k], 1.0, 1e-11);
  }
  check(comm, self, 1e-6, 0.0, 1e-7);
}

/* Two equal columns share their weight; a column of zeros has none. */
static void check_deficient(const rz_comm *comm, const rz_comm *self) {
  double theta[MAX_P];
  rz_least_squares_info info;
  int first, count;
  draw(60, 6, 7);
  for (int i = 0; i < f.n_row; i++) {
    f.a[i * 6 + 4] = f.a[i * 6 + 1];
    f.a[i * 6 + 5] = 0.0;
  }
  check(comm, self, 1e-12, 0.0, 1e-12);
  share(comm, 0, &first, &count);
  RZ_EXPECT_OK(solve(comm, first, count, 1e-12, 0.0, theta, &info));
  RZ_EXPECT(info.rank == 4 && theta[5] == 0.0);
  RZ_EXPECT_NEAR(theta[4], theta[1], 1e-13);
}

/* A failure on one rank is everyone's. */
static void check_faults(const rz_comm *comm) {
  double theta[MAX_P];
  int first, count;
  rz_least_squares *s = NULL;
  draw(64, 5, 4);
  share(comm, 0, &first, &count);
  f.a[63 * 5 + 2] = NAN;
  RZ_EXPECT(solve(comm, first, count, 1e-12, 0.0, theta, NULL) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "row 4, column 3") != NULL);
  f.a[63 * 5 + 2] = 0.0;
  f.b[0] = INFINITY;
  RZ_EXPECT(solve(comm, first, count, 1e-12, 0.0, theta, NULL) == RZ_ERR_NUM);
  f.b[0] = 0.0;
  RZ_EXPECT(solve(comm, first, count, -1.0, 0.0, theta, NULL) == RZ_ERR_ARG);
  RZ_EXPECT(solve(comm, 0, 0, 1e-12, 0.0, theta, NULL) == RZ_ERR_ARG);
  RZ_EXPECT(rz_least_squares_create(comm, 0, 1, &s) == RZ_ERR_ARG && s == NULL);
  RZ_EXPECT_OK(rz_least_squares_create(comm, 5, 1, &s)); /* a block is missing */
  RZ_EXPECT(rz_least_squares_solve(s, RZ_OK, 0.0, 0.0, theta, NULL) == RZ_ERR_ARG);
  for (int i = 0; i < 2; i++) { /* and again */
    RZ_EXPECT_OK(rz_least_squares_add(s, 8, f.a, f.b));
    RZ_EXPECT(rz_least_squares_add(s, 8, f.a, f.b) == RZ_ERR_ARG);
    RZ_EXPECT_OK(rz_least_squares_solve(s, RZ_OK, 0.0, 0.0, theta, NULL));
  }
  rz_least_squares_destroy(&s);
}

int main(int argc, char **argv) {
  rz_comm comm, self;
  MPI_Init(&argc, &argv);
  rz_blas_setup();
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  const int64_t alive = rz_memory_query().n_alive;
  check_random(&comm, &self);
  check_hilbert(&comm, &self);
  check_deficient(&comm, &self);
  check_faults(&comm);
  RZ_EXPECT(rz_memory_query().n_alive == alive);
  return rz_check_finish();
}
