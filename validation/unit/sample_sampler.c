/* modules: sample ansatz model linalg core */
/* Refusals of impossible samplers, the ergodicity search, new parameters, walkers where psi vanishes. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/sample/sampler.h"
#include "table_state.h"

#include <stdlib.h>

static rz_comm comm;

static rz_sampler_spec plain(void) {
  return (rz_sampler_spec){
      .method = "metropolis", .chains = 32, .samples = 64, .discard = 2, .discard_step = 1, .replicas = 1};
}

static void refused(const rz_sampler_spec *spec, const rz_model *model, const rz_ansatz *a, const char *word) {
  rz_sampler *s = NULL;
  RZ_EXPECT(rz_sampler_create_from(spec, model, a, 1, &comm, &s) == RZ_ERR_ARG);
  RZ_EXPECT(s == NULL);
  if (!RZ_EXPECT(strstr(rz_error_message(), word) != NULL))
    fprintf(stderr, "  '%s' is not in '%s'\n", word, rz_error_message());
}

static void impossible_samplers_are_refused(rz_model *model, const rz_ansatz *a) {
  rz_sampler_spec s = plain();
  s.chains = 24;
  refused(&s, model, a, "chains");
  s = plain(), s.samples = 65;
  refused(&s, model, a, "such as 96");
  s = plain(), s.replicas = 3;
  refused(&s, model, a, "replicas");
  s = plain(), s.replicas = 32;
  refused(&s, model, a, "replicas");
  s = plain(), s.replicas = 4, s.beta_min = 1.0;
  refused(&s, model, a, "beta_min");
  s = plain(), s.n_move = 1, s.move[0] = "exchang";
  refused(&s, model, a, "did you mean 'exchange'");
  s = plain(), s.n_move = 2, s.move[0] = "flip", s.move[1] = "exchange", s.move_weight[0] = 1.0;
  refused(&s, model, a, "move_weights");
  s = plain(), s.sweep_size = -1;
  refused(&s, model, a, "sweep_size");
  s = plain(), s.method = "gibbs";
  refused(&s, model, a, "gibbs");
  model->fixed_sz = true, model->n_up = 3;
  s = plain(), s.n_move = 1, s.move[0] = "flip";
  refused(&s, model, a, "use 'exchange'");
  s = plain(), s.n_move = 2, s.move[0] = "exchange", s.move[1] = "global_flip";
  refused(&s, model, a, "leaves a sector");
  model->fixed_sz = false;
}

static void ergodic_is(const rz_sampler_spec *spec, const rz_model *model, const rz_ansatz *a, int expected) {
  rz_sampler *s = NULL;
  int connected = 7;
  char text[256] = "";
  if (!RZ_EXPECT_OK(rz_sampler_create_from(spec, model, a, 1, &comm, &s))) return;
  RZ_EXPECT_OK(rz_sampler_ergodic(s, model, &connected, text));
  if (!RZ_EXPECT(connected == expected)) fprintf(stderr, "  found %d: %s\n", connected, text);
  RZ_EXPECT(text[0] != '\0');
  rz_sampler_destroy(&s);
}

static void connections_are_found(rz_model *model, const rz_ansatz *a) {
  rz_sampler_spec s = plain();
  ergodic_is(&s, model, a, 1);
  s.n_move = 1, s.move[0] = "exchange"; /* keeps sz: nine pieces */
  ergodic_is(&s, model, a, 0);
  s.move[0] = "global_flip";
  ergodic_is(&s, model, a, 0);
  model->fixed_sz = true, model->n_up = 3;
  s.move[0] = "exchange";
  ergodic_is(&s, model, a, 1);
  model->n_up = 4, s.move[0] = "global_flip";
  ergodic_is(&s, model, a, 0);
  s = (rz_sampler_spec){.method = "full_sum"};
  ergodic_is(&s, model, a, 1);
  model->fixed_sz = false;
}

static void large_sectors(void) {
  rz_model model;
  rz_ansatz a = {.cls = &table_class, .n_site = 40};
  RZ_EXPECT_OK(bare_chain(40, false, &model));
  rz_sampler_spec s = plain();
  ergodic_is(&s, &model, &a, 1);
  s.n_move = 1, s.move[0] = "exchange";
  ergodic_is(&s, &model, &a, 0);
  model.fixed_sz = true, model.n_up = 20;
  ergodic_is(&s, &model, &a, 1);
  s.move[0] = "global_flip";
  ergodic_is(&s, &model, &a, -1);
  s = (rz_sampler_spec){.method = "full_sum"};
  refused(&s, &model, &a, "2^24");
  bare_free(&model);
}

static void walkers_stay_where_psi_lives(const rz_model *model, rz_ansatz *a) {
  rz_sampler_spec spec = plain();
  spec.replicas = 4, spec.beta_min = 0.0, spec.samples = 32 * 200;
  double complex *log_psi = a->data;
  table_randomise(a, 4, 0.5, 0.0);
  for (int k = 0; k < 1 << 8; k += 5) log_psi[k] = -INFINITY;
  rz_sampler *s = NULL;
  rz_samples x;
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, 6, &comm, &s));
  RZ_EXPECT(rz_sampler_draw(s, a, 1, &x) == RZ_ERR_ARG); /* not started */
  /* some of 128 walkers start on a node: that is an error, not a frozen chain */
  RZ_EXPECT(rz_sampler_start(s, a) == RZ_ERR_NUM);
  RZ_EXPECT(strstr(rz_error_message(), "log psi of walker") != NULL);
  table_randomise(a, 4, 0.5, 0.0);
  RZ_EXPECT_OK(rz_sampler_start(s, a));
  log_psi[0] = -INFINITY;
  int on_node = 0;
  for (int k = 0; k < 20; k++) {
    const rz_err rc = rz_sampler_draw(s, a, 0, &x);
    if (rc != RZ_OK) continue; /* a walker was on the new node */
    for (int64_t i = 0; i < x.n; i++) on_node += rz_spins_to_bits(8, x.spin + i * 8) == 0;
    rz_samples_free(&x);
  }
  RZ_EXPECT(on_node == 0);
  rz_sampler_destroy(&s);
}

/* A draw under new parameters is preceded by discard_step sweeps, one under the same parameters is not. */
static void new_parameters_are_noticed(const rz_model *model, rz_ansatz *a) {
  double theta[2] = {1.0, 2.0};
  table_randomise(a, 4, 0.5, 0.0);
  a->params.n = 2, a->params.value = theta;
  rz_sampler_spec spec = plain();
  spec.discard_step = 3;
  rz_samples x[3] = {0};
  for (int k = 0; k < 3; k++) { /* unchanged; unchanged, but three sweeps drawn away; changed */
    rz_sampler *s = NULL;
    theta[1] = 2.0;
    RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, 6, &comm, &s));
    RZ_EXPECT_OK(rz_sampler_start(s, a));
    if (k == 1) RZ_EXPECT_OK(rz_sampler_sweep(s, a, 3));
    if (k == 2) theta[1] = 2.0000001;
    RZ_EXPECT_OK(rz_sampler_draw(s, a, 4, &x[k]));
    rz_sampler_destroy(&s);
  }
  RZ_EXPECT(memcmp(x[0].spin, x[1].spin, (size_t)x[0].n * 8) != 0);
  RZ_EXPECT(memcmp(x[1].spin, x[2].spin, (size_t)x[0].n * 8) == 0);
  for (int k = 0; k < 3; k++) rz_samples_free(&x[k]);
  a->params.n = 0, a->params.value = NULL;
}

/* ---- rounding that a state reports when its caches are recomputed ---- */

static double reported_drift;
static int n_refresh;

static double drifting_refresh(const rz_ansatz *a, rz_block *b) {
  n_refresh++;
  (void)table_refresh(a, b);
  return reported_drift;
}

/* 64 sweeps of two blocks: every 16 sweeps; after 16, 8, 4, 2, 1, 1, ... where rounding asks for it; or an error. */
static void rounding_asks_for_refreshes(const rz_model *model, const rz_ansatz *table) {
  const rz_ansatz_class cls = {.name = "drifting",
                               .log_psi = table_log_psi,
                               .refresh = drifting_refresh,
                               .ratio = table_ratio,
                               .commit = table_commit};
  rz_ansatz a = *table;
  a.cls = &cls;
  const rz_sampler_spec spec = plain();
  rz_sampler *s = NULL;
  const double drift[3] = {1e-12, 1e-9, 1e-7};
  const int expected[3] = {2 * (1 + 4), 2 * (1 + 4 + 64 - 30), 0};
  for (int k = 0; k < 3; k++) {
    reported_drift = 0.0;
    RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, &a, 1, &comm, &s));
    RZ_EXPECT_OK(rz_sampler_start(s, &a));
    reported_drift = drift[k];
    n_refresh = 0;
    const rz_err rc = rz_sampler_sweep(s, &a, 64);
    RZ_EXPECT(rc == (k < 2 ? RZ_OK : RZ_ERR_NUM));
    if (k < 2) RZ_EXPECT(n_refresh == expected[k]);
    if (k == 2) RZ_EXPECT(strstr(rz_error_message(), "rounding moved the amplitudes") != NULL);
    rz_sampler_destroy(&s);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  rz_model model;
  rz_ansatz a;
  RZ_EXPECT_OK(bare_chain(8, true, &model));
  RZ_EXPECT_OK(table_init(8, model.lattice, &a));
  impossible_samplers_are_refused(&model, &a);
  connections_are_found(&model, &a);
  large_sectors();
  rounding_asks_for_refreshes(&model, &a);
  walkers_stay_where_psi_lives(&model, &a);
  new_parameters_are_noticed(&model, &a);
  table_free(&a);
  bare_free(&model);
  return rz_check_finish();
}
