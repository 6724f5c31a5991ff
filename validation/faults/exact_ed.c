/* ranks: 1 2 3 */
/* modules: exact solve model linalg core */
/* Every allocation of exact diagonalisation fails once, on the last rank alone: all ranks return the error, nothing is
 * left behind, and the next try works. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/exact/ed.h"
#include "ritz/solve/session.h"
#include <string.h>

static rz_comm comm;

static rz_operator *ring(int n, double dm) {
  rz_operator *op = NULL;
  RZ_EXPECT_OK(rz_operator_create(n, &op));
  for (int i = 0; i < n; i++) {
    const int j = (i + 1) % n;
    for (const char *p = "xyz"; *p; p++) {
      const rz_local f[2] = {{i, *p}, {j, *p}};
      RZ_EXPECT_OK(rz_operator_add(op, 1.0, 2, f));
    }
    const rz_local a[2] = {{i, 'x'}, {j, 'y'}}, b[2] = {{i, 'y'}, {j, 'x'}};
    RZ_EXPECT_OK(rz_operator_add(op, dm, 2, a));
    RZ_EXPECT_OK(rz_operator_add(op, -dm, 2, b));
  }
  RZ_EXPECT_OK(rz_operator_finish(op));
  return op;
}

/* Solve and expand. */
static rz_err both(const rz_ed_spec *spec) {
  rz_ed_result r = {0};
  rz_sector sector;
  double complex *psi = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_ed_solve(spec, &comm, &r));
  RZ_TRY_DONE(rc, rz_ed_expand(spec, &comm, &r, 0, 1 << 24, &sector, &psi));
done:
  rz_free(&psi);
  rz_ed_result_free(&r);
  return rc;
}

static void exhaust(const rz_ed_spec *spec) {
  int64_t n = 1;
  RZ_EXPECT_OK(both(spec)); /* sessions and caches are made once */
  const int64_t alive = rz_memory_query().n_alive;
  for (rz_err rc = RZ_ERR_MEMORY; rc != RZ_OK && n < 500; n++) {
    rz_memory_fail_at(comm.rank == comm.size - 1 ? n : 0);
    rc = both(spec);
    rz_memory_fail_at(0);
    if (!RZ_EXPECT(rc == RZ_OK || rc == RZ_ERR_MEMORY))
      fprintf(stderr, "allocation %d: %s: %s\n%s", (int)n, rz_err_text(rc), rz_error_message(), rz_error_traceback());
    if (!RZ_EXPECT(rz_memory_query().n_alive == alive)) fprintf(stderr, "allocation %d\n", (int)n);
  }
  RZ_EXPECT(n > 20 && n < 500);
  RZ_EXPECT_OK(both(spec));
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  const rz_lattice_spec chain = {
      .geometry = "chain", .n_dim = 1, .length = {8, 1}, .periodic = {true, false}, .legs = 1};
  rz_operator *op = ring(8, 0.0), *twisted = ring(8, 0.3);
  rz_lattice *lattice = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&chain, &lattice));
  rz_ed_spec spec = {.op = op,
                     .lattice = lattice,
                     .fixed_sz = true,
                     .n_up = 4,
                     .n_levels = 3,
                     .solver = "slepc",
                     .tol = 1e-12,
                     .with_vectors = true};
  exhaust(&spec);
  spec.solver = "lanczos";
  exhaust(&spec);
  spec.n_levels = 1;
  exhaust(&spec);
  spec.n_levels = 3;
  spec.solver = "dense";
  exhaust(&spec);
  spec.op = twisted;
  exhaust(&spec);
  spec.solver = "slepc";
  spec.use_momentum = true;
  spec.momentum[0] = 3;
  exhaust(&spec);
  rz_operator_destroy(&op);
  rz_operator_destroy(&twisted);
  rz_lattice_destroy(&lattice);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
