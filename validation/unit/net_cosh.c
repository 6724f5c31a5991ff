/* modules: net linalg core */
/* The log-cosh layer and its elementary functions: against the C library, and the fast path against plain log cosh for
 * every instruction set of this machine and every way it multiplies (one chunk, many chunks, not at all). */
#include "check.h"
#include "ritz/core/isa.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/net/cosh_net.h"
#include "ritz/net/functions.h"
#include "ritz/net/init.h"

#include "ritz/core/math.h"
#include <string.h>

enum { MAX_IN = 64 };

static bool close_to(double complex a, double complex b, double tol) { return cabs(a - b) <= tol * cabs(b); }

static void check_real_functions(void) {
  RZ_EXPECT(rz_log_cosh(0.0) == 0.0);
  for (double x = -900.0; x < 900.0; x += 0.37) {
    const long double exact = fabsl((long double)x) + log1pl(expl(-2.0L * fabsl((long double)x))) - logl(2.0L);
    RZ_EXPECT_NEAR(rz_log_cosh(x), (double)exact, 4e-16 * (1.0 + fabs(x)));
    RZ_EXPECT(rz_log_cosh(x) == rz_log_cosh(-x));
  }
  for (double x = 1e-9; x < 1000.0; x *= 1.07) {
    double t[3] = {x, -x, NAN};
    rz_tanh(3, t);
    RZ_EXPECT_NEAR(t[0] / tanh(x), 1.0, 1e-15);
    RZ_EXPECT(t[1] == -t[0] && isnan(t[2]));
  }
}

static void check_complex_functions(void) {
  for (double x = -30.0; x < 30.0; x += 0.713)
    for (double y = -40.0; y < 40.0; y += 0.531) {
      const double complex z = CMPLX(x, y);
      double re = x, im = y;
      rz_tanh_complex(1, &re, &im);
      RZ_EXPECT(close_to(CMPLX(re, im), ctanh(z), 1e-13)); /* ctanh itself loses digits near the poles */
      RZ_EXPECT(close_to(cexp(rz_log_cosh_complex(z)), ccosh(z), 1e-13));
      RZ_EXPECT(rz_log_cosh_complex(z) == rz_log_cosh_complex(-z));
    }
  double re[2] = {0.3, 400.0}, im[2] = {3e5, 1.0};
  rz_tanh_complex(2, re, im);
  RZ_EXPECT(close_to(CMPLX(re[0], im[0]), ctanh(CMPLX(0.3, 3e5)), 1e-13));
  RZ_EXPECT(re[1] == 1.0 && fabs(im[1]) < 1e-300);
  RZ_EXPECT(rz_log_cosh_complex(CMPLX(0.0, 0.7)) == rz_log_cosh_complex(CMPLX(0.0, -0.7)));
}

/* How the fast path is expected to multiply. */
typedef enum path { ONE_CHUNK, CHUNKS, LOG_COSH } path;

static path path_of(const rz_cosh_net *net) {
  if (!net->fast) return LOG_COSH;
  return net->chunk < net->n_group ? CHUNKS : ONE_CHUNK;
}

/* Changes of single inputs asked for together are those asked for one by one, to the bit. */
static int bad_together(const rz_cosh_net *net, double *cache, const int8_t *x) {
  enum { MANY = 21 };
  static double out[MANY * 2 * RZ_NET_LANES];
  const int size = (net->is_complex ? 2 : 1) * RZ_NET_LANES;
  int32_t input[MANY];
  int bad = 0;
  for (int k = 0; k < MANY; ++k) input[k] = 5 * k % net->n_in;
  rz_cosh_net_ratios(net, cache, x, MANY, 1, input, out);
  for (int k = 0; k < MANY; ++k) {
    double one[2 * RZ_NET_LANES];
    rz_cosh_net_ratio(net, cache, x, 1, &input[k], one);
    bad += memcmp(one, out + k * size, sizeof *one * (size_t)size) != 0;
  }
  return bad;
}

/* Ratios of some changes of 1, 2, 3 and all inputs in every lane; number of errors above tol. */
static int bad_ratios(const rz_cosh_net *net, double *cache, const int8_t *x, double tol) {
  const int n = net->n_in;
  int32_t input[MAX_IN];
  int bad = bad_together(net, cache, x);
  for (int first = 0; first < n; first += 13)
    for (int k = 0; k < 4; ++k) {
      const int n_change = k < 3 ? k + 1 : n;
      double out[2 * RZ_NET_LANES] = {0.0};
      for (int c = 0; c < n_change; ++c) input[c] = (first + 3 * c * (k < 3) + c * (k == 3)) % n;
      rz_cosh_net_ratio(net, cache, x, n_change, input, out);
      for (int lane = 0; lane < RZ_NET_LANES; ++lane) {
        int8_t one[MAX_IN];
        for (int i = 0; i < n; ++i) one[i] = x[i * RZ_NET_LANES + lane];
        const double complex before = rz_cosh_net_value(net, one);
        for (int c = 0; c < n_change; ++c) one[input[c]] = (int8_t)-one[input[c]];
        const double complex change = rz_cosh_net_value(net, one) - before;
        const double complex ratio = CMPLX(out[lane], out[RZ_NET_LANES + lane]);
        if (creal(change) > 700.0) {
          bad += !(cabs(ratio) > 1e300);
        } else if (creal(change) < -700.0) {
          bad += !(cabs(ratio) < 1e-300);
        } else {
          bad += !close_to(ratio, cexp(change), tol);
        }
      }
    }
  return bad;
}

/* Slopes of the first lanes against tanh of theta by its definition. */
static int bad_slopes(const rz_cosh_net *net, double *cache, const int8_t *x) {
  enum { SOME = 11 };
  const int n = net->n_hidden;
  double *re = NULL, *im = NULL;
  int bad = 0;
  RZ_EXPECT_OK(RZ_NEW(SOME * n, &re));
  RZ_EXPECT_OK(RZ_NEW(SOME * n, &im));
  rz_cosh_net_slopes(net, cache, x, SOME, re, net->is_complex ? im : NULL);
  for (int k = 0; k < SOME * n; ++k) {
    const int lane = k / n, j = k % n;
    double theta[2] = {0.0, 0.0};
    for (int c = 0; c < (net->is_complex ? 2 : 1); ++c) {
      theta[c] = net->b[c][j];
      for (int i = 0; i < net->n_in; ++i) theta[c] += x[i * RZ_NET_LANES + lane] * net->w[c][(int64_t)i * n + j];
    }
    const double complex exact = ctanh(CMPLX(theta[0], theta[1]));
    /* |d tanh| = |1 - tanh^2| |d theta| */
    const double tol = 1e-13 * (1.0 + cabs(1.0 - exact * exact) * (1.0 + fabs(theta[0]) + fabs(theta[1])));
    bad += !(cabs(CMPLX(re[k], net->is_complex ? im[k] : 0.0) - exact) <= tol);
  }
  rz_free(&re);
  rz_free(&im);
  return bad;
}

/* Up to six inputs of half of the lanes. */
static void change_inputs(const rz_cosh_net *net, double *cache, int8_t *x, rz_rng *rng) {
  uint8_t accept[RZ_NET_LANES];
  int32_t input[6];
  const int n = 1 + (int)rz_rng_below(rng, 6);
  for (int c = 0; c < n; ++c) input[c] = 6 * c + (int32_t)rz_rng_below(rng, 6);
  for (int lane = 0; lane < RZ_NET_LANES; ++lane) accept[lane] = rz_rng_u32(rng) & 1;
  double ratio[2 * RZ_NET_LANES];
  rz_cosh_net_ratio(net, cache, x, n, input, ratio);
  rz_cosh_net_commit(net, cache, accept);
  for (int lane = 0; lane < RZ_NET_LANES; ++lane)
    for (int c = 0; c < n && accept[lane]; ++c) {
      int8_t *s = x + input[c] * RZ_NET_LANES + lane;
      *s = (int8_t) - *s;
    }
}

/* 40 inputs, 160 (or fewer) hidden units; every `sparse`-th weight is of size `large`, the others 0.05. */
static void check_path(int n_hidden, bool is_complex, double large, int sparse, path expected) {
  enum { N_IN = 40 };
  rz_cosh_net *net = NULL;
  double *cache = NULL;
  double complex value[RZ_NET_LANES];
  int8_t x[N_IN * RZ_NET_LANES];
  rz_rng rng = rz_rng_stream(8, RZ_RNG_TEST, 1);
  if (!RZ_EXPECT_OK(rz_cosh_net_create(N_IN, n_hidden, is_complex, &net))) return;
  for (int c = 0; c < (is_complex ? 2 : 1); ++c) {
    rz_net_init_normal(1, (uint64_t)c, 0.05, (int64_t)N_IN * n_hidden, net->w[c]);
    rz_net_init_normal(2, (uint64_t)c, 0.3, n_hidden, net->b[c]);
    rz_net_init_normal(3, (uint64_t)c, 0.3, N_IN, net->a[c]);
    for (int64_t k = 0; k < (int64_t)N_IN * n_hidden; k += sparse)
      net->w[c][k] = large * (rz_rng_u32(&rng) & 1 ? 1.0 : -1.0) * (c == 0 ? 1.0 : 0.1);
  }
  rz_cosh_net_update(net);
  if (!RZ_EXPECT(path_of(net) == expected))
    fprintf(stderr, "  %d units, complex %d, large %g, theta up to %g, chunk %d\n", n_hidden, is_complex, large,
            net->theta_bound, net->chunk);
  for (int k = 0; k < N_IN * RZ_NET_LANES; ++k) x[k] = rz_rng_u32(&rng) & 1 ? 1 : -1;
  if (RZ_EXPECT_OK(RZ_NEW0(rz_cosh_net_cache_size(net), &cache))) {
    rz_cosh_net_refresh(net, x, cache, value);
    for (int lane = 0; lane < RZ_NET_LANES; ++lane) {
      int8_t one[MAX_IN];
      for (int i = 0; i < N_IN; ++i) one[i] = x[i * RZ_NET_LANES + lane];
      const double complex exact = rz_cosh_net_value(net, one);
      RZ_EXPECT_NEAR(creal(value[lane]), creal(exact), 1e-13 * (100.0 + fabs(creal(exact))));
      RZ_EXPECT(cabs(cexp(I * (cimag(value[lane]) - cimag(exact))) - 1.0) < 1e-10);
    }
    const int bad = bad_ratios(net, cache, x, 1e-10);
    RZ_EXPECT(bad_slopes(net, cache, x) == 0);
    for (int k = 0; k < 40; ++k) change_inputs(net, cache, x, &rng);
    RZ_EXPECT(bad_slopes(net, cache, x) == 0);
    const int bad_later = bad_ratios(net, cache, x, 1e-10);
    RZ_EXPECT(rz_cosh_net_refresh(net, x, cache, value) < 1e-10);
    if (!RZ_EXPECT(bad == 0 && bad_later == 0))
      fprintf(stderr, "  %d, then %d ratios: %d units, complex %d, large %g, sparse %d, theta up to %g, chunk %d\n",
              bad, bad_later, n_hidden, is_complex, large, sparse, net->theta_bound, net->chunk);
  }
  rz_free(&cache);
  rz_cosh_net_destroy(&net);
}

/* Weights of one sign: the front factor of a ratio and the ratio of the products leave the range of a double, and their
 * product does not. */
static void check_opposite_ranges(bool is_complex) {
  enum { N_IN = 40, N_HIDDEN = 160 };
  rz_cosh_net *net = NULL;
  double *cache = NULL;
  double complex value[RZ_NET_LANES];
  int8_t x[N_IN * RZ_NET_LANES];
  RZ_EXPECT_OK(rz_cosh_net_create(N_IN, N_HIDDEN, is_complex, &net));
  for (int64_t k = 0; k < (int64_t)N_IN * N_HIDDEN; ++k) net->w[0][k] = 2.5;
  for (int k = 0; k < N_IN * RZ_NET_LANES; ++k) x[k] = k / RZ_NET_LANES % 2 ? 1 : -1;
  rz_cosh_net_update(net);
  RZ_EXPECT(net->fast && net->max_plain < 1.0);
  RZ_EXPECT_OK(RZ_NEW0(rz_cosh_net_cache_size(net), &cache));
  rz_cosh_net_refresh(net, x, cache, value);
  RZ_EXPECT(bad_ratios(net, cache, x, 1e-10) == 0);
  rz_free(&cache);
  rz_cosh_net_destroy(&net);
}

/* Of six inputs of one weight n_up go down one after the other: products leave the range of a double, those of the net
 * or those that stand for them, in changes whose ratios are in it. */
static void check_growing_product(bool is_complex, int n_hidden, int n_up) {
  enum { N_IN = 40, N_WITH = 6 };
  const uint8_t accept[RZ_NET_LANES] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1};
  rz_cosh_net *net = NULL;
  double *cache = NULL, ratio[2 * RZ_NET_LANES];
  double complex value[RZ_NET_LANES];
  int8_t x[N_IN * RZ_NET_LANES];
  RZ_EXPECT_OK(rz_cosh_net_create(N_IN, n_hidden, is_complex, &net));
  for (int64_t k = 0; k < (int64_t)N_WITH * n_hidden; ++k) net->w[0][k] = 0.8;
  for (int k = 0; k < N_IN * RZ_NET_LANES; ++k) x[k] = k / RZ_NET_LANES < n_up ? 1 : -1;
  rz_cosh_net_update(net);
  RZ_EXPECT(net->fast && net->max_plain >= 1.0);
  RZ_EXPECT_OK(RZ_NEW0(rz_cosh_net_cache_size(net), &cache));
  rz_cosh_net_refresh(net, x, cache, value);
  for (int32_t i = 0; i < n_up; ++i) {
    rz_cosh_net_ratio(net, cache, x, 1, &i, ratio);
    rz_cosh_net_commit(net, cache, accept);
    for (int lane = 0; lane < RZ_NET_LANES; ++lane)
      if (accept[lane]) x[i * RZ_NET_LANES + lane] = -1;
    RZ_EXPECT(bad_ratios(net, cache, x, 1e-10) == 0);
  }
  RZ_EXPECT(rz_cosh_net_refresh(net, x, cache, value) < 1e-10);
  rz_free(&cache);
  rz_cosh_net_destroy(&net);
}

/* Bits of ratios and values after some commits: the checksum of a walk. */
static uint64_t walk(bool is_complex, int n_hidden) {
  enum { N_IN = 40 };
  rz_cosh_net *net = NULL;
  double *cache = NULL, out[2 * RZ_NET_LANES] = {0.0};
  double complex value[RZ_NET_LANES];
  int8_t x[N_IN * RZ_NET_LANES];
  rz_rng rng = rz_rng_stream(9, RZ_RNG_TEST, 1);
  uint64_t sum = 0, word;
  RZ_EXPECT_OK(rz_cosh_net_create(N_IN, n_hidden, is_complex, &net));
  for (int c = 0; c < (is_complex ? 2 : 1); ++c)
    rz_net_init_normal(1, (uint64_t)c, 0.1, (int64_t)N_IN * n_hidden, net->w[c]);
  rz_cosh_net_update(net);
  for (int k = 0; k < N_IN * RZ_NET_LANES; ++k) x[k] = rz_rng_u32(&rng) & 1 ? 1 : -1;
  RZ_EXPECT_OK(RZ_NEW0(rz_cosh_net_cache_size(net), &cache));
  rz_cosh_net_refresh(net, x, cache, value);
  for (int k = 0; k < 50; ++k) {
    change_inputs(net, cache, x, &rng);
    rz_cosh_net_ratio(net, cache, x, 1, (const int32_t[]){k % N_IN}, out);
    for (int l = 0; l < 2 * RZ_NET_LANES; ++l) {
      memcpy(&word, &out[l], sizeof word);
      sum = (sum ^ word) * 0x9E3779B97F4A7C15u;
    }
  }
  rz_free(&cache);
  rz_cosh_net_destroy(&net);
  return sum;
}

static void check_paths(bool is_complex) {
  check_path(160, is_complex, 0.05, 1, ONE_CHUNK);
  check_path(13, is_complex, 0.05, 1, ONE_CHUNK);
  check_path(1, is_complex, 0.5, 1, ONE_CHUNK);
  check_path(160, is_complex, 0.3, 1, is_complex ? CHUNKS : ONE_CHUNK);
  check_path(700, is_complex, 0.05, 1, CHUNKS);  /* products beyond the range of a double */
  check_path(160, is_complex, 15.0, 23, CHUNKS); /* one or two weights of 15 in every unit */
  check_path(160, is_complex, 1.0, 1, CHUNKS);
  check_path(160, is_complex, 3.5, 1, CHUNKS);
  check_path(160, is_complex, 15.0, 1, LOG_COSH);
}

int main(void) {
  const rz_isa best = rz_isa_best();
  uint64_t bits[RZ_N_ISA][2];
  for (int isa = 0; isa <= (int)best; ++isa) {
    const int before = rz_n_failed;
    rz_isa_pretend((rz_isa)isa);
    check_real_functions();
    check_complex_functions();
    for (int c = 0; c < 2; ++c) {
      check_paths(c == 1);
      check_opposite_ranges(c == 1);
      check_growing_product(c == 1, 80, 3);
      check_growing_product(c == 1, 160, 6);
      bits[isa][c] = walk(c == 1, 77);
    }
    if (rz_n_failed > before) fprintf(stderr, "  with the instruction set %s\n", rz_isa_name((rz_isa)isa));
  }
  for (int c = 0; c < 2 && best == RZ_ISA_AVX512; ++c) RZ_EXPECT(bits[RZ_ISA_AVX512][c] == bits[RZ_ISA_AVX2][c]);
  rz_cosh_net *net = NULL;
  RZ_EXPECT(rz_cosh_net_create(0, 1, false, &net) == RZ_ERR_ARG && net == NULL);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
