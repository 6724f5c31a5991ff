/* A state for tests: log psi of every configuration of up to 20 sites in a table, so that any distribution at all can
 * be sampled and compared with its exact values. No parameters, no cache. */
#ifndef RITZ_VALIDATION_TABLE_STATE_H
#define RITZ_VALIDATION_TABLE_STATE_H

#include "ritz/ansatz/ansatz.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/model/sector.h"
#include <complex.h>
#include <math.h>
#include <string.h>

static inline const double complex *table_of(const rz_ansatz *a) { return a->data; }

static inline uint64_t table_lane_bits(const rz_block *b, int lane) {
  uint64_t state = 0;
  for (int i = 0; i < b->n_site; i++) state |= (uint64_t)(b->spin[i * RZ_LANES + lane] > 0) << i;
  return state;
}

static inline rz_err table_log_psi(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out) {
  for (int64_t i = 0; i < n; i++) out[i] = table_of(a)[rz_spins_to_bits(a->n_site, spin + i * a->n_site)];
  return RZ_OK;
}

static inline double table_refresh(const rz_ansatz *a, rz_block *b) {
  for (int lane = 0; lane < RZ_LANES; lane++) b->log_psi[lane] = table_of(a)[table_lane_bits(b, lane)];
  return 0.0;
}

static inline void table_ratio(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  uint64_t mask = 0;
  for (int i = 0; i < n_flip; i++) mask |= (uint64_t)1 << site[i];
  for (int lane = 0; lane < RZ_LANES; lane++) {
    const uint64_t state = table_lane_bits(b, lane);
    const double complex ratio = cexp(table_of(a)[state ^ mask] - table_of(a)[state]);
    out[lane] = creal(ratio);
    out[RZ_LANES + lane] = cimag(ratio);
  }
}

static inline void table_commit(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  (void)a, (void)b, (void)accept;
}

static const rz_ansatz_class table_class = {
    .name = "table", .log_psi = table_log_psi, .refresh = table_refresh, .ratio = table_ratio, .commit = table_commit};

/* Amplitudes zero; owner: caller, by table_free. */
static inline rz_err table_init(int n_site, const rz_lattice *lattice, rz_ansatz *a) {
  memset(a, 0, sizeof *a);
  a->cls = &table_class;
  a->lattice = lattice;
  a->n_site = n_site;
  a->is_complex = true;
  return rz_calloc((int64_t)1 << n_site, sizeof(double complex), &a->data);
}

/* log psi = width * normal + i * phase * normal, independently for every configuration. */
static inline void table_randomise(rz_ansatz *a, uint64_t seed, double width, double phase) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, 77);
  double complex *log_psi = a->data;
  for (uint64_t s = 0; s < (uint64_t)1 << a->n_site; s++) {
    const double re = width * rz_rng_normal(&rng), im = phase * rz_rng_normal(&rng);
    log_psi[s] = CMPLX(re, im);
  }
}

static inline void table_free(rz_ansatz *a) { rz_free(&a->data); }

#endif
