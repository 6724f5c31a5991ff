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
  *out = (rz_comm){.mpi = mpi};
  RZ_MPI(MPI_Comm_rank(mpi, &out->rank));
  RZ_MPI(MPI_Comm_size(mpi, &out->size));
  return RZ_OK;
}

void rz_comm_count(const rz_comm *comm, rz_traffic_kind kind, int64_t bytes) {
  if (!comm->traffic) return;
  comm->traffic->calls[kind]++;
  comm->traffic->bytes[kind] += bytes;
}

rz_traffic rz_traffic_since(const rz_traffic *a, const rz_traffic *b) {
  rz_traffic t = *a;
  for (int k = 0; k < RZ_N_TRAFFIC; k++) {
    t.calls[k] -= b->calls[k];
    t.bytes[k] -= b->bytes[k];
  }
  return t;
}

static int64_t total(const int64_t x[RZ_N_TRAFFIC]) {
  int64_t sum = 0;
  for (int k = 0; k < RZ_N_TRAFFIC; k++) sum += x[k];
  return sum;
}

int64_t rz_traffic_calls(const rz_traffic *t) { return total(t->calls); }

int64_t rz_traffic_bytes(const rz_traffic *t) { return total(t->bytes); }

static rz_err reduce(const rz_comm *comm, int64_t n, void *x, size_t size, MPI_Datatype type, MPI_Op op) {
  for (int64_t i = 0; i < n; i += RZ_COMM_CHUNK) {
    const int count = (int)(n - i < RZ_COMM_CHUNK ? n - i : RZ_COMM_CHUNK);
    rz_comm_count(comm, RZ_SUM, count * (int64_t)size);
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
    rz_comm_count(comm, RZ_BROADCAST, count);
    RZ_MPI(MPI_Bcast((char *)x + i, count, MPI_BYTE, root, comm->mpi));
  }
  return RZ_OK;
}

rz_err rz_agree(const rz_comm *comm, rz_err rc) {
  /* Nothing is allocated here: this is how ranks learn that an allocation failed. */
  static _Thread_local char text[RZ_MESSAGE_SIZE];
  const int mine = rc == RZ_OK ? comm->size : comm->rank;
  int first = 0;
  rz_comm_count(comm, RZ_AGREE, sizeof mine);
  RZ_MPI(MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm->mpi));
  if (first == comm->size) return RZ_OK;
  int head[2] = {(int)rc, (int)strlen(rz_error_message())};
  RZ_TRY(rz_bcast(comm, first, sizeof head, head));
  if (comm->rank == first) memcpy(text, rz_error_message(), (size_t)head[1] + 1);
  RZ_TRY(rz_bcast(comm, first, head[1] + 1, text));
  if (comm->rank != first) rz_error_adopt(text);
  return (rz_err)head[0];
}

typedef struct layout {
  int *count, *first; /* of each rank */
} layout;

static rz_err layout_fill(const rz_comm *comm, int mine, layout *l) {
  rz_comm_count(comm, RZ_GATHER, comm->size * (int64_t)sizeof mine);
  RZ_MPI(MPI_Allgather(&mine, 1, MPI_INT, l->count, 1, MPI_INT, comm->mpi));
  int64_t end = 0;
  for (int r = 0; r < comm->size; r++) {
    RZ_TRY(rz_int(end, &l->first[r]));
    end += l->count[r];
  }
  return RZ_OK;
}

static rz_err gather_items(const rz_comm *comm, int mine, size_t elem, const layout *l, const void *x, void *all) {
  MPI_Datatype type;
  RZ_MPI(MPI_Type_contiguous((int)elem, MPI_BYTE, &type));
  RZ_MPI(MPI_Type_commit(&type));
  const int last = comm->size - 1;
  rz_comm_count(comm, RZ_GATHER, ((int64_t)l->first[last] + l->count[last]) * (int64_t)elem);
  const int code = MPI_Allgatherv(x, mine, type, all, l->count, l->first, type, comm->mpi);
  MPI_Type_free(&type);
  RZ_MPI(code);
  return RZ_OK;
}

rz_err rz_allgather(const rz_comm *comm, int64_t n_local, size_t elem, const void *x, void *all) {
  layout l = {0};
  int mine = 0;
  rz_err rc = rz_int(n_local, &mine);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &l.count);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &l.first);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, layout_fill(comm, mine, &l));
  RZ_TRY_DONE(rc, gather_items(comm, mine, elem, &l, x, all));
done:
  rz_free(&l.first);
  rz_free(&l.count);
  return rc;
}

rz_range rz_share(int64_t n_item, int rank, int size) {
  const int64_t each = n_item / size, extra = n_item % size;
  return (rz_range){.first = rank * each + (rank < extra ? rank : extra), .count = each + (rank < extra)};
}

rz_range rz_share_blocks(int64_t n_item, int64_t block, int rank, int size) {
  const rz_range mine = rz_share((n_item + block - 1) / block, rank, size);
  const int64_t first = mine.first * block, end = (mine.first + mine.count) * block;
  return (rz_range){.first = first < n_item ? first : n_item,
                    .count = mine.count > 0 ? (end < n_item ? end : n_item) - first : 0};
}

int rz_share_owner(int64_t n_item, int64_t i, int size) {
  const int64_t each = n_item / size, extra = n_item % size, big = extra * (each + 1);
  return (int)(i < big ? i / (each + 1) : extra + (i - big) / each);
}

/* Where the items common to mine and each rank's range lie in mine: range [size, 2], from which `side` is taken. */
static rz_err overlaps(int size, const rz_range *range, int side, rz_range mine, const layout *l) {
  for (int r = 0; r < size; r++) {
    const rz_range other = range[2 * r + side];
    const int64_t first = other.first > mine.first ? other.first : mine.first;
    const int64_t end_other = other.first + other.count, end_mine = mine.first + mine.count;
    const int64_t end = end_other < end_mine ? end_other : end_mine;
    RZ_TRY(rz_int(end > first ? end - first : 0, &l->count[r]));
    RZ_TRY(rz_int(end > first ? first - mine.first : 0, &l->first[r]));
  }
  return RZ_OK;
}

rz_err rz_exchange(const rz_comm *comm, int64_t elem, const void *x, const int *n_out, const int *first_out, void *y,
                   const int *n_in, const int *first_in) {
  MPI_Datatype type;
  int64_t sent = 0;
  int size = 0;
  RZ_TRY(rz_int(elem, &size));
  RZ_MPI(MPI_Type_contiguous(size, MPI_BYTE, &type));
  RZ_MPI(MPI_Type_commit(&type));
  for (int q = 0; q < comm->size; q++) sent += n_out[q];
  rz_comm_count(comm, RZ_EXCHANGE, sent * elem);
  const int code = MPI_Alltoallv(x, n_out, first_out, type, y, n_in, first_in, type, comm->mpi);
  MPI_Type_free(&type);
  RZ_MPI(code);
  return RZ_OK;
}

rz_err rz_redistribute(const rz_comm *comm, size_t elem, rz_range from, const void *x, rz_range to, void *y) {
  const int size = comm->size;
  const rz_range mine[2] = {from, to};
  rz_range *all = NULL;
  int *plan = NULL;
  rz_err rc = RZ_NEW(2 * size, &all);
  if (rc == RZ_OK) rc = RZ_NEW(4 * size, &plan);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  const layout send = {plan, plan + size}, receive = {plan + 2 * size, plan + 3 * size};
  RZ_TRY_DONE(rc, rz_allgather(comm, 2, sizeof *mine, mine, all));
  rc = overlaps(size, all, 1, from, &send);
  if (rc == RZ_OK) rc = overlaps(size, all, 0, to, &receive);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, rz_exchange(comm, (int64_t)elem, x, send.count, send.first, y, receive.count, receive.first));
done:
  rz_free(&plan);
  rz_free(&all);
  return rc;
}

rz_err rz_tree_sum(const rz_comm *comm, int64_t n_local, int64_t n_global, int64_t n, const double *x, double *sum) {
  double *all = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(n_global * n, &all)));
  RZ_TRY_DONE(rc, rz_allgather(comm, n_local, (size_t)n * sizeof *x, x, all));
  for (int64_t width = 1; width < n_global; width *= 2)
    for (int64_t i = 0; i + width < n_global; i += 2 * width)
      for (int64_t k = 0; k < n; k++) all[i * n + k] += all[(i + width) * n + k];
  for (int64_t k = 0; k < n; k++) sum[k] = n_global > 0 ? all[k] : 0.0;
done:
  rz_free(&all);
  return rc;
}
