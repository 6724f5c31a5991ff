/* The single numbers besides the energy that points measured. */
#ifndef RITZ_STUDY_SWEEP_OBSERVED_H
#define RITZ_STUDY_SWEEP_OBSERVED_H

#include "ritz/store/results.h"

enum { RZ_OBSERVED_NAME = 64 };

typedef struct rz_observed {
  char name[RZ_OBSERVED_NAME]; /* "sx", "vison/m2": below /observables */
  char unit[32];
  double mean, error;
} rz_observed;

/* A list; owner: the caller, by rz_observed_free. */
typedef struct rz_observed_list {
  int n;
  rz_observed *item;
} rz_observed_list;

/* All observables of a results file that are one number each; none if it measured none. Local. */
rz_err rz_observed_read(const rz_stored *f, rz_observed_list *out);
void rz_observed_free(rz_observed_list *list);
/* The item of this name, or NULL. */
const rz_observed *rz_observed_find(const rz_observed_list *list, const char *name);
/* Append what is new by its name. */
rz_err rz_observed_merge(rz_observed_list *list, const rz_observed_list *with);

#endif
