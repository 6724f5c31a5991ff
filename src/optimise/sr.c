/* Stochastic reconfiguration: delta = - learning_rate d, (S + shift + scale diag S)(d - mu d') = F - mu S d', where d'
 * is the last step's d; mu = 0 is plain SR, mu > 0 the projected memory of SPRING. */
#include "optimiser_impl.h"

#include "ritz/core/memory.h"
#include "ritz/optimise/sr_cost.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct sr {
  rz_sr_options solve;
  double shift, decay, shift_end; /* shift(step) = max(shift decay^step, shift_end) */
  double mu;
  double *last;     /* [n_param] d of the last step; NULL without momentum */
  double *solution; /* [n_param] of the last solve, where cg starts; NULL if cg is never used */
  bool automatic, measured;
  const char *precision; /* as the deck says */
  int64_t choice;        /* 1 + the solver that 'auto' has taken, 0: not yet */
  int64_t vain;          /* 1: single precision did not converge, 'auto' tries it no more */
  char reason[160];
} sr;

static const rz_option options[] = {
    RZ_ROW_CHOICE("solver", "auto|dense|kernel|cg", "'auto'",
                  "how the linear system is solved; 'auto': by the cheapest, chosen once"),
    RZ_ROW_CHOICE(
        "solver_choice", "measured|counted", "'measured'",
        "what 'auto' goes by: times measured in the first step, or counted operations alone, the same on every "
        "machine and any number of ranks; of reproducible runs always counted"),
    RZ_ROW_CHOICE("precision", "auto|double|mixed", "'auto'",
                  "of the kernel's factorisation; 'mixed': single, refined to the same step, 'auto': where that pays"),
    RZ_ROW_REAL("diag_shift", "1e-3", 0, 1e12, "", "added to the diagonal of S, at the start"),
    RZ_ROW_REAL("diag_shift_decay", "1.0", 1e-6, 1, "", "factor on diag_shift in every step"),
    RZ_ROW_REAL("diag_shift_end", "0.0", 0, 1e12, "", "diag_shift does not decay below this"),
    RZ_ROW_REAL("diag_scale", "0.0", 0, 1e12, "", "this times diag S is added to S"),
    RZ_ROW_REAL("cg_tol", "1e-6", 1e-15, 0.5, "", "relative residual at which conjugate gradients stop"),
    RZ_ROW_INT("cg_iterations", "2000", 1, 1e9, "more iterations of conjugate gradients are a failed step"),
    RZ_ROW_CHOICE("preconditioner", "subset|diagonal", "'subset'",
                  "of conjugate gradients: the exact inverse of S for a subset of the samples, or its diagonal"),
    RZ_ROW_INT("subset_size", "2048", 1, 1e9, "samples in the subset"),
    RZ_ROW_REAL("momentum", "0.0", 0, 0.999999, "", "SPRING: part of the last step that is kept where S is silent"),
};

static rz_err init(rz_optimiser *o) {
  const rz_config *c = o->config;
  const char *g = RZ_OPTIMISER_GROUP;
  sr *s = NULL;
  RZ_TRY(RZ_NEW0(1, &s));
  o->data = s;
  s->solve = (rz_sr_options){.replicate = RZ_SR_REPLICATE,
                             .solver = rz_config_string(c, g, "solver"),
                             .scale = rz_config_real(c, g, "diag_scale"),
                             .cg_tol = rz_config_real(c, g, "cg_tol"),
                             .cg_iterations = (int)rz_config_int(c, g, "cg_iterations"),
                             .preconditioner = rz_config_string(c, g, "preconditioner"),
                             .subset_size = rz_config_int(c, g, "subset_size")};
  s->precision = rz_config_string(c, g, "precision");
  s->automatic = strcmp(s->solve.solver, "auto") == 0;
  s->measured = strcmp(rz_config_string(c, g, "solver_choice"), "measured") == 0;
  s->shift = rz_config_real(c, g, "diag_shift");
  s->decay = rz_config_real(c, g, "diag_shift_decay");
  s->shift_end = rz_config_real(c, g, "diag_shift_end");
  s->mu = rz_config_real(c, g, "momentum");
  if (s->mu > 0.0) RZ_TRY(RZ_NEW0(o->n_param, &s->last));
  if (s->automatic || strcmp(s->solve.solver, "cg") == 0) RZ_TRY(RZ_NEW0(o->n_param, &s->solution));
  s->solve.start = s->solution;
  return RZ_OK;
}

/* Raised by caution; a shift of zero cannot be raised, so that it starts from 1e-6 then. */
static double shift_now(const rz_optimiser *o, const sr *s) {
  const double shift = rz_decay_at(s->shift, s->decay, s->shift_end, o->i_step);
  return o->caution > 1.0 ? o->caution * fmax(shift, 1e-6) : shift;
}

/* Once: the solver of 'auto' for the rest of the run. The text is for people. */
static rz_err choose(const rz_optimiser *o, sr *s, const rz_jacobian *j, rz_step_info *info) {
  rz_sr_rates measured;
  int64_t n = rz_jacobian_n(j);
  double t[RZ_SR_N_SOLVER];
  if (!s->automatic) return RZ_OK;
  RZ_CHECK(s->choice >= 0 && s->choice <= RZ_SR_N_SOLVER, RZ_ERR_ARG, "there is no solver number %lld",
           (long long)s->choice - 1);
  if (s->choice == 0) {
    RZ_TRY(rz_sum_i64(o->comm, 1, &n));
    const bool by_clock = s->measured && !rz_jacobian_in_blocks(j);
    if (by_clock) RZ_TRY(rz_sr_measure_rates(o->comm, &measured));
    rz_sr_costs(&s->solve, by_clock ? &measured : &rz_sr_reference_rates, j, n, by_clock ? o->comm->size : 1, t);
    s->choice = 1 + rz_sr_cheapest(t);
    snprintf(s->reason, sizeof s->reason, "solver %s: ms by %s: dense %.3g, kernel %.3g, cg %.3g",
             rz_sr_solver_name[s->choice - 1], by_clock ? "measured rates" : "counted operations", 1e3 * t[RZ_SR_DENSE],
             1e3 * t[RZ_SR_KERNEL], 1e3 * t[RZ_SR_CG]);
    info->reason = s->reason;
  }
  s->solve.solver = rz_sr_solver_name[s->choice - 1];
  return RZ_OK;
}

/* What is left of the residual after mu d': e - mu J d', and the force to it. */
static rz_err subtract_memory(const rz_optimiser *o, const sr *s, const rz_jacobian *j, const double *residual,
                              double *e, double *force) {
  rz_err rc = rz_jacobian_apply(j, s->last, e);
  for (int64_t r = 0; rc == RZ_OK && r < rz_jacobian_n_rows(j); r++) e[r] = residual[r] - s->mu * e[r];
  RZ_TRY(rz_agree(o->comm, rc));
  return rz_forces(o->comm, j, e, force);
}

static rz_err solve_with_memory(const rz_optimiser *o, const sr *s, rz_jacobian *j, const double *residual, double *d,
                                rz_sr_result *result) {
  double *e = NULL, *force = NULL;
  rz_err rc = RZ_NEW(rz_jacobian_n_rows(j), &e);
  if (rc == RZ_OK) rc = RZ_NEW(o->n_param, &force);
  RZ_TRY_DONE(rc, rz_agree(o->comm, rc));
  RZ_TRY_DONE(rc, subtract_memory(o, s, j, residual, e, force));
  RZ_TRY_DONE(rc, rz_sr_solve(&s->solve, o->comm, j, e, force, d, result));
  if (s->solution) memcpy(s->solution, d, (size_t)o->n_param * sizeof *d);
  for (int64_t k = 0; k < o->n_param; k++) d[k] += s->mu * s->last[k];
  memcpy(s->last, d, (size_t)o->n_param * sizeof *d);
done:
  rz_free(&force);
  rz_free(&e);
  return rc;
}

static rz_err solve_alone(const rz_optimiser *o, const sr *s, rz_jacobian *j, const double *residual, double *d,
                          rz_sr_result *result, rz_step_info *info) {
  RZ_TRY(rz_sr_solve(&s->solve, o->comm, j, residual, o->force, d, result));
  if (s->solution) memcpy(s->solution, d, (size_t)o->n_param * sizeof *d);
  info->metric_norm = o->learning_rate * sqrt(result->norm2);
  return RZ_OK;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  sr *s = o->data;
  rz_sr_result result = {0};
  s->solve.shift = info->diag_shift = shift_now(o, s);
  s->solve.precision = s->vain && strcmp(s->precision, "auto") == 0 ? "double" : s->precision;
  RZ_TRY(choose(o, s, j, info));
  RZ_TRY(s->last ? solve_with_memory(o, s, j, residual, delta, &result)
                 : solve_alone(o, s, j, residual, delta, &result, info));
  for (int64_t k = 0; k < o->n_param; k++) delta[k] *= -o->learning_rate;
  info->solver = result.solver;
  info->precision = result.precision;
  info->preconditioner = result.preconditioner;
  if (result.refinements > 0 && strcmp(result.precision, "double") == 0) s->vain = 1;
  info->fell_back = result.fell_back;
  info->iterations = result.iterations;
  return RZ_OK;
}

static rz_err state(rz_optimiser *o, rz_array_visit *visit, void *ctx) {
  sr *s = o->data;
  const rz_array choice = {
      .name = "optimiser/solver", .type = RZ_I64, .n_dim = 1, .shape = {1, 0, 0, 0}, .data = &s->choice};
  const rz_array vain = {
      .name = "optimiser/single_in_vain", .type = RZ_I64, .n_dim = 1, .shape = {1, 0, 0, 0}, .data = &s->vain};
  if (s->automatic) RZ_TRY(visit(&choice, ctx));
  RZ_TRY(visit(&vain, ctx));
  if (s->solution) RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/solution", s->solution, visit, ctx));
  if (s->last) RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/last_step", s->last, visit, ctx));
  return RZ_OK;
}

/* The machine is still what it was: the choice of the solver stays. */
static void forget(rz_optimiser *o) {
  sr *s = o->data;
  if (s->solution) memset(s->solution, 0, (size_t)o->n_param * sizeof *s->solution);
  if (s->last) memset(s->last, 0, (size_t)o->n_param * sizeof *s->last);
}

static void fini(rz_optimiser *o) {
  sr *s = o->data;
  if (s) {
    rz_free(&s->last);
    rz_free(&s->solution);
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
