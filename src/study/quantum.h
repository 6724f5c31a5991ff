/* What the spin studies share: model, ansatz and sampler of a deck, and the quantum state as a training problem. */
#ifndef RITZ_STUDY_QUANTUM_H
#define RITZ_STUDY_QUANTUM_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/drive/train.h"
#include "ritz/estimate/energy.h"
#include "ritz/estimate/observable.h"
#include "ritz/estimate/persistence.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/sample/sampler.h"
#include "ritz/study/study.h"
#include <stdio.h>

typedef struct rz_quantum {
  rz_config *config;
  const rz_comm *comm;
  uint64_t seed;
  bool reproducible; /* samples go through the Jacobian in blocks */
  rz_model *model;
  rz_ansatz *ansatz;
  rz_sampler *sampler;
  rz_persistence persistence;  /* of its chains, over the steps of training */
  rz_observables *observables; /* of the deck's list */
} rz_quantum;

/* Build all of it from the deck, loading `init_from` if given; what the parts cannot accept is reported as the deck's
 * error. Collective: a failure of one rank is every rank's. */
rz_err rz_quantum_create(rz_config *config, const rz_comm *comm, rz_quantum *out);
/* The same for `ritz check` on n_rank ranks, without MPI: the sampler is checked and not made. Local. */
rz_err rz_quantum_check(rz_config *config, int n_rank, rz_quantum *out);
/* The observables that &evaluate lists; one that does not fit is reported at its key. Local. */
rz_err rz_quantum_observables(rz_config *config, const rz_model *model, rz_observables **out);
/* For `ritz check`: what a sample of the frozen evaluation costs, as a line of the report. Local. */
void rz_quantum_print_evaluation(const rz_model *model, const rz_observables *observables, FILE *out);
void rz_quantum_free(rz_quantum *q);

/* The same state as a problem for rz_train. */
rz_problem rz_quantum_problem(rz_quantum *q);

#endif
