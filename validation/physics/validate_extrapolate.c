/* modules: validate exact estimate sample ansatz model linalg core */
/* Zero-variance extrapolation where the answer is known: lines with and without noise, and a path of states of the
 * Ising ring of 8 spins at h = 2 towards its ground state, by full sums and by samples. */
#include "bare_model.h"
#include "check.h"
#include "ritz/estimate/evaluate.h"
#include "ritz/exact/ed.h"
#include "ritz/validate/extrapolate.h"
#include "table_state.h"

enum { N_SITE = 8, N_STEP = 80, N_SEED = 25, N_SERIES = 2000, STRIDE = 3 };

static const double E0 = -20.0, SLOPE = 1.0;

static rz_comm comm;
static double row[N_STEP * STRIDE]; /* of a step: energy, variance, something else */

static rz_extrapolation extrapolate(int64_t n, const rz_energy *frozen) {
  return rz_extrapolate(n, STRIDE, row, row + 1, frozen);
}

/* ---- lines ---- */

/* Energies on the line from a variance that decays from `first` to `last`, with correlated noise in both: of the energy
 * sqrt(V / 1000), of the variance V sqrt(2 / 1000). */
static void make_line(double first, double last, double noise, double correlation, rz_rng *rng) {
  for (int t = 0; t < N_STEP; t++) {
    const double v = last + (first - last) * exp(-5.0 * t / N_STEP);
    const double x = rz_rng_normal(rng), y = rz_rng_normal(rng);
    row[t * STRIDE] = E0 + SLOPE * v + noise * sqrt(v / 1000.0) * x;
    row[t * STRIDE + 1] =
        v * (1.0 + noise * sqrt(2.0 / 1000.0) * (correlation * x + sqrt(1.0 - correlation * correlation) * y));
  }
}

/* Five times the samples of a step. */
static rz_energy measure_end(double v, double noise, double correlation, rz_rng *rng) {
  const double e_error = noise * sqrt(v / 5e3), v_error = noise * v * sqrt(2.0 / 5e3);
  const double x = rz_rng_normal(rng), y = rz_rng_normal(rng);
  return (rz_energy){.re = {.mean = E0 + SLOPE * v + e_error * x, .error = e_error},
                     .variance = v + v_error * (correlation * x + sqrt(1.0 - correlation * correlation) * y),
                     .variance_error = v_error,
                     .covariance = correlation * e_error * v_error};
}

static void test_exact_line(void) {
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  make_line(2.0, 0.1, 0.0, 0.0, &rng);
  const rz_energy end = measure_end(0.1, 0.0, 0.0, &rng);
  const rz_extrapolation x = extrapolate(N_STEP, &end);
  RZ_EXPECT(x.applies && x.first_step == N_STEP / 2);
  RZ_EXPECT_NEAR(x.energy, E0, 1e-10);
  RZ_EXPECT_NEAR(x.slope, SLOPE, 1e-10);
  RZ_EXPECT(x.error < 1e-10);
  RZ_EXPECT(!extrapolate(39, &end).applies && extrapolate(40, &end).applies);
  /* Steps too far up are left out; with all of them, or a path that rises, nothing is said. */
  rz_energy far = end;
  far.variance = row[(N_STEP - 1) * STRIDE + 1] / 20.0;
  RZ_EXPECT(!extrapolate(N_STEP, &far).applies);
  row[45 * STRIDE + 1] = 50.0;
  RZ_EXPECT(extrapolate(N_STEP, &end).first_step == 48);
  for (int t = 0; t < N_STEP; t++) row[t * STRIDE] = 2.0 * E0 - row[t * STRIDE];
  RZ_EXPECT(!extrapolate(N_STEP, &end).applies);
}

/* The error bar covers, with the noise of E and V correlated either way: it needs their covariance. */
static void test_noisy_line(double correlation) {
  double pull = 0.0, square = 0.0;
  int n = 0, inside = 0;
  for (uint64_t seed = 1; seed <= N_SERIES; seed++) {
    rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, 0);
    make_line(1.4, 0.2, 1.0, correlation, &rng);
    const rz_energy end = measure_end(0.2, 1.0, correlation, &rng);
    const rz_extrapolation x = extrapolate(N_STEP, &end);
    if (!x.applies) continue;
    const double p = (x.energy - E0) / x.error;
    n++;
    pull += p;
    square += p * p;
    inside += fabs(p) < 1.0;
  }
  pull /= n, square /= n;
  printf("correlation %+.1f: %d of %d apply, mean pull %+.3f, r.m.s. %.3f, within one error %.1f %%\n", correlation, n,
         N_SERIES, pull, sqrt(square), 100.0 * inside / n);
  RZ_EXPECT(n > 9 * N_SERIES / 10);
  /* Errors of slopes by a jackknife over ten blocks have tails like a t distribution's. */
  RZ_EXPECT(inside > 0.6 * n && inside < 0.75 * n);
  RZ_EXPECT_NEAR(pull, 0.0, 5.0 / sqrt(n));
  RZ_EXPECT(sqrt(square) > 0.92 && sqrt(square) < 1.12);
}

/* At rest there is noise alone, however well correlated: no line. */
static void test_noise_alone(void) {
  int n = 0;
  for (uint64_t seed = 1; seed <= N_SERIES; seed++) {
    rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, 1);
    make_line(0.2, 0.2, 1.0, 0.9, &rng);
    const rz_energy end = measure_end(0.2, 1.0, 0.9, &rng);
    n += extrapolate(N_STEP, &end).applies;
  }
  printf("noise alone: %d of %d apply\n", n, N_SERIES);
  RZ_EXPECT(n < N_SERIES / 50);
}

/* ---- states ---- */

static rz_energy energy_of(const rz_model *m, const rz_ansatz *a, const char *method, int64_t samples, uint64_t seed) {
  const rz_sampler_spec chains = {
      .method = method, .chains = 32, .samples = samples, .sweep_size = 5, .discard = 40, .replicas = 1};
  const rz_evaluate_spec once = {.rel_error = 1e-12, .min_samples = samples, .max_samples = samples, .discard = 5};
  rz_sampler *s = NULL;
  rz_evaluation e = {0};
  RZ_EXPECT_OK(rz_sampler_create_from(&chains, m, a, seed, &comm, &s));
  RZ_EXPECT_OK(rz_sampler_start(s, a));
  RZ_EXPECT_OK(rz_evaluate_from(&once, m, a, s, NULL, &comm, NULL, &e));
  rz_sampler_destroy(&s);
  return e.energy;
}

/* The ground state's amplitudes, each times exp(width normal). */
static void disturb(rz_ansatz *a, const double complex *ground, uint64_t seed, double width) {
  table_randomise(a, seed, width, 0.0);
  for (int64_t k = 0; k < INT64_C(1) << N_SITE; k++) ((double complex *)a->data)[k] += log(cabs(ground[k]));
}

/* The disturbance of a seed, ever smaller; the last state is the one that is frozen. */
static rz_energy walk(const rz_model *m, rz_ansatz *a, const double complex *ground, const char *method,
                      uint64_t seed) {
  for (int t = 0; t < N_STEP; t++) {
    disturb(a, ground, seed, 0.3 * exp(-1.5 * t / N_STEP));
    const rz_energy e = energy_of(m, a, method, 512, 1000 * seed + (uint64_t)t);
    row[t * STRIDE] = e.re.mean;
    row[t * STRIDE + 1] = e.variance;
  }
  return energy_of(m, a, method, 16384, seed);
}

static void test_states(const rz_model *m, rz_ansatz *a, const double complex *ground, double e0) {
  double before = 0.0, after = 0.0, full_after = 0.0, square = 0.0;
  int n = 0;
  for (uint64_t seed = 1; seed <= N_SEED; seed++) {
    const rz_energy full = walk(m, a, ground, "full_sum", seed);
    const rz_extrapolation exact = extrapolate(N_STEP, &full);
    if (!RZ_EXPECT(exact.applies)) continue;
    full_after += fabs(exact.energy - e0);
    const rz_energy sampled = walk(m, a, ground, "metropolis", seed);
    const rz_extrapolation x = extrapolate(N_STEP, &sampled);
    if (!x.applies) continue;
    n++;
    before += fabs(sampled.re.mean - e0);
    after += fabs(x.energy - e0);
    square += (x.energy - exact.energy) * (x.energy - exact.energy) / (x.error * x.error);
  }
  printf("E - E0 %.2e; extrapolated by full sums %.1e off, by samples in %d of %d cases %.1e; r.m.s. pull %.2f\n",
         before / n, full_after / N_SEED, n, N_SEED, after / n, sqrt(square / n));
  RZ_EXPECT(n > N_SEED / 2);
  RZ_EXPECT(full_after / N_SEED < 0.1 * before / n);
  RZ_EXPECT(after < 0.5 * before);
  RZ_EXPECT(sqrt(square / n) < 1.5);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  test_exact_line();
  test_noisy_line(0.0);
  test_noisy_line(0.8);
  test_noisy_line(-0.8);
  test_noise_alone();
  rz_model m;
  rz_ansatz a;
  rz_ed_result ed;
  rz_sector sector;
  double complex *ground = NULL;
  RZ_EXPECT_OK(bare_ising_ring(N_SITE, 2.0, &m));
  RZ_EXPECT_OK(table_init(N_SITE, m.lattice, &a));
  const rz_ed_spec spec = {.op = m.h, .n_levels = 1, .solver = "dense", .tol = 1e-12, .with_vectors = true, .seed = 1};
  if (RZ_EXPECT_OK(rz_ed_solve(&spec, &comm, &ed)) &&
      RZ_EXPECT_OK(rz_ed_expand(&spec, &comm, &ed, 0, INT64_C(1) << 20, &sector, &ground)))
    test_states(&m, &a, ground, ed.energy[0]);
  rz_free(&ground);
  rz_ed_result_free(&ed);
  table_free(&a);
  bare_free(&m);
  return rz_check_finish();
}
