/* Several levels by searches of one start vector each; private to this folder.
 *
 * One Krylov space of one start vector holds one vector of each eigenspace; copies enter by rounding alone. So, beyond
 * one wanted level, the search is repeated in the orthogonal complement of what was found, from a new start vector,
 * until the lowest level left there is not below the highest one kept. */
#ifndef RITZ_SOLVE_EIGEN_SEARCH_H
#define RITZ_SOLVE_EIGEN_SEARCH_H

#include "eigen_impl.h"

typedef struct rz_eigen_search {
  const rz_eigen_problem *p;
  rz_eigen_result *r;  /* counters */
  double scale;        /* root mean square of the spectrum, estimated */
  int n;               /* pairs kept, ascending in value */
  double *value;       /* [n_wanted] */
  double *vector;      /* [n_wanted, rows] */
  double *work;        /* [rows]: the vector to keep */
  const double **kept; /* [n_wanted]: the vectors */
  double *sums;        /* room for rz_eigen_project */
  int last_n;          /* new pairs of the last run */
  double last_value;   /* its lowest */
} rz_eigen_search;

/* One search for the nev lowest levels orthogonal to the kept ones, from random vector number `draw`; what it finds is
 * put in s->work and kept. Collective. */
typedef rz_err rz_eigen_run(void *ctx, rz_eigen_search *s, int nev, int draw);

/* Fills n_found, value, residual (allocated, not computed) and vector of out. Collective. */
rz_err rz_eigen_search_all(const rz_eigen_problem *p, rz_eigen_run *run, void *ctx, rz_eigen_result *out);
/* Put s->work, normalised, of the given value among the kept pairs unless it depends on them; the highest gives way.
 * Collective. */
rz_err rz_eigen_keep(rz_eigen_search *s, double value);

#endif
