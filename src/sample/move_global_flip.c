/* Flip every spin: joins the two halves of configuration space between which an ordered state hesitates. */
#include "move_list.h"

static const char *unfit_global_flip(const rz_model *model) {
  const bool half = 2 * model->n_up == rz_lattice_n_site(model->lattice);
  return model->fixed_sz && !half ? "turns sz into -sz, which leaves a sector of fixed sz other than 0" : NULL;
}

static rz_err init_global_flip(rz_move *m, const rz_move_input *in) {
  (void)in;
  RZ_TRY(rz_move_allocate(m, 1, m->n_site));
  for (int32_t i = 0; i < m->n_site; i++) m->site[i] = i;
  return RZ_OK;
}

const rz_move_class rz_move_global_flip = {.name = "global_flip",
                                           .about = "flip every spin; alone it joins only two configurations",
                                           .cite = "",
                                           .unfit = unfit_global_flip,
                                           .init = init_global_flip};
