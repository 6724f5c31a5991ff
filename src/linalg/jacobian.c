/* Life of a Jacobian: layers, weights, mean and scales, and the exchange of samples. */
#include "jacobian_impl.h"

#include "ritz/core/memory.h"
#include <math.h>
#include <string.h>

rz_err rz_jacobian_create(int64_t n, int n_comp, int64_t n_param, rz_jacobian **out) {
  rz_jacobian *j = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_CHECK(n >= 0 && n_param >= 0 && (n_comp == 1 || n_comp == 2), RZ_ERR_ARG,
           "a Jacobian of %lld samples, %d components, %lld parameters", (long long)n, n_comp, (long long)n_param);
  RZ_TRY(RZ_NEW0(1, &j));
  j->n = n;
  j->n_comp = n_comp;
  j->n_param = n_param;
  RZ_TRY_DONE(rc, RZ_NEW(n, &j->weight));
  RZ_TRY_DONE(rc, RZ_NEW0(n_comp * n_param, &j->mean));
  for (int64_t i = 0; i < n; i++) j->weight[i] = NAN;
  *out = j;
done:
  if (rc != RZ_OK) rz_jacobian_destroy(&j);
  return rc;
}

static void layer_destroy(rz_layer **layer) {
  rz_layer *l = *layer;
  if (!l) return;
  rz_free(&l->x);
  rz_free(&l->d_re);
  rz_free(&l->d_im);
  rz_free(layer);
}

void rz_jacobian_forget(rz_jacobian *j) {
  for (int k = 0; j->factors && k < j->n_layer; k++) rz_free(&j->factors[k]);
  for (int k = 0; j->inputs && k < j->n_layer; k++) rz_free(&j->inputs[k]);
  rz_free(&j->factors);
  rz_free(&j->inputs);
  rz_free(&j->dots);
  rz_free(&j->panel);
}

void rz_jacobian_destroy(rz_jacobian **jp) {
  rz_jacobian *j = *jp;
  if (!j) return;
  rz_jacobian_forget(j);
  for (int i = 0; i < j->n_layer; i++) layer_destroy(&j->layer[i]);
  rz_free(&j->layer);
  rz_free(&j->weight);
  rz_free(&j->mean);
  rz_free(&j->scale);
  rz_tree_destroy(&j->tree);
  rz_free(jp);
}

static rz_err check_layer(const rz_jacobian *j, const rz_layer *l, bool with_x, bool with_im) {
  RZ_CHECK(l->d_in >= 1 && l->d_out >= 1 && l->n_share >= 1, RZ_ERR_ARG, "a layer of %d inputs, %d outputs, %d shares",
           l->d_in, l->d_out, l->n_share);
  RZ_CHECK(with_x || l->d_in == 1, RZ_ERR_ARG, "a layer without inputs has d_in = 1, not %d", l->d_in);
  RZ_CHECK(!with_x || l->gather || (l->n_x == l->d_in && l->n_share == 1), RZ_ERR_ARG,
           "a layer of %d inputs, %d shares and %d numbers per sample needs a gather table", l->d_in, l->n_share,
           l->n_x);
  for (int64_t k = 0; with_x && l->gather && k < (int64_t)l->n_share * l->d_in; k++)
    RZ_CHECK(l->gather[k] >= 0 && l->gather[k] < l->n_x, RZ_ERR_ARG, "gather[%lld] = %d is not in 0 .. %d",
             (long long)k, l->gather[k], l->n_x - 1);
  RZ_CHECK(j->n_comp == 2 || (!with_im && !l->complex_weights), RZ_ERR_ARG, "a complex layer in a real Jacobian");
  const int64_t end = l->offset + rz_layer_size(l);
  RZ_CHECK(l->offset >= 0 && end <= j->n_param, RZ_ERR_ARG, "layer of parameters %lld .. %lld of %lld",
           (long long)l->offset, (long long)end - 1, (long long)j->n_param);
  for (int i = 0; i < j->n_layer; i++) {
    const rz_layer *o = j->layer[i];
    RZ_CHECK(end <= o->offset || l->offset >= o->offset + rz_layer_size(o), RZ_ERR_ARG,
             "two layers share parameter %lld", (long long)(l->offset > o->offset ? l->offset : o->offset));
  }
  return RZ_OK;
}

static rz_err push_layer(rz_jacobian *j, rz_layer *l) {
  rz_layer **grown = NULL;
  RZ_TRY(RZ_NEW(j->n_layer + 1, &grown));
  if (j->n_layer > 0) memcpy(grown, j->layer, (size_t)j->n_layer * sizeof *grown);
  rz_free(&j->layer);
  j->layer = grown;
  j->layer[j->n_layer++] = l;
  return RZ_OK;
}

rz_err rz_jacobian_add(rz_jacobian *j, const rz_layer *shape, bool with_x, bool with_im, rz_layer **layer) {
  rz_layer *l = NULL;
  rz_err rc = RZ_OK;
  *layer = NULL;
  RZ_TRY(check_layer(j, shape, with_x, with_im));
  RZ_TRY(RZ_NEW0(1, &l));
  *l = *shape;
  l->x = l->d_re = l->d_im = NULL;
  if (!with_x) l->n_x = 0;
  const int64_t n_d = j->n * l->n_share * l->d_out;
  if (with_x) RZ_TRY_DONE(rc, RZ_NEW(j->n * l->n_x, &l->x));
  RZ_TRY_DONE(rc, RZ_NEW(n_d, &l->d_re));
  if (with_im) RZ_TRY_DONE(rc, RZ_NEW(n_d, &l->d_im));
  rz_jacobian_forget(j);
  RZ_TRY_DONE(rc, push_layer(j, l));
  *layer = l;
done:
  if (rc != RZ_OK) layer_destroy(&l);
  return rc;
}

double *rz_jacobian_weights(rz_jacobian *j) { return j->weight; }
int64_t rz_jacobian_n(const rz_jacobian *j) { return j->n; }
int64_t rz_jacobian_n_rows(const rz_jacobian *j) { return j->n * j->n_comp; }
int rz_jacobian_n_comp(const rz_jacobian *j) { return j->n_comp; }
int64_t rz_jacobian_n_param(const rz_jacobian *j) { return j->n_param; }
int rz_jacobian_n_layer(const rz_jacobian *j) { return j->n_layer; }
const rz_layer *rz_jacobian_layer(const rz_jacobian *j, int i) { return j->layer[i]; }
double rz_jacobian_weight(const rz_jacobian *j, int64_t i) { return j->weight[i]; }
const double *rz_jacobian_mean(const rz_jacobian *j) { return j->mean; }

/* Numbers of a sample in a layer's factors. */
static int64_t layer_numbers(const rz_layer *l) { return l->n_x + (int64_t)l->n_share * l->d_out * (l->d_im ? 2 : 1); }

int64_t rz_jacobian_bytes(const rz_jacobian *j) {
  const int64_t numbers = j->n * rz_jacobian_pack_size(j) + j->n_comp * j->n_param;
  return (numbers + (j->panel ? j->n_comp * j->n * j->n_param : 0)) * (int64_t)sizeof(double);
}

rz_err rz_jacobian_scale(rz_jacobian *j, const double *s) {
  rz_free(&j->dots);
  for (int64_t k = 0; s && k < j->n_param; k++)
    RZ_CHECK(isfinite(s[k]) && s[k] != 0, RZ_ERR_NUM, "column scale %lld is %g", (long long)k, s[k]);
  if (!s) {
    rz_free(&j->scale);
    return RZ_OK;
  }
  if (!j->scale) RZ_TRY(RZ_NEW(j->n_param, &j->scale));
  memcpy(j->scale, s, (size_t)j->n_param * sizeof *s);
  return RZ_OK;
}

/* A sample in a buffer: weight, then x, d_re, d_im of each layer. */
int64_t rz_jacobian_pack_size(const rz_jacobian *j) {
  int64_t size = 1;
  for (int i = 0; i < j->n_layer; i++) size += layer_numbers(j->layer[i]);
  return size;
}

static double *put(double *to, const double *from, int64_t sample, int64_t count) {
  if (from) memcpy(to, from + sample * count, (size_t)count * sizeof *to);
  return from ? to + count : to;
}

static const double *get(double *to, const double *from, int64_t sample, int64_t count) {
  if (to) memcpy(to + sample * count, from, (size_t)count * sizeof *to);
  return to ? from + count : from;
}

rz_err rz_jacobian_pack(const rz_jacobian *j, int64_t n, const int64_t *sample, double *buffer) {
  for (int64_t i = 0; i < n; i++) {
    RZ_CHECK(sample[i] >= 0 && sample[i] < j->n, RZ_ERR_ARG, "sample %lld of %lld", (long long)sample[i],
             (long long)j->n);
    buffer = put(buffer, j->weight, sample[i], 1);
    for (int k = 0; k < j->n_layer; k++) {
      const rz_layer *l = j->layer[k];
      const int64_t n_d = (int64_t)l->n_share * l->d_out;
      buffer = put(buffer, l->x, sample[i], l->n_x);
      buffer = put(buffer, l->d_re, sample[i], n_d);
      buffer = put(buffer, l->d_im, sample[i], n_d);
    }
  }
  return RZ_OK;
}

rz_err rz_jacobian_unpack(rz_jacobian *j, int64_t n, const double *buffer) {
  RZ_CHECK(n >= 0 && n <= j->n, RZ_ERR_ARG, "unpacking %lld samples into %lld", (long long)n, (long long)j->n);
  rz_jacobian_forget(j);
  for (int64_t i = 0; i < n; i++) {
    buffer = get(j->weight, buffer, i, 1);
    for (int k = 0; k < j->n_layer; k++) {
      const rz_layer *l = j->layer[k];
      const int64_t n_d = (int64_t)l->n_share * l->d_out;
      buffer = get(l->x, buffer, i, l->n_x);
      buffer = get(l->d_re, buffer, i, n_d);
      buffer = get(l->d_im, buffer, i, n_d);
    }
  }
  return RZ_OK;
}

rz_err rz_jacobian_like(const rz_jacobian *j, int64_t n, rz_jacobian **out) {
  rz_jacobian *new = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY(rz_jacobian_create(n, j->n_comp, j->n_param, &new));
  for (int i = 0; i < j->n_layer; i++) {
    rz_layer *l = NULL;
    RZ_TRY_DONE(rc, rz_jacobian_add(new, j->layer[i], j->layer[i]->x != NULL, j->layer[i]->d_im != NULL, &l));
  }
  RZ_TRY_DONE(rc, rz_jacobian_scale(new, j->scale));
  memcpy(new->mean, j->mean, (size_t)(j->n_comp * j->n_param) * sizeof *j->mean);
  new->about_zero = j->about_zero;
  new->centred = j->centred;
  *out = new;
done:
  if (rc != RZ_OK) rz_jacobian_destroy(&new);
  return rc;
}
