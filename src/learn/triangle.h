/* The part of a matrix [A b] that its Gram matrix knows: at most n + 1 rows R with R^T R = [A b]^T [A b]. Column-major,
 * leading dimension n_column. */
#ifndef RITZ_LEARN_TRIANGLE_H
#define RITZ_LEARN_TRIANGLE_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_triangle {
  int n_column, n_row; /* n_row <= n_column */
  bool is_upper;       /* n_row = n_column and zeros below the diagonal; else the rows as they came */
  double *r;           /* [n_column, n_column], r[column * n_column + row] */
} rz_triangle;

rz_err rz_triangle_create(int n_column, rz_triangle *out);
void rz_triangle_destroy(rz_triangle *t);
/* Of n_row rows a [n_row, n_column - 1], b [n_row]. */
rz_err rz_triangle_load(rz_triangle *t, int64_t n_row, const double *a, const double *b);
/* top and below together, into top; below is spent. */
rz_err rz_triangle_merge(rz_triangle *top, rz_triangle *below);
/* Make is_upper true. */
rz_err rz_triangle_complete(rz_triangle *t);

#endif
