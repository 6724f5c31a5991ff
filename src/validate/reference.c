#include "ritz/validate/reference.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const rz_option rows[] = {
    RZ_ROW_CHOICE(
        "method", "auto|formula|ed|value|none", "'auto'",
        "formula: free fermions, Bethe ansatz, closed forms, duality; ed: exact diagonalisation; value: `energy`"),
    RZ_ROW_REAL("energy", "", -1e300, 1e300, "",
                "method = 'value': a reference energy of your own (QMC, DMRG), total, in the deck's units"),
    RZ_ROW_REAL("energy_error", "0.0", 0, 1e300, "", "method = 'value': its standard error"),
    RZ_ROW_INT("levels", "4", 1, 1000, "lowest levels that exact diagonalisation lists"),
    RZ_ROW_INT("max_dim", "2000000", 1, 2000000000, "largest sector 'auto' diagonalises"),
    RZ_ROW_CHOICE("solver", "auto|lanczos|slepc|dense", "'auto'",
                  "eigensolver: auto takes dense for small sectors, lanczos for one level, slepc for several"),
};

const rz_option_group *rz_reference_options(void) {
  static const rz_option_group group = {
      "reference", "the exact answer to compare with", NULL, rows, sizeof rows / sizeof *rows, NULL, 0};
  return &group;
}

/* Vectors are compared where they fit easily on every rank. */
static const int64_t VECTOR_DIM = INT64_C(1) << 18;
/* Levels closer than this, relatively, count as one degenerate level. */
static const double DEGENERATE = 1e-9;

static void count_ground_space(rz_reference *r) {
  r->n_ground = 1;
  const double scale = fmax(1.0, fabs(r->level[0]));
  while (r->n_ground < r->n_level && r->level[r->n_ground] - r->level[0] < DEGENERATE * scale) r->n_ground++;
  r->gap = r->n_ground < r->n_level ? r->level[r->n_ground] - r->level[0] : NAN;
}

/* The last level found closes the ground space only if it lies above it. */
static rz_err keep_vectors(const rz_ed_spec *spec, const rz_comm *comm, rz_reference *r) {
  if (r->n_ground == r->n_level && r->n_level < r->ed.dim) return RZ_OK;
  RZ_TRY(RZ_NEW0(r->n_ground, &r->ground));
  for (int k = 0; k < r->n_ground; k++)
    RZ_TRY(rz_ed_expand(spec, comm, &r->ed, k, INT64_C(1) << 28, &r->sector, &r->ground[k]));
  return RZ_OK;
}

static rz_err diagonalise(rz_config *config, const rz_model *model, double dim, const rz_comm *comm, rz_reference *r) {
  const bool with_vectors = dim <= (double)VECTOR_DIM;
  const int64_t levels = rz_config_int(config, "reference", "levels");
  const rz_ed_spec spec = {.op = model->h,
                           .lattice = model->lattice,
                           .fixed_sz = model->fixed_sz,
                           .n_up = model->n_up,
                           .n_levels = (int)((double)levels < dim ? levels : (int64_t)dim),
                           .solver = rz_config_string(config, "reference", "solver"),
                           .tol = 1e-12,
                           .with_vectors = with_vectors,
                           .on_one_rank = rz_config_bool(config, "run", "reproducible"),
                           .seed = 1};
  const rz_err rc = rz_ed_solve(&spec, comm, &r->ed);
  if (rc == RZ_ERR_ARG) { /* too large for the solver that the deck names */
    rz_config_error(config, "reference", "solver", "%s", rz_error_message());
    return rz_config_report(config);
  }
  RZ_TRY(rc);
  r->n_level = r->ed.n_level;
  r->level = r->ed.energy;
  count_ground_space(r);
  return with_vectors ? keep_vectors(&spec, comm, r) : RZ_OK;
}

static void adopt_energy(rz_reference *r, double energy, double error, const char *method) {
  r->known = true;
  r->energy = energy;
  r->error = error;
  snprintf(r->method, sizeof r->method, "%s", method);
}

/* What each method leaves unread. */
static void refuse_idle_keys(rz_config *config, const char *method) {
  const bool is_auto = strcmp(method, "auto") == 0, diagonalises = is_auto || strcmp(method, "ed") == 0;
  if (strcmp(method, "value") != 0)
    rz_config_no_effect(config, "reference", "energy_error", "with method = '%s'", method);
  if (!is_auto) rz_config_no_effect(config, "reference", "max_dim", "with method = '%s'", method);
  if (diagonalises) return;
  rz_config_no_effect(config, "reference", "levels", "with method = '%s'", method);
  rz_config_no_effect(config, "reference", "solver", "with method = '%s'", method);
}

void rz_reference_check_exact(rz_config *config) {
  static const char *const keys[] = {"method", "energy", "energy_error", "max_dim"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    rz_config_no_effect(config, "reference", keys[i], "with study = 'exact', which always diagonalises");
}

void rz_reference_check(rz_config *config) {
  const char *method = rz_config_string(config, "reference", "method");
  refuse_idle_keys(config, method);
  if (strcmp(method, "value") == 0) {
    if (!rz_config_has(config, "reference", "energy"))
      rz_config_error(config, "reference", "method", "method = 'value' needs the key `energy`");
    return;
  }
  if (rz_config_given(config, "reference", "energy"))
    rz_config_error(config, "reference", "energy", "method = '%s' does not use energy; 'value' does", method);
}

/* A formula, or a dual: a smaller sector that is diagonalised instead. */
static rz_err find_formula(const rz_config *config, const rz_model *model, bool automatic, const rz_comm *comm,
                           bool *found, double *energy, const char **method) {
  RZ_TRY(rz_reference_formula(config, model, found, energy, method));
  if (*found) return RZ_OK;
  const double max_dim = automatic ? (double)rz_config_int(config, "reference", "max_dim") : INFINITY;
  RZ_TRY(rz_reference_dual(config, model, max_dim, comm, found, energy));
  if (*found) *method = "dual Ising model";
  return RZ_OK;
}

rz_err rz_reference_find(rz_config *config, const rz_model *model, const rz_comm *comm, rz_log *log, rz_reference *r) {
  *r = (rz_reference){.gap = NAN};
  rz_reference_check(config);
  RZ_TRY(rz_config_report(config));
  const char *method = rz_config_string(config, "reference", "method");
  if (strcmp(method, "none") == 0) return RZ_OK;
  if (strcmp(method, "value") == 0) {
    adopt_energy(r, rz_config_real(config, "reference", "energy"), rz_config_real(config, "reference", "energy_error"),
                 "given");
    return RZ_OK;
  }

  const bool automatic = strcmp(method, "auto") == 0;
  bool found = false;
  double energy = NAN;
  const char *formula = "";
  if (strcmp(method, "ed") != 0) RZ_TRY(find_formula(config, model, automatic, comm, &found, &energy, &formula));
  if (!found && strcmp(method, "formula") == 0) {
    rz_config_error(config, "reference", "method",
                    "no formula is known for this H, lattice and sector; use 'ed' or 'value'");
    return rz_config_report(config);
  }
  if (found) adopt_energy(r, energy, 0.0, formula);

  const double dim = rz_sector_dimension(rz_lattice_n_site(model->lattice), model->fixed_sz, model->n_up);
  const double limit = found ? (double)VECTOR_DIM : (double)rz_config_int(config, "reference", "max_dim");
  if (strcmp(method, "ed") == 0 || (automatic && dim <= limit)) {
    rz_log_print(log, RZ_LOG_SUMMARY, "diagonalising H in a sector of %.0f states\n", dim);
    RZ_TRY(diagonalise(config, model, dim, comm, r));
    char name[64];
    snprintf(name, sizeof name, "exact diagonalisation (%s)", r->ed.solver);
    if (!found) adopt_energy(r, r->level[0], 0.0, name);
    RZ_CHECK(!found || fabs(energy - r->level[0]) < 1e-8 * fmax(1.0, fabs(energy)), RZ_ERR_INTERNAL,
             "%s gives %.12f and exact diagonalisation %.12f", formula, energy, r->level[0]);
  }
  return RZ_OK;
}

void rz_reference_free(rz_reference *r) {
  for (int k = 0; r->ground && k < r->n_ground; k++) rz_free(&r->ground[k]);
  rz_free(&r->ground);
  rz_ed_result_free(&r->ed);
  *r = (rz_reference){0};
}

rz_comparison rz_compare(double estimate, double error, const rz_reference *reference) {
  const double difference = estimate - reference->energy, sigma = hypot(error, reference->error);
  const double scale = fabs(reference->energy) > 0 ? fabs(reference->energy) : 1.0;
  return (rz_comparison){.relative = difference / scale,
                         .relative_error = sigma / scale,
                         .sigma = sigma > 0 ? difference / sigma : NAN,
                         .below_bound = difference < -5 * sigma - 1e-11 * scale};
}
