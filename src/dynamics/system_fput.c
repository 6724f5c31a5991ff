/* Fermi, Pasta, Ulam and Tsingou: length springs between two walls, length - 1 unit masses between them.
 *   H = sum_i p_i^2 / 2 + sum_i (e_i^2 / 2 + alpha e_i^3 / 3 + beta e_i^4 / 4),   e_i = q_{i + 1} - q_i,
 * q_0 = q_length = 0. */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>

typedef struct fput {
  double alpha, beta, amplitude[2];
  int length, mode;
  bool at_rest;
} fput;

enum { MAX_LENGTH = 4096 };

static const rz_option rows[] = {
    RZ_ROW_INT("springs", "32", 2, MAX_LENGTH, "number of springs; springs - 1 masses move"),
    RZ_ROW_REAL("alpha", "0.25", -1e6, 1e6, "", "cubic term of a spring's energy"),
    RZ_ROW_REAL("beta", "0.0", -1e6, 1e6, "", "quartic term of a spring's energy"),
    RZ_ROW_INT("mode", "1", 1, MAX_LENGTH, "initial states: the linear mode that is excited"),
    RZ_ROW_REAL_VECTOR("amplitude", 2, "1.0, 1.0", 0, 1e6, "", "initial states: range of the mode's amplitude"),
    RZ_ROW_BOOL("at_rest", ".true.", "initial states: at a turning point of the mode; false: at any phase"),
};

static rz_err init(rz_system *s, rz_config *config) {
  fput *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  *c = (fput){.alpha = rz_system_real(config, "alpha"),
              .beta = rz_system_real(config, "beta"),
              .length = (int)rz_config_int(config, RZ_SYSTEM_GROUP, "springs"),
              .mode = (int)rz_config_int(config, RZ_SYSTEM_GROUP, "mode"),
              .at_rest = rz_config_bool(config, RZ_SYSTEM_GROUP, "at_rest")};
  if (c->mode >= c->length)
    rz_config_error(config, RZ_SYSTEM_GROUP, "mode", "mode = %d: a chain of length %d has modes 1 to %d", c->mode,
                    c->length, c->length - 1);
  RZ_TRY(rz_config_report(config));
  RZ_TRY(rz_system_range(config, "amplitude", c->amplitude));
  return rz_system_shape(s, c->length - 1, 0, 1.0, NULL);
}

static void velocity(const rz_system *s, const double *p, double *dq) {
  for (int i = 0; i < s->n_degree; i++) dq[i] = p[i];
}

/* Tension of spring i, e + alpha e^2 + beta e^3; a mass is pulled by the one behind it and held by the one before. */
static void force(const rz_system *s, const double *q, double *dp) {
  const fput *c = s->data;
  const int n = s->n_degree;
  double before = q[0] * (1.0 + q[0] * (c->alpha + c->beta * q[0]));
  for (int i = 0; i < n; i++) {
    const double e = (i + 1 < n ? q[i + 1] : 0.0) - q[i];
    const double behind = e * (1.0 + e * (c->alpha + c->beta * e));
    dp[i] = behind - before;
    before = behind;
  }
}

static void velocity_tangent(const rz_system *s, const double *p, const double *v, double *out) {
  (void)p;
  velocity(s, v, out);
}

static void force_tangent(const rz_system *s, const double *q, const double *v, double *out) {
  const fput *c = s->data;
  const int n = s->n_degree;
  double before = v[0] * (1.0 + q[0] * (2.0 * c->alpha + 3.0 * c->beta * q[0]));
  for (int i = 0; i < n; i++) {
    const double e = (i + 1 < n ? q[i + 1] : 0.0) - q[i], de = (i + 1 < n ? v[i + 1] : 0.0) - v[i];
    const double behind = de * (1.0 + e * (2.0 * c->alpha + 3.0 * c->beta * e));
    out[i] = behind - before;
    before = behind;
  }
}

static double energy(const rz_system *s, const double *x) {
  const fput *c = s->data;
  const int n = s->n_degree;
  double h = 0.0;
  for (int i = 0; i <= n; i++) {
    const double e = (i < n ? x[i] : 0.0) - (i > 0 ? x[i - 1] : 0.0);
    h += e * e * (0.5 + e * (c->alpha / 3.0 + c->beta * e / 4.0));
  }
  for (int i = 0; i < n; i++) h += 0.5 * x[n + i] * x[n + i];
  return h;
}

static double frequency(int length, int mode) { return 2.0 * sin(0.5 * RZ_PI * mode / length); }

/* Of the lowest linear mode. */
static double period(const rz_system *s, const double *x) {
  (void)x;
  return 2.0 * RZ_PI / frequency(((const fput *)s->data)->length, 1);
}

static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const fput *c = s->data;
  const int n = s->n_degree;
  const double a = rz_system_uniform(rng, c->amplitude);
  double phase[2] = {1.0, 0.0};
  if (!c->at_rest) rz_system_direction(rng, phase);
  for (int i = 0; i < n; i++) {
    const double shape = a * sin(RZ_PI * c->mode * (i + 1) / c->length);
    x[i] = phase[0] * shape;
    x[n + i] = -phase[1] * frequency(c->length, c->mode) * shape;
  }
}

const rz_system_class rz_system_fput = {.name = "fput",
                                        .about = "a chain of anharmonic springs, alpha and beta",
                                        .cite = "Los Alamos report LA-1940 (1955)",
                                        .options = rows,
                                        .n_options = RZ_N_ROWS(rows),
                                        .init = init,
                                        .velocity = velocity,
                                        .force = force,
                                        .velocity_tangent = velocity_tangent,
                                        .force_tangent = force_tangent,
                                        .energy = energy,
                                        .period = period,
                                        .draw = draw};
