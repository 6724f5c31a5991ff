#include "ed_alone.h"

#include "ritz/core/memory.h"
#include "ritz/solve/session.h"
#include <stdio.h>
#include <string.h>

/* Names of solvers and products are constants of the program: on other ranks they lie elsewhere. */
static rz_err share_name(const rz_comm *comm, const char *const *known, int n, const char **name) {
  int64_t which = 0;
  while (comm->rank == 0 && which < n - 1 && strcmp(known[which], *name) != 0) which++;
  RZ_TRY(rz_bcast(comm, 0, sizeof which, &which));
  *name = known[which];
  return RZ_OK;
}

static rz_err share_levels(const rz_comm *comm, rz_ed_result *r) {
  const int64_t bytes = r->n_level * (int64_t)sizeof(double);
  rz_err rc = RZ_OK;
  if (comm->rank > 0) {
    r->energy = r->residual = NULL;
    r->vector = NULL;
    r->bytes = 0;
    rc = RZ_NEW(r->n_level, &r->energy);
    if (rc == RZ_OK) rc = RZ_NEW(r->n_level, &r->residual);
  }
  RZ_TRY(rz_agree(comm, rc));
  RZ_TRY(rz_bcast(comm, 0, bytes, r->energy));
  return rz_bcast(comm, 0, bytes, r->residual);
}

/* Rank 0 holds all rows of every vector. */
static rz_err share_vectors(const rz_comm *comm, rz_ed_result *r) {
  const rz_range from = {0, comm->rank == 0 ? r->dim : 0}, share = rz_share(r->dim, comm->rank, comm->size);
  double complex *mine = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(r->n_level * share.count, &mine)));
  for (int k = 0; k < r->n_level; k++)
    RZ_TRY_DONE(rc, rz_redistribute(comm, sizeof *mine, from, r->vector ? r->vector + k * r->dim : NULL, share,
                                    mine + k * share.count));
  rz_free(&r->vector);
  r->vector = mine;
  mine = NULL;
done:
  rz_free(&mine);
  return rc;
}

rz_err rz_ed_solve_on_one_rank(const rz_ed_spec *spec, rz_ed_solver *solve, const rz_comm *comm, rz_ed_result *out) {
  static const char *const solvers[] = {"dense", "lanczos", "slepc"}, *const products[] = {"halves", "rows"};
  rz_comm self;
  rz_err rc = rz_comm_wrap(MPI_COMM_SELF, &self);
  memset(out, 0, sizeof *out);
  /* The solver of rank 0 may be PETSc's, which starts on all ranks or on none. */
  RZ_TRY(rz_agree(comm, rz_petsc_start()));
  if (rc == RZ_OK && comm->rank == 0) rc = solve(spec, &self, out);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  rz_ed_result shared = *out;
  RZ_TRY_DONE(rc, rz_bcast(comm, 0, sizeof shared, &shared));
  if (comm->rank > 0) *out = shared;
  RZ_TRY_DONE(rc, share_levels(comm, out));
  RZ_TRY_DONE(rc, share_name(comm, solvers, 3, &out->solver));
  RZ_TRY_DONE(rc, share_name(comm, products, 2, &out->product));
  if (spec->with_vectors) RZ_TRY_DONE(rc, share_vectors(comm, out));
done:
  if (rc != RZ_OK) rz_ed_result_free(out);
  return rc;
}
