#include "ritz/estimate/persistence.h"

#include "ritz/core/memory.h"
#include <math.h>

rz_err rz_persistence_init(const rz_sampler *s, rz_persistence *out) {
  *out = (rz_persistence){.exact = rz_sampler_is_exact(s)};
  if (out->exact) return RZ_OK;
  out->n_chain = rz_sampler_outline(s).n_chain;
  RZ_TRY(RZ_NEW(out->n_chain, &out->last));
  for (int64_t c = 0; c < out->n_chain; c++) out->last[c] = NAN;
  return RZ_OK;
}

void rz_persistence_free(rz_persistence *p) { rz_free(&p->last); }

/* Mean of a chain less `mean`; samples that were dropped stand at the mean of the others. */
static double deviation(const rz_samples *s, const double complex *eloc, int64_t chain, double mean) {
  const int64_t first = chain * s->n_draw;
  double sum = 0.0;
  for (int64_t i = first; i < first + s->n_draw; i++)
    if (s->weight[i] != 0.0) sum += creal(eloc[i]) - mean;
  return sum / (double)s->n_draw;
}

rz_err rz_persistence_measure(rz_persistence *p, const rz_comm *comm, const rz_samples *s, const double complex *eloc,
                              double mean, double *correlation) {
  *correlation = NAN;
  if (p->exact) return RZ_OK;
  double *part = NULL, sum[3];
  rz_err rc = rz_agree(comm, RZ_NEW(3 * p->n_chain, &part));
  if (rc != RZ_OK) goto done;
  for (int64_t c = 0; c < p->n_chain; c++) {
    const double now = deviation(s, eloc, c, mean), last = p->last[c];
    part[3 * c] = now * last;
    part[3 * c + 1] = now * now;
    part[3 * c + 2] = last * last;
    p->last[c] = now;
  }
  RZ_TRY_DONE(rc, rz_tree_sum(comm, p->n_chain, s->n_chain_global, 3, part, sum));
  if (sum[1] > 0.0 && sum[2] > 0.0) *correlation = sum[0] / sqrt(sum[1] * sum[2]);
done:
  rz_free(&part);
  return rc;
}

rz_err rz_persistence_state(rz_persistence *p, rz_array_visit *visit, void *ctx) {
  if (p->exact) return RZ_OK;
  return visit(&(rz_array){.name = "training/chain_energy",
                           .type = RZ_F64,
                           .n_dim = 1,
                           .shape = {p->n_chain},
                           .distributed = true,
                           .data = p->last},
               ctx);
}
