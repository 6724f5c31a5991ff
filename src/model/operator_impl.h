/* The operator's two lives: a growing list of Pauli strings, then frozen flip sets. */
#ifndef RITZ_MODEL_OPERATOR_IMPL_H
#define RITZ_MODEL_OPERATOR_IMPL_H

#include "ritz/model/operator.h"

/* coef * X^F Z^Z: multiply by prod_{i in Z} s_i, then flip F. Its sites lie in a pool: F ascending, then Z ascending.
 */
typedef struct rz_string {
  double complex coef;
  double scale; /* sum of the sizes of what was added up here */
  int64_t at;
  int32_t n_flip, n_z;
} rz_string;

struct rz_operator {
  int n_site;
  bool finished;
  bool keeps_sz, stoquastic; /* from rz_operator_survey */
  rz_string *string;         /* while growing */
  int64_t n_string, cap_string;
  int32_t *pool;
  int64_t n_pool, cap_pool;
  rz_flip_set *set; /* when finished: n_set flip sets, pointing into the arrays below */
  int64_t n_set;
  int32_t *flip_site; /* [sum of n_flip] */
  double complex *coef;
  int32_t *first;
  int32_t *zsite;
  int32_t *like_end;
};

/* Find out what holds for every configuration; after finishing and after each rotation. */
rz_err rz_operator_survey(rz_operator *op);

#endif
