/* Two pendulums in a chain, angles q_1, q_2 from the vertical, canonical momenta. With t = q_1 - q_2, the bobs' masses
 * m_1, m_2 and lengths l_1, l_2:
 *   H = (a p_1^2 + b p_2^2 + 2 c cos t p_1 p_2) / (2 (m_1 + m_2 sin^2 t))
 *       + (m_1 + m_2) g l_1 (1 - cos q_1) + m_2 g l_2 (1 - cos q_2),
 *   a = 1 / l_1^2,  b = (m_1 + m_2) / (m_2 l_2^2),  c = -1 / (l_1 l_2). */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>

typedef struct chain {
  double m1, m2, l1, l2, gravity;
  double a, b, c, torque[2];
  double angle, momentum; /* bounds of initial states */
} chain;

static const rz_option rows[] = {
    RZ_ROW_REAL_VECTOR("masses", 2, "1.0, 1.0", 1e-12, 1e12, "", "masses of the two bobs, the upper one first"),
    RZ_ROW_REAL_VECTOR("lengths", 2, "1.0, 1.0", 1e-12, 1e12, "", "lengths of the two rods"),
    RZ_ROW_REAL("gravity", "1.0", 0, 1e12, "", "acceleration of free fall"),
    RZ_ROW_REAL("angle", "1.5", 0, 1e12, "rad", "initial states: both angles uniform between -angle and angle"),
    RZ_ROW_REAL("momentum", "0.0", 0, 1e12, "", "initial states: both momenta uniform between -momentum and momentum"),
};

static rz_err init(rz_system *s, rz_config *config) {
  chain *c;
  RZ_TRY(RZ_NEW0(1, &c));
  s->data = c;
  const char *g = RZ_SYSTEM_GROUP;
  const double m1 = rz_config_real_at(config, g, "masses", 0), m2 = rz_config_real_at(config, g, "masses", 1);
  const double l1 = rz_config_real_at(config, g, "lengths", 0), l2 = rz_config_real_at(config, g, "lengths", 1);
  const double gravity = rz_system_real(config, "gravity");
  *c = (chain){.m1 = m1, .m2 = m2, .l1 = l1, .l2 = l2, .gravity = gravity};
  c->a = 1.0 / (l1 * l1);
  c->b = (m1 + m2) / (m2 * l2 * l2);
  c->c = -1.0 / (l1 * l2);
  c->torque[0] = (m1 + m2) * gravity * l1;
  c->torque[1] = m2 * gravity * l2;
  c->angle = rz_system_real(config, "angle");
  c->momentum = rz_system_real(config, "momentum");
  return rz_system_shape(s, 2, 0, 0.0, NULL);
}

/* u = 2 T and its derivatives by t: u = n / w, n = a p_1^2 + b p_2^2 + 2 c cos t p_1 p_2, w = m_1 + m_2 sin^2 t. */
typedef struct kinetic {
  double cos_t, sin_t, w, dw, ddw, u, du, ddu;
} kinetic;

static kinetic kinetic_of(const chain *c, const double *x) {
  kinetic k = {.cos_t = cos(x[0] - x[1]), .sin_t = sin(x[0] - x[1])};
  const double mixed = 2.0 * c->c * x[2] * x[3];
  k.w = c->m1 + c->m2 * k.sin_t * k.sin_t;
  k.dw = 2.0 * c->m2 * k.sin_t * k.cos_t;
  k.ddw = 2.0 * c->m2 * (k.cos_t * k.cos_t - k.sin_t * k.sin_t);
  k.u = (c->a * x[2] * x[2] + c->b * x[3] * x[3] + mixed * k.cos_t) / k.w;
  k.du = (-mixed * k.sin_t - k.u * k.dw) / k.w;
  k.ddu = (-mixed * k.cos_t - 2.0 * k.du * k.dw - k.u * k.ddw) / k.w;
  return k;
}

static void field(const rz_system *s, const double *x, double *dx) {
  const chain *c = s->data;
  const kinetic k = kinetic_of(c, x);
  dx[0] = (c->a * x[2] + c->c * k.cos_t * x[3]) / k.w;
  dx[1] = (c->b * x[3] + c->c * k.cos_t * x[2]) / k.w;
  dx[2] = -0.5 * k.du - c->torque[0] * sin(x[0]);
  dx[3] = 0.5 * k.du - c->torque[1] * sin(x[1]);
}

static void field_tangent(const rz_system *s, const double *x, const double *v, double *dv) {
  const chain *c = s->data;
  const kinetic k = kinetic_of(c, x);
  double f[4];
  field(s, x, f);
  const double t = v[0] - v[1];
  const double by_t[2] = {-(c->c * k.sin_t * x[3] + f[0] * k.dw) / k.w, -(c->c * k.sin_t * x[2] + f[1] * k.dw) / k.w};
  dv[0] = by_t[0] * t + (c->a * v[2] + c->c * k.cos_t * v[3]) / k.w;
  dv[1] = by_t[1] * t + (c->b * v[3] + c->c * k.cos_t * v[2]) / k.w;
  /* d (du / 2) along v: by t, and by p through d^2 T / dp dt, which is by_t. */
  const double du = 0.5 * k.ddu * t + by_t[0] * v[2] + by_t[1] * v[3];
  dv[2] = -du - c->torque[0] * cos(x[0]) * v[0];
  dv[3] = du - c->torque[1] * cos(x[1]) * v[1];
}

static double energy(const rz_system *s, const double *x) {
  const chain *c = s->data;
  const double half[2] = {sin(0.5 * x[0]), sin(0.5 * x[1])};
  return 0.5 * kinetic_of(c, x).u + 2.0 * (c->torque[0] * half[0] * half[0] + c->torque[1] * half[1] * half[1]);
}

/* Of the slow mode of small oscillations: det(K - w^2 M) = 0 with K = diag(torque), M = [[(m_1 + m_2) l_1^2,
 * m_2 l_1 l_2], [m_2 l_1 l_2, m_2 l_2^2]]; of both roots the smaller, without its cancellation. */
static double period(const rz_system *s, const double *x) {
  const chain *c = s->data;
  (void)x;
  const double m11 = (c->m1 + c->m2) * c->l1 * c->l1, m22 = c->m2 * c->l2 * c->l2, m12 = c->m2 * c->l1 * c->l2;
  const double det_m = m11 * m22 - m12 * m12, sum = c->torque[0] * m22 + c->torque[1] * m11;
  const double det_k = c->torque[0] * c->torque[1];
  const double w2 = 2.0 * det_k / (sum + sqrt(sum * sum - 4.0 * det_m * det_k));
  return w2 > 0.0 ? 2.0 * RZ_PI / sqrt(w2) : (double)NAN;
}

static void draw(const rz_system *s, rz_rng *rng, double *x) {
  const chain *c = s->data;
  for (int k = 0; k < 4; k++) x[k] = (k < 2 ? c->angle : c->momentum) * (2.0 * rz_rng_uniform(rng) - 1.0);
}

const rz_system_class rz_system_double_pendulum = {.name = "double_pendulum",
                                                   .about = "two pendulums in a chain",
                                                   .options = rows,
                                                   .n_options = RZ_N_ROWS(rows),
                                                   .init = init,
                                                   .field = field,
                                                   .field_tangent = field_tangent,
                                                   .energy = energy,
                                                   .period = period,
                                                   .draw = draw};
