/* One flat parameter vector with named views. All parameters are real numbers; a complex parameter is a pair (Re, Im).
 * Replicated on every rank. Local; no communication. */
#ifndef RITZ_LINALG_PARAMS_H
#define RITZ_LINALG_PARAMS_H

#include "ritz/core/array.h"
#include "ritz/core/error.h"
#include <stdbool.h>
#include <stdint.h>

enum { RZ_MAX_VIEW = 64, RZ_VIEW_NAME_SIZE = 32 };

typedef struct rz_view {
  char name[RZ_VIEW_NAME_SIZE]; /* "W", "b" */
  int n_dim;
  int64_t shape[3]; /* of elements; last index fastest */
  bool is_complex;  /* elements are pairs: 2 numbers each */
  int64_t offset;   /* first number in value[] */
} rz_view;

typedef struct rz_params {
  int64_t n;     /* real numbers in all */
  double *value; /* [n] */
  int n_view;
  rz_view view[RZ_MAX_VIEW];
} rz_params;

/* Build: add views (the name is copied), then allocate (zeroed). Free clears. */
rz_err rz_params_add(rz_params *p, const char *name, bool is_complex, int n_dim, const int64_t *shape);
rz_err rz_params_allocate(rz_params *p);
void rz_params_free(rz_params *p);
/* Index of the view of that name, or -1. */
int rz_params_find(const rz_params *p, const char *name);
int64_t rz_view_length(const rz_view *v);             /* elements */
double *rz_params_real(const rz_params *p, int view); /* first number of a view */
/* One array per view, named by the view; complex views as RZ_C64. */
rz_err rz_params_each(const rz_params *p, rz_array_visit *visit, void *ctx);

#endif
