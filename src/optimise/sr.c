/* Stochastic reconfiguration: delta = - learning_rate d, (S + shift + scale diag S)(d - mu d') = F - mu S d', where d'
 * is the last step's d; mu = 0 is plain SR, mu > 0 the projected memory of SPRING. */
#include "optimiser_impl.h"

#include "ritz/core/memory.h"
#include "sr_pick.h"
#include <math.h>
#include <string.h>

typedef struct sr {
  rz_sr_pick pick;
  double shift, decay, shift_end; /* shift(step) = max(shift decay^step, shift_end) */
  double mu;
  double *last; /* [n_param] d of the last step; NULL without momentum */
} sr;

static const rz_option options[] = {
    RZ_SR_SOLVER_ROWS,
    RZ_ROW_REAL("diag_shift", "1e-3", 0, 1e12, "", "added to the diagonal of S, at the start"),
    RZ_ROW_REAL("diag_shift_decay", "1.0", 1e-6, 1, "", "factor on diag_shift in every step"),
    RZ_ROW_REAL("diag_shift_end", "0.0", 0, 1e12, "", "diag_shift does not decay below this"),
    RZ_ROW_REAL("diag_scale", "0.0", 0, 1e12, "", "this times diag S is added to S"),
    RZ_SR_CG_ROWS,
    RZ_ROW_REAL("momentum", "0.0", 0, 0.999999, "", "SPRING: part of the last step that is kept where S is silent"),
};

static rz_err init(rz_optimiser *o) {
  const rz_config *c = o->config;
  const char *g = RZ_OPTIMISER_GROUP;
  sr *s = NULL;
  RZ_TRY(RZ_NEW0(1, &s));
  o->data = s;
  RZ_TRY(rz_sr_pick_init(o, &s->pick));
  s->pick.solve.scale = rz_config_real(c, g, "diag_scale");
  s->shift = rz_config_real(c, g, "diag_shift");
  s->decay = rz_config_real(c, g, "diag_shift_decay");
  s->shift_end = rz_config_real(c, g, "diag_shift_end");
  s->mu = rz_config_real(c, g, "momentum");
  if (s->mu > 0.0) RZ_TRY(RZ_NEW0(o->n_param, &s->last));
  return RZ_OK;
}

/* Raised by caution; a shift of zero cannot be raised, so that it starts from 1e-6 then. */
static double shift_now(const rz_optimiser *o, const sr *s) {
  const double shift = rz_decay_at(s->shift, s->decay, s->shift_end, o->i_step);
  return o->caution > 1.0 ? o->caution * fmax(shift, 1e-6) : shift;
}

/* What is left of the residual after mu d': e - mu J d', and the force to it. */
static rz_err subtract_memory(const rz_optimiser *o, const sr *s, const rz_jacobian *j, const double *residual,
                              double *e, double *force) {
  rz_err rc = rz_jacobian_apply(j, s->last, e);
  for (int64_t r = 0; rc == RZ_OK && r < rz_jacobian_n_rows(j); r++) e[r] = residual[r] - s->mu * e[r];
  RZ_TRY(rz_agree(o->comm, rc));
  return rz_forces(o->comm, j, e, force);
}

static rz_err solve_with_memory(const rz_optimiser *o, sr *s, rz_jacobian *j, const double *residual, double *d,
                                rz_step_info *info) {
  rz_sr_result result = {0};
  double *e = NULL, *force = NULL;
  rz_err rc = RZ_NEW(rz_jacobian_n_rows(j), &e);
  if (rc == RZ_OK) rc = RZ_NEW(o->n_param, &force);
  RZ_TRY_DONE(rc, rz_agree(o->comm, rc));
  RZ_TRY_DONE(rc, subtract_memory(o, s, j, residual, e, force));
  RZ_TRY_DONE(rc, rz_sr_pick_solve(o, &s->pick, j, e, force, d, &result, info));
  for (int64_t k = 0; k < o->n_param; k++) d[k] += s->mu * s->last[k];
  memcpy(s->last, d, (size_t)o->n_param * sizeof *d);
done:
  rz_free(&force);
  rz_free(&e);
  return rc;
}

static rz_err solve_alone(const rz_optimiser *o, sr *s, rz_jacobian *j, const double *residual, double *d,
                          rz_step_info *info) {
  rz_sr_result result = {0};
  RZ_TRY(rz_sr_pick_solve(o, &s->pick, j, residual, o->force, d, &result, info));
  info->metric_norm = o->learning_rate * sqrt(result.norm2);
  return RZ_OK;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  sr *s = o->data;
  s->pick.solve.shift = info->diag_shift = shift_now(o, s);
  RZ_TRY(rz_sr_pick_choose(o, &s->pick, j, info));
  RZ_TRY(s->last ? solve_with_memory(o, s, j, residual, delta, info) : solve_alone(o, s, j, residual, delta, info));
  for (int64_t k = 0; k < o->n_param; k++) delta[k] *= -o->learning_rate;
  return RZ_OK;
}

static rz_err state(rz_optimiser *o, rz_array_visit *visit, void *ctx) {
  sr *s = o->data;
  RZ_TRY(rz_sr_pick_state(o, &s->pick, visit, ctx));
  if (s->last) RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/last_step", s->last, visit, ctx));
  return RZ_OK;
}

static void forget(rz_optimiser *o) {
  sr *s = o->data;
  rz_sr_pick_forget(o, &s->pick);
  if (s->last) memset(s->last, 0, (size_t)o->n_param * sizeof *s->last);
}

static void fini(rz_optimiser *o) {
  sr *s = o->data;
  if (s) {
    rz_free(&s->last);
    rz_sr_pick_fini(&s->pick);
  }
  rz_free(&o->data);
}

const rz_optimiser_class rz_optimiser_sr = {
    .name = "sr",
    .about = "stochastic reconfiguration, the natural gradient",
    .descends = true,
    .needs_jacobian = true,
    .cite = "S. Sorella, PRL 80, 4558 (1998); kernel: A. Chen and M. Heyl, Nat. Phys. 20, 1476 (2024); momentum: G. "
            "Goldshlager et al., J. Comput. Phys. 516, 113351 (2024)",
    .options = options,
    .n_options = RZ_N_ROWS(options),
    .init = init,
    .step = step,
    .state = state,
    .forget = forget,
    .fini = fini};
