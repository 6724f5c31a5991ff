/* A process under a launcher, from the start of MPI to its end. */
#ifndef RITZ_APP_LAUNCH_H
#define RITZ_APP_LAUNCH_H

#include "ritz/core/comm.h"
#include "ritz/core/log.h"
#include <time.h>

/* What all runs of this process share. */
typedef struct rz_process {
  int mpi_level;           /* the level of threads that MPI allows */
  struct timespec started; /* the process, by CLOCK_REALTIME */
} rz_process;

typedef rz_err rz_launch_work(const rz_process *p, int argc, char **argv, const rz_comm *comm, rz_log *log);

/* Start MPI, do the work on all ranks, print its failure, end MPI; returns the exit code. */
int rz_launch(rz_launch_work *work, int argc, char **argv);

#endif
