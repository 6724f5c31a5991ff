/* Memory of the process. */
#ifndef RITZ_BENCH_RESIDENT_H
#define RITZ_BENCH_RESIDENT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Highest resident set so far, in bytes; 0 where the system does not tell. */
static inline double resident_peak(void) {
  char line[256];
  double kb = 0.0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (strncmp(line, "VmHWM:", 6) == 0) kb = atof(line + 6);
  if (f) fclose(f);
  return 1024.0 * kb;
}

#endif
