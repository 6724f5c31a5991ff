/* One hidden layer of log-cosh units on inputs +-1, with a linear term:
 *
 *   y(x) = sum_i a_i x_i + sum_j log cosh(theta_j),   theta_j = b_j + sum_i W_ij x_i
 *
 * with real or complex a, b, W, and what it takes to change some inputs of many vectors x quickly. Local; no
 * communication; nothing is allocated after creation.
 *
 * Fast path. The cache keeps u_j = exp(-2 theta_j) of RZ_NET_LANES vectors x. Changing the sign of the inputs i in F
 * multiplies u_j by g_j = prod_i exp(4 x_i W_ij), and
 *
 *   exp(y(x') - y(x)) = prod_i exp(-2 x_i (a_i + sum_j W_ij)) * prod_j (1 + u_j g_j) / prod_j (1 + u_j)
 *
 * with g from tables that are made once per parameter update: a multiply-add and a multiply per hidden unit, no
 * transcendental function, and for real weights no subtraction, so every factor keeps full relative precision. For
 * complex weights prod_j g_j goes to the factors in front, which leaves prod_j (1 / g_j + u_j) with a quarter less
 * arithmetic; 1 / g is the g of the opposite signs. The
 * product over the changed inputs is kept: a commit makes it the new denominator and multiplies the u of the lanes that
 * changed. Products that leave the range of a double are carried as mantissa and power of two. If some |theta_j| could
 * exceed 155 (weights far beyond use) the same functions evaluate log cosh instead: slow and right.
 *
 * A commit multiplies u, so rounding grows by about 1e-16 per changed input: refresh at least every 10^6 changes of a
 * lane to keep ratios to 1e-9; after a parameter update always. */
#ifndef RITZ_NET_COSH_NET_H
#define RITZ_NET_COSH_NET_H

#include "ritz/core/error.h"
#include "ritz/net/lanes.h"
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

/* (re + i im) * 2^exponent */
typedef struct rz_scaled {
  double re, im, exponent;
} rz_scaled;

/* A factor for every input and sign of it (+, -). */
typedef struct rz_factors {
  double *plain[2];  /* planes re, im, [n_in, 2]: without care for their range */
  rz_scaled *scaled; /* [n_in, 2]: with care */
} rz_factors;

typedef struct rz_cosh_net {
  int n_in, n_hidden;
  bool is_complex;
  /* Parameters, to be filled by the owner before rz_cosh_net_update; planes of real and imaginary parts. */
  double *a[2]; /* [n_in] */
  double *b[2]; /* [n_hidden] */
  double *w[2]; /* [n_in, n_hidden] */
  /* Tables. A row holds one number per hidden unit, units in groups of 8: [n_group, n_comp, 8], filled up with units
   * that change nothing. */
  int n_group, row_size;
  double *flip;       /* [n_in, 2 signs of x_i (+, -)] rows: exp(4 x_i W_ij) */
  double *four;       /* [(n_in + 3) / 4, 16] rows: exp(-4 sum of W_ij over those of four inputs whose bit is set) */
  double *down;       /* a row: u of the vector whose inputs are all -1 */
  double *one;        /* a row of ones */
  rz_factors front;   /* exp(-2 x_i (a_i + sum_j W_ij)); of a complex net exp(-2 x_i (a_i - sum_j W_ij)) */
  rz_factors all_g;   /* of a complex net exp(4 x_i sum_j W_ij) */
  double *slope[2];   /* [n_in]: a_i + sum_j W_ij */
  double offset[2];   /* sum_j b_j */
  double theta_bound; /* max_j (|Re b_j| + sum_i |Re W_ij|) */
  bool fast;          /* the tables are in use */
  int chunk;          /* groups multiplied between looks at the range */
  double max_plain;   /* ratios of so many changes need no powers of two */
  const struct rz_cosh_kernels *kernels;
} rz_cosh_net;

/* Parameters start as zero. Errors: RZ_ERR_ARG, RZ_ERR_MEMORY. */
rz_err rz_cosh_net_create(int n_in, int n_hidden, bool is_complex, rz_cosh_net **out);
void rz_cosh_net_destroy(rz_cosh_net **net);
/* Rebuild the tables from a, b, W. */
void rz_cosh_net_update(rz_cosh_net *net);

/* y of one vector x [n_in] by the formula above: plain sums in a fixed order, the C library's functions. */
double complex rz_cosh_net_value(const rz_cosh_net *net, const int8_t *x);
/* Doubles of cache per group of lanes; aligned as rz_malloc does. */
int64_t rz_cosh_net_cache_size(const rz_cosh_net *net);
/* Fill the cache; value [RZ_NET_LANES] = y. x [n_in, RZ_NET_LANES]. Returns the largest relative difference between the
 * exp(y) that commits carried along and the fresh one, if nothing but commits happened since the last refresh;
 * otherwise that number means nothing. */
double rz_cosh_net_refresh(const rz_cosh_net *net, const int8_t *x, double *cache, double complex *value);
/* exp(y(x') - y(x)) per lane, x' = x with the sign of n distinct inputs changed; the change stays pending in the cache.
 * out [n_comp, RZ_NET_LANES]: real parts, and for a complex net imaginary parts behind them. */
void rz_cosh_net_ratio(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input,
                       double *out);
/* The same for m changes of n inputs each, input [m, n], out [m, n_comp, RZ_NET_LANES]; none stays pending. */
void rz_cosh_net_ratios(const rz_cosh_net *net, double *cache, const int8_t *x, int m, int n, const int32_t *input,
                        double *out);
/* d y / d theta_j = tanh theta_j = (1 - u_j) / (1 + u_j) of lanes 0 .. m - 1, from the u of the last refresh and
 * commits: re, im out [m, n_hidden]; im may be NULL for a real net. The bits of a lane depend on that lane alone. */
void rz_cosh_net_slopes(const rz_cosh_net *net, double *cache, const int8_t *x, int m, double *re, double *im);
/* Make the change of the last ratio (before anything else happened to cache and x) in the lanes with accept != 0: cache
 * only, x is the caller's. */
void rz_cosh_net_commit(const rz_cosh_net *net, double *cache, const uint8_t *accept);

#endif
