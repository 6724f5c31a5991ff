/* A finite group of site permutations and the global spin flip with a one-dimensional representation: what a sector of
 * momentum, reflection and spin flip is made of. Private to this folder. Local; no communication.
 *
 * U_g moves the spin of site i to site perm[i] and, if `flip`, turns all spins over. A state of the sector has
 * U_g psi = chi(g) psi. For a translation by one cell chi = exp(-2 pi i k / L), so that k is the usual momentum of
 * sum_x exp(i k x) |x>. Characters are kept as integers m of exp(-2 pi i m / order): their products are exact. */
#ifndef RITZ_EXACT_ED_GROUP_H
#define RITZ_EXACT_ED_GROUP_H

#include "ed_operator.h"
#include "ritz/core/isa.h"
#include "ritz/exact/ed.h"

enum { RZ_ED_MAX_ELEMENT = 4096, RZ_ED_IMAGE_LANES = 8 };

struct rz_ed_group;

/* rz_ed_group_images and rz_ed_group_least, one table of functions per instruction set. */
typedef struct rz_ed_image_kernels {
  void (*all)(const struct rz_ed_group *g, uint64_t state, uint64_t *image);
  uint64_t (*least)(const struct rz_ed_group *g, uint64_t state);
} rz_ed_image_kernels;

RZ_ISA_DECLARE(rz_ed_image_kernels, rz_ed_images);

typedef struct rz_ed_group {
  int n_site, n;  /* sites, elements; 1: the identity alone */
  int n_lane;     /* elements with repeats of the identity behind them: a multiple of RZ_ED_IMAGE_LANES */
  int64_t order;  /* of the roots of unity among the characters */
  int32_t *perm;  /* [n, n_site] */
  uint8_t *flip;  /* [n] */
  int64_t *phase; /* [n], 0 <= phase < order */
  bool real;      /* every character is real */
  bool trivial;   /* every character is 1 */
  int n_byte;
  uint64_t *table; /* [n_byte, 256, n_lane]: images of each byte of a bit string, side by side */
  uint64_t *turn;  /* [n_lane]: the mask of the sites if `flip`, else 0 */
  const rz_ed_image_kernels *images;
  double complex *character; /* [n] */
  uint8_t *reach;            /* [n, n_site]: bits site .. n_site - 1 of the image come from the bits of the state from
                                reach[site] on, or a lower bit is among them: the lowest of both */
} rz_ed_group;

/* The group of a spec. Errors: RZ_ERR_ARG if a symmetry does not exist on the lattice, does not commute with op (the
 * symmetry and a term it moves are named), or the quantum numbers contradict each other. */
rz_err rz_ed_group_create(const rz_ed_spec *spec, const rz_ed_operator *op, rz_ed_group **out);
void rz_ed_group_destroy(rz_ed_group **group);
/* Images of a state under all elements, image [n_lane]; rz_ed_group_least returns the least of them. */
static inline void rz_ed_group_images(const rz_ed_group *g, uint64_t state, uint64_t *image) {
  g->images->all(g, state, image);
}
static inline uint64_t rz_ed_group_least(const rz_ed_group *g, uint64_t state) { return g->images->least(g, state); }
int64_t rz_ed_group_bytes(const rz_ed_group *g);

#endif
