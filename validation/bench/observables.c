/* modules: estimate sample ansatz net model linalg core */
/* Cost of diagonal observables in a frozen evaluation, per sample: CPU time, least of several batches. */
#include "bare_model.h"
#include "ritz/core/clock.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/estimate/energy.h"
#include "ritz/estimate/observable.h"
#include <mpi.h>
#include <stdio.h>

enum { BATCH = 1 << 17, REPEAT = 8, MAX_NAME = 32 };

static rz_comm self;

static rz_err random_samples(int n_site, int64_t n_chain, rz_samples *s) {
  *s = (rz_samples){.n = BATCH,
                    .n_chain = n_chain,
                    .n_draw = BATCH / n_chain,
                    .n_chain_global = n_chain,
                    .n_site = n_site,
                    .unit = BATCH / n_chain,
                    .n_unit = n_chain,
                    .n_unit_global = n_chain};
  RZ_TRY(RZ_NEW(s->n * n_site, &s->spin));
  RZ_TRY(RZ_NEW(s->n, &s->weight));
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, (uint64_t)n_site);
  for (int64_t i = 0; i < s->n * n_site; i++) s->spin[i] = rz_rng_below(&rng, 2) ? 1 : -1;
  for (int64_t i = 0; i < s->n; i++) s->weight[i] = 1.0 / BATCH;
  return RZ_OK;
}

static double least(double best, double seconds, double n) {
  const double ns = 1e9 * seconds / n;
  return ns < best ? ns : best;
}

static rz_err measure(const rz_model *model, const rz_samples *s, int n_name, const char *const *names, double *add,
                      double *result) {
  const rz_ansatz none = {.n_site = s->n_site};
  rz_observables *o = NULL;
  rz_err rc = RZ_OK;
  *add = *result = 1e300;
  RZ_TRY(rz_observables_create(model, n_name, names, &o));
  for (int k = 0; k < REPEAT; k++) {
    int n;
    const rz_measured *m;
    const double start = rz_cpu_time();
    RZ_TRY_DONE(rc, rz_observables_add(o, &none, &self, s));
    const double added = rz_cpu_time();
    RZ_TRY_DONE(rc, rz_observables_result(o, &self, &n, &m));
    *add = least(*add, added - start, BATCH);
    *result = least(*result, rz_cpu_time() - added, 1e6);
  }
done:
  rz_observables_destroy(&o);
  return rc;
}

static rz_err local_energies(const rz_model *model, const rz_samples *s, double *ns) {
  rz_ansatz *a = NULL;
  double complex *value = NULL;
  rz_err rc = RZ_OK;
  *ns = 1e300;
  RZ_TRY_DONE(rc, rz_ansatz_create_spec(model->lattice, 1, "kind=rbm alpha=1", &a));
  RZ_TRY_DONE(rc, RZ_NEW(s->n, &value));
  for (int k = 0; k < 3; k++) {
    const double start = rz_cpu_time();
    RZ_TRY_DONE(rc, rz_local_values(model->h, a, s->n / 8, s->spin, value, NULL, NULL));
    *ns = least(*ns, rz_cpu_time() - start, BATCH / 8.0);
  }
done:
  rz_free(&value);
  rz_ansatz_destroy(&a);
  return rc;
}

static rz_err field(rz_model *model) {
  const int n = rz_lattice_n_site(model->lattice);
  RZ_TRY(rz_operator_create(n, &model->h));
  for (int32_t i = 0; i < n; i++) {
    const rz_local bond[2] = {{i, 'Z'}, {(i + 1) % n, 'Z'}};
    RZ_TRY(rz_operator_add(model->h, -1.0, 1, &(rz_local){i, 'X'}));
    RZ_TRY(rz_operator_add(model->h, -1.0, 2, bond));
  }
  return rz_operator_finish(model->h);
}

static rz_err ring(int n_site, int64_t n_chain) {
  rz_model model;
  rz_samples s = {0};
  const char *diagonal[MAX_NAME];
  int n_class, n_diagonal = 0;
  double add, result;
  rz_err rc = RZ_OK;
  const rz_observable_class *const *cls = rz_observable_registry(&n_class);
  RZ_TRY(bare_chain(n_site, true, &model));
  RZ_TRY_DONE(rc, random_samples(n_site, n_chain, &s));
  printf("\nring of %d sites, %lld chains\n%-20s %12s %12s\n", n_site, (long long)n_chain, "", "ns/sample",
         "result, ms");
  for (int k = 0; k < n_class; k++) {
    if (!cls[k]->diagonal) continue;
    diagonal[n_diagonal++] = cls[k]->name;
    RZ_TRY_DONE(rc, measure(&model, &s, 1, &cls[k]->name, &add, &result));
    printf("%-20s %12.1f %12.2f\n", cls[k]->name, add, result);
  }
  RZ_TRY_DONE(rc, measure(&model, &s, n_diagonal, diagonal, &add, &result));
  printf("%-20s %12.1f %12.2f\n", "all of these", add, result);
  RZ_TRY_DONE(rc, field(&model));
  RZ_TRY_DONE(rc, local_energies(&model, &s, &add));
  printf("%-20s %12.1f\n", "TFIM local energy", add);
done:
  rz_operator_destroy(&model.h);
  rz_samples_free(&s);
  bare_free(&model);
  return rc;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_err rc = rz_comm_wrap(MPI_COMM_SELF, &self);
  if (rc == RZ_OK) rc = ring(40, 256);
  if (rc == RZ_OK) rc = ring(128, 256);
  if (rc == RZ_OK) rc = ring(128, 1024);
  if (rc != RZ_OK) fprintf(stderr, "%s\n%s", rz_error_message(), rz_error_traceback());
  MPI_Finalize();
  return rc != RZ_OK;
}
