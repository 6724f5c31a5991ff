/* modules: estimate sample ansatz model linalg core */
/* Local energies per second through rz_local_values (the tables of every configuration included) on a ring, the part of
 * the ratios alone, and local energies from log psi of all connected configurations by a matrix product. CPU time of
 * one rank, slices of all interleaved. Arguments: N M real|complex tfim|heisenberg, or none for a table of cases. */
#include "walkers.h"

#include "ritz/estimate/energy.h"

static const bench_case cases[] = {
    {40, 40, false, false},  {40, 160, false, false},  {100, 100, false, false},
    {80, 320, false, false}, {160, 640, false, false}, {40, 40, false, true},
    {40, 160, false, true},  {40, 40, true, false},    {40, 160, true, false},
};
enum { N_CASE = sizeof cases / sizeof *cases, SAMPLES = WALKERS };

/* Connected configurations of one sample at a time, itself first. */
static double forward_energy(bench_walkers *w, const int8_t *spin, int64_t *set, double complex *mel) {
  const int n = w->c.n_site;
  const int64_t n_conn = rz_operator_connected(w->model.h, spin, set, mel);
  for (int64_t k = 0; k <= n_conn; k++)
    for (int i = 0; i < n; i++) w->in[k * n + i] = spin[i];
  for (int64_t k = 0; k < n_conn; k++) {
    const rz_flip_set *f = rz_operator_flip_set(w->model.h, set[k]);
    for (int i = 0; i < f->n_flip; i++) w->in[k * n + f->site[i]] = -w->in[k * n + f->site[i]];
  }
  full_forward(w, n_conn + 1);
  double sum = 0.0;
  for (int64_t k = 0; k < n_conn; k++) sum += creal(mel[k]) * exp(w->log_psi[k] - w->log_psi[n_conn]);
  return sum;
}

/* All ratios of the Hamiltonian in blocks whose tables are made before the clock starts. All flip equally many sites.
 */
static double ratios_alone(const bench_walkers *w, rz_block *b, int64_t *n_ratio) {
  enum { MOST = 1024 };
  double out[2 * RZ_LANES * MOST / 8];
  int32_t site[2 * MOST];
  int n = 0, n_flip = 0;
  for (int64_t k = 0; k < rz_operator_n_flip_set(w->model.h) && n < MOST; k++) {
    const rz_flip_set *f = rz_operator_flip_set(w->model.h, k);
    for (int i = 0; i < f->n_flip; i++) site[n * f->n_flip + i] = f->site[i];
    n_flip = f->n_flip;
    n += n_flip > 0;
  }
  const double t = rz_cpu_time();
  for (int repeat = 0; repeat < 20; repeat++)
    for (int k = 0; k < n; k += MOST / 8)
      rz_block_ratios(w->ansatz, b, n - k < MOST / 8 ? n - k : MOST / 8, n_flip, site + k * n_flip, out);
  *n_ratio = (int64_t)20 * n * RZ_LANES;
  return rz_cpu_time() - t;
}

static rz_err measure(const bench_case *c, const rz_comm *comm) {
  enum { FEW = 32 };
  bench_walkers w;
  bench_times ours = {0}, ratio = {0}, forward = {0};
  rz_samples s = {0};
  rz_block *block = NULL;
  double complex *value = NULL, *mel = NULL;
  int64_t *set = NULL, n_ratio;
  double least, median, ratio_least, ratio_median, forward_least = NAN, forward_median, worst = 0.0;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, bench_walkers_init(c, comm, 2 * c->n_site + 2, &w));
  RZ_TRY_DONE(rc, rz_sampler_draw(w.sampler, w.ansatz, 1, &s));
  RZ_TRY_DONE(rc, RZ_NEW(SAMPLES, &value));
  RZ_TRY_DONE(rc, RZ_NEW(rz_operator_n_flip_set(w.model.h), &set));
  RZ_TRY_DONE(rc, RZ_NEW(rz_operator_n_flip_set(w.model.h), &mel));
  RZ_TRY_DONE(rc, rz_block_create(w.ansatz, &block));
  rz_block_set(block, RZ_LANES, s.spin);
  (void)rz_block_refresh(w.ansatz, block);
  for (int slice = 0; slice < 20; slice++) {
    double t = rz_cpu_time();
    for (int k = 0; k < 4; k++)
      RZ_TRY_DONE(rc, rz_local_values(w.model.h, w.ansatz, SAMPLES, s.spin, value, NULL, NULL));
    ours.s[ours.n++] = (rz_cpu_time() - t) / (4 * SAMPLES);
    t = ratios_alone(&w, block, &n_ratio);
    ratio.s[ratio.n++] = t / (double)n_ratio;
    if (c->is_complex) continue;
    t = rz_cpu_time();
    for (int i = 0; i < FEW; i++) {
      const double e = forward_energy(&w, s.spin + (int64_t)i * c->n_site, set, mel);
      worst = fmax(worst, fabs(e - creal(value[i])) / fabs(e));
    }
    forward.s[forward.n++] = (rz_cpu_time() - t) / FEW;
  }
  RZ_CHECK_DONE(rc, worst < 1e-9, RZ_ERR_NUM, "the two local energies differ by %g", worst);
  bench_summary(&ours, &least, &median);
  bench_summary(&ratio, &ratio_least, &ratio_median);
  if (!c->is_complex) bench_summary(&forward, &forward_least, &forward_median);
  printf("%4d %5d %-8s %-11s %9.1f %8.1f %9.2e %8.2f %9.2f %9.0f %7.1f\n", c->n_site, c->n_hidden,
         c->is_complex ? "complex" : "real", c->heisenberg ? "heisenberg" : "tfim", 1e9 * least, 1e9 * median,
         1.0 / least, 1e9 * least / c->n_site, 1e9 * ratio_least, 1e9 * forward_least, forward_least / least);
done:
  rz_block_destroy(&block);
  rz_free(&mel);
  rz_free(&set);
  rz_free(&value);
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
  printf("local energies, %d samples, instruction set %s, BLAS %s\n", SAMPLES, rz_isa_name(rz_isa_current()),
         bench_blas());
  printf("%4s %5s %-8s %-11s %9s %8s %9s %8s %9s %9s %7s\n", "N", "M", "weights", "model", "ns/E_loc", "median",
         "E_loc/s", "per site", "ratio ns", "full ns", "gain");
  const int n = bench_cases(argc, argv, N_CASE, cases, list);
  for (int i = 0; i < n && rc == RZ_OK; i++) rc = measure(&list[i], &comm);
  if (rc != RZ_OK) fprintf(stderr, "%s\n", rz_error_message());
  MPI_Finalize();
  return rc != RZ_OK;
}
