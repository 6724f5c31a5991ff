/* modules: estimate sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* Frozen evaluation: the asked error is reached and true, limits hold, the recheck finds a wrong ratio, bad samples are
 * dropped everywhere, bits do not depend on ranks. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/evaluate.h"
#include "table_state.h"

#include <stdlib.h>
#include <string.h>

enum { N_SITE = 10 };

static rz_comm world, self;

static rz_err run(const rz_comm *comm, const rz_evaluate_spec *spec, const char *method, const rz_model *m,
                  const rz_ansatz *a, rz_log *log, rz_observables **o, rz_evaluation *e) {
  static const char *const names[] = {"sx", "binder", "szsz"};
  const rz_sampler_spec chains = {.method = method, .chains = 64, .samples = 640, .discard = 40, .replicas = 1};
  rz_sampler *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_observables_create(m, 3, names, o));
  RZ_TRY_DONE(rc, rz_sampler_create_from(&chains, m, a, 12, comm, &s));
  RZ_TRY_DONE(rc, rz_sampler_start(s, a));
  RZ_TRY_DONE(rc, rz_evaluate_from(spec, m, a, s, *o, comm, log, e));
done:
  rz_sampler_destroy(&s);
  return rc;
}

static void asked_errors_are_reached(const rz_model *m, const rz_ansatz *a) {
  rz_evaluate_spec spec = {
      .rel_error = 1e-3, .min_samples = 1000, .max_samples = 400000, .discard = 5, .check_fraction = 0.01};
  rz_evaluation e, full;
  rz_observables *o = NULL, *p = NULL;
  rz_log log = {.out = NULL, .level = RZ_LOG_STEPS};
  RZ_EXPECT_OK(run(&world, &spec, "full_sum", m, a, &log, &p, &full));
  RZ_EXPECT(full.reached && full.energy.re.error == 0.0 && full.n_batch == 1 && full.energy.re.n == 1 << N_SITE);
  RZ_EXPECT(full.ratio_drift < 1e-11);
  RZ_EXPECT_OK(run(&world, &spec, "metropolis", m, a, &log, &o, &e));
  RZ_EXPECT(e.reached && e.energy.re.error <= 1e-3 * fabs(e.energy.re.mean));
  RZ_EXPECT(e.energy.re.error > 0.3e-3 * fabs(e.energy.re.mean)); /* and not by far */
  RZ_EXPECT_NEAR(e.energy.re.mean, full.energy.re.mean, 5.0 * e.energy.re.error);
  RZ_EXPECT_NEAR(e.energy.variance, full.energy.variance, 5.0 * e.energy.variance_error);
  RZ_EXPECT(e.ratio_drift < 1e-11 && e.energy.re.n >= 1000 && e.energy.re.n % 64 == 0);
  RZ_EXPECT(e.n_measured == 4 && full.n_measured == 4);
  RZ_EXPECT(e.observable_seconds > 0.0 && e.observable_seconds < e.seconds);
  for (int k = 0; k < e.n_measured; k++)
    for (int64_t i = 0; i < e.measured[k].n_value; i++)
      RZ_EXPECT_NEAR(e.measured[k].mean[i], full.measured[k].mean[i], 5.0 * e.measured[k].error[i]);
  RZ_EXPECT(log.n_warnings == 0);
  rz_observables_destroy(&o);
  /* out of reach: stops at the limit and says so */
  spec.rel_error = 1e-9;
  spec.max_samples = 5000;
  RZ_EXPECT_OK(run(&world, &spec, "metropolis", m, a, &log, &o, &e));
  RZ_EXPECT(!e.reached && e.energy.re.n == 5000 / 64 * 64);
  RZ_EXPECT(log.n_warnings == 1 && strstr(log.warnings[0], "was reached, not"));
  rz_observables_destroy(&o);
  rz_observables_destroy(&p);
}

static void bits_do_not_depend_on_ranks(const rz_model *m, const rz_ansatz *a) {
  const rz_evaluate_spec spec = {
      .rel_error = 2e-3, .min_samples = 640, .max_samples = 100000, .discard = 5, .check_fraction = 0.1};
  for (int exact = 0; exact < 2; exact++) {
    rz_evaluation e, alone;
    rz_observables *o = NULL, *p = NULL;
    const char *method = exact ? "full_sum" : "metropolis";
    RZ_EXPECT_OK(run(&world, &spec, method, m, a, NULL, &o, &e));
    RZ_EXPECT_OK(run(&self, &spec, method, m, a, NULL, &p, &alone));
    RZ_EXPECT(memcmp(&e.energy, &alone.energy, sizeof e.energy) == 0);
    RZ_EXPECT(e.n_batch == alone.n_batch);
    for (int k = 0; k < e.n_measured; k++) {
      const size_t bytes = (size_t)e.measured[k].n_value * sizeof(double);
      RZ_EXPECT(memcmp(e.measured[k].mean, alone.measured[k].mean, bytes) == 0);
      RZ_EXPECT(memcmp(e.measured[k].error, alone.measured[k].error, bytes) == 0);
    }
    rz_observables_destroy(&o);
    rz_observables_destroy(&p);
  }
}

/* ---- a state whose cached ratios are wrong, and one where one ratio of one configuration fails ---- */

static void wrong_ratio(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  table_ratio(a, b, n_flip, site, out);
  for (int k = 0; k < 2 * RZ_LANES; k++) out[k] *= 1.0 + 1e-6;
}

static void failing_ratio(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  table_ratio(a, b, n_flip, site, out);
  for (int lane = 0; lane < RZ_LANES; lane++)
    if (site[0] == 3 && table_lane_bits(b, lane) == 77) out[lane] = NAN;
}

static bool is_raised(const rz_log *log, const char *name) {
  for (int k = 0; k < log->n_warnings; k++)
    if (strcmp(log->flags[k], name) == 0) return true;
  return false;
}

static void wrong_and_failing_ratios(const rz_model *m) {
  rz_evaluate_spec spec = {
      .rel_error = 2e-3, .min_samples = 20000, .max_samples = 20000, .discard = 5, .check_fraction = 0.01};
  rz_ansatz a;
  rz_evaluation e;
  rz_observables *o = NULL;
  RZ_EXPECT_OK(table_init(N_SITE, m->lattice, &a));
  table_randomise(&a, 3, 0.3, 0.0);
  rz_ansatz_class cls = table_class;
  a.cls = &cls;
  cls.ratio = wrong_ratio;
  RZ_EXPECT(run(&world, &spec, "metropolis", m, &a, NULL, &o, &e) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "textbook") != NULL);
  rz_observables_destroy(&o);
  cls.ratio = failing_ratio;
  ((double complex *)a.data)[77] = -0.5; /* about 4 in 10^4 of the samples */
  rz_log log = {.out = NULL};
  static const char *const names[] = {"szsz"};
  const rz_sampler_spec chains = {.method = "metropolis", .chains = 64, .samples = 640, .discard = 40, .replicas = 1};
  rz_sampler *s = NULL;
  RZ_EXPECT_OK(rz_observables_create(m, 1, names, &o));
  RZ_EXPECT_OK(rz_sampler_create_from(&chains, m, &a, 12, &world, &s));
  RZ_EXPECT_OK(rz_sampler_start(s, &a));
  RZ_EXPECT_OK(rz_evaluate_from(&spec, m, &a, s, o, &world, &log, &e));
  RZ_EXPECT(e.energy.n_bad > 0 && e.energy.n_bad < 20 && isfinite(e.energy.re.mean) && isfinite(e.energy.variance));
  RZ_EXPECT(e.energy.re.n + e.energy.n_bad == 20000 / 64 * 64);
  RZ_EXPECT(is_raised(&log, "samples_dropped"));
  ((double complex *)a.data)[77] = 1.5;
  rz_observables_destroy(&o);
  RZ_EXPECT(run(&world, &spec, "metropolis", m, &a, NULL, &o, &e) == RZ_ERR_NUM); /* too many */
  rz_observables_destroy(&o);
  rz_sampler_destroy(&s);
  table_free(&a);
}

/* ---- flags ---- */

/* Chains of 16 draws, a proposal apart, of a state polarised by `slope`. */
static void evaluate_hastily(const rz_model *m, double slope, int64_t sweep_size, int64_t discard, rz_log *log) {
  const rz_sampler_spec chains = {.method = "metropolis",
                                  .chains = 64,
                                  .samples = 640,
                                  .sweep_size = sweep_size,
                                  .discard = discard,
                                  .replicas = 1};
  const rz_evaluate_spec spec = {.rel_error = 1.0, .min_samples = 1024, .max_samples = 1024, .check_fraction = 0.01};
  rz_ansatz a;
  rz_sampler *s = NULL;
  rz_evaluation e;
  *log = (rz_log){.level = RZ_LOG_QUIET};
  RZ_EXPECT_OK(table_init(N_SITE, m->lattice, &a));
  for (int64_t k = 0; k < INT64_C(1) << N_SITE; k++)
    ((double complex *)a.data)[k] = slope * __builtin_popcountll((unsigned long long)k);
  RZ_EXPECT_OK(rz_sampler_create_from(&chains, m, &a, 12, &world, &s));
  RZ_EXPECT_OK(rz_sampler_start(s, &a));
  RZ_EXPECT_OK(rz_evaluate_from(&spec, m, &a, s, NULL, &world, log, &e));
  rz_sampler_destroy(&s);
  table_free(&a);
}

/* A state of almost all spins up, sampled before its walkers have come there, has an energy that H does not have; slow
 * walkers know little of their own correlations. Neither is said of fast walkers in equilibrium. */
static void doubtful_numbers_are_flagged(const rz_model *m) {
  rz_log log;
  evaluate_hastily(m, 3.0, 1, 0, &log);
  RZ_EXPECT(is_raised(&log, "below_bound") && is_raised(&log, "under_sampled"));
  evaluate_hastily(m, 0.1, 1, 40, &log);
  RZ_EXPECT(!is_raised(&log, "below_bound") && is_raised(&log, "under_sampled"));
  evaluate_hastily(m, 0.1, 4 * N_SITE, 40, &log);
  RZ_EXPECT(log.n_warnings == 0);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  rz_model m;
  rz_ansatz *a = NULL;
  RZ_EXPECT_OK(bare_ising_ring(N_SITE, 1.0, &m));
  RZ_EXPECT_OK(rz_ansatz_create_spec(m.lattice, 2, "kind=rbm alpha=2 symmetry=translation", &a));
  rz_rng rng = rz_rng_stream(17, RZ_RNG_TEST, 0);
  for (int64_t k = 0; k < a->params.n; k++) a->params.value[k] = 0.22 * rz_rng_normal(&rng);
  RZ_EXPECT_OK(rz_ansatz_update(a));
  const rz_memory_info before = rz_memory_query();
  asked_errors_are_reached(&m, a);
  bits_do_not_depend_on_ranks(&m, a);
  wrong_and_failing_ratios(&m);
  doubtful_numbers_are_flagged(&m);
  RZ_EXPECT(rz_memory_query().n_alive <= before.n_alive);
  rz_ansatz_destroy(&a);
  bare_free(&m);
  return rz_check_finish();
}
