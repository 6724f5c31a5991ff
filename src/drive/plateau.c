#include "ritz/drive/plateau.h"

#include <math.h>
#include <stdbool.h>

enum { BLOCKS = RZ_PLATEAU_BLOCKS, MIN_BLOCK = 2 };

static const double SIGNIFICANT = 2.0;
/* A fall over a window by less than this part of the resolution is of no use, however well it is seen. */
static const double MATTERS = 0.1;
/* A fall by less, relative to the value, is rounding. */
static const double ROUNDING = 1e-10;

typedef struct line {
  double slope, error; /* per step */
} line;

static double mean(int64_t n, int64_t stride, const double *x) {
  double sum = 0.0;
  for (int64_t i = 0; i < n; i++) sum += x[i * stride];
  return sum / (double)n;
}

/* The least-squares line through the means of a window's blocks. */
static line fit(int64_t window, int64_t stride, const double *value) {
  const int64_t size = window / BLOCKS;
  double block[BLOCKS], level = 0.0, square = 0.0, product = 0.0, rest = 0.0;
  for (int b = 0; b < BLOCKS; b++) level += (block[b] = mean(size, stride, value + b * size * stride)) / BLOCKS;
  for (int b = 0; b < BLOCKS; b++) {
    const double at = b - 0.5 * (BLOCKS - 1);
    square += at * at;
    product += at * (block[b] - level);
  }
  const double slope = product / square;
  for (int b = 0; b < BLOCKS; b++) {
    const double off = block[b] - level - slope * (b - 0.5 * (BLOCKS - 1));
    rest += off * off;
  }
  return (line){slope / (double)size, sqrt(rest / (BLOCKS - 2) / square) / (double)size};
}

static double worth_seeing(int64_t window, int64_t stride, const double *value, const double *error) {
  return fmax(mean(window, stride, error), ROUNDING * fabs(mean(window, stride, value)));
}

/* A fall that is seen and matters. */
static bool falls(const line *l, int64_t window, double resolution) {
  return l->slope < -SIGNIFICANT * l->error && -l->slope * (double)window > MATTERS * resolution;
}

/* Neither a fall nor a rise is seen that a single step would show. Not true of NaN, which is no plateau. */
static bool rests(const line *l, int64_t window, double resolution) {
  const double missed = SIGNIFICANT * l->error;
  return (missed - l->slope) * (double)window < resolution &&
         (l->slope - missed) * (double)window < MATTERS * resolution;
}

static rz_plateau_verdict judge(const line *now, const line *then, int64_t window, double resolution) {
  if (falls(now, window, resolution)) return RZ_PLATEAU_FALLING;
  const bool flat = rests(now, window, resolution) && rests(then, window, resolution);
  return flat ? RZ_PLATEAU_FLAT : RZ_PLATEAU_UNCLEAR;
}

rz_plateau rz_plateau_judge(int64_t n, int64_t stride, const double *value, const double *error, int64_t window) {
  if (window > n / 2) window = n / 2;
  window -= window % BLOCKS;
  if (window < MIN_BLOCK * BLOCKS) return (rz_plateau){RZ_PLATEAU_SHORT, window, NAN, NAN, NAN};
  const int64_t last = (n - window) * stride, before = last - window * stride;
  const line now = fit(window, stride, value + last), then = fit(window, stride, value + before);
  const double resolution = worth_seeing(window, stride, value + last, error + last);
  return (rz_plateau){judge(&now, &then, window, resolution), window, now.slope, now.error, resolution};
}
