/* What rank 0 has computed by itself, handed to all ranks. */
#ifndef RITZ_EXACT_ED_ALONE_H
#define RITZ_EXACT_ED_ALONE_H

#include "ritz/exact/ed.h"

typedef rz_err rz_ed_solver(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_result *out);

/* Rank 0 solves; every rank gets the levels, and its share of the vectors. Collective. */
rz_err rz_ed_solve_on_one_rank(const rz_ed_spec *spec, rz_ed_solver *solve, const rz_comm *comm, rz_ed_result *out);

#endif
