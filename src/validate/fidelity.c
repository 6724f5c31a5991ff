#include "ritz/core/memory.h"
#include "ritz/core/tree.h"
#include "ritz/validate/reference.h"

#include <math.h>
#include <string.h>

enum { BATCH = 1024 };

/* log psi of states first .. first + n - 1 of the sector. */
static rz_err amplitudes(const rz_sector *sector, const rz_ansatz *a, int64_t first, int64_t n, int8_t *spin,
                         double complex *log_psi) {
  for (int64_t at = 0; at < n; at += BATCH) {
    const int64_t count = n - at < BATCH ? n - at : BATCH;
    uint64_t state = rz_sector_unrank(sector, first + at);
    for (int64_t k = 0; k < count; k++) {
      rz_bits_to_spins(state, a->n_site, spin + k * a->n_site);
      if (k + 1 < count) state = rz_sector_next(sector, state);
    }
    RZ_TRY(a->cls->log_psi(a, count, spin, log_psi + at));
  }
  return RZ_OK;
}

/* |psi|^2, then Re and Im of the overlap with each ground state, over states first .. first + n - 1; sum
 * [1 + 2 n_ground]. */
static void add_states(const rz_reference *r, int64_t first, int64_t n, const double complex *log_psi, double largest,
                       double *sum) {
  memset(sum, 0, (size_t)(1 + 2 * r->n_ground) * sizeof *sum);
  for (int64_t i = 0; i < n; i++) {
    const double complex psi = cexp(log_psi[i] - largest);
    sum[0] += creal(psi) * creal(psi) + cimag(psi) * cimag(psi);
    for (int k = 0; k < r->n_ground; k++) {
      const double complex term = conj(r->ground[k][first + i]) * psi;
      sum[1 + 2 * k] += creal(term);
      sum[2 + 2 * k] += cimag(term);
    }
  }
}

/* Batch by batch, summed by a fixed tree: the same bits on any number of ranks. */
static rz_err sum_states(const rz_reference *r, const rz_comm *comm, rz_range mine, const double complex *log_psi,
                         double *sum) {
  rz_tree *tree = NULL;
  double largest = -INFINITY;
  rz_err rc = RZ_OK;
  for (int64_t i = 0; i < mine.count; i++) largest = fmax(largest, creal(log_psi[i]));
  RZ_TRY(rz_max(comm, 1, &largest));
  RZ_TRY(rz_tree_create(comm, (mine.count + BATCH - 1) / BATCH, &tree));
  RZ_TRY_DONE(rc, rz_agree(comm, rz_tree_begin(tree, 1 + 2 * r->n_ground)));
  for (int64_t at = 0; at < mine.count; at += BATCH)
    add_states(r, mine.first + at, mine.count - at < BATCH ? mine.count - at : BATCH, log_psi + at, largest,
               rz_tree_item(tree));
  RZ_TRY_DONE(rc, rz_tree_end(tree, sum));
done:
  rz_tree_destroy(&tree);
  return rc;
}

rz_err rz_reference_fidelity(const rz_reference *r, const rz_ansatz *a, const rz_comm *comm, double *fidelity) {
  *fidelity = NAN;
  if (!r->ground) return RZ_OK;
  const rz_range mine = rz_share_blocks(r->sector.dim, BATCH, comm->rank, comm->size);
  double complex *log_psi = NULL;
  double *sum = NULL;
  int8_t *spin = NULL;
  rz_err rc = RZ_NEW(mine.count, &log_psi);
  if (rc == RZ_OK) rc = RZ_NEW0(1 + 2 * r->n_ground, &sum);
  if (rc == RZ_OK) rc = RZ_NEW((int64_t)BATCH * a->n_site, &spin);
  if (rc == RZ_OK) rc = amplitudes(&r->sector, a, mine.first, mine.count, spin, log_psi);
  RZ_TRY_DONE(rc, rz_agree(comm, rc));
  RZ_TRY_DONE(rc, sum_states(r, comm, mine, log_psi, sum));
  *fidelity = 0.0;
  for (int k = 0; k < r->n_ground; k++)
    *fidelity += (sum[1 + 2 * k] * sum[1 + 2 * k] + sum[2 + 2 * k] * sum[2 + 2 * k]) / sum[0];
done:
  rz_free(&spin);
  rz_free(&sum);
  rz_free(&log_psi);
  return rc;
}
