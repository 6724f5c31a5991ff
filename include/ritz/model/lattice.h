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
  int32_t axis;  /* direction: chain 0; ladder 0 = leg, 1 = rung; square 0 = x, 1 = y; triangular, honeycomb, kagome
                    0, 1, 2 = the three directions of nearest neighbours; square_links 0, 1 = the two diagonals; -1 =
                    none of these */
  bool reversed; /* the bond runs from b to a along its axis (a ring's last bond runs from N - 1 to 0), or an edge was
                    written "b a": matters to terms that are odd under exchange */
} rz_bond;

typedef struct rz_lattice_spec {
  const char *geometry; /* a name of the registry: chain ladder square triangular honeycomb kagome square_links graph */
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

/* Errors: RZ_ERR_ARG (unknown geometry, impossible extents, with the reason), RZ_ERR_INPUT (an edge file that cannot be
 * read), RZ_ERR_DECK (a bad line of an edge file, with file, line, column and text). Degenerate extents: a pair of
 * sites is at most one bond, so that a periodic direction of length 2 has the bonds of an open one; a periodic
 * direction of length 1 is an error (docs/equations.md, Lattices). */
rz_err rz_lattice_create(const rz_lattice_spec *spec, rz_lattice **out);
void rz_lattice_destroy(rz_lattice **lattice);

int rz_lattice_n_site(const rz_lattice *l);
const rz_lattice_spec *rz_lattice_spec_of(const rz_lattice *l);
/* Bonds of shells 0 .. n_shell - 1 in a fixed order: by shell, then by the site they start from (see `reversed`), then
 * by direction; so bond k of a chain joins k and k + 1. Shells are sets of equal Euclidean distance (minimum image), or
 * of equal labels of an edge file, in the order of the file; n_shell beyond what exists is RZ_ERR_ARG (shell 0 exists
 * always, if empty). Borrowed until the lattice is destroyed, made on first use: shape [n]. */
rz_err rz_lattice_bonds(rz_lattice *l, int n_shell, const rz_bond **bonds, int64_t *n);
int rz_lattice_n_shell(const rz_lattice *l);
/* False for an edge file: positions and displacements are NaN then. */
bool rz_lattice_has_positions(const rz_lattice *l);
/* Cartesian position of a site, in nearest-neighbour distances; shape [2]. */
void rz_lattice_position(const rz_lattice *l, int site, double r[2]);
/* Minimum-image Euclidean distance of two sites; for an edge file the least number of edges with label 0 between them
 * (infinite if there is no path). */
double rz_lattice_distance(const rz_lattice *l, int a, int b);
/* A shortest displacement from a to b over all periodic images; shape [2]. */
void rz_lattice_displacement(const rz_lattice *l, int a, int b, double d[2]);
/* Triangles for a scalar chirality, counter-clockwise: three mutual nearest neighbours that do not wind around the
 * lattice; for a chain the triples (i, i + 1, i + 2); for an edge file all of label 0, ascending. Shape [n][3]; owner:
 * the caller. Errors: RZ_ERR_ARG if there are none, or if a periodic direction of length 2 leaves the sense undefined.
 */
rz_err rz_lattice_triangles(rz_lattice *l, int32_t (**triangle)[3], int64_t *n);
/* Sublattice (0 or 1; 0 for the lowest site of each component) by two-colouring the nearest-neighbour graph; -1 for
 * every site if it is not bipartite. Borrowed: shape [n_site]. */
const int8_t *rz_lattice_sublattice(const rz_lattice *l);
bool rz_lattice_is_bipartite(const rz_lattice *l);
/* Unit cell of a site and its position in the cell: cell = {x, y}; a ladder's cell is a rung; an edge file is one cell.
 */
void rz_lattice_cell(const rz_lattice *l, int site, int cell[2], int *basis);
int rz_lattice_n_basis(const rz_lattice *l);

/* The translation group (periodic directions only), as permutations: perm[g * n_site + i] is the site that site i moves
 * to under translation g; g = 0 is the identity, g = gx + (number in x) * gy. Borrowed: shape [n_group, n_site]. */
int rz_lattice_translations(const rz_lattice *l, const int32_t **perm);
/* Number of translations per direction (1 in an open one). */
void rz_lattice_translation_extent(const rz_lattice *l, int extent[2]);
/* The reflection x -> -x as a permutation [n_site]: about the middle if x is open, else about site 0 or, where that is
 * no symmetry (kagome), about the next site of the cell that allows one; NULL if the lattice has none. */
const int32_t *rz_lattice_reflection(const rz_lattice *l);

#endif
