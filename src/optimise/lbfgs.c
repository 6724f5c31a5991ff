/* L-BFGS (D. C. Liu and J. Nocedal, Math. Program. 45, 503 (1989)): d = - H g by the two-loop recursion over the last
 * pairs s = change of theta, y = change of the gradient g = 2 F, and a line search for a step length alpha with
 *   L(alpha) <= L(0) + ARMIJO alpha L'(0)   and   |L'(alpha)| <= CURVATURE |L'(0)|       (strong Wolfe conditions),
 * by bracketing and cubic interpolation (J. Nocedal and S. J. Wright, Numerical Optimization, algorithms 3.5 and 3.6).
 * Each assessment is one point of it: the search's state lies here, so that it can be stopped anywhere and go on.
 *
 * Near a minimum rounding hides the fall of L; then the slopes alone decide (W. W. Hager and H. Zhang, SIAM J. Optim.
 * 16, 170 (2005), the approximate Wolfe conditions). */
#include "optimiser_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const double ARMIJO = 1e-4, CURVATURE = 0.9;
static const double ROUNDING = 1e-14; /* of L, a sum of many terms */
/* A fall of L by less than this part of it may be rounding: directions that promise no more are worth following while
 * they promise less and less, down to what rounding makes of the gradient. */
static const double HIDDEN = 1e-12, LESS = 0.25;
enum { MAX_STALLED = 10 };
enum { MAX_POINTS = 20 }; /* of one search */

/* A step length with the objective and its slope along d there. */
typedef struct point {
  double alpha, value, slope;
} point;

typedef struct lbfgs {
  int64_t memory;    /* pairs kept at most */
  double first_step; /* length of the first step of all */
  double *s, *y;     /* [memory, n_param], in a ring */
  double *curvature; /* [memory] s . y */
  int64_t n, next;   /* pairs; where the next one goes */
  double *g, *trial; /* [n_param] gradient where the search starts, and at its last point */
  double *d;         /* [n_param] its direction */
  double *factor;    /* [memory] */
  point start, low;  /* alpha = 0; the best point so far */
  point high;        /* the other end of the bracket, alpha NaN: none yet */
  double alpha;      /* of the next point */
  int64_t searching; /* 1: d and the points are set */
  int64_t points;    /* of this search */
  int64_t settling;  /* 1: back to `low`, which is taken whatever it is */
  double least;      /* that a direction has promised, where falls are hidden; infinite: none yet */
  int64_t stalled;   /* directions since then */
  int64_t exhausted; /* 1: no descent even along the gradient, or none that could be seen */
} lbfgs;

static const rz_option options[] = {
    RZ_ROW_INT("memory", "20", 1, 1000, "pairs of steps and gradients that the Hessian is made of"),
    RZ_ROW_REAL("first_step", "0.1", 1e-12, 1e6, "", "length of the first step, before anything is known of the scale"),
};

static rz_err init(rz_optimiser *o) {
  lbfgs *b = NULL;
  RZ_TRY(RZ_NEW0(1, &b));
  o->data = b;
  b->memory = rz_config_int(o->config, RZ_OPTIMISER_GROUP, "memory");
  b->least = INFINITY;
  b->first_step = rz_config_real(o->config, RZ_OPTIMISER_GROUP, "first_step");
  RZ_TRY(RZ_NEW0(b->memory * o->n_param, &b->s));
  RZ_TRY(RZ_NEW0(b->memory * o->n_param, &b->y));
  RZ_TRY(RZ_NEW0(b->memory, &b->curvature));
  RZ_TRY(RZ_NEW0(b->memory, &b->factor));
  RZ_TRY(RZ_NEW0(o->n_param, &b->g));
  RZ_TRY(RZ_NEW0(o->n_param, &b->trial));
  RZ_TRY(RZ_NEW0(o->n_param, &b->d));
  return RZ_OK;
}

static double product(int64_t n, const double *restrict a, const double *restrict b) {
  double sum = 0.0;
  for (int64_t k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

static void add(int64_t n, double factor, const double *restrict x, double *restrict y) {
  for (int64_t k = 0; k < n; k++) y[k] += factor * x[k];
}

/* ---- the direction ---- */

/* d = - H g; without pairs the gradient, at first of length first_step. */
static void direct(const rz_optimiser *o, lbfgs *b) {
  const int64_t n = o->n_param;
  for (int64_t k = 0; k < n; k++) b->d[k] = -b->g[k];
  for (int64_t i = 1; i <= b->n; i++) { /* from the last pair to the first */
    const int64_t p = (b->next - i + b->memory) % b->memory;
    b->factor[p] = product(n, b->s + p * n, b->d) / b->curvature[p];
    add(n, -b->factor[p], b->y + p * n, b->d);
  }
  const int64_t last = (b->next - 1 + b->memory) % b->memory;
  const double *y = b->y + last * n;
  const double scale = b->n > 0 ? b->curvature[last] / product(n, y, y) : b->first_step / sqrt(product(n, b->g, b->g));
  for (int64_t k = 0; k < n; k++) b->d[k] *= scale;
  for (int64_t i = b->n; i >= 1; i--) {
    const int64_t p = (b->next - i + b->memory) % b->memory;
    add(n, b->factor[p] - product(n, b->y + p * n, b->d) / b->curvature[p], b->s + p * n, b->d);
  }
}

/* Only pairs that say the objective curves upwards make a Hessian that does. */
static void keep_pair(const rz_optimiser *o, lbfgs *b, double alpha) {
  const int64_t n = o->n_param;
  double *s = b->s + b->next * n, *y = b->y + b->next * n;
  for (int64_t k = 0; k < n; k++) {
    s[k] = alpha * b->d[k];
    y[k] = b->trial[k] - b->g[k];
  }
  const double curvature = product(n, s, y);
  if (!(curvature > 1e-14 * sqrt(product(n, s, s) * product(n, y, y)))) return;
  b->curvature[b->next] = curvature;
  b->next = (b->next + 1) % b->memory;
  if (b->n < b->memory) b->n++;
}

static void forget(rz_optimiser *o) {
  lbfgs *b = o->data;
  b->n = b->next = b->searching = 0;
}

/* Many directions that promise no less: what they promise is rounding. */
static bool has_stalled(lbfgs *b) {
  const double promise = -0.5 * b->start.slope;
  if (promise > HIDDEN * fabs(b->start.value)) return false;
  if (promise < LESS * b->least) {
    b->least = promise;
    b->stalled = 0;
    return false;
  }
  return ++b->stalled > MAX_STALLED;
}

/* From here, where the gradient is g and the objective start.value, along a new d. */
static void begin(rz_optimiser *o, lbfgs *b) {
  direct(o, b);
  b->start.slope = product(o->n_param, b->g, b->d);
  if (b->n > 0 && !(b->start.slope < 0.0)) {
    forget(o);
    direct(o, b);
    b->start.slope = product(o->n_param, b->g, b->d);
  }
  b->start.alpha = 0.0;
  b->low = b->start;
  b->high = (point){NAN, NAN, NAN};
  b->alpha = 1.0;
  b->points = b->settling = 0;
  b->exhausted = has_stalled(b);
  b->searching = !b->exhausted;
}

/* ---- the search ---- */

/* The minimum of the cubic through two points with their slopes; NaN if it has none. */
static double cubic(const point *p, const point *q) {
  const double width = q->alpha - p->alpha, a = p->slope + q->slope - 3.0 * (q->value - p->value) / width;
  const double root = copysign(sqrt(a * a - p->slope * q->slope), width);
  return q->alpha - width * (q->slope + root - a) / (q->slope - p->slope + 2.0 * root);
}

static double clamp(double x, double low, double high) { return fmin(fmax(x, low), high); }

/* Inside the bracket, a tenth away from its ends; its middle where nothing is known of the other end, or often. */
static double inside(const lbfgs *b) {
  const double width = b->high.alpha - b->low.alpha, x = cubic(&b->low, &b->high);
  if (!isfinite(x) || b->points % 4 == 3) return b->low.alpha + 0.5 * width;
  return b->low.alpha + width * clamp((x - b->low.alpha) / width, 0.1, 0.9);
}

/* Beyond the best point, from the one before it. */
static double beyond(const point *before, const point *low) {
  const double x = cubic(before, low);
  return isfinite(x) ? clamp(x, 2.0 * low->alpha, 10.0 * low->alpha) : 4.0 * low->alpha;
}

/* The next step length, after a point that will not do. */
static void search(lbfgs *b, const point *p) {
  const bool bracketed = !isnan(b->high.alpha);
  const bool too_high = p->value > b->start.value + ARMIJO * p->alpha * b->start.slope || p->value >= b->low.value;
  if (!isfinite(p->value) || !isfinite(p->slope)) {
    b->high = (point){p->alpha, NAN, NAN};
  } else if (too_high) {
    b->high = *p;
  } else {
    const point before = b->low;
    if (p->slope * (bracketed ? b->high.alpha - b->low.alpha : 1.0) >= 0.0) b->high = b->low;
    b->low = *p;
    if (isnan(b->high.alpha)) {
      b->alpha = beyond(&before, p);
      return;
    }
  }
  b->alpha = isnan(b->high.value) ? b->low.alpha + 0.1 * (b->high.alpha - b->low.alpha) : inside(b);
}

static bool is_good(const lbfgs *b, const point *p) {
  const double fall = b->start.value - p->value, slope = b->start.slope;
  if (!isfinite(p->value) || !isfinite(p->slope)) return false;
  if (b->settling) return true;
  if (fall >= -ARMIJO * p->alpha * slope && fabs(p->slope) <= -CURVATURE * slope) return true;
  const bool hidden = fabs(fall) <= ROUNDING * fabs(b->start.value);
  return hidden && p->slope >= CURVATURE * slope && p->slope <= (2.0 * ARMIJO - 1.0) * slope;
}

/* Too many points: back to the best of them, or on along the gradient, or nowhere. */
static void give_up(rz_optimiser *o, lbfgs *b) {
  b->settling = b->low.alpha > 0.0;
  b->alpha = b->low.alpha;
  if (b->settling) return;
  b->exhausted = b->n == 0;
  forget(o);
}

static void accept(rz_optimiser *o, lbfgs *b, double objective) {
  if (b->searching) keep_pair(o, b, b->alpha);
  memcpy(b->g, b->trial, (size_t)o->n_param * sizeof *b->g);
  b->start.value = objective;
  b->searching = 0;
}

static rz_err judge(rz_optimiser *o, double objective, const rz_slope *at, bool *good) {
  lbfgs *b = o->data;
  point p = {b->alpha, objective, NAN};
  if (isfinite(objective)) {
    RZ_TRY(rz_optimiser_forces(o, at, b->trial));
    for (int64_t k = 0; k < o->n_param; k++) b->trial[k] *= 2.0;
    p.slope = product(o->n_param, b->trial, b->searching ? b->d : b->trial);
  }
  *good = b->searching ? is_good(b, &p) : isfinite(p.slope);
  if (*good) {
    accept(o, b, objective);
  } else if (b->searching) {
    search(b, &p);
    if (++b->points >= MAX_POINTS) give_up(o, b);
  }
  return RZ_OK;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  lbfgs *b = o->data;
  (void)j, (void)residual;
  info->iterations = (int)b->points;
  if (!b->searching && !b->exhausted && info->force_norm > 0.0) begin(o, b);
  info->at_rest = !b->searching;
  for (int64_t k = 0; k < o->n_param; k++) delta[k] = info->at_rest ? 0.0 : b->alpha * b->d[k];
  o->learning_rate = b->alpha;
  return RZ_OK;
}

static rz_err visit_point(const char *name, point *p, rz_array_visit *visit, void *ctx) {
  double x[3] = {p->alpha, p->value, p->slope};
  RZ_TRY(visit(&(rz_array){.name = name, .type = RZ_F64, .n_dim = 1, .shape = {3}, .data = x}, ctx));
  *p = (point){x[0], x[1], x[2]};
  return RZ_OK;
}

static rz_err visit_pairs(const lbfgs *b, const char *name, int64_t n, double *x, rz_array_visit *visit, void *ctx) {
  return visit(&(rz_array){.name = name, .type = RZ_F64, .n_dim = 2, .shape = {b->memory, n}, .data = x}, ctx);
}

static rz_err state(rz_optimiser *o, rz_array_visit *visit, void *ctx) {
  lbfgs *b = o->data;
  RZ_TRY(visit_pairs(b, "optimiser/pair_step", o->n_param, b->s, visit, ctx));
  RZ_TRY(visit_pairs(b, "optimiser/pair_gradient", o->n_param, b->y, visit, ctx));
  RZ_TRY(visit_pairs(b, "optimiser/pair_curvature", 1, b->curvature, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/pairs", &b->n, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/next_pair", &b->next, visit, ctx));
  RZ_CHECK(b->n >= 0 && b->n <= b->memory && b->next >= 0 && b->next < b->memory, RZ_ERR_INPUT,
           "%lld pairs, the next at %lld, in a memory of %lld", (long long)b->n, (long long)b->next,
           (long long)b->memory);
  RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/gradient", b->g, visit, ctx));
  RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/direction", b->d, visit, ctx));
  RZ_TRY(visit_point("optimiser/search_start", &b->start, visit, ctx));
  RZ_TRY(visit_point("optimiser/search_low", &b->low, visit, ctx));
  RZ_TRY(visit_point("optimiser/search_high", &b->high, visit, ctx));
  RZ_TRY(rz_visit_f64("optimiser/search_length", &b->alpha, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/searching", &b->searching, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/search_points", &b->points, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/settling", &b->settling, visit, ctx));
  RZ_TRY(rz_visit_f64("optimiser/least_promise", &b->least, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/stalled", &b->stalled, visit, ctx));
  return rz_visit_i64("optimiser/exhausted", &b->exhausted, visit, ctx);
}

static void fini(rz_optimiser *o) {
  lbfgs *b = o->data;
  if (b) {
    rz_free(&b->s), rz_free(&b->y), rz_free(&b->curvature), rz_free(&b->factor);
    rz_free(&b->g), rz_free(&b->trial), rz_free(&b->d);
  }
  rz_free(&o->data);
}

const rz_optimiser_class rz_optimiser_lbfgs = {.name = "lbfgs",
                                               .about = "L-BFGS with a line search",
                                               .cite = "D. C. Liu and J. Nocedal, Math. Program. 45, 503 (1989)",
                                               .options = options,
                                               .n_options = RZ_N_ROWS(options),
                                               .init = init,
                                               .step = step,
                                               .judge = judge,
                                               .state = state,
                                               .fini = fini};
