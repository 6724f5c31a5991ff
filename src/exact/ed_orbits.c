/* The list of orbits: configurations that are the smallest of their orbit, in ascending order.
 *
 * A configuration with a smaller image is not listed, nor is any other that agrees with it in the bits which decided
 * that: rz_ed_group.reach tells how far down they go, and the search goes on behind all of these. So it looks at two or
 * three configurations for each one it lists, not at the whole sector. */
#include "ed_basis.h"
#include "ritz/core/memory.h"

#include <string.h>

enum { BLOCKS_PER_RANK = 16 }; /* the smallest configurations of a sector are the most often listed: dealt in turns */

typedef struct list {
  int64_t n, room;
  uint64_t *state;
  uint16_t *stabiliser;
} list;

static rz_err grow(list *l) {
  if (l->n < l->room) return RZ_OK;
  const int64_t room = l->room > 0 ? 2 * l->room : 1024;
  uint64_t *state = NULL;
  uint16_t *stabiliser = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(room, &state));
  RZ_TRY_DONE(rc, RZ_NEW(room, &stabiliser));
  if (l->n > 0) memcpy(state, l->state, (size_t)l->n * sizeof *state);
  if (l->n > 0) memcpy(stabiliser, l->stabiliser, (size_t)l->n * sizeof *stabiliser);
  rz_free(&l->state);
  rz_free(&l->stabiliser);
  l->state = state;
  l->stabiliser = stabiliser;
  l->room = room;
  return RZ_OK;
done:
  rz_free(&state);
  rz_free(&stabiliser);
  return rc;
}

/* The largest configuration of the sector that has the bits of s from `from` on. */
static uint64_t last_with(const rz_sector *sector, uint64_t s, int from) {
  const uint64_t low = ((uint64_t)1 << from) - 1;
  const int n_up = __builtin_popcountll(s & low);
  return (s & ~low) | (sector->fixed_sz ? (((uint64_t)1 << n_up) - 1) << (from - n_up) : low);
}

/* Elements that leave s as it is, or 0 if their characters add up to nothing: the sector has no such orbit. */
static int count_stabiliser(const rz_ed_group *g, uint64_t s, const uint64_t *image) {
  double complex sum = 0.0;
  int n = 0;
  for (int k = 0; k < g->n; k++)
    if (image[k] == s) {
      sum += g->character[k];
      n++;
    }
  return creal(sum) > 0.5 ? n : 0;
}

/* The lowest bit that all of the highest bits which show s not to be listed lie above; -1 if it is to be. */
static int lowest_bit(const rz_ed_group *g, uint64_t s, const uint64_t *image) {
  int from = -1;
  for (int k = 0; k < g->n; k++)
    if (image[k] < s) {
      const int reach = g->reach[(int64_t)k * g->n_site + 63 - __builtin_clzll(image[k] ^ s)];
      from = reach > from ? reach : from;
    }
  return from;
}

/* Append the orbits of a part of the sector. */
static rz_err scan(const rz_ed_basis *b, rz_range part, list *l) {
  const rz_ed_group *const g = b->group;
  uint64_t image[RZ_ED_MAX_ELEMENT];
  if (part.count == 0) return RZ_OK;
  const uint64_t last = rz_sector_unrank(&b->sector, part.first + part.count - 1);
  for (uint64_t s = rz_sector_unrank(&b->sector, part.first);;) {
    rz_ed_group_images(g, s, image);
    const int from = lowest_bit(g, s, image);
    const int n = from < 0 ? count_stabiliser(g, s, image) : 0;
    if (n > 0) {
      RZ_TRY(grow(l));
      l->state[l->n] = s;
      l->stabiliser[l->n++] = (uint16_t)n;
    }
    if (from > 0) s = last_with(&b->sector, s, from);
    if (s >= last) return RZ_OK;
    s = rz_sector_next(&b->sector, s);
  }
}

/* This rank's blocks, one after the other; n_block[i] is the number of orbits of block i. */
static rz_err scan_blocks(const rz_ed_basis *b, const rz_comm *comm, int n_block, int64_t *n_of_block, list *l) {
  for (int i = comm->rank; i < n_block; i += comm->size) {
    const int64_t before = l->n;
    RZ_TRY(scan(b, rz_share(b->sector.dim, i, n_block), l));
    n_of_block[i] = l->n - before;
  }
  return RZ_OK;
}

/* Every block from its rank to all. */
static rz_err gather_blocks(rz_ed_basis *b, const rz_comm *comm, int n_block, const int64_t *n_of_block,
                            const list *mine) {
  int64_t at = 0, at_mine = 0;
  for (int i = 0; i < n_block; i++) {
    const int owner = i % comm->size;
    const int64_t n = n_of_block[i];
    if (owner == comm->rank && n > 0) {
      memcpy(b->state + at, mine->state + at_mine, (size_t)n * sizeof *b->state);
      memcpy(b->stabiliser + at, mine->stabiliser + at_mine, (size_t)n * sizeof *b->stabiliser);
      at_mine += n;
    }
    RZ_TRY(rz_bcast(comm, owner, n * (int64_t)sizeof *b->state, b->state + at));
    RZ_TRY(rz_bcast(comm, owner, n * (int64_t)sizeof *b->stabiliser, b->stabiliser + at));
    at += n;
  }
  return RZ_OK;
}

rz_err rz_ed_orbits_list(rz_ed_basis *b, const rz_comm *comm) {
  const int n_block = comm->size > 1 ? BLOCKS_PER_RANK * comm->size : 1;
  int64_t *n_of_block = NULL;
  list mine = {0};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(n_block, &n_of_block)));
  RZ_TRY_DONE(rc, rz_agree(comm, scan_blocks(b, comm, n_block, n_of_block, &mine)));
  RZ_TRY_DONE(rc, rz_sum_i64(comm, n_block, n_of_block));
  b->dim = 0;
  for (int i = 0; i < n_block; i++) b->dim += n_of_block[i];
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(b->dim, &b->state)));
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW(b->dim, &b->stabiliser)));
  RZ_TRY_DONE(rc, gather_blocks(b, comm, n_block, n_of_block, &mine));
done:
  rz_free(&n_of_block);
  rz_free(&mine.state);
  rz_free(&mine.stabiliser);
  return rc;
}
