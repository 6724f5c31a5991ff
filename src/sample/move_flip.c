/* Flip one spin. */
#include "move_list.h"

static const char *unfit_flip(const rz_model *model) {
  return model->fixed_sz ? "leaves a sector of fixed sz; use 'exchange'" : NULL;
}

static rz_err init_flip(rz_move *m, const rz_move_input *in) {
  (void)in;
  RZ_TRY(rz_move_allocate(m, m->n_site, 1));
  for (int32_t i = 0; i < m->n_site; i++) m->site[i] = i;
  return RZ_OK;
}

const rz_move_class rz_move_flip = {
    .name = "flip", .about = "flip one spin", .cite = "", .unfit = unfit_flip, .init = init_flip};
