/* modules: sample ansatz model linalg core */
/* Every registered move on every kind of sector: flip sets lie on the lattice and name no site twice, a flip can be
 * taken back by the same flip, and a move that claims to fit a sector never leaves it. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/sample/move.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SITE = 9 };

/* Random configurations of the sector. */
static void fill(const rz_model *model, rz_rng *rng, rz_block *b) {
  for (int lane = 0; lane < RZ_LANES; lane++)
    for (int i = 0, up = model->n_up; i < b->n_site; i++) {
      const bool is_up =
          model->fixed_sz ? rz_rng_below(rng, (uint32_t)(b->n_site - i)) < (uint32_t)up : rz_rng_u32(rng) >> 31;
      up -= is_up;
      b->spin[i * RZ_LANES + lane] = is_up ? 1 : -1;
    }
}

static int lane_up(const rz_block *b, int lane) {
  int up = 0;
  for (int i = 0; i < b->n_site; i++) up += b->spin[i * RZ_LANES + lane] > 0;
  return up;
}

static void applies(const rz_move *m, const rz_block *b, const int32_t *site, uint8_t *possible) {
  memset(possible, 1, RZ_LANES);
  if (m->cls->applies) m->cls->applies(b, site, possible);
}

static void check_set(const rz_model *model, const rz_move *m, const int32_t *site, rz_block *b) {
  uint8_t before[RZ_LANES], after[RZ_LANES];
  int bad = 0;
  for (int i = 0; i < m->n_flip; i++) {
    bad += site[i] < 0 || site[i] >= b->n_site;
    for (int k = 0; k < i; k++) bad += site[i] == site[k];
  }
  if (!RZ_EXPECT(bad == 0)) return;
  applies(m, b, site, before);
  for (int i = 0; i < m->n_flip; i++)
    for (int lane = 0; lane < RZ_LANES; lane++)
      if (before[lane]) b->spin[site[i] * RZ_LANES + lane] = (int8_t)-b->spin[site[i] * RZ_LANES + lane];
  applies(m, b, site, after);
  for (int lane = 0; lane < RZ_LANES; lane++) {
    RZ_EXPECT(before[lane] == after[lane]);
    RZ_EXPECT(!model->fixed_sz || lane_up(b, lane) == model->n_up);
  }
}

static void check_move(const char *name, const rz_model *model, bool any_pair) {
  const rz_move_input in = {.model = model, .any_pair = any_pair};
  rz_move *m = NULL;
  rz_block b = {.n_site = rz_lattice_n_site(model->lattice)};
  rz_rng rng = rz_rng_stream(2, RZ_RNG_TEST, 0);
  RZ_EXPECT_OK(RZ_NEW(b.n_site * RZ_LANES, &b.spin));
  if (RZ_EXPECT_OK(rz_move_create(name, &in, &m))) {
    RZ_EXPECT(m->n_flip > 0 && m->n_set > 0);
    for (int64_t k = 0; k < m->n_set; k++) {
      fill(model, &rng, &b);
      check_set(model, m, m->site + k * m->n_flip, &b);
    }
  }
  rz_move_destroy(&m);
  rz_free(&b.spin);
}

/* In each sector it fits; returns how many combinations that were. */
static int check_sectors(const rz_move_class *cls, rz_model *model) {
  int n_fit = 0;
  for (int sector = 0; sector < 3; sector++)
    for (int any = 0; any < 2; any++) {
      model->fixed_sz = sector > 0;
      model->n_up = sector == 1 ? 4 : 2;
      if (cls->unfit(model)) continue;
      check_move(cls->name, model, any);
      n_fit++;
    }
  return n_fit;
}

int main(void) {
  rz_model chain, torus = {.pauli = true};
  int n_move = 0, n_fit = 0;
  const rz_move_class *const *moves = rz_move_registry(&n_move);
  RZ_EXPECT_OK(bare_chain(MAX_SITE, false, &chain));
  RZ_EXPECT_OK(rz_lattice_create(&(rz_lattice_spec){"square_links", 2, {2, 2}, {true, true}, 0, NULL}, &torus.lattice));
  for (int k = 0; k < n_move; k++) {
    RZ_EXPECT(moves[k]->name && moves[k]->about && moves[k]->cite);
    const int on_chain = check_sectors(moves[k], &chain), on_links = check_sectors(moves[k], &torus);
    RZ_EXPECT(on_chain + on_links > 0);
    n_fit += on_chain;
  }
  RZ_EXPECT(n_fit >= 2 * (3 + 1 + 1));
  bare_free(&chain);
  bare_free(&torus);
  return rz_check_finish();
}
