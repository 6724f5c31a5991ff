/* States and targets of a fit in blocks that do not depend on the number of ranks. */
#ifndef RITZ_LEARN_FIT_DATA_H
#define RITZ_LEARN_FIT_DATA_H

#include "ritz/learn/fit.h"

typedef struct rz_fit_data {
  const rz_comm *comm;
  int dim;       /* 2 d */
  int64_t block; /* states of a block, but for the last of all */
  int64_t n, n_total;
  double *x, *y; /* [n, dim]: whole blocks of this rank */
} rz_fit_data;

/* The states of all ranks, spread in whole blocks. Collective. */
rz_err rz_fit_data_create(const rz_law *l, const rz_comm *comm, int64_t n, const double *x, const double *y,
                          rz_fit_data *out);
void rz_fit_data_destroy(rz_fit_data *f);
int64_t rz_fit_n_block(const rz_fit_data *f);
/* States first .. first + count - 1 of this rank are its block i. */
rz_range rz_fit_block(const rz_fit_data *f, int64_t i);

/* Gauss-Newton steps from the parameters that l has. */
rz_err rz_fit_errors_in_variables(rz_law *l, const rz_fit_data *f, const rz_fit_spec *spec, rz_fit_info *info);

#endif
