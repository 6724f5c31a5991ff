/* Fits of a law of motion to pairs (state, target) by linear least squares.
 *
 * Plain: theta minimises the mean over all components of (target - apply(x))^2, + ridge |theta|^2; one solve, for laws
 * that are linear in theta.
 *
 * Errors in variables: the states that are given are noisy, x_i = xi_i + noise of one standard deviation s in every
 * component, and targets y_i = apply(xi_i) + noise of deviation noise_ratio * s. theta and the true states xi minimise
 *   Q = sum_i |x_i - xi_i|^2 + |y_i - apply(xi_i)|^2 / noise_ratio^2
 * (orthogonal distance regression: Boggs, Byrd, Schnabel, SIAM J. Sci. Stat. Comput. 8, 1052 (1987)) by Gauss-Newton
 * steps. The states are eliminated one by one: with F = d apply / dx and R = d apply / d theta at xi, a step in theta
 * is the least-squares solution of R dtheta = y - apply(xi) - F (x - xi), weighted by the inverse of the covariance
 * noise_ratio^2 + F F^T. A plain fit to noisy states is biased towards fields that are too weak; this one is not. For
 * any law; one that is not linear starts from the parameters it has.
 *
 * The bits do not depend on the number of ranks. */
#ifndef RITZ_LEARN_FIT_H
#define RITZ_LEARN_FIT_H

#include "ritz/core/comm.h"
#include "ritz/core/config.h"
#include "ritz/core/option.h"
#include "ritz/learn/law.h"
#include "ritz/learn/least_squares.h"

typedef struct rz_fit_spec {
  double rcond; /* singular values below this times the largest are taken as zero */
  double ridge; /* of a plain fit */
  bool errors_in_variables;
  double noise_ratio; /* > 0 */
  int iterations;     /* Gauss-Newton steps at most */
} rz_fit_spec;

typedef struct rz_fit_info {
  rz_least_squares_info solve; /* of the last solve; n_row = number of components of all states */
  double loss;                 /* mean squared error per component, at the states that were given */
  int n_iteration;             /* errors in variables: steps taken; 0: a plain fit */
  bool converged;
  double input_noise, target_noise; /* errors in variables: estimated standard deviations; 0 in a plain fit */
} rz_fit_info;

const rz_option_group *rz_fit_options(void); /* group "fit" */
rz_fit_spec rz_fit_read(const rz_config *config);
/* Errors of a deck: keys that the others leave without effect. */
void rz_fit_check(rz_config *config);

/* Fit the parameters of l to n states x [n, 2 d] of this rank and their targets y [n, 2 d]; ranks hold states in rank
 * order, any numbers of them. info may be NULL. Collective. Errors, the same on every rank: RZ_ERR_ARG for a plain fit
 * of a law that is not linear; RZ_ERR_INPUT for a number that is not finite, naming it, and for fewer numbers than
 * parameters without ridge. */
rz_err rz_law_fit(rz_law *l, const rz_comm *comm, int64_t n, const double *x, const double *y, const rz_fit_spec *spec,
                  rz_fit_info *info);

#endif
