#include "ritz/core/rng.h"

#include "ritz/core/math.h"
#include <math.h>

void rz_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

rz_rng rz_rng_stream(uint64_t seed, rz_rng_purpose purpose, uint64_t id) {
  /* The key is a hash of (seed, purpose): two purposes of one seed share no stream. */
  const uint32_t counter[4] = {(uint32_t)seed, (uint32_t)(seed >> 32), (uint32_t)purpose, 0};
  const uint32_t key[2] = {0x52495A5Au, 0x0B5C2D1Eu};
  uint32_t hash[4];
  rz_philox(counter, key, hash);
  return (rz_rng){.key = {hash[0], hash[1]}, .id = id, .drawn = 0, .block = UINT64_MAX};
}

void rz_rng_seek(rz_rng *rng, uint64_t drawn) { rng->drawn = drawn; }

uint32_t rz_rng_u32(rz_rng *rng) {
  const uint64_t block = rng->drawn >> 2;
  if (block != rng->block) {
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)rng->id,
                                 (uint32_t)(rng->id >> 32)};
    rz_philox(counter, rng->key, rng->word);
    rng->block = block;
  }
  return rng->word[rng->drawn++ & 3];
}

double rz_rng_uniform(rz_rng *rng) {
  const uint64_t hi = rz_rng_u32(rng) >> 5, lo = rz_rng_u32(rng) >> 6;
  return ((double)((hi << 26) | lo) + 0.5) * 0x1p-53;
}

uint32_t rz_rng_below(rz_rng *rng, uint32_t n) {
  /* Lemire, arXiv:1805.10941: multiply, and reject the few words that would bias. */
  uint64_t product = (uint64_t)rz_rng_u32(rng) * n;
  if ((uint32_t)product < n) {
    const uint32_t threshold = (0u - n) % n;
    while ((uint32_t)product < threshold) product = (uint64_t)rz_rng_u32(rng) * n;
  }
  return (uint32_t)(product >> 32);
}

double rz_rng_normal(rz_rng *rng) {
  const double u = rz_rng_uniform(rng), v = rz_rng_uniform(rng);
  return sqrt(-2.0 * log(u)) * cos(2.0 * RZ_PI * v);
}
