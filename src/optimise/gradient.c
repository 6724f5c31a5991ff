/* Gradient descent: delta = - learning_rate 2 F. */
#include "optimiser_impl.h"

static rz_err init(rz_optimiser *o) {
  (void)o;
  return RZ_OK;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  (void)j, (void)residual, (void)info;
  o->learning_rate /= o->caution;
  for (int64_t k = 0; k < o->n_param; k++) delta[k] = -o->learning_rate * 2.0 * o->force[k];
  return RZ_OK;
}

const rz_optimiser_class rz_optimiser_gradient = {
    .name = "gradient", .about = "gradient descent", .descends = true, .init = init, .step = step};
