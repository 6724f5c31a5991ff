/* An operator on at most 62 sites with configurations as bit strings (bit set = spin up): flips are XOR masks, products
 * of spins are parities of masked bits. Private to this folder. Local; no communication. */
#ifndef RITZ_EXACT_ED_OPERATOR_H
#define RITZ_EXACT_ED_OPERATOR_H

#include "ritz/core/error.h"
#include "ritz/model/operator.h"
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

/* coef * prod_{i in z} s_i */
typedef struct rz_ed_term {
  double complex coef;
  uint64_t z;
} rz_ed_term;

/* Element <s ^ flip| H |s> of one flip set. */
typedef struct rz_ed_set {
  uint64_t flip;
  int64_t first, n_term; /* its terms */
  int low, high;         /* an exchange: the two sites */
  double complex v[2];   /* a constant: v[0]; an exchange: by the bit of site `low` */
  double rounding;
} rz_ed_set;

typedef struct rz_ed_operator {
  int n_site;
  bool real;
  int64_t n_set;      /* off the diagonal, in three kinds one after the other: */
  int64_t n_constant; /*   the same element for every configuration */
  int64_t n_exchange; /*   zero unless the two sites have different spins */
  rz_ed_set *set;     /*   anything else */
  int64_t n_term;     /* of all sets and the diagonal */
  rz_ed_term *term;
  int64_t diagonal_first, n_diagonal; /* terms of the diagonal */
} rz_ed_operator;

/* Errors: RZ_ERR_ARG beyond 62 sites. */
rz_err rz_ed_operator_create(const rz_operator *op, rz_ed_operator **out);
void rz_ed_operator_destroy(rz_ed_operator **op);
double complex rz_ed_set_element(const rz_ed_operator *op, const rz_ed_set *set, uint64_t state);
double rz_ed_diagonal(const rz_ed_operator *op, uint64_t state);

/* +1 if an even number of the spins in z is down. */
static inline double rz_ed_parity(uint64_t state, uint64_t z) {
  return (double)(1 - 2 * (__builtin_popcountll(~state & z) & 1));
}

#endif
