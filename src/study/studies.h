/* The classes of the studies, for the registry. */
#ifndef RITZ_STUDY_STUDIES_H
#define RITZ_STUDY_STUDIES_H

#include "ritz/study/study.h"

extern const rz_study_class rz_study_ground_state, rz_study_exact, rz_study_evaluate, rz_study_hamiltonian_network;

#endif
