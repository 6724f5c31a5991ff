#include "alone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* Every launcher and its process managers leave variables with one of these beginnings. */
static bool is_launched(void) {
  static const char *const marks[] = {
      "OMPI_COMM_WORLD_", "PMIX_", "PMI_", "SLURM_STEP", "PALS_", "ALPS_", "FLUX_", "JSM_"};
  for (char **entry = environ; *entry; entry++)
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
      if (strncmp(*entry, marks[i], strlen(marks[i])) == 0) return true;
  return false;
}

/* Open MPI reads the first only where it has itself found no launcher. */
void rz_start_alone_quickly(void) {
  if (is_launched()) return;
  (void)setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  if (getenv("OMPI_MCA_pml") || getenv("OMPI_MCA_btl") || getenv("OMPI_MCA_mtl")) return;
  (void)setenv("OMPI_MCA_pml", "ob1", 1);
  (void)setenv("OMPI_MCA_btl", "self", 1);
}
