#include "convergence.h"

#include "ritz/validate/extrapolate.h"
#include <math.h>

/* ---- samples from step to step ---- */

enum { MIN_STEPS = 10 };

/* Half of what a step's chains say, they said in the step before. */
static const double MAX_CORRELATION = 0.5;

/* Of the chains' energies from step to step, over the second half of the training; NaN where little is known. */
static double step_correlation(const rz_train_result *t) {
  const rz_history *h = &t->history;
  const double *correlation = rz_history_column(h, "step_correlation");
  double sum = 0.0;
  int64_t n = 0;
  for (int64_t i = h->n_row / 2; correlation && i < h->n_row; i++) {
    const double c = correlation[i * h->n_column];
    if (isnan(c)) continue;
    sum += c;
    n++;
  }
  return n < MIN_STEPS ? NAN : sum / (double)n;
}

/* Of an average over steps, if the correlation falls off geometrically. */
static double tau_int_steps(double correlation) { return 0.5 * (1.0 + correlation) / (1.0 - correlation); }

void rz_convergence_warn(rz_log *log, const rz_train_result *t) {
  const double c = step_correlation(t);
  if (c > MAX_CORRELATION)
    rz_log_flag(
        log, "training_under_sampled",
        "the chains' energies correlate by %.2f from step to step (tau_int = %.2g steps): steps had few samples "
        "of their own; raise discard_step or sweep_size",
        c, tau_int_steps(c));
}

static rz_err write_tau(rz_output *o, const rz_train_result *t) {
  const double c = step_correlation(t);
  if (isnan(c)) return RZ_OK;
  return rz_results_f64(o->results, "/trace/tau_int_steps", tau_int_steps(c), "steps",
                        "autocorrelation time of the chains' energies over the second half of the training");
}

/* ---- rest ---- */

/* What the slope is told for. */
static const double PER_STEPS = 100.0;

static rz_plateau judge(const rz_output *o, const rz_train_result *t) {
  return rz_history_plateau(&t->history, "energy", "error",
                            rz_config_int(o->run->config, "optimiser", "plateau_window"));
}

rz_err rz_convergence_say(rz_output *o, const rz_train_result *t) {
  const rz_plateau p = judge(o, t);
  const double fall = -PER_STEPS * p.slope, error = PER_STEPS * p.slope_error;
  switch (p.verdict) {
  case RZ_PLATEAU_SHORT:
    return RZ_OK;
  case RZ_PLATEAU_FALLING:
    return rz_output_say(
        o, "          the energy still falls by %.2g +- %.1g in 100 steps: more iterations would help\n", fall, error);
  case RZ_PLATEAU_UNCLEAR:
    return rz_output_say(o, "          whether the energy still falls cannot be told: by %.2g +- %.1g in 100 steps\n",
                         fall, error);
  case RZ_PLATEAU_FLAT:
    return rz_output_say(o, "          the energy no longer falls visibly%s: by %.2g +- %.1g in 100 steps\n",
                         t->rested ? ", and the training ended" : "", fall, error);
  }
  return RZ_OK;
}

static const char *verdict_name(rz_plateau_verdict verdict) {
  static const char *const name[] = {"too_short", "falling", "unclear", "flat"};
  return name[verdict];
}

rz_err rz_convergence_write(rz_output *o, const rz_train_result *t) {
  rz_results *r = o->results;
  if (!r) return RZ_OK;
  const rz_plateau p = judge(o, t);
  const char *path = "/trace/plateau_slope";
  RZ_TRY(write_tau(o, t));
  RZ_TRY(rz_results_text(r, "/trace/plateau", verdict_name(p.verdict),
                         "too_short, falling, unclear or flat: the energy over the last two windows"));
  if (p.verdict == RZ_PLATEAU_SHORT) return RZ_OK;
  RZ_TRY(rz_results_f64(r, path, p.slope, o->subject.unit, "change of the energy per step over the last window"));
  RZ_TRY(rz_results_attr_f64(r, path, "error", p.slope_error));
  return rz_results_attr_f64(r, path, "window", (double)p.window);
}

/* ---- zero variance ---- */

static rz_extrapolation extrapolate(const rz_train_result *t, const rz_evaluation *e) {
  const rz_history *h = &t->history;
  const double *energy = rz_history_column(h, "energy"), *variance = rz_history_column(h, "variance");
  return rz_extrapolate(energy && variance ? h->n_row : 0, h->n_column, energy, variance, &e->energy);
}

rz_err rz_convergence_say_extrapolated(rz_output *o, const rz_train_result *t, const rz_evaluation *e) {
  const rz_extrapolation x = extrapolate(t, e);
  if (!x.applies) return RZ_OK;
  return rz_output_say(o, "limit     E = %.10g +- %.1g at zero variance   (extrapolated from step %lld on; no bound)\n",
                       x.energy, x.error, (long long)x.first_step);
}

rz_err rz_convergence_write_extrapolated(rz_output *o, const rz_train_result *t, const rz_evaluation *e) {
  rz_results *r = o->results;
  const rz_extrapolation x = extrapolate(t, e);
  if (!r || !x.applies) return RZ_OK;
  const char *path = "/observables/energy/extrapolated";
  RZ_TRY(rz_results_f64(r, path, x.energy, o->subject.unit, "energy at zero variance: an extrapolation, no bound"));
  RZ_TRY(rz_results_attr_text(r, path, "assumes",
                              "E - E0 = slope * variance goes on to zero as it was over the last steps of training"));
  RZ_TRY(rz_results_attr_f64(r, path, "slope", x.slope));
  RZ_TRY(rz_results_attr_f64(r, path, "slope_error", x.slope_error));
  RZ_TRY(rz_results_attr_f64(r, path, "first_step", (double)x.first_step));
  return rz_results_f64(r, "/observables/energy/extrapolated_error", x.error, o->subject.unit,
                        "statistical error of the extrapolation");
}
