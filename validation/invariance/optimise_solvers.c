/* modules: optimise solve linalg core */
/* ranks: 1 2 3 4 */
/* The solvers of stochastic reconfiguration on the same samples: all give the step that LAPACK gives from dense rows of
 * J built from their definition, on any number of ranks, for real and complex, dense and shared layers, uneven
 * weights and dropped samples that hold NaN. Samples are defined by their global index. In blocks, they give the same
 * bits as one rank alone. */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/linalg/blas.h"
#include "ritz/optimise/sr.h"
#include "ritz/solve/session.h"
#include <complex.h>
#include <stdlib.h>
#include <string.h>

typedef struct layer {
  int d_in, d_out, n_share, n_x;
  bool with_x, with_im, complex_weights;
} layer;

typedef struct setting {
  const char *name;
  int n_comp, n_layer;
  int64_t n;
  layer layer[2];
  bool about_zero; /* rows of a regression */
} setting;

static const setting settings[] = {
    {"real, many samples", 1, 2, 300, {{9, 12, 1, 9, true, false, false}, {1, 12, 1, 0, false, false, false}}, false},
    {"real, few samples", 1, 2, 70, {{12, 20, 1, 12, true, false, false}, {1, 20, 1, 0, false, false, false}}, false},
    {"complex weights", 2, 2, 90, {{8, 9, 1, 8, true, true, true}, {1, 9, 1, 0, false, true, true}}, false},
    {"complex signal", 2, 2, 50, {{10, 15, 1, 10, true, true, false}, {4, 3, 1, 4, true, false, false}}, false},
    {"shared", 1, 2, 150, {{8, 4, 8, 8, true, false, false}, {1, 4, 8, 0, false, false, false}}, false},
    {"shared complex", 2, 1, 60, {{8, 5, 8, 8, true, true, true}}, false},
    {"three samples", 1, 1, 3, {{5, 6, 1, 5, true, false, false}}, false},
    {"regression, few samples", 1, 1, 70, {{12, 20, 1, 12, true, false, false}}, true},
    {"regression, shared complex", 2, 1, 60, {{6, 5, 8, 8, true, true, true}}, true},
};

/* All rows of J, centred unless about zero; weights, residuals; equal on every rank. */
typedef struct whole {
  int64_t n, n_param;
  int n_comp;
  double *j, *w, *e;
} whole;

static double *reals(int64_t n) { return calloc((size_t)(n > 0 ? n : 1), sizeof(double)); }

static double draw(uint64_t id, int64_t sample, int64_t item) {
  rz_rng r = rz_rng_stream(3, RZ_RNG_TEST, (id << 48) + ((uint64_t)sample << 24) + (uint64_t)item);
  return rz_rng_normal(&r);
}

/* Spin-like inputs, bounded signals: a spectrum over several decades, as in real states. */
static double input(int k, int64_t i, int64_t item) { return draw((uint64_t)(4 * k + 1), i, item) > 0.2 ? 1.0 : -1.0; }

static double complex signal(int k, int64_t i, int64_t item, bool with_im) {
  const double re = tanh(0.3 + 0.5 * draw((uint64_t)(4 * k + 2), i, item));
  return with_im ? re + I * tanh(0.7 * draw((uint64_t)(4 * k + 3), i, item)) : re;
}

static void add_to_rows(whole *a, const layer *l, const int32_t *gather, int64_t offset, int k) {
  const int parts = l->complex_weights ? 2 : 1;
  for (int64_t i = 0; i < a->n; i++)
    for (int t = 0; t < l->n_share; t++)
      for (int b = 0; b < l->d_out; b++) {
        const double complex s = signal(k, i, t * l->d_out + b, l->with_im);
        for (int p = 0; p < l->d_in; p++) {
          const double complex o = (l->with_x ? input(k, i, gather[t * l->d_in + p]) : 1.0) * s;
          for (int part = 0; part < parts; part++) {
            const double complex v = part ? I * o : o;
            const int64_t at = offset + ((int64_t)p * l->d_out + b) * parts + part;
            a->j[i * a->n_param + at] += creal(v);
            if (a->n_comp == 2) a->j[(a->n + i) * a->n_param + at] += cimag(v);
          }
        }
      }
}

static void fill_layer(const rz_layer *l, int k, rz_range mine, const double *w) {
  for (int64_t i = 0; i < mine.count; i++) {
    const int64_t g = mine.first + i, n_d = (int64_t)l->n_share * l->d_out;
    const bool dropped = w[g] == 0.0;
    for (int q = 0; l->x && q < l->n_x; q++) l->x[i * l->n_x + q] = input(k, g, q);
    for (int64_t q = 0; q < n_d; q++) {
      const double complex s = signal(k, g, q, l->d_im != NULL);
      l->d_re[i * n_d + q] = dropped ? (double)NAN : creal(s);
      if (l->d_im) l->d_im[i * n_d + q] = cimag(s);
    }
  }
}

static void centre(whole *a) {
  for (int c = 0; c < a->n_comp; c++)
    for (int64_t k = 0; k < a->n_param; k++) {
      double mean = 0.0, *col = a->j + c * a->n * a->n_param + k;
      for (int64_t i = 0; i < a->n; i++) mean += a->w[i] * col[i * a->n_param];
      for (int64_t i = 0; i < a->n; i++) col[i * a->n_param] -= mean;
    }
}

static rz_jacobian *build_range(const setting *s, rz_range mine, whole *a, int32_t **gather) {
  rz_jacobian *j = NULL;
  *a = (whole){.n = s->n, .n_comp = s->n_comp};
  for (int k = 0; k < s->n_layer; k++)
    a->n_param += (int64_t)s->layer[k].d_in * s->layer[k].d_out * (s->layer[k].complex_weights ? 2 : 1);
  a->j = reals(a->n * a->n_param * a->n_comp), a->w = reals(a->n), a->e = reals(a->n * a->n_comp);
  double total = 0.0;
  for (int64_t i = 0; i < a->n; i++) total += a->w[i] = i % 11 == 5 ? 0.0 : 0.2 + fabs(draw(60, i, 0));
  for (int64_t i = 0; i < a->n; i++) a->w[i] /= total;
  for (int64_t r = 0; r < a->n * a->n_comp; r++) a->e[r] = draw(61, r, 0);
  RZ_EXPECT_OK(rz_jacobian_create(mine.count, s->n_comp, a->n_param, &j));
  memcpy(rz_jacobian_weights(j), a->w + mine.first, (size_t)mine.count * sizeof(double));
  int64_t offset = 0;
  for (int k = 0; k < s->n_layer; k++) {
    const layer *l = &s->layer[k];
    gather[k] = calloc((size_t)(l->n_share * l->d_in), sizeof **gather);
    for (int t = 0; t < l->n_share; t++)
      for (int p = 0; p < l->d_in; p++) gather[k][t * l->d_in + p] = l->with_x ? (p + t) % l->n_x : 0;
    rz_layer shape = {.offset = offset,
                      .d_in = l->d_in,
                      .d_out = l->d_out,
                      .n_share = l->n_share,
                      .n_x = l->n_x,
                      .complex_weights = l->complex_weights,
                      .gather = l->n_share > 1 ? gather[k] : NULL};
    rz_layer *added = NULL;
    RZ_EXPECT_OK(rz_jacobian_add(j, &shape, l->with_x, l->with_im, &added));
    fill_layer(added, k, mine, a->w);
    add_to_rows(a, l, gather[k], offset, k);
    offset += (int64_t)l->d_in * l->d_out * (l->complex_weights ? 2 : 1);
  }
  if (s->about_zero)
    rz_jacobian_about_zero(j);
  else
    centre(a);
  return j;
}

static rz_jacobian *build(const setting *s, const rz_comm *comm, whole *a, int32_t **gather) {
  return build_range(s, rz_share(s->n, comm->rank, comm->size), a, gather);
}

/* (S + shift + scale diag S) d = F by LAPACK's symmetric indefinite solver. */
static void reference(const whole *a, double shift, double scale, double *d) {
  const int64_t P = a->n_param;
  double *s = reals(P * P);
  int *pivot = calloc((size_t)P + 1, sizeof *pivot);
  memset(d, 0, (size_t)P * sizeof *d);
  for (int64_t r = 0; r < a->n * a->n_comp; r++) {
    const double *row = a->j + r * P, w = a->w[r % a->n];
    cblas_dger(CblasRowMajor, (int)P, (int)P, w, row, 1, row, 1, s, (int)P);
    for (int64_t k = 0; k < P; k++) d[k] += w * row[k] * a->e[r];
  }
  for (int64_t k = 0; k < P; k++) s[k * P + k] += shift + scale * s[k * P + k];
  RZ_EXPECT(LAPACKE_dsysv(LAPACK_COL_MAJOR, 'L', (int)P, 1, s, (int)P, pivot, d, (int)P) == 0);
  free(s), free(pivot);
}

static double distance(int64_t n, const double *a, const double *b) {
  double diff = 0.0, size = 0.0;
  for (int64_t k = 0; k < n; k++) {
    diff += (a[k] - b[k]) * (a[k] - b[k]);
    size += b[k] * b[k];
  }
  return sqrt(diff / size);
}

static void check_equal(const rz_comm *comm, int64_t n, const double *x) {
  double *other = reals(n);
  memcpy(other, x, (size_t)n * sizeof *x);
  RZ_EXPECT_OK(rz_bcast(comm, 0, n * (int64_t)sizeof *x, other));
  RZ_EXPECT(memcmp(other, x, (size_t)n * sizeof *x) == 0);
  free(other);
}

/* Ways to the same step: "whole" is dense with S on every rank, "mixed" is kernel with a factor in single precision,
 * "subset" is cg preconditioned by some of the samples, "start" the same from somewhere else. */
static rz_sr_options options(const char *way, double shift, double scale, const double *start) {
  rz_sr_options o = {.solver = way,
                     .precision = "double",
                     .shift = shift,
                     .scale = scale,
                     .cg_tol = 1e-13,
                     .cg_iterations = 20000,
                     .subset_size = 40};
  if (strcmp(way, "whole") == 0) o.solver = "dense", o.replicate = RZ_SR_REPLICATE;
  if (strcmp(way, "mixed") == 0) o.solver = "kernel", o.precision = "mixed";
  if (strcmp(way, "subset") == 0) o.solver = "cg", o.preconditioner = "subset";
  if (strcmp(way, "start") == 0) o.solver = "cg", o.preconditioner = "subset", o.start = start;
  return o;
}

/* Returns the residual of d; the norm that the solver derives from d is that of products. */
static double solve(const rz_comm *comm, rz_jacobian *j, const double *e, const char *way, double shift, double scale,
                    double *d, rz_sr_result *result) {
  const int64_t n = rz_jacobian_n_param(j);
  double *f = reals(n), *start = reals(n), residual = NAN, norm2 = NAN;
  for (int64_t k = 0; k < n; k++) start[k] = draw(62, k, 0);
  const rz_sr_options o = options(way, shift, scale, start);
  RZ_EXPECT_OK(rz_forces(comm, j, e, f));
  RZ_EXPECT_OK(rz_sr_solve(&o, comm, j, e, f, d, result));
  RZ_EXPECT_OK(rz_sr_residual(&o, comm, j, f, d, &residual));
  RZ_EXPECT_OK(rz_metric(comm, j, d, NULL, &norm2));
  RZ_EXPECT_NEAR(result->norm2, norm2, 1e-6 * norm2);
  free(f), free(start);
  return residual;
}

/* This rank's residuals, NaN where dropped. */
static double *local_residual(const whole *a, rz_range mine) {
  double *e = reals(mine.count * a->n_comp);
  for (int c = 0; c < a->n_comp; c++)
    for (int64_t i = 0; i < mine.count; i++)
      e[c * mine.count + i] = a->w[mine.first + i] == 0.0 ? (double)NAN : a->e[c * a->n + mine.first + i];
  return e;
}

/* dense, kernel and cg spread over ranks at any size. */
static void check_setting(const setting *s, const rz_comm *comm) {
  static const char *const solver[] = {"dense", "kernel", "cg", "auto", "whole", "mixed", "subset", "start"};
  static const double scale[] = {0.0, 0.05};
  int32_t *gather[2] = {0};
  whole a;
  rz_jacobian *j = build(s, comm, &a, gather);
  double *e = local_residual(&a, rz_share(s->n, comm->rank, comm->size));
  double *want = reals(a.n_param), *d = reals(a.n_param);
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  for (int k = 0; k < 2; k++) {
    reference(&a, 1e-3, scale[k], want);
    for (int i = 0; i < 8; i++) {
      rz_sr_result r;
      memset(d, 0xff, (size_t)a.n_param * sizeof *d); /* NaN: not where a solve starts */
      const double residual = solve(comm, j, e, solver[i], 1e-3, scale[k], d, &r);
      const double miss = distance(a.n_param, d, want);
      const bool mixed = strcmp(solver[i], "mixed") == 0;
      RZ_EXPECT(!mixed || (strcmp(r.precision, "mixed") == 0 && r.refinements > 1));
      if (i > 5) RZ_EXPECT(strcmp(r.preconditioner, "subset") == 0 && strcmp(r.solver, "cg") == 0);
      if (!RZ_EXPECT_NEAR(miss, 0, mixed ? 1e-10 : 1e-8))
        fprintf(stderr, "  %s, %s, scale %g\n", s->name, solver[i], scale[k]);
      RZ_EXPECT(r.fell_back == 0 && residual < 1e-9);
      if (i < 3) RZ_EXPECT(strcmp(r.solver, solver[i]) == 0);
      RZ_EXPECT((r.iterations > 0) == (strcmp(r.solver, "cg") == 0));
      check_equal(comm, a.n_param, d);
    }
  }
  rz_jacobian_destroy(&j);
  free(gather[0]), free(gather[1]), free(a.j), free(a.w), free(a.e), free(e), free(want), free(d);
}

/* --- Blocks ------------------------------------------------------------------------------------------------------- */

enum { BLOCK = 10 };

typedef struct blocks {
  rz_comm comm;
  whole a;
  rz_jacobian *j;
  double *e;
  int32_t *gather[2];
} blocks;

static rz_range block_share(int64_t n, const rz_comm *comm) {
  const rz_range mine = rz_share((n + BLOCK - 1) / BLOCK, comm->rank, comm->size);
  const int64_t end = (mine.first + mine.count) * BLOCK;
  return (rz_range){mine.first * BLOCK, mine.count > 0 ? (end < n ? end : n) - mine.first * BLOCK : 0};
}

static void blocks_init(const setting *s, MPI_Comm mpi, blocks *b) {
  *b = (blocks){0};
  RZ_EXPECT_OK(rz_comm_wrap(mpi, &b->comm));
  const rz_range mine = block_share(s->n, &b->comm);
  b->j = build_range(s, mine, &b->a, b->gather);
  b->e = local_residual(&b->a, mine);
  RZ_EXPECT(!rz_jacobian_in_blocks(b->j));
  RZ_EXPECT_OK(rz_jacobian_set_blocks(b->j, &b->comm, BLOCK));
  RZ_EXPECT(rz_jacobian_in_blocks(b->j));
  RZ_EXPECT_OK(rz_jacobian_centre(b->j, &b->comm));
}

static void blocks_free(blocks *b) {
  rz_jacobian_destroy(&b->j);
  free(b->gather[0]), free(b->gather[1]), free(b->a.j), free(b->a.w), free(b->a.e), free(b->e);
}

/* One solve on one rank alone and the same on all of them. */
static void check_alike_way(blocks *one, blocks *all, const double *want, const char *way, double shift, double scale) {
  const int64_t n = one->a.n_param;
  double *d = reals(n), *other = reals(n), *s_d = reals(n), *other_s_d = reals(n), norm2 = 0.0, other_norm2 = 0.0;
  rz_sr_result r, other_r;
  const double residual = solve(&one->comm, one->j, one->e, way, shift, scale, d, &r);
  const double other_residual = solve(&all->comm, all->j, all->e, way, shift, scale, other, &other_r);
  RZ_EXPECT_OK(rz_metric(&one->comm, one->j, d, s_d, &norm2));
  RZ_EXPECT_OK(rz_metric(&all->comm, all->j, d, other_s_d, &other_norm2));
  if (!RZ_EXPECT(memcmp(d, other, (size_t)n * sizeof *d) == 0))
    fprintf(stderr, "  %s, shift %g, scale %g: %g\n", way, shift, scale, distance(n, d, other));
  RZ_EXPECT(memcmp(s_d, other_s_d, (size_t)n * sizeof *d) == 0 && norm2 == other_norm2);
  RZ_EXPECT(residual == other_residual && r.norm2 == other_r.norm2 && r.iterations == other_r.iterations);
  RZ_EXPECT(strcmp(r.solver, other_r.solver) == 0 && r.refinements == other_r.refinements);
  if (want) RZ_EXPECT_NEAR(distance(n, d, want), 0, 1e-8);
  free(d), free(other), free(s_d), free(other_s_d);
}

static void check_alike(const setting *s) {
  static const char *const way[] = {"dense", "kernel", "cg", "auto", "mixed", "subset", "start"};
  static const double scale[] = {0.0, 0.05};
  blocks one, all;
  blocks_init(s, MPI_COMM_SELF, &one);
  blocks_init(s, MPI_COMM_WORLD, &all);
  double *want = reals(one.a.n_param);
  for (int k = 0; k < 2; k++) {
    reference(&one.a, 1e-3, scale[k], want);
    for (int i = 0; i < 7; i++) check_alike_way(&one, &all, want, way[i], 1e-3, scale[k]);
  }
  check_alike_way(&one, &all, NULL, "subset", 1e-8, 0.0);
  for (int i = 0; i < 2 && s->n_comp == 1; i++) check_alike_way(&one, &all, NULL, way[i], 0.0, 0.0); /* eigenvectors */
  free(want);
  blocks_free(&one);
  blocks_free(&all);
}

/* Without a shift and with fewer samples than parameters S has no inverse: both factorisations that meet a singular
 * matrix say so and give the shortest solution. */
static void check_fall_back(const rz_comm *comm) {
  const setting *s = &settings[1];
  int32_t *gather[2] = {0};
  whole a;
  rz_jacobian *j = build(s, comm, &a, gather);
  double *e = local_residual(&a, rz_share(s->n, comm->rank, comm->size));
  double *d = reals(a.n_param), *other = reals(a.n_param), norm2 = 0.0, fit2 = 0.0;
  rz_sr_result r;
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  RZ_EXPECT(solve(comm, j, e, "dense", 0.0, 0.0, d, &r) < 1e-6);
  RZ_EXPECT(r.fell_back == 1 && strcmp(r.solver, "eigen") == 0);
  solve(comm, j, e, "whole", 0.0, 0.0, other, &r);
  RZ_EXPECT(r.fell_back == 1 && strcmp(r.solver, "eigen") == 0);
  RZ_EXPECT_NEAR(distance(a.n_param, d, other), 0, 1e-6);
  /* Centred rows: sum_i w_i J_i = 0, so T is singular too. */
  RZ_EXPECT(solve(comm, j, e, "kernel", 0.0, 0.0, other, &r) < 1e-6);
  RZ_EXPECT(r.fell_back == 1 && strcmp(r.solver, "eigen") == 0);
  RZ_EXPECT_NEAR(distance(a.n_param, d, other), 0, 1e-6);
  /* Fewer centred samples than parameters: J d can follow e - mean e exactly. */
  double mean = 0.0;
  for (int64_t i = 0; i < a.n; i++) mean += a.w[i] * a.e[i];
  for (int64_t i = 0; i < a.n; i++) fit2 += a.w[i] * (a.e[i] - mean) * (a.e[i] - mean);
  RZ_EXPECT_OK(rz_metric(comm, j, d, NULL, &norm2));
  RZ_EXPECT_NEAR(norm2, fit2, 1e-6 * fit2);
  rz_jacobian_destroy(&j);
  free(gather[0]), free(gather[1]), free(a.j), free(a.w), free(a.e), free(e), free(d), free(other);
}

/* The comparison above must be able to see one rank's samples missing: leave out the last rank's rows and every solver
 * misses the reference. */
static void check_sensitive(const rz_comm *comm) {
  static const char *const solver[] = {"dense", "kernel", "cg", "whole"};
  const setting *s = &settings[0];
  int32_t *gather[2] = {0};
  whole a;
  rz_jacobian *j = build(s, comm, &a, gather);
  double *e = local_residual(&a, rz_share(s->n, comm->rank, comm->size));
  double *want = reals(a.n_param), *d = reals(a.n_param);
  rz_sr_result r;
  reference(&a, 1e-3, 0.0, want);
  if (comm->rank == comm->size - 1)
    for (int64_t i = 0; i < rz_jacobian_n(j); i++) rz_jacobian_weights(j)[i] *= comm->size > 1 ? 0.0 : 0.5;
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  for (int i = 0; i < 4; i++) {
    solve(comm, j, e, solver[i], 1e-3, 0.0, d, &r);
    RZ_EXPECT(distance(a.n_param, d, want) > 1e-3);
  }
  rz_jacobian_destroy(&j);
  free(gather[0]), free(gather[1]), free(a.j), free(a.w), free(a.e), free(e), free(want), free(d);
}

/* Too ill-conditioned for single precision: the answer is that of double precision, and the result says so. */
static void check_precision(const rz_comm *comm) {
  static const int which[] = {1, 2, 5};
  for (int i = 0; i < 3; i++) {
    int32_t *gather[2] = {0};
    whole a;
    rz_jacobian *j = build(&settings[which[i]], comm, &a, gather);
    double *e = local_residual(&a, rz_share(a.n, comm->rank, comm->size));
    double *d = reals(a.n_param), *want = reals(a.n_param);
    rz_sr_result r;
    RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
    solve(comm, j, e, "kernel", 1e-9, 0.0, want, &r);
    RZ_EXPECT(strcmp(r.precision, "double") == 0 && r.refinements == 0 && r.fell_back == 0);
    solve(comm, j, e, "mixed", 1e-9, 0.0, d, &r);
    RZ_EXPECT(strcmp(r.precision, "double") == 0 && r.fell_back == 0);
    RZ_EXPECT_NEAR(distance(a.n_param, d, want), 0, 1e-10);
    rz_jacobian_destroy(&j);
    free(gather[0]), free(gather[1]), free(a.j), free(a.w), free(a.e), free(e), free(d), free(want);
  }
}

/* The subset serves at any shift: where single precision would drown it, its kernel is in double precision. */
static void check_small_shifts(const rz_comm *comm) {
  static const int which[] = {1, 2, 5};
  static const double shift[] = {1e-6, 1e-7, 1e-9};
  for (int i = 0; i < 9; i++) {
    int32_t *gather[2] = {0};
    whole a;
    rz_jacobian *j = build(&settings[which[i / 3]], comm, &a, gather);
    double *e = local_residual(&a, rz_share(a.n, comm->rank, comm->size));
    double *d = reals(a.n_param), *want = reals(a.n_param);
    rz_sr_result r;
    RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
    solve(comm, j, e, "kernel", shift[i % 3], 0.0, want, &r);
    solve(comm, j, e, "subset", shift[i % 3], 0.0, d, &r);
    RZ_EXPECT(r.preconditioner && strcmp(r.preconditioner, "subset") == 0);
    RZ_EXPECT_NEAR(distance(a.n_param, d, want), 0, 1e-5);
    check_equal(comm, a.n_param, d);
    rz_jacobian_destroy(&j);
    free(gather[0]), free(gather[1]), free(a.j), free(a.w), free(a.e), free(e), free(d), free(want);
  }
}

static void check_errors(const rz_comm *comm) {
  int32_t *gather[2] = {0};
  whole a;
  rz_jacobian *j = build(&settings[0], comm, &a, gather);
  double *e = local_residual(&a, rz_share(a.n, comm->rank, comm->size));
  double *f = reals(a.n_param), *d = reals(a.n_param);
  rz_sr_result r;
  rz_sr_options o = {.solver = "cg", .shift = 1e-6, .cg_tol = 1e-12, .cg_iterations = 2};
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  RZ_EXPECT_OK(rz_forces(comm, j, e, f));
  RZ_EXPECT(rz_sr_solve(&o, comm, j, e, f, d, &r) == RZ_ERR_NUM); /* too few iterations */
  o.solver = "lu";
  RZ_EXPECT(rz_sr_solve(&o, comm, j, e, f, d, &r) == RZ_ERR_ARG);
  /* One residual on one rank that is not a number: an error on every rank. */
  if (comm->rank == comm->size - 1) e[1] = (double)INFINITY;
  RZ_EXPECT_OK(rz_forces(comm, j, e, f));
  for (int i = 0; i < 3; i++) {
    static const char *const solver[] = {"dense", "kernel", "cg"};
    o = (rz_sr_options){.solver = solver[i], .shift = 1e-3, .cg_tol = 1e-8, .cg_iterations = 1000};
    RZ_EXPECT(rz_sr_solve(&o, comm, j, e, f, d, &r) == RZ_ERR_NUM);
  }
  rz_jacobian_destroy(&j);
  free(gather[0]), free(gather[1]), free(a.j), free(a.w), free(a.e), free(e), free(f), free(d);
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  (void)rz_blas_setup();
  for (int i = 0; i < (int)(sizeof settings / sizeof settings[0]); i++) {
    check_setting(&settings[i], &comm);
    if (i % 2 == 0) check_alike(&settings[i]);
  }
  check_fall_back(&comm);
  check_precision(&comm);
  check_small_shifts(&comm);
  check_sensitive(&comm);
  check_errors(&comm);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  RZ_EXPECT_OK(rz_petsc_stop());
  return rz_check_finish();
}
