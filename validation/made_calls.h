/* The collective calls that a test program really makes on MPI_COMM_WORLD, whoever makes them: MPI's profiling
 * interface, counted as rz_comm counts. Include in the one file of a program. */
#ifndef RITZ_VALIDATION_MADE_CALLS_H
#define RITZ_VALIDATION_MADE_CALLS_H

#include "ritz/core/comm.h"

static rz_traffic rz_made;

static void rz_made_add(MPI_Comm comm, rz_traffic_kind kind, int64_t count, MPI_Datatype type) {
  int size = 0;
  if (comm != MPI_COMM_WORLD) return;
  MPI_Type_size(type, &size);
  rz_made.calls[kind]++;
  rz_made.bytes[kind] += count * size;
}

static int64_t rz_made_total(MPI_Comm comm, const int *n) {
  int size = 0;
  int64_t sum = 0;
  MPI_Comm_size(comm, &size);
  for (int q = 0; q < size; q++) sum += n ? n[q] : 1;
  return sum;
}

int MPI_Allreduce(const void *x, void *y, int n, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  rz_made_add(comm, op == MPI_MIN && type == MPI_INT ? RZ_AGREE : RZ_SUM, n, type);
  return PMPI_Allreduce(x, y, n, type, op, comm);
}

int MPI_Bcast(void *x, int n, MPI_Datatype type, int root, MPI_Comm comm) {
  rz_made_add(comm, RZ_BROADCAST, n, type);
  return PMPI_Bcast(x, n, type, root, comm);
}

int MPI_Allgather(const void *x, int n, MPI_Datatype type, void *y, int n_in, MPI_Datatype type_in, MPI_Comm comm) {
  rz_made_add(comm, RZ_GATHER, n * rz_made_total(comm, NULL), type);
  return PMPI_Allgather(x, n, type, y, n_in, type_in, comm);
}

int MPI_Allgatherv(const void *x, int n, MPI_Datatype type, void *y, const int *n_in, const int *at_in,
                   MPI_Datatype type_in, MPI_Comm comm) {
  rz_made_add(comm, RZ_GATHER, rz_made_total(comm, n_in), type_in);
  return PMPI_Allgatherv(x, n, type, y, n_in, at_in, type_in, comm);
}

int MPI_Alltoall(const void *x, int n, MPI_Datatype type, void *y, int n_in, MPI_Datatype type_in, MPI_Comm comm) {
  rz_made_add(comm, RZ_EXCHANGE, n * rz_made_total(comm, NULL), type);
  return PMPI_Alltoall(x, n, type, y, n_in, type_in, comm);
}

int MPI_Alltoallv(const void *x, const int *n, const int *at, MPI_Datatype type, void *y, const int *n_in,
                  const int *at_in, MPI_Datatype type_in, MPI_Comm comm) {
  rz_made_add(comm, RZ_EXCHANGE, rz_made_total(comm, n), type);
  return PMPI_Alltoallv(x, n, at, type, y, n_in, at_in, type_in, comm);
}

#endif
