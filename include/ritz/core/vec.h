/* Vectors of the instruction set a source is compiled for: for sources under isa/ alone (ritz/core/isa.h). W numbers of
 * 64 bits, as wide as the registers are; arithmetic and comparison by C's operators. */
#ifndef RITZ_CORE_VEC_H
#define RITZ_CORE_VEC_H

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define W 8
#elif defined(__AVX__)
#define W 4
#else
#define W 2
#endif

typedef double vec __attribute__((vector_size(8 * W), may_alias));
typedef int64_t ivec __attribute__((vector_size(8 * W), may_alias));
typedef uint64_t uvec __attribute__((vector_size(8 * W), may_alias));

/* Aligned to 64 bytes, as rz_malloc does. */
static inline vec load(const double *x) { return *(const vec *)x; }
static inline void store(double *x, vec v) { *(vec *)x = v; }
/* At any address. */
static inline vec load_any(const double *x) {
  vec v;
  memcpy(&v, x, sizeof v);
  return v;
}
static inline void store_any(double *x, vec v) { memcpy(x, &v, sizeof v); }
static inline vec splat(double x) { return x - (vec){0.0}; }

/* The same, and it stays in a register: a number used several times is not read from memory several times, which costs
 * more than the arithmetic where reads are the limit. */
static inline vec load_once(const double *x) {
  vec v = load(x);
#if defined(__x86_64__)
  __asm__("" : "+v"(v));
#endif
  return v;
}

/* a b + c and a b - c with one rounding, where the set has it. Of two products that are added a compiler may fuse
 * either: where that must not depend on it, name the one. */
static inline vec fused_add(vec a, vec b, vec c) {
#if W == 8
  return _mm512_fmadd_pd(a, b, c);
#elif W == 4
  return _mm256_fmadd_pd(a, b, c);
#else
  return a * b + c;
#endif
}
static inline vec fused_subtract(vec a, vec b, vec c) {
#if W == 8
  return _mm512_fmsub_pd(a, b, c);
#elif W == 4
  return _mm256_fmsub_pd(a, b, c);
#else
  return a * b - c;
#endif
}

/* (a + i b)(c + i d) */
static inline vec product_re(vec a, vec b, vec c, vec d) { return fused_subtract(a, c, b * d); }
static inline vec product_im(vec a, vec b, vec c, vec d) { return fused_add(a, d, b * c); }

/* W signed bytes as 64-bit integers. */
static inline ivec widen(const int8_t *x) {
#if W == 8
  return (ivec)_mm512_cvtepi8_epi64(_mm_loadl_epi64((const __m128i *)(const void *)x));
#elif W == 4
  return (ivec)_mm256_cvtepi8_epi64(_mm_loadu_si32(x));
#else
  return (ivec){x[0], x[1]};
#endif
}

/* A mask as W bits. */
static inline uint32_t mask_bits(ivec mask) {
#if W == 8
  return _mm512_movepi64_mask((__m512i)mask);
#elif W == 4
  return (uint32_t)_mm256_movemask_pd((__m256d)mask);
#else
  return (uint32_t)((mask[0] & 1) | (mask[1] & 2));
#endif
}

/* x[i] = 1 where the mask is all ones, else 0; returns how many. */
static inline int store_flags(uint8_t *x, ivec mask) {
#if W > 2
  const uint32_t bits = mask_bits(mask);
  const uint64_t flags = _pdep_u64(bits, 0x0101010101010101u);
  memcpy(x, &flags, W);
  return __builtin_popcount(bits);
#else
  for (int i = 0; i < W; i++) x[i] = (uint8_t)(mask[i] & 1);
  return x[0] + x[1];
#endif
}

/* W signed integers as numbers. */
static inline vec to_numbers(ivec x) {
#if W == 8
  return _mm512_cvtepi64_pd((__m512i)x);
#else
  vec v;
  for (int i = 0; i < W; i++) v[i] = (double)x[i];
  return v;
#endif
}

/* W words of 32 bits as numbers. */
static inline vec words_to_numbers(const uint32_t *x) {
#if W == 8
  return _mm512_cvtepu32_pd(_mm256_loadu_si256((const __m256i *)(const void *)x));
#else
  vec v;
  for (int i = 0; i < W; i++) v[i] = (double)x[i];
  return v;
#endif
}
/* The low halves of W numbers of 64 bits. */
static inline void store_words(uint32_t *x, uvec v) {
#if W == 8
  _mm256_storeu_si256((__m256i *)(void *)x, _mm512_cvtepi64_epi32((__m512i)v));
#else
  for (int i = 0; i < W; i++) x[i] = (uint32_t)v[i];
#endif
}

/* mask (all ones or 0) ? a : b */
static inline vec choose(ivec mask, vec a, vec b) { return (vec)((ivec)b ^ (((ivec)a ^ (ivec)b) & mask)); }

/* pair[0] where a sign is 1, pair[1] where it is -1. */
static inline vec choose_by_sign(ivec sign, const double *pair) {
#if W == 8
  return _mm512_permutevar_pd(_mm512_broadcast_f64x2(_mm_loadu_pd(pair)), (__m512i)sign);
#elif W == 4
  const __m128d p = _mm_loadu_pd(pair);
  return _mm256_permutevar_pd(_mm256_set_m128d(p, p), (__m256i)sign);
#else
  return choose(sign < 0, splat(pair[1]), splat(pair[0]));
#endif
}

static inline vec larger(vec a, vec b) {
#if W == 8
  return _mm512_max_pd(a, b);
#elif W == 4
  return _mm256_max_pd(a, b);
#else
  return choose(a > b, a, b);
#endif
}

static inline vec smaller(vec a, vec b) {
#if W == 8
  return _mm512_min_pd(a, b);
#elif W == 4
  return _mm256_min_pd(a, b);
#else
  return choose(a < b, a, b);
#endif
}

/* Whether a < b in every lane; never for NaN. */
static inline int all_less(vec a, vec b) {
#if W == 8
  return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ) == 0xff;
#elif W == 4
  return _mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ)) == 0xf;
#else
  return a[0] < b[0] && a[1] < b[1];
#endif
}

/* Products of the low halves of numbers of 64 bits. */
static inline uvec multiply_low(uvec a, uvec b) {
#if W == 8
  return (uvec)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif W == 4
  return (uvec)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (uvec)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

#endif
