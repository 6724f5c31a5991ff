/* modules: sample ansatz model linalg core */
/* Proposals per second of the whole sampler (random numbers, choice of the move, ratio, acceptance, caches, refreshes)
 * on a ring, and of a sampler that computes log psi of every proposed batch anew by a matrix product. CPU time of one
 * rank, slices of both interleaved. Arguments: N M real|complex tfim|heisenberg, or none for a table of cases. */
#include "walkers.h"

#include "ritz/core/rng.h"

static const bench_case cases[] = {
    {40, 40, false, false},  {40, 160, false, false},  {100, 100, false, false},
    {80, 320, false, false}, {160, 640, false, false}, {40, 40, false, true},
    {40, 160, false, true},  {40, 40, true, false},    {40, 160, true, false},
};
enum { N_CASE = sizeof cases / sizeof *cases, SWEEPS = 16, FORWARD_STEPS = 8 };

/* One proposal of every walker: flip (or exchange), log psi of all, accept. spin is w->in. */
static void forward_step(bench_walkers *w, double *current, rz_rng *rng) {
  const int n = w->c.n_site;
  const int64_t site = (int64_t)rz_rng_below(rng, (uint32_t)n), other = (site + 1) % n;
  for (int64_t i = 0; i < WALKERS; i++) {
    double *s = w->in + i * n;
    s[site] = -s[site];
    if (w->c.heisenberg) s[other] = -s[other];
  }
  full_forward(w, WALKERS);
  for (int64_t i = 0; i < WALKERS; i++) {
    double *s = w->in + i * n;
    const bool possible = !w->c.heisenberg || s[site] != s[other];
    if (possible && rz_rng_uniform(rng) < exp(2.0 * (w->log_psi[i] - current[i]))) {
      current[i] = w->log_psi[i];
      continue;
    }
    s[site] = -s[site];
    if (w->c.heisenberg) s[other] = -s[other];
  }
}

static rz_err measure(const bench_case *c, const rz_comm *comm) {
  bench_walkers w;
  bench_times ours = {0}, forward = {0};
  rz_samples s = {0};
  double current[WALKERS], least, median, forward_least = NAN, forward_median;
  rz_rng rng = rz_rng_stream(1, RZ_RNG_TEST, 0);
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, bench_walkers_init(c, comm, WALKERS, &w));
  RZ_TRY_DONE(rc, rz_sampler_draw(w.sampler, w.ansatz, 1, &s));
  for (int64_t k = 0; k < WALKERS * c->n_site; k++) w.in[k] = s.spin[k];
  if (!c->is_complex) full_forward(&w, WALKERS);
  memcpy(current, w.log_psi, sizeof current);
  const double per_sweep = (double)WALKERS * c->n_site;
  for (int slice = 0; slice < 20; slice++) {
    double t = rz_cpu_time();
    RZ_TRY_DONE(rc, rz_sampler_sweep(w.sampler, w.ansatz, SWEEPS));
    ours.s[ours.n++] = (rz_cpu_time() - t) / (SWEEPS * per_sweep);
    t = rz_cpu_time();
    for (int k = 0; k < FORWARD_STEPS && !c->is_complex; k++) forward_step(&w, current, &rng);
    forward.s[forward.n++] = (rz_cpu_time() - t) / (FORWARD_STEPS * WALKERS);
  }
  bench_summary(&ours, &least, &median);
  if (!c->is_complex) bench_summary(&forward, &forward_least, &forward_median);
  printf("%4d %5d %-8s %-11s %9.2f %8.2f %9.2e %8.2f %9.1f %7.1f\n", c->n_site, c->n_hidden,
         c->is_complex ? "complex" : "real", c->heisenberg ? "heisenberg" : "tfim", 1e9 * least, 1e9 * median,
         1.0 / least, rz_sampler_info_last(w.sampler).acceptance, 1e9 * forward_least, forward_least / least);
done:
  rz_samples_free(&s);
  bench_walkers_free(&w);
  return rc;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rz_comm comm;
  bench_case list[N_CASE];
  rz_err rc = rz_comm_wrap(MPI_COMM_SELF, &comm);
  const char *isa = getenv("RITZ_BENCH_ISA");
  if (rc == RZ_OK) rc = rz_isa_choose(&comm, isa ? isa : "auto");
  printf("sampling, %d walkers, instruction set %s, BLAS %s\n", WALKERS, rz_isa_name(rz_isa_current()), bench_blas());
  printf("%4s %5s %-8s %-11s %9s %8s %9s %8s %9s %7s\n", "N", "M", "weights", "model", "ns/prop", "median", "prop/s",
         "accepted", "full ns", "gain");
  const int n = bench_cases(argc, argv, N_CASE, cases, list);
  for (int i = 0; i < n && rc == RZ_OK; i++) rc = measure(&list[i], &comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n", rz_error_message());
  MPI_Finalize();
  return rc != RZ_OK;
}
