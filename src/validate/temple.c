#include "ritz/validate/temple.h"

#include <math.h>

static const double MIN_SIGMA = 5.0;

rz_temple rz_temple_bound(const rz_energy *energy, double e1) {
  const double error = energy->re.error, gap = e1 - energy->re.mean;
  if (!(gap > MIN_SIGMA * error)) return (rz_temple){.applies = false, .bound = NAN, .error = NAN};
  const double variance = energy->variance + error * error;
  const double by_energy = 1.0 - variance / (gap * gap), by_variance = -1.0 / gap;
  const double square = by_energy * by_energy * error * error +
                        by_variance * by_variance * energy->variance_error * energy->variance_error +
                        2.0 * by_energy * by_variance * energy->covariance;
  return (rz_temple){.applies = true, .bound = energy->re.mean - variance / gap, .error = sqrt(fmax(square, 0.0))};
}
