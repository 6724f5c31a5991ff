/* The innermost loops of the product, one table of functions per instruction set. Private to this folder.
 *
 * A tile holds eight blocks of equal length side by side, [n, 8] with the block fastest: what acts on the numbers
 * within a block then acts on vectors of eight. A complex number is two rows, its real and its imaginary part. Tiles
 * are aligned, blocks are not. Sums run in the order of the arguments. Local; no communication. */
#ifndef RITZ_EXACT_ED_KERNELS_H
#define RITZ_EXACT_ED_KERNELS_H

#include "ritz/core/isa.h"
#include <stdint.h>

enum { RZ_ED_LANES = 8 };

/* A sparse matrix from one list of low configurations to another. Rows with equally many elements stand together, so
 * that the number of elements is known ahead in all but a few rows. */
typedef struct rz_ed_run {
  int32_t n_row, n_element; /* of each row */
} rz_ed_run;

typedef struct rz_ed_table {
  int32_t n_run;
  const rz_ed_run *run;
  const uint16_t *row;    /* [rows of all runs] */
  const uint16_t *column; /* [elements of all rows] */
  const double *value;    /* the same, complex as pairs; NULL: all elements are equal to `common` */
  double common[2];
} rz_ed_table;

typedef struct rz_ed_kernels {
  /* tile[i, lane] = from[lane][i], i < n. */
  void (*pack)(int64_t n, const double *const from[RZ_ED_LANES], double *tile);
  /* to[lane][i] += tile[i, lane]. */
  void (*unpack)(int64_t n, const double *tile, double *const to[RZ_ED_LANES]);
  /* y = D x with D[i, lane] = constant[lane] + sum_c sign[c, lane] part[c][i], i < n. */
  void (*diagonal)(int64_t n, const double *constant, int64_t n_part, const double *const *part, const double *sign,
                   const double *x, double *y);
  /* y[:, lane] += sign[lane] T x[:, lane]. */
  void (*multiply)(const rz_ed_table *t, const double *sign, const double *x, double *y);
  /* y[i] = scale y[i] + sum_k coef[k] from[k][first + i], i < n; where scale is 0, y is not read. */
  void (*combine)(int64_t n, int64_t first, int64_t n_from, const double *const *from, const double *coef, double scale,
                  double *y);
} rz_ed_kernels;

RZ_ISA_DECLARE(rz_ed_kernels, rz_ed_real);
RZ_ISA_DECLARE(rz_ed_kernels, rz_ed_complex);

#endif
