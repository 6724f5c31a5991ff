/* S = J^T W J, block-cyclic. A rank's block of S needs J[all samples, its rows of S] and J[all samples, its columns].
 * Samples stream by in batches: every rank forms dense rows of J for a batch of its own samples, cuts them into the
 * columns that each rank needs, and one exchange brings every rank its strips, to be added by one product. No rank
 * ever holds S or all rows of J. A small S is summed and solved on every rank instead: its sum is less to send than the
 * rows, and a grid of processes would only wait for its own messages. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>
#include <string.h>

typedef struct stream {
  const rz_sr_problem *p;
  bool whole;      /* m is all of S: nothing to exchange */
  int64_t *n_all;  /* samples of each rank */
  int64_t batch;   /* samples of one rank in one batch */
  double *panel;   /* [n_comp * batch, n_param]: rows sqrt(w) J of this rank's batch */
  double *send;    /* per rank: [rows, its rows of S + its columns of S] */
  double *receive; /* [rows of all ranks, my rows of S + my columns of S] */
  int *count, *first, *count_in, *first_in;
} stream;

static void stream_free(stream *s) {
  rz_free(&s->n_all);
  rz_free(&s->panel);
  rz_free(&s->send);
  rz_free(&s->receive);
  rz_free(&s->count);
  rz_free(&s->first);
  rz_free(&s->count_in);
  rz_free(&s->first_in);
}

static int64_t strip_width(const rz_block_cyclic *m, int rank) {
  return rz_cyclic_count(rz_block_cyclic_row_set(m, rank)) + rz_cyclic_count(rz_block_cyclic_col_set(m, rank));
}

/* Numbers that one row of J becomes, sent to all ranks or received from all: the larger. */
static int64_t row_volume(const rz_sr_problem *p, const rz_block_cyclic *m) {
  int64_t sent = 0;
  for (int q = 0; q < p->comm->size; q++) sent += strip_width(m, q);
  const int64_t received = p->comm->size * strip_width(m, p->comm->rank);
  return sent > received ? sent : received;
}

int64_t rz_sr_batch(int n_comp, int64_t volume, int64_t most) {
  int64_t batch = RZ_SR_BUFFER / (volume * n_comp + 1);
  batch = batch < 8 ? 8 : batch;
  return batch > most ? most : batch;
}

static rz_err stream_init(stream *s, const rz_block_cyclic *m) {
  const rz_comm *comm = s->p->comm;
  const int n_comp = rz_jacobian_n_comp(s->p->j);
  const int64_t volume = s->whole ? s->p->n_param : row_volume(s->p, m);
  double widest = (double)volume;
  RZ_TRY(rz_max(comm, 1, &widest));
  RZ_TRY(rz_sr_counts(comm, rz_jacobian_n(s->p->j), &s->n_all));
  int64_t most = 1;
  for (int q = 0; q < comm->size; q++) most = s->n_all[q] > most ? s->n_all[q] : most;
  s->batch = rz_sr_batch(n_comp, (int64_t)widest, most);
  rz_err rc = RZ_NEW(n_comp * s->batch * s->p->n_param, &s->panel);
  if (s->whole) return rz_agree(comm, rc);
  if (rc == RZ_OK) rc = RZ_NEW(n_comp * s->batch * volume, &s->send);
  if (rc == RZ_OK) rc = RZ_NEW(n_comp * s->batch * volume, &s->receive);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &s->count);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &s->first);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &s->count_in);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &s->first_in);
  return rz_agree(comm, rc);
}

/* Rows of a rank in the batch that starts at its sample i0. */
static int64_t batch_rows(const stream *s, int rank, int64_t i0) {
  const int64_t left = s->n_all[rank] - i0, n = left < s->batch ? left : s->batch;
  return (n > 0 ? n : 0) * rz_jacobian_n_comp(s->p->j);
}

rz_err rz_sr_weighted_rows(const rz_jacobian *j, int64_t first, int64_t n, double *out) {
  const int64_t n_param = rz_jacobian_n_param(j);
  for (int c = 0; n > 0 && c < rz_jacobian_n_comp(j); c++) {
    double *rows = out + c * n * n_param;
    RZ_TRY(rz_jacobian_rows(j, c, first, n, rows));
    for (int64_t i = 0; i < n; i++) {
      const double root = sqrt(rz_jacobian_weight(j, first + i));
      for (int64_t k = 0; k < n_param; k++) rows[i * n_param + k] *= root;
    }
  }
  return RZ_OK;
}

static rz_err form_panel(const stream *s, int64_t i0) {
  return rz_sr_weighted_rows(s->p->j, i0, batch_rows(s, s->p->comm->rank, i0) / rz_jacobian_n_comp(s->p->j), s->panel);
}

/* Copy the columns of a set out of one row; returns the end of what was written. */
static double *cut(rz_cyclic set, const double *row, double *to) {
  for (int64_t k = (int64_t)set.p * set.nb; set.p >= 0 && k < set.n; k += (int64_t)set.n_p * set.nb) {
    const int64_t n = set.n - k < set.nb ? set.n - k : set.nb;
    memcpy(to, row + k, (size_t)n * sizeof *to);
    to += n;
  }
  return to;
}

static void pack(const stream *s, const rz_block_cyclic *m, int64_t n_row) {
  double *to = s->send;
  for (int q = 0; q < s->p->comm->size; q++) {
    const rz_cyclic rows = rz_block_cyclic_row_set(m, q), cols = rz_block_cyclic_col_set(m, q);
    for (int64_t r = 0; r < n_row; r++) {
      const double *row = s->panel + r * s->p->n_param;
      to = cut(rows, row, to);
      to = cut(cols, row, to);
    }
  }
}

/* Rows received: of all ranks. */
static rz_err exchange(const stream *s, const rz_block_cyclic *m, int64_t i0, int64_t *n_row) {
  const rz_comm *comm = s->p->comm;
  const int64_t mine = batch_rows(s, comm->rank, i0), width = strip_width(m, comm->rank);
  int64_t out = 0, in = 0;
  pack(s, m, mine);
  for (int q = 0; q < comm->size; q++) {
    const int64_t n_out = mine * strip_width(m, q), n_in = batch_rows(s, q, i0) * width;
    s->count[q] = (int)n_out;
    s->first[q] = (int)out;
    s->count_in[q] = (int)n_in;
    s->first_in[q] = (int)in;
    out += n_out;
    in += n_in;
  }
  *n_row = width > 0 ? in / width : 0;
  return rz_exchange(comm, sizeof *s->send, s->send, s->count, s->first, s->receive, s->count_in, s->first_in);
}

/* S[my rows, my columns] += strip^T strip, lower triangle only: per group of columns, the rows from its first on. */
static void accumulate(const stream *s, rz_block_cyclic *m, int64_t n_row) {
  int64_t nr = 0, nc = 0, i0 = 0;
  const int64_t *row = rz_block_cyclic_rows(m, &nr), *col = rz_block_cyclic_cols(m, &nc), group = 256;
  const int64_t ld = rz_block_cyclic_ld(m), width = nr + nc;
  for (int64_t k = 0; n_row > 0 && k < nc; k += group) {
    while (i0 < nr && row[i0] < col[k]) i0++;
    if (i0 == nr) break;
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)(nr - i0), (int)(nc - k < group ? nc - k : group),
                (int)n_row, 1.0, s->receive + i0, (int)width, s->receive + nr + k, (int)width, 1.0,
                rz_block_cyclic_data(m) + i0 + k * ld, (int)ld);
  }
}

static void add_diagonal(const rz_sr_problem *p, rz_block_cyclic *m) {
  int64_t nr = 0, nc = 0, i = 0;
  const int64_t *row = rz_block_cyclic_rows(m, &nr), *col = rz_block_cyclic_cols(m, &nc);
  for (int64_t k = 0; k < nc; k++) {
    while (i < nr && row[i] < col[k]) i++;
    if (i < nr && row[i] == col[k]) rz_block_cyclic_data(m)[i + k * rz_block_cyclic_ld(m)] += rz_sr_added(p, col[k]);
  }
}

/* My samples onto all of S, then the sum over ranks. */
static rz_err fill_whole(const stream *s, rz_block_cyclic *m) {
  const rz_comm *comm = s->p->comm;
  const int n_param = (int)s->p->n_param;
  rz_err rc = RZ_OK;
  for (int64_t i0 = 0; i0 < s->n_all[comm->rank] && rc == RZ_OK; i0 += s->batch) {
    rc = form_panel(s, i0);
    if (rc == RZ_OK)
      cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, n_param, (int)batch_rows(s, comm->rank, i0), 1.0, s->panel,
                  n_param, 1.0, rz_block_cyclic_data(m), (int)rz_block_cyclic_ld(m));
  }
  RZ_TRY(rz_agree(comm, rc));
  return comm->size > 1 ? rz_sum(comm, s->p->n_param * rz_block_cyclic_ld(m), rz_block_cyclic_data(m)) : RZ_OK;
}

static rz_err fill_strips(const stream *s, rz_block_cyclic *m) {
  const rz_comm *comm = s->p->comm;
  int64_t most = 0, n_row = 0;
  for (int q = 0; q < comm->size; q++) most = s->n_all[q] > most ? s->n_all[q] : most;
  for (int64_t i0 = 0; i0 < most; i0 += s->batch) {
    RZ_TRY(rz_agree(comm, form_panel(s, i0)));
    RZ_TRY(exchange(s, m, i0, &n_row));
    accumulate(s, m, n_row);
  }
  return RZ_OK;
}

static bool is_whole(const rz_sr_problem *p) {
  return p->comm->size == 1 || p->n_param <= p->o->replicate || rz_jacobian_in_blocks(p->j);
}

static rz_err fill_streaming(const rz_sr_problem *p, rz_block_cyclic *m) {
  stream s = {.p = p, .whole = is_whole(p)};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, stream_init(&s, m));
  RZ_TRY_DONE(rc, s.whole ? fill_whole(&s, m) : fill_strips(&s, m));
done:
  stream_free(&s);
  return rc;
}

static rz_err fill(void *ctx, rz_block_cyclic *m) {
  const rz_sr_problem *p = ctx;
  rz_block_cyclic_clear(m);
  RZ_TRY(rz_jacobian_in_blocks(p->j) ? rz_sr_fill_dense_alike(p, m) : fill_streaming(p, m));
  add_diagonal(p, m);
  return RZ_OK;
}

rz_err rz_sr_dense(rz_sr_problem *p, double *d, rz_sr_result *result) {
  rz_comm self;
  RZ_TRY(rz_comm_wrap(MPI_COMM_SELF, &self));
  memcpy(d, p->f, (size_t)p->n_param * sizeof *d);
  const rz_sr_system system = {.n = p->n_param, .fill = fill, .ctx = p};
  RZ_TRY(rz_sr_factorise(p, is_whole(p) ? &self : p->comm, &system, d, result));
  /* Solved on every rank: rank 0's word counts, down to the last bit. */
  return is_whole(p) ? rz_bcast(p->comm, 0, p->n_param * (int64_t)sizeof *d, d) : RZ_OK;
}
