#include "ed_basis.h"
#include "ritz/core/memory.h"

enum { MAX_TABLE_SITES = 40 }; /* two tables of at most 2^20 entries */

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

/* --- With symmetries --- */

/* Room on the stack for the least images of some configurations and all images of one. */
enum { BATCH = 64 };

static int32_t element_to(const rz_ed_group *g, uint64_t state, uint64_t least, uint64_t *image) {
  int32_t k = 0;
  rz_ed_group_images(g, state, image);
  while (image[k] != least) k++;
  return k < g->n ? k : 0; /* the lanes behind the elements hold the identity */
}

void rz_ed_basis_find(const rz_ed_basis *b, int64_t n, const uint64_t *state, int64_t *number, int32_t *element) {
  const rz_ed_group *const g = b->group;
  uint64_t least[BATCH], image[RZ_ED_MAX_ELEMENT];
  for (int64_t first = 0; first < n; first += BATCH) {
    const int64_t count = n - first < BATCH ? n - first : BATCH;
    for (int64_t i = 0; i < count; i++) {
      least[i] = rz_ed_group_least(g, state[first + i]);
      element[first + i] = g->trivial ? 0 : element_to(g, state[first + i], least[i], image);
    }
    rz_ed_search_find(b->search, count, least, number + first);
  }
}

static rz_err list_orbits(rz_ed_basis *b, const rz_comm *comm) {
  RZ_TRY(rz_ed_orbits_list(b, comm));
  RZ_TRY(rz_agree(comm, rz_ed_search_create(b->sector.n_site, b->dim, b->state, &b->search)));
  b->bytes += b->dim * (int64_t)(sizeof *b->state + sizeof *b->stabiliser) + rz_ed_search_bytes(b->search);
  return RZ_OK;
}

rz_err rz_ed_basis_sector(const rz_ed_spec *spec, rz_sector *out) {
  RZ_TRY(rz_sector_init(rz_operator_n_site(spec->op), spec->fixed_sz, spec->n_up, out));
  RZ_CHECK(!spec->fixed_sz || rz_operator_keeps_sz(spec->op), RZ_ERR_ARG,
           "the Hamiltonian does not conserve the total Sz, so there is no sector of %d up spins", spec->n_up);
  return RZ_OK;
}

rz_err rz_ed_basis_create(const rz_ed_spec *spec, const rz_ed_operator *op, const rz_comm *comm, rz_ed_basis **out) {
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(1, out)));
  rz_ed_basis *const b = *out;
  RZ_TRY_DONE(rc, rz_ed_basis_sector(spec, &b->sector));
  RZ_TRY_DONE(rc, rz_agree(comm, rz_ed_group_create(spec, op, &b->group)));
  b->plain = b->group->n == 1;
  b->dim = b->sector.dim;
  b->bytes = (int64_t)sizeof *b + rz_ed_group_bytes(b->group);
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
  rz_free(&(*basis)->stabiliser);
  rz_ed_search_destroy(&(*basis)->search);
  rz_free(basis);
}
