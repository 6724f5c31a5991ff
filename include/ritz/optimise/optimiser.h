/* Optimisers: from a Jacobian and a residual to a change of the parameters. They never learn what a wave function is.
 *
 * With rows r = (component, sample), weights w and centred J and e (complex outputs stacked: Re rows, Im rows):
 *   forces  F = J^T W e,    metric  S = J^T W J,    gradient of the energy  2 F
 * and the change theta <- theta + delta with
 *   gradient    delta = - learning_rate 2 F         (and momentum, adam: Kingma and Ba, arXiv:1412.6980)
 *   sr          delta = - learning_rate (S + diag_shift + diag_scale diag S)^-1 F        (Sorella, PRL 80, 4558 (1998);
 *               solvers in ritz/optimise/sr.h; with momentum: SPRING, Goldshlager et al., J. Comput. Phys. 516, 113351
 *               (2024))
 *   lm          delta = - (S + lambda D)^-1 F, lambda by how well the last step did (Levenberg-Marquardt; D = 1 or diag
 * S) lbfgs       delta = - alpha H 2 F, alpha by a line search (Liu and Nocedal, Math. Program. 45, 503 (1989)) The
 * last two try a step, compare the objectives before and after it, and take it back where it did not do: they need an
 * objective without noise. */
#ifndef RITZ_OPTIMISE_OPTIMISER_H
#define RITZ_OPTIMISE_OPTIMISER_H

#include "ritz/core/array.h"
#include "ritz/core/comm.h"
#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/linalg/jacobian.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_optimiser rz_optimiser;

typedef struct rz_step_info {
  const char *solver;               /* the one actually used: "dense", "kernel", "cg", "eigen" (fall-back), "none" */
  double learning_rate, diag_shift; /* as used in this step, schedules and raises applied; NaN: no shift in use */
  double force_norm;                /* |F|_2 */
  double step_norm;                 /* |delta|_2 after the bound */
  double metric_norm;               /* sqrt(delta^T S delta), the distance moved in state space, before the bound; NaN:
                                       forces alone do not tell it */
  const char *precision;            /* of the factorisation: "double", "mixed"; NULL: none */
  const char *preconditioner;       /* of cg: "subset", "diagonal"; NULL: none */
  const char *reason;               /* why 'auto' has taken this solver, in the step that chose; else NULL */
  int iterations;                   /* of CG; else 0 */
  int fell_back;                    /* 1 if the factorisation failed and the eigensolver was used */
  bool at_rest;                     /* nothing is left to gain here: delta is 0 */
} rz_step_info;

/* What a step goes by: Jacobian and residual, or forces alone. */
typedef struct rz_slope {
  rz_jacobian *jacobian;  /* weights set, not centred yet: the step centres it. NULL: there are only forces */
  const double *residual; /* [n_rows] e: local energy - mean, or prediction - target, stacked like the rows; local */
  const double *forces;   /* [n_param] F, equal on every rank; read only without a Jacobian */
} rz_slope;

typedef struct rz_optimiser_class {
  const char *name, *about, *cite;
  const rz_option *options;
  int n_options;
  bool descends;                   /* a good step never raises an objective without noise */
  bool needs_jacobian;             /* the forces alone do not do */
  rz_err (*init)(rz_optimiser *o); /* on error fini still runs */
  /* o->force is set, j centred; j and residual are NULL where only forces were given. */
  rz_err (*step)(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info);
  /* Of one that tries its steps; else NULL. o->pending: a step led here. at is NULL if the objective is NaN. */
  rz_err (*judge)(rz_optimiser *o, double objective, const rz_slope *at, bool *good);
  rz_err (*state)(rz_optimiser *o, rz_array_visit *visit, void *ctx);
  void (*forget)(rz_optimiser *o); /* clear the memory of earlier steps; NULL: all of the state is such */
  void (*fini)(rz_optimiser *o);
} rz_optimiser_class;
const rz_optimiser_class *const *rz_optimiser_registry(int *n);
const rz_option_group *rz_optimiser_options(void); /* group "optimiser" */

/* config: group "optimiser"; n_param parameters; comm borrowed. */
rz_err rz_optimiser_create(const rz_config *config, int64_t n_param, const rz_comm *comm, rz_optimiser **out);
void rz_optimiser_destroy(rz_optimiser **o);

bool rz_optimiser_descends(const rz_optimiser *o);
/* Of a problem it wants Jacobian and residual; false: forces will do, and are cheaper. */
bool rz_optimiser_wants_jacobian(const rz_optimiser *o);

/* Does it try its steps? Then every assessment goes to rz_optimiser_judge, and a step that did not do is taken back. */
bool rz_optimiser_tries(const rz_optimiser *o);
bool rz_optimiser_method_tries(const rz_config *config); /* of the method that a deck names */

/* Checks across keys, reported at their place in the deck. */
void rz_optimiser_check(rz_config *config);

/* One step, scaled down to max_step if sqrt(delta^T S delta) is longer; forces alone do not tell that length, and the
 * step is as it is. Collective; with forces alone it communicates nothing.
 *   i_step    counts from 0: schedules depend on it
 *   delta     out [n_param], equal on every rank
 * Errors: RZ_ERR_NUM if no finite step could be found (the caller restores and calls rz_optimiser_reject); RZ_ERR_ARG
 * without the Jacobian that the optimiser wants. */
rz_err rz_optimiser_step(rz_optimiser *o, int64_t i_step, const rz_slope *at, double *delta, rz_step_info *info);
/* Of an optimiser that tries: does the state that the last step led to do? The first state of all does if its objective
 * is finite. If not good the caller returns to the state before, and calls rz_optimiser_step with its slope again. NaN:
 * a state that could not be assessed; `at` may be NULL then. Collective. */
rz_err rz_optimiser_judge(rz_optimiser *o, double objective, const rz_slope *at, bool *good);
/* The last step was bad: forget all memory and be more careful. sr: the shift is raised tenfold per rejection (from
 * 1e-6 if it is 0); the others: the learning rate is divided by ten. Half of the caution goes with each accepted step.
 * To one that tries, it is a state that could not be assessed. Call on every rank. */
rz_err rz_optimiser_reject(rz_optimiser *o);
/* Everything an exact resume needs. */
rz_err rz_optimiser_state(rz_optimiser *o, rz_array_visit *visit, void *ctx);
/* Bytes one rank needs for the solve of n_global samples; for `ritz check`. */
double rz_optimiser_memory(const rz_config *config, int64_t n_param, int64_t n_sample, int n_comp, int size);

#endif
