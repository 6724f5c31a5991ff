/* modules: exact solve model linalg core */
/* Exact diagonalisation of up to 16 sites against the table of exact values: chains, ladders, square and triangular
 * lattices, Ising models, sectors, correlations, entropies, signs. */
#include "exact_rows.h"

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  (void)run_rows("exact_ed");
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
