#include "sweep_point.h"

#include "ritz/core/memory.h"
#include "ritz/store/results.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

const char *rz_point_status_text(rz_point_status status) {
  static const char *const texts[] = {"not run", "finished", "failed"};
  return texts[status];
}

/* --- what the files say ------------------------------------------------------------------------------------------- */

static double number(const rz_stored *f, const char *path) {
  double x = NAN;
  return rz_stored_has(f, path) && rz_stored_f64(f, path, &x) == RZ_OK ? x : NAN;
}

/* The lines below "2 warnings:" of the closing page, joined by "; ". */
static rz_err read_warnings(const rz_stored *f, rz_point *p) {
  char *text = NULL;
  if (rz_stored_has(f, "/provenance/summary")) RZ_TRY(rz_stored_text(f, "/provenance/summary", &text));
  char *at = text ? strstr(text, " warning") : NULL;
  at = at ? strchr(at, '\n') : NULL;
  if (at) {
    RZ_TRY(rz_malloc((int64_t)(2 * strlen(at) + 1), 1, (void **)&p->warnings));
    char *to = p->warnings;
    *to = '\0';
    while (at && strncmp(at, "\n  ", 3) == 0) {
      const int n = (int)strcspn(at + 3, "\n");
      to += sprintf(to, "%s%.*s", to > p->warnings ? "; " : "", n, at + 3);
      at += 3 + n;
    }
  }
  rz_free(&text);
  return RZ_OK;
}

static rz_err read_numbers(const rz_stored *f, rz_point *p) {
  p->exact = number(f, "/exact/energy");
  if (rz_stored_has(f, "/observables/energy/mean")) {
    p->status = RZ_POINT_FINISHED;
    p->energy = number(f, "/observables/energy/mean");
    p->error = number(f, "/observables/energy/error");
    p->v_score = number(f, "/observables/energy/v_score");
    if (p->error > 0.0) p->sigma = (p->energy - p->exact) / p->error;
    RZ_TRY(rz_observed_read(f, &p->observed));
  } else {
    char *study = NULL;
    RZ_TRY(rz_stored_attr_text(f, "/", "study", &study));
    p->status = strcmp(study, "exact") == 0 ? RZ_POINT_FINISHED : RZ_POINT_FAILED;
    if (p->status == RZ_POINT_FINISHED) p->energy = p->exact, p->error = 0.0;
    rz_free(&study);
  }
  return read_warnings(f, p);
}

static rz_err read_results(const char *path, const char *deck, rz_point *p) {
  rz_stored *f = NULL;
  char *text = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_stored_open(path, &f));
  RZ_TRY_DONE(rc, rz_stored_text(f, "/input/deck", &text));
  if (strcmp(text, deck) == 0) {
    rc = read_numbers(f, p);
  } else {
    p->is_other = true;
    rc = rz_strdup("the results file is of another deck", &p->reason);
  }
done:
  rz_free(&text);
  rz_stored_close(&f);
  return rc;
}

/* Everything on the first line of NNNN.failed. */
static rz_err read_reason(const char *path, rz_point *p) {
  char line[2048] = "";
  FILE *f = fopen(path, "r");
  if (!f) return RZ_OK;
  if (!fgets(line, sizeof line, f)) line[0] = '\0';
  fclose(f);
  line[strcspn(line, "\n")] = '\0';
  p->status = RZ_POINT_FAILED;
  rz_free(&p->reason);
  return rz_strdup(*line ? line : "no reason was given", &p->reason);
}

static bool exists(const rz_sweep *s, int point, const char *suffix) {
  char *path = NULL;
  const bool answer = rz_sweep_path(s, point, suffix, &path) == RZ_OK && access(path, F_OK) == 0;
  rz_free(&path);
  return answer;
}

rz_err rz_point_look(const rz_sweep *s, int point, rz_point *p) {
  *p = (rz_point){.energy = NAN, .error = NAN, .exact = NAN, .sigma = NAN, .v_score = NAN};
  char *path = NULL, *failed = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_sweep_path(s, point, ".h5", &path));
  RZ_TRY_DONE(rc, rz_sweep_path(s, point, ".failed", &failed));
  if (access(path, F_OK) == 0) rc = read_results(path, s->deck[point], p);
  if (rc == RZ_ERR_INPUT) { /* something else lies there */
    p->is_other = true;
    rc = rz_strdup(rz_error_message(), &p->reason);
  }
  if (rc == RZ_OK && p->status != RZ_POINT_FINISHED && !p->is_other) rc = read_reason(failed, p);
  if (rc == RZ_OK && p->status == RZ_POINT_FAILED && !p->reason)
    rc = rz_strdup("training failed; no energy was measured", &p->reason);
  if (rc == RZ_OK && p->status == RZ_POINT_NOT_RUN && !p->reason && exists(s, point, ".ckpt.h5"))
    rc = rz_strdup("stopped; can be resumed", &p->reason);
done:
  rz_free(&path);
  rz_free(&failed);
  return rc;
}

void rz_point_free(rz_point *p) {
  rz_observed_free(&p->observed);
  rz_free(&p->warnings);
  rz_free(&p->reason);
}

/* --- what is left behind ------------------------------------------------------------------------------------------ */

rz_err rz_point_set_failed(const rz_sweep *s, int point, const char *reason) {
  char *path = NULL;
  RZ_TRY(rz_sweep_path(s, point, ".failed", &path));
  FILE *f = fopen(path, "w");
  bool ok = f != NULL;
  for (const char *c = reason; ok && *c; c++) ok = fputc(*c == '\n' ? ' ' : *c, f) != EOF;
  if (f) {
    ok = ok && fputc('\n', f) != EOF;
    ok = fclose(f) == 0 && ok;
  }
  const rz_err rc =
      ok ? RZ_OK
         : rz_error_set(RZ_ERR_IO, __FILE__, __LINE__, __func__, "cannot write '%s': %s", path, strerror(errno));
  rz_free(&path);
  return rc;
}

static rz_err remove_file(const rz_sweep *s, int point, const char *suffix) {
  char *path = NULL;
  RZ_TRY(rz_sweep_path(s, point, suffix, &path));
  const rz_err rc =
      unlink(path) == 0 || errno == ENOENT
          ? RZ_OK
          : rz_error_set(RZ_ERR_CREATE, __FILE__, __LINE__, __func__, "cannot remove '%s': %s", path, strerror(errno));
  rz_free(&path);
  return rc;
}

rz_err rz_point_clear(const rz_sweep *s, int point) {
  rz_point p;
  RZ_TRY(rz_point_look(s, point, &p));
  const bool replace = p.status == RZ_POINT_FAILED || p.is_other;
  rz_point_free(&p);
  RZ_TRY(remove_file(s, point, ".failed"));
  if (replace) RZ_TRY(remove_file(s, point, ".h5"));
  return exists(s, point, ".ckpt.h5") ? RZ_OK : remove_file(s, point, ".jsonl");
}
