/* Line-oriented input files (terms, edges, tables): words or fields with their place, and errors that show the line.
 * Local; no communication. */
#ifndef RITZ_CORE_TEXT_FILE_H
#define RITZ_CORE_TEXT_FILE_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_text {
  char *path, *data;           /* owned */
  int64_t size, next, at, end; /* next line; place in the current line and its end (comment cut off) */
  int64_t begin;               /* start of the current line */
  int line;                    /* its number, from 1 */
} rz_text;

typedef struct rz_word {
  const char *s; /* not terminated */
  int n, column; /* column from 1 */
} rz_word;

/* RZ_ERR_INPUT if the file cannot be read. */
rz_err rz_text_open(const char *path, rz_text *t);
void rz_text_close(rz_text *t);
/* Go to the next line that holds more than blanks and comments ('!' or '#' to the end of the line); false at the end.
 */
bool rz_text_line(rz_text *t);
/* Next word of the line: blanks separate; a parenthesis that opens a word runs to its closing one. False at the end of
 * the line, with the word's column behind it. */
bool rz_text_word(rz_text *t, rz_word *w);
/* Next of the line's fields, which commas separate; blanks around it are cut off, and it may be empty. False after the
 * last one. */
bool rz_text_field(rz_text *t, rz_word *w);
/* Record "file:line:column: message", the line and a mark under the column; returns RZ_ERR_DECK. */
rz_err rz_text_fail(const rz_text *t, int column, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Whole words as numbers; false if the word is anything else or does not fit. Reals are finite; 1d0 is 1e0. */
bool rz_word_int(const rz_word *w, int64_t min, int64_t max, int64_t *out);
bool rz_word_real(const rz_word *w, double *out);

#endif
