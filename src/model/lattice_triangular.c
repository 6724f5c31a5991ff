/* Cell vectors at 120 degrees, so that the neighbours in cell coordinates are (1, 0), (0, 1) and (1, 1). */
#include "lattice_impl.h"

#define H 0.86602540378443864676 /* sqrt(3) / 2 */

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(rz_lattice_take_extents(l, spec, 2));
  RZ_TRY(rz_lattice_set_cell(l, (double[]){1, 0}, (double[]){-0.5, H}, 1, (const double[][2]){{0, 0}}, 3,
                             (const double[][2]){{1, 0}, {-0.5, H}, {0.5, H}}));
  return RZ_OK;
}

const rz_lattice_class rz_lattice_triangular = {
    .name = "triangular", .about = "triangular lattice, 6 neighbours", .init = init};
