#include "history.h"

#include "ritz/core/memory.h"
#include <string.h>

static rz_err grow(rz_history *h) {
  const int64_t capacity = h->capacity > 0 ? 2 * h->capacity : 256;
  double *wider = NULL;
  RZ_TRY(RZ_NEW(capacity * h->n_column, &wider));
  if (h->n_row > 0) memcpy(wider, h->value, (size_t)(h->n_row * h->n_column) * sizeof *wider);
  rz_free(&h->value);
  h->value = wider;
  h->capacity = capacity;
  return RZ_OK;
}

rz_err rz_history_add(rz_history *h, int n_field, const rz_field *field) {
  if (h->n_row == 0 && h->n_column == 0)
    for (int i = 0; i < n_field; i++)
      if (field[i].type != RZ_FIELD_TEXT) h->column[h->n_column++] = field[i].name;
  if (h->n_row == h->capacity) RZ_TRY(grow(h));
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

void rz_history_free(rz_history *h) {
  rz_free(&h->value);
  *h = (rz_history){0};
}
