/* Two sites per cell; site A's neighbours B lie in the same cell (axis 0), at x - 1 (axis 1) and at y - 1 (axis 2). */
#include "lattice_impl.h"

#define H 0.86602540378443864676 /* sqrt(3) / 2 */

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(rz_lattice_take_extents(l, spec, 2));
  RZ_TRY(rz_lattice_set_cell(l, (double[]){2 * H, 0}, (double[]){H, 1.5}, 2, (const double[][2]){{0, 0}, {H, 0.5}}, 3,
                             (const double[][2]){{H, 0.5}, {-H, 0.5}, {0, 1}}));
  return RZ_OK;
}

const rz_lattice_class rz_lattice_honeycomb = {
    .name = "honeycomb", .about = "honeycomb lattice, 2 sites per cell, 3 neighbours", .init = init};
