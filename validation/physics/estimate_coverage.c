/* modules: estimate sample ansatz model linalg core */
/* Error bars are honest: at fixed parameters, N = 10 critical Ising ring, an RBM, sampled values of 200 seeds against
 * the full sum. Pulls (value - exact) / error have mean 0 +- 0.2 and lie within +-1 in 51 to 85 % of the seeds (68 % +-
 * 5 standard deviations of 200), for the energy, for linear and for non-linear observables. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/evaluate.h"

#include <stdlib.h>
#include <string.h>

enum { N_SITE = 10, N_SEED = 200 };

static rz_comm comm;

/* A state with fluctuations: weights of a size that training would give. */
static rz_err some_state(const rz_model *m, rz_ansatz **a) {
  RZ_TRY(rz_ansatz_create_spec(m->lattice, 2, "kind=rbm alpha=2 symmetry=translation", a));
  rz_rng rng = rz_rng_stream(17, RZ_RNG_TEST, 0);
  for (int64_t k = 0; k < (*a)->params.n; k++) (*a)->params.value[k] = 0.22 * rz_rng_normal(&rng);
  return rz_ansatz_update(*a);
}

typedef struct {
  const char *name;
  int64_t index;
  double exact, pull;
  int inside;
} quantity;

static const rz_measured *named(const rz_evaluation *e, const char *name) {
  for (int k = 0; k < e->n_measured; k++)
    if (strcmp(e->measured[k].name, name) == 0) return &e->measured[k];
  return NULL;
}

static void value_of(const rz_evaluation *e, const quantity *q, double *mean, double *error) {
  const rz_measured *m = q->name[0] == 'E' ? NULL : named(e, q->name);
  *mean = m ? m->mean[q->index] : e->energy.re.mean;
  *error = m ? m->error[q->index] : e->energy.re.error;
}

static const char *const observables[] = {"sx", "sz2", "szsz", "binder", "xi"};

static void evaluate(const rz_model *m, const rz_ansatz *a, const rz_sampler_spec *spec, uint64_t seed, int n,
                     quantity *q) {
  /* a fixed number of samples: an asked error would select */
  const rz_evaluate_spec once = {
      .rel_error = 1e-12, .min_samples = 1024, .max_samples = 1024, .discard = 5, .check_fraction = 0.0};
  rz_sampler *s = NULL;
  rz_observables *o = NULL;
  rz_evaluation e;
  RZ_EXPECT_OK(rz_observables_create(m, 5, observables, &o));
  RZ_EXPECT_OK(rz_sampler_create_from(spec, m, a, seed, &comm, &s));
  RZ_EXPECT_OK(rz_sampler_start(s, a));
  if (RZ_EXPECT_OK(rz_evaluate_from(&once, m, a, s, o, &comm, NULL, &e)))
    for (int k = 0; k < n; k++) {
      double mean, error;
      value_of(&e, &q[k], &mean, &error);
      if (e.energy.re.error == 0.0) { /* the full sum */
        q[k].exact = mean;
        continue;
      }
      q[k].pull += (mean - q[k].exact) / error / N_SEED;
      q[k].inside += fabs(mean - q[k].exact) < error;
    }
  rz_sampler_destroy(&s);
  rz_observables_destroy(&o);
}

static void seeds(const rz_model *m, const rz_ansatz *a, int replicas, int64_t sweep_size) {
  quantity q[] = {{.name = "E"},      {.name = "sx"}, {.name = "sz2"}, {.name = "szsz/connected", .index = 3},
                  {.name = "binder"}, {.name = "xi"}};
  enum { N = sizeof q / sizeof q[0] };
  const rz_sampler_spec full = {.method = "full_sum"};
  const rz_sampler_spec chains = {.method = "metropolis",
                                  .chains = 32,
                                  .samples = 1024,
                                  .sweep_size = sweep_size,
                                  .discard = 40,
                                  .replicas = replicas,
                                  .beta_min = 0.3};
  evaluate(m, a, &full, 1, N, q);
  for (uint64_t seed = 1; seed <= N_SEED; seed++) evaluate(m, a, &chains, seed, N, q);
  for (int k = 0; k < N; k++) {
    const double share = (double)q[k].inside / N_SEED;
    printf("replicas %d, sweep %lld: %-14s exact %10.6f, mean pull %+.3f, within one error %.1f %%\n", replicas,
           (long long)sweep_size, q[k].name, q[k].exact, q[k].pull, 100.0 * share);
    RZ_EXPECT(share > 0.51 && share < 0.85);
    RZ_EXPECT_NEAR(q[k].pull, 0.0, 0.2);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  rz_model m;
  rz_ansatz *a = NULL;
  RZ_EXPECT_OK(bare_ising_ring(N_SITE, 1.0, &m));
  RZ_EXPECT_OK(some_state(&m, &a));
  seeds(&m, a, 1, N_SITE);
  seeds(&m, a, 1, 2); /* draws close together: tau of several draws */
  seeds(&m, a, 4, N_SITE);
  rz_ansatz_destroy(&a);
  bare_free(&m);
  return rz_check_finish();
}
