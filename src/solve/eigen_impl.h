/* What the eigensolvers share; private to this folder. The `rows` of a problem that reaches a solver are settled. */
#ifndef RITZ_SOLVE_EIGEN_IMPL_H
#define RITZ_SOLVE_EIGEN_IMPL_H

#include "ritz/solve/eigen.h"

extern const rz_eigensolver_class rz_eigensolver_slepc, rz_eigensolver_dense;

/* y = A x, counted and timed; all ranks agree on the error. Collective. */
rz_err rz_eigen_apply(const rz_eigen_problem *p, const double *x, double *y, rz_eigen_result *r);
/* <x, y> over all ranks as (Re, Im); Im is 0 unless paired. Collective. */
rz_err rz_eigen_dot(const rz_eigen_problem *p, const double *x, const double *y, double dot[2]);
/* y += (c[0] + i c[1]) x; c[1] is ignored unless paired. Local. */
void rz_eigen_axpy(const rz_eigen_problem *p, const double c[2], const double *x, double *y);
/* Orthogonalise x against n orthonormal vectors v [n, local rows], twice; *norm is what is left of a unit vector, and x
 * is normalised if that is more than 0.01. Collective. */
rz_err rz_eigen_orthogonalise(const rz_eigen_problem *p, int n, const double *v, double *x, double *norm);

#endif
