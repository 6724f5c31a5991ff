/* Operators: sums of products of local spin operators, kept in a form that yields connected elements without
 * duplicates.
 *
 * Every product of sx, sy, sz, s+, s- expands into Pauli strings. A string flips a set of sites F and multiplies by
 * i^(n_y) prod_{i in Z} s_i, where s_i = +-1 is the spin before the flip. All strings with the same F are gathered, so
 * a configuration has one connected element per flip set:
 *
 *   <s^F| H |s> = sum_k c_k prod_{i in Z_k} s_i            (the empty F is the diagonal)
 *
 * and an element that cancels (a Heisenberg bond of parallel spins) is exactly zero. Local; no communication. */
#ifndef RITZ_MODEL_OPERATOR_H
#define RITZ_MODEL_OPERATOR_H

#include "ritz/core/error.h"
#include "ritz/model/lattice.h"
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct rz_operator rz_operator;

/* One flip set and its polynomial in the spins. */
typedef struct rz_flip_set {
  int32_t n_flip;
  const int32_t *site; /* [n_flip], ascending */
  int32_t n_term;
  const double complex *coef; /* [n_term]; imaginary parts are zero for a real operator */
  const int32_t *first;       /* [n_term + 1]: sites of term k are zsite[first[k]] .. zsite[first[k+1] - 1] */
  const int32_t *zsite;
  const int32_t *like_end; /* [n_term]: terms k .. like_end[k] - 1 have one coefficient */
  bool real;               /* every coefficient is real */
  double rounding;         /* an off-diagonal sum of at most this size is rounding error and counts as zero */
} rz_flip_set;

/* op: one of 'I' 'X' 'Y' 'Z' 'x' 'y' 'z' '+' '-': capital letters are Pauli matrices, small letters spin-1/2 operators
 * (half of them), '+' and '-' raise and lower (s+ = sx + i sy of the spin operators, matrix element 1). */
typedef struct rz_local {
  int32_t site;
  char op;
} rz_local;

rz_err rz_operator_create(int n_site, rz_operator **out);
/* A copy, finished or not; owner: the caller. */
rz_err rz_operator_clone(const rz_operator *op, rz_operator **out);
void rz_operator_destroy(rz_operator **op);
/* Add coef * product of n local operators, left to right as written (the rightmost acts first); sites may repeat; n = 0
 * adds a constant. A product of m factors '+' or '-' expands into 2^m strings, m <= 20. Errors: RZ_ERR_ARG for a site
 * out of range, an unknown letter, a coefficient that is not finite, or an operator that is finished. */
rz_err rz_operator_add(rz_operator *op, double complex coef, int n, const rz_local *factors);
/* Gather, drop what cancels (to 1e-15 of what was added up) and sort; call once after the last add. Coefficients of one
 * flip set whose sizes agree to 1e-14 are made equal, so that elements meant to vanish do. Errors: RZ_ERR_ARG if not
 * Hermitian (to 1e-12 of the largest coefficient), naming the offending flip set. */
rz_err rz_operator_finish(rz_operator *op);
/* H -> U H U^-1 with the diagonal sign U = prod_{i in A} sz_i (Marshall): mask[i] = 1 on sublattice A, shape [n_site].
 */
rz_err rz_operator_marshall(rz_operator *op, const int8_t *mask);

int rz_operator_n_site(const rz_operator *op);
bool rz_operator_is_real(const rz_operator *op);  /* real matrix in the sz basis */
bool rz_operator_keeps_sz(const rz_operator *op); /* commutes with total sz: every element checked exactly */
/* Every off-diagonal element is real and <= 0 for every configuration. Exact while the polynomial of each flip set
 * involves at most 20 sites; beyond that true only if c_0 + sum |c_k| <= 0, which suffices but is not necessary. */
bool rz_operator_is_stoquastic(const rz_operator *op);
double complex rz_operator_trace_per_dim(const rz_operator *op); /* Tr H / dim: E_inf of the V-score */

/* Sum of |coefficients| over all Pauli strings: the spectrum lies within +- this. */
double rz_operator_bound(const rz_operator *op);

/* Flip sets; index 0 .. n - 1, sorted; the diagonal, if any, is first with n_flip = 0. Borrowed. */
int64_t rz_operator_n_flip_set(const rz_operator *op);
int64_t rz_operator_n_ratio(const rz_operator *op); /* flip sets that flip: ratios of psi in a local value, at most */
const rz_flip_set *rz_operator_flip_set(const rz_operator *op, int64_t k);
/* <s^F|H|s> of one flip set; spin shape [n_site], entries +-1. */
double complex rz_flip_set_element(const rz_flip_set *f, const int8_t *spin);
/* Elements for a block of configurations with sites outermost: spin shape [n_site, n_lane] (lane fastest); re, im out
 * [n_lane], im only unless f->real. */
void rz_flip_set_elements(const rz_flip_set *f, int n_lane, const int8_t *spin, double *re, double *im);
/* All connected elements of one configuration: out_set[k] the flip set, out_mel[k] != 0 its element; at most
 * n_flip_set entries. Returns their number. */
int64_t rz_operator_connected(const rz_operator *op, const int8_t *spin, int64_t *out_set, double complex *out_mel);

#endif
