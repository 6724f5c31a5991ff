/* Frozen evaluation: parameters fixed, samples drawn until the energy is known to a stated relative error. These are
 * the numbers a run reports. */
#ifndef RITZ_ESTIMATE_EVALUATE_H
#define RITZ_ESTIMATE_EVALUATE_H

#include "ritz/core/keeper.h"
#include "ritz/core/log.h"
#include "ritz/core/option.h"
#include "ritz/estimate/energy.h"
#include "ritz/estimate/observable.h"

/* Group "evaluate": rel_error, max_samples, min_samples, discard, check_fraction, observables (list). */
const rz_option_group *rz_evaluate_options(void);
/* Record as errors the keys that the deck changed to no effect: those of sampling where &sampler asks for a full sum, a
 * min_samples above max_samples. Local. */
void rz_evaluate_check(rz_config *config);
/* The same for a study that measures an exact vector: all keys but observables. Local. */
void rz_evaluate_check_exact(rz_config *config);

typedef struct rz_evaluate_spec {
  double rel_error;        /* wanted: error of the energy / |energy| */
  int64_t min_samples;     /* over all ranks, before the error is looked at */
  int64_t max_samples;     /* over all ranks */
  int64_t discard;         /* sweeps before the first sample */
  double check_fraction;   /* of the local energies, recomputed by log psi from scratch */
  const rz_keeper *keeper; /* of stage "evaluate", asked after every batch; may be NULL */
} rz_evaluate_spec;

typedef struct rz_evaluation {
  rz_energy energy;
  rz_sampler_info sampler;
  int64_t n_batch;
  int reached; /* the asked relative error was reached within max_samples */
  double seconds;
  double observable_seconds; /* of these, for the observables */
  double ratio_drift;        /* largest |fast - textbook| of the checked local energies, relative to the textbook
                                ones of its block */
  int n_measured;
  const rz_measured *measured; /* owned by the observables */
} rz_evaluation;

/* Draw in batches; check_fraction of the local energies (at least one block per batch) are recomputed by log psi from
 * scratch. A full sum is one batch. Flags in the log: "error_not_reached", "under_sampled"
 * (chains shorter than 10 tau_int, or fewer than 100 effective samples), "chains_disagree" (R-hat above 1.05),
 * "imaginary_energy", "samples_dropped", "below_bound" (more than 5 errors below the spectrum of H).
 *   sampler      started
 *   observables  may be NULL
 * Errors: RZ_ERR_NUM if fast and textbook local energies differ by more than 1e-8 of the energy scale, or more than
 * 1e-3 of the samples are bad. Collective. */
rz_err rz_evaluate(const rz_config *config, const rz_keeper *keeper, const rz_model *model, const rz_ansatz *a,
                   rz_sampler *sampler, rz_observables *observables, const rz_comm *comm, rz_log *log,
                   rz_evaluation *out);
/* The same from a filled-in description. */
rz_err rz_evaluate_from(const rz_evaluate_spec *spec, const rz_model *model, const rz_ansatz *a, rz_sampler *sampler,
                        rz_observables *observables, const rz_comm *comm, rz_log *log, rz_evaluation *out);

#endif
