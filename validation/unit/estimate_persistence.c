/* modules: estimate sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* What chains remember from step to step: chains of known memory, while the energy of the state itself runs away. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/persistence.h"
#include <math.h>
#include <string.h>

enum { N_CHAIN = 61, N_DRAW = 4, N_STEP = 100, DROPPED = 5 };

static rz_comm world, self;

/* The chains of a rank, each with a memory of its own from step to step. */
typedef struct walkers {
  rz_range chains;
  double level[N_CHAIN], weight[N_CHAIN * N_DRAW];
  double complex eloc[N_CHAIN * N_DRAW];
} walkers;

/* Energies of step t: a level that keeps `memory` of itself, noise of each draw, and a fall and jitter of all. */
static double next_step(walkers *w, double memory, int t) {
  double mean = 0.0;
  const double shared = -3.0 * t + 100.0 * sin(t * t);
  for (int64_t c = 0; c < N_CHAIN; c++) {
    rz_rng rng = rz_rng_stream(7, RZ_RNG_TEST, (uint64_t)(t * N_CHAIN + c));
    double *level = &w->level[c];
    *level = t == 0 ? rz_rng_normal(&rng) : memory * *level + sqrt(1.0 - memory * memory) * rz_rng_normal(&rng);
    for (int64_t i = 0; i < N_DRAW; i++) {
      const double e = shared + *level + 0.1 * rz_rng_normal(&rng), imag = 1e6 * rz_rng_normal(&rng);
      const int64_t at = (c - w->chains.first) * N_DRAW + i;
      mean += e / (N_CHAIN * N_DRAW);
      if (c < w->chains.first || c >= w->chains.first + w->chains.count) continue;
      w->eloc[at] = e + imag * I;
      w->weight[at] = 1.0 / (N_CHAIN * N_DRAW);
    }
  }
  return mean;
}

/* The correlation in every step; a sample of every fifth is dropped. Returns the mean. */
static double remembered(const rz_comm *comm, double memory, double *correlation) {
  walkers w = {.chains = rz_share(N_CHAIN, comm->rank, comm->size)};
  rz_persistence p = {.n_chain = w.chains.count};
  const rz_samples s = {.n = w.chains.count * N_DRAW,
                        .n_chain = w.chains.count,
                        .n_draw = N_DRAW,
                        .n_chain_global = N_CHAIN,
                        .weight = w.weight};
  double sum = 0.0;
  RZ_EXPECT_OK(RZ_NEW(p.n_chain, &p.last));
  for (int64_t c = 0; c < p.n_chain; c++) p.last[c] = NAN;
  for (int t = 0; t < N_STEP; t++) {
    const double mean = next_step(&w, memory, t);
    if (t % DROPPED == 0 && w.chains.first == 0 && s.n > 0) w.eloc[0] = 1e30, w.weight[0] = 0.0;
    RZ_EXPECT_OK(rz_persistence_measure(&p, comm, &s, w.eloc, mean, &correlation[t]));
    RZ_EXPECT(t == 0 ? isnan(correlation[t]) : fabs(correlation[t]) <= 1.0);
    if (t > 0) sum += correlation[t] / (N_STEP - 1);
  }
  rz_persistence_free(&p);
  return sum;
}

static void test_memory(void) {
  static const double memory[] = {0.0, 0.5, 0.95};
  for (int k = 0; k < 3; k++) {
    double correlation[N_STEP];
    const double r = remembered(&world, memory[k], correlation);
    RZ_EXPECT_NEAR(r, memory[k], 5.0 / sqrt((double)N_STEP * N_CHAIN) + 0.01);
  }
}

/* Nothing of a full sum, whose ranks have states and no chains. */
static void test_full_sum(void) {
  rz_persistence p = {.exact = true};
  const rz_samples s = {.exact = 1};
  double correlation = 0.0;
  RZ_EXPECT_OK(rz_persistence_measure(&p, &world, &s, NULL, 0.0, &correlation));
  RZ_EXPECT(isnan(correlation));
}

/* Chains in a row are summed by the same tree, whoever holds them. */
static void test_bits(void) {
  double alone[N_STEP], together[N_STEP];
  remembered(&self, 0.7, alone);
  remembered(&world, 0.7, together);
  RZ_EXPECT(memcmp(alone + 1, together + 1, (N_STEP - 1) * sizeof *alone) == 0);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  test_memory();
  test_full_sum();
  test_bits();
  return rz_check_finish();
}
