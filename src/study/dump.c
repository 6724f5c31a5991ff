#include "dump.h"

#include "ritz/core/memory.h"
#include <complex.h>

static rz_err write_samples(rz_results *results, int64_t n, int n_site, int8_t *spin, double complex *log_psi) {
  const rz_array spins = {.name = "spin", .type = RZ_I8, .n_dim = 2, .shape = {n, n_site}, .data = spin};
  const rz_array amplitudes = {.name = "log_psi", .type = RZ_C64, .n_dim = 1, .shape = {n}, .data = log_psi};
  RZ_TRY(
      rz_results_array(results, "/samples/spin", &spins, "1", "configurations of |psi|^2, entries +-1, one row each"));
  return rz_results_array(results, "/samples/log_psi", &amplitudes, "1", "log psi of each row, not normalised");
}

rz_err rz_dump_samples(const rz_run *run, rz_sampler *sampler, const rz_ansatz *a, rz_results *results) {
  const int64_t wanted = rz_config_int(run->config, "state", "dump");
  if (wanted == 0) return RZ_OK;
  const int64_t chains = rz_sampler_spec_of(sampler)->chains;
  rz_samples s = {0};
  double complex *log_psi = NULL, *all_log_psi = NULL;
  int8_t *all_spin = NULL;
  int64_t total;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(run->comm, rz_sampler_draw(sampler, a, (wanted + chains - 1) / chains, &s)));
  total = s.n;
  RZ_TRY_DONE(rc, rz_sum_i64(run->comm, 1, &total));
  RZ_TRY_DONE(rc, rz_agree(run->comm, RZ_NEW(s.n, &log_psi)));
  RZ_TRY_DONE(rc, rz_agree(run->comm, a->cls->log_psi(a, s.n, s.spin, log_psi)));
  RZ_TRY_DONE(rc, rz_agree(run->comm, RZ_NEW(total, &all_log_psi)));
  RZ_TRY_DONE(rc, rz_agree(run->comm, RZ_NEW(total * s.n_site, &all_spin)));
  RZ_TRY_DONE(rc, rz_allgather(run->comm, s.n, (size_t)s.n_site, s.spin, all_spin));
  RZ_TRY_DONE(rc, rz_allgather(run->comm, s.n, sizeof *log_psi, log_psi, all_log_psi));
  if (results) rc = write_samples(results, total, s.n_site, all_spin, all_log_psi);
  rc = rz_agree(run->comm, rc);
done:
  rz_free(&all_spin);
  rz_free(&all_log_psi);
  rz_free(&log_psi);
  rz_samples_free(&s);
  return rc;
}
