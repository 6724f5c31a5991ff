/* Named Hamiltonians. A model is one file with a const class and one line in src/model/model_registry.c.
 * Common to all models: uniform or site-dependent fields - sum_i field_z[i] sz_i - sum_i field_x[i] sx_i, a random
 * field, and `units`, which says whether sx, sy, sz are Pauli matrices or spin-1/2 operators (docs/equations.md,
 * Hamiltonians). Local; no communication. */
#ifndef RITZ_MODEL_HAMILTONIAN_H
#define RITZ_MODEL_HAMILTONIAN_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/model/lattice.h"
#include "ritz/model/operator.h"

/* What a model's build function receives. */
typedef struct rz_model_input {
  rz_config *config; /* group "hamiltonian"; semantic errors are recorded with rz_config_error, RZ_OK returned */
  rz_lattice *lattice;
  uint64_t seed;   /* for random couplings: streams RZ_RNG_DISORDER */
  bool pauli;      /* units of the deck: true 'pauli', false 'spin' */
  int64_t *n_term; /* out, terms read from a file; the formula's word "n_term" */
} rz_model_input;

typedef struct rz_model_class {
  const char *name, *about, *cite;
  const char *units;   /* default units: "pauli" or "spin" */
  const char *formula; /* of H; words that are the model's keys stand for their values:
                          "H = -j sum_<ij> sz_i sz_j - h sum_i sx_i" */
  const rz_option *options;
  int n_options;
  rz_err (*build)(const rz_model_input *in, rz_operator *op); /* adds terms; the caller finishes */
  const char *(*formula_for)(const rz_model_input *in);       /* optional: a formula that depends on the deck */
} rz_model_class;
const rz_model_class *const *rz_model_registry(int *n);

/* Lattice, Hamiltonian, sector and rotation as one problem, resolved from a deck. */
typedef struct rz_model {
  rz_lattice *lattice;
  rz_operator *bare;     /* as the formula says */
  rz_operator *h;        /* after the Marshall rotation if `marshall`; the same pointer as bare otherwise */
  bool marshall;         /* rotation applied */
  int8_t *marshall_mask; /* [n_site], 1 on sublattice A */
  bool pauli;
  const rz_model_class *cls;
  bool fixed_sz;     /* sector: total Sz fixed */
  int n_up;          /* number of up spins if fixed_sz: Sz = n_up - n_site / 2 */
  char formula[512]; /* H written out with numbers and units, one line */
} rz_model;

/* Build from groups lattice, hamiltonian, sector of a resolved config. Semantic errors (an Sz sector that does not
 * exist, a Marshall rotation on a lattice that is not bipartite, a sector H does not keep) are recorded in the config
 * with rz_config_error and returned as RZ_ERR_DECK; a bad term or edge file as RZ_ERR_DECK with file, line and text; a
 * file that cannot be read as RZ_ERR_INPUT. The resolved units, sz and marshall are recorded as derived values. The
 * study must use the groups run (key seed), lattice, hamiltonian and sector.
 *   sz = 'auto': 0 (1/2 for an odd number of sites) if H keeps total Sz, else 'all'.
 *   marshall = 'auto': rotate when it makes H stoquastic and the bare H is not. */
rz_err rz_model_create(rz_config *config, rz_model **out);
/* The same H on the largest cluster of the deck's lattice with at most max_site sites, directions shortened by twos,
 * for questions that exact diagonalisation of the whole lattice cannot answer. Call after rz_model_create. *out is NULL
 * where no smaller lattice has this H: couplings listed by site or bond, files of terms or edges, a finite Sz. */
rz_err rz_model_create_cluster(rz_config *config, int max_site, rz_model **out);
void rz_model_destroy(rz_model **model);

/* Option groups "lattice", "hamiltonian" and "sector", assembled from the registries; borrowed, static. */
const rz_option_group *rz_lattice_options(void);
const rz_option_group *rz_hamiltonian_options(void);
const rz_option_group *rz_sector_options(void);

#endif
