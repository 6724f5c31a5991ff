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

/* Takes element number n of a row: <target| H |state> = value. */
typedef void rz_ed_put(void *ctx, int64_t n, uint64_t target, double complex value);
/* Hands the elements off the diagonal to `put`; returns how many. Exchanges that act are listed first, in active
 * [n_exchange + 1], without a branch: half of them do, at random. */
static inline int64_t rz_ed_connect(const rz_ed_operator *op, uint64_t state, int32_t *active, rz_ed_put *put,
                                    void *ctx) {
  const rz_ed_set *set = op->set;
  int64_t n = 0, n_active = 0;
  for (int64_t k = 0; k < op->n_constant; k++) put(ctx, n++, state ^ set[k].flip, set[k].v[0]);
  set += op->n_constant;
  for (int64_t k = 0; k < op->n_exchange; k++) {
    active[n_active] = (int32_t)k;
    n_active += (int64_t)(((state >> set[k].low) ^ (state >> set[k].high)) & 1);
  }
  for (int64_t i = 0; i < n_active; i++) {
    const rz_ed_set *const e = &set[active[i]];
    put(ctx, n++, state ^ e->flip, e->v[(state >> e->low) & 1]);
  }
  set += op->n_exchange;
  for (int64_t k = 0; k < op->n_set - op->n_constant - op->n_exchange; k++) {
    const double complex v = rz_ed_set_element(op, &set[k], state);
    if (v != 0.0) put(ctx, n++, state ^ set[k].flip, v);
  }
  return n;
}

#endif
