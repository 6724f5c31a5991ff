/* Every allocation of the analytic solvers fails once: the error is reported, nothing leaks, nothing is returned. */
/* modules: exact core */
#include "check.h"

#include "ritz/core/memory.h"
#include "ritz/exact/bethe.h"
#include "ritz/exact/closed_form.h"
#include "ritz/exact/free_fermion.h"

static const double couplings[4] = {1.0, 0.5, -0.7, 0.2};

static rz_err ring(void) {
  rz_free_fermion *s = NULL;
  const rz_err err = rz_free_fermion_ring(6, 1.0, 0.5, 0, &s);
  RZ_EXPECT((err == RZ_OK) == (s != NULL));
  rz_free_fermion_destroy(&s);
  return err;
}

static rz_err open_chain(const double *jy) {
  rz_free_fermion *s = NULL;
  const rz_err err = rz_free_fermion_open(4, couplings, jy, couplings, 0, &s);
  RZ_EXPECT((err == RZ_OK) == (s != NULL));
  rz_free_fermion_destroy(&s);
  return err;
}

static rz_err open_ising(void) { return open_chain(NULL); }
static rz_err open_xy(void) { return open_chain(couplings); }

static rz_err correlations(void) {
  rz_free_fermion *s = NULL;
  double a = 0.0, b = 0.0;
  rz_err err = rz_free_fermion_open(4, couplings, NULL, couplings, 0, &s);
  if (err == RZ_OK) err = rz_free_fermion_zz(s, 0, 3, &a);
  if (err == RZ_OK) err = rz_free_fermion_yy(s, 0, 3, &a);
  if (err == RZ_OK) err = rz_free_fermion_entropy(s, 0, 2, &a, &b);
  rz_free_fermion_destroy(&s);
  return err;
}

static rz_err bethe_ring(void) {
  rz_bethe_level level;
  return rz_bethe_ring(8, 0.5, 4, &level);
}

static rz_err bethe_open(void) {
  rz_bethe_level level;
  return rz_bethe_open_heisenberg(8, 4, &level);
}

static rz_err haldane_shastry(void) {
  double level;
  return rz_haldane_shastry_levels(8, 0, 1, &level);
}

int main(void) {
  rz_err (*const calls[])(void) = {ring, open_ising, open_xy, correlations, bethe_ring, bethe_open, haldane_shastry};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
    const int64_t alive = rz_memory_query().n_alive;
    int n_failed = 0;
    rz_err err = RZ_ERR_MEMORY;
    for (int at = 1; at < 100 && err == RZ_ERR_MEMORY; ++at) {
      rz_memory_fail_at(at);
      err = calls[i]();
      n_failed += err == RZ_ERR_MEMORY;
      RZ_EXPECT(rz_memory_query().n_alive == alive);
    }
    rz_memory_fail_at(0);
    RZ_EXPECT(err == RZ_OK && n_failed > 0);
  }
  return rz_check_finish();
}
