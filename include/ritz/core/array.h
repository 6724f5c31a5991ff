/* Named arrays: how every stateful object shows what an exact resume needs, without knowing where it is stored.
 * Local; no communication. */
#ifndef RITZ_CORE_ARRAY_H
#define RITZ_CORE_ARRAY_H

#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum rz_array_type { RZ_F64, RZ_C64, RZ_I8, RZ_I32, RZ_I64, RZ_U64 } rz_array_type;

typedef struct rz_array {
  const char *name; /* "walkers/spin": path below the owner's group */
  rz_array_type type;
  int n_dim;
  int64_t shape[4]; /* local shape; last index fastest */
  bool distributed; /* first index runs over a rank's own items, ranks in order; else equal on every rank */
  void *data;       /* borrowed: read to save, written to restore */
} rz_array;

size_t rz_array_type_size(rz_array_type type);
int64_t rz_array_length(const rz_array *a);

/* Called once per array, in a fixed order. */
typedef rz_err rz_array_visit(const rz_array *array, void *ctx);

/* Visits the arrays of an object, or of several in turn. The same walk saves and restores: where a size may have grown
 * (rows of a history, samples drawn) it visits the count first, makes room for that count, which is nothing to do when
 * saving, and then visits the data. */
typedef rz_err rz_state_walk(void *ctx, rz_array_visit *visit, void *visit_ctx);

/* Show one number, equal on every rank. */
rz_err rz_visit_f64(const char *name, double *x, rz_array_visit *visit, void *ctx);
rz_err rz_visit_i64(const char *name, int64_t *x, rz_array_visit *visit, void *ctx);

#endif
