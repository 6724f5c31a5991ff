/* Data of motion from a user's file (docs/data-files.md). */
#include "dataset_impl.h"

#include "ritz/core/memory.h"
#include <float.h>
#include <math.h>

/* Times are written with a few digits: steps may differ by so much of a step. */
static const double STEP_TOLERANCE = 1e-6;

/* The columns of one kind of state, from row `row`: out [2 d]. */
static void take(const rz_table *t, const rz_columns *c, rz_state_kind kind, int64_t row, double *out) {
  const double *value = t->value + row * t->n_column;
  for (int k = 0; k < 2 * c->n_degree; k++) out[k] = value[c->state[kind][k]];
}

static double cell(const rz_table *t, int64_t row, int column) { return t->value[row * t->n_column + column]; }

/* Every row is a state with what belongs to it. */
static rz_err fill_rows(const rz_table *t, const rz_columns *c, rz_state_kind target, rz_dataset *d) {
  const int dim = 2 * c->n_degree;
  RZ_TRY(rz_dataset_reserve(d, c->n_degree, t->n_row, c->state[RZ_CLEAN] != NULL));
  for (int64_t i = 0; i < t->n_row; i++) {
    take(t, c, RZ_STATE, i, d->x + i * dim);
    take(t, c, target, i, d->target + i * dim);
    if (d->clean) take(t, c, RZ_CLEAN, i, d->clean + i * dim);
  }
  return RZ_OK;
}

/* Does the next row continue the trajectory of this one? */
static bool continues(const rz_table *t, const rz_columns *c, int64_t row) {
  if (row + 1 >= t->n_row) return false;
  return c->trajectory < 0 || cell(t, row, c->trajectory) == cell(t, row + 1, c->trajectory);
}

/* The mean step, if all of them are equal; n_pair: how many there are. */
static rz_err find_step(const rz_table *t, const rz_columns *c, double *step, int64_t *n_pair) {
  double first = 0.0, sum = 0.0;
  *n_pair = 0;
  for (int64_t i = 0; i < t->n_row; i++) {
    if (!continues(t, c, i)) continue;
    const double now = cell(t, i, c->time), next = cell(t, i + 1, c->time), length = next - now;
    const char *hint = c->trajectory < 0 ? "; a column 'trajectory' tells where another one begins" : "";
    if (!(length > 0.0))
      return rz_table_fail(t, i + 1, "column 't': %.10g does not come after %.10g%s", next, now, hint);
    if (*n_pair == 0) first = length;
    if (fabs(length - first) > STEP_TOLERANCE * first + 4.0 * DBL_EPSILON * fabs(next))
      return rz_table_fail(t, i + 1, "column 't': a step of %.10g, where the first is %.10g; a map needs equal steps%s",
                           length, first, hint);
    sum += length;
    ++*n_pair;
  }
  if (*n_pair == 0) return rz_table_fail(t, -1, "no two rows in succession belong to one trajectory");
  *step = sum / (double)*n_pair;
  return RZ_OK;
}

/* Every two rows in succession are a state and the next one. */
static rz_err fill_pairs(const rz_table *t, const rz_columns *c, rz_dataset *d) {
  const int dim = 2 * c->n_degree;
  int64_t n, at = 0;
  RZ_TRY(find_step(t, c, &d->step, &n));
  RZ_TRY(rz_dataset_reserve(d, c->n_degree, n, c->state[RZ_CLEAN] != NULL));
  for (int64_t i = 0; i < t->n_row; i++) {
    if (!continues(t, c, i)) continue;
    take(t, c, RZ_STATE, i, d->x + at * dim);
    take(t, c, RZ_STATE, i + 1, d->target + at * dim);
    if (d->clean) take(t, c, RZ_CLEAN, i, d->clean + at * dim);
    at++;
  }
  return RZ_OK;
}

static rz_err fill_map(const rz_config *config, const rz_table *t, const rz_columns *c, rz_dataset *d) {
  const bool given = rz_config_has(config, RZ_DATA_GROUP, "step");
  const double step = given ? rz_config_real(config, RZ_DATA_GROUP, "step") : 0.0;
  if (c->state[RZ_NEXT]) {
    if (!given) return rz_table_fail(t, -1, "the time from q, p to next_q, next_p is missing: give it as step");
    d->step = step;
    return fill_rows(t, c, RZ_NEXT, d);
  }
  if (c->time < 0)
    return rz_table_fail(t, -1, "this model learns a map: columns next_q1 .. next_p1 .., or times t, are missing");
  RZ_TRY(fill_pairs(t, c, d));
  if (given && fabs(step - d->step) > STEP_TOLERANCE * d->step)
    return rz_table_fail(t, -1, "the times t are %.10g apart, but step = %.10g", d->step, step);
  return RZ_OK;
}

static rz_err fill_field(const rz_table *t, const rz_columns *c, rz_dataset *d) {
  if (!c->state[RZ_DERIVATIVE])
    return rz_table_fail(t, -1, "this model learns a field: time derivatives, columns dq1 .. dp1 .., are missing%s",
                         c->time >= 0 || c->state[RZ_NEXT] ? "; what the file has can teach a model of a map" : "");
  return fill_rows(t, c, RZ_DERIVATIVE, d);
}

static rz_err fill(const rz_config *config, const rz_system *system, const rz_table *t, rz_dataset *d) {
  rz_columns c;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_columns_find(t, &c));
  if (system && system->n_degree != c.n_degree) {
    rc = rz_table_fail(t, -1, "%d coordinates q, but the system '%s' has %d", c.n_degree, system->cls->name,
                       system->n_degree);
    goto done;
  }
  RZ_TRY_DONE(rc, d->is_map ? fill_map(config, t, &c, d) : fill_field(t, &c, d));
done:
  rz_columns_free(&c);
  return rc;
}

static rz_err read_file(const rz_config *config, rz_table *t) {
  const int n = rz_config_count(config, RZ_DATA_GROUP, "ignore_columns");
  const char **ignore = NULL;
  char *path = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n, &ignore));
  for (int k = 0; k < n; k++) ignore[k] = rz_config_string_at(config, RZ_DATA_GROUP, "ignore_columns", k);
  RZ_TRY_DONE(rc, rz_config_path(config, rz_config_string(config, RZ_DATA_GROUP, "file"), &path));
  RZ_TRY_DONE(rc, rz_table_read(path, n, ignore, t));
done:
  rz_free(&path);
  rz_free(&ignore);
  return rc;
}

/* Faults of the file are the deck's error at its key. */
rz_err rz_dataset_from_file(rz_config *config, const rz_system *system, rz_dataset *d) {
  rz_table t = {0};
  d->noise = NAN;
  rz_err rc = read_file(config, &t);
  if (rc == RZ_OK) rc = fill(config, system, &t, d);
  rz_table_free(&t);
  if (rc == RZ_ERR_INPUT) return rz_config_file_error(config, RZ_DATA_GROUP, "file");
  if (rc != RZ_ERR_DECK) return rc;
  rz_config_error(config, RZ_DATA_GROUP, "file", "%s", rz_error_message());
  return rz_config_report(config);
}
