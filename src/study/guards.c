#include "guards.h"

#include "ritz/exact/ed.h"
#include <math.h>
#include <string.h>

/* Sectors up to this size are searched for the best positive state. */
static const int64_t POSITIVE_DIM = INT64_C(1) << 15;

/* The explanation may end in a full stop; what helps goes on after it. Without a log, in `ritz check`, a warning is the
 * deck's. */
static void object(rz_config *config, rz_log *log, const char *flag, const char *group, const char *key,
                   const char *text, const char *remedy) {
  const int n = (int)strlen(text);
  const int shown = n > 0 && text[n - 1] == '.' ? n - 1 : n;
  if (!rz_config_bool(config, "run", "force"))
    rz_config_error(config, group, key, "%.*s; %s, or override by force = .true. in &run", shown, text, remedy);
  else if (log)
    rz_log_flag(log, flag, "%.*s (continuing: force = .true.)", shown, text);
  else
    rz_config_warning(config, group, key, "%.*s (continuing: force = .true.)", shown, text);
}

static void object_to_moves(rz_config *config, rz_log *log, const char *text) {
  object(config, log, "not_ergodic", "sampler", "move", text, "choose other moves");
}

static rz_err check_moves(rz_quantum *q, rz_log *log) {
  if (rz_sampler_is_exact(q->sampler)) return RZ_OK;
  int connected;
  char text[256];
  RZ_TRY(rz_sampler_ergodic(q->sampler, q->model, &connected, text));
  if (connected == 0) object_to_moves(q->config, log, text);
  if (connected < 0) rz_log_flag(log, "ergodicity_unknown", "moves: %s", text);
  return RZ_OK;
}

rz_err rz_guards_check_deck(rz_quantum *q, FILE *out) {
  int connected;
  char text[256];
  RZ_TRY(rz_sampler_ergodic_deck(q->config, q->model, q->seed, &connected, text));
  if (connected == 0) object_to_moves(q->config, NULL, text);
  RZ_TRY(rz_config_report(q->config));
  if (connected < 0) fprintf(out, "! moves: %s\n", text);
  if (!q->ansatz->is_complex && !rz_operator_is_stoquastic(q->model->h))
    fprintf(out, "! the sign guard of a positive ansatz is tested by `ritz run`\n");
  return RZ_OK;
}

static rz_err check_sign(rz_quantum *q, rz_log *log) {
  if (q->ansatz->is_complex) return RZ_OK;
  rz_model *small = NULL;
  rz_err rc = RZ_OK;
  if (rz_sector_dimension(q->ansatz->n_site, q->model->fixed_sz, q->model->n_up) > (double)POSITIVE_DIM)
    rc = rz_model_create_cluster(q->config, q->model->fixed_sz ? 16 : 12, &small);
  RZ_TRY(rz_agree(q->comm, rc));
  rz_positive_report report;
  RZ_TRY_DONE(rc, rz_positive_check(q->model, small, POSITIVE_DIM, q->comm, &report));
  if (report.verdict == RZ_POSITIVE_REFUTED)
    object(q->config, log, "sign_problem", "ansatz", "weights", report.text,
           "use complex amplitudes (weights = 'complex'), a basis without these signs (marshall = 'rotate')");
  if (report.verdict == RZ_POSITIVE_UNKNOWN) rz_log_flag(log, "sign_unknown", "%s", report.text);
  if (report.verdict == RZ_POSITIVE_PROVEN) rz_log_print(log, RZ_LOG_SUMMARY, "sign      %s\n", report.text);
done:
  rz_model_destroy(&small);
  return rc;
}

rz_err rz_guards_check(rz_quantum *q, rz_log *log) {
  RZ_TRY(rz_agree(q->comm, check_moves(q, log)));
  RZ_TRY(rz_agree(q->comm, check_sign(q, log)));
  return rz_agree(q->comm, rz_config_report(q->config));
}
