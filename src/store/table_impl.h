/* What the readers of tables share. */
#ifndef RITZ_STORE_TABLE_IMPL_H
#define RITZ_STORE_TABLE_IMPL_H

#include "ritz/store/table.h"
#include <stdbool.h>

/* Names of columns that are to be left unread, and which of them were met. */
typedef struct rz_table_ignore {
  int n;
  const char *const *name;
  bool *met; /* [n] */
} rz_table_ignore;

/* As rz_table_column, of a name that is not terminated. */
int rz_table_find(const rz_table *t, const char *name, int n_char);
/* Is this name to be ignored? Then it is met. */
bool rz_table_ignored(rz_table_ignore *ignore, const char *name, int n_char);
/* Append a column, without values. RZ_ERR_DECK for a name that is there already. */
rz_err rz_table_add_column(rz_table *t, const char *name, int n_char);

rz_err rz_table_read_csv(rz_table *t, rz_table_ignore *ignore);
rz_err rz_table_read_hdf5(rz_table *t, rz_table_ignore *ignore);

#endif
