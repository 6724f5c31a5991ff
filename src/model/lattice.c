/* Creation and plain queries; tables in lattice_table.c, symmetries in lattice_symmetry.c. */
#include "lattice_impl.h"

#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

rz_err rz_lattice_take_extents(rz_lattice *l, const rz_lattice_spec *spec, int n_dim) {
  const char *name = l->cls->name;
  RZ_CHECK(spec->n_dim == n_dim, RZ_ERR_ARG, "geometry '%s' takes %d length%s, not %d", name, n_dim,
           n_dim == 1 ? "" : "s", spec->n_dim);
  l->cells[0] = l->cells[1] = 1;
  for (int k = 0; k < n_dim; k++) {
    RZ_CHECK(spec->length[k] >= 1 && spec->length[k] <= RZ_MAX_SITE, RZ_ERR_ARG, "length %lld is not in 1 .. %d",
             (long long)spec->length[k], (int)RZ_MAX_SITE);
    RZ_CHECK(!spec->periodic[k] || spec->length[k] >= 2, RZ_ERR_ARG,
             "a periodic direction of length 1 would join sites to themselves; use length >= 2 or boundary = 'open'");
    l->cells[k] = (int)spec->length[k];
    l->wraps[k] = spec->periodic[k];
  }
  return RZ_OK;
}

rz_err rz_lattice_set_cell(rz_lattice *l, const double a1[2], const double a2[2], int n_basis, const double basis[][2],
                           int n_axis, const double axis[][2]) {
  RZ_TRY(RZ_NEW(n_basis, &l->basis));
  memcpy(l->basis, basis, (size_t)n_basis * sizeof *basis);
  memcpy(l->cell_vector[0], a1, sizeof l->cell_vector[0]);
  memcpy(l->cell_vector[1], a2, sizeof l->cell_vector[1]);
  memcpy(l->axis, axis, (size_t)n_axis * sizeof *axis);
  l->n_basis = n_basis;
  l->n_axis = n_axis;
  return RZ_OK;
}

static rz_err find_class(const char *name, const rz_lattice_class **cls) {
  int n;
  const rz_lattice_class *const *registry = rz_lattice_registry(&n);
  for (int k = 0; k < n; k++)
    if (strcmp(registry[k]->name, name) == 0) {
      *cls = registry[k];
      return RZ_OK;
    }
  RZ_FAIL(RZ_ERR_ARG, "unknown geometry '%s'", name);
}

static rz_err build(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(find_class(spec->geometry, &l->cls));
  l->spec = *spec;
  l->spec.geometry = l->cls->name;
  l->spec.edge_file = NULL;
  if (spec->edge_file) {
    RZ_TRY(rz_strdup(spec->edge_file, &l->edge_file));
    l->spec.edge_file = l->edge_file;
  }
  RZ_TRY(l->cls->init(l, spec));
  const int64_t n_site = (int64_t)l->n_basis * l->cells[0] * l->cells[1];
  RZ_CHECK(n_site <= RZ_MAX_SITE, RZ_ERR_ARG, "%lld sites are more than %d", (long long)n_site, (int)RZ_MAX_SITE);
  l->n_site = (int)n_site;
  if (!l->graph) RZ_TRY(rz_lattice_tabulate(l));
  if (l->n_shell < 1) l->n_shell = 1; /* a single site: shell 0 exists and is empty */
  RZ_TRY(RZ_NEW0(l->n_shell + 1, &l->bonds));
  RZ_TRY(RZ_NEW0(l->n_shell + 1, &l->n_bonds));
  RZ_TRY(rz_lattice_colour(l));
  RZ_TRY(rz_lattice_find_symmetries(l));
  return RZ_OK;
}

rz_err rz_lattice_create(const rz_lattice_spec *spec, rz_lattice **out) {
  *out = NULL;
  rz_lattice *l;
  RZ_TRY(RZ_NEW0(1, &l));
  const rz_err rc = build(l, spec);
  if (rc != RZ_OK) {
    rz_lattice_destroy(&l);
    return rz_error_trace(rc, __FILE__, __LINE__, __func__);
  }
  *out = l;
  return RZ_OK;
}

void rz_lattice_destroy(rz_lattice **lattice) {
  if (!lattice || !*lattice) return;
  rz_lattice *l = *lattice;
  for (int k = 0; l->bonds && k <= l->n_shell; k++) rz_free(&l->bonds[k]);
  rz_free(&l->bonds);
  rz_free(&l->n_bonds);
  rz_free(&l->edge_file);
  rz_free(&l->basis);
  rz_free(&l->edge);
  rz_free(&l->hops);
  rz_free(&l->relative);
  rz_free(&l->sublattice);
  rz_free(&l->translation);
  rz_free(&l->reflection);
  rz_free(lattice);
}

int rz_lattice_n_site(const rz_lattice *l) { return l->n_site; }
int rz_lattice_n_basis(const rz_lattice *l) { return l->n_basis; }
int rz_lattice_n_shell(const rz_lattice *l) { return l->n_shell; }
const rz_lattice_spec *rz_lattice_spec_of(const rz_lattice *l) { return &l->spec; }
bool rz_lattice_has_positions(const rz_lattice *l) { return !l->graph; }

void rz_lattice_cell(const rz_lattice *l, int site, int cell[2], int *basis) {
  *basis = site % l->n_basis;
  cell[0] = site / l->n_basis % l->cells[0];
  cell[1] = site / l->n_basis / l->cells[0];
}

void rz_lattice_position(const rz_lattice *l, int site, double r[2]) {
  int cell[2], basis;
  rz_lattice_cell(l, site, cell, &basis);
  for (int k = 0; k < 2; k++)
    r[k] = l->graph ? NAN : l->basis[basis][k] + cell[0] * l->cell_vector[0][k] + cell[1] * l->cell_vector[1][k];
}

double rz_lattice_distance(const rz_lattice *l, int a, int b) {
  if (!l->graph) return rz_lattice_relative(l, a, b)->distance;
  const int16_t hops = l->hops[(int64_t)a * l->n_site + b];
  return hops < 0 ? INFINITY : hops;
}

void rz_lattice_displacement(const rz_lattice *l, int a, int b, double d[2]) {
  for (int k = 0; k < 2; k++) d[k] = l->graph ? NAN : rz_lattice_relative(l, a, b)->d[k];
}
