/* modules: dynamics linalg core */
/* Every integrator of the registry on every system it serves: tangent maps against differences of the steps themselves,
 * M^T Omega M = Omega, adjoint against tangent, steps back, a batch is its rows, the inlined steps are the plain ones,
 * and what a method cannot do is refused. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/system.h"

#include <stdlib.h>
#include <string.h>

enum { N = 3, WIDTH = 64, N_STEP = 5 };

static const char *const systems[] = {
    "name = 'mass_spring', mass = 0.5, stiffness = 2",
    "name = 'pendulum', radius = 1, 3",
    "name = 'double_pendulum', angle = 2, momentum = 1",
    "name = 'kepler', eccentricity = 0.1, 0.5",
    "name = 'n_body', n_body = 3, n_space = 3, masses = 1, 2, 3",
    "name = 'henon_heiles', energy = 0.1, 0.16",
    "name = 'fput', springs = 9, beta = 0.5, at_rest = .false.",
    "name = 'charged_particle', n_space = 3",
};

/* A twentieth of a radian of the fastest motion. */
static const double step = 0.05;

static rz_integrator *make(const char *method, const rz_flow *flow, int64_t n) {
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = method, .tolerance = 1e-13};
  RZ_EXPECT_OK(rz_integrator_create(&spec, flow, n, &g));
  return g;
}

static double biggest(int n, const double *x) {
  double most = 0;
  for (int k = 0; k < n; k++) most = fmax(most, fabs(x[k]));
  return most;
}

static void expect_close(int n, const double *a, const double *b, double tol, const char *what) {
  const double size = biggest(n, b);
  for (int k = 0; k < n; k++)
    if (!rz_expect_near(a[k], b[k], tol * size, __FILE__, __LINE__, what)) return;
}

static void random_vectors(uint64_t id, int n, double *v) {
  rz_rng rng = rz_rng_stream(2, RZ_RNG_TEST, id);
  for (int k = 0; k < n; k++) v[k] = rz_rng_normal(&rng);
}

/* ---- tangents ---- */
static void check_tangent(const rz_system *s, const char *method, const double *x) {
  static const double at[6] = {-3, -2, -1, 1, 2, 3}, weight[6] = {-1, 9, -45, 45, -9, 1};
  const int w = 2 * s->n_degree;
  double v[WIDTH], want[WIDTH] = {0}, end[WIDTH], plain[WIDTH];
  rz_integrator *g = make(method, &s->flow, 1);
  random_vectors(1, w, v);
  const double h = 3e-4;
  for (int j = 0; j < 6; j++) {
    for (int k = 0; k < w; k++) end[k] = x[k] + at[j] * h * v[k];
    RZ_EXPECT_OK(rz_integrator_run(g, step, N_STEP, end, NULL));
    for (int k = 0; k < w; k++) want[k] += weight[j] * end[k] / (60.0 * h);
  }
  memcpy(end, x, sizeof *x * (size_t)w);
  memcpy(plain, x, sizeof *x * (size_t)w);
  RZ_EXPECT_OK(rz_integrator_run_tangent(g, step, N_STEP, end, NULL, 1, v));
  RZ_EXPECT_OK(rz_integrator_run(g, step, N_STEP, plain, NULL));
  expect_close(w, v, want, 1e-9, "tangent map");
  expect_close(w, end, plain, 1e-15, "state beside its tangent");
  rz_integrator_destroy(&g);
}

/* max |M^T Omega M - Omega| of one step, or of several. */
static double symplecticity(const rz_system *s, const char *method, int64_t n_step, const double *x) {
  const int d = s->n_degree, w = 2 * d;
  static double m[WIDTH * WIDTH];
  double at[WIDTH], worst = 0;
  rz_integrator *g = make(method, &s->flow, 1);
  memset(m, 0, sizeof m);
  for (int k = 0; k < w; k++) m[k * w + k] = 1;
  memcpy(at, x, sizeof *x * (size_t)w);
  RZ_EXPECT_OK(rz_integrator_run_tangent(g, step, n_step, at, NULL, w, m));
  for (int a = 0; a < w; a++)
    for (int b = 0; b < w; b++) {
      double form = 0;
      for (int k = 0; k < d; k++) form += m[a * w + k] * m[b * w + d + k] - m[a * w + d + k] * m[b * w + k];
      worst = fmax(worst, fabs(form - (b == a + d) + (a == b + d)));
    }
  rz_integrator_destroy(&g);
  return worst;
}

/* ---- adjoints: w . (M v) = (M^T w) . v, for two pairs ---- */
static void check_adjoint(const rz_system *s, const char *method, const double *x) {
  const int w = 2 * s->n_degree, size = N * w;
  static double v[2 * N * WIDTH], mv[2 * N * WIDTH], c[2 * N * WIDTH], mc[2 * N * WIDTH], at[N * WIDTH];
  rz_integrator *g = make(method, &s->flow, N);
  random_vectors(3, 2 * size, v);
  random_vectors(4, 2 * size, c);
  memcpy(mv, v, sizeof mv);
  memcpy(mc, c, sizeof mc);
  memcpy(at, x, sizeof *x * (size_t)size);
  RZ_EXPECT_OK(rz_integrator_run_tangent(g, step, 20, at, NULL, 2, mv));
  RZ_EXPECT_OK(rz_integrator_pull(g, step, 20, x, 2, mc));
  for (int i = 0; i < 2 * N; i++) {
    double left = 0, right = 0, size2 = 0;
    for (int k = i * w; k < (i + 1) * w; k++) {
      left += c[k] * mv[k];
      right += mc[k] * v[k];
      size2 += fabs(c[k] * mv[k]);
    }
    RZ_EXPECT_NEAR(left, right, 1e-13 * size2);
  }
  rz_integrator_destroy(&g);
}

static void check_back(const rz_system *s, const char *method, const double *x) {
  const int w = 2 * s->n_degree;
  double at[WIDTH], carry[WIDTH] = {0};
  rz_integrator *g = make(method, &s->flow, 1);
  memcpy(at, x, sizeof *x * (size_t)w);
  RZ_EXPECT_OK(rz_integrator_run(g, step, 40, at, carry));
  RZ_EXPECT_OK(rz_integrator_run(g, -step, 40, at, carry));
  expect_close(w, at, x, 3e-14, "there and back");
  rz_integrator_destroy(&g);
}

/* Rows of a batch are the rows alone; a run in two parts, with the carry handed on, is one run but for rounding. */
static void check_batch(const rz_system *s, const char *method, const double *x) {
  const int w = 2 * s->n_degree;
  static double all[N * WIDTH], one[WIDTH], parts[N * WIDTH], carry[N * WIDTH];
  rz_integrator *g = make(method, &s->flow, N), *alone = make(method, &s->flow, 1);
  memcpy(all, x, sizeof *x * (size_t)(N * w));
  memcpy(parts, all, sizeof all);
  memset(carry, 0, sizeof carry);
  RZ_EXPECT_OK(rz_integrator_run(g, step, N_STEP, all, NULL));
  for (int i = 0; i < N; i++) {
    memcpy(one, x + i * w, sizeof *x * (size_t)w);
    RZ_EXPECT_OK(rz_integrator_run(alone, step, N_STEP, one, NULL));
    RZ_EXPECT(memcmp(one, all + i * w, sizeof *x * (size_t)w) == 0);
  }
  RZ_EXPECT_OK(rz_integrator_run(g, step, 2, parts, carry));
  RZ_EXPECT_OK(rz_integrator_run(g, step, 0, parts, carry));
  RZ_EXPECT_OK(rz_integrator_run(g, step, N_STEP - 2, parts, carry));
  expect_close(N * w, parts, all, rz_integrator_class_of(g)->order ? 1e-15 : 1e-12, "a run in parts");
  rz_integrator_destroy(&g);
  rz_integrator_destroy(&alone);
}

/* Without the system's inlined steps. */
static void check_plain(const rz_system *s, const char *method, const double *x) {
  const int w = 2 * s->n_degree;
  double a[WIDTH], b[WIDTH], left_a[WIDTH] = {0}, left_b[WIDTH] = {0};
  rz_flow plain = s->flow;
  plain.split = NULL;
  rz_integrator *g = make(method, &s->flow, 1), *p = make(method, &plain, 1);
  memcpy(a, x, sizeof *x * (size_t)w);
  memcpy(b, x, sizeof *x * (size_t)w);
  RZ_EXPECT_OK(rz_integrator_run(g, step, 100, a, left_a));
  RZ_EXPECT_OK(rz_integrator_run(p, step, 100, b, left_b));
  expect_close(w, a, b, 1e-14, "inlined steps");
  for (int k = 0; k < w; k++) RZ_EXPECT(fabs(left_a[k]) <= 2e-16 * fabs(a[k]) && fabs(left_b[k]) <= 2e-16 * fabs(b[k]));
  rz_integrator_destroy(&g);
  rz_integrator_destroy(&p);
}

static void check_refused(const rz_integrator_class *c, const rz_system *s, const double *x) {
  const int w = 2 * s->n_degree;
  double at[WIDTH], v[WIDTH] = {0};
  rz_flow flow = s->flow;
  rz_integrator *g = NULL;
  const rz_integrator_spec spec = {.method = c->name};
  memcpy(at, x, sizeof *x * (size_t)w);
  flow.energy = NULL;
  const rz_err rc = rz_integrator_create(&spec, &flow, 1, &g);
  RZ_EXPECT(rc == (c->needs_energy ? RZ_ERR_ARG : RZ_OK));
  rz_integrator_destroy(&g);
  flow = s->flow;
  flow.hamiltonian = false;
  g = make(c->name, &flow, 1);
  RZ_EXPECT(rz_integrator_pull(g, step, 1, x, 1, v) == RZ_ERR_ARG);
  if (!c->run_tangent) RZ_EXPECT(rz_integrator_run_tangent(g, step, 1, at, NULL, 1, v) == RZ_ERR_ARG);
  rz_integrator_destroy(&g);
  at[0] = (double)NAN;
  g = make(c->name, &s->flow, 1);
  RZ_EXPECT(rz_integrator_run(g, step, 2, at, NULL) == RZ_ERR_NUM);
  rz_integrator_destroy(&g);
}

static void check(const rz_integrator_class *c, const char *keys) {
  const int failed = rz_n_failed;
  rz_system *s = NULL;
  if (!RZ_EXPECT_OK(rz_system_create_text(keys, &s))) return;
  double x[N * WIDTH];
  rz_system_draw(s, 8, 0, N, x);
  if (c->needs_separable && !s->flow.separable) {
    rz_integrator *g = NULL;
    const rz_integrator_spec spec = {.method = c->name};
    RZ_EXPECT(rz_integrator_create(&spec, &s->flow, 1, &g) == RZ_ERR_ARG && g == NULL);
  } else {
    if (c->run_tangent) check_tangent(s, c->name, x);
    if (c->run_tangent && c->symplectic) {
      RZ_EXPECT_NEAR(symplecticity(s, c->name, 1, x), 0, 1e-14);
      RZ_EXPECT_NEAR(symplecticity(s, c->name, 50, x), 0, 50 * 1e-13);
    } else if (c->run_tangent && c->order) {
      RZ_EXPECT(symplecticity(s, c->name, 50, x) > 1e-9); /* the test can see it */
    }
    if (c->pull) check_adjoint(s, c->name, x);
    if (c->reversible) check_back(s, c->name, x);
    if (c->needs_separable) check_plain(s, c->name, x);
    check_batch(s, c->name, x);
    check_refused(c, s, x);
  }
  rz_system_destroy(&s);
  if (rz_n_failed > failed) fprintf(stderr, "  %s on %s\n", c->name, keys);
}

static void check_memory(const rz_integrator_class *c) {
  rz_system *s = NULL;
  RZ_EXPECT_OK(rz_system_create_text(systems[1], &s));
  const int64_t alive = rz_memory_query().n_alive;
  const rz_integrator_spec spec = {.method = c->name};
  for (int64_t at = 1;; at++) {
    rz_integrator *g = NULL;
    rz_memory_fail_at(at);
    const rz_err rc = rz_integrator_create(&spec, &s->flow, 4, &g);
    rz_memory_fail_at(0);
    rz_integrator_destroy(&g);
    if (!RZ_EXPECT(rz_memory_query().n_alive == alive) || rc == RZ_OK) break;
    RZ_EXPECT(rc == RZ_ERR_MEMORY);
  }
  rz_system_destroy(&s);
}

int main(void) {
  int n;
  const rz_integrator_class *const *all = rz_integrator_registry(&n);
  for (int i = 0; i < n; i++) {
    for (size_t k = 0; k < sizeof systems / sizeof *systems; k++) check(all[i], systems[k]);
    check_memory(all[i]);
  }
  RZ_EXPECT(rz_integrator_find("euler") == NULL);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
