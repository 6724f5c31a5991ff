#include "ritz/validate/extrapolate.h"

#include <math.h>

enum { BLOCKS = RZ_EXTRAPOLATION_BLOCKS, MIN_BLOCKS = 5, MIN_BLOCK = 2 };

static const double MAX_RATIO = 10.0, MAX_NOISE = 0.1, MIN_SIGMA = 3.0;

/* A block of steps, seen from the frozen evaluation. */
typedef struct block {
  double energy, variance; /* mean less that of the frozen state */
  double weight;           /* in the fit */
  double square, product;  /* what noise adds on average to variance^2 and variance * energy */
} block;

static block block_of(int64_t size, int64_t stride, const double *energy, const double *variance,
                      const rz_energy *frozen) {
  double e = 0.0, v = 0.0, square = 0.0, product = 0.0;
  for (int64_t i = 0; i < size; i++) {
    e += energy[i * stride];
    v += variance[i * stride];
  }
  for (int64_t i = 1; i < size; i++) {
    const double dv = variance[i * stride] - variance[(i - 1) * stride];
    square += dv * dv;
    product += dv * (energy[i * stride] - energy[(i - 1) * stride]);
  }
  const double n = (double)size, differences = 2.0 * (n - 1.0) * n;
  return (block){.energy = e / n - frozen->re.mean,
                 .variance = v / n - frozen->variance,
                 .weight = n / v,
                 .square = square / differences,
                 .product = product / differences};
}

/* Sums of the fit over n blocks but one (-1: over all). */
typedef struct sums {
  double product, square; /* weighted, noise taken off */
  double level;           /* weighted variance */
  double noise;           /* part of noise in the square */
} sums;

static sums add_up(int n, const block *b, int without) {
  sums s = {0};
  double noise = 0.0;
  for (int i = 0; i < n; i++) {
    if (i == without) continue;
    s.product += b[i].weight * (b[i].variance * b[i].energy - b[i].product);
    s.square += b[i].weight * (b[i].variance * b[i].variance - b[i].square);
    s.level += b[i].weight * b[i].variance;
    noise += b[i].weight * b[i].square;
  }
  s.noise = noise / (s.square + noise);
  return s;
}

static double jackknife_error(int n, const block *b) {
  double slope[BLOCKS], mean = 0.0, square = 0.0;
  for (int i = 0; i < n; i++) {
    const sums s = add_up(n, b, i);
    mean += (slope[i] = s.product / s.square) / n;
  }
  for (int i = 0; i < n; i++) square += (slope[i] - mean) * (slope[i] - mean);
  return sqrt(square * (n - 1) / n);
}

/* The last blocks before which none is too far up; returns how many. */
static int late_blocks(int64_t size, int64_t stride, const double *energy, const double *variance,
                       const rz_energy *frozen, block *out) {
  int n = 0;
  for (; n < BLOCKS; n++) {
    const int64_t at = (BLOCKS - 1 - n) * size * stride;
    out[n] = block_of(size, stride, energy + at, variance + at, frozen);
    if (!(out[n].variance + frozen->variance <= MAX_RATIO * frozen->variance)) break;
  }
  return n;
}

/* E_f - slope V_f to first order in E_f and V_f, on which the slope depends as well: the line pivots on that point. */
static double error_of(const rz_energy *frozen, const sums *s, double slope, double slope_error) {
  const double error = frozen->re.error, variance_error = frozen->variance_error;
  const double square =
      error * error + slope * slope * variance_error * variance_error - 2.0 * slope * frozen->covariance;
  const double lever = 1.0 + frozen->variance * s->level / s->square;
  return hypot(lever * sqrt(fmax(square, 0.0)), frozen->variance * slope_error);
}

rz_extrapolation rz_extrapolate(int64_t n, int64_t stride, const double *energy, const double *variance,
                                const rz_energy *frozen) {
  const rz_extrapolation nothing = {false, NAN, NAN, NAN, NAN, n};
  const int64_t size = n / 2 / BLOCKS;
  if (size < MIN_BLOCK) return nothing;
  block b[BLOCKS];
  const int64_t start = (n - BLOCKS * size) * stride;
  const int used = late_blocks(size, stride, energy + start, variance + start, frozen, b);
  if (used < MIN_BLOCKS) return nothing;
  const sums s = add_up(used, b, -1);
  const double slope = s.product / s.square, slope_error = jackknife_error(used, b);
  if (!(s.square > 0.0 && s.noise < MAX_NOISE && slope > MIN_SIGMA * slope_error)) return nothing;
  return (rz_extrapolation){.applies = true,
                            .energy = frozen->re.mean - slope * frozen->variance,
                            .error = error_of(frozen, &s, slope, slope_error),
                            .slope = slope,
                            .slope_error = slope_error,
                            .first_step = n - used * size};
}
