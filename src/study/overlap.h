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

/* RZ_ERR_INPUT says in what the states differ that keeps them from being compared: sites, lattice, sector, basis. */
rz_err rz_overlap_check(const rz_model *a, const rz_model *b);

/* Of two states that passed the check; `model` is that of either. Up to 2^20 states, or where the deck's sampler is
 * one, by a full sum, else <psi_b/psi_a>_a <psi_a/psi_b>_b by sampling both with the deck's sampler. Collective. */
rz_err rz_overlap_measure(const rz_run *run, const rz_model *model, const rz_ansatz *a, const rz_ansatz *b,
                          rz_overlap *out);

#endif
