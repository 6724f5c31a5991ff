/* A finite group of site permutations and the global spin flip with a one-dimensional representation: what a sector of
 * momentum, reflection and spin flip is made of. Private to this folder. Local; no communication.
 *
 * U_g moves the spin of site i to site perm[i] and, if `flip`, turns all spins over. A state of the sector has
 * U_g psi = chi(g) psi. For a translation by one cell chi = exp(-2 pi i k / L), so that k is the usual momentum of
 * sum_x exp(i k x) |x>. Characters are kept as integers m of exp(-2 pi i m / order): their products are exact. */
#ifndef RITZ_EXACT_ED_GROUP_H
#define RITZ_EXACT_ED_GROUP_H

#include "ed_operator.h"
#include "ritz/exact/ed.h"

typedef struct rz_ed_group {
  int n_site, n;  /* sites, elements; 1: the identity alone */
  int64_t order;  /* of the roots of unity among the characters */
  int32_t *perm;  /* [n, n_site] */
  uint8_t *flip;  /* [n] */
  int64_t *phase; /* [n], 0 <= phase < order */
  bool real;      /* every character is real */
  int n_byte;
  uint64_t *table;           /* [n, n_byte, 256]: image of each byte of a bit string */
  uint64_t all;              /* mask of the sites */
  double complex *character; /* [n] */
} rz_ed_group;

/* The group of a spec. Errors: RZ_ERR_ARG if a symmetry does not exist on the lattice, does not commute with op (the
 * symmetry and a term it moves are named), or the quantum numbers contradict each other. */
rz_err rz_ed_group_create(const rz_ed_spec *spec, const rz_ed_operator *op, rz_ed_group **out);
void rz_ed_group_destroy(rz_ed_group **group);

static inline uint64_t rz_ed_group_apply(const rz_ed_group *g, int k, uint64_t state) {
  const uint64_t *t = g->table + (int64_t)k * g->n_byte * 256;
  uint64_t image = 0;
  for (int b = 0; b < g->n_byte; b++, t += 256, state >>= 8) image |= t[state & 255];
  return g->flip[k] ? image ^ g->all : image;
}

#endif
