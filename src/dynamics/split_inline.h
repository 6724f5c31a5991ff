/* Steps of a splitting method with a system's own functions inlined, for systems of few degrees of freedom: the state
 * stays in registers, no call and no memory per step. The functions and d must be constants where this is called. */
#ifndef RITZ_DYNAMICS_SPLIT_INLINE_H
#define RITZ_DYNAMICS_SPLIT_INLINE_H

#include "compensated.h"
#include "ritz/dynamics/system.h"
#include <string.h>

enum { RZ_INLINE_DEGREES = 4 };

static inline __attribute__((always_inline)) void rz_split_one(const rz_system *s, int d, rz_system_row *velocity,
                                                               rz_system_row *force, const rz_splitting *k, double step,
                                                               int64_t n_step, double *x, double *carry) {
  double q[RZ_INLINE_DEGREES], p[RZ_INLINE_DEGREES], left_q[RZ_INLINE_DEGREES], left_p[RZ_INLINE_DEGREES];
  double change[RZ_INLINE_DEGREES];
  for (int i = 0; i < d; i++) {
    q[i] = x[i];
    p[i] = x[d + i];
    left_q[i] = carry[i];
    left_p[i] = carry[d + i];
  }
  force(s, q, change);
  for (int i = 0; i < d; i++) rz_compensated_add(&p[i], &left_p[i], k->kick[0] * step * change[i]);
  for (int64_t t = 0; t < n_step; t++)
    for (int j = 0; j < k->n_stage; j++) {
      velocity(s, p, change);
      for (int i = 0; i < d; i++) rz_compensated_add(&q[i], &left_q[i], k->drift[j] * step * change[i]);
      force(s, q, change);
      /* The last kick of a step and the first of the next are one. */
      const bool joins = j + 1 == k->n_stage && t + 1 < n_step;
      const double kick = (k->kick[j + 1] + (joins ? k->kick[0] : 0.0)) * step;
      for (int i = 0; i < d; i++) rz_compensated_add(&p[i], &left_p[i], kick * change[i]);
    }
  for (int i = 0; i < d; i++) {
    x[i] = q[i];
    x[d + i] = p[i];
    carry[i] = left_q[i];
    carry[d + i] = left_p[i];
  }
}

static inline __attribute__((always_inline)) rz_err rz_split_rows(const rz_system *s, int d, rz_system_row *velocity,
                                                                  rz_system_row *force, const rz_splitting *k,
                                                                  double step, int64_t n_step, int64_t n, double *x,
                                                                  double *carry) {
  for (int64_t i = 0; i < n; i++)
    rz_split_one(s, d, velocity, force, k, step, n_step, x + i * 2 * d, carry + i * 2 * d);
  return RZ_OK;
}

#endif
