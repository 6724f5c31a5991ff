#include "lattice_impl.h"

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(rz_lattice_take_extents(l, spec, 2));
  RZ_TRY(rz_lattice_set_cell(l, (double[]){1, 0}, (double[]){0, 1}, 1, (const double[][2]){{0, 0}}, 2,
                             (const double[][2]){{1, 0}, {0, 1}}));
  return RZ_OK;
}

const rz_lattice_class rz_lattice_square = {.name = "square", .about = "square lattice, 4 neighbours", .init = init};
