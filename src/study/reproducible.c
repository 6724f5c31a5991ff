#include "reproducible.h"

#include "ritz/optimise/sr.h"
#include <string.h>

static const char *const group = "optimiser";

/* A solver by name; 'auto' keeps to the limits by itself. */
static void check_order(rz_config *config, const char *solver, double order, const char *of) {
  if (strcmp(rz_config_string(config, group, "solver"), solver) != 0 || order <= RZ_SR_ALIKE_ORDER) return;
  rz_config_error(
      config, group, "solver",
      "reproducible = .true. solves solver = '%s' whole on every rank, up to order %d; this has %.0f %s: take "
      "'cg' or 'auto'",
      solver, (int)RZ_SR_ALIKE_ORDER, order, of);
}

static double n_rows(const rz_quantum *q) {
  const bool exact = strcmp(rz_config_string(q->config, "sampler", "method"), "full_sum") == 0;
  const double n = exact ? rz_sector_dimension(q->ansatz->n_site, q->model->fixed_sz, q->model->n_up)
                         : (double)rz_config_int(q->config, "sampler", "samples");
  return n * rz_ansatz_n_comp(q->ansatz);
}

rz_err rz_reproducible_check(rz_quantum *q) {
  rz_config *config = q->config;
  if (!q->reproducible || strcmp(rz_config_string(config, group, "method"), "sr") != 0) return RZ_OK;
  if (rz_config_given(config, group, "solver_choice") &&
      strcmp(rz_config_string(config, group, "solver_choice"), "measured") == 0)
    rz_config_error(config, group, "solver_choice",
                    "reproducible = .true. cannot choose by measured times, which differ from run to run: 'counted'");
  check_order(config, "dense", (double)q->ansatz->params.n, "parameters");
  check_order(config, "kernel", n_rows(q), "rows of samples");
  return rz_config_report(config);
}
