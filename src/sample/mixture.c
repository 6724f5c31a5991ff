/* A mixture of moves: one is chosen by weight, whatever the configuration, so that proposals stay symmetric. */
#include "sampler_impl.h"

#include <string.h>

static void set_thresholds(rz_mixture *m, const double *weight) {
  double sum = 0.0, cumulative = 0.0;
  for (int i = 0; i < m->n; i++) sum += weight[i];
  for (int i = 0; i < m->n; i++) {
    cumulative += weight[i] / sum;
    m->below[i] = cumulative < 1.0 ? (uint32_t)(cumulative * 0x1p32) : UINT32_MAX;
  }
}

rz_err rz_mixture_init(rz_mixture *m, const rz_sampler_spec *spec, const rz_model *model) {
  memset(m, 0, sizeof *m);
  const rz_move_input in = {.model = model, .any_pair = spec->any_pair};
  for (int i = 0; i < spec->n_move; i++) {
    RZ_TRY(rz_move_create(spec->move[i], &in, &m->move[i]));
    m->n = i + 1;
  }
  set_thresholds(m, spec->move_weight);
  return RZ_OK;
}

void rz_mixture_free(rz_mixture *m) {
  for (int i = 0; i < m->n; i++) rz_move_destroy(&m->move[i]);
  m->n = 0;
}

const rz_move *rz_mixture_choose(const rz_mixture *m, rz_rng *rng, const int32_t **site) {
  int i = 0;
  if (m->n > 1) {
    const uint32_t word = rz_rng_u32(rng);
    while (i < m->n - 1 && word >= m->below[i]) i++;
  }
  const rz_move *move = m->move[i];
  *site = move->site + (int64_t)rz_rng_below(rng, (uint32_t)move->n_set) * move->n_flip;
  return move;
}
