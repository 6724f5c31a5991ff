/* The implicit equation of a step, y = g(y) for each row of a batch, by iteration down to rounding. */
#ifndef RITZ_DYNAMICS_FIXED_POINT_H
#define RITZ_DYNAMICS_FIXED_POINT_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

/* out = g(y) of all n rows of 2 d numbers. */
typedef rz_err rz_fixed_point_function(void *ctx, const double *y, double *out);

typedef struct rz_fixed_point {
  int64_t n;
  int n_degree, max_iterations;
  double *next; /* [n, 2 d] */
  double *best; /* [n] smallest change so far, relative */
  int *n_idle;  /* [n] iterations since; -1: the row is done */
} rz_fixed_point;

rz_err rz_fixed_point_create(int64_t n, int n_degree, int max_iterations, rz_fixed_point *s);
void rz_fixed_point_free(rz_fixed_point *s);

/* From the start in y; y holds the solution in the end. A row is done, and no longer changes, when an iteration changes
 * it by rounding only, or, being close, comes no closer. `size` [n, 2 d] beside y sets the scale of its q and of its p.
 * Errors: RZ_ERR_NUM when max_iterations are not enough. */
rz_err rz_fixed_point_solve(rz_fixed_point *s, rz_fixed_point_function *g, void *ctx, const double *size, double *y);

#endif
