/* Scalar products and combinations of vectors that are dealt over the ranks.
 *
 * Vectors have 10^7 elements and more, and energies are wanted to 10^-13: blocks are summed plainly in eight lanes and
 * added with compensation. */
#include "eigen_impl.h"

#include <math.h>

enum { BLOCK = RZ_EIGEN_BLOCK, LANES = 8 };

typedef struct compensated {
  double sum, lost;
} compensated;

/* Add x and keep what rounding took (Neumaier). */
static inline void add(compensated *c, double x) {
  const double t = c->sum + x;
  c->lost += fabs(c->sum) >= fabs(x) ? (c->sum - t) + x : (x - t) + c->sum;
  c->sum = t;
}

static inline double add_lanes(const double *lane) {
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double rz_eigen_dot_local(int64_t n, const double *x, const double *y) {
  compensated total = {0.0, 0.0};
  for (int64_t first = 0; first < n; first += BLOCK) {
    const int64_t end = first + BLOCK < n ? first + BLOCK : n;
    double lane[LANES] = {0.0};
    int64_t i = first;
    for (; i + LANES <= end; i += LANES)
      for (int l = 0; l < LANES; l++) lane[l] += x[i + l] * y[i + l];
    for (int l = 0; i < end; i++, l++) lane[l] += x[i] * y[i];
    add(&total, add_lanes(lane));
  }
  return total.sum + total.lost;
}

/* Im <x, y> of pairs. */
static double dot_imaginary(int64_t n, const double *x, const double *y) {
  compensated total = {0.0, 0.0};
  for (int64_t first = 0; first < n; first += BLOCK) {
    const int64_t end = first + BLOCK < n ? first + BLOCK : n;
    double lane[LANES] = {0.0};
    int64_t i = first;
    for (; i + LANES <= end; i += LANES)
      for (int l = 0; l < LANES; l += 2) {
        lane[l] += x[i + l] * y[i + l + 1];
        lane[l + 1] -= x[i + l + 1] * y[i + l];
      }
    for (; i < end; i += 2) lane[0] += x[i] * y[i + 1] - x[i + 1] * y[i];
    add(&total, add_lanes(lane));
  }
  return total.sum + total.lost;
}

double rz_eigen_recur(int64_t n, double a, double b, const double *restrict x, double *restrict y) {
  compensated total = {0.0, 0.0};
  for (int64_t first = 0; first < n; first += BLOCK) {
    const int64_t end = first + BLOCK < n ? first + BLOCK : n;
    double lane[LANES] = {0.0};
    int64_t i = first;
    for (; i + LANES <= end; i += LANES)
      for (int l = 0; l < LANES; l++) {
        const double next = a * y[i + l] - b * x[i + l];
        y[i + l] = next;
        lane[l] += next * next;
      }
    for (int l = 0; i < end; i++, l++) {
      y[i] = a * y[i] - b * x[i];
      lane[l] += y[i] * y[i];
    }
    add(&total, add_lanes(lane));
  }
  return total.sum + total.lost;
}

void rz_eigen_dot_pair(bool paired, int64_t n, const double *x, const double *y, double dot[2]) {
  dot[0] = rz_eigen_dot_local(n, x, y);
  dot[1] = paired ? dot_imaginary(n, x, y) : 0.0;
}

rz_err rz_eigen_dot(const rz_eigen_problem *p, const double *x, const double *y, double dot[2]) {
  rz_eigen_dot_pair(p->paired, p->rows.count, x, y, dot);
  return rz_sum(p->comm, 2, dot);
}

static void axpy_real(int64_t n, double c, const double *restrict x, double *restrict y) {
  for (int64_t i = 0; i < n; i++) y[i] += c * x[i];
}

static void axpy_pairs(int64_t n, double re, double im, const double *restrict x, double *restrict y) {
  for (int64_t i = 0; i < n; i += 2) {
    y[i] += re * x[i] - im * x[i + 1];
    y[i + 1] += re * x[i + 1] + im * x[i];
  }
}

void rz_eigen_axpy(bool paired, int64_t n, const double c[2], const double *x, double *y) {
  if (paired)
    axpy_pairs(n, c[0], c[1], x, y);
  else
    axpy_real(n, c[0], x, y);
}

void rz_eigen_scale(int64_t n, double c, double *x) {
  for (int64_t i = 0; i < n; i++) x[i] *= c;
}

void rz_eigen_fill_random(const rz_eigen_problem *p, int draw, double *x) {
  for (int64_t i = 0; i < p->rows.count; i++) x[i] = rz_eigen_random(p->seed, p->rows.first + i, draw);
}
