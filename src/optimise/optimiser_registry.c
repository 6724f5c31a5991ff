/* The optimisers: adding one is its file, one line here and its extern line in optimiser_impl.h. */
#include "optimiser_impl.h"

#include "ritz/optimise/sr.h"
#include "sr_pick.h"
#include <math.h>
#include <string.h>

static const rz_optimiser_class *const registry[] = {
    &rz_optimiser_sr,   &rz_optimiser_gradient, &rz_optimiser_momentum,
    &rz_optimiser_adam, &rz_optimiser_lm,       &rz_optimiser_lbfgs,
};

const rz_optimiser_class *const *rz_optimiser_registry(int *n) {
  *n = RZ_N_ROWS(registry);
  return registry;
}

const rz_optimiser_class *rz_optimiser_find(const char *name) {
  for (int i = 0; i < RZ_N_ROWS(registry); i++)
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  return NULL;
}

bool rz_optimiser_method_tries(const rz_config *config) {
  const rz_optimiser_class *cls = rz_optimiser_find(rz_config_string(config, RZ_OPTIMISER_GROUP, "method"));
  return cls && cls->judge;
}

static const rz_option common[] = {
    RZ_ROW_STRING("method", "'sr'", "how parameters change"),
    RZ_ROW_INT("iterations", "400", 0, 1e9, "number of training steps"),
    RZ_ROW_INT("steps_per_turn", "1", 1, 1e9,
               "steps between two lines of the trace and chances to stop; more where a step takes microseconds"),
    RZ_ROW_REAL("learning_rate", "0.02", 1e-12, 1e6, "", "size of the steps, at the start"),
    RZ_ROW_CHOICE("schedule", "constant|linear|exponential|cosine", "'constant'",
                  "how the learning rate goes from learning_rate to learning_rate_end"),
    RZ_ROW_REAL("learning_rate_end", "", 1e-12, 1e6, "", "learning rate at the end of the schedule"),
    RZ_ROW_INT("schedule_steps", "", 1, 1e9, "length of the schedule; unset: iterations"),
    RZ_ROW_BOOL("stop_at_plateau", ".false.", "stop before the last step where the energy no longer falls"),
    RZ_ROW_INT("plateau_window", "100", 20, 1e9,
               "steps of a window; two windows in a row without a fall are a plateau"),
    RZ_ROW_REAL("max_step", "0.3", 0, 1e6, "",
                "bound on sqrt(delta^T S delta), the r.m.s. change of log psi in one step; 0: no bound"),
};

/* Filled on first use with what the registry says: the same bytes whoever comes first. */
const rz_option_group *rz_optimiser_options(void) {
  static rz_member_options member[RZ_N_ROWS(registry)];
  static rz_option_group group;
  RZ_FILL_MEMBERS(member, registry, RZ_N_ROWS(registry));
  group = (rz_option_group){.name = RZ_OPTIMISER_GROUP,
                            .about = "how the parameters are trained",
                            .selector = "method",
                            .rows = common,
                            .n_rows = RZ_N_ROWS(common),
                            .members = member,
                            .n_members = RZ_N_ROWS(registry)};
  return &group;
}

/* Keys of 'sr' that its other keys leave without effect. */
static void check_sr(rz_config *config) {
  const char *g = RZ_OPTIMISER_GROUP;
  const double shift = rz_config_real(config, g, "diag_shift"), end = rz_config_real(config, g, "diag_shift_end");
  rz_sr_pick_check(config);
  if (rz_config_changed(config, g, "diag_shift_end") && end >= shift)
    rz_config_error(config, g, "diag_shift_end", "diag_shift_end = %g must lie below diag_shift = %g", end, shift);
  else if (rz_config_real(config, g, "diag_shift_decay") == 1.0)
    rz_config_no_effect(config, g, "diag_shift_end", "with diag_shift_decay = 1");
  if (shift == 0.0) rz_config_no_effect(config, g, "diag_shift_decay", "with diag_shift = 0");
}

/* Keys of all that mean nothing to a method that tries its steps: these are as long as they may be. */
static void check_tries(rz_config *config, const char *method) {
  static const char *const idle[] = {"learning_rate", "schedule", "learning_rate_end", "schedule_steps", "max_step"};
  for (int i = 0; i < RZ_N_ROWS(idle); i++)
    rz_config_no_effect(config, RZ_OPTIMISER_GROUP, idle[i], "with method = '%s'", method);
}

static void check_schedule(rz_config *config) {
  const char *g = RZ_OPTIMISER_GROUP;
  const int constant = strcmp(rz_config_string(config, g, "schedule"), "constant") == 0;
  if (constant && rz_config_given(config, g, "learning_rate_end"))
    rz_config_error(config, g, "learning_rate_end", "schedule = 'constant' does not use learning_rate_end");
  if (constant && rz_config_given(config, g, "schedule_steps"))
    rz_config_error(config, g, "schedule_steps", "schedule = 'constant' does not use schedule_steps");
  if (!constant && !rz_config_has(config, g, "learning_rate_end"))
    rz_config_error(config, g, "schedule", "schedule = '%s' needs learning_rate_end",
                    rz_config_string(config, g, "schedule"));
}

void rz_optimiser_check(rz_config *config) {
  const char *g = RZ_OPTIMISER_GROUP, *method = rz_config_string(config, g, "method");
  if (rz_optimiser_method_tries(config))
    check_tries(config, method);
  else
    check_schedule(config);
  if (rz_config_bool(config, g, "stop_at_plateau") &&
      rz_config_int(config, g, "iterations") <= 2 * rz_config_int(config, g, "plateau_window"))
    rz_config_no_effect(config, g, "stop_at_plateau", "with fewer iterations than two plateau_window");
  if (strcmp(method, "sr") == 0) check_sr(config);
  if (strcmp(method, "lm") == 0) rz_sr_pick_check(config);
}

/* Factors of a sample are taken as those of one dense layer with as many inputs as outputs: 2 sqrt(P) numbers. */
double rz_optimiser_memory(const rz_config *config, int64_t n_param, int64_t n_sample, int n_comp, int size) {
  const double p = (double)n_param, n = (double)n_sample * n_comp, ranks = (double)size;
  const double buffers = 3.0 * 1048576.0 * 8.0;
  const char *method = rz_config_string(config, RZ_OPTIMISER_GROUP, "method");
  if (strcmp(method, "lbfgs") == 0)
    return 8.0 * p * (6.0 + 2.0 * (double)rz_config_int(config, RZ_OPTIMISER_GROUP, "memory"));
  if (strcmp(method, "sr") != 0 && strcmp(method, "lm") != 0) return 8.0 * 4.0 * p;
  const char *solver = rz_config_string(config, RZ_OPTIMISER_GROUP, "solver");
  const double dense = 8.0 * (p * p / (p <= RZ_SR_REPLICATE ? 1.0 : ranks) + 6.0 * p) + buffers;
  const double factors = (double)n_sample * fmin(2.0 * sqrt(p) * n_comp, p * n_comp) / sqrt(ranks);
  const double kernel = 8.0 * (n * n / ranks + 4.0 * factors + 6.0 * p + 3.0 * n);
  const bool subset = strcmp(rz_config_string(config, RZ_OPTIMISER_GROUP, "preconditioner"), "subset") == 0;
  const double n0 =
      subset ? fmin((double)rz_config_int(config, RZ_OPTIMISER_GROUP, "subset_size"), (double)n_sample) : 0;
  const double own =
      8.0 * n0 * n_comp * n0 * n_comp / ranks + 8.0 * 5.0 * n0 * fmin(2.0 * sqrt(p) * n_comp, p * n_comp) / sqrt(ranks);
  const double cg = 8.0 * (14.0 * p + 2.0 * n / ranks) + own + buffers;
  if (strcmp(solver, "dense") == 0) return dense;
  if (strcmp(solver, "kernel") == 0) return kernel;
  if (strcmp(solver, "cg") == 0) return cg;
  return p <= n ? fmin(dense, fmax(kernel, cg)) : fmin(kernel, fmax(dense, cg)); /* auto: the likely one */
}
