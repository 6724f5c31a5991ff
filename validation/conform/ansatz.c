/* modules: ansatz net model linalg core */
/* Every ansatz of the registry, with every combination of its choices, on chains, a square, a kagome lattice and
 * the links of tori, as far as it can live there. New kinds and new choices are found by themselves. Fixed seeds;
 * nothing statistical. What option names promise: bias = 'none': exactly even under a global flip; symmetry other than
 * 'none': invariant under translations; weights = 'real': log psi real. */
#include "ritz/ansatz/ansatz.h"
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SITE = 64, N_CONFIG = 5, MAX_SPEC = 256 };

typedef struct setting {
  const rz_ansatz_class *cls;
  const rz_lattice *lattice;
  char spec[MAX_SPEC];
  double width;
} setting;

/* Say where an expectation failed. */
static void report(int failed_before, const setting *s, const char *check) {
  if (rz_n_failed > failed_before)
    fprintf(stderr, "  in %s of \"%s\", %d sites, width %g\n", check, s->spec, rz_lattice_n_site(s->lattice), s->width);
}

static bool near(double complex a, double complex b, double tol) { return cabs(a - b) <= tol * fmax(1.0, cabs(b)); }

/* a ~ b relative to b's own size */
static bool close_to(double complex a, double complex b, double tol) { return cabs(a - b) <= tol * cabs(b); }

static void random_spins(uint64_t id, int64_t n, int8_t *spin) {
  rz_rng rng = rz_rng_stream(3, RZ_RNG_TEST, id);
  for (int64_t i = 0; i < n; ++i) spin[i] = (int8_t)(rz_rng_u32(&rng) & 1 ? 1 : -1);
}

static rz_ansatz *make(const setting *s, uint64_t seed) {
  rz_ansatz *a = NULL;
  char spec[MAX_SPEC + 40];
  snprintf(spec, sizeof spec, "%s init_width=%g", s->spec, s->width);
  RZ_EXPECT_OK(rz_ansatz_create_spec(s->lattice, seed, spec, &a));
  return a;
}

static bool says(const setting *s, const char *word) { return strstr(s->spec, word) != NULL; }
static bool has_option(const rz_ansatz_class *c, const char *name) {
  for (int i = 0; i < c->n_options; ++i)
    if (strcmp(c->options[i].name, name) == 0) return true;
  return false;
}

static double complex log_psi(const rz_ansatz *a, const int8_t *spin) {
  double complex out = NAN;
  RZ_EXPECT_OK(a->cls->log_psi(a, 1, spin, &out));
  return out;
}

/* log psi(s') - log psi(s), imaginary part modulo 2 pi */
static double complex log_change(double complex after, double complex before) {
  const double complex d = after - before;
  return CMPLX(creal(d), remainder(cimag(d), 2.0 * RZ_PI));
}

/* ---- the Jacobian against five-point differences of log psi ---- */
static double complex derivative(rz_ansatz *a, const int8_t *spin, int64_t k) {
  const double h = 3e-4, x = a->params.value[k], at[4] = {-2, -1, 1, 2}, weight[4] = {1, -8, 8, -1};
  const double complex origin = log_psi(a, spin);
  double complex sum = 0.0;
  for (int m = 0; m < 4; ++m) {
    a->params.value[k] = x + at[m] * h;
    RZ_EXPECT_OK(rz_ansatz_update(a));
    sum += weight[m] * log_change(log_psi(a, spin), origin);
  }
  a->params.value[k] = x;
  RZ_EXPECT_OK(rz_ansatz_update(a));
  return sum / (12.0 * h);
}

static void check_jacobian(const setting *s) {
  rz_ansatz *a = make(s, 1);
  if (a == NULL) return;
  int8_t spin[N_CONFIG * MAX_SITE];
  random_spins(1, (int64_t)N_CONFIG * a->n_site, spin);
  rz_jacobian *j = NULL;
  double *row = NULL;
  const int n_comp = rz_ansatz_n_comp(a);
  if (RZ_EXPECT_OK(rz_ansatz_jacobian(a, N_CONFIG, spin, &j)) &&
      RZ_EXPECT_OK(RZ_NEW0(2 * N_CONFIG * a->params.n, &row))) {
    RZ_EXPECT(rz_jacobian_n(j) == N_CONFIG && rz_jacobian_n_comp(j) == n_comp && rz_jacobian_n_param(j) == a->params.n);
    for (int c = 0; c < n_comp; ++c)
      RZ_EXPECT_OK(rz_jacobian_rows(j, c, 0, N_CONFIG, row + c * N_CONFIG * a->params.n));
    int bad = 0;
    for (int i = 0; i < N_CONFIG; ++i)
      for (int64_t k = 0; k < a->params.n; k += 1 + a->params.n / 60) {
        const double complex o = CMPLX(row[i * a->params.n + k], row[(N_CONFIG + i) * a->params.n + k]);
        if (!near(o, derivative(a, spin + (int64_t)i * a->n_site, k), 1e-7)) bad++;
      }
    RZ_EXPECT(bad == 0);
  }
  rz_jacobian_destroy(&j);
  if (RZ_EXPECT_OK(rz_ansatz_jacobian(a, 0, spin, &j))) RZ_EXPECT(rz_jacobian_n(j) == 0);
  RZ_EXPECT_OK(a->cls->log_psi(a, 0, spin, NULL));
  rz_jacobian_destroy(&j);
  rz_free(&row);
  rz_ansatz_destroy(&a);
}

/* ---- ratios against differences of log psi ---- */
static void ratios(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double complex *out) {
  double planes[2 * RZ_LANES] = {0.0};
  rz_block_ratio(a, b, n_flip, site, planes);
  for (int l = 0; l < RZ_LANES; ++l) out[l] = CMPLX(planes[l], a->is_complex ? planes[RZ_LANES + l] : 0.0);
}

/* log psi of the lanes. */
static void values(const rz_ansatz *a, const rz_block *b, double complex *out) {
  for (int l = 0; l < RZ_LANES; ++l) {
    int8_t spin[MAX_SITE];
    rz_block_get(b, l, spin);
    out[l] = log_psi(a, spin);
  }
}

static int worst_ratio(const rz_ansatz *a, rz_block *b, const double complex *before, int n_flip, const int32_t *site,
                       double tol) {
  double complex out[RZ_LANES];
  int bad = 0;
  ratios(a, b, n_flip, site, out);
  for (int l = 0; l < RZ_LANES; ++l) {
    int8_t spin[MAX_SITE];
    rz_block_get(b, l, spin);
    for (int k = 0; k < n_flip; ++k) spin[site[k]] = (int8_t)-spin[site[k]];
    const double complex change = log_change(log_psi(a, spin), before[l]);
    if (creal(change) > 700.0 || creal(change) < -700.0) continue; /* beyond a double */
    if (!close_to(out[l], cexp(change), tol)) bad++;
  }
  return bad;
}

/* Ratios asked for together are those asked for one by one, to the bit: n moves of n_flip sites each. */
static int together_differs(const rz_ansatz *a, rz_block *b, int n, int n_flip) {
  enum { MOST = 2 * MAX_SITE };
  static double out[MOST][2 * RZ_LANES];
  const int size = a->is_complex ? 2 * RZ_LANES : RZ_LANES;
  int32_t site[2 * MOST] = {0};
  int bad = 0;
  for (int k = 0; k < n * n_flip; ++k) site[k] = (k / n_flip + k % n_flip) % a->n_site;
  rz_block_ratios(a, b, n, n_flip, site, out[0]);
  for (int k = 0; k < n; ++k) {
    double one[2 * RZ_LANES];
    rz_block_ratio(a, b, n_flip, site + k * n_flip, one);
    bad += memcmp(one, out[0] + k * size, sizeof *one * (size_t)size) != 0;
  }
  return bad;
}

static int all_ratios(const rz_ansatz *a, rz_block *b, double tol) {
  const int n = a->n_site;
  int32_t all[MAX_SITE];
  double complex before[RZ_LANES];
  int bad = 0;
  values(a, b, before);
  for (int i = 0; i < n; ++i) all[i] = i;
  for (int i = 0; i < n; i += 1 + n / 12) {
    bad += worst_ratio(a, b, before, 1, (const int32_t[]){i}, tol);
    if (n >= 2) bad += worst_ratio(a, b, before, 2, (const int32_t[]){i, (i + 1) % n}, tol);
    if (n >= 3) bad += worst_ratio(a, b, before, 3, (const int32_t[]){i, (i + 2) % n, (i + 1) % n}, tol);
  }
  bad += together_differs(a, b, 2 * n, 1) + together_differs(a, b, n > 1 ? n : 0, 2);
  return bad + worst_ratio(a, b, before, n, all, tol) + worst_ratio(a, b, before, 0, all, tol);
}

static void commit_some(const rz_ansatz *a, rz_block *b, uint64_t id, int n_commit) {
  rz_rng rng = rz_rng_stream(4, RZ_RNG_TEST, id);
  int32_t all[MAX_SITE];
  for (int i = 0; i < a->n_site; ++i) all[i] = i;
  for (int m = 0; m < n_commit; ++m) {
    uint8_t accept[RZ_LANES];
    const uint32_t bits = rz_rng_u32(&rng);
    for (int l = 0; l < RZ_LANES; ++l) accept[l] = bits >> l & 1;
    const int32_t i = (int32_t)rz_rng_below(&rng, (uint32_t)a->n_site);
    const int32_t two[2] = {i, (i + 1) % a->n_site};
    int n_flip = a->n_site > 1 ? 1 + m % 2 : 1;
    const int32_t *site = two;
    if (m % 11 == 5) {
      n_flip = a->n_site;
      site = all;
    }
    double complex ratio[RZ_LANES];
    ratios(a, b, n_flip, site, ratio);
    rz_block_commit(a, b, accept);
  }
}

static void check_ratios(const setting *s) {
  rz_ansatz *a = make(s, 2);
  rz_block *b = NULL, *fresh = NULL;
  int8_t spin[RZ_LANES * MAX_SITE], walk[RZ_LANES * MAX_SITE];
  if (a != NULL && RZ_EXPECT_OK(rz_block_create(a, &b)) && RZ_EXPECT_OK(rz_block_create(a, &fresh))) {
    random_spins(2, (int64_t)RZ_LANES * a->n_site, spin);
    rz_block_set(b, RZ_LANES, spin);
    rz_block_refresh(a, b);
    for (int l = 0; l < RZ_LANES; ++l) {
      const double complex exact = log_psi(a, spin + (int64_t)l * a->n_site);
      RZ_EXPECT(near(cexp(log_change(b->log_psi[l], exact)), 1.0, 1e-10));
    }
    RZ_EXPECT(all_ratios(a, b, 1e-10) == 0);
    commit_some(a, b, 7, 40);
    RZ_EXPECT(all_ratios(a, b, 1e-10) == 0);
    for (int l = 0; l < RZ_LANES; ++l) rz_block_get(b, l, walk + (int64_t)l * a->n_site);
    RZ_EXPECT(memcmp(walk, spin, (size_t)RZ_LANES * (size_t)a->n_site) != 0);
    rz_block_set(fresh, RZ_LANES, walk);
    rz_block_refresh(a, fresh);
    for (int32_t i = 0; i < a->n_site; ++i) {
      double complex u[RZ_LANES], v[RZ_LANES];
      ratios(a, b, 1, &i, u);
      ratios(a, fresh, 1, &i, v);
      for (int l = 0; l < RZ_LANES; ++l) RZ_EXPECT(close_to(u[l], v[l], 1e-10) || !isfinite(cabs(v[l])));
    }
  }
  rz_block_destroy(&b);
  rz_block_destroy(&fresh);
  rz_ansatz_destroy(&a);
}

/* Lanes that do not accept keep their cache, lanes that accept all sites twice return. */
static void check_masks(const setting *s) {
  rz_ansatz *a = make(s, 2);
  rz_block *b = NULL;
  int8_t spin[RZ_LANES * MAX_SITE];
  if (a != NULL && RZ_EXPECT_OK(rz_block_create(a, &b))) {
    double complex before[RZ_LANES], after[RZ_LANES];
    uint8_t accept[RZ_LANES];
    for (int l = 0; l < RZ_LANES; ++l) accept[l] = (uint8_t)(l == 3);
    random_spins(5, (int64_t)RZ_LANES * a->n_site, spin);
    rz_block_set(b, RZ_LANES, spin);
    rz_block_refresh(a, b);
    const int32_t site = a->n_site - 1;
    ratios(a, b, 1, &site, before);
    rz_block_commit(a, b, accept);
    ratios(a, b, 1, &site, after);
    for (int l = 0; l < RZ_LANES; ++l) {
      int8_t now[MAX_SITE];
      rz_block_get(b, l, now);
      RZ_EXPECT((now[site] == spin[l * a->n_site + site]) == (l != 3));
      if (l == 3)
        RZ_EXPECT(close_to(after[l] * before[l], 1.0, 1e-10));
      else
        RZ_EXPECT(after[l] == before[l]);
    }
  }
  rz_block_destroy(&b);
  rz_ansatz_destroy(&a);
}

/* ---- what the option names promise ---- */
static void check_promises(const setting *s) {
  rz_ansatz *a = make(s, 3);
  if (a == NULL) return;
  const int n = a->n_site;
  const int32_t *perm;
  const int n_group = rz_lattice_translations(s->lattice, &perm);
  bool even = true, invariant = true, real = true;
  for (int k = 0; k < 8; ++k) {
    int8_t spin[MAX_SITE], other[MAX_SITE];
    random_spins(20 + (uint64_t)k, n, spin);
    const double complex y = log_psi(a, spin);
    for (int i = 0; i < n; ++i) other[i] = (int8_t)-spin[i];
    even = even && log_psi(a, other) == y;
    real = real && cimag(y) == 0.0;
    for (int g = 0; g < n_group; ++g) {
      for (int i = 0; i < n; ++i) other[perm[(int64_t)g * n + i]] = spin[i];
      invariant = invariant && near(cexp(log_change(log_psi(a, other), y)), 1.0, 1e-11);
    }
  }
  if (has_option(a->cls, "bias")) RZ_EXPECT(even == says(s, "bias=none"));
  if (has_option(a->cls, "symmetry") && n_group > 1 && n > 2) RZ_EXPECT(invariant == !says(s, "symmetry=none"));
  if (has_option(a->cls, "weights")) RZ_EXPECT(real == says(s, "weights=real"));
  RZ_EXPECT(real == !a->is_complex);
  rz_ansatz_destroy(&a);
}

/* ---- parameters out and in ---- */
typedef struct archive {
  unsigned char *bytes;
  size_t at;
  bool restore;
} archive;

static rz_err copy_array(const rz_array *array, void *ctx) {
  archive *f = ctx;
  const size_t n = (size_t)rz_array_length(array) * rz_array_type_size(array->type);
  if (f->restore)
    memcpy(array->data, f->bytes + f->at, n);
  else
    memcpy(f->bytes + f->at, array->data, n);
  f->at += n;
  return RZ_OK;
}

static void check_save_load(const setting *s) {
  rz_ansatz *a = make(s, 4), *b = make(s, 5);
  archive f = {0};
  int8_t spin[MAX_SITE];
  if (a != NULL && b != NULL && RZ_EXPECT_OK(RZ_NEW(a->params.n * (int64_t)sizeof(double), &f.bytes))) {
    random_spins(6, a->n_site, spin);
    RZ_EXPECT(log_psi(a, spin) != log_psi(b, spin));
    RZ_EXPECT_OK(rz_params_each(&a->params, copy_array, &f));
    RZ_EXPECT(f.at == (size_t)a->params.n * sizeof(double));
    f.at = 0;
    f.restore = true;
    RZ_EXPECT_OK(rz_params_each(&b->params, copy_array, &f));
    RZ_EXPECT_OK(rz_ansatz_update(b));
    RZ_EXPECT(log_psi(a, spin) == log_psi(b, spin));
    b->params.value[b->params.n - 1] = NAN;
    RZ_EXPECT(rz_ansatz_update(b) == RZ_ERR_NUM);
  }
  rz_free(&f.bytes);
  rz_ansatz_destroy(&a);
  rz_ansatz_destroy(&b);
}

/* ---- import from the same lattice: same options, and every choice of each option switched on ---- */
static void check_import(const setting *s) {
  rz_ansatz *a = make(s, 6), *b = make(s, 7);
  int8_t spin[MAX_SITE];
  int extent[2];
  rz_lattice_translation_extent(s->lattice, extent);
  random_spins(8, rz_lattice_n_site(s->lattice), spin);
  if (a != NULL && b != NULL && RZ_EXPECT_OK(rz_ansatz_import(b, &a->params, a->n_site, extent)))
    RZ_EXPECT(log_psi(a, spin) == log_psi(b, spin));
  rz_ansatz_destroy(&b);
  char *word = strstr(s->spec, "weights=real");
  if (a != NULL && word != NULL) {
    setting c = *s;
    snprintf(c.spec, sizeof c.spec, "%.*sweights=complex%s", (int)(word - s->spec), s->spec,
             word + strlen("weights=real"));
    b = make(&c, 7);
    if (b != NULL && RZ_EXPECT_OK(rz_ansatz_import(b, &a->params, a->n_site, extent)))
      RZ_EXPECT(near(log_change(log_psi(a, spin), log_psi(b, spin)), 0.0, 1e-11));
    if (b != NULL) RZ_EXPECT(rz_ansatz_import(a, &b->params, a->n_site, extent) == RZ_ERR_ARG);
    rz_ansatz_destroy(&b);
  }
  rz_ansatz_destroy(&a);
}

static bool fits(const rz_ansatz_class *cls, const rz_lattice *l) { return !cls->unfit || !cls->unfit(l); }

/* A state may need a lattice of its own or more than one site; it says so. */
static bool exists(const setting *s) {
  rz_ansatz *a = NULL;
  const bool fit = fits(s->cls, s->lattice);
  const rz_err rc = rz_ansatz_create_spec(s->lattice, 1, s->spec, &a);
  rz_ansatz_destroy(&a);
  return RZ_EXPECT(fit ? rc == RZ_OK || (rc == RZ_ERR_ARG && rz_lattice_n_site(s->lattice) == 1) : rc == RZ_ERR_ARG) &&
         rc == RZ_OK;
}

static void check_setting(const setting *s) {
  if (!exists(s)) return;
  typedef void check(const setting *);
  check *const checks[] = {check_ratios, check_masks, check_save_load, check_import};
  const char *names[] = {"ratios", "masks", "save and load", "import"};
  for (int k = 0; k < 4; ++k) {
    const int before = rz_n_failed;
    checks[k](s);
    report(before, s, names[k]);
  }
  const int before = rz_n_failed;
  if (s->width <= 1.0) check_jacobian(s);
  report(before, s, "Jacobian");
  if (s->width == 0.1) check_promises(s);
  report(before, s, "promises");
}

/* Every combination of the choices of the class: option by option. */
static void each_combination(setting *s, int option) {
  if (option == s->cls->n_options) {
    const double width[] = {0.1, 1.0, 5.0};
    for (int w = 0; w < 3; ++w) {
      s->width = width[w];
      check_setting(s);
    }
    return;
  }
  const rz_option *row = &s->cls->options[option];
  if (row->type != RZ_CHOICE) {
    each_combination(s, option + 1);
    return;
  }
  const size_t end = strlen(s->spec);
  for (const char *c = row->choices;; c += strcspn(c, "|") + 1) {
    const int n = (int)strcspn(c, "|");
    snprintf(s->spec + end, sizeof s->spec - end, " %s=%.*s", row->name, n, c);
    each_combination(s, option + 1);
    s->spec[end] = '\0';
    if (c[n] == '\0') break;
  }
}

/* ---- every option changes the result ---- */
static bool differ(const rz_lattice *l, const char *one, const char *two) {
  rz_ansatz *a = NULL, *b = NULL;
  bool out = false;
  int8_t spin[MAX_SITE];
  random_spins(9, rz_lattice_n_site(l), spin);
  if (RZ_EXPECT_OK(rz_ansatz_create_spec(l, 1, one, &a)) && RZ_EXPECT_OK(rz_ansatz_create_spec(l, 1, two, &b)))
    out = log_psi(a, spin) != log_psi(b, spin);
  rz_ansatz_destroy(&a);
  rz_ansatz_destroy(&b);
  return out;
}

static void check_options(const rz_ansatz_class *cls, const rz_lattice *l) {
  char one[MAX_SPEC], two[MAX_SPEC];
  for (int i = 0; i < cls->n_options; ++i) {
    const rz_option *row = &cls->options[i];
    if (row->type == RZ_CHOICE) {
      for (const char *c = row->choices; *c != '\0'; c += strcspn(c, "|") + (c[strcspn(c, "|")] == '|'))
        for (const char *d = row->choices; d != c; d += strcspn(d, "|") + 1) {
          snprintf(one, sizeof one, "kind=%s %s=%.*s", cls->name, row->name, (int)strcspn(c, "|"), c);
          snprintf(two, sizeof two, "kind=%s %s=%.*s", cls->name, row->name, (int)strcspn(d, "|"), d);
          RZ_EXPECT(differ(l, one, two));
        }
    } else if (row->type == RZ_INT || row->type == RZ_REAL) {
      snprintf(one, sizeof one, "kind=%s %s=1", cls->name, row->name);
      snprintf(two, sizeof two, "kind=%s %s=2", cls->name, row->name);
      RZ_EXPECT(differ(l, one, two));
    }
    snprintf(one, sizeof one, "kind=%s %s=nonsense", cls->name, row->name);
    rz_ansatz *a = NULL;
    RZ_EXPECT(rz_ansatz_create_spec(l, 1, one, &a) == RZ_ERR_ARG && a == NULL);
  }
  rz_ansatz *a = NULL;
  snprintf(one, sizeof one, "kind=%s no_such_key=1", cls->name);
  RZ_EXPECT(rz_ansatz_create_spec(l, 1, one, &a) == RZ_ERR_ARG && a == NULL);
}

/* 1000 sweeps of commits without a refresh: ratios drift by less than 1e-9. */
static void check_drift(const rz_ansatz_class *cls, const rz_lattice *l) {
  char spec[MAX_SPEC];
  rz_ansatz *a = NULL;
  rz_block *b = NULL;
  int8_t spin[RZ_LANES * MAX_SITE];
  snprintf(spec, sizeof spec, "kind=%s init_width=0.3", cls->name);
  if (RZ_EXPECT_OK(rz_ansatz_create_spec(l, 1, spec, &a)) && RZ_EXPECT_OK(rz_block_create(a, &b))) {
    random_spins(10, (int64_t)RZ_LANES * a->n_site, spin);
    rz_block_set(b, RZ_LANES, spin);
    rz_block_refresh(a, b);
    commit_some(a, b, 11, 1000 * a->n_site);
    RZ_EXPECT(all_ratios(a, b, 1e-9) == 0);
    const double drift = rz_block_refresh(a, b); /* rounding is seen, and nothing but rounding */
    RZ_EXPECT(drift < 1e-9 && (a->cache_size == 0 || drift > 0.0));
  }
  rz_block_destroy(&b);
  rz_ansatz_destroy(&a);
}

/* ---- import at another size: a configuration of period p sees the same filters on a lattice of q p cells ---- */
static void check_padding(setting *s, const rz_lattice_spec *small, const rz_lattice_spec *large) {
  rz_lattice *l[2] = {NULL, NULL};
  rz_ansatz *a[2] = {NULL, NULL};
  int8_t spin[2][MAX_SITE];
  int extent[2][2];
  if (!RZ_EXPECT_OK(rz_lattice_create(small, &l[0])) || !RZ_EXPECT_OK(rz_lattice_create(large, &l[1]))) return;
  for (int k = 0; k < 2; ++k) {
    s->lattice = l[k];
    a[k] = make(s, 10 + (uint64_t)k);
    rz_lattice_translation_extent(l[k], extent[k]);
  }
  if (a[0] != NULL && a[1] != NULL && RZ_EXPECT_OK(rz_ansatz_import(a[1], &a[0]->params, a[0]->n_site, extent[0]))) {
    random_spins(30, a[0]->n_site, spin[0]);
    for (int i = 0; i < a[1]->n_site; ++i) {
      int cell[2], basis;
      rz_lattice_cell(l[1], i, cell, &basis);
      const int x = cell[0] % extent[0][0], y = cell[1] % extent[0][1];
      spin[1][i] = spin[0][basis + rz_lattice_n_basis(l[0]) * (x + extent[0][0] * y)];
    }
    const int factor = a[1]->n_site / a[0]->n_site;
    RZ_EXPECT(near(cexp(log_change(log_psi(a[1], spin[1]), factor * log_psi(a[0], spin[0]))), 1.0, 1e-11));
    RZ_EXPECT(rz_ansatz_import(a[0], &a[1]->params, a[1]->n_site, extent[1]) == RZ_ERR_ARG); /* shrinks */
    RZ_EXPECT(rz_ansatz_import(a[1], &a[0]->params, a[0]->n_site + 1, extent[0]) == RZ_ERR_ARG);
  }
  for (int k = 0; k < 2; ++k) {
    rz_ansatz_destroy(&a[k]);
    rz_lattice_destroy(&l[k]);
  }
}

static void check_paddings(const rz_ansatz_class *cls) {
  const rz_lattice_spec pair[3][2] = {
      {{"chain", 1, {6, 1}, {true, true}, 0, NULL}, {"chain", 1, {12, 1}, {true, true}, 0, NULL}},
      {{"square", 2, {4, 3}, {true, true}, 0, NULL}, {"square", 2, {8, 6}, {true, true}, 0, NULL}},
      {{"kagome", 2, {2, 2}, {true, true}, 0, NULL}, {"kagome", 2, {4, 2}, {true, true}, 0, NULL}},
  };
  const char *weights[] = {"real", "complex"};
  for (int k = 0; k < 3; ++k)
    for (int c = 0; c < 2; ++c) {
      setting s = {.cls = cls, .width = 0.3};
      const int before = rz_n_failed;
      snprintf(s.spec, sizeof s.spec, "kind=%s symmetry=translation weights=%s", cls->name, weights[c]);
      check_padding(&s, &pair[k][0], &pair[k][1]);
      if (rz_n_failed > before) fprintf(stderr, "  in padding of \"%s\", case %d\n", s.spec, k);
    }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const rz_lattice_spec lattices[] = {
      {"chain", 1, {7, 1}, {true, true}, 0, NULL},        {"square", 2, {3, 2}, {true, true}, 0, NULL},
      {"kagome", 2, {2, 2}, {true, true}, 0, NULL},       {"square", 2, {2, 3}, {false, true}, 0, NULL},
      {"chain", 1, {2, 1}, {false, false}, 0, NULL},      {"chain", 1, {1, 1}, {false, false}, 0, NULL},
      {"square_links", 2, {3, 2}, {true, true}, 0, NULL}, {"square_links", 2, {3, 4}, {true, true}, 0, NULL},
  };
  enum { N_LATTICE = sizeof lattices / sizeof lattices[0] };
  int n_class;
  const rz_ansatz_class *const *registry = rz_ansatz_registry(&n_class);
  enum { MAX_CLASS = 32 };
  int n_fit[MAX_CLASS] = {0}; /* lattices that a class has been on */
  RZ_EXPECT(n_class >= 4 && n_class <= MAX_CLASS);
  for (int k = 0; k < N_LATTICE; ++k) {
    rz_lattice *l = NULL;
    if (!RZ_EXPECT_OK(rz_lattice_create(&lattices[k], &l))) continue;
    for (int c = 0; c < n_class; ++c) {
      const bool fit = fits(registry[c], l);
      setting s = {.cls = registry[c], .lattice = l};
      snprintf(s.spec, sizeof s.spec, "kind=%s", registry[c]->name);
      const int before = rz_n_failed;
      each_combination(&s, 0);
      n_fit[c] += fit;
      if (fit && n_fit[c] <= 2) check_options(registry[c], l);
      report(before, &s, "options");
      if (fit && n_fit[c] == 1) check_drift(registry[c], l);
      report(before, &s, "drift");
    }
    rz_lattice_destroy(&l);
  }
  for (int c = 0; c < n_class; ++c) RZ_EXPECT(n_fit[c] >= 2);
  /* classes that share filters over translations can be enlarged */
  for (int c = 0; c < n_class; ++c)
    if (registry[c]->import != NULL) check_paddings(registry[c]);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
