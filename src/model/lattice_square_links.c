/* The links of a square lattice: from every vertex one to the right and one up, in distances of two that meet. */
#include "lattice_impl.h"

#define ROOT2 1.41421356237309504880

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(rz_lattice_take_extents(l, spec, 2));
  RZ_TRY(rz_lattice_set_cell(l, (double[]){ROOT2, 0}, (double[]){0, ROOT2}, 2,
                             (const double[][2]){{0.5 * ROOT2, 0}, {0, 0.5 * ROOT2}}, 2,
                             (const double[][2]){{0.5 * ROOT2, 0.5 * ROOT2}, {-0.5 * ROOT2, 0.5 * ROOT2}}));
  return RZ_OK;
}

const rz_lattice_class rz_lattice_square_links = {
    .name = "square_links", .about = "links of a square lattice, 2 per vertex, for gauge theories", .init = init};
