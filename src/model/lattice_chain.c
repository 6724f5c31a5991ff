/* A line or ring of sites. */
#include "lattice_impl.h"

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(rz_lattice_take_extents(l, spec, 1));
  RZ_TRY(rz_lattice_set_cell(l, (double[]){1, 0}, (double[]){0, 1}, 1, (const double[][2]){{0, 0}}, 1,
                             (const double[][2]){{1, 0}}));
  return RZ_OK;
}

const rz_lattice_class rz_lattice_chain = {.name = "chain", .about = "a line or ring of sites", .init = init};
