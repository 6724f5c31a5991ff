/* modules: core */
/* ranks: 1 */
/* Philox known answers (Random123's kat_vectors), positions, ranges and moments of the streams. */
#include "check.h"
#include "ritz/core/rng.h"
#include <string.h>

static void known_answers(void) {
  static const struct {
    uint32_t counter[4], key[2], out[4];
  } kat[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof kat / sizeof *kat; i++) {
    uint32_t out[4];
    rz_philox(kat[i].counter, kat[i].key, out);
    RZ_EXPECT(memcmp(out, kat[i].out, sizeof out) == 0);
  }
}

static void seek_continues(void) {
  rz_rng a = rz_rng_stream(7, RZ_RNG_TEST, 3);
  uint32_t word[64];
  for (int i = 0; i < 64; i++) word[i] = rz_rng_u32(&a);
  for (uint64_t from = 0; from < 64; from++) {
    rz_rng b = rz_rng_stream(7, RZ_RNG_TEST, 3);
    rz_rng_seek(&b, from);
    for (uint64_t i = from; i < 64; i++) RZ_EXPECT(rz_rng_u32(&b) == word[i]);
  }
  RZ_EXPECT(a.drawn == 64);
}

static void streams_differ(void) {
  rz_rng a = rz_rng_stream(7, RZ_RNG_TEST, 3), b = rz_rng_stream(8, RZ_RNG_TEST, 3),
         c = rz_rng_stream(7, RZ_RNG_MOVE, 3), d = rz_rng_stream(7, RZ_RNG_TEST, 4);
  const uint32_t x = rz_rng_u32(&a);
  RZ_EXPECT(x != rz_rng_u32(&b) && x != rz_rng_u32(&c) && x != rz_rng_u32(&d));
}

/* 5 sigma bounds on mean and variance; false alarms 6e-7 each, and the seed is fixed. */
static void moments(void) {
  enum { N = 1000000 };
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  double sum = 0, square = 0, lowest = 1, highest = 0, normal = 0, normal_square = 0;
  for (int i = 0; i < N; i++) {
    const double u = rz_rng_uniform(&rng), g = rz_rng_normal(&rng);
    sum += u, square += u * u, lowest = fmin(lowest, u), highest = fmax(highest, u);
    normal += g, normal_square += g * g;
  }
  RZ_EXPECT(lowest > 0 && highest < 1);
  RZ_EXPECT_NEAR(sum / N, 0.5, 5 * sqrt(1.0 / 12 / N));
  RZ_EXPECT_NEAR(square / N, 1.0 / 3, 5 * sqrt(4.0 / 45 / N));
  RZ_EXPECT_NEAR(normal / N, 0.0, 5 / sqrt(N));
  RZ_EXPECT_NEAR(normal_square / N, 1.0, 5 * sqrt(2.0 / N));
}

static void below_is_uniform(void) {
  enum { N = 700000, K = 7 };
  rz_rng rng = rz_rng_stream(2, RZ_RNG_TEST, 0);
  int count[K] = {0};
  for (int i = 0; i < N; i++) count[rz_rng_below(&rng, K)]++;
  for (int k = 0; k < K; k++) RZ_EXPECT_NEAR(count[k], N / K, 5 * sqrt(N / K * (1 - 1.0 / K)));
  for (int i = 0; i < 100; i++) RZ_EXPECT(rz_rng_below(&rng, 1) == 0);
}

int main(void) {
  known_answers();
  seek_continues();
  streams_differ();
  moments();
  below_is_uniform();
  return rz_check_finish();
}
