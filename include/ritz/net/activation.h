/* Activation functions of hidden units with their first three derivatives. Adding one: a line of the list, and its
 * formula in src/net/isa/activation_real.h. Local. */
#ifndef RITZ_NET_ACTIVATION_H
#define RITZ_NET_ACTIVATION_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

/* NAME, name, has a holomorphic form for complex numbers, formula */
#define RZ_ACTIVATION_LIST(X)                                                                                          \
  X(TANH, tanh, true, "tanh z")                                                                                        \
  X(SIGMOID, sigmoid, false, "1 / (1 + exp(-z))")                                                                      \
  X(SOFTPLUS, softplus, false, "log(1 + exp z)")                                                                       \
  X(SIN, sin, true, "sin z")                                                                                           \
  X(SILU, silu, false, "z / (1 + exp(-z))")                                                                            \
  X(GELU, gelu, false, "z (1 + tanh(sqrt(2 / pi) (z + 0.044715 z^3))) / 2")                                            \
  X(LOG_COSH, log_cosh, true, "log cosh z")                                                                            \
  X(IDENTITY, identity, true, "z")

typedef enum rz_activation {
#define RZ_ACTIVATION_ENUM(NAME, name, holomorphic, formula) RZ_ACTIVATION_##NAME,
  RZ_ACTIVATION_LIST(RZ_ACTIVATION_ENUM)
#undef RZ_ACTIVATION_ENUM
      RZ_N_ACTIVATION
} rz_activation;

/* For option rows: the names in the order of the list. */
#define RZ_ACTIVATION_CHOICES "tanh|sigmoid|softplus|sin|silu|gelu|log_cosh|identity"

const char *rz_activation_name(rz_activation a);
bool rz_activation_is_holomorphic(rz_activation a);
/* Errors: RZ_ERR_ARG for a name that is not in the list. */
rz_err rz_activation_find(const char *name, rz_activation *out);
/* y[d][i] = d-th derivative at x[i], d = 0 .. 3; y [4][n], caller's. Absolute error of a few ulp of the largest term.
 */
void rz_activation_values(rz_activation a, int64_t n, const double *x, double *const y[4]);
/* Value and first derivative alone. */
void rz_activation_slopes(rz_activation a, int64_t n, const double *x, double *y, double *slope);
/* z <- phi(z), and slope <- phi'(z) unless slope_re is NULL; n numbers in planes of real and imaginary parts, which are
 * NULL for real numbers. Complex ones: a holomorphic activation. */
void rz_activation_apply(rz_activation a, int64_t n, double *re, double *im, double *slope_re, double *slope_im);

#endif
