/* modules: optimise solve linalg core */
/* ranks: 1 4 */
/* Peak memory per rank of the dense and the kernel solver for 6,000 parameters: the matrix falls as 1 / ranks; beside
 * it there are the local samples, the factors of a rank's block rows and columns, and buffers of fixed size. The bounds
 * are those formulas with 5 % to spare; the figures are printed. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/optimise/sr.h"
#include <stdlib.h>
#include <string.h>

enum { D_IN = 60, D_OUT = 100, P = D_IN * D_OUT };

static rz_jacobian *build(const rz_comm *comm, int64_t n) {
  const rz_range mine = rz_share(n, comm->rank, comm->size);
  const rz_layer shape = {.d_in = D_IN, .d_out = D_OUT, .n_share = 1, .n_x = D_IN};
  rz_layer *l = NULL;
  rz_jacobian *j = NULL;
  RZ_EXPECT_OK(rz_jacobian_create(mine.count, 1, P, &j));
  RZ_EXPECT_OK(rz_jacobian_add(j, &shape, true, false, &l));
  for (int64_t i = 0; i < mine.count; i++) {
    rz_rng r = rz_rng_stream(1, RZ_RNG_TEST, (uint64_t)(mine.first + i));
    rz_jacobian_weights(j)[i] = 1.0 / (double)n;
    for (int k = 0; k < D_IN; k++) l->x[i * D_IN + k] = rz_rng_below(&r, 2) ? 1.0 : -1.0;
    for (int k = 0; k < D_OUT; k++) l->d_re[i * D_OUT + k] = rz_rng_uniform(&r) - 0.3;
  }
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  return j;
}

/* Peak above what the caller holds, the largest of all ranks. */
static double peak(const rz_comm *comm, const char *solver, int64_t n, double *d) {
  rz_jacobian *j = build(comm, n);
  const rz_sr_options o = {.solver = solver, .shift = 1e-2};
  const int64_t n_mine = rz_jacobian_n(j), first = rz_share(n, comm->rank, comm->size).first;
  double *e = calloc((size_t)n_mine + 1, 8), *f = calloc(P, 8);
  rz_sr_result r;
  for (int64_t i = 0; i < n_mine; i++) {
    rz_rng g = rz_rng_stream(2, RZ_RNG_TEST, (uint64_t)(first + i));
    e[i] = rz_rng_normal(&g);
  }
  RZ_EXPECT_OK(rz_forces(comm, j, e, f));
  const int64_t before = rz_memory_query().bytes;
  rz_memory_reset_peak();
  RZ_EXPECT_OK(rz_sr_solve(&o, comm, j, e, f, d, &r));
  double bytes = (double)(rz_memory_query().peak - before), residual = NAN;
  RZ_EXPECT_OK(rz_sr_residual(&o, comm, j, f, d, &residual));
  RZ_EXPECT(residual < 1e-9 && strcmp(r.solver, solver) == 0);
  RZ_EXPECT_OK(rz_max(comm, 1, &bytes));
  if (comm->rank == 0)
    printf("%-6s P %d, n %lld, ranks %d: samples %.1f MB, solver's peak %.1f MB per rank\n", solver, P, (long long)n,
           comm->size, (double)rz_jacobian_bytes(j) / 1e6, bytes / 1e6);
  rz_jacobian_destroy(&j);
  free(e), free(f);
  return bytes;
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  (void)rz_blas_setup();
  static double dense[P], kernel[P];
  const double size = comm.size, mib = 1048576.0, part = comm.size == 1 ? 1.0 : 0.5; /* 2 x 2 grid: half the blocks */
  const double vectors = 8.0 * 12 * P;
  const double a = peak(&comm, "dense", 400, dense);
  RZ_EXPECT(a < 1.05 * 8.0 * P * P / size + 3 * 8 * mib + vectors);
  const double b = peak(&comm, "kernel", 400, kernel);
  double diff = 0, norm = 0;
  for (int k = 0; k < P; k++) {
    diff += (dense[k] - kernel[k]) * (dense[k] - kernel[k]);
    norm += dense[k] * dense[k];
  }
  RZ_EXPECT_NEAR(sqrt(diff / norm), 0, 1e-8);
  RZ_EXPECT(b < 0.1 * a);
  /* Rows and columns, each as a message and unpacked; what one rank sends. */
  const double n = 4000, factors = 8.0 * n * (D_IN + D_OUT + 1);
  const double c = peak(&comm, "kernel", (int64_t)n, kernel);
  RZ_EXPECT(c < 1.05 * 8.0 * n * n / size + (comm.size == 1 ? 0.1 : 3 * part + 2 / size) * factors + 4 * mib + vectors +
                    8.0 * 4 * n);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
