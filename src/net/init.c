#include "ritz/net/init.h"

#include "ritz/core/rng.h"

void rz_net_init_normal(uint64_t seed, uint64_t id, double width, int64_t n, double *x) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_INIT_PARAMETERS, id);
  for (int64_t i = 0; i < n; ++i) x[i] = width * rz_rng_normal(&rng);
}
