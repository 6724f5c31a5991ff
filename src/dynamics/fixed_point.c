#include "fixed_point.h"

#include "ritz/core/memory.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Changes relative to the size: less than one unit in the last place, since what is left from step to step adds up; and
 * close enough for noise of the function to be the reason for no progress. */
static const double rounding = 0.25 * DBL_EPSILON, close_by = 1e-11;
enum { MAX_IDLE = 3 };

rz_err rz_fixed_point_create(int64_t n, int n_degree, int max_iterations, rz_fixed_point *s) {
  *s = (rz_fixed_point){.n = n, .n_degree = n_degree, .max_iterations = max_iterations};
  RZ_TRY(RZ_NEW(n * 2 * n_degree, &s->next));
  RZ_TRY(RZ_NEW(n, &s->best));
  return RZ_NEW(n, &s->n_idle);
}

void rz_fixed_point_free(rz_fixed_point *s) {
  rz_free(&s->next);
  rz_free(&s->best);
  rz_free(&s->n_idle);
}

/* fmax is a call, which costs as much as all the rest of a small system's step. */
static inline double larger(double a, double b) { return a > b ? a : b; }

/* The largest change over the largest entry: of q and of p by themselves, the larger of both; and of the whole row. */
typedef struct change {
  double by_half, of_row;
} change;

static change relative_change(int d, const double *next, const double *y, const double *size) {
  change c = {0.0, 0.0};
  double row = 0.0, row_scale = 0.0;
  for (int half = 0; half < 2; half++) {
    double most = 0.0, scale = 0.0;
    for (int k = half * d; k < (half + 1) * d; k++) {
      const double by = fabs(next[k] - y[k]);
      if (!(by <= most)) most = by; /* NaN too */
      scale = larger(scale, larger(fabs(next[k]), fabs(size[k])));
    }
    if (!(most <= row)) row = most;
    row_scale = larger(row_scale, scale);
    const double part = most == 0.0 ? 0.0 : most / scale;
    if (!(part <= c.by_half)) c.by_half = part;
  }
  c.of_row = row == 0.0 ? 0.0 : row / row_scale;
  return c;
}

/* A half that is nothing but rounding of the other comes no closer to its own size: that of the row decides. */
static bool is_done(rz_fixed_point *s, int64_t i, change c) {
  if (c.by_half <= rounding) return true;
  if (c.by_half < s->best[i]) {
    s->best[i] = c.by_half;
    s->n_idle[i] = 0;
  } else {
    s->n_idle[i]++;
  }
  return s->n_idle[i] >= MAX_IDLE && c.of_row <= close_by;
}

rz_err rz_fixed_point_solve(rz_fixed_point *s, rz_fixed_point_function *g, void *ctx, const double *size, double *y) {
  const int d = s->n_degree;
  int64_t n_open = s->n;
  for (int64_t i = 0; i < s->n; i++) {
    s->best[i] = (double)INFINITY;
    s->n_idle[i] = 0;
  }
  for (int round = 0; round < s->max_iterations && n_open > 0; round++) {
    RZ_TRY(g(ctx, y, s->next));
    for (int64_t i = 0; i < s->n; i++) {
      if (s->n_idle[i] < 0) continue;
      const double *next = s->next + i * 2 * d;
      const bool done = is_done(s, i, relative_change(d, next, y + i * 2 * d, size + i * 2 * d));
      memcpy(y + i * 2 * d, next, sizeof *y * 2 * (size_t)d);
      if (done) {
        s->n_idle[i] = -1;
        n_open--;
      }
    }
  }
  RZ_CHECK(n_open == 0, RZ_ERR_NUM,
           "the implicit equation of a step has no solution in reach after %d iterations: take a smaller step",
           s->max_iterations);
  return RZ_OK;
}
