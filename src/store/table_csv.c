#include "table_impl.h"

#include "ritz/core/memory.h"
#include "ritz/core/text_file.h"
#include <string.h>

static const int SKIP = -1; /* the column of a field that is ignored */

/* Names written by R and by spreadsheets come in quotes. */
static rz_word without_quotes(rz_word w) {
  const bool quoted = w.n >= 2 && w.s[0] == '"' && w.s[w.n - 1] == '"';
  return quoted ? (rz_word){w.s + 1, w.n - 2, w.column + 1} : w;
}

/* Spreadsheets begin a file with the byte order mark of UTF-8. */
static void skip_byte_order_mark(rz_text *text) {
  if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) text->next = 3;
}

static int count_fields(const rz_text *at_line) {
  rz_text text = *at_line;
  rz_word w;
  int n = 0;
  while (rz_text_field(&text, &w)) n++;
  return n;
}

/* column [n_field] of each field. */
static rz_err read_header(rz_table *t, rz_text *text, rz_table_ignore *ignore, int *column) {
  rz_word field;
  for (int k = 0; rz_text_field(text, &field); k++) {
    const rz_word name = without_quotes(field);
    double number;
    column[k] = SKIP;
    if (name.n == 0) return rz_text_fail(text, name.column, "column %d has no name", k + 1);
    if (rz_word_real(&name, &number))
      return rz_text_fail(text, name.column, "the first line names the columns; '%.*s' is a number", name.n, name.s);
    if (rz_table_ignored(ignore, name.s, name.n)) continue;
    if (rz_table_find(t, name.s, name.n) >= 0)
      return rz_text_fail(text, name.column, "there are two columns '%.*s'", name.n, name.s);
    column[k] = t->n_column;
    RZ_TRY(rz_table_add_column(t, name.s, name.n));
  }
  return RZ_OK;
}

static rz_err read_row(const rz_table *t, rz_text *text, int n_field, const int *column, double *row) {
  const int n = count_fields(text);
  if (n != n_field) return rz_text_fail(text, 1, "a row of %d values, under a header of %d columns", n, n_field);
  rz_word field;
  for (int k = 0; rz_text_field(text, &field); k++) {
    if (column[k] == SKIP || rz_word_real(&field, &row[column[k]])) continue;
    const char *name = t->name[column[k]];
    if (field.n == 0) return rz_text_fail(text, field.column, "column '%s' has no value here", name);
    return rz_text_fail(text, field.column, "column '%s': '%.*s' is no finite number", name,
                        field.n > 40 ? 40 : field.n, field.s);
  }
  return RZ_OK;
}

static int64_t count_lines(const rz_text *text) {
  int64_t n = 1;
  for (int64_t i = text->next; i < text->size; i++) n += text->data[i] == '\n';
  return n;
}

static rz_err read_rows(rz_table *t, rz_text *text, int n_field, const int *column) {
  const int64_t most = count_lines(text);
  RZ_TRY(RZ_NEW(most * t->n_column, &t->value));
  RZ_TRY(RZ_NEW(most, &t->line));
  for (; rz_text_line(text); t->n_row++) {
    t->line[t->n_row] = text->line;
    RZ_TRY(read_row(t, text, n_field, column, t->value + t->n_row * t->n_column));
  }
  if (t->n_row == 0) return rz_table_fail(t, -1, "no rows below the names of the columns");
  return RZ_OK;
}

static rz_err read_text(rz_table *t, rz_text *text, rz_table_ignore *ignore) {
  int *column = NULL;
  rz_err rc = RZ_OK;
  skip_byte_order_mark(text);
  if (!rz_text_line(text)) return rz_table_fail(t, -1, "the file is empty; its first line names the columns");
  const int n_field = count_fields(text);
  RZ_TRY(RZ_NEW(n_field, &column));
  RZ_TRY_DONE(rc, read_header(t, text, ignore, column));
  RZ_TRY_DONE(rc, read_rows(t, text, n_field, column));
done:
  rz_free(&column);
  return rc;
}

rz_err rz_table_read_csv(rz_table *t, rz_table_ignore *ignore) {
  rz_text text;
  RZ_TRY(rz_text_open(t->path, &text));
  const rz_err rc = read_text(t, &text, ignore);
  rz_text_close(&text);
  return rc;
}
