/* Layout of a block-cyclic matrix and its entries. */
#include "block_cyclic_impl.h"

#include "ritz/core/memory.h"
#include "scalapack.h"
#include <limits.h>
#include <math.h>
#include <string.h>

int64_t rz_cyclic_count(rz_cyclic s) {
  int64_t m = 0;
  for (int64_t first = (int64_t)s.p * s.nb; s.p >= 0 && first < s.n; first += (int64_t)s.n_p * s.nb)
    m += s.n - first < s.nb ? s.n - first : s.nb;
  return m;
}

static rz_err list_indices(rz_cyclic s, int64_t **index, int64_t *count) {
  *count = rz_cyclic_count(s);
  RZ_TRY(RZ_NEW(*count, index));
  int64_t m = 0;
  for (int64_t first = (int64_t)s.p * s.nb; m < *count; first += (int64_t)s.n_p * s.nb)
    for (int64_t i = first; i < first + s.nb && i < s.n; i++) (*index)[m++] = i;
  return RZ_OK;
}

static bool inside(const rz_block_cyclic *m, int rank) { return rank < m->n_row * m->n_col; }

rz_cyclic rz_block_cyclic_row_set(const rz_block_cyclic *m, int rank) {
  return (rz_cyclic){.n = m->n, .nb = m->nb, .p = inside(m, rank) ? rank / m->n_col : -1, .n_p = m->n_row};
}

rz_cyclic rz_block_cyclic_col_set(const rz_block_cyclic *m, int rank) {
  return (rz_cyclic){.n = m->n, .nb = m->nb, .p = inside(m, rank) ? rank % m->n_col : -1, .n_p = m->n_col};
}

/* 1 x size up to three ranks (best for the lower Cholesky), near-square beyond; what is left over stays idle. */
void rz_block_cyclic_grid(int size, int *n_row, int *n_col) {
  *n_row = size <= 3 ? 1 : (int)floor(sqrt((double)size));
  *n_col = size / *n_row;
}

/* Collective: every rank of comm takes part, also those outside the grid. */
static void open_grid(rz_block_cyclic *m) {
  m->handle = Csys2blacs_handle(m->comm.mpi);
  m->context = m->handle;
  Cblacs_gridinit(&m->context, "R", m->n_row, m->n_col);
  m->has_grid = true;
}

static void describe(rz_block_cyclic *m) {
  const int desc[9] = {1, m->context, (int)m->n, (int)m->n, m->nb, m->nb, 0, 0, (int)m->ld};
  memcpy(m->desc, desc, sizeof desc);
}

static size_t scalar_size(rz_scalar s) {
  static const size_t size[] = {[RZ_DOUBLE] = 8, [RZ_SINGLE] = 4, [RZ_DOUBLE_COMPLEX] = 16, [RZ_SINGLE_COMPLEX] = 8};
  return size[s];
}

/* Whole cache lines, and no multiple of 64: columns that far apart share the same few lines of the first-level cache,
 * which costs a factorisation a third of its speed. */
int64_t rz_block_cyclic_padded(int64_t n_row) {
  const int64_t ld = n_row > 1 ? (n_row + 15) / 16 * 16 : 16;
  return ld % 64 == 0 ? ld + 16 : ld;
}

static rz_err allocate(rz_block_cyclic *m) {
  const rz_cyclic row = rz_block_cyclic_row_set(m, m->comm.rank), col = rz_block_cyclic_col_set(m, m->comm.rank);
  m->my_row = row.p;
  m->my_col = col.p;
  RZ_TRY(list_indices(row, &m->row, &m->n_local_row));
  RZ_TRY(list_indices(col, &m->col, &m->n_local_col));
  m->ld = rz_block_cyclic_padded(m->n_local_row);
  RZ_CHECK(m->comm.size == 1 || m->ld * m->n_local_col <= INT_MAX, RZ_ERR_ARG,
           "a matrix of order %lld on %d ranks: ScaLAPACK cannot number the entries of one rank; take more ranks",
           (long long)m->n, m->comm.size);
  RZ_TRY(rz_malloc(m->ld * m->n_local_col, scalar_size(m->scalar), &m->entry));
  m->data = m->scalar == RZ_DOUBLE ? m->entry : NULL;
  return RZ_OK;
}

rz_err rz_block_cyclic_create_of(const rz_comm *comm, rz_scalar scalar, int64_t n, int nb, rz_block_cyclic **out) {
  rz_block_cyclic *m = NULL;
  *out = NULL;
  RZ_CHECK(n >= 0 && n <= INT_MAX / 8 && nb >= 1, RZ_ERR_ARG, "a matrix of order %lld in blocks of %d", (long long)n,
           nb);
  rz_err rc = RZ_NEW0(1, &m);
  if (rc == RZ_OK) {
    m->comm = *comm;
    m->n = n;
    m->nb = nb;
    m->scalar = scalar;
    rz_block_cyclic_grid(comm->size, &m->n_row, &m->n_col);
    rc = allocate(m);
  }
  rc = rz_agree(comm, rc);
  if (rc != RZ_OK) {
    rz_block_cyclic_destroy(&m);
    return rc;
  }
  if (comm->size > 1) open_grid(m);
  describe(m);
  *out = m;
  return RZ_OK;
}

rz_err rz_block_cyclic_create(const rz_comm *comm, int64_t n, int nb, rz_block_cyclic **out) {
  RZ_TRY(rz_block_cyclic_create_of(comm, RZ_DOUBLE, n, nb, out));
  if ((*out)->n_local_col > 0) memset((*out)->data, 0, (size_t)((*out)->ld * (*out)->n_local_col) * sizeof(double));
  return RZ_OK;
}

void rz_block_cyclic_destroy(rz_block_cyclic **mp) {
  rz_block_cyclic *m = *mp;
  if (!m) return;
  if (m->has_grid) {
    if (m->my_row >= 0) Cblacs_gridexit(m->context);
    Cfree_blacs_system_handle(m->handle);
  }
  rz_free(&m->row);
  rz_free(&m->col);
  rz_free(&m->entry);
  rz_free(mp);
}

rz_scalar rz_block_cyclic_scalar(const rz_block_cyclic *m) { return m->scalar; }
double *rz_block_cyclic_data(rz_block_cyclic *m) { return m->data; }
int64_t rz_block_cyclic_ld(const rz_block_cyclic *m) { return m->ld; }

const int64_t *rz_block_cyclic_rows(const rz_block_cyclic *m, int64_t *n) {
  *n = m->n_local_row;
  return m->row;
}

const int64_t *rz_block_cyclic_cols(const rz_block_cyclic *m, int64_t *n) {
  *n = m->n_local_col;
  return m->col;
}

/* The columns of a tile, one at a time: to[i * step] is (the real part of) its entry i. */
#define PUT(type, name)                                                                                                \
  static void name(int64_t n, double f, const double *restrict scale, const double *restrict from, int64_t step,       \
                   type *restrict to) {                                                                                \
    if (step == 1)                                                                                                     \
      for (int64_t i = 0; i < n; i++) to[i] = (type)(f * scale[i] * from[i]);                                          \
    else                                                                                                               \
      for (int64_t i = 0; i < n; i++) to[i * step] = (type)(f * scale[i] * from[i]);                                   \
  }
PUT(double, put_double)
PUT(float, put_single)

static bool is_single(rz_scalar s) { return s == RZ_SINGLE || s == RZ_SINGLE_COMPLEX; }
static bool is_complex(rz_scalar s) { return s == RZ_DOUBLE_COMPLEX || s == RZ_SINGLE_COMPLEX; }

void rz_block_cyclic_put(rz_block_cyclic *m, const rz_tile *t) {
  const int64_t parts = is_complex(m->scalar) ? 2 : 1, step = t->stride * parts;
  for (int64_t k = 0; k < t->n_col; k++) {
    const int64_t at = (t->row + (t->col + k * t->stride) * m->ld) * parts;
    for (int64_t part = 0; part < parts; part++) {
      const double *from = (part == 0 ? t->re : t->im) + k * t->ld;
      if (is_single(m->scalar))
        put_single(t->n_row, t->col_scale[k], t->row_scale, from, step, (float *)m->entry + at + part);
      else
        put_double(t->n_row, t->col_scale[k], t->row_scale, from, step, (double *)m->entry + at + part);
    }
  }
}

void rz_block_cyclic_shift(rz_block_cyclic *m, double x) {
  const int64_t parts = is_complex(m->scalar) ? 2 : 1;
  int64_t i = 0;
  for (int64_t k = 0; k < m->n_local_col; k++) {
    while (i < m->n_local_row && m->row[i] < m->col[k]) i++;
    if (i == m->n_local_row) return;
    if (m->row[i] != m->col[k]) continue;
    const int64_t at = (i + k * m->ld) * parts;
    if (is_single(m->scalar))
      ((float *)m->entry)[at] += (float)x;
    else
      ((double *)m->entry)[at] += x;
  }
}

static int64_t entry_bytes(const rz_block_cyclic *m) {
  return m->ld * m->n_local_col * (int64_t)scalar_size(m->scalar);
}

void rz_block_cyclic_clear(rz_block_cyclic *m) {
  if (entry_bytes(m) > 0) memset(m->entry, 0, (size_t)entry_bytes(m));
}

/* Added as integers, the bits of a number and of zeros are those of the number. Columns are padded to whole words. */
rz_err rz_block_cyclic_merge(const rz_comm *comm, rz_block_cyclic *m) {
  return comm->size > 1 ? rz_sum_i64(comm, entry_bytes(m) / (int64_t)sizeof(int64_t), m->entry) : RZ_OK;
}
