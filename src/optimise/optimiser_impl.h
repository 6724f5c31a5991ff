/* The inside of an optimiser, for the files of its members. */
#ifndef RITZ_OPTIMISE_OPTIMISER_IMPL_H
#define RITZ_OPTIMISE_OPTIMISER_IMPL_H

#include "ritz/optimise/optimiser.h"
#include "ritz/optimise/schedule.h"

#define RZ_OPTIMISER_GROUP "optimiser"

struct rz_optimiser {
  const rz_optimiser_class *cls;
  const rz_config *config; /* during init only */
  const rz_comm *comm;
  int64_t n_param;
  rz_schedule rate;
  double max_step; /* bound on the metric norm; 0: none */
  double *force;   /* [n_param] F of this step */
  int64_t i_step;
  double learning_rate; /* of this step, schedule and caution applied */
  /* State. caution >= 1 multiplies the shift of sr, divides the learning rate of the others. */
  double caution;
  int64_t pending; /* 1: a step was handed out and not rejected yet */
  void *data;      /* of the class */
};

extern const rz_optimiser_class rz_optimiser_gradient, rz_optimiser_momentum, rz_optimiser_adam, rz_optimiser_sr,
    rz_optimiser_lm, rz_optimiser_lbfgs;

/* The member of that name, or NULL. */
const rz_optimiser_class *rz_optimiser_find(const char *name);
/* F of a slope, out [n_param]. Collective, unless it holds forces. */
rz_err rz_optimiser_forces(const rz_optimiser *o, const rz_slope *at, double *f);
/* One named array of n_param numbers, for a member's state. */
rz_err rz_optimiser_visit_vector(const rz_optimiser *o, const char *name, double *x, rz_array_visit *visit, void *ctx);

#endif
