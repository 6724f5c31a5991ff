/* Frozen evaluation: parameters fixed, samples drawn until the energy is known to a stated relative error. These are
 * the numbers a run reports. */
#ifndef RITZ_ESTIMATE_EVALUATE_H
#define RITZ_ESTIMATE_EVALUATE_H

#include "ritz/core/log.h"
#include "ritz/core/option.h"
#include "ritz/estimate/energy.h"
#include "ritz/estimate/observable.h"

/* Group "evaluate": rel_error, max_samples, min_samples, discard, observables (list), check_fraction. */
const rz_option_group *rz_evaluate_options(void);

typedef struct rz_evaluation {
  rz_energy energy;
  rz_sampler_info sampler;
  int64_t n_batch;
  int reached; /* the asked relative error was reached within max_samples */
  double seconds;
  double ratio_drift; /* largest relative difference between fast and textbook local energies of the checked part */
  int n_measured;
  const rz_measured *measured; /* owned by the observables */
} rz_evaluation;

/* Draw in batches; 1 % of the local energies (at least one block per batch) are recomputed by log psi from scratch.
 * Errors: RZ_ERR_NUM if they differ by more than 1e-8 of the energy scale, or too many samples are bad. Collective. */
rz_err rz_evaluate(const rz_config *config, const rz_model *model, const rz_ansatz *a, rz_sampler *sampler,
                   rz_observables *observables, const rz_comm *comm, rz_log *log, rz_evaluation *out);

#endif
