/* Do the moves keep and connect the sector? */
#include "sampler_impl.h"

#include "ritz/core/memory.h"
#include <stdio.h>
#include <string.h>

enum { MAX_SEARCH = 1 << 16, N_PROBE = 64 };

/* Spins of 16 states side by side, as the moves see them. */
static void load_lanes(int n_site, int n, const uint64_t *state, int8_t *spin) {
  for (int lane = 0; lane < RZ_LANES; lane++)
    for (int i = 0; i < n_site; i++)
      spin[i * RZ_LANES + lane] = (int8_t)(2 * (int)(state[lane < n ? lane : n - 1] >> i & 1) - 1);
}

typedef struct {
  const rz_sector *sector;
  uint8_t *seen;   /* [dim] */
  uint64_t *queue; /* [dim] */
  int64_t n_queue;
  bool left; /* a move has left the sector */
} search;

static void reach(search *g, uint64_t state) {
  if (!rz_sector_contains(g->sector, state)) {
    g->left = true;
    return;
  }
  const int64_t index = rz_sector_rank(g->sector, state);
  if (g->seen[index]) return;
  g->seen[index] = 1;
  g->queue[g->n_queue++] = state;
}

/* Every flip set of one move from n <= RZ_LANES states. */
static void expand(search *g, const rz_move *m, const rz_block *b, int n, const uint64_t *state) {
  for (int64_t k = 0; k < m->n_set; k++) {
    const int32_t *site = m->site + k * m->n_flip;
    uint8_t possible[RZ_LANES];
    memset(possible, 1, sizeof possible);
    if (m->cls->applies) m->cls->applies(b, site, possible);
    uint64_t mask = 0;
    for (int i = 0; i < m->n_flip; i++) mask |= (uint64_t)1 << site[i];
    for (int lane = 0; lane < n; lane++)
      if (possible[lane]) reach(g, state[lane] ^ mask);
  }
}

static void search_from_first(search *g, const rz_mixture *mix, rz_block *b) {
  reach(g, rz_sector_unrank(g->sector, 0));
  for (int64_t at = 0; at < g->n_queue && !g->left;) {
    const int n = (int)(g->n_queue - at < RZ_LANES ? g->n_queue - at : RZ_LANES);
    uint64_t state[RZ_LANES];
    memcpy(state, g->queue + at, (size_t)n * sizeof *state);
    load_lanes(b->n_site, n, state, b->spin);
    for (int i = 0; i < mix->n; i++) expand(g, mix->move[i], b, n, state);
    at += n;
  }
}

static rz_err search_sector(const rz_mixture *mix, const rz_sector *sector, int *connected, char text[256]) {
  search g = {.sector = sector};
  rz_block b = {.n_site = sector->n_site};
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(sector->dim, &g.seen));
  RZ_TRY_DONE(rc, RZ_NEW(sector->dim, &g.queue));
  RZ_TRY_DONE(rc, RZ_NEW(sector->n_site * RZ_LANES, &b.spin));
  search_from_first(&g, mix, &b);
  *connected = !g.left && g.n_queue == sector->dim;
  if (g.left)
    snprintf(text, 256, "the moves leave the sector");
  else if (*connected)
    snprintf(text, 256, "the moves connect all %lld states of the sector (searched)", (long long)sector->dim);
  else
    snprintf(text, 256, "the moves reach only %lld of the %lld states of the sector from its first state",
             (long long)g.n_queue, (long long)sector->dim);
done:
  rz_free(&b.spin);
  rz_free(&g.queue);
  rz_free(&g.seen);
  return rc;
}

/* Sites joined by the pairs of an exchange, by union-find. */
static int32_t root(int32_t *parent, int32_t i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

static rz_err pairs_connect(const rz_move *m, bool *out) {
  int32_t *parent = NULL;
  int n = m->n_site;
  RZ_TRY(RZ_NEW(m->n_site, &parent));
  for (int32_t i = 0; i < m->n_site; i++) parent[i] = i;
  for (int64_t k = 0; k < m->n_set; k++) {
    const int32_t a = root(parent, m->site[2 * k]), b = root(parent, m->site[2 * k + 1]);
    n -= a != b;
    parent[a] = b;
  }
  rz_free(&parent);
  *out = n == 1;
  return RZ_OK;
}

static bool flips_every_site(const rz_move *m) {
  int64_t n = 0;
  for (int64_t k = 0; k < m->n_set; k++) n += m->site[k] == k;
  return n == m->n_site;
}

static bool keeps_parity(const rz_mixture *mix) {
  for (int i = 0; i < mix->n; i++)
    if (mix->move[i]->n_flip % 2) return false;
  return true;
}

/* Single flips reach every configuration; exchanges over a connected graph are all permutations of the sites; without a
 * move of an odd number of spins the parity of those that are up stays what it was. */
static rz_err argue(const rz_mixture *mix, const rz_model *model, int *connected, char text[256]) {
  for (int i = 0; i < mix->n; i++) {
    const rz_move *m = mix->move[i];
    bool joined = false;
    if (!model->fixed_sz && m->n_flip == 1 && !m->cls->applies && flips_every_site(m)) {
      *connected = 1;
      snprintf(text, 256, "single flips of every site connect all configurations");
    } else if (model->fixed_sz && m->n_flip == 2 && m->cls->applies) {
      RZ_TRY(pairs_connect(m, &joined));
      if (joined) *connected = 1, snprintf(text, 256, "exchanges along a connected graph connect a sector of fixed sz");
    }
  }
  if (!model->fixed_sz && keeps_parity(mix)) {
    *connected = 0;
    snprintf(text, 256, "every move flips an even number of spins, so that an odd number of up spins stays odd");
  }
  return RZ_OK;
}

static int lane_sum(const rz_block *b, int lane) {
  int sum = 0;
  for (int i = 0; i < b->n_site; i++) sum += b->spin[i * RZ_LANES + lane];
  return sum;
}

/* Random walks of all moves from random configurations: does any leave the sector? */
static void probe_block(const rz_mixture *mix, rz_rng *rng, rz_block *b, int up, int64_t *n_left) {
  for (int lane = 0; lane < RZ_LANES; lane++)
    for (int i = 0, left = up; i < b->n_site; i++) {
      const bool is_up = rz_rng_below(rng, (uint32_t)(b->n_site - i)) < (uint32_t)left;
      left -= is_up;
      b->spin[i * RZ_LANES + lane] = is_up ? 1 : -1;
    }
  for (int step = 0; step < 4 * b->n_site; step++) {
    const int32_t *site = NULL;
    const rz_move *m = rz_mixture_choose(mix, rng, &site);
    uint8_t possible[RZ_LANES];
    memset(possible, 1, sizeof possible);
    if (m->cls->applies) m->cls->applies(b, site, possible);
    for (int i = 0; i < m->n_flip; i++)
      for (int lane = 0; lane < RZ_LANES; lane++)
        if (possible[lane]) b->spin[site[i] * RZ_LANES + lane] = (int8_t)-b->spin[site[i] * RZ_LANES + lane];
  }
  for (int lane = 0; lane < RZ_LANES; lane++) *n_left += lane_sum(b, lane) != 2 * up - b->n_site;
}

static rz_err probe(const rz_mixture *mix, const rz_model *model, uint64_t seed, int *connected, char text[256]) {
  if (!model->fixed_sz) {
    snprintf(text, 256, "too many states to search: not known whether the moves connect them");
    return RZ_OK;
  }
  rz_block b = {.n_site = rz_lattice_n_site(model->lattice)};
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, 0);
  int64_t n_left = 0;
  RZ_TRY(RZ_NEW(b.n_site * RZ_LANES, &b.spin));
  for (int k = 0; k < N_PROBE / RZ_LANES; k++) probe_block(mix, &rng, &b, model->n_up, &n_left);
  rz_free(&b.spin);
  if (n_left > 0) *connected = 0;
  snprintf(text, 256,
           n_left > 0 ? "the moves leave the sector in %lld of %d random walks"
                      : "too many states to search; %lld of %d random walks left the sector, but it is not known "
                        "whether the moves connect it",
           (long long)n_left, (int)N_PROBE);
  return RZ_OK;
}

rz_err rz_mixture_ergodic(const rz_mixture *mix, const rz_model *model, uint64_t seed, int *connected, char text[256]) {
  const int n_site = rz_lattice_n_site(model->lattice);
  *connected = -1;
  if (rz_sector_dimension(n_site, model->fixed_sz, model->n_up) <= MAX_SEARCH) {
    rz_sector sector;
    RZ_TRY(rz_sector_init(n_site, model->fixed_sz, model->n_up, &sector));
    return search_sector(mix, &sector, connected, text);
  }
  RZ_TRY(argue(mix, model, connected, text));
  if (*connected < 0) RZ_TRY(probe(mix, model, seed, connected, text));
  return RZ_OK;
}

rz_err rz_sampler_ergodic(const rz_sampler *s, const rz_model *model, int *connected, char text[256]) {
  if (!rz_sampler_is_exact(s)) return rz_mixture_ergodic(&s->walkers.mixture, model, s->seed, connected, text);
  *connected = 1;
  snprintf(text, 256, "the full sum visits every state");
  return RZ_OK;
}
