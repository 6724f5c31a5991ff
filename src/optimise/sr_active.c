#include "sr_impl.h"

#include "ritz/core/memory.h"
#include <math.h>

rz_err rz_sr_counts(const rz_comm *comm, int64_t n, int64_t **all) {
  RZ_TRY(rz_agree(comm, RZ_NEW(comm->size, all)));
  return rz_allgather(comm, 1, sizeof n, &n, *all);
}

rz_err rz_sr_active_init(rz_sr_active *a, const rz_comm *comm, const rz_jacobian *j) {
  rz_err rc = RZ_NEW(rz_jacobian_n(j), &a->sample);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &a->first);
  RZ_TRY(rz_agree(comm, rc));
  for (int64_t i = 0; i < rz_jacobian_n(j); i++)
    if (rz_jacobian_weight(j, i) > 0.0) a->sample[a->n++] = i;
  RZ_TRY(rz_sr_counts(comm, a->n, &a->n_all));
  for (int q = 0; q < comm->size; q++) {
    a->first[q] = a->n_total;
    a->n_total += a->n_all[q];
  }
  return RZ_OK;
}

void rz_sr_active_free(rz_sr_active *a) {
  rz_free(&a->sample);
  rz_free(&a->n_all);
  rz_free(&a->first);
}

void rz_sr_active_take(const rz_sr_active *a, const rz_jacobian *j, const double *rows, double *own) {
  const int64_t n = rz_jacobian_n(j), n_comp = rz_jacobian_n_comp(j);
  for (int64_t k = 0; k < a->n; k++)
    for (int64_t c = 0; c < n_comp; c++)
      own[k * n_comp + c] = sqrt(rz_jacobian_weight(j, a->sample[k])) * rows[c * n + a->sample[k]];
}

void rz_sr_active_put(const rz_sr_active *a, const rz_jacobian *j, const double *own, double *rows) {
  const int64_t n = rz_jacobian_n(j), n_comp = rz_jacobian_n_comp(j);
  for (int64_t k = 0; k < a->n; k++)
    for (int64_t c = 0; c < n_comp; c++)
      rows[c * n + a->sample[k]] = sqrt(rz_jacobian_weight(j, a->sample[k])) * own[k * n_comp + c];
}
