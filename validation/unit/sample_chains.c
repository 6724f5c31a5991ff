/* modules: sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* Error bars, autocorrelation times and R-hat of series whose truth is known: AR(1) with tau from 0.5 to 60, constants,
 * chains frozen at different values, short chains. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/sample/chains.h"

#include <stdlib.h>
#include <string.h>

static rz_comm comm;

/* x_i = a x_{i-1} + sqrt(1 - a^2) noise: variance 1, tau_int = 1/2 (1 + a)/(1 - a). */
static void ar1(uint64_t seed, int64_t chain, double a, int64_t n, double *x) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, (uint64_t)chain);
  double y = rz_rng_normal(&rng);
  for (int64_t i = 0; i < n; i++) {
    y = a * y + sqrt(1.0 - a * a) * rz_rng_normal(&rng);
    x[i] = 3.0 + y;
  }
}

static double a_of_tau(double tau) { return (2.0 * tau - 1.0) / (2.0 * tau + 1.0); }

static rz_mean measure(uint64_t seed, int64_t n_chain, int64_t n_draw, double tau) {
  const rz_range mine = rz_share(n_chain, comm.rank, comm.size);
  double *x = NULL;
  rz_mean m = {0};
  RZ_EXPECT_OK(RZ_NEW(mine.count * n_draw, &x));
  for (int64_t c = 0; c < mine.count; c++) ar1(seed, mine.first + c, a_of_tau(tau), n_draw, x + c * n_draw);
  RZ_EXPECT_OK(rz_chains_mean(&comm, mine.count, n_draw, n_chain, x, &m));
  rz_free(&x);
  return m;
}

static void known_times_are_found(void) {
  const double tau[] = {0.5, 5.0, 60.0};
  const int64_t shape[][2] = {{1, 40000}, {16, 3000}, {64, 1000}};
  for (int t = 0; t < 3; t++)
    for (int s = 0; s < 3; s++) {
      const rz_mean m = measure(11 + (uint64_t)(3 * t + s), shape[s][0], shape[s][1], tau[t]);
      const double n = (double)(shape[s][0] * shape[s][1]);
      /* Wolff's relative error of tau, sqrt(2 (2 W + 1) / n) with a window of about 6 tau: 5 sigma of it, and the few
       * per cent by which a finite chain's sum falls short */
      const double sigma = sqrt(2.0 * (12.0 * tau[t] + 1.0) / n);
      RZ_EXPECT_NEAR(m.tau_int / tau[t], 1.0, 5.0 * sigma + tau[t] / (double)shape[s][1]);
      RZ_EXPECT_NEAR(m.mean, 3.0, 5.0 * sqrt(2.0 * tau[t] / n));
      RZ_EXPECT_NEAR(m.variance, 1.0, 5.0 * sqrt(2.0 * 2.0 * tau[t] / n));
      RZ_EXPECT_NEAR(m.error, sqrt(2.0 * m.tau_int * m.variance / n), 1e-12);
      RZ_EXPECT_NEAR(m.ess, n / (2.0 * m.tau_int), 1e-6 * n);
      RZ_EXPECT(m.n == shape[s][0] * shape[s][1]);
      RZ_EXPECT(m.r_hat > 0.99 && m.r_hat < 1.0 + 10.0 * tau[t] / (double)shape[s][1]);
    }
}

/* Pulls of 400 repetitions: mean 0 (5 sigma = 0.25), coverage 68 % (51 to 85). */
static void errors_cover(int64_t n_chain, int64_t n_draw, double tau) {
  enum { N = 400 };
  double pull = 0.0;
  int inside = 0;
  for (int k = 0; k < N; k++) {
    const rz_mean m = measure(1000 + (uint64_t)k, n_chain, n_draw, tau);
    pull += (m.mean - 3.0) / m.error / N;
    inside += fabs(m.mean - 3.0) < m.error;
  }
  if (!RZ_EXPECT(inside > 0.56 * N && inside < 0.78 * N) && comm.rank == 0)
    fprintf(stderr, "coverage %.3f for %lld chains of %lld draws, tau %g\n", (double)inside / N, (long long)n_chain,
            (long long)n_draw, tau);
  RZ_EXPECT_NEAR(pull, 0.0, 0.3);
}

static void degenerate_chains(void) {
  double x[4 * 32];
  rz_mean m;
  const rz_range mine = rz_share(4, comm.rank, comm.size);
  for (int i = 0; i < 4 * 32; i++) x[i] = -0.1;
  RZ_EXPECT_OK(rz_chains_mean(&comm, mine.count, 32, 4, x, &m));
  RZ_EXPECT(m.error == 0.0 && isnan(m.r_hat) && isnan(m.tau_int) && m.variance == 0.0);
  RZ_EXPECT_NEAR(m.mean, -0.1, 1e-15);
  /* frozen at different values: four samples, whatever the length */
  for (int64_t c = 0; c < mine.count; c++)
    for (int i = 0; i < 32; i++) x[c * 32 + i] = (double)(mine.first + c);
  RZ_EXPECT_OK(rz_chains_mean(&comm, mine.count, 32, 4, x, &m));
  RZ_EXPECT(m.r_hat > 1e3);
  RZ_EXPECT_NEAR(m.mean, 1.5, 1e-14);
  RZ_EXPECT_NEAR(m.error, sqrt(5.0 / 3.0 / 4.0), 1e-12);
  RZ_EXPECT_NEAR(m.ess, 4.0, 1e-9);
  /* the same from the spread alone */
  RZ_EXPECT_OK(rz_chains_mean(&comm, mine.count, 1, 4, x, &m));
  for (int64_t c = 0; c < mine.count; c++) x[c] = (double)(mine.first + c);
  RZ_EXPECT_OK(rz_chains_mean(&comm, mine.count, 1, 4, x, &m));
  RZ_EXPECT_NEAR(m.error, sqrt(5.0 / 3.0 / 4.0), 1e-12);
  RZ_EXPECT(isnan(m.tau_int) && isnan(m.r_hat) && isnan(m.ess));
  RZ_EXPECT_OK(rz_chains_mean(&comm, 0, 0, 0, x, &m));
  RZ_EXPECT(isnan(m.mean) && m.n == 0);
}

/* A long chain that hardly moves: the number of lags stays bounded, and the error is the spread. */
static void long_frozen_chains(void) {
  enum { N = 60000 };
  const rz_range mine = rz_share(8, comm.rank, comm.size);
  double *x = NULL, spread = 0.0;
  rz_mean m;
  RZ_EXPECT_OK(RZ_NEW(mine.count * N, &x));
  for (int64_t c = 0; c < mine.count; c++)
    for (int64_t i = 0; i < N; i++) x[c * N + i] = (double)(mine.first + c) + 1e-3 * sin((double)i);
  for (int c = 0; c < 8; c++) spread += (c - 3.5) * (c - 3.5) / 7.0;
  RZ_EXPECT_OK(rz_chains_mean(&comm, mine.count, N, 8, x, &m));
  RZ_EXPECT_NEAR(m.error, sqrt(spread / 8.0), 1e-5);
  RZ_EXPECT_NEAR(m.ess, 8.0, 1e-3);
  RZ_EXPECT(m.r_hat > 1e3);
  rz_free(&x);
}

/* The bits are those of one rank that holds every chain. */
static void bits_do_not_depend_on_ranks(void) {
  rz_comm self;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  const rz_mean here = measure(7, 13, 50, 5.0);
  double *x = NULL;
  rz_mean alone;
  RZ_EXPECT_OK(RZ_NEW(13 * 50, &x));
  for (int64_t c = 0; c < 13; c++) ar1(7, c, a_of_tau(5.0), 50, x + c * 50);
  RZ_EXPECT_OK(rz_chains_mean(&self, 13, 50, 13, x, &alone));
  RZ_EXPECT(memcmp(&here, &alone, sizeof here) == 0);
  rz_free(&x);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  known_times_are_found();
  degenerate_chains();
  long_frozen_chains();
  bits_do_not_depend_on_ranks();
  if (comm.size == 1) {
    errors_cover(1, 2000, 5.0);
    errors_cover(2, 500, 5.0);
    errors_cover(16, 8, 5.0);
    errors_cover(16, 100, 60.0);
    errors_cover(64, 32, 0.5);
    errors_cover(64, 32, 20.0);
    errors_cover(32, 4, 3.0);
  }
  return rz_check_finish();
}
