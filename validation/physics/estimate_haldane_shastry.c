/* modules: estimate sample ansatz model linalg core */
/* ranks: 1 2 */
/* The Haldane-Shastry ring, H = sum_{i<j} J_ij S_i S_j with J_ij = (pi/N)^2 / sin^2(pi (i-j)/N), has the exact ground
 * state log psi = 1/2 sum_{i<j} s_i s_j log|sin(pi (i-j)/N)| with the Marshall sign (Haldane, doi:10.1103/PhysRevLett.
 * 60.635; Shastry, 60.639), so every local energy is E = -pi^2/24 (N + 5/N): one wrong sign, unit, range or exchange
 * element would spread them. Also zero variance of the polarised state of -sum sx, and of the energy estimate itself.
 */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include "ritz/estimate/energy.h"
#include "ritz/estimate/observable.h"
#include "table_state.h"

#include <stdlib.h>

static rz_comm comm;

static rz_err haldane_shastry(int n, rz_model *m) {
  RZ_TRY(bare_chain(n, true, m));
  m->pauli = false;
  m->fixed_sz = true;
  m->n_up = n / 2;
  RZ_TRY(RZ_NEW0(n, &m->marshall_mask));
  for (int i = 0; i < n; i += 2) m->marshall_mask[i] = 1;
  RZ_TRY(rz_operator_create(n, &m->h));
  for (int32_t i = 0; i < n; i++)
    for (int32_t j = i + 1; j < n; j++)
      for (const char *c = "xyz"; *c; c++) {
        const double chord = sin(RZ_PI * (j - i) / n);
        const rz_local product[2] = {{i, *c}, {j, *c}};
        RZ_TRY(rz_operator_add(m->h, RZ_PI * RZ_PI / (n * n * chord * chord), 2, product));
      }
  RZ_TRY(rz_operator_finish(m->h));
  m->marshall = true;
  return rz_operator_marshall(m->h, m->marshall_mask);
}

/* v_ij = 1/2 log|sin(pi (i-j)/N)|, pairs in row order. */
static void set_pair_weights(rz_ansatz *a, int n) {
  double *v = rz_params_real(&a->params, rz_params_find(&a->params, "v"));
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++) *v++ = 0.5 * log(sin(RZ_PI * (j - i) / n));
  RZ_EXPECT_OK(rz_ansatz_update(a));
}

static void every_local_energy_is_the_ground_state(int n) {
  rz_model m;
  rz_ansatz *a = NULL;
  rz_sampler *sampler = NULL;
  rz_samples s = {0};
  double complex *e = NULL;
  rz_energy energy;
  const double exact = -RZ_PI * RZ_PI / 24.0 * (n + 5.0 / n);
  const rz_sampler_spec spec = {.method = "metropolis", .chains = 32, .samples = 320, .discard = 20, .replicas = 1};
  if (!RZ_EXPECT_OK(haldane_shastry(n, &m))) return;
  RZ_EXPECT_OK(rz_ansatz_create_spec(m.lattice, 1, "kind=jastrow", &a));
  set_pair_weights(a, n);
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, &m, a, 3, &comm, &sampler));
  RZ_EXPECT_OK(rz_sampler_start(sampler, a));
  RZ_EXPECT_OK(rz_sampler_draw(sampler, a, 0, &s));
  RZ_EXPECT_OK(RZ_NEW(s.n, &e));
  RZ_EXPECT_OK(rz_local_values(m.h, a, s.n, s.spin, e, NULL, NULL));
  RZ_EXPECT_OK(rz_energy_estimate(&comm, &s, e, 0.0, 0.0, &energy));
  RZ_EXPECT_NEAR(energy.re.mean, exact, 1e-10);
  RZ_EXPECT(energy.max_re - energy.min_re < 1e-10);
  RZ_EXPECT(energy.v_score < 1e-20);
  rz_observables *o = NULL;
  int n_measured = 0;
  const rz_measured *measured = NULL;
  RZ_EXPECT_OK(rz_observables_create(&m, 1, (const char *const[]){"s2"}, &o)); /* a singlet: zero variance again */
  RZ_EXPECT_OK(rz_observables_add(o, a, &comm, &s));
  RZ_EXPECT_OK(rz_observables_result(o, &comm, &n_measured, &measured));
  RZ_EXPECT_NEAR(measured[0].mean[0], 0.0, 1e-8);
  RZ_EXPECT_NEAR(measured[0].error[0], 0.0, 1e-8);
  if (comm.rank == 0)
    printf("N = %d: E - exact = %.2e, spread %.2e\n", n, energy.re.mean - exact, energy.max_re - energy.min_re);
  rz_observables_destroy(&o);
  rz_free(&e);
  rz_samples_free(&s);
  rz_sampler_destroy(&sampler);
  rz_ansatz_destroy(&a);
  rz_free(&m.marshall_mask);
  bare_free(&m);
}

/* The state polarised along x: psi = 1 everywhere. */
static void polarised_state_has_no_variance(void) {
  rz_model m;
  rz_ansatz a;
  rz_sampler *sampler = NULL;
  rz_samples s;
  rz_energy energy;
  double complex e[640];
  const rz_sampler_spec spec = {.method = "metropolis", .chains = 32, .samples = 640, .discard = 2, .replicas = 1};
  RZ_EXPECT_OK(bare_chain(12, true, &m));
  RZ_EXPECT_OK(rz_operator_create(12, &m.h));
  for (int32_t i = 0; i < 12; i++) RZ_EXPECT_OK(rz_operator_add(m.h, -1.0, 1, &(rz_local){i, 'X'}));
  RZ_EXPECT_OK(rz_operator_finish(m.h));
  RZ_EXPECT_OK(table_init(12, m.lattice, &a));
  RZ_EXPECT_OK(rz_sampler_create_from(&spec, &m, &a, 3, &comm, &sampler));
  RZ_EXPECT_OK(rz_sampler_start(sampler, &a));
  RZ_EXPECT_OK(rz_sampler_draw(sampler, &a, 0, &s));
  RZ_EXPECT_OK(rz_local_values(m.h, &a, s.n, s.spin, e, NULL, NULL));
  RZ_EXPECT_OK(rz_energy_estimate(&comm, &s, e, 0.0, 0.0, &energy));
  RZ_EXPECT(energy.re.mean == -12.0 && energy.re.error == 0.0 && energy.variance == 0.0 && energy.v_score == 0.0);
  RZ_EXPECT(isnan(energy.re.r_hat) && isnan(energy.re.tau_int));
  RZ_EXPECT(rz_sampler_info_last(sampler).acceptance == 1.0);
  rz_samples_free(&s);
  rz_sampler_destroy(&sampler);
  table_free(&a);
  bare_free(&m);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  every_local_energy_is_the_ground_state(12);
  every_local_energy_is_the_ground_state(100);
  polarised_state_has_no_variance();
  return rz_check_finish();
}
