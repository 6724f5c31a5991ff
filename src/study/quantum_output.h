/* The numbers of a quantum state in the results file; on ranks that do not write, nothing. */
#ifndef RITZ_STUDY_QUANTUM_OUTPUT_H
#define RITZ_STUDY_QUANTUM_OUTPUT_H

#include "output.h"
#include "ritz/estimate/evaluate.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/validate/reference.h"

/* Model borrowed. */
rz_subject rz_quantum_subject(const rz_model *model);

rz_err rz_quantum_write_energy(rz_output *o, const rz_model *model, const rz_evaluation *e);
/* exact: the same observables from exact diagonalisation in the same order, or NULL. */
rz_err rz_quantum_write_observables(rz_output *o, int n, const rz_measured *measured, const rz_measured *exact);
rz_err rz_quantum_write_reference(rz_output *o, const rz_reference *r);
/* The Temple lower bound of the ground state's energy, where it applies. */
rz_err rz_quantum_write_temple(rz_output *o, const rz_evaluation *e, const rz_reference *r);

#endif
