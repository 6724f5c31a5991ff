/* modules: study store solve core */
/* ranks: 1 2 3 4 */
/* Groups of a sweep with points that only pretend: each is run once by one group, a failure of one rank is the point's,
 * and a stop ends the sweep with the points that are left untouched. */
#include "check.h"
#include "ritz/core/comm.h"
#include "ritz/solve/session.h"
#include "ritz/study/sweep.h"
#include "scratch.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_POINT = 6 };

typedef struct pretence {
  int failing, stopping; /* point, from 1; 0: none */
  double runs[N_POINT];  /* of this rank, counted by the first of each group */
  int size;              /* of the groups */
} pretence;

static rz_err pretend(void *ctx, const char *deck, const rz_comm *comm, rz_log *log) {
  pretence *p = ctx;
  (void)log;
  const int point = atoi(strrchr(deck, '/') + 1);
  RZ_EXPECT(point >= 1 && point <= N_POINT && comm->size == p->size && access(deck, R_OK) == 0);
  if (comm->rank == 0) p->runs[point - 1] += 1.0;
  RZ_CHECK(point != p->failing || comm->rank < comm->size - 1, RZ_ERR_NUM, "the last rank fails\non two lines");
  RZ_CHECK(point != p->stopping, RZ_ERR_STOPPED, "asked");
  return RZ_OK;
}

static rz_err sweep(const rz_comm *comm, const char *folder, const char *keys, pretence *p) {
  char deck[2048];
  rz_config *c = NULL;
  snprintf(deck, sizeof deck,
           "&run study = 'exact' /\n&lattice geometry = 'chain', length = 4 /\n&hamiltonian model = 'tfim' /\n"
           "&sweep axes = 'run.seed = 1, 2, 3', 'hamiltonian.h = 0.5, 1.0', output = '%s/s'%s /\n",
           folder, keys);
  RZ_TRY(rz_config_parse("d.nml", deck, (int64_t)strlen(deck), rz_study_schema(), &c));
  const rz_run run = {.config = c, .comm = comm};
  const rz_err rc = rz_sweep_run(&run, pretend, p, NULL);
  rz_config_destroy(&c);
  (void)rz_sum(comm, N_POINT, p->runs);
  return rc;
}

static bool has(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

static void run_all(const rz_comm *comm, const char *folder, int size) {
  char keys[64];
  pretence p = {.failing = 2, .size = size};
  snprintf(keys, sizeof keys, ", ranks_per_point = %d", size);
  /* Nobody writes results, so no point counts as finished. */
  RZ_EXPECT(sweep(comm, folder, keys, &p) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "6 of 6 points are not finished") != NULL);
  for (int i = 0; i < N_POINT; i++) RZ_EXPECT(p.runs[i] == 1.0);
  MPI_Barrier(comm->mpi);
  RZ_EXPECT(has(folder, "s/0002.failed") && !has(folder, "s/0001.failed") && !has(folder, "s/claims"));
  MPI_Barrier(comm->mpi);
}

/* A single group, so that what comes before the stop is known. */
static void stop(const rz_comm *comm, const char *folder) {
  char keys[64];
  pretence p = {.stopping = 3, .size = comm->size};
  snprintf(keys, sizeof keys, ", ranks_per_point = %d", comm->size);
  RZ_EXPECT(sweep(comm, folder, keys, &p) == RZ_ERR_STOPPED);
  for (int i = 0; i < N_POINT; i++) RZ_EXPECT(p.runs[i] == (i < 3 ? 1.0 : 0.0));
  MPI_Barrier(comm->mpi);
  RZ_EXPECT(!has(folder, "s/0003.failed") && !has(folder, "s/STOP") && !has(folder, "s/claims"));
  MPI_Barrier(comm->mpi);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_comm comm;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  char folder[RZ_SCRATCH_SIZE] = "", points[RZ_SCRATCH_PATH_SIZE];
  if (comm.rank == 0) RZ_EXPECT(rz_scratch_make(folder) == 0);
  RZ_EXPECT_OK(rz_bcast(&comm, 0, sizeof folder, folder));
  for (int size = 1; size <= comm.size; size++) run_all(&comm, folder, size);
  stop(&comm, folder);
  if (comm.rank == 0) rz_scratch_remove(rz_scratch_path(folder, "s", points));
  if (comm.rank == 0) rz_scratch_remove(folder);
  (void)rz_petsc_stop();
  return rz_check_finish();
}
