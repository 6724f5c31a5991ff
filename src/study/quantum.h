/* What the spin studies share: model, ansatz and sampler of a deck, and the quantum state as a training problem. */
#ifndef RITZ_STUDY_QUANTUM_H
#define RITZ_STUDY_QUANTUM_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/drive/train.h"
#include "ritz/estimate/energy.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/sample/sampler.h"
#include "ritz/study/study.h"

typedef struct rz_quantum {
  rz_config *config;
  const rz_comm *comm;
  uint64_t seed;
  rz_model *model;
  rz_ansatz *ansatz;
  rz_sampler *sampler;
} rz_quantum;

/* Build all three from the deck, loading `init_from` if given; semantic errors of the deck are reported together.
 * `comm` may describe one process without MPI (for `ritz check`). */
rz_err rz_quantum_create(rz_config *config, const rz_comm *comm, rz_quantum *out);
void rz_quantum_free(rz_quantum *q);

/* The same state as a problem for rz_train. */
rz_problem rz_quantum_problem(rz_quantum *q);

#endif
