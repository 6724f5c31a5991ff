/* Translation-shared filters on a lattice of another size. */
#include "ansatz_impl.h"

#include "ritz/core/math.h"

#include <math.h>

typedef struct grid {
  int n_basis, cells[2];
} grid;

static rz_err grids(const rz_ansatz *a, int from_n_site, const int from_extent[2], grid *here, grid *there) {
  int extent[2];
  rz_lattice_translation_extent(a->lattice, extent);
  here->n_basis = there->n_basis = rz_lattice_n_basis(a->lattice);
  here->cells[0] = here->cells[1] = 1;
  for (int i = 0; i < a->n_site; ++i) {
    int cell[2], basis;
    rz_lattice_cell(a->lattice, i, cell, &basis);
    for (int k = 0; k < 2; ++k)
      if (cell[k] >= here->cells[k]) here->cells[k] = cell[k] + 1;
  }
  for (int k = 0; k < 2; ++k) {
    there->cells[k] = extent[k] > 1 ? from_extent[k] : here->cells[k];
    RZ_CHECK((extent[k] > 1) == (from_extent[k] > 1), RZ_ERR_ARG,
             "direction %d has %d translations in the source, %d here", k, from_extent[k], extent[k]);
    RZ_CHECK(there->cells[k] <= here->cells[k], RZ_ERR_ARG, "direction %d shrinks from %d cells to %d", k,
             there->cells[k], here->cells[k]);
  }
  RZ_CHECK(there->n_basis * there->cells[0] * there->cells[1] == from_n_site, RZ_ERR_ARG,
           "the source has %d sites, not %d x %d cells of %d sites: another lattice", from_n_site, there->cells[0],
           there->cells[1], there->n_basis);
  return RZ_OK;
}

/* The cell nearest to the circular centroid of |W|^2 of filter f along direction k. */
static int centre(const rz_params *from, int v, const grid *there, int f, int n_filter, int k) {
  double re = 0.0, im = 0.0;
  for (int y = 0; y < there->cells[1]; ++y)
    for (int x = 0; x < there->cells[0]; ++x)
      for (int basis = 0; basis < there->n_basis; ++basis) {
        double w[2];
        const int64_t site = basis + (int64_t)there->n_basis * (x + there->cells[0] * y);
        rz_import_element(from, v, site * n_filter + f, w);
        const double size = w[0] * w[0] + w[1] * w[1], angle = 2.0 * RZ_PI * (k == 0 ? x : y) / there->cells[k];
        re += size * cos(angle);
        im += size * sin(angle);
      }
  const int c = (int)lround(atan2(im, re) / (2.0 * RZ_PI) * there->cells[k]);
  return (c + there->cells[k]) % there->cells[k];
}

/* Displacement i - c on a ring of n cells, in -(n - 1) / 2 ... n / 2, then counted on a ring of m cells. */
static int move_cell(int i, int c, int n, int m) {
  int d = (i - c + n) % n;
  if (d > n / 2) d -= n;
  return ((c + d) % m + m) % m;
}

rz_err rz_import_filters(rz_ansatz *a, int view, const rz_params *from, int from_n_site, const int from_extent[2]) {
  grid here = {0}, there = {0};
  const rz_view *to = &a->params.view[view];
  const int v = rz_params_find(from, to->name);
  RZ_CHECK(v >= 0, RZ_ERR_ARG, "the source has no '%s'", to->name);
  RZ_TRY(grids(a, from_n_site, from_extent, &here, &there));
  const rz_view *source = &from->view[v];
  RZ_CHECK(source->n_dim == 2 && source->shape[0] == from_n_site, RZ_ERR_ARG, "'%s' of the source is not [%d, filters]",
           to->name, from_n_site);
  RZ_CHECK(source->shape[1] == to->shape[1], RZ_ERR_ARG, "'%s' has %lld filters in the source, %lld here", to->name,
           (long long)source->shape[1], (long long)to->shape[1]);
  const int n_filter = (int)to->shape[1];
  const double zero[2] = {0.0, 0.0};
  for (int64_t e = 0; e < rz_view_length(to); ++e) rz_import_store(a, view, e, zero);
  for (int f = 0; f < n_filter; ++f) {
    const int c[2] = {centre(from, v, &there, f, n_filter, 0), centre(from, v, &there, f, n_filter, 1)};
    for (int i = 0; i < from_n_site; ++i) {
      const int basis = i % there.n_basis, cell = i / there.n_basis;
      const int x = move_cell(cell % there.cells[0], c[0], there.cells[0], here.cells[0]);
      const int y = move_cell(cell / there.cells[0], c[1], there.cells[1], here.cells[1]);
      double value[2];
      rz_import_element(from, v, (int64_t)i * n_filter + f, value);
      rz_import_store(a, view, (int64_t)(basis + here.n_basis * (x + here.cells[0] * y)) * n_filter + f, value);
    }
  }
  return RZ_OK;
}
