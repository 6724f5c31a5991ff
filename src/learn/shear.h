/* A symplectic map as a chain of shears (Jin et al., arXiv:2001.03750): each changes one half of the state by the
 * gradient of a function of the other half,
 *
 *   p <- p + scale f(q)   or   q <- q + scale f(p),   f = grad V,
 *
 * so that f' is symmetric, every shear is symplectic to the last bit, and its inverse is itself with -scale. A kind of
 * shear says what f is; one chain may use the same parameters several times. Works on planes (plane_kernels.h). Local.
 */
#ifndef RITZ_LEARN_SHEAR_H
#define RITZ_LEARN_SHEAR_H

#include "plane_kernels.h"
#include "ritz/core/error.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/net/activation.h"
#include <stdbool.h>

typedef struct rz_shear rz_shear;
typedef struct rz_shear_chain rz_shear_chain;

/* Where derivatives in the parameters go: sums over states, planes of numbers per state, or the factors of a Jacobian.
 * outer is given planes a [rows_a, m] and b [rows_b, m] of a block of parameters [rows_a, rows_b] at `offset`, whose
 * derivative is scale sum over states of a_i b_j. */
typedef struct rz_shear_sink rz_shear_sink;
struct rz_shear_sink {
  void (*outer)(rz_shear_sink *s, int64_t offset, int rows_a, int rows_b, double scale, const double *a,
                const double *b);
  const rz_shear_chain *chain;
  double *out;
};

typedef struct rz_shear_kind {
  /* Planes that push leaves for slope and pull. */
  int (*kept)(const rz_shear *s, int d);
  /* out = in + scale f(source); out may be in. */
  void (*push)(const rz_shear_chain *c, const rz_shear *s, double scale, const double *source, const double *in,
               double *out);
  /* w += scale f'(source) v, after push. */
  void (*slope)(const rz_shear_chain *c, const rz_shear *s, const double *v, double *w);
  /* bar_source += scale f'(source) bar, and the derivative of scale f(source) . bar in the parameters; after push. */
  void (*pull)(const rz_shear_chain *c, const rz_shear *s, const double *bar, double *bar_source, rz_shear_sink *sink);
} rz_shear_kind;

struct rz_shear {
  const rz_shear_kind *kind;
  bool to_p;                    /* p changes by a function of q; else the other way */
  double scale;                 /* a sign and the time step */
  double sign;                  /* f is a function of sign * source */
  int64_t matrix, factor, bias; /* first parameter of A or K, of a, of b; what the kind has */
  int width;                    /* of K */
  /* The chain's: */
  double *symmetric; /* of a linear shear: S = A + A^T [d, d] */
  double *kept;
  double *source, *in, *out; /* planes [d, m]; each shear has an `out` of its own */
};

extern const rz_shear_kind rz_shear_linear;     /* f = S q, S = A + A^T */
extern const rz_shear_kind rz_shear_constant;   /* f = b */
extern const rz_shear_kind rz_shear_activation; /* f_i = a_i sigma(q_i) */
extern const rz_shear_kind rz_shear_gradient;   /* f = K (a sigma(sign K^T q + b)) */

struct rz_shear_chain {
  /* To be set before rz_shear_chain_prepare: */
  int d, n_shear;
  rz_shear *shear; /* [n_shear], owned by the chain from then on */
  rz_activation activation;
  const double *theta; /* [n_param]; borrowed */
  int64_t n_param, n_matrix;
  int columns, n_use; /* the first n_matrix parameters are matrices [d, columns], each used by n_use shears */
  /* The chain's: */
  const rz_plane_kernels *kernels;
  int64_t capacity, m; /* states that fit; states at work, whole blocks */
  int scratch_rows;    /* scratch holds two sets of planes of so many rows */
  double *arena;       /* all planes */
  double *ones, *start, *bar, *scratch, *end_q, *end_p;
  double *symmetric; /* of all linear shears */
  int64_t n_held;    /* states whose planes are there: `held`; 0: none */
  double *held;      /* [n_held, 2 d] */
  int32_t *gather;   /* of the layers */
  double *rows;      /* [parameters of the dense layer, capacity]; made when first asked for */
};

rz_err rz_shear_chain_prepare(rz_shear_chain *c);
void rz_shear_chain_free(rz_shear_chain *c);
/* Parameters changed. */
void rz_shear_chain_update(rz_shear_chain *c);
/* States, tangents, outputs [n, 2 d], any n. The planes of the last states are kept: pull after apply costs no second
 * apply where the states fit. */
void rz_shear_chain_apply(rz_shear_chain *c, int64_t n, const double *x, double *out);
void rz_shear_chain_inverse(rz_shear_chain *c, int64_t n, const double *x, double *out);
void rz_shear_chain_tangent(rz_shear_chain *c, int64_t n, const double *x, const double *v, double *out);
void rz_shear_chain_pull(rz_shear_chain *c, int64_t n, const double *x, const double *bar, double *grad);
/* As those of rz_law_class. */
rz_err rz_shear_chain_layers(rz_shear_chain *c, rz_jacobian *j);
rz_err rz_shear_chain_factors(rz_shear_chain *c, int64_t n, const double *x, int64_t first, rz_jacobian *j);

/* For the files of the chain. Planes of n <= capacity states behind every shear. */
void rz_shear_chain_forward(rz_shear_chain *c, int64_t n, const double *x);
/* From c->bar, derivatives in the outputs, to derivatives in the parameters; after forward. */
void rz_shear_chain_backward(rz_shear_chain *c, rz_shear_sink *sink);
/* For the kinds: sigma(z) and sigma'(z) of `rows` planes. */
void rz_shear_activate(const rz_shear_chain *c, int rows, const double *z, double *sigma, double *slope);

#endif
