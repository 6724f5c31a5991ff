/* Steps chosen for a tolerance: extrapolation of Gragg's modified midpoint rule with 2, 4, 6, .. substeps (E. Hairer,
 * S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I, II.9). Each trajectory has steps of its own; its
 * tangent vectors go the same steps and have no say in their choice. */
#include "compensated.h"
#include "integrator_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

enum { N_COLUMN = 9, GOAL = 7 }; /* columns of the tableau, order 2 each; the one where a step should end */

typedef struct extrapolation {
  int n_vector;          /* the state and its tangent vectors: rows of 2 d numbers below */
  double *start;         /* [n_vector, 2 d] */
  double *before, *now;  /* [n_vector, 2 d] of the midpoint rule: what has come to the start */
  double *at, *slope;    /* [n_vector, 2 d] */
  double *first;         /* [n_vector, 2 d] slope at the start */
  double *row[N_COLUMN]; /* [n_vector, 2 d] the tableau's last row, of what comes to the start in this step */
} extrapolation;

/* Slopes up to and with row j, the start's among them. */
static double cost(int j) { return 1.0 + (j + 1) * (j + 2) - (j + 1); }

static void release(extrapolation *s) {
  rz_free(&s->start);
  rz_free(&s->before);
  rz_free(&s->now);
  rz_free(&s->at);
  rz_free(&s->slope);
  rz_free(&s->first);
  for (int j = 0; j < N_COLUMN; j++) rz_free(&s->row[j]);
  s->n_vector = 0;
}

static rz_err reserve(rz_integrator *g, int n_vector) {
  extrapolation *s = g->data;
  if (s->n_vector >= n_vector) return RZ_OK;
  const int64_t size = (int64_t)n_vector * 2 * g->flow->n_degree;
  release(s);
  double **const all[] = {&s->start, &s->before, &s->now, &s->at, &s->slope, &s->first};
  for (int k = 0; k < RZ_N_ROWS(all); k++) RZ_TRY(RZ_NEW(size, all[k]));
  for (int j = 0; j < N_COLUMN; j++) RZ_TRY(RZ_NEW(size, &s->row[j]));
  s->n_vector = n_vector;
  return RZ_OK;
}

static rz_err init(rz_integrator *g) {
  extrapolation *s;
  RZ_TRY(RZ_NEW0(1, &s));
  g->data = s;
  return reserve(g, 1);
}

static void fini(rz_integrator *g) {
  if (g->data) release(g->data);
}

/* slope = (f(x), f'(x) v, ..) at start + by. */
static rz_err slope_at(const rz_integrator *g, int n_vector, const double *by, double *slope) {
  extrapolation *s = g->data;
  const rz_flow *f = g->flow;
  const int w = 2 * f->n_degree;
  for (int k = 0; k < n_vector * w; k++) s->at[k] = s->start[k] + (by ? by[k] : 0.0);
  RZ_TRY(f->field(f->self, 1, s->at, slope));
  for (int j = 1; j < n_vector; j++) RZ_TRY(f->field_tangent(f->self, 1, s->at, s->at + j * w, slope + j * w));
  return RZ_OK;
}

/* What comes to the start in a step h, by n substeps. */
static rz_err midpoint_rule(const rz_integrator *g, int n_vector, double h, int n, double *out) {
  extrapolation *s = g->data;
  const int size = n_vector * 2 * g->flow->n_degree;
  memset(s->before, 0, (size_t)size * sizeof *out);
  for (int k = 0; k < size; k++) out[k] = h / n * s->first[k];
  for (int i = 1; i < n; i++) {
    RZ_TRY(slope_at(g, n_vector, out, s->slope));
    for (int k = 0; k < size; k++) {
      const double next = s->before[k] + 2.0 * h / n * s->slope[k];
      s->before[k] = out[k];
      out[k] = next;
    }
  }
  return RZ_OK;
}

/* Row j of the tableau from row j - 1, in place: row[k] becomes T_jk. Returns the difference of the last two columns
 * over the tolerance, of q and of p by themselves, the larger of both. */
static double extrapolate(const rz_integrator *g, int n_vector, int j) {
  const extrapolation *s = g->data;
  const int d = g->flow->n_degree;
  double *fresh = s->now, worst = 0.0, most[2] = {0.0, 0.0}, scale[2] = {0.0, 0.0};
  for (int i = 0; i < n_vector * 2 * d; i++) {
    double value = fresh[i], last = value; /* T_{j, 0} */
    for (int k = 1; k <= j; k++) {
      const double ratio = (double)(j + 1) / (j + 1 - k), old = s->row[k - 1][i]; /* T_{j - 1, k - 1} */
      s->row[k - 1][i] = last = value;
      value += (value - old) / (ratio * ratio - 1.0);
    }
    s->row[j][i] = value;
    if (i >= 2 * d) continue;
    const double by = fabs(value - last);
    if (!(by <= most[i / d])) most[i / d] = by;
    scale[i / d] = fmax(scale[i / d], fmax(fabs(s->start[i]), fabs(s->start[i] + value)));
  }
  for (int half = 0; half < 2; half++) {
    const double part = most[half] == 0.0 ? 0.0 : most[half] / (g->spec.tolerance * scale[half]);
    if (!(part <= worst)) worst = part;
  }
  return worst;
}

/* A step h of the trajectory in s->start. *error <= 1: it is good, and what comes is row[*column]. */
static rz_err attempt(const rz_integrator *g, int n_vector, double h, int *column, double *error) {
  const extrapolation *s = g->data;
  *error = (double)INFINITY;
  for (int j = 0; j < N_COLUMN; j++) {
    RZ_TRY(midpoint_rule(g, n_vector, h, 2 * (j + 1), s->now));
    *error = extrapolate(g, n_vector, j);
    *column = j;
    if (j >= 2 && *error <= 1.0) break;
  }
  return RZ_OK;
}

/* The step that should have ended in this column, or in the one behind it where that is the better bargain. */
static double next_step(double h, int column, double error) {
  if (!isfinite(error)) return 0.1 * h;
  const double best = 0.94 * pow(0.65 / fmax(error, 1e-20), 1.0 / (2 * column + 1));
  const double factor = column < GOAL ? best * cost(column + 1) / cost(column) : best;
  return h * fmin(4.0, fmax(0.1, error > 1.0 ? fmin(0.5, factor) : factor));
}

/* First guess of a step: a tenth of what moves q or p by their size. */
static double first_step(const rz_integrator *g, double span) {
  const extrapolation *s = g->data;
  const int d = g->flow->n_degree;
  double h = fabs(span);
  for (int half = 0; half < 2; half++) {
    double size = 0.0, speed = 0.0;
    for (int k = half * d; k < (half + 1) * d; k++) {
      size = fmax(size, fabs(s->start[k]));
      speed = fmax(speed, fabs(s->first[k]));
    }
    if (size > 0.0 && speed > 0.0) h = fmin(h, 0.1 * size / speed);
  }
  return copysign(h, span);
}

/* One trajectory, x and carry [2 d], its tangent vectors v + j stride. */
static rz_err follow(const rz_integrator *g, double span, double *x, double *carry, int m, double *v, int64_t stride) {
  extrapolation *s = g->data;
  const int w = 2 * g->flow->n_degree;
  double done = 0.0, h = 0.0;
  while (done != span) {
    memcpy(s->start, x, (size_t)w * sizeof *x);
    for (int j = 0; j < m; j++) memcpy(s->start + (j + 1) * w, v + j * stride, (size_t)w * sizeof *x);
    RZ_TRY(slope_at(g, m + 1, NULL, s->first));
    if (h == 0.0) h = first_step(g, span);
    int column = 0;
    double error = (double)INFINITY, tried = 0.0;
    while (!(error <= 1.0)) {
      const bool is_last = fabs(h) >= fabs(span - done) * (1.0 - 1e-10);
      tried = is_last ? span - done : h;
      RZ_CHECK(done + tried != done, RZ_ERR_NUM, "steps of the reference vanish at t = %g: a collision?", done);
      RZ_TRY(attempt(g, m + 1, tried, &column, &error));
      const double next = next_step(tried, column, error);
      if (!is_last || fabs(next) < fabs(h)) h = next;
      if (error <= 1.0) done = is_last ? span : done + tried;
    }
    const double *by = s->row[column];
    for (int k = 0; k < w; k++) rz_compensated_add(&x[k], &carry[k], by[k]);
    for (int j = 0; j < m; j++)
      for (int k = 0; k < w; k++) v[j * stride + k] += by[(j + 1) * w + k];
  }
  return RZ_OK;
}

static rz_err run_tangent(rz_integrator *g, double step, int64_t n_step, double *x, double *carry, int m, double *v) {
  const int w = 2 * g->flow->n_degree;
  RZ_TRY(reserve(g, m + 1));
  for (int64_t i = 0; i < g->n; i++)
    RZ_TRY(follow(g, step * (double)n_step, x + i * w, carry + i * w, m, v ? v + i * w : NULL, rz_integrator_size(g)));
  return RZ_OK;
}

static rz_err run(rz_integrator *g, double step, int64_t n_step, double *x, double *carry) {
  return run_tangent(g, step, n_step, x, carry, 0, NULL);
}

static const rz_option rows[] = {
    RZ_ROW_REAL("tolerance", "1e-12", 1e-14, 1e-2, "", "error of a step, relative to the size of q and of p"),
};

const rz_integrator_class rz_integrator_reference = {.name = "reference",
                                                     .about = "any field, steps chosen for a tolerance",
                                                     .cite = "Hairer, Norsett, Wanner, Solving ODEs I, II.9",
                                                     .options = rows,
                                                     .n_options = RZ_N_ROWS(rows),
                                                     .init = init,
                                                     .run = run,
                                                     .run_tangent = run_tangent,
                                                     .fini = fini};
