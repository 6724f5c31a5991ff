/* modules: estimate sample ansatz net model linalg core */
/* Ratios and local energies of RBMs with weights up to 20 against the log cosh formula in extended precision. A flip
 * takes theta to theta - delta with delta = 2 W s; at theta = delta, cosh(theta - delta) = 1 is what is left of terms
 * e^40 and e^-40, and whoever makes one of them by a subtraction from the other has no digit of it. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/energy.h"
#include <complex.h>
#include <stdlib.h>
#include <string.h>

enum { N_SITE = 10, N_COMMIT = 200, LONG_JUMP = 700 };

/* ---- the formula ---- */

/* The two terms of cosh divided by the larger, whose logarithm is z or -z. */
static long double complex log_cosh(long double complex z) {
  const long double complex up = creall(z) >= 0 ? z : -z;
  return up + clogl(1.0L + cexpl(-2.0L * up)) - logl(2.0L);
}

/* Unshared and without biases: W [n_site, n_hidden]. */
static long double complex log_psi(const rz_ansatz *a, const int8_t *spin) {
  const rz_view *v = &a->params.view[0];
  const int64_t n_hidden = v->shape[1], step = v->is_complex ? 2 : 1;
  const double *w = rz_params_real(&a->params, 0);
  long double complex sum = 0.0L;
  for (int64_t j = 0; j < n_hidden; j++) {
    long double re = 0.0L, im = 0.0L;
    for (int64_t i = 0; i < N_SITE; i++) {
      const double *element = w + (i * n_hidden + j) * step;
      re += (long double)(spin[i] * element[0]);
      im += v->is_complex ? (long double)(spin[i] * element[1]) : 0.0L;
    }
    sum += log_cosh(CMPLXL(re, im));
  }
  return sum;
}

static long double complex change(const rz_ansatz *a, const int8_t *spin, int n_flip, const int32_t *site) {
  int8_t other[N_SITE];
  memcpy(other, spin, N_SITE);
  for (int k = 0; k < n_flip; k++) other[site[k]] = (int8_t)-other[site[k]];
  return log_psi(a, other) - log_psi(a, spin);
}

/* ---- states: |Re W| = w or 0 ---- */

typedef enum { SITES, BONDS, TRIPLES, DENSE, N_PATTERN } pattern;

static const char *const pattern_name[N_PATTERN] = {"one site", "two sites", "three sites", "all sites"};

static bool touches(pattern p, int i, int j) {
  const int behind = (i - j + N_SITE) % N_SITE;
  return p == DENSE || behind <= (int)p;
}

/* Imaginary parts are small enough that no cosh comes near its zeros, where every formula loses digits. */
static void set_weights(rz_ansatz *a, pattern p, double w, rz_rng *rng) {
  const rz_view *v = &a->params.view[0];
  const int64_t n_hidden = v->shape[1], step = v->is_complex ? 2 : 1;
  double *value = rz_params_real(&a->params, 0);
  for (int i = 0; i < N_SITE; i++)
    for (int64_t j = 0; j < n_hidden; j++) {
      double *element = value + (i * n_hidden + j) * step;
      const double sign = rz_rng_below(rng, 2) ? 1.0 : -1.0;
      element[0] = touches(p, i, (int)(j % N_SITE)) ? sign * w : 0.0;
      if (v->is_complex) element[1] = 0.1 * (rz_rng_uniform(rng) - 0.5);
    }
  RZ_EXPECT_OK(rz_ansatz_update(a));
}

/* ---- ratios, fresh and after a walk of single and double flips ---- */

static int wrong_ratios(const rz_ansatz *a, rz_block *b) {
  int wrong = 0;
  for (int i = 0; i < N_SITE; i++)
    for (int n_flip = 1; n_flip <= 3; n_flip++) {
      const int32_t site[3] = {i, (i + 1) % N_SITE, (i + 4) % N_SITE};
      double ratio[2 * RZ_LANES] = {0};
      rz_block_ratio(a, b, n_flip, site, ratio);
      for (int lane = 0; lane < RZ_LANES; lane++) {
        int8_t spin[N_SITE];
        rz_block_get(b, lane, spin);
        const long double complex d = change(a, spin, n_flip, site);
        if (fabsl(creall(d)) > LONG_JUMP) continue; /* beyond a double */
        const double complex exact = (double complex)cexpl(d);
        wrong += !(cabs(CMPLX(ratio[lane], ratio[RZ_LANES + lane]) - exact) <= 1e-10 * cabs(exact));
      }
    }
  return wrong;
}

static void walk(const rz_ansatz *a, rz_block *b, rz_rng *rng) {
  for (int k = 0; k < N_COMMIT; k++) {
    const int32_t i = (int32_t)rz_rng_below(rng, N_SITE), site[2] = {i, (i + 3) % N_SITE};
    const uint32_t bits = rz_rng_u32(rng);
    double ratio[2 * RZ_LANES];
    uint8_t accept[RZ_LANES];
    for (int lane = 0; lane < RZ_LANES; lane++) accept[lane] = bits >> lane & 1;
    rz_block_ratio(a, b, 1 + k % 2, site, ratio);
    rz_block_commit(a, b, accept);
  }
}

static void check_ratios(const rz_ansatz *a, const int8_t *spin, rz_rng *rng) {
  rz_block *b = NULL;
  if (!RZ_EXPECT_OK(rz_block_create(a, &b))) return;
  rz_block_set(b, RZ_LANES, spin);
  (void)rz_block_refresh(a, b);
  RZ_EXPECT(wrong_ratios(a, b) == 0);
  walk(a, b, rng);
  RZ_EXPECT(wrong_ratios(a, b) == 0);
  rz_block_destroy(&b);
}

/* ---- local energies: flips, exchanges and a three-site term ---- */

static rz_err add_terms(rz_operator *h) {
  for (int32_t i = 0; i < N_SITE; i++) {
    const int32_t j = (i + 1) % N_SITE;
    RZ_TRY(rz_operator_add(h, -1.0, 1, &(rz_local){i, 'X'}));
    RZ_TRY(rz_operator_add(h, 0.7, 2, (const rz_local[]){{i, 'Z'}, {j, 'Z'}}));
    RZ_TRY(rz_operator_add(h, 0.5, 2, (const rz_local[]){{i, '+'}, {j, '-'}}));
    RZ_TRY(rz_operator_add(h, 0.5, 2, (const rz_local[]){{i, '-'}, {j, '+'}}));
  }
  RZ_TRY(rz_operator_add(h, 0.3, 3, (const rz_local[]){{0, 'X'}, {4, 'Y'}, {7, 'Y'}}));
  return rz_operator_finish(h);
}

/* Terms may cancel; `size` is the sum of their sizes. False if one is beyond a double. */
static bool local_energy(const rz_operator *h, const rz_ansatz *a, const int8_t *spin, double complex *out,
                         double *size) {
  long double complex sum = 0.0L;
  bool in_range = true;
  *size = 1.0;
  for (int64_t k = 0; k < rz_operator_n_flip_set(h); k++) {
    const rz_flip_set *f = rz_operator_flip_set(h, k);
    const long double complex element = rz_flip_set_element(f, spin);
    if (element == 0.0L) continue;
    const long double complex d = change(a, spin, f->n_flip, f->site), term = element * cexpl(d);
    in_range = in_range && creall(d) <= LONG_JUMP;
    sum += term;
    *size += (double)cabsl(term);
  }
  *out = (double complex)sum;
  return in_range;
}

static void check_local_energies(const rz_operator *h, const rz_ansatz *a, const int8_t *spin) {
  double complex value[RZ_LANES], exact;
  double size;
  int64_t n_bad = 0;
  int wrong = 0;
  RZ_EXPECT_OK(rz_local_values(h, a, RZ_LANES, spin, value, NULL, &n_bad));
  for (int lane = 0; lane < RZ_LANES; lane++)
    if (local_energy(h, a, spin + lane * N_SITE, &exact, &size)) wrong += !(cabs(value[lane] - exact) <= 1e-12 * size);
  RZ_EXPECT(wrong == 0);
}

/* ---- all of it ---- */

static void check(const rz_lattice *lattice, const rz_operator *h, const char *spec, pattern p, double w) {
  rz_ansatz *a = NULL;
  rz_rng rng = rz_rng_stream(6, RZ_RNG_TEST, (uint64_t)(100.0 * w) + p);
  int8_t spin[RZ_LANES * N_SITE];
  const int before = rz_n_failed;
  if (!RZ_EXPECT_OK(rz_ansatz_create_spec(lattice, 1, spec, &a))) return;
  set_weights(a, p, w, &rng);
  for (int k = 0; k < RZ_LANES * N_SITE; k++) spin[k] = rz_rng_below(&rng, 2) ? 1 : -1;
  memset(spin, 1, N_SITE); /* and one of full size */
  check_ratios(a, spin, &rng);
  check_local_energies(h, a, spin);
  if (rz_n_failed > before) fprintf(stderr, "  %s, units on %s, |W| = %g\n", spec, pattern_name[p], w);
  rz_ansatz_destroy(&a);
}

int main(void) {
  static const double size[] = {0.5, 5.0, 9.0, 9.5, 10.0, 15.0, 18.0, 20.0};
  static const char *const spec[] = {"kind=rbm", "kind=rbm weights=complex", "kind=rbm alpha=2"};
  rz_model model;
  if (RZ_EXPECT_OK(bare_chain(N_SITE, true, &model)) && RZ_EXPECT_OK(rz_operator_create(N_SITE, &model.h)) &&
      RZ_EXPECT_OK(add_terms(model.h)))
    for (size_t s = 0; s < sizeof spec / sizeof *spec; s++)
      for (int p = 0; p < N_PATTERN; p++)
        for (size_t k = 0; k < sizeof size / sizeof *size; k++)
          check(model.lattice, model.h, spec[s], (pattern)p, size[k]);
  model.bare = model.h;
  bare_free(&model);
  return rz_check_finish();
}
