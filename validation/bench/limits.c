/* modules: linalg core */
/* What this machine can do at most: rates of large products and factorisations, bandwidth of a copy inside the second
 * cache and out of main memory. CPU time of one core, least and median of several. With several ranks all of them work
 * at once and the slowest counts, beside the latency and the bandwidth of sums and exchanges between them. */
#include "ritz/core/clock.h"
#include "ritz/core/comm.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include "slices.h"
#include <stdio.h>
#include <string.h>

enum { N = 1000, IN_CACHE = 1 << 16, IN_MEMORY = 1 << 24 };

typedef struct limits {
  slices gemm, single, cholesky, cache, memory;
} limits;

static void products(limits *l, double *a, double *b) {
  float *s = (float *)b;
  for (int i = 0; i < N * N; i++) a[i] = i % (N + 1) == 0 ? 2.0 * N : 1.0;
  double t = rz_cpu_time();
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, N, N, N, 1.0, a, N, a, N, 0.0, b, N);
  slices_add(&l->gemm, slices_lap(&t));
  (void)LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', N, a, N);
  slices_add(&l->cholesky, slices_lap(&t));
  memset(s, 0, sizeof *s * N * N * 2);
  t = rz_cpu_time();
  cblas_sgemm(CblasColMajor, CblasNoTrans, CblasTrans, N, N, N, 1.0f, s, N, s, N, 0.0f, s + N * N, N);
  slices_add(&l->single, slices_lap(&t));
}

static void copies(limits *l, double *a, double *b) {
  double t = rz_cpu_time();
  memcpy(b, a, sizeof *a * IN_MEMORY);
  slices_add(&l->memory, slices_lap(&t));
  for (int k = 0; k < 200; k++) memcpy(b + k % 2, a, sizeof *a * IN_CACHE);
  slices_add(&l->cache, slices_lap(&t) / 200);
}

static void print(const char *name, const slices *s, double work, const char *unit) {
  printf("  %-34s %10.2f  (median %.2f) %s\n", name, 1e-9 * work / slices_least(s), 1e-9 * work / slices_median(s),
         unit);
}

/* Seconds of a sum, and of an exchange, of n doubles. */
static rz_err messages(const rz_comm *comm, int64_t n, double *x, double *y, double seconds[2]) {
  int count[64], at[64];
  const int repeat = n > 10000 ? 5 : 200;
  for (int q = 0; q < comm->size && q < 64; q++) count[q] = (int)(n / comm->size), at[q] = q * count[q];
  seconds[0] = seconds[1] = 1e300;
  for (int k = 0; k < 5; k++) {
    MPI_Barrier(comm->mpi);
    double t = rz_wall_time();
    for (int i = 0; i < repeat; i++) RZ_TRY(rz_sum(comm, n, x));
    seconds[0] = fmin(seconds[0], (rz_wall_time() - t) / repeat);
    t = rz_wall_time();
    for (int i = 0; i < repeat; i++) RZ_TRY(rz_exchange(comm, sizeof *x, x, count, at, y, count, at));
    seconds[1] = fmin(seconds[1], (rz_wall_time() - t) / repeat);
  }
  return rz_max(comm, 2, seconds);
}

static rz_err between_ranks(const rz_comm *comm, double *a, double *b) {
  static const int64_t size[] = {1, 1000, 1000000};
  memset(a, 0, sizeof *a * IN_MEMORY);
  for (int i = 0; i < 3; i++) {
    double seconds[2];
    RZ_TRY(messages(comm, size[i], a, b, seconds));
    if (comm->rank == 0)
      printf("  %8lld doubles over %d ranks: sum %.1f us, exchange %.1f us\n", (long long)size[i], comm->size,
             1e6 * seconds[0], 1e6 * seconds[1]);
  }
  return RZ_OK;
}

static rz_err run(const rz_comm *comm) {
  limits l = {0};
  double *a = NULL, *b = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(IN_MEMORY + 8, &a));
  RZ_TRY_DONE(rc, RZ_NEW0(IN_MEMORY + 8, &b));
  MPI_Barrier(comm->mpi);
  for (int i = 0; i < 12; i++) products(&l, a, b), copies(&l, a, b);
  if (comm->rank == 0) {
    printf("limits of one core%s, BLAS %s\n", comm->size > 1 ? ", all ranks at once, as rank 0 sees it" : "",
           rz_blas_setup());
    print("product, double, order 1000", &l.gemm, 2.0 * N * N * N, "Gflop/s");
    print("product, single, order 1000", &l.single, 2.0 * N * N * N, "Gflop/s");
    print("Cholesky, double, order 1000", &l.cholesky, 1.0 / 3 * N * N * N, "Gflop/s");
    print("copy of 512 KiB", &l.cache, 16.0 * IN_CACHE, "GB/s read and written");
    print("copy of 128 MiB", &l.memory, 16.0 * IN_MEMORY, "GB/s read and written");
  }
  if (comm->size > 1) RZ_TRY_DONE(rc, between_ranks(comm, a, b));
done:
  rz_free(&b);
  rz_free(&a);
  return rc;
}

int main(int argc, char **argv) {
  rz_comm comm;
  (void)rz_blas_setup();
  MPI_Init(&argc, &argv);
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  if (rc == RZ_OK) rc = run(&comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  MPI_Finalize();
  return rc == RZ_OK ? 0 : 1;
}
