#include "spread.h"

#include "ritz/core/memory.h"

static rz_err check_array(const rz_array *a) {
  const int least = a->distributed ? 1 : 0;
  RZ_CHECK(a->n_dim >= least && a->n_dim <= 4, RZ_ERR_ARG, "state array '%s' has %d dimensions; %d to 4 are kept",
           a->name, a->n_dim, least);
  for (int d = 0; d < a->n_dim; d++)
    RZ_CHECK(a->shape[d] >= 0, RZ_ERR_ARG, "state array '%s' has extent %lld", a->name, (long long)a->shape[d]);
  RZ_CHECK(a->data || rz_array_length(a) == 0, RZ_ERR_ARG, "state array '%s' has no data", a->name);
  return RZ_OK;
}

/* Every other extent is the same on every rank. The first counts a rank's own items or is the same too. */
static rz_err compare(const rz_comm *comm, const rz_array *part, const int64_t *shapes) {
  for (int q = 0; q < comm->size; q++)
    for (int d = part->distributed ? 1 : 0; d < part->n_dim; d++)
      RZ_CHECK(shapes[4 * q + d] == part->shape[d], RZ_ERR_ARG, "state array '%s' has other extents on rank %d",
               part->name, q);
  return RZ_OK;
}

static void share_out(const rz_comm *comm, const rz_array *part, const int64_t *shapes, rz_spread *plan) {
  int64_t total = 0;
  for (int q = 0; q < comm->size; q++) {
    if (q == comm->rank) plan->mine = (rz_range){total, part->shape[0]};
    total += shapes[(size_t)4 * (size_t)q];
  }
  plan->whole.shape[0] = total;
  plan->on_root = comm->rank == 0 ? (rz_range){0, total} : (rz_range){total, 0};
  plan->row = rz_array_type_size(part->type);
  for (int d = 1; d < part->n_dim; d++) plan->row *= (size_t)part->shape[d];
}

rz_err rz_spread_plan(const rz_comm *comm, const rz_array *part, rz_spread *plan) {
  int64_t *shapes = NULL;
  rz_err rc = check_array(part);
  *plan = (rz_spread){.whole = *part};
  plan->whole.data = NULL;
  if (rc == RZ_OK) rc = RZ_NEW(4 * comm->size, &shapes);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, rz_allgather(comm, 4, sizeof *part->shape, part->shape, shapes));
  RZ_TRY_DONE(rc, rz_agree(comm, compare(comm, part, shapes)));
  if (part->distributed) share_out(comm, part, shapes, plan);
done:
  rz_free(&shapes);
  return rc;
}

static bool is_empty(const rz_spread *plan) { return rz_array_length(&plan->whole) == 0; }

rz_err rz_spread_gather(const rz_comm *comm, const rz_spread *plan, const void *part, void *whole) {
  return is_empty(plan) ? RZ_OK : rz_redistribute(comm, plan->row, plan->mine, part, plan->on_root, whole);
}

rz_err rz_spread_scatter(const rz_comm *comm, const rz_spread *plan, const void *whole, void *part) {
  return is_empty(plan) ? RZ_OK : rz_redistribute(comm, plan->row, plan->on_root, whole, plan->mine, part);
}
