#include "command.h"
#include "launch.h"
#include "resume.h"
#include "watch.h"

#include "ritz/core/isa.h"
#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
#include "ritz/core/stop.h"
#include "ritz/linalg/blas.h"
#include "ritz/study/study.h"
#include "ritz/study/sweep.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

/* A resolved deck that is no sweep; `begin` says how the run began. */
static rz_err run_config(const rz_process *p, const rz_run *begin) {
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

static rz_err resume_file(const rz_process *p, const char *file, int n_change, char **change, const rz_comm *comm,
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
  const rz_run run = {.config = config,
                      .comm = comm,
                      .log = log,
                      .started = p->started,
                      .command = command,
                      .checkpoint = file,
                      .resumed = from};
  rc = run_config(p, &run);
done:
  rz_free(&note);
  rz_config_destroy(&config);
  rz_checkpoint_close(&from);
  return rc;
}

static rz_err run_point(void *ctx, const char *deck, const rz_comm *comm, rz_log *log);

static rz_err run_read(const rz_process *p, const char *file, const rz_config *config, const rz_comm *comm,
                       rz_log *log) {
  char command[1024];
  snprintf(command, sizeof command, "ritz run %s", file);
  const rz_run run = {
      .config = (rz_config *)config, .comm = comm, .log = log, .started = p->started, .command = command};
  return rz_sweep_asked(config) ? rz_sweep_run(&run, run_point, (void *)p, stdout) : run_config(p, &run);
}

static rz_err run_deck(const rz_process *p, const char *file, const rz_comm *comm, rz_log *log) {
  rz_config *config = NULL;
  rz_err rc = read_everywhere(file, comm, &config);
  if (rc == RZ_OK) rc = run_read(p, file, config, comm, log);
  rz_config_destroy(&config);
  return rc;
}

/* The run of a deck goes on where it was stopped, or begins. Rank 0 looks for the checkpoint. */
static rz_err go_on(const rz_process *p, const char *file, const rz_comm *comm, rz_log *log) {
  rz_config *config = NULL;
  char *checkpoint = NULL;
  bool stopped = false;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, read_everywhere(file, comm, &config));
  RZ_TRY_DONE(rc, rz_agree(comm, rz_study_checkpoint(config, &checkpoint)));
  stopped = comm->rank == 0 && !rz_sweep_asked(config) && rz_checkpoint_recognise(checkpoint);
  RZ_TRY_DONE(rc, rz_bcast(comm, 0, sizeof stopped, &stopped));
  rc = stopped ? resume_file(p, checkpoint, 0, NULL, comm, log) : run_read(p, file, config, comm, log);
done:
  rz_free(&checkpoint);
  rz_config_destroy(&config);
  return rc;
}

/* A point of a sweep is run as a deck of its own. */
static rz_err run_point(void *ctx, const char *deck, const rz_comm *comm, rz_log *log) {
  return go_on(ctx, deck, comm, log);
}

static bool is_deck(const char *file) {
  const size_t n = strlen(file);
  return n > 4 && strcmp(file + n - 4, ".nml") == 0;
}

static rz_err resume(const rz_process *p, int argc, char **argv, const rz_comm *comm, rz_log *log) {
  return argc == 1 && is_deck(argv[0]) ? go_on(p, argv[0], comm, log)
                                       : resume_file(p, argv[0], argc - 1, argv + 1, comm, log);
}

static rz_err begin(const rz_process *p, int argc, char **argv, const rz_comm *comm, rz_log *log) {
  (void)argc;
  return run_deck(p, argv[0], comm, log);
}

int rz_command_run(int argc, char **argv) { return rz_launch(begin, argc, argv); }

int rz_command_resume(int argc, char **argv) { return rz_launch(resume, argc, argv); }
