/* modules: dynamics linalg core */
/* Every system of the registry, at drawn states: the field is that of the energy, tangents are its derivatives, other
 * invariants do not change along it, drawn states do not depend on how they are shared out, and a batch is its rows.
 * Derivatives by differences of order 6, steps 1e-3 of the state's size. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/dynamics/system.h"

#include <stdlib.h>
#include <string.h>

enum { N_STATE = 6, MAX_STATE = 256 };

/* Beside the defaults of each. */
static const char *const variant[] = {
    "name = 'mass_spring', mass = 0.5, stiffness = 2",
    "name = 'pendulum', mass = 0.5, length = 1.2, gravity = 6, radius = 1.3, 2.3",
    "name = 'kepler', mass = 0.7, strength = 1.3, semi_major_axis = 0.5, 2, eccentricity = 0, 0.9",
    "name = 'double_pendulum', masses = 1.3, 0.6, lengths = 0.7, 1.2, gravity = 2, angle = 3, momentum = 2",
    "name = 'n_body', n_body = 3, n_space = 3, masses = 1, 2, 0.5, gravity = 0.7, spread = 0.2",
    "name = 'n_body', n_body = 5, softening = 0.2, radius = 1, 2",
    "name = 'n_body', n_body = 2, n_space = 3, masses = 3, 0.1",
    "name = 'henon_heiles', coupling = 0.6, energy = 0.01, 0.4",
    "name = 'fput', springs = 5, alpha = 0.3, beta = 0.7, mode = 2, amplitude = 0.5, 1.5, at_rest = .false.",
    "name = 'fput', springs = 2, beta = 2, amplitude = 0.2, 3",
    "name = 'charged_particle', n_space = 3, mass = 0.7, charge = -1.5, field = 0.9, radius = 0, 3, speed = 1, 2",
};

static double size_of(int n, const double *x) {
  double s = 1e-3;
  for (int k = 0; k < n; k++) s = fmax(s, fabs(x[k]));
  return s;
}

/* d/dt f(x + t v) at 0, f having n_out values. */
static void differentiate(const rz_system *s, rz_flow_function *f, int n_out, const double *x, const double *v,
                          double *out) {
  static const double at[6] = {-3, -2, -1, 1, 2, 3}, weight[6] = {-1, 9, -45, 45, -9, 1};
  const int w = 2 * s->n_degree;
  const double h = 1e-3 * fmin(1.0, size_of(w, x)) / size_of(w, v);
  double moved[MAX_STATE], value[MAX_STATE];
  memset(out, 0, (size_t)n_out * sizeof *out);
  for (int j = 0; j < 6; j++) {
    for (int k = 0; k < w; k++) moved[k] = x[k] + at[j] * h * v[k];
    RZ_EXPECT_OK(f((void *)(size_t)s, 1, moved, value));
    for (int k = 0; k < n_out; k++) out[k] += weight[j] * value[k] / (60.0 * h);
  }
}

static rz_err invariants(void *self, int64_t n, const double *x, double *out) {
  rz_system_invariants(self, n, x, out);
  return RZ_OK;
}

static void expect_close(int n, const double *a, const double *b, double tol, const char *what) {
  const double size = fmax(1.0, size_of(n, b));
  for (int k = 0; k < n; k++)
    if (!rz_expect_near(a[k], b[k], tol * size, __FILE__, __LINE__, what)) return;
}

static void check_field(const rz_system *s, const double *x) {
  const rz_flow *f = &s->flow;
  const int d = s->n_degree;
  double field[MAX_STATE], slope = 0, e[MAX_STATE] = {0}, want[MAX_STATE];
  RZ_EXPECT_OK(f->field(f->self, 1, x, field));
  for (int k = 0; k < 2 * d; k++) {
    e[k] = 1.0;
    differentiate(s, f->energy, 1, x, e, &slope);
    e[k] = 0.0;
    want[(k + d) % (2 * d)] = k < d ? -slope : slope;
  }
  expect_close(2 * d, field, want, 1e-9, "field and gradient of the energy");
  double change[RZ_MAX_INVARIANT];
  differentiate(s, invariants, s->n_invariant, x, field, change);
  memset(want, 0, sizeof want);
  expect_close(s->n_invariant, change, want, 1e-8 * fmax(1.0, size_of(2 * d, field)), "invariants along the field");
}

static void check_tangents(const rz_system *s, const double *x, const double *v) {
  const rz_flow *f = &s->flow;
  const int d = s->n_degree;
  double out[MAX_STATE], want[MAX_STATE];
  RZ_EXPECT_OK(f->field_tangent(f->self, 1, x, v, out));
  differentiate(s, f->field, 2 * d, x, v, want);
  expect_close(2 * d, out, want, 1e-8, "tangent of the field");
  if (!f->separable) return;
  RZ_EXPECT_OK(f->velocity_tangent(f->self, 1, x, v, out));
  RZ_EXPECT_OK(f->force_tangent(f->self, 1, x, v, out + d));
  expect_close(2 * d, out, want, 1e-8, "tangents of velocity and force");
  RZ_EXPECT_OK(f->velocity(f->self, 1, x, out));
  RZ_EXPECT_OK(f->force(f->self, 1, x, out + d));
  RZ_EXPECT_OK(f->field(f->self, 1, x, want));
  RZ_EXPECT(memcmp(out, want, sizeof *out * (size_t)(2 * d)) == 0);
}

/* A batch gives the rows' bits, and none is asked for nothing. */
static void check_batch(const rz_system *s, const double *x, const double *v) {
  const rz_flow *f = &s->flow;
  const int w = 2 * s->n_degree;
  static double all[N_STATE * MAX_STATE], one[MAX_STATE];
  RZ_EXPECT_OK(f->field_tangent(f->self, N_STATE, x, v, all));
  for (int i = 0; i < N_STATE; i++) {
    RZ_EXPECT_OK(f->field_tangent(f->self, 1, x + i * w, v + i * w, one));
    RZ_EXPECT(memcmp(one, all + i * w, sizeof *one * (size_t)w) == 0);
  }
  RZ_EXPECT_OK(f->field(f->self, N_STATE, x, all));
  for (int i = 0; i < N_STATE; i++) {
    RZ_EXPECT_OK(f->field(f->self, 1, x + i * w, one));
    RZ_EXPECT(memcmp(one, all + i * w, sizeof *one * (size_t)w) == 0);
  }
  RZ_EXPECT_OK(f->field(f->self, 0, x, one));
}

static void check(const char *keys) {
  const int failed = rz_n_failed;
  rz_system *s = NULL;
  if (!RZ_EXPECT_OK(rz_system_create_text(keys, &s))) return;
  const int w = 2 * s->n_degree;
  static double x[N_STATE * MAX_STATE], v[N_STATE * MAX_STATE], again[MAX_STATE];
  RZ_EXPECT(w <= MAX_STATE && strcmp(s->invariant[0], "energy") == 0 && s->n_invariant <= RZ_MAX_INVARIANT);
  RZ_EXPECT(s->n_space == 0 || s->n_degree % s->n_space == 0);
  rz_system_draw(s, 5, 40, N_STATE, x);
  rz_system_draw(s, 5, 42, 1, again);
  RZ_EXPECT(memcmp(again, x + 2 * w, sizeof *again * (size_t)w) == 0);
  rz_system_draw(s, 6, 42, 1, again);
  const bool one_point = memcmp(x, x + w, sizeof *x * (size_t)w) == 0; /* ranges of length 0 */
  RZ_EXPECT(one_point || memcmp(again, x + 2 * w, sizeof *again * (size_t)w) != 0);
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  for (int k = 0; k < N_STATE * w; k++) v[k] = rz_rng_normal(&rng);
  for (int i = 0; i < N_STATE; i++) {
    check_field(s, x + i * w);
    check_tangents(s, x + i * w, v + i * w);
    const double t = rz_system_period(s, x + i * w);
    RZ_EXPECT(!(t <= 0));
  }
  check_batch(s, x, v);
  rz_system_destroy(&s);
  if (rz_n_failed > failed) fprintf(stderr, "  in: %s\n", keys);
}

int main(void) {
  int n;
  const rz_system_class *const *all = rz_system_registry(&n);
  for (int i = 0; i < n; i++) {
    char keys[64];
    snprintf(keys, sizeof keys, "name = '%s'", all[i]->name);
    check(keys);
  }
  for (size_t i = 0; i < sizeof variant / sizeof *variant; i++) check(variant[i]);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
