/* What a description of a sampler may say: defaults, and every fault with the key it belongs to. */
#include "sampler_impl.h"

#include <stdio.h>
#include <string.h>

void rz_spec_resolve(rz_sampler_spec *spec, const rz_model *model) {
  if (spec->n_move == 0) {
    spec->n_move = 1;
    spec->move[0] = model->fixed_sz ? "exchange" : "flip";
    spec->move_weight[0] = 1.0;
  }
  double sum = 0.0;
  for (int i = 0; i < spec->n_move; i++) sum += spec->move_weight[i];
  if (sum == 0.0)
    for (int i = 0; i < spec->n_move; i++) spec->move_weight[i] = 1.0;
  if (spec->sweep_size == 0) spec->sweep_size = rz_lattice_n_site(model->lattice);
}

typedef struct {
  rz_fault *fault;
  void *ctx;
} sink;

#define FAULT(to, key, ...)                                                                                            \
  do {                                                                                                                 \
    char fault_text_[512];                                                                                             \
    snprintf(fault_text_, sizeof fault_text_, __VA_ARGS__);                                                            \
    (to)->fault((to)->ctx, (key), fault_text_);                                                                        \
  } while (0)

static rz_err check_moves(const rz_sampler_spec *spec, const rz_model *model, sink *to) {
  const rz_move_input in = {.model = model, .any_pair = spec->any_pair};
  for (int i = 0; i < spec->n_move; i++) {
    rz_move *move = NULL;
    const rz_err rc = rz_move_create(spec->move[i], &in, &move);
    rz_move_destroy(&move);
    if (rc == RZ_ERR_MEMORY) return rc; /* no fault of the description */
    if (rc != RZ_OK) FAULT(to, "move", "%s", rz_error_message());
    if (!(spec->move_weight[i] > 0.0))
      FAULT(to, "move_weights", "the weight of the move '%s' is %g; weights must be > 0", spec->move[i],
            spec->move_weight[i]);
  }
  return RZ_OK;
}

static void check_tempering(const rz_sampler_spec *spec, sink *to) {
  const int r = spec->replicas;
  if (r < 1 || r > RZ_LANES || (r & (r - 1))) FAULT(to, "replicas", "replicas = %d; allowed are 1, 2, 4, 8 and 16", r);
  if (!(spec->beta_min >= 0.0 && spec->beta_min < 1.0))
    FAULT(to, "beta_min", "beta_min = %g must be in [0, 1)", spec->beta_min);
}

static void check_counts(const rz_sampler_spec *spec, int n_rank, sink *to) {
  const int64_t walkers = spec->chains * spec->replicas, chains = spec->chains;
  if (chains < 1 || walkers % RZ_LANES)
    FAULT(to, "chains", "chains * replicas = %lld * %d must be a positive multiple of %d", (long long)chains,
          spec->replicas, RZ_LANES);
  else if (walkers / RZ_LANES < n_rank)
    FAULT(to, "chains",
          "%d ranks share %lld blocks of %d walkers: use at most %lld ranks, or at least %d chains for %d ranks",
          n_rank, (long long)(walkers / RZ_LANES), RZ_LANES, (long long)(walkers / RZ_LANES),
          n_rank * RZ_LANES / spec->replicas, n_rank);
  if (chains >= 1 && (spec->samples < chains || spec->samples % chains))
    FAULT(to, "samples", "samples = %lld must be a positive multiple of chains = %lld, such as %lld",
          (long long)spec->samples, (long long)chains, (long long)((spec->samples + chains - 1) / chains * chains));
  if (spec->sweep_size < 1) FAULT(to, "sweep_size", "sweep_size = %lld must be >= 1", (long long)spec->sweep_size);
  if (spec->discard < 0) FAULT(to, "discard", "discard = %lld must be >= 0", (long long)spec->discard);
  if (spec->discard_step < 0)
    FAULT(to, "discard_step", "discard_step = %lld must be >= 0", (long long)spec->discard_step);
}

static void check_dimension(const rz_model *model, sink *to) {
  const double dim = rz_sector_dimension(rz_lattice_n_site(model->lattice), model->fixed_sz, model->n_up);
  if (!(dim <= RZ_FULL_SUM_MAX))
    FAULT(to, "method", "the sector has %.4g states; 'full_sum' sums over at most 2^24 = %d: use 'metropolis'", dim,
          (int)RZ_FULL_SUM_MAX);
}

rz_err rz_spec_check(const rz_sampler_spec *spec, const rz_model *model, int n_rank, rz_fault *fault, void *ctx) {
  sink to = {fault, ctx};
  if (strcmp(spec->method, rz_sampler_full_sum.name) == 0) {
    check_dimension(model, &to);
    return RZ_OK;
  }
  if (strcmp(spec->method, rz_sampler_metropolis.name) != 0) {
    FAULT(&to, "method", "there is no sampler '%s'", spec->method);
    return RZ_OK;
  }
  if (spec->n_move < 1 || spec->n_move > RZ_MAX_MOVES)
    FAULT(&to, "move", "%d moves; a mixture has 1 to %d", spec->n_move, RZ_MAX_MOVES);
  else
    RZ_TRY(check_moves(spec, model, &to));
  check_tempering(spec, &to);
  check_counts(spec, n_rank, &to);
  return RZ_OK;
}
