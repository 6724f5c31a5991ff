/* label: long */
/* ranks: 2 */
/* modules: exact solve model linalg core */
/* The rows of the table that take minutes: 20 and 24 sites, and excited levels of the 4 x 4 Ising lattice. */
#include "exact_rows.h"

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  (void)run_rows("exact_ed_long");
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
