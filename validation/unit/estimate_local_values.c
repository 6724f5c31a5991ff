/* modules: estimate sample ansatz model linalg core */
/* Local values of random Hermitian operators, real and complex, against (O psi)(s) / psi(s) with O applied term by term
 * to the whole vector; the fast path against the textbook one for every state that has a cache. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/energy.h"
#include "table_state.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TERM = 24, MAX_FACTOR = 4 };

typedef struct {
  double complex coef;
  int n;
  rz_local factor[MAX_FACTOR];
} term;

/* One local operator on basis state s: new state, factor. */
static double complex act(char op, int site, uint64_t *s) {
  const int up = (int)(*s >> site & 1);
  const double half = op == 'x' || op == 'y' || op == 'z' ? 0.5 : 1.0;
  if (op == '+' || op == '-') {
    if ((op == '+') == up) return 0.0;
    *s ^= (uint64_t)1 << site;
    return 1.0;
  }
  if (op == 'Z' || op == 'z') return half * (up ? 1.0 : -1.0);
  *s ^= (uint64_t)1 << site;
  if (op == 'X' || op == 'x') return half;
  return up ? CMPLX(0.0, half) : CMPLX(0.0, -half); /* sy |up> = i |down>, sy |down> = -i |up> */
}

static void apply(const term *t, int n_site, const double complex *psi, double complex *out) {
  for (uint64_t s = 0; s < (uint64_t)1 << n_site; s++) {
    uint64_t to = s;
    double complex c = t->coef;
    for (int k = t->n - 1; k >= 0 && c != 0.0; k--) c *= act(t->factor[k].op, t->factor[k].site, &to);
    if (c != 0.0) out[to] += c * psi[s];
  }
}

/* A random product on distinct sites and its Hermitian conjugate. */
static int random_pair(rz_rng *rng, int n_site, bool real, term out[2]) {
  const char *letters = real ? "XZxz+-" : "XYZxyz+-";
  term t = {.n = 1 + (int)rz_rng_below(rng, MAX_FACTOR)};
  if (t.n > n_site) t.n = n_site;
  for (int k = 0; k < t.n; k++) {
    int again;
    do {
      again = 0;
      t.factor[k] = (rz_local){(int32_t)rz_rng_below(rng, (uint32_t)n_site),
                               letters[rz_rng_below(rng, (uint32_t)strlen(letters))]};
      for (int l = 0; l < k; l++) again |= t.factor[l].site == t.factor[k].site;
    } while (again);
  }
  const double re = rz_rng_normal(rng), im = rz_rng_normal(rng);
  t.coef = CMPLX(re, real ? 0.0 : im);
  out[0] = out[1] = t;
  out[1].coef = conj(t.coef);
  for (int k = 0; k < t.n; k++) {
    const char op = t.factor[k].op;
    out[1].factor[k].op = op == '+' ? '-' : op == '-' ? '+' : op;
  }
  return 2;
}

static void random_operator(int n_site, bool real, uint64_t seed) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, 0);
  term t[MAX_TERM];
  rz_operator *op = NULL;
  rz_model model;
  rz_ansatz a;
  const int64_t dim = (int64_t)1 << n_site;
  double complex *psi = NULL, *h_psi = NULL, *value = NULL, *slow = NULL;
  int8_t *spin = NULL;
  RZ_EXPECT_OK(bare_chain(n_site, false, &model));
  RZ_EXPECT_OK(table_init(n_site, model.lattice, &a));
  table_randomise(&a, seed, 1.0, 2.0);
  RZ_EXPECT_OK(rz_operator_create(n_site, &op));
  RZ_EXPECT_OK(RZ_NEW(dim, &psi));
  RZ_EXPECT_OK(RZ_NEW0(dim, &h_psi));
  RZ_EXPECT_OK(RZ_NEW(dim, &value));
  RZ_EXPECT_OK(RZ_NEW(dim, &slow));
  RZ_EXPECT_OK(RZ_NEW(dim * n_site, &spin));
  for (int k = 0; k < MAX_TERM; k += 2) random_pair(&rng, n_site, real, t + k);
  for (int64_t s = 0; s < dim; s++) psi[s] = cexp(table_of(&a)[s]);
  for (int k = 0; k < MAX_TERM; k++) {
    RZ_EXPECT_OK(rz_operator_add(op, t[k].coef, t[k].n, t[k].factor));
    apply(&t[k], n_site, psi, h_psi);
  }
  RZ_EXPECT_OK(rz_operator_finish(op));
  for (int64_t s = 0; s < dim; s++) rz_bits_to_spins((uint64_t)s, n_site, spin + s * n_site);
  double complex *log_psi = NULL;
  RZ_EXPECT_OK(RZ_NEW(dim, &log_psi));
  RZ_EXPECT_OK(rz_local_values(op, &a, dim, spin, value, log_psi, NULL));
  RZ_EXPECT_OK(rz_local_values_slow(op, &a, dim, spin, slow));
  double worst = 0.0, worst_slow = 0.0;
  for (int64_t s = 0; s < dim; s++) {
    const double complex exact = h_psi[s] / psi[s];
    worst = fmax(worst, cabs(value[s] - exact) / (1.0 + cabs(exact)));
    worst_slow = fmax(worst_slow, cabs(slow[s] - exact) / (1.0 + cabs(exact)));
    RZ_EXPECT(log_psi[s] == table_of(&a)[s]);
  }
  RZ_EXPECT_NEAR(worst, 0.0, 1e-11);
  RZ_EXPECT_NEAR(worst_slow, 0.0, 1e-11);
  rz_free(&log_psi);
  rz_free(&spin);
  rz_free(&slow);
  rz_free(&value);
  rz_free(&h_psi);
  rz_free(&psi);
  rz_operator_destroy(&op);
  table_free(&a);
  bare_free(&model);
}

/* Local values and derivatives from one refresh: the bits of each alone. */
static void derivatives_come_along(const rz_operator *op, const rz_ansatz *a, int64_t n, const int8_t *spin,
                                   const double complex *value) {
  const int64_t n_row = n * rz_ansatz_n_comp(a), size = n_row * a->params.n;
  rz_jacobian *j = NULL, *alone = NULL;
  double complex *together = NULL;
  double *row = NULL, *row_alone = NULL;
  RZ_EXPECT_OK(RZ_NEW(n, &together));
  RZ_EXPECT_OK(RZ_NEW(size, &row));
  RZ_EXPECT_OK(RZ_NEW(size, &row_alone));
  RZ_EXPECT_OK(rz_local_values_and_jacobian(op, a, n, spin, together, NULL, &j));
  RZ_EXPECT_OK(rz_ansatz_jacobian(a, n, spin, &alone));
  RZ_EXPECT(n == 0 || memcmp(together, value, (size_t)n * sizeof *value) == 0);
  for (int c = 0; c < rz_ansatz_n_comp(a); c++) {
    RZ_EXPECT_OK(rz_jacobian_rows(j, c, 0, n, row + c * n * a->params.n));
    RZ_EXPECT_OK(rz_jacobian_rows(alone, c, 0, n, row_alone + c * n * a->params.n));
  }
  RZ_EXPECT(n == 0 || memcmp(row, row_alone, (size_t)size * sizeof *row) == 0);
  rz_jacobian_destroy(&j);
  rz_jacobian_destroy(&alone);
  rz_free(&row_alone);
  rz_free(&row);
  rz_free(&together);
}

/* Heisenberg and a field on states with caches: fast against textbook, any number of configurations. */
static void caches_agree_with_the_textbook(const char *spec) {
  enum { N = 12, MANY = 37 };
  rz_model model;
  rz_ansatz *a = NULL;
  rz_operator *op = NULL;
  int8_t spin[MANY * N];
  double complex fast[MANY], slow[MANY];
  RZ_EXPECT_OK(bare_chain(N, true, &model));
  RZ_EXPECT_OK(rz_operator_create(N, &op));
  for (int32_t i = 0; i < N; i++) {
    const char *pair[3] = {"XX", "YY", "ZZ"};
    for (int k = 0; k < 3; k++) {
      const rz_local f[2] = {{i, pair[k][0]}, {(i + 1) % N, pair[k][1]}};
      RZ_EXPECT_OK(rz_operator_add(op, 1.0 + 0.1 * i, 2, f));
    }
    const rz_local field[1] = {{i, i % 2 ? 'X' : 'Y'}};
    RZ_EXPECT_OK(rz_operator_add(op, -0.3, 1, field));
  }
  RZ_EXPECT_OK(rz_operator_finish(op));
  if (!RZ_EXPECT_OK(rz_ansatz_create_spec(model.lattice, 3, spec, &a))) return;
  rz_rng rng = rz_rng_stream(4, RZ_RNG_TEST, 1);
  for (int64_t k = 0; k < a->params.n; k++) a->params.value[k] += 0.3 * rz_rng_normal(&rng);
  RZ_EXPECT_OK(rz_ansatz_update(a));
  for (int k = 0; k < MANY * N; k++) spin[k] = rz_rng_u32(&rng) >> 31 ? 1 : -1;
  for (int64_t n = 0; n <= MANY; n = n == 0 ? 1 : n == 1 ? 16 : n == 16 ? MANY : MANY + 1) {
    RZ_EXPECT_OK(rz_local_values(op, a, n, spin, fast, NULL, NULL));
    RZ_EXPECT_OK(rz_local_values_slow(op, a, n, spin, slow));
    for (int64_t i = 0; i < n; i++) RZ_EXPECT_NEAR(cabs(fast[i] - slow[i]), 0.0, 1e-10 * (1.0 + cabs(slow[i])));
    derivatives_come_along(op, a, n, spin, fast);
  }
  rz_ansatz_destroy(&a);
  rz_operator_destroy(&op);
  bare_free(&model);
}

/* Operators that share all, some or no flip sets, together and on several threads: the bits of each alone. */
static void operators_share_ratios(bool is_complex) {
  enum { N = 6, MANY = 53, N_OP = 4 };
  rz_model model;
  rz_ansatz *a = NULL;
  rz_operator *op[N_OP];
  rz_local_plan *plan = NULL;
  int8_t spin[MANY * N];
  double complex together[N_OP * MANY], alone[MANY], slow[MANY], log_psi[MANY];
  const char *const product[N_OP] = {"XX", "YY", "XZ", "ZZ"};
  RZ_EXPECT_OK(bare_chain(N, true, &model));
  for (int o = 0; o < N_OP; o++) {
    RZ_EXPECT_OK(rz_operator_create(N, &op[o]));
    for (int32_t i = 0; i < N; i++) {
      const rz_local f[2] = {{i, product[o][0]}, {(i + 1) % N, product[o][1]}};
      RZ_EXPECT_OK(rz_operator_add(op[o], 1.0 + 0.1 * i * o, 2, f));
      if (o == 0) RZ_EXPECT_OK(rz_operator_add(op[o], 0.7, 1, &(rz_local){i, 'X'}));
    }
    RZ_EXPECT_OK(rz_operator_finish(op[o]));
  }
  RZ_EXPECT_OK(rz_ansatz_create_spec(model.lattice, 3,
                                     is_complex ? "kind=rbm alpha=2 weights=complex bias=both init_width=0.3"
                                                : "kind=rbm alpha=2 init_width=0.3",
                                     &a));
  rz_rng rng = rz_rng_stream(5, RZ_RNG_TEST, 1);
  for (int k = 0; k < MANY * N; k++) spin[k] = rz_rng_u32(&rng) >> 31 ? 1 : -1;
  RZ_EXPECT_OK(rz_local_plan_create(N_OP, (const rz_operator *const *)op, &plan));
  RZ_EXPECT(rz_local_plan_n_ratio(plan) == N + N); /* bonds; sites */
  for (int n_thread = 1; n_thread <= 5 && rz_threads_choose(n_thread) == RZ_OK; n_thread++) {
    RZ_EXPECT_OK(rz_local_values_of(plan, a, MANY, spin, together, log_psi, NULL));
    for (int o = 0; o < N_OP; o++) {
      RZ_EXPECT_OK(rz_local_values(op[o], a, MANY, spin, alone, NULL, NULL));
      RZ_EXPECT(memcmp(alone, together + o * MANY, sizeof alone) == 0);
      RZ_EXPECT_OK(rz_local_values_slow(op[o], a, MANY, spin, slow));
      for (int i = 0; i < MANY; i++) RZ_EXPECT_NEAR(cabs(alone[i] - slow[i]), 0.0, 1e-11 * (1.0 + cabs(slow[i])));
    }
  }
  RZ_EXPECT_OK(rz_threads_choose(1));
  rz_operator *other = NULL;
  RZ_EXPECT_OK(rz_operator_create(N + 1, &other));
  RZ_EXPECT_OK(rz_operator_finish(other));
  rz_local_plan *none = NULL;
  RZ_EXPECT(rz_local_plan_create(2, (const rz_operator *const[]){op[0], other}, &none) == RZ_ERR_ARG && !none);
  rz_operator_destroy(&other);
  rz_local_plan_destroy(&plan);
  for (int o = 0; o < N_OP; o++) rz_operator_destroy(&op[o]);
  rz_ansatz_destroy(&a);
  bare_free(&model);
}

static void bad_values_are_counted(void) {
  rz_model model;
  rz_ansatz a;
  rz_operator *op = NULL;
  RZ_EXPECT_OK(bare_chain(4, false, &model));
  RZ_EXPECT_OK(table_init(4, model.lattice, &a));
  ((double complex *)a.data)[5] = INFINITY;
  RZ_EXPECT_OK(rz_operator_create(4, &op));
  for (int32_t i = 0; i < 4; i++) RZ_EXPECT_OK(rz_operator_add(op, -1.0, 1, &(rz_local){i, 'X'}));
  RZ_EXPECT_OK(rz_operator_finish(op));
  int8_t spin[16 * 4];
  double complex value[16];
  for (uint64_t s = 0; s < 16; s++) rz_bits_to_spins(s, 4, spin + 4 * s);
  int64_t n_bad = 0;
  RZ_EXPECT_OK(rz_local_values(op, &a, 16, spin, value, NULL, &n_bad));
  /* state 5 has ratios of 0: a fine value; its four neighbours are infinite */
  RZ_EXPECT(n_bad == 4);
  RZ_EXPECT(rz_local_values(op, &a, 16, spin, value, NULL, NULL) == RZ_ERR_NUM);
  rz_operator *other = NULL;
  RZ_EXPECT_OK(rz_operator_create(5, &other));
  RZ_EXPECT_OK(rz_operator_finish(other));
  RZ_EXPECT(rz_local_values(other, &a, 16, spin, value, NULL, &n_bad) == RZ_ERR_ARG);
  rz_operator_destroy(&other);
  rz_operator_destroy(&op);
  table_free(&a);
  bare_free(&model);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  for (int n_site = 1; n_site <= 8; n_site++)
    for (uint64_t seed = 1; seed <= 3; seed++) {
      random_operator(n_site, true, seed);
      random_operator(n_site, false, seed);
    }
  caches_agree_with_the_textbook("kind=rbm alpha=2");
  caches_agree_with_the_textbook("kind=rbm alpha=1 weights=complex bias=both");
  caches_agree_with_the_textbook("kind=rbm alpha=2 symmetry=translation");
  caches_agree_with_the_textbook("kind=jastrow");
  caches_agree_with_the_textbook("kind=mean_field");
  operators_share_ratios(false);
  operators_share_ratios(true);
  bad_values_are_counted();
  return rz_check_finish();
}
