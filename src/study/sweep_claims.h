/* Who computes which point: files in NAME.sweep/claims, made by whoever comes first. No rank has to listen while it
 * computes, as a counter in one rank's memory would need. */
#ifndef RITZ_STUDY_SWEEP_CLAIMS_H
#define RITZ_STUDY_SWEEP_CLAIMS_H

#include "sweep_plan.h"

/* Empty the folder of an earlier sweep, or make it. One rank of all. */
rz_err rz_claims_open(const rz_sweep *s);
/* Take the folder away. One rank of all. */
rz_err rz_claims_close(const rz_sweep *s);
/* *mine: nobody had taken the point. Any rank. */
rz_err rz_claims_take(const rz_sweep *s, int point, bool *mine);
/* The point is over, whatever came of it; is it? */
rz_err rz_claims_set_over(const rz_sweep *s, int point);
bool rz_claims_is_over(const rz_sweep *s, int point);
/* Nobody shall take another point, and those that run shall stop between two steps; shall they? */
rz_err rz_claims_stop(const rz_sweep *s);
bool rz_claims_is_stopped(const rz_sweep *s);

#endif
