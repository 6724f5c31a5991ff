/* A sweep as one MPI job: groups of ranks take one point after the other. */
#include "ritz/core/memory.h"
#include "ritz/core/stop.h"
#include "ritz/solve/session.h"
#include "ritz/store/lock.h"
#include "ritz/study/sweep.h"
#include "sweep_claims.h"
#include "sweep_files.h"
#include "sweep_table.h"
#include <errno.h>
#include <string.h>
#include <time.h>

typedef struct sweep_job {
  const rz_run *run;
  rz_sweep plan;
  rz_sweep_point_run *point;
  void *ctx;
  FILE *terminal;
  rz_comm group;   /* size 0: this rank is left over */
  int8_t *settled; /* [n_point] finished before, or taken by somebody: not ours to take */
  bool is_stopped;
} sweep_job;

/* --- groups ------------------------------------------------------------------------------------------------------- */

static rz_err make_groups(sweep_job *j) {
  const rz_comm *all = j->run->comm;
  const int size = j->plan.ranks_per_point, n_group = all->size / size;
  MPI_Comm mpi = MPI_COMM_NULL;
  RZ_MPI(MPI_Comm_split(all->mpi, all->rank < n_group * size ? all->rank / size : MPI_UNDEFINED, all->rank, &mpi));
  if (mpi == MPI_COMM_NULL) return RZ_OK;
  RZ_MPI(MPI_Comm_set_errhandler(mpi, MPI_ERRORS_RETURN));
  RZ_TRY(rz_comm_wrap(mpi, &j->group));
  j->group.traffic = all->traffic;
  return RZ_OK;
}

static void say_groups(const sweep_job *j, int n_open) {
  const int size = j->plan.ranks_per_point, n_group = j->run->comm->size / size;
  rz_log *log = j->run->log;
  rz_log_print(log, RZ_LOG_SUMMARY, "sweep of %d points in %s/, %d to run by %d group%s of %d rank%s\n",
               j->plan.n_point, j->plan.stem, n_open, n_group, n_group > 1 ? "s" : "", size, size > 1 ? "s" : "");
  if (j->run->comm->size % size > 0)
    rz_log_warn(log, "%d rank(s) are idle: %d ranks are no multiple of ranks_per_point = %d", j->run->comm->size % size,
                j->run->comm->size, size);
  if (n_open > 0 && n_open < n_group)
    rz_log_warn(log, "%d group(s) are idle: %d points are left to run", n_group - n_open, n_open);
}

/* --- one point ---------------------------------------------------------------------------------------------------- */

static void say_point(const sweep_job *j, int point) {
  rz_point p;
  char *label = NULL;
  if (!j->terminal || rz_point_look(&j->plan, point, &p) != RZ_OK) return;
  if (rz_sweep_label(&j->plan, point, &label) == RZ_OK) {
    if (p.status == RZ_POINT_FINISHED)
      fprintf(j->terminal, "%04d  %s: E = %.12g +- %.2g\n", point + 1, label, p.energy, p.error);
    else
      fprintf(j->terminal, "%04d  %s: %s%s%s\n", point + 1, label, rz_point_status_text(p.status), p.reason ? ": " : "",
              p.reason ? p.reason : "");
    fflush(j->terminal);
  }
  rz_free(&label);
  rz_point_free(&p);
}

/* The page that a single run prints goes to NNNN.log. */
static rz_err open_log(const sweep_job *j, int point, rz_log *log) {
  char *path = NULL;
  *log = (rz_log){.level = RZ_LOG_STEPS};
  if (j->group.rank > 0) return RZ_OK;
  RZ_TRY(rz_sweep_path(&j->plan, point, ".log", &path));
  log->out = fopen(path, "a");
  const rz_err rc = log->out ? RZ_OK
                             : rz_error_set(RZ_ERR_CREATE, __FILE__, __LINE__, __func__, "cannot write '%s': %s", path,
                                            strerror(errno));
  rz_free(&path);
  return rc;
}

static rz_err prepare_point(const sweep_job *j, int point, rz_log *log) {
  rz_err rc = open_log(j, point, log);
  if (rc == RZ_OK && j->group.rank == 0) rc = rz_point_clear(&j->plan, point);
  return rz_agree(&j->group, rc);
}

/* A failure is the point's, and the group goes on. */
static rz_err note_end(sweep_job *j, int point, rz_err outcome) {
  if (outcome == RZ_ERR_STOPPED) j->is_stopped = true;
  if (j->group.rank > 0) return RZ_OK;
  if (outcome == RZ_ERR_STOPPED) {
    RZ_TRY(rz_claims_stop(&j->plan));
  } else if (outcome != RZ_OK) {
    char reason[2048];
    snprintf(reason, sizeof reason, "%s: %s", rz_err_text(outcome), rz_error_message());
    RZ_TRY(rz_point_set_failed(&j->plan, point, reason));
  }
  RZ_TRY(rz_claims_set_over(&j->plan, point));
  say_point(j, point);
  return RZ_OK;
}

static rz_err run_point(sweep_job *j, int point) {
  char *deck = NULL;
  rz_log log;
  rz_err outcome = prepare_point(j, point, &log);
  if (outcome == RZ_OK) outcome = rz_agree(&j->group, rz_sweep_path(&j->plan, point, ".nml", &deck));
  if (outcome == RZ_OK) outcome = rz_agree(&j->group, j->point(j->ctx, deck, &j->group, &log));
  if (log.out) fclose(log.out);
  rz_free(&deck);
  return rz_agree(&j->group, note_end(j, point, outcome));
}

/* --- which point next --------------------------------------------------------------------------------------------- */

enum { NONE = -1, LATER = -2 };

static rz_err skip_point(const sweep_job *j, int point, int neighbour) {
  char reason[96];
  bool mine;
  RZ_TRY(rz_claims_take(&j->plan, point, &mine));
  if (!mine) return RZ_OK;
  snprintf(reason, sizeof reason, "not run: point %d, which it starts from, is not finished", neighbour + 1);
  RZ_TRY(rz_point_set_failed(&j->plan, point, reason));
  RZ_TRY(rz_claims_set_over(&j->plan, point));
  say_point(j, point);
  return RZ_OK;
}

/* May the point start? *ready: 1 yes, 0 not yet, -1 never. */
static rz_err look_at_neighbour(const sweep_job *j, int neighbour, int *ready) {
  rz_point p;
  *ready = 1;
  if (neighbour < 0) return RZ_OK;
  const bool is_over = rz_claims_is_over(&j->plan, neighbour);
  RZ_TRY(rz_point_look(&j->plan, neighbour, &p));
  *ready = p.status == RZ_POINT_FINISHED ? 1 : is_over ? -1 : 0;
  rz_point_free(&p);
  return RZ_OK;
}

/* The first point that is free and may start; LATER if one may start when another is over. */
static rz_err pick(sweep_job *j, int *next) {
  *next = NONE;
  if (rz_stop_asked() == RZ_STOP || rz_claims_is_stopped(&j->plan)) return RZ_OK;
  for (int i = 0; i < j->plan.n_point; i++) {
    int ready;
    bool mine;
    if (j->settled[i]) continue;
    const int neighbour = rz_sweep_neighbour(&j->plan, i);
    RZ_TRY(look_at_neighbour(j, neighbour, &ready));
    if (ready == 0) {
      *next = LATER;
      continue;
    }
    j->settled[i] = 1;
    if (ready < 0) {
      RZ_TRY(skip_point(j, i, neighbour));
      continue;
    }
    RZ_TRY(rz_claims_take(&j->plan, i, &mine));
    if (!mine) continue;
    *next = i;
    return RZ_OK;
  }
  return RZ_OK;
}

static rz_err wait_and_pick(sweep_job *j, int *next) {
  const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
  for (;;) {
    RZ_TRY(pick(j, next));
    if (*next != LATER) return RZ_OK;
    nanosleep(&pause, NULL);
  }
}

static rz_err run_points(sweep_job *j) {
  while (!j->is_stopped) {
    int next = NONE;
    RZ_TRY(rz_agree(&j->group, j->group.rank == 0 ? wait_and_pick(j, &next) : RZ_OK));
    RZ_TRY(rz_bcast(&j->group, 0, sizeof next, &next));
    if (next == NONE) break;
    RZ_TRY(run_point(j, next));
  }
  if (rz_stop_asked() == RZ_STOP) j->is_stopped = true;
  return RZ_OK;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

/* On rank 0: decks on disk, claims empty, and what is finished already. */
static rz_err begin(sweep_job *j, rz_lock **lock) {
  char path[4096], *note = NULL;
  snprintf(path, sizeof path, "%s.lock", j->plan.stem);
  RZ_TRY(rz_lock_take(path, lock, &note));
  if (note) rz_log_warn(j->run->log, "%s", note);
  rz_free(&note);
  RZ_TRY(rz_sweep_write_decks(j->run->config, &j->plan));
  RZ_TRY(rz_claims_open(&j->plan));
  for (int i = 0; i < j->plan.n_point; i++) {
    rz_point p;
    RZ_TRY(rz_point_look(&j->plan, i, &p));
    j->settled[i] = p.status == RZ_POINT_FINISHED;
    rz_point_free(&p);
  }
  return RZ_OK;
}

/* On rank 0: the table, and what it means. */
static rz_err end(sweep_job *j, bool is_stopped) {
  const rz_sweep *s = &j->plan;
  int count[3];
  RZ_TRY(rz_claims_close(s));
  RZ_TRY(rz_sweep_write_table(s, rz_config_text(j->run->config), count));
  rz_log_print(j->run->log, RZ_LOG_SUMMARY,
               "%d of %d points finished, %d failed, %d not run\ntable in %s.csv and %s.h5\n", count[RZ_POINT_FINISHED],
               s->n_point, count[RZ_POINT_FAILED], count[RZ_POINT_NOT_RUN], s->stem, s->stem);
  RZ_CHECK(count[RZ_POINT_FINISHED] == s->n_point || !is_stopped, RZ_ERR_STOPPED,
           "%d of %d points are finished; the same command goes on with the others", count[RZ_POINT_FINISHED],
           s->n_point);
  RZ_CHECK(count[RZ_POINT_FINISHED] == s->n_point, RZ_ERR_NUM,
           "%d of %d points are not finished; %s.csv says why, and the same command tries them again",
           s->n_point - count[RZ_POINT_FINISHED], s->n_point, s->stem);
  return RZ_OK;
}

static rz_err run_groups(sweep_job *j, rz_lock **lock) {
  const rz_comm *all = j->run->comm;
  RZ_TRY(rz_agree(all, RZ_NEW0(j->plan.n_point, &j->settled)));
  RZ_TRY(rz_agree(all, all->rank == 0 ? begin(j, lock) : RZ_OK));
  RZ_TRY(rz_bcast(all, 0, j->plan.n_point, j->settled));
  int n_open = 0;
  for (int i = 0; i < j->plan.n_point; i++) n_open += !j->settled[i];
  say_groups(j, n_open);
  RZ_TRY(rz_agree(all, rz_petsc_start())); /* all ranks start it together, or no group could */
  RZ_TRY(rz_agree(all, make_groups(j)));
  const rz_err rc = j->group.size > 0 ? run_points(j) : RZ_OK;
  RZ_TRY(rz_agree(all, rc));
  double stopped = j->is_stopped;
  RZ_TRY(rz_max(all, 1, &stopped));
  return rz_agree(all, all->rank == 0 ? end(j, stopped > 0.0) : RZ_OK);
}

rz_err rz_sweep_run(const rz_run *run, rz_sweep_point_run *point, void *ctx, FILE *terminal) {
  sweep_job j = {.run = run, .point = point, .ctx = ctx, .terminal = terminal};
  rz_lock *lock = NULL;
  RZ_TRY(rz_agree(run->comm, rz_sweep_create(run->config, &j.plan)));
  if (j.plan.ranks_per_point > run->comm->size)
    rz_config_error(run->config, "sweep", "ranks_per_point", "%d ranks for a point, but this run has %d",
                    j.plan.ranks_per_point, run->comm->size);
  rz_err rc = rz_config_report(run->config);
  if (rc == RZ_OK) rc = run_groups(&j, &lock);
  if (lock) (void)rz_lock_release(&lock);
  if (j.group.size > 0) MPI_Comm_free(&j.group.mpi);
  rz_free(&j.settled);
  rz_sweep_free(&j.plan);
  return rc;
}
