/* modules: optimise solve linalg core */
/* ranks: 1 2 4 */
/* Every allocation of a step fails once, on the last rank only: all ranks must come back with RZ_ERR_MEMORY and nothing
 * left allocated, by each solver. A rank that returned without telling the others would leave them waiting. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/optimise/sr.h"
#include "ritz/solve/session.h"
#include <string.h>

enum { N = 40, D_IN = 5, D_OUT = 6, T = 5, P = D_IN * D_OUT };

static rz_jacobian *build(const rz_comm *comm, const int32_t *gather, int n_share, bool singular) {
  const rz_range mine = rz_share(N, comm->rank, comm->size);
  const rz_layer shape = {
      .d_in = D_IN, .d_out = D_OUT, .n_share = n_share, .n_x = D_IN, .gather = n_share > 1 ? gather : NULL};
  rz_layer *l = NULL;
  rz_jacobian *j = NULL;
  RZ_EXPECT_OK(rz_jacobian_create(mine.count, 2, P, &j));
  RZ_EXPECT_OK(rz_jacobian_add(j, &shape, true, true, &l));
  for (int64_t i = 0; i < mine.count; i++) {
    rz_rng r = rz_rng_stream(1, RZ_RNG_TEST, (uint64_t)(mine.first + i));
    rz_jacobian_weights(j)[i] = 1.0 / N;
    for (int k = 0; k < D_IN; k++) l->x[i * D_IN + k] = singular && k == 0 ? 0.0 : rz_rng_normal(&r);
    for (int k = 0; k < n_share * D_OUT; k++) {
      l->d_re[i * n_share * D_OUT + k] = rz_rng_normal(&r);
      l->d_im[i * n_share * D_OUT + k] = rz_rng_normal(&r);
    }
  }
  return j;
}

static rz_err step(const rz_comm *comm, rz_jacobian *j, const char *solver, bool singular, const double *e, double *d) {
  const bool whole = strcmp(solver, "whole") == 0, mixed = strcmp(solver, "mixed") == 0;
  const bool subset = strcmp(solver, "subset") == 0;
  const rz_sr_options o = {.solver = whole    ? "dense"
                                     : mixed  ? "kernel"
                                     : subset ? "cg"
                                              : solver,
                           .precision = mixed ? "mixed" : "double",
                           .preconditioner = subset ? "subset" : "diagonal",
                           .subset_size = N / 2,
                           .replicate = whole ? RZ_SR_REPLICATE : 0,
                           .shift = singular ? 0.0 : 1e-2,
                           .scale = singular ? 0.0 : 0.1,
                           .cg_tol = 1e-8,
                           .cg_iterations = 500};
  double f[P];
  rz_sr_result r;
  RZ_TRY(rz_jacobian_centre(j, comm));
  RZ_TRY(rz_forces(comm, j, e, f));
  return rz_sr_solve(&o, comm, j, e, f, d, &r);
}

static void check(const rz_comm *comm, const char *solver, int n_share, bool singular) {
  int32_t gather[T * D_IN];
  for (int t = 0; t < T; t++)
    for (int a = 0; a < D_IN; a++) gather[t * D_IN + a] = (a + t) % D_IN;
  double e[2 * N], d[P];
  for (int r = 0; r < 2 * N; r++) e[r] = (double)((r * 7) % 5) - 2.0;
  rz_jacobian *j = build(comm, gather, n_share, singular);
  RZ_EXPECT_OK(step(comm, j, solver, singular, e, d)); /* PETSc is up */
  const int64_t alive = rz_memory_query().n_alive;
  int64_t n_failed = 0;
  for (int64_t at = 1;; at++) {
    if (comm->rank == comm->size - 1) rz_memory_fail_at(at);
    const rz_err rc = step(comm, j, solver, singular, e, d);
    rz_memory_fail_at(0);
    if (rc == RZ_OK) break;
    n_failed++;
    if (!RZ_EXPECT(rc == RZ_ERR_MEMORY) || !RZ_EXPECT(rz_memory_query().n_alive <= alive)) {
      fprintf(stderr, "  %s, share %d, allocation %lld: %s\n", solver, n_share, (long long)at, rz_error_message());
      break;
    }
  }
  RZ_EXPECT(n_failed > 5);
  RZ_EXPECT_OK(step(comm, j, solver, singular, e, d));
  rz_jacobian_destroy(&j);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
}

int main(int argc, char **argv) {
  static const char *const solver[] = {"dense", "kernel", "cg", "whole", "mixed", "subset"};
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  (void)rz_blas_setup();
  for (int i = 0; i < 6; i++) {
    check(&comm, solver[i], 1, false);
    check(&comm, solver[i], T, false);
    if (i < 2 && comm.size == 1) check(&comm, solver[i], 1, true); /* by eigenvectors */
  }
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
