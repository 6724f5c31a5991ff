/* Classical systems: energy, equations of motion and their exact tangents, invariants, initial states. A system is one
 * file with a const class and one line in src/dynamics/system_registry.c. H and units of each: docs/dynamics.md. Local;
 * no communication. */
#ifndef RITZ_DYNAMICS_SYSTEM_H
#define RITZ_DYNAMICS_SYSTEM_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/core/rng.h"
#include "ritz/dynamics/flow.h"
#include <stdint.h>

enum { RZ_MAX_INVARIANT = 8 };

typedef struct rz_system rz_system;

/* Functions of one state: in and out have d or 2 d entries. */
typedef void rz_system_row(const rz_system *s, const double *in, double *out);
typedef void rz_system_tangent(const rz_system *s, const double *at, const double *v, double *out);

typedef struct rz_system_class {
  const char *name, *about, *cite;
  const rz_option *options; /* rows of group "system" */
  int n_options;
  /* Reads its options, sets n_degree, n_space, mass, invariants and data. On error fini still runs. */
  rz_err (*init)(rz_system *s, rz_config *config);
  /* Separable systems have these four ... */
  rz_system_row *velocity, *force;                     /* p -> dq, q -> dp */
  rz_system_tangent *velocity_tangent, *force_tangent; /* at p along dp, at q along dq */
  /* ... and the others these two. */
  rz_system_row *field;
  rz_system_tangent *field_tangent;
  double (*energy)(const rz_system *s, const double *x);
  void (*invariants)(const rz_system *s, const double *x, double *out); /* those behind the energy; NULL: none */
  double (*period)(const rz_system *s, const double *x);                /* NULL: none is known */
  void (*draw)(const rz_system *s, rz_rng *rng, double *x);             /* an initial state within the ranges */
  /* A flow's `split` with velocity and force inlined (src/dynamics/split_inline.h); NULL: none. */
  rz_err (*split)(void *self, const rz_splitting *k, double step, int64_t n_step, int64_t n, double *x, double *carry);
  void (*fini)(rz_system *s);
} rz_system_class;
const rz_system_class *const *rz_system_registry(int *n);
const rz_option_group *rz_system_options(void); /* group "system", selector "name" */

struct rz_system {
  const rz_system_class *cls;
  rz_flow flow; /* the whole of it filled in by rz_system_create */
  int n_degree;
  int n_space; /* bodies live in so many dimensions: q is [n_degree / n_space, n_space]; 0: coordinates are no places */
  double *mass;    /* [n_degree] of each coordinate (for an angle its moment of inertia); NULL: depends on the state */
  int n_invariant; /* the energy, which is the first, and others */
  const char *invariant[RZ_MAX_INVARIANT]; /* "energy", "momentum_x", "angular_momentum", ... */
  void *data;                              /* of the class */
};

/* From group "system" of a deck. Errors: RZ_ERR_DECK for keys that do not go together, at their place. Owner: caller.
 */
rz_err rz_system_create(rz_config *config, rz_system **out);
/* The same from the keys alone: "name = 'pendulum', length = 2". */
rz_err rz_system_create_text(const char *keys, rz_system **out);
void rz_system_destroy(rz_system **system);

/* The invariants of n states: out [n, n_invariant]. */
void rz_system_invariants(const rz_system *s, int64_t n, const double *x, double *out);
/* The natural period of the motion through x (docs/dynamics.md says of what); NaN if none is known. */
double rz_system_period(const rz_system *s, const double *x);
/* Initial states number first .. first + n - 1 of a seed, by streams RZ_RNG_STATE: the same whoever draws them. x
 * [n, 2 d]. */
void rz_system_draw(const rz_system *s, uint64_t seed, uint64_t first, int64_t n, double *x);

#endif
