/* Overlap of two states of one sector. */
#ifndef RITZ_STUDY_OVERLAP_H
#define RITZ_STUDY_OVERLAP_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/study/study.h"
#include <stdbool.h>

typedef struct rz_overlap {
  double fidelity, error; /* |<a|b>|^2 / (<a|a><b|b>); NaN: not measured */
  bool exact;             /* summed over the whole sector */
} rz_overlap;

/* Up to 2^20 states, or where the deck's sampler is one, by a full sum, else <psi_b/psi_a>_a <psi_a/psi_b>_b by
 * sampling both with the deck's sampler. The states must belong to one lattice, sector and basis (RZ_ERR_INPUT says
 * what differs). Collective. */
rz_err rz_overlap_measure(const rz_run *run, const rz_model *model_a, const rz_ansatz *a, const rz_model *model_b,
                          const rz_ansatz *b, rz_overlap *out);

#endif
