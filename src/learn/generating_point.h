/* The points y at which a generating function S makes a symplectic map, with g = grad S(y) and the time h between the
 * states x = (q, p) and x' = (q', p') (law_generating_function.c):
 *   mixed     y = (q, p'):        p = p' + h g_q,  q' = q + h g_p
 *   midpoint  y = (x + x') / 2:   x' = x + h (g_p, -g_q)
 * The unknown numbers u of y are found by Newton's method to rounding; with the Hessian H of S at y the equations have
 * the derivative A = d / du
 *   mixed     I + h H_qp          midpoint  I - (h / 2) Omega H,   Omega (a, b) = (b, -a)
 * The same from x' to x: the unknown part of a mixed y is q then, and A = I + h H_pq; at midpoints h changes its sign.
 * Local. */
#ifndef RITZ_LEARN_GENERATING_POINT_H
#define RITZ_LEARN_GENERATING_POINT_H

#include "ritz/core/error.h"
#include "ritz/linalg/blas.h"
#include "ritz/net/mlp.h"
#include <stdbool.h>
#include <stdint.h>

enum { RZ_GENERATING_CAPACITY = 128 }; /* states at a time */

typedef struct rz_generating_points {
  /* To be set before rz_generating_points_prepare: */
  int d, newton_steps;
  bool midpoint;
  double h;
  rz_mlp_batch *batch; /* of S, for RZ_GENERATING_CAPACITY states; borrowed */
  /* Found: */
  bool backward;        /* x' is known, and x is not */
  int n_unknown, known; /* of a mixed y: [known, known + d) is known; n_unknown follow or go before */
  double *y, *g;        /* [n, 2 d] */
  double *hessian;      /* [n, 2 d, 2 d] */
  double *a;            /* [n, n_unknown, n_unknown]: the factors of A */
  lapack_int *pivot;    /* [n, n_unknown] */
  double *move;         /* [n, n_unknown]: the Newton step */
  double *last;         /* [n]: its size in the step before; -1: the state is done */
  double *ones, *value, *v, *hv;
  int64_t n_held; /* states for which all this is there: `held`; 0: none */
  double *held;   /* [n_held, 2 d] */
} rz_generating_points;

rz_err rz_generating_points_prepare(rz_generating_points *w);
void rz_generating_points_free(rz_generating_points *w);
/* Parameters of S changed. */
void rz_generating_points_forget(rz_generating_points *w);
/* Of n <= RZ_GENERATING_CAPACITY states x; `first` is the number of the first one, for messages. The batch stays at y,
 * after a pull. Errors: RZ_ERR_NUM where Newton's method does not end, or A is singular. */
rz_err rz_generating_points_find(rz_generating_points *w, bool backward, int64_t n, const double *x, int64_t first);
/* b <- A^-1 b or A^-T b of state i; b [n_unknown]. */
rz_err rz_generating_points_solve(const rz_generating_points *w, int64_t i, bool transposed, double *b);

#endif
