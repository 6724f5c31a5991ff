/* Local energies and the energy of a set of samples. */
#ifndef RITZ_ESTIMATE_ENERGY_H
#define RITZ_ESTIMATE_ENERGY_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/comm.h"
#include "ritz/core/error.h"
#include "ritz/model/operator.h"
#include "ritz/sample/chains.h"
#include "ritz/sample/sampler.h"
#include <complex.h>
#include <stdint.h>

/* Local values O_loc(s) = sum_F <s|O|s^F> psi(s^F)/psi(s) of a Hermitian operator: one ratio per flip set F and block
 * of RZ_LANES configurations, none where every element vanishes. On the threads of the rank; the bits do not depend on
 * their number. Local; no communication.
 *   op       operator; values in its units
 *   a        ansatz with current parameters; not modified
 *   n        number of configurations, n >= 0
 *   spin     [n, n_site], entries +-1
 *   value    out [n]; caller owns
 *   log_psi  out [n]; may be NULL
 *   n_bad    out, number of non-finite values; may be NULL
 * Errors: RZ_ERR_ARG size mismatch; RZ_ERR_NUM if n_bad is NULL and a value is not finite. */
rz_err rz_local_values(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *value,
                       double complex *log_psi, int64_t *n_bad);

/* As rz_local_values, and d log psi / d theta of the same configurations (rz_ansatz_jacobian) from the same caches. The
 * factors of a configuration whose value is not finite may be anything. Owner of *j: the caller. */
rz_err rz_local_values_and_jacobian(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin,
                                    double complex *value, int64_t *n_bad, rz_jacobian **j);

/* Several operators whose local values are wanted together: configurations share one refresh of their caches, and
 * operators the ratios of the flip sets they have in common. Borrowed: the operators (finished). Owner: the caller.
 * Errors: RZ_ERR_ARG for operators of different numbers of sites; RZ_ERR_MEMORY. Local. */
typedef struct rz_local_plan rz_local_plan;
rz_err rz_local_plan_create(int n_op, const rz_operator *const *op, rz_local_plan **out);
void rz_local_plan_destroy(rz_local_plan **p);
/* Distinct flip sets that flip: ratios of psi per configuration, at most. */
int64_t rz_local_plan_n_ratio(const rz_local_plan *p);
/* As rz_local_values. value  out [n_op, n];  n_bad  out, number of non-finite values of all */
rz_err rz_local_values_of(const rz_local_plan *p, const rz_ansatz *a, int64_t n, const int8_t *spin,
                          double complex *value, double complex *log_psi, int64_t *n_bad);
/* The same by the textbook formula, log psi of every connected configuration from scratch: the oracle. */
rz_err rz_local_values_slow(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin,
                            double complex *value);

typedef struct rz_energy {
  rz_mean re;          /* of the real part; for a full sum error = 0 and tau_int, r_hat, ess are NaN */
  double im, im_error; /* of the imaginary part: 0 within errors for a Hermitian H */
  double variance;     /* <|E_loc|^2> - |<E_loc>|^2 */
  double variance_error;
  double covariance; /* of the estimates re.mean and variance; 0 until rz_energy_covariance, and for a full sum */
  double v_score;    /* N variance / (E - E_inf)^2 */
  int64_t n_bad;     /* non-finite samples of all ranks, dropped from every sum */
  double min_re, max_re;
} rz_energy;

/* Energy of samples from their local energies. Dropped samples get weight 0 in s->weight and local energy 0 in eloc,
 * and the other weights are renormalised to a sum of 1, so that whatever is summed with these weights leaves them out.
 * Samples of weight 0 (nodes of a full sum) count neither as bad nor as good. Collective.
 *   eloc              [s->n]
 *   e_inf             Tr H / dim
 *   max_bad_fraction  of all samples
 * Errors: RZ_ERR_NUM if more samples are bad, or all. */
rz_err rz_energy_estimate(const rz_comm *comm, rz_samples *s, double complex *eloc, double e_inf,
                          double max_bad_fraction, rz_energy *out);
/* Fill in the covariance of mean and variance, autocorrelation included, from the samples that gave them: the error of
 * the sum x = E / error(E) + V / error(V) is that of independent estimates but for 2 covariance / (error(E) error(V)).
 *   eloc  as rz_energy_estimate left it
 * Collective. */
rz_err rz_energy_covariance(const rz_comm *comm, const rz_samples *s, const double complex *eloc, rz_energy *out);

#endif
