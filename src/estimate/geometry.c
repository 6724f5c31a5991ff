/* Distances and unit cells, as the observables use them. */
#include "observable_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SAME = 1e-6; /* distances closer than this, in nearest-neighbour distances, are one */

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int64_t class_of(double d, int64_t n, const double *distance) {
  int64_t low = 0, high = n - 1;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (distance[middle] + SAME < d)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void classify(const rz_lattice *l, int32_t *pair_class, int64_t n, const double *distance, int64_t *count) {
  const int n_site = rz_lattice_n_site(l);
  for (int i = 0; i < n_site; i++)
    for (int j = i + 1; j < n_site; j++) {
      const double d = rz_lattice_distance(l, i, j);
      int32_t *to = &pair_class[(int64_t)i * n_site + j];
      *to = -1;
      if (!isfinite(d)) continue;
      *to = (int32_t)class_of(d, n, distance);
      count[*to]++;
    }
}

rz_err rz_distance_classes(const rz_lattice *l, int32_t *pair_class, int64_t *n, double **distance, int64_t **count) {
  const int n_site = rz_lattice_n_site(l);
  *n = 0;
  *count = NULL;
  RZ_TRY(RZ_NEW((int64_t)n_site * n_site, distance));
  rz_err rc = RZ_OK;
  double *d = *distance;
  int64_t m = 0;
  for (int i = 0; i < n_site; i++)
    for (int j = i + 1; j < n_site; j++) {
      d[m] = rz_lattice_distance(l, i, j);
      m += isfinite(d[m]) != 0;
    }
  qsort(d, (size_t)m, sizeof *d, ascending);
  for (int64_t k = 0; k < m; k++)
    if (*n == 0 || d[k] > d[*n - 1] + SAME) d[(*n)++] = d[k];
  RZ_TRY_DONE(rc, RZ_NEW0(*n, count));
  classify(l, pair_class, *n, d, *count);
done:
  if (rc != RZ_OK) rz_free(distance);
  return rc;
}

bool rz_has_cells(const rz_lattice *l) { return strcmp(rz_lattice_spec_of(l)->geometry, "graph") != 0; }

void rz_cell_counts(const rz_lattice *l, int n_cell[2]) {
  n_cell[0] = n_cell[1] = 1;
  for (int i = 0; i < rz_lattice_n_site(l); i++) {
    int cell[2], basis;
    rz_lattice_cell(l, i, cell, &basis);
    for (int d = 0; d < 2; d++)
      if (cell[d] >= n_cell[d]) n_cell[d] = cell[d] + 1;
  }
}
