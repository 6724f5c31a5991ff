/* Levenberg-Marquardt for an objective L = sum w e^2: delta = - d, (S + lambda D) d = F. The model L(delta) = L + 2 F
 * delta + delta^T S delta says by how much L should fall; what part of that it does is the gain, by which lambda goes
 * (H. B. Nielsen, report IMM-REP-1999-05, DTU): down where the model holds, up ever faster where L rises.
 *
 * Near a minimum rounding hides from L what is still wrong with the parameters. Where the model says that L has no more
 * to tell, steps are taken on trust, as long as each promises far less than the one before.
 *
 * Where the path is curved, steps follow its bend, seen at a probe on the straight step (lm_bend.h). */
#include "optimiser_impl.h"

#include "lm_bend.h"
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
/* The path is curved where a straight step gains less than POOR of what it promised, or is refused, and no longer where
 * the bend is below LEAST_BEND. A step that bends more than MOST_BEND is too long; and for a part of the objective
 * below LEAST_GAIN no probe is worth its price, nor free of rounding. */
static const double POOR = 0.75, LEAST_BEND = 0.1, MOST_BEND = 0.75, LEAST_GAIN = 1e-8;
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
  bool accelerated;     /* steps follow the bend of a curved path */
  int64_t curved;       /* 1: it is */
  rz_lm_bend bend;
} lm;

static const rz_option options[] = {
    RZ_ROW_REAL("damping", "1e-3", 1e-16, 1e6, "", "lambda at the start, in units of the largest element of diag S"),
    RZ_ROW_REAL("damping_fall", "3.0", 1.1, 1e3, "", "after a good step lambda is divided by this at most"),
    RZ_ROW_CHOICE("damping_matrix", "identity|diagonal", "'identity'",
                  "what lambda multiplies: 1, or diag S, by which steps do not depend on the units of the parameters"),
    RZ_ROW_BOOL("acceleration", ".false.",
                "where the path is curved, look ahead and follow its bend: two assessments a step, far fewer steps"),
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
  s->accelerated = rz_config_bool(c, g, "acceleration");
  RZ_TRY(rz_lm_bend_init(&s->bend, o->n_param));
  RZ_TRY(RZ_NEW(o->n_param, &s->scale));
  RZ_TRY(RZ_NEW(o->n_param, &s->force));
  return RZ_OK;
}

/* ---- is a step good? ---- */

static void refuse(lm *s) {
  s->curved = 1;
  s->lambda *= s->rise;
  s->rise *= 2.0;
  s->refused++;
}

static void accept(lm *s, double objective, double gain) {
  const double off = 2.0 * gain - 1.0;
  if (gain < POOR) s->curved = 1;
  s->lambda *= fmax(1.0 / s->fall, 1.0 - off * off * off);
  s->rise = 2.0;
  s->refused = 0;
  s->objective = objective;
}

/* Less than rounding lets the objective tell. */
static double hidden(const lm *s) { return ROUNDING * fabs(s->objective); }

/* At a probe: what is seen there, and back. */
static rz_err look(const rz_optimiser *o, lm *s, const rz_slope *at, bool *good) {
  *good = false;
  s->bend.probing = 0;
  if (at) return rz_agree(o->comm, rz_lm_bend_see(&s->bend, at));
  refuse(s);
  return RZ_OK;
}

static rz_err judge(rz_optimiser *o, double objective, const rz_slope *at, bool *good) {
  lm *s = o->data;
  if (s->bend.probing) return look(o, s, at, good);
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

/* Columns J_k / scale_k, for which D is 1; the force with them. */
static rz_err scale_columns(const rz_optimiser *o, lm *s, rz_jacobian *j, const double *force, diagonal *d) {
  *d = (diagonal){.trace = (double)o->n_param, .most = 1.0};
  for (int64_t k = 0; k < o->n_param; k++) {
    s->scale[k] = s->scale[k] > 0.0 ? sqrt(s->scale[k]) : 1.0;
    s->force[k] = force[k] / s->scale[k];
  }
  return rz_agree(o->comm, rz_jacobian_scale(j, s->scale));
}

static rz_err solve(const rz_optimiser *o, lm *s, rz_jacobian *j, const double *residual, const double *force,
                    double *d, rz_sr_result *result, rz_step_info *info) {
  diagonal diag = {0};
  rz_err rc = RZ_OK;
  RZ_TRY(measure(o, s, j, &diag));
  if (s->diagonal) RZ_TRY_DONE(rc, scale_columns(o, s, j, force, &diag));
  if (s->lambda == 0.0) s->lambda = s->damping * diag.most;
  s->lambda = fmax(s->lambda, least(o, s, &diag));
  s->pick.solve.shift = info->diag_shift = s->lambda;
  RZ_TRY_DONE(rc, rz_sr_pick_solve(o, &s->pick, j, residual, s->diagonal ? s->force : force, d, result, info));
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

/* The straight step d, with what it promises; info->at_rest if that is nothing. */
static rz_err find_straight(rz_optimiser *o, lm *s, rz_jacobian *j, const double *residual, double *d,
                            rz_step_info *info) {
  rz_sr_result result = {0};
  memset(d, 0, (size_t)o->n_param * sizeof *d);
  s->predicted = 0.0;
  /* A step that promises nothing is one that rounding has spoilt: lambda was too small. */
  while (info->force_norm > 0.0 && !(s->predicted > 0.0) && s->refused <= MAX_REFUSED) {
    RZ_TRY(solve(o, s, j, residual, o->force, d, &result, info));
    s->predicted = 2.0 * product(o->n_param, d, o->force) - result.norm2;
    if (!(s->predicted > 0.0)) refuse(s);
  }
  info->metric_norm = sqrt(result.norm2);
  info->at_rest = !(s->predicted > 0.0) || has_stalled(s) || s->refused > MAX_REFUSED;
  return RZ_OK;
}

/* The step d that makes up for the bend that was seen; *good unless that is too much. */
static rz_err find_bent(rz_optimiser *o, lm *s, rz_jacobian *j, const double *residual, double *d, rz_step_info *info,
                        bool *good) {
  rz_sr_result result = {0};
  double *force = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_agree(o->comm, rz_lm_bend_correct(&s->bend, j, residual)));
  RZ_TRY(rz_agree(o->comm, RZ_NEW(o->n_param, &force)));
  RZ_TRY_DONE(rc, rz_forces(o->comm, j, s->bend.e, force));
  RZ_TRY_DONE(rc, solve(o, s, j, s->bend.e, force, d, &result, info));
  const double size = rz_lm_bend_size(&s->bend, o->n_param, s->diagonal ? s->scale : NULL, d);
  info->metric_norm = sqrt(result.norm2);
  s->curved = !(size < LEAST_BEND);
  *good = size <= MOST_BEND;
done:
  rz_free(&force);
  return rc;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  lm *s = o->data;
  double length = -1.0; /* of delta in units of what was found */
  bool good = false;
  o->learning_rate = 1.0;
  if (info->force_norm > 0.0) RZ_TRY(rz_sr_pick_choose(o, &s->pick, j, info));
  if (s->bend.seen) {
    RZ_TRY(find_bent(o, s, j, residual, delta, info, &good));
    if (!good) refuse(s);
  }
  if (!good) {
    RZ_TRY(find_straight(o, s, j, residual, delta, info));
    if (info->at_rest)
      length = 0.0;
    else if (s->accelerated && s->curved && s->predicted > LEAST_GAIN * fabs(s->objective))
      length = -rz_lm_bend_probe(&s->bend, o->n_param, delta);
  }
  for (int64_t k = 0; k < o->n_param; k++) delta[k] *= length;
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
  RZ_TRY(rz_visit_i64("optimiser/refused", &s->refused, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/curved", &s->curved, visit, ctx));
  return rz_lm_bend_state(o, &s->bend, visit, ctx);
}

static void fini(rz_optimiser *o) {
  lm *s = o->data;
  if (s) {
    rz_sr_pick_fini(&s->pick);
    rz_free(&s->scale);
    rz_free(&s->force);
    rz_lm_bend_fini(&s->bend);
  }
  rz_free(&o->data);
}

const rz_optimiser_class rz_optimiser_lm = {
    .name = "lm",
    .about = "Levenberg-Marquardt; with solver = 'kernel' Gauss-Newton in the space of the samples",
    .needs_jacobian = true,
    .cite = "D. W. Marquardt, J. SIAM 11, 431 (1963); damping: H. B. Nielsen, IMM-REP-1999-05 (1999); "
            "acceleration: M. K. Transtrum and J. P. Sethna, arXiv:1201.5885",
    .options = options,
    .n_options = RZ_N_ROWS(options),
    .init = init,
    .step = step,
    .judge = judge,
    .state = state,
    .fini = fini};
