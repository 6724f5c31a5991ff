#include "launch.h"

#include "alone.h"
#include "command.h"
#include "signals.h"
#include "watch.h"

#include "ritz/linalg/blas.h"
#include "ritz/solve/session.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The launcher started several processes and MPI sees one: a mix of two MPI installations. Every process would do the
 * whole run and write the same files. */
static rz_err check_launcher(const rz_comm *comm) {
  static const char *const counts[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
  for (size_t i = 0; comm->size == 1 && i < sizeof counts / sizeof *counts; i++) {
    const char *value = getenv(counts[i]);
    RZ_CHECK(
        !value || atoi(value) <= 1, RZ_ERR_ENV,
        "the launcher started %s processes (%s), but MPI sees one: mpirun and the MPI library of ritz do not belong "
        "together",
        value, counts[i]);
  }
  return RZ_OK;
}

/* A launcher gives its ranks a terminal of their own even when it writes to a file, so the launcher's output decides.
 * Without a launcher, or without /proc, our own does. */
static int prints_to_terminal(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/fd/1", (long)getppid());
  const int launched = getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("SLURM_STEP_NUM_TASKS");
  if (!launched || !isatty(STDOUT_FILENO)) return isatty(STDOUT_FILENO);
  const int fd = open(path, O_WRONLY | O_NOCTTY);
  const int answer = fd >= 0 && isatty(fd);
  if (fd >= 0) close(fd);
  return answer;
}

int rz_launch(rz_launch_work *work, int argc, char **argv) {
  rz_process p = {0};
  clock_gettime(CLOCK_REALTIME, &p.started);
  rz_start_alone_quickly();
  rz_signals_install();
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &p.mpi_level);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  rz_comm comm;
  rz_traffic traffic = {0};
  rz_err rc = rz_comm_wrap(MPI_COMM_WORLD, &comm);
  comm.traffic = &traffic;
  rz_watch_slurm(comm.rank);
  rz_log log = {.out = comm.rank == 0 ? stdout : NULL, .level = RZ_LOG_STEPS, .is_tty = prints_to_terminal()};
  (void)rz_blas_setup();
  if (rc == RZ_OK) rc = check_launcher(&comm);
  if (rc == RZ_OK) rc = work(&p, argc, argv, &comm, &log);
  const int code = rc == RZ_OK ? 0 : (comm.rank == 0 ? rz_command_fail(rc) : rz_err_exit_code(rc));
  (void)rz_petsc_stop();
  MPI_Finalize();
  return code;
}
