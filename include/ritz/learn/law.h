/* Laws of motion with parameters theta, to be learned from data: a field dx/dt = f(x) or a map x(t + h) = phi(x), with
 * x = (q_1 .. q_d, p_1 .. p_d). A law is one file with a const class and one line in src/learn/law_registry.c. It says
 * what it conserves by its construction: a Hamiltonian field its energy, a symplectic map the symplectic form, a pair
 * potential momentum and angular momentum.
 *
 * Batches are [n, 2 d], last index fastest. A law has working memory: one thread at a time. Local; no communication. */
#ifndef RITZ_LEARN_LAW_H
#define RITZ_LEARN_LAW_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/linalg/params.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_law rz_law;

/* What init receives; all borrowed. */
typedef struct rz_law_input {
  rz_config *config;  /* group "network" */
  int n_degree;       /* d */
  int n_space;        /* q are bodies in so many dimensions: [d / n_space, n_space]; 0: no bodies */
  const double *mass; /* [d], of each coordinate; NULL: 1 */
  uint64_t seed;      /* initial weights and random features: streams RZ_RNG_INIT_PARAMETERS */
  int64_t n;          /* training states, from which a law takes scales, centres and ranges */
  const double *x;    /* [n, 2 d] */
  double step;        /* of a map: the time between the two states of a pair */
} rz_law_input;

typedef enum rz_law_half { RZ_LAW_VELOCITY, RZ_LAW_FORCE } rz_law_half;

typedef struct rz_law_class {
  const char *name, *about, *cite;
  const rz_option *options; /* rows of group "network" */
  int n_options;
  bool is_map;     /* apply gives the next state instead of dx/dt */
  bool symplectic; /* a map that is symplectic, or a field that has a Hamiltonian */
  bool separable;  /* a Hamiltonian T(p) + V(q): dq/dt depends on p alone, dp/dt on q alone */
  bool linear;     /* in theta: fitted by one least-squares problem (ritz/learn/least_squares.h); rows is there */
  /* Declare parameters (rz_params_add, _allocate) and fill them. On error fini still runs. */
  rz_err (*init)(rz_law *l, const rz_law_input *in);
  /* Parameters changed (all are finite); NULL: nothing to do. */
  rz_err (*update)(rz_law *l);
  /* x [n, 2 d] -> out [n, 2 d]. */
  rz_err (*apply)(rz_law *l, int64_t n, const double *x, double *out);
  /* Of maps: the states one step before x. NULL: not known. */
  rz_err (*inverse)(rz_law *l, int64_t n, const double *x, double *out);
  /* d apply / dx along v: v, out [n, 2 d]. Exact. */
  rz_err (*tangent)(rz_law *l, int64_t n, const double *x, const double *v, double *out);
  /* Of a separable law dq/dt, which depends on p alone, or dp/dt, which depends on q alone; with v [n, 2 d] its
   * derivative along v instead. out [n, d]. NULL: not separable, or no faster than the whole. */
  rz_err (*half)(rz_law *l, rz_law_half which, int64_t n, const double *x, const double *v, double *out);
  /* out [n]; up to a constant. NULL: no energy. */
  rz_err (*energy)(rz_law *l, int64_t n, const double *x, double *out);
  /* grad [n_param] += sum_ik bar[i, k] d apply[i, k] / d theta. bar [n, 2 d]. */
  rz_err (*pull)(rz_law *l, int64_t n, const double *x, const double *bar, double *grad);
  /* Add the layers of d apply / d theta to j, one sample per number: sample i * 2 d + k is component k of state i. */
  rz_err (*layers)(rz_law *l, rz_jacobian *j);
  /* Fill those of n states, samples first .. first + n * 2 d - 1. */
  rz_err (*factors)(rz_law *l, int64_t n, const double *x, int64_t first, rz_jacobian *j);
  /* Of linear laws: out [n, 2 d, n_param] = d apply / d theta, or its derivative along v [n, 2 d] if v is not NULL. */
  rz_err (*rows)(rz_law *l, int64_t n, const double *x, const double *v, double *out);
  /* How many of n states lie outside the range of the training data, where the law is extrapolated. NULL: outside the
   * box that holds the training states. */
  int64_t (*outside)(const rz_law *l, int64_t n, const double *x);
  void (*fini)(rz_law *l);
} rz_law_class;

struct rz_law {
  const rz_law_class *cls;
  int n_degree;
  rz_params params;
  double *low, *high; /* [2 d], of the training states; -inf, inf without any */
  double *work;       /* scratch of n_work numbers */
  int64_t n_work;
  void *data; /* of the class */
};

const rz_law_class *const *rz_law_registry(int *n);
const rz_law_class *rz_law_find(const char *name); /* NULL: there is none */
const rz_option_group *rz_law_options(void);       /* group "network", selector "model" */

/* Owner: caller. Errors: those of init; RZ_ERR_INPUT for a training state that is not finite, naming it. */
rz_err rz_law_create(const rz_law_input *in, rz_law **out);
void rz_law_destroy(rz_law **l);
/* After params.value was changed. Errors: RZ_ERR_NUM if a parameter is not finite, naming it. */
rz_err rz_law_update(rz_law *l);
/* Jacobian of n states, rows about zero (no centring), equal weights w for each of its 2 d n samples. Owner: caller. */
rz_err rz_law_jacobian(rz_law *l, int64_t n, const double *x, double w, rz_jacobian **out);

/* d apply / d theta as a matrix: out [n, 2 d, n_param]. */
rz_err rz_law_rows(rz_law *l, int64_t n, const double *x, double *out);
/* How many of n states lie outside the range of the training data. x [n, 2 d]; a state with NaN lies outside. */
int64_t rz_law_outside(const rz_law *l, int64_t n, const double *x);

#endif
