#include "history.h"

#include "ritz/core/memory.h"
#include <string.h>

static rz_err reserve(rz_history *h, int64_t n_row) {
  if (n_row <= h->capacity) return RZ_OK;
  const int64_t twice = h->capacity > 0 ? 2 * h->capacity : 256, capacity = n_row > twice ? n_row : twice;
  const int64_t used = (h->n_row < h->capacity ? h->n_row : h->capacity) * h->n_column;
  double *wider = NULL;
  RZ_TRY(RZ_NEW(capacity * h->n_column, &wider));
  if (used > 0) memcpy(wider, h->value, (size_t)used * sizeof *wider);
  rz_free(&h->value);
  h->value = wider;
  h->capacity = capacity;
  return RZ_OK;
}

static rz_err add_column(rz_history *h, const char *name) {
  RZ_CHECK(strlen(name) < RZ_MAX_FIELD_NAME, RZ_ERR_INTERNAL, "the name of the trace field %s is too long", name);
  strcpy(h->column[h->n_column++], name);
  return RZ_OK;
}

rz_err rz_history_add(rz_history *h, int n_field, const rz_field *field) {
  if (h->n_row == 0 && h->n_column == 0)
    for (int i = 0; i < n_field; i++)
      if (field[i].type != RZ_FIELD_TEXT) RZ_TRY(add_column(h, field[i].name));
  RZ_TRY(reserve(h, h->n_row + 1));
  double *row = h->value + h->n_row * h->n_column;
  int column = 0;
  for (int i = 0; i < n_field; i++) {
    if (field[i].type == RZ_FIELD_TEXT) continue;
    RZ_CHECK(column < h->n_column && strcmp(h->column[column], field[i].name) == 0, RZ_ERR_INTERNAL,
             "trace field %s appeared after the first step", field[i].name);
    row[column++] = field[i].type == RZ_FIELD_INT ? (double)field[i].integer : field[i].real;
  }
  h->n_row++;
  return RZ_OK;
}

rz_err rz_history_state(rz_history *h, rz_array_visit *visit, void *ctx) {
  int64_t n_column = h->n_column;
  const rz_array names = {.name = "trained/history/column",
                          .type = RZ_I8,
                          .n_dim = 2,
                          .shape = {RZ_MAX_FIELDS, RZ_MAX_FIELD_NAME},
                          .data = h->column};
  RZ_TRY(rz_visit_i64("trained/history/n_column", &n_column, visit, ctx));
  RZ_CHECK(n_column >= 0 && n_column <= RZ_MAX_FIELDS, RZ_ERR_INPUT, "%lld columns in the history",
           (long long)n_column);
  h->n_column = (int)n_column;
  RZ_TRY(visit(&names, ctx));
  for (int c = 0; c < RZ_MAX_FIELDS; c++) h->column[c][RZ_MAX_FIELD_NAME - 1] = '\0';
  RZ_TRY(rz_visit_i64("trained/history/n_row", &h->n_row, visit, ctx));
  if (h->n_row == 0) return RZ_OK;
  RZ_TRY(reserve(h, h->n_row));
  return visit(&(rz_array){.name = "trained/history/value",
                           .type = RZ_F64,
                           .n_dim = 2,
                           .shape = {h->n_row, h->n_column},
                           .data = h->value},
               ctx);
}

const double *rz_history_column(const rz_history *h, const char *name) {
  for (int c = 0; c < h->n_column && h->n_row > 0; c++)
    if (strcmp(h->column[c], name) == 0) return h->value + c;
  return NULL;
}

rz_plateau rz_history_plateau(const rz_history *h, const char *value, const char *error, int64_t window) {
  const double *v = rz_history_column(h, value), *e = rz_history_column(h, error);
  return rz_plateau_judge(v && e ? h->n_row : 0, h->n_column, v, e, window);
}

void rz_history_free(rz_history *h) {
  rz_free(&h->value);
  *h = (rz_history){0};
}
