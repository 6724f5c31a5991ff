#include "ed_rows.h"
#include "ed_stored.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

enum { CHUNK_ELEMENTS = 1 << 18 }; /* connected elements of a chunk of rows at most, unless one row has more */

typedef struct contribution { /* y[row] += value on the receiving rank */
  int64_t row;
  double value[2];
} contribution;

struct rz_ed_rows {
  const rz_comm *comm;
  rz_ed_basis *basis;
  rz_ed_operator *op;
  bool is_complex;
  rz_range rows;
  double *diagonal;
  uint64_t state; /* of the row asked for last, plain basis */
  int64_t row;    /* its number */
  /* plain: elements of that row, [op->n_set] */
  int64_t *column;
  double *value;
  int32_t *active;
  rz_ed_stored *stored; /* with symmetries: all rows; nothing below is used then */
  /* exchange in chunks; counts and displacements in units of contributions, [n_chunk, size] */
  int64_t chunk;
  int n_chunk;
  int *n_send, *n_receive, *at_send, *at_receive, *cursor;
  contribution *send, *receive;
  int64_t bytes;
};

const rz_ed_basis *rz_ed_rows_basis(const rz_ed_rows *h) { return h->basis; }
bool rz_ed_rows_is_complex(const rz_ed_rows *h) { return h->is_complex; }
rz_range rz_ed_rows_range(const rz_ed_rows *h) { return h->rows; }
int64_t rz_ed_rows_bytes(const rz_ed_rows *h) { return h->bytes; }
const double *rz_ed_rows_diagonal(const rz_ed_rows *h) { return h->diagonal; }

/* --- One row --- */

static inline void put(void *ctx, int64_t n, uint64_t target, double complex v) {
  rz_ed_rows *const h = ctx;
  h->column[n] = rz_ed_basis_rank(h->basis, target);
  if (h->is_complex) {
    h->value[2 * n] = creal(v);
    h->value[2 * n + 1] = cimag(v);
  } else
    h->value[n] = creal(v);
}

void rz_ed_rows_get(rz_ed_rows *h, int64_t row, int64_t *n, const int64_t **column, const double **value) {
  if (row != h->row + 1 || row == 0)
    h->state = rz_sector_unrank(&h->basis->sector, h->rows.first + row);
  else
    h->state = rz_sector_next(&h->basis->sector, h->state);
  h->row = row;
  *n = rz_ed_connect(h->op, h->state, h->active, put, h);
  *column = h->column;
  *value = h->value;
}

static void fill_diagonal(rz_ed_rows *h) {
  uint64_t s = h->rows.count > 0 ? rz_sector_unrank(&h->basis->sector, h->rows.first) : 0;
  for (int64_t row = 0; row < h->rows.count; row++) {
    h->diagonal[row] = rz_ed_diagonal(h->op, s);
    if (row + 1 < h->rows.count) s = rz_sector_next(&h->basis->sector, s);
  }
}

/* --- The plan of the exchange --- */

static bool is_local(const rz_ed_rows *h, int64_t column) {
  return (uint64_t)(column - h->rows.first) < (uint64_t)h->rows.count;
}

static void count_sends(rz_ed_rows *h) {
  const int size = h->comm->size;
  for (int64_t row = 0; row < h->rows.count; row++) {
    int *const n_send = h->n_send + row / h->chunk * size;
    int64_t n = 0;
    const int64_t *column = NULL;
    const double *value = NULL;
    rz_ed_rows_get(h, row, &n, &column, &value);
    for (int64_t k = 0; k < n; k++)
      if (!is_local(h, column[k])) n_send[rz_share_owner(h->basis->dim, column[k], size)]++;
  }
}

/* Displacements within each chunk and the largest total of a chunk. */
static rz_err displacements(int n_chunk, int size, const int *n, int *at, int64_t *largest) {
  *largest = 0;
  for (int c = 0; c < n_chunk; c++) {
    int64_t total = 0;
    for (int r = 0; r < size; r++) {
      RZ_TRY(rz_int(total, &at[c * size + r]));
      total += n[c * size + r];
    }
    if (total > *largest) *largest = total;
  }
  return RZ_OK;
}

static rz_err allocate_plan(rz_ed_rows *h) {
  const int64_t n_max = h->op->n_set + 1, most = rz_share(h->basis->dim, 0, h->comm->size).count;
  h->chunk = CHUNK_ELEMENTS / n_max > 64 ? CHUNK_ELEMENTS / n_max : 64;
  RZ_TRY(rz_int((most + h->chunk - 1) / h->chunk, &h->n_chunk));
  const int64_t n = (int64_t)h->n_chunk * h->comm->size;
  h->bytes += (4 * n + h->comm->size) * (int64_t)sizeof(int);
  RZ_TRY(RZ_NEW0(n, &h->n_send));
  RZ_TRY(RZ_NEW0(n, &h->n_receive));
  RZ_TRY(RZ_NEW0(n, &h->at_send));
  RZ_TRY(RZ_NEW0(n, &h->at_receive));
  return RZ_NEW(h->comm->size, &h->cursor);
}

static rz_err allocate_buffers(rz_ed_rows *h) {
  int64_t n_send = 0, n_receive = 0;
  RZ_TRY(displacements(h->n_chunk, h->comm->size, h->n_send, h->at_send, &n_send));
  RZ_TRY(displacements(h->n_chunk, h->comm->size, h->n_receive, h->at_receive, &n_receive));
  h->bytes += (n_send + n_receive) * (int64_t)sizeof(contribution);
  RZ_TRY(RZ_NEW(n_send, &h->send));
  return RZ_NEW(n_receive, &h->receive);
}

static rz_err plan(rz_ed_rows *h) {
  if (h->comm->size == 1) return RZ_OK;
  RZ_TRY(rz_agree(h->comm, allocate_plan(h)));
  count_sends(h);
  for (int c = 0; c < h->n_chunk; c++) {
    rz_comm_count(h->comm, RZ_EXCHANGE, h->comm->size * (int64_t)sizeof *h->n_send);
    RZ_MPI(MPI_Alltoall(h->n_send + (int64_t)c * h->comm->size, 1, MPI_INT, h->n_receive + (int64_t)c * h->comm->size,
                        1, MPI_INT, h->comm->mpi));
  }
  return rz_agree(h->comm, allocate_buffers(h));
}

/* --- The product --- */

/* Where the contribution to another rank's row goes. */
static inline contribution *next_send(rz_ed_rows *h, int64_t column) {
  const int owner = rz_share_owner(h->basis->dim, column, h->comm->size);
  contribution *const c = &h->send[h->cursor[owner]++];
  c->row = column - rz_share(h->basis->dim, owner, h->comm->size).first;
  return c;
}

static void rows_real(rz_ed_rows *h, int64_t first, int64_t last, const double *x, double *y) {
  for (int64_t row = first; row < last; row++) {
    int64_t n = 0;
    const int64_t *column = NULL;
    const double *value = NULL;
    rz_ed_rows_get(h, row, &n, &column, &value);
    double sum = h->diagonal[row] * x[row];
    for (int64_t k = 0; k < n; k++)
      if (is_local(h, column[k]))
        sum += value[k] * x[column[k] - h->rows.first];
      else
        next_send(h, column[k])->value[0] = value[k] * x[row];
    y[row] += sum;
  }
}

static void rows_complex(rz_ed_rows *h, int64_t first, int64_t last, const double *x, double *y) {
  for (int64_t row = first; row < last; row++) {
    int64_t n = 0;
    const int64_t *column = NULL;
    const double *value = NULL;
    rz_ed_rows_get(h, row, &n, &column, &value);
    const double xr = x[2 * row], xi = x[2 * row + 1];
    double re = h->diagonal[row] * xr, im = h->diagonal[row] * xi;
    for (int64_t k = 0; k < n; k++) {
      const double vr = value[2 * k], vi = value[2 * k + 1];
      if (is_local(h, column[k])) { /* conj(v) x */
        const double *const z = x + 2 * (column[k] - h->rows.first);
        re += vr * z[0] + vi * z[1];
        im += vr * z[1] - vi * z[0];
      } else {
        contribution *const c = next_send(h, column[k]);
        c->value[0] = vr * xr - vi * xi;
        c->value[1] = vr * xi + vi * xr;
      }
    }
    y[2 * row] += re;
    y[2 * row + 1] += im;
  }
}

static rz_err exchange(rz_ed_rows *h, int chunk, double *y) {
  const int size = h->comm->size;
  const int64_t at = (int64_t)chunk * size;
  RZ_TRY(rz_exchange(h->comm, sizeof *h->send, h->send, h->n_send + at, h->at_send + at, h->receive, h->n_receive + at,
                     h->at_receive + at));
  const int64_t n = h->at_receive[at + size - 1] + (int64_t)h->n_receive[at + size - 1];
  for (int64_t k = 0; k < n; k++) {
    const contribution *const c = &h->receive[k];
    if (h->is_complex) {
      y[2 * c->row] += c->value[0];
      y[2 * c->row + 1] += c->value[1];
    } else
      y[c->row] += c->value[0];
  }
  return RZ_OK;
}

/* y += H x with the rows made anew. */
static rz_err add_plain(rz_ed_rows *h, const double *x, double *y) {
  const int64_t n = h->rows.count;
  const bool alone = h->comm->size == 1;
  for (int c = 0; c < (alone ? 1 : h->n_chunk); c++) {
    const int64_t first = alone ? 0 : c * h->chunk, end = alone ? n : first + h->chunk, last = end < n ? end : n;
    if (!alone) memcpy(h->cursor, h->at_send + (int64_t)c * h->comm->size, (size_t)h->comm->size * sizeof *h->cursor);
    if (h->is_complex)
      rows_complex(h, first, last, x, y);
    else
      rows_real(h, first, last, x, y);
    if (!alone) RZ_TRY(exchange(h, c, y));
  }
  return RZ_OK;
}

rz_err rz_ed_rows_apply(void *ctx, const double *x, double c, double *y) {
  rz_ed_rows *const h = ctx;
  const int64_t n = h->is_complex ? 2 * h->rows.count : h->rows.count;
  for (int64_t i = 0; i < n; i++) y[i] = c != 0.0 ? c * y[i] : 0.0;
  return h->stored ? rz_ed_stored_add(h->stored, x, y) : add_plain(h, x, y);
}

/* --- Life --- */

static rz_err allocate_row(rz_ed_rows *h) {
  const int64_t n = h->op->n_set;
  RZ_TRY(RZ_NEW(h->rows.count, &h->diagonal));
  RZ_TRY(RZ_NEW(n, &h->column));
  RZ_TRY(RZ_NEW(2 * n, &h->value));
  RZ_TRY(RZ_NEW(h->op->n_exchange + 1, &h->active));
  h->bytes += h->rows.count * 8 + n * 28;
  return RZ_OK;
}

static rz_err prepare_plain(rz_ed_rows *h) {
  RZ_TRY(rz_agree(h->comm, allocate_row(h)));
  fill_diagonal(h);
  return plan(h);
}

static rz_err prepare_stored(rz_ed_rows *h) {
  RZ_TRY(rz_ed_stored_create(h->basis, h->op, h->is_complex, h->comm, &h->stored));
  h->bytes += rz_ed_stored_bytes(h->stored);
  return RZ_OK;
}

rz_err rz_ed_rows_create(const rz_ed_spec *spec, const rz_comm *comm, rz_ed_rows **out) {
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(1, out)));
  rz_ed_rows *const h = *out;
  h->comm = comm;
  h->row = -2;
  RZ_TRY_DONE(rc, rz_agree(comm, rz_ed_operator_create(spec->op, &h->op)));
  RZ_TRY_DONE(rc, rz_ed_basis_create(spec, h->op, comm, &h->basis));
  h->is_complex = !h->op->real || !h->basis->group->real;
  h->rows = rz_share(h->basis->dim, comm->rank, comm->size);
  h->bytes = h->basis->bytes;
  RZ_TRY_DONE(rc, h->basis->plain ? prepare_plain(h) : prepare_stored(h));
done:
  if (rc != RZ_OK) rz_ed_rows_destroy(out);
  return rc;
}

void rz_ed_rows_destroy(rz_ed_rows **rows) {
  rz_ed_rows *const h = *rows;
  if (!h) return;
  rz_ed_basis_destroy(&h->basis);
  rz_ed_operator_destroy(&h->op);
  rz_free(&h->diagonal);
  rz_free(&h->column);
  rz_free(&h->value);
  rz_free(&h->active);
  rz_ed_stored_destroy(&h->stored);
  rz_free(&h->n_send);
  rz_free(&h->n_receive);
  rz_free(&h->at_send);
  rz_free(&h->at_receive);
  rz_free(&h->cursor);
  rz_free(&h->send);
  rz_free(&h->receive);
  rz_free(rows);
}
