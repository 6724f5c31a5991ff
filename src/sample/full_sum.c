/* Exact enumeration: every state of the sector once, with weight |psi|^2 / sum |psi|^2. No statistical error at all. */
#include "sampler_impl.h"

#include "ritz/core/memory.h"
#include <complex.h>
#include <math.h>

enum { UNIT = RZ_FULL_SUM_UNIT };

static rz_err init_full_sum(rz_sampler *s, const rz_ansatz *a) {
  (void)a;
  return rz_sector_init(s->n_site, s->model->fixed_sz, s->model->n_up, &s->sector);
}

static rz_err start_full_sum(rz_sampler *s, const rz_ansatz *a) {
  (void)s, (void)a;
  return RZ_OK;
}

static rz_err sweep_full_sum(rz_sampler *s, const rz_ansatz *a, int64_t n_sweep) {
  (void)s, (void)a, (void)n_sweep;
  return RZ_OK;
}

static rz_err state_full_sum(rz_sampler *s, rz_array_visit *visit, void *ctx) {
  (void)s, (void)visit, (void)ctx;
  return RZ_OK; /* nothing outlives a draw */
}

static void fini_full_sum(rz_sampler *s) { (void)s; }

/* States in ascending order from the first of this rank; weight = 2 Re log psi. */
static rz_err enumerate(const rz_sampler *s, const rz_ansatz *a, int64_t first, rz_samples *out) {
  rz_block *block = NULL;
  RZ_TRY(rz_block_create(a, &block));
  rz_err rc = RZ_OK;
  uint64_t state = out->n > 0 ? rz_sector_unrank(&s->sector, first) : 0;
  for (int64_t i = 0; i < out->n; i++, state = rz_sector_next(&s->sector, state))
    rz_bits_to_spins(state, s->n_site, out->spin + i * s->n_site);
  for (int64_t i = 0; i < out->n; i += RZ_LANES) {
    const int n = (int)(out->n - i < RZ_LANES ? out->n - i : RZ_LANES);
    rz_block_set(block, n, out->spin + i * s->n_site);
    rz_block_refresh(a, block);
    for (int lane = 0; lane < n; lane++) {
      const double re = 2.0 * creal(block->log_psi[lane]);
      /* psi = 0 is a state of weight 0; anything else that is not finite is a failure */
      RZ_CHECK_DONE(rc, re < INFINITY, RZ_ERR_NUM, "log psi of basis state %lld is not finite",
                    (long long)(first + i + lane));
      out->weight[i + lane] = re;
    }
  }
done:
  rz_block_destroy(&block);
  return rc;
}

/* exp(w - max) / sum: log-sum-exp over ranks, partial sums by unit. */
static rz_err normalise(const rz_sampler *s, rz_samples *out) {
  double max = -INFINITY, sum = 0.0, *part = NULL;
  for (int64_t i = 0; i < out->n; i++) max = fmax(max, out->weight[i]);
  RZ_TRY(rz_max(&s->comm, 1, &max));
  RZ_CHECK(max > -INFINITY, RZ_ERR_NUM, "psi vanishes on the whole sector");
  rz_err rc = rz_agree(&s->comm, RZ_NEW0(out->n_unit, &part));
  if (rc != RZ_OK) goto done;
  for (int64_t i = 0; i < out->n; i++) {
    out->weight[i] = exp(out->weight[i] - max);
    part[i / UNIT] += out->weight[i];
  }
  RZ_TRY_DONE(rc, rz_samples_sum(&s->comm, out, 1, part, &sum));
  for (int64_t i = 0; i < out->n; i++) out->weight[i] /= sum;
done:
  rz_free(&part);
  return rc;
}

/* One chain of states on every rank. */
static void outline_full_sum(const rz_sampler *s, rz_samples *out) {
  out->n_chain = 1;
  out->first_chain = s->comm.rank;
  out->n_chain_global = s->comm.size;
}

static rz_err draw_full_sum(rz_sampler *s, const rz_ansatz *a, int64_t n_draw, rz_samples *out) {
  (void)n_draw;
  const int64_t dim = s->sector.dim, n_unit = (dim + UNIT - 1) / UNIT;
  const rz_range mine = rz_share_blocks(dim, UNIT, s->comm.rank, s->comm.size);
  rz_err rc = rz_samples_allocate(mine.count, s->n_site, out);
  if (rc == RZ_OK) rc = enumerate(s, a, mine.first, out);
  RZ_TRY_DONE(rc, rz_agree(&s->comm, rc));
  outline_full_sum(s, out);
  out->n_draw = mine.count;
  out->exact = 1;
  out->unit = UNIT;
  out->n_unit = (mine.count + UNIT - 1) / UNIT;
  out->n_unit_global = n_unit;
  RZ_TRY_DONE(rc, normalise(s, out));
  s->info = (rz_sampler_info){.acceptance = 1.0, .swap_acceptance = NAN, .n_proposal = 0};
done:
  if (rc != RZ_OK) rz_samples_free(out);
  return rc;
}

const rz_sampler_class rz_sampler_full_sum = {.name = "full_sum",
                                              .about = "every state of the sector with its weight: no noise",
                                              .cite = "",
                                              .init = init_full_sum,
                                              .start = start_full_sum,
                                              .sweep = sweep_full_sum,
                                              .draw = draw_full_sum,
                                              .outline = outline_full_sum,
                                              .state = state_full_sum,
                                              .fini = fini_full_sum};
