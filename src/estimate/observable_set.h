/* A list of observables; shared by creation, accumulation and results. */
#ifndef RITZ_ESTIMATE_OBSERVABLE_SET_H
#define RITZ_ESTIMATE_OBSERVABLE_SET_H

#include "observable_impl.h"
#include "ritz/estimate/energy.h"

struct rz_observables {
  int n;
  rz_observable *item;
  rz_local_plan *plan;                             /* of the operators of all items */
  int64_t n_op, n_raw;                             /* of all items */
  rz_measured *measured;                           /* of all items */
  int64_t n_chain, n_chain_global, bins_per_chain; /* set by the first samples */
};

void rz_observables_collect(rz_observables *set, int *n, const rz_measured **out);

#endif
