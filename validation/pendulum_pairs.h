/* The data of a published comparison of symplectic maps (arXiv:2001.03750, its script for the pendulum): 140 pairs of
 * states h = 0.1 apart on the trajectory of H = p^2 / 2 - cos q from q = 1, p = 0, of which the first 40 are for
 * training and the others for the test; and laws from option text alone. */
#ifndef RITZ_VALIDATION_PENDULUM_PAIRS_H
#define RITZ_VALIDATION_PENDULUM_PAIRS_H

#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/system.h"
#include "ritz/learn/law.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_TRAIN = 40, N_TEST = 100 };
static const double PAIR_STEP = 0.1;

/* x [N_TRAIN + N_TEST + 1, 2]: pair i is states i and i + 1. */
static inline rz_err pendulum_pairs(double *x) {
  rz_system *system = NULL;
  rz_integrator *g = NULL;
  rz_err rc;
  RZ_TRY(rz_system_create_text("name = 'pendulum'", &system));
  RZ_TRY_DONE(rc, rz_integrator_create(&(rz_integrator_spec){.method = "yoshida8"}, &system->flow, 1, &g));
  x[0] = 1.0;
  x[1] = 0.0;
  for (int i = 0; i < N_TRAIN + N_TEST; i++) {
    memcpy(x + 2 * i + 2, x + 2 * i, 2 * sizeof *x);
    RZ_TRY_DONE(rc, rz_integrator_run(g, PAIR_STEP / 20.0, 20, x + 2 * i + 2, NULL));
  }
done:
  rz_integrator_destroy(&g);
  rz_system_destroy(&system);
  return rc;
}

static inline double pendulum_energy(const double *x) { return 0.5 * x[1] * x[1] - cos(x[0]); }

/* options: ", key = value ...". */
static inline rz_err made_law(const char *model, const char *options, int n_degree, uint64_t seed, rz_law **out) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!network", NULL};
  static const rz_study_groups studies[] = {{"learn", "only a law", names}};
  rz_option_group group[2];
  char deck[512];
  rz_config *config = NULL;
  group[0] = (rz_option_group){.name = "run", .about = "the run", .rows = run, .n_rows = 1};
  group[1] = *rz_law_options();
  const rz_schema schema = {group, 2, studies, 1};
  const int n = snprintf(deck, sizeof deck, "&run study = 'learn' /\n&network model = '%s'%s /\n", model, options);
  rz_err rc = rz_config_parse("deck.nml", deck, n, &schema, &config);
  if (rc == RZ_OK) {
    const rz_law_input in = {.config = config, .n_degree = n_degree, .seed = seed, .step = PAIR_STEP};
    rc = rz_law_create(&in, out);
  }
  rz_config_destroy(&config);
  return rc;
}

/* Mean squared error per component of n pairs from x on. */
static inline rz_err pair_loss(rz_law *l, int n, const double *x, double *loss) {
  double next[2 * (N_TRAIN + N_TEST)];
  *loss = 0.0;
  RZ_TRY(l->cls->apply(l, n, x, next));
  for (int i = 0; i < 2 * n; i++) *loss += (next[i] - x[i + 2]) * (next[i] - x[i + 2]) / (2 * n);
  return RZ_OK;
}

#endif
