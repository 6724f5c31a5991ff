#include "convergence.h"

#include <math.h>

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
  RZ_TRY(rz_results_text(r, "/trace/plateau", verdict_name(p.verdict),
                         "too_short, falling, unclear or flat: the energy over the last two windows"));
  if (p.verdict == RZ_PLATEAU_SHORT) return RZ_OK;
  RZ_TRY(rz_results_f64(r, path, p.slope, o->energy_unit, "change of the energy per step over the last window"));
  RZ_TRY(rz_results_attr_f64(r, path, "error", p.slope_error));
  return rz_results_attr_f64(r, path, "window", (double)p.window);
}
