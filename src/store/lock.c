#include "ritz/store/lock.h"

#include "file.h"
#include "ritz/core/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORD = 128 };

/* What the file says, one `key = value` a line. boot and space make a dead owner certain: after a reboot its number
 * means nothing, and from another pid namespace it cannot be seen. */
typedef struct owner {
  char host[WORD], pid[WORD], boot[WORD], space[WORD], born[WORD], job[WORD], restarts[WORD], run_id[WORD],
      started[WORD];
} owner;

struct rz_lock {
  char *path;
  char run_id[RZ_RUN_ID_SIZE];
};

static void clean(char word[WORD]) { word[strcspn(word, "\n")] = '\0'; }

static void read_word(const char *path, char word[WORD]) {
  word[0] = '\0';
  FILE *file = fopen(path, "r");
  if (!file) return;
  if (!fgets(word, WORD, file)) word[0] = '\0';
  fclose(file);
  clean(word);
}

/* Start time of a process in clock ticks since boot: field 22 of /proc/PID/stat, counted after the name in
 * parentheses. Empty where there is no /proc. It tells a new process with an old number from the owner. */
static void birth_of(const char *pid, char born[WORD]) {
  char path[WORD + 16], line[1024] = "";
  born[0] = '\0';
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return;
  const size_t n = fread(line, 1, sizeof line - 1, file);
  line[n] = '\0';
  fclose(file);
  const char *field = strrchr(line, ')');
  for (int i = 2; field && i < 22; i++) field = strchr(field + 1, ' ');
  if (field) snprintf(born, WORD, "%.*s", (int)strcspn(field + 1, " \n"), field + 1);
}

static void describe_self(const char *run_id, owner *me) {
  memset(me, 0, sizeof *me);
  if (gethostname(me->host, WORD - 1) != 0) snprintf(me->host, WORD, "unknown");
  snprintf(me->pid, WORD, "%ld", (long)getpid());
  read_word("/proc/sys/kernel/random/boot_id", me->boot);
  if (readlink("/proc/self/ns/pid", me->space, WORD - 1) < 0) me->space[0] = '\0';
  birth_of(me->pid, me->born);
  static const char *const job_variables[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"};
  for (size_t i = 0; i < sizeof job_variables / sizeof *job_variables && !me->job[0]; i++) {
    const char *job = getenv(job_variables[i]);
    if (job) snprintf(me->job, WORD, "%s", job);
  }
  clean(me->job);
  const char *restarts = getenv("SLURM_RESTART_COUNT");
  snprintf(me->restarts, WORD, "%d", restarts ? atoi(restarts) : 0);
  snprintf(me->run_id, WORD, "%s", run_id);
  const time_t now = time(NULL);
  struct tm utc;
  if (gmtime_r(&now, &utc)) strftime(me->started, WORD, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static int print_owner(const owner *o, char *text, size_t size) {
  return snprintf(text, size,
                  "host = %s\npid = %s\nboot = %s\nspace = %s\nborn = %s\njob = %s\nrestarts = %s\nrun_id = %s\n"
                  "started = %s\n",
                  o->host, o->pid, o->boot, o->space, o->born, o->job, o->restarts, o->run_id, o->started);
}

static void parse_owner(const char *text, owner *o) {
  memset(o, 0, sizeof *o);
  const struct {
    const char *key;
    char *value;
  } rows[] = {{"host = ", o->host},         {"pid = ", o->pid},       {"boot = ", o->boot},
              {"space = ", o->space},       {"born = ", o->born},     {"job = ", o->job},
              {"restarts = ", o->restarts}, {"run_id = ", o->run_id}, {"started = ", o->started}};
  for (const char *line = text; *line;) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
      const size_t n = strlen(rows[i].key);
      if (strncmp(line, rows[i].key, n) == 0)
        snprintf(rows[i].value, WORD, "%.*s", (int)strcspn(line + n, "\n"), line + n);
    }
    line += strcspn(line, "\n");
    if (*line) line++;
  }
}

/* True only when it is certain: this host, and rebooted since, or in our sight and gone or reborn. */
static bool is_dead(const owner *o, const owner *me) {
  if (strcmp(o->host, me->host) != 0) return false;
  if (o->boot[0] && me->boot[0] && strcmp(o->boot, me->boot) != 0) return true;
  if (strcmp(o->space, me->space) != 0) return false;
  char *end = NULL;
  const long pid = strtol(o->pid, &end, 10);
  if (pid <= 0 || *end) return false;
  if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) return true;
  char born[WORD];
  birth_of(o->pid, born);
  return born[0] && o->born[0] && strcmp(born, o->born) != 0;
}

/* An earlier start of the job we are in, which was put back into the queue. It may still run behind a cut link: it will
 * find its lock lost before it next gives a file its name. */
static bool was_requeued(const owner *o, const owner *me) {
  return me->job[0] && strcmp(o->job, me->job) == 0 && atoi(o->restarts) < atoi(me->restarts);
}

static rz_err refuse(const char *path, const owner *o) {
  RZ_CHECK(o->run_id[0], RZ_ERR_LOCKED, "'%s' is a lock that cannot be read; remove it if no run uses it", path);
  RZ_FAIL(RZ_ERR_LOCKED, "'%s' is held by another run: host %s, pid %s%s%s, started %s; remove it if that run is gone",
          path, o->host, o->pid, o->job[0] ? ", job " : "", o->job, o->started);
}

/* Move a dead owner's file aside. Two runs may find the same dead owner: the one that comes second has moved the
 * first one's live lock, sees it by the run id, and puts it back. */
static rz_err remove_dead(const char *path, const owner *dead, const char *run_id) {
  char *aside = NULL, *text = NULL;
  rz_err rc = RZ_OK;
  const size_t size = strlen(path) + 64;
  RZ_TRY_DONE(rc, RZ_NEW(size, &aside));
  snprintf(aside, size, "%s.%.8s.dead", path, run_id);
  RZ_CHECK_DONE(rc, rename(path, aside) == 0 || errno == ENOENT, RZ_ERR_CREATE, "cannot move '%s': %s", path,
                strerror(errno));
  owner moved;
  if (access(aside, F_OK) == 0) {
    RZ_TRY_DONE(rc, rz_file_text(aside, &text));
    parse_owner(text, &moved);
    const bool theirs = strcmp(moved.run_id, dead->run_id) != 0;
    if (theirs && link(aside, path) != 0 && errno != EEXIST)
      rc = rz_error_set(RZ_ERR_IO, __FILE__, __LINE__, __func__, "cannot put back '%s': %s", path, strerror(errno));
    unlink(aside);
    if (theirs && rc == RZ_OK) rc = refuse(path, &moved);
  }
done:
  rz_free(&text);
  rz_free(&aside);
  return rc;
}

static rz_err note_takeover(const char *path, const owner *o, char **note) {
  if (!note) return RZ_OK;
  char text[1024];
  snprintf(text, sizeof text,
           "took over '%s' of a run that is gone or was put back into the queue (host %s, pid %s, started %s)", path,
           o->host, o->pid, o->started);
  return rz_strdup(text, note);
}

/* Write our own lock under its name, in one piece and only if the name is free. */
static rz_err place(const rz_lock *l, const owner *me) {
  char text[16 * WORD];
  const int n = print_owner(me, text, sizeof text);
  return rz_file_replace(l->path, false, text, (size_t)n);
}

/* Runs that start together find the name taken, dead, or just moved, in any order: hence the attempts. */
static rz_err take(const rz_lock *l, char **note) {
  owner me, other;
  rz_err rc = RZ_OK;
  describe_self(l->run_id, &me);
  RZ_TRY(rz_file_check(l->path, true));
  for (int attempt = 0; attempt < 16; attempt++) {
    char *text = NULL;
    rc = place(l, &me);
    if (rc != RZ_ERR_CREATE) return rc;
    if (access(l->path, F_OK) != 0 || rz_file_text(l->path, &text) != RZ_OK) continue;
    parse_owner(text, &other);
    rz_free(&text);
    if (!is_dead(&other, &me) && !was_requeued(&other, &me)) return refuse(l->path, &other);
    RZ_TRY(remove_dead(l->path, &other, l->run_id));
    if (note && !*note) RZ_TRY(note_takeover(l->path, &other, note));
  }
  return rc;
}

rz_err rz_lock_take(const char *path, rz_lock **out, char **note) {
  *out = NULL;
  if (note) *note = NULL;
  rz_lock *l = NULL;
  RZ_TRY(RZ_NEW0(1, &l));
  rz_err rc = rz_strdup(path, &l->path);
  if (rc == RZ_OK) rc = rz_random_id(l->run_id);
  if (rc == RZ_OK) rc = take(l, note);
  if (rc != RZ_OK) {
    if (note) rz_free(note);
    rz_free(&l->path);
    rz_free(&l);
    return rz_error_trace(rc, __FILE__, __LINE__, __func__);
  }
  *out = l;
  return RZ_OK;
}

rz_err rz_lock_verify(const rz_lock *lock) {
  char *text = NULL;
  owner o;
  RZ_CHECK(access(lock->path, F_OK) == 0, RZ_ERR_LOCKED, "our lock '%s' was removed: %s", lock->path, strerror(errno));
  RZ_TRY(rz_file_text(lock->path, &text));
  parse_owner(text, &o);
  rz_free(&text);
  return strcmp(o.run_id, lock->run_id) == 0 ? RZ_OK : refuse(lock->path, &o);
}

const char *rz_lock_run_id(const rz_lock *lock) { return lock->run_id; }

rz_err rz_lock_release(rz_lock **lock) {
  if (!lock || !*lock) return RZ_OK;
  rz_err rc = rz_lock_verify(*lock);
  if (rc == RZ_OK && unlink((*lock)->path) != 0)
    rc =
        rz_error_set(RZ_ERR_IO, __FILE__, __LINE__, __func__, "cannot remove '%s': %s", (*lock)->path, strerror(errno));
  rz_free(&(*lock)->path);
  rz_free(lock);
  return rc;
}
