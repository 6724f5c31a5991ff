#include "../ed_kernels.h"

#include <stdbool.h>
#include <stddef.h>

/* Vectors are returned by inlined functions only, so that no caller sees how. */
#pragma GCC diagnostic ignored "-Wpsabi"

enum { LANES = RZ_ED_LANES };

typedef double vec __attribute__((vector_size(64)));                   /* a row of a tile */
typedef double quad __attribute__((vector_size(32)));                  /* of a tile, aligned */
typedef double loose __attribute__((vector_size(32), aligned(8)));     /* of a block */
typedef double loose_vec __attribute__((vector_size(64), aligned(8))); /* of a block */

static inline vec row_of(const double *tile, int64_t i) { return *(const vec *)(tile + LANES * i); }
static inline vec *row_at(double *tile, int64_t i) { return (vec *)(tile + LANES * i); }

/* --- Between blocks and tiles: squares of 4 x 4 --- */

static inline void transpose(quad *a, quad *b, quad *c, quad *d) {
  const quad p = __builtin_shufflevector(*a, *b, 0, 4, 2, 6), q = __builtin_shufflevector(*a, *b, 1, 5, 3, 7);
  const quad r = __builtin_shufflevector(*c, *d, 0, 4, 2, 6), s = __builtin_shufflevector(*c, *d, 1, 5, 3, 7);
  *a = __builtin_shufflevector(p, r, 0, 1, 4, 5);
  *b = __builtin_shufflevector(q, s, 0, 1, 4, 5);
  *c = __builtin_shufflevector(p, r, 2, 3, 6, 7);
  *d = __builtin_shufflevector(q, s, 2, 3, 6, 7);
}

static void pack(int64_t n, const double *const from[LANES], double *tile) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int l = 0; l < LANES; l += 4) {
      quad a = *(const loose *)(from[l] + i), b = *(const loose *)(from[l + 1] + i);
      quad c = *(const loose *)(from[l + 2] + i), d = *(const loose *)(from[l + 3] + i);
      transpose(&a, &b, &c, &d);
      double *const t = tile + LANES * i + l;
      *(quad *)t = a;
      *(quad *)(t + LANES) = b;
      *(quad *)(t + 2 * LANES) = c;
      *(quad *)(t + 3 * LANES) = d;
    }
  for (; i < n; i++)
    for (int l = 0; l < LANES; l++) tile[LANES * i + l] = from[l][i];
}

static void unpack(int64_t n, const double *tile, double *const to[LANES]) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int l = 0; l < LANES; l += 4) {
      const double *const t = tile + LANES * i + l;
      quad a = *(const quad *)t, b = *(const quad *)(t + LANES);
      quad c = *(const quad *)(t + 2 * LANES), d = *(const quad *)(t + 3 * LANES);
      transpose(&a, &b, &c, &d);
      *(loose *)(to[l] + i) += a;
      *(loose *)(to[l + 1] + i) += b;
      *(loose *)(to[l + 2] + i) += c;
      *(loose *)(to[l + 3] + i) += d;
    }
  for (; i < n; i++)
    for (int l = 0; l < LANES; l++) to[l][i] += tile[LANES * i + l];
}

/* --- The diagonal --- */

static inline vec element(int64_t i, const double *constant, int64_t n_part, const double *const *part,
                          const double *sign) {
  vec sum = row_of(constant, 0);
  for (int64_t c = 0; c < n_part; c++) sum += row_of(sign, c) * part[c][i];
  return sum;
}

static void diagonal_real(int64_t n, const double *constant, int64_t n_part, const double *const *part,
                          const double *sign, const double *x, double *y) {
  for (int64_t i = 0; i < n; i++) *row_at(y, i) = element(i, constant, n_part, part, sign) * row_of(x, i);
}

static void diagonal_complex(int64_t n, const double *constant, int64_t n_part, const double *const *part,
                             const double *sign, const double *x, double *y) {
  for (int64_t i = 0; i < n; i++) {
    const vec d = element(i, constant, n_part, part, sign);
    *row_at(y, 2 * i) = d * row_of(x, 2 * i);
    *row_at(y, 2 * i + 1) = d * row_of(x, 2 * i + 1);
  }
}

/* --- Sparse matrices on tiles --- */

/* Rows of one run; n is a constant where the loop over elements is to be unrolled. */
static inline __attribute__((always_inline)) void real_run(int32_t n_row, int32_t n, const uint16_t *row,
                                                           const uint16_t *column, const double *value, const vec *sign,
                                                           const double *x, double *y) {
  for (int32_t i = 0; i < n_row; i++, column += n) {
    vec sum = {0.0};
    for (int32_t k = 0; k < n; k++) sum += value ? value[k] * row_of(x, column[k]) : row_of(x, column[k]);
    *row_at(y, row[i]) += *sign * sum;
    if (value) value += n;
  }
}

static inline __attribute__((always_inline)) void complex_run(int32_t n_row, int32_t n, const uint16_t *row,
                                                              const uint16_t *column, const double *value,
                                                              const vec *re, const vec *im, const double *x,
                                                              double *y) {
  for (int32_t i = 0; i < n_row; i++, column += n) {
    vec a = {0.0}, b = {0.0};
    for (int32_t k = 0; k < n; k++) {
      const vec p = row_of(x, 2 * column[k]), q = row_of(x, 2 * column[k] + 1);
      a += value ? value[2 * k] * p - value[2 * k + 1] * q : p;
      b += value ? value[2 * k] * q + value[2 * k + 1] * p : q;
    }
    const int64_t at = 2 * row[i];
    *row_at(y, at) += (value ? *re * a : *re * a - *im * b);
    *row_at(y, at + 1) += (value ? *re * b : *re * b + *im * a);
    if (value) value += 2 * n;
  }
}

/* RUN(n) for the number of elements of a run, known to the compiler where it is small. */
#define EACH_LENGTH(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)
#define BY_LENGTH(RUN)                                                                                                 \
  switch (t->run[r].n_element) {                                                                                       \
    EACH_LENGTH(RUN)                                                                                                   \
  default:                                                                                                             \
    RUN_OF(t->run[r].n_element)                                                                                        \
  }
#define CASE(n)                                                                                                        \
  case n:                                                                                                              \
    RUN_OF(n) break;

static inline __attribute__((always_inline)) void real_table(const rz_ed_table *t, const double *value, const vec *sign,
                                                             const double *x, double *y) {
  const uint16_t *row = t->row, *column = t->column;
  for (int32_t r = 0; r < t->n_run; r++) {
    const int32_t n_row = t->run[r].n_row;
#define RUN_OF(n) real_run(n_row, n, row, column, value, sign, x, y);
    BY_LENGTH(CASE)
#undef RUN_OF
    const int64_t n = (int64_t)n_row * t->run[r].n_element;
    row += n_row;
    column += n;
    if (value) value += n;
  }
}

static inline __attribute__((always_inline)) void
complex_table(const rz_ed_table *t, const double *value, const vec *re, const vec *im, const double *x, double *y) {
  const uint16_t *row = t->row, *column = t->column;
  for (int32_t r = 0; r < t->n_run; r++) {
    const int32_t n_row = t->run[r].n_row;
#define RUN_OF(n) complex_run(n_row, n, row, column, value, re, im, x, y);
    BY_LENGTH(CASE)
#undef RUN_OF
    const int64_t n = (int64_t)n_row * t->run[r].n_element;
    row += n_row;
    column += n;
    if (value) value += 2 * n;
  }
}

static void multiply_real(const rz_ed_table *t, const double *sign, const double *x, double *y) {
  vec s = row_of(sign, 0);
  if (t->value) {
    real_table(t, t->value, &s, x, y);
  } else {
    s *= t->common[0];
    real_table(t, NULL, &s, x, y);
  }
}

static void multiply_complex(const rz_ed_table *t, const double *sign, const double *x, double *y) {
  const vec s = row_of(sign, 0), re = s * t->common[0], im = s * t->common[1];
  if (t->value)
    complex_table(t, t->value, &s, &s, x, y);
  else
    complex_table(t, NULL, &re, &im, x, y);
}

/* --- Sums of blocks --- */

static inline vec of_block(const double *x) { return *(const loose_vec *)x; }

static void combine_real(int64_t n, int64_t first, int64_t n_from, const double *const *from, const double *coef,
                         double scale, double *y) {
  const bool read = scale != 0.0;
  int64_t i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    vec sum[4] = {{0.0}};
    for (int j = 0; read && j < 4; j++) sum[j] = scale * of_block(y + i + j * LANES);
    for (int64_t k = 0; k < n_from; k++)
      for (int j = 0; j < 4; j++) sum[j] += coef[k] * of_block(from[k] + first + i + j * LANES);
    for (int j = 0; j < 4; j++) *(loose_vec *)(y + i + j * LANES) = sum[j];
  }
  for (; i < n; i++) {
    double sum = read ? scale * y[i] : 0.0;
    for (int64_t k = 0; k < n_from; k++) sum += coef[k] * from[k][first + i];
    y[i] = sum;
  }
}

/* n and first in doubles, even; coef as pairs. */
static void combine_complex(int64_t n, int64_t first, int64_t n_from, const double *const *from, const double *coef,
                            double scale, double *y) {
  const bool read = scale != 0.0;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    quad sum[4] = {{0.0}};
    for (int j = 0; read && j < 4; j++) sum[j] = scale * *(const loose *)(y + i + 4 * j);
    for (int64_t k = 0; k < n_from; k++) {
      const double re = coef[2 * k], im = coef[2 * k + 1];
      const quad turn = {-im, im, -im, im};
      for (int j = 0; j < 4; j++) {
        const quad x = *(const loose *)(from[k] + first + i + 4 * j);
        sum[j] += re * x + turn * __builtin_shufflevector(x, x, 1, 0, 3, 2);
      }
    }
    for (int j = 0; j < 4; j++) *(loose *)(y + i + 4 * j) = sum[j];
  }
  for (; i < n; i += 2) {
    double a = read ? scale * y[i] : 0.0, b = read ? scale * y[i + 1] : 0.0;
    for (int64_t k = 0; k < n_from; k++) {
      const double *const x = from[k] + first + i;
      a += coef[2 * k] * x[0] - coef[2 * k + 1] * x[1];
      b += coef[2 * k] * x[1] + coef[2 * k + 1] * x[0];
    }
    y[i] = a;
    y[i + 1] = b;
  }
}

const rz_ed_kernels RZ_ISA_SYMBOL(rz_ed_real) = {pack, unpack, diagonal_real, multiply_real, combine_real};
const rz_ed_kernels RZ_ISA_SYMBOL(rz_ed_complex) = {pack, unpack, diagonal_complex, multiply_complex, combine_complex};
