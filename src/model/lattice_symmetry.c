/* Sublattices, translations and the reflection. */
#include "lattice_impl.h"

#include "ritz/core/memory.h"

#include <math.h>

#define NEAR 1e-8

/* Two-colour the nearest-neighbour graph, component by component. */
static bool two_colour(int n_site, const int64_t *start, const int32_t *to, int32_t *queue, int8_t *colour) {
  for (int i = 0; i < n_site; i++) colour[i] = -1;
  for (int seed = 0; seed < n_site; seed++) {
    if (colour[seed] >= 0) continue;
    int head = 0, tail = 0;
    colour[seed] = 0;
    queue[tail++] = seed;
    while (head < tail) {
      const int32_t i = queue[head++];
      for (int64_t e = start[i]; e < start[i + 1]; e++) {
        if (colour[to[e]] == colour[i]) return false;
        if (colour[to[e]] >= 0) continue;
        colour[to[e]] = (int8_t)(1 - colour[i]);
        queue[tail++] = to[e];
      }
    }
  }
  return true;
}

rz_err rz_lattice_colour(rz_lattice *l) {
  const rz_bond *bond;
  int64_t n_bond, *start = NULL;
  int32_t *to = NULL, *queue = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_lattice_bonds(l, 1, &bond, &n_bond));
  RZ_TRY(RZ_NEW(l->n_site, &l->sublattice));
  RZ_TRY_DONE(rc, RZ_NEW0(l->n_site + 2, &start));
  RZ_TRY_DONE(rc, RZ_NEW(2 * n_bond, &to));
  RZ_TRY_DONE(rc, RZ_NEW(l->n_site, &queue));
  for (int64_t k = 0; k < n_bond; k++) start[bond[k].a + 2]++, start[bond[k].b + 2]++;
  for (int i = 2; i <= l->n_site + 1; i++) start[i] += start[i - 1];
  for (int64_t k = 0; k < n_bond; k++) {
    to[start[bond[k].a + 1]++] = bond[k].b;
    to[start[bond[k].b + 1]++] = bond[k].a;
  }
  l->bipartite = two_colour(l->n_site, start, to, queue, l->sublattice);
  for (int i = 0; i < l->n_site && !l->bipartite; i++) l->sublattice[i] = -1;
done:
  rz_free(&start);
  rz_free(&to);
  rz_free(&queue);
  return rc;
}

const int8_t *rz_lattice_sublattice(const rz_lattice *l) { return l->sublattice; }
bool rz_lattice_is_bipartite(const rz_lattice *l) { return l->bipartite; }

void rz_lattice_translation_extent(const rz_lattice *l, int extent[2]) {
  for (int k = 0; k < 2; k++) extent[k] = l->wraps[k] ? l->cells[k] : 1;
}

int rz_lattice_translations(const rz_lattice *l, const int32_t **perm) {
  *perm = l->translation;
  return l->n_translation;
}

static rz_err list_translations(rz_lattice *l) {
  int extent[2];
  rz_lattice_translation_extent(l, extent);
  l->n_translation = extent[0] * extent[1];
  RZ_TRY(RZ_NEW((int64_t)l->n_translation * l->n_site, &l->translation));
  for (int g = 0; g < l->n_translation; g++)
    for (int i = 0; i < l->n_site; i++) {
      int cell[2], basis;
      rz_lattice_cell(l, i, cell, &basis);
      const int x = (cell[0] + g % extent[0]) % l->cells[0], y = (cell[1] + g / extent[0]) % l->cells[1];
      l->translation[(int64_t)g * l->n_site + i] = basis + l->n_basis * (x + l->cells[0] * y);
    }
  return RZ_OK;
}

/* Fractional cell coordinates of r. */
static void fractional(const rz_lattice *l, const double r[2], double u[2]) {
  const double(*a)[2] = l->cell_vector;
  const double det = a[0][0] * a[1][1] - a[0][1] * a[1][0];
  u[0] = (r[0] * a[1][1] - r[1] * a[1][0]) / det;
  u[1] = (a[0][0] * r[1] - a[0][1] * r[0]) / det;
}

/* The site at position r, or -1. */
static int site_at(const rz_lattice *l, const double r[2]) {
  for (int basis = 0; basis < l->n_basis; basis++) {
    const double d[2] = {r[0] - l->basis[basis][0], r[1] - l->basis[basis][1]};
    double u[2];
    int cell[2];
    bool found = true;
    fractional(l, d, u);
    for (int k = 0; k < 2 && found; k++) {
      cell[k] = (int)lround(u[k]);
      found = fabs(u[k] - cell[k]) < NEAR * (1.0 + fabs(u[k]));
      if (l->wraps[k]) cell[k] = (cell[k] % l->cells[k] + l->cells[k]) % l->cells[k];
      found = found && cell[k] >= 0 && cell[k] < l->cells[k];
    }
    if (found) return basis + l->n_basis * (cell[0] + l->cells[0] * cell[1]);
  }
  return -1;
}

/* x -> -x maps a period to a sum of periods: needed for the map to be one of the torus. */
static bool periods_reflect(const rz_lattice *l) {
  for (int k = 0; k < 2; k++) {
    if (!l->wraps[k]) continue;
    const double t[2] = {-l->cells[k] * l->cell_vector[k][0], l->cells[k] * l->cell_vector[k][1]};
    double u[2];
    fractional(l, t, u);
    for (int m = 0; m < 2; m++) {
      const double turns = l->wraps[m] ? u[m] / l->cells[m] : u[m];
      if (fabs(turns - rint(turns)) > NEAR || (!l->wraps[m] && fabs(u[m]) > NEAR)) return false;
    }
  }
  return true;
}

static bool reflect_about(const rz_lattice *l, double centre, int32_t *perm) {
  for (int i = 0; i < l->n_site; i++) {
    double r[2];
    rz_lattice_position(l, i, r);
    r[0] = 2.0 * centre - r[0];
    perm[i] = site_at(l, r);
    if (perm[i] < 0) return false;
  }
  return true;
}

static rz_err find_reflection(rz_lattice *l) {
  if (!periods_reflect(l)) return RZ_OK;
  RZ_TRY(RZ_NEW(l->n_site, &l->reflection));
  if (l->wraps[0]) {
    for (int basis = 0; basis < l->n_basis; basis++)
      if (reflect_about(l, 0.5 * (l->basis[0][0] + l->basis[basis][0]), l->reflection)) return RZ_OK;
  } else {
    double low = INFINITY, high = -INFINITY, r[2];
    for (int i = 0; i < l->n_site; i++) {
      rz_lattice_position(l, i, r);
      low = fmin(low, r[0]);
      high = fmax(high, r[0]);
    }
    if (reflect_about(l, 0.5 * (low + high), l->reflection)) return RZ_OK;
  }
  rz_free(&l->reflection);
  return RZ_OK;
}

const int32_t *rz_lattice_reflection(const rz_lattice *l) { return l->reflection; }

rz_err rz_lattice_find_symmetries(rz_lattice *l) {
  RZ_TRY(list_translations(l));
  if (!l->graph) RZ_TRY(find_reflection(l));
  return RZ_OK;
}
