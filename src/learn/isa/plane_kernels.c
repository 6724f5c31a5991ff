#include "../plane_kernels.h"

#include "ritz/core/vec.h"

#define INLINE static inline __attribute__((always_inline))

/* With a constant stride a compiler finds shuffles in place of scalar loads. */
INLINE void load_columns(int columns, int64_t stride, int64_t n, int64_t m, const double *restrict states,
                         double *restrict planes) {
  for (int c = 0; c < columns; c++) {
    for (int64_t l = 0; l < n; l++) planes[c * m + l] = states[l * stride + c];
    for (int64_t l = n; l < m; l++) planes[c * m + l] = 0.0;
  }
}

INLINE void store_columns(int columns, int64_t stride, int64_t n, int64_t m, const double *restrict planes,
                          double *restrict states) {
  for (int c = 0; c < columns; c++)
    for (int64_t l = 0; l < n; l++) states[l * stride + c] = planes[c * m + l];
}

static void load_states(int columns, int64_t stride, int64_t n, int64_t m, const double *states, double *planes) {
  if (stride == 2)
    load_columns(columns, 2, n, m, states, planes);
  else if (stride == 4)
    load_columns(columns, 4, n, m, states, planes);
  else
    load_columns(columns, stride, n, m, states, planes);
}

static void store_states(int columns, int64_t stride, int64_t n, int64_t m, const double *planes, double *states) {
  if (stride == 2)
    store_columns(columns, 2, n, m, planes, states);
  else if (stride == 4)
    store_columns(columns, 4, n, m, planes, states);
  else
    store_columns(columns, stride, n, m, planes, states);
}

/* R rows of the result together: a plane x_j is read once for all of them. */
INLINE void product_rows(const int R, int columns, int64_t m, rz_plane_matrix a, double scale, const double *x,
                         const double *in, double *out) {
  for (int64_t l = 0; l < m; l += W) {
    vec sum[4];
    for (int r = 0; r < R; r++) sum[r] = splat(0.0);
    for (int j = 0; j < columns; j++) {
      const vec xj = load(x + j * m + l);
      for (int r = 0; r < R; r++) sum[r] = fused_add(splat(a.value[r * a.by_row + j * a.by_column]), xj, sum[r]);
    }
    for (int r = 0; r < R; r++)
      store(out + r * m + l, fused_add(splat(scale), sum[r], in ? load(in + r * m + l) : splat(0.0)));
  }
}

static void product(int rows, int columns, int64_t m, rz_plane_matrix a, double scale, const double *x,
                    const double *in, double *out) {
  int i = 0;
#define NEXT(R)                                                                                                        \
  product_rows(R, columns, m, a, scale, x, in ? in + i *m : NULL, out + i * m);                                        \
  a.value += R * a.by_row;                                                                                             \
  i += R;
  while (i + 4 <= rows) {
    NEXT(4)
  }
  if (i + 2 <= rows) {
    NEXT(2)
  }
  if (i < rows) {
    NEXT(1)
  }
#undef NEXT
}

static void set(int rows, int64_t m, const double *c, double *out) {
  for (int i = 0; i < rows; i++) {
    const vec ci = splat(c[i]);
    for (int64_t l = 0; l < m; l += W) store(out + i * m + l, ci);
  }
}

static void shift(int rows, int64_t m, double scale, const double *c, const double *in, double *out) {
  for (int i = 0; i < rows; i++) {
    const vec add = splat(scale * c[i]);
    for (int64_t l = 0; l < m; l += W) store(out + i * m + l, load(in + i * m + l) + add);
  }
}

static void scale_rows(int rows, int64_t m, const double *c, const double *x, double *out) {
  for (int i = 0; i < rows; i++) {
    const vec ci = splat(c[i]);
    for (int64_t l = 0; l < m; l += W) store(out + i * m + l, ci * load(x + i * m + l));
  }
}

static void add_scaled(int rows, int64_t m, double scale, const double *c, const double *x, const double *in,
                       double *out) {
  for (int i = 0; i < rows; i++) {
    const vec ci = splat(scale * c[i]);
    for (int64_t l = 0; l < m; l += W) store(out + i * m + l, fused_add(ci, load(x + i * m + l), load(in + i * m + l)));
  }
}

static void multiply(int64_t n, const double *x, const double *y, double *out) {
  for (int64_t l = 0; l < n; l += W) store(out + l, load(x + l) * load(y + l));
}

static void multiply_add(int64_t n, double scale, const double *x, const double *y, double *out) {
  const vec s = splat(scale);
  for (int64_t l = 0; l < n; l += W) store(out + l, fused_add(s * load(x + l), load(y + l), load(out + l)));
}

/* Sums run over blocks of so many vectors and end in one tree, so that sets with fused products give the same bits. */
enum { V = RZ_PLANE_BLOCK / W };

INLINE double total(const vec *v) {
#if W == 8
  return _mm512_reduce_add_pd(v[0]);
#else
  double s[RZ_PLANE_BLOCK];
  memcpy(s, v, sizeof s);
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
#endif
}

INLINE void outer_rows(const int R, int64_t m, double scale, const double *a, const double *b, double *g) {
  vec sum[4][V];
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++) sum[r][v] = splat(0.0);
  for (int64_t l = 0; l < m; l += RZ_PLANE_BLOCK)
    for (int v = 0; v < V; v++) {
      const vec al = load(a + l + v * W);
      for (int r = 0; r < R; r++) sum[r][v] = fused_add(al, load(b + r * m + l + v * W), sum[r][v]);
    }
  for (int r = 0; r < R; r++) g[r] += scale * total(sum[r]);
}

static void outer(int rows_a, int rows_b, int64_t m, double scale, const double *a, const double *b, double *g) {
  for (int i = 0; i < rows_a; i++, a += m) {
    int j = 0;
    for (; j + 4 <= rows_b; j += 4, g += 4) outer_rows(4, m, scale, a, b + j * m, g);
    for (; j < rows_b; j++, g++) outer_rows(1, m, scale, a, b + j * m, g);
  }
}

static void outer_planes(int rows_a, int rows_b, int64_t m, double scale, const double *a, const double *b, double *g) {
  for (int i = 0; i < rows_a; i++)
    for (int j = 0; j < rows_b; j++, g += m) multiply_add(m, scale, a + i * m, b + j * m, g);
}

extern const rz_plane_kernels RZ_ISA_SYMBOL(rz_plane);
const rz_plane_kernels RZ_ISA_SYMBOL(rz_plane) = {.load = load_states,
                                                  .store = store_states,
                                                  .product = product,
                                                  .set = set,
                                                  .shift = shift,
                                                  .scale = scale_rows,
                                                  .add_scaled = add_scaled,
                                                  .multiply = multiply,
                                                  .multiply_add = multiply_add,
                                                  .outer = outer,
                                                  .outer_planes = outer_planes};
