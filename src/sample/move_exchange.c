/* Exchange two antiparallel spins, of a nearest-neighbour bond or of any pair: keeps sz. */
#include "move_list.h"

static const char *unfit_exchange(const rz_model *model) {
  (void)model;
  return NULL;
}

static rz_err all_pairs(rz_move *m) {
  const int64_t n = m->n_site;
  RZ_TRY(rz_move_allocate(m, n * (n - 1) / 2, 2));
  int32_t *site = m->site;
  for (int32_t a = 0; a < n; a++)
    for (int32_t b = a + 1; b < n; b++) *site++ = a, *site++ = b;
  return RZ_OK;
}

static rz_err init_exchange(rz_move *m, const rz_move_input *in) {
  if (in->any_pair) return all_pairs(m);
  const rz_bond *bond = NULL;
  int64_t n = 0;
  if (m->n_site > 1) RZ_TRY(rz_lattice_bonds(in->model->lattice, 1, &bond, &n));
  RZ_TRY(rz_move_allocate(m, n, 2));
  for (int64_t k = 0; k < n; k++) {
    m->site[2 * k] = bond[k].a;
    m->site[2 * k + 1] = bond[k].b;
  }
  return RZ_OK;
}

static void applies_exchange(const rz_block *b, const int32_t *site, uint8_t *possible) {
  const int8_t *s = b->spin + (int64_t)site[0] * RZ_LANES, *t = b->spin + (int64_t)site[1] * RZ_LANES;
  for (int lane = 0; lane < RZ_LANES; lane++) possible[lane] = s[lane] != t[lane];
}

const rz_move_class rz_move_exchange = {.name = "exchange",
                                        .about = "exchange two antiparallel spins of a bond (or any two); keeps sz",
                                        .cite = "",
                                        .unfit = unfit_exchange,
                                        .init = init_exchange,
                                        .applies = applies_exchange};
