/* Times of the same work, least and median. */
#ifndef RITZ_BENCH_SLICES_H
#define RITZ_BENCH_SLICES_H

#include "ritz/core/clock.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SLICES = 256 };

typedef struct slices {
  int n;
  double seconds[MOST_SLICES];
} slices;

static inline void slices_add(slices *s, double seconds) {
  if (s->n < MOST_SLICES) s->seconds[s->n++] = seconds;
}

/* CPU time since *t, which becomes now. */
static inline double slices_lap(double *t) {
  const double now = rz_cpu_time(), spent = now - *t;
  *t = now;
  return spent;
}

static inline int slices_compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline double slices_quantile(const slices *s, int numerator, int denominator) {
  double sorted[MOST_SLICES];
  if (s->n == 0) return (double)NAN;
  memcpy(sorted, s->seconds, sizeof *sorted * (size_t)s->n);
  qsort(sorted, (size_t)s->n, sizeof *sorted, slices_compare);
  return sorted[(s->n - 1) * numerator / denominator];
}

static inline double slices_least(const slices *s) { return slices_quantile(s, 0, 1); }
static inline double slices_median(const slices *s) { return slices_quantile(s, 1, 2); }

#endif
