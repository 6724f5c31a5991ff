#include "ed_basis.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <string.h>

enum { MAX_TABLE_SITES = 40, SEARCH_BITS = 16 }; /* two tables of at most 2^20 entries */

/* --- Plain: tables of the position --- */

static rz_err make_rank_tables(rz_ed_basis *b) {
  const rz_sector *const s = &b->sector;
  if (!s->fixed_sz || s->n_site > MAX_TABLE_SITES) return RZ_OK;
  b->n_low = s->n_site / 2;
  b->low_mask = ((uint64_t)1 << b->n_low) - 1;
  const int64_t n_low = (int64_t)1 << b->n_low, n_high = (int64_t)1 << (s->n_site - b->n_low);
  RZ_TRY(RZ_NEW(n_low, &b->low));
  RZ_TRY(RZ_NEW(n_high, &b->high));
  b->bytes += (n_low + n_high) * (int64_t)sizeof(int64_t);
  for (int64_t i = 0; i < n_low; i++) b->low[i] = rz_sector_rank(s, (uint64_t)i);
  for (int64_t i = 0; i < n_high; i++) { /* set bits are counted from those below on */
    int k = s->n_up - __builtin_popcountll((uint64_t)i);
    b->high[i] = 0;
    if (k < 0) continue; /* never asked for */
    for (uint64_t bits = (uint64_t)i; bits; bits &= bits - 1)
      b->high[i] += s->choose[b->n_low + __builtin_ctzll(bits)][++k];
  }
  return RZ_OK;
}

/* --- With symmetries: the list of orbits --- */

/* n_r of a state that is the smallest of its orbit, 0 for any other. */
static double orbit_norm(const rz_ed_group *g, uint64_t state) {
  double complex sum = 0.0;
  for (int k = 0; k < g->n; k++) {
    const uint64_t image = rz_ed_group_apply(g, k, state);
    if (image < state) return 0.0;
    if (image == state) sum += g->character[k];
  }
  const double norm = creal(sum) / g->n; /* a whole number of states of the stabiliser, or zero up to rounding */
  return norm * g->n > 0.5 ? norm : 0.0;
}

/* Orbits whose smallest state is in this rank's share of the sector; with state = NULL they are only counted. */
static int64_t scan(const rz_ed_basis *b, rz_range share, uint64_t *state, double *norm) {
  uint64_t s = share.count > 0 ? rz_sector_unrank(&b->sector, share.first) : 0;
  int64_t n = 0;
  for (int64_t i = 0; i < share.count; i++) {
    const double n_r = orbit_norm(b->group, s);
    if (n_r > 0.0) {
      if (state) {
        state[n] = s;
        norm[n] = n_r;
      }
      n++;
    }
    if (i + 1 < share.count) s = rz_sector_next(&b->sector, s);
  }
  return n;
}

/* Where the states of each value of the highest bits begin: a search then looks at few. */
static rz_err make_search_table(rz_ed_basis *b) {
  b->shift = b->sector.n_site > SEARCH_BITS ? b->sector.n_site - SEARCH_BITS : 0;
  const int64_t n = (int64_t)1 << (b->sector.n_site - b->shift);
  RZ_TRY(RZ_NEW0(n + 1, &b->start));
  b->bytes += (n + 1) * (int64_t)sizeof *b->start;
  for (int64_t a = 0; a < b->dim; a++) b->start[(b->state[a] >> b->shift) + 1]++;
  for (int64_t i = 0; i < n; i++) b->start[i + 1] += b->start[i];
  return RZ_OK;
}

static rz_err list_orbits(rz_ed_basis *b, const rz_comm *comm) {
  const rz_range share = rz_share(b->sector.dim, comm->rank, comm->size);
  const int64_t n = scan(b, share, NULL, NULL);
  uint64_t *state = NULL;
  double *norm = NULL;
  rz_err rc = RZ_OK;
  b->dim = n;
  RZ_TRY_DONE(rc, rz_sum_i64(comm, 1, &b->dim));
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(n, &state)));
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(n, &norm)));
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(b->dim, &b->state)));
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(b->dim, &b->norm)));
  (void)scan(b, share, state, norm);
  RZ_TRY_DONE(rc, rz_allgather(comm, n, sizeof *state, state, b->state));
  RZ_TRY_DONE(rc, rz_allgather(comm, n, sizeof *norm, norm, b->norm));
  b->bytes += b->dim * (int64_t)(sizeof *state + sizeof *norm);
  RZ_TRY_DONE(rc, rz_agree(comm, make_search_table(b)));
done:
  rz_free(&state);
  rz_free(&norm);
  return rc;
}

int64_t rz_ed_basis_find(const rz_ed_basis *b, uint64_t state, double complex *character) {
  const rz_ed_group *const g = b->group;
  uint64_t least = state;
  int by = 0;
  for (int k = 1; k < g->n; k++) {
    const uint64_t image = rz_ed_group_apply(g, k, state);
    if (image < least) {
      least = image;
      by = k;
    }
  }
  *character = g->character[by];
  int64_t low = b->start[least >> b->shift], high = b->start[(least >> b->shift) + 1];
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (b->state[middle] < least)
      low = middle + 1;
    else
      high = middle;
  }
  return low < b->dim && b->state[low] == least ? low : -1; /* low may be the first of the next part */
}

static rz_err check_sector(const rz_ed_spec *spec) {
  RZ_CHECK(!spec->fixed_sz || rz_operator_keeps_sz(spec->op), RZ_ERR_ARG,
           "the Hamiltonian does not conserve the total Sz, so there is no sector of %d up spins", spec->n_up);
  return RZ_OK;
}

rz_err rz_ed_basis_create(const rz_ed_spec *spec, const rz_ed_operator *op, const rz_comm *comm, rz_ed_basis **out) {
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(1, out)));
  rz_ed_basis *const b = *out;
  RZ_TRY_DONE(rc, rz_sector_init(op->n_site, spec->fixed_sz, spec->n_up, &b->sector));
  RZ_TRY_DONE(rc, check_sector(spec));
  RZ_TRY_DONE(rc, rz_agree(comm, rz_ed_group_create(spec, op, &b->group)));
  b->plain = b->group->n == 1;
  b->dim = b->sector.dim;
  b->bytes = (int64_t)sizeof *b + (int64_t)b->group->n * b->group->n_byte * 256 * 8;
  if (b->plain)
    RZ_TRY_DONE(rc, rz_agree(comm, make_rank_tables(b)));
  else
    RZ_TRY_DONE(rc, list_orbits(b, comm));
  RZ_CHECK_DONE(rc, b->dim > 0, RZ_ERR_ARG, "the sector is empty: no state has these quantum numbers");
done:
  if (rc != RZ_OK) rz_ed_basis_destroy(out);
  return rc;
}

void rz_ed_basis_destroy(rz_ed_basis **basis) {
  if (!*basis) return;
  rz_ed_group_destroy(&(*basis)->group);
  rz_free(&(*basis)->low);
  rz_free(&(*basis)->high);
  rz_free(&(*basis)->state);
  rz_free(&(*basis)->norm);
  rz_free(&(*basis)->start);
  rz_free(basis);
}
