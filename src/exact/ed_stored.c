#include "ed_stored_impl.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

int64_t rz_ed_stored_bytes(const rz_ed_stored *h) { return h->bytes; }

double rz_ed_stored_need(const rz_ed_spec *spec, const rz_ed_operator *op, double dim, int size) {
  const double n = op->n_site, up = spec->n_up, rows = dim / size;
  const double acts = spec->fixed_sz ? 2.0 * up * (n - up) / (n * fmax(n - 1.0, 1.0)) : 0.5; /* share of exchanges */
  const double elements = (double)(op->n_set - op->n_exchange) + acts * (double)op->n_exchange;
  const double word = rows < 0x1p24 ? 4.0 : 8.0; /* 8 bits for the values or more */
  const double target = 4.0 * (1.0 - 1.0 / size), row = 8.0 + 4.0;
  return rows * (row + elements * (word + target)) + dim * (8.0 + 2.0 + 2.0); /* every rank lists the states */
}

/* --- The product. `wide` is a constant where these are inlined. --- */

static inline uint64_t word_at(const rz_ed_words *w, bool wide, int64_t k) { return wide ? w->wide[k] : w->narrow[k]; }

static inline void local_real(const rz_ed_stored *h, const rz_ed_chunk *c, bool wide, const double *restrict x,
                              double *restrict y) {
  const uint64_t mask = ((uint64_t)1 << h->shift) - 1;
  const double *const value = h->value;
  int64_t k = 0;
  for (int64_t i = 0; i < c->n_row; i++) {
    const int64_t row = c->first + i, end = c->end[i];
    double sum = h->diagonal[row] * x[row];
    for (; k < end; k++) {
      const uint64_t w = word_at(&c->local, wide, k);
      sum += value[w >> h->shift] * x[w & mask];
    }
    y[row] += sum;
  }
}

static inline void local_complex(const rz_ed_stored *h, const rz_ed_chunk *c, bool wide, const double *restrict x,
                                 double *restrict y) {
  const uint64_t mask = ((uint64_t)1 << h->shift) - 1;
  int64_t k = 0;
  for (int64_t i = 0; i < c->n_row; i++) {
    const int64_t row = c->first + i, end = c->end[i];
    double re = h->diagonal[row] * x[2 * row], im = h->diagonal[row] * x[2 * row + 1];
    for (; k < end; k++) {
      const uint64_t w = word_at(&c->local, wide, k);
      const double *const v = h->value + 2 * (w >> h->shift), *const z = x + 2 * (w & mask);
      re += v[0] * z[0] + v[1] * z[1]; /* conj(v) z */
      im += v[0] * z[1] - v[1] * z[0];
    }
    y[2 * row] += re;
    y[2 * row + 1] += im;
  }
}

static inline void remote_real(const rz_ed_stored *h, const rz_ed_chunk *c, bool wide, const double *x) {
  const uint64_t mask = ((uint64_t)1 << h->shift) - 1;
  for (int64_t k = 0; k < c->remote.n; k++) {
    const uint64_t w = word_at(&c->remote, wide, k);
    h->send[k] = h->value[w >> h->shift] * x[w & mask];
  }
}

static inline void remote_complex(const rz_ed_stored *h, const rz_ed_chunk *c, bool wide, const double *x) {
  const uint64_t mask = ((uint64_t)1 << h->shift) - 1;
  for (int64_t k = 0; k < c->remote.n; k++) {
    const uint64_t w = word_at(&c->remote, wide, k);
    const double *const v = h->value + 2 * (w >> h->shift), *const z = x + 2 * (w & mask);
    h->send[2 * k] = v[0] * z[0] - v[1] * z[1];
    h->send[2 * k + 1] = v[0] * z[1] + v[1] * z[0];
  }
}

static void local(const rz_ed_stored *h, const rz_ed_chunk *c, const double *x, double *y) {
  const bool wide = c->local.wide != NULL;
  if (h->is_complex)
    wide ? local_complex(h, c, true, x, y) : local_complex(h, c, false, x, y);
  else
    wide ? local_real(h, c, true, x, y) : local_real(h, c, false, x, y);
}

static void remote(const rz_ed_stored *h, const rz_ed_chunk *c, const double *x) {
  const bool wide = c->remote.wide != NULL;
  if (h->is_complex)
    wide ? remote_complex(h, c, true, x) : remote_complex(h, c, false, x);
  else
    wide ? remote_real(h, c, true, x) : remote_real(h, c, false, x);
}

/* Send the contributions of a chunk and add those that come in. */
static rz_err exchange(const rz_ed_stored *h, const rz_ed_chunk *c, double *y) {
  const int last = h->comm->size - 1, width = h->is_complex ? 2 : 1;
  RZ_TRY(rz_exchange(h->comm, width * (int64_t)sizeof *h->send, h->send, c->n_send, c->at_send, h->receive,
                     c->n_receive, c->at_receive));
  const int64_t n = (int64_t)c->at_receive[last] + c->n_receive[last];
  for (int64_t k = 0; k < n; k++)
    for (int i = 0; i < width; i++) y[width * (int64_t)c->target[k] + i] += h->receive[width * k + i];
  return RZ_OK;
}

rz_err rz_ed_stored_add(rz_ed_stored *h, const double *x, double *y) {
  for (int64_t i = 0; i < h->n_chunk; i++) {
    const rz_ed_chunk *const c = &h->chunk[i];
    local(h, c, x, y);
    if (h->comm->size == 1) continue;
    remote(h, c, x);
    RZ_TRY(exchange(h, c, y));
  }
  return RZ_OK;
}

/* --- Life --- */

static int bits_of(int64_t n) {
  int bits = 1;
  while (((int64_t)1 << bits) < n) bits++;
  return bits;
}

static rz_err set_up(rz_ed_stored *h, const rz_ed_basis *b, const rz_ed_operator *op) {
  RZ_TRY(RZ_NEW(h->rows.count, &h->diagonal));
  for (int64_t row = 0; row < h->rows.count; row++)
    h->diagonal[row] = rz_ed_diagonal(op, b->state[h->rows.first + row]);
  h->bytes += h->rows.count * (int64_t)sizeof *h->diagonal;
  return RZ_OK;
}

rz_err rz_ed_stored_create(const rz_ed_basis *b, const rz_ed_operator *op, bool is_complex, const rz_comm *comm,
                           rz_ed_stored **out) {
  const int64_t most = rz_share(b->dim, 0, comm->size).count;
  rz_err rc = RZ_NEW0(1, out);
  RZ_TRY(rz_agree(comm, rc));
  rz_ed_stored *const h = *out;
  h->comm = comm;
  h->is_complex = is_complex;
  h->rows = rz_share(b->dim, comm->rank, comm->size);
  h->shift = bits_of(most);
  h->bytes = (int64_t)sizeof *h;
  RZ_CHECK_DONE(rc, most <= UINT32_MAX, RZ_ERR_ARG, "%lld stored rows on a rank are more than 2^32: take more ranks",
                (long long)most);
  RZ_TRY_DONE(rc, rz_agree(comm, set_up(h, b, op)));
  RZ_TRY_DONE(rc, rz_ed_store(h, b, op));
done:
  if (rc != RZ_OK) rz_ed_stored_destroy(out);
  return rc;
}

static void free_words(rz_ed_words *w) {
  rz_free(&w->narrow);
  rz_free(&w->wide);
}

void rz_ed_stored_destroy(rz_ed_stored **stored) {
  rz_ed_stored *const h = *stored;
  if (!h) return;
  for (int64_t i = 0; h->chunk && i < h->n_chunk; i++) {
    rz_ed_chunk *const c = &h->chunk[i];
    rz_free(&c->end);
    free_words(&c->local);
    rz_free(&c->n_send);
    free_words(&c->remote);
    rz_free(&c->target);
  }
  rz_free(&h->chunk);
  rz_free(&h->value);
  rz_free(&h->diagonal);
  rz_free(&h->send);
  rz_free(&h->receive);
  rz_free(stored);
}
