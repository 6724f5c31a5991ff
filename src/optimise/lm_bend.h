/* The bend of the path along which Levenberg-Marquardt goes (geodesic acceleration: Transtrum and Sethna,
 * arXiv:1201.5885). With the residual e at theta and e(theta - h d) at a probe on the step d,
 *
 *   e(theta - h d) = e - h J d + h^2 e'' / 2 + ...,   e'' the second derivative along d,
 *
 * and the step that makes up for it is that of the residual e + e'' / 2. In a narrow curved valley, where a straight
 * step leaves the floor at once, it goes many times as far. A bend that is no small correction says that the step is
 * too long. Each step costs two assessments and two solves. */
#ifndef RITZ_OPTIMISE_LM_BEND_H
#define RITZ_OPTIMISE_LM_BEND_H

#include "optimiser_impl.h"

typedef struct rz_lm_bend {
  int64_t probing; /* 1: the last delta led to the probe */
  double *d;       /* [n_param]: the step on which it lies */
  double *e;       /* residual there, and then e + e'' / 2 */
  int64_t n_row;   /* of e */
  bool seen;       /* the probe, by every rank: also by one without rows */
} rz_lm_bend;

rz_err rz_lm_bend_init(rz_lm_bend *b, int64_t n_param);
void rz_lm_bend_fini(rz_lm_bend *b);
/* Next comes the probe on step d; returns at what part of it. */
double rz_lm_bend_probe(rz_lm_bend *b, int64_t n_param, const double *d);
/* What is found there. Local. */
rz_err rz_lm_bend_see(rz_lm_bend *b, const rz_slope *at);
/* Back at theta: b->e becomes e + e'' / 2. Local. */
rz_err rz_lm_bend_correct(rz_lm_bend *b, const rz_jacobian *j, const double *residual);
/* 2 |t - d| / |d| in the norm of scale: how large the bend is against the step. */
double rz_lm_bend_size(const rz_lm_bend *b, int64_t n_param, const double *scale, const double *t);
rz_err rz_lm_bend_state(const rz_optimiser *o, rz_lm_bend *b, rz_array_visit *visit, void *ctx);

#endif
