/* Corner-sharing triangles: three sites per cell, at the corners of an upward triangle. */
#include "lattice_impl.h"

#define H 0.86602540378443864676 /* sqrt(3) / 2 */

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(rz_lattice_take_extents(l, spec, 2));
  RZ_TRY(rz_lattice_set_cell(l, (double[]){2, 0}, (double[]){1, 2 * H}, 3,
                             (const double[][2]){{0, 0}, {1, 0}, {0.5, H}}, 3,
                             (const double[][2]){{1, 0}, {0.5, H}, {-0.5, H}}));
  return RZ_OK;
}

const rz_lattice_class rz_lattice_kagome = {
    .name = "kagome", .about = "kagome lattice, 3 sites per cell, 4 neighbours", .init = init};
