/* Replica exchange: rungs of a ladder swap their temperatures, configurations stay in their lanes. */
#include "sampler_impl.h"

#include <complex.h>
#include <math.h>

double rz_temper_beta(int replicas, double beta_min, int k) {
  return k == 0 ? 1.0 : 1.0 - (1.0 - beta_min) * k / (replicas - 1);
}

/* The joint weight of two rungs changes by |psi_b / psi_a|^(2 (beta_a - beta_b)) when a and b trade temperatures. */
static bool swaps(const rz_walkers *w, const rz_block *b, int k, int lane_a, int lane_b, rz_rng *rng) {
  const double gain = 2.0 * (creal(b->log_psi[lane_b]) - creal(b->log_psi[lane_a]));
  return log(rz_rng_uniform(rng)) < (w->beta[k] - w->beta[k + 1]) * gain;
}

void rz_temper_block(rz_walkers *w, const rz_block *b, int64_t i_block, int replicas) {
  const int n_ladder = RZ_LANES / replicas;
  for (int ladder = 0; ladder < n_ladder; ladder++) {
    rz_rng *rng = &w->swap_rng[i_block * n_ladder + ladder];
    int32_t *rung = w->rung + i_block * RZ_LANES + ladder * replicas;
    int lane_of[RZ_LANES];
    for (int l = 0; l < replicas; l++) lane_of[rung[l]] = l;
    for (int k = 0; k + 1 < replicas; k++) {
      const int a = lane_of[k], c = lane_of[k + 1];
      w->tally[i_block].n_swap_tried++;
      if (!swaps(w, b, k, ladder * replicas + a, ladder * replicas + c, rng)) continue;
      w->tally[i_block].n_swap++;
      lane_of[k] = c, lane_of[k + 1] = a;
      rung[a] = k + 1, rung[c] = k;
    }
  }
}
