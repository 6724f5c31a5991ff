/* What a training's own record says of its end: whether the energy had come to rest, where it was going, and whether
 * its steps had samples of their own. */
#ifndef RITZ_STUDY_CONVERGENCE_H
#define RITZ_STUDY_CONVERGENCE_H

#include "output.h"
#include "ritz/estimate/evaluate.h"

/* Raise "training_under_sampled" where successive steps saw much the same samples. */
void rz_convergence_warn(rz_log *log, const rz_train_result *t);
/* The line of text. */
rz_err rz_convergence_say(rz_output *o, const rz_train_result *t);
/* /trace/plateau with its slope, /trace/tau_int_steps, between begin_results and commit. */
rz_err rz_convergence_write(rz_output *o, const rz_train_result *t);
/* The energy at zero variance, where the steps can tell: a line of text, and /observables/energy/extrapolated. */
rz_err rz_convergence_say_extrapolated(rz_output *o, const rz_train_result *t, const rz_evaluation *e);
rz_err rz_convergence_write_extrapolated(rz_output *o, const rz_train_result *t, const rz_evaluation *e);

#endif
