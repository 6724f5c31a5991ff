/* T = W^(1/2) J J^T W^(1/2) + shift, block-cyclic over the rows of J. Row g = s n_comp + c belongs to component c of
 * the s-th sample with a weight, counted over all ranks in rank order, so that a block of T is made of whole samples.
 * Each rank receives the samples of its rows of T and those of its columns, as factors or as dense rows of J, whichever
 * are fewer numbers, and fills its part of T by Gram blocks. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include "ritz/linalg/blas.h"
#include <math.h>
#include <string.h>

/* The samples of my rows (or columns) of T. */
typedef struct side {
  int64_t n;
  double *buffer;       /* [n, numbers per sample], as received */
  rz_jacobian *own;     /* of the factors, unpacked */
  const rz_jacobian *j; /* own, or the optimiser's Jacobian itself */
  double *root;         /* [n] sqrt(w) */
} side;

typedef struct kernel {
  const rz_sr_problem *p;
  int64_t n_active, *active; /* this rank's samples with a weight */
  int64_t *n_all, *first;    /* of each rank, and of the ranks before it */
  int64_t n_total;
  int n_comp;
  bool by_factors, hermitian;
  double shift;
  double *u; /* [rows of J] */
  double *t; /* [n_param] */
} kernel;

static void side_free(side *s) {
  rz_free(&s->buffer);
  rz_free(&s->root);
  rz_jacobian_destroy(&s->own);
}

static void kernel_free(kernel *k) {
  rz_free(&k->u);
  rz_free(&k->t);
  rz_free(&k->active);
  rz_free(&k->n_all);
  rz_free(&k->first);
}

/* Complex weights everywhere: log psi is holomorphic, the rows of a sample are Re and Im of one complex row o, and T is
 * the Hermitian matrix o_i . o_k^* written in real numbers. */
static bool is_holomorphic(const rz_jacobian *j) {
  for (int l = 0; l < rz_jacobian_n_layer(j); l++)
    if (!rz_jacobian_layer(j, l)->complex_weights) return false;
  return rz_jacobian_n_comp(j) == 2;
}

static rz_err kernel_init(kernel *k) {
  const rz_jacobian *j = k->p->j;
  const rz_comm *comm = k->p->comm;
  k->n_comp = rz_jacobian_n_comp(j);
  k->hermitian = is_holomorphic(j);
  k->by_factors = rz_jacobian_pack_size(j) <= k->n_comp * k->p->n_param + 1;
  rz_err rc = RZ_NEW(rz_jacobian_n(j), &k->active);
  if (rc == RZ_OK) rc = RZ_NEW(comm->size, &k->first);
  if (rc == RZ_OK) rc = RZ_NEW0(rz_jacobian_n_rows(j), &k->u);
  if (rc == RZ_OK) rc = RZ_NEW(k->p->n_param, &k->t);
  RZ_TRY(rz_agree(comm, rc));
  for (int64_t i = 0; i < rz_jacobian_n(j); i++)
    if (rz_jacobian_weight(j, i) > 0.0) k->active[k->n_active++] = i;
  RZ_TRY(rz_sr_counts(comm, k->n_active, &k->n_all));
  for (int q = 0; q < comm->size; q++) {
    k->first[q] = k->n_total;
    k->n_total += k->n_all[q];
  }
  return RZ_OK;
}

/* Numbers of a sample in a message: its factors, or its weight and n_comp rows. */
static int64_t sample_size(const kernel *k) {
  return k->by_factors ? rz_jacobian_pack_size(k->p->j) : 1 + k->n_comp * k->p->n_param;
}

static rz_err put_sample(const kernel *k, int64_t sample, double *to) {
  const rz_jacobian *j = k->p->j;
  if (k->by_factors) return rz_jacobian_pack(j, 1, &sample, to);
  to[0] = rz_jacobian_weight(j, sample);
  for (int c = 0; c < k->n_comp; c++) RZ_TRY(rz_jacobian_rows(j, c, sample, 1, to + 1 + c * k->p->n_param));
  return RZ_OK;
}

/* A set of rows of T as a set of samples: n_comp real rows each, or one complex row. */
static rz_cyclic samples_of(const kernel *k, rz_cyclic rows) {
  const int per = (int)(rows.n / k->n_total);
  return (rz_cyclic){.n = k->n_total, .nb = rows.nb / per, .p = rows.p, .n_p = rows.n_p};
}

/* How many of samples first .. first + count - 1 are in the set; their packed data to `to` unless NULL, the samples
 * being this rank's. */
static rz_err within(const kernel *k, rz_cyclic set, int64_t first, int64_t count, double *to, int64_t *n) {
  const int64_t size = sample_size(k), end = first + count, step = (int64_t)set.n_p * set.nb;
  *n = 0;
  for (int64_t b = (int64_t)set.p * set.nb; set.p >= 0 && b < end; b += step)
    for (int64_t s = b > first ? b : first; s < b + set.nb && s < end; s++, (*n)++)
      if (to) RZ_TRY(put_sample(k, k->active[s - first], to + *n * size));
  return RZ_OK;
}

typedef rz_cyclic set_of_rank(const rz_block_cyclic *m, int rank);

typedef struct message {
  int *n_out, *first_out, *n_in, *first_in;
  double *send;
} message;

static void message_free(message *x) {
  rz_free(&x->n_out);
  rz_free(&x->first_out);
  rz_free(&x->n_in);
  rz_free(&x->first_in);
  rz_free(&x->send);
}

/* Count, then pack, what goes to each rank; room for what comes. */
static rz_err message_init(message *x, const kernel *k, const rz_block_cyclic *m, set_of_rank *set, side *s) {
  const rz_comm *comm = k->p->comm;
  const int me = comm->rank, size = comm->size;
  const rz_cyclic mine = samples_of(k, set(m, me));
  int64_t n_out = 0, n_in = 0, n = 0;
  RZ_TRY(RZ_NEW(size, &x->n_out));
  RZ_TRY(RZ_NEW(size, &x->first_out));
  RZ_TRY(RZ_NEW(size, &x->n_in));
  RZ_TRY(RZ_NEW(size, &x->first_in));
  for (int q = 0; q < size; q++) {
    RZ_TRY(within(k, samples_of(k, set(m, q)), k->first[me], k->n_all[me], NULL, &n));
    RZ_TRY(rz_int(n, &x->n_out[q]));
    RZ_TRY(rz_int(n_out, &x->first_out[q]));
    n_out += n;
    RZ_TRY(within(k, mine, k->first[q], k->n_all[q], NULL, &n));
    RZ_TRY(rz_int(n, &x->n_in[q]));
    RZ_TRY(rz_int(n_in, &x->first_in[q]));
    n_in += n;
  }
  s->n = n_in;
  RZ_TRY(RZ_NEW(n_out * sample_size(k), &x->send));
  RZ_TRY(RZ_NEW(n_in * sample_size(k), &s->buffer));
  RZ_TRY(RZ_NEW(n_in, &s->root));
  for (int q = 0; q < size; q++)
    RZ_TRY(within(k, samples_of(k, set(m, q)), k->first[me], k->n_all[me], x->send + x->first_out[q] * sample_size(k),
                  &n));
  return RZ_OK;
}

static rz_err send_samples(const message *x, const kernel *k, side *s) {
  MPI_Datatype type = MPI_DATATYPE_NULL;
  int size = 0;
  RZ_TRY(rz_int(sample_size(k), &size));
  RZ_MPI(MPI_Type_contiguous(size, MPI_DOUBLE, &type));
  RZ_MPI(MPI_Type_commit(&type));
  const int code =
      MPI_Alltoallv(x->send, x->n_out, x->first_out, type, s->buffer, x->n_in, x->first_in, type, k->p->comm->mpi);
  RZ_MPI(MPI_Type_free(&type));
  RZ_MPI(code);
  return RZ_OK;
}

static rz_err unpack(const kernel *k, side *s) {
  for (int64_t i = 0; i < s->n; i++) s->root[i] = sqrt(s->buffer[i * sample_size(k)]);
  if (!k->by_factors) return RZ_OK;
  RZ_TRY(rz_jacobian_like(k->p->j, s->n, &s->own));
  RZ_TRY(rz_jacobian_unpack(s->own, s->n, s->buffer));
  rz_free(&s->buffer);
  RZ_TRY(rz_jacobian_prepare_gram(s->own));
  s->j = s->own;
  return RZ_OK;
}

/* Ranks own ascending ranges of samples, so what arrives in rank order is in the order of my rows. */
static rz_err side_exchange(side *s, const kernel *k, const rz_block_cyclic *m, set_of_rank *set) {
  message x = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(k->p->comm, message_init(&x, k, m, set, s)));
  RZ_TRY_DONE(rc, rz_agree(k->p->comm, send_samples(&x, k, s)));
  rz_free(&x.send);
  RZ_TRY_DONE(rc, rz_agree(k->p->comm, unpack(k, s)));
done:
  message_free(&x);
  return rc;
}

/* Alone and with nothing dropped: the Jacobian itself is both sides. */
static rz_err side_alone(side *s, const kernel *k) {
  s->n = k->n_active;
  s->j = k->p->j;
  RZ_TRY(RZ_NEW(s->n, &s->root));
  for (int64_t i = 0; i < s->n; i++) s->root[i] = sqrt(rz_jacobian_weight(s->j, i));
  RZ_TRY(rz_jacobian_prepare_gram(k->p->j));
  return RZ_OK;
}

enum { TILE = 128 }; /* samples */

/* out [nc, nr]: component d of samples c0 + q of the columns . component c of samples r0 + i of the rows. */
static rz_err gram(const kernel *k, const side *rows, int c, int64_t r0, int64_t nr, const side *cols, int d,
                   int64_t c0, int64_t nc, double *out) {
  const int64_t size = sample_size(k), n_param = k->p->n_param;
  if (k->by_factors) return rz_jacobian_gram(cols->j, d, c0, nc, rows->j, c, r0, nr, out, nr);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)nc, (int)nr, (int)n_param, 1.0,
              cols->buffer + c0 * size + 1 + d * n_param, (int)size, rows->buffer + r0 * size + 1 + c * n_param,
              (int)size, 0.0, out, (int)nr);
  return RZ_OK;
}

/* m for samples r0 + i of the rows and c0 + q of the columns: entries (i, c), (q, d), or complex entries i, q. tmp
 * [2, TILE, TILE]. */
static rz_err fill_tile(const kernel *k, const side *rows, int64_t r0, int64_t nr, const side *cols, int64_t c0,
                        int64_t nc, double *tmp, rz_block_cyclic *m) {
  const rz_scalar scalar = rz_block_cyclic_scalar(m);
  rz_tile t = {.n_row = nr,
               .n_col = nc,
               .ld = nr,
               .re = tmp,
               .im = tmp + TILE * TILE,
               .row_scale = rows->root + r0,
               .col_scale = cols->root + c0};
  if (scalar == RZ_DOUBLE_COMPLEX || scalar == RZ_SINGLE_COMPLEX) {
    t.row = r0, t.col = c0, t.stride = 1;
    RZ_TRY(gram(k, rows, 0, r0, nr, cols, 0, c0, nc, tmp));
    RZ_TRY(gram(k, rows, 1, r0, nr, cols, 0, c0, nc, tmp + TILE * TILE));
    rz_block_cyclic_put(m, &t);
    return RZ_OK;
  }
  t.stride = k->n_comp;
  for (int c = 0; c < k->n_comp; c++)
    for (int d = 0; d < k->n_comp; d++) {
      t.row = r0 * k->n_comp + c, t.col = c0 * k->n_comp + d;
      RZ_TRY(gram(k, rows, c, r0, nr, cols, d, c0, nc, tmp));
      rz_block_cyclic_put(m, &t);
    }
  return RZ_OK;
}

/* Tiles of the lower triangle, then the shift. */
static rz_err fill_tiles(const kernel *k, const side *rows, const side *cols, rz_block_cyclic *m) {
  double *tmp = NULL;
  int64_t nr = 0, nc = 0;
  const int64_t *row = rz_block_cyclic_rows(m, &nr), *col = rz_block_cyclic_cols(m, &nc);
  const int64_t per_row = rows->n > 0 ? nr / rows->n : 1, per_col = cols->n > 0 ? nc / cols->n : 1;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)2 * TILE * TILE, &tmp));
  for (int64_t c0 = 0; c0 < cols->n; c0 += TILE)
    for (int64_t r0 = 0; r0 < rows->n; r0 += TILE) {
      const int64_t mr = rows->n - r0 < TILE ? rows->n - r0 : TILE, mc = cols->n - c0 < TILE ? cols->n - c0 : TILE;
      if (row[(r0 + mr) * per_row - 1] < col[c0 * per_col]) continue;
      RZ_TRY_DONE(rc, fill_tile(k, rows, r0, mr, cols, c0, mc, tmp, m));
    }
  rz_block_cyclic_shift(m, k->shift);
done:
  rz_free(&tmp);
  return rc;
}

static rz_err fill(void *ctx, rz_block_cyclic *m) {
  const kernel *k = ctx;
  side rows = {0}, cols = {0};
  rz_err rc = RZ_OK;
  if (k->p->comm->size == 1 && k->by_factors && k->n_active == rz_jacobian_n(k->p->j)) {
    RZ_TRY_DONE(rc, side_alone(&rows, k));
    RZ_TRY_DONE(rc, fill_tiles(k, &rows, &rows, m));
  } else if (k->p->comm->size == 1) {
    RZ_TRY_DONE(rc, side_exchange(&rows, k, m, rz_block_cyclic_row_set));
    RZ_TRY_DONE(rc, fill_tiles(k, &rows, &rows, m));
  } else {
    RZ_TRY_DONE(rc, side_exchange(&rows, k, m, rz_block_cyclic_row_set));
    RZ_TRY_DONE(rc, side_exchange(&cols, k, m, rz_block_cyclic_col_set));
    RZ_TRY_DONE(rc, rz_agree(k->p->comm, fill_tiles(k, &rows, &cols, m)));
  }
done:
  side_free(&rows);
  side_free(&cols);
  return rc;
}

/* b[g] = sqrt(w) e of all ranks. */
static rz_err right_side(const kernel *k, double **b) {
  const rz_jacobian *j = k->p->j;
  const int64_t n = rz_jacobian_n(j), n_comp = k->n_comp;
  RZ_TRY(rz_agree(k->p->comm, RZ_NEW0(k->n_total * n_comp, b)));
  double *mine = *b + k->first[k->p->comm->rank] * n_comp;
  for (int64_t a = 0; a < k->n_active; a++)
    for (int64_t c = 0; c < n_comp; c++)
      mine[a * n_comp + c] = sqrt(rz_jacobian_weight(j, k->active[a])) * k->p->e[c * n + k->active[a]];
  return rz_sum(k->p->comm, k->n_total * n_comp, *b);
}

/* t = J^T W^(1/2) x over all ranks. */
static rz_err apply_t(const kernel *k, const double *x, double *t) {
  const rz_jacobian *j = k->p->j;
  const int64_t n = rz_jacobian_n(j), n_comp = k->n_comp;
  const double *mine = x + k->first[k->p->comm->rank] * n_comp;
  for (int64_t a = 0; a < k->n_active; a++)
    for (int64_t c = 0; c < n_comp; c++)
      k->u[c * n + k->active[a]] = sqrt(rz_jacobian_weight(j, k->active[a])) * mine[a * n_comp + c];
  RZ_TRY(rz_agree(k->p->comm, rz_jacobian_apply_t(j, k->u, t)));
  return rz_sum(k->p->comm, k->p->n_param, t);
}

/* y = T x + shift x. */
static rz_err apply(void *ctx, const double *x, double *y) {
  const kernel *k = ctx;
  const rz_jacobian *j = k->p->j;
  const int64_t n = rz_jacobian_n(j), n_comp = k->n_comp, n_all = k->n_total * n_comp;
  double *mine = y + k->first[k->p->comm->rank] * n_comp;
  RZ_TRY(apply_t(k, x, k->t));
  RZ_TRY(rz_agree(k->p->comm, rz_jacobian_apply(j, k->t, k->u)));
  memset(y, 0, (size_t)n_all * sizeof *y);
  for (int64_t a = 0; a < k->n_active; a++)
    for (int64_t c = 0; c < n_comp; c++)
      mine[a * n_comp + c] = sqrt(rz_jacobian_weight(j, k->active[a])) * k->u[c * n + k->active[a]];
  /* Samples without a weight: 0 again for the next product, whatever their rows are. */
  for (int64_t r = 0; r < n * n_comp; r++) k->u[r] = 0.0;
  RZ_TRY(rz_sum(k->p->comm, n_all, y));
  for (int64_t i = 0; i < n_all; i++) y[i] += k->shift * x[i];
  return RZ_OK;
}

/* d = J^T W^(1/2) x, divided by the column scales once more. */
static rz_err back(const kernel *k, const double *x, const double *scale, double *d) {
  RZ_TRY(apply_t(k, x, d));
  for (int64_t i = 0; scale && i < k->p->n_param; i++) d[i] /= scale[i];
  return RZ_OK;
}

/* With s_k = sqrt(shift + scale S_kk), (S + s^2) d = F becomes (S' + 1)(s d) = F' for the columns J_k / s_k. A column
 * of zeros stays one under any scale. */
static rz_err scale_columns(kernel *k, double **scale) {
  if (k->p->o->scale == 0.0) return RZ_OK;
  rz_err rc = RZ_NEW(k->p->n_param, scale);
  for (int64_t i = 0; rc == RZ_OK && i < k->p->n_param; i++) {
    const double added = rz_sr_added(k->p, i);
    (*scale)[i] = added > 0.0 ? sqrt(added) : 1.0;
  }
  if (rc == RZ_OK) rc = rz_jacobian_scale(k->p->j, *scale);
  k->shift = 1.0;
  return rz_agree(k->p->comm, rc);
}

rz_err rz_sr_kernel(const rz_sr_problem *p, double *d, rz_sr_result *result) {
  kernel k = {.p = p, .shift = p->o->shift};
  double *b = NULL, *scale = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, scale_columns(&k, &scale));
  RZ_TRY_DONE(rc, kernel_init(&k));
  RZ_CHECK_DONE(rc, k.n_total > 0, RZ_ERR_NUM, "no sample has a weight");
  RZ_TRY_DONE(rc, right_side(&k, &b));
  const rz_sr_system system = {
      .n = k.n_total * k.n_comp, .hermitian = k.hermitian, .fill = fill, .apply = apply, .ctx = &k};
  RZ_TRY_DONE(rc, rz_sr_factorise(p, p->comm, &system, b, result));
  RZ_TRY_DONE(rc, back(&k, b, scale, d));
done:
  (void)rz_jacobian_scale(p->j, NULL);
  rz_free(&scale);
  rz_free(&b);
  kernel_free(&k);
  return rc;
}
