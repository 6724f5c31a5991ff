/* Total spin: <S^2> = 3 N / 4 + 2 sum_{i<j} <S_i S_j> with spin-1/2 operators, S(S + 1) of a state of total spin S. */
#include "observable_impl.h"

/* Spin-1/2 operators whatever the deck's units: S(S + 1) has one meaning. */
static rz_err init_s2(rz_observable *o) {
  RZ_TRY(rz_observable_operators(o, 1));
  RZ_TRY(rz_operator_add(o->op[0], 0.75 * o->n_site, 0, NULL));
  for (int32_t i = 0; i < o->n_site; i++)
    for (int32_t j = i + 1; j < o->n_site; j++)
      for (const char *c = "xyz"; *c; c++) {
        const rz_local product[2] = {{i, *c}, {j, *c}};
        RZ_TRY(rz_operator_add(o->op[0], 2.0, 2, product));
      }
  return rz_observable_scalar(o, "s2", "total spin <S^2> = S(S + 1), spin-1/2 operators", "spin^2");
}

static void finish_s2(const rz_observable *o, const double *raw, double *value) {
  (void)o;
  value[0] = raw[0];
}

const rz_observable_class rz_observable_s2 = {
    .name = "s2", .about = "total spin <S^2> = S(S + 1)", .cite = "", .init = init_s2, .finish = finish_s2};
