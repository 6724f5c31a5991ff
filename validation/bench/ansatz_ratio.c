/* modules: ansatz net model linalg core */
/* Cost of ratios, commits and refreshes in ns per walker: CPU time, least of many slices. */
#include "ritz/ansatz/ansatz.h"
#include "ritz/core/clock.h"
#include <mpi.h>
#include <stdio.h>

typedef struct cost {
  double ratio1, ratio2, commit, refresh, jacobian;
} cost;

static void least(double *best, double seconds, int n) {
  const double ns = 1e9 * seconds / n / RZ_LANES;
  if (ns < *best) *best = ns;
}

static void measure(const rz_ansatz *a, rz_block *b, cost *c) {
  enum { SLICES = 60, CALLS = 100 };
  double out[2 * RZ_LANES];
  uint8_t accept[RZ_LANES];
  int8_t spin[RZ_LANES * 256];
  const int n = a->n_site;
  for (int i = 0; i < n; ++i)
    for (int l = 0; l < RZ_LANES; ++l) b->spin[i * RZ_LANES + l] = (int8_t)((i * 7 + l * 5 + i * l) % 3 ? 1 : -1);
  for (int l = 0; l < RZ_LANES; ++l) rz_block_get(b, l, spin + l * n);
  for (int l = 0; l < RZ_LANES; ++l) accept[l] = (uint8_t)(l % 2);
  *c = (cost){1e9, 1e9, 1e9, 1e9, 1e9};
  for (int s = 0; s < SLICES; ++s) {
    double t = rz_cpu_time();
    for (int k = 0; k < CALLS / 10; ++k) rz_block_refresh(a, b);
    least(&c->refresh, rz_cpu_time() - t, CALLS / 10);
    t = rz_cpu_time();
    for (int k = 0; k < CALLS; ++k) rz_block_ratio(a, b, 1, &(int32_t){k % n}, out);
    least(&c->ratio1, rz_cpu_time() - t, CALLS);
    t = rz_cpu_time();
    for (int k = 0; k < CALLS; ++k) rz_block_ratio(a, b, 2, (const int32_t[]){k % n, (k + 1) % n}, out);
    least(&c->ratio2, rz_cpu_time() - t, CALLS);
    t = rz_cpu_time();
    for (int k = 0; k < CALLS; ++k) rz_block_commit(a, b, accept);
    least(&c->commit, rz_cpu_time() - t, CALLS);
    t = rz_cpu_time();
    for (int k = 0; k < CALLS / 10; ++k) {
      rz_jacobian *j;
      if (a->cls->jacobian(a, RZ_LANES, spin, &j) != RZ_OK) return;
      rz_jacobian_destroy(&j);
    }
    least(&c->jacobian, rz_cpu_time() - t, CALLS / 10);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const int size[] = {40, 80, 160};
  const char *spec[] = {"kind=rbm alpha=1 symmetry=translation", "kind=rbm alpha=4 symmetry=translation",
                        "kind=rbm alpha=4 weights=complex symmetry=translation", "kind=jastrow"};
  printf("ns per walker\n%4s %-56s %8s %8s %8s %8s %8s\n", "N", "ansatz", "1 flip", "2 flips", "commit", "refresh",
         "jacobian");
  int rc = 0;
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 4; ++k) {
      const rz_lattice_spec chain = {"chain", 1, {size[i], 1}, {true, false}, 0, NULL};
      rz_lattice *l = NULL;
      rz_ansatz *a = NULL;
      rz_block *b = NULL;
      cost c;
      if (rz_lattice_create(&chain, &l) == RZ_OK && rz_ansatz_create_spec(l, 1, spec[k], &a) == RZ_OK &&
          rz_block_create(a, &b) == RZ_OK) {
        measure(a, b, &c);
        printf("%4d %-56s %8.1f %8.1f %8.1f %8.0f %8.0f\n", size[i], spec[k], c.ratio1, c.ratio2, c.commit, c.refresh,
               c.jacobian);
      } else {
        fprintf(stderr, "%s\n", rz_error_message());
        rc = 1;
      }
      rz_block_destroy(&b);
      rz_ansatz_destroy(&a);
      rz_lattice_destroy(&l);
    }
  MPI_Finalize();
  return rc;
}
