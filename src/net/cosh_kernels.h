/* The fast path of rz_cosh_net, one table of functions per instruction set and kind of weights. */
#ifndef RITZ_NET_COSH_KERNELS_H
#define RITZ_NET_COSH_KERNELS_H

#include "ritz/core/isa.h"
#include "ritz/net/cosh_net.h"

/* u has one lane more than are used: groups 4096 bytes apart would look like one address to the processor's stores. */
enum { LANES = RZ_NET_LANES, UNIT_LANES = LANES + 1, GROUP = 8, MOVES = 8 };

/* Numbers (re + i im) * 2^exponent. While no product leaves its range, all exponents are zero. */
typedef struct lane_numbers {
  double re[LANES], im[LANES], exponent[LANES];
} lane_numbers;

/* The cache of one group of lanes: this head; u as [n_group, UNIT_LANES, n_comp, 8]; rows [n_comp, LANES] for changes
 * of several inputs; which of each four inputs are +1, bits [(n_in + 3) / 4, LANES]. */
typedef struct cosh_lanes {
  lane_numbers product;           /* start * prod_j (1 + u_j) */
  lane_numbers pending;           /* the same for the pending change */
  double inverse[2][LANES];       /* of the product's mantissa */
  const double *row[LANES];       /* g of the pending change */
  int64_t scaled, pending_scaled; /* some exponent may differ from zero */
  int64_t filling[6];             /* to whole lines: what follows is aligned */
} cosh_lanes;

/* Eight partial products start at 2^START each, or their product is scaled so. Real factors exceed 1, so that a real
 * product has the whole range of a double to grow; complex ones keep room on both sides. */
enum { START_REAL = -120, START_COMPLEX = -45 };
/* A partial product beyond 2^MOST has its power of two taken out. */
enum { MOST_REAL = 127, MOST_COMPLEX = 100 };

typedef struct rz_cosh_kernels {
  /* u and the product from x; nothing pending; re, im [LANES]: sum_i x_i slope_i + offset. */
  void (*refresh)(const rz_cosh_net *net, const int8_t *x, double *cache, double *re, double *im);
  void (*ratio)(const rz_cosh_net *net, double *cache, const int8_t *x, int n, const int32_t *input, double *out);
  /* Several changes of one input each, input [MOVES], out [MOVES, n_comp, LANES], none pending; returns 0 if they
   * cannot be had together: some product leaves its range. NULL: never. */
  int (*ratios)(const rz_cosh_net *net, double *cache, const int8_t *x, const int32_t *input, double *out);
  void (*commit)(const rz_cosh_net *net, double *cache, const uint8_t *accept);
} rz_cosh_kernels;

RZ_ISA_DECLARE(rz_cosh_kernels, rz_cosh_real);
RZ_ISA_DECLARE(rz_cosh_kernels, rz_cosh_complex);

static inline int n_comp_of(const rz_cosh_net *net) { return net->is_complex ? 2 : 1; }
static inline int n_four_of(const rz_cosh_net *net) { return (net->n_in + 3) / 4; }
static inline double *units_of(double *cache) { return cache + sizeof(cosh_lanes) / sizeof(double); }
static inline double *scratch_of(const rz_cosh_net *net, double *cache) {
  return units_of(cache) + (int64_t)UNIT_LANES * net->row_size;
}
static inline uint8_t *bits_of(const rz_cosh_net *net, double *cache) {
  return (uint8_t *)(void *)(scratch_of(net, cache) + (int64_t)LANES * n_comp_of(net) * net->row_size);
}

#endif
