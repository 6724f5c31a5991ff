/* Exact energies by formula. Local; no communication; each function checks its arguments (RZ_ERR_ARG). */
#ifndef RITZ_EXACT_CLOSED_FORM_H
#define RITZ_EXACT_CLOSED_FORM_H

#include "ritz/core/error.h"

typedef struct rz_closed_form {
  double energy;  /* ground state */
  double gap;     /* to the lowest level above the ground space; NaN if no formula is known */
  int degeneracy; /* dimension of the ground space */
} rz_closed_form;

/* Haldane-Shastry ring, n sites, n >= 2 and even, spin units:
 *   H = sum_{i<j} (pi/n)^2 / sin^2(pi (i-j)/n) S_i . S_j,    E0 = -(pi^2/24) (n + 5/n)
 * F. D. M. Haldane, Phys. Rev. Lett. 60, 635 (1988); B. S. Shastry, ibid. 639. The gap is
 * NaN here: rz_haldane_shastry_levels gives it. */
rz_err rz_haldane_shastry_ground(int n, rz_closed_form *out);

/* The n_level lowest levels of the Haldane-Shastry ring (odd n too) at total Sz = two_sz / 2, with multiplicity.
 * A level is a set of numbers 1 <= m < n, no two adjacent (a motif), with
 *   E = pi^2 (n^2 - 1)/(24 n) - (pi/n)^2 sum m (n - m)
 * and carries the product of one spin r/2 for each run of r + 1 zeros among 0, the n - 1 places of the motif, 0
 * (F. D. M. Haldane et al., Phys. Rev. Lett. 69, 2021 (1992)).
 *   n        2 <= n <= 30: all motifs are listed, 1.3 million at n = 30
 *   two_sz   |two_sz| <= n, of the parity of n
 *   n_level  1 <= n_level <= number of states of that Sz
 *   energies out, ascending, shape [n_level] */
rz_err rz_haldane_shastry_levels(int n, int two_sz, int n_level, double *energies);

/* Majumdar-Ghosh point of the J1-J2 chain, J2 = j1/2, j1 > 0, n even, n >= 4, spin units:
 *   H = j1 sum_i S_i . S_{i+1} + (j1/2) sum_i S_i . S_{i+2},    E0 = -3 j1 n / 8
 * Ring (periodic != 0; i runs over all sites, so at n = 4 the second-neighbour bonds count twice): the two dimer
 * coverings, twofold. Open chain: one dimer covering, unique. C. K. Majumdar and D. K. Ghosh, J. Math. Phys. 10, 1388
 * (1969). */
rz_err rz_majumdar_ghosh(int n, int periodic, double j1, rz_closed_form *out);

/* Critical transverse-field Ising chain, Pauli units, j > 0: H = -j sum sz sz - j sum sx.
 *   ring, n >= 2:  E0 = -2 j / sin(pi/(2n)),       gap = 2 j tan(pi/(4n))
 *   open, n >= 1:  E0 = j (1 - 1/sin(pi/(4n+2))),  gap = 4 j sin(pi/(4n+2))
 * P. Pfeuty, Ann. Phys. 57, 79 (1970). */
rz_err rz_tfim_critical_ring(int n, double j, rz_closed_form *out);
rz_err rz_tfim_critical_open(int n, double j, rz_closed_form *out);

/* Cluster ring, n >= 3, Pauli units: H = -k sum_i sz_{i-1} sx_i sz_{i+1}. The terms commute and are independent:
 * E0 = -|k| n, unique; gap 2 |k| (one term reversed). k not 0. */
rz_err rz_cluster_ring(int n, double k, rz_closed_form *out);

/* Toric code on an l x l torus (2 l^2 qubits on the edges), l >= 2, js, jp > 0, Pauli units:
 *   H = -js sum_stars prod sx - jp sum_plaquettes prod sz
 * E0 = -(js + jp) l^2, fourfold; gap 4 min(js, jp): defects come in pairs. A. Kitaev, Ann. Phys. 303, 2 (2003). */
rz_err rz_toric_code(int l, double js, double jp, rz_closed_form *out);

#endif
