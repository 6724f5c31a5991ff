/* modules: core */
/* Seconds of MPI_Init as the program calls it. */
#include "../../src/app/alone.c"
#include "ritz/core/clock.h"
#include <mpi.h>
#include <stdio.h>

int main(void) {
  int provided = 0;
  rz_start_alone_quickly();
  const double start = rz_wall_time();
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  printf("%.6f\n", rz_wall_time() - start);
  MPI_Finalize();
  return 0;
}
