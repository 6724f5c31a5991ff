/* Legs along x joined by rungs; the rungs are open, `boundary` is that of the legs. Site = leg + legs * x. */
#include "lattice_impl.h"

#include "ritz/core/memory.h"

static const rz_option rows[] = {RZ_ROW_INT("legs", "2", 2, 64, "number of legs; `length` counts the rungs")};

static rz_err init(rz_lattice *l, const rz_lattice_spec *spec) {
  RZ_TRY(rz_lattice_take_extents(l, spec, 1));
  RZ_CHECK(spec->legs >= 2 && spec->legs <= 64, RZ_ERR_ARG, "a ladder has 2 to 64 legs, not %d", spec->legs);
  double basis[64][2] = {{0}};
  for (int leg = 0; leg < spec->legs; leg++) basis[leg][1] = leg;
  RZ_TRY(rz_lattice_set_cell(l, (double[]){1, 0}, (double[]){0, 1}, spec->legs, (const double(*)[2])basis, 2,
                             (const double[][2]){{1, 0}, {0, 1}}));
  return RZ_OK;
}

const rz_lattice_class rz_lattice_ladder = {
    .name = "ladder", .about = "legs joined by open rungs", .options = rows, .n_options = 1, .init = init};
