/* modules: model core */
/* Every lattice against an edge list built from its geometry by other means: neighbour offsets in cell coordinates
 * written out by hand, and for distances all images within three periods. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/model/lattice.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct offset {
  int from, dx, dy, to; /* basis `from` in a cell is joined to basis `to` of the cell (dx, dy) further */
} offset;

typedef struct example {
  const char *geometry;
  int n_dim, length[2], periodic[2], legs;
  int n_basis, n_offset[2]; /* of shells 0 and 1 */
  offset step[2][9];
  int bipartite, has_reflection;
} example;

#define SQUARE_STEPS                                                                                                   \
  {2, 2}, {                                                                                                            \
    {{0, 1, 0, 0}, {0, 0, 1, 0}}, {                                                                                    \
      {0, 1, 1, 0}, { 0, -1, 1, 0 }                                                                                    \
    }                                                                                                                  \
  }
#define TRIANGULAR_STEPS                                                                                               \
  {3, 3}, {                                                                                                            \
    {{0, 1, 0, 0}, {0, 0, 1, 0}, {0, 1, 1, 0}}, {                                                                      \
      {0, 1, -1, 0}, {0, 2, 1, 0}, { 0, 1, 2, 0 }                                                                      \
    }                                                                                                                  \
  }
#define HONEYCOMB_STEPS                                                                                                \
  {3, 6}, {                                                                                                            \
    {{0, 0, 0, 1}, {0, -1, 0, 1}, {0, 0, -1, 1}}, {                                                                    \
      {0, 1, 0, 0}, {0, 0, 1, 0}, {0, -1, 1, 0}, {1, 1, 0, 1}, {1, 0, 1, 1}, {1, -1, 1, 1},                            \
    }                                                                                                                  \
  }
#define KAGOME_STEPS                                                                                                   \
  {6, 0}, {                                                                                                            \
    {{0, 0, 0, 1}, {0, 0, 0, 2}, {1, 0, 0, 2}, {1, 1, 0, 0}, {2, 0, 1, 0}, {2, -1, 1, 1}}, {                           \
      { 0, 0, 0, 0 }                                                                                                   \
    }                                                                                                                  \
  }

#define LINK_STEPS                                                                                                     \
  {4, 4}, {                                                                                                            \
    {{0, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, -1, 1}, {0, 1, -1, 1}}, {                                                      \
      {0, 1, 0, 0}, {0, 0, 1, 0}, {1, 1, 0, 1}, { 1, 0, 1, 1 }                                                         \
    }                                                                                                                  \
  }

static const example examples[] = {
    {"chain", 1, {7, 1}, {1, 0}, 0, 1, {1, 1}, {{{0, 1, 0, 0}}, {{0, 2, 0, 0}}}, 0, 1},
    {"chain", 1, {8, 1}, {1, 0}, 0, 1, {1, 1}, {{{0, 1, 0, 0}}, {{0, 2, 0, 0}}}, 1, 1},
    {"chain", 1, {5, 1}, {0, 0}, 0, 1, {1, 1}, {{{0, 1, 0, 0}}, {{0, 2, 0, 0}}}, 1, 1},
    {"chain", 1, {2, 1}, {1, 0}, 0, 1, {1, 0}, {{{0, 1, 0, 0}}, {{0, 0, 0, 0}}}, 1, 1},
    {"chain", 1, {1, 1}, {0, 0}, 0, 1, {0, 0}, {{{0, 0, 0, 0}}, {{0, 0, 0, 0}}}, 1, 1},
    {"ladder",
     1,
     {6, 1},
     {1, 0},
     2,
     2,
     {3, 2},
     {{{0, 1, 0, 0}, {1, 1, 0, 1}, {0, 0, 0, 1}}, {{0, 1, 0, 1}, {0, -1, 0, 1}}},
     1,
     1},
    {"ladder",
     1,
     {4, 1},
     {0, 0},
     3,
     3,
     {5, 4},
     {{{0, 1, 0, 0}, {1, 1, 0, 1}, {2, 1, 0, 2}, {0, 0, 0, 1}, {1, 0, 0, 2}},
      {{0, 1, 0, 1}, {0, -1, 0, 1}, {1, 1, 0, 2}, {1, -1, 0, 2}}},
     1,
     1},
    {"square", 2, {4, 4}, {1, 1}, 0, 1, SQUARE_STEPS, 1, 1},
    {"square", 2, {6, 4}, {1, 1}, 0, 1, SQUARE_STEPS, 1, 1},
    {"square", 2, {4, 3}, {1, 1}, 0, 1, SQUARE_STEPS, 0, 1},
    {"square", 2, {4, 3}, {0, 0}, 0, 1, SQUARE_STEPS, 1, 1},
    {"square", 2, {5, 4}, {0, 1}, 0, 1, SQUARE_STEPS, 1, 1},
    {"square", 2, {2, 5}, {1, 0}, 0, 1, SQUARE_STEPS, 1, 1},
    {"triangular", 2, {4, 4}, {1, 1}, 0, 1, TRIANGULAR_STEPS, 0, 1},
    {"triangular", 2, {6, 5}, {1, 1}, 0, 1, TRIANGULAR_STEPS, 0, 0},
    {"triangular", 2, {6, 2}, {0, 0}, 0, 1, TRIANGULAR_STEPS, 0, 0},
    {"honeycomb", 2, {3, 3}, {1, 1}, 0, 2, HONEYCOMB_STEPS, 1, 1},
    {"honeycomb", 2, {4, 5}, {1, 1}, 0, 2, HONEYCOMB_STEPS, 1, 0},
    {"honeycomb", 2, {3, 4}, {0, 1}, 0, 2, HONEYCOMB_STEPS, 1, 0},
    {"kagome", 2, {2, 3}, {1, 1}, 0, 3, KAGOME_STEPS, 0, 0},
    {"kagome", 2, {3, 3}, {1, 1}, 0, 3, KAGOME_STEPS, 0, 1},
    {"kagome", 2, {3, 2}, {0, 0}, 0, 3, KAGOME_STEPS, 0, 0},
    {"square_links", 2, {4, 4}, {1, 1}, 0, 2, LINK_STEPS, 1, 1},
    {"square_links", 2, {3, 4}, {1, 1}, 0, 2, LINK_STEPS, 1, 1},
    {"square_links", 2, {3, 2}, {0, 1}, 0, 2, LINK_STEPS, 1, 0},
};

enum { N_EXAMPLE = sizeof examples / sizeof examples[0], MAX = 64 };

static rz_lattice *make(const example *e) {
  const rz_lattice_spec spec = {.geometry = e->geometry,
                                .n_dim = e->n_dim,
                                .length = {e->length[0], e->length[1]},
                                .periodic = {e->periodic[0], e->periodic[1]},
                                .legs = e->legs};
  rz_lattice *l = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&spec, &l));
  return l;
}

/* The example's own adjacency matrix of one shell, numbered as the header says. */
static int adjacency(const example *e, int shell, char adj[MAX][MAX]) {
  int n = 0;
  memset(adj, 0, MAX * MAX);
  for (int y = 0; y < e->length[1]; y++)
    for (int x = 0; x < e->length[0]; x++)
      for (int k = 0; k < e->n_offset[shell]; k++) {
        const offset *o = &e->step[shell][k];
        int tx = x + o->dx, ty = y + o->dy;
        if (e->periodic[0]) tx = (tx + e->length[0]) % e->length[0];
        if (e->periodic[1]) ty = (ty + e->length[1]) % e->length[1];
        if (tx < 0 || tx >= e->length[0] || ty < 0 || ty >= e->length[1]) continue;
        const int a = o->from + e->n_basis * (x + e->length[0] * y), b = o->to + e->n_basis * (tx + e->length[0] * ty);
        n += !adj[a][b];
        adj[a][b] = adj[b][a] = 1;
      }
  return n;
}

static void bonds_match(const example *e, rz_lattice *l) {
  for (int shell = 0; shell < 2; shell++) {
    char adj[MAX][MAX];
    const int expected = adjacency(e, shell, adj);
    /* a short period folds second neighbours onto first ones or each other: the hand-made list holds for shell 1 only
     * where it does not */
    const int narrow = (e->periodic[0] && e->length[0] < 4) || (e->n_dim == 2 && e->periodic[1] && e->length[1] < 4);
    if (shell == 1 && (e->n_offset[1] == 0 || narrow || rz_lattice_n_shell(l) < 2)) continue;
    const rz_bond *bond;
    int64_t n, n_before = 0;
    if (shell == 1) {
      const rz_bond *nearest;
      RZ_EXPECT_OK(rz_lattice_bonds(l, 1, &nearest, &n_before));
    }
    RZ_EXPECT_OK(rz_lattice_bonds(l, shell + 1, &bond, &n));
    int bad = 0;
    for (int64_t k = n_before; k < n; k++) {
      bad += bond[k].a >= bond[k].b || bond[k].shell != shell || !adj[bond[k].a][bond[k].b];
      adj[bond[k].a][bond[k].b] = 0; /* each bond once */
    }
    if (!RZ_EXPECT(bad == 0 && n - n_before == expected))
      fprintf(stderr, "  %s %dx%d shell %d: %lld bonds, expected %d, %d wrong\n", e->geometry, e->length[0],
              e->length[1], shell, (long long)(n - n_before), expected, bad);
  }
}

/* Distances by brute force over images, and shells in order of distance covering all pairs once. */
static void distances_match(const example *e, rz_lattice *l) {
  const int n = rz_lattice_n_site(l);
  double t[2][2] = {{0}}, r0[2], r1[2];
  for (int k = 0; k < 2; k++) { /* period vectors from positions of cells (1, 0) and (0, 1) */
    if (!e->periodic[k] || e->length[k] < 2) continue;
    rz_lattice_position(l, 0, r0);
    rz_lattice_position(l, e->n_basis * (k == 0 ? 1 : e->length[0]), r1);
    for (int c = 0; c < 2; c++) t[k][c] = e->length[k] * (r1[c] - r0[c]);
  }
  double worst = 0.0;
  for (int a = 0; a < n; a++)
    for (int b = 0; b < n; b++) {
      rz_lattice_position(l, a, r0);
      rz_lattice_position(l, b, r1);
      double least = INFINITY, d[2];
      for (int i = -3; i <= 3; i++)
        for (int j = -3; j <= 3; j++)
          least =
              fmin(least, hypot(r1[0] - r0[0] + i * t[0][0] + j * t[1][0], r1[1] - r0[1] + i * t[0][1] + j * t[1][1]));
      rz_lattice_displacement(l, a, b, d);
      worst = fmax(worst, fabs(least - rz_lattice_distance(l, a, b)));
      worst = fmax(worst, fabs(least - hypot(d[0], d[1])));
    }
  RZ_EXPECT_NEAR(worst, 0.0, 1e-12);
  const rz_bond *bond;
  int64_t n_bond;
  RZ_EXPECT_OK(rz_lattice_bonds(l, rz_lattice_n_shell(l), &bond, &n_bond));
  RZ_EXPECT(n_bond == (int64_t)n * (n - 1) / 2);
  int bad = 0;
  for (int64_t k = 0; k < n_bond; k++) {
    const double r = rz_lattice_distance(l, bond[k].a, bond[k].b);
    if (bond[k].shell == 0) bad += fabs(r - 1.0) > 1e-12;
    if (k == 0) continue;
    const double before = rz_lattice_distance(l, bond[k - 1].a, bond[k - 1].b);
    bad += bond[k].shell == bond[k - 1].shell ? fabs(r - before) > 1e-8 : r < before + 1e-8;
    bad += bond[k].shell < bond[k - 1].shell;
  }
  RZ_EXPECT(bad == 0);
  RZ_EXPECT(rz_lattice_bonds(l, rz_lattice_n_shell(l) + 1, &bond, &n_bond) == RZ_ERR_ARG);
}

static int maps_bonds(rz_lattice *l, const int32_t *perm) {
  const rz_bond *bond;
  int64_t n;
  rz_lattice_bonds(l, rz_lattice_n_shell(l), &bond, &n);
  int bad = 0;
  for (int64_t k = 0; k < n; k++)
    bad += fabs(rz_lattice_distance(l, perm[bond[k].a], perm[bond[k].b]) -
                rz_lattice_distance(l, bond[k].a, bond[k].b)) > 1e-9;
  return bad == 0;
}

static void translations_form_a_group(const example *e, rz_lattice *l) {
  const int n = rz_lattice_n_site(l);
  const int32_t *perm;
  const int n_group = rz_lattice_translations(l, &perm);
  int extent[2], bad = 0;
  rz_lattice_translation_extent(l, extent);
  RZ_EXPECT(n_group == (e->periodic[0] ? e->length[0] : 1) * (e->periodic[1] ? e->length[1] : 1));
  RZ_EXPECT(extent[0] * extent[1] == n_group);
  for (int i = 0; i < n; i++) bad += perm[i] != i;
  for (int g = 0; g < n_group; g++) {
    const int32_t *p = perm + g * n;
    bad += !maps_bonds(l, p);
    for (int h = 0; h < n_group; h++) { /* g h is the group element with added shifts */
      const int gh =
          (g % extent[0] + h % extent[0]) % extent[0] + extent[0] * ((g / extent[0] + h / extent[0]) % extent[1]);
      for (int i = 0; i < n; i++) bad += p[perm[h * n + i]] != perm[gh * n + i];
    }
    for (int i = 0; i < n; i++) { /* moves cells, keeps the place in the cell */
      int from[2], to[2], bf, bt;
      rz_lattice_cell(l, i, from, &bf);
      rz_lattice_cell(l, p[i], to, &bt);
      bad += bf != bt || to[0] != (from[0] + g % extent[0]) % e->length[0] ||
             to[1] != (from[1] + g / extent[0]) % e->length[1];
    }
  }
  RZ_EXPECT(bad == 0);
}

static void reflection_is_an_involution(const example *e, rz_lattice *l) {
  const int32_t *perm = rz_lattice_reflection(l);
  if (!RZ_EXPECT((perm != NULL) == e->has_reflection))
    fprintf(stderr, "  %s %dx%d\n", e->geometry, e->length[0], e->length[1]);
  if (!perm) return;
  int bad = 0;
  for (int i = 0; i < rz_lattice_n_site(l); i++) bad += perm[perm[i]] != i;
  RZ_EXPECT(bad == 0);
  RZ_EXPECT(maps_bonds(l, perm));
  if (e->n_dim == 1 && e->n_basis == 1)
    for (int i = 0; i < e->length[0]; i++)
      RZ_EXPECT(perm[i] == (e->periodic[0] ? (e->length[0] - i) % e->length[0] : e->length[0] - 1 - i));
}

static void sublattices_split_the_bonds(const example *e, rz_lattice *l) {
  const int8_t *sub = rz_lattice_sublattice(l);
  const rz_bond *bond;
  int64_t n;
  RZ_EXPECT(rz_lattice_is_bipartite(l) == e->bipartite);
  RZ_EXPECT_OK(rz_lattice_bonds(l, 1, &bond, &n));
  int bad = 0;
  for (int64_t k = 0; k < n; k++) bad += e->bipartite ? sub[bond[k].a] + sub[bond[k].b] != 1 : sub[bond[k].a] != -1;
  RZ_EXPECT(bad == 0);
}

static void counts_of_the_literature(void) {
  static const struct {
    example e;
    int n_site, n_bond, coordination;
  } row[] = {{{"square", 2, {4, 4}, {1, 1}, 0, 1, SQUARE_STEPS, 1, 1}, 16, 32, 4},
             {{"triangular", 2, {4, 4}, {1, 1}, 0, 1, TRIANGULAR_STEPS, 0, 0}, 16, 48, 6},
             {{"honeycomb", 2, {4, 4}, {1, 1}, 0, 2, HONEYCOMB_STEPS, 1, 0}, 32, 48, 3},
             {{"kagome", 2, {2, 3}, {1, 1}, 0, 3, KAGOME_STEPS, 0, 0}, 18, 36, 4},
             {{"kagome", 2, {4, 4}, {1, 1}, 0, 3, KAGOME_STEPS, 0, 0}, 48, 96, 4}};
  for (int k = 0; k < 5; k++) {
    rz_lattice *l = make(&row[k].e);
    const rz_bond *bond;
    int64_t n;
    int degree[MAX] = {0}, bad = 0;
    RZ_EXPECT(rz_lattice_n_site(l) == row[k].n_site);
    RZ_EXPECT_OK(rz_lattice_bonds(l, 1, &bond, &n));
    RZ_EXPECT(n == row[k].n_bond);
    for (int64_t b = 0; b < n; b++) degree[bond[b].a]++, degree[bond[b].b]++;
    for (int i = 0; i < row[k].n_site; i++) bad += degree[i] != row[k].coordination;
    RZ_EXPECT(bad == 0);
    rz_lattice_destroy(&l);
  }
  rz_lattice *l = make(&row[0].e);
  const rz_bond *bond;
  int64_t n1, n2;
  RZ_EXPECT_OK(rz_lattice_bonds(l, 1, &bond, &n1));
  RZ_EXPECT_OK(rz_lattice_bonds(l, 2, &bond, &n2));
  RZ_EXPECT(n2 - n1 == 32); /* 4 x 4 torus: as many second neighbours */
  rz_lattice_destroy(&l);
}

/* Order, direction and axes of bonds: what bond_j lists, odd terms and j_rung rely on. */
static void bonds_come_in_order(void) {
  const example ring = {"chain", 1, {6, 1}, {1, 0}, 0, 1, {1, 1}, {{{0, 1, 0, 0}}, {{0, 2, 0, 0}}}, 1, 1};
  rz_lattice *l = make(&ring);
  const rz_bond *bond;
  int64_t n;
  RZ_EXPECT_OK(rz_lattice_bonds(l, 1, &bond, &n));
  for (int k = 0; k < 6; k++) {
    const int from = bond[k].reversed ? bond[k].b : bond[k].a, to = bond[k].reversed ? bond[k].a : bond[k].b;
    RZ_EXPECT(from == k && to == (k + 1) % 6 && bond[k].axis == 0);
  }
  rz_lattice_destroy(&l);
  for (int k = 0; k < N_EXAMPLE;
       k++) { /* directed bonds map to directed bonds: translation keeps orientation and axis */
    const example *e = &examples[k];
    if ((e->periodic[0] && e->length[0] < 3) || (e->periodic[1] && e->length[1] < 3)) continue;
    l = make(e);
    const int32_t *perm;
    const int n_site = rz_lattice_n_site(l), n_group = rz_lattice_translations(l, &perm);
    char axis[MAX][MAX];
    memset(axis, 9, sizeof axis);
    RZ_EXPECT_OK(rz_lattice_bonds(l, 1, &bond, &n));
    for (int64_t b = 0; b < n; b++)
      axis[bond[b].reversed ? bond[b].b : bond[b].a][bond[b].reversed ? bond[b].a : bond[b].b] = (char)bond[b].axis;
    int bad = 0, per_axis[3] = {0};
    for (int64_t b = 0; b < n; b++) {
      bad += bond[b].axis < 0 || bond[b].axis > 2;
      per_axis[bond[b].axis]++;
    }
    for (int g = 0; g < n_group; g++)
      for (int i = 0; i < n_site; i++)
        for (int j = 0; j < n_site; j++) bad += axis[i][j] != axis[perm[g * n_site + i]][perm[g * n_site + j]];
    RZ_EXPECT(bad == 0);
    if (strcmp(e->geometry, "ladder") == 0) RZ_EXPECT(per_axis[1] == (e->legs - 1) * e->length[0]);
    if (n_group == n_site && strcmp(e->geometry, "square") == 0)
      RZ_EXPECT(per_axis[0] == n_site && per_axis[1] == n_site);
    rz_lattice_destroy(&l);
  }
}

static void triangles(void) {
  static const struct {
    example e;
    int n;
  } row[] = {{{"triangular", 2, {4, 4}, {1, 1}, 0, 1, TRIANGULAR_STEPS, 0, 0}, 32},
             {{"triangular", 2, {3, 3}, {1, 1}, 0, 1, TRIANGULAR_STEPS, 0, 0}, 18},
             {{"kagome", 2, {3, 3}, {1, 1}, 0, 3, KAGOME_STEPS, 0, 0}, 18},
             {{"chain", 1, {6, 1}, {1, 0}, 0, 1, {1, 1}, {{{0, 1, 0, 0}}, {{0, 2, 0, 0}}}, 1, 1}, 6},
             {{"chain", 1, {6, 1}, {0, 0}, 0, 1, {1, 1}, {{{0, 1, 0, 0}}, {{0, 2, 0, 0}}}, 1, 1}, 4},
             {{"square", 2, {3, 3}, {1, 1}, 0, 1, SQUARE_STEPS, 0, 1}, 0},
             {{"triangular", 2, {2, 4}, {1, 1}, 0, 1, TRIANGULAR_STEPS, 0, 0}, 0}};
  for (int k = 0; k < 7; k++) {
    rz_lattice *l = make(&row[k].e);
    int32_t(*t)[3] = NULL;
    int64_t n = 0;
    const rz_err rc = rz_lattice_triangles(l, &t, &n);
    RZ_EXPECT(rc == (row[k].n ? RZ_OK : RZ_ERR_ARG));
    if (rc == RZ_OK) RZ_EXPECT(n == row[k].n);
    for (int64_t i = 0; i < n && rc == RZ_OK && row[k].e.n_dim == 2; i++) {
      double a[2], b[2];
      rz_lattice_displacement(l, t[i][0], t[i][1], a);
      rz_lattice_displacement(l, t[i][0], t[i][2], b);
      RZ_EXPECT_NEAR(a[0] * b[1] - a[1] * b[0], sqrt(0.75), 1e-12); /* counter-clockwise, unit sides */
    }
    rz_free(&t);
    rz_lattice_destroy(&l);
  }
}

/* A very skew torus: the shortest image is many periods away in the other direction. */
static void skew_tori_have_shortest_distances(void) {
  static const int length[2][2] = {{2, 30}, {30, 2}};
  for (int c = 0; c < 2; c++) {
    const rz_lattice_spec spec = {
        .geometry = "triangular", .n_dim = 2, .length = {length[c][0], length[c][1]}, .periodic = {1, 1}};
    rz_lattice *l;
    RZ_EXPECT_OK(rz_lattice_create(&spec, &l));
    const double h = sqrt(0.75);
    double worst = 0.0;
    for (int b = 0; b < 60; b++) {
      double r[2], least = INFINITY;
      rz_lattice_position(l, b, r);
      for (int i = -40; i <= 40; i++)
        for (int j = -40; j <= 40; j++)
          least = fmin(least, hypot(r[0] + i * length[c][0] - 0.5 * j * length[c][1], r[1] + j * length[c][1] * h));
      worst = fmax(worst, fabs(least - rz_lattice_distance(l, 0, b)));
    }
    RZ_EXPECT_NEAR(worst, 0.0, 1e-12);
    rz_lattice_destroy(&l);
  }
}

static const char *write_file(const char *text) {
  static char name[64];
  snprintf(name, sizeof name, "ritz_edges_%d.txt", (int)getpid());
  FILE *f = fopen(name, "w");
  fputs(text, f);
  fclose(f);
  return name;
}

static void edge_files_make_graphs(void) {
  rz_lattice_spec spec = {.geometry = "graph"};
  spec.edge_file =
      write_file("# a square with one diagonal and a tail\n0 1\n 2 1 0 ! reversed\n\n2 3\r\n3 0\n0 2 1\n3 4\n");
  rz_lattice *l = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&spec, &l));
  RZ_EXPECT(rz_lattice_n_site(l) == 5 && rz_lattice_n_shell(l) == 2 && !rz_lattice_has_positions(l));
  const rz_bond *bond;
  int64_t n;
  RZ_EXPECT_OK(rz_lattice_bonds(l, 1, &bond, &n));
  RZ_EXPECT(n == 5 && bond[1].a == 1 && bond[1].b == 2 && bond[1].reversed && !bond[0].reversed);
  RZ_EXPECT_OK(rz_lattice_bonds(l, 2, &bond, &n));
  RZ_EXPECT(n == 6 && bond[5].a == 0 && bond[5].b == 2 && bond[5].shell == 1);
  RZ_EXPECT(rz_lattice_is_bipartite(l));
  RZ_EXPECT_NEAR(rz_lattice_distance(l, 1, 4), 3.0, 0.0);
  double r[2];
  rz_lattice_position(l, 1, r);
  RZ_EXPECT(isnan(r[0]));
  const int32_t *perm;
  RZ_EXPECT(rz_lattice_translations(l, &perm) == 1 && perm[3] == 3 && !rz_lattice_reflection(l));
  rz_lattice_destroy(&l);
  static const struct {
    const char *text, *says;
  } bad[] = {{"0 1\n1 2 x\n", ":2:5: the label"},
             {"0 1\n1\n", ":2:2: the second site is missing"},
             {"0 1\n1 2 0 9\n", ":2:7: '9' is too much"},
             {"0 1\n1 1\n", ":2:1: site 1 cannot be joined to itself"},
             {"0 1\n1 2\n1 0\n", ":3: the edge 0 1 was given in line 1"},
             {"0 1\n1 3\n", "site 2 has no edge"},
             {"0 -1\n", "0 to 4095, not '-1'"},
             {"0 1.5\n", "not '1.5'"},
             {"0 99999999999999999999\n", "from 0 to 4095"},
             {"# nothing\n\n", "no edges"}};
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    spec.edge_file = write_file(bad[k].text);
    RZ_EXPECT(rz_lattice_create(&spec, &l) == RZ_ERR_DECK && l == NULL);
    if (!RZ_EXPECT(strstr(rz_error_message(), bad[k].says) != NULL)) fprintf(stderr, "  %s\n", rz_error_message());
  }
  remove(spec.edge_file);
  RZ_EXPECT(rz_lattice_create(&spec, &l) == RZ_ERR_INPUT);
  spec.edge_file = NULL;
  RZ_EXPECT(rz_lattice_create(&spec, &l) == RZ_ERR_ARG);
}

static void impossible_extents_are_refused(void) {
  static const rz_lattice_spec bad[] = {
      {.geometry = "chain", .n_dim = 1, .length = {0}},
      {.geometry = "chain", .n_dim = 1, .length = {1}, .periodic = {1}},
      {.geometry = "chain", .n_dim = 2, .length = {4, 4}},
      {.geometry = "chain", .n_dim = 1, .length = {5000}},
      {.geometry = "square", .n_dim = 1, .length = {4}},
      {.geometry = "square", .n_dim = 2, .length = {4, 1}, .periodic = {1, 1}},
      {.geometry = "square", .n_dim = 2, .length = {4000, 4000}},
      {.geometry = "ladder", .n_dim = 1, .length = {4}, .legs = 1},
      {.geometry = "cubic", .n_dim = 1, .length = {4}},
  };
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    rz_lattice *l = NULL;
    RZ_EXPECT(rz_lattice_create(&bad[k], &l) == RZ_ERR_ARG && l == NULL);
  }
}

static void every_allocation_may_fail(void) {
  for (int at = 1; at < 60; at++) {
    const int64_t alive = rz_memory_query().n_alive;
    const rz_lattice_spec spec = {.geometry = "kagome", .n_dim = 2, .length = {3, 3}, .periodic = {1, 1}};
    rz_lattice *l = NULL;
    int32_t(*t)[3] = NULL;
    const rz_bond *bond;
    int64_t n;
    rz_memory_fail_at(at);
    rz_err rc = rz_lattice_create(&spec, &l);
    if (rc == RZ_OK) rc = rz_lattice_bonds(l, 3, &bond, &n);
    if (rc == RZ_OK) rc = rz_lattice_triangles(l, &t, &n);
    rz_memory_fail_at(0);
    RZ_EXPECT(rc == RZ_OK || rc == RZ_ERR_MEMORY);
    RZ_EXPECT(at > 3 || rc == RZ_ERR_MEMORY);
    rz_free(&t);
    rz_lattice_destroy(&l);
    RZ_EXPECT(rz_memory_query().n_alive == alive);
  }
}

int main(void) {
  for (int k = 0; k < N_EXAMPLE; k++) {
    rz_lattice *l = make(&examples[k]);
    if (!l) continue;
    bonds_match(&examples[k], l);
    distances_match(&examples[k], l);
    translations_form_a_group(&examples[k], l);
    reflection_is_an_involution(&examples[k], l);
    sublattices_split_the_bonds(&examples[k], l);
    rz_lattice_destroy(&l);
  }
  counts_of_the_literature();
  bonds_come_in_order();
  triangles();
  skew_tori_have_shortest_distances();
  edge_files_make_graphs();
  impossible_extents_are_refused();
  every_allocation_may_fail();
  return rz_check_finish();
}
