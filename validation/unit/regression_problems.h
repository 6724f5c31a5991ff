/* Small least-squares problems with known minima, for the tests of optimisers: a straight fit, Rosenbrock's valley, and
 * fits of the NIST Statistical Reference Datasets with certified parameters (https://www.itl.nist.gov/div898/strd). */
#ifndef RITZ_VALIDATION_REGRESSION_PROBLEMS_H
#define RITZ_VALIDATION_REGRESSION_PROBLEMS_H

#include <math.h>
#include <string.h>

enum { REG_MAX_PARAM = 20, REG_MAX_ROW = 40 };

typedef struct reg_problem {
  const char *name;
  int n, n_param;
  /* Residual i and its derivatives, row [n_param]. */
  double (*residual)(const struct reg_problem *p, int i, const double *theta, double *row);
  double start[REG_MAX_PARAM], solution[REG_MAX_PARAM];
  double square; /* sum of the squares of the residuals at the solution */
  double x[REG_MAX_ROW], y[REG_MAX_ROW];
} reg_problem;

/* Straight line in powers of x, of condition 1e5. */
static inline double reg_polynomial(const reg_problem *p, int i, const double *theta, double *row) {
  double power = 1.0, sum = -p->y[i];
  for (int k = 0; k < p->n_param; k++, power *= p->x[i]) {
    row[k] = power;
    sum += power * theta[k];
  }
  return sum;
}

/* sum (1 - a)^2 + 100 (b - a^2)^2 over pairs of neighbours. */
static inline double reg_valley(const reg_problem *p, int i, const double *theta, double *row) {
  const int k = i / 2;
  memset(row, 0, (size_t)p->n_param * sizeof *row);
  if (i % 2 == 0) {
    row[k] = -1.0;
    return 1.0 - theta[k];
  }
  row[k] = -20.0 * theta[k];
  row[k + 1] = 10.0;
  return 10.0 * (theta[k + 1] - theta[k] * theta[k]);
}

static inline double reg_saturation(const reg_problem *p, int i, const double *b, double *row) {
  const double e = exp(-b[1] * p->x[i]);
  row[0] = 1.0 - e;
  row[1] = b[0] * p->x[i] * e;
  return b[0] * (1.0 - e) - p->y[i];
}

static inline double reg_exponentials(const reg_problem *p, int i, const double *b, double *row) {
  double sum = -p->y[i];
  for (int k = 0; k < p->n_param; k += 2) {
    row[k] = exp(-b[k + 1] * p->x[i]);
    row[k + 1] = -b[k] * p->x[i] * row[k];
    sum += b[k] * row[k];
  }
  return sum;
}

static inline double reg_cubics(const reg_problem *p, int i, const double *b, double *row) {
  const double x = p->x[i], above = b[0] + x * (b[1] + x * (b[2] + x * b[3])),
               below = 1.0 + x * (b[4] + x * (b[5] + x * b[6])), f = above / below;
  for (int k = 0; k < 4; k++) row[k] = pow(x, k) / below;
  for (int k = 4; k < 7; k++) row[k] = -f * pow(x, k - 3) / below;
  return f - p->y[i];
}

static const reg_problem reg_rosenbrock = {
    .name = "Rosenbrock", .n = 2, .n_param = 2, .residual = reg_valley, .start = {-1.2, 1.0}, .solution = {1.0, 1.0}};

static const reg_problem reg_long_rosenbrock = {
    .name = "Rosenbrock, long",
    .n = 38,
    .n_param = 20,
    .residual = reg_valley,
    .start = {-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1},
    .solution = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};

static const reg_problem reg_misra1a = {
    .name = "Misra1a",
    .n = 14,
    .n_param = 2,
    .residual = reg_saturation,
    .start = {500, 0.0001},
    .solution = {2.3894212918E+02, 5.5015643181E-04},
    .square = 1.2455138894E-01,
    .y = {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78},
    .x = {77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0}};

static const reg_problem reg_lanczos3 = {.name = "Lanczos3",
                                         .n = 24,
                                         .n_param = 6,
                                         .residual = reg_exponentials,
                                         .start = {1.2, 0.3, 5.6, 5.5, 6.5, 7.6},
                                         .solution = {8.6816414977E-02, 9.5498101505E-01, 8.4400777463E-01,
                                                      2.9515951832E+00, 1.5825685901E+00, 4.9863565084E+00},
                                         .square = 1.6117193594E-08,
                                         .y = {2.5134, 2.0443, 1.6684, 1.3664, 1.1232, 0.9269, 0.7679, 0.6389,
                                               0.5338, 0.4479, 0.3776, 0.3197, 0.2720, 0.2325, 0.1997, 0.1723,
                                               0.1493, 0.1301, 0.1138, 0.1000, 0.0883, 0.0783, 0.0698, 0.0624},
                                         .x = {0.00, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55,
                                               0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 1.00, 1.05, 1.10, 1.15}};

static const reg_problem reg_thurber = {
    .name = "Thurber",
    .n = 37,
    .n_param = 7,
    .residual = reg_cubics,
    .start = {1000, 1000, 400, 40, 0.7, 0.3, 0.03},
    .solution = {1.2881396800E+03, 1.4910792535E+03, 5.8323836877E+02, 7.5416644291E+01, 9.6629502864E-01,
                 3.9797285797E-01, 4.9727297349E-02},
    .square = 5.6427082397E+03,
    .y = {80.574,   84.248,   87.264,   87.195,   89.076,   89.608,   89.868,   90.101,   92.405,   95.854,
          100.696,  101.060,  401.672,  390.724,  567.534,  635.316,  733.054,  759.087,  894.206,  990.785,
          1090.109, 1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
          1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628},
    .x = {-3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501,
          -1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545, -0.400, -0.309, -0.109, -0.103,
          0.010,  0.119,  0.377,  0.790,  0.963,  1.006,  1.115,  1.572,  1.841,  2.047,  2.200}};

/* On 30 points of [0, 1], powers up to x^5 of a smooth function. */
static inline reg_problem reg_straight(void) {
  reg_problem p = {.name = "polynomial", .n = 30, .n_param = 6, .residual = reg_polynomial};
  for (int i = 0; i < p.n; i++) {
    p.x[i] = (i + 0.5) / p.n;
    p.y[i] = sin(3.0 * p.x[i]) + exp(-p.x[i]);
  }
  return p;
}

static inline double reg_square(const reg_problem *p, const double *theta) {
  double row[REG_MAX_PARAM], sum = 0.0;
  for (int i = 0; i < p->n; i++) sum += pow(p->residual(p, i, theta, row), 2);
  return sum;
}

#endif
