/* The basis of a sector and its numbering. Private to this folder.
 *
 * Without symmetries: the configurations of rz_sector. With a group: one state for each orbit that has a part in the
 * sector, |a> = P|r> / sqrt(n_r), where r is the smallest bit string of its orbit, P = (1/|G|) sum_g chi(g)* U_g the
 * projector and n_r = <r|P|r> (A. W. Sandvik, AIP Conf. Proc. 1297, 135 (2010), sec. 4). */
#ifndef RITZ_EXACT_ED_BASIS_H
#define RITZ_EXACT_ED_BASIS_H

#include "ed_group.h"
#include "ritz/core/comm.h"
#include "ritz/model/sector.h"

typedef struct rz_ed_basis {
  rz_sector sector;
  int64_t dim;
  rz_ed_group *group; /* owned */
  bool plain;         /* the group is trivial */
  /* plain, fixed Sz: position of a state = high[state >> n_low] + low[state & low_mask] (H. Q. Lin, Phys. Rev. B 42,
   * 6561 (1990)); NULL where the tables would be too large */
  int n_low;
  uint64_t low_mask;
  int64_t *low, *high;
  /* with symmetries, equal on every rank */
  uint64_t *state;      /* [dim], ascending */
  uint16_t *stabiliser; /* [dim]: elements that leave the state as it is: n_r = this over the size of the group */
  struct rz_ed_search *search;
  int64_t bytes;
} rz_ed_basis;

/* All states or those of a fixed Sz. Local. Errors: RZ_ERR_ARG if the operator does not keep it. */
rz_err rz_ed_basis_sector(const rz_ed_spec *spec, rz_sector *out);
/* Collective: states with symmetries are searched by all ranks together. Errors: RZ_ERR_ARG as rz_ed_group_create, or
 * if op does not keep the fixed Sz. */
rz_err rz_ed_basis_create(const rz_ed_spec *spec, const rz_ed_operator *op, const rz_comm *comm, rz_ed_basis **out);
void rz_ed_basis_destroy(rz_ed_basis **basis);
/* Numbers of the orbits of n configurations, -1 for one that has no part in the sector; element[i] is a g that moves
 * configuration i to the smallest of its orbit (any, where all characters are 1). With symmetries only. Local. */
void rz_ed_basis_find(const rz_ed_basis *b, int64_t n, const uint64_t *state, int64_t *number, int32_t *element);

/* The orbits of a sector: fills dim, state and stabiliser of a basis that has its sector and group. Collective. */
rz_err rz_ed_orbits_list(rz_ed_basis *b, const rz_comm *comm);

/* Positions in an ascending list of bit strings: a table over the highest bits, and for each of its entries one over
 * the next bits, as fine as the entry has states. */
typedef struct rz_ed_search rz_ed_search;
rz_err rz_ed_search_create(int n_bit, int64_t n, const uint64_t *state, rz_ed_search **out);
void rz_ed_search_destroy(rz_ed_search **search);
/* at[i]: the position of key[i], -1 if it is not in the list; the reads of several keys overlap. Local. */
void rz_ed_search_find(const rz_ed_search *s, int64_t n, const uint64_t *key, int64_t *at);
int64_t rz_ed_search_bytes(const rz_ed_search *s);

static inline int64_t rz_ed_basis_rank(const rz_ed_basis *b, uint64_t state) {
  if (b->high) return b->high[state >> b->n_low] + b->low[state & b->low_mask];
  return rz_sector_rank(&b->sector, state);
}

#endif
