#include "lattice_impl.h"

#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

static bool are_neighbours(const rz_lattice *l, int a, int b) {
  if (l->graph) return l->hops[(int64_t)a * l->n_site + b] == 1;
  return rz_lattice_relative(l, a, b)->shell == 0;
}

/* Counter-clockwise order; false for three neighbours in a ring around the lattice. */
static bool orient(const rz_lattice *l, int32_t t[3]) {
  if (l->graph) return true;
  const double *ij = rz_lattice_relative(l, t[0], t[1])->d, *jk = rz_lattice_relative(l, t[1], t[2])->d;
  const double *ik = rz_lattice_relative(l, t[0], t[2])->d;
  if (fabs(ij[0] + jk[0] - ik[0]) + fabs(ij[1] + jk[1] - ik[1]) > 1e-8) return false;
  if (ij[0] * ik[1] - ij[1] * ik[0] < 0) {
    const int32_t swap = t[1];
    t[1] = t[2];
    t[2] = swap;
  }
  return true;
}

/* Partners of each site with a larger number, from the bonds. */
static int64_t list_triangles(const rz_lattice *l, int64_t n_bond, const rz_bond *bond, int32_t (*out)[3]) {
  int64_t n = 0;
  for (int64_t p = 0; p < n_bond; p++)
    for (int k = bond[p].b + 1; k < l->n_site; k++) {
      int32_t t[3] = {bond[p].a, bond[p].b, k};
      if (!are_neighbours(l, t[0], k) || !are_neighbours(l, t[1], k) || !orient(l, t)) continue;
      if (out) memcpy(out[n], t, sizeof t);
      n++;
    }
  return n;
}

static int64_t list_triples(const rz_lattice *l, int32_t (*out)[3]) {
  const int n = l->wraps[0] ? l->n_site : l->n_site - 2;
  for (int i = 0; i < n && out; i++)
    for (int k = 0; k < 3; k++) out[i][k] = (i + k) % l->n_site;
  return n > 0 ? n : 0;
}

rz_err rz_lattice_triangles(rz_lattice *l, int32_t (**triangle)[3], int64_t *n) {
  *triangle = NULL;
  for (int k = 0; k < 2; k++)
    RZ_CHECK(!l->wraps[k] || l->cells[k] >= 3, RZ_ERR_ARG,
             "triangles have no sense of rotation in a periodic direction of length 2");
  const bool line = !l->graph && l->n_axis == 1;
  const rz_bond *bond;
  int64_t n_bond;
  RZ_TRY(rz_lattice_bonds(l, 1, &bond, &n_bond));
  *n = line ? list_triples(l, NULL) : list_triangles(l, n_bond, bond, NULL);
  RZ_CHECK(*n > 0, RZ_ERR_ARG, "the lattice '%s' has no triangles of nearest neighbours", l->cls->name);
  RZ_TRY(RZ_NEW(*n, triangle));
  if (line)
    list_triples(l, *triangle);
  else
    list_triangles(l, n_bond, bond, *triangle);
  return RZ_OK;
}
