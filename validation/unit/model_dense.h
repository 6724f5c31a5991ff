/* Spin operators as dense matrices by Kronecker products: slow, plain, and independent of the library. Bit i of a basis
 * state is set when spin i is up. Matrices have dim x dim entries, row major. */
#ifndef RITZ_VALIDATION_MODEL_DENSE_H
#define RITZ_VALIDATION_MODEL_DENSE_H

#include "ritz/model/operator.h"

#include <stdlib.h>
#include <string.h>

/* [row][column] in the order down, up */
static inline void dense_local(char op, double complex m[2][2]) {
  memset(m, 0, 4 * sizeof m[0][0]);
  const double half = op >= 'x' ? 0.5 : 1.0;
  switch (op) {
  case 'I':
    m[0][0] = m[1][1] = 1.0;
    break;
  case 'X':
  case 'x':
    m[0][1] = m[1][0] = half;
    break;
  case 'Y':
  case 'y':
    m[1][0] = -half * I;
    m[0][1] = half * I;
    break;
  case 'Z':
  case 'z':
    m[1][1] = half;
    m[0][0] = -half;
    break;
  case '+':
    m[1][0] = 1.0;
    break;
  case '-':
    m[0][1] = 1.0;
    break;
  default:
    abort();
  }
}

static inline double complex *dense_zero(int n) { return calloc((size_t)1 << 2 * n, sizeof(double complex)); }

/* h += coef * product of local operators on n sites. */
static inline void dense_add(int n, double complex *h, double complex coef, int n_factor, const rz_local *factor) {
  const int dim = 1 << n;
  double complex *product = dense_zero(n), *next = dense_zero(n);
  for (int i = 0; i < dim; i++) product[i * dim + i] = coef;
  for (int k = 0; k < n_factor; k++) { /* product <- product * (1 x ... x m x ... x 1) */
    double complex m[2][2];
    dense_local(factor[k].op, m);
    const int bit = 1 << factor[k].site;
    for (int row = 0; row < dim; row++)
      for (int col = 0; col < dim; col++) {
        const int low = col & ~bit, up = col | bit, b = (col & bit) != 0;
        next[row * dim + col] = product[row * dim + low] * m[0][b] + product[row * dim + up] * m[1][b];
      }
    double complex *swap = product;
    product = next;
    next = swap;
  }
  for (int i = 0; i < dim * dim; i++) h[i] += product[i];
  free(product);
  free(next);
}

static inline void dense_pair(int n, double complex *h, double complex coef, char a, int i, char b, int j) {
  dense_add(n, h, coef, 2, (rz_local[]){{i, a}, {j, b}});
}

static inline void dense_one(int n, double complex *h, double complex coef, char a, int i) {
  dense_add(n, h, coef, 1, (rz_local[]){{i, a}});
}

/* The library's operator as a dense matrix: column s, row s with F flipped. */
static inline double complex *dense_of(const rz_operator *op) {
  const int n = rz_operator_n_site(op), dim = 1 << n;
  double complex *h = dense_zero(n);
  int8_t spin[32];
  for (int s = 0; s < dim; s++) {
    for (int i = 0; i < n; i++) spin[i] = (s >> i & 1) ? 1 : -1;
    for (int64_t k = 0; k < rz_operator_n_flip_set(op); k++) {
      const rz_flip_set *f = rz_operator_flip_set(op, k);
      int t = s;
      for (int i = 0; i < f->n_flip; i++) t ^= 1 << f->site[i];
      h[t * dim + s] += rz_flip_set_element(f, spin);
    }
  }
  return h;
}

static inline double dense_distance(int n, const double complex *a, const double complex *b) {
  double d = 0.0;
  for (int i = 0; i < 1 << 2 * n; i++)
    if (cabs(a[i] - b[i]) > d || cabs(a[i] - b[i]) != cabs(a[i] - b[i])) d = cabs(a[i] - b[i]);
  return d;
}

#endif
