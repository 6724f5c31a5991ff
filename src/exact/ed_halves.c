#include "ed_halves.h"
#include "ritz/core/memory.h"

/* A little more than half of the sites: whole blocks are added to each other across memory, but too few blocks leave
 * the tiles empty. At most what 16 bits number, and where blocks have all low configurations, a tile that a level-2
 * cache holds. */
int rz_ed_halves_low(int n_site, bool fixed_sz) {
  const int low = (11 * n_site + 10) / 20, most = fixed_sz ? RZ_ED_MOST_LOW : 12;
  return low < most ? low : most;
}

double rz_ed_halves_bytes(int n_site, bool fixed_sz) {
  const int n_low = rz_ed_halves_low(n_site, fixed_sz);
  return (double)((int64_t)1 << (n_site - n_low)) * (double)sizeof(int64_t) +
         (double)((int64_t)1 << n_low) * 2.0 * (double)sizeof(uint16_t);
}

static int class_of_low(const rz_ed_halves *h, uint64_t low) { return h->fixed_sz ? __builtin_popcountll(low) : 0; }

static void list_low(rz_ed_halves *h) {
  const int64_t n = (int64_t)1 << h->n_low;
  for (int64_t s = 0; s < n; s++) h->class_first[class_of_low(h, (uint64_t)s) + 1]++;
  for (int k = 0; k < h->n_class; k++) h->class_first[k + 1] += h->class_first[k];
  int32_t count[RZ_ED_MOST_LOW + 1] = {0};
  for (int64_t s = 0; s < n; s++) {
    const int k = class_of_low(h, (uint64_t)s);
    h->low_state[h->class_first[k] + count[k]] = (uint16_t)s;
    h->low_index[s] = (uint16_t)count[k]++;
  }
}

static rz_err fill(rz_ed_halves *h) {
  RZ_TRY(RZ_NEW(h->n_block + 1, &h->first));
  RZ_TRY(RZ_NEW0(h->n_class + 1, &h->class_first));
  RZ_TRY(RZ_NEW((int64_t)1 << h->n_low, &h->low_state));
  RZ_TRY(RZ_NEW((int64_t)1 << h->n_low, &h->low_index));
  list_low(h);
  h->first[0] = 0;
  for (int64_t b = 0; b < h->n_block; b++) {
    const int class = rz_ed_class(h, b);
    h->first[b + 1] = h->first[b] + (class < 0 ? 0 : rz_ed_class_size(h, class));
  }
  return RZ_OK;
}

rz_err rz_ed_halves_create(int n_site, bool fixed_sz, int n_up, rz_ed_halves **out) {
  *out = NULL;
  RZ_TRY(RZ_NEW0(1, out));
  rz_ed_halves *const h = *out;
  h->n_low = rz_ed_halves_low(n_site, fixed_sz);
  h->n_high = n_site - h->n_low;
  h->fixed_sz = fixed_sz;
  h->n_up = n_up;
  h->n_block = (int64_t)1 << h->n_high;
  h->n_class = fixed_sz ? h->n_low + 1 : 1;
  const rz_err rc = fill(h);
  if (rc != RZ_OK) rz_ed_halves_destroy(out);
  return rc;
}

void rz_ed_halves_destroy(rz_ed_halves **halves) {
  if (!*halves) return;
  rz_free(&(*halves)->first);
  rz_free(&(*halves)->class_first);
  rz_free(&(*halves)->low_state);
  rz_free(&(*halves)->low_index);
  rz_free(halves);
}

/* First block whose states begin at or after the share of a rank. */
static int64_t begin(const rz_ed_halves *h, int rank, int size) {
  const int64_t dim = h->first[h->n_block], wanted = rz_share(dim, rank, size).first;
  int64_t low = 0, high = h->n_block;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (h->first[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

rz_range rz_ed_halves_share(const rz_ed_halves *h, int rank, int size) {
  const int64_t first = begin(h, rank, size), end = rank + 1 < size ? begin(h, rank + 1, size) : h->n_block;
  return (rz_range){first, end - first};
}
