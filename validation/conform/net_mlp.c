/* modules: net linalg core */
/* Networks against an independent slow version in plain loops of complex arithmetic, with derivatives by Cauchy's
 * formula: a circle of values about the point gives any derivative of an analytic function to rounding. Every
 * activation, none to four hidden layers, several outputs, odd sizes, each instruction set of this machine. */
#include "check.h"
#include "ritz/core/isa.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/jacobian.h"
#include "ritz/linalg/params.h"
#include "ritz/net/mlp.h"
#include "ritz/net/mlp_lanes.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WIDTH = 64, MAX_ROWS = 64 };

/* ---- the slow version ---- */

static double complex phi(rz_activation a, double complex z) {
  switch (a) {
  case RZ_ACTIVATION_TANH:
    return ctanh(z);
  case RZ_ACTIVATION_SIGMOID:
    return 1.0 / (1.0 + cexp(-z));
  case RZ_ACTIVATION_SOFTPLUS:
    return creal(z) > 0.0 ? z + clog(1.0 + cexp(-z)) : clog(1.0 + cexp(z));
  case RZ_ACTIVATION_SIN:
    return csin(z);
  case RZ_ACTIVATION_SILU:
    return z / (1.0 + cexp(-z));
  case RZ_ACTIVATION_GELU:
    return 0.5 * z * (1.0 + ctanh(sqrt(2.0 / RZ_PI) * (z + 0.044715 * z * z * z)));
  case RZ_ACTIVATION_LOG_COSH:
    return creal(z) > 0.0 ? z + clog(0.5 + 0.5 * cexp(-2.0 * z)) : -z + clog(0.5 + 0.5 * cexp(2.0 * z));
  default:
    return z;
  }
}

/* One row; theta: the network's own elements, in the order of its views. */
static void slow_row(const rz_mlp_spec *s, const double complex *theta, const double complex *x, double complex *out) {
  double complex a[MAX_WIDTH], z[MAX_WIDTH];
  int n_in = s->n_in;
  memcpy(a, x, sizeof *a * (size_t)n_in);
  for (int l = 0; l <= s->n_hidden; l++) {
    const int n_out = l < s->n_hidden ? s->width[l] : s->n_out;
    const bool bias = l < s->n_hidden ? s->hidden_bias : s->output_bias;
    for (int k = 0; k < n_out; k++) {
      z[k] = bias ? theta[n_in * n_out + k] : 0.0;
      for (int i = 0; i < n_in; i++) z[k] += a[i] * theta[i * n_out + k];
    }
    theta += (n_in + bias) * n_out;
    for (int k = 0; k < n_out; k++) a[k] = l < s->n_hidden ? phi(s->activation, z[k]) : z[k];
    n_in = n_out;
  }
  memcpy(out, a, sizeof *a * (size_t)s->n_out);
}

/* ---- a case: a network in a vector with others, its inputs and directions ---- */

/* Directions of inputs [n, n_in], parameters [n_element] and output weights [n, n_out]; what is not moved is 0. */
typedef struct direction {
  double complex *x, *theta, *bar;
} direction;

typedef struct fixture {
  rz_mlp_spec spec;
  bool single, steep;
  double radius, noise; /* of the circles; of what rounding makes of a second derivative */
  rz_params params;
  rz_mlp *before, *net, *after;
  rz_mlp_batch *batch;
  int64_t n, n_element;
  int n_real;
  direction point, move[2];
  rz_rng rng;
} fixture;

static double complex *numbers(fixture *f, int64_t n, bool is_complex, double size) {
  double complex *z = calloc((size_t)n + 1, sizeof *z);
  for (int64_t k = 0; k < n; k++) {
    const double re = size * rz_rng_normal(&f->rng), im = is_complex ? size * rz_rng_normal(&f->rng) : 0.0;
    z[k] = CMPLX(re, im);
  }
  return z;
}

static direction random_direction(fixture *f, double size_of_theta) {
  const bool c = f->spec.is_complex;
  return (direction){.x = numbers(f, f->n * f->spec.n_in, false, 1.0),
                     .theta = numbers(f, f->n_element, c, size_of_theta),
                     .bar = numbers(f, f->n * f->spec.n_out, c, 1.0)};
}

static void free_direction(direction *d) {
  free(d->x);
  free(d->theta);
  free(d->bar);
}

/* As the library takes them: doubles, or pairs. Owner: caller. */
static double *outside(const double complex *z, int64_t n, int n_real) {
  double *x = calloc((size_t)(n * n_real) + 1, sizeof *x);
  for (int64_t k = 0; k < n; k++) {
    x[n_real * k] = creal(z[k]);
    if (n_real == 2) x[2 * k + 1] = cimag(z[k]);
  }
  return x;
}

static double *outside_theta(const fixture *f, const double complex *theta) {
  double *own = outside(theta, f->n_element, f->n_real), *whole = calloc((size_t)f->params.n, sizeof *whole);
  memcpy(whole + rz_mlp_offset(f->net), own, sizeof *own * (size_t)rz_mlp_n_param(f->net));
  free(own);
  return whole;
}

static void setup(fixture *f, const rz_mlp_spec *spec, int64_t n, bool single, double size, uint64_t seed) {
  const rz_mlp_spec other = {
      .n_in = 3, .n_out = 2, .n_hidden = 1, .width = (const int[]){5}, .prefix = "other_", .hidden_bias = true};
  rz_mlp_spec last = other;
  last.prefix = "last_";
  *f = (fixture){.spec = *spec,
                 .single = single,
                 .steep = size > 1.0,
                 .radius = size > 1.0 ? 5e-5 : 1.5e-3,
                 .n = n,
                 .n_real = spec->is_complex ? 2 : 1,
                 .rng = rz_rng_stream(seed, RZ_RNG_TEST, 0)};
  RZ_EXPECT_OK(rz_params_add(&f->params, "first", false, 1, (const int64_t[]){3}));
  RZ_EXPECT_OK(rz_mlp_create(&other, &f->params, &f->before));
  RZ_EXPECT_OK(rz_mlp_create(spec, &f->params, &f->net));
  RZ_EXPECT_OK(rz_mlp_create(&last, &f->params, &f->after));
  RZ_EXPECT_OK(rz_params_allocate(&f->params));
  f->n_element = rz_mlp_n_param(f->net) / f->n_real;
  f->point = random_direction(f, size);
  f->move[0] = random_direction(f, 1.0);
  f->move[1] = random_direction(f, 1.0);
  double *theta = outside_theta(f, f->point.theta);
  memcpy(f->params.value, theta, sizeof *theta * (size_t)f->params.n);
  free(theta);
  RZ_EXPECT_OK(rz_mlp_batch_create(f->net, n + 3, single, &f->batch));
  RZ_EXPECT(rz_mlp_batch_capacity(f->batch) == n + 3);
  rz_mlp_batch_load(f->batch, f->params.value);
}

static void teardown(fixture *f) {
  free_direction(&f->point);
  free_direction(&f->move[0]);
  free_direction(&f->move[1]);
  rz_mlp_batch_destroy(&f->batch);
  rz_mlp_destroy(&f->before);
  rz_mlp_destroy(&f->net);
  rz_mlp_destroy(&f->after);
  rz_params_free(&f->params);
}

/* point + t0 move0 + t1 move1 */
static double complex *moved(const double complex *p, const double complex *const m[2], const double complex t[2],
                             int64_t n) {
  double complex *z = calloc((size_t)n + 1, sizeof *z);
  for (int64_t k = 0; k < n; k++) {
    z[k] = p[k];
    for (int d = 0; d < 2; d++)
      if (m[d]) z[k] += t[d] * m[d][k];
  }
  return z;
}

/* F = sum_io bar_io out_io at the point moved by t0 and t1; and out [n, n_out], or NULL. */
static double complex slow(const fixture *f, const direction move[2], const double complex t[2], double complex *out) {
  const int n_in = f->spec.n_in, n_out = f->spec.n_out;
  double complex *x = moved(f->point.x, (const double complex *[]){move[0].x, move[1].x}, t, f->n * n_in);
  double complex *theta =
      moved(f->point.theta, (const double complex *[]){move[0].theta, move[1].theta}, t, f->n_element);
  double complex *bar = moved(f->point.bar, (const double complex *[]){move[0].bar, move[1].bar}, t, f->n * n_out);
  double complex sum = 0.0, row[MAX_WIDTH];
  for (int64_t i = 0; i < f->n; i++) {
    slow_row(&f->spec, theta, x + i * n_in, row);
    for (int o = 0; o < n_out; o++) {
      sum += bar[i * n_out + o] * row[o];
      if (out) out[i * n_out + o] = row[o];
    }
  }
  free(x);
  free(theta);
  free(bar);
  return sum;
}

enum { CIRCLE = 8 };

/* Steep functions need a small circle, which costs digits. */
static double complex on_circle(const fixture *f, int k) {
  return f->radius * cexp(CMPLX(0.0, 2.0 * RZ_PI * k / CIRCLE));
}

/* dF / dt0, and d out / dt0. */
static double complex slow_first(const fixture *f, direction move, double complex *out_dot) {
  const direction both[2] = {move};
  const int64_t n = f->n * f->spec.n_out;
  double complex *out = calloc((size_t)n + 1, sizeof *out), sum = 0.0;
  for (int64_t i = 0; out_dot && i < n; i++) out_dot[i] = 0.0;
  for (int k = 0; k < CIRCLE; k++) {
    const double complex t[2] = {on_circle(f, k)};
    sum += slow(f, both, t, out) / (CIRCLE * t[0]);
    for (int64_t i = 0; out_dot && i < n; i++) out_dot[i] += out[i] / (CIRCLE * t[0]);
  }
  free(out);
  return sum;
}

/* d^2 F / dt0 dt1 */
static double complex slow_second(const fixture *f, direction first, direction second) {
  const direction both[2] = {first, second};
  double complex sum = 0.0;
  for (int k = 0; k < CIRCLE; k++)
    for (int m = 0; m < CIRCLE; m++) {
      const double complex t[2] = {on_circle(f, k), on_circle(f, m)};
      sum += slow(f, both, t, NULL) / (CIRCLE * t[0]) / (CIRCLE * t[1]);
    }
  return sum;
}

static direction of_x(const direction *d) { return (direction){.x = d->x}; }
static direction of_theta(const direction *d) { return (direction){.theta = d->theta}; }

/* ---- comparison ---- */

static double tolerance(const fixture *f) { return f->single ? 2e-4 : f->steep ? 1e-6 : 1e-9; }

/* sum x_k y_k of pairs or doubles, as complex numbers. */
static double complex contract(const double *x, const double complex *y, int64_t n, int n_real) {
  double complex sum = 0.0;
  for (int64_t k = 0; k < n; k++) sum += (n_real == 2 ? CMPLX(x[2 * k], x[2 * k + 1]) : x[k]) * y[k];
  return sum;
}

/* A gradient, that of Re F with respect to the pairs, along a direction; it is 0 outside the network's own. */
static double along(const fixture *f, const double *grad, const double complex *theta) {
  double *u = outside_theta(f, theta), sum = 0.0;
  for (int64_t k = 0; k < f->params.n; k++) sum += grad[k] * u[k];
  const int64_t own = rz_mlp_offset(f->net), end = own + rz_mlp_n_param(f->net);
  for (int64_t k = 0; k < f->params.n; k++) RZ_EXPECT((k >= own && k < end) || grad[k] == 0.0);
  free(u);
  return sum;
}

static double *cleared(int64_t n) { return calloc((size_t)n + 1, sizeof(double)); }

#define EXPECT_CLOSE(a, b, scale)                                                                                      \
  do {                                                                                                                 \
    const double complex a_ = (a), b_ = (b);                                                                           \
    const double tol_ = tolerance(f) * (1.0 + cabs(b_) + (scale)) + f->noise;                                          \
    RZ_EXPECT_NEAR(creal(a_), creal(b_), tol_);                                                                        \
    RZ_EXPECT_NEAR(cimag(a_), cimag(b_), tol_);                                                                        \
  } while (0)

/* ---- checks ---- */

/* What the checks share: everything as the library takes it. */
typedef struct arrays {
  double *x, *bar, *v, *u, *bar_dot, *out, *x_bar, *grad;
} arrays;

static arrays make_arrays(const fixture *f) {
  const int64_t n_x = f->n * f->spec.n_in, n_o = f->n * f->spec.n_out;
  return (arrays){.x = outside(f->point.x, n_x, 1),
                  .bar = outside(f->point.bar, n_o, f->n_real),
                  .v = outside(f->move[0].x, n_x, 1),
                  .u = outside_theta(f, f->move[0].theta),
                  .bar_dot = outside(f->move[0].bar, n_o, f->n_real),
                  .out = cleared(n_o * f->n_real),
                  .x_bar = cleared(n_x * f->n_real),
                  .grad = cleared(f->params.n)};
}

static void free_arrays(arrays *a) {
  double *const all[] = {a->x, a->bar, a->v, a->u, a->bar_dot, a->out, a->x_bar, a->grad};
  for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) free(all[k]);
}

static void check_values(fixture *f, const arrays *a) {
  const int64_t n = f->n * f->spec.n_out;
  double complex *exact = calloc((size_t)n + 1, sizeof *exact);
  slow(f, (const direction[2]){{0}}, (const double complex[2]){0.0}, exact);
  RZ_EXPECT_OK(rz_mlp_values(f->batch, f->n, a->x, a->out));
  for (int64_t i = 0; i < n; i++)
    EXPECT_CLOSE(contract(a->out + i * f->n_real, (const double complex[]){1.0}, 1, f->n_real), exact[i], 0.0);
  RZ_EXPECT(rz_mlp_pull(f->batch, a->bar, NULL, a->grad) == RZ_ERR_ARG); /* values keeps nothing */
  double *again = cleared(n * f->n_real);
  RZ_EXPECT_OK(rz_mlp_forward(f->batch, f->n, a->x, again));
  for (int64_t i = 0; i < n * f->n_real; i++) RZ_EXPECT_NEAR(again[i], a->out[i], 1e-15 * (1.0 + fabs(again[i])));
  for (int64_t i = 0; i < n; i++)
    f->noise += (f->single ? 0.0 : 1e-15) * cabs(exact[i] * f->point.bar[i]) / (f->radius * f->radius);
  free(again);
  free(exact);
}

/* After forward. */
static void check_first(const fixture *f, const arrays *a) {
  const int64_t n_x = f->n * f->spec.n_in, n_o = f->n * f->spec.n_out;
  double complex *out_dot = calloc((size_t)n_o + 1, sizeof *out_dot);
  RZ_EXPECT_OK(rz_mlp_pull(f->batch, a->bar, a->x_bar, a->grad));
  RZ_EXPECT_OK(rz_mlp_pull(f->batch, a->bar, NULL, a->grad)); /* adds */
  const double scale = (double)f->n;
  EXPECT_CLOSE(contract(a->x_bar, f->move[0].x, n_x, f->n_real), slow_first(f, of_x(&f->move[0]), NULL), scale);
  EXPECT_CLOSE(along(f, a->grad, f->move[0].theta), 2.0 * creal(slow_first(f, of_theta(&f->move[0]), NULL)), scale);
  const direction both = {.x = f->move[0].x, .theta = f->move[0].theta};
  slow_first(f, both, out_dot);
  RZ_EXPECT_OK(rz_mlp_tangent(f->batch, a->v, a->u, a->out));
  for (int64_t i = 0; i < n_o; i++)
    EXPECT_CLOSE(contract(a->out + i * f->n_real, (const double complex[]){1.0}, 1, f->n_real), out_dot[i], 0.0);
  free(out_dot);
}

/* After pull. */
static void check_second(const fixture *f, const arrays *a) {
  const int64_t n_x = f->n * f->spec.n_in;
  const double scale = 10.0 * (double)f->n;
  memset(a->grad, 0, sizeof *a->grad * (size_t)f->params.n);
  RZ_EXPECT_OK(rz_mlp_gradient_pull(f->batch, a->v, a->grad));
  EXPECT_CLOSE(along(f, a->grad, f->move[1].theta), creal(slow_second(f, of_x(&f->move[0]), of_theta(&f->move[1]))),
               scale);
  RZ_EXPECT_OK(rz_mlp_hessian_apply(f->batch, a->v, a->x_bar));
  EXPECT_CLOSE(contract(a->x_bar, f->move[1].x, n_x, f->n_real), slow_second(f, of_x(&f->move[0]), of_x(&f->move[1])),
               scale);
  for (int with_bar = 0; with_bar < 2; with_bar++)
    for (int which = 1; which < 4; which++) { /* inputs, parameters, both */
      const direction first = {.x = which & 1 ? f->move[0].x : NULL,
                               .theta = which & 2 ? f->move[0].theta : NULL,
                               .bar = with_bar ? f->move[0].bar : NULL};
      memset(a->grad, 0, sizeof *a->grad * (size_t)f->params.n);
      RZ_EXPECT_OK(rz_mlp_tangent(f->batch, first.x ? a->v : NULL, first.theta ? a->u : NULL, NULL));
      RZ_EXPECT_OK(rz_mlp_pull_tangent(f->batch, with_bar ? a->bar_dot : NULL, a->x_bar, a->grad));
      EXPECT_CLOSE(contract(a->x_bar, f->move[1].x, n_x, f->n_real), slow_second(f, first, of_x(&f->move[1])), scale);
      EXPECT_CLOSE(along(f, a->grad, f->move[1].theta), creal(slow_second(f, first, of_theta(&f->move[1]))), scale);
    }
}

/* Row r of the sample, contracted with u in place of J^T: the derivative of Re F, or of Im F. */
static double row_along(const fixture *f, const double *row, const double complex *theta) {
  return along(f, row, theta);
}

/* Each output's rows against a pull of one sample. */
static void check_factors(const fixture *f, const arrays *a) {
  const int64_t n = f->n, n_param = f->params.n;
  const int n_out = f->spec.n_out;
  rz_jacobian *j = NULL;
  double *rows = cleared((n + 2) * n_param), *bar = cleared(n * n_out * f->n_real);
  RZ_EXPECT_OK(rz_mlp_forward(f->batch, n, a->x, a->out));
  for (int o = 0; o < n_out; o++) {
    RZ_EXPECT_OK(rz_jacobian_create(n + 2, f->n_real, n_param, &j));
    RZ_EXPECT_OK(rz_mlp_layers(f->after, j));
    RZ_EXPECT_OK(rz_mlp_layers(f->net, j));
    RZ_EXPECT(rz_mlp_factors(f->batch, n_out, 0, 1, j) == RZ_ERR_ARG);
    RZ_EXPECT(rz_mlp_factors(f->batch, o, 3, 1, j) == RZ_ERR_ARG);
    for (int k = 0; k < rz_jacobian_n_layer(j); k++) { /* those of the other network count 0 here */
      const rz_layer *l = rz_jacobian_layer(j, k);
      memset(l->d_re, 0, sizeof *l->d_re * (size_t)((n + 2) * l->n_share * l->d_out));
      if (l->x) memset(l->x, 0, sizeof *l->x * (size_t)((n + 2) * l->n_x));
      if (l->d_im) memset(l->d_im, 0, sizeof *l->d_im * (size_t)((n + 2) * l->n_share * l->d_out));
    }
    RZ_EXPECT_OK(rz_mlp_factors(f->batch, o, 2, 1, j));
    for (int c = 0; c < f->n_real; c++) {
      RZ_EXPECT_OK(rz_jacobian_rows(j, c, 0, n + 2, rows));
      for (int64_t i = 0; i < n; i++) {
        memset(bar, 0, sizeof *bar * (size_t)(n * n_out * f->n_real));
        bar[(i * n_out + o) * f->n_real + c] = c == 0 ? 1.0 : -1.0; /* Im out = Re(-i out) */
        memset(a->grad, 0, sizeof *a->grad * (size_t)n_param);
        RZ_EXPECT_OK(rz_mlp_pull(f->batch, bar, NULL, a->grad));
        EXPECT_CLOSE(row_along(f, rows + (i + 2) * n_param, f->move[0].theta), along(f, a->grad, f->move[0].theta),
                     0.0);
        EXPECT_CLOSE(row_along(f, rows + (i + 2) * n_param, f->move[1].theta), along(f, a->grad, f->move[1].theta),
                     0.0);
      }
    }
    rz_jacobian_destroy(&j);
  }
  free(rows);
  free(bar);
}

static void check_gradient_factors(const fixture *f, const arrays *a) {
  const int64_t n = f->n, n_param = f->params.n;
  const int n_in = f->spec.n_in, n_dir = 2;
  rz_jacobian *j = NULL;
  const int64_t n_sample = n * n_dir + 1;
  double *rows = cleared(n_sample * n_param), *v = cleared(n * n_dir * n_in), *one = cleared(n * n_in);
  for (int64_t k = 0; k < n * n_dir * n_in; k++) v[k] = creal(f->move[k % 2].x[k / 2]);
  RZ_EXPECT_OK(rz_jacobian_create(n_sample, f->n_real, n_param, &j));
  RZ_EXPECT_OK(rz_mlp_gradient_layers(f->net, j));
  RZ_EXPECT_OK(rz_mlp_forward(f->batch, n, a->x, a->out));
  RZ_EXPECT(rz_mlp_gradient_factors(f->batch, n_dir, v, 0, j) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_mlp_pull(f->batch, a->bar, NULL, NULL));
  RZ_EXPECT_OK(rz_mlp_gradient_factors(f->batch, n_dir, v, 1, j));
  for (int c = 0; c < f->n_real; c++) {
    RZ_EXPECT_OK(rz_jacobian_rows(j, c, 1, n * n_dir, rows));
    for (int64_t r = 0; r < n * n_dir; r++) {
      double *bar = outside(f->point.bar, n * f->spec.n_out, f->n_real);
      for (int64_t k = 0; c == 1 && k < n * f->spec.n_out; k++) { /* Im g: that of Re with -i bar */
        const double re = bar[2 * k];
        bar[2 * k] = bar[2 * k + 1];
        bar[2 * k + 1] = -re;
      }
      memset(one, 0, sizeof *one * (size_t)(n * n_in));
      memcpy(one + r / n_dir * n_in, v + r * n_in, sizeof *one * (size_t)n_in);
      memset(a->grad, 0, sizeof *a->grad * (size_t)n_param);
      RZ_EXPECT_OK(rz_mlp_pull(f->batch, bar, NULL, NULL));
      RZ_EXPECT_OK(rz_mlp_gradient_pull(f->batch, one, a->grad));
      for (int d = 0; d < 2; d++)
        EXPECT_CLOSE(row_along(f, rows + r * n_param, f->move[d].theta), along(f, a->grad, f->move[d].theta), 0.0);
      free(bar);
    }
  }
  rz_jacobian_destroy(&j);
  free(rows);
  free(v);
  free(one);
}

/* Lanes: sums that follow single changes, outputs, and signals against the factors of a batch of as many rows. */
static void check_lanes(const rz_mlp_spec *spec, uint64_t seed) {
  fixture f;
  if (spec->n_hidden == 0 || spec->n_out > (spec->is_complex ? 1 : 2)) return;
  setup(&f, spec, RZ_NET_LANES, false, spec->is_complex ? 0.1 : 0.3, seed);
  arrays a = make_arrays(&f);
  rz_mlp_lanes *lanes = NULL;
  rz_mlp_lanes_layer layer[RZ_MLP_MAX_HIDDEN + 1];
  const int n_in = spec->n_in, n_out = spec->n_out, c = f.n_real;
  RZ_EXPECT_OK(rz_mlp_lanes_create(f.net, &lanes));
  rz_mlp_lanes_update(lanes, f.params.value);
  double *x = cleared(n_in * RZ_NET_LANES), *z = cleared(rz_mlp_lanes_sums_size(lanes));
  double *out = cleared(rz_mlp_lanes_out_size(lanes)), *room = cleared(rz_mlp_lanes_room_size(lanes));
  double *signal_room = cleared(rz_mlp_lanes_signal_size(lanes)), dx[RZ_NET_LANES];
  for (int i = 0; i < n_in; i++)
    for (int l = 0; l < RZ_NET_LANES; l++)
      x[i * RZ_NET_LANES + l] = a.x[l * n_in + i] - (i == n_in - 1 ? 0.5 * l : 0.0);
  for (int l = 0; l < RZ_NET_LANES; l++) dx[l] = 0.5 * l;
  rz_mlp_lanes_start(lanes, x, z);
  rz_mlp_lanes_move(lanes, n_in - 1, dx, z);
  rz_mlp_lanes_add_values(lanes, z, room, out);
  rz_mlp_lanes_add_values(lanes, z, room, out);
  RZ_EXPECT_OK(rz_mlp_forward(f.batch, RZ_NET_LANES, a.x, a.out));
  for (int l = 0; l < RZ_NET_LANES; l++)
    for (int o = 0; o < n_out * c; o++) /* planes there, pairs here */
      RZ_EXPECT_NEAR(out[o * RZ_NET_LANES + l], 2.0 * a.out[l * n_out * c + o % n_out * c + o / n_out], 1e-11);
  rz_mlp_lanes_signals(lanes, z, signal_room, layer);
  for (int o = 0; o < n_out; o++) {
    rz_jacobian *j = NULL;
    RZ_EXPECT_OK(rz_jacobian_create(RZ_NET_LANES, c, f.params.n, &j));
    RZ_EXPECT_OK(rz_mlp_layers(f.net, j));
    RZ_EXPECT_OK(rz_mlp_factors(f.batch, o, 0, 1, j));
    for (int l = 0, at = 0; l <= spec->n_hidden; l++) {
      const rz_layer *y = rz_jacobian_layer(j, at++);
      for (int lane = 0; lane < RZ_NET_LANES; lane++) {
        for (int k = 0; k < y->d_out * c; k++) {
          const double *d = k < y->d_out ? y->d_re : y->d_im;
          RZ_EXPECT_NEAR(layer[l].signal[o][k * RZ_NET_LANES + lane],
                         d[(int64_t)lane * y->n_share * y->d_out + k % y->d_out], 1e-11);
        }
        for (int k = 0; l > 0 && k < y->n_x; k++)
          RZ_EXPECT_NEAR(layer[l].input[k * RZ_NET_LANES + lane], y->x[lane * y->n_x + k], 1e-11);
      }
      if (rz_mlp_view(f.net, l, true) >= 0) at++;
    }
    rz_jacobian_destroy(&j);
  }
  double *const all[] = {x, z, out, room, signal_room};
  for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) free(all[k]);
  rz_mlp_lanes_destroy(&lanes);
  free_arrays(&a);
  teardown(&f);
}

static void check_case(const rz_mlp_spec *spec, int64_t n, bool single, double size, uint64_t seed) {
  fixture f;
  setup(&f, spec, n, single, size, seed);
  arrays a = make_arrays(&f);
  check_values(&f, &a);
  check_first(&f, &a);
  check_second(&f, &a);
  check_factors(&f, &a);
  check_gradient_factors(&f, &a);
  RZ_EXPECT_OK(rz_mlp_forward(f.batch, 0, a.x, a.out));
  RZ_EXPECT_OK(rz_mlp_pull(f.batch, a.bar, a.x_bar, a.grad));
  RZ_EXPECT_OK(rz_mlp_gradient_pull(f.batch, a.v, a.grad));
  free_arrays(&a);
  teardown(&f);
}

static const struct {
  int n_in, n_out, n_hidden, width[4];
  bool hidden_bias, output_bias;
  int64_t n;
} shapes[] = {{3, 2, 0, {0}, true, true, 5},        {1, 1, 1, {1}, true, false, 1},
              {2, 1, 2, {11, 7}, true, false, 6},   {4, 3, 1, {33}, false, true, 3},
              {5, 1, 3, {6, 18, 4}, true, true, 4}, {2, 2, 4, {5, 3, 8, 9}, true, true, 3},
              {17, 1, 2, {16, 19}, false, false, 9}};

static void check_all(bool is_complex, bool single, double size) {
  for (int s = 0; s < (int)(sizeof shapes / sizeof shapes[0]); s++)
    for (int a = 0; a < RZ_N_ACTIVATION; a++) {
      if (is_complex && !rz_activation_is_holomorphic((rz_activation)a)) continue;
      if (size > 1.0 && shapes[s].n_hidden > 2) continue; /* beyond the slow version's derivatives */
      const rz_mlp_spec spec = {.n_in = shapes[s].n_in,
                                .n_out = shapes[s].n_out,
                                .n_hidden = shapes[s].n_hidden,
                                .width = shapes[s].width,
                                .activation = (rz_activation)a,
                                .is_complex = is_complex,
                                .hidden_bias = shapes[s].hidden_bias,
                                .output_bias = shapes[s].output_bias};
      check_case(&spec, shapes[s].n, single, size, (uint64_t)(100 * s + a));
      if (!single) check_lanes(&spec, (uint64_t)(100 * s + a));
    }
}

/* A network whose layers differ is that of the slow version with each layer's own activation and bias. */
static void check_layers_that_differ(void) {
  const rz_activation each[] = {RZ_ACTIVATION_LOG_COSH, RZ_ACTIVATION_IDENTITY};
  const bool biases[] = {false, true, false};
  const rz_mlp_spec spec = {
      .n_in = 3, .n_out = 1, .n_hidden = 2, .width = (const int[]){4, 2}, .activations = each, .biases = biases};
  rz_params p = {0};
  rz_mlp *net = NULL;
  rz_mlp_batch *b = NULL;
  RZ_EXPECT_OK(rz_mlp_create(&spec, &p, &net));
  RZ_EXPECT_OK(rz_params_allocate(&p));
  RZ_EXPECT(rz_params_find(&p, "b1") == -1 && rz_params_find(&p, "b2") == 2 && rz_params_find(&p, "b3") == -1);
  RZ_EXPECT_OK(rz_mlp_init(net, &p, 1, RZ_MLP_UNIFORM));
  RZ_EXPECT_OK(rz_mlp_batch_create(net, 1, false, &b));
  rz_mlp_batch_load(b, p.value);
  const double x[] = {0.3, -1.2, 0.7};
  const double *w1 = rz_params_real(&p, 0), *w2 = rz_params_real(&p, 1), *b2 = rz_params_real(&p, 2);
  const double *w3 = rz_params_real(&p, 3);
  double out, sum = 0.0;
  for (int k = 0; k < 2; k++) {
    double z = b2[k];
    for (int i = 0; i < 4; i++) z += w2[2 * i + k] * log(cosh(x[0] * w1[i] + x[1] * w1[4 + i] + x[2] * w1[8 + i]));
    sum += w3[k] * z;
  }
  RZ_EXPECT_OK(rz_mlp_values(b, 1, x, &out));
  RZ_EXPECT_NEAR(out, sum, 1e-14);
  rz_mlp_batch_destroy(&b);
  rz_mlp_destroy(&net);
  rz_params_free(&p);
}

/* ---- activations ---- */

/* d-th derivative on a circle of radius 1/4: no activation has a pole within 1. */
static double cauchy(rz_activation a, double x, int d) {
  enum { N = 32 };
  double complex sum = 0.0;
  for (int k = 0; k < N; k++) {
    const double complex e = cexp(CMPLX(0.0, 2.0 * RZ_PI * k / N));
    sum += phi(a, x + 0.25 * e) / cpow(0.25 * e, d) / N;
  }
  return creal(sum) * (d == 3 ? 6.0 : d == 2 ? 2.0 : 1.0);
}

static void check_activations(void) {
  enum { N = 401 };
  double x[N], y[4][N];
  for (int a = 0; a < RZ_N_ACTIVATION; a++) {
    for (int i = 0; i < N; i++) x[i] = 0.1 * (i - N / 2);
    rz_activation_values((rz_activation)a, N, x, (double *const[]){y[0], y[1], y[2], y[3]});
    for (int i = 0; i < N; i++) {
      RZ_EXPECT_NEAR(y[0][i], creal(phi((rz_activation)a, x[i])), 3e-15 * (1.0 + fabs(x[i])));
      for (int d = 1; d < 4; d++) RZ_EXPECT_NEAR(y[d][i], cauchy((rz_activation)a, x[i], d), 4e-12);
    }
    const double far[] = {1e4, -1e4, 1e300, NAN};
    rz_activation_values((rz_activation)a, 4, far, (double *const[]){y[0], y[1], y[2], y[3]});
    for (int i = 0; i < 3; i++) RZ_EXPECT(isfinite(y[0][i]) && isfinite(y[1][i]));
    for (int i = 0; i < 2; i++)
      RZ_EXPECT_NEAR(y[0][i],
                     a == RZ_ACTIVATION_GELU || a == RZ_ACTIVATION_SILU ? fmax(far[i], 0.0)
                     : a == RZ_ACTIVATION_LOG_COSH                      ? fabs(far[i]) - RZ_LOG2
                                                                        : creal(phi((rz_activation)a, far[i])),
                     1e-11);
    RZ_EXPECT(isnan(y[0][3]));
  }
}

static void check_names(void) {
  char names[256] = "";
  for (int a = 0; a < RZ_N_ACTIVATION; a++) {
    rz_activation found = RZ_N_ACTIVATION;
    const char *name = rz_activation_name((rz_activation)a);
    RZ_EXPECT_OK(rz_activation_find(name, &found));
    RZ_EXPECT((int)found == a);
    if (a > 0) strcat(names, "|");
    strcat(names, name);
  }
  RZ_EXPECT(strcmp(names, RZ_ACTIVATION_CHOICES) == 0);
  RZ_EXPECT(rz_activation_find("relu", &(rz_activation){0}) == RZ_ERR_ARG);
}

/* ---- initial weights ---- */

static void check_orthonormal(const double *w, int rows, int columns, int n_real) {
  const int few = rows < columns ? rows : columns, many = rows < columns ? columns : rows;
  for (int a = 0; a < few; a++)
    for (int b = 0; b < few; b++) {
      double complex sum = 0.0;
      for (int k = 0; k < many; k++) {
        const double *x = w + n_real * (rows < columns ? a * columns + k : k * columns + a);
        const double *y = w + n_real * (rows < columns ? b * columns + k : k * columns + b);
        sum += n_real == 2 ? CMPLX(x[0], -x[1]) * CMPLX(y[0], y[1]) : x[0] * y[0];
      }
      RZ_EXPECT(cabs(sum - (a == b)) < 1e-13);
    }
}

static void check_init(bool is_complex) {
  const rz_mlp_spec spec = {.n_in = 9,
                            .n_out = 1,
                            .n_hidden = 2,
                            .width = (const int[]){25, 16},
                            .hidden_bias = true,
                            .is_complex = is_complex,
                            .prefix = "H_"};
  const int n_real = is_complex ? 2 : 1;
  rz_params p = {0};
  rz_mlp *net = NULL;
  RZ_EXPECT_OK(rz_params_add(&p, "other", false, 1, (const int64_t[]){1}));
  RZ_EXPECT_OK(rz_mlp_create(&spec, &p, &net));
  RZ_EXPECT_OK(rz_params_allocate(&p));
  RZ_EXPECT(rz_params_find(&p, "H_W2") == rz_mlp_view(net, 1, false) && rz_mlp_view(net, 2, true) == -1);
  RZ_EXPECT(rz_mlp_spec_of(net)->width[1] == 16 && strcmp(rz_mlp_spec_of(net)->prefix, "H_") == 0);
  RZ_EXPECT_OK(rz_mlp_init(net, &p, 7, RZ_MLP_ORTHOGONAL));
  check_orthonormal(rz_params_real(&p, rz_mlp_view(net, 0, false)), 9, 25, n_real);
  check_orthonormal(rz_params_real(&p, rz_mlp_view(net, 1, false)), 25, 16, n_real);
  RZ_EXPECT_OK(rz_mlp_init(net, &p, 7, RZ_MLP_UNIFORM));
  const double *w = rz_params_real(&p, rz_mlp_view(net, 1, false)), reach = sqrt(1.0 / (25 * n_real));
  double sum2 = 0.0;
  for (int k = 0; k < 25 * 16 * n_real; k++) {
    RZ_EXPECT(fabs(w[k]) < reach);
    sum2 += w[k] * w[k] / (25 * 16 * n_real);
  }
  RZ_EXPECT_NEAR(sum2 * 3.0 / (reach * reach), 1.0, 0.25);
  RZ_EXPECT(p.value[0] == 0.0);
  rz_mlp_destroy(&net);
  rz_params_free(&p);
}

/* ---- bad calls, and no memory ---- */

static void check_errors(void) {
  const rz_mlp_spec good = {.n_in = 2, .n_out = 1, .n_hidden = 1, .width = (const int[]){3}};
  rz_mlp_spec bad[5] = {good, good, good, good, good};
  bad[0].n_in = 0;
  bad[1].n_hidden = RZ_MLP_MAX_HIDDEN + 1;
  bad[2].width = (const int[]){0};
  bad[3].is_complex = true;
  bad[3].activation = RZ_ACTIVATION_SILU;
  bad[4].prefix = "a prefix that is too long for a name";
  for (int k = 0; k < 5; k++) {
    rz_params p = {0};
    rz_mlp *net = NULL;
    RZ_EXPECT(rz_mlp_create(&bad[k], &p, &net) == RZ_ERR_ARG && net == NULL);
    rz_params_free(&p);
  }
  rz_params p = {0};
  rz_mlp *net = NULL;
  rz_mlp_batch *b = NULL;
  double x[8] = {0.0}, out[4];
  RZ_EXPECT_OK(rz_mlp_create(&good, &p, &net));
  RZ_EXPECT_OK(rz_params_allocate(&p));
  RZ_EXPECT(rz_mlp_batch_create(net, -1, false, &b) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_mlp_batch_create(net, 2, false, &b));
  RZ_EXPECT(rz_mlp_forward(b, 1, x, out) == RZ_ERR_ARG); /* no weights yet */
  rz_mlp_batch_load(b, p.value);
  RZ_EXPECT(rz_mlp_forward(b, 3, x, out) == RZ_ERR_ARG);
  RZ_EXPECT(rz_mlp_tangent(b, x, NULL, out) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_mlp_forward(b, 2, x, out));
  RZ_EXPECT(rz_mlp_tangent(b, NULL, NULL, out) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_mlp_tangent(b, x, NULL, out));
  RZ_EXPECT(rz_mlp_pull_tangent(b, NULL, out, NULL) == RZ_ERR_ARG); /* no pull yet */
  rz_mlp_batch_destroy(&b);
  rz_mlp_destroy(&net);
  rz_params_free(&p);
}

static void check_no_memory(void) {
  const rz_mlp_spec spec = {.n_in = 2, .n_out = 1, .n_hidden = 1, .width = (const int[]){3}, .prefix = "a"};
  for (int64_t k = 1;; k++) {
    rz_params p = {0};
    rz_mlp *net = NULL;
    rz_mlp_batch *b = NULL;
    rz_memory_fail_at(k);
    rz_err rc = rz_mlp_create(&spec, &p, &net);
    if (rc == RZ_OK) rc = rz_params_allocate(&p);
    if (rc == RZ_OK) rc = rz_mlp_init(net, &p, 1, RZ_MLP_ORTHOGONAL);
    if (rc == RZ_OK) rc = rz_mlp_batch_create(net, 2, false, &b);
    rz_memory_fail_at(0);
    rz_mlp_batch_destroy(&b);
    rz_mlp_destroy(&net);
    rz_params_free(&p);
    RZ_EXPECT(rz_memory_query().n_alive == 0);
    if (rc == RZ_OK) return;
    RZ_EXPECT(rc == RZ_ERR_MEMORY);
  }
}

int main(void) {
  check_names();
  for (int isa = RZ_ISA_PORTABLE; isa <= (int)rz_isa_best(); isa++) {
    rz_isa_pretend((rz_isa)isa);
    check_activations();
    check_all(false, false, 0.5);
    check_all(false, true, 0.5);
    check_all(true, false, 0.1); /* away from the poles */
  }
  check_all(false, false, 20.0);
  check_init(false);
  check_init(true);
  check_layers_that_differ();
  check_errors();
  check_no_memory();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
