/* The symplectic matrix Omega = [[0, 1], [-1, 0]] in blocks of d: a Hamiltonian field is Omega times a gradient. */
#ifndef RITZ_DYNAMICS_OMEGA_H
#define RITZ_DYNAMICS_OMEGA_H

#include <stdint.h>

/* Rows [n, 2 d]: x <- sign Omega x, in place. Omega^-1 = -Omega. */
static inline void rz_omega(int64_t n, int d, double sign, double *x) {
  for (int64_t i = 0; i < n; i++)
    for (int k = 0; k < d; k++) {
      double *q = x + i * 2 * d + k, *p = q + d;
      const double old = *q;
      *q = sign * *p;
      *p = -sign * old;
    }
}

#endif
