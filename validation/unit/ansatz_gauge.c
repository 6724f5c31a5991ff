/* modules: ansatz net model linalg core */
/* The gauge-invariant Boltzmann machine against its formula in extended precision, written with its own numbering of
 * links, for weights up to 20; and what it promises to the last bit: gauge transformations, committed or not, change
 * nothing, nor do 't Hooft loops unless Wilson loops are inputs. */
#include "check.h"
#include "ritz/ansatz/ansatz.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

#include <stdlib.h>
#include <string.h>

enum { LX = 3, LY = 4, N_LINK = 2 * LX * LY, MOST_INPUT = LX * LY + LX + LY };

static const double widths[] = {0.3, 3.0, 20.0};
static const char *const weights[] = {"real", "complex"}, *const winding[] = {"none", "loops"},
                         *const symmetry[] = {"none", "translation"};

static int right_of(int x, int y) { return 2 * ((x + LX) % LX + LX * ((y + LY) % LY)); }
static int up_of(int x, int y) { return right_of(x, y) + 1; }

static rz_lattice *torus(void) {
  rz_lattice *l = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&(rz_lattice_spec){"square_links", 2, {LX, LY}, {true, true}, 0, NULL}, &l));
  return l;
}

/* ---- the formula ---- */

static int inputs(bool loops, const int8_t *spin, int *x) {
  int n = 0;
  for (int j = 0; j < LY; j++)
    for (int i = 0; i < LX; i++)
      x[n++] = spin[right_of(i, j)] * spin[right_of(i, j + 1)] * spin[up_of(i, j)] * spin[up_of(i + 1, j)];
  for (int j = 0; j < LY && loops; j++, n++) {
    x[n] = 1;
    for (int i = 0; i < LX; i++) x[n] *= spin[right_of(i, j)];
  }
  for (int i = 0; i < LX && loops; i++, n++) {
    x[n] = 1;
    for (int j = 0; j < LY; j++) x[n] *= spin[up_of(i, j)];
  }
  return n;
}

static long double complex element(const rz_ansatz *a, const char *name, int64_t e) {
  const int v = rz_params_find(&a->params, name);
  const double *p = rz_params_real(&a->params, v);
  return a->is_complex ? CMPLXL(p[2 * e], p[2 * e + 1]) : p[e];
}

static long double complex log_cosh(long double complex z) {
  const long double complex up = creall(z) >= 0 ? z : -z;
  return up + clogl(1.0L + cexpl(-2.0L * up)) - logl(2.0L);
}

/* Of the state without symmetry. */
static long double complex formula(const rz_ansatz *a, bool loops, const int8_t *spin) {
  int x[MOST_INPUT];
  const int n = inputs(loops, spin, x);
  const int64_t n_hidden = a->params.view[rz_params_find(&a->params, "b")].shape[0];
  long double complex sum = 0.0L;
  for (int i = 0; i < n; i++) sum += x[i] * element(a, "a", i);
  for (int64_t j = 0; j < n_hidden; j++) {
    long double complex theta = element(a, "b", j);
    for (int i = 0; i < n; i++) theta += x[i] * element(a, "W", i * n_hidden + j);
    sum += log_cosh(theta);
  }
  return sum;
}

static void random_spins(uint64_t id, int64_t n, int8_t *spin) {
  rz_rng rng = rz_rng_stream(8, RZ_RNG_TEST, id);
  for (int64_t i = 0; i < n; i++) spin[i] = rz_rng_u32(&rng) & 1 ? 1 : -1;
}

static rz_ansatz *make(const rz_lattice *l, double width, int w, int loops, int shared, double alpha) {
  char spec[160];
  rz_ansatz *a = NULL;
  snprintf(spec, sizeof spec, "kind=gauge_rbm alpha=%g weights=%s winding=%s symmetry=%s init_width=%g", alpha,
           weights[w], winding[loops], symmetry[shared], width);
  RZ_EXPECT_OK(rz_ansatz_create_spec(l, 4, spec, &a));
  return a;
}

static double complex lane_ratio(const rz_ansatz *a, const double *out, int lane) {
  return CMPLX(out[lane], a->is_complex ? out[RZ_LANES + lane] : 0.0);
}

/* One link, and three, from every lane. Complex ratios are compared where no cosh came near a zero. */
static int wrong_ratios(const rz_ansatz *a, rz_block *b, bool loops, int n_flip, const int32_t *site) {
  double out[2 * RZ_LANES];
  int wrong = 0;
  rz_block_ratio(a, b, n_flip, site, out);
  for (int lane = 0; lane < RZ_LANES; lane++) {
    int8_t spin[N_LINK];
    rz_block_get(b, lane, spin);
    const long double complex before = formula(a, loops, spin);
    for (int k = 0; k < n_flip; k++) spin[site[k]] = (int8_t)-spin[site[k]];
    const long double complex d = formula(a, loops, spin) - before;
    if (fabsl(creall(d)) > 700.0L) continue; /* beyond a double */
    const double complex exact = (double complex)cexpl(d);
    wrong += !(cabs(lane_ratio(a, out, lane) - exact) <= (a->is_complex ? 1e-9 : 1e-11) * cabs(exact));
  }
  return wrong;
}

static void check_formula(const rz_lattice *l) {
  for (int k = 0; k < 3; k++)
    for (int w = 0; w < 2; w++)
      for (int loops = 0; loops < 2; loops++) {
        rz_ansatz *a = make(l, widths[k], w, loops, 0, 1.5);
        rz_block *b = NULL;
        int8_t spin[RZ_LANES * N_LINK];
        double complex out = 0.0;
        random_spins(1, RZ_LANES * N_LINK, spin);
        if (a && RZ_EXPECT_OK(rz_block_create(a, &b))) {
          RZ_EXPECT_OK(a->cls->log_psi(a, 1, spin, &out));
          RZ_EXPECT_NEAR(creal(out), (double)creall(formula(a, loops, spin)), 1e-13 * fmax(1.0, fabs(creal(out))));
          rz_block_set(b, RZ_LANES, spin);
          rz_block_refresh(a, b);
          int wrong = 0;
          for (int32_t i = 0; i < N_LINK; i++)
            wrong += wrong_ratios(a, b, loops, 1, &i) +
                     wrong_ratios(a, b, loops, 3, (const int32_t[]){i, (i + 5) % N_LINK, (i + 1) % N_LINK});
          if (!RZ_EXPECT(wrong == 0))
            fprintf(stderr, "  %d ratios, width %g, %s, %s\n", wrong, widths[k], weights[w], winding[loops]);
        }
        rz_block_destroy(&b);
        rz_ansatz_destroy(&a);
      }
}

/* ---- to the last bit ---- */

static void star(int v, int32_t site[4]) {
  const int x = v % LX, y = v / LX;
  const int32_t link[4] = {right_of(x, y), right_of(x - 1, y), up_of(x, y), up_of(x, y - 1)};
  memcpy(site, link, sizeof link);
}

static void flip(int n, const int32_t *site, int8_t *spin) {
  for (int k = 0; k < n; k++) spin[site[k]] = (int8_t)-spin[site[k]];
}

static bool same(const rz_ansatz *a, const int8_t *one, const int8_t *two) {
  double complex x = 0.0, y = 1.0;
  RZ_EXPECT_OK(a->cls->log_psi(a, 1, one, &x));
  RZ_EXPECT_OK(a->cls->log_psi(a, 1, two, &y));
  return memcmp(&x, &y, sizeof x) == 0;
}

static void check_orbits(const rz_ansatz *a, bool loops) {
  int8_t spin[N_LINK], other[N_LINK];
  for (uint64_t id = 0; id < 10; id++) {
    int32_t site[4], across[LY], along[LX];
    random_spins(20 + id, N_LINK, spin);
    memcpy(other, spin, sizeof spin);
    for (int v = 0; v < LX * LY - 1; v++) { /* all of them together flip nothing */
      star(v, site);
      flip(4, site, other);
      if (v % 3) RZ_EXPECT(same(a, spin, other) && memcmp(spin, other, sizeof spin) != 0);
    }
    memcpy(other, spin, sizeof spin); /* 't Hooft loops: the links that a line between the vertices cuts */
    for (int y = 0; y < LY; y++) across[y] = right_of(1, y);
    for (int x = 0; x < LX; x++) along[x] = up_of(x, 2);
    flip(LY, across, other);
    RZ_EXPECT(same(a, spin, other) == !loops);
    flip(LX, along, other);
    RZ_EXPECT(same(a, spin, other) == !loops);
  }
}

/* The ratio of a star is 1, exactly; making it changes the spins and no ratio. */
static void check_star_moves(const rz_ansatz *a) {
  rz_block *b = NULL;
  int8_t spin[RZ_LANES * N_LINK], now[N_LINK];
  uint8_t accept[RZ_LANES];
  double before[2 * RZ_LANES], after[2 * RZ_LANES];
  const int32_t link = 7;
  const size_t size = sizeof(double) * (size_t)(RZ_LANES * rz_ansatz_n_comp(a));
  for (int lane = 0; lane < RZ_LANES; lane++) accept[lane] = (uint8_t)(lane % 3 != 0);
  random_spins(40, RZ_LANES * N_LINK, spin);
  if (!RZ_EXPECT_OK(rz_block_create(a, &b))) return;
  rz_block_set(b, RZ_LANES, spin);
  rz_block_refresh(a, b);
  rz_block_ratio(a, b, 1, &link, before);
  for (int v = 0; v < LX * LY; v++) {
    int32_t site[4];
    double one[2 * RZ_LANES];
    star(v, site);
    rz_block_ratio(a, b, 4, site, one);
    for (int lane = 0; lane < RZ_LANES; lane++) RZ_EXPECT(lane_ratio(a, one, lane) == 1.0);
    rz_block_commit(a, b, accept);
    rz_block_ratio(a, b, 1, &link, after);
    RZ_EXPECT(memcmp(before, after, size) == 0);
    for (int lane = 0; lane < RZ_LANES; lane++) {
      int8_t *mine = spin + lane * N_LINK;
      if (accept[lane]) flip(4, site, mine);
      rz_block_get(b, lane, now);
      RZ_EXPECT(memcmp(now, mine, sizeof now) == 0);
    }
  }
  rz_block_destroy(&b);
}

static void check_invariance(const rz_lattice *l) {
  for (int k = 0; k < 3; k++)
    for (int w = 0; w < 2; w++)
      for (int loops = 0; loops < 2; loops++)
        for (int shared = 0; shared < 2; shared++) {
          rz_ansatz *a = make(l, widths[k], w, loops, shared, 2.0);
          if (a) check_orbits(a, loops), check_star_moves(a);
          rz_ansatz_destroy(&a);
        }
}

/* ---- sizes, the toric code as a start, decks that are refused ---- */

static void check_parameters(const rz_lattice *l) {
  rz_ansatz *a = make(l, 0.1, 0, 0, 1, 2.0);
  if (a) RZ_EXPECT(a->params.n == 2 * LX * LY + 2 + 1);
  rz_ansatz_destroy(&a);
  a = make(l, 0.1, 0, 1, 1, 2.0);
  if (a) RZ_EXPECT(a->params.n == 2 * (LX * LY + LX + LY) + 2 + 3);
  rz_ansatz_destroy(&a);
  for (int w = 0; w < 2; w++) {
    rz_ansatz *flux = NULL;
    char spec[128];
    a = make(l, 0.1, w, 1, 1, 1.0);
    snprintf(spec, sizeof spec,
             "kind=gauge_rbm weights=%s winding=loops symmetry=translation init_width=0.1 init_flux=3", weights[w]);
    if (a && RZ_EXPECT_OK(rz_ansatz_create_spec(l, 4, spec, &flux))) /* the plaquettes' and no other */
      for (int64_t i = 0; i < a->params.n; i++) {
        const bool first = &a->params.value[i] == rz_params_real(&a->params, rz_params_find(&a->params, "a"));
        RZ_EXPECT_NEAR(flux->params.value[i] - a->params.value[i], first ? 3.0 : 0.0, 1e-15);
      }
    rz_ansatz_destroy(&flux);
    rz_ansatz_destroy(&a);
  }
}

static void check_refusals(void) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "what to do")};
  static const char *const names[] = {"run", "ansatz", NULL};
  static const rz_study_groups study = {"only", "one", names};
  static const struct {
    const char *geometry, *deck, *says;
    bool periodic;
  } bad[] = {
      {"square", "&run study = 'only' /\n&ansatz kind = 'gauge_rbm' /\n",
       "deck.nml:2:9: error: 'gauge_rbm' needs the links of a torus: geometry = 'square_links'", true},
      {"square_links", "&run study = 'only' /\n&ansatz kind = 'gauge_rbm' /\n",
       "deck.nml:2:9: error: 'gauge_rbm' needs the links of a torus: geometry = 'square_links', boundary = 'periodic'",
       false},
      {"square_links", "&run study = 'only' /\n&ansatz kind = 'gauge_rbm', alpha = 0.01 /\n",
       "alpha = 0.01 gives 0.12 hidden units on 12 plaquettes; allowed are", true},
      {"square_links", "&run study = 'only' /\n&ansatz kind = 'gauge_rbm', winding = 'loop' /\n",
       "did you mean 'loops'", true},
      {"square_links", "&run study = 'only' /\n&ansatz kind = 'gauge_rbm', init_flux = -1 /\n", "0 to 100", true},
  };
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    const rz_option_group groups[] = {{.name = "run", .about = "the run", .rows = run, .n_rows = 1, .selector = NULL},
                                      *rz_ansatz_options()};
    const rz_schema schema = {groups, 2, &study, 1};
    rz_config *config = NULL;
    rz_lattice *l = NULL;
    rz_ansatz *a = NULL;
    const bool p = bad[k].periodic;
    RZ_EXPECT_OK(rz_lattice_create(&(rz_lattice_spec){bad[k].geometry, 2, {LX, LY}, {p, true}, 0, NULL}, &l));
    rz_err rc = rz_config_parse("deck.nml", bad[k].deck, (int64_t)strlen(bad[k].deck), &schema, &config);
    if (rc == RZ_OK) rc = rz_ansatz_create(&(rz_ansatz_input){.config = config, .lattice = l, .seed = 1}, &a);
    RZ_EXPECT(rc == RZ_ERR_DECK && a == NULL);
    if (!RZ_EXPECT(strstr(rz_error_message(), bad[k].says))) fprintf(stderr, "  %s\n", rz_error_message());
    rz_config_destroy(&config);
    rz_lattice_destroy(&l);
  }
}

static void every_allocation_may_fail(const rz_lattice *l) {
  int n_failed = 0;
  for (int at = 1; at < 60; at++) {
    const int64_t alive = rz_memory_query().n_alive;
    rz_ansatz *a = NULL;
    double complex y;
    const int8_t spin[N_LINK] = {0};
    rz_memory_fail_at(at);
    rz_err rc = rz_ansatz_create_spec(l, 1, "kind=gauge_rbm winding=loops weights=complex", &a);
    if (rc == RZ_OK) rc = a->cls->log_psi(a, 1, spin, &y);
    rz_memory_fail_at(0);
    RZ_EXPECT(rc == RZ_OK || rc == RZ_ERR_MEMORY);
    n_failed += rc != RZ_OK;
    rz_ansatz_destroy(&a);
    RZ_EXPECT(rz_memory_query().n_alive == alive);
  }
  RZ_EXPECT(n_failed > 10);
}

int main(void) {
  rz_lattice *l = torus();
  check_formula(l);
  check_invariance(l);
  check_parameters(l);
  check_refusals();
  every_allocation_may_fail(l);
  rz_lattice_destroy(&l);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
