#include "tree.h"

#include "ritz/core/memory.h"

rz_err rz_tree_sum(const rz_comm *comm, int64_t n_local, int64_t n_global, int64_t n, const double *x, double *sum) {
  double *all = NULL;
  rz_err rc = rz_agree(comm, RZ_NEW(n_global * n, &all));
  if (rc != RZ_OK) goto done;
  RZ_TRY_DONE(rc, rz_allgather(comm, n_local, (size_t)n * sizeof *x, x, all));
  for (int64_t width = 1; width < n_global; width *= 2)
    for (int64_t i = 0; i + width < n_global; i += 2 * width)
      for (int64_t k = 0; k < n; k++) all[i * n + k] += all[(i + width) * n + k];
  for (int64_t k = 0; k < n; k++) sum[k] = n_global > 0 ? all[k] : 0.0;
done:
  rz_free(&all);
  return rc;
}
