/* The flip sets of several operators, each distinct set once: its ratio of psi serves all that use it. */
#ifndef RITZ_ESTIMATE_LOCAL_PLAN_H
#define RITZ_ESTIMATE_LOCAL_PLAN_H

#include "ritz/estimate/energy.h"

typedef struct rz_local_use {
  int op;
  const rz_flip_set *set;
} rz_local_use;

struct rz_local_plan {
  int n_op, n_site;
  int64_t n_use, n_set;
  rz_local_use *use; /* [n_use] in the order of flip sets, which is also that of every operator */
  int64_t *first;    /* [n_set + 1]: distinct set k is used by use[first[k]] .. use[first[k + 1] - 1] */
};

#endif
