/* What is to be thought of the current parameters. */
#include "loop.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <stdio.h>

void rz_assessment_free(rz_assessment *a) {
  rz_jacobian_destroy(&a->jacobian);
  rz_free(&a->residual);
}

rz_err rz_loop_assess(const rz_loop *l, rz_assessment *a) {
  *a = (rz_assessment){.healthy = true, .mobility = 1.0, .forces = l->forces};
  const rz_err rc = rz_loop_agree(l, l->problem->assess(l->problem->self, a));
  if (rc == RZ_ERR_NUM) {
    a->healthy = false;
    snprintf(a->reason, sizeof a->reason, "%s", rz_error_message());
    return RZ_OK;
  }
  RZ_TRY(rc);
  if (a->healthy && !(isfinite(a->objective) && isfinite(a->error))) {
    a->healthy = false;
    snprintf(a->reason, sizeof a->reason, "the objective is not finite");
  }
  return RZ_OK;
}

/* An objective without noise may not rise beyond rounding if the optimiser is one that descends; any other must rise
 * clearly before it is called bad. */
static bool has_risen(const rz_loop *l, double rise, double noise, double scale) {
  const bool strict = noise == 0.0 && rz_optimiser_descends(l->optimiser);
  return rise > l->spec->spike_sigma * noise && rise > (strict ? 1e-13 : l->spec->spike_relative) * scale;
}

/* The noise is that of before: a step into a state whose energies scatter wildly must not be excused by their scatter.
 * Samples that lag behind their distribution may claim too low an objective, to which no later one can return. Steps
 * that are undone grow shorter, until they are too short to be what raised it. */
static void judge_rise(const rz_loop *l, rz_assessment *a) {
  if (!a->healthy || !l->have_good) return;
  const double noise = l->good_error > 0.0 ? sqrt(2.0) * l->good_error : a->error;
  if (noise > 0.0 && l->moved < l->spec->blameless_step) return;
  if (!has_risen(l, a->objective - l->good_objective, noise, fabs(l->good_objective))) return;
  a->healthy = false;
  snprintf(a->reason, sizeof a->reason, "the objective rose from %.12g to %.12g (noise %.1e)", l->good_objective,
           a->objective, noise);
}

/* A state that no proposal leaves looks perfect: no variance, no force. What gives it away is how it came about.
 * Samples that still move, if slowly, where steps are shortest, were slow before. */
static void judge_mobility(const rz_loop *l, rz_assessment *a) {
  if (!a->healthy || !l->have_good || a->mobility * l->spec->mobility_drop >= l->good_mobility) return;
  if (a->mobility > 0.0 && l->moved < l->spec->blameless_step) return;
  a->healthy = false;
  snprintf(a->reason, sizeof a->reason, "the samples froze: acceptance fell from %.2g to %.2g", l->good_mobility,
           a->mobility);
}

void rz_loop_compare(const rz_loop *l, rz_assessment *a) {
  judge_rise(l, a);
  judge_mobility(l, a);
}
