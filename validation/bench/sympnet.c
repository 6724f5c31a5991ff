/* modules: drive optimise learn dynamics net solve store linalg core */
/* Symplectic maps on the published pendulum (validation/pendulum_pairs.h) through the training loop: Adam as published
 * (50,000 steps, rate 1e-3) and Levenberg-Marquardt, five seeds each; losses of training and test and CPU-s of the
 * training alone. Then what one call costs. Published, in PyTorch: LA 5.1e-10, 5.9e-10 in 43.9 CPU-s, G 2.3e-8, 1.1e-6
 * in 55.4. */
#include "pair_training.h"
#include "ritz/core/clock.h"
#include "ritz/linalg/blas.h"
#include "slices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rz_err one_training(const char *network, const char *optimiser, int64_t iterations, uint64_t seed,
                           const double *x) {
  pair_training t;
  double train = NAN, test = NAN;
  int64_t n_step = 0;
  rz_err rc;
  RZ_TRY_DONE(rc, pair_training_make(network, optimiser, seed, x, &t));
  double start = rz_cpu_time();
  RZ_TRY_DONE(rc, pair_training_run(&t, iterations, &n_step));
  const double spent = slices_lap(&start);
  RZ_TRY_DONE(rc, pair_loss(t.law, N_TRAIN, x, &train));
  RZ_TRY_DONE(rc, pair_loss(t.law, N_TEST, x + 2 * N_TRAIN, &test));
  printf("  %4d %9lld   %.2e   %.2e   %8.4f   %7.3f\n", (int)seed, (long long)n_step, train, test, spent,
         1e6 * spent / (double)(n_step > 0 ? n_step : 1));
done:
  pair_training_free(&t);
  return rc;
}

static rz_err trainings(const double *x) {
  static const struct {
    const char *name, *network, *options;
    int64_t iterations;
  } method[] = {
      {"LA, Adam", "", "method = 'adam', learning_rate = 1e-3", 50000},
      {"LA, Levenberg-Marquardt", "",
       "method = 'lm', solver = 'dense', damping_matrix = 'diagonal', acceleration = .true.", 300},
      {"LA, Levenberg-Marquardt, longer", "",
       "method = 'lm', solver = 'dense', damping_matrix = 'diagonal', acceleration = .true.", 3000},
      {"LA, Levenberg-Marquardt without acceleration", "",
       "method = 'lm', solver = 'dense', damping_matrix = 'diagonal'", 3000},
      {"G, Adam", ", form = 'g', layers = 5, width = 30", "method = 'adam', learning_rate = 1e-3", 50000},
      {"G, Levenberg-Marquardt", ", form = 'g', layers = 5, width = 30, init_width = 0.5",
       "method = 'lm', solver = 'kernel', acceleration = .true.", 300},
  };
  for (int m = 0; m < (int)(sizeof method / sizeof method[0]); m++) {
    printf("%s\n  seed     steps      train       test      CPU-s   us/step\n", method[m].name);
    for (uint64_t seed = 1; seed <= 5; seed++)
      RZ_TRY(one_training(method[m].network, method[m].options, method[m].iterations, seed, x));
  }
  return RZ_OK;
}

/* ns of one call for the states of the training, which change a little from call to call. */
static rz_err calls(const char *name, const char *network, const double *pairs) {
  enum { CALLS = 20000, SLICES = 30 };
  enum { APPLY, APPLY_PULL, FACTORS, N_CALL };
  slices s[N_CALL] = {{0}};
  double x[2 * N_TRAIN], out[2 * N_TRAIN], *grad = NULL;
  rz_law *l = NULL;
  rz_jacobian *j = NULL;
  rz_err rc;
  memcpy(x, pairs, sizeof x);
  RZ_TRY_DONE(rc, made_law("sympnet", network, 1, 1, &l));
  RZ_TRY_DONE(rc, RZ_NEW0(l->params.n, &grad));
  RZ_TRY_DONE(rc, rz_law_jacobian(l, N_TRAIN, x, 1.0, &j));
  for (int k = 0; k < SLICES; k++)
    for (int what = 0; what < N_CALL; what++) {
      double t = rz_cpu_time();
      const int count = l->params.n > 100 ? CALLS / 20 : CALLS;
      for (int i = 0; i < count; i++) {
        x[0] += 1e-12;
        if (what != FACTORS) RZ_TRY_DONE(rc, l->cls->apply(l, N_TRAIN, x, out));
        if (what == APPLY_PULL) RZ_TRY_DONE(rc, l->cls->pull(l, N_TRAIN, x, out, grad));
        if (what == FACTORS) RZ_TRY_DONE(rc, l->cls->factors(l, N_TRAIN, x, 0, j));
      }
      slices_add(&s[what], 1e9 * slices_lap(&t) / count);
    }
  printf("%-12s %8.0f %8.0f   %8.0f %8.0f   %8.0f %8.0f\n", name, slices_least(&s[APPLY]), slices_median(&s[APPLY]),
         slices_least(&s[APPLY_PULL]), slices_median(&s[APPLY_PULL]), slices_least(&s[FACTORS]),
         slices_median(&s[FACTORS]));
done:
  rz_jacobian_destroy(&j);
  rz_law_destroy(&l);
  rz_free(&grad);
  return rc;
}

static rz_err run(void) {
  double x[2 * (N_TRAIN + N_TEST + 1)];
  RZ_TRY(pendulum_pairs(x));
  RZ_TRY(trainings(x));
  printf("ns for %d states: apply, apply and pull, factors; least and median of 30 slices each\n", N_TRAIN);
  RZ_TRY(calls("LA", "", x));
  return calls("G, 5 x 30", ", form = 'g', layers = 5, width = 30", x);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  printf("%s\n", rz_blas_setup());
  const rz_err rc = run();
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  MPI_Finalize();
  return rc == RZ_OK ? 0 : rz_err_exit_code(rc);
}
