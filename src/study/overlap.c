#include "overlap.h"

#include "ritz/core/memory.h"
#include "ritz/core/tree.h"
#include "ritz/model/sector.h"
#include "ritz/sample/chains.h"
#include "ritz/sample/sampler.h"
#include <complex.h>
#include <math.h>
#include <string.h>

/* Boundaries may differ: they say how sites are joined, not which is which. The sites of a graph are what its file
 * makes of them. */
static bool same_sites(const rz_lattice_spec *a, const rz_lattice_spec *b) {
  if (strcmp(a->geometry, "graph") == 0 || strcmp(b->geometry, "graph") == 0) return true;
  bool same = strcmp(a->geometry, b->geometry) == 0 && a->n_dim == b->n_dim && a->legs == b->legs;
  for (int k = 0; same && k < a->n_dim; k++) same = a->length[k] == b->length[k];
  return same;
}

rz_err rz_overlap_check(const rz_model *a, const rz_model *b) {
  const int n = rz_lattice_n_site(a->lattice);
  RZ_CHECK(n == rz_lattice_n_site(b->lattice), RZ_ERR_INPUT, "the states have %d and %d sites", n,
           rz_lattice_n_site(b->lattice));
  RZ_CHECK(same_sites(rz_lattice_spec_of(a->lattice), rz_lattice_spec_of(b->lattice)), RZ_ERR_INPUT,
           "the states live on different lattices ('%s' and '%s', or other lengths): their sites do not correspond",
           rz_lattice_spec_of(a->lattice)->geometry, rz_lattice_spec_of(b->lattice)->geometry);
  RZ_CHECK(a->fixed_sz == b->fixed_sz && (!a->fixed_sz || a->n_up == b->n_up), RZ_ERR_INPUT,
           "the states belong to different Sz sectors");
  RZ_CHECK(a->marshall == b->marshall, RZ_ERR_INPUT,
           "one state is in the basis rotated by the Marshall sign, the other is not");
  return RZ_OK;
}

/* --- Full sum ----------------------------------------------------------------------------------------------------- */

enum { BATCH = 1024 };
static const double FULL_SUM_DIM = 1 << 20;

/* sum[0..3]: |a|^2, |b|^2, Re and Im of a* b over n states. Amplitudes are scaled by the common maxima. */
static void accumulate(int64_t n, const double complex *log_a, const double complex *log_b, double max_a, double max_b,
                       double sum[4]) {
  memset(sum, 0, 4 * sizeof *sum);
  for (int64_t i = 0; i < n; i++) {
    const double complex a = cexp(log_a[i] - max_a), b = cexp(log_b[i] - max_b), ab = conj(a) * b;
    sum[0] += creal(a * conj(a));
    sum[1] += creal(b * conj(b));
    sum[2] += creal(ab);
    sum[3] += cimag(ab);
  }
}

/* Batch by batch, summed by a fixed tree: the same bits on any number of ranks. */
static rz_err sum_batches(const rz_comm *comm, int64_t n, const double complex *log_a, const double complex *log_b,
                          const double largest[2], double sum[4]) {
  rz_tree *tree = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_tree_create(comm, (n + BATCH - 1) / BATCH, &tree));
  RZ_TRY_DONE(rc, rz_agree(comm, rz_tree_begin(tree, 4)));
  for (int64_t at = 0; at < n; at += BATCH)
    accumulate(n - at < BATCH ? n - at : BATCH, log_a + at, log_b + at, largest[0], largest[1], rz_tree_item(tree));
  RZ_TRY_DONE(rc, rz_tree_end(tree, sum));
done:
  rz_tree_destroy(&tree);
  return rc;
}

static rz_err sector_log_psi(const rz_sector *sector, rz_range mine, const rz_ansatz *a, double complex *out,
                             double *largest) {
  int8_t *spin = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW((int64_t)BATCH * a->n_site, &spin));
  for (int64_t at = 0; at < mine.count; at += BATCH) {
    const int64_t n = mine.count - at < BATCH ? mine.count - at : BATCH;
    for (int64_t k = 0; k < n; k++)
      rz_bits_to_spins(rz_sector_unrank(sector, mine.first + at + k), a->n_site, spin + k * a->n_site);
    RZ_TRY_DONE(rc, a->cls->log_psi(a, n, spin, out + at));
  }
  for (int64_t i = 0; i < mine.count; i++) *largest = fmax(*largest, creal(out[i]));
done:
  rz_free(&spin);
  return rc;
}

/* The part of the full sum that needs no other rank; largest[2]: of Re log psi. */
static rz_err sector_pair(const rz_sector *sector, rz_range mine, const rz_ansatz *a, const rz_ansatz *b,
                          double complex **log_a, double complex **log_b, double largest[2]) {
  RZ_TRY(RZ_NEW(mine.count, log_a));
  RZ_TRY(RZ_NEW(mine.count, log_b));
  RZ_TRY(sector_log_psi(sector, mine, a, *log_a, &largest[0]));
  return sector_log_psi(sector, mine, b, *log_b, &largest[1]);
}

static rz_err full_sum(const rz_comm *comm, const rz_model *model, const rz_ansatz *a, const rz_ansatz *b,
                       rz_overlap *out) {
  rz_sector sector;
  RZ_TRY(rz_sector_init(a->n_site, model->fixed_sz, model->n_up, &sector));
  const rz_range mine = rz_share_blocks(sector.dim, BATCH, comm->rank, comm->size);
  double complex *log_a = NULL, *log_b = NULL;
  double largest[2] = {-INFINITY, -INFINITY}, sum[4] = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, sector_pair(&sector, mine, a, b, &log_a, &log_b, largest)));
  RZ_TRY_DONE(rc, rz_max(comm, 2, largest));
  RZ_TRY_DONE(rc, sum_batches(comm, mine.count, log_a, log_b, largest, sum));
  *out = (rz_overlap){.fidelity = (sum[2] * sum[2] + sum[3] * sum[3]) / (sum[0] * sum[1]), .error = 0.0, .exact = true};
done:
  rz_free(&log_b);
  rz_free(&log_a);
  return rc;
}

/* --- Sampling ----------------------------------------------------------------------------------------------------- */

typedef struct mean_ratio {
  rz_mean re, im;
} mean_ratio;

/* Ratios psi_to / psi_from of this rank's samples: part [2, n] holds Re, then Im. Local. */
static rz_err ratios(const rz_samples *s, const rz_ansatz *from, const rz_ansatz *to, double shift, double **part) {
  double complex *log_from = NULL, *log_to = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(s->n, &log_from));
  RZ_TRY_DONE(rc, RZ_NEW(s->n, &log_to));
  RZ_TRY_DONE(rc, RZ_NEW(2 * s->n, part));
  RZ_TRY_DONE(rc, from->cls->log_psi(from, s->n, s->spin, log_from));
  RZ_TRY_DONE(rc, to->cls->log_psi(to, s->n, s->spin, log_to));
  for (int64_t i = 0; i < s->n; i++) {
    const double complex ratio = cexp(log_to[i] - log_from[i] - shift);
    (*part)[i] = creal(ratio);
    (*part)[s->n + i] = cimag(ratio);
  }
done:
  rz_free(&log_to);
  rz_free(&log_from);
  return rc;
}

/* <psi_to / psi_from> over samples of |psi_from|^2. */
static rz_err mean_of_ratio(const rz_run *run, rz_sampler *sampler, const rz_ansatz *from, const rz_ansatz *to,
                            double shift, mean_ratio *out) {
  rz_samples s = {0};
  double *part = NULL;
  rz_err rc = RZ_OK;
  const int64_t chains = rz_sampler_spec_of(sampler)->chains;
  const int64_t wanted = rz_config_int(run->config, "evaluate", "max_samples");
  RZ_TRY_DONE(rc, rz_sampler_start(sampler, from));
  RZ_TRY_DONE(rc, rz_sampler_draw(sampler, from, wanted / chains > 8 ? wanted / chains : 8, &s));
  RZ_TRY_DONE(rc, rz_agree(run->comm, ratios(&s, from, to, shift, &part)));
  RZ_TRY_DONE(rc, rz_chains_mean(run->comm, s.n_chain, s.n_draw, s.n_chain_global, part, &out->re));
  RZ_TRY_DONE(rc, rz_chains_mean(run->comm, s.n_chain, s.n_draw, s.n_chain_global, part + s.n, &out->im));
done:
  rz_free(&part);
  rz_samples_free(&s);
  return rc;
}

static rz_err sample_ratio(const rz_run *run, const rz_model *model, uint64_t seed, const rz_ansatz *from,
                           const rz_ansatz *to, double shift, mean_ratio *out) {
  rz_sampler *sampler = NULL;
  RZ_TRY(rz_sampler_create(run->config, model, from, seed, run->comm, &sampler));
  rz_err rc = RZ_OK;
  if (rz_sampler_is_exact(sampler))
    rc = rz_error_set(RZ_ERR_INPUT, __FILE__, __LINE__, __func__,
                      "the overlap of so many configurations is sampled: method = 'metropolis' in &sampler");
  else
    rc = mean_of_ratio(run, sampler, from, to, shift, out);
  rz_sampler_destroy(&sampler);
  return rc;
}

/* log psi_b - log psi_a of one configuration, so that the ratios are of order one; it cancels in the product. */
static rz_err common_shift(const rz_model *model, const rz_ansatz *a, const rz_ansatz *b, double *shift) {
  int8_t *spin = NULL;
  double complex log_a, log_b;
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW(a->n_site, &spin));
  for (int i = 0; i < a->n_site; i++)
    spin[i] =
        (int8_t)(model->fixed_sz
                     ? ((int64_t)(i + 1) * model->n_up / a->n_site > (int64_t)i * model->n_up / a->n_site ? 1 : -1)
                     : 1);
  RZ_TRY_DONE(rc, a->cls->log_psi(a, 1, spin, &log_a));
  RZ_TRY_DONE(rc, b->cls->log_psi(b, 1, spin, &log_b));
  *shift = creal(log_b - log_a);
done:
  rz_free(&spin);
  return rc;
}

static rz_err sampled(const rz_run *run, const rz_model *model, const rz_ansatz *a, const rz_ansatz *b,
                      rz_overlap *out) {
  double shift = 0.0;
  mean_ratio ba, ab;
  RZ_TRY(rz_agree(run->comm, common_shift(model, a, b, &shift)));
  /* Two seeds: the errors are added as those of independent chains. */
  const uint64_t seed = (uint64_t)rz_config_int(run->config, "run", "seed");
  RZ_TRY(sample_ratio(run, model, seed, a, b, shift, &ba));
  RZ_TRY(sample_ratio(run, model, ~seed, b, a, -shift, &ab));
  const double complex x = ba.re.mean + I * ba.im.mean, y = ab.re.mean + I * ab.im.mean;
  out->fidelity = creal(x * y);
  out->error = hypot(cabs(y) * hypot(ba.re.error, ba.im.error), cabs(x) * hypot(ab.re.error, ab.im.error));
  out->exact = false;
  return RZ_OK;
}

rz_err rz_overlap_measure(const rz_run *run, const rz_model *model, const rz_ansatz *a, const rz_ansatz *b,
                          rz_overlap *out) {
  const bool summed = strcmp(rz_config_string(run->config, "sampler", "method"), "full_sum") == 0;
  if (summed || rz_sector_dimension(a->n_site, model->fixed_sz, model->n_up) <= FULL_SUM_DIM)
    return rz_agree(run->comm, full_sum(run->comm, model, a, b, out));
  return rz_agree(run->comm, sampled(run, model, a, b, out));
}
