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
  uint64_t *state; /* [dim], ascending */
  double *norm;    /* [dim]: n_r */
  int shift;       /* states with the same bits from `shift` on are numbers start[bits] .. start[bits + 1] - 1 */
  int64_t *start;
  int64_t bytes;
} rz_ed_basis;

/* Collective: states with symmetries are searched by all ranks together. Errors: RZ_ERR_ARG as rz_ed_group_create, or
 * if op does not keep the fixed Sz. */
rz_err rz_ed_basis_create(const rz_ed_spec *spec, const rz_ed_operator *op, const rz_comm *comm, rz_ed_basis **out);
void rz_ed_basis_destroy(rz_ed_basis **basis);
/* Number of the orbit of a configuration, -1 if it has no part in the sector; *character is that of the g that moves
 * the configuration to the orbit's smallest. With symmetries only. */
int64_t rz_ed_basis_find(const rz_ed_basis *b, uint64_t state, double complex *character);

static inline int64_t rz_ed_basis_rank(const rz_ed_basis *b, uint64_t state) {
  if (b->high) return b->high[state >> b->n_low] + b->low[state & b->low_mask];
  return rz_sector_rank(&b->sector, state);
}

#endif
