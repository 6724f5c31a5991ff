/* What the sources of data share. */
#ifndef RITZ_LEARN_DATASET_IMPL_H
#define RITZ_LEARN_DATASET_IMPL_H

#include "ritz/learn/dataset.h"
#include "ritz/store/table.h"

#define RZ_DATA_GROUP "data"

/* Room for n rows, all of them n_train; clean only if wanted. */
rz_err rz_dataset_reserve(rz_dataset *d, int n_degree, int64_t n, bool with_clean);

/* The sources fill everything but the split into training and test. */
rz_err rz_dataset_from_system(rz_config *config, const rz_system *system, rz_dataset *d);
rz_err rz_dataset_from_file(rz_config *config, const rz_system *system, rz_dataset *d);

/* Which columns of a table hold what: states by their names. */
typedef enum rz_state_kind { RZ_STATE, RZ_DERIVATIVE, RZ_NEXT, RZ_CLEAN, RZ_N_STATE_KIND } rz_state_kind;
typedef struct rz_columns {
  int n_degree;
  int *state[RZ_N_STATE_KIND]; /* [2 d] each; NULL: the table has none; RZ_STATE is always there */
  int time, trajectory;        /* -1: none */
} rz_columns;

/* Errors: RZ_ERR_DECK, naming the column that is missing or not known. Owner: the caller, by rz_columns_free, also
 * after an error. */
rz_err rz_columns_find(const rz_table *t, rz_columns *out);
void rz_columns_free(rz_columns *c);

#endif
