/* Levenberg-Marquardt for an objective L = sum w e^2: delta = - d, (S + lambda D) d = F. The model L(delta) = L + 2 F
 * delta + delta^T S delta says by how much L should fall; what part of that it does is the gain, by which lambda goes
 * (H. B. Nielsen, report IMM-REP-1999-05, DTU): down where the model holds, up ever faster where L rises.
 *
 * Near a minimum rounding hides from L what is still wrong with the parameters. Where the model says that L has no more
 * to tell, steps are taken on trust, as long as each promises far less than the one before. */
#include "optimiser_impl.h"

#include "ritz/core/memory.h"
#include "sr_pick.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Changes of L by less than this part of it are rounding, also where e is a small difference of large numbers; and by
 * so much L may rise by it. */
static const double ROUNDING = 1e-12, NO_RISE = 1e-10;
/* Steps on trust go on while they promise less and less: so many in a row that do not promise less than this part of
 * the least before are rounding. Lambda falls meanwhile, which may be what they wait for. */
static const double TRUST = 0.25;
enum { MAX_STALLED = 6 };
/* Refused steps in a row, after which lambda has grown beyond all numbers: nothing is to be gained. */
enum { MAX_REFUSED = 16 };

typedef struct lm {
  rz_sr_pick pick;
  double damping, fall; /* lambda at the start, and the factor by which it falls at most */
  bool diagonal;        /* D = diag S, else 1 */
  double *scale;        /* [n_param] sqrt(diag S), 1 where it is 0 */
  double *force;        /* [n_param] F / scale */
  double lambda;        /* in units of the largest element of diag S, or of diag S; 0: no step yet */
  double rise;          /* what lambda is multiplied by if the next step is refused */
  double objective;     /* where the steps start from */
  double predicted;     /* by how much the last step should lower it */
  double least;         /* that a step on trust has promised; infinite: none was taken */
  int64_t stalled;      /* steps on trust since then */
  int64_t refused;      /* in a row */
} lm;

static const rz_option options[] = {
    RZ_ROW_REAL("damping", "1e-3", 1e-16, 1e6, "", "lambda at the start, in units of the largest element of diag S"),
    RZ_ROW_REAL("damping_fall", "3.0", 1.1, 1e3, "", "after a good step lambda is divided by this at most"),
    RZ_ROW_CHOICE("damping_matrix", "identity|diagonal", "'identity'",
                  "what lambda multiplies: 1, or diag S, by which steps do not depend on the units of the parameters"),
    RZ_SR_SOLVER_ROWS,
    RZ_SR_CG_ROWS,
};

static rz_err init(rz_optimiser *o) {
  const rz_config *c = o->config;
  const char *g = RZ_OPTIMISER_GROUP;
  lm *s = NULL;
  RZ_TRY(RZ_NEW0(1, &s));
  o->data = s;
  RZ_TRY(rz_sr_pick_init(o, &s->pick));
  s->damping = rz_config_real(c, g, "damping");
  s->fall = rz_config_real(c, g, "damping_fall");
  s->diagonal = strcmp(rz_config_string(c, g, "damping_matrix"), "diagonal") == 0;
  s->rise = 2.0;
  s->least = INFINITY;
  RZ_TRY(RZ_NEW(o->n_param, &s->scale));
  RZ_TRY(RZ_NEW(o->n_param, &s->force));
  return RZ_OK;
}

/* ---- is a step good? ---- */

static void refuse(lm *s) {
  s->lambda *= s->rise;
  s->rise *= 2.0;
  s->refused++;
}

static void accept(lm *s, double objective, double gain) {
  const double off = 2.0 * gain - 1.0;
  s->lambda *= fmax(1.0 / s->fall, 1.0 - off * off * off);
  s->rise = 2.0;
  s->refused = 0;
  s->objective = objective;
}

/* Less than rounding lets the objective tell. */
static double hidden(const lm *s) { return ROUNDING * fabs(s->objective); }

static rz_err judge(rz_optimiser *o, double objective, const rz_slope *at, bool *good) {
  lm *s = o->data;
  (void)at;
  const double fall = s->objective - objective;
  if (!o->pending) { /* the first of all */
    *good = isfinite(objective);
    s->objective = objective;
    return RZ_OK;
  }
  const bool on_trust = s->predicted <= hidden(s);
  *good = on_trust ? fall >= -NO_RISE * fabs(s->objective) : fall > 0.0;
  if (*good)
    accept(s, objective, on_trust ? 1.0 : fall / s->predicted);
  else
    refuse(s);
  return RZ_OK;
}

/* ---- the step ---- */

typedef struct diagonal {
  double trace, most;
} diagonal;

/* diag S into scale. */
static rz_err measure(const rz_optimiser *o, lm *s, const rz_jacobian *j, diagonal *d) {
  RZ_TRY(rz_jacobian_sum_diagonal(j, o->comm, RZ_OK, s->scale));
  *d = (diagonal){0};
  for (int64_t k = 0; k < o->n_param; k++) {
    d->trace += s->scale[k];
    d->most = fmax(d->most, s->scale[k]);
  }
  return RZ_OK;
}

/* The least lambda that a factorisation in double precision can tell from rounding. */
static double least(const rz_optimiser *o, const lm *s, const diagonal *d) {
  const bool kernel = strcmp(s->pick.solve.solver, "kernel") == 0;
  return 16.0 * DBL_EPSILON * (kernel ? d->trace : fmax(d->trace, (double)o->n_param * d->most));
}

/* Columns J_k / scale_k, for which D is 1; F with them. */
static rz_err scale_columns(const rz_optimiser *o, lm *s, rz_jacobian *j, diagonal *d) {
  *d = (diagonal){.trace = (double)o->n_param, .most = 1.0};
  for (int64_t k = 0; k < o->n_param; k++) {
    s->scale[k] = s->scale[k] > 0.0 ? sqrt(s->scale[k]) : 1.0;
    s->force[k] = o->force[k] / s->scale[k];
  }
  return rz_agree(o->comm, rz_jacobian_scale(j, s->scale));
}

static rz_err solve(const rz_optimiser *o, lm *s, rz_jacobian *j, const double *residual, double *d,
                    rz_sr_result *result, rz_step_info *info) {
  diagonal diag = {0};
  rz_err rc = RZ_OK;
  RZ_TRY(measure(o, s, j, &diag));
  if (s->diagonal) RZ_TRY_DONE(rc, scale_columns(o, s, j, &diag));
  if (s->lambda == 0.0) s->lambda = s->damping * diag.most;
  s->lambda = fmax(s->lambda, least(o, s, &diag));
  s->pick.solve.shift = info->diag_shift = s->lambda;
  RZ_TRY_DONE(rc, rz_sr_pick_solve(o, &s->pick, j, residual, s->diagonal ? s->force : o->force, d, result, info));
  for (int64_t k = 0; s->diagonal && k < o->n_param; k++) d[k] /= s->scale[k];
done:
  (void)rz_jacobian_scale(j, NULL);
  return rc;
}

static double product(int64_t n, const double *a, const double *b) {
  double sum = 0.0;
  for (int64_t k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

static bool has_stalled(lm *s) {
  if (s->predicted > hidden(s) || s->refused > 0) return false;
  if (s->predicted < TRUST * s->least) {
    s->least = s->predicted;
    s->stalled = 0;
    return false;
  }
  return ++s->stalled > MAX_STALLED;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  lm *s = o->data;
  rz_sr_result result = {0};
  memset(delta, 0, (size_t)o->n_param * sizeof *delta);
  s->predicted = 0.0;
  if (info->force_norm > 0.0) RZ_TRY(rz_sr_pick_choose(o, &s->pick, j, info));
  /* A step that promises nothing is one that rounding has spoilt: lambda was too small. */
  while (info->force_norm > 0.0 && !(s->predicted > 0.0) && s->refused <= MAX_REFUSED) {
    RZ_TRY(solve(o, s, j, residual, delta, &result, info));
    s->predicted = 2.0 * product(o->n_param, delta, o->force) - result.norm2;
    if (!(s->predicted > 0.0)) refuse(s);
  }
  info->metric_norm = sqrt(result.norm2);
  info->at_rest = !(s->predicted > 0.0) || has_stalled(s) || s->refused > MAX_REFUSED;
  for (int64_t k = 0; k < o->n_param; k++) delta[k] = info->at_rest ? 0.0 : -delta[k];
  o->learning_rate = 1.0;
  return RZ_OK;
}

static rz_err state(rz_optimiser *o, rz_array_visit *visit, void *ctx) {
  lm *s = o->data;
  RZ_TRY(rz_sr_pick_state(o, &s->pick, visit, ctx));
  RZ_TRY(rz_visit_f64("optimiser/lambda", &s->lambda, visit, ctx));
  RZ_TRY(rz_visit_f64("optimiser/rise", &s->rise, visit, ctx));
  RZ_TRY(rz_visit_f64("optimiser/objective", &s->objective, visit, ctx));
  RZ_TRY(rz_visit_f64("optimiser/predicted", &s->predicted, visit, ctx));
  RZ_TRY(rz_visit_f64("optimiser/least_promise", &s->least, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/stalled", &s->stalled, visit, ctx));
  return rz_visit_i64("optimiser/refused", &s->refused, visit, ctx);
}

static void fini(rz_optimiser *o) {
  lm *s = o->data;
  if (s) {
    rz_sr_pick_fini(&s->pick);
    rz_free(&s->scale);
    rz_free(&s->force);
  }
  rz_free(&o->data);
}

const rz_optimiser_class rz_optimiser_lm = {
    .name = "lm",
    .about = "Levenberg-Marquardt; with solver = 'kernel' Gauss-Newton in the space of the samples",
    .needs_jacobian = true,
    .cite = "D. W. Marquardt, J. SIAM 11, 431 (1963); damping: H. B. Nielsen, IMM-REP-1999-05 (1999)",
    .options = options,
    .n_options = RZ_N_ROWS(options),
    .init = init,
    .step = step,
    .judge = judge,
    .state = state,
    .fini = fini};
