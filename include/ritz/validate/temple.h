/* A lower bound of the ground state's energy from a state's own mean and variance, where the next level is known. */
#ifndef RITZ_VALIDATE_TEMPLE_H
#define RITZ_VALIDATE_TEMPLE_H

#include "ritz/estimate/energy.h"
#include <stdbool.h>

typedef struct rz_temple {
  bool applies;        /* E1 is known, and E lies below it by more than 5 errors */
  double bound, error; /* bound +- one standard deviation of it; 0 for a full sum */
} rz_temple;

/* Temple's inequality (Proc. R. Soc. A 119, 276 (1928)): (H - E0)(H - E1) >= 0 for any E1 up to the first level above
 * the ground space, so that a state with <H> = E < E1 has
 *   E0 >= E - V / (E1 - E),   V = <H^2> - E^2.
 * E1 may be that of a larger sector than the state's own, which only weakens the bound. The error is that of the
 * samples, to first order, with the covariance of E and V; V is taken without the bias of a sample's own mean.
 * e1 may be NaN (not known). Local. */
rz_temple rz_temple_bound(const rz_energy *energy, double e1);

#endif
