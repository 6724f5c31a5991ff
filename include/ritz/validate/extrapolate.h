/* The energy at zero variance, extrapolated along a training's own way down. */
#ifndef RITZ_VALIDATE_EXTRAPOLATE_H
#define RITZ_VALIDATE_EXTRAPOLATE_H

#include "ritz/estimate/energy.h"
#include <stdbool.h>
#include <stdint.h>

/* The second half of the steps is divided into so many blocks. */
enum { RZ_EXTRAPOLATION_BLOCKS = 10 };

typedef struct rz_extrapolation {
  bool applies;
  double energy, error;      /* at zero variance; statistical error alone */
  double slope, slope_error; /* dE / d variance, an inverse energy; error by jackknife over blocks of steps */
  int64_t first_step;        /* the fit begins there */
} rz_extrapolation;

/* An eigenstate has no variance, and near one both E - E0 and the variance V are of second order in what is wrong with
 * the state. If training goes on removing the same kind of wrong, E = E0 + slope V, and E0 = E_f - slope V_f from the
 * frozen evaluation (E_f, V_f), the end of the line. That is an assumption, no bound: what training cannot remove
 * mostly lies higher in the spectrum, has a smaller slope, and then the value is too low.
 *
 * The slope is that of the weighted least-squares line through (V_f, E_f) for the blocks' means over the second half of
 * the steps, weights 1 / V as the variance of an energy's estimate is; steps before a block of more than ten times V_f
 * are left out. The noise of a step in V and E, known from successive differences, is taken off the sums, which would
 * bend the slope otherwise. The error holds that of E_f and V_f, with their covariance, and that of the slope.
 * It applies where at least five blocks are left, noise makes up less than a tenth of the spread of V, and the slope is
 * positive by three errors: else the steps say nothing.
 *   energy[i * stride], variance[i * stride]  of step i < n
 *   frozen                                    the frozen evaluation
 * Local. */
rz_extrapolation rz_extrapolate(int64_t n, int64_t stride, const double *energy, const double *variance,
                                const rz_energy *frozen);

#endif
