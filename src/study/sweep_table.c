#include "sweep_table.h"

#include "ritz/core/memory.h"
#include "ritz/store/results.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The numbers of a point that have a column each. */
static const struct {
  const char *name, *units, *label;
  size_t offset;
} columns[] = {
    {"energy", "energy unit of the deck", "energy of the frozen state", offsetof(rz_point, energy)},
    {"error", "energy unit of the deck", "standard error of the energy", offsetof(rz_point, error)},
    {"exact", "energy unit of the deck", "exact energy where known", offsetof(rz_point, exact)},
    {"deviation_sigma", "1", "(energy - exact) / error", offsetof(rz_point, sigma)},
    {"v_score", "1", "N variance / (E - E_inf)^2", offsetof(rz_point, v_score)},
};
enum { N_COLUMN = sizeof columns / sizeof *columns };

static double column_value(const rz_point *p, int c) { return *(const double *)((const char *)p + columns[c].offset); }

/* Observables have a column for the mean and one for its error, whichever points measured them. */
static double observed_value(const rz_point *p, const rz_observed *column, bool error) {
  const rz_observed *o = rz_observed_find(&p->observed, column->name);
  return !o ? NAN : error ? o->error : o->mean;
}

/* --- CSV ---------------------------------------------------------------------------------------------------------- */

static void put_text(FILE *f, const char *text) {
  fputs(",\"", f);
  for (const char *c = text ? text : ""; *c; c++) {
    if (*c == '"') fputc('"', f);
    fputc(*c == '\n' ? ' ' : *c, f);
  }
  fputc('"', f);
}

static void put_number(FILE *f, double x) {
  if (isfinite(x))
    fprintf(f, ",%.17g", x);
  else
    fputc(',', f);
}

static void put_header(FILE *f, const rz_sweep *s, const rz_observed_list *observed) {
  fputs("point,deck", f);
  for (int i = 0; i < s->n_axis; i++) fprintf(f, ",%s.%s", s->axis[i].group, s->axis[i].key);
  fputs(",status", f);
  for (int c = 0; c < N_COLUMN; c++) fprintf(f, ",%s", columns[c].name);
  for (int k = 0; k < observed->n; k++) fprintf(f, ",%s,%s_error", observed->item[k].name, observed->item[k].name);
  fputs(",warnings,reason\n", f);
}

static rz_err put_row(FILE *f, const rz_sweep *s, const rz_observed_list *observed, int point, const rz_point *p) {
  char *deck = NULL;
  RZ_TRY(rz_sweep_path(s, point, ".nml", &deck));
  fprintf(f, "%d", point + 1);
  put_text(f, deck);
  rz_free(&deck);
  for (int i = 0; i < s->n_axis; i++) put_text(f, s->axis[i].value[rz_sweep_position(s, point, i)]);
  fprintf(f, ",%s", rz_point_status_text(p->status));
  for (int c = 0; c < N_COLUMN; c++) put_number(f, column_value(p, c));
  for (int k = 0; k < 2 * observed->n; k++) put_number(f, observed_value(p, &observed->item[k / 2], k % 2));
  put_text(f, p->warnings);
  put_text(f, p->reason);
  fputc('\n', f);
  return RZ_OK;
}

static rz_err with_suffix(const rz_sweep *s, const char *suffix, char **out) {
  const size_t size = strlen(s->stem) + strlen(suffix) + 1;
  RZ_TRY(rz_malloc((int64_t)size, 1, (void **)out));
  snprintf(*out, size, "%s%s", s->stem, suffix);
  return RZ_OK;
}

static rz_err write_csv(const rz_sweep *s, const rz_observed_list *observed, const rz_point *points) {
  char *path = NULL, *part = NULL;
  FILE *f = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, with_suffix(s, ".csv", &path));
  RZ_TRY_DONE(rc, with_suffix(s, ".csv.part", &part));
  f = fopen(part, "w");
  RZ_CHECK_DONE(rc, f, RZ_ERR_CREATE, "cannot create '%s': %s", part, strerror(errno));
  put_header(f, s, observed);
  for (int i = 0; i < s->n_point; i++) RZ_TRY_DONE(rc, put_row(f, s, observed, i, &points[i]));
  RZ_CHECK_DONE(rc, !ferror(f) && fflush(f) == 0 && fsync(fileno(f)) == 0, RZ_ERR_IO, "cannot write '%s': %s", part,
                strerror(errno));
  RZ_CHECK_DONE(rc, rename(part, path) == 0, RZ_ERR_IO, "cannot rename '%s': %s", part, strerror(errno));
done:
  if (f) fclose(f);
  rz_free(&path);
  rz_free(&part);
  return rc;
}

/* --- HDF5 --------------------------------------------------------------------------------------------------------- */

/* An earlier table may be replaced, and nothing else. */
static rz_err check_target(const char *path) {
  rz_stored *old = NULL;
  char *study = NULL;
  if (access(path, F_OK) != 0) return RZ_OK;
  bool ours = rz_stored_open(path, &old) == RZ_OK && rz_stored_attr_text(old, "/", "study", &study) == RZ_OK;
  ours = ours && strcmp(study, "sweep") == 0;
  rz_free(&study);
  rz_stored_close(&old);
  RZ_CHECK(ours, RZ_ERR_CREATE, "'%s' is not the table of a sweep and is left alone: choose another `output` in &sweep",
           path);
  return RZ_OK;
}

static rz_err write_observed(rz_results *r, const rz_sweep *s, const rz_observed_list *observed, const rz_point *points,
                             double *x) {
  char path[RZ_OBSERVED_NAME + 32];
  for (int k = 0; k < 2 * observed->n; k++) {
    const rz_observed *o = &observed->item[k / 2];
    const bool error = k % 2;
    for (int i = 0; i < s->n_point; i++) x[i] = observed_value(&points[i], o, error);
    snprintf(path, sizeof path, "/points/%s%s", o->name, error ? "_error" : "");
    const rz_array a = {.name = path, .type = RZ_F64, .n_dim = 1, .shape = {s->n_point}, .data = x};
    RZ_TRY(rz_results_array(r, path, &a, o->unit, error ? "its standard error" : "observable of the frozen state"));
  }
  return RZ_OK;
}

static rz_err write_numbers(rz_results *r, const rz_sweep *s, const rz_point *points, double *x) {
  char path[64];
  for (int c = 0; c < N_COLUMN; c++) {
    for (int i = 0; i < s->n_point; i++) x[i] = column_value(&points[i], c);
    snprintf(path, sizeof path, "/points/%s", columns[c].name);
    RZ_TRY(rz_results_vector(r, path, s->n_point, x, columns[c].units, columns[c].label));
  }
  return RZ_OK;
}

static rz_err write_status(rz_results *r, const rz_sweep *s, const rz_point *points, int64_t *status) {
  for (int i = 0; i < s->n_point; i++) status[i] = (int64_t)points[i].status;
  const rz_array a = {.name = "status", .type = RZ_I64, .n_dim = 1, .shape = {s->n_point}, .data = status};
  return rz_results_array(r, "/points/status", &a, NULL, "0: not run, 1: finished, 2: failed");
}

/* One line a point. */
typedef const char *line_of(const rz_sweep *s, int point, const rz_point *p, int axis);

static const char *axis_line(const rz_sweep *s, int point, const rz_point *p, int axis) {
  (void)p;
  return s->axis[axis].value[rz_sweep_position(s, point, axis)];
}
static const char *warnings_line(const rz_sweep *s, int point, const rz_point *p, int axis) {
  (void)s, (void)point, (void)axis;
  return p->warnings ? p->warnings : "";
}
static const char *reason_line(const rz_sweep *s, int point, const rz_point *p, int axis) {
  (void)s, (void)point, (void)axis;
  return p->reason ? p->reason : "";
}

static rz_err write_lines(rz_results *r, const char *path, const char *label, const rz_sweep *s, const rz_point *points,
                          line_of *line, int axis) {
  size_t size = 1;
  char *text = NULL;
  for (int i = 0; i < s->n_point; i++) size += strlen(line(s, i, &points[i], axis)) + 1;
  RZ_TRY(rz_malloc((int64_t)size, 1, (void **)&text));
  char *to = text;
  *to = '\0';
  for (int i = 0; i < s->n_point; i++) {
    for (const char *c = line(s, i, &points[i], axis); *c; c++) *to++ = *c == '\n' ? ' ' : *c;
    *to++ = '\n';
  }
  *to = '\0';
  const rz_err rc = rz_results_text(r, path, text, label);
  rz_free(&text);
  return rc;
}

/* Values of an axis that are one number each are numbers in the file too. */
static rz_err write_axis(rz_results *r, const rz_sweep *s, const rz_point *points, int axis, double *x) {
  const rz_sweep_axis *a = &s->axis[axis];
  char path[160];
  bool is_number = true;
  snprintf(path, sizeof path, "/axes/%s.%s", a->group, a->key);
  for (int i = 0; i < s->n_point; i++) {
    char *end;
    const char *text = a->value[rz_sweep_position(s, i, axis)];
    x[i] = strtod(text, &end);
    is_number = is_number && end != text && *end == '\0';
  }
  if (!is_number) return write_lines(r, path, "values, one point a line", s, points, axis_line, axis);
  return rz_results_vector(r, path, s->n_point, x, a->row->unit, a->row->help);
}

static rz_err fill(rz_results *r, const rz_sweep *s, const rz_observed_list *observed, const char *deck,
                   const rz_point *points) {
  double *x = NULL;
  int64_t *status = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(s->n_point, &x));
  RZ_TRY_DONE(rc, RZ_NEW(s->n_point, &status));
  RZ_TRY_DONE(rc, rz_results_attr_text(r, "/", "study", "sweep"));
  RZ_TRY_DONE(rc, rz_results_text(r, "/input/deck", deck, "the deck of the sweep"));
  for (int i = 0; i < s->n_axis; i++) RZ_TRY_DONE(rc, write_axis(r, s, points, i, x));
  RZ_TRY_DONE(rc, write_numbers(r, s, points, x));
  RZ_TRY_DONE(rc, write_observed(r, s, observed, points, x));
  RZ_TRY_DONE(rc, write_status(r, s, points, status));
  RZ_TRY_DONE(rc, write_lines(r, "/points/warnings", "one point a line", s, points, warnings_line, 0));
  rc = write_lines(r, "/points/reason", "why a point is not finished; one point a line", s, points, reason_line, 0);
done:
  rz_free(&x);
  rz_free(&status);
  return rc;
}

static rz_err write_h5(const rz_sweep *s, const rz_observed_list *observed, const char *deck, const rz_point *points) {
  char *path = NULL;
  rz_results *r = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, with_suffix(s, ".h5", &path));
  RZ_TRY_DONE(rc, check_target(path));
  RZ_TRY_DONE(rc, rz_results_create(path, true, &r));
  RZ_TRY_DONE(rc, fill(r, s, observed, deck, points));
  rc = rz_results_commit(&r);
done:
  rz_results_abandon(&r);
  rz_free(&path);
  return rc;
}

rz_err rz_sweep_write_table(const rz_sweep *s, const char *deck, int count[3]) {
  rz_point *points = NULL;
  rz_observed_list observed = {0};
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW0(s->n_point, &points));
  count[0] = count[1] = count[2] = 0;
  for (int i = 0; i < s->n_point; i++) {
    RZ_TRY_DONE(rc, rz_point_look(s, i, &points[i]));
    RZ_TRY_DONE(rc, rz_observed_merge(&observed, &points[i].observed));
    count[points[i].status]++;
  }
  RZ_TRY_DONE(rc, write_h5(s, &observed, deck, points));
  rc = write_csv(s, &observed, points);
done:
  rz_observed_free(&observed);
  for (int i = 0; i < s->n_point; i++) rz_point_free(&points[i]);
  rz_free(&points);
  return rc;
}
