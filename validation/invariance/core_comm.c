/* modules: core */
/* ranks: 1 2 3 4 */
/* Agreement on errors, shares, gathers, and sums whose bits do not depend on the number of ranks. */
#include "check.h"
#include "made_calls.h"
#include "ritz/core/comm.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include <string.h>

static void agreement(const rz_comm *comm) {
  RZ_EXPECT(rz_agree(comm, RZ_OK) == RZ_OK);
  for (int bad = 0; bad < comm->size; bad++) {
    rz_error_clear();
    rz_err rc = RZ_OK;
    if (comm->rank >= bad) rc = rz_error_set(RZ_ERR_IO, __FILE__, __LINE__, __func__, "rank %d failed", comm->rank);
    RZ_EXPECT(rz_agree(comm, rc) == RZ_ERR_IO);
    char expected[32];
    snprintf(expected, sizeof expected, "rank %d failed", bad);
    RZ_EXPECT(strcmp(rz_error_message(), expected) == 0);
  }
}

static void shares(void) {
  for (int size = 1; size <= 7; size++)
    for (int64_t n = 0; n < 40; n++) {
      int64_t next = 0;
      for (int rank = 0; rank < size; rank++) {
        const rz_range r = rz_share(n, rank, size);
        RZ_EXPECT(r.first == next && r.count >= n / size && r.count <= n / size + 1);
        for (int64_t i = r.first; i < r.first + r.count; i++) RZ_EXPECT(rz_share_owner(n, i, size) == rank);
        next += r.count;
      }
      RZ_EXPECT(next == n);
    }
}

static void gather(const rz_comm *comm) {
  const rz_range mine = rz_share(11, comm->rank, comm->size);
  int64_t x[11], all[11];
  for (int64_t i = 0; i < mine.count; i++) x[i] = 100 + mine.first + i;
  RZ_EXPECT_OK(rz_allgather(comm, mine.count, sizeof *x, x, all));
  for (int64_t i = 0; i < 11; i++) RZ_EXPECT(all[i] == 100 + i);
}

/* The sum of numbers of very different size, against the same tree walked by one process. */
static void tree_sum(const rz_comm *comm) {
  enum { N_BLOCK = 37, N = 3 };
  const rz_range mine = rz_share(N_BLOCK, comm->rank, comm->size);
  double local[N_BLOCK * N], all[N_BLOCK * N], sum[N];
  for (int b = 0; b < N_BLOCK; b++) {
    rz_rng rng = rz_rng_stream(5, RZ_RNG_TEST, (uint64_t)b);
    for (int k = 0; k < N; k++) all[b * N + k] = ldexp(rz_rng_uniform(&rng) - 0.5, (int)rz_rng_below(&rng, 60));
  }
  memcpy(local, all + mine.first * N, (size_t)(mine.count * N) * sizeof *local);
  RZ_EXPECT_OK(rz_tree_sum(comm, mine.count, N_BLOCK, N, local, sum));
  for (int width = 1; width < N_BLOCK; width *= 2)
    for (int b = 0; b + width < N_BLOCK; b += 2 * width)
      for (int k = 0; k < N; k++) all[b * N + k] += all[(b + width) * N + k];
  RZ_EXPECT(memcmp(sum, all, sizeof sum) == 0);
  RZ_EXPECT_OK(rz_tree_sum(comm, 0, 0, N, local, sum));
  RZ_EXPECT(sum[0] == 0.0);
}

static void reductions(const rz_comm *comm) {
  double x[2] = {1.0 + comm->rank, -comm->rank};
  RZ_EXPECT_OK(rz_sum(comm, 2, x));
  RZ_EXPECT(x[0] == 0.5 * comm->size * (comm->size + 1));
  double y = -comm->rank;
  RZ_EXPECT_OK(rz_max(comm, 1, &y));
  RZ_EXPECT(y == 0.0);
  int64_t z = comm->rank == comm->size - 1 ? 42 : 0;
  RZ_EXPECT_OK(rz_bcast(comm, comm->size - 1, sizeof z, &z));
  RZ_EXPECT(z == 42);
}

/* What was counted is what MPI was asked for. */
static void traffic(rz_comm comm) {
  enum { N = 40 };
  rz_traffic counted = {0};
  const rz_traffic before = rz_made;
  double x[N] = {0}, y[N] = {0};
  int n[8], at[8];
  comm.traffic = &counted;
  for (int q = 0; q < comm.size; q++) n[q] = 1 + (q + comm.rank) % 3, at[q] = 3 * q;
  RZ_EXPECT_OK(rz_sum(&comm, N, x));
  RZ_EXPECT_OK(rz_max(&comm, N - 1, x));
  RZ_EXPECT_OK(rz_bcast(&comm, 0, sizeof x, x));
  RZ_EXPECT_OK(rz_exchange(&comm, sizeof *x, x, n, at, y, n, at));
  RZ_EXPECT_OK(rz_redistribute(&comm, sizeof *x, rz_share(N, comm.rank, comm.size), x,
                               rz_share(N, comm.size - 1 - comm.rank, comm.size), y));
  RZ_EXPECT(rz_agree(&comm, comm.rank == 0 ? RZ_ERR_IO : RZ_OK) == RZ_ERR_IO);
  const rz_traffic made = rz_traffic_since(&rz_made, &before);
  RZ_EXPECT(memcmp(&made, &counted, sizeof made) == 0);
  RZ_EXPECT(counted.calls[RZ_SUM] == 2 && counted.bytes[RZ_SUM] == 8 * (2 * N - 1));
  RZ_EXPECT(rz_traffic_calls(&counted) > 8 && rz_traffic_bytes(&counted) > 8 * 3 * N);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_comm comm;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  agreement(&comm);
  shares();
  gather(&comm);
  tree_sum(&comm);
  reductions(&comm);
  traffic(comm);
  return rz_check_finish();
}
