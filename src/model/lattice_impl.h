/* What a geometry's init function fills in, and what is derived from it. */
#ifndef RITZ_MODEL_LATTICE_IMPL_H
#define RITZ_MODEL_LATTICE_IMPL_H

#include "ritz/model/lattice.h"

/* The table of translations of a torus has n_site^2 entries: 64 MiB at most. */
enum { RZ_MAX_AXIS = 3, RZ_MAX_SITE = 4096 };

/* Everything about a pair of sites that depends only on their bases and the difference of their cells. */
typedef struct rz_relative {
  double d[2]; /* a shortest displacement, a forward one if there is one */
  double distance;
  int32_t shell;
  int8_t axis;
  bool forward; /* some shortest displacement points up, or right along x: the bond starts here */
} rz_relative;

struct rz_lattice {
  rz_lattice_spec spec;
  char *edge_file;
  const rz_lattice_class *cls;
  /* Set by init; the unit cell (absent for a graph) */
  int n_basis;
  int cells[2];
  bool wraps[2];
  double cell_vector[2][2];
  double (*basis)[2]; /* [n_basis][2] */
  int n_axis;
  double axis[RZ_MAX_AXIS][2]; /* unit vectors */
  /* Set by init of a graph */
  bool graph;
  rz_bond *edge; /* sorted by label */
  int64_t n_edge;
  int16_t *hops; /* [n_site, n_site]; -1: no path */
  /* Derived */
  int n_site, n_shell;
  rz_relative *relative; /* [n_basis, n_basis, 2 cells[1] - 1, 2 cells[0] - 1] */
  rz_bond **bonds;       /* [n_shell + 1]: made on first use */
  int64_t *n_bonds;
  int8_t *sublattice;
  bool bipartite;
  int32_t *translation;
  int n_translation;
  int32_t *reflection; /* NULL if there is none */
};

/* Check the number of lengths, copy cells and boundaries. */
rz_err rz_lattice_take_extents(rz_lattice *l, const rz_lattice_spec *spec, int n_dim);
/* Set the unit cell: vectors, basis, axes. */
rz_err rz_lattice_set_cell(rz_lattice *l, const double a1[2], const double a2[2], int n_basis, const double basis[][2],
                           int n_axis, const double axis[][2]);

const rz_relative *rz_lattice_relative(const rz_lattice *l, int a, int b);
/* The steps of rz_lattice_create after init. */
rz_err rz_lattice_tabulate(rz_lattice *l);
rz_err rz_lattice_colour(rz_lattice *l);
rz_err rz_lattice_find_symmetries(rz_lattice *l);

extern const rz_lattice_class rz_lattice_chain, rz_lattice_ladder, rz_lattice_square, rz_lattice_triangular,
    rz_lattice_honeycomb, rz_lattice_kagome, rz_lattice_square_links, rz_lattice_graph;

#endif
