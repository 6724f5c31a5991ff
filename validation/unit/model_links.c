/* modules: model core */
/* Stars, plaquettes, rectangles and paths of the links of a torus, by what they must be to each other: every link is in
 * two stars and two plaquettes, a star and a plaquette share no link or two, a rectangle is the sum of its plaquettes,
 * and a path changes the plaquettes at its ends alone. */
#include "check.h"
#include "ritz/model/links.h"

#include <string.h>

enum { MAX_LINK = 64 };

/* Adds links modulo 2; false if one is not on the lattice or comes twice in the list. */
static bool toggle(int n_link, int n, const int32_t *link, uint8_t *set) {
  uint8_t once[MAX_LINK] = {0};
  for (int i = 0; i < n; i++) {
    if (link[i] < 0 || link[i] >= n_link || once[link[i]]++) return false;
    set[link[i]] ^= 1;
  }
  return true;
}

static int overlap(const int32_t a[4], const int32_t b[4]) {
  int n = 0;
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) n += a[i] == b[j];
  return n;
}

static void check_coverage(const rz_lattice *l, const int n[2]) {
  int in_star[MAX_LINK] = {0}, in_plaquette[MAX_LINK] = {0};
  const int n_link = 2 * n[0] * n[1];
  for (int v = 0; v < n[0] * n[1]; v++) {
    int32_t star[4], plaquette[4];
    uint8_t set[MAX_LINK] = {0};
    rz_links_star(l, v % n[0], v / n[0], star);
    RZ_EXPECT(toggle(n_link, 4, star, set));
    for (int i = 0; i < 4; i++) in_star[star[i]]++;
    for (int p = 0; p < n[0] * n[1]; p++) {
      rz_links_rectangle(l, p % n[0], p / n[0], 1, 1, plaquette);
      RZ_EXPECT(overlap(star, plaquette) % 2 == 0);
      if (p == v) RZ_EXPECT(toggle(n_link, 4, plaquette, set));
      for (int i = 0; i < 4 && p == v; i++) in_plaquette[plaquette[i]]++;
    }
  }
  for (int i = 0; i < n_link; i++) RZ_EXPECT(in_star[i] == 2 && in_plaquette[i] == 2);
}

static void check_rectangles(const rz_lattice *l, const int n[2]) {
  const int n_link = 2 * n[0] * n[1];
  for (int r = 1; r < n[0]; r++)
    for (int t = 1; t < n[1]; t++) {
      uint8_t sum[MAX_LINK] = {0};
      int32_t link[MAX_LINK];
      rz_links_rectangle(l, 1, -1, r, t, link);
      RZ_EXPECT(toggle(n_link, 2 * (r + t), link, sum));
      for (int x = 1; x <= r; x++)
        for (int y = -1; y < t - 1; y++) {
          rz_links_rectangle(l, x, y, 1, 1, link);
          RZ_EXPECT(toggle(n_link, 4, link, sum));
        }
      for (int i = 0; i < n_link; i++) RZ_EXPECT(sum[i] == 0);
    }
}

static void check_paths(const rz_lattice *l, const int n[2]) {
  for (int r = 0; r < n[0]; r++)
    for (int t = 0; t < n[1]; t++) {
      uint8_t set[MAX_LINK] = {0};
      int32_t link[MAX_LINK];
      rz_links_crossed(l, 1, 0, r, t, link);
      RZ_EXPECT(toggle(2 * n[0] * n[1], r + t, link, set));
      for (int p = 0; p < n[0] * n[1]; p++) {
        int flips = 0;
        rz_links_rectangle(l, p % n[0], p / n[0], 1, 1, link);
        for (int i = 0; i < 4; i++) flips += set[link[i]];
        const bool begins = p == 1, ends = p == (1 + r) % n[0] + n[0] * t;
        RZ_EXPECT(flips % 2 == (begins != ends));
      }
    }
}

int main(void) {
  static const int length[][2] = {{2, 2}, {3, 2}, {3, 3}, {4, 5}};
  for (int k = 0; k < 4; k++) {
    const rz_lattice_spec spec = {
        .geometry = "square_links", .n_dim = 2, .length = {length[k][0], length[k][1]}, .periodic = {true, true}};
    rz_lattice *l = NULL;
    int n[2];
    if (!RZ_EXPECT_OK(rz_lattice_create(&spec, &l))) continue;
    RZ_EXPECT(rz_links_unfit(l) == NULL);
    rz_links_extent(l, n);
    RZ_EXPECT(n[0] == length[k][0] && n[1] == length[k][1] && rz_lattice_n_site(l) == 2 * n[0] * n[1]);
    check_coverage(l, n);
    check_rectangles(l, n);
    check_paths(l, n);
    rz_lattice_destroy(&l);
  }
  const rz_lattice_spec other[] = {
      {.geometry = "square", .n_dim = 2, .length = {3, 3}, .periodic = {true, true}},
      {.geometry = "square_links", .n_dim = 2, .length = {3, 3}, .periodic = {true, false}},
      {.geometry = "square_links", .n_dim = 2, .length = {3, 3}, .periodic = {false, true}},
  };
  for (int k = 0; k < 3; k++) {
    rz_lattice *l = NULL;
    if (RZ_EXPECT_OK(rz_lattice_create(&other[k], &l)))
      RZ_EXPECT(rz_links_unfit(l) && strstr(rz_links_unfit(l), "square_links"));
    rz_lattice_destroy(&l);
  }
  return rz_check_finish();
}
