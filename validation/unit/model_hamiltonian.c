/* modules: model core */
/* Every named model, key by key, against Kronecker products over bonds written out by hand; sectors, rotations, units,
 * the formula line, and what a wrong deck is told. */
#include "check.h"
#include "model_deck.h"
#include "model_dense.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

#include <unistd.h>

#define RING6 "&lattice geometry = 'chain', length = 6 /\n"
#define OPEN5 "&lattice geometry = 'chain', length = 5, boundary = 'open' /\n"

/* h += j s_a s_b for the three components; letters "xyz" or "XYZ". */
static void add_exchange(int n, double complex *h, const char *xyz, int a, int b, double jx, double jy, double jz) {
  dense_pair(n, h, jx, xyz[0], a, xyz[0], b);
  dense_pair(n, h, jy, xyz[1], a, xyz[1], b);
  dense_pair(n, h, jz, xyz[2], a, xyz[2], b);
}

/* The deck's bare operator is h; takes h. */
static void expect_operator(const char *deck, int n, double complex *h) {
  model_deck d;
  if (RZ_EXPECT_OK(model_deck_open(deck, &d))) {
    RZ_EXPECT(rz_operator_n_site(d.model->bare) == n);
    double complex *mine = dense_of(d.model->bare);
    if (!RZ_EXPECT(dense_distance(n, mine, h) < 1e-13))
      fprintf(stderr, "  %s  %s: off by %g\n", deck, d.model->formula, dense_distance(n, mine, h));
    free(mine);
  } else {
    fprintf(stderr, "  %s\n", deck);
  }
  free(h);
  model_deck_close(&d);
}

static void tfim(void) {
  for (int c = 0; c < 4; c++) { /* periodic or open, Pauli or spin */
    const bool open = c & 1, spin = c & 2;
    double complex *h = dense_zero(6);
    const char z = spin ? 'z' : 'Z', x = spin ? 'x' : 'X';
    for (int i = 0; i < (open ? 5 : 6); i++) dense_pair(6, h, -1.3, z, i, z, (i + 1) % 6);
    for (int i = 0; i < 6; i++) dense_one(6, h, -0.7, x, i);
    char deck[256];
    snprintf(deck, sizeof deck,
             "&lattice geometry = 'chain', length = 6, boundary = '%s' /\n"
             "&hamiltonian model = 'tfim', j = 1.3, h = 0.7, units = '%s' /",
             open ? "open" : "periodic", spin ? "spin" : "auto");
    expect_operator(deck, 6, h);
  }
}

static void exchange_models(void) {
  double complex *h = dense_zero(6);
  for (int i = 0; i < 6; i++) add_exchange(6, h, "xyz", i, (i + 1) % 6, 1, 1, 1);
  expect_operator(RING6 "&hamiltonian model = 'heisenberg' /", 6, h);
  h = dense_zero(6);
  for (int i = 0; i < 6; i++) add_exchange(6, h, "XYZ", i, (i + 1) % 6, -2, -2, -2);
  expect_operator(RING6 "&hamiltonian model = 'heisenberg', j = -2, units = 'pauli' /", 6, h);
  h = dense_zero(5);
  for (int i = 0; i < 4; i++) add_exchange(5, h, "xyz", i, i + 1, 0.5, 0.5, 0.5 * -1.5);
  expect_operator(OPEN5 "&hamiltonian model = 'xxz', j = 0.5, delta = -1.5 /", 5, h);
  h = dense_zero(5);
  for (int i = 0; i < 4; i++) add_exchange(5, h, "xyz", i, i + 1, 0.3, -0.4, 0.9);
  expect_operator(OPEN5 "&hamiltonian model = 'xyz', jx = 0.3, jy = -0.4, jz = 0.9 /", 5, h);
  h = dense_zero(6);
  for (int i = 0; i < 6; i++) add_exchange(6, h, "xyz", i, (i + 1) % 6, 0.8, 0.8, 0.8);
  for (int i = 0; i < 6; i++) add_exchange(6, h, "xyz", i, (i + 2) % 6, 0.3, 0.3, 0.3);
  expect_operator(RING6 "&hamiltonian model = 'j1j2', j1 = 0.8, j2 = 0.3 /", 6, h);
}

/* Ladder of 3 rungs: site = leg + 2 x. */
static void ladder_rungs(void) {
  const char *deck[2] = {"&hamiltonian model = 'heisenberg', j = 0.7 /", "&hamiltonian model = 'heisenberg', j = 0.7, "
                                                                         "j_rung = 1.9 /"};
  for (int c = 0; c < 2; c++) {
    double complex *h = dense_zero(6);
    for (int x = 0; x < 3; x++) {
      const double jr = c ? 1.9 : 0.7;
      add_exchange(6, h, "xyz", 2 * x, 2 * x + 1, jr, jr, jr);
      for (int leg = 0; leg < 2; leg++) add_exchange(6, h, "xyz", leg + 2 * x, leg + 2 * ((x + 1) % 3), 0.7, 0.7, 0.7);
    }
    char text[256];
    snprintf(text, sizeof text, "&lattice geometry = 'ladder', length = 3 /\n%s", deck[c]);
    expect_operator(text, 6, h);
  }
}

static void long_range_models(void) {
  for (int c = 0; c < 2; c++) { /* open, periodic */
    double complex *h = dense_zero(6);
    for (int a = 0; a < 6; a++)
      for (int b = a + 1; b < 6; b++) {
        const int r = c && b - a > 3 ? 6 - (b - a) : b - a;
        dense_pair(6, h, 0.9 * pow(r, -1.5), 'Z', a, 'Z', b);
      }
    for (int i = 0; i < 6; i++) dense_one(6, h, -0.4, 'X', i);
    expect_operator(c ? RING6 "&hamiltonian model = 'long_range_ising', j = -0.9, h = 0.4, power = 1.5 /"
                      : "&lattice geometry = 'chain', length = 6, boundary = 'open' /\n"
                        "&hamiltonian model = 'long_range_ising', j = -0.9, h = 0.4, power = 1.5 /",
                    6, h);
  }
  double complex *h = dense_zero(6);
  for (int a = 0; a < 6; a++)
    for (int b = a + 1; b < 6; b++) {
      const double c = 2.0 * pow(RZ_PI / 6 / sin(RZ_PI * (a - b) / 6), 2);
      add_exchange(6, h, "xyz", a, b, c, c, c);
    }
  expect_operator(RING6 "&hamiltonian model = 'haldane_shastry', j = 2 /", 6, h);
}

/* Torus of 2 x 2 vertices v = x + 2 y, with links 2 v to the right and 2 v + 1 up. */
static void gauge_theory(void) {
  for (int spin = 0; spin < 2; spin++) {
    double complex *h = dense_zero(8);
    const char z = spin ? 'z' : 'Z', x = spin ? 'x' : 'X';
    for (int v = 0; v < 4; v++) {
      const int right = v ^ 1, above = v ^ 2; /* neighbours on either side */
      dense_add(8, h, -1.1, 4, (rz_local[]){{2 * v, z}, {2 * above, z}, {2 * v + 1, z}, {2 * right + 1, z}});
      dense_add(8, h, -0.4, 4, (rz_local[]){{2 * v, x}, {2 * right, x}, {2 * v + 1, x}, {2 * above + 1, x}});
    }
    for (int i = 0; i < 8; i++) dense_one(8, h, -0.7 - 0.2, x, i);
    char deck[256];
    snprintf(deck, sizeof deck,
             "&lattice geometry = 'square_links', length = 2, 2 /\n"
             "&hamiltonian model = 'z2_gauge', k = 1.1, h = 0.7, j = 0.4, field_x = 0.2, units = '%s' /",
             spin ? "spin" : "auto");
    expect_operator(deck, 8, h);
  }
}

static void fields_and_bond_lists(void) {
  const double bz[5] = {0.1, -0.2, 0.3, 0, 0.5}, j[4] = {1, 2, -3, 0.5};
  double complex *h = dense_zero(5);
  for (int i = 0; i < 4; i++) add_exchange(5, h, "xyz", i, i + 1, 2 * j[i], 2 * j[i], j[i]);
  for (int i = 0; i < 5; i++) {
    dense_one(5, h, -bz[i], 'z', i);
    dense_one(5, h, -0.25, 'x', i);
  }
  expect_operator(OPEN5 "&hamiltonian model = 'xxz', j = 2, delta = 0.5, field_z = 0.1, -0.2, 0.3, 0, 0.5, "
                        "field_x = 0.25, bond_j = 1, 2, -3, 0.5 /",
                  5, h);
  h = dense_zero(5);
  for (int i = 0; i < 4; i++) dense_pair(5, h, -j[i], 'Z', i, 'Z', i + 1);
  for (int i = 0; i < 5; i++) dense_one(5, h, -1.0, 'X', i);
  for (int i = 0; i < 5; i++) dense_one(5, h, 0.5, 'Z', i);
  expect_operator(OPEN5 "&hamiltonian model = 'tfim', field_z = -0.5, bond_j = 1, 2, -3, 0.5 /", 5, h);
}

/* Disorder: by the seed, uniform within its width, fields and bonds from streams of their own. */
static void disorder(void) {
  double complex *h = dense_zero(5);
  rz_rng field = rz_rng_stream(7, RZ_RNG_DISORDER, 1), bond = rz_rng_stream(7, RZ_RNG_DISORDER, 2);
  for (int i = 0; i < 4; i++) {
    const double f = 1 + 0.2 * (2 * rz_rng_uniform(&bond) - 1);
    add_exchange(5, h, "xyz", i, i + 1, f, f, f);
  }
  for (int i = 0; i < 5; i++) dense_one(5, h, -0.8 * (2 * rz_rng_uniform(&field) - 1), 'z', i);
  expect_operator(OPEN5 "&hamiltonian model = 'heisenberg', random_field = 0.8, random_bond = 0.2 /", 5, h);
  const char *seed[3] = {"3", "3", "4"};
  double complex *m[3];
  for (int k = 0; k < 3; k++) {
    model_deck d;
    char deck[256];
    snprintf(deck, sizeof deck,
             "&run study = 'model', seed = %s /\n" OPEN5 "&hamiltonian model = 'tfim', random_field = 1, "
             "random_bond = 0.5 /",
             seed[k]);
    RZ_EXPECT_OK(model_deck_open(deck, &d));
    m[k] = dense_of(d.model->h);
    model_deck_close(&d);
  }
  RZ_EXPECT(dense_distance(5, m[0], m[1]) == 0.0);
  RZ_EXPECT(dense_distance(5, m[0], m[2]) > 0.01);
  for (int k = 0; k < 3; k++) free(m[k]);
}

static void complex_terms(void) {
  double complex *h = dense_zero(6);
  for (int i = 0; i < 6; i++) {
    const int j = (i + 1) % 6, k = (i + 2) % 6;
    add_exchange(6, h, "xyz", i, j, 1, 1, 1);
    dense_pair(6, h, 0.3, 'x', i, 'y', j);
    dense_pair(6, h, -0.3, 'y', i, 'x', j);
    /* s_i . (s_j x s_k), written out */
    for (int p = 0; p < 3; p++) {
      const char a = "xyz"[p], b = "yzx"[p], c = "zxy"[p];
      dense_add(6, h, -0.4, 3, (rz_local[]){{i, a}, {j, b}, {k, c}});
      dense_add(6, h, 0.4, 3, (rz_local[]){{i, a}, {j, c}, {k, b}});
    }
  }
  expect_operator(RING6 "&hamiltonian model = 'heisenberg', dm = 0.3, chiral = -0.4 /", 6, h);
  model_deck d;
  RZ_EXPECT_OK(model_deck_open(RING6 "&hamiltonian model = 'heisenberg', chiral = 0.4 /", &d));
  RZ_EXPECT(!rz_operator_is_real(d.model->h) && rz_operator_keeps_sz(d.model->h));
  RZ_EXPECT(!rz_operator_is_stoquastic(d.model->h) && !d.model->marshall);
  model_deck_close(&d);
  RZ_EXPECT_OK(model_deck_open("&lattice geometry = 'triangular', length = 3, 3 /\n"
                               "&hamiltonian model = 'xyz', jx = 0, jy = 0, jz = 0, chiral = 1 /",
                               &d));
  RZ_EXPECT(rz_operator_n_flip_set(d.model->h) == 27); /* each bond flips once, both its triangles in one polynomial */
  model_deck_close(&d);
}

static const char *write_file(const char *name, const char *text) {
  FILE *f = fopen(name, "w");
  fputs(text, f);
  fclose(f);
  return name;
}

static void term_and_edge_files(void) {
  char terms[64], edges[64], deck[512];
  snprintf(terms, sizeof terms, "ritz_terms_%d.txt", (int)getpid());
  snprintf(edges, sizeof edges, "ritz_edges_%d.txt", (int)getpid());
  write_file(terms,
             "! a mix\n-1.0 Z 0 Z 1\n (0.0,0.5) + 0 - 1 # half of a pair\n(0, -5d-1) - 0 + 1\n\n0.25 x 3\n2 Y 1 x 1 "
             "z 1 \r\n(-0.5 , 0) I 0\n0.75\n");
  double complex *h = dense_zero(4);
  dense_pair(4, h, -1, 'Z', 0, 'Z', 1);
  dense_pair(4, h, 0.5 * I, '+', 0, '-', 1);
  dense_pair(4, h, -0.5 * I, '-', 0, '+', 1);
  dense_one(4, h, 0.25, 'x', 3);
  for (int i = 0; i < 16; i++) h[17 * i] += 0.25;
  snprintf(deck, sizeof deck, "&lattice geometry = 'chain', length = 4 /\n&hamiltonian model = 'terms', file = '%s' /",
           terms);
  model_deck d;
  RZ_EXPECT(model_deck_open(deck, &d) == RZ_ERR_DECK); /* Y x z on one site is i times a number: not Hermitian */
  RZ_EXPECT(strstr(rz_error_message(), "not Hermitian") && strstr(rz_error_message(), "deck.nml:3"));
  model_deck_close(&d);
  write_file(terms, "-1.0 Z 0 Z 1\n(0.0,0.5) + 0 - 1\n(0, -5d-1) - 0 + 1\n0.25 x 3\n(-0.5 , 0) I 0\n0.75\n");
  expect_operator(deck, 4, h);
  write_file(edges, "0 1\n1 2\n2 0\n2 3 1\n");
  h = dense_zero(4);
  add_exchange(4, h, "xyz", 0, 1, 1, 1, 1);
  add_exchange(4, h, "xyz", 1, 2, 1, 1, 1);
  add_exchange(4, h, "xyz", 0, 2, 1, 1, 1);
  add_exchange(4, h, "xyz", 2, 3, 0.25, 0.25, 0.25);
  snprintf(deck, sizeof deck, "&lattice geometry = 'graph', edges = '%s' /\n&hamiltonian model = 'j1j2', j2 = 0.25 /",
           edges);
  expect_operator(deck, 4, h);
  static const struct {
    const char *text, *says;
  } bad[] = {{"1.0 Z 0\n\n1.0 Q 0\n", ":3:5: unknown operator 'Q'"},
             {"1.0 Z 4\n", ":1:7: a site is an integer from 0 to 3"},
             {"1.0 Z -1\n", "not '-1'"},
             {"1.0 Z 0 Z\n", ":1:10: the site of operator 'Z' is missing"},
             {"nan Z 0\n", ":1:1: a term begins with its coefficient"},
             {"1e999 Z 0\n", "a term begins with its coefficient"},
             {"0x10 Z 0\n", "a term begins with its coefficient"},
             {"(1.0 Z 0\n", "a term begins with its coefficient"},
             {"(1.0,2.0,3.0) Z 0\n", "a term begins with its coefficient"},
             {"1.0 Z 0 ) Z 1\n", "unknown operator ')'"},
             {"1.0 ZZ 0 1\n", "unknown operator 'ZZ'"},
             {"1.0 + 0 - 1\n", "not Hermitian"},
             {"! empty\n", "no terms"}};
  snprintf(deck, sizeof deck, "&lattice geometry = 'chain', length = 4 /\n&hamiltonian model = 'terms', file = '%s' /",
           terms);
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    write_file(terms, bad[k].text);
    RZ_EXPECT(model_deck_open(deck, &d) == RZ_ERR_DECK && !d.model);
    if (!RZ_EXPECT(strstr(rz_error_message(), bad[k].says))) fprintf(stderr, "  %s\n", rz_error_message());
    model_deck_close(&d);
  }
  remove(terms);
  remove(edges);
  RZ_EXPECT(model_deck_open(deck, &d) == RZ_ERR_INPUT);
  model_deck_close(&d);
}

static void sectors(void) {
  static const struct {
    const char *deck, *derived;
    bool fixed;
    int n_up;
  } row[] = {
      {RING6 "&hamiltonian model = 'heisenberg' /", "0", true, 3},
      {OPEN5 "&hamiltonian model = 'heisenberg' /", "1/2", true, 3},
      {RING6 "&hamiltonian model = 'tfim' /", "all", false, 0},
      {RING6 "&hamiltonian model = 'tfim', h = 0 /", "0", true, 3},
      {RING6 "&hamiltonian model = 'xyz', jx = 0.5 /", "all", false, 0},
      {RING6 "&hamiltonian model = 'xyz', jx = 0.5, jy = 0.5 /", "0", true, 3},
      {RING6 "&hamiltonian model = 'heisenberg', field_x = 0.1 /", "all", false, 0},
      {RING6 "&hamiltonian model = 'heisenberg', field_z = 0.1, dm = 0.2 /", "0", true, 3},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = 'all' /", "all", false, 0},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = '2' /", "2", true, 5},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = '-1' /", "-1", true, 2},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = '-3' /", "-3", true, 0},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = '4/2' /", "2", true, 5},
      {OPEN5 "&hamiltonian model = 'xxz' /\n&sector sz = '-1/2' /", "-1/2", true, 2},
      {OPEN5 "&hamiltonian model = 'xxz' /\n&sector sz = '1.5' /", "3/2", true, 4},
      {OPEN5 "&hamiltonian model = 'xxz' /\n&sector sz = '-0.5' /", "-1/2", true, 2},
  };
  for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
    model_deck d;
    if (!RZ_EXPECT_OK(model_deck_open(row[k].deck, &d))) continue;
    RZ_EXPECT(d.model->fixed_sz == row[k].fixed && d.model->n_up == row[k].n_up);
    if (!RZ_EXPECT(strcmp(rz_config_string(d.config, "sector", "sz"), row[k].derived) == 0))
      fprintf(stderr, "  %s: %s\n", row[k].deck, rz_config_string(d.config, "sector", "sz"));
    model_deck_close(&d);
  }
}

static void rotations(void) {
  static const struct {
    const char *deck;
    bool rotated;
  } row[] = {
      {RING6 "&hamiltonian model = 'heisenberg' /", true},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector marshall = 'none' /", false},
      {RING6 "&hamiltonian model = 'heisenberg', j = -1 /", false}, /* no signs to remove */
      {RING6 "&hamiltonian model = 'heisenberg', j = -1 /\n&sector marshall = 'rotate' /", true},
      {RING6 "&hamiltonian model = 'j1j2', j2 = 0.2 /", false}, /* would not remove all signs */
      {RING6 "&hamiltonian model = 'j1j2', j2 = -0.2 /", true},
      {RING6 "&hamiltonian model = 'j1j2', j2 = 0.2 /\n&sector marshall = 'rotate' /", true},
      {RING6 "&hamiltonian model = 'tfim' /", false},
      {RING6 "&hamiltonian model = 'tfim', h = -1 /", false}, /* one field term cannot be cured by sublattice A alone */
      {"&lattice geometry = 'chain', length = 5 /\n&hamiltonian model = 'heisenberg' /", false},
      {"&lattice geometry = 'square', length = 2, 3, boundary = 'open' /\n&hamiltonian model = 'heisenberg' /", true},
  };
  for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
    model_deck d;
    if (!RZ_EXPECT_OK(model_deck_open(row[k].deck, &d))) continue;
    const rz_model *m = d.model;
    if (!RZ_EXPECT(m->marshall == row[k].rotated)) fprintf(stderr, "  %s\n", row[k].deck);
    RZ_EXPECT((m->h == m->bare) == !m->marshall);
    RZ_EXPECT(strcmp(rz_config_string(d.config, "sector", "marshall"), m->marshall ? "rotate" : "none") == 0);
    const int n = rz_operator_n_site(m->h);
    double complex *bare = dense_of(m->bare), *h = dense_of(m->h);
    for (int r = 0; r < 1 << n; r++)
      for (int c = 0; c < 1 << n; c++) {
        int sign = 1;
        for (int i = 0; i < n && m->marshall; i++)
          if (m->marshall_mask[i] && ((r ^ c) >> i & 1)) sign = -sign;
        bare[(r << n) + c] *= sign;
      }
    RZ_EXPECT_NEAR(dense_distance(n, bare, h), 0.0, 0.0);
    free(bare);
    free(h);
    model_deck_close(&d);
  }
}

static void formulas(void) {
  static const char *const row[][2] = {
      {"&lattice geometry = 'chain', length = 40 /\n&hamiltonian model = 'tfim' /",
       "H = -1 sum_<ij> sz_i sz_j - 1 sum_i sx_i   (Pauli matrices, 40 bonds, 40 sites)"},
      {RING6 "&hamiltonian model = 'tfim', j = -1, h = -0.5, units = 'spin' /",
       "H = 1 sum_<ij> sz_i sz_j + 0.5 sum_i sx_i   (spin-1/2 operators, 6 bonds, 6 sites)"},
      {RING6 "&hamiltonian model = 'xxz', delta = -0.5, field_z = -0.25, dm = -0.1 /",
       "H = 1 sum_<ij> (sx_i sx_j + sy_i sy_j - 0.5 sz_i sz_j) - 0.1 sum_<ij> (sx_i sy_j - sy_i sx_j) + 0.25 sum_i "
       "sz_i   "
       "(spin-1/2 operators, 6 bonds, 6 sites)"},
      {RING6 "&hamiltonian model = 'heisenberg', random_field = 0.5, field_x = 1, 2, 3, 4, 5, 6 /",
       "H = 1 sum_<ij> (sx_i sx_j + sy_i sy_j + sz_i sz_j) - sum_i field_x[i] sx_i - sum_i w_i sz_i, w_i random in "
       "[-0.5, "
       "0.5]   (spin-1/2 operators, 6 bonds, 6 sites)"},
      {RING6 "&hamiltonian model = 'long_range_ising', power = 1.5 /",
       "H = -1 sum_pairs r^(-1.5) sz_a sz_b - 1 sum_i sx_i   (Pauli matrices, 6 bonds, 6 sites)"},
      {"&lattice geometry = 'square_links', length = 2, 2 /\n&hamiltonian model = 'z2_gauge', k = 2 /",
       "H = -2 sum_plaquettes sz sz sz sz - 0.3 sum_links sx   (Pauli matrices, 16 bonds, 8 sites)"},
      {"&lattice geometry = 'square_links', length = 3, 3 /\n&hamiltonian model = 'z2_gauge', j = 1 /",
       "H = -1 sum_plaquettes sz sz sz sz - 0.3 sum_links sx - 1 sum_stars sx sx sx sx   (Pauli matrices, 36 bonds, 18 "
       "sites)"},
      {"&lattice geometry = 'ladder', length = 4 /\n&hamiltonian model = 'heisenberg', j_rung = 2 /",
       "H = 1 sum_legs (sx_i sx_j + sy_i sy_j + sz_i sz_j) + 2 sum_rungs (sx_i sx_j + sy_i sy_j + sz_i sz_j)   "
       "(spin-1/2 "
       "operators, 12 bonds, 8 sites)"},
  };
  for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
    model_deck d;
    if (!RZ_EXPECT_OK(model_deck_open(row[k][0], &d))) continue;
    if (!RZ_EXPECT(strcmp(d.model->formula, row[k][1]) == 0)) fprintf(stderr, "  %s\n", d.model->formula);
    RZ_EXPECT(strcmp(rz_config_string(d.config, "hamiltonian", "units"), d.model->pauli ? "pauli" : "spin") == 0);
    model_deck_close(&d);
  }
}

static void wrong_decks_are_explained(void) {
  static const char *const row[][2] = {
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = '1/2' /",
       "6 sites have no sector Sz = 1/2; allowed are integers from -3 to 3"},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = '4' /", "6 sites have no sector Sz = 4"},
      {OPEN5 "&hamiltonian model = 'heisenberg' /\n&sector sz = '0' /", "half-integers from -5/2 to 5/2"},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = 'none' /", "'none' is not a sector"},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector sz = '1/3' /", "'1/3' is not a sector"},
      {RING6 "&hamiltonian model = 'tfim' /\n&sector sz = '0' /", "does not keep total Sz"},
      {"&lattice geometry = 'chain', length = 5 /\n&hamiltonian model = 'heisenberg' /\n&sector marshall = 'rotate' /",
       "needs two sublattices"},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector spin_flip = 0 /", "allowed are 1 and -1"},
      {RING6 "&hamiltonian model = 'heisenberg' /\n&sector reflection = 0 /", "allowed are 1 and -1"},
      {RING6 "&hamiltonian model = 'heisenberg', j_rung = 1 /", "only geometry = 'ladder' has rungs"},
      {RING6 "&hamiltonian model = 'heisenberg', bond_j = 1, 2 /", "2 values for 6 nearest-neighbour bonds"},
      {RING6 "&hamiltonian model = 'tfim', field_z = 1, 2 /", "2 values for 6 sites"},
      {"&lattice geometry = 'square', length = 4, 4 /\n&hamiltonian model = 'heisenberg', chiral = 1 /",
       "no triangles"},
      {"&lattice geometry = 'chain', length = 4, boundary = 'open' /\n&hamiltonian model = 'haldane_shastry' /",
       "lives on a ring"},
      {"&lattice geometry = 'chain', length = 2 /\n&hamiltonian model = 'j1j2' /", "no second neighbours"},
      {"&lattice geometry = 'chain', length = 4, 4 /\n&hamiltonian model = 'tfim' /", "takes 1 length, not 2"},
      {"&lattice geometry = 'square', length = 4 /\n&hamiltonian model = 'tfim' /", "takes 2 lengths, not 1"},
      {"&lattice geometry = 'chain' /\n&hamiltonian model = 'tfim' /", "takes 1 length, not 0"},
      {"&lattice geometry = 'chain', length = 1 /\n&hamiltonian model = 'tfim' /", "join sites to themselves"},
      {"&lattice geometry = 'square', length = 3, 3 /\n&hamiltonian model = 'z2_gauge' /",
       "needs the links of a torus: geometry = 'square_links', boundary = 'periodic'"},
      {"&lattice geometry = 'square_links', length = 3, 3, boundary = 'open', 'periodic' /\n"
       "&hamiltonian model = 'z2_gauge' /",
       "needs the links of a torus: geometry = 'square_links', boundary = 'periodic'"},
      {"&lattice geometry = 'square_links', length = 3, 1 /\n&hamiltonian model = 'z2_gauge' /",
       "join sites to themselves"},
      {"&lattice geometry = 'square_links', length = 2, 2 /\n&hamiltonian model = 'z2_gauge', field_z = 0, 0, 0, 0, 0, "
       "0, "
       "1, 0 /",
       "breaks the gauge symmetry of 'z2_gauge'; allowed is 0"},
      {"&lattice geometry = 'square_links', length = 2, 2 /\n&hamiltonian model = 'z2_gauge', random_field = 0.1 /",
       "breaks the gauge symmetry of 'z2_gauge'; allowed is 0"},
      {"&lattice geometry = 'chain', length = 4, boundary = 'open', 'open' /\n&hamiltonian model = 'tfim' /",
       "2 values for 1 direction"},
  };
  for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
    model_deck d;
    RZ_EXPECT(model_deck_open(row[k][0], &d) == RZ_ERR_DECK && !d.model);
    if (!RZ_EXPECT(strstr(rz_error_message(), row[k][1]) && strstr(rz_error_message(), "deck.nml:")))
      fprintf(stderr, "  %s\n  gives: %s\n", row[k][0], rz_error_message());
    model_deck_close(&d);
  }
}

/* One boundary serves all directions, two are taken in turn. */
static void boundaries(void) {
  static const struct {
    const char *boundary;
    int n_bond;
  } row[] = {{"'periodic'", 24}, {"'open'", 17}, {"'periodic', 'open'", 20}, {"'open', 'periodic'", 21}};
  for (int k = 0; k < 4; k++) {
    char deck[256];
    snprintf(deck, sizeof deck,
             "&lattice geometry = 'square', length = 4, 3, boundary = %s /\n&hamiltonian model = 'tfim' /",
             row[k].boundary);
    model_deck d;
    const rz_bond *bond;
    int64_t n = 0;
    if (RZ_EXPECT_OK(model_deck_open(deck, &d))) RZ_EXPECT_OK(rz_lattice_bonds(d.model->lattice, 1, &bond, &n));
    RZ_EXPECT(n == row[k].n_bond);
    model_deck_close(&d);
  }
  model_deck d;
  RZ_EXPECT_OK(
      model_deck_open("&lattice geometry = 'ladder', length = 3, legs = 3 /\n&hamiltonian model = 'tfim' /", &d));
  RZ_EXPECT(rz_lattice_n_site(d.model->lattice) == 9);
  model_deck_close(&d);
}

static void every_allocation_may_fail(void) {
  int n_failed = 0;
  for (int at = 1; at < 400; at += 3) {
    const int64_t alive = rz_memory_query().n_alive;
    model_deck d;
    rz_memory_fail_at(at);
    const rz_err rc = model_deck_open(RING6 "&hamiltonian model = 'heisenberg', dm = 0.1, chiral = 0.1 /", &d);
    rz_memory_fail_at(0);
    RZ_EXPECT(rc == RZ_OK || rc == RZ_ERR_MEMORY);
    n_failed += rc != RZ_OK;
    model_deck_close(&d);
    RZ_EXPECT(rz_memory_query().n_alive == alive);
  }
  RZ_EXPECT(n_failed > 10);
}

int main(void) {
  tfim();
  exchange_models();
  ladder_rungs();
  long_range_models();
  gauge_theory();
  fields_and_bond_lists();
  disorder();
  complex_terms();
  term_and_edge_files();
  sectors();
  rotations();
  formulas();
  wrong_decks_are_explained();
  boundaries();
  every_allocation_may_fail();
  return rz_check_finish();
}
