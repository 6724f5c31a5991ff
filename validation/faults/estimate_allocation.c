/* modules: estimate sample ansatz model linalg core */
/* Every allocation of creating, sampling, estimating and measuring fails in turn: each time an error of memory comes
 * back and nothing stays allocated. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/estimate/evaluate.h"
#include "table_state.h"

#include <stdlib.h>
#include <string.h>

enum { N_SITE = 6 };

static rz_comm comm;

static const char *const names[] = {"sx", "sxsx", "szsz", "szsz_pairs", "sq", "binder", "xi", "s2", "staggered_sz"};
enum { N_NAME = sizeof names / sizeof names[0] };

static rz_err visit(const rz_array *array, void *ctx) {
  (void)array, (void)ctx;
  return RZ_OK;
}

static rz_err everything(const char *method, const rz_model *model, const rz_ansatz *a) {
  const rz_sampler_spec spec = {
      .method = method, .chains = 8, .samples = 80, .discard = 2, .replicas = 2, .beta_min = 0.5};
  const rz_evaluate_spec measure = {
      .rel_error = 1e-9, .min_samples = 160, .max_samples = 400, .discard = 1, .check_fraction = 0.5};
  rz_sampler *s = NULL;
  rz_observables *o = NULL;
  rz_evaluation e;
  int connected = 0;
  char text[256];
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_observables_create(model, N_NAME, names, &o));
  RZ_TRY_DONE(rc, rz_sampler_create_from(&spec, model, a, 1, &comm, &s));
  RZ_TRY_DONE(rc, rz_sampler_ergodic(s, model, &connected, text));
  RZ_TRY_DONE(rc, rz_sampler_start(s, a));
  RZ_TRY_DONE(rc, rz_sampler_state(s, visit, NULL));
  RZ_TRY_DONE(rc, rz_evaluate_from(&measure, model, a, s, o, &comm, NULL, &e));
done:
  rz_sampler_destroy(&s);
  rz_observables_destroy(&o);
  return rc;
}

static void fail_in_turn(const char *method, const rz_model *model, const rz_ansatz *a) {
  RZ_EXPECT_OK(everything(method, model, a)); /* the lattice has made its tables */
  const int64_t alive = rz_memory_query().n_alive;
  rz_err rc = RZ_ERR_MEMORY;
  int64_t k = 0;
  while (rc != RZ_OK && k < 100000) {
    rz_memory_fail_at(++k);
    rc = everything(method, model, a);
    rz_memory_fail_at(0);
    if (!RZ_EXPECT(rc == RZ_OK || rc == RZ_ERR_MEMORY)) fprintf(stderr, "  allocation %lld\n", (long long)k);
    if (!RZ_EXPECT(rz_memory_query().n_alive == alive)) {
      fprintf(stderr, "  allocation %lld: %lld blocks left; %s", (long long)k,
              (long long)(rz_memory_query().n_alive - alive), rz_error_traceback());
      return;
    }
  }
  RZ_EXPECT(k > 100);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  rz_model model;
  rz_ansatz a;
  RZ_EXPECT_OK(bare_chain(N_SITE, true, &model));
  RZ_EXPECT_OK(rz_operator_create(N_SITE, &model.h));
  for (int32_t i = 0; i < N_SITE; i++) RZ_EXPECT_OK(rz_operator_add(model.h, -1.0, 1, &(rz_local){i, 'X'}));
  RZ_EXPECT_OK(rz_operator_finish(model.h));
  RZ_EXPECT_OK(table_init(N_SITE, model.lattice, &a));
  table_randomise(&a, 1, 0.5, 0.5);
  fail_in_turn("metropolis", &model, &a);
  fail_in_turn("full_sum", &model, &a);
  table_free(&a);
  bare_free(&model);
  return rz_check_finish();
}
