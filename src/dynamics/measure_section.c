/* Passages of a section, by interpolation through the N_NODE states around them: maps have no time between steps. */
#include "ritz/dynamics/measure.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

/* A passage is looked for between nodes LEFT and LEFT + 1, the middle of the window. */
enum { N_NODE = 8, LEFT = N_NODE / 2 - 1 };

typedef struct window {
  double *node[N_NODE]; /* [n, 2 d] each, oldest first */
  double *passage;      /* [2 d] */
  double *carry;        /* [n, 2 d] */
} window;

static rz_err window_create(const rz_stepper *s, window *w) {
  const int64_t size = s->n * 2 * s->n_degree;
  *w = (window){{NULL}, NULL, NULL};
  for (int j = 0; j < N_NODE; j++) RZ_TRY(RZ_NEW(size, &w->node[j]));
  RZ_TRY(RZ_NEW(2 * s->n_degree, &w->passage));
  return RZ_NEW0(size, &w->carry);
}

static void window_free(window *w) {
  for (int j = 0; j < N_NODE; j++) rz_free(&w->node[j]);
  rz_free(&w->passage);
  rz_free(&w->carry);
}

/* Lagrange's weights at `at`, nodes being 0 .. N_NODE - 1. */
static void weights(double at, double out[N_NODE]) {
  for (int j = 0; j < N_NODE; j++) {
    out[j] = 1.0;
    for (int k = 0; k < N_NODE; k++)
      if (k != j) out[j] *= (at - k) / (j - k);
  }
}

static double interpolate(double at, const double value[N_NODE]) {
  double weight[N_NODE], sum = 0.0;
  weights(at, weight);
  for (int j = 0; j < N_NODE; j++) sum += weight[j] * value[j];
  return sum;
}

/* Heights above the level at the nodes, continuous through the turns of an angle. */
static void heights(const rz_stepper *s, const rz_section *section, const window *w, int64_t i, double out[N_NODE]) {
  const int64_t at = i * 2 * s->n_degree + section->coordinate;
  const double turn = section->modulus;
  for (int j = 0; j < N_NODE; j++) out[j] = w->node[j][at] - section->level;
  if (turn <= 0.0) return;
  const double shift = out[LEFT] - remainder(out[LEFT], turn);
  for (int j = 0; j < N_NODE; j++) out[j] -= shift;
}

static bool passes(const rz_section *section, const double height[N_NODE]) {
  const double a = height[LEFT], b = height[LEFT + 1];
  const bool up = a < 0.0 && b >= 0.0, down = a > 0.0 && b <= 0.0;
  return (section->direction >= 0 && up) || (section->direction <= 0 && down);
}

/* Between LEFT and LEFT + 1, by halving. */
static double root(const double height[N_NODE]) {
  double low = LEFT, high = LEFT + 1;
  const bool up = height[LEFT] < 0.0;
  for (int k = 0; k < 54; k++) {
    const double middle = 0.5 * (low + high);
    if ((interpolate(middle, height) < 0.0) == up)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

/* `first`: the step at which the window's oldest node was reached. */
static rz_err look(const rz_stepper *s, const rz_section *section, window *w, int64_t first, rz_section_visit *visit,
                   void *ctx) {
  const int width = 2 * s->n_degree;
  for (int64_t i = 0; i < s->n; i++) {
    double height[N_NODE], weight[N_NODE];
    heights(s, section, w, i, height);
    if (!passes(section, height)) continue;
    const double at = root(height);
    weights(at, weight);
    for (int k = 0; k < width; k++) {
      w->passage[k] = 0.0;
      for (int j = 0; j < N_NODE; j++) w->passage[k] += weight[j] * w->node[j][i * width + k];
    }
    RZ_TRY(visit(ctx, i, s->step * ((double)first + at), w->passage));
  }
  return RZ_OK;
}

rz_err rz_measure_section(const rz_stepper *s, const rz_section *section, int64_t n_step, rz_section_visit *visit,
                          void *ctx, double *x) {
  const size_t bytes = (size_t)(s->n * 2 * s->n_degree) * sizeof *x;
  window w;
  rz_err rc = RZ_OK;
  RZ_CHECK(section->coordinate >= 0 && section->coordinate < 2 * s->n_degree, RZ_ERR_ARG,
           "a section of coordinate %d among %d", section->coordinate, 2 * s->n_degree);
  RZ_TRY_DONE(rc, window_create(s, &w));
  memcpy(w.node[N_NODE - 1], x, bytes);
  for (int64_t t = 1; t <= n_step; t++) {
    double *oldest = w.node[0];
    memmove(w.node, w.node + 1, (N_NODE - 1) * sizeof *w.node);
    w.node[N_NODE - 1] = oldest;
    RZ_TRY_DONE(rc, s->run(s->self, s->step, 1, x, w.carry));
    memcpy(oldest, x, bytes);
    if (t >= N_NODE - 1) RZ_TRY_DONE(rc, look(s, section, &w, t - (N_NODE - 1), visit, ctx));
  }
done:
  window_free(&w);
  return rc;
}

typedef struct returns {
  double *first, *last; /* [n] */
  int64_t *n_passage;
} returns;

static rz_err note(void *ctx, int64_t i, double t, const double *x) {
  returns *r = ctx;
  (void)x;
  if (r->n_passage[i]++ == 0) r->first[i] = t;
  r->last[i] = t;
  return RZ_OK;
}

rz_err rz_measure_returns(const rz_stepper *s, const rz_section *section, int64_t n_step, double *x, double *mean,
                          int64_t *n_return) {
  returns r = {.last = mean, .n_passage = n_return};
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW(s->n, &r.first));
  for (int64_t i = 0; i < s->n; i++) n_return[i] = 0;
  RZ_TRY_DONE(rc, rz_measure_section(s, section, n_step, note, &r, x));
  for (int64_t i = 0; i < s->n; i++) {
    n_return[i] = n_return[i] > 0 ? n_return[i] - 1 : 0;
    mean[i] = n_return[i] > 0 ? (r.last[i] - r.first[i]) / (double)n_return[i] : (double)NAN;
  }
done:
  rz_free(&r.first);
  return rc;
}

rz_err rz_measure_phase(const rz_stepper *s, const rz_stepper *truth, const rz_section *section, int64_t n_step,
                        int64_t n_step_truth, const double *x, double *out) {
  const int64_t size = s->n * 2 * s->n_degree;
  double *at = NULL, *true_mean = NULL;
  int64_t *n_return = NULL;
  rz_err rc = RZ_OK;
  RZ_CHECK(s->n == truth->n && s->n_degree == truth->n_degree, RZ_ERR_ARG, "steps and truth are of different batches");
  RZ_TRY_DONE(rc, RZ_NEW(size, &at));
  RZ_TRY_DONE(rc, RZ_NEW(s->n, &true_mean));
  RZ_TRY_DONE(rc, RZ_NEW(s->n, &n_return));
  memcpy(at, x, (size_t)size * sizeof *x);
  RZ_TRY_DONE(rc, rz_measure_returns(truth, section, n_step_truth, at, true_mean, n_return));
  memcpy(at, x, (size_t)size * sizeof *x);
  RZ_TRY_DONE(rc, rz_measure_returns(s, section, n_step, at, out, n_return));
  for (int64_t i = 0; i < s->n; i++) out[i] = 2.0 * RZ_PI * (1.0 - out[i] / true_mean[i]);
done:
  rz_free(&at);
  rz_free(&true_mean);
  rz_free(&n_return);
  return rc;
}
