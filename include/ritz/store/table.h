/* Tables of numbers that users bring: named columns of equal length, in a CSV or an HDF5 file (docs/data-files.md).
 *
 * CSV: a line of names, then a line per row; commas separate, '#' and '!' begin comments. HDF5 (the name ends in .h5 or
 * .hdf5): datasets of integers or reals in the root group; one of shape [rows] is a column of its name, one of shape
 * [rows, m] the columns NAME1 .. NAMEm. Local; no communication. */
#ifndef RITZ_STORE_TABLE_H
#define RITZ_STORE_TABLE_H

#include "ritz/core/error.h"
#include <stdint.h>

typedef struct rz_table {
  char *path;
  int n_column;
  int64_t n_row; /* at least 1 */
  char **name;   /* [n_column], each once */
  double *value; /* [n_row, n_column], all finite */
  int64_t *line; /* [n_row], where a row stands in a CSV file; NULL for HDF5 */
} rz_table;

/* Read a file but for the columns (of HDF5: the objects) named in ignore, which may hold anything. Owner: the caller,
 * by rz_table_free, also after an error. Errors: RZ_ERR_INPUT for a file that cannot be read; RZ_ERR_DECK for what it
 * says, with line or row, column and value: no header, a name twice, a row too short or too long, no number, one that
 * is not finite, datasets of unequal lengths or of another shape or type, no rows, an ignored name that is not there.
 */
rz_err rz_table_read(const char *path, int n_ignore, const char *const *ignore, rz_table *out);
void rz_table_free(rz_table *t);

/* Number of a column, -1 if there is none of this name. */
int rz_table_column(const rz_table *t, const char *name);
/* Record "FILE: MESSAGE", with line (CSV) or row (from 1) if row >= 0; returns RZ_ERR_DECK. */
rz_err rz_table_fail(const rz_table *t, int64_t row, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
