/* Measures of long runs: what drifts, how symplectic and reversible the steps are, where and when a section is passed,
 * how fast neighbours part. Of steps of any kind: an integrator's, or a map's that knows no flow. Trajectories of a
 * batch are measured side by side and do not enter each other's results. Local; no communication.
 *
 * Each function takes the batch's states x [n, 2 d] and leaves them where the run ends, unless it says const. Errors:
 * RZ_ERR_MEMORY; RZ_ERR_ARG for steps without tangent map where one is needed; what the steps return. */
#ifndef RITZ_DYNAMICS_MEASURE_H
#define RITZ_DYNAMICS_MEASURE_H

#include "ritz/core/error.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/system.h"
#include <stdint.h>

typedef struct rz_stepper {
  int n_degree;
  int64_t n;   /* states of the batch */
  double step; /* time of one step */
  void *self;
  /* As rz_integrator_run and rz_integrator_run_tangent, with this step and a carry. tangent NULL: none. */
  rz_err (*run)(void *self, double step, int64_t n_step, double *x, double *carry);
  rz_err (*tangent)(void *self, double step, int64_t n_step, double *x, double *carry, int m, double *v);
} rz_stepper;
/* The steps of an integrator (borrowed). */
rz_stepper rz_integrator_stepper(rz_integrator *g, double step);

/* A run of n_sample samples after the first state, n_step steps from one to the next. */
typedef struct rz_sampling {
  int64_t n_step, n_sample;
} rz_sampling;

/* --- quantities that should stay what they are ------------------------------------------------------------------- */

/* n_quantity numbers of each state: out [n, n_quantity]. */
typedef rz_err rz_quantities(void *ctx, int64_t n, const double *x, double *out);
/* Those of a system, energy first: ctx is the rz_system, n_quantity its n_invariant. */
rz_err rz_system_quantities(void *system, int64_t n, const double *x, double *out);

typedef struct rz_drift {
  double first;              /* at the start */
  double max, rms;           /* of the change since, over the samples */
  double slope, slope_error; /* secular change per unit of time, by a line through the means of 32 stretches of the run,
                                and its standard error; NaN with fewer than 3 samples */
} rz_drift;
/* Called for each sample, the start (i = 0) included; NULL: not. */
typedef rz_err rz_sample_visit(void *ctx, int64_t i, double t, const double *x);
/* out [n, n_quantity]. */
rz_err rz_measure_drift(const rz_stepper *s, rz_sampling run, int n_quantity, rz_quantities *quantities, void *ctx,
                        rz_sample_visit *visit, void *visit_ctx, double *x, rz_drift *out);

/* --- structure -----------------------------------------------------------------------------------------------------
 */

/* max |M^T Omega M - Omega| over the single steps of a run of n_step, M by the exact tangent map: out [n]. */
rz_err rz_measure_symplecticity(const rz_stepper *s, int64_t n_step, double *x, double *out);
/* max |x'' - x| where x'' is x after n_step steps, momenta turned, n_step steps, momenta turned: out [n]. Zero but for
 * rounding of symmetric steps where H(q, -p) = H(q, p); a charge in a magnetic field does not come back. */
rz_err rz_measure_reversibility(const rz_stepper *s, int64_t n_step, const double *x, double *out);

/* --- sections ------------------------------------------------------------------------------------------------------
 */

/* Where coordinate number `coordinate` of x (0 .. 2 d - 1) passes `level`, upwards (direction 1), downwards (-1) or
 * both (0). modulus: that of an angle; 0: none. */
typedef struct rz_section {
  int coordinate;
  double level, modulus;
  int direction;
} rz_section;
/* Trajectory i passes at time t in state x [2 d], by interpolation of order 8 between steps: a fiftieth of a period per
 * step leaves 1e-10. Not looked for within the first three steps and the last three. */
typedef rz_err rz_section_visit(void *ctx, int64_t i, double t, const double *x);
rz_err rz_measure_section(const rz_stepper *s, const rz_section *section, int64_t n_step, rz_section_visit *visit,
                          void *ctx, double *x);
/* Mean time from one passage to the next and the number of such times, [n] each; NaN without any. */
rz_err rz_measure_returns(const rz_stepper *s, const rz_section *section, int64_t n_step, double *x, double *mean,
                          int64_t *n_return);
/* What the steps gain in phase per period against the true ones, in radians: 2 pi (1 - T / T_true) by mean return times
 * of runs from the same states; out [n]. */
rz_err rz_measure_phase(const rz_stepper *s, const rz_stepper *truth, const rz_section *section, int64_t n_step,
                        int64_t n_step_truth, const double *x, double *out);

/* --- neighbours ----------------------------------------------------------------------------------------------------
 */

typedef struct rz_lyapunov {
  double value, error; /* per unit of time; standard error from 16 stretches of the run; NaN with fewer samples */
} rz_lyapunov;
/* Largest Lyapunov exponent by one tangent vector, brought back to length 1 at each sample (Benettin, Galgani,
 * Strelcyn, Phys. Rev. A 14, 2338 (1976)); the first n_skip samples are left out. Neighbours of a regular orbit part
 * like t, which leaves about log(t) / t. out [n]. */
rz_err rz_measure_lyapunov(const rz_stepper *s, rz_sampling run, int64_t n_skip, double *x, rz_lyapunov *out);

#endif
