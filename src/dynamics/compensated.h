/* Sums with compensation. */
#ifndef RITZ_DYNAMICS_COMPENSATED_H
#define RITZ_DYNAMICS_COMPENSATED_H

/* x + carry += increment: x is the sum rounded, carry what that leaves out (Knuth's two-sum, exact whichever is
 * larger).
 */
static inline void rz_compensated_add(double *x, double *carry, double increment) {
  const double y = increment + *carry, sum = *x + y, part = sum - *x;
  *carry = (*x - (sum - part)) + (y - part);
  *x = sum;
}

#endif
