/* modules: learn dynamics net solve linalg core */
/* A pair potential learned from 2000 states of two bodies of different mass: the forces to rounding, and momentum and
 * angular momentum over 10^4 orbits of the learned motion. Then what no construction gives: the learned energy stays,
 * and the true one with it. */
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/learn/fit.h"
#include "ritz/learn/law_flow.h"
#include "ritz/linalg/blas.h"

#include <string.h>

enum { N = 2000, DIM = 8 };
static const double mass[4] = {1.0, 1.0, 2.0, 2.0};

/* H = sum p^2 / (2 m) - m_1 m_2 / r */
static void motion(const double *x, double *dx) {
  const double a = x[0] - x[2], b = x[1] - x[3], r2 = a * a + b * b, f = mass[0] * mass[2] / (r2 * sqrt(r2));
  for (int k = 0; k < 4; k++) dx[k] = x[4 + k] / mass[k];
  dx[4] = -f * a, dx[5] = -f * b, dx[6] = f * a, dx[7] = f * b;
}

static double energy(const double *x) {
  double h = -mass[0] * mass[2] / hypot(x[0] - x[2], x[1] - x[3]);
  for (int k = 0; k < 4; k++) h += 0.5 * x[4 + k] * x[4 + k] / mass[k];
  return h;
}

static double spin(const double *x) { return x[0] * x[5] - x[1] * x[4] + x[2] * x[7] - x[3] * x[6]; }

/* Distances from `near` to `far`, anywhere in the plane. */
static void draw(uint64_t id, double near, double far, double *x, double *y) {
  rz_rng rng = rz_rng_stream(9, RZ_RNG_TEST, id);
  for (int i = 0; i < N; i++, x += DIM, y += DIM) {
    const double r = near + (far - near) * rz_rng_uniform(&rng), phi = 2.0 * RZ_PI * rz_rng_uniform(&rng);
    for (int k = 0; k < DIM; k++) x[k] = rz_rng_normal(&rng);
    x[2] = x[0] + r * cos(phi);
    x[3] = x[1] + r * sin(phi);
    motion(x, y);
  }
}

static rz_law *learn(const double *x, const double *y) {
  static const char deck[] = "&run study = 'learn' /\n&network model = 'pair_potential', coupling = 'masses' /\n";
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!network", NULL};
  static const rz_study_groups studies[] = {{"learn", "only a law", names}};
  const rz_option_group group[2] = {{.name = "run", .about = "the run", .rows = run, .n_rows = 1}, *rz_law_options()};
  const rz_schema schema = {group, 2, studies, 1};
  const rz_fit_spec spec = {.rcond = 1e-14};
  rz_config *config = NULL;
  rz_law *l = NULL;
  rz_fit_info info;
  rz_comm comm;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &comm));
  if (!RZ_EXPECT_OK(rz_config_parse("deck.nml", deck, sizeof deck - 1, &schema, &config))) return NULL;
  const rz_law_input in = {.config = config, .n_degree = 4, .n_space = 2, .mass = mass, .n = N, .x = x};
  RZ_EXPECT_OK(rz_law_create(&in, &l));
  rz_config_destroy(&config);
  if (l && RZ_EXPECT_OK(rz_law_fit(l, &comm, N, x, y, &spec, &info)))
    RZ_EXPECT(info.loss < 1e-24 && info.solve.rank == 24 && l->params.n == 24);
  return l;
}

static void check_test_error(rz_law *l) {
  static double x[N * DIM], y[N * DIM], out[N * DIM];
  double sum = 0.0;
  draw(2, 1.01, 2.99, x, y);
  RZ_EXPECT(rz_law_outside(l, N, x) == 0);
  RZ_EXPECT_OK(l->cls->apply(l, N, x, out));
  for (int i = 0; i < N * DIM; i++) sum += (out[i] - y[i]) * (out[i] - y[i]) / (N * DIM);
  RZ_EXPECT(sum < 1e-18);
  draw(3, 3.01, 4.0, x, y);
  RZ_EXPECT(rz_law_outside(l, N, x) == N);
}

/* Reduced mass 2/3, strength 2: omega^2 a^3 = 3. a = 2, e = 0.2: r from 1.6 to 2.4. */
static void check_orbits(rz_law *l) {
  enum { N_ORBIT = 10000, N_STEP = 60 };
  const rz_integrator_spec spec = {.method = "leapfrog"};
  const rz_flow flow = rz_law_flow(l);
  const double a = 2.0, e = 0.2, period = 2.0 * RZ_PI * sqrt(a * a * a / 3.0);
  const double speed = sqrt(3.0 / a * (1.0 + e) / (1.0 - e)); /* at r = a (1 - e) */
  double x[DIM] = {0.3, 0.1, 0.3 + a * (1.0 - e), 0.1, 0.0, -2.0 / 3.0 * speed, 0.0, 2.0 / 3.0 * speed};
  double carry[DIM] = {0.0}, h0[1], h[1], worst_model = 0.0, worst = 0.0;
  rz_integrator *g = NULL;
  const double p[2] = {x[4] + x[6], x[5] + x[7]}, spin0 = spin(x), true0 = energy(x);
  RZ_EXPECT_OK(l->cls->energy(l, 1, x, h0));
  if (!RZ_EXPECT_OK(rz_integrator_create(&spec, &flow, 1, &g))) return;
  for (int i = 0; i < N_ORBIT; i++) {
    if (!RZ_EXPECT_OK(rz_integrator_run(g, period / N_STEP, N_STEP, x, carry))) break;
    const double drift = hypot(x[4] + x[6] + carry[4] + carry[6] - p[0], x[5] + x[7] + carry[5] + carry[7] - p[1]);
    if (!RZ_EXPECT(drift <= 1e-14) || !RZ_EXPECT(fabs(spin(x) - spin0) <= 1e-12)) break;
    RZ_EXPECT_OK(l->cls->energy(l, 1, x, h));
    worst_model = fmax(worst_model, fabs(h[0] - h0[0]));
    worst = fmax(worst, fabs(energy(x) - true0));
  }
  RZ_EXPECT(worst_model < 3e-3 * fabs(true0)); /* of the steps, not of the law: bounded, no drift */
  RZ_EXPECT_NEAR(worst, worst_model, 1e-9);
  RZ_EXPECT(rz_law_outside(l, 1, x) == 0);
  rz_integrator_destroy(&g);
}

int main(int argc, char **argv) {
  static double x[N * DIM], y[N * DIM];
  MPI_Init(&argc, &argv);
  rz_blas_setup();
  draw(1, 1.0, 3.0, x, y);
  rz_law *l = learn(x, y);
  if (l) {
    check_test_error(l);
    check_orbits(l);
  }
  rz_law_destroy(&l);
  return rz_check_finish();
}
