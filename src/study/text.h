/* The page of text a run leaves: on the terminal and in /provenance/summary. Collective in name only: ranks without a
 * log are silent. */
#ifndef RITZ_STUDY_TEXT_H
#define RITZ_STUDY_TEXT_H

#include "output.h"
#include "ritz/ansatz/ansatz.h"
#include "ritz/estimate/evaluate.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/validate/reference.h"

/* The values of an array key as a list of borrowed strings; returns their number, at most max. */
int rz_text_list(const rz_config *config, const char *group, const char *key, int max, const char **out);

rz_err rz_text_header(rz_output *o, const rz_model *model, const rz_ansatz *ansatz);
rz_err rz_text_reference(rz_output *o, const rz_reference *r);
/* Chains that stay where they are give a small error bar whatever the energy. */
void rz_text_warn_frozen(rz_output *o, const rz_model *model, const rz_evaluation *e);
rz_err rz_text_energy(rz_output *o, const rz_evaluation *e, int n_site);
rz_err rz_text_comparison(rz_output *o, const rz_evaluation *e, const rz_reference *r, double fidelity);
/* exact may be NULL. */
rz_err rz_text_observables(rz_output *o, int n, const rz_measured *measured, const rz_measured *exact);
rz_err rz_text_warnings(rz_output *o);

#endif
