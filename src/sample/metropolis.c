/* Metropolis chains, RZ_LANES walkers to a block. */
#include "sampler_impl.h"

#include "accept.h"
#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
#include <complex.h>
#include <math.h>
#include <string.h>

/* Commits accumulate rounding in the caches of a block: they are recomputed every so many sweeps, twice as often for a
 * block whose amplitudes had drifted by more than SOON when they were. More than MOST is an error. */
enum { REFRESH_SWEEPS = 16 };
static const double SOON = 1e-10, MOST = 1e-8;

static int n_ladder(const rz_sampler *s) { return RZ_LANES / s->spec.replicas; } /* chains per block */

/* ---- creation ---- */

static rz_err allocate_walkers(rz_sampler *s, const rz_ansatz *a) {
  rz_walkers *w = &s->walkers;
  const int64_t n = w->mine.count;
  RZ_TRY(RZ_NEW0(n, &w->block));
  RZ_TRY(RZ_NEW0(n, &w->move_rng));
  RZ_TRY(RZ_NEW0(n * n_ladder(s), &w->swap_rng));
  RZ_TRY(RZ_NEW0(n * RZ_LANES, &w->rung));
  RZ_TRY(RZ_NEW0(n, &w->age));
  RZ_TRY(RZ_NEW0(n, &w->max_age));
  RZ_TRY(RZ_NEW0(n, &w->tally));
  RZ_TRY(RZ_NEW0(n, &w->move_drawn));
  RZ_TRY(RZ_NEW0(n * n_ladder(s), &w->swap_drawn));
  for (int64_t b = 0; b < n; b++) RZ_TRY(rz_block_create(a, &w->block[b]));
  return RZ_OK;
}

static void start_streams(rz_sampler *s) {
  rz_walkers *w = &s->walkers;
  for (int64_t b = 0; b < w->mine.count; b++) {
    const uint64_t block = (uint64_t)(w->mine.first + b);
    w->move_rng[b] = rz_rng_stream(s->seed, RZ_RNG_MOVE, block);
    for (int l = 0; l < n_ladder(s); l++)
      w->swap_rng[b * n_ladder(s) + l] =
          rz_rng_stream(s->seed, RZ_RNG_SWAP, block * (uint64_t)n_ladder(s) + (uint64_t)l);
    for (int lane = 0; lane < RZ_LANES; lane++) w->rung[b * RZ_LANES + lane] = lane % s->spec.replicas;
  }
  const rz_rng accept = rz_rng_stream(s->seed, RZ_RNG_ACCEPT, 0);
  memcpy(w->accept_key, accept.key, sizeof accept.key);
  w->n_step = 0;
}

static rz_err init_metropolis(rz_sampler *s, const rz_ansatz *a) {
  rz_walkers *w = &s->walkers;
  w->n_block_global = s->spec.chains * s->spec.replicas / RZ_LANES;
  w->mine = rz_share(w->n_block_global, s->comm.rank, s->comm.size);
  for (int k = 0; k < s->spec.replicas; k++) w->beta[k] = rz_temper_beta(s->spec.replicas, s->spec.beta_min, k);
  RZ_TRY(rz_mixture_init(&w->mixture, &s->spec, s->model));
  RZ_TRY(allocate_walkers(s, a));
  w->accept = RZ_ISA_PICK(rz_accept);
  start_streams(s);
  return RZ_OK;
}

static void fini_metropolis(rz_sampler *s) {
  rz_walkers *w = &s->walkers;
  for (int64_t b = 0; w->block && b < w->mine.count; b++) rz_block_destroy(&w->block[b]);
  rz_free(&w->block);
  rz_free(&w->move_rng);
  rz_free(&w->swap_rng);
  rz_free(&w->rung);
  rz_free(&w->age);
  rz_free(&w->max_age);
  rz_free(&w->tally);
  rz_free(&w->move_drawn);
  rz_free(&w->swap_drawn);
  rz_mixture_free(&w->mixture);
}

/* ---- sweeps ---- */

static uint64_t hash_parameters(const rz_ansatz *a) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (int64_t k = 0; k < a->params.n; k++) {
    uint64_t word;
    memcpy(&word, &a->params.value[k], sizeof word);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  return hash;
}

static rz_err refresh_block(const rz_sampler *s, const rz_ansatz *a, int64_t i, double *drift) {
  rz_block *b = s->walkers.block[i];
  *drift = rz_block_refresh(a, b);
  for (int lane = 0; lane < RZ_LANES; lane++)
    RZ_CHECK(isfinite(creal(b->log_psi[lane])) && isfinite(cimag(b->log_psi[lane])), RZ_ERR_NUM,
             "log psi of walker %lld is %g%+gi", (long long)((s->walkers.mine.first + i) * RZ_LANES + lane),
             creal(b->log_psi[lane]), cimag(b->log_psi[lane]));
  return RZ_OK;
}

/* Parameters or spins may have changed: what was carried along says nothing. */
static rz_err refresh(const rz_sampler *s, const rz_ansatz *a, int64_t i) {
  double drift;
  RZ_TRY(refresh_block(s, a, i, &drift));
  s->walkers.age[i] = 0;
  s->walkers.max_age[i] = REFRESH_SWEEPS;
  return RZ_OK;
}

/* After a sweep of a block, when it is time. */
static rz_err refresh_aged(const rz_sampler *s, const rz_ansatz *a, int64_t i) {
  const rz_walkers *w = &s->walkers;
  if (s->spec.replicas == 1 && ++w->age[i] < w->max_age[i]) return RZ_OK;
  double drift;
  RZ_TRY(refresh_block(s, a, i, &drift));
  RZ_CHECK(!(drift > MOST), RZ_ERR_NUM,
           "rounding moved the amplitudes of block %lld by %.1e in %d sweep(s): they vary too strongly to be followed "
           "from move to move",
           (long long)(w->mine.first + i), drift, w->age[i]);
  if (drift > SOON && w->max_age[i] > 1) w->max_age[i] /= 2;
  w->age[i] = 0;
  return RZ_OK;
}

/* sweep_size proposals for one block; its walkers' acceptance words are numbered from `start`. */
static void propose(const rz_sampler *s, const rz_ansatz *a, int64_t i, uint64_t start) {
  const rz_walkers *w = &s->walkers;
  rz_block *b = w->block[i];
  const uint64_t first_lane = (uint64_t)(w->mine.first + i) * RZ_LANES;
  const uint64_t end = start + (uint64_t)s->spec.sweep_size;
  const bool tempered = s->spec.replicas > 1;
  const int n_comp = rz_ansatz_n_comp(a);
  double beta[RZ_LANES];
  int32_t n_accepted[RZ_LANES] = {0};
  for (int lane = 0; lane < RZ_LANES; lane++) beta[lane] = w->beta[w->rung[i * RZ_LANES + lane]];
  rz_accept words;
  for (uint64_t t = start; t < end; t++) {
    if (t == start || t % 4 == 0) w->accept->fill(w->accept_key, first_lane, t / 4, &words);
    const int32_t *site = NULL;
    const rz_move *move = rz_mixture_choose(&w->mixture, &w->move_rng[i], &site);
    uint8_t possible[RZ_LANES], accept[RZ_LANES];
    memset(possible, 1, sizeof possible);
    if (move->cls->applies) {
      move->cls->applies(b, site, possible);
      if (!memchr(possible, 1, sizeof possible)) continue;
    }
    double ratio[2 * RZ_LANES];
    rz_block_ratio(a, b, move->n_flip, site, ratio);
    if (rz_accept_lanes(w->accept, words.word[t % 4], n_comp, ratio, tempered ? beta : NULL, possible, accept) == 0)
      continue;
    rz_block_commit(a, b, accept);
    for (int lane = 0; lane < RZ_LANES; lane++) n_accepted[lane] += accept[lane];
  }
  for (int lane = 0; lane < RZ_LANES; lane++) {
    if (w->rung[i * RZ_LANES + lane] != 0) continue;
    w->tally[i].n_accept += n_accepted[lane];
    w->tally[i].n_cold += s->spec.sweep_size;
  }
}

static void take_samples(const rz_sampler *s, int64_t i, int64_t draw, rz_samples *out) {
  const rz_walkers *w = &s->walkers;
  for (int lane = 0; lane < RZ_LANES; lane++) {
    if (w->rung[i * RZ_LANES + lane] != 0) continue;
    const int64_t chain = i * n_ladder(s) + lane / s->spec.replicas;
    rz_block_get(w->block[i], lane, out->spin + (chain * out->n_draw + draw) * s->n_site);
  }
}

/* Sweeps that every block makes, one block after the other: a block's cache stays near while it moves. */
typedef struct sweeps {
  rz_sampler *s;
  const rz_ansatz *a;
  bool fresh; /* begin with a refresh */
  int64_t n;
  rz_samples *out; /* a sample after each; NULL: none */
} sweeps;

static rz_err sweep_block(const sweeps *w, int64_t i) {
  rz_sampler *s = w->s;
  if (w->fresh) RZ_TRY(refresh(s, w->a, i));
  for (int64_t k = 0; k < w->n; k++) {
    propose(s, w->a, i, s->walkers.n_step + (uint64_t)(k * s->spec.sweep_size));
    RZ_TRY(refresh_aged(s, w->a, i));
    if (s->spec.replicas > 1) rz_temper_block(&s->walkers, s->walkers.block[i], i, s->spec.replicas);
    if (w->out) take_samples(s, i, k, w->out);
  }
  return RZ_OK;
}

static rz_err sweep_share(void *ctx, rz_range share) {
  for (int64_t k = 0; k < share.count; k++) RZ_TRY(sweep_block(ctx, share.first + k));
  return RZ_OK;
}

static rz_err sweep_blocks(sweeps *w) {
  rz_walkers *walkers = &w->s->walkers;
  RZ_TRY(rz_parallel(walkers->mine.count, sweep_share, w));
  walkers->n_step += (uint64_t)(w->n * w->s->spec.sweep_size);
  walkers->n_proposal += w->n * w->s->spec.sweep_size * walkers->n_block_global * RZ_LANES;
  return RZ_OK;
}

static rz_err sweep_local(rz_sampler *s, const rz_ansatz *a, int64_t n_sweep) {
  RZ_TRY(sweep_blocks(&(sweeps){.s = s, .a = a, .fresh = true, .n = n_sweep}));
  s->walkers.parameter_hash = hash_parameters(a);
  return RZ_OK;
}

static rz_err sweep_metropolis(rz_sampler *s, const rz_ansatz *a, int64_t n_sweep) {
  return rz_agree(&s->comm, sweep_local(s, a, n_sweep));
}

/* ---- start ---- */

/* Uniform over the sector: each spin free, or n_up of the sites chosen one by one (Knuth's selection sampling). */
static void draw_configuration(const rz_sampler *s, uint64_t lane, int8_t *spin) {
  rz_rng rng = rz_rng_stream(s->seed, RZ_RNG_INIT_WALKERS, lane);
  uint32_t up = (uint32_t)s->model->n_up;
  for (int i = 0; i < s->n_site; i++) {
    const uint32_t left = (uint32_t)(s->n_site - i);
    const bool is_up = s->model->fixed_sz ? rz_rng_below(&rng, left) < up : rz_rng_u32(&rng) >> 31;
    up -= s->model->fixed_sz && is_up;
    spin[i] = is_up ? 1 : -1;
  }
}

static rz_err start_local(rz_sampler *s, const rz_ansatz *a) {
  rz_walkers *w = &s->walkers;
  int8_t *spin = NULL;
  start_streams(s);
  RZ_TRY(RZ_NEW(RZ_LANES * s->n_site, &spin));
  for (int64_t b = 0; b < w->mine.count; b++) {
    for (int lane = 0; lane < RZ_LANES; lane++)
      draw_configuration(s, (uint64_t)((w->mine.first + b) * RZ_LANES + lane), spin + lane * s->n_site);
    rz_block_set(w->block[b], RZ_LANES, spin);
  }
  rz_free(&spin);
  RZ_TRY(sweep_local(s, a, s->spec.discard));
  w->started = 1;
  return RZ_OK;
}

static rz_err start_metropolis(rz_sampler *s, const rz_ansatz *a) { return rz_agree(&s->comm, start_local(s, a)); }

/* ---- draws ---- */

static void outline_metropolis(const rz_sampler *s, rz_samples *out) {
  const rz_walkers *w = &s->walkers;
  out->n_chain = out->n_unit = w->mine.count * n_ladder(s);
  out->first_chain = w->mine.first * n_ladder(s);
  out->n_chain_global = out->n_unit_global = s->spec.chains;
}

static rz_err draw_local(rz_sampler *s, const rz_ansatz *a, int64_t n_draw, rz_samples *out) {
  rz_walkers *w = &s->walkers;
  RZ_CHECK(w->started, RZ_ERR_ARG, "rz_sampler_draw before rz_sampler_start");
  RZ_TRY(rz_samples_allocate(w->mine.count * n_ladder(s) * n_draw, s->n_site, out));
  outline_metropolis(s, out);
  out->n_draw = out->unit = n_draw;
  for (int64_t i = 0; i < out->n; i++) out->weight[i] = 1.0 / (double)(s->spec.chains * n_draw);
  RZ_TRY(sweep_local(s, a, w->parameter_hash == hash_parameters(a) ? 0 : s->spec.discard_step));
  memset(w->tally, 0, (size_t)w->mine.count * sizeof *w->tally);
  w->n_proposal = 0;
  return sweep_blocks(&(sweeps){.s = s, .a = a, .n = n_draw, .out = out});
}

static rz_err gather_info(rz_sampler *s) {
  rz_walkers *w = &s->walkers;
  int64_t count[4] = {0};
  for (int64_t b = 0; b < w->mine.count; b++) {
    count[0] += w->tally[b].n_accept;
    count[1] += w->tally[b].n_cold;
    count[2] += w->tally[b].n_swap;
    count[3] += w->tally[b].n_swap_tried;
  }
  RZ_TRY(rz_sum_i64(&s->comm, 4, count));
  s->info = (rz_sampler_info){.acceptance = (double)count[0] / (double)count[1],
                              .swap_acceptance = count[3] ? (double)count[2] / (double)count[3] : NAN,
                              .n_proposal = w->n_proposal};
  return RZ_OK;
}

static rz_err draw_metropolis(rz_sampler *s, const rz_ansatz *a, int64_t n_draw, rz_samples *out) {
  rz_err rc = rz_agree(&s->comm, draw_local(s, a, n_draw > 0 ? n_draw : s->spec.samples / s->spec.chains, out));
  if (rc == RZ_OK) rc = gather_info(s);
  if (rc != RZ_OK) rz_samples_free(out);
  return rc;
}

/* ---- state ---- */

static rz_err visit_block_spins(rz_sampler *s, rz_array_visit *visit, void *ctx) {
  rz_walkers *w = &s->walkers;
  const int64_t n = (int64_t)s->n_site * RZ_LANES;
  int8_t *spin = NULL;
  RZ_TRY(RZ_NEW(w->mine.count * n, &spin));
  for (int64_t b = 0; b < w->mine.count; b++) memcpy(spin + b * n, w->block[b]->spin, (size_t)n);
  const rz_array array = {.name = "walkers/spin",
                          .type = RZ_I8,
                          .n_dim = 3,
                          .shape = {w->mine.count, s->n_site, RZ_LANES},
                          .distributed = true,
                          .data = spin};
  const rz_err rc = visit(&array, ctx);
  for (int64_t b = 0; b < w->mine.count && rc == RZ_OK; b++) memcpy(w->block[b]->spin, spin + b * n, (size_t)n);
  rz_free(&spin);
  return rc;
}

static rz_err visit_streams(const char *name, int64_t n, rz_rng *rng, uint64_t *drawn, rz_array_visit *visit,
                            void *ctx) {
  for (int64_t i = 0; i < n; i++) drawn[i] = rng[i].drawn;
  const rz_array array = {.name = name, .type = RZ_U64, .n_dim = 1, .shape = {n}, .distributed = true, .data = drawn};
  RZ_TRY(visit(&array, ctx));
  for (int64_t i = 0; i < n; i++) rz_rng_seek(&rng[i], drawn[i]);
  return RZ_OK;
}

static rz_err visit_number(const char *name, rz_array_type type, void *data, rz_array_visit *visit, void *ctx) {
  const rz_array array = {.name = name, .type = type, .n_dim = 1, .shape = {1}, .data = data};
  return visit(&array, ctx);
}

static rz_err state_metropolis(rz_sampler *s, rz_array_visit *visit, void *ctx) {
  rz_walkers *w = &s->walkers;
  const int64_t n = w->mine.count;
  RZ_TRY(visit_block_spins(s, visit, ctx));
  RZ_TRY(visit_streams("walkers/move_drawn", n, w->move_rng, w->move_drawn, visit, ctx));
  RZ_TRY(visit_streams("walkers/swap_drawn", n * n_ladder(s), w->swap_rng, w->swap_drawn, visit, ctx));
  const rz_array rung = {
      .name = "walkers/rung", .type = RZ_I32, .n_dim = 2, .shape = {n, RZ_LANES}, .distributed = true, .data = w->rung};
  RZ_TRY(visit(&rung, ctx));
  RZ_TRY(visit_number("walkers/n_step", RZ_U64, &w->n_step, visit, ctx));
  RZ_TRY(visit_number("walkers/parameter_hash", RZ_U64, &w->parameter_hash, visit, ctx));
  RZ_TRY(rz_visit_f64("walkers/acceptance", &s->info.acceptance, visit, ctx));
  RZ_TRY(rz_visit_f64("walkers/swap_acceptance", &s->info.swap_acceptance, visit, ctx));
  RZ_TRY(rz_visit_i64("walkers/n_proposal", &s->info.n_proposal, visit, ctx));
  return rz_visit_i64("walkers/started", &w->started, visit, ctx);
}

const rz_sampler_class rz_sampler_metropolis = {
    .name = "metropolis",
    .about = "Markov chains with local moves, mixtures of moves and parallel tempering",
    .cite = "Metropolis et al., doi:10.1063/1.1699114",
    .init = init_metropolis,
    .start = start_metropolis,
    .sweep = sweep_metropolis,
    .draw = draw_metropolis,
    .outline = outline_metropolis,
    .state = state_metropolis,
    .fini = fini_metropolis};
