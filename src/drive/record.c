/* What is told of the steps: the history, the trace, the progress. */
#include "history.h"
#include "loop.h"
#include "ritz/core/clock.h"
#include <stdio.h>
#include <string.h>

/* A full disk does not end a training: the history is whole, and the results will hold it. */
static void trace_line(rz_loop *l, int n, const rz_field *field) {
  if (!l->trace || rz_trace_line(l->trace, n, field) == RZ_OK) return;
  if (l->n_untraced++ == 0) rz_log_warn(l->log, "lines of the trace are missing: %s", rz_error_message());
  rz_error_clear();
}

void rz_loop_record_undone(rz_loop *l, const char *reason) {
  /* at_step, for the line is no step's. */
  const rz_field line[] = {{.name = "event", .type = RZ_FIELD_TEXT, .text = "undone"},
                           {.name = "at_step", .type = RZ_FIELD_INT, .integer = l->step},
                           {.name = "in_a_row", .type = RZ_FIELD_INT, .integer = l->rejections},
                           {.name = "reason", .type = RZ_FIELD_TEXT, .text = reason}};
  trace_line(l, (int)(sizeof line / sizeof *line), line);
}

rz_expense rz_expense_now(const rz_comm *comm) {
  rz_expense e = {.seconds = rz_wall_time()};
  if (comm->traffic) e.traffic = *comm->traffic;
  return e;
}

static rz_expense spent_since(const rz_comm *comm, const rz_expense *start) {
  const rz_expense now = rz_expense_now(comm);
  return (rz_expense){now.seconds - start->seconds, rz_traffic_since(&now.traffic, &start->traffic)};
}

/* The assessment's own fields, framed by those of the step. */
static int step_fields(int64_t step, const rz_assessment *a, const rz_step_info *info, const rz_expense *cost,
                       rz_field *field) {
  int n = 0;
  field[n++] = (rz_field){.name = "step", .type = RZ_FIELD_INT, .integer = step};
  for (int i = 0; i < a->n_field && n < RZ_MAX_FIELDS - 12; i++) field[n++] = a->field[i];
  field[n++] = (rz_field){.name = "learning_rate", .type = RZ_FIELD_REAL, .real = info->learning_rate};
  field[n++] = (rz_field){.name = "diag_shift", .type = RZ_FIELD_OPTIONAL, .real = info->diag_shift};
  field[n++] = (rz_field){.name = "force_norm", .type = RZ_FIELD_REAL, .real = info->force_norm};
  field[n++] = (rz_field){.name = "step_norm", .type = RZ_FIELD_REAL, .real = info->step_norm};
  field[n++] = (rz_field){.name = "solver_iterations", .type = RZ_FIELD_INT, .integer = info->iterations};
  field[n++] = (rz_field){.name = "step_seconds", .type = RZ_FIELD_REAL, .real = cost->seconds};
  field[n++] = (rz_field){.name = "comm_calls", .type = RZ_FIELD_INT, .integer = rz_traffic_calls(&cost->traffic)};
  field[n++] = (rz_field){.name = "comm_bytes", .type = RZ_FIELD_INT, .integer = rz_traffic_bytes(&cost->traffic)};
  field[n++] = (rz_field){.name = "solver", .type = RZ_FIELD_TEXT, .text = info->solver};
  if (info->precision) field[n++] = (rz_field){.name = "precision", .type = RZ_FIELD_TEXT, .text = info->precision};
  if (info->preconditioner)
    field[n++] = (rz_field){.name = "preconditioner", .type = RZ_FIELD_TEXT, .text = info->preconditioner};
  return n;
}

rz_err rz_loop_record(rz_loop *l, const rz_assessment *a, const rz_step_info *info, const rz_expense *start) {
  const rz_expense cost = spent_since(l->comm, start);
  rz_field field[RZ_MAX_FIELDS];
  const int n = step_fields(l->step, a, info, &cost, field);
  RZ_TRY(rz_agree(l->comm, rz_history_add(&l->out->history, n, field)));
  trace_line(l, n, field);
  char text[160] = "";
  if (l->problem->describe) l->problem->describe(l->problem->self, a, text, (int)sizeof text);
  const size_t used = strlen(text);
  snprintf(text + used, sizeof text - used, "  %.3f s/step", cost.seconds);
  rz_progress_show(&l->progress, l->step + 1, text);
  return RZ_OK;
}
