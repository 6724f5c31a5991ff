#include "ed_near.h"
#include "ritz/core/memory.h"

#include <string.h>
#include <sys/statvfs.h>

struct rz_ed_near {
  const rz_comm *comm;
  int64_t n;
  int *machine;          /* [size]: the lowest rank on the same machine; its own number if a rank is near none */
  const double **vector; /* [size]: NULL for ranks that are not near */
  double *own;           /* in the window */
  MPI_Comm on_machine;
  MPI_Win window;
};

int64_t rz_ed_near_bytes(const rz_ed_near *m) {
  return (m->window == MPI_WIN_NULL ? 0 : m->n * (int64_t)sizeof(double)) + m->comm->size * 16;
}

bool rz_ed_near_are(const rz_ed_near *m, int a, int b) { return a != b && m->machine[a] == m->machine[b]; }
const double *rz_ed_near_vector(const rz_ed_near *m, int rank) { return m->vector[rank]; }

/* Is there room for the vectors of all ranks of this machine? MPI finds out too late: a rank that fails leaves the
 * others waiting. */
static rz_err has_room(const rz_ed_near *m, int *room) {
  struct statvfs fs;
  double total = (double)m->n * (double)sizeof(double);
  RZ_MPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, m->on_machine));
  *room = statvfs("/dev/shm", &fs) == 0 && 2.0 * total < (double)fs.f_bavail * (double)fs.f_frsize;
  RZ_MPI(MPI_Allreduce(MPI_IN_PLACE, room, 1, MPI_INT, MPI_MIN, m->on_machine));
  return RZ_OK;
}

/* An MPI without shared windows says so to all ranks alike: then there is no room either. */
static rz_err open_window(rz_ed_near *m, int *opened) {
  MPI_Info info;
  RZ_MPI(MPI_Info_create(&info));
  RZ_MPI(MPI_Info_set(info, "alloc_shared_noncontig", "true"));
  *opened = MPI_Win_allocate_shared(m->n * (MPI_Aint)sizeof(double), (int)sizeof(double), info, m->on_machine, &m->own,
                                    &m->window) == MPI_SUCCESS;
  RZ_MPI(MPI_Info_free(&info));
  RZ_MPI(MPI_Allreduce(MPI_IN_PLACE, opened, 1, MPI_INT, MPI_MIN, m->on_machine));
  if (*opened)
    RZ_MPI(MPI_Win_lock_all(MPI_MODE_NOCHECK, m->window));
  else
    m->window = MPI_WIN_NULL;
  return RZ_OK;
}

/* Ranks of a machine are numbered in the order of their ranks. */
static rz_err find_vectors(rz_ed_near *m) {
  int on_machine = 0;
  for (int r = 0; r < m->comm->size; r++) {
    MPI_Aint size = 0;
    int unit = 0;
    if (m->machine[r] != m->machine[m->comm->rank]) continue;
    RZ_MPI(MPI_Win_shared_query(m->window, on_machine++, &size, &unit, (void *)&m->vector[r]));
  }
  m->vector[m->comm->rank] = NULL;
  return RZ_OK;
}

static rz_err meet(rz_ed_near *m, bool share) {
  int n_rank = 1, first = m->comm->rank, room = 0;
  RZ_MPI(MPI_Comm_split_type(m->comm->mpi, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &m->on_machine));
  RZ_MPI(MPI_Comm_size(m->on_machine, &n_rank));
  if (share && n_rank > 1) RZ_TRY(has_room(m, &room));
  if (room) RZ_TRY(open_window(m, &room));
  if (room) RZ_MPI(MPI_Bcast(&first, 1, MPI_INT, 0, m->on_machine));
  RZ_MPI(MPI_Allgather(&first, 1, MPI_INT, m->machine, 1, MPI_INT, m->comm->mpi));
  return room ? find_vectors(m) : RZ_OK;
}

static rz_err allocate(rz_ed_near *m) {
  RZ_TRY(RZ_NEW0(m->comm->size, &m->machine));
  return RZ_NEW0(m->comm->size, &m->vector);
}

rz_err rz_ed_near_create(const rz_comm *comm, int64_t n, bool share, rz_ed_near **out) {
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(1, out)));
  **out = (rz_ed_near){.comm = comm, .n = n, .on_machine = MPI_COMM_NULL, .window = MPI_WIN_NULL};
  RZ_TRY_DONE(rc, rz_agree(comm, allocate(*out)));
  RZ_TRY_DONE(rc, comm->size > 1 ? meet(*out, share) : RZ_OK);
done:
  if (rc != RZ_OK) rz_ed_near_destroy(out);
  return rc;
}

void rz_ed_near_destroy(rz_ed_near **near) {
  rz_ed_near *const m = *near;
  if (!m) return;
  if (m->comm && m->window != MPI_WIN_NULL) {
    MPI_Win_unlock_all(m->window);
    MPI_Win_free(&m->window);
  }
  if (m->comm && m->on_machine != MPI_COMM_NULL) MPI_Comm_free(&m->on_machine);
  rz_free(&m->machine);
  rz_free(&m->vector);
  rz_free(near);
}

rz_err rz_ed_near_show(rz_ed_near *m, const double *x) {
  if (m->window == MPI_WIN_NULL) return RZ_OK;
  RZ_MPI(MPI_Barrier(m->on_machine));
  if (m->n > 0) memcpy(m->own, x, (size_t)m->n * sizeof *x);
  rz_comm_count(m->comm, RZ_EXCHANGE, m->n * (int64_t)sizeof *x);
  RZ_MPI(MPI_Win_sync(m->window));
  RZ_MPI(MPI_Barrier(m->on_machine));
  RZ_MPI(MPI_Win_sync(m->window));
  return RZ_OK;
}
