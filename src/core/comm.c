#include "ritz/core/comm.h"

#include "ritz/core/memory.h"
#include <limits.h>
#include <string.h>

rz_err rz_mpi_error(int code, const char *file, int line, const char *func) {
  char text[MPI_MAX_ERROR_STRING];
  int n = 0;
  MPI_Error_string(code, text, &n);
  return rz_error_set(RZ_ERR_ENV, file, line, func, "MPI failed: %.*s", n, text);
}

rz_err rz_int(int64_t n, int *out) {
  RZ_CHECK(n >= 0 && n <= INT_MAX, RZ_ERR_ARG, "a count of %lld does not fit an MPI call", (long long)n);
  *out = (int)n;
  return RZ_OK;
}

rz_err rz_comm_wrap(MPI_Comm mpi, rz_comm *out) {
  out->mpi = mpi;
  RZ_MPI(MPI_Comm_rank(mpi, &out->rank));
  RZ_MPI(MPI_Comm_size(mpi, &out->size));
  return RZ_OK;
}

rz_err rz_agree(const rz_comm *comm, rz_err rc) {
  const int mine = rc == RZ_OK ? comm->size : comm->rank;
  int first = 0;
  RZ_MPI(MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm->mpi));
  if (first == comm->size) return RZ_OK;
  int head[2] = {(int)rc, (int)strlen(rz_error_message())};
  RZ_MPI(MPI_Bcast(head, 2, MPI_INT, first, comm->mpi));
  char *text = NULL;
  RZ_TRY(rz_malloc(head[1] + 1, 1, (void **)&text));
  if (comm->rank == first) memcpy(text, rz_error_message(), (size_t)head[1]);
  text[head[1]] = '\0';
  const int failed = MPI_Bcast(text, head[1], MPI_CHAR, first, comm->mpi);
  if (comm->rank != first && failed == MPI_SUCCESS) rz_error_adopt(text);
  rz_free(&text);
  return (rz_err)head[0];
}

/* Elements per MPI call: small enough for int counts and for the shared-memory transports' fast range. */
enum { CHUNK = 1 << 20 };

static rz_err reduce(const rz_comm *comm, int64_t n, void *x, size_t size, MPI_Datatype type, MPI_Op op) {
  for (int64_t i = 0; i < n; i += CHUNK) {
    const int count = (int)(n - i < CHUNK ? n - i : CHUNK);
    RZ_MPI(MPI_Allreduce(MPI_IN_PLACE, (char *)x + (size_t)i * size, count, type, op, comm->mpi));
  }
  return RZ_OK;
}

rz_err rz_sum(const rz_comm *comm, int64_t n, double *x) { return reduce(comm, n, x, sizeof *x, MPI_DOUBLE, MPI_SUM); }

rz_err rz_sum_i64(const rz_comm *comm, int64_t n, int64_t *x) {
  return reduce(comm, n, x, sizeof *x, MPI_INT64_T, MPI_SUM);
}

rz_err rz_max(const rz_comm *comm, int64_t n, double *x) { return reduce(comm, n, x, sizeof *x, MPI_DOUBLE, MPI_MAX); }

rz_err rz_bcast(const rz_comm *comm, int root, int64_t bytes, void *x) {
  for (int64_t i = 0; i < bytes; i += INT_MAX) {
    const int count = (int)(bytes - i < INT_MAX ? bytes - i : INT_MAX);
    RZ_MPI(MPI_Bcast((char *)x + i, count, MPI_BYTE, root, comm->mpi));
  }
  return RZ_OK;
}

rz_err rz_allgather(const rz_comm *comm, int64_t n_local, size_t elem, const void *x, void *all) {
  int *count = NULL, *first = NULL;
  MPI_Datatype type = MPI_DATATYPE_NULL;
  rz_err rc = RZ_OK;
  int mine = 0;
  RZ_TRY(rz_int(n_local, &mine));
  RZ_TRY_DONE(rc, RZ_NEW(comm->size, &count));
  RZ_TRY_DONE(rc, RZ_NEW(comm->size, &first));
  MPI_Type_contiguous((int)elem, MPI_BYTE, &type);
  MPI_Type_commit(&type);
  MPI_Allgather(&mine, 1, MPI_INT, count, 1, MPI_INT, comm->mpi);
  int64_t total = 0;
  for (int r = 0; r < comm->size; r++) {
    RZ_TRY_DONE(rc, rz_int(total, &first[r]));
    total += count[r];
  }
  const int failed = MPI_Allgatherv(x, mine, type, all, count, first, type, comm->mpi);
  if (failed != MPI_SUCCESS) rc = rz_mpi_error(failed, __FILE__, __LINE__, __func__);
done:
  if (type != MPI_DATATYPE_NULL) MPI_Type_free(&type);
  rz_free(&first);
  rz_free(&count);
  return rc;
}

rz_range rz_share(int64_t n_item, int rank, int size) {
  const int64_t each = n_item / size, extra = n_item % size;
  return (rz_range){.first = rank * each + (rank < extra ? rank : extra), .count = each + (rank < extra)};
}

int rz_share_owner(int64_t n_item, int64_t i, int size) {
  const int64_t each = n_item / size, extra = n_item % size, big = extra * (each + 1);
  return (int)(i < big ? i / (each + 1) : extra + (i - big) / each);
}

rz_err rz_sum_blocks(const rz_comm *comm, int64_t n_block, int64_t n, const double *x, double *sum) {
  double *all = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n_block * n, &all));
  const rz_range mine = rz_share(n_block, comm->rank, comm->size);
  RZ_TRY_DONE(rc, rz_allgather(comm, mine.count, (size_t)n * sizeof *x, x, all));
  for (int64_t width = 1; width < n_block; width *= 2)
    for (int64_t i = 0; i + width < n_block; i += 2 * width)
      for (int64_t k = 0; k < n; k++) all[i * n + k] += all[(i + width) * n + k];
  for (int64_t k = 0; k < n; k++) sum[k] = n_block > 0 ? all[k] : 0.0;
done:
  rz_free(&all);
  return rc;
}
