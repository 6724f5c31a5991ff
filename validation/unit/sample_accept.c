/* modules: sample ansatz model linalg core */
/* Acceptance words of 16 lanes against the streams they stand for and the threshold against its formula, with every
 * instruction set; the choice among moves against its weights. */
#include "check.h"
#include "ritz/core/rng.h"
/* private to the module: the fast path under test */
#include "../../src/sample/accept.h"

#include "ritz/core/math.h"
#include <complex.h>
#include <string.h>

static const rz_accept_kernels *kernels;

static void words_are_those_of_the_streams(void) {
  const uint64_t first[] = {0, 16, 4294967280u, 1ull << 40};
  for (int f = 0; f < 4; f++) {
    rz_rng rng[RZ_LANES];
    for (int lane = 0; lane < RZ_LANES; lane++) rng[lane] = rz_rng_stream(99, RZ_RNG_ACCEPT, first[f] + (uint64_t)lane);
    int bad = 0;
    for (uint64_t k = 0; k < 20; k++) {
      rz_accept a;
      kernels->fill(rng[0].key, first[f], k, &a);
      for (int j = 0; j < 4; j++)
        for (int lane = 0; lane < RZ_LANES; lane++) bad += a.word[j][lane] != rz_rng_u32(&rng[lane]);
    }
    RZ_EXPECT(bad == 0);
    rz_accept a; /* far along: the counter's high word */
    kernels->fill(rng[0].key, first[f], 1ull << 33, &a);
    rz_rng_seek(&rng[3], 4 * (1ull << 33) + 2);
    RZ_EXPECT(a.word[2][3] == rz_rng_u32(&rng[3]));
  }
}

static void thresholds_follow_the_formula(void) {
  uint32_t word[RZ_LANES];
  double ratio[2 * RZ_LANES];
  double beta[RZ_LANES];
  uint8_t possible[RZ_LANES], accept[RZ_LANES];
  rz_rng rng = rz_rng_stream(5, RZ_RNG_TEST, 0);
  int bad = 0;
  for (int k = 0; k < 2000; k++) {
    for (int lane = 0; lane < RZ_LANES; lane++) {
      word[lane] = rz_rng_u32(&rng);
      ratio[lane] = rz_rng_normal(&rng);
      ratio[RZ_LANES + lane] = rz_rng_normal(&rng);
      beta[lane] = lane % 4 / 3.0;
      possible[lane] = (uint8_t)(rz_rng_u32(&rng) >> 31);
    }
    const int n_comp = 1 + k % 2, n = rz_accept_lanes(kernels, word, n_comp, ratio, beta, possible, accept);
    int count = 0;
    for (int lane = 0; lane < RZ_LANES; lane++) {
      const double re = ratio[lane], im = n_comp == 2 ? ratio[RZ_LANES + lane] : 0.0;
      const double p = pow(hypot(re, im), 2.0 * beta[lane]);
      bad += accept[lane] != (possible[lane] && (word[lane] + 0.5) / 4294967296.0 < p);
      count += accept[lane];
    }
    bad += n != count;
  }
  RZ_EXPECT(bad == 0);
}

static void vanishing_and_undefined_ratios_are_refused(void) {
  uint32_t word[RZ_LANES] = {0};
  double ratio[2 * RZ_LANES] = {0};
  double beta[RZ_LANES] = {0};
  uint8_t possible[RZ_LANES], accept[RZ_LANES];
  memset(possible, 1, sizeof possible);
  ratio[1] = NAN;
  ratio[2] = 1.0;
  RZ_EXPECT(rz_accept_lanes(kernels, word, 2, ratio, beta, possible, accept) == 1 && accept[2]);
  RZ_EXPECT(rz_accept_lanes(kernels, word, 2, ratio, NULL, possible, accept) == 1 && accept[2]);
}

int main(void) {
  for (int isa = 0; isa <= (int)rz_isa_best(); isa++) {
    rz_isa_pretend((rz_isa)isa);
    kernels = RZ_ISA_PICK(rz_accept);
    words_are_those_of_the_streams();
    thresholds_follow_the_formula();
    vanishing_and_undefined_ratios_are_refused();
    rz_isa_pretend(RZ_ISA_AVX512);
  }
  return rz_check_finish();
}
