/* Bethe ansatz: exact lowest energies of the XXZ ring and of the open Heisenberg chain, at any length.
 *
 * Ring:   H = sum_{i=1}^{N} Sx_i Sx_{i+1} + Sy_i Sy_{i+1} + Delta Sz_i Sz_{i+1},  site N+1 = site 1
 * Open:   H = sum_{i=1}^{N-1} S_i . S_{i+1}
 * Spin units (S = sigma/2), antiferromagnetic coupling J = 1. Multiply by J > 0 for another coupling, by 4 for Pauli
 * units: the Heisenberg ring of 200 sites has E0 = -88.633553 here and -354.534213 in Pauli units.
 *
 * References: Bethe, Z. Phys. 71, 205 (1931); Yang and Yang, Phys. Rev. 150, 321 (1966); Alcaraz, Barber, Batchelor,
 * Baxter and Quispel, J. Phys. A 20, 6397 (1987) for free ends. With real roots x_j and the phases
 *   rational       Delta = 1          t_n(x) = 2 atan(2 x / n)
 *   trigonometric  Delta = cos g      t_n(x) = 2 atan(tanh(g x) / tan(n g / 2))
 *   hyperbolic     Delta = cosh g     t_n(x) = 2 atan(tan(g x) / tanh(n g / 2)) + 2 pi round(g x / pi)
 * the logarithmic equations are
 *   ring   N t_1(x_j)   = 2 pi I_j + sum_{k != j} t_2(x_j - x_k)
 *   open   2 N t_1(x_j) = 2 pi I_j + sum_{k != j} [t_2(x_j - x_k) + t_2(x_j + x_k)]
 * All functions are local; no communication. */
#ifndef RITZ_EXACT_BETHE_H
#define RITZ_EXACT_BETHE_H

#include "ritz/core/error.h"

typedef struct rz_bethe_level {
  double energy;   /* of H above */
  double residual; /* largest |left - right| of the logarithmic equations at the roots, in radians */
  int iterations;  /* Newton steps taken */
  int n_roots;     /* M = the smaller of the numbers of up and down spins */
  int momentum;    /* ring: m of the lattice momentum 2 pi m / N, 0 <= m < N, in the unrotated basis; open: 0 */
  int two_momenta; /* 1 if the level at N - m is degenerate with this one by reflection (odd rings) */
} rz_bethe_level;

/* Lowest energy of the XXZ ring with n_down spins down (Sz = n/2 - n_down).
 *   n        sites, n >= 2; n = 2 counts its bond twice, as the sum above says
 *   delta    anisotropy. Even n: delta > -1. Odd n: delta >= 0 only: an odd ring is frustrated, its level is one of
 *            a pair with opposite momenta, and below delta = 0 the lowest levels cross
 *   n_down   0 <= n_down <= n
 *   out      the level
 * Errors: RZ_ERR_ARG out of range; RZ_ERR_NUM if Newton's method does not reach a residual of rounding size. */
rz_err rz_bethe_ring(int n, double delta, int n_down, rz_bethe_level *out);

/* Lowest energy of the open Heisenberg chain with n_down spins down; n >= 2, even or odd. Errors as above. */
rz_err rz_bethe_open_heisenberg(int n, int n_down, rz_bethe_level *out);

#endif
