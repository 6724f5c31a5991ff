/* modules: drive optimise learn dynamics net solve store linalg core */
/* Symplectic maps: the form of phase space to rounding for any parameters, before and after training; the inverse;
 * values and derivatives in the parameters against a slow version in complex arithmetic, whose complex step has no
 * rounding; a pendulum learned as well as is published, and a thousand times better; its energy over a million steps;
 * Newton's method for generating functions. */
#include "check.h"
#include "pair_training.h"
#include "ritz/core/isa.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"

#include <complex.h>
#include <mpi.h>
#include <stdlib.h>

enum { MAX_D = 6, MAX_DIM = 2 * MAX_D, N_STATE = 11 };

typedef struct setting {
  const char *model, *options;
  int d;
  double width; /* of random parameters */
} setting;

static const setting maps[] = {
    {"sympnet", "", 1, 1.0},
    {"sympnet", ", layers = 5, sublayers = 3, activation = 'tanh'", 2, 0.5},
    {"sympnet", ", layers = 2, sublayers = 4", 6, 0.2},
    {"sympnet", ", form = 'g'", 1, 0.7},
    {"sympnet", ", form = 'g', layers = 4, width = 5, activation = 'tanh', use_step = .true.", 2, 1.0},
    {"sympnet", ", form = 'g', layers = 3, width = 40", 6, 0.3},
    {"sympnet", ", form = 'henon', layers = 2, width = 6", 1, 0.7},
    {"sympnet", ", form = 'henon', layers = 2, width = 9, activation = 'tanh', use_step = .true.", 3, 0.7},
    {"generating_function", "", 1, 0.7},
    {"generating_function", ", hidden = 6, activation = 'sin'", 3, 0.7},
    {"generating_function", ", generator = 'midpoint', hidden = 8", 2, 0.7},
    {"generating_function", ", generator = 'midpoint', hidden = 5, 4", 6, 0.5},
};

static void draw(uint64_t id, double width, int64_t n, double *x) {
  rz_rng rng = rz_rng_stream(17, RZ_RNG_TEST, id);
  for (int64_t i = 0; i < n; i++) x[i] = width * (2.0 * rz_rng_uniform(&rng) - 1.0);
}

static rz_law *random_law(const setting *s) {
  rz_law *l = NULL;
  if (!RZ_EXPECT_OK(made_law(s->model, s->options, s->d, 3, &l))) return NULL;
  draw(1, s->width, l->params.n, l->params.value);
  RZ_EXPECT_OK(rz_law_update(l));
  return l;
}

/* ---- the form of phase space ---- */

/* Largest element of M^T Omega M - Omega at x, over the square of the largest of M. */
static double defect(rz_law *l, const double *x) {
  const int d = l->n_degree, dim = 2 * d;
  double m[MAX_DIM][MAX_DIM], v[MAX_DIM], size = 1.0, worst = 0.0; /* m[k]: d map / d x_k */
  for (int k = 0; k < dim; k++) {
    for (int i = 0; i < dim; i++) v[i] = i == k ? 1.0 : 0.0;
    RZ_EXPECT_OK(l->cls->tangent(l, 1, x, v, m[k]));
    for (int i = 0; i < dim; i++) size = fmax(size, fabs(m[k][i]));
  }
  for (int a = 0; a < dim; a++)
    for (int b = 0; b < dim; b++) {
      double sum = b == a + d ? -1.0 : a == b + d ? 1.0 : 0.0;
      for (int i = 0; i < d; i++) sum += m[a][i] * m[b][d + i] - m[a][d + i] * m[b][i];
      worst = fmax(worst, fabs(sum));
    }
  return worst / (size * size);
}

static void check_form(rz_law *l, const double *x) {
  for (int i = 0; i < N_STATE; i++) RZ_EXPECT_NEAR(defect(l, x + i * 2 * l->n_degree), 0.0, 1e-13);
}

static void check_inverse(rz_law *l, const double *x) {
  const int n = N_STATE * 2 * l->n_degree;
  double next[N_STATE * MAX_DIM], back[N_STATE * MAX_DIM];
  RZ_EXPECT_OK(l->cls->apply(l, N_STATE, x, next));
  RZ_EXPECT_OK(l->cls->inverse(l, N_STATE, next, back));
  for (int i = 0; i < n; i++) RZ_EXPECT_NEAR(back[i], x[i], 1e-13);
  RZ_EXPECT_OK(l->cls->inverse(l, N_STATE, x, back));
  RZ_EXPECT_OK(l->cls->apply(l, N_STATE, back, next));
  for (int i = 0; i < n; i++) RZ_EXPECT_NEAR(next[i], x[i], 1e-13);
}

/* ---- the slow version of a SympNet ---- */

typedef struct slow {
  const rz_law *law;
  double complex *theta;
  bool tanh;
  double h;
} slow;

static double complex sigma(const slow *s, double complex z) { return s->tanh ? ctanh(z) : 1.0 / (1.0 + cexp(-z)); }

static const double complex *block(const slow *s, int view, int i) {
  const rz_view *v = &s->law->params.view[view];
  return s->theta + v->offset + i * (rz_view_length(v) / v->shape[0]);
}

/* to += h K (a sigma(K^T from + b)) of layer i. */
static void slow_gradient(const slow *s, int i, const double complex *from, double complex *to) {
  const int d = s->law->n_degree, width = (int)s->law->params.view[0].shape[2];
  const double complex *k = block(s, 0, i), *a = block(s, 1, i), *b = block(s, 2, i);
  for (int c = 0; c < width; c++) {
    double complex z = b[c];
    for (int r = 0; r < d; r++) z += k[r * width + c] * from[r];
    for (int r = 0; r < d; r++) to[r] += s->h * k[r * width + c] * a[c] * sigma(s, z);
  }
}

static void slow_la(const slow *s, double complex *q, double complex *p) {
  const int d = s->law->n_degree, layers = (int)s->law->params.view[1].shape[0];
  const int sublayers = (int)s->law->params.view[0].shape[0] / layers;
  for (int i = 0; i < layers; i++) {
    for (int k = 0; k < sublayers; k++) {
      const double complex *a = block(s, 0, i * sublayers + k);
      double complex *to = k % 2 ? q : p, *from = k % 2 ? p : q;
      for (int r = 0; r < d; r++)
        for (int c = 0; c < d; c++) to[r] += s->h * (a[r * d + c] + a[c * d + r]) * from[c];
    }
    for (int r = 0; r < d; r++) {
      q[r] += s->h * block(s, 1, i)[r];
      p[r] += s->h * block(s, 1, i)[d + r];
    }
    if (i == layers - 1) break;
    double complex *to = i % 2 ? q : p, *from = i % 2 ? p : q;
    for (int r = 0; r < d; r++) to[r] += s->h * block(s, 2, i)[r] * sigma(s, from[r]);
  }
}

/* (q, p) -> (p + h eta, -q + h f(p)), four times for each layer */
static void slow_henon(const slow *s, double complex *q, double complex *p) {
  const int d = s->law->n_degree, layers = (int)s->law->params.view[0].shape[0];
  for (int i = 0; i < 4 * layers; i++) {
    double complex f[MAX_D] = {0};
    slow_gradient(s, i / 4, p, f);
    for (int r = 0; r < d; r++) {
      const double complex old = q[r];
      q[r] = p[r] + s->h * block(s, 3, i / 4)[r];
      p[r] = -old + f[r];
    }
  }
}

static void slow_map(const slow *s, const char *options, const double *x, double complex *out) {
  const int d = s->law->n_degree;
  for (int i = 0; i < 2 * d; i++) out[i] = x[i];
  double complex *q = out, *p = out + d;
  if (strstr(options, "henon"))
    slow_henon(s, q, p);
  else if (strstr(options, "'g'"))
    for (int i = 0; i < s->law->params.view[0].shape[0]; i++) slow_gradient(s, i, i % 2 ? p : q, i % 2 ? q : p);
  else
    slow_la(s, q, p);
}

/* Values, and d/d theta of sum bar . map by a step of i 1e-100. */
static void check_slow(const setting *set, rz_law *l, const double *x) {
  const int dim = 2 * l->n_degree;
  double bar[N_STATE * MAX_DIM], next[N_STATE * MAX_DIM], *grad = NULL;
  slow s = {.law = l, .tanh = strstr(set->options, "tanh"), .h = strstr(set->options, "use_step") ? PAIR_STEP : 1.0};
  if (!RZ_EXPECT_OK(RZ_NEW(l->params.n, &s.theta)) || !RZ_EXPECT_OK(RZ_NEW0(l->params.n, &grad))) return;
  for (int64_t k = 0; k < l->params.n; k++) s.theta[k] = l->params.value[k];
  draw(4, 1.0, N_STATE * dim, bar);
  RZ_EXPECT_OK(l->cls->apply(l, N_STATE, x, next));
  RZ_EXPECT_OK(l->cls->pull(l, N_STATE, x, bar, grad));
  double complex out[MAX_DIM];
  double size = 0.0;
  for (int64_t k = 0; k < l->params.n; k++) size = fmax(size, fabs(grad[k]));
  for (int64_t k = 0; k < l->params.n; k += l->params.n / 100 + 1) {
    double slope = 0.0;
    s.theta[k] += 1e-100 * I;
    for (int i = 0; i < N_STATE; i++) {
      slow_map(&s, set->options, x + i * dim, out);
      for (int c = 0; c < dim; c++) {
        slope += bar[i * dim + c] * cimag(out[c]) * 1e100;
        if (k == 0) RZ_EXPECT_NEAR(next[i * dim + c], creal(out[c]), 1e-13 * (1.0 + cabs(out[c])));
      }
    }
    s.theta[k] = creal(s.theta[k]);
    RZ_EXPECT_NEAR(grad[k], slope, 1e-13 * (1.0 + size));
  }
  rz_free(&s.theta);
  rz_free(&grad);
}

/* Many states at a time give what few do: blocks, and lanes that are filled up. */
static void check_blocks(rz_law *l) {
  enum { MANY = 700 };
  const int dim = 2 * l->n_degree;
  double *x = NULL, *next = NULL, one[MAX_DIM];
  if (!RZ_EXPECT_OK(RZ_NEW(MANY * dim, &x)) || !RZ_EXPECT_OK(RZ_NEW(MANY * dim, &next))) return;
  draw(5, 1.0, MANY * dim, x);
  RZ_EXPECT_OK(l->cls->apply(l, MANY, x, next));
  for (int i = 0; i < MANY; i += 37) {
    RZ_EXPECT_OK(l->cls->apply(l, 1, x + i * dim, one));
    for (int c = 0; c < dim; c++) RZ_EXPECT_NEAR(one[c], next[i * dim + c], 1e-13 * (1.0 + fabs(one[c])));
  }
  double *bar = next, *grad = NULL, *parts = NULL;
  draw(6, 1.0, MANY * dim, bar);
  if (!RZ_EXPECT_OK(RZ_NEW0(l->params.n, &grad)) || !RZ_EXPECT_OK(RZ_NEW0(l->params.n, &parts))) return;
  RZ_EXPECT_OK(l->cls->pull(l, MANY, x, bar, grad));
  for (int i = 0; i < MANY; i += 7) RZ_EXPECT_OK(l->cls->pull(l, 7, x + i * dim, bar + i * dim, parts));
  for (int64_t k = 0; k < l->params.n; k++) RZ_EXPECT_NEAR(grad[k], parts[k], 1e-11 * (1.0 + fabs(grad[k])));
  rz_free(&x);
  rz_free(&next);
  rz_free(&grad);
  rz_free(&parts);
}

static void check_map(const setting *s) {
  const int before = rz_n_failed;
  double x[N_STATE * MAX_DIM];
  rz_law *l = random_law(s);
  if (!l) return;
  draw(2, 1.0, N_STATE * 2 * s->d, x);
  RZ_EXPECT(l->cls->is_map && l->cls->symplectic);
  check_form(l, x);
  check_inverse(l, x);
  if (strcmp(s->model, "sympnet") == 0) check_slow(s, l, x);
  check_blocks(l);
  rz_law_destroy(&l);
  if (rz_n_failed > before) fprintf(stderr, "  in model = '%s'%s, d = %d\n", s->model, s->options, s->d);
}

/* ---- a pendulum, learned ---- */

/* The energy of the true pendulum along the map swings and does not drift: over a million steps its fitted line rises
 * by less than a hundredth of the swing of the first thousand, which the rest does not leave. */
static void check_long_run(rz_law *l, double most) {
  enum { STEPS = 1000000, FIRST = 1000 };
  double x[2] = {1.0, 0.0}, low = INFINITY, high = -INFINITY, first = 0.0, sum = 0.0, moment = 0.0;
  const double start = pendulum_energy(x);
  for (int i = 0; i < STEPS; i++) {
    if (!RZ_EXPECT_OK(l->cls->apply(l, 1, x, x))) return;
    const double e = pendulum_energy(x) - start;
    low = fmin(low, e);
    high = fmax(high, e);
    sum += e;
    moment += e * (i + 0.5 - 0.5 * STEPS) / STEPS;
    if (i == FIRST) first = high - low;
  }
  const double rise = 12.0 * moment / STEPS;
  RZ_EXPECT(first > 0.0 && high - low < 1.1 * first && high - low < most);
  RZ_EXPECT_NEAR(rise, 0.0, 0.01 * first);
  RZ_EXPECT(fabs(sum / STEPS) < first);
}

/* Losses of training and test after so many steps. */
static void learn(pair_training *t, const char *network, const char *optimiser, int64_t iterations, uint64_t seed,
                  const double *x, double *train, double *test) {
  int64_t n_step = 0;
  *train = *test = NAN;
  RZ_EXPECT_OK(pair_training_make(network, optimiser, seed, x, t));
  RZ_EXPECT_OK(pair_training_run(t, iterations, &n_step));
  RZ_EXPECT(n_step == iterations);
  RZ_EXPECT_OK(pair_loss(t->law, N_TRAIN, x, train));
  RZ_EXPECT_OK(pair_loss(t->law, N_TEST, x + 2 * N_TRAIN, test));
}

#define LM "method = 'lm', solver = 'dense', damping_matrix = 'diagonal'"
#define ACCELERATED LM ", acceleration = .true."

/* Published: 5.1e-10 and 5.9e-10 by Adam. */
static void check_pendulum(void) {
  double x[2 * (N_TRAIN + N_TEST + 1)], train, test;
  pair_training t;
  if (!RZ_EXPECT_OK(pendulum_pairs(x))) return;
  RZ_EXPECT_NEAR(pendulum_energy(x + 2 * (N_TRAIN + N_TEST)), -cos(1.0), 1e-14);
  learn(&t, "", "method = 'adam', learning_rate = 1e-3", 50000, 3, x, &train, &test);
  RZ_EXPECT(train < 5e-9 && test < 5e-9);
  check_form(t.law, x);
  check_inverse(t.law, x);
  check_long_run(t.law, 2e-3);
  pair_training_free(&t);
  for (uint64_t seed = 1; seed <= 5; seed++) {
    learn(&t, "", ACCELERATED, 300, seed, x, &train, &test);
    RZ_EXPECT(train < 1e-11 && test < 1.3e-10);
    check_form(t.law, x);
    pair_training_free(&t);
  }
  /* A curved valley: straight steps are far behind. */
  learn(&t, "", LM, 300, 1, x, &train, &test);
  RZ_EXPECT(train > 1e-10);
  pair_training_free(&t);
  learn(&t, "", ACCELERATED, 3000, 1, x, &train, &test);
  RZ_EXPECT(test < 1e-12);
  check_long_run(t.law, 1e-4);
  pair_training_free(&t);
}

/* ---- Newton's method ---- */

/* Sizes of the steps, from what the law says where it is given too few of them. */
static int newton_steps(const char *options, double width, double *size) {
  for (int n = 1; n < 20; n++) {
    char text[256];
    snprintf(text, sizeof text, "%s, newton_steps = %d", options, n);
    const setting s = {"generating_function", text, 1, width};
    rz_law *l = random_law(&s);
    double next[2], x[2] = {0.4, 0.9};
    if (!l) return 0;
    const rz_err rc = l->cls->apply(l, 1, x, next);
    rz_law_destroy(&l);
    if (rc == RZ_OK) return n - 1;
    const char *where = strstr(rz_error_message(), "last of size ");
    RZ_EXPECT(rc == RZ_ERR_NUM && where && strstr(rz_error_message(), "generating function of state 1"));
    if (!where || sscanf(where, "last of size %lf", &size[n - 1]) != 1) return 0;
  }
  return 0;
}

/* Each step is of the order of the square of the one before, down to rounding. */
static void check_order(const char *options) {
  double size[20];
  const int n = newton_steps(options, 3.0, size);
  RZ_EXPECT(n >= 3 && n <= 8);
  int quadratic = 0;
  for (int k = 1; k < n; k++)
    if (size[k - 1] < 0.1 && size[k] > 1e-14) {
      const double order = log(size[k]) / log(size[k - 1]);
      RZ_EXPECT(order > 1.5);
      quadratic++;
    }
  RZ_EXPECT(quadratic >= 1 && size[n - 1] < 1e-7);
}

/* A function so steep that some states have no solution near. */
static void check_unsolved(void) {
  const setting s = {"generating_function", ", hidden = 40, activation = 'sin', newton_steps = 20", 1, 8.0};
  rz_law *l = random_law(&s);
  double x[2 * N_STATE], next[2 * N_STATE];
  draw(2, 1.0, 2 * N_STATE, x);
  if (!l) return;
  RZ_EXPECT(l->cls->apply(l, N_STATE, x, next) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "generating function of state") != NULL);
  rz_law_destroy(&l);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const int best = (int)rz_isa_best();
  for (int isa = 0; isa <= best; isa++) {
    rz_isa_pretend((rz_isa)isa);
    for (int k = 0; k < (int)(sizeof maps / sizeof maps[0]); k++) check_map(&maps[k]);
  }
  check_pendulum();
  check_order(", hidden = 10");
  check_order(", hidden = 10, generator = 'midpoint'");
  check_unsolved();
  return rz_check_finish();
}
