#include "accept.h"

#include <math.h>

/* A weight of 0 stays 0 at beta = 0 too: a walker must not step where psi vanishes. */
static void temper(const double *beta, double *weight) {
  for (int lane = 0; lane < RZ_LANES; lane++)
    if (beta[lane] < 1.0 && weight[lane] > 0.0) weight[lane] = pow(weight[lane], beta[lane]);
}

int rz_accept_lanes(const rz_accept_kernels *kernels, const uint32_t *word, int n_comp, const double *ratio,
                    const double *beta, const uint8_t *possible, uint8_t *accept) {
  double weight[RZ_LANES];
  kernels->weigh(n_comp, ratio, weight);
  if (beta) temper(beta, weight);
  return kernels->compare(word, weight, possible, accept);
}
