/* Data of motion: states with their time derivatives (for fields) or with the states one step later (for maps), made
 * from a built-in system or read from a file. Equal on every rank. */
#ifndef RITZ_LEARN_DATASET_H
#define RITZ_LEARN_DATASET_H

#include "ritz/core/config.h"
#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include "ritz/dynamics/system.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct rz_dataset {
  int n_degree;
  bool is_map;             /* targets are the states `step` later, not derivatives */
  double step;             /* of a map, else 0 */
  int64_t n_train, n_test; /* rows: those of training first */
  double *x, *target;      /* [n_train + n_test, 2 d] */
  double *clean;           /* the same states without noise; NULL: not known */
  double noise;            /* standard deviation that was added to the states; NaN: not known */
} rz_dataset;

const rz_option_group *rz_dataset_options(void); /* group "data" */

/* From group "data": by the system (borrowed; NULL without one: then a file must be named), or from the file, HDF5 or
 * CSV. is_map: what the law to be learned needs. Errors: reported at their key in the deck (RZ_ERR_DECK, RZ_ERR_INPUT):
 * file that cannot be read, wrong columns, unequal lengths, a number that is not finite (its row), fewer rows than are
 * asked for. Local, deterministic in the seed of &run. */
rz_err rz_dataset_create(rz_config *config, const rz_system *system, bool is_map, rz_dataset *out);
void rz_dataset_free(rz_dataset *d);

#endif
