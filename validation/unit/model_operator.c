/* modules: model core */
/* Operators against dense Kronecker products: random products with repeated sites, real and complex, and every property
 * against brute force over all configurations. */
#include "check.h"
#include "model_dense.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

static double uniform(rz_rng *rng) { return 2.0 * rz_rng_uniform(rng) - 1.0; }

static char adjoint(char op) { return op == '+' ? '-' : op == '-' ? '+' : op; }

/* Add coef * product and its Hermitian conjugate to both forms. */
static void add_both(int n, rz_operator *op, double complex *h, double complex coef, int m, const rz_local *factor) {
  rz_local reversed[16];
  for (int k = 0; k < m; k++) reversed[k] = (rz_local){factor[m - 1 - k].site, adjoint(factor[m - 1 - k].op)};
  RZ_EXPECT_OK(rz_operator_add(op, coef, m, factor));
  RZ_EXPECT_OK(rz_operator_add(op, conj(coef), m, reversed));
  dense_add(n, h, coef, m, factor);
  dense_add(n, h, conj(coef), m, reversed);
}

static void compare_properties(int n, const rz_operator *op, const double complex *h) {
  const int dim = 1 << n;
  bool real = true, keeps = true, stoquastic = true;
  double complex trace = 0.0;
  for (int row = 0; row < dim; row++)
    for (int col = 0; col < dim; col++) {
      const double complex e = h[row * dim + col];
      if (row == col) trace += e;
      if (fabs(cimag(e)) > 1e-12) real = false;
      if (row != col && (fabs(cimag(e)) > 1e-12 || creal(e) > 1e-12)) stoquastic = false;
      if (cabs(e) > 1e-12 && __builtin_popcount((unsigned)row) != __builtin_popcount((unsigned)col)) keeps = false;
    }
  RZ_EXPECT(rz_operator_is_real(op) == real);
  RZ_EXPECT(rz_operator_keeps_sz(op) == keeps);
  RZ_EXPECT(rz_operator_is_stoquastic(op) == stoquastic);
  RZ_EXPECT_NEAR(cabs(rz_operator_trace_per_dim(op) - trace / dim), 0.0, 1e-12);
  /* No column is longer than the norm of H, which the bound is above. */
  for (int64_t col = 0; col < dim; col++) {
    double square = 0.0;
    for (int64_t row = 0; row < dim; row++) square += creal(h[row * dim + col] * conj(h[row * dim + col]));
    RZ_EXPECT(sqrt(square) <= rz_operator_bound(op) * (1 + 1e-12));
  }
}

/* Lanes, single elements and the connected list agree bit for bit; flip sets are distinct and sorted. */
static void compare_evaluators(const rz_operator *op) {
  enum { LANE = 80 };
  const int n = rz_operator_n_site(op);
  int8_t *spin, *lanes;
  double complex *out, *mel;
  int64_t *set;
  const int64_t n_set = rz_operator_n_flip_set(op);
  RZ_EXPECT_OK(RZ_NEW(n, &spin));
  RZ_EXPECT_OK(RZ_NEW(n * LANE, &lanes));
  RZ_EXPECT_OK(RZ_NEW(n_set * LANE, &out));
  RZ_EXPECT_OK(RZ_NEW(n_set, &mel));
  RZ_EXPECT_OK(RZ_NEW(n_set, &set));
  rz_rng rng = rz_rng_stream(5, RZ_RNG_TEST, 9);
  for (int i = 0; i < n * LANE; i++) lanes[i] = rz_rng_below(&rng, 2) ? 1 : -1;
  for (int64_t k = 0; k < n_set; k++) {
    double re[LANE], im[LANE] = {0.0};
    rz_flip_set_elements(rz_operator_flip_set(op, k), LANE, lanes, re, im);
    for (int lane = 0; lane < LANE; lane++) out[k * LANE + lane] = CMPLX(re[lane], im[lane]);
  }
  int bad = 0;
  for (int lane = 0; lane < LANE; lane++) {
    for (int i = 0; i < n; i++) spin[i] = lanes[i * LANE + lane];
    const int64_t found = rz_operator_connected(op, spin, set, mel);
    int64_t at = 0;
    for (int64_t k = 0; k < n_set; k++) {
      bad += rz_flip_set_element(rz_operator_flip_set(op, k), spin) != out[k * LANE + lane];
      if (out[k * LANE + lane] == 0.0) continue;
      bad += at >= found || set[at] != k || mel[at] != out[k * LANE + lane];
      at++;
    }
    bad += at != found;
  }
  for (int64_t k = 0; k < n_set; k++) {
    const rz_flip_set *f = rz_operator_flip_set(op, k);
    for (int i = 1; i < f->n_flip; i++) bad += f->site[i - 1] >= f->site[i];
    if (k > 0) bad += f->n_flip < rz_operator_flip_set(op, k - 1)->n_flip;
  }
  RZ_EXPECT(bad == 0);
  rz_free(&spin);
  rz_free(&lanes);
  rz_free(&out);
  rz_free(&mel);
  rz_free(&set);
}

static void random_products(void) {
  const char letters[] = "IXYZxyz+-";
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  for (int trial = 0; trial < 72; trial++) {
    const int n = 1 + trial % 6;
    rz_operator *op;
    RZ_EXPECT_OK(rz_operator_create(n, &op));
    double complex *h = dense_zero(n);
    const int n_term = 1 + (int)rz_rng_below(&rng, 6);
    for (int t = 0; t < n_term; t++) {
      rz_local factor[8];
      const int m = (int)rz_rng_below(&rng, 7);
      for (int k = 0; k < m; k++)
        factor[k] = (rz_local){(int32_t)rz_rng_below(&rng, (uint32_t)n), letters[rz_rng_below(&rng, 9)]};
      add_both(n, op, h, CMPLX(uniform(&rng), trial % 3 ? uniform(&rng) : 0.0), m, factor);
    }
    RZ_EXPECT_OK(rz_operator_finish(op));
    double complex *mine = dense_of(op);
    RZ_EXPECT_NEAR(dense_distance(n, mine, h), 0.0, 1e-14 * n_term);
    compare_properties(n, op, h);
    compare_evaluators(op);
    free(mine);
    free(h);
    rz_operator_destroy(&op);
  }
}

/* Operators built to keep Sz, or to be stoquastic, or to miss it by one term. */
static void structured_products(void) {
  rz_rng rng = rz_rng_stream(2, RZ_RNG_TEST, 0);
  int n_keeps = 0, n_stoquastic = 0;
  for (int trial = 0; trial < 80; trial++) {
    const int n = 3 + trial % 4;
    rz_operator *op;
    RZ_EXPECT_OK(rz_operator_create(n, &op));
    double complex *h = dense_zero(n);
    for (int t = 0; t < 5; t++) {
      const int a = (int)rz_rng_below(&rng, (uint32_t)n), b = (a + 1) % n, c = (a + 2) % n;
      const double j = trial & 1 ? uniform(&rng) : -rz_rng_uniform(&rng);
      add_both(n, op, h, j, 2, (rz_local[]){{a, '+'}, {b, '-'}});
      if (trial % 3 == 0) add_both(n, op, h, 0.3 * j, 3, (rz_local[]){{a, 'x'}, {b, 'x'}, {c, 'z'}});
      if (trial % 3 == 0) add_both(n, op, h, 0.3 * j, 3, (rz_local[]){{a, 'y'}, {b, 'y'}, {c, 'z'}});
      if (trial % 3 == 1) add_both(n, op, h, uniform(&rng), 2, (rz_local[]){{a, 'Z'}, {c, 'z'}});
      if (trial % 5 == 4) add_both(n, op, h, -0.1, 1, (rz_local[]){{a, 'X'}});
      if (trial % 7 == 6) add_both(n, op, h, 0.1, 2, (rz_local[]){{a, '+'}, {b, '+'}});
    }
    RZ_EXPECT_OK(rz_operator_finish(op));
    double complex *mine = dense_of(op);
    RZ_EXPECT_NEAR(dense_distance(n, mine, h), 0.0, 1e-14 * 5);
    compare_properties(n, op, h);
    n_keeps += rz_operator_keeps_sz(op);
    n_stoquastic += rz_operator_is_stoquastic(op);
    free(mine);
    free(h);
    rz_operator_destroy(&op);
  }
  RZ_EXPECT(n_keeps > 20 && n_keeps < 60); /* both answers occur */
  RZ_EXPECT(n_stoquastic > 10 && n_stoquastic < 60);
}

static void marshall_is_a_rotation(void) {
  const int n = 5, dim = 1 << 5;
  const int8_t mask[5] = {1, 0, 0, 1, 1};
  rz_rng rng = rz_rng_stream(3, RZ_RNG_TEST, 0);
  rz_operator *op, *rotated;
  RZ_EXPECT_OK(rz_operator_create(n, &op));
  double complex *h = dense_zero(n);
  for (int t = 0; t < 12; t++)
    add_both(n, op, h, CMPLX(uniform(&rng), uniform(&rng)), 3,
             (rz_local[]){{(int32_t)rz_rng_below(&rng, 5), "XYZ+-"[rz_rng_below(&rng, 5)]},
                          {(int32_t)rz_rng_below(&rng, 5), "XYZ+-"[rz_rng_below(&rng, 5)]},
                          {(int32_t)rz_rng_below(&rng, 5), "xyz+-"[rz_rng_below(&rng, 5)]}});
  RZ_EXPECT_OK(rz_operator_finish(op));
  RZ_EXPECT_OK(rz_operator_clone(op, &rotated));
  RZ_EXPECT_OK(rz_operator_marshall(rotated, mask));
  for (int row = 0; row < dim; row++)
    for (int col = 0; col < dim; col++) {
      int sign = 1;
      for (int i = 0; i < n; i++)
        if (mask[i]) sign *= ((row >> i & 1) ? 1 : -1) * ((col >> i & 1) ? 1 : -1);
      h[row * dim + col] *= sign;
    }
  double complex *mine = dense_of(rotated), *before = dense_of(op);
  RZ_EXPECT_NEAR(dense_distance(n, mine, h), 0.0, 1e-13);
  RZ_EXPECT(dense_distance(n, before, h) > 0.1); /* the clone was rotated, not the original */
  RZ_EXPECT_OK(rz_operator_marshall(rotated, mask));
  double complex *twice = dense_of(rotated);
  RZ_EXPECT_NEAR(dense_distance(n, twice, before), 0.0, 0.0);
  free(twice);
  free(before);
  free(mine);
  free(h);
  rz_operator_destroy(&op);
  rz_operator_destroy(&rotated);
}

/* A product of sums (s+ + s-) is 2^n products for a naive expansion, and one flip set here; so is a product of ten sx,
 * whose expansion into s+ and s- would have 1024 terms. */
static void many_flips_are_one_connected_element(void) {
  enum { N_SUM = 7 };
  const int n = 10;
  rz_operator *op;
  RZ_EXPECT_OK(rz_operator_create(n, &op));
  rz_local factor[10];
  for (int choice = 0; choice < 1 << N_SUM; choice++) {
    for (int i = 0; i < N_SUM; i++) factor[i] = (rz_local){i, (choice >> i & 1) ? '+' : '-'};
    RZ_EXPECT_OK(rz_operator_add(op, 0.5, N_SUM, factor));
  }
  RZ_EXPECT_OK(rz_operator_finish(op));
  RZ_EXPECT(rz_operator_n_flip_set(op) == 1);
  const rz_flip_set *f = rz_operator_flip_set(op, 0);
  RZ_EXPECT(f->n_flip == N_SUM && f->n_term == 1 && f->first[1] == 0);
  RZ_EXPECT_NEAR(creal(f->coef[0]), 0.5, 0.0);
  rz_operator_destroy(&op);
  RZ_EXPECT_OK(rz_operator_create(n, &op));
  for (int i = 0; i < n; i++) factor[i] = (rz_local){i, 'x'};
  RZ_EXPECT_OK(rz_operator_add(op, 1024.0, n, factor));
  RZ_EXPECT_OK(rz_operator_finish(op));
  RZ_EXPECT(rz_operator_n_flip_set(op) == 1 && creal(rz_operator_flip_set(op, 0)->coef[0]) == 1.0);
  rz_operator_destroy(&op);
}

/* Parallel spins of a Heisenberg bond give an exact zero, also when the two halves were rounded differently. */
static void cancelled_elements_are_exactly_zero(void) {
  rz_operator *op;
  RZ_EXPECT_OK(rz_operator_create(3, &op));
  for (int k = 0; k < 3; k++) RZ_EXPECT_OK(rz_operator_add(op, 0.1, 2, (rz_local[]){{0, 'x'}, {1, 'x'}}));
  RZ_EXPECT_OK(rz_operator_add(op, 0.3, 2, (rz_local[]){{0, 'y'}, {1, 'y'}})); /* 0.1 + 0.1 + 0.1 > 0.3 */
  RZ_EXPECT_OK(rz_operator_add(op, 0.3, 2, (rz_local[]){{1, 'x'}, {2, 'x'}}));
  RZ_EXPECT_OK(rz_operator_add(op, 0.3, 2, (rz_local[]){{1, 'y'}, {2, 'y'}}));
  RZ_EXPECT_OK(rz_operator_add(op, 0.1 + 0.2, 2, (rz_local[]){{0, 'z'}, {2, 'z'}}));
  RZ_EXPECT_OK(rz_operator_add(op, -0.3, 2, (rz_local[]){{0, 'z'}, {2, 'z'}})); /* 5.5e-17 is dropped */
  RZ_EXPECT_OK(rz_operator_finish(op));
  RZ_EXPECT(rz_operator_n_flip_set(op) == 2);
  RZ_EXPECT(rz_operator_keeps_sz(op));
  int64_t set[2];
  double complex mel[2];
  RZ_EXPECT(rz_operator_connected(op, (int8_t[]){1, 1, -1}, set, mel) == 1 && set[0] == 1);
  RZ_EXPECT_NEAR(creal(mel[0]), 0.15, 1e-16);
  RZ_EXPECT(rz_operator_connected(op, (int8_t[]){1, 1, 1}, set, mel) == 0);
  rz_operator_destroy(&op);
}

/* Forty sites in one polynomial: beyond enumeration, the bound decides. */
static void wide_polynomials_use_the_bound(void) {
  for (int trial = 0; trial < 2; trial++) {
    rz_operator *op;
    RZ_EXPECT_OK(rz_operator_create(41, &op));
    RZ_EXPECT_OK(rz_operator_add(op, trial ? -39.0 : -41.0, 1, (rz_local[]){{0, 'X'}}));
    for (int i = 1; i <= 40; i++) RZ_EXPECT_OK(rz_operator_add(op, 1.0, 2, (rz_local[]){{0, 'X'}, {i, 'Z'}}));
    RZ_EXPECT_OK(rz_operator_finish(op));
    RZ_EXPECT(rz_operator_is_stoquastic(op) == (trial == 0));
    RZ_EXPECT(!rz_operator_keeps_sz(op));
    compare_evaluators(op);
    rz_operator_destroy(&op);
  }
}

/* 44,850 equal couplings: more than 16 bits can count. */
static void all_pairs_add_up(void) {
  enum { N = 300 };
  rz_operator *op;
  RZ_EXPECT_OK(rz_operator_create(N, &op));
  for (int a = 0; a < N; a++)
    for (int b = a + 1; b < N; b++) RZ_EXPECT_OK(rz_operator_add(op, 0.5, 2, (rz_local[]){{a, 'Z'}, {b, 'Z'}}));
  RZ_EXPECT_OK(rz_operator_finish(op));
  int8_t spin[N];
  for (int up = 0; up <= N; up += 75) {
    for (int i = 0; i < N; i++) spin[i] = i < up ? 1 : -1;
    const double m = 2 * up - N; /* sum over pairs = (m^2 - N) / 2 */
    RZ_EXPECT_NEAR(creal(rz_flip_set_element(rz_operator_flip_set(op, 0), spin)), 0.25 * (m * m - N), 0.0);
  }
  compare_evaluators(op);
  double out[2];
  int8_t lanes[2 * N];
  memset(lanes, 1, sizeof lanes);
  rz_flip_set_elements(rz_operator_flip_set(op, 0), 2, lanes, out, NULL);
  RZ_EXPECT(out[0] == 22425.0 && out[1] == 22425.0);
  rz_operator_destroy(&op);
}

static void bad_terms_are_refused(void) {
  rz_operator *op;
  RZ_EXPECT(rz_operator_create(0, &op) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_operator_create(2, &op));
  RZ_EXPECT(rz_operator_add(op, 1.0, 1, (rz_local[]){{2, 'X'}}) == RZ_ERR_ARG);
  RZ_EXPECT(rz_operator_add(op, 1.0, 1, (rz_local[]){{-1, 'X'}}) == RZ_ERR_ARG);
  RZ_EXPECT(rz_operator_add(op, 1.0, 1, (rz_local[]){{0, 'w'}}) == RZ_ERR_ARG);
  RZ_EXPECT(rz_operator_add(op, NAN, 1, (rz_local[]){{0, 'X'}}) == RZ_ERR_ARG);
  RZ_EXPECT(rz_operator_marshall(op, (int8_t[]){1, 0}) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_operator_add(op, 1.0, 2, (rz_local[]){{0, '+'}, {1, '-'}}));
  RZ_EXPECT(rz_operator_finish(op) == RZ_ERR_ARG);
  RZ_EXPECT(strstr(rz_error_message(), "not Hermitian") && strstr(rz_error_message(), "{0 1}"));
  rz_operator_destroy(&op);
  RZ_EXPECT_OK(rz_operator_create(2, &op));
  RZ_EXPECT_OK(rz_operator_finish(op)); /* the zero operator */
  RZ_EXPECT(rz_operator_n_flip_set(op) == 0 && rz_operator_trace_per_dim(op) == 0.0);
  RZ_EXPECT(rz_operator_bound(op) == 0.0);
  RZ_EXPECT(rz_operator_add(op, 1.0, 0, NULL) == RZ_ERR_ARG);
  rz_operator_destroy(&op);
  RZ_EXPECT_OK(rz_operator_create(2, &op));
  RZ_EXPECT_OK(rz_operator_add(op, -0.5, 2, (rz_local[]){{0, 'X'}, {1, 'X'}}));
  RZ_EXPECT_OK(rz_operator_add(op, 0.25, 1, (rz_local[]){{1, 'Z'}}));
  RZ_EXPECT_OK(rz_operator_finish(op));
  RZ_EXPECT(rz_operator_bound(op) == 0.75);
  rz_operator_destroy(&op);
}

static void every_allocation_may_fail(void) {
  for (int at = 1; at < 40; at++) {
    const int64_t alive = rz_memory_query().n_alive;
    rz_operator *op = NULL, *twin = NULL;
    rz_memory_fail_at(at);
    rz_err rc = rz_operator_create(4, &op);
    for (int i = 0; i < 3 && rc == RZ_OK; i++) {
      rc = rz_operator_add(op, 1.0, 2, (rz_local[]){{i, 'x'}, {i + 1, 'x'}});
      if (rc == RZ_OK) rc = rz_operator_add(op, 1.0, 2, (rz_local[]){{i, 'z'}, {i + 1, 'z'}});
    }
    if (rc == RZ_OK) rc = rz_operator_finish(op);
    if (rc == RZ_OK) rc = rz_operator_clone(op, &twin);
    rz_memory_fail_at(0);
    RZ_EXPECT(rc == RZ_OK || rc == RZ_ERR_MEMORY);
    RZ_EXPECT(at > 2 || rc == RZ_ERR_MEMORY);
    rz_operator_destroy(&op);
    rz_operator_destroy(&twin);
    RZ_EXPECT(rz_memory_query().n_alive == alive);
  }
}

int main(void) {
  random_products();
  structured_products();
  marshall_is_a_rotation();
  many_flips_are_one_connected_element();
  cancelled_elements_are_exactly_zero();
  wide_polynomials_use_the_bound();
  all_pairs_add_up();
  bad_terms_are_refused();
  every_allocation_may_fail();
  return rz_check_finish();
}
