#include "shear.h"

#include "ritz/core/memory.h"
#include <string.h>

/* Numbers that the planes of a block of states may take: what a core keeps near. */
enum { ARENA_NUMBERS = 1 << 16, MOST_STATES = 512 };

static int64_t planes_of(const rz_shear_chain *c, int64_t *n_linear) {
  int64_t n = 1 + 4 * c->d + 2 * c->scratch_rows; /* ones, start, bar, scratch */
  *n_linear = 0;
  for (int k = 0; k < c->n_shear; k++) {
    n += c->d + c->shear[k].kind->kept(&c->shear[k], c->d);
    *n_linear += c->shear[k].kind == &rz_shear_linear;
  }
  return n;
}

/* Where the planes of m states lie. */
static void place(rz_shear_chain *c, int64_t m) {
  const int64_t half = c->d * m;
  double *free = c->arena;
  c->m = m;
  c->ones = free;
  for (int64_t l = 0; l < m; l++) c->ones[l] = 1.0;
  c->start = c->ones + m;
  c->bar = c->start + 2 * half;
  c->scratch = c->bar + 2 * half;
  free = c->scratch + 2 * c->scratch_rows * m;
  c->end_q = c->start;
  c->end_p = c->start + half;
  for (int k = 0; k < c->n_shear; k++) {
    rz_shear *s = &c->shear[k];
    s->kept = free;
    s->out = s->kept + s->kind->kept(s, c->d) * m;
    free = s->out + half;
    s->source = s->to_p ? c->end_q : c->end_p;
    s->in = s->to_p ? c->end_p : c->end_q;
    if (s->to_p)
      c->end_p = s->out;
    else
      c->end_q = s->out;
  }
}

rz_err rz_shear_chain_prepare(rz_shear_chain *c) {
  c->kernels = RZ_ISA_PICK(rz_plane);
  c->scratch_rows = c->d;
  for (int k = 0; k < c->n_shear; k++)
    if (c->shear[k].width > c->scratch_rows) c->scratch_rows = c->shear[k].width;
  int64_t n_linear;
  const int64_t planes = planes_of(c, &n_linear);
  int64_t fit = ARENA_NUMBERS / planes / RZ_PLANE_BLOCK * RZ_PLANE_BLOCK;
  if (fit < RZ_PLANE_BLOCK) fit = RZ_PLANE_BLOCK;
  c->capacity = fit < MOST_STATES ? fit : MOST_STATES;
  RZ_TRY(RZ_NEW(planes * c->capacity, &c->arena));
  RZ_TRY(RZ_NEW(2 * c->d * c->capacity, &c->held));
  RZ_TRY(RZ_NEW(n_linear * c->d * c->d, &c->symmetric));
  double *symmetric = c->symmetric;
  for (int k = 0; k < c->n_shear; k++)
    if (c->shear[k].kind == &rz_shear_linear) {
      c->shear[k].symmetric = symmetric;
      symmetric += c->d * c->d;
    }
  return RZ_OK;
}

void rz_shear_chain_free(rz_shear_chain *c) {
  rz_free(&c->shear);
  rz_free(&c->arena);
  rz_free(&c->held);
  rz_free(&c->symmetric);
  rz_free(&c->gather);
  rz_free(&c->rows);
}

void rz_shear_chain_update(rz_shear_chain *c) {
  const int d = c->d;
  c->n_held = 0;
  for (int k = 0; k < c->n_shear; k++) {
    const rz_shear *s = &c->shear[k];
    if (s->kind != &rz_shear_linear) continue;
    const double *a = c->theta + s->matrix;
    for (int i = 0; i < d; i++)
      for (int j = 0; j < d; j++) s->symmetric[i * d + j] = a[i * d + j] + a[j * d + i];
  }
}

void rz_shear_activate(const rz_shear_chain *c, int rows, const double *z, double *sigma, double *slope) {
  rz_activation_slopes(c->activation, rows * c->m, z, sigma, slope);
}

static void set_states(rz_shear_chain *c, int64_t n) {
  const int64_t m = (n + RZ_PLANE_BLOCK - 1) / RZ_PLANE_BLOCK * RZ_PLANE_BLOCK;
  if (m != c->m) place(c, m);
}

/* States [n, 2 d] <-> planes of q and of p. */
static void load(const rz_shear_chain *c, int64_t n, const double *states, double *q, double *p) {
  c->kernels->load(c->d, 2 * c->d, n, c->m, states, q);
  c->kernels->load(c->d, 2 * c->d, n, c->m, states + c->d, p);
}
static void store(const rz_shear_chain *c, int64_t n, const double *q, const double *p, double *states) {
  c->kernels->store(c->d, 2 * c->d, n, c->m, q, states);
  c->kernels->store(c->d, 2 * c->d, n, c->m, p, states + c->d);
}

void rz_shear_chain_forward(rz_shear_chain *c, int64_t n, const double *x) {
  const size_t bytes = sizeof *x * (size_t)(2 * c->d * n);
  if (n == c->n_held && memcmp(x, c->held, bytes) == 0) return;
  set_states(c, n);
  memcpy(c->held, x, bytes);
  c->n_held = n;
  load(c, n, x, c->start, c->start + c->d * c->m);
  for (int k = 0; k < c->n_shear; k++) {
    const rz_shear *s = &c->shear[k];
    s->kind->push(c, s, s->scale, s->source, s->in, s->out);
  }
}

void rz_shear_chain_backward(rz_shear_chain *c, rz_shear_sink *sink) {
  double *q = c->bar, *p = c->bar + c->d * c->m;
  for (int k = c->n_shear - 1; k >= 0; k--) {
    const rz_shear *s = &c->shear[k];
    s->kind->pull(c, s, s->to_p ? p : q, s->to_p ? q : p, sink);
  }
}

static int64_t next_block(const rz_shear_chain *c, int64_t left) { return left < c->capacity ? left : c->capacity; }

void rz_shear_chain_apply(rz_shear_chain *c, int64_t n, const double *x, double *out) {
  for (int64_t i = 0, m; i < n; i += m, x += 2 * c->d * m, out += 2 * c->d * m) {
    m = next_block(c, n - i);
    rz_shear_chain_forward(c, m, x);
    store(c, m, c->end_q, c->end_p, out);
  }
}

void rz_shear_chain_inverse(rz_shear_chain *c, int64_t n, const double *x, double *out) {
  for (int64_t i = 0, m; i < n; i += m, x += 2 * c->d * m, out += 2 * c->d * m) {
    m = next_block(c, n - i);
    set_states(c, m);
    c->n_held = 0; /* pushes overwrite what is kept */
    double *q = c->start, *p = c->start + c->d * c->m;
    load(c, m, x, q, p);
    for (int k = c->n_shear - 1; k >= 0; k--) {
      const rz_shear *s = &c->shear[k];
      double *target = s->to_p ? p : q;
      s->kind->push(c, s, -s->scale, s->to_p ? q : p, target, target);
    }
    store(c, m, q, p, out);
  }
}

void rz_shear_chain_tangent(rz_shear_chain *c, int64_t n, const double *x, const double *v, double *out) {
  const int64_t width = 2 * c->d;
  for (int64_t i = 0, m; i < n; i += m, x += width * m, v += width * m, out += width * m) {
    m = next_block(c, n - i);
    rz_shear_chain_forward(c, m, x);
    double *q = c->bar, *p = c->bar + c->d * c->m;
    load(c, m, v, q, p);
    for (int k = 0; k < c->n_shear; k++) {
      const rz_shear *s = &c->shear[k];
      s->kind->slope(c, s, s->to_p ? q : p, s->to_p ? p : q);
    }
    store(c, m, q, p, out);
  }
}

static void add_sum(rz_shear_sink *s, int64_t offset, int rows_a, int rows_b, double scale, const double *a,
                    const double *b) {
  s->chain->kernels->outer(rows_a, rows_b, s->chain->m, scale, a, b, s->out + offset);
}

void rz_shear_chain_pull(rz_shear_chain *c, int64_t n, const double *x, const double *bar, double *grad) {
  rz_shear_sink sink = {.outer = add_sum, .chain = c, .out = grad};
  for (int64_t i = 0, m; i < n; i += m, x += 2 * c->d * m, bar += 2 * c->d * m) {
    m = next_block(c, n - i);
    rz_shear_chain_forward(c, m, x);
    load(c, m, bar, c->bar, c->bar + c->d * c->m);
    rz_shear_chain_backward(c, &sink);
  }
}
