/* The communicator, agreement on errors, and the partition of fixed blocks over ranks. */
#ifndef RITZ_CORE_COMM_H
#define RITZ_CORE_COMM_H

#include "ritz/core/error.h"
#include <mpi.h>
#include <stdint.h>

/* What a rank has communicated, per kind of collective call: the number of calls, and the bytes of
 *   sum        the vector that is reduced, maxima included
 *   gather     the parts of all ranks together
 *   broadcast  the message
 *   exchange   what this rank sends, its own share included
 *   agree      the flag, four bytes
 * None of them depends on how MPI does it; what ScaLAPACK, PETSc and SLEPc send of themselves is not in it. */
typedef enum rz_traffic_kind { RZ_SUM, RZ_GATHER, RZ_BROADCAST, RZ_EXCHANGE, RZ_AGREE, RZ_N_TRAFFIC } rz_traffic_kind;

typedef struct rz_traffic {
  int64_t calls[RZ_N_TRAFFIC], bytes[RZ_N_TRAFFIC];
} rz_traffic;

/* a - b, kind by kind. */
rz_traffic rz_traffic_since(const rz_traffic *a, const rz_traffic *b);
/* Over all kinds. */
int64_t rz_traffic_calls(const rz_traffic *t);
int64_t rz_traffic_bytes(const rz_traffic *t);

typedef struct rz_comm {
  MPI_Comm mpi; /* borrowed from the caller */
  int rank, size;
  rz_traffic *traffic; /* counted here, borrowed; shared by copies; NULL: not counted */
} rz_comm;

/* Describe a communicator, whose traffic is not counted unless the caller sets `traffic`. Local. */
rz_err rz_comm_wrap(MPI_Comm mpi, rz_comm *out);

/* Count a call that is made of MPI directly. Local. */
void rz_comm_count(const rz_comm *comm, rz_traffic_kind kind, int64_t bytes);

/* All ranks learn whether any failed: returns RZ_OK if rc is RZ_OK on every rank, else the code of the lowest failing
 * rank, whose message every rank adopts. Collective; one reduction when all is well. */
rz_err rz_agree(const rz_comm *comm, rz_err rc);

/* Numbers per call: small enough for int counts and for the shared-memory transports' fast range. */
enum { RZ_COMM_CHUNK = 1 << 20 };

/* In-place sums, maxima and broadcasts of any length; the first two in calls of RZ_COMM_CHUNK numbers. Collective. */
rz_err rz_sum(const rz_comm *comm, int64_t n, double *x);
rz_err rz_sum_i64(const rz_comm *comm, int64_t n, int64_t *x);
rz_err rz_max(const rz_comm *comm, int64_t n, double *x);
rz_err rz_bcast(const rz_comm *comm, int root, int64_t bytes, void *x);
/* Concatenate x[n_local] of all ranks in rank order into all[sum of n_local], on every rank. elem = bytes each.
 * Collective. */
rz_err rz_allgather(const rz_comm *comm, int64_t n_local, size_t elem, const void *x, void *all);
/* Send the items first_out[q] ... of x, n_out[q] of them, to each rank q, and receive n_in[q] of it at first_in[q] of
 * y; items of elem bytes, at most INT_MAX. Collective. */
rz_err rz_exchange(const rz_comm *comm, int64_t elem, const void *x, const int *n_out, const int *first_out, void *y,
                   const int *n_in, const int *first_in);
/* Convert a 64-bit count for MPI; RZ_ERR_ARG if it does not fit. */
rz_err rz_int(int64_t n, int *out);

/* Contiguous share of n_item items that rank owns: first = start, count = number. Differ by at most one. */
typedef struct rz_range {
  int64_t first, count;
} rz_range;
rz_range rz_share(int64_t n_item, int rank, int size);
/* The same in whole blocks of `block` items; the last of all may be shorter. */
rz_range rz_share_blocks(int64_t n_item, int64_t block, int rank, int size);
/* Rank that owns item i of n_item. */
int rz_share_owner(int64_t n_item, int64_t i, int size);

/* Move items of elem bytes from one contiguous distribution to another: x holds the items `from` of this rank, y
 * receives the items `to`. Both go in rank order over the same items. Collective. */
rz_err rz_redistribute(const rz_comm *comm, size_t elem, rz_range from, const void *x, rz_range to, void *y);

/* Sum of n-vectors over items that ranks hold in rank order, by one fixed binary tree over the global order: the bits
 * depend neither on the number of ranks nor on how many items each holds.
 *   n_local   items of this rank, n_global of all
 *   x         [n_local, n]
 *   sum       out [n], equal on every rank; 0 without items
 * Collective. Gathers n_global * n doubles on every rank: for statistics, not for gradients. */
rz_err rz_tree_sum(const rz_comm *comm, int64_t n_local, int64_t n_global, int64_t n, const double *x, double *sum);

/* RZ_MPI(call): a failing MPI call becomes an rz_err with MPI's own text. */
rz_err rz_mpi_error(int code, const char *file, int line, const char *func);
#define RZ_MPI(call)                                                                                                   \
  do {                                                                                                                 \
    const int rz_mpi_ = (call);                                                                                        \
    if (rz_mpi_ != MPI_SUCCESS) return rz_mpi_error(rz_mpi_, __FILE__, __LINE__, __func__);                            \
  } while (0)

#endif
