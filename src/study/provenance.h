/* Who computed this, with what. */
#ifndef RITZ_STUDY_PROVENANCE_H
#define RITZ_STUDY_PROVENANCE_H

#include "ritz/store/lock.h"
#include "ritz/store/results.h"
#include "ritz/study/study.h"

/* /provenance. */
rz_err rz_provenance_write(rz_results *r, const rz_run *run, const rz_lock *lock);

#endif
