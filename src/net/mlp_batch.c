/* The working memory of a network. */
#include "mlp_impl.h"

#include "ritz/core/memory.h"

#include <string.h>

static rz_err allocate_layer(rz_mlp_batch *b, int l) {
  mlp_layer *y = &b->layer[l];
  const int64_t n = b->capacity * b->num.size, in = b->net->width[l], out = b->net->width[l + 1];
  RZ_TRY(RZ_NEW(2 * n * in, &y->input));
  RZ_TRY(RZ_NEW(2 * n * out, &y->signal));
  RZ_TRY(RZ_NEW(n * out, &y->along));
  if (l + 1 == b->net->n_layer) return RZ_OK;
  RZ_TRY(RZ_NEW(n * out, &y->slope));
  RZ_TRY(RZ_NEW(n * out, &y->curve));
  RZ_TRY(RZ_NEW(n * out, &y->back));
  return RZ_OK;
}

static rz_err allocate(rz_mlp_batch *b) {
  const int64_t numbers = b->net->n_element * b->num.size;
  RZ_TRY(RZ_NEW0(numbers, &b->theta));
  RZ_TRY(RZ_NEW(numbers, &b->theta_dot));
  RZ_TRY(RZ_NEW(numbers, &b->grad));
  RZ_TRY(RZ_NEW0((int64_t)rz_mlp_widest(b->net) * b->num.size, &b->zero));
  RZ_TRY(RZ_NEW(b->capacity * b->net->spec.n_in * b->num.size, &b->x_bar));
  for (int l = 0; l < b->net->n_layer; ++l) RZ_TRY(allocate_layer(b, l));
  return RZ_OK;
}

rz_err rz_mlp_batch_create(const rz_mlp *net, int64_t capacity, bool single, rz_mlp_batch **out) {
  *out = NULL;
  RZ_CHECK(capacity >= 0, RZ_ERR_ARG, "a batch of %lld rows", (long long)capacity);
  RZ_CHECK(!(single && net->spec.is_complex), RZ_ERR_ARG, "complex networks have double precision only");
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->net = net;
  (*out)->capacity = capacity;
  (*out)->num = net->spec.is_complex ? rz_numbers_complex() : single ? rz_numbers_single() : rz_numbers_double();
  const rz_err rc = allocate(*out);
  if (rc != RZ_OK) rz_mlp_batch_destroy(out);
  return rc;
}

void rz_mlp_batch_destroy(rz_mlp_batch **b) {
  if (b == NULL || *b == NULL) return;
  for (int l = 0; l < (*b)->net->n_layer; ++l) {
    mlp_layer *y = &(*b)->layer[l];
    char **const parts[] = {&y->input, &y->signal, &y->along, &y->slope, &y->curve, &y->back};
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; ++k) rz_free(parts[k]);
  }
  rz_free(&(*b)->theta);
  rz_free(&(*b)->theta_dot);
  rz_free(&(*b)->grad);
  rz_free(&(*b)->zero);
  rz_free(&(*b)->x_bar);
  rz_free(b);
}

void rz_mlp_batch_load(rz_mlp_batch *b, const double *value) {
  b->num.kernels->take(b->net->n_element, value + b->net->offset, b->theta);
  b->stage = MLP_LOADED;
  b->tangent = false;
}

int64_t rz_mlp_batch_capacity(const rz_mlp_batch *b) { return b->capacity; }
