/* modules: estimate sample ansatz model store linalg core */
/* ranks: 4 */
/* soak: yes */
/* Error bars stay honest over interruptions: frozen parameters, N = 12 critical Ising ring, every evaluation stopped
 * after one of its batches and taken up from its checkpoint by another number of ranks, against the full sum. It gives
 * the bits of an undisturbed one, and pulls (E - exact) / error of mean 0 and standard deviation 1: over 1,000
 * evaluations (RITZ_SOAK in the environment) to 0.1 and 0.07, over 100 to five standard deviations, 0.5 and 0.36. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/evaluate.h"
#include "ritz/store/checkpoint.h"
#include "scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_SITE = 12, CHAINS = 64 };

static rz_comm world;
static char path[RZ_SCRATCH_PATH_SIZE];

static rz_err some_state(const rz_model *m, rz_ansatz **a) {
  RZ_TRY(rz_ansatz_create_spec(m->lattice, 2, "kind=rbm alpha=2 symmetry=translation", a));
  rz_rng rng = rz_rng_stream(17, RZ_RNG_TEST, 0);
  for (int64_t k = 0; k < (*a)->params.n; k++) (*a)->params.value[k] = 0.22 * rz_rng_normal(&rng);
  return rz_ansatz_update(*a);
}

/* Stops after so many batches, or goes on from what was written then. */
typedef struct keeping {
  const rz_comm *comm;
  int stop_after; /* 0: takes up */
} keeping;

static rz_err restore(void *self, const char *stage, rz_state_walk *walk, void *ctx, bool *restored) {
  const keeping *k = self;
  rz_checkpoint *c = NULL;
  RZ_EXPECT(strcmp(stage, "evaluate") == 0);
  *restored = k->stop_after == 0;
  if (!*restored) return RZ_OK;
  RZ_TRY(rz_checkpoint_open(path, k->comm, &c, NULL));
  const rz_err rc = rz_checkpoint_restore(c, walk, ctx);
  rz_checkpoint_close(&c);
  return rc;
}

static rz_err between(void *self, const char *stage, int64_t step, rz_state_walk *walk, void *ctx) {
  const keeping *k = self;
  if (k->stop_after == 0 || step < k->stop_after) return RZ_OK;
  const rz_checkpoint_spec spec = {
      .comm = k->comm, .path = path, .deck = "", .deck_path = "", .instruction_set = "", .stage = stage, .step = step};
  RZ_TRY(rz_checkpoint_write(&spec, walk, ctx, NULL));
  RZ_FAIL(RZ_ERR_STOPPED, "stopped");
}

static rz_err evaluate(const rz_comm *comm, const rz_keeper *keeper, const rz_model *m, const rz_ansatz *a,
                       const char *method, uint64_t seed, rz_evaluation *e, double *sx) {
  /* Three batches of a fixed number of samples: an asked error would select. */
  static const char *const names[] = {"sx"};
  const rz_evaluate_spec spec = {.rel_error = 1e-12,
                                 .min_samples = CHAINS,
                                 .max_samples = 64 * CHAINS,
                                 .discard = 30,
                                 .check_fraction = 0.01,
                                 .keeper = keeper};
  const rz_sampler_spec chains = {.method = method, .chains = CHAINS, .samples = CHAINS, .discard = 20, .replicas = 1};
  rz_observables *o = NULL;
  rz_sampler *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_observables_create(m, 1, names, &o));
  RZ_TRY_DONE(rc, rz_sampler_create_from(&chains, m, a, seed, comm, &s));
  RZ_TRY_DONE(rc, rz_sampler_start(s, a));
  RZ_TRY_DONE(rc, rz_evaluate_from(&spec, m, a, s, o, comm, NULL, e));
  *sx = e->measured[0].mean[0];
done:
  rz_sampler_destroy(&s);
  rz_observables_destroy(&o);
  return rc;
}

/* The first n ranks stop after some batches, or take up; the others wait. */
static rz_err on_ranks(int n, int stop_after, const rz_model *m, const rz_ansatz *a, uint64_t seed, rz_evaluation *e,
                       double *sx) {
  MPI_Comm some = MPI_COMM_NULL;
  rz_comm comm;
  rz_err rc = RZ_OK;
  MPI_Comm_split(MPI_COMM_WORLD, world.rank < n ? 0 : MPI_UNDEFINED, world.rank, &some);
  if (some != MPI_COMM_NULL) {
    keeping k = {&comm, stop_after};
    const rz_keeper keeper = {&k, restore, between};
    RZ_EXPECT_OK(rz_comm_wrap(some, &comm));
    rc = evaluate(&comm, &keeper, m, a, "metropolis", seed, e, sx);
    MPI_Comm_free(&some);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return rc;
}

static void one(const rz_model *m, const rz_ansatz *a, int i, double *pull, double exact) {
  const int from = 1 + i % 4, to = 1 + (i / 4 + from) % 4 == from ? 1 + from % 4 : 1 + (i / 4 + from) % 4;
  const uint64_t seed = 100 + (uint64_t)i;
  rz_evaluation e = {0}, whole;
  double sx = 0, whole_sx;
  const rz_err rc = on_ranks(from, 1 + i % 3, m, a, seed, &e, &sx);
  RZ_EXPECT(rc == (world.rank < from ? RZ_ERR_STOPPED : RZ_OK));
  RZ_EXPECT_OK(on_ranks(to, 0, m, a, seed, &e, &sx));
  if (world.rank == 0) *pull = (e.energy.re.mean - exact) / e.energy.re.error;
  if (i >= 24) return;
  RZ_EXPECT_OK(evaluate(&world, NULL, m, a, "metropolis", seed, &whole, &whole_sx));
  if (world.rank >= to) return;
  RZ_EXPECT(e.n_batch == 3 && whole.n_batch == 3 && e.ratio_drift < 1e-11);
  RZ_EXPECT(e.energy.re.mean == whole.energy.re.mean && e.energy.re.error == whole.energy.re.error);
  RZ_EXPECT(e.energy.re.tau_int == whole.energy.re.tau_int && e.sampler.acceptance == whole.sampler.acceptance);
  RZ_EXPECT(sx == whole_sx);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  const bool all = getenv("RITZ_SOAK") != NULL;
  const int n = all ? 1000 : 100;
  const double mean_limit = all ? 0.1 : 0.5, width_limit = all ? 0.07 : 0.36;
  char dir[RZ_SCRATCH_SIZE] = "";
  rz_model m;
  rz_ansatz *a = NULL;
  rz_evaluation full;
  double sx, pull = 0, sum = 0, squares = 0;
  if (world.rank == 0) RZ_EXPECT(rz_scratch_make(dir) == 0);
  MPI_Bcast(dir, sizeof dir, MPI_CHAR, 0, MPI_COMM_WORLD);
  rz_scratch_path(dir, "e.ckpt.h5", path);
  RZ_EXPECT_OK(bare_ising_ring(N_SITE, 1.0, &m));
  RZ_EXPECT_OK(some_state(&m, &a));
  RZ_EXPECT_OK(evaluate(&world, NULL, &m, a, "full_sum", 1, &full, &sx));
  for (int i = 0; i < n; i++) {
    one(&m, a, i, &pull, full.energy.re.mean);
    sum += pull;
    squares += pull * pull;
  }
  const double mean = sum / n, width = sqrt(squares / n - mean * mean);
  if (world.rank == 0) {
    printf("%d evaluations: pulls of mean %.3f, standard deviation %.3f\n", n, mean, width);
    RZ_EXPECT(fabs(mean) < mean_limit && fabs(width - 1.0) < width_limit);
    rz_scratch_remove(dir);
  }
  rz_ansatz_destroy(&a);
  bare_free(&m);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
