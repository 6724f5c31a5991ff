/* Sweeps: one deck with &sweep stands for many, which differ in the values of the axes. Each point is a run of its own
 * with its own deck and files NAME.sweep/0001.*; one table NAME.sweep.{csv,h5} tells of all. */
#ifndef RITZ_STUDY_SWEEP_H
#define RITZ_STUDY_SWEEP_H

#include "ritz/study/study.h"

/* Has the deck a &sweep? */
bool rz_sweep_asked(const rz_config *config);

/* Print how many points there are; errors of the axes join the deck's. Local. */
rz_err rz_sweep_check(rz_config *config, FILE *out);

/* Write the points' decks and the table, and print how to run them as a Slurm array; later the same call collects what
 * has become of them.
 * Errors: RZ_ERR_CREATE if results of other decks are in the way and `overwrite` is not set. Local. */
rz_err rz_sweep_prepare(rz_config *config, FILE *out);

/* Run one deck as a single run would be: read it, choose instruction set and threads, compute. Collective over comm. */
typedef rz_err rz_sweep_point_run(void *ctx, const char *deck, const rz_comm *comm, rz_log *log);

/* Run all points that are not finished, in groups of ranks_per_point ranks; a point goes to the next free group, and
 * one that fails is noted and leaves the others alone. Results are those of single runs of the decks on as many ranks.
 *   terminal  where every group says what became of its points; NULL: nowhere
 * Collective. Errors: RZ_ERR_NUM if points failed, RZ_ERR_STOPPED on request; RZ_ERR_DECK; RZ_ERR_CREATE;
 * RZ_ERR_LOCKED if another job runs this sweep. */
rz_err rz_sweep_run(const rz_run *run, rz_sweep_point_run *point, void *ctx, FILE *terminal);

#endif
