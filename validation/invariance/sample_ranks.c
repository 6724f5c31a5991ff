/* modules: sample ansatz model linalg core */
/* ranks: 1 2 3 4 */
/* The same samples, bit for bit, on any number of ranks and threads; a saved and restored sampler goes on bit for bit;
 * the full sum likewise. Every rank compares with a run of its own on one rank. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/parallel.h"
#include "ritz/sample/sampler.h"
#include "table_state.h"

#include <stdlib.h>

enum { N_SITE = 10, N_CHAIN = 7 * 16 / 2, N_DRAW = 5 };

static rz_comm world, self;

static rz_sampler_spec mixed(void) {
  return (rz_sampler_spec){.method = "metropolis",
                           .n_move = 2,
                           .move = {"exchange", "global_flip"},
                           .move_weight = {3.0, 1.0},
                           .chains = N_CHAIN,
                           .samples = N_CHAIN * N_DRAW,
                           .sweep_size = 7, /* no multiple of the words drawn at a time */
                           .discard = 3,
                           .discard_step = 2,
                           .replicas = 2,
                           .beta_min = 0.3};
}

/* ---- a store in memory, as a checkpoint would do it ---- */

typedef struct {
  bool restore;
  int n;
  void *data[16];
  int64_t bytes[16];
} store;

static rz_err visit(const rz_array *array, void *ctx) {
  store *s = ctx;
  const int64_t bytes = rz_array_length(array) * (int64_t)rz_array_type_size(array->type);
  if (s->restore) {
    RZ_CHECK(s->bytes[s->n] == bytes, RZ_ERR_ARG, "%s", array->name);
    memcpy(array->data, s->data[s->n], (size_t)bytes);
  } else {
    RZ_TRY(rz_malloc(bytes, 1, &s->data[s->n]));
    s->bytes[s->n] = bytes;
    memcpy(s->data[s->n], array->data, (size_t)bytes);
  }
  s->n++;
  return RZ_OK;
}

static void store_free(store *s) {
  for (int i = 0; i < 16; i++) rz_free(&s->data[i]);
}

/* ---- runs ---- */

/* Three draws, the parameters "changing" before the third; keeps the last. */
static void run(const rz_comm *comm, const rz_model *model, const rz_ansatz *a, store *at_two, rz_samples *out) {
  const rz_sampler_spec spec = mixed();
  rz_sampler *s = NULL;
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, 42, comm, &s));
  RZ_EXPECT_OK(rz_sampler_start(s, a));
  for (int k = 0; k < 3; k++) {
    if (k == 2 && at_two) RZ_EXPECT_OK(rz_sampler_state(s, visit, at_two));
    rz_samples_free(out);
    RZ_EXPECT_OK(rz_sampler_draw(s, a, 0, out));
  }
  rz_sampler_destroy(&s);
}

static void same_samples(const rz_samples *mine, const rz_samples *all) {
  RZ_EXPECT(mine->n_chain_global == all->n_chain_global && mine->n_draw == all->n_draw);
  const int64_t first = mine->first_chain * mine->n_draw;
  RZ_EXPECT(first + mine->n <= all->n);
  RZ_EXPECT(memcmp(mine->spin, all->spin + first * N_SITE, (size_t)(mine->n * N_SITE)) == 0);
  int64_t n = mine->n;
  RZ_EXPECT_OK(rz_sum_i64(&world, 1, &n));
  RZ_EXPECT(n == all->n);
}

static void chains(const rz_model *model, const rz_ansatz *a) {
  store saved = {0};
  rz_samples here = {0}, alone = {0}, resumed = {0};
  run(&world, model, a, &saved, &here);
  run(&self, model, a, NULL, &alone);
  same_samples(&here, &alone);
  for (int n_thread = 2; n_thread <= 3 && rz_threads_choose(n_thread) == RZ_OK; n_thread++) {
    run(&world, model, a, NULL, &here);
    same_samples(&here, &alone);
  }
  RZ_EXPECT_OK(rz_threads_choose(1));
  /* a fresh sampler with another seed's streams gets the saved state */
  const rz_sampler_spec spec = mixed();
  rz_sampler *s = NULL;
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, 42, &world, &s));
  saved.restore = true;
  saved.n = 0;
  RZ_EXPECT_OK(rz_sampler_state(s, visit, &saved));
  RZ_EXPECT_OK(rz_sampler_draw(s, a, N_DRAW, &resumed));
  RZ_EXPECT(resumed.n == here.n && memcmp(resumed.spin, here.spin, (size_t)(here.n * N_SITE)) == 0);
  rz_sampler_destroy(&s);
  store_free(&saved);
  rz_samples_free(&here);
  rz_samples_free(&alone);
  rz_samples_free(&resumed);
}

static void full_sum(const rz_model *model, rz_ansatz *a) {
  const rz_sampler_spec spec = {.method = "full_sum"};
  double complex *log_psi = a->data;
  log_psi[31] = -INFINITY; /* a state of the sector where psi vanishes */
  rz_samples here = {0}, alone = {0};
  for (int k = 0; k < 2; k++) {
    rz_sampler *s = NULL;
    RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, 1, k ? &self : &world, &s));
    RZ_EXPECT(rz_sampler_is_exact(s));
    RZ_EXPECT_OK(rz_sampler_start(s, a));
    RZ_EXPECT_OK(rz_sampler_draw(s, a, 0, k ? &alone : &here));
    rz_sampler_destroy(&s);
  }
  rz_sector sector;
  RZ_EXPECT_OK(rz_sector_init(N_SITE, model->fixed_sz, model->n_up, &sector));
  RZ_EXPECT(alone.n == sector.dim && alone.exact);
  int64_t first = here.n, end = here.n;
  MPI_Exscan(&end, &first, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  if (world.rank == 0) first = 0;
  RZ_EXPECT(memcmp(here.spin, alone.spin + first * N_SITE, (size_t)(here.n * N_SITE)) == 0);
  RZ_EXPECT(memcmp(here.weight, alone.weight + first, (size_t)here.n * sizeof(double)) == 0);
  double sum = 0.0, norm = 0.0;
  uint64_t state = rz_sector_unrank(&sector, 0);
  for (int64_t i = 0; i < alone.n; i++, state = rz_sector_next(&sector, state))
    norm += exp(2.0 * creal(log_psi[state]));
  state = rz_sector_unrank(&sector, 0);
  for (int64_t i = 0; i < alone.n; i++, state = rz_sector_next(&sector, state)) {
    RZ_EXPECT(rz_spins_to_bits(N_SITE, alone.spin + i * N_SITE) == state);
    RZ_EXPECT_NEAR(alone.weight[i], exp(2.0 * creal(log_psi[state])) / norm, 1e-15);
    sum += alone.weight[i];
  }
  RZ_EXPECT_NEAR(sum, 1.0, 1e-13);
  log_psi[31] = NAN;
  rz_sampler *s = NULL;
  rz_samples none;
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, model, a, 1, &world, &s));
  RZ_EXPECT(rz_sampler_draw(s, a, 0, &none) == RZ_ERR_NUM);
  rz_sampler_destroy(&s);
  log_psi[31] = 0.0;
  rz_samples_free(&here);
  rz_samples_free(&alone);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &world));
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  rz_model model;
  rz_ansatz a;
  RZ_EXPECT_OK(bare_chain(N_SITE, true, &model));
  model.fixed_sz = true;
  model.n_up = 5;
  RZ_EXPECT_OK(table_init(N_SITE, model.lattice, &a));
  table_randomise(&a, 8, 1.0, 1.0);
  const rz_memory_info before = rz_memory_query();
  chains(&model, &a);
  full_sum(&model, &a);
  model.fixed_sz = false; /* 1024 states: four units, one or more on every rank */
  full_sum(&model, &a);
  RZ_EXPECT(rz_memory_query().n_alive <= before.n_alive + 2); /* bonds, made on first use by the lattice */
  table_free(&a);
  bare_free(&model);
  return rz_check_finish();
}
