/* Option group "sampler", and how a deck becomes a description of a sampler. */
#include "sampler_impl.h"

#include <string.h>

static const rz_option common_rows[] = {
    RZ_ROW_CHOICE("method", "metropolis|full_sum", "'metropolis'",
                  "Markov chains, or the exact sum over all states of a small sector"),
};

static const rz_option metropolis_rows[] = {
    RZ_ROW_CHOICES("move", RZ_MAX_MOVES, "auto|flip|exchange|global_flip|star", "'auto'",
                   "proposed moves; several make a mixture; auto: flip, or exchange where sz is fixed"),
    RZ_ROW_REALS("move_weights", RZ_MAX_MOVES, "", 1e-6, 1e6, "",
                 "relative weights of the moves, one each; unset: equal"),
    RZ_ROW_CHOICE("exchange_range", "bond|any", "'bond'", "exchange the sites of a nearest-neighbour bond, or any two"),
    RZ_ROW_INT("chains", "256", 1, 1 << 24, "Markov chains over all ranks; times replicas: a multiple of 16"),
    RZ_ROW_INT("samples", "4096", 1, 1e12, "samples per step over all ranks, a multiple of chains"),
    RZ_ROW_INT("sweep_size", "", 1, 1e9, "proposals between draws of a chain; unset: the number of sites"),
    RZ_ROW_INT("discard", "100", 0, 1e9, "sweeps before the first draw"),
    RZ_ROW_INT("discard_step", "2", 0, 1e9, "sweeps before a draw with new parameters"),
    RZ_ROW_INT("replicas", "1", 1, RZ_LANES, "walkers per chain for parallel tempering: 1, 2, 4, 8 or 16"),
    RZ_ROW_REAL("beta_min", "0.2", 0.0, 0.999, "", "inverse temperature of the last replica: weight |psi|^(2 beta)"),
};

enum { N_COMMON = sizeof common_rows / sizeof common_rows[0] };
enum { N_METROPOLIS = sizeof metropolis_rows / sizeof metropolis_rows[0] };

static const rz_member_options members[] = {
    {"metropolis", "Markov chains with local moves, mixtures of moves and parallel tempering", metropolis_rows,
     N_METROPOLIS},
    {"full_sum", "every state of the sector with its weight: no noise", NULL, 0},
};

static const rz_option_group group = {.name = "sampler",
                                      .about = "how configurations are drawn from |psi|^2",
                                      .selector = "method",
                                      .rows = common_rows,
                                      .n_rows = N_COMMON,
                                      .members = members,
                                      .n_members = sizeof members / sizeof members[0]};

const rz_option_group *rz_sampler_options(void) { return &group; }

static void read_moves(const rz_config *c, rz_sampler_spec *spec) {
  const int n = rz_config_count(c, "sampler", "move");
  if (n == 1 && strcmp(rz_config_string(c, "sampler", "move"), "auto") == 0) return;
  for (int i = 0; i < n; i++) spec->move[i] = rz_config_string_at(c, "sampler", "move", i);
  spec->n_move = n;
}

static void read_weights(rz_config *c, rz_sampler_spec *spec) {
  if (!rz_config_has(c, "sampler", "move_weights")) return;
  const int n = rz_config_count(c, "sampler", "move_weights"), n_move = spec->n_move > 0 ? spec->n_move : 1;
  if (n != n_move) rz_config_error(c, "sampler", "move_weights", "%d weights for %d move(s)", n, n_move);
  for (int i = 0; i < n && i < n_move; i++) spec->move_weight[i] = rz_config_real_at(c, "sampler", "move_weights", i);
}

static void read_spec(rz_config *c, rz_sampler_spec *spec) {
  memset(spec, 0, sizeof *spec);
  spec->method = rz_config_string(c, "sampler", "method");
  if (strcmp(spec->method, "full_sum") == 0) return;
  read_moves(c, spec);
  read_weights(c, spec);
  spec->any_pair = strcmp(rz_config_string(c, "sampler", "exchange_range"), "any") == 0;
  spec->chains = rz_config_int(c, "sampler", "chains");
  spec->samples = rz_config_int(c, "sampler", "samples");
  if (rz_config_has(c, "sampler", "sweep_size")) spec->sweep_size = rz_config_int(c, "sampler", "sweep_size");
  spec->discard = rz_config_int(c, "sampler", "discard");
  spec->discard_step = rz_config_int(c, "sampler", "discard_step");
  spec->replicas = (int)rz_config_int(c, "sampler", "replicas");
  spec->beta_min = rz_config_real(c, "sampler", "beta_min");
}

static void refuse_idle_keys(rz_config *c, const rz_sampler_spec *spec) {
  bool exchanges = false;
  for (int i = 0; i < spec->n_move; i++) exchanges = exchanges || strcmp(spec->move[i], "exchange") == 0;
  if (!exchanges) rz_config_no_effect(c, "sampler", "exchange_range", "without the move 'exchange'");
  if (spec->n_move == 1) rz_config_no_effect(c, "sampler", "move_weights", "with one move");
  if (spec->replicas == 1) rz_config_no_effect(c, "sampler", "beta_min", "with replicas = 1");
}

static void record(void *ctx, const char *key, const char *message) {
  rz_config_error(ctx, "sampler", key, "%s", message);
}

static rz_err resolve(rz_config *config, const rz_model *model, int n_rank, rz_sampler_spec *spec) {
  read_spec(config, spec);
  rz_spec_resolve(spec, model);
  RZ_TRY(rz_spec_check(spec, model, n_rank, record, config));
  if (strcmp(spec->method, "metropolis") != 0) return RZ_OK;
  refuse_idle_keys(config, spec);
  if (!rz_config_has(config, "sampler", "sweep_size"))
    RZ_TRY(rz_config_set_int(config, "sampler", "sweep_size", spec->sweep_size));
  if (strcmp(rz_config_string(config, "sampler", "move"), "auto") == 0)
    RZ_TRY(rz_config_set_string(config, "sampler", "move", spec->move[0]));
  return RZ_OK;
}

rz_err rz_sampler_check(rz_config *config, const rz_model *model, int n_rank) {
  rz_sampler_spec spec;
  RZ_TRY(resolve(config, model, n_rank, &spec));
  return rz_config_report(config);
}

double rz_sampler_memory(const rz_config *config, const rz_ansatz *ansatz, int n_rank) {
  const double block = 8.0 * (double)ansatz->cache_size + (double)RZ_LANES * ansatz->n_site;
  if (strcmp(rz_config_string(config, "sampler", "method"), "full_sum") == 0) return block;
  const int64_t walkers = rz_config_int(config, "sampler", "chains") * rz_config_int(config, "sampler", "replicas");
  return block * (double)rz_share(walkers / RZ_LANES, 0, n_rank).count;
}

rz_err rz_sampler_ergodic_deck(rz_config *config, const rz_model *model, uint64_t seed, int *connected,
                               char text[256]) {
  rz_sampler_spec spec;
  rz_mixture mixture = {0};
  *connected = 1;
  *text = '\0';
  read_spec(config, &spec);
  if (strcmp(spec.method, "metropolis") != 0) return RZ_OK;
  rz_spec_resolve(&spec, model);
  rz_err rc = rz_mixture_init(&mixture, &spec, model);
  if (rc == RZ_OK) rc = rz_mixture_ergodic(&mixture, model, seed, connected, text);
  rz_mixture_free(&mixture);
  return rc;
}

rz_err rz_sampler_create(rz_config *config, const rz_model *model, const rz_ansatz *ansatz, uint64_t seed,
                         const rz_comm *comm, rz_sampler **out) {
  *out = NULL;
  rz_sampler_spec spec;
  rz_err rc = resolve(config, model, comm->size, &spec);
  if (rc == RZ_OK) rc = rz_config_report(config);
  RZ_TRY(rz_agree(comm, rc));
  return rz_sampler_create_from(&spec, model, ansatz, seed, comm, out);
}
