/* Free-fermion Ising and XY chains: brute-force diagonalisation for every sign, both boundaries and both sectors, and
 * the table of exact values. */
/* modules: exact linalg core */
#include "check.h"
#include "reference_table.h"

#include "ritz/exact/closed_form.h"
#include "ritz/exact/free_fermion.h"
#include "ritz/linalg/blas.h"

enum { MAX_N = 8, MAX_DIM = 1 << (MAX_N - 1) };

/* A chain of n sites; bond i joins i and i + 1 modulo n, and an open chain has bond n - 1 zero. */
typedef struct chain {
  int n;
  double jz[MAX_N], jy[MAX_N], h[MAX_N];
} chain;

/* --- independent: the 2^(n-1) states of a sector in the basis of sx (bit = 1: sx = -1) -------------------------- */

static double brute_matrix[MAX_DIM * MAX_DIM], brute_levels[MAX_DIM];

static int odd_bits(unsigned x) {
  int parity = 0;
  for (; x != 0; x &= x - 1) parity ^= 1;
  return parity;
}

/* The sector's states are numbered by their first n - 1 bits; bit n - 1 follows from the parity. */
static unsigned full_state(unsigned index, int n, int parity) {
  const int odd = odd_bits(index);
  return index | (unsigned)(odd != (parity < 0)) << (n - 1);
}

/* sy sy of a flipped pair in this basis: -1 for equal bits. */
static double yy_sign(unsigned state, int i, int j) { return ((state >> i) & 1U) == ((state >> j) & 1U) ? -1.0 : 1.0; }

static void brute_solve(const chain *c, int parity) {
  const int n = c->n, dim = 1 << (n - 1);
  memset(brute_matrix, 0, sizeof brute_matrix);
  for (unsigned a = 0; a < (unsigned)dim; ++a) {
    const unsigned s = full_state(a, n, parity);
    for (int i = 0; i < n; ++i) {
      brute_matrix[a + (unsigned)dim * a] -= c->h[i] * ((s >> i & 1U) ? -1.0 : 1.0);
      const int j = (i + 1) % n;
      const unsigned to = (s ^ 1U << i ^ 1U << j) & ((unsigned)dim - 1);
      brute_matrix[to + (unsigned)dim * a] -= c->jz[i] + c->jy[i] * yy_sign(s, i, j);
    }
  }
  RZ_EXPECT(LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'U', dim, brute_matrix, dim, brute_levels) == 0);
}

static double brute_x(int n, int parity, int i) {
  double sum = 0.0;
  for (unsigned a = 0; a < 1U << (n - 1); ++a)
    sum += brute_matrix[a] * brute_matrix[a] * ((full_state(a, n, parity) >> i & 1U) ? -1.0 : 1.0);
  return sum;
}

static void brute_pair(int n, int parity, int i, int j, double *xx, double *yy, double *zz) {
  *xx = *yy = *zz = 0.0;
  for (unsigned a = 0; a < 1U << (n - 1); ++a) {
    const unsigned s = full_state(a, n, parity), to = (s ^ 1U << i ^ 1U << j) & ((1U << (n - 1)) - 1);
    const double p = brute_matrix[a] * brute_matrix[a], flip = brute_matrix[a] * brute_matrix[to];
    *xx += p * (((s >> i) & 1U) == ((s >> j) & 1U) ? 1.0 : -1.0);
    *zz += flip;
    *yy += flip * yy_sign(s, i, j);
  }
}

/* --- comparisons ------------------------------------------------------------------------------------------------ */

static void compare_correlations(const rz_free_fermion *s, int n, int parity) {
  for (int i = 0; i < n; ++i) {
    double x = 0.0;
    RZ_EXPECT_OK(rz_free_fermion_x(s, i, &x));
    RZ_EXPECT_NEAR(x, brute_x(n, parity, i), 1e-9);
    for (int j = 0; j < n; ++j) {
      if (i == j) continue;
      double xx, yy, zz, a = 0.0, b = 0.0, c = 0.0;
      brute_pair(n, parity, i, j, &xx, &yy, &zz);
      RZ_EXPECT_OK(rz_free_fermion_xx(s, i, j, &a));
      RZ_EXPECT_OK(rz_free_fermion_yy(s, i, j, &b));
      RZ_EXPECT_OK(rz_free_fermion_zz(s, i, j, &c));
      RZ_EXPECT_NEAR(a, xx, 1e-9);
      RZ_EXPECT_NEAR(b, yy, 1e-9);
      RZ_EXPECT_NEAR(c, zz, 1e-9);
    }
  }
}

/* err and s: what the library made of the sector that brute_solve has just solved. */
static void compare_state(rz_err err, rz_free_fermion *s, int n, int parity) {
  const double spacing = brute_levels[1] - brute_levels[0];
  if (spacing < 1e-10) {
    RZ_EXPECT(err == RZ_ERR_NUM);
  } else if (RZ_EXPECT(err == RZ_OK)) {
    RZ_EXPECT(rz_free_fermion_parity(s) == parity);
    RZ_EXPECT_NEAR(rz_free_fermion_energy(s), brute_levels[0], 1e-11);
    /* eigenvectors of nearly degenerate levels are not good to 1e-9 */
    if (spacing > 1e-5) compare_correlations(s, n, parity);
  }
}

static void ring_case(int n, double j, double h) {
  chain c = {.n = n};
  double sector[2][2];
  rz_tfim_levels levels;
  for (int i = 0; i < n; ++i) {
    c.jz[i] = j;
    c.h[i] = h;
  }
  RZ_EXPECT_OK(rz_tfim_ring_levels(n, j, h, &levels));
  for (int p = 0; p < 2; ++p) {
    const int parity = 1 - 2 * p;
    brute_solve(&c, parity);
    sector[p][0] = brute_levels[0];
    sector[p][1] = n > 1 ? brute_levels[1] : INFINITY;
    rz_free_fermion *s = NULL;
    const rz_err err = rz_free_fermion_ring(n, j, h, parity, &s);
    compare_state(err, s, n, parity);
    rz_free_fermion_destroy(&s);
    const double *const ours = p == 0 ? levels.even : levels.odd;
    RZ_EXPECT_NEAR(ours[0], sector[p][0], 1e-11);
    RZ_EXPECT_NEAR(ours[1], sector[p][1], 1e-11);
  }
  const double e0 = fmin(sector[0][0], sector[1][0]), top = fmax(sector[0][0], sector[1][0]);
  const double e1 = fmin(top, sector[0][0] < sector[1][0] ? sector[0][1] : sector[1][1]);
  RZ_EXPECT_NEAR(levels.e0, e0, 1e-11);
  RZ_EXPECT_NEAR(levels.gap, e1 - e0, 1e-11);
  if (top - e0 > 1e-10) RZ_EXPECT(levels.parity == (sector[0][0] < sector[1][0] ? 1 : -1));
}

static void test_rings(void) {
  const double js[] = {1.0, -1.0, 0.7, -0.7, 0.0}, hs[] = {0.0, 0.3, -0.3, 1.0, -1.0, 1.7, -1.7};
  for (int n = 2; n <= 7; ++n)
    for (int a = 0; a < 5; ++a)
      for (int b = 0; b < 7; ++b) ring_case(n, js[a], hs[b]);
  ring_case(8, 1.0, 0.8);
  ring_case(8, -1.0, -0.8);
}

static void open_case(const chain *c, int with_y) {
  double low[2];
  for (int p = 0; p < 2; ++p) {
    const int parity = 1 - 2 * p;
    brute_solve(c, parity);
    low[p] = brute_levels[0];
    rz_free_fermion *s = NULL;
    const rz_err err = rz_free_fermion_open(c->n, c->jz, with_y ? c->jy : NULL, c->h, parity, &s);
    compare_state(err, s, c->n, parity);
    rz_free_fermion_destroy(&s);
  }
  rz_free_fermion *s = NULL;
  if (RZ_EXPECT_OK(rz_free_fermion_open(c->n, c->jz, with_y ? c->jy : NULL, c->h, 0, &s))) {
    RZ_EXPECT_NEAR(rz_free_fermion_energy(s), fmin(low[0], low[1]), 1e-11);
    RZ_EXPECT_NEAR(rz_free_fermion_gap(s), fabs(low[0] - low[1]), 1e-11);
    if (fabs(low[0] - low[1]) > 1e-10) RZ_EXPECT(rz_free_fermion_parity(s) == (low[0] < low[1] ? 1 : -1));
  }
  rz_free_fermion_destroy(&s);
}

/* Couplings that differ from bond to bond and site to site, of both signs. */
static double varied(int i, int seed) { return sin(1.0 + 7.0 * i + 3.7 * seed) + 0.2; }

static void test_open_chains(void) {
  for (int n = 2; n <= 7; ++n)
    for (int seed = 0; seed < 4; ++seed) {
      chain c = {.n = n};
      for (int i = 0; i < n; ++i) {
        c.jz[i] = i < n - 1 ? varied(i, seed) : 0.0;
        c.h[i] = varied(i, seed + 10);
      }
      open_case(&c, 0);
      for (int i = 0; i < n - 1; ++i) c.jy[i] = 0.5 * varied(i, seed + 20);
      open_case(&c, 1);
    }
  chain zero = {.n = 5};
  for (int i = 0; i < 4; ++i) zero.jz[i] = -1.0;
  open_case(&zero, 0); /* no field: both sectors at the same energy */
  zero.h[2] = 0.4;
  open_case(&zero, 0);
}

/* The gap by quadrature against the difference of the levels, and against its closed form at the critical point. */
static void test_gap(void) {
  const int ns[] = {2, 3, 8, 21, 64, 200, 1000};
  for (int a = 0; a < 7; ++a) {
    const int n = ns[a];
    rz_tfim_levels levels;
    rz_closed_form critical;
    for (double h = 0.05; h < 2.0; h += 0.05) {
      RZ_EXPECT_OK(rz_tfim_ring_levels(n, 1.0, h, &levels));
      RZ_EXPECT_NEAR(levels.gap, levels.odd[0] - levels.even[0], 1e-14 * n);
      /* below the splitting falls as h^n, and out of double precision at last */
      RZ_EXPECT((levels.gap > 0.0 || pow(h, n) < 1e-300) && levels.parity == 1);
    }
    RZ_EXPECT_OK(rz_tfim_ring_levels(n, 1.0, 1.0, &levels));
    RZ_EXPECT_OK(rz_tfim_critical_ring(n, 1.0, &critical));
    RZ_EXPECT_NEAR(levels.e0, critical.energy, 1e-13 * fabs(critical.energy));
    RZ_EXPECT_NEAR(levels.gap, critical.gap, 1e-12 * critical.gap);
    /* duality: the tail of the gap is symmetric in j and h */
    rz_tfim_levels dual;
    RZ_EXPECT_OK(rz_tfim_ring_levels(n, 1.0, 0.99, &levels));
    RZ_EXPECT_OK(rz_tfim_ring_levels(n, 0.99, 1.0, &dual));
    RZ_EXPECT_NEAR(dual.gap, levels.gap + 2.0 * (1.0 - 0.99), 1e-14);
  }
}

/* --- the table -------------------------------------------------------------------------------------------------- */

/* The state of the last row, since rows come in groups. */
typedef struct cache {
  rz_free_fermion *state;
  rz_tfim_levels levels;
  char key[128];
} cache;

static int row_couplings(const rz_ref_row *r, double *jz, double *jy, double *h) {
  double gamma = 0.0;
  if (rz_ref_number(r->params, "h", h) != 0) return 1;
  *jy = 0.0;
  if (rz_ref_number(r->params, "J", jz) == 0) return 0;
  if (rz_ref_number(r->params, "gamma", &gamma) != 0) return 1;
  *jz = 0.5 * (1.0 + gamma);
  *jy = 0.5 * (1.0 - gamma);
  return 0;
}

static int cache_fill(cache *c, const rz_ref_row *r) {
  enum { MAX = 2048 };
  static double jz[MAX], jy[MAX], h[MAX];
  char key[sizeof c->key];
  snprintf(key, sizeof key, "%s %s %d %s", r->model, r->params, r->n, r->bc);
  if (strcmp(key, c->key) == 0) return 0;
  rz_free_fermion_destroy(&c->state);
  c->key[0] = '\0';
  if (r->n > MAX || row_couplings(r, jz, jy, h) != 0) return 1;
  if (*r->bc == 'P') {
    if (!RZ_EXPECT_OK(rz_tfim_ring_levels(r->n, *jz, *h, &c->levels))) return 1;
    if (!RZ_EXPECT_OK(rz_free_fermion_ring(r->n, *jz, *h, 0, &c->state))) return 1;
  } else {
    for (int i = 1; i < r->n; ++i) {
      jz[i] = jz[0];
      jy[i] = jy[0];
      h[i] = h[0];
    }
    if (!RZ_EXPECT_OK(rz_free_fermion_open(r->n, jz, *jy != 0.0 ? jy : NULL, h, 0, &c->state))) return 1;
  }
  memcpy(c->key, key, sizeof key);
  return 0;
}

static double ring_sum_zz(const rz_free_fermion *s, int n) {
  double sum = 0.0, zz = NAN;
  for (int r = 0; r < n; ++r) {
    RZ_EXPECT_OK(rz_free_fermion_zz(s, 0, r, &zz));
    sum += zz;
  }
  return sum;
}

/* Our value of a row of correlations or entropies; NaN if the quantity is not known. */
static double row_correlation(const cache *c, const rz_ref_row *r) {
  const char *const q = r->quantity;
  double value = NAN, other = NAN, i = 0.0, d = 0.0;
  if (strcmp(q, "<sx_i>") == 0 || strcmp(q, "<sx_0> edge") == 0)
    RZ_EXPECT_OK(rz_free_fermion_x(c->state, 0, &value));
  else if (strcmp(q, "<sx_(N/2)> bulk") == 0)
    RZ_EXPECT_OK(rz_free_fermion_x(c->state, r->n / 2, &value));
  else if (strncmp(q, "sum_r <sz_0 sz_r>", 17) == 0)
    value = ring_sum_zz(c->state, r->n);
  else if (strncmp(q, "<sz_", 4) == 0 && rz_ref_number(q, "r", &d) == 0) {
    if (strncmp(q, "<sz_i", 5) == 0 && rz_ref_number(q, "i", &i) != 0) return NAN;
    RZ_EXPECT_OK(rz_free_fermion_zz(c->state, (int)i, (int)(i + d), &value));
  } else if (strcmp(q, "S_vN half chain (nat. log)") == 0)
    RZ_EXPECT_OK(rz_free_fermion_entropy(c->state, 0, r->n / 2, &value, &other));
  else if (strcmp(q, "S_Renyi2 half chain (nat. log)") == 0)
    RZ_EXPECT_OK(rz_free_fermion_entropy(c->state, 0, r->n / 2, &other, &value));
  return value;
}

static double row_value(const cache *c, const rz_ref_row *r) {
  const char *const q = r->quantity;
  if (strcmp(q, "E0") == 0) return rz_free_fermion_energy(c->state);
  if (strcmp(q, "E0/N") == 0) return rz_free_fermion_energy(c->state) / r->n;
  if (strncmp(q, "gap E1-E0", 9) == 0) return rz_free_fermion_gap(c->state);
  if (*r->bc == 'P') {
    if (strcmp(q, "E first excited in P=+1 (k=0)") == 0) return c->levels.even[1];
    if (strcmp(q, "E lowest in P=-1 k=2pi/N (twofold)") == 0) return c->levels.odd[1];
    if (strcmp(q, "E1 (lowest; parity P=prod sx=-1; k=0)") == 0) return c->levels.odd[0];
  }
  return row_correlation(c, r);
}

/* Rows that are excluded because the table's own value is rounded off: we must agree within that rounding, 1e-37 for
 * gaps from differences of 40-digit energies, 1e-15 for correlations from determinants in double precision. */
static void check_rounded_row(cache *c, const rz_ref_row *r) {
  if (strcmp(r->lattice, "chain") != 0 || strcmp(r->model, "TFIM") != 0) return;
  const double room = strncmp(r->quantity, "gap", 3) == 0 ? 1e-37 : 1e-15;
  if (RZ_EXPECT(cache_fill(c, r) == 0)) RZ_EXPECT_NEAR(row_value(c, r), r->value, room);
}

static void test_table(void) {
  rz_ref_table t;
  cache c = {.state = NULL};
  int rows = 0;
  if (!RZ_EXPECT(rz_ref_open(&t) == 0)) return;
  for (int k = 0; k < t.n_rows; ++k) {
    const rz_ref_row *const r = &t.rows[k];
    if (rz_ref_excluded(&t, r)) check_rounded_row(&c, r);
    if (!rz_ref_covered(&t, "exact_free_fermion", r)) continue;
    rows++;
    const int before = rz_n_failed;
    if (RZ_EXPECT(cache_fill(&c, r) == 0)) RZ_EXPECT_NEAR(row_value(&c, r), r->value, rz_ref_tolerance(r));
    if (rz_n_failed > before)
      fprintf(stderr, "  exact.csv:%d %s %s N=%d %s %s\n", r->line, r->model, r->params, r->n, r->bc, r->quantity);
  }
  printf("%d rows of the table\n", rows);
  RZ_EXPECT(rows > 0);
  rz_free_fermion_destroy(&c.state);
  rz_ref_close(&t);
}

static void test_bad_input(void) {
  rz_tfim_levels levels;
  rz_free_fermion *s = NULL;
  const double one = 1.0;
  double value;
  RZ_EXPECT(rz_tfim_ring_levels(1, 1.0, 1.0, &levels) == RZ_ERR_ARG);
  RZ_EXPECT(rz_tfim_ring_levels(4, NAN, 1.0, &levels) == RZ_ERR_ARG);
  RZ_EXPECT(rz_free_fermion_ring(4, 1.0, 1.0, 2, &s) == RZ_ERR_ARG);
  RZ_EXPECT(rz_free_fermion_open(0, NULL, NULL, &one, 0, &s) == RZ_ERR_ARG);
  RZ_EXPECT(rz_free_fermion_open(2, NULL, NULL, &one, 0, &s) == RZ_ERR_ARG);
  RZ_EXPECT(s == NULL);
  RZ_EXPECT_OK(rz_free_fermion_open(1, NULL, NULL, &one, 0, &s));
  RZ_EXPECT_NEAR(rz_free_fermion_energy(s), -1.0, 0.0);
  RZ_EXPECT(rz_free_fermion_zz(s, 0, 1, &value) == RZ_ERR_ARG);
  rz_free_fermion_destroy(&s);
}

int main(void) {
  test_rings();
  test_open_chains();
  test_gap();
  test_table();
  test_bad_input();
  return rz_check_finish();
}
