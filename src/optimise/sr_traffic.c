#include "ritz/optimise/sr_traffic.h"

#include "sr_impl.h"
#include <string.h>

enum { DOUBLE = 8, COUNT = 4, COUNT_64 = 8 };

rz_sr_shape rz_sr_shape_of(const rz_jacobian *j, int64_t n_total, int rank, int size) {
  return (rz_sr_shape){.size = size,
                       .n_param = rz_jacobian_n_param(j),
                       .n_comp = rz_jacobian_n_comp(j),
                       .n_local = rz_share(n_total, rank, size).count,
                       .first = rz_share(n_total, rank, size).first,
                       .most = rz_share(n_total, 0, size).count,
                       .n_total = n_total,
                       .n_pack = rz_jacobian_pack_size(j)};
}

static void add(rz_traffic *t, rz_traffic_kind kind, int64_t calls, int64_t bytes) {
  t->calls[kind] += calls;
  t->bytes[kind] += bytes;
}

/* times sums of n numbers, which the communicator cuts into pieces. */
static void add_sums(rz_traffic *t, int64_t times, int64_t n) {
  add(t, RZ_SUM, times * ((n + RZ_COMM_CHUNK - 1) / RZ_COMM_CHUNK), times * n * DOUBLE);
}

/* times gathers of n items over all ranks, each after that of the ranks' counts. */
static void add_gathers(rz_traffic *t, int64_t times, int size, int64_t n, int64_t bytes) {
  add(t, RZ_GATHER, 2 * times, times * (size * COUNT + n * bytes));
}

static void add_dense(rz_traffic *t, const rz_sr_options *o, const rz_sr_shape *s) {
  const int64_t p = s->n_param;
  int rows = 1, cols = 1;
  add_sums(t, 1, 1);
  add_gathers(t, 1, s->size, s->size, COUNT_64);
  if (s->size == 1 || p <= o->replicate) {
    if (s->size > 1) add_sums(t, 1, p * rz_block_cyclic_padded(p));
    add(t, RZ_BROADCAST, 1, p * DOUBLE);
    return;
  }
  rz_block_cyclic_grid(s->size, &rows, &cols);
  const rz_cyclic row = {.n = p, .nb = RZ_SR_BLOCK, .n_p = rows}, col = {.n = p, .nb = RZ_SR_BLOCK, .n_p = cols};
  const int64_t sent = p * (rows + cols), received = s->size * (rz_cyclic_count(row) + rz_cyclic_count(col));
  const int64_t batch = rz_sr_batch(s->n_comp, sent > received ? sent : received, s->most);
  add(t, RZ_EXCHANGE, (s->most + batch - 1) / batch, s->n_local * s->n_comp * sent * DOUBLE);
  add_sums(t, 1, 2); /* the pivots */
  add_sums(t, 1, p);
}

/* The two exchanges that bring n_local samples of this rank to the rows and the columns of a kernel. */
static void add_kernel_exchanges(rz_traffic *t, const rz_sr_shape *s, int64_t n_local) {
  const int64_t dense = 1 + s->n_comp * s->n_param, sample = s->n_pack < dense ? s->n_pack : dense;
  int rows = 1, cols = 1;
  rz_block_cyclic_grid(s->size, &rows, &cols);
  if (s->size > 1) add(t, RZ_EXCHANGE, 2, n_local * (rows + cols) * sample * DOUBLE);
}

static void add_kernel(rz_traffic *t, const rz_sr_result *r, const rz_sr_shape *s) {
  const int64_t m = s->n_comp * s->n_total;
  const bool mixed = strcmp(r->precision, "mixed") == 0, alone = s->size == 1;
  add_gathers(t, 1, s->size, s->size, COUNT_64);
  add_sums(t, 1, m);
  add_kernel_exchanges(t, s, s->n_local);
  if (!alone && !mixed) add_sums(t, 1, 2); /* the pivots */
  if (!alone) add_sums(t, mixed ? r->refinements : 1, m);
  if (mixed) add_sums(t, r->refinements - 1, s->n_param);
  if (mixed) add_sums(t, r->refinements - 1, m);
  add_sums(t, 1, s->n_param);
}

static void add_cg(rz_traffic *t, const rz_sr_options *o, const rz_sr_result *r, const rz_sr_shape *s) {
  const int64_t subset = o->subset_size < s->n_total ? o->subset_size : s->n_total;
  int64_t mine = 0;
  add_sums(t, r->iterations + 1, s->n_param + 1);
  if (strcmp(r->preconditioner, "subset") != 0) {
    if (o->scale == 0.0) add_sums(t, 1, s->n_param);
    return;
  }
  for (int64_t i = 0; i < subset; i++) {
    const int64_t at = rz_sr_subset_place(i, subset, s->n_total) - s->first;
    mine += at >= 0 && at < s->n_local;
  }
  add_gathers(t, 2, s->size, s->size, COUNT_64);
  add_sums(t, 2, 1); /* of the weights, and the trace */
  add_kernel_exchanges(t, s, mine);
  add_gathers(t, r->iterations, s->size, subset, s->n_comp * DOUBLE);
  if (s->size > 1) add_sums(t, r->iterations, subset * s->n_comp);
  add_sums(t, r->iterations, s->n_param);
}

rz_traffic rz_sr_traffic(const rz_sr_options *o, const rz_sr_result *r, const rz_sr_shape *s) {
  rz_traffic t = {0};
  if (strcmp(o->solver, "auto") == 0) add_sums(&t, 1, 1);
  if (o->scale > 0.0) add_sums(&t, 1, s->n_param);
  if (strcmp(r->solver, "dense") == 0) add_dense(&t, o, s);
  if (strcmp(r->solver, "kernel") == 0) add_kernel(&t, r, s);
  if (strcmp(r->solver, "cg") == 0) add_cg(&t, o, r, s);
  return t;
}
