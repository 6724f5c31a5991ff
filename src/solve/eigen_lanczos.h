/* The two ways of "lanczos"; private to this folder. */
#ifndef RITZ_SOLVE_EIGEN_LANCZOS_H
#define RITZ_SOLVE_EIGEN_LANCZOS_H

#include "eigen_search.h"

/* The lowest level by the three-term recurrence: two vectors, one more for the eigenvector. Collective. */
rz_err rz_lanczos_lowest(const rz_eigen_problem *p, bool with_vector, rz_eigen_result *out);

/* Several levels by thick restarts: the run of a search. ctx is an rz_lanczos_basis. Collective. */
typedef struct rz_lanczos_basis rz_lanczos_basis;
rz_eigen_run rz_lanczos_restart;
rz_err rz_lanczos_basis_create(const rz_eigen_problem *p, rz_lanczos_basis **out);
void rz_lanczos_basis_destroy(rz_lanczos_basis **basis);
/* Vectors of a basis for n_wanted levels of an operator with n components. Local. */
int64_t rz_lanczos_n_basis(int64_t n, int n_wanted);

#endif
