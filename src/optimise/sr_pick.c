#include "sr_pick.h"

#include "ritz/core/memory.h"
#include "ritz/optimise/sr_cost.h"
#include <stdio.h>
#include <string.h>

rz_err rz_sr_pick_init(const rz_optimiser *o, rz_sr_pick *p) {
  const rz_config *c = o->config;
  const char *g = RZ_OPTIMISER_GROUP;
  p->solve = (rz_sr_options){.replicate = RZ_SR_REPLICATE,
                             .solver = rz_config_string(c, g, "solver"),
                             .cg_tol = rz_config_real(c, g, "cg_tol"),
                             .cg_iterations = (int)rz_config_int(c, g, "cg_iterations"),
                             .preconditioner = rz_config_string(c, g, "preconditioner"),
                             .subset_size = rz_config_int(c, g, "subset_size")};
  p->precision = rz_config_string(c, g, "precision");
  p->automatic = strcmp(p->solve.solver, "auto") == 0;
  p->measured = strcmp(rz_config_string(c, g, "solver_choice"), "measured") == 0;
  if (p->automatic || strcmp(p->solve.solver, "cg") == 0) RZ_TRY(RZ_NEW0(o->n_param, &p->solution));
  p->solve.start = p->solution;
  return RZ_OK;
}

void rz_sr_pick_fini(rz_sr_pick *p) { rz_free(&p->solution); }

rz_err rz_sr_pick_choose(const rz_optimiser *o, rz_sr_pick *p, const rz_jacobian *j, rz_step_info *info) {
  rz_sr_rates measured;
  int64_t n = rz_jacobian_n(j);
  double t[RZ_SR_N_SOLVER];
  if (!p->automatic) return RZ_OK;
  RZ_CHECK(p->choice >= 0 && p->choice <= RZ_SR_N_SOLVER, RZ_ERR_ARG, "there is no solver number %lld",
           (long long)p->choice - 1);
  if (p->choice == 0) {
    RZ_TRY(rz_sum_i64(o->comm, 1, &n));
    const bool by_clock = p->measured && !rz_jacobian_in_blocks(j);
    if (by_clock) RZ_TRY(rz_sr_measure_rates(o->comm, &measured));
    rz_sr_costs(&p->solve, by_clock ? &measured : &rz_sr_reference_rates, j, n, by_clock ? o->comm->size : 1, t);
    p->choice = 1 + rz_sr_cheapest(t);
    snprintf(p->reason, sizeof p->reason, "solver %s: ms by %s: dense %.3g, kernel %.3g, cg %.3g",
             rz_sr_solver_name[p->choice - 1], by_clock ? "measured rates" : "counted operations", 1e3 * t[RZ_SR_DENSE],
             1e3 * t[RZ_SR_KERNEL], 1e3 * t[RZ_SR_CG]);
    info->reason = p->reason;
  }
  p->solve.solver = rz_sr_solver_name[p->choice - 1];
  return RZ_OK;
}

rz_err rz_sr_pick_solve(const rz_optimiser *o, rz_sr_pick *p, rz_jacobian *j, const double *e, const double *f,
                        double *d, rz_sr_result *result, rz_step_info *info) {
  p->solve.precision = p->vain && strcmp(p->precision, "auto") == 0 ? "double" : p->precision;
  RZ_TRY(rz_sr_solve(&p->solve, o->comm, j, e, f, d, result));
  if (p->solution) memcpy(p->solution, d, (size_t)o->n_param * sizeof *d);
  if (result->refinements > 0 && strcmp(result->precision, "double") == 0) p->vain = 1;
  info->solver = result->solver;
  info->precision = result->precision;
  info->preconditioner = result->preconditioner;
  info->fell_back = result->fell_back;
  info->iterations = result->iterations;
  return RZ_OK;
}

rz_err rz_sr_pick_state(const rz_optimiser *o, rz_sr_pick *p, rz_array_visit *visit, void *ctx) {
  if (p->automatic) RZ_TRY(rz_visit_i64("optimiser/solver", &p->choice, visit, ctx));
  RZ_TRY(rz_visit_i64("optimiser/single_in_vain", &p->vain, visit, ctx));
  if (p->solution) RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/solution", p->solution, visit, ctx));
  return RZ_OK;
}

void rz_sr_pick_forget(const rz_optimiser *o, rz_sr_pick *p) {
  if (p->solution) memset(p->solution, 0, (size_t)o->n_param * sizeof *p->solution);
}

void rz_sr_pick_check(rz_config *config) {
  const char *g = RZ_OPTIMISER_GROUP, *solver = rz_config_string(config, g, "solver");
  const bool automatic = strcmp(solver, "auto") == 0;
  static const char *const of_cg[] = {"cg_tol", "cg_iterations", "preconditioner", "subset_size"};
  for (int i = 0; i < RZ_N_ROWS(of_cg); i++)
    if (strcmp(solver, "cg") != 0 && !automatic) rz_config_no_effect(config, g, of_cg[i], "with solver = '%s'", solver);
  if (strcmp(solver, "kernel") != 0 && !automatic)
    rz_config_no_effect(config, g, "precision", "with solver = '%s'", solver);
  if (!automatic) rz_config_no_effect(config, g, "solver_choice", "with solver = '%s'", solver);
  if (strcmp(rz_config_string(config, g, "preconditioner"), "diagonal") == 0 &&
      (automatic || strcmp(solver, "cg") == 0))
    rz_config_no_effect(config, g, "subset_size", "with preconditioner = 'diagonal'");
}
