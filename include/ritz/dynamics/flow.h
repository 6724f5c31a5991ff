/* A flow dx/dt = f(x) in phase space: what integrators and measures see, be it a built-in system or a learned law.
 *
 * A state is x = (q_1 .. q_d, p_1 .. p_d), 2 d numbers, d = n_degree; a batch of n states has shape [n, 2 d]. The
 * states of a batch do not know each other. Local; no communication. */
#ifndef RITZ_DYNAMICS_FLOW_H
#define RITZ_DYNAMICS_FLOW_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

/* A splitting method: kick[0] drift[0] kick[1] ... drift[n_stage - 1] kick[n_stage], in units of the step. A kick is
 * p += kick step force(q), a drift is q += drift step velocity(p). */
typedef struct rz_splitting {
  int n_stage;
  const double *kick, *drift; /* [n_stage + 1], [n_stage] */
} rz_splitting;

/* Functions get `self` first. x, v: [n, 2 d]; dx, dv: [n, 2 d]; dq, dp: [n, d]; h: [n]. Outputs do not overlap inputs.
 */
typedef rz_err rz_flow_function(void *self, int64_t n, const double *x, double *out);
typedef rz_err rz_flow_tangent(void *self, int64_t n, const double *x, const double *v, double *out);

typedef struct rz_flow {
  void *self;
  int n_degree;
  bool separable;                 /* f(x) = (velocity(p), force(q)) */
  bool hamiltonian;               /* f = (dH/dp, -dH/dq) for some H, known or not: then f'(x)^T = Omega f'(x) Omega */
  rz_flow_function *field;        /* dx = f(x) */
  rz_flow_tangent *field_tangent; /* dv = f'(x) v */
  rz_flow_function *velocity;     /* dq from the p of x; this and the next three: NULL unless separable */
  rz_flow_function *force;        /* dp from the q of x */
  rz_flow_tangent *velocity_tangent, *force_tangent; /* their derivatives along the p, the q of v: [n, d] */
  rz_flow_function *energy;                          /* H; NULL if there is none */
  /* n_step steps of a splitting method in one call, n states, as rz_integrator_run does them: for systems whose
   * functions are so cheap that a call would cost as much. NULL: by velocity and force. */
  rz_err (*split)(void *self, const rz_splitting *s, double step, int64_t n_step, int64_t n, double *x, double *carry);
} rz_flow;

#endif
