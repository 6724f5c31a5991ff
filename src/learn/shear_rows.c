/* Rows of the Jacobian of a chain of shears. Matrices have layers of their own, sums of two outer products for every
 * shear that uses them, where that is fewer numbers; the other parameters are columns of one layer. */
#include "shear.h"

#include "ritz/core/memory.h"
#include <string.h>

static bool by_matrix(const rz_shear_chain *c) {
  const int64_t n_share = 2 * c->n_use;
  return n_share * (c->d + c->columns) < (int64_t)c->d * c->columns;
}

static int n_matrix_layer(const rz_shear_chain *c) {
  return by_matrix(c) ? (int)(c->n_matrix / (c->d * c->columns)) : 0;
}

/* The first parameter of the layer of columns. */
static int64_t first_column(const rz_shear_chain *c) { return by_matrix(c) ? c->n_matrix : 0; }

rz_err rz_shear_chain_layers(rz_shear_chain *c, rz_jacobian *j) {
  const int n_share = 2 * c->n_use, n_x = n_share * c->d;
  rz_layer *added;
  rz_free(&c->gather);
  RZ_TRY(RZ_NEW(n_x, &c->gather));
  for (int i = 0; i < n_x; i++) c->gather[i] = i;
  for (int k = 0; k < n_matrix_layer(c); k++) {
    const rz_layer matrix = {.offset = (int64_t)k * c->d * c->columns,
                             .d_in = c->d,
                             .d_out = c->columns,
                             .n_share = n_share,
                             .n_x = n_x,
                             .gather = c->gather};
    RZ_TRY(rz_jacobian_add(j, &matrix, true, false, &added));
  }
  const rz_layer columns = {
      .offset = first_column(c), .d_in = 1, .d_out = (int)(c->n_param - first_column(c)), .n_share = 1, .n_x = 1};
  return rz_jacobian_add(j, &columns, false, false, &added);
}

/* The states at work are n samples first, first + step, ... of j. */
typedef struct row_sink {
  rz_shear_sink base;
  rz_jacobian *j;
  int64_t n, first, step;
  int share[]; /* of each matrix layer: outer products so far */
} row_sink;

static void add_factors(row_sink *s, int64_t offset, int rows_b, double scale, const double *a, const double *b) {
  const rz_shear_chain *c = s->base.chain;
  const int matrix = (int)(offset / (c->d * c->columns)), t = s->share[matrix]++;
  const rz_layer *layer = rz_jacobian_layer(s->j, matrix);
  for (int64_t l = 0; l < s->n; l++) {
    const int64_t sample = s->first + l * s->step;
    double *x = layer->x + sample * layer->n_x + t * c->d;
    double *signal = layer->d_re + (sample * layer->n_share + t) * layer->d_out;
    for (int i = 0; i < c->d; i++) x[i] = a[i * c->m + l];
    for (int i = 0; i < rows_b; i++) signal[i] = scale * b[i * c->m + l];
  }
}

static void add_rows(rz_shear_sink *base, int64_t offset, int rows_a, int rows_b, double scale, const double *a,
                     const double *b) {
  const rz_shear_chain *c = base->chain;
  const int64_t column = offset - first_column(c);
  if (column < 0)
    add_factors((row_sink *)base, offset, rows_b, scale, a, b);
  else
    c->kernels->outer_planes(rows_a, rows_b, c->m, scale, a, b, base->out + column * c->m);
}

/* Component k of the outputs of the states at work. */
static void fill_component(rz_shear_chain *c, int k, row_sink *s) {
  const rz_layer *columns = rz_jacobian_layer(s->j, n_matrix_layer(c));
  const int64_t stride = s->step * columns->d_out;
  memset(c->rows, 0, sizeof(double) * (size_t)(columns->d_out * c->m));
  memset(c->bar, 0, sizeof(double) * (size_t)(2 * c->d * c->m));
  for (int64_t l = 0; l < s->n; l++) c->bar[k * c->m + l] = 1.0;
  for (int i = 0; i < n_matrix_layer(c); i++) s->share[i] = 0;
  rz_shear_chain_backward(c, &s->base);
  c->kernels->store(columns->d_out, stride, s->n, c->m, c->rows, columns->d_re + s->first * columns->d_out);
}

rz_err rz_shear_chain_factors(rz_shear_chain *c, int64_t n, const double *x, int64_t first, rz_jacobian *j) {
  const int64_t width = 2 * c->d;
  row_sink *sink = NULL;
  if (!c->rows) RZ_TRY(RZ_NEW((c->n_param - first_column(c)) * c->capacity, &c->rows));
  RZ_TRY(rz_calloc(1, sizeof *sink + sizeof(int) * (size_t)n_matrix_layer(c), (void **)&sink));
  sink->base = (rz_shear_sink){.outer = add_rows, .chain = c, .out = c->rows};
  sink->j = j;
  sink->step = width;
  for (int64_t i = 0; i < n; i += sink->n) {
    sink->n = n - i < c->capacity ? n - i : c->capacity;
    rz_shear_chain_forward(c, sink->n, x + i * width);
    for (int k = 0; k < width; k++) {
      sink->first = first + i * width + k;
      fill_component(c, k, sink);
    }
  }
  rz_free(&sink);
  return RZ_OK;
}
