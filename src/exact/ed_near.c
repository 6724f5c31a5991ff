#include "ed_near.h"
#include "ritz/core/memory.h"

#include <stddef.h>
#include <string.h>
#include <sys/statvfs.h>

/* Vectors [count, n] of each rank of the machine. */
typedef struct window {
  MPI_Win mpi;
  int64_t count;
  double *own;
  const double **of_rank; /* [size]: NULL for ranks that are not near */
  struct window *next;
} window;

struct rz_ed_near {
  const rz_comm *comm;
  int64_t n;
  int *machine; /* [size]: the lowest rank on the same machine; its own number if a rank is near none */
  MPI_Comm on_machine;
  window *copy;          /* one vector: for those that lie elsewhere. NULL where no rank is near */
  bool copied;           /* before, its pages are not in memory */
  window *first;         /* of rz_ed_near_alloc */
  const double **vector; /* [size]: what is shown */
  int64_t *n_of;         /* [size]: n of each rank */
};

int64_t rz_ed_near_bytes(const rz_ed_near *m) {
  return (m->copied ? m->n * (int64_t)sizeof(double) : 0) + m->comm->size * 32;
}

bool rz_ed_near_are(const rz_ed_near *m, int a, int b) { return a != b && m->machine[a] == m->machine[b]; }
const double *rz_ed_near_vector(const rz_ed_near *m, int rank) { return m->vector[rank]; }

/* --- Windows --- */

/* Is there room for `count` vectors of all ranks of this machine, and as much for others? MPI finds out too late: a
 * rank that fails leaves the others waiting. */
static rz_err has_room(const rz_ed_near *m, int64_t count, bool *room) {
  struct statvfs fs;
  double total = (double)(count * m->n) * (double)sizeof(double);
  RZ_MPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, m->on_machine));
  int fits = statvfs("/dev/shm", &fs) == 0 && 2.0 * total < (double)fs.f_bavail * (double)fs.f_frsize;
  RZ_MPI(MPI_Allreduce(MPI_IN_PLACE, &fits, 1, MPI_INT, MPI_MIN, m->on_machine));
  *room = fits;
  return RZ_OK;
}

/* Ranks of a machine are numbered in the order of their ranks. */
static rz_err find_ranks(const rz_ed_near *m, window *w) {
  int on_machine = 0;
  for (int r = 0; r < m->comm->size; r++) {
    MPI_Aint size = 0;
    int unit = 0;
    if (m->machine[r] != m->machine[m->comm->rank]) continue;
    RZ_MPI(MPI_Win_shared_query(w->mpi, on_machine++, &size, &unit, (void *)&w->of_rank[r]));
  }
  return RZ_OK;
}

/* An MPI without shared windows says so to all ranks alike: then there is no room either. */
static rz_err open_window(const rz_ed_near *m, window *w, bool *opened) {
  const MPI_Aint bytes = w->count * m->n * (MPI_Aint)sizeof(double);
  MPI_Info info;
  RZ_MPI(MPI_Info_create(&info));
  RZ_MPI(MPI_Info_set(info, "alloc_shared_noncontig", "true"));
  int made = MPI_Win_allocate_shared(bytes > 0 ? bytes : 8, (int)sizeof(double), info, m->on_machine, &w->own,
                                     &w->mpi) == MPI_SUCCESS; /* none is empty: its address is its name */
  RZ_MPI(MPI_Info_free(&info));
  RZ_MPI(MPI_Allreduce(MPI_IN_PLACE, &made, 1, MPI_INT, MPI_MIN, m->on_machine));
  *opened = made;
  if (made)
    RZ_MPI(MPI_Win_lock_all(MPI_MODE_NOCHECK, w->mpi));
  else
    w->mpi = MPI_WIN_NULL;
  return RZ_OK;
}

static void close_window(window **w) {
  if (!*w) return;
  if ((*w)->mpi != MPI_WIN_NULL) {
    MPI_Win_unlock_all((*w)->mpi);
    MPI_Win_free(&(*w)->mpi);
  }
  rz_free(&(*w)->of_rank);
  rz_free(w);
}

static rz_err new_window(const rz_ed_near *m, int64_t count, window **out) {
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->mpi = MPI_WIN_NULL;
  (*out)->count = count;
  return RZ_NEW0(m->comm->size, &(*out)->of_rank);
}

/* On the machines that want one; *out = NULL on others, and where there is no room. */
static rz_err make_window(const rz_ed_near *m, bool want, int64_t count, window **out) {
  bool room = false;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(m->comm, want ? new_window(m, count, out) : RZ_OK));
  if (want) RZ_TRY_DONE(rc, has_room(m, count, &room));
  if (room) RZ_TRY_DONE(rc, open_window(m, *out, &room));
  if (!room) close_window(out);
done:
  if (rc != RZ_OK) close_window(out);
  return rc;
}

/* --- Life --- */

static rz_err meet(rz_ed_near *m, bool share) {
  int n_rank = 1, first = m->comm->rank;
  RZ_MPI(MPI_Comm_split_type(m->comm->mpi, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &m->on_machine));
  RZ_MPI(MPI_Comm_size(m->on_machine, &n_rank));
  RZ_TRY(make_window(m, share && n_rank > 1, 1, &m->copy));
  if (m->copy) RZ_MPI(MPI_Bcast(&first, 1, MPI_INT, 0, m->on_machine));
  RZ_MPI(MPI_Allgather(&first, 1, MPI_INT, m->machine, 1, MPI_INT, m->comm->mpi));
  RZ_MPI(MPI_Allgather(&m->n, 1, MPI_INT64_T, m->n_of, 1, MPI_INT64_T, m->comm->mpi));
  return m->copy ? find_ranks(m, m->copy) : RZ_OK;
}

static rz_err allocate(rz_ed_near *m) {
  RZ_TRY(RZ_NEW0(m->comm->size, &m->machine));
  RZ_TRY(RZ_NEW0(m->comm->size, &m->n_of));
  return RZ_NEW0(m->comm->size, &m->vector);
}

rz_err rz_ed_near_create(const rz_comm *comm, int64_t n, bool share, rz_ed_near **out) {
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(1, out)));
  **out = (rz_ed_near){.comm = comm, .n = n, .on_machine = MPI_COMM_NULL};
  RZ_TRY_DONE(rc, rz_agree(comm, allocate(*out)));
  RZ_TRY_DONE(rc, comm->size > 1 ? meet(*out, share) : RZ_OK);
done:
  if (rc != RZ_OK) rz_ed_near_destroy(out);
  return rc;
}

void rz_ed_near_destroy(rz_ed_near **near) {
  rz_ed_near *const m = *near;
  if (!m) return;
  close_window(&m->copy);
  if (m->comm && m->on_machine != MPI_COMM_NULL) MPI_Comm_free(&m->on_machine);
  rz_free(&m->machine);
  rz_free(&m->n_of);
  rz_free(&m->vector);
  rz_free(near);
}

/* --- Vectors --- */

rz_err rz_ed_near_alloc(rz_ed_near *m, int64_t count, double **vectors) {
  window *w = NULL;
  rz_err rc = RZ_OK;
  *vectors = NULL;
  RZ_TRY(make_window(m, m->copy != NULL, count, &w));
  RZ_TRY_DONE(rc, w ? find_ranks(m, w) : RZ_OK);
  RZ_TRY_DONE(rc, rz_agree(m->comm, w ? RZ_OK : RZ_NEW(count * m->n, vectors)));
  if (!w) return RZ_OK;
  *vectors = w->own;
  w->next = m->first;
  m->first = w;
  return RZ_OK;
done:
  close_window(&w);
  return rc;
}

void rz_ed_near_release(rz_ed_near *m, double **vectors) {
  if (!*vectors) return;
  for (window **at = &m->first; *at; at = &(*at)->next) {
    window *w = *at;
    if (w->own != *vectors) continue;
    *at = w->next;
    close_window(&w);
    *vectors = NULL;
    return;
  }
  rz_free(vectors);
}

/* The window that x lies in, and its number there; else a copy. */
static window *find_window(rz_ed_near *m, const double *x, int64_t *number) {
  *number = 0;
  for (window *w = m->first; w; w = w->next) {
    if (x < w->own || x >= w->own + w->count * m->n) continue;
    *number = (x - w->own) / m->n;
    return w;
  }
  memcpy(m->copy->own, x, (size_t)m->n * sizeof *x);
  m->copied = true;
  rz_comm_count(m->comm, RZ_EXCHANGE, m->n * (int64_t)sizeof *x);
  return m->copy;
}

rz_err rz_ed_near_show(rz_ed_near *m, const double *x) {
  int64_t number = 0;
  if (!m->copy) return RZ_OK;
  const window *const w = find_window(m, x, &number);
  for (int r = 0; r < m->comm->size; r++)
    m->vector[r] = rz_ed_near_are(m, r, m->comm->rank) ? w->of_rank[r] + number * m->n_of[r] : NULL;
  RZ_MPI(MPI_Win_sync(w->mpi));
  RZ_MPI(MPI_Barrier(m->on_machine));
  RZ_MPI(MPI_Win_sync(w->mpi));
  return RZ_OK;
}

rz_err rz_ed_near_hide(rz_ed_near *m) {
  if (!m->copy) return RZ_OK;
  RZ_MPI(MPI_Barrier(m->on_machine));
  return RZ_OK;
}
