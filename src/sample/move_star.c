/* Flip the four links of a vertex: a gauge transformation. A gauge-invariant state accepts it always and no observable
 * of such a state sees it; it keeps walkers moving along gauge orbits where every single flip is rejected, near the
 * toric code, and joins the orbits' configurations for states that are not invariant. */
#include "move_list.h"

#include "ritz/model/links.h"

static const char *unfit_star(const rz_model *model) {
  if (model->fixed_sz) return "leaves a sector of fixed sz; use sz = 'all'";
  return rz_links_unfit(model->lattice);
}

static rz_err init_star(rz_move *m, const rz_move_input *in) {
  int n[2];
  rz_links_extent(in->model->lattice, n);
  RZ_TRY(rz_move_allocate(m, n[0] * n[1], 4));
  for (int v = 0; v < n[0] * n[1]; v++) rz_links_star(in->model->lattice, v % n[0], v / n[0], m->site + 4 * v);
  return RZ_OK;
}

const rz_move_class rz_move_star = {.name = "star",
                                    .about = "flip the four links of a vertex; alone it stays on a gauge orbit",
                                    .cite = "Kitaev, Ann. Phys. 303, 2 (2003)",
                                    .unfit = unfit_star,
                                    .init = init_star};
