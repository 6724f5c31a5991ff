/* Samples sent to the ranks whose rows or columns of a kernel they are. */
#include "sr_impl.h"

#include "ritz/core/memory.h"
#include <math.h>

typedef struct exchange {
  const rz_comm *comm;
  const rz_jacobian *j;
  const rz_sr_active *active;
  const rz_block_cyclic *m;
  bool by_column, by_factors;
  int per_sample; /* rows of m */
  int64_t size;   /* numbers of a sample: its factors, or its weight and n_comp rows */
  int *n_out, *first_out, *n_in, *first_in;
  double *send, *receive;
} exchange;

static void exchange_free(exchange *x) {
  rz_free(&x->n_out);
  rz_free(&x->first_out);
  rz_free(&x->n_in);
  rz_free(&x->first_in);
  rz_free(&x->send);
  rz_free(&x->receive);
}

static rz_err put_sample(const exchange *x, int64_t sample, double *to) {
  const int64_t n_param = rz_jacobian_n_param(x->j);
  if (x->by_factors) return rz_jacobian_pack(x->j, 1, &sample, to);
  to[0] = rz_jacobian_weight(x->j, sample);
  for (int c = 0; c < rz_jacobian_n_comp(x->j); c++) RZ_TRY(rz_jacobian_rows(x->j, c, sample, 1, to + 1 + c * n_param));
  return RZ_OK;
}

/* A rank's rows (or columns) of m as a set of samples. */
static rz_cyclic samples_of(const exchange *x, int rank) {
  const rz_cyclic set = x->by_column ? rz_block_cyclic_col_set(x->m, rank) : rz_block_cyclic_row_set(x->m, rank);
  return (rz_cyclic){.n = x->active->n_total, .nb = set.nb / x->per_sample, .p = set.p, .n_p = set.n_p};
}

/* How many of samples first .. first + count - 1 are in the set; their packed data to `to` unless NULL, the samples
 * being this rank's. */
static rz_err within(const exchange *x, rz_cyclic set, int64_t first, int64_t count, double *to, int64_t *n) {
  const int64_t end = first + count, step = (int64_t)set.n_p * set.nb;
  *n = 0;
  for (int64_t b = (int64_t)set.p * set.nb; set.p >= 0 && b < end; b += step)
    for (int64_t s = b > first ? b : first; s < b + set.nb && s < end; s++, (*n)++)
      if (to) RZ_TRY(put_sample(x, x->active->sample[s - first], to + *n * x->size));
  return RZ_OK;
}

/* Count, then pack, what goes to each rank; room for what comes. */
static rz_err exchange_init(exchange *x, int64_t *n) {
  const rz_sr_active *a = x->active;
  const int me = x->comm->rank, size = x->comm->size;
  const rz_cyclic mine = samples_of(x, me);
  int64_t n_out = 0, n_in = 0, count = 0;
  RZ_TRY(RZ_NEW(size, &x->n_out));
  RZ_TRY(RZ_NEW(size, &x->first_out));
  RZ_TRY(RZ_NEW(size, &x->n_in));
  RZ_TRY(RZ_NEW(size, &x->first_in));
  for (int q = 0; q < size; q++) {
    RZ_TRY(within(x, samples_of(x, q), a->first[me], a->n, NULL, &count));
    RZ_TRY(rz_int(count, &x->n_out[q]));
    RZ_TRY(rz_int(n_out, &x->first_out[q]));
    n_out += count;
    RZ_TRY(within(x, mine, a->first[q], a->n_all[q], NULL, &count));
    RZ_TRY(rz_int(count, &x->n_in[q]));
    RZ_TRY(rz_int(n_in, &x->first_in[q]));
    n_in += count;
  }
  *n = n_in;
  RZ_TRY(RZ_NEW(n_out * x->size, &x->send));
  RZ_TRY(RZ_NEW(n_in * x->size, &x->receive));
  for (int q = 0; q < size; q++)
    RZ_TRY(within(x, samples_of(x, q), a->first[me], a->n, x->send + x->first_out[q] * x->size, &count));
  return RZ_OK;
}

static rz_err send_samples(const exchange *x) {
  return rz_exchange(x->comm, x->size * (int64_t)sizeof *x->send, x->send, x->n_out, x->first_out, x->receive, x->n_in,
                     x->first_in);
}

static rz_err unpack(exchange *x, rz_sr_side *s) {
  RZ_TRY(RZ_NEW(s->n, &s->root));
  for (int64_t i = 0; i < s->n; i++) s->root[i] = sqrt(x->receive[i * x->size]);
  if (!x->by_factors) {
    s->dense = x->receive;
    x->receive = NULL;
    return RZ_OK;
  }
  RZ_TRY(rz_jacobian_like(x->j, s->n, &s->own));
  RZ_TRY(rz_jacobian_unpack(s->own, s->n, x->receive));
  rz_free(&x->receive);
  RZ_TRY(rz_jacobian_prepare_gram(s->own));
  s->j = s->own;
  return RZ_OK;
}

/* Ranks own ascending ranges of samples, so what arrives in rank order is in the order of my rows. */
rz_err rz_sr_side_receive(const rz_comm *comm, const rz_jacobian *j, const rz_sr_active *active,
                          const rz_block_cyclic *m, bool by_column, rz_sr_side *s) {
  const int n_comp = rz_jacobian_n_comp(j);
  const int64_t factors = rz_jacobian_pack_size(j), rows = 1 + n_comp * rz_jacobian_n_param(j);
  exchange x = {.comm = comm,
                .j = j,
                .active = active,
                .m = m,
                .by_column = by_column,
                .by_factors = factors <= rows,
                .per_sample = (int)(rz_block_cyclic_row_set(m, 0).n / active->n_total),
                .size = factors <= rows ? factors : rows};
  rz_err rc = RZ_OK;
  *s = (rz_sr_side){.n_comp = n_comp, .size = x.size, .n_param = rz_jacobian_n_param(j)};
  RZ_TRY_DONE(rc, rz_agree(comm, exchange_init(&x, &s->n)));
  RZ_TRY_DONE(rc, rz_agree(comm, send_samples(&x)));
  rz_free(&x.send);
  RZ_TRY_DONE(rc, rz_agree(comm, unpack(&x, s)));
done:
  exchange_free(&x);
  return rc;
}
