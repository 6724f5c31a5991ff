/* The inside of a system, for the files of its members. */
#ifndef RITZ_DYNAMICS_SYSTEM_IMPL_H
#define RITZ_DYNAMICS_SYSTEM_IMPL_H

#include "ritz/dynamics/system.h"

#define RZ_SYSTEM_GROUP "system"

extern const rz_system_class rz_system_mass_spring, rz_system_pendulum, rz_system_double_pendulum, rz_system_kepler,
    rz_system_n_body, rz_system_henon_heiles, rz_system_fput, rz_system_charged_particle;

/* Sizes, equal masses for all coordinates (0: none are known), names of the invariants behind the energy
 * (NULL-terminated; NULL: none). */
rz_err rz_system_shape(rz_system *s, int n_degree, int n_space, double mass, const char *const *invariants);
/* The value of a key of group "system". */
double rz_system_real(const rz_config *config, const char *key);
/* A key of two values, lowest and highest. Errors: RZ_ERR_DECK if they are in the wrong order. */
rz_err rz_system_range(rz_config *config, const char *key, double range[2]);
/* Uniform in a range. */
double rz_system_uniform(rz_rng *rng, const double range[2]);
/* A point of the unit circle. */
void rz_system_direction(rz_rng *rng, double out[2]);

#endif
