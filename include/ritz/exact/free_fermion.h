/* Transverse-field Ising chains by free fermions: energies of both parity sectors, and ground-state correlations.
 *
 * Pauli units, parity P = prod_i sx_i = +1 or -1 (conserved). The Jordan-Wigner transform
 *   sx_i = 1 - 2 c+_i c_i,   A_i = c+_i + c_i,   B_i = c+_i - c_i
 * makes H bilinear, H = -sum_{ij} M_ij B_i A_j, and G_ij = <B_i A_j> gives every correlation (E. Lieb, T. Schultz and
 * D. Mattis, Ann. Phys. 16, 407 (1961); P. Pfeuty, Ann. Phys. 57, 79 (1970)):
 *   <sx_i>             = G_ii
 *   <sz_i sz_j>, i < j = det of -G over rows i ... j-1 and columns i+1 ... j
 *   <sy_i sy_j>, i < j = det of -G over rows i+1 ... j and columns i ... j-1
 *   <sx_i sx_j>        = G_ii G_jj - G_ij G_ji
 * On a ring the fermions are antiperiodic for P = +1 and periodic for P = -1, and a sector holds only states whose
 * number of fermions is even or odd as P says: where the lowest one of the fermions' has the wrong number, the cheapest
 * quasi-particle is added. That is what makes any sign of the couplings and odd rings right.
 * All functions are local; no communication. */
#ifndef RITZ_EXACT_FREE_FERMION_H
#define RITZ_EXACT_FREE_FERMION_H

#include "ritz/core/error.h"

/* --- Levels of the uniform ring: H = -j sum_{i=1}^{n} sz_i sz_{i+1} - h sum_i sx_i ------------------------------ */

typedef struct rz_tfim_levels {
  double even[2]; /* the two lowest levels with P = +1, with multiplicity */
  double odd[2];  /* the same with P = -1 */
  double e0;      /* the smaller of even[0] and odd[0] */
  double gap;     /* from e0 to the next level, with multiplicity: 0 if e0 is degenerate. For j >= 0, and for even n,
                     to full relative precision, also where it is far below rounding of e0; otherwise (odd ring,
                     j < 0) a difference of levels */
  int parity;     /* P of e0; +1 if both sectors hold it */
} rz_tfim_levels;

/* n >= 2 (at n = 2 the bond counts twice, as the sum says), any finite j and h.
 * Errors: RZ_ERR_ARG out of range. */
rz_err rz_tfim_ring_levels(int n, double j, double h, rz_tfim_levels *out);

/* --- The lowest state of a sector and its correlations ---------------------------------------------------------- */

typedef struct rz_free_fermion rz_free_fermion;

/* Lowest state of the uniform ring in the sector parity = +1 or -1, or of the sector of rz_tfim_levels::parity if 0.
 * Errors: RZ_ERR_ARG out of range; RZ_ERR_NUM if the sector's lowest level is degenerate, so that its correlations
 * are not defined (odd rings with j < 0, h = 0 with j < 0, ...). Owner: the caller, by rz_free_fermion_destroy. */
rz_err rz_free_fermion_ring(int n, double j, double h, int parity, rz_free_fermion **out);

/* Lowest state of the open chain
 *   H = -sum_{i=0}^{n-2} (jz_i sz_i sz_{i+1} + jy_i sy_i sy_{i+1}) - sum_{i=0}^{n-1} h_i sx_i
 * in a sector, with couplings of any sign for each bond and site. With jz = (1+g)/2, jy = (1-g)/2 it is the XY chain in
 * a field along x.
 *   n       n >= 1
 *   jz, jy  shape [n-1]; jy may be NULL: all 0, and then the gap has full relative precision
 *   h       shape [n]
 *   parity  +1, -1, or 0: the sector of the lowest level (+1 if both hold it)
 * Errors: RZ_ERR_ARG out of range; RZ_ERR_NUM if the sector's lowest level is degenerate or LAPACK fails. */
rz_err rz_free_fermion_open(int n, const double *jz, const double *jy, const double *h, int parity,
                            rz_free_fermion **out);

void rz_free_fermion_destroy(rz_free_fermion **s);

/* Energy of the state and its parity. */
double rz_free_fermion_energy(const rz_free_fermion *s);
int rz_free_fermion_parity(const rz_free_fermion *s);
/* From the lower to the higher of the lowest levels of the two sectors. */
double rz_free_fermion_gap(const rz_free_fermion *s);

/* Correlations of sites i, j in 0 ... n-1, to some 1e-15 absolute: determinants of matrices of norm 1 round so, and a
 * correlation of 1e-9 keeps six digits. Errors: RZ_ERR_ARG out of range; RZ_ERR_MEMORY. */
rz_err rz_free_fermion_x(const rz_free_fermion *s, int i, double *sx);
rz_err rz_free_fermion_xx(const rz_free_fermion *s, int i, int j, double *sxsx);
rz_err rz_free_fermion_yy(const rz_free_fermion *s, int i, int j, double *sysy);
rz_err rz_free_fermion_zz(const rz_free_fermion *s, int i, int j, double *szsz);

/* Entropies (natural logarithm) of the reduced state of sites first ... first + n_block - 1: von Neumann and Renyi-2,
 * from the singular values v of G over the block: sums of -p log p and of -log((1 + v^2)/2), p = (1 +- v)/2
 * (I. Peschel, J. Phys. A 36, L205 (2003)). Errors: RZ_ERR_ARG; RZ_ERR_MEMORY; RZ_ERR_NUM. */
rz_err rz_free_fermion_entropy(const rz_free_fermion *s, int first, int n_block, double *von_neumann, double *renyi2);

#endif
