/* The inside of an integrator, for the files of its members. */
#ifndef RITZ_DYNAMICS_INTEGRATOR_IMPL_H
#define RITZ_DYNAMICS_INTEGRATOR_IMPL_H

#include "ritz/dynamics/integrator.h"

#define RZ_INTEGRATOR_GROUP "integrator"

struct rz_integrator {
  const rz_integrator_class *cls;
  const rz_flow *flow;
  rz_integrator_spec spec;
  int64_t n;
  double *zero; /* [n, 2 d] carry of callers who keep none */
  void *data;   /* of the class */
};

extern const rz_integrator_class rz_integrator_leapfrog, rz_integrator_yoshida4, rz_integrator_yoshida6,
    rz_integrator_yoshida8, rz_integrator_implicit_midpoint, rz_integrator_discrete_gradient, rz_integrator_rk4,
    rz_integrator_reference;

/* max_iterations, of the implicit methods: one row. */
extern const rz_option rz_implicit_rows[1];

/* Numbers of a batch: n 2 d. */
int64_t rz_integrator_size(const rz_integrator *g);
/* pull of the symmetric symplectic methods: forward, and the tangent map back. */
rz_err rz_integrator_pull_back(rz_integrator *g, double step, int64_t n_step, const double *x, int m, double *w);

#endif
