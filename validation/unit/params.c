/* modules: linalg core */
/* The parameter vector's views, and the BLAS that is linked. */
#include "ritz/linalg/params.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <stdlib.h>
#include <string.h>

typedef struct seen {
  int n;
  int64_t numbers;
  const double *expected; /* where the next array must start */
} seen;

static rz_err visit(const rz_array *a, void *ctx) {
  seen *s = ctx;
  RZ_EXPECT(a->data == s->expected && !a->distributed);
  const int64_t n = rz_array_length(a) * (int64_t)(rz_array_type_size(a->type) / sizeof(double));
  s->expected += n;
  s->numbers += n;
  s->n++;
  return s->n == 3 ? RZ_ERR_IO : RZ_OK;
}

static void check_views(void) {
  const int64_t matrix[] = {3, 4}, vector[] = {5}, none[] = {0};
  rz_params p = {0};
  RZ_EXPECT_OK(rz_params_add(&p, "W", true, 2, matrix));
  RZ_EXPECT_OK(rz_params_add(&p, "b", false, 1, vector));
  RZ_EXPECT_OK(rz_params_add(&p, "scalar", false, 0, NULL));
  RZ_EXPECT_OK(rz_params_add(&p, "none", false, 1, none));
  RZ_EXPECT(rz_params_add(&p, "b", false, 1, vector) == RZ_ERR_ARG);
  RZ_EXPECT(rz_params_add(&p, "deep", false, 4, matrix) == RZ_ERR_ARG);
  RZ_EXPECT(p.n == 24 + 5 + 1 && p.n_view == 4);
  RZ_EXPECT(p.view[1].offset == 24 && p.view[2].offset == 29 && p.view[3].offset == 30);
  RZ_EXPECT(rz_view_length(&p.view[0]) == 12 && rz_view_length(&p.view[2]) == 1 && rz_view_length(&p.view[3]) == 0);
  RZ_EXPECT_OK(rz_params_allocate(&p));
  RZ_EXPECT(rz_params_allocate(&p) == RZ_ERR_ARG);
  RZ_EXPECT(rz_params_add(&p, "late", false, 1, vector) == RZ_ERR_ARG);
  for (int64_t k = 0; k < p.n; k++) RZ_EXPECT(p.value[k] == 0.0);
  RZ_EXPECT(rz_params_find(&p, "scalar") == 2 && rz_params_find(&p, "w") == -1);
  RZ_EXPECT(rz_params_real(&p, 1) == p.value + 24);
  seen s = {.expected = p.value};
  RZ_EXPECT(rz_params_each(&p, visit, &s) == RZ_ERR_IO); /* a visitor's error ends the walk */
  RZ_EXPECT(s.n == 3 && s.numbers == 30);
  rz_params_free(&p);
  RZ_EXPECT(p.n == 0 && p.value == NULL && p.n_view == 0);
  RZ_EXPECT(rz_params_add(&p, "a name as long as no view may have", false, 1, vector) == RZ_ERR_ARG);
  for (int i = 0; i < RZ_MAX_VIEW; i++) {
    char name[] = {(char)('A' + i / 26), (char)('a' + i % 26), '\0'};
    RZ_EXPECT_OK(rz_params_add(&p, name, false, 1, vector));
  }
  RZ_EXPECT(rz_params_find(&p, "Bc") == 28);
  RZ_EXPECT(rz_params_add(&p, "one more", false, 1, vector) == RZ_ERR_ARG);
  rz_params_free(&p);
}

static rz_err factorise(double a00) {
  double a[] = {a00, 1.0, 1.0, 2.0};
  RZ_LAPACK(LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', 2, a, 2));
  return RZ_OK;
}

static rz_err wrong_argument(void) {
  RZ_LAPACK((lapack_int)-4); /* a routine's complaint of its fourth argument */
  return RZ_OK;
}

int main(void) {
  check_views();
  RZ_EXPECT(strlen(rz_blas_setup()) > 0);
  const char *advice = rz_blas_advice();
  RZ_EXPECT(!advice || strlen(advice) > 0);
  if (advice && setenv("OPENBLAS_CORETYPE", advice, 1) == 0 && rz_blas_choose_again())
    RZ_EXPECT(rz_blas_advice() == NULL);
  RZ_EXPECT_OK(factorise(2.0));
  RZ_EXPECT(factorise(0.1) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "info = 2") != NULL);
  RZ_EXPECT(wrong_argument() == RZ_ERR_INTERNAL);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
