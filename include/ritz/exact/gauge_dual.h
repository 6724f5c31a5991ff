/* The Ising model that a Z2 gauge theory on a torus is dual to. Local; no communication. */
#ifndef RITZ_EXACT_GAUGE_DUAL_H
#define RITZ_EXACT_GAUGE_DUAL_H

#include "ritz/core/error.h"
#include "ritz/model/lattice.h"
#include "ritz/model/operator.h"
#include <stdbool.h>

/* If H, on the links of a torus (rz_links_unfit), is
 *
 *   H = c + sum_p k_p B_p + sum_l h_l sigma^x_l + sum_v j_v A_v,   h_l <= 0, j_v <= 0,
 *
 * checked term by term, its ground state is positive, so that all A_v and all 't Hooft loops are 1 (docs/gauge.md), and
 * its lowest energy is that of
 *
 *   dual = c + sum_v j_v + sum_l h_l mu^z_p mu^z_p' + sum_p k_p mu^x_p
 *
 * on the plaquettes (site x + L_x y; p and p' on either side of l) in the sector with product of mu^x = 1, which is
 * even under a flip of all mu^z. found  out: H is of this form dual   out: finished; NULL if not found; owner: the
 * caller F. Wegner, J. Math. Phys. 12, 2259 (1971). */
rz_err rz_gauge_dual(const rz_operator *op, const rz_lattice *lattice, bool *found, rz_operator **dual);

#endif
