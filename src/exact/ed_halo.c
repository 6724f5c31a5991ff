#include "ed_halo.h"
#include "ritz/core/memory.h"

#include <stdlib.h>
#include <string.h>

/* Blocks first .. end - 1, whose states follow one another. */
typedef struct span {
  int round, peer;
  int64_t first, end;
} span;

typedef struct span_list {
  int64_t n, room;
  span *item; /* by round; between two ranks in the order of the blocks */
} span_list;

struct rz_ed_halo {
  const rz_ed_halves *halves;
  const rz_comm *comm;
  const rz_ed_near *near;
  int width, n_round;
  int64_t limit; /* states of a round, unless one block has more */
  rz_range own;  /* blocks */
  span_list receive, send;
  double *buffer[2];
  MPI_Request *request[2];
  int n_request[2];
  int64_t bytes;
};

int64_t rz_ed_halo_bytes(const rz_ed_halo *h) { return h->bytes; }
int rz_ed_halo_rounds(const rz_ed_halo *h) { return h->n_round; }

/* --- The plan --- */

static rz_err append(span_list *l, span s) {
  if (l->n == l->room) {
    const int64_t room = l->room > 0 ? 2 * l->room : 64;
    span *item = NULL;
    RZ_TRY(RZ_NEW(room, &item));
    if (l->n > 0) memcpy(item, l->item, (size_t)l->n * sizeof *item);
    rz_free(&l->item);
    l->item = item;
    l->room = room;
  }
  l->item[l->n++] = s;
  return RZ_OK;
}

/* Which blocks does a rank need from others? */
static void mark_needed(const rz_ed_links *k, rz_range own, int64_t *from, uint8_t *needed) {
  memset(needed, 0, (size_t)k->halves->n_block);
  for (int64_t b = own.first; b < own.first + own.count; b++) {
    const int64_t n = rz_ed_links_reach(k, b, from);
    for (int64_t i = 0; i < n; i++)
      if (from[i] < own.first || from[i] >= own.first + own.count) needed[from[i]] = 1;
  }
}

/* Spans that rank `to` receives, entered in this rank's lists if it is one of the two. */
static rz_err plan_receiver(rz_ed_halo *h, int to, const uint8_t *needed) {
  const int64_t *const first = h->halves->first;
  int64_t states = 0;
  int round = 0, owner = 0;
  span last = {.round = -1};
  for (int64_t b = 0; b < h->halves->n_block; b++) {
    const int64_t size = first[b + 1] - first[b];
    if (!needed[b] || size == 0) continue;
    for (rz_range r = rz_ed_halves_share(h->halves, owner, h->comm->size); b >= r.first + r.count;)
      r = rz_ed_halves_share(h->halves, ++owner, h->comm->size);
    if (rz_ed_near_are(h->near, owner, to)) continue;
    if (states > 0 && states + size > h->limit) {
      round++;
      states = 0;
    }
    states += size;
    span_list *const list = to == h->comm->rank ? &h->receive : &h->send;
    if (to != h->comm->rank && owner != h->comm->rank) continue;
    const int peer = to == h->comm->rank ? owner : to;
    if (last.round == round && last.peer == peer && first[last.end] == first[b]) {
      last.end = list->item[list->n - 1].end = b + 1;
    } else {
      last = (span){round, peer, b, b + 1};
      RZ_TRY(append(list, last));
    }
  }
  if (states > 0 && round + 1 > h->n_round) h->n_round = round + 1;
  return RZ_OK;
}

static int by_round(const void *pa, const void *pb) {
  const span *const a = pa, *const b = pb;
  if (a->round != b->round) return a->round < b->round ? -1 : 1;
  if (a->peer != b->peer) return a->peer < b->peer ? -1 : 1;
  return (a->first > b->first) - (a->first < b->first);
}

static rz_err plan(rz_ed_halo *h, const rz_ed_links *k) {
  uint8_t *needed = NULL;
  int64_t *from = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(k->halves->n_block, &needed));
  RZ_TRY_DONE(rc, RZ_NEW(k->n_outer + k->n_link, &from));
  for (int to = 0; to < h->comm->size; to++) {
    mark_needed(k, rz_ed_halves_share(h->halves, to, h->comm->size), from, needed);
    RZ_TRY_DONE(rc, plan_receiver(h, to, needed));
  }
  if (h->send.n > 0) qsort(h->send.item, (size_t)h->send.n, sizeof *h->send.item, by_round);
done:
  rz_free(&needed);
  rz_free(&from);
  return rc;
}

/* --- Rounds --- */

/* Items of a round: *first .. return value - 1. Few rounds: a search from the front. */
static int64_t items_of(const span_list *l, int round, int64_t *first) {
  int64_t i = 0;
  while (i < l->n && l->item[i].round != round) i++;
  *first = i;
  while (i < l->n && l->item[i].round == round) i++;
  return i;
}

static int64_t states_of(const rz_ed_halo *h, const span *s) {
  return h->halves->first[s->end] - h->halves->first[s->first];
}

rz_err rz_ed_halo_start(rz_ed_halo *h, int round, const double *x) {
  int64_t first = 0, bytes = 0;
  double *to = h->buffer[round % 2];
  MPI_Request *const request = h->request[round % 2];
  int n = 0, count = 0;
  for (int64_t i = items_of(&h->receive, round, &first), k = first; k < i; k++) {
    const span *const s = &h->receive.item[k];
    RZ_TRY(rz_int(states_of(h, s) * h->width, &count));
    RZ_MPI(MPI_Irecv(to, count, MPI_DOUBLE, s->peer, round, h->comm->mpi, &request[n]));
    h->n_request[round % 2] = ++n;
    to += count;
  }
  for (int64_t i = items_of(&h->send, round, &first), k = first; k < i; k++) {
    const span *const s = &h->send.item[k];
    const double *const from = x + (h->halves->first[s->first] - h->halves->first[h->own.first]) * h->width;
    RZ_TRY(rz_int(states_of(h, s) * h->width, &count));
    RZ_MPI(MPI_Isend(from, count, MPI_DOUBLE, s->peer, round, h->comm->mpi, &request[n]));
    h->n_request[round % 2] = ++n;
    bytes += count * (int64_t)sizeof *x;
  }
  rz_comm_count(h->comm, RZ_EXCHANGE, bytes);
  return RZ_OK;
}

rz_err rz_ed_halo_finish(rz_ed_halo *h, int round, const double **at) {
  const double *from = h->buffer[round % 2];
  int64_t first = 0;
  RZ_MPI(MPI_Waitall(h->n_request[round % 2], h->request[round % 2], MPI_STATUSES_IGNORE));
  h->n_request[round % 2] = 0;
  for (int64_t i = items_of(&h->receive, round, &first), k = first; k < i; k++) {
    const span *const s = &h->receive.item[k];
    for (int64_t b = s->first; b < s->end; b++)
      at[b] = from + (h->halves->first[b] - h->halves->first[s->first]) * h->width;
    from += states_of(h, s) * h->width;
  }
  return RZ_OK;
}

void rz_ed_halo_leave(const rz_ed_halo *h, int round, const double **at) {
  int64_t first = 0;
  for (int64_t i = items_of(&h->receive, round, &first), k = first; k < i; k++)
    for (int64_t b = h->receive.item[k].first; b < h->receive.item[k].end; b++) at[b] = NULL;
}

/* --- Life --- */

static rz_err allocate(rz_ed_halo *h) {
  for (int i = 0; i < 2; i++) {
    int64_t most = 0, requests = 0; /* of the rounds that use the buffer */
    for (int round = i; round < h->n_round; round += 2) {
      int64_t states = 0, first = 0, n = 0;
      for (int64_t end = items_of(&h->receive, round, &first), k = first; k < end; k++, n++)
        states += states_of(h, &h->receive.item[k]);
      const int64_t end = items_of(&h->send, round, &first);
      n += end - first;
      most = states > most ? states : most;
      requests = n > requests ? n : requests;
    }
    RZ_TRY(RZ_NEW(most * h->width, &h->buffer[i]));
    RZ_TRY(RZ_NEW(requests, &h->request[i]));
    h->bytes += most * h->width * (int64_t)sizeof(double) + requests * (int64_t)sizeof(MPI_Request);
  }
  h->bytes += (h->receive.room + h->send.room) * (int64_t)sizeof(span);
  return RZ_OK;
}

rz_err rz_ed_halo_create(const rz_ed_links *k, const rz_comm *comm, const rz_ed_near *near, rz_ed_halo **out) {
  enum { MOST_STATES = 1 << 27 }; /* of a message */
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(1, out)));
  rz_ed_halo *const h = *out;
  h->halves = k->halves;
  h->comm = comm;
  h->near = near;
  h->width = k->is_complex ? 2 : 1;
  h->own = rz_ed_halves_share(k->halves, comm->rank, comm->size);
  h->limit = k->halves->first[k->halves->n_block] / comm->size / 2;
  if (h->limit > MOST_STATES) h->limit = MOST_STATES;
  RZ_TRY_DONE(rc, rz_agree(comm, comm->size > 1 ? plan(h, k) : RZ_OK));
  RZ_TRY_DONE(rc, rz_agree(comm, allocate(h)));
done:
  if (rc != RZ_OK) rz_ed_halo_destroy(out);
  return rc;
}

void rz_ed_halo_destroy(rz_ed_halo **halo) {
  rz_ed_halo *const h = *halo;
  if (!h) return;
  rz_free(&h->receive.item);
  rz_free(&h->send.item);
  for (int i = 0; i < 2; i++) {
    rz_free(&h->buffer[i]);
    rz_free(&h->request[i]);
  }
  rz_free(halo);
}
