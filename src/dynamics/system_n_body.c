/* Bodies that attract each other by gravity:
 *   H = sum_i |p_i|^2 / (2 m_i) - gravity sum_{i < j} m_i m_j / sqrt(|q_i - q_j|^2 + softening^2). */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>

enum { MAX_BODY = 64 };

typedef struct n_body {
  int n, n_space;
  double gravity, soft2, mass[MAX_BODY], inverse_mass[MAX_BODY];
  double radius[2], spread;
} n_body;

static const rz_option rows[] = {
    RZ_ROW_INT("n_body", "2", 1, MAX_BODY, "number of bodies"),
    RZ_ROW_INT("n_space", "2", 2, 3, "dimensions of space"),
    RZ_ROW_REALS("masses", MAX_BODY, "1.0", 1e-12, 1e12, "", "masses; one value holds for all bodies"),
    RZ_ROW_REAL("gravity", "1.0", -1e12, 1e12, "", "constant of gravity; negative: repulsion"),
    RZ_ROW_REAL("softening", "0.0", 0, 1e12, "", "length that bounds the force of close encounters; 0: none"),
    RZ_ROW_REAL_VECTOR("radius", 2, "0.5, 1.5", 1e-12, 1e12, "",
                       "initial states: range of the radius of a ring with the bodies on it, in circular motion"),
    RZ_ROW_REAL("spread", "0.05", 0, 10, "", "initial states: relative width (normal) of the common factor of speeds"),
};

static const char *const plane[] = {"momentum_x", "momentum_y", "angular_momentum", NULL};
static const char *const space[] = {"momentum_x",         "momentum_y",         "momentum_z", "angular_momentum_x",
                                    "angular_momentum_y", "angular_momentum_z", NULL};

static rz_err read_masses(n_body *c, rz_config *config) {
  const int n = rz_config_count(config, RZ_SYSTEM_GROUP, "masses");
  if (n != 1 && n != c->n)
    rz_config_error(config, RZ_SYSTEM_GROUP, "masses", "%d masses for %d bodies: give one for all, or one each", n,
                    c->n);
  for (int i = 0; i < c->n && (n == 1 || n == c->n); i++) {
    c->mass[i] = rz_config_real_at(config, RZ_SYSTEM_GROUP, "masses", n == 1 ? 0 : i);
    c->inverse_mass[i] = 1.0 / c->mass[i];
  }
  return rz_config_report(config);
}

static rz_err init(rz_system *s, rz_config *config) {
  n_body *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  c->n = (int)rz_config_int(config, RZ_SYSTEM_GROUP, "n_body");
  c->n_space = (int)rz_config_int(config, RZ_SYSTEM_GROUP, "n_space");
  c->gravity = rz_system_real(config, "gravity");
  c->soft2 = rz_system_real(config, "softening") * rz_system_real(config, "softening");
  c->spread = rz_system_real(config, "spread");
  RZ_TRY(rz_system_range(config, "radius", c->radius));
  RZ_TRY(read_masses(c, config));
  RZ_TRY(rz_system_shape(s, c->n * c->n_space, c->n_space, 1.0, c->n_space == 2 ? plane : space));
  for (int k = 0; k < s->n_degree; k++) s->mass[k] = c->mass[k / c->n_space];
  return RZ_OK;
}

static void velocity(const rz_system *s, const double *p, double *dq) {
  const n_body *c = s->data;
  for (int i = 0; i < c->n; i++)
    for (int k = 0; k < c->n_space; k++) dq[i * c->n_space + k] = p[i * c->n_space + k] * c->inverse_mass[i];
}

/* q_i - q_j; returns its square and softening^2. */
static inline double separation(const n_body *c, const double *q, int i, int j, double r[3]) {
  double r2 = c->soft2;
  for (int k = 0; k < c->n_space; k++) {
    r[k] = q[i * c->n_space + k] - q[j * c->n_space + k];
    r2 += r[k] * r[k];
  }
  return r2;
}

static void force(const rz_system *s, const double *q, double *dp) {
  const n_body *c = s->data;
  for (int k = 0; k < s->n_degree; k++) dp[k] = 0.0;
  for (int i = 0; i < c->n; i++)
    for (int j = 0; j < i; j++) {
      double r[3];
      const double r2 = separation(c, q, i, j, r), f = -c->gravity * c->mass[i] * c->mass[j] / (r2 * sqrt(r2));
      for (int k = 0; k < c->n_space; k++) {
        dp[i * c->n_space + k] += f * r[k];
        dp[j * c->n_space + k] -= f * r[k];
      }
    }
}

static void velocity_tangent(const rz_system *s, const double *p, const double *v, double *out) {
  (void)p;
  velocity(s, v, out);
}

static void force_tangent(const rz_system *s, const double *q, const double *v, double *out) {
  const n_body *c = s->data;
  for (int k = 0; k < s->n_degree; k++) out[k] = 0.0;
  for (int i = 0; i < c->n; i++)
    for (int j = 0; j < i; j++) {
      double r[3], u[3], along = 0.0;
      const double r2 = separation(c, q, i, j, r), f = -c->gravity * c->mass[i] * c->mass[j] / (r2 * sqrt(r2));
      (void)separation(c, v, i, j, u);
      for (int k = 0; k < c->n_space; k++) along += 3.0 * r[k] * u[k] / r2;
      for (int k = 0; k < c->n_space; k++) {
        out[i * c->n_space + k] += f * (u[k] - along * r[k]);
        out[j * c->n_space + k] -= f * (u[k] - along * r[k]);
      }
    }
}

static double energy(const rz_system *s, const double *x) {
  const n_body *c = s->data;
  const double *p = x + s->n_degree;
  double h = 0.0;
  for (int k = 0; k < s->n_degree; k++) h += 0.5 * p[k] * p[k] * c->inverse_mass[k / c->n_space];
  for (int i = 0; i < c->n; i++)
    for (int j = 0; j < i; j++) {
      double r[3];
      h -= c->gravity * c->mass[i] * c->mass[j] / sqrt(separation(c, x, i, j, r));
    }
  return h;
}

static void invariants(const rz_system *s, const double *x, double *out) {
  const n_body *c = s->data;
  const int e = c->n_space;
  for (int k = 0; k < s->n_invariant - 1; k++) out[k] = 0.0;
  for (int i = 0; i < c->n; i++) {
    const double *q = x + i * e, *p = x + s->n_degree + i * e;
    for (int k = 0; k < e; k++) out[k] += p[k];
    if (e == 2)
      out[2] += q[0] * p[1] - q[1] * p[0];
    else
      for (int k = 0; k < 3; k++) out[3 + k] += q[(k + 1) % 3] * p[(k + 2) % 3] - q[(k + 2) % 3] * p[(k + 1) % 3];
  }
}

/* Of two bodies without softening, bound: Kepler's third law from the energy of their relative motion. */
static double period(const rz_system *s, const double *x) {
  const n_body *c = s->data;
  if (c->n != 2 || c->soft2 != 0.0) return (double)NAN;
  double r[3], p2 = 0.0;
  const double *p = x + s->n_degree, m1 = c->mass[0], m2 = c->mass[1], mass = m1 * m2 / (m1 + m2);
  for (int k = 0; k < c->n_space; k++) {
    const double relative = mass * (p[k] / m1 - p[c->n_space + k] / m2);
    p2 += relative * relative;
  }
  const double pull = c->gravity * m1 * m2, h = 0.5 * p2 / mass - pull / sqrt(separation(c, x, 0, 1, r));
  const double a = -0.5 * pull / h;
  return h < 0.0 && pull > 0.0 ? 2.0 * RZ_PI * a * sqrt(a * mass / pull) : (double)NAN;
}

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/* A vector of any direction without its part along `other`, of length 1. */
static void draw_unit(rz_rng *rng, const double other[3], double out[3]) {
  for (int k = 0; k < 3; k++) out[k] = rz_rng_normal(rng);
  const double along = dot(out, other);
  for (int k = 0; k < 3; k++) out[k] -= along * other[k];
  const double norm = sqrt(dot(out, out));
  for (int k = 0; k < 3; k++) out[k] /= norm;
}

/* Two unit vectors that span a plane of any direction; in the plane itself they keep its sense. */
static void draw_plane(const n_body *c, rz_rng *rng, double u[3], double w[3]) {
  if (c->n_space == 2) {
    rz_system_direction(rng, u);
    w[0] = -u[1];
    w[1] = u[0];
  } else {
    draw_unit(rng, (const double[3]){0.0}, u);
    draw_unit(rng, u, w);
  }
}

/* Moved and boosted so that the centre of mass rests in the origin. */
static void centre(const n_body *c, double *q, double *p) {
  for (int k = 0; k < c->n_space; k++) {
    double mass = 0.0, place = 0.0, momentum = 0.0;
    for (int i = 0; i < c->n; i++) {
      mass += c->mass[i];
      place += c->mass[i] * q[i * c->n_space + k];
      momentum += p[i * c->n_space + k];
    }
    for (int i = 0; i < c->n; i++) {
      q[i * c->n_space + k] -= place / mass;
      p[i * c->n_space + k] -= c->mass[i] * momentum / mass;
    }
  }
}

static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const n_body *c = s->data;
  const int e = c->n_space;
  double u[3], w[3], pull[MAX_BODY * 3];
  const double radius = rz_system_uniform(rng, c->radius);
  draw_plane(c, rng, u, w);
  const double factor = 1.0 + c->spread * rz_rng_normal(rng);
  for (int i = 0; i < c->n; i++)
    for (int k = 0; k < e; k++)
      x[i * e + k] = radius * (cos(2.0 * RZ_PI * i / c->n) * u[k] + sin(2.0 * RZ_PI * i / c->n) * w[k]);
  force(s, x, pull);
  for (int i = 0; i < c->n; i++) {
    double inward = 0.0;
    for (int k = 0; k < e; k++) inward -= pull[i * e + k] * x[i * e + k] * c->inverse_mass[i];
    const double momentum = factor * c->mass[i] * sqrt(fmax(0.0, inward));
    for (int k = 0; k < e; k++)
      x[s->n_degree + i * e + k] = momentum * (cos(2.0 * RZ_PI * i / c->n) * w[k] - sin(2.0 * RZ_PI * i / c->n) * u[k]);
  }
  centre(c, x, x + s->n_degree);
}

const rz_system_class rz_system_n_body = {.name = "n_body",
                                          .about = "bodies under their mutual gravity, in the plane or in space",
                                          .options = rows,
                                          .n_options = RZ_N_ROWS(rows),
                                          .init = init,
                                          .velocity = velocity,
                                          .force = force,
                                          .velocity_tangent = velocity_tangent,
                                          .force_tangent = force_tangent,
                                          .energy = energy,
                                          .invariants = invariants,
                                          .period = period,
                                          .draw = draw};
