/* What the eigensolvers share; private to this folder. The `rows` of a problem that reaches a solver are settled. */
#ifndef RITZ_SOLVE_EIGEN_IMPL_H
#define RITZ_SOLVE_EIGEN_IMPL_H

#include "ritz/solve/eigen.h"

extern const rz_eigensolver_class rz_eigensolver_lanczos, rz_eigensolver_slepc, rz_eigensolver_dense;

/* --- The product --- */

/* y = A x + c y, counted and timed; a failure is this rank's alone. Collective. */
rz_err rz_eigen_product(const rz_eigen_problem *p, const double *x, double c, double *y, rz_eigen_result *r);
/* y = A x; all ranks agree on the error. Collective. */
rz_err rz_eigen_apply(const rz_eigen_problem *p, const double *x, double *y, rz_eigen_result *r);
/* Root mean square of the spectrum as one random vector x shows it: the size that a zero eigenvalue is judged by. x and
 * y [rows] are overwritten. Collective. */
rz_err rz_eigen_rms(const rz_eigen_problem *p, double *x, double *y, rz_eigen_result *r, double *rms);

/* --- Memory for what is multiplied --- */

/* Vectors [count, rows] as the problem wants them, to be destroyed likewise. Collective; errors are agreed. */
rz_err rz_eigen_vectors_create(const rz_eigen_problem *p, int64_t count, double **vectors);
/* NULL: nothing is done. Collective. */
void rz_eigen_vectors_destroy(const rz_eigen_problem *p, double **vectors);

/* --- Vectors. n counts doubles of this rank; paired vectors hold whole pairs. --- */

enum { RZ_EIGEN_BLOCK = 256 }; /* elements summed without compensation */

/* This rank's part of the real <x, y>. Local. */
double rz_eigen_dot_local(int64_t n, const double *x, const double *y);
/* This rank's part of <x, y> as (Re, Im); Im is 0 unless paired. Local. */
void rz_eigen_dot_pair(bool paired, int64_t n, const double *x, const double *y, double dot[2]);
/* <x, y> over all ranks. Collective. */
rz_err rz_eigen_dot(const rz_eigen_problem *p, const double *x, const double *y, double dot[2]);
/* y += (c[0] + i c[1]) x; c[1] is ignored unless paired. Local. */
void rz_eigen_axpy(bool paired, int64_t n, const double c[2], const double *x, double *y);
/* y = a y - b x; returns this rank's part of |y|^2. Local. */
double rz_eigen_recur(int64_t n, double a, double b, const double *restrict x, double *restrict y);
void rz_eigen_scale(int64_t n, double c, double *x);
/* Random vector number `draw` of the problem's seed. Local. */
void rz_eigen_fill_random(const rz_eigen_problem *p, int draw, double *x);

/* Classical Gram-Schmidt, twice: w -= sum_j v_j <v_j, w> over n orthonormal vectors v[j] [rows].
 *   work  [6 n + 3]
 *   c     out [2 n], the coefficients as (Re, Im); may be NULL
 *   norm  out, |w| afterwards
 * Two collective sums. */
rz_err rz_eigen_project(const rz_eigen_problem *p, int n, const double *const *v, double *w, double *work, double *c,
                        double *norm);

#endif
