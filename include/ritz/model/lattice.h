/* Lattices: sites, positions, bonds by neighbour shell, sublattices, translations. Local; no communication.
 *
 * Sites are numbered site = basis + n_basis * (x + length[0] * y); x runs fastest. A ladder of `length` rungs and
 * `legs` legs is numbered site = leg + legs * x. */
#ifndef RITZ_MODEL_LATTICE_H
#define RITZ_MODEL_LATTICE_H

#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_lattice rz_lattice;

typedef struct rz_bond {
  int32_t a, b;  /* sites, a < b */
  int32_t shell; /* neighbour shell, 0 = nearest; for an edge file: the edge's label */
  int32_t
      axis; /* direction label within the shell (chain 0; ladder 0 = leg, 1 = rung; square 0 = x, 1 = y; -1 = other) */
} rz_bond;

typedef struct rz_lattice_spec {
  const char *geometry; /* a name of the registry: chain ladder square triangular honeycomb kagome graph */
  int n_dim;            /* entries used of length and periodic */
  int64_t length[2];    /* unit cells per direction */
  bool periodic[2];
  int legs;              /* ladder only */
  const char *edge_file; /* graph only: lines "a b [label]", sites from 0, '#' or '!' comments */
} rz_lattice_spec;

/* A geometry is one row of a const table (src/model/lattice_registry.c): its unit cell. */
typedef struct rz_lattice_class {
  const char *name, *about;
  const rz_option *options; /* deck rows beyond the common ones */
  int n_options;
  rz_err (*init)(rz_lattice *lattice, const rz_lattice_spec *spec);
} rz_lattice_class;
const rz_lattice_class *const *rz_lattice_registry(int *n);

/* Errors: RZ_ERR_ARG (impossible extents, with the reason), RZ_ERR_INPUT (edge file, with line number and text). A bond
 * that would join a site to itself or appear twice (a periodic direction of length 1 or 2) is an error or merged as
 * docs/equations.md says. */
rz_err rz_lattice_create(const rz_lattice_spec *spec, rz_lattice **out);
void rz_lattice_destroy(rz_lattice **lattice);

int rz_lattice_n_site(const rz_lattice *l);
const rz_lattice_spec *rz_lattice_spec_of(const rz_lattice *l);
/* Bonds of shells 0 .. n_shell - 1 in a fixed order. Shells are sets of equal Euclidean distance (minimum image);
 * n_shell beyond what exists is RZ_ERR_ARG. Borrowed, made on first use: shape [n]. */
rz_err rz_lattice_bonds(rz_lattice *l, int n_shell, const rz_bond **bonds, int64_t *n);
/* Cartesian position of a site, in nearest-neighbour distances; shape [2]. */
void rz_lattice_position(const rz_lattice *l, int site, double r[2]);
/* Minimum-image Euclidean distance of two sites. */
double rz_lattice_distance(const rz_lattice *l, int a, int b);
/* Sublattice of a site by two-colouring the nearest-neighbour graph; -1 for every site if it is not bipartite.
 * Borrowed: shape [n_site]. */
const int8_t *rz_lattice_sublattice(const rz_lattice *l);
bool rz_lattice_is_bipartite(const rz_lattice *l);
/* Unit cell of a site and its position in the cell: cell = {x, y}. */
void rz_lattice_cell(const rz_lattice *l, int site, int cell[2], int *basis);
int rz_lattice_n_basis(const rz_lattice *l);

/* The translation group (periodic directions only), as permutations: perm[g * n_site + i] is the site that site i moves
 * to under translation g; g = 0 is the identity, g = gx + (number in x) * gy. Borrowed: shape [n_group, n_site]. */
int rz_lattice_translations(const rz_lattice *l, const int32_t **perm);
/* Number of translations per direction (1 in an open one). */
void rz_lattice_translation_extent(const rz_lattice *l, int extent[2]);
/* The reflection x -> -x (about site 0; about the middle in an open direction) as a permutation [n_site]; NULL if the
 * lattice has none. */
const int32_t *rz_lattice_reflection(const rz_lattice *l);

#endif
