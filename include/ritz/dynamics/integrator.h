/* Integrators: a flow followed in steps of time, with its tangent map and the adjoint of that.
 *
 *   leapfrog           order 2, kick-drift-kick; H = T(p) + V(q)
 *   yoshida4, 6, 8     compositions of leapfrogs (Yoshida, Phys. Lett. A 150, 262 (1990)); H = T(p) + V(q)
 *   implicit_midpoint  order 2, any field; the equations are solved to rounding
 *   discrete_gradient  order 2, any H: conserves it to rounding and is not symplectic (Gonzalez, J. Nonlinear Sci. 6,
 *                      449 (1996))
 *   rk4                order 4, any field; not symplectic
 *   reference          any field, steps chosen for a tolerance: Gragg, Bulirsch and Stoer's extrapolation (Hairer,
 *                      Norsett, Wanner, Solving ODEs I, II.9)
 * The first five are symmetric in time, and those but discrete_gradient symplectic for a Hamiltonian flow.
 *
 * q and p are summed with compensation: `carry` is what rounding has left out of x. Local; no communication. */
#ifndef RITZ_DYNAMICS_INTEGRATOR_H
#define RITZ_DYNAMICS_INTEGRATOR_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/dynamics/flow.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_integrator rz_integrator;

#define RZ_INTEGRATOR_AUTO "auto" /* yoshida6 for a separable flow, else implicit_midpoint */

typedef struct rz_integrator_spec {
  const char *method; /* a name of the registry, or RZ_INTEGRATOR_AUTO */
  double tolerance;   /* reference: error of a step, relative to the size of q and of p; 0: 1e-12 */
  int max_iterations; /* implicit methods: iterations per step before RZ_ERR_NUM; 0: 100 */
} rz_integrator_spec;

typedef struct rz_integrator_class {
  const char *name, *about, *cite;
  const rz_option *options; /* rows of group "integrator" */
  int n_options;
  int order;       /* 0: adaptive */
  bool symplectic; /* for a Hamiltonian flow */
  bool reversible; /* n steps and n steps back end where they began, but for rounding */
  bool needs_separable, needs_energy;
  bool conserves_energy;            /* to rounding, whatever the step */
  rz_err (*init)(rz_integrator *g); /* its working memory; on error fini still runs */
  /* As rz_integrator_run and so on; the last two NULL: it has none. */
  rz_err (*run)(rz_integrator *g, double step, int64_t n_step, double *x, double *carry);
  rz_err (*run_tangent)(rz_integrator *g, double step, int64_t n_step, double *x, double *carry, int m, double *v);
  rz_err (*pull)(rz_integrator *g, double step, int64_t n_step, const double *x, int m, double *w);
  void (*fini)(rz_integrator *g);
} rz_integrator_class;
const rz_integrator_class *const *rz_integrator_registry(int *n);
const rz_integrator_class *rz_integrator_find(const char *method); /* NULL: no such */
/* Group "integrator", selector "method"; and its values. */
const rz_option_group *rz_integrator_options(void);
rz_integrator_spec rz_integrator_read(const rz_config *config);

/* For batches of n states of a flow (borrowed). Errors: RZ_ERR_ARG for an unknown method, or one that the flow does not
 * serve (not separable, without energy). Owner: the caller. */
rz_err rz_integrator_create(const rz_integrator_spec *spec, const rz_flow *flow, int64_t n, rz_integrator **out);
void rz_integrator_destroy(rz_integrator **g);
const rz_integrator_class *rz_integrator_class_of(const rz_integrator *g);
const rz_flow *rz_integrator_flow(const rz_integrator *g);
int64_t rz_integrator_n(const rz_integrator *g);

/* n_step steps of length `step` (negative: back in time). A row of the batch is treated as it would be alone.
 *   x      [n, 2 d], replaced
 *   carry  [n, 2 d], the true state is x + carry: zeros at first, handed back for the next run of the same
 *          trajectories; NULL: zeros, and lost at the end
 * Errors: RZ_ERR_NUM if a state is no longer finite or an implicit equation has no solution in reach, what the flow's
 * functions return. */
rz_err rz_integrator_run(rz_integrator *g, double step, int64_t n_step, double *x, double *carry);
/* The same, and m tangent vectors of each state along: v [m, n, 2 d], v <- (d x_end / d x) v. Exact: the derivative of
 * the steps, not steps of the derivative. Errors: RZ_ERR_ARG for a method without tangent map. */
rz_err rz_integrator_run_tangent(rz_integrator *g, double step, int64_t n_step, double *x, double *carry, int m,
                                 double *v);
/* The adjoint: w [m, n, 2 d], w <- (d x_end / d x)^T w of the n_step steps that start at x. The symplectic methods go
 * back in time and store nothing (M^T = Omega M^-1 Omega^-1, and M^-1 is the tangent map of the steps back); rk4 stores
 * the steps, n_step * n * 2 d numbers. Errors: RZ_ERR_ARG for a method without adjoint, or a flow that is not
 * Hamiltonian. */
rz_err rz_integrator_pull(rz_integrator *g, double step, int64_t n_step, const double *x, int m, double *w);

#endif
