/* Arrays that ranks hold in parts, whole on rank 0. Collective. */
#ifndef RITZ_STORE_SPREAD_H
#define RITZ_STORE_SPREAD_H

#include "ritz/core/array.h"
#include "ritz/core/comm.h"

typedef struct rz_spread {
  rz_array whole;   /* shape over all ranks; no data */
  rz_range mine;    /* first indices of this rank */
  rz_range on_root; /* all of them on rank 0, none elsewhere */
  size_t row;       /* bytes of one first index */
} rz_spread;

/* How the ranks share an array; of one that is not distributed, each has the whole. Errors, the same on every rank:
 * RZ_ERR_ARG for a shape that is not valid, or that differs between ranks where it must not. */
rz_err rz_spread_plan(const rz_comm *comm, const rz_array *part, rz_spread *plan);
/* The parts of all ranks to `whole` on rank 0, or back. whole: bytes of plan->whole on rank 0, not used elsewhere. */
rz_err rz_spread_gather(const rz_comm *comm, const rz_spread *plan, const void *part, void *whole);
rz_err rz_spread_scatter(const rz_comm *comm, const rz_spread *plan, const void *whole, void *part);

#endif
