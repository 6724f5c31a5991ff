/* What a learned pair potential v(r) says, for reports and tests. Local. */
#ifndef RITZ_LEARN_PAIR_POTENTIAL_H
#define RITZ_LEARN_PAIR_POTENTIAL_H

#include "ritz/learn/law.h"

/* The distances of the training data, between which v is known. Errors of all: RZ_ERR_ARG for another law. */
rz_err rz_pair_potential_range(const rz_law *l, double *r_min, double *r_max);
/* dv/dr at n distances r > 0: out [n]. */
rz_err rz_pair_potential_slope(const rz_law *l, int64_t n, const double *r, double *out);
/* The power s of |dv/dr| ~ r^s: the slope of the straight line through log |dv/dr| against log r at all distances of n
 * states x [n, 2 d], and its standard error by the scatter about the line. Gravity has s = -2. Errors: RZ_ERR_NUM where
 * dv/dr is zero or the distances are all the same. */
rz_err rz_pair_potential_power(const rz_law *l, int64_t n, const double *x, double *power, double *error);

#endif
