/* Blocks of other machines that the product on this rank takes from. Private to this folder.
 *
 * Those of ranks that are near are read where they are (ed_near.h). Others are fetched in rounds, so that a rank never
 * holds more of them than it has itself. Every rank works out what every other needs: nothing is exchanged to
 * make the plan. Blocks travel whole, straight from the sender's vector into one of two buffers, so that the next round
 * is under way while one is used. */
#ifndef RITZ_EXACT_ED_HALO_H
#define RITZ_EXACT_ED_HALO_H

#include "ed_links.h"
#include "ed_near.h"

typedef struct rz_ed_halo rz_ed_halo;

/* The links and `near` must outlive it. Collective. Errors: RZ_ERR_MEMORY. */
rz_err rz_ed_halo_create(const rz_ed_links *links, const rz_comm *comm, const rz_ed_near *near, rz_ed_halo **out);
void rz_ed_halo_destroy(rz_ed_halo **halo);
int64_t rz_ed_halo_bytes(const rz_ed_halo *halo);
/* Equal on all ranks; 0 where all ranks are near. */
int rz_ed_halo_rounds(const rz_ed_halo *halo);
/* Post the exchange of a round; x must stay as it is until the round is finished, and round - 2 must
 * have been left. All ranks go through the rounds in order. */
rz_err rz_ed_halo_start(rz_ed_halo *halo, int round, const double *x);
/* Wait for it and enter the blocks that came: at[block]. */
rz_err rz_ed_halo_finish(rz_ed_halo *halo, int round, const double **at);
/* Done with the round's blocks: at[block] = NULL. Local. */
void rz_ed_halo_leave(const rz_ed_halo *halo, int round, const double **at);

#endif
