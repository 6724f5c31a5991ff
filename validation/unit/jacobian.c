/* modules: linalg core */
/* ranks: 1 3 */
/* The Jacobian operator's products against a dense matrix built from its definition, J = sum_t X_t D_t in complex
 * arithmetic, for dense and shared layers, real and complex, centred and scaled, on samples spread over ranks, with
 * every instruction set. */
#include "ritz/linalg/jacobian.h"
#include "check.h"
#include "ritz/core/isa.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include <complex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct shape {
  int d_in, d_out, n_share, n_x;
  bool with_x, with_im, complex_weights;
} shape;

typedef struct setting {
  const char *name;
  int n_comp, n_layer;
  shape layer[4];
} setting;

static const setting settings[] = {
    {"no layer", 1, 0, {{0}}},
    {"real rbm",
     1,
     3,
     {{7, 1, 1, 7, true, false, false}, {1, 5, 1, 0, false, false, false}, {7, 5, 1, 7, true, false, false}}},
    {"complex signal", 2, 2, {{6, 9, 1, 6, true, true, false}, {5, 2, 1, 5, true, false, false}}},
    {"complex weights",
     2,
     3,
     {{6, 8, 1, 6, true, true, true}, {1, 4, 1, 0, false, true, true}, {3, 2, 1, 3, true, false, true}}},
    {"shared", 1, 2, {{6, 3, 6, 6, true, false, false}, {1, 3, 6, 0, false, false, false}}},
    {"shared complex",
     2,
     3,
     {{6, 2, 6, 6, true, true, true}, {1, 2, 6, 0, false, true, true}, {4, 3, 1, 9, true, true, false}}},
    {"wide, by factors and by panels", 2, 2, {{30, 40, 2, 50, true, true, true}, {12, 60, 9, 20, true, true, false}}},
    {"long, several blocks", 1, 2, {{300, 500, 1, 300, true, false, false}, {90, 70, 40, 90, true, false, false}}},
};

/* Dense J of all samples [n_comp * n, P], weights [n], and the vectors; equal on every rank. */
typedef struct dense {
  int64_t n, n_param;
  int n_comp;
  double *j, *w, *mean;
} dense;

static double *reals(int64_t n) { return calloc((size_t)(n > 0 ? n : 1), sizeof(double)); }

static double draw(uint64_t id, uint64_t item) {
  rz_rng r = rz_rng_stream(11, RZ_RNG_TEST, id * 1000003 + item);
  return rz_rng_normal(&r) + 0.3;
}

static rz_layer describe(const shape *s, int64_t offset, int32_t *gather) {
  for (int64_t k = 0; k < (int64_t)s->n_share * s->d_in; k++)
    gather[k] = (int32_t)((k * 7 + k / s->d_in * 3 + 1) % (s->n_x > 0 ? s->n_x : 1));
  const bool plain = !s->with_x || (s->n_share == 1 && s->n_x == s->d_in);
  return (rz_layer){.offset = offset,
                    .d_in = s->d_in,
                    .d_out = s->d_out,
                    .n_share = s->n_share,
                    .complex_weights = s->complex_weights,
                    .n_x = s->n_x,
                    .gather = plain ? NULL : gather};
}

/* Fill this rank's samples of a layer; add every sample's contribution to the dense J. */
static void fill(const rz_layer *l, uint64_t id, rz_range mine, dense *d) {
  const int64_t n_d = (int64_t)l->n_share * l->d_out;
  double *x = reals(l->n_x);
  double complex *sig = calloc((size_t)n_d, sizeof *sig);
  for (int64_t i = 0; i < d->n; i++) {
    for (int k = 0; k < l->n_x; k++) x[k] = draw(id, (uint64_t)(i * 1000 + k));
    for (int64_t k = 0; k < n_d; k++)
      sig[k] = draw(id + 1, (uint64_t)(i * n_d + k)) + (l->d_im ? I * draw(id + 2, (uint64_t)(i * n_d + k)) : 0);
    const int64_t at = i - mine.first;
    if (at >= 0 && at < mine.count) {
      if (l->x) memcpy(l->x + at * l->n_x, x, (size_t)l->n_x * sizeof *x);
      for (int64_t k = 0; k < n_d; k++) {
        l->d_re[at * n_d + k] = creal(sig[k]);
        if (l->d_im) l->d_im[at * n_d + k] = cimag(sig[k]);
      }
    }
    for (int t = 0; t < l->n_share; t++)
      for (int a = 0; a < l->d_in; a++)
        for (int b = 0; b < l->d_out; b++) {
          const double in = !l->x ? 1.0 : x[l->gather ? l->gather[t * l->d_in + a] : a];
          const double complex o = in * sig[t * l->d_out + b];
          const int n_parts = l->complex_weights ? 2 : 1;
          for (int part = 0; part < n_parts; part++) {
            const double complex dk = part == 0 ? o : I * o;
            const int64_t k = l->offset + ((int64_t)a * l->d_out + b) * n_parts + part;
            d->j[i * d->n_param + k] += creal(dk);
            if (d->n_comp == 2) d->j[(d->n + i) * d->n_param + k] += cimag(dk);
          }
        }
  }
  free(x);
  free(sig);
}

static double entry(const dense *d, const double *scale, int centred, int c, int64_t i, int64_t k) {
  const double j = d->j[(c * d->n + i) * d->n_param + k] - (centred ? d->mean[c * d->n_param + k] : 0.0);
  return j / (scale ? scale[k] : 1.0);
}

/* Largest difference relative to the largest number, or to `size`: centring a few samples cancels. */
static double worst(int64_t n, const double *a, const double *b, double size) {
  double diff = 0.0;
  for (int64_t i = 0; i < n; i++) {
    if (!(fabs(a[i] - b[i]) <= diff)) diff = fabs(a[i] - b[i]);
    if (fabs(b[i]) > size) size = fabs(b[i]);
  }
  return diff / size;
}

static void products(const rz_jacobian *j, const dense *d, rz_range mine, const double *scale, int centred) {
  const int64_t P = d->n_param, n = mine.count, rows = n * d->n_comp;
  double *v = reals(P), *u = reals(rows), *y = reals(rows), *g = reals(P), *diag = reals(P), *y0 = reals(rows),
         *g0 = reals(P), *diag0 = reals(P), *panel = reals(n * P), *panel0 = reals(n * P), *s = reals(P),
         *s0 = reals(P);
  for (int64_t k = 0; k < P; k++) v[k] = draw(91, (uint64_t)k);
  for (int64_t r = 0; r < rows; r++) u[r] = draw(92, (uint64_t)(r + mine.first));
  for (int c = 0; c < d->n_comp; c++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t k = 0; k < P; k++) {
        const double e = entry(d, scale, centred, c, mine.first + i, k);
        y0[c * n + i] += e * v[k];
        g0[k] += e * u[c * n + i];
        diag0[k] += d->w[mine.first + i] * e * e;
      }
  for (int64_t r = 0; r < rows; r++)
    for (int64_t k = 0; k < P; k++)
      s0[k] += d->w[mine.first + r % n] * y0[r] * entry(d, scale, centred, (int)(r / n), mine.first + r % n, k);
  RZ_EXPECT_OK(rz_jacobian_apply(j, v, y));
  RZ_EXPECT_OK(rz_jacobian_apply_t(j, u, g));
  RZ_EXPECT_OK(rz_jacobian_metric(j, v, s));
  RZ_EXPECT_NEAR(worst(P, s, s0, 1), 0, 1e-12);
  RZ_EXPECT_OK(rz_jacobian_diagonal(j, diag));
  RZ_EXPECT_NEAR(worst(rows, y, y0, sqrt((double)P)), 0, 1e-12);
  RZ_EXPECT_NEAR(worst(P, g, g0, 1), 0, 1e-12);
  RZ_EXPECT_NEAR(worst(P, diag, diag0, 1), 0, 1e-12);
  for (int c = 0; c < d->n_comp; c++) {
    RZ_EXPECT_OK(rz_jacobian_rows(j, c, 0, n, panel));
    for (int64_t i = 0; i < n; i++)
      for (int64_t k = 0; k < P; k++) panel0[i * P + k] = entry(d, scale, centred, c, mine.first + i, k);
    RZ_EXPECT_NEAR(worst(n * P, panel, panel0, 1), 0, 1e-12);
  }
  free(v), free(u), free(y), free(g), free(diag), free(y0), free(g0), free(diag0), free(panel), free(panel0), free(s),
      free(s0);
}

/* Gram blocks between this rank's samples and a packed and unpacked choice of them, in a window of a wider array. */
static void grams(const rz_jacobian *j, const dense *d, rz_range mine, const double *scale, int centred) {
  const int64_t n = mine.count, m = 2 * n / 3, first = n > 2 ? 2 : 0, na = n - first, ld = m + 3, P = d->n_param;
  int64_t *pick = calloc((size_t)m + 1, sizeof *pick);
  for (int64_t i = 0; i < m; i++) pick[i] = (5 * i + 3) % n;
  double *buffer = reals(m * rz_jacobian_pack_size(j)), *out = reals(na * ld), *got = reals(na * m),
         *want = reals(na * m);
  rz_jacobian *b = NULL;
  RZ_EXPECT_OK(rz_jacobian_pack(j, m, pick, buffer));
  RZ_EXPECT_OK(rz_jacobian_like(j, m, &b));
  RZ_EXPECT_OK(rz_jacobian_unpack(b, m, buffer));
  for (int64_t i = 0; i < m; i++) RZ_EXPECT(rz_jacobian_weight(b, i) == d->w[mine.first + pick[i]]);
  for (int ca = 0; ca < d->n_comp; ca++)
    for (int cb = 0; cb < d->n_comp; cb++) {
      for (int64_t i = 0; i < na * ld; i++) out[i] = 77.0;
      RZ_EXPECT_OK(rz_jacobian_gram(j, ca, first, na, b, cb, 0, m, out, ld));
      for (int64_t i = 0; i < na; i++)
        for (int64_t k = 0; k < m; k++) {
          double s = 0.0;
          for (int64_t p = 0; p < P; p++)
            s += entry(d, scale, centred, ca, mine.first + first + i, p) *
                 entry(d, scale, centred, cb, mine.first + pick[k], p);
          want[i * m + k] = s;
          got[i * m + k] = out[i * ld + k];
        }
      for (int64_t i = 0; i < na; i++) RZ_EXPECT(out[i * ld + m] == 77.0);
      RZ_EXPECT_NEAR(worst(na * m, got, want, (double)P), 0, 1e-12);
    }
  rz_jacobian_destroy(&b);
  free(pick), free(buffer), free(out), free(got), free(want);
}

static void all_products(rz_jacobian *j, const dense *d, rz_range mine, const double *scale, int centred) {
  products(j, d, mine, scale, centred);
  grams(j, d, mine, scale, centred);
  RZ_EXPECT_OK(rz_jacobian_prepare_gram(j));
  grams(j, d, mine, scale, centred);
}

/* about_zero: rows that have no mean to be centred about. */
static void check_setting(const setting *s, const rz_comm *comm, int64_t n, bool about_zero) {
  const rz_range mine = rz_share(n, comm->rank, comm->size);
  int32_t *gather[4] = {0};
  rz_jacobian *j = NULL;
  int64_t n_param = 2; /* two numbers that no layer uses */
  for (int k = 0; k < s->n_layer; k++)
    n_param += (int64_t)s->layer[k].d_in * s->layer[k].d_out * (s->layer[k].complex_weights ? 2 : 1);
  dense d = {.n = n, .n_param = n_param, .n_comp = s->n_comp};
  d.j = reals(n * n_param * s->n_comp), d.w = reals(n), d.mean = reals(n_param * s->n_comp);
  double total = 0.0;
  for (int64_t i = 0; i < n; i++) total += d.w[i] = fabs(draw(95, (uint64_t)i)) + 0.1;
  for (int64_t i = 0; i < n; i++) d.w[i] /= total;
  if (!RZ_EXPECT_OK(rz_jacobian_create(mine.count, s->n_comp, n_param, &j))) return;
  memcpy(rz_jacobian_weights(j), d.w + mine.first, (size_t)mine.count * sizeof(double));
  int64_t offset = 1;
  for (int k = 0; k < s->n_layer; k++) {
    gather[k] = calloc((size_t)(s->layer[k].n_share * s->layer[k].d_in), sizeof **gather);
    const rz_layer l = describe(&s->layer[k], offset, gather[k]);
    rz_layer *added = NULL;
    RZ_EXPECT_OK(rz_jacobian_add(j, &l, s->layer[k].with_x, s->layer[k].with_im, &added));
    fill(added, (uint64_t)(10 * k + 1), mine, &d);
    offset += (int64_t)l.d_in * l.d_out * (l.complex_weights ? 2 : 1);
  }
  for (int c = 0; c < s->n_comp && !about_zero; c++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t k = 0; k < n_param; k++) d.mean[c * n_param + k] += d.w[i] * d.j[(c * n + i) * n_param + k];
  double *scale = reals(n_param);
  for (int64_t k = 0; k < n_param; k++) scale[k] = 0.5 + fabs(draw(96, (uint64_t)k));
  if (about_zero) {
    rz_jacobian_about_zero(j);
  } else {
    all_products(j, &d, mine, NULL, 0);
    RZ_EXPECT_OK(rz_jacobian_scale(j, scale));
    all_products(j, &d, mine, scale, 0);
    RZ_EXPECT_OK(rz_jacobian_scale(j, NULL));
  }
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  RZ_EXPECT_NEAR(worst(n_param * s->n_comp, rz_jacobian_mean(j), d.mean, 1), 0, 1e-12);
  all_products(j, &d, mine, NULL, 1);
  RZ_EXPECT_OK(rz_jacobian_scale(j, scale));
  all_products(j, &d, mine, scale, 1);
  rz_jacobian_destroy(&j);
  for (int k = 0; k < s->n_layer; k++) free(gather[k]);
  free(d.j), free(d.w), free(d.mean), free(scale);
}

/* Whole numbers, and inputs also halves: every entry of a Gram block is exact in double precision, and so must the
 * block be, whichever precision the inputs are multiplied in. `most` decides: spins, the largest numbers that single
 * precision allows, one that it does not. */
enum { EXACT_N = 150, EXACT_IN = 40, EXACT_OUT = 30 };

static rz_jacobian *whole_numbers(int n_share, int most, double unit, const int32_t *gather) {
  const rz_layer like = {
      .d_in = EXACT_IN, .d_out = EXACT_OUT, .n_share = n_share, .n_x = EXACT_IN, .gather = n_share > 1 ? gather : NULL};
  rz_jacobian *j = NULL;
  rz_layer *l = NULL;
  RZ_EXPECT_OK(rz_jacobian_create(EXACT_N, 1, EXACT_IN * EXACT_OUT, &j));
  RZ_EXPECT_OK(rz_jacobian_add(j, &like, true, false, &l));
  for (int i = 0; i < EXACT_N; i++) rz_jacobian_weights(j)[i] = 1.0 / EXACT_N;
  for (int k = 0; k < EXACT_N * EXACT_IN; k++)
    l->x[k] = unit * (draw(7, (uint64_t)k) > 0.0 ? most : -most + (most > 1 ? 2 * (k % 2) : 0));
  for (int k = 0; k < EXACT_N * EXACT_OUT * n_share; k++) l->d_re[k] = draw(8, (uint64_t)k) > 0.3 ? 1.0 : -2.0;
  RZ_EXPECT_OK(rz_jacobian_prepare_gram(j));
  return j;
}

static double exact_entry(const rz_layer *a, int64_t i, const rz_layer *b, int64_t k) {
  double sum = 0.0;
  for (int t = 0; t < a->n_share; t++)
    for (int s = 0; s < b->n_share; s++) {
      double x = 0.0, e = 0.0;
      for (int q = 0; q < EXACT_IN; q++)
        x += a->x[i * EXACT_IN + (a->gather ? a->gather[t * EXACT_IN + q] : q)] *
             b->x[k * EXACT_IN + (b->gather ? b->gather[s * EXACT_IN + q] : q)];
      for (int q = 0; q < EXACT_OUT; q++)
        e += a->d_re[(i * a->n_share + t) * EXACT_OUT + q] * b->d_re[(k * b->n_share + s) * EXACT_OUT + q];
      sum += x * e;
    }
  return sum;
}

static void check_exact_inputs(int n_share) {
  static const struct {
    int most;
    double unit;
  } kind[] = {{1, 1.0}, {647, 1.0}, {5001, 1.0}, {1, 0.5}};
  enum { N_KIND = (int)(sizeof kind / sizeof kind[0]), FIRST = 3 };
  int32_t gather[2 * EXACT_IN];
  rz_jacobian *j[N_KIND];
  double *out = reals(EXACT_N * EXACT_N);
  for (int k = 0; k < 2 * EXACT_IN; k++) gather[k] = (k % EXACT_IN + 7 * (k / EXACT_IN)) % EXACT_IN;
  for (int k = 0; k < N_KIND; k++) j[k] = whole_numbers(n_share, kind[k].most, kind[k].unit, gather);
  for (int a = 0; a < N_KIND; a++)
    for (int b = 0; b < N_KIND; b++) {
      int64_t wrong = 0;
      RZ_EXPECT_OK(rz_jacobian_gram(j[a], 0, FIRST, EXACT_N - FIRST, j[b], 0, 0, EXACT_N, out, EXACT_N));
      for (int i = FIRST; i < EXACT_N; i++)
        for (int k = 0; k < EXACT_N; k++)
          wrong += out[(i - FIRST) * EXACT_N + k] !=
                   exact_entry(rz_jacobian_layer(j[a], 0), i, rz_jacobian_layer(j[b], 0), k);
      if (!RZ_EXPECT(wrong == 0)) fprintf(stderr, "  kinds %d, %d: %lld wrong\n", a, b, (long long)wrong);
    }
  for (int k = 0; k < N_KIND; k++) rz_jacobian_destroy(&j[k]);
  free(out);
}

/* Weights are checked and dropped samples cleared there, too. */
static void check_dropped_about_zero(const rz_comm *comm) {
  rz_jacobian *j = NULL;
  rz_layer *l = NULL;
  double g = NAN;
  RZ_EXPECT_OK(rz_jacobian_create(2, 1, 1, &j));
  RZ_EXPECT_OK(rz_jacobian_add(j, &(rz_layer){.d_in = 1, .d_out = 1, .n_share = 1}, false, false, &l));
  rz_jacobian_about_zero(j);
  RZ_EXPECT(rz_jacobian_centre(j, comm) == RZ_ERR_ARG); /* weights never set */
  rz_jacobian_weights(j)[0] = 1.0, rz_jacobian_weights(j)[1] = 0.0;
  l->d_re[0] = 3.0, l->d_re[1] = NAN;
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  RZ_EXPECT_OK(rz_jacobian_apply_t(j, (double[]){1.0, 1.0}, &g));
  RZ_EXPECT(g == 3.0 && rz_jacobian_mean(j)[0] == 0.0);
  rz_jacobian_destroy(&j);
}

static void check_errors(const rz_comm *comm) {
  rz_jacobian *j = NULL;
  rz_layer *l = NULL;
  RZ_EXPECT(rz_jacobian_create(3, 3, 5, &j) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_jacobian_create(3, 1, 8, &j));
  const rz_layer good = {.offset = 0, .d_in = 2, .d_out = 3, .n_share = 1, .n_x = 2};
  rz_layer bad = good;
  bad.offset = 3;
  RZ_EXPECT(rz_jacobian_add(j, &bad, true, false, &l) == RZ_ERR_ARG);
  RZ_EXPECT(rz_jacobian_add(j, &good, true, true, &l) == RZ_ERR_ARG);   /* complex signal, real output */
  RZ_EXPECT(rz_jacobian_add(j, &good, false, false, &l) == RZ_ERR_ARG); /* no input, d_in = 2 */
  RZ_EXPECT_OK(rz_jacobian_add(j, &good, true, false, &l));
  bad.offset = 2;
  rz_layer *none = NULL;
  RZ_EXPECT(rz_jacobian_add(j, &bad, true, false, &none) == RZ_ERR_ARG); /* overlap */
  RZ_EXPECT(rz_jacobian_centre(j, comm) == RZ_ERR_ARG);                  /* weights never set */
  double out[64];
  RZ_EXPECT(rz_jacobian_rows(j, 0, 2, 2, out) == RZ_ERR_ARG);
  RZ_EXPECT(rz_jacobian_rows(j, 1, 0, 1, out) == RZ_ERR_ARG);
  /* A dropped sample leaves no trace, whatever its factors hold. */
  for (int64_t i = 0; i < 3; i++) rz_jacobian_weights(j)[i] = i == 1 ? 0.0 : 0.5 / comm->size;
  for (int k = 0; k < 6; k++) l->x[k] = 1.0;
  for (int k = 0; k < 9; k++) l->d_re[k] = k / 3 == 1 ? NAN : 2.0;
  RZ_EXPECT_OK(rz_jacobian_centre(j, comm));
  RZ_EXPECT_NEAR(rz_jacobian_mean(j)[0], 2.0, 1e-15);
  rz_jacobian_destroy(&j);
  check_dropped_about_zero(comm);
}

static void check_products(const rz_comm *comm) {
  const int n_setting = (int)(sizeof settings / sizeof settings[0]);
  for (int i = 0; i < n_setting; i++) {
    const int before = rz_n_failed;
    check_setting(&settings[i], comm, i == n_setting - 1 ? 7 : 23, false);
    check_setting(&settings[i], comm, i == n_setting - 1 ? 3 : 9, true);
    check_setting(&settings[i], comm, 1, false); /* most ranks hold nothing */
    if (rz_n_failed > before)
      fprintf(stderr, "in setting '%s' with '%s'\n", settings[i].name, rz_isa_name(rz_isa_current()));
  }
  check_exact_inputs(1);
  check_exact_inputs(2);
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  const int best = (int)rz_isa_best();
  for (int isa = 0; isa <= best; isa++) {
    rz_isa_pretend((rz_isa)isa);
    check_products(&comm);
  }
  check_errors(&comm);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
