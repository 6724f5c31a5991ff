/* Sample dumps: configurations with their log psi, for other programs. */
#ifndef RITZ_STUDY_DUMP_H
#define RITZ_STUDY_DUMP_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/sample/sampler.h"
#include "ritz/store/results.h"
#include "ritz/study/study.h"

/* Draw `dump` samples (key of &state; nothing if 0) and write /samples/{spin, log_psi} on rank 0. Collective. */
rz_err rz_dump_samples(const rz_run *run, rz_sampler *sampler, const rz_ansatz *a, rz_results *results);

#endif
