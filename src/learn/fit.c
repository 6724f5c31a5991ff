#include "ritz/learn/fit.h"

#include "fit_data.h"
#include "law_impl.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

static const char group[] = "fit";

static const rz_option rows[] = {
    RZ_ROW_REAL("rcond", "1e-14", 0.0, 0.1, "", "singular values below rcond times the largest are taken as zero"),
    RZ_ROW_REAL("ridge", "0.0", 0.0, 1e30, "",
                "weight of |theta|^2 beside the mean squared error; not with errors_in_variables"),
    RZ_ROW_BOOL("errors_in_variables", ".false.", "the states of the data are noisy: fit the true ones as well"),
    RZ_ROW_REAL("noise_ratio", "0.05", 1e-6, 1e6, "",
                "with errors_in_variables: deviation of the targets over that of the states"),
    RZ_ROW_INT("iterations", "100", 1, 1e6, "with errors_in_variables: Gauss-Newton steps at most"),
};

const rz_option_group *rz_fit_options(void) {
  static const rz_option_group options = {
      .name = group, .about = "least-squares fit of a law", .rows = rows, .n_rows = RZ_N_ROWS(rows)};
  return &options;
}

rz_fit_spec rz_fit_read(const rz_config *config) {
  return (rz_fit_spec){.rcond = rz_config_real(config, group, "rcond"),
                       .ridge = rz_config_real(config, group, "ridge"),
                       .errors_in_variables = rz_config_bool(config, group, "errors_in_variables"),
                       .noise_ratio = rz_config_real(config, group, "noise_ratio"),
                       .iterations = (int)rz_config_int(config, group, "iterations")};
}

void rz_fit_check(rz_config *config) {
  static const char *const of_noise[] = {"noise_ratio", "iterations"};
  if (rz_config_bool(config, group, "errors_in_variables"))
    rz_config_no_effect(config, group, "ridge", "with errors_in_variables = .true.");
  else
    for (int i = 0; i < RZ_N_ROWS(of_noise); i++)
      rz_config_no_effect(config, group, of_noise[i], "with errors_in_variables = .false.");
}

/* Rows and what is missing to the targets, of a block; scaled so that their sum of squares is the mean. */
static rz_err add_block(rz_law *l, const rz_fit_data *f, rz_range r, rz_least_squares *s, double *a, double *b) {
  const int64_t n_row = r.count * f->dim, p = l->params.n;
  const double scale = 1.0 / sqrt((double)f->n_total * f->dim);
  RZ_TRY(l->cls->apply(l, r.count, f->x + r.first * f->dim, b));
  RZ_TRY(rz_law_rows(l, r.count, f->x + r.first * f->dim, a));
  for (int64_t i = 0; i < n_row; i++) b[i] = scale * (f->y[r.first * f->dim + i] - b[i]);
  for (int64_t i = 0; i < n_row * p; i++) a[i] *= scale;
  return rz_least_squares_add(s, n_row, a, b);
}

static rz_err add_blocks(rz_law *l, const rz_fit_data *f, rz_least_squares *s) {
  double *a = NULL, *b = NULL;
  rz_err rc;
  RZ_TRY_DONE(rc, RZ_NEW(f->block * f->dim * l->params.n, &a));
  RZ_TRY_DONE(rc, RZ_NEW(f->block * f->dim, &b));
  memset(l->params.value, 0, sizeof(double) * (size_t)l->params.n);
  RZ_TRY_DONE(rc, rz_law_update(l));
  for (int64_t i = 0; i < rz_fit_n_block(f); i++) RZ_TRY_DONE(rc, add_block(l, f, rz_fit_block(f, i), s, a, b));
done:
  rz_free(&a);
  rz_free(&b);
  return rc;
}

static rz_err fit_plain(rz_law *l, const rz_fit_data *f, const rz_fit_spec *spec, rz_fit_info *info) {
  rz_least_squares *s = NULL;
  RZ_TRY(rz_least_squares_create(f->comm, l->params.n, rz_fit_n_block(f), &s));
  rz_err rc = add_blocks(l, f, s);
  rc = rz_least_squares_solve(s, rc, spec->rcond, spec->ridge, l->params.value, &info->solve);
  rz_least_squares_destroy(&s);
  RZ_TRY(rc);
  info->loss = info->solve.residual;
  info->converged = true;
  return rz_law_update(l);
}

/* What needs no look at the data. */
static rz_err check_problem(const rz_law *l, const rz_fit_data *f, const rz_fit_spec *spec) {
  const int64_t n_number = f->n_total * f->dim;
  RZ_CHECK(l->cls->linear || spec->errors_in_variables, RZ_ERR_ARG, "model '%s' is not linear in its parameters",
           l->cls->name);
  RZ_CHECK(n_number >= l->params.n || (spec->ridge > 0.0 && n_number > 0), RZ_ERR_INPUT,
           "%lld states hold %lld numbers, too few for the %lld parameters of model '%s'", (long long)f->n_total,
           (long long)n_number, (long long)l->params.n, l->cls->name);
  return RZ_OK;
}

rz_err rz_law_fit(rz_law *l, const rz_comm *comm, int64_t n, const double *x, const double *y, const rz_fit_spec *spec,
                  rz_fit_info *info) {
  rz_fit_data f;
  rz_fit_info found = {0};
  rz_err rc;
  RZ_TRY(rz_fit_data_create(l, comm, n, x, y, &f));
  RZ_TRY_DONE(rc, check_problem(l, &f, spec));
  if (l->cls->linear) RZ_TRY_DONE(rc, fit_plain(l, &f, spec, &found));
  if (spec->errors_in_variables) RZ_TRY_DONE(rc, rz_fit_errors_in_variables(l, &f, spec, &found));
  if (info) *info = found;
done:
  rz_fit_data_destroy(&f);
  return rc;
}
