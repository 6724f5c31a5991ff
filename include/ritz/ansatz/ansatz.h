/* Variational states psi_theta(s). An ansatz is one file with a const class and one line in
 * src/ansatz/ansatz_registry.c. Local; no communication.
 *
 * Walkers live in blocks of RZ_LANES, spins with the lane fastest, so that every kernel runs over lanes side by side. A
 * proposed move is one set of sites to flip, shared by the lanes of a block. Caches live in the block; the ansatz is
 * const while samples are drawn. */
#ifndef RITZ_ANSATZ_ANSATZ_H
#define RITZ_ANSATZ_ANSATZ_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/linalg/params.h"
#include "ritz/model/lattice.h"
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

enum { RZ_LANES = 16 };

typedef struct rz_ansatz rz_ansatz;

typedef struct rz_block {
  int n_site;
  int8_t *spin;                     /* [n_site, RZ_LANES], entries +-1; every lane is valid */
  double complex log_psi[RZ_LANES]; /* as of the last refresh: commits do not update it */
  int n_flip;                       /* the pending move: that of the last rz_block_ratio */
  const int32_t *site;              /* [n_flip], borrowed from its caller */
  double *cache;                    /* of the ansatz; [cache_size] */
} rz_block;

/* What init receives. Options come from a resolved deck or, without one, from a short text; both are read through
 * rz_ansatz_option_real, _int and _choice, so a class does not see the difference. */
typedef struct rz_ansatz_input {
  rz_config *config;         /* group "ansatz", or NULL */
  const char *spec;          /* without a config: "kind=rbm alpha=2 symmetry=translation"; keys left out: defaults */
  const rz_lattice *lattice; /* borrowed; must outlive the ansatz */
  uint64_t seed;             /* initial weights: streams RZ_RNG_INIT_PARAMETERS, id = parameter view */
} rz_ansatz_input;

typedef struct rz_ansatz_class {
  const char *name, *about, *cite;
  const rz_option *options;
  int n_options;
  /* NULL if the state can live on the lattice, else why not: "needs ...". NULL: on any. */
  const char *(*unfit)(const rz_lattice *lattice);
  /* Declare parameters (rz_params_add, _allocate), fill them, set is_complex and cache_size. */
  rz_err (*init)(rz_ansatz *a, const rz_ansatz_input *in);
  /* Parameters changed (all are finite): rebuild tables. */
  rz_err (*update)(rz_ansatz *a);
  /* log psi of n configurations, from scratch, by the textbook formula: the oracle of the fast paths.
   * spin [n, n_site], out [n]. */
  rz_err (*log_psi)(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out);
  /* As rz_block_refresh, _ratio and _commit, which call them: cache and log_psi from the spins; ratios of a move that
   * stays pending, out [n_comp, RZ_LANES]; the cache after the pending move of the lanes with accept != 0, the spins
   * still being the old ones. */
  double (*refresh)(const rz_ansatz *a, rz_block *b);
  void (*ratio)(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out);
  /* As rz_block_ratios; NULL: one by one. */
  void (*ratios)(const rz_ansatz *a, rz_block *b, int n, int n_flip, const int32_t *site, double *out);
  void (*commit)(const rz_ansatz *a, rz_block *b, const uint8_t *accept);
  /* Add the layers of d log psi / d theta to j; as rz_block_factors: fill them, in the order of their making. */
  rz_err (*layers)(const rz_ansatz *a, rz_jacobian *j);
  void (*factors)(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j);
  /* Take values from another state's views: equal shapes copied, translation-shared filters padded with zeros about
   * their centre when n_site differs; NULL: equal shapes only. Errors: RZ_ERR_ARG, saying what does not fit. */
  rz_err (*import)(rz_ansatz *a, const rz_params *from, int from_n_site, const int from_extent[2]);
  void (*fini)(rz_ansatz *a);
} rz_ansatz_class;

struct rz_ansatz {
  const rz_ansatz_class *cls;
  const rz_lattice *lattice;
  int n_site;
  bool is_complex;    /* log psi is complex; otherwise psi > 0 everywhere */
  int64_t cache_size; /* doubles per block */
  rz_params params;
  void *data; /* of the class */
};

const rz_ansatz_class *const *rz_ansatz_registry(int *n);
const rz_option_group *rz_ansatz_options(void); /* group "ansatz", selector "kind" */

/* Errors: RZ_ERR_ARG for a spec with an unknown key or a value that is not allowed, or a lattice the state cannot live
 * on; with a deck RZ_ERR_DECK, at its key. Owner: caller. */
rz_err rz_ansatz_create(const rz_ansatz_input *in, rz_ansatz **out);
/* The same without a deck. */
rz_err rz_ansatz_create_spec(const rz_lattice *lattice, uint64_t seed, const char *spec, rz_ansatz **out);
void rz_ansatz_destroy(rz_ansatz **a);
/* After params.value was changed. Errors: RZ_ERR_NUM if a parameter is not finite (naming it). */
rz_err rz_ansatz_update(rz_ansatz *a);
/* Take parameters from another state (see import of the class), then update. from_extent: rz_lattice_translation_extent
 * of its lattice. */
rz_err rz_ansatz_import(rz_ansatz *a, const rz_params *from, int from_n_site, const int from_extent[2]);
int rz_ansatz_n_comp(const rz_ansatz *a); /* 1 or 2: rows of the Jacobian per sample */

/* d log psi / d theta of n configurations to be: its layers, whose factors rz_block_factors fills, and no weights. */
rz_err rz_ansatz_layers(const rz_ansatz *a, int64_t n, rz_jacobian **out);
/* The same with the factors of configurations spin [n, n_site]. On the threads of the rank. */
rz_err rz_ansatz_jacobian(const rz_ansatz *a, int64_t n, const int8_t *spin, rz_jacobian **out);

/* Options of the chosen kind, for init. The key is a row of the class. A choice comes as its position in the row's
 * "a|b|c". Errors: RZ_ERR_ARG for a value of a spec that is not allowed. */
rz_err rz_ansatz_option_real(const rz_ansatz_input *in, const char *key, double *out);
rz_err rz_ansatz_option_int(const rz_ansatz_input *in, const char *key, int *out); /* a row within int's range */
rz_err rz_ansatz_option_choice(const rz_ansatz_input *in, const char *key, int *out);

/* A block with its spins all +1 and nothing refreshed; owner: caller. */
rz_err rz_block_create(const rz_ansatz *a, rz_block **out);
void rz_block_destroy(rz_block **b);
/* Copy up to RZ_LANES configurations [n, n_site] into the lanes; lanes beyond n repeat the last one. */
void rz_block_set(rz_block *b, int n, const int8_t *spin);
void rz_block_get(const rz_block *b, int lane, int8_t *spin);
/* Cache and log_psi from the spins: after parameters or spins changed, and now and then after many commits. Returns the
 * largest relative difference between the psi that commits carried along and the fresh one, which tells how far
 * rounding has come; it means nothing if anything but commits happened since the last refresh. */
double rz_block_refresh(const rz_ansatz *a, rz_block *b);
/* psi(s')/psi(s) per lane, s' = s with the listed sites flipped: out [n_comp, RZ_LANES], real parts, then imaginary
 * parts if the state is complex. The move stays pending, and `site` borrowed, until the next call. */
void rz_block_ratio(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out);
/* The ratios of n moves of n_flip sites each, site [n, n_flip], out [n, n_comp, RZ_LANES]; none stays pending. */
void rz_block_ratios(const rz_ansatz *a, rz_block *b, int n, int n_flip, const int32_t *site, double *out);
/* The factors of the configurations in lanes 0 .. m - 1, from a cache that is up to date, to samples first .. first + m
 * - 1 of what rz_ansatz_layers made. Threads may fill different samples. */
void rz_block_factors(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j);
/* Make the pending move in the lanes with accept != 0, spins and cache. accept [RZ_LANES]. */
void rz_block_commit(const rz_ansatz *a, rz_block *b, const uint8_t *accept);

#endif
