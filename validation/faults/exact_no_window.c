/* modules: exact solve model linalg core */
/* ranks: 3 */
/* Ranks of one machine under an MPI that cannot share memory between them (Open MPI without its component for it):
 * exact diagonalisation goes by messages and gives the same level. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/exact/ed.h"
#include "ritz/solve/session.h"
#include <stdlib.h>

/* The Heisenberg ring of spins 1/2. */
static rz_operator *ring(int n_site) {
  rz_operator *op = NULL;
  RZ_EXPECT_OK(rz_operator_create(n_site, &op));
  for (int i = 0; i < n_site; i++)
    for (int k = 0; k < 3; k++) {
      const rz_local pair[2] = {{i, "XYZ"[k]}, {(i + 1) % n_site, "XYZ"[k]}};
      RZ_EXPECT_OK(rz_operator_add(op, 0.25, 2, pair));
    }
  RZ_EXPECT_OK(rz_operator_finish(op));
  return op;
}

int main(int argc, char **argv) {
  rz_comm comm;
  rz_ed_result r;
  setenv("OMPI_MCA_osc", "^sm", 1);
  MPI_Init(&argc, &argv);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  rz_operator *op = ring(12);
  const rz_ed_spec spec = {.op = op, .fixed_sz = true, .n_up = 6, .n_levels = 1, .solver = "lanczos", .seed = 5};
  if (RZ_EXPECT_OK(rz_ed_solve(&spec, &comm, &r))) {
    RZ_EXPECT_NEAR(r.energy[0], -5.387390917445, 1e-10);
    rz_ed_result_free(&r);
  }
  rz_operator_destroy(&op);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
