/* Stars, plaquettes and loops of the links of a square lattice on a torus: geometry 'square_links', both boundaries
 * periodic, L_x x L_y vertices. Link 2 v goes from vertex v = x + L_x y to the right, link 2 v + 1 up. Coordinates are
 * taken modulo the extents. Local; no communication. */
#ifndef RITZ_MODEL_LINKS_H
#define RITZ_MODEL_LINKS_H

#include "ritz/model/lattice.h"

/* NULL for such a torus, else why not: "needs ...". */
const char *rz_links_unfit(const rz_lattice *l);
/* L_x and L_y; as many plaquettes as vertices. */
void rz_links_extent(const rz_lattice *l, int extent[2]);
int32_t rz_link_right(const rz_lattice *l, int x, int y);
int32_t rz_link_up(const rz_lattice *l, int x, int y);
/* The links that meet at vertex (x, y): shape [4], all different. */
void rz_links_star(const rz_lattice *l, int x, int y, int32_t link[4]);
/* The boundary of the rectangle of r x t plaquettes whose lowest left vertex is (x, y), 1 <= r < L_x, 1 <= t < L_y;
 * r = t = 1: the plaquette (x, y). Shape [2 (r + t)], all different. */
void rz_links_rectangle(const rz_lattice *l, int x, int y, int r, int t, int32_t *link);
/* The links that a walk from plaquette (x, y) crosses, r >= 0 steps to the right and then t >= 0 up: shape [r + t]. */
void rz_links_crossed(const rz_lattice *l, int x, int y, int r, int t, int32_t *link);

#endif
