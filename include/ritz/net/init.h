/* Initial weights. Local. */
#ifndef RITZ_NET_INIT_H
#define RITZ_NET_INIT_H

#include <stdint.h>

/* n normal numbers of mean 0 and standard deviation width from stream (seed, RZ_RNG_INIT_PARAMETERS, id). */
void rz_net_init_normal(uint64_t seed, uint64_t id, double width, int64_t n, double *x);

#endif
