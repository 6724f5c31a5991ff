#include "ed_basis.h"
#include "ritz/core/memory.h"

enum { TOP_BITS = 16, STATES_PER_SLOT = 4 };

typedef struct entry {
  int64_t first; /* states before it */
  int64_t slot;  /* its slots in `below` */
  int shift;     /* a state's slot is its bits below the top ones, shifted by this */
} entry;

struct rz_ed_search {
  const uint64_t *state; /* borrowed, [n] */
  int64_t n, n_slot;
  int shift;     /* of the top bits */
  uint64_t mask; /* of the bits below them */
  int64_t n_top;
  entry *top;      /* [n_top + 1] */
  uint32_t *below; /* [n_slot + 1]: states of the entry before the slot; a slot ends where the next begins */
};

/* One slot more than an entry has holds the entry's number of states. */
static void place_slots(rz_ed_search *s) {
  for (int64_t i = 0; i < s->n_top; i++) {
    const int64_t count = s->top[i + 1].first - s->top[i].first;
    int bits = 0;
    while (bits < s->shift && ((int64_t)STATES_PER_SLOT << bits) < count) bits++;
    s->top[i].shift = s->shift - bits;
    s->top[i].slot = s->n_slot;
    s->n_slot += ((int64_t)1 << bits) + 1;
  }
}

static void fill_slots(rz_ed_search *s) {
  for (int64_t i = 0; i < s->n_top; i++) {
    const entry *const e = &s->top[i];
    const int64_t n_slot = (int64_t)(s->mask >> e->shift) + 1;
    int64_t at = e->first;
    for (int64_t k = 0; k <= n_slot; k++) {
      while (at < s->top[i + 1].first && (int64_t)((s->state[at] & s->mask) >> e->shift) < k) at++;
      s->below[e->slot + k] = (uint32_t)(at - e->first);
    }
  }
}

rz_err rz_ed_search_create(int n_bit, int64_t n, const uint64_t *state, rz_ed_search **out) {
  rz_err rc = RZ_OK;
  RZ_TRY(RZ_NEW0(1, out));
  rz_ed_search *const s = *out;
  s->state = state;
  s->n = n;
  s->shift = n_bit > TOP_BITS ? n_bit - TOP_BITS : 0;
  s->mask = ((uint64_t)1 << s->shift) - 1;
  s->n_top = (int64_t)1 << (n_bit - s->shift);
  RZ_TRY_DONE(rc, RZ_NEW0(s->n_top + 1, &s->top));
  for (int64_t a = 0; a < n; a++) s->top[(state[a] >> s->shift) + 1].first++;
  for (int64_t i = 0; i < s->n_top; i++) {
    RZ_CHECK_DONE(rc, s->top[i + 1].first <= UINT32_MAX, RZ_ERR_ARG,
                  "more than 2^32 states share their %d highest bits", (int)TOP_BITS);
    s->top[i + 1].first += s->top[i].first;
  }
  place_slots(s);
  RZ_TRY_DONE(rc, RZ_NEW(s->n_slot, &s->below));
  fill_slots(s);
done:
  if (rc != RZ_OK) rz_ed_search_destroy(out);
  return rc;
}

void rz_ed_search_destroy(rz_ed_search **search) {
  if (!*search) return;
  rz_free(&(*search)->top);
  rz_free(&(*search)->below);
  rz_free(search);
}

int64_t rz_ed_search_bytes(const rz_ed_search *s) {
  return (s->n_top + 1) * (int64_t)sizeof *s->top + s->n_slot * (int64_t)sizeof *s->below;
}

static int64_t slot_of(const rz_ed_search *s, uint64_t key) {
  const entry *const e = &s->top[key >> s->shift];
  return e->slot + (int64_t)((key & s->mask) >> e->shift);
}

static int64_t find_one(const rz_ed_search *s, uint64_t key, int64_t low, int64_t high) {
  while (high - low > 8) {
    const int64_t middle = low + (high - low) / 2;
    if (s->state[middle] <= key)
      low = middle;
    else
      high = middle;
  }
  for (; low < high; low++)
    if (s->state[low] == key) return low;
  return -1;
}

/* Each stage asks for the memory of the next one for all keys. */
void rz_ed_search_find(const rz_ed_search *s, int64_t n, const uint64_t *key, int64_t *at) {
  for (int64_t i = 0; i < n; i++) {
    at[i] = slot_of(s, key[i]);
    __builtin_prefetch(&s->below[at[i]]);
  }
  for (int64_t i = 0; i < n; i++) __builtin_prefetch(&s->state[s->top[key[i] >> s->shift].first + s->below[at[i]]]);
  for (int64_t i = 0; i < n; i++) {
    const int64_t first = s->top[key[i] >> s->shift].first;
    at[i] = find_one(s, key[i], first + s->below[at[i]], first + s->below[at[i] + 1]);
  }
}
