/* modules: estimate sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* Energy of samples: means and variances against plain sums, bad samples dropped from weights, sums and extremes, full
 * sums against the Rayleigh quotient, bits on any number of ranks. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/energy.h"
#include "table_state.h"

#include <stdlib.h>
#include <string.h>

enum { N_CHAIN = 24, N_DRAW = 20, N_SITE = 3 };

static rz_comm world, self;

/* Made-up samples of this rank and local energies e(global sample). */
static rz_err made_up(const rz_comm *comm, rz_samples *s, double complex **e) {
  memset(s, 0, sizeof *s);
  const rz_range mine = rz_share(N_CHAIN, comm->rank, comm->size);
  s->n_chain = s->n_unit = mine.count;
  s->n_draw = s->unit = N_DRAW;
  s->n = mine.count * N_DRAW;
  s->first_chain = mine.first;
  s->n_chain_global = s->n_unit_global = N_CHAIN;
  s->n_site = N_SITE;
  RZ_TRY(RZ_NEW0(s->n * N_SITE, &s->spin));
  RZ_TRY(RZ_NEW(s->n, &s->weight));
  RZ_TRY(RZ_NEW(s->n, e));
  for (int64_t i = 0; i < s->n; i++) {
    rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, (uint64_t)(mine.first * N_DRAW + i));
    s->weight[i] = 1.0 / (N_CHAIN * N_DRAW);
    (*e)[i] = CMPLX(-7.0 + rz_rng_normal(&rng), 0.2 * rz_rng_normal(&rng));
  }
  return RZ_OK;
}

/* bad: global samples spoiled. */
static void check(int n_bad, const int64_t *bad) {
  rz_samples s, all;
  double complex *e = NULL, *e_all = NULL;
  rz_energy out, alone;
  RZ_EXPECT_OK(made_up(&world, &s, &e));
  RZ_EXPECT_OK(made_up(&self, &all, &e_all));
  const int64_t first = s.first_chain * N_DRAW;
  for (int k = 0; k < n_bad; k++) {
    const double complex spoil = k % 2 ? CMPLX(1.0, INFINITY) : CMPLX(NAN, 0.0);
    if (bad[k] >= first && bad[k] < first + s.n) e[bad[k] - first] = spoil;
    e_all[bad[k]] = spoil;
  }
  double mean = 0, im = 0, var = 0, low = INFINITY, high = -INFINITY;
  const double n = N_CHAIN * N_DRAW - n_bad;
  for (int64_t i = 0; i < all.n; i++) {
    if (!isfinite(creal(e_all[i])) || !isfinite(cimag(e_all[i]))) continue;
    mean += creal(e_all[i]) / n;
    im += cimag(e_all[i]) / n;
    low = fmin(low, creal(e_all[i]));
    high = fmax(high, creal(e_all[i]));
  }
  for (int64_t i = 0; i < all.n; i++)
    if (isfinite(creal(e_all[i])) && isfinite(cimag(e_all[i])))
      var += cabs(e_all[i] - CMPLX(mean, im)) * cabs(e_all[i] - CMPLX(mean, im)) / n;
  RZ_EXPECT_OK(rz_energy_estimate(&world, &s, e, 1.0, 0.02, &out));
  RZ_EXPECT_OK(rz_energy_estimate(&self, &all, e_all, 1.0, 0.02, &alone));
  RZ_EXPECT(memcmp(&out, &alone, sizeof out) == 0);
  RZ_EXPECT_NEAR(out.re.mean, mean, 1e-13);
  RZ_EXPECT_NEAR(out.im, im, 1e-13);
  RZ_EXPECT_NEAR(out.variance, var, 1e-12);
  RZ_EXPECT_NEAR(out.v_score, N_SITE * var / ((mean - 1) * (mean - 1)), 1e-12);
  RZ_EXPECT(out.n_bad == n_bad && out.re.n == (int64_t)n);
  RZ_EXPECT(out.min_re == low && out.max_re == high);
  RZ_EXPECT(out.re.error > 0.8 / sqrt(n) && out.re.error < 1.25 / sqrt(n));
  RZ_EXPECT(out.im_error > 0.16 / sqrt(n) && out.im_error < 0.25 / sqrt(n));
  RZ_EXPECT(out.variance_error > 0.8 * sqrt(2.0 / n) && out.variance_error < 2.0 * sqrt(2.0 / n));
  double sum = 0.0;
  for (int64_t i = 0; i < s.n; i++) sum += s.weight[i];
  RZ_EXPECT_OK(rz_sum(&world, 1, &sum));
  RZ_EXPECT_NEAR(sum, 1.0, 1e-13);
  for (int k = 0; k < n_bad; k++) RZ_EXPECT(all.weight[bad[k]] == 0.0 && e_all[bad[k]] == 0.0);
  rz_free(&e);
  rz_free(&e_all);
  rz_samples_free(&s);
  rz_samples_free(&all);
}

static void too_many_bad_samples_are_an_error(void) {
  rz_samples s;
  double complex *e = NULL;
  rz_energy out;
  RZ_EXPECT_OK(made_up(&world, &s, &e));
  for (int64_t i = 0; i < s.n && world.rank == world.size - 1; i++) e[i] = NAN;
  RZ_EXPECT(rz_energy_estimate(&world, &s, e, 0.0, 0.1, &out) == RZ_ERR_NUM);
  for (int64_t i = 0; i < s.n; i++) e[i] = NAN;
  RZ_EXPECT(rz_energy_estimate(&world, &s, e, 0.0, 1.0, &out) == RZ_ERR_NUM);
  rz_free(&e);
  rz_samples_free(&s);
}

/* <psi|H|psi> / <psi|psi> and the variance, with a node of psi in the sector. */
static void full_sums_are_rayleigh_quotients(void) {
  enum { N = 9 };
  rz_model model;
  rz_ansatz a;
  rz_operator *op = NULL;
  RZ_EXPECT_OK(bare_chain(N, true, &model));
  RZ_EXPECT_OK(table_init(N, model.lattice, &a));
  table_randomise(&a, 5, 0.7, 1.0);
  ((double complex *)a.data)[77] = -INFINITY;
  RZ_EXPECT_OK(rz_operator_create(N, &op));
  for (int32_t i = 0; i < N; i++) {
    RZ_EXPECT_OK(rz_operator_add(op, -1.0, 1, &(rz_local){i, 'X'}));
    RZ_EXPECT_OK(rz_operator_add(op, -1.0, 2, (rz_local[2]){{i, 'Z'}, {(i + 1) % N, 'Z'}}));
  }
  RZ_EXPECT_OK(rz_operator_finish(op));
  double complex psi[1 << N], h[1 << N];
  double norm = 0.0, energy = 0.0, square = 0.0;
  for (int s = 0; s < 1 << N; s++) psi[s] = s == 77 ? 0.0 : cexp(table_of(&a)[s]);
  for (int s = 0; s < 1 << N; s++) {
    int zz = 0;
    h[s] = 0.0;
    for (int i = 0; i < N; i++) {
      h[s] -= psi[s ^ 1 << i];
      zz += (s >> i & 1) == (s >> (i + 1) % N & 1) ? 1 : -1;
    }
    h[s] -= zz * psi[s];
    norm += creal(psi[s] * conj(psi[s]));
    energy += creal(conj(psi[s]) * h[s]);
    /* the node is never visited: its share of |H psi|^2 is not seen by any estimator over |psi|^2 */
    if (s != 77) square += creal(h[s] * conj(h[s]));
  }
  const rz_sampler_spec spec = {.method = "full_sum"};
  rz_sampler *sampler = NULL;
  rz_samples s;
  rz_energy out;
  double complex *e = NULL;
  int64_t n_bad = 0;
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, &model, &a, 1, &world, &sampler));
  RZ_EXPECT_OK(rz_sampler_draw(sampler, &a, 0, &s));
  RZ_EXPECT_OK(RZ_NEW(s.n, &e));
  RZ_EXPECT_OK(rz_local_values(op, &a, s.n, s.spin, e, NULL, &n_bad));
  RZ_EXPECT_OK(rz_energy_estimate(&world, &s, e, 0.0, 0.0, &out));
  energy /= norm;
  RZ_EXPECT_NEAR(out.re.mean, energy, 1e-12);
  double seen = 0.0; /* |<E_loc>|^2, real by symmetry of the sum over pairs but for the node */
  for (int64_t i = 0; i < s.n; i++) seen += s.weight[i] * cimag(e[i]);
  RZ_EXPECT_OK(rz_sum(&world, 1, &seen));
  RZ_EXPECT_NEAR(out.im, seen, 1e-12);
  RZ_EXPECT_NEAR(out.variance, square / norm - energy * energy - seen * seen, 1e-11);
  RZ_EXPECT(out.re.error == 0.0 && out.n_bad == 0 && isnan(out.re.tau_int));
  rz_free(&e);
  rz_samples_free(&s);
  rz_sampler_destroy(&sampler);
  rz_operator_destroy(&op);
  table_free(&a);
  bare_free(&model);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  check(0, NULL);
  check(1, (const int64_t[]){37});
  check(3, (const int64_t[]){0, 240, N_CHAIN * N_DRAW - 1});
  too_many_bad_samples_are_an_error();
  full_sums_are_rayleigh_quotients();
  return rz_check_finish();
}
