#include "text.h"

#include "ritz/validate/temple.h"
#include <math.h>
#include <string.h>

int rz_text_list(const rz_config *config, const char *group, const char *key, int max, const char **out) {
  if (!rz_config_has(config, group, key)) return 0;
  const int n = rz_config_count(config, group, key);
  int used = 0;
  for (int i = 0; i < n && used < max; i++) out[used++] = rz_config_string_at(config, group, key, i);
  return used;
}

static const char *sector_text(const rz_model *model, char text[64]) {
  const int twice_sz = 2 * model->n_up - rz_lattice_n_site(model->lattice);
  if (!model->fixed_sz) return "all configurations";
  if (twice_sz % 2 == 0)
    snprintf(text, 64, "total Sz = %d", twice_sz / 2);
  else
    snprintf(text, 64, "total Sz = %d/2", twice_sz);
  return text;
}

rz_err rz_text_header(rz_output *o, const rz_model *model, const rz_ansatz *ansatz) {
  char sector[64];
  const int n = rz_lattice_n_site(model->lattice);
  RZ_TRY(rz_output_say(o, "%s\n", model->formula));
  RZ_TRY(rz_output_say(o, "sector    %s, %.4g states%s\n", sector_text(model, sector),
                       rz_sector_dimension(n, model->fixed_sz, model->n_up),
                       model->marshall ? "; basis rotated by the Marshall sign" : ""));
  if (ansatz)
    RZ_TRY(rz_output_say(o, "ansatz    %s, %lld parameters, %s amplitudes\n", ansatz->cls->name,
                         (long long)ansatz->params.n, ansatz->is_complex ? "complex" : "positive"));
  return rz_output_say(o, "ranks     %d\n", o->run->comm->size);
}

rz_err rz_text_reference(rz_output *o, const rz_reference *r) {
  if (!r->known) return rz_output_say(o, "exact     none known for this problem\n");
  return rz_output_say(o, "exact     E0 = %.12g   (%s)\n", r->energy, r->method);
}

/* Decimals that show two digits of the error; all that a double holds where there is none. */
static int decimals(double error) {
  if (!(error > 0)) return 12;
  const int d = 1 - (int)floor(log10(error));
  return d < 0 ? 0 : d > 14 ? 14 : d;
}

static const double MIN_ACCEPTANCE = 1e-3;

void rz_text_warn_frozen(rz_output *o, const rz_model *model, const rz_evaluation *e) {
  const double dim = rz_sector_dimension(rz_lattice_n_site(model->lattice), model->fixed_sz, model->n_up);
  if (dim > 1 && e->sampler.acceptance < MIN_ACCEPTANCE)
    rz_log_flag(o->run->log, "frozen_chains",
                "only %.1g of the proposals were accepted: the chains hardly move, and no error bar shows what they do "
                "not visit",
                e->sampler.acceptance);
}

rz_err rz_text_energy(rz_output *o, const rz_evaluation *e, int n_site) {
  const rz_mean *m = &e->energy.re;
  const int d = decimals(m->error), d_site = decimals(m->error / n_site);
  RZ_TRY(rz_output_say(o, "energy    E = %.*f +- %.*f   E/N = %.*f   (%lld samples, %.1f s", d, m->mean,
                       m->error > 0 ? d : 0, m->error, d_site, m->mean / n_site, (long long)m->n, e->seconds));
  if (e->n_measured > 0) RZ_TRY(rz_output_say(o, ", %.1f s of them for observables", e->observable_seconds));
  RZ_TRY(rz_output_say(o, ")\n"));
  RZ_TRY(rz_output_say(o, "          variance %.3g, V-score %.3g, acceptance %.2f", e->energy.variance,
                       e->energy.v_score, e->sampler.acceptance));
  if (isnan(m->tau_int)) return rz_output_say(o, "\n");
  return rz_output_say(o, ", tau_int %.2f, R-hat %.4f, effective samples %.0f\n", m->tau_int, m->r_hat, m->ess);
}

rz_err rz_text_comparison(rz_output *o, const rz_evaluation *e, const rz_reference *r, double fidelity) {
  if (!r->known) return RZ_OK;
  const rz_comparison c = rz_compare(e->energy.re.mean, e->energy.re.error, r);
  RZ_TRY(rz_output_say(o, "error     (E - E0)/|E0| = %.2g +- %.1g", c.relative, c.relative_error));
  RZ_TRY(isnan(c.sigma) ? rz_output_say(o, "\n") : rz_output_say(o, "   (%.1f sigma)\n", c.sigma));
  const rz_temple t = rz_temple_bound(&e->energy, r->n_level > 0 ? r->level[0] + r->gap : NAN);
  const int d = decimals(t.error);
  if (t.applies)
    RZ_TRY(rz_output_say(o, "bound     E0 >= %.*f +- %.*f   (Temple, with E1 = %.10g)\n", d, t.bound,
                         t.error > 0 ? d : 0, t.error, r->level[0] + r->gap));
  if (!isnan(fidelity))
    RZ_TRY(rz_output_say(o, "fidelity  1 - F = %.3g in a ground space of dimension %d\n", fmax(0.0, 1 - fidelity),
                         r->n_ground));
  if (c.below_bound)
    rz_log_flag(o->run->log, "below_reference",
                "the energy lies %.1f sigma below the exact one: a variational state cannot; do not use "
                "these numbers",
                -c.sigma);
  return RZ_OK;
}

/* The largest deviation of an observable's values, in sigma. */
static double worst_deviation(const rz_measured *m, const rz_measured *exact, double *absolute) {
  double worst = NAN;
  *absolute = 0.0;
  for (int64_t k = 0; k < m->n_value; k++) {
    const double difference = fabs(m->mean[k] - exact->mean[k]);
    *absolute = fmax(*absolute, difference);
    if (m->error[k] > 0) worst = fmax(isnan(worst) ? 0.0 : worst, difference / m->error[k]);
  }
  return worst;
}

rz_err rz_text_observables(rz_output *o, int n, const rz_measured *measured, const rz_measured *exact) {
  for (int i = 0; i < n; i++) {
    const rz_measured *m = &measured[i];
    if (m->n_value == 1)
      RZ_TRY(rz_output_say(o, "%-9s %.8g +- %.1g", m->name, m->mean[0], m->error[0]));
    else
      RZ_TRY(rz_output_say(o, "%-9s %lld values", m->name, (long long)m->n_value));
    if (exact) {
      double absolute;
      const double sigma = worst_deviation(m, &exact[i], &absolute);
      RZ_TRY(rz_output_say(o, ", off the exact one by at most %.1e", absolute));
      if (!isnan(sigma)) RZ_TRY(rz_output_say(o, " (%.1f sigma)", sigma));
    }
    RZ_TRY(rz_output_say(o, "\n"));
  }
  return RZ_OK;
}

rz_err rz_text_warnings(rz_output *o) {
  const rz_log *log = o->run->log;
  if (!log || log->n_warnings == 0) return RZ_OK;
  RZ_TRY(rz_output_say(o, "%d warning%s:\n", log->n_warnings, log->n_warnings > 1 ? "s" : ""));
  for (int i = 0; i < log->n_warnings && i < RZ_LOG_KEPT; i++) RZ_TRY(rz_output_say(o, "  %s\n", log->warnings[i]));
  return RZ_OK;
}
