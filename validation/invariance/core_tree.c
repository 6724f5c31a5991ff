/* modules: core */
/* ranks: 1 2 3 4 7 */
/* Sums of vectors by a fixed tree: the bits of the tree that one process walks, however the items are dealt. */
#include "check.h"
#include "ritz/core/comm.h"
#include "ritz/core/rng.h"
#include "ritz/core/tree.h"
#include <string.h>

enum { MAX_ITEM = 70, MAX_N = 41 };

static void fill(int item, int n, double *x) {
  rz_rng rng = rz_rng_stream(6, RZ_RNG_TEST, (uint64_t)item);
  for (int k = 0; k < n; k++) x[k] = ldexp(rz_rng_uniform(&rng) - 0.5, (int)rz_rng_below(&rng, 60));
}

/* The tree as its header draws it, on all items. */
static void walk(int n_item, int n, double *sum) {
  static double all[MAX_ITEM][MAX_N];
  for (int i = 0; i < n_item; i++) fill(i, n, all[i]);
  for (int width = 1; width < n_item; width *= 2)
    for (int i = 0; i + width < n_item; i += 2 * width)
      for (int k = 0; k < n; k++) all[i][k] += all[i + width][k];
  for (int k = 0; k < n; k++) sum[k] = n_item > 0 ? all[0][k] : 0.0;
}

/* Cuts the items at random, the same on every rank; some ranks may have none. */
static rz_range random_share(const rz_comm *comm, int n_item, rz_rng *rng) {
  rz_range mine = {0, 0};
  int64_t first = 0;
  for (int q = 0; q < comm->size; q++) {
    const int64_t left = n_item - first;
    const int64_t count = q == comm->size - 1 ? left : (int64_t)rz_rng_below(rng, (uint32_t)left + 1);
    if (q == comm->rank) mine = (rz_range){first, count};
    first += count;
  }
  return mine;
}

/* Several sums of one tree, of growing and of falling length. */
static void sums(const rz_comm *comm, int n_item, rz_range mine) {
  static const int length[] = {3, MAX_N, 1};
  rz_tree *t = NULL;
  if (!RZ_EXPECT_OK(rz_tree_create(comm, mine.count, &t))) return;
  RZ_EXPECT(rz_tree_n_local(t) == mine.count);
  for (int s = 0; s < 3; s++) {
    double expected[MAX_N], sum[MAX_N];
    const int n = length[s];
    walk(n_item, n, expected);
    RZ_EXPECT_OK(rz_tree_begin(t, n));
    for (int64_t i = 0; i < mine.count; i++) fill((int)(mine.first + i), n, rz_tree_item(t));
    RZ_EXPECT_OK(rz_tree_end(t, sum));
    RZ_EXPECT(memcmp(sum, expected, (size_t)n * sizeof *sum) == 0);
  }
  rz_tree_destroy(&t);
}

/* What one sum says to others: its parts of the tree once, then its slice. */
static void traffic(rz_comm comm) {
  enum { N = 12 };
  rz_traffic counted = {0};
  const rz_range mine = rz_share(64, comm.rank, comm.size);
  double sum[N];
  rz_tree *t = NULL;
  if (!RZ_EXPECT_OK(rz_tree_create(&comm, mine.count, &t))) return;
  RZ_EXPECT_OK(rz_tree_begin(t, N));
  for (int64_t i = 0; i < mine.count; i++) fill((int)i, N, rz_tree_item(t));
  comm.traffic = &counted;
  RZ_EXPECT_OK(rz_tree_end(t, sum));
  RZ_EXPECT(counted.calls[RZ_EXCHANGE] == (comm.size > 1));
  if (comm.size == 2 || comm.size == 4) /* each holds one subtree */
    RZ_EXPECT(counted.bytes[RZ_EXCHANGE] == N * (int64_t)sizeof *sum);
  rz_tree_destroy(&t);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_comm comm;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  rz_rng rng = rz_rng_stream(7, RZ_RNG_TEST, 0);
  for (int n_item = 0; n_item <= MAX_ITEM; n_item++) {
    sums(&comm, n_item, rz_share(n_item, comm.rank, comm.size));
    for (int k = 0; k < 3; k++) sums(&comm, n_item, random_share(&comm, n_item, &rng));
  }
  traffic(comm);
  return rz_check_finish();
}
