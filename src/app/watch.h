/* Threads of the program that look at the clock while it computes. */
#ifndef RITZ_APP_WATCH_H
#define RITZ_APP_WATCH_H

/* From now on end this process with the status of RZ_ERR_ENV, saying where it was, if a stage that beats
 * (ritz/core/beat.h) does not for `minutes`, nor for twenty times its longest step: a rank or a node is gone, and MPI
 * would wait for ever. 0: not watched. Called again: the new limit holds. */
void rz_watch_progress(int rank, double minutes);
/* Tell ritz/core/stop.h when the Slurm job around this process ends: what Slurm put into the environment, or what it
 * answers to one question, which nobody waits for. Without a job, or an answer, nothing. */
void rz_watch_slurm(int rank);
/* Seconds of "[days-]hours:minutes:seconds" or shorter, as squeue prints them; negative if it is not that. */
double rz_watch_parse_time(const char *text);

#endif
