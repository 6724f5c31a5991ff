/* Data of motion made from a built-in system: states by its own ranges, followed exactly, blurred at will. Every row's
 * noise is a random stream of its own. */
#include "dataset_impl.h"

#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/dynamics/integrator.h"
#include <string.h>

/* Of the integrator, per unit of time: far below any error of a law that is learned. */
static const double TOLERANCE = 1e-13;

static rz_err follow(const rz_system *system, double step, int64_t n, double *x, double *carry) {
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = "reference", .tolerance = TOLERANCE};
  RZ_TRY(rz_integrator_create(&spec, &system->flow, n, &g));
  const rz_err rc = rz_integrator_run(g, step, 1, x, carry);
  rz_integrator_destroy(&g);
  return rc;
}

/* n_point states of each trajectory, the spacing apart, one trajectory after the other. */
static rz_err sample_trajectories(const rz_system *system, uint64_t seed, int64_t n_trajectory, int64_t n_point,
                                  double spacing, double *x) {
  const int64_t dim = 2 * system->n_degree;
  double *now = NULL, *carry = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n_trajectory * dim, &now));
  RZ_TRY_DONE(rc, RZ_NEW0(n_trajectory * dim, &carry));
  rz_system_draw(system, seed, 0, n_trajectory, now);
  for (int64_t k = 0; k < n_point; k++) {
    if (k > 0) RZ_TRY_DONE(rc, follow(system, spacing, n_trajectory, now, carry));
    for (int64_t j = 0; j < n_trajectory; j++)
      memcpy(x + (j * n_point + k) * dim, now + j * dim, sizeof *x * (size_t)dim);
  }
done:
  rz_free(&carry);
  rz_free(&now);
  return rc;
}

/* dx/dt of each state, or the state `step` later. */
static rz_err find_targets(const rz_system *system, rz_dataset *d) {
  const int64_t dim = 2 * d->n_degree;
  if (!d->is_map) return system->flow.field(system->flow.self, d->n_train, d->clean, d->target);
  memcpy(d->target, d->clean, sizeof *d->target * (size_t)(d->n_train * dim));
  return follow(system, d->step, d->n_train, d->target, NULL);
}

static void add_noise(uint64_t seed, double noise, double noise_targets, rz_dataset *d) {
  const int64_t dim = 2 * d->n_degree;
  for (int64_t i = 0; i < d->n_train; i++) {
    rz_rng rng = rz_rng_stream(seed, RZ_RNG_NOISE, (uint64_t)i);
    for (int64_t k = 0; k < dim; k++) d->x[i * dim + k] = d->clean[i * dim + k] + noise * rz_rng_normal(&rng);
    for (int64_t k = 0; k < dim; k++) d->target[i * dim + k] += noise_targets * rz_rng_normal(&rng);
  }
}

/* What the deck asks for. */
typedef struct plan {
  bool uniform;
  int64_t n_trajectory, n_point;
  double spacing;
} plan;

static plan read_plan(rz_config *config) {
  plan p = {.uniform = strcmp(rz_config_string(config, RZ_DATA_GROUP, "sampling"), "uniform") == 0,
            .n_trajectory = rz_config_int(config, RZ_DATA_GROUP, "trajectories"),
            .n_point = rz_config_int(config, RZ_DATA_GROUP, "points")};
  if (p.uniform) {
    rz_config_no_effect(config, RZ_DATA_GROUP, "trajectories", "with sampling = 'uniform'");
    rz_config_no_effect(config, RZ_DATA_GROUP, "duration", "with sampling = 'uniform'");
    p.n_trajectory = 1;
  } else if (p.n_point == 1) {
    rz_config_no_effect(config, RZ_DATA_GROUP, "duration", "with points = 1");
  } else {
    p.spacing = rz_config_real(config, RZ_DATA_GROUP, "duration") / (double)(p.n_point - 1);
  }
  return p;
}

/* Of a map: as given, or from one point of a trajectory to the next. */
static double read_step(rz_config *config, const plan *p) {
  if (rz_config_has(config, RZ_DATA_GROUP, "step")) return rz_config_real(config, RZ_DATA_GROUP, "step");
  if (p->spacing > 0.0) return p->spacing;
  rz_config_error(config, RZ_DATA_GROUP, "step",
                  "key 'step' is missing: the time from a state to the next, which this model of a map learns");
  return 0.0;
}

rz_err rz_dataset_from_system(rz_config *config, const rz_system *system, rz_dataset *d) {
  const uint64_t seed = (uint64_t)rz_config_int(config, "run", "seed");
  const plan p = read_plan(config);
  if (d->is_map) d->step = read_step(config, &p);
  if (!system) rz_config_error(config, RZ_DATA_GROUP, "source", "source = 'system' needs the group &system");
  RZ_TRY(rz_config_report(config));
  RZ_TRY(rz_dataset_reserve(d, system->n_degree, p.n_trajectory * p.n_point, true));
  if (p.uniform)
    rz_system_draw(system, seed, 0, p.n_point, d->clean);
  else
    RZ_TRY(sample_trajectories(system, seed, p.n_trajectory, p.n_point, p.spacing, d->clean));
  RZ_TRY(find_targets(system, d));
  d->noise = rz_config_real(config, RZ_DATA_GROUP, "noise");
  add_noise(seed, d->noise, rz_config_real(config, RZ_DATA_GROUP, "noise_targets"), d);
  return RZ_OK;
}
