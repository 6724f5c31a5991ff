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

/* Local values O_loc(s) = sum_F <s^F|O|s>^* ... of any operator: sum over flip sets of <s|O|s^F> psi(s^F)/psi(s).
 * Local; no communication.
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
/* The same by the textbook formula, log psi of every connected configuration from scratch: the oracle. */
rz_err rz_local_values_slow(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin,
                            double complex *value);

typedef struct rz_energy {
  rz_mean re;          /* of the real part */
  double im, im_error; /* of the imaginary part: 0 within errors for a Hermitian H */
  double variance;     /* <|E_loc|^2> - |<E_loc>|^2 */
  double variance_error;
  double v_score; /* N variance / (E - E_inf)^2 */
  int64_t n_bad;  /* non-finite samples, dropped from every sum */
  double min_re, max_re;
} rz_energy;

/* Energy of samples from their local energies. Dropped samples get weight 0 in s->weight (the rest is renormalised).
 * Collective. Errors: RZ_ERR_NUM if more than max_bad_fraction of the samples are bad. */
rz_err rz_energy_estimate(const rz_comm *comm, rz_samples *s, const double complex *eloc, double e_inf,
                          double max_bad_fraction, rz_energy *out);

#endif
