/* Arithmetic on planes, [rows, m]: a row holds one number per state. m is a multiple of RZ_PLANE_BLOCK and every plane
 * is aligned to 64 bytes. One table of functions per instruction set. */
#ifndef RITZ_LEARN_PLANE_KERNELS_H
#define RITZ_LEARN_PLANE_KERNELS_H

#include "ritz/core/isa.h"
#include <stdint.h>

enum { RZ_PLANE_BLOCK = 8 };

/* A matrix whose element (i, j) is value[i * by_row + j * by_column]. */
typedef struct rz_plane_matrix {
  const double *value;
  int64_t by_row, by_column;
} rz_plane_matrix;

typedef struct rz_plane_kernels {
  /* The first `columns` numbers of n states, which lie `stride` numbers apart -> planes [columns, m], states
   * n .. m - 1 being 0; and back. */
  void (*load)(int columns, int64_t stride, int64_t n, int64_t m, const double *states, double *planes);
  void (*store)(int columns, int64_t stride, int64_t n, int64_t m, const double *planes, double *states);
  /* out_i = in_i + scale sum_j a_ij x_j; out may be in, and in may be NULL: 0. */
  void (*product)(int rows, int columns, int64_t m, rz_plane_matrix a, double scale, const double *x, const double *in,
                  double *out);
  /* out_i = c_i; out_i = in_i + scale c_i, out may be in. */
  void (*set)(int rows, int64_t m, const double *c, double *out);
  void (*shift)(int rows, int64_t m, double scale, const double *c, const double *in, double *out);
  /* out_i = c_i x_i; out may be x. */
  void (*scale)(int rows, int64_t m, const double *c, const double *x, double *out);
  /* out_i = in_i + scale c_i x_i; out may be in. */
  void (*add_scaled)(int rows, int64_t m, double scale, const double *c, const double *x, const double *in,
                     double *out);
  /* Number by number: out = x y, out += scale x y. */
  void (*multiply)(int64_t n, const double *x, const double *y, double *out);
  void (*multiply_add)(int64_t n, double scale, const double *x, const double *y, double *out);
  /* g[i, j] += scale sum_l a_i[l] b_j[l]: [rows_a, rows_b] numbers, and the same not summed: planes. */
  void (*outer)(int rows_a, int rows_b, int64_t m, double scale, const double *a, const double *b, double *g);
  void (*outer_planes)(int rows_a, int rows_b, int64_t m, double scale, const double *a, const double *b, double *g);
} rz_plane_kernels;

RZ_ISA_DECLARE(rz_plane_kernels, rz_plane);

#endif
