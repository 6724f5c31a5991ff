#include "ritz/core/version.h"
#include "ritz/exact/closed_form.h"
#include "ritz/store/results.h"
#include <stdio.h>

int main(void) {
  rz_closed_form ring;
  if (rz_majumdar_ghosh(8, 1, 1.0, &ring) != RZ_OK) return 1;
  printf("ritz %s with HDF5 %s: Majumdar-Ghosh ring of 8, E = %g\n", RITZ_VERSION, rz_hdf5_version(), ring.energy);
  return ring.energy == -3.0 ? 0 : 1;
}
