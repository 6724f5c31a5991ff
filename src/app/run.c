#include "alone.h"
#include "command.h"
#include "resume.h"
#include "signals.h"
#include "watch.h"

#include "ritz/core/comm.h"
#include "ritz/core/isa.h"
#include "ritz/core/log.h"
#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
#include "ritz/core/stop.h"
#include "ritz/linalg/blas.h"
#include "ritz/solve/session.h"
#include "ritz/study/study.h"
#include "ritz/study/sweep.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Rank 0 reads the deck and every rank parses the same text, so that all agree on what it says. */
static rz_err read_everywhere(const char *file, const rz_comm *comm, rz_config **config) {
  rz_err rc = RZ_OK;
  if (comm->rank == 0) rc = rz_config_read(file, rz_study_schema(), config);
  RZ_TRY(rz_agree(comm, rc));
  int64_t length = comm->rank == 0 ? (int64_t)strlen(rz_config_text(*config)) : 0;
  RZ_TRY(rz_bcast(comm, 0, sizeof length, &length));
  char *text = NULL;
  RZ_TRY(rz_agree(comm, rz_malloc(length + 1, 1, (void **)&text)));
  if (comm->rank == 0) memcpy(text, rz_config_text(*config), (size_t)length);
  rc = rz_bcast(comm, 0, length, text);
  if (rc == RZ_OK && comm->rank > 0) rc = rz_config_parse(file, text, length, rz_study_schema(), config);
  rz_free(&text);
  return rz_agree(comm, rc);
}

/* A launcher may bind a rank to fewer processors than it has threads (Open MPI: to one), which would then take turns.
 */
static rz_err choose_threads(const rz_config *config, const rz_comm *comm, int mpi_level, rz_log *log) {
  const int n = (int)rz_config_int(config, "run", "threads");
  double missing = n - rz_threads_allowed();
  RZ_CHECK(n == 1 || mpi_level >= MPI_THREAD_FUNNELED, RZ_ERR_ENV,
           "%d threads were asked for, but this MPI does not allow a rank to have more than one", n);
  RZ_TRY(rz_agree(comm, rz_threads_choose(n)));
  RZ_TRY(rz_max(comm, 1, &missing));
  if (n > 1 && missing > 0.0)
    rz_log_warn(log,
                "a rank has %d threads on %d processor(s), where they take turns: start it by mpirun --map-by "
                "slot:PE=%d --bind-to core, or --bind-to none; under Slurm by srun --cpus-per-task=%d",
                n, n - (int)missing, n, n);
  return RZ_OK;
}

/* What all runs of this process share. */
typedef struct process {
  int mpi_level; /* the level of threads that MPI allows */
} process;

/* A resolved deck that is no sweep; `begin` says how the run began. */
static rz_err run_config(const process *p, const rz_run *begin) {
  const rz_config *config = begin->config;
  const char *instructions = rz_config_string(config, "run", "instruction_set");
  if (begin->resumed && strcmp(instructions, "auto") == 0)
    instructions = rz_checkpoint_about(begin->resumed)->instruction_set;
  if (*rz_config_warnings(config)) rz_log_print(begin->log, RZ_LOG_SUMMARY, "%s", rz_config_warnings(config));
  RZ_TRY(rz_isa_choose(begin->comm, instructions));
  RZ_TRY(choose_threads(config, begin->comm, p->mpi_level, begin->log));
  rz_blas_keep_to_one_thread(rz_config_bool(config, "run", "reproducible"));
  rz_watch_progress(begin->comm->rank, rz_config_real(config, "run", "watchdog_minutes"));
  if (rz_config_given(config, "run", "max_hours")) rz_stop_limit(3600.0 * rz_config_real(config, "run", "max_hours"));
  return rz_study_find(rz_config_string(config, "run", "study"))->run(begin);
}

static rz_err resume_file(const process *p, const char *file, int n_change, char **change, const rz_comm *comm,
                          rz_log *log) {
  rz_config *config = NULL;
  rz_checkpoint *from = NULL;
  char *note = NULL, command[1024];
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_resume_check_name(file));
  RZ_TRY_DONE(rc, rz_checkpoint_open(file, comm, &from, &note));
  if (note) rz_log_warn(log, "%s", note);
  RZ_TRY_DONE(rc, rz_agree(comm, rz_resume_deck(rz_checkpoint_about(from), n_change, change, &config)));
  const rz_checkpoint_info *info = rz_checkpoint_about(from);
  rz_log_print(log, RZ_LOG_SUMMARY, "resumed   %s: step %lld (%s)\n", info->path, (long long)info->step, info->stage);
  snprintf(command, sizeof command, "ritz resume %s", file);
  const rz_run run = {
      .config = config, .comm = comm, .log = log, .command = command, .checkpoint = file, .resumed = from};
  rc = run_config(p, &run);
done:
  rz_free(&note);
  rz_config_destroy(&config);
  rz_checkpoint_close(&from);
  return rc;
}

static rz_err run_point(void *ctx, const char *deck, const rz_comm *comm, rz_log *log);

static rz_err run_deck(const process *p, const char *file, const rz_comm *comm, rz_log *log) {
  rz_config *config = NULL;
  rz_err rc = RZ_OK;
  char command[1024];
  RZ_TRY_DONE(rc, read_everywhere(file, comm, &config));
  snprintf(command, sizeof command, "ritz run %s", file);
  const rz_run run = {.config = config, .comm = comm, .log = log, .command = command};
  rc = rz_sweep_asked(config) ? rz_sweep_run(&run, run_point, (void *)p, stdout) : run_config(p, &run);
done:
  rz_config_destroy(&config);
  return rc;
}

/* Rank 0 looks. */
static rz_err was_stopped(const char *checkpoint, const rz_comm *comm, bool *stopped) {
  *stopped = comm->rank == 0 && rz_checkpoint_recognise(checkpoint);
  return rz_bcast(comm, 0, sizeof *stopped, stopped);
}

/* A point of a sweep is run as a deck of its own, or goes on where it was stopped. */
static rz_err run_point(void *ctx, const char *deck, const rz_comm *comm, rz_log *log) {
  char *checkpoint = NULL;
  bool stopped = false;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, rz_resume_name(deck, &checkpoint)));
  RZ_TRY_DONE(rc, was_stopped(checkpoint, comm, &stopped));
  rc = stopped ? resume_file(ctx, checkpoint, 0, NULL, comm, log) : run_deck(ctx, deck, comm, log);
done:
  rz_free(&checkpoint);
  return rc;
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

/* Start MPI, run a deck or go on with a checkpoint, and end MPI. */
static int run_under_mpi(const char *file, bool resume, int n_change, char **change) {
  process p;
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
  if (rc == RZ_OK) rc = resume ? resume_file(&p, file, n_change, change, &comm, &log) : run_deck(&p, file, &comm, &log);
  const int code = rc == RZ_OK ? 0 : (comm.rank == 0 ? rz_command_fail(rc) : rz_err_exit_code(rc));
  (void)rz_petsc_stop();
  MPI_Finalize();
  return code;
}

int rz_command_run(int argc, char **argv) {
  (void)argc;
  return run_under_mpi(argv[0], false, 0, NULL);
}

int rz_command_resume(int argc, char **argv) { return run_under_mpi(argv[0], true, argc - 1, argv + 1); }
