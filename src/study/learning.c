#include "learning.h"

#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64 }; /* states that are summed in one go */

static int64_t dimension(const rz_learning *l) { return 2 * l->data->n_degree; }

rz_err rz_learning_create(const rz_comm *comm, rz_law *law, const rz_dataset *data, uint64_t seed, int64_t batch,
                          bool in_blocks, rz_learning *out) {
  const int64_t n = data->n_train, n_batch = batch > 0 && batch < n ? batch : n;
  *out = (rz_learning){.comm = comm,
                       .law = law,
                       .data = data,
                       .in_blocks = in_blocks,
                       .seed = seed,
                       .n_batch = n_batch,
                       .share = rz_share_blocks(n_batch, BLOCK, comm->rank, comm->size)};
  const int64_t n_number = out->share.count * dimension(out);
  rz_err rc = RZ_NEW(n_number, &out->x);
  if (rc == RZ_OK) rc = RZ_NEW(n_number, &out->target);
  if (rc == RZ_OK) rc = RZ_NEW(n_number, &out->residual);
  if (rc == RZ_OK && n_batch < n) rc = RZ_NEW(n, &out->order);
  rc = rz_agree(comm, rc);
  if (rc == RZ_OK) rc = rz_tree_create(comm, (out->share.count + BLOCK - 1) / BLOCK, &out->tree);
  if (rc != RZ_OK) {
    rz_learning_free(out);
    return rc;
  }
  memcpy(out->x, data->x + out->share.first * dimension(out), sizeof(double) * (size_t)n_number);
  memcpy(out->target, data->target + out->share.first * dimension(out), sizeof(double) * (size_t)n_number);
  return RZ_OK;
}

void rz_learning_free(rz_learning *l) {
  rz_tree_destroy(&l->tree);
  rz_free(&l->x);
  rz_free(&l->target);
  rz_free(&l->residual);
  rz_free(&l->order);
}

/* ---- batches ---- */

/* The first n_batch of a random order of all states (Fisher and Yates), for the batch of this number alone: every rank
 * finds the same. */
static void draw_order(rz_learning *l) {
  rz_rng rng = rz_rng_stream(l->seed, RZ_RNG_BATCH, (uint64_t)l->n_drawn++);
  const int64_t n = l->data->n_train;
  for (int64_t i = 0; i < n; i++) l->order[i] = i;
  for (int64_t i = 0; i < l->n_batch; i++) {
    const int64_t k = i + rz_rng_below(&rng, (uint32_t)(n - i)), swap = l->order[i];
    l->order[i] = l->order[k];
    l->order[k] = swap;
  }
}

static void draw_batch(rz_learning *l) {
  const int64_t dim = dimension(l);
  if (!l->order) return;
  draw_order(l);
  for (int64_t i = 0; i < l->share.count; i++) {
    const int64_t from = l->order[l->share.first + i] * dim;
    memcpy(l->x + i * dim, l->data->x + from, sizeof(double) * (size_t)dim);
    memcpy(l->target + i * dim, l->data->target + from, sizeof(double) * (size_t)dim);
  }
}

/* ---- the problem ---- */

/* residual <- prediction - target of n states. */
static rz_err predict(rz_law *law, int64_t n, const double *x, const double *target, double *residual) {
  RZ_TRY(law->cls->apply(law, n, x, residual));
  for (int64_t k = 0; k < n * 2 * law->n_degree; k++) residual[k] -= target[k];
  return RZ_OK;
}

static double sum_squares(int64_t n, const double *x) {
  double sum = 0.0;
  for (int64_t k = 0; k < n; k++) sum += x[k] * x[k];
  return sum;
}

/* One block: item [n_param + 1] = forces (if wanted) and loss, with residuals weighted by w. */
static rz_err add_block(rz_learning *l, int64_t first, int64_t n, double w, bool forces, double *item) {
  const int64_t dim = dimension(l), n_param = forces ? l->law->params.n : 0;
  double *residual = l->residual + first * dim;
  memset(item, 0, sizeof *item * (size_t)(n_param + 1));
  RZ_TRY(predict(l->law, n, l->x + first * dim, l->target + first * dim, residual));
  item[n_param] = w * sum_squares(n * dim, residual);
  if (!forces) return RZ_OK;
  for (int64_t k = 0; k < n * dim; k++) residual[k] *= w;
  return l->law->cls->pull(l->law, n, l->x + first * dim, residual, item);
}

static rz_err sum_blocks(rz_learning *l, double w, double *forces, double *loss) {
  const int64_t n_param = forces ? l->law->params.n : 0;
  double *sum = NULL;
  rz_err rc = RZ_NEW(n_param + 1, &sum);
  if (rc == RZ_OK) rc = rz_tree_begin(l->tree, n_param + 1);
  for (int64_t first = 0; rc == RZ_OK && first < l->share.count; first += BLOCK) {
    const int64_t n = l->share.count - first < BLOCK ? l->share.count - first : BLOCK;
    rc = add_block(l, first, n, w, forces != NULL, rz_tree_item(l->tree));
  }
  rc = rz_agree(l->comm, rc);
  if (rc == RZ_OK) rc = rz_tree_end(l->tree, sum);
  if (rc == RZ_OK) {
    if (forces) memcpy(forces, sum, sizeof *sum * (size_t)n_param);
    *loss = sum[n_param];
  }
  rz_free(&sum);
  return rc;
}

static rz_err take_jacobian(rz_learning *l, double w, rz_assessment *a) {
  const int64_t n_number = l->share.count * dimension(l);
  rz_err rc = rz_law_jacobian(l->law, l->share.count, l->x, w, &a->jacobian);
  if (rc == RZ_OK) rc = RZ_NEW(n_number, &a->residual);
  RZ_TRY(rz_agree(l->comm, rc));
  memcpy(a->residual, l->residual, sizeof(double) * (size_t)n_number);
  return l->in_blocks ? rz_jacobian_set_blocks(a->jacobian, l->comm, BLOCK * dimension(l)) : RZ_OK;
}

static rz_err assess(void *self, rz_assessment *a) {
  rz_learning *l = self;
  const double w = 1.0 / (double)(l->n_batch * dimension(l));
  draw_batch(l);
  RZ_TRY(sum_blocks(l, w, a->forces, &a->objective));
  if (!a->forces) RZ_TRY(take_jacobian(l, w, a));
  a->field[a->n_field++] = (rz_field){.name = "loss", .type = RZ_FIELD_REAL, .real = a->objective};
  return RZ_OK;
}

static rz_err update(void *self) { return rz_law_update(((rz_learning *)self)->law); }

static rz_err state(void *self, rz_array_visit *visit, void *ctx) {
  return rz_visit_i64("learning/n_drawn", &((rz_learning *)self)->n_drawn, visit, ctx);
}

static void describe(void *self, const rz_assessment *a, char *text, int size) {
  (void)self;
  snprintf(text, (size_t)size, "loss %.6e", a->objective);
}

rz_problem rz_learning_problem(rz_learning *l) {
  return (rz_problem){
      .self = l, .params = &l->law->params, .assess = assess, .update = update, .state = state, .describe = describe};
}

rz_err rz_learning_error(rz_law *law, int64_t n, const double *x, const double *target, double *out) {
  const int64_t n_number = n * 2 * law->n_degree;
  double *residual;
  *out = NAN;
  if (n == 0) return RZ_OK;
  RZ_TRY(RZ_NEW(n_number, &residual));
  const rz_err rc = predict(law, n, x, target, residual);
  if (rc == RZ_OK) *out = sum_squares(n_number, residual) / (double)n_number;
  rz_free(&residual);
  return rc;
}
