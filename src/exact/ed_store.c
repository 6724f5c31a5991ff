/* Storing a Hamiltonian with symmetries, a chunk of rows at a time:
 * <b| H |a> = sum over the configurations s = g^-1 r_b that H connects with r_a of
 * <s| H |r_a> chi(g)* sqrt(n_b / n_a) (A. W. Sandvik, AIP Conf. Proc. 1297, 135 (2010), sec. 4). */
#include "ed_stored_impl.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

enum { CHUNK_ELEMENTS = 1 << 18 }; /* of a chunk at most, unless one row has more */

/* An element that another rank uses. */
typedef struct sent {
  int owner;
  uint32_t target; /* row of the owner */
  uint64_t word;
} sent;

/* The distinct values, found by their bits in a table of twice their number at least. */
typedef struct values {
  int width;      /* doubles of a value */
  int64_t n;      /* so far */
  int64_t room;   /* of value; the table has twice as many places */
  double *value;  /* [room, width] */
  int64_t *place; /* number + 1, 0: empty */
} values;

typedef struct store {
  rz_ed_stored *h;
  const rz_ed_basis *b;
  const rz_ed_operator *op;
  double *root; /* [group + 1]: square roots of whole numbers */
  values values;
  /* one row: what H connects it with, then its elements */
  int32_t *active, *element;
  uint64_t *state;
  double complex *from, *value;
  int64_t *number, *column;
  /* the rows of a chunk */
  int64_t n_row; /* most */
  int64_t n_local, n_sent;
  uint64_t *local;
  sent *sent;
  int64_t n_send_most, n_receive_most; /* of all chunks */
} store;

/* --- Values --- */

static uint64_t hash(const double *v, int width) {
  uint64_t h = 0;
  for (int i = 0; i < width; i++) {
    uint64_t bits = 0;
    memcpy(&bits, &v[i], sizeof bits);
    h = (h ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 32;
  }
  return h;
}

static bool same_bits(const double *a, const double *b, int width) {
  uint64_t x[2] = {0, 0}, y[2] = {0, 0};
  for (int i = 0; i < width; i++) {
    memcpy(&x[i], &a[i], sizeof *a);
    memcpy(&y[i], &b[i], sizeof *b);
  }
  return x[0] == y[0] && x[1] == y[1];
}

/* The place of v: where it is, or the free one where it belongs. */
static int64_t place_of(const values *t, const double *v) {
  const uint64_t mask = 2 * (uint64_t)t->room - 1;
  uint64_t at = hash(v, t->width) & mask;
  while (t->place[at] > 0 && !same_bits(t->value + (t->place[at] - 1) * t->width, v, t->width)) at = (at + 1) & mask;
  return (int64_t)at;
}

static rz_err grow_values(values *t) {
  values more = {.width = t->width, .n = t->n, .room = t->room > 0 ? 2 * t->room : 64};
  rz_err rc = RZ_NEW(more.room * t->width, &more.value);
  if (rc == RZ_OK) rc = RZ_NEW0(2 * more.room, &more.place);
  if (rc != RZ_OK) {
    rz_free(&more.value);
    return rc;
  }
  if (t->n > 0) memcpy(more.value, t->value, (size_t)(t->n * t->width) * sizeof *t->value);
  for (int64_t k = 0; k < t->n; k++) more.place[place_of(&more, more.value + k * t->width)] = k + 1;
  rz_free(&t->value);
  rz_free(&t->place);
  *t = more;
  return RZ_OK;
}

static rz_err number_of_value(values *t, double complex v, uint64_t *number) {
  const double parts[2] = {creal(v), cimag(v)};
  if (t->n == t->room) RZ_TRY(grow_values(t));
  const int64_t at = place_of(t, parts);
  if (t->place[at] == 0) {
    memcpy(t->value + t->n * t->width, parts, (size_t)t->width * sizeof *parts);
    t->place[at] = ++t->n;
  }
  *number = (uint64_t)(t->place[at] - 1);
  return RZ_OK;
}

/* --- Rows --- */

static void put(void *ctx, int64_t n, uint64_t target, double complex v) {
  store *const s = ctx;
  s->state[n] = target;
  s->from[n] = v;
}

/* Elements of orbit a in s->column and s->value, equal columns added up. Returns their number. */
static int64_t connect(store *s, int64_t a) {
  const rz_ed_basis *const b = s->b;
  const rz_ed_group *const g = b->group;
  const double root_a = s->root[b->stabiliser[a]];
  const int64_t n_all = rz_ed_connect(s->op, b->state[a], s->active, put, s);
  int64_t n = 0;
  rz_ed_basis_find(b, n_all, s->state, s->number, s->element);
  for (int64_t k = 0; k < n_all; k++) {
    const int64_t to = s->number[k];
    int64_t i = 0;
    if (to < 0) continue;
    while (i < n && s->column[i] != to) i++;
    if (i == n) {
      s->column[n] = to;
      s->value[n++] = 0.0;
    }
    const double complex v = g->trivial ? s->from[k] : s->from[k] * conj(g->character[s->element[k]]);
    s->value[i] += v * (s->root[b->stabiliser[to]] / root_a);
  }
  return n;
}

static rz_err add_row(store *s, int64_t row) {
  const rz_ed_stored *const h = s->h;
  const int64_t n = connect(s, h->rows.first + row);
  for (int64_t k = 0; k < n; k++) {
    uint64_t value = 0;
    const int64_t column = s->column[k] - h->rows.first;
    RZ_TRY(number_of_value(&s->values, s->value[k], &value));
    if ((uint64_t)column < (uint64_t)h->rows.count) {
      s->local[s->n_local++] = (uint64_t)column | value << h->shift;
      continue;
    }
    const int owner = rz_share_owner(s->b->dim, s->column[k], h->comm->size);
    const int64_t first = rz_share(s->b->dim, owner, h->comm->size).first;
    s->sent[s->n_sent++] = (sent){owner, (uint32_t)(s->column[k] - first), (uint64_t)row | value << h->shift};
  }
  return RZ_OK;
}

/* --- Chunks --- */

static rz_err pack(store *s, int64_t n, const uint64_t *word, rz_ed_words *out) {
  uint64_t all = 0;
  for (int64_t k = 0; k < n; k++) all |= word[k];
  out->n = n;
  if (all > UINT32_MAX) {
    RZ_TRY(RZ_NEW(n, &out->wide));
    memcpy(out->wide, word, (size_t)n * sizeof *word);
    s->h->bytes += n * (int64_t)sizeof *out->wide;
    return RZ_OK;
  }
  RZ_TRY(RZ_NEW(n, &out->narrow));
  for (int64_t k = 0; k < n; k++) out->narrow[k] = (uint32_t)word[k];
  s->h->bytes += n * (int64_t)sizeof *out->narrow;
  return RZ_OK;
}

/* Rows of the chunk, what is sent sorted by owner: its words go to s->local once that is packed, its targets to
 * *target. */
static rz_err fill_chunk(store *s, rz_ed_chunk *c, uint32_t *target) {
  rz_ed_stored *const h = s->h;
  s->n_local = s->n_sent = 0;
  RZ_TRY(RZ_NEW(c->n_row, &c->end));
  for (int64_t i = 0; i < c->n_row; i++) {
    RZ_TRY(add_row(s, c->first + i));
    c->end[i] = (uint32_t)s->n_local;
  }
  h->bytes += c->n_row * (int64_t)sizeof *c->end;
  RZ_TRY(pack(s, s->n_local, s->local, &c->local));
  if (h->comm->size == 1) return RZ_OK;
  for (int64_t k = 0; k < s->n_sent; k++) c->n_send[s->sent[k].owner]++;
  for (int r = 1; r < h->comm->size; r++) c->at_send[r] = c->at_send[r - 1] + c->n_send[r - 1];
  for (int64_t k = 0; k < s->n_sent; k++) {
    const int64_t at = c->at_send[s->sent[k].owner]++;
    s->local[at] = s->sent[k].word;
    target[at] = s->sent[k].target;
  }
  for (int r = 0; r < h->comm->size; r++) c->at_send[r] -= c->n_send[r];
  return pack(s, s->n_sent, s->local, &c->remote);
}

/* Tell the owners of the rows that this chunk contributes to. */
static rz_err tell_targets(store *s, rz_ed_chunk *c, const uint32_t *target) {
  rz_ed_stored *const h = s->h;
  const rz_comm *const comm = h->comm;
  int64_t n = 0;
  rz_comm_count(comm, RZ_EXCHANGE, comm->size * (int64_t)sizeof *c->n_send);
  RZ_MPI(MPI_Alltoall(c->n_send, 1, MPI_INT, c->n_receive, 1, MPI_INT, comm->mpi));
  rz_err rc = RZ_OK;
  for (int r = 0; r < comm->size && rc == RZ_OK; r++) {
    rc = rz_int(n, &c->at_receive[r]);
    n += c->n_receive[r];
  }
  if (rc == RZ_OK) rc = RZ_NEW(n, &c->target);
  RZ_TRY(rz_agree(comm, rc));
  h->bytes += n * (int64_t)sizeof *c->target;
  if (s->n_sent > s->n_send_most) s->n_send_most = s->n_sent;
  if (n > s->n_receive_most) s->n_receive_most = n;
  return rz_exchange(comm, (int64_t)sizeof *target, target, c->n_send, c->at_send, c->target, c->n_receive,
                     c->at_receive);
}

static rz_err add_counts(rz_ed_stored *h, rz_ed_chunk *c) {
  const int size = h->comm->size;
  RZ_TRY(RZ_NEW0(4 * size, &c->n_send));
  c->at_send = c->n_send + size;
  c->n_receive = c->at_send + size;
  c->at_receive = c->n_receive + size;
  h->bytes += 4 * size * (int64_t)sizeof(int);
  return RZ_OK;
}

static rz_err store_chunk(store *s, int64_t i, uint32_t *target) {
  rz_ed_stored *const h = s->h;
  rz_ed_chunk *const c = &h->chunk[i];
  const int64_t left = h->rows.count - i * s->n_row;
  c->first = i * s->n_row;
  c->n_row = left < 0 ? 0 : left < s->n_row ? left : s->n_row;
  rz_err rc = h->comm->size > 1 ? add_counts(h, c) : RZ_OK;
  if (rc == RZ_OK) rc = fill_chunk(s, c, target);
  RZ_TRY(rz_agree(h->comm, rc));
  return h->comm->size > 1 ? tell_targets(s, c, target) : RZ_OK;
}

/* --- All of it --- */

static rz_err allocate(store *s, uint32_t **target) {
  rz_ed_stored *const h = s->h;
  const int64_t n_set = s->op->n_set + 1, group = s->b->group->n;
  const int64_t most = rz_share(s->b->dim, 0, h->comm->size).count;
  s->n_row = CHUNK_ELEMENTS / n_set > 64 ? CHUNK_ELEMENTS / n_set : 64;
  h->n_chunk = (most + s->n_row - 1) / s->n_row;
  const bool alone = h->comm->size == 1;
  RZ_TRY(RZ_NEW0(h->n_chunk, &h->chunk));
  RZ_TRY(RZ_NEW(group + 1, &s->root));
  for (int64_t k = 0; k <= group; k++) s->root[k] = sqrt((double)k);
  RZ_TRY(RZ_NEW(s->op->n_exchange + 1, &s->active));
  RZ_TRY(RZ_NEW(n_set, &s->element));
  RZ_TRY(RZ_NEW(n_set, &s->state));
  RZ_TRY(RZ_NEW(n_set, &s->from));
  RZ_TRY(RZ_NEW(n_set, &s->value));
  RZ_TRY(RZ_NEW(n_set, &s->number));
  RZ_TRY(RZ_NEW(n_set, &s->column));
  RZ_TRY(RZ_NEW(s->n_row * n_set, &s->local));
  RZ_TRY(RZ_NEW(alone ? 0 : s->n_row * n_set, &s->sent));
  return RZ_NEW(alone ? 0 : s->n_row * n_set, target);
}

/* The values and the buffers of the exchange. */
static rz_err finish(store *s) {
  rz_ed_stored *const h = s->h;
  const int64_t width = s->values.width;
  h->n_value = s->values.n;
  h->value = s->values.value;
  s->values.value = NULL;
  h->bytes += (s->values.room + s->n_send_most + s->n_receive_most) * width * (int64_t)sizeof(double);
  h->bytes += h->n_chunk * (int64_t)sizeof *h->chunk;
  RZ_TRY(RZ_NEW(s->n_send_most * width, &h->send));
  return RZ_NEW(s->n_receive_most * width, &h->receive);
}

rz_err rz_ed_store(rz_ed_stored *h, const rz_ed_basis *b, const rz_ed_operator *op) {
  store s = {.h = h, .b = b, .op = op, .values = {.width = h->is_complex ? 2 : 1}};
  uint32_t *target = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(h->comm, allocate(&s, &target)));
  for (int64_t i = 0; i < h->n_chunk; i++) RZ_TRY_DONE(rc, store_chunk(&s, i, target));
  RZ_TRY_DONE(rc, rz_agree(h->comm, finish(&s)));
done:
  rz_free(&target);
  rz_free(&s.root);
  rz_free(&s.values.value);
  rz_free(&s.values.place);
  rz_free(&s.active);
  rz_free(&s.element);
  rz_free(&s.state);
  rz_free(&s.from);
  rz_free(&s.value);
  rz_free(&s.number);
  rz_free(&s.column);
  rz_free(&s.local);
  rz_free(&s.sent);
  return rc;
}
