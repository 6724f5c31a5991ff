/* The flip sets of several operators, each distinct set once: its ratio of psi serves all that use it. */
#ifndef RITZ_ESTIMATE_LOCAL_PLAN_H
#define RITZ_ESTIMATE_LOCAL_PLAN_H

#include "ritz/estimate/energy.h"

typedef struct rz_local_use {
  int op;
  const rz_flip_set *set;
  bool constant; /* one real number for every configuration, not zero: a transverse field */
} rz_local_use;

/* Distinct sets first .. first + n - 1 flip equally many sites: their ratios are asked for together. Plain: each is
 * used once, all by one operator, as a constant. */
enum { RZ_MAX_RUN = 32 };
typedef struct rz_local_run {
  int64_t first;
  int n, n_flip;
  bool plain;
  const int32_t *site; /* [n, n_flip] */
} rz_local_run;

struct rz_local_plan {
  int n_op, n_site;
  int64_t n_use, n_set, n_run;
  int64_t most_uses; /* of a run */
  int most_flips;
  rz_local_use *use; /* [n_use] in the order of flip sets, which is also that of every operator */
  int64_t *first;    /* [n_set + 1]: distinct set k is used by use[first[k]] .. use[first[k + 1] - 1] */
  rz_local_run *run; /* [n_run] */
  int32_t *site;     /* of all sets, one after the other */
  double *coef;      /* [n_set]: real part of the first coefficient of the first use */
};

#endif
