/* Bodies with a potential of their distances: H = sum_i p_i^2 / (2 m_i) + sum_{i<j} c_ij v(r_ij) [+ sum_i c_i
 * v(|q_i|)], v(r) = sum_k theta_k b_k(r), c_ij = 1 or m_i m_j. Forces are opposite and along the distance: momentum
 * (without a centre) and angular momentum are conserved whatever v is. */
#include "law_impl.h"
#include "ritz/learn/pair_potential.h"

#include "radial.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

enum { MAX_SPACE = 8, MAX_MASS = 64 };

static const rz_option options[] = {
    RZ_ROW_CHOICE("basis", "chebyshev|bspline", "'chebyshev'", "expansion of v(r)"),
    RZ_ROW_CHOICE("coordinate", "distance|log|inverse", "'log'", "v is expanded in r, log r or 1/r"),
    RZ_ROW_INT("n_terms", "24", 3, 500, "functions in the expansion"),
    RZ_ROW_CHOICE("coupling", "unit|masses", "'unit'", "c_ij = 1, or the product of the masses"),
    RZ_ROW_INT("n_space", "", 1, 8,
               "dimensions of space, each body having so many coordinates; unset: as the system says"),
    RZ_ROW_REALS("masses", MAX_MASS, "", 1e-300, 1e300, "", "of the bodies; unset: as the system says, or 1"),
    RZ_ROW_BOOL("centre", ".false.", "a fixed body of mass 1 at the origin acts on each body"),
    RZ_ROW_REAL("r_min", "", 1e-300, 1e300, "", "shortest distance; unset: that of the training data"),
    RZ_ROW_REAL("r_max", "", 1e-300, 1e300, "", "longest distance; unset: that of the training data"),
};

typedef struct pair_potential {
  int n_body, n_space;
  bool by_mass, centre;
  double *mass; /* [n_body] */
  rz_radial radial;
  double *value, *slope, *curvature; /* [n_terms] at the distance in hand */
} pair_potential;

/* A pair in a state: j = -1 is the centre. */
typedef struct pair {
  double coupling, r, unit[MAX_SPACE]; /* from j to i */
} pair;

static pair look(const pair_potential *w, const double *q, int i, int j) {
  pair a = {.coupling = w->by_mass ? w->mass[i] * (j < 0 ? 1.0 : w->mass[j]) : 1.0};
  double square = 0.0;
  for (int s = 0; s < w->n_space; s++) {
    a.unit[s] = q[i * w->n_space + s] - (j < 0 ? 0.0 : q[j * w->n_space + s]);
    square += a.unit[s] * a.unit[s];
  }
  a.r = sqrt(square);
  for (int s = 0; s < w->n_space; s++) a.unit[s] /= a.r;
  return a;
}

static int first_partner(const pair_potential *w) { return w->centre ? -1 : 0; }

/* ---- making ---- */
static rz_err given_masses(pair_potential *w, const rz_config *config) {
  const int n = rz_config_count(config, RZ_LAW_GROUP, "masses");
  RZ_CHECK(n == w->n_body, RZ_ERR_DECK, "%d masses for %d bodies", n, w->n_body);
  for (int i = 0; i < n; i++) w->mass[i] = rz_config_real_at(config, RZ_LAW_GROUP, "masses", i);
  return RZ_OK;
}

static rz_err load_masses(pair_potential *w, const rz_law_input *in) {
  RZ_TRY(RZ_NEW(w->n_body, &w->mass));
  if (rz_config_has(in->config, RZ_LAW_GROUP, "masses")) return given_masses(w, in->config);
  for (int i = 0; i < w->n_body; i++) {
    w->mass[i] = in->mass ? in->mass[i * w->n_space] : 1.0;
    for (int s = 1; in->mass && s < w->n_space; s++)
      RZ_CHECK(in->mass[i * w->n_space + s] == w->mass[i], RZ_ERR_INPUT,
               "body %d has different masses in different directions", i + 1);
  }
  return RZ_OK;
}

static void find_range(const pair_potential *w, int64_t n, int dim, const double *x, double *low, double *high) {
  *low = INFINITY;
  *high = 0.0;
  for (int64_t k = 0; k < n; k++)
    for (int i = 0; i < w->n_body; i++)
      for (int j = first_partner(w); j < i; j++) {
        const double r = look(w, x + k * dim, i, j).r;
        *low = fmin(*low, r);
        *high = fmax(*high, r);
      }
}

static rz_err make_radial(pair_potential *w, const rz_law_input *in) {
  rz_config *c = in->config;
  const bool spline = strcmp(rz_config_string(c, RZ_LAW_GROUP, "basis"), "bspline") == 0;
  const char *coordinate = rz_config_string(c, RZ_LAW_GROUP, "coordinate");
  const rz_radial_coordinate kind = strcmp(coordinate, "log") == 0       ? RZ_RADIAL_LOG
                                    : strcmp(coordinate, "inverse") == 0 ? RZ_RADIAL_INVERSE
                                                                         : RZ_RADIAL_R;
  const int n = (int)rz_config_int(c, RZ_LAW_GROUP, "n_terms");
  double low, high;
  find_range(w, in->n, 2 * in->n_degree, in->x, &low, &high);
  if (rz_config_has(c, RZ_LAW_GROUP, "r_min")) low = rz_config_real(c, RZ_LAW_GROUP, "r_min");
  if (rz_config_has(c, RZ_LAW_GROUP, "r_max")) high = rz_config_real(c, RZ_LAW_GROUP, "r_max");
  RZ_CHECK(low > 0.0, RZ_ERR_INPUT, "two bodies of the training data are at the same place");
  RZ_CHECK(high - low > 1e-10 * high, in->n > 0 ? RZ_ERR_INPUT : RZ_ERR_DECK,
           in->n > 0 ? "distances in the training data go from %g to %g: no potential can be learned"
                     : "without training data r_min = %g must lie below r_max = %g",
           low, high);
  RZ_TRY(RZ_NEW(n, &w->value));
  RZ_TRY(RZ_NEW(n, &w->slope));
  RZ_TRY(RZ_NEW(n, &w->curvature));
  return rz_radial_create(spline ? RZ_RADIAL_BSPLINE : RZ_RADIAL_CHEBYSHEV, kind, n, low, high, &w->radial);
}

static rz_err find_bodies(pair_potential *w, const rz_law_input *in) {
  const bool given = rz_config_has(in->config, RZ_LAW_GROUP, "n_space");
  w->n_space = given ? (int)rz_config_int(in->config, RZ_LAW_GROUP, "n_space") : in->n_space;
  RZ_CHECK(w->n_space > 0 && w->n_space <= MAX_SPACE, RZ_ERR_DECK,
           "model = 'pair_potential' is for bodies in space: give its dimensions, n_space = 1 to %d", MAX_SPACE);
  w->n_body = in->n_degree / w->n_space;
  RZ_CHECK(in->n_degree % w->n_space == 0, RZ_ERR_DECK,
           "%d coordinates are no whole number of bodies in n_space = %d dimensions", in->n_degree, w->n_space);
  return RZ_OK;
}

static rz_err init(rz_law *l, const rz_law_input *in) {
  pair_potential *w;
  RZ_TRY(RZ_NEW0(1, &w));
  l->data = w;
  RZ_TRY(find_bodies(w, in));
  w->by_mass = strcmp(rz_config_string(in->config, RZ_LAW_GROUP, "coupling"), "masses") == 0;
  w->centre = rz_config_bool(in->config, RZ_LAW_GROUP, "centre");
  RZ_CHECK(w->n_body > 1 || w->centre, RZ_ERR_DECK, "model = 'pair_potential': one body needs centre = .true.");
  RZ_TRY(load_masses(w, in));
  RZ_TRY(make_radial(w, in));
  RZ_TRY(rz_params_add(&l->params, "v", false, 1, (const int64_t[]){w->radial.n}));
  return rz_params_allocate(&l->params);
}

static void fini(rz_law *l) {
  pair_potential *w = l->data;
  if (!w) return;
  rz_free(&w->mass);
  rz_free(&w->value);
  rz_free(&w->slope);
  rz_free(&w->curvature);
  rz_radial_destroy(&w->radial);
  rz_free(&l->data);
}

/* ---- forces ---- */
static double dot(int n, const double *a, const double *b) {
  double s = 0.0;
  for (int k = 0; k < n; k++) s += a[k] * b[k];
  return s;
}

/* Add f along `unit` to body i and the opposite to body j. */
static void push(const pair_potential *w, int i, int j, const double *f, double *dp) {
  for (int s = 0; s < w->n_space; s++) {
    dp[i * w->n_space + s] += f[s];
    if (j >= 0) dp[j * w->n_space + s] -= f[s];
  }
}

/* How the pair's distance changes along v, and its direction: dr, and d unit. */
static double turn(const pair_potential *w, const pair *a, int i, int j, const double *v, double *du) {
  double dr = 0.0;
  for (int s = 0; s < w->n_space; s++) {
    du[s] = v[i * w->n_space + s] - (j < 0 ? 0.0 : v[j * w->n_space + s]);
    dr += a->unit[s] * du[s];
  }
  for (int s = 0; s < w->n_space; s++) du[s] = (du[s] - dr * a->unit[s]) / a->r;
  return dr;
}

/* dq of one state from its p, or from that of v. */
static void velocity(const rz_law *l, const double *p, double *dq) {
  const pair_potential *w = l->data;
  for (int k = 0; k < l->n_degree; k++) dq[k] = p[k] / w->mass[k / w->n_space];
}

/* dp of one state from its q, or its change along v. */
static void force(const rz_law *l, const double *q, const double *v, double *dp) {
  const pair_potential *w = l->data;
  const double *theta = l->params.value;
  double f[MAX_SPACE], du[MAX_SPACE] = {0.0};
  memset(dp, 0, sizeof(double) * (size_t)l->n_degree);
  for (int i = 0; i < w->n_body; i++)
    for (int j = first_partner(w); j < i; j++) {
      const pair a = look(w, q, i, j);
      const double dr = v ? turn(w, &a, i, j, v, du) : 0.0;
      rz_radial_values(&w->radial, a.r, w->value, w->slope, v ? w->curvature : NULL);
      const double size = -a.coupling * dot(w->radial.n, w->slope, theta);
      const double change = v ? -a.coupling * dot(w->radial.n, w->curvature, theta) * dr : 0.0;
      for (int s = 0; s < w->n_space; s++) f[s] = v ? change * a.unit[s] + size * du[s] : size * a.unit[s];
      push(w, i, j, f, dp);
    }
}

static rz_err half(rz_law *l, rz_law_half which, int64_t n, const double *x, const double *v, double *out) {
  const int d = l->n_degree;
  for (int64_t i = 0; i < n; i++)
    if (which == RZ_LAW_VELOCITY)
      velocity(l, (v ? v : x) + i * 2 * d + d, out + i * d);
    else
      force(l, x + i * 2 * d, v ? v + i * 2 * d : NULL, out + i * d);
  return RZ_OK;
}

static rz_err tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  const int d = l->n_degree;
  for (int64_t i = 0; i < n * 2 * d; i += 2 * d) {
    velocity(l, (v ? v : x) + i + d, out + i);
    force(l, x + i, v ? v + i : NULL, out + i + d);
  }
  return RZ_OK;
}

static rz_err apply(rz_law *l, int64_t n, const double *x, double *out) { return tangent(l, n, x, NULL, out); }

static rz_err energy(rz_law *l, int64_t n, const double *x, double *out) {
  const pair_potential *w = l->data;
  const int d = l->n_degree;
  for (int64_t k = 0; k < n; k++, x += 2 * d) {
    out[k] = 0.0;
    for (int m = 0; m < d; m++) out[k] += 0.5 * x[d + m] * x[d + m] / w->mass[m / w->n_space];
    for (int i = 0; i < w->n_body; i++)
      for (int j = first_partner(w); j < i; j++) {
        const pair a = look(w, x, i, j);
        rz_radial_values(&w->radial, a.r, w->value, w->slope, NULL);
        out[k] += a.coupling * dot(w->radial.n, w->value, l->params.value);
      }
  }
  return RZ_OK;
}

/* Row of component s of body i += sign f[k], for the pair's functions k. */
static void add_rows(const pair_potential *w, int i, int j, int s, const double *f, double *out) {
  const int p = w->radial.n;
  double *up = out + (int64_t)(i * w->n_space + s) * p, *down = j < 0 ? NULL : out + (int64_t)(j * w->n_space + s) * p;
  for (int k = 0; k < p; k++) {
    up[k] += f[k];
    if (down) down[k] -= f[k];
  }
}

static void pair_rows(pair_potential *w, int i, int j, const double *q, const double *v, double *out) {
  const pair a = look(w, q, i, j);
  double du[MAX_SPACE];
  const double dr = v ? turn(w, &a, i, j, v, du) : 0.0;
  rz_radial_values(&w->radial, a.r, w->value, w->slope, v ? w->curvature : NULL);
  for (int s = 0; s < w->n_space; s++) {
    for (int k = 0; k < w->radial.n; k++) {
      const double f = v ? w->curvature[k] * dr * a.unit[s] + w->slope[k] * du[s] : w->slope[k] * a.unit[s];
      w->value[k] = -a.coupling * f;
    }
    add_rows(w, i, j, s, w->value, out);
  }
}

static rz_err rows(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  pair_potential *w = l->data;
  const int d = l->n_degree;
  const int64_t size = (int64_t)2 * d * w->radial.n;
  memset(out, 0, sizeof(double) * (size_t)(n * size));
  for (int64_t k = 0; k < n; k++)
    for (int i = 0; i < w->n_body; i++)
      for (int j = first_partner(w); j < i; j++)
        pair_rows(w, i, j, x + k * 2 * d, v ? v + k * 2 * d : NULL, out + k * size + size / 2);
  return RZ_OK;
}

static int64_t outside(const rz_law *l, int64_t n, const double *x) {
  const pair_potential *w = l->data;
  int64_t count = 0;
  for (int64_t k = 0; k < n; k++) {
    bool inside = true;
    for (int i = 0; i < w->n_body; i++)
      for (int j = first_partner(w); j < i; j++) {
        const double r = look(w, x + k * 2 * l->n_degree, i, j).r;
        inside = inside && r >= w->radial.r_min && r <= w->radial.r_max;
      }
    count += !inside;
  }
  return count;
}

/* ---- what v(r) says ---- */
static rz_err check_class(const rz_law *l) {
  RZ_CHECK(l->cls == &rz_law_pair_potential, RZ_ERR_ARG, "model '%s' has no pair potential", l->cls->name);
  return RZ_OK;
}

rz_err rz_pair_potential_range(const rz_law *l, double *r_min, double *r_max) {
  RZ_TRY(check_class(l));
  const pair_potential *w = l->data;
  *r_min = w->radial.r_min;
  *r_max = w->radial.r_max;
  return RZ_OK;
}

rz_err rz_pair_potential_slope(const rz_law *l, int64_t n, const double *r, double *out) {
  RZ_TRY(check_class(l));
  const pair_potential *w = l->data;
  for (int64_t i = 0; i < n; i++) {
    rz_radial_values(&w->radial, r[i], w->value, w->slope, NULL);
    out[i] = dot(w->radial.n, w->slope, l->params.value);
  }
  return RZ_OK;
}

/* Sums of a straight line y = a + b x. */
typedef struct line {
  double n, x, y, xx, xy, yy;
} line;

static rz_err add_distances(const rz_law *l, const double *q, double x0, line *sum) {
  const pair_potential *w = l->data;
  for (int i = 0; i < w->n_body; i++)
    for (int j = first_partner(w); j < i; j++) {
      const double r = look(w, q, i, j).r;
      double slope = NAN;
      RZ_TRY(rz_pair_potential_slope(l, 1, &r, &slope));
      const double x = log(r) - x0, y = log(fabs(slope));
      RZ_CHECK(isfinite(y), RZ_ERR_NUM, "dv/dr = %g at r = %g has no logarithm", slope, r);
      *sum = (line){sum->n + 1.0, sum->x + x, sum->y + y, sum->xx + x * x, sum->xy + x * y, sum->yy + y * y};
    }
  return RZ_OK;
}

rz_err rz_pair_potential_power(const rz_law *l, int64_t n, const double *x, double *power, double *error) {
  line s = {0};
  RZ_TRY(check_class(l));
  const pair_potential *w = l->data;
  const double x0 =
      0.5 * log(w->radial.r_min * w->radial.r_max); /* about the middle: less is lost in the differences */
  for (int64_t i = 0; i < n; i++) RZ_TRY(add_distances(l, x + i * 2 * l->n_degree, x0, &s));
  const double xx = s.xx - s.x * s.x / s.n, xy = s.xy - s.x * s.y / s.n, yy = s.yy - s.y * s.y / s.n;
  RZ_CHECK(s.n > 2.0 && xx > 1e-20 * s.n, RZ_ERR_NUM, "%g distances, all the same or too few: no power of r", s.n);
  *power = xy / xx;
  *error = sqrt(fmax(0.0, yy - xy * xy / xx) / (s.n - 2.0) / xx);
  return RZ_OK;
}

const rz_law_class rz_law_pair_potential = {
    .name = "pair_potential",
    .about = "bodies with a potential of their distances; conserves momentum and angular momentum; linear",
    .cite = "",
    .options = options,
    .n_options = RZ_N_ROWS(options),
    .symplectic = true,
    .separable = true,
    .linear = true,
    .init = init,
    .apply = apply,
    .tangent = tangent,
    .half = half,
    .energy = energy,
    .pull = rz_linear_pull,
    .layers = rz_linear_layers,
    .factors = rz_linear_factors,
    .rows = rows,
    .outside = outside,
    .fini = fini};
