#include "ritz/model/links.h"

#include <string.h>

const char *rz_links_unfit(const rz_lattice *l) {
  const rz_lattice_spec *spec = rz_lattice_spec_of(l);
  const bool links = strcmp(spec->geometry, "square_links") == 0;
  return links && spec->periodic[0] && spec->periodic[1]
             ? NULL
             : "needs the links of a torus: geometry = 'square_links', boundary = 'periodic'";
}

void rz_links_extent(const rz_lattice *l, int extent[2]) { rz_lattice_translation_extent(l, extent); }

static int32_t link_of(const rz_lattice *l, int x, int y, int up) {
  int n[2];
  rz_links_extent(l, n);
  const int column = (x % n[0] + n[0]) % n[0], row = (y % n[1] + n[1]) % n[1];
  return up + 2 * (column + n[0] * row);
}

int32_t rz_link_right(const rz_lattice *l, int x, int y) { return link_of(l, x, y, 0); }
int32_t rz_link_up(const rz_lattice *l, int x, int y) { return link_of(l, x, y, 1); }

void rz_links_star(const rz_lattice *l, int x, int y, int32_t link[4]) {
  link[0] = rz_link_right(l, x, y);
  link[1] = rz_link_up(l, x, y);
  link[2] = rz_link_right(l, x - 1, y);
  link[3] = rz_link_up(l, x, y - 1);
}

void rz_links_rectangle(const rz_lattice *l, int x, int y, int r, int t, int32_t *link) {
  for (int k = 0; k < r; k++) {
    *link++ = rz_link_right(l, x + k, y);
    *link++ = rz_link_right(l, x + k, y + t);
  }
  for (int k = 0; k < t; k++) {
    *link++ = rz_link_up(l, x, y + k);
    *link++ = rz_link_up(l, x + r, y + k);
  }
}

void rz_links_crossed(const rz_lattice *l, int x, int y, int r, int t, int32_t *link) {
  for (int k = 1; k <= r; k++) *link++ = rz_link_up(l, x + k, y);
  for (int k = 1; k <= t; k++) *link++ = rz_link_right(l, x + r, y + k);
}
