#include "ed_split.h"
#include "ed_halo.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  LANES = RZ_ED_LANES,
  MOST_HIGH = 30,         /* blocks are numbered in 32 bits */
  FULL_TILES = 16,        /* blocks of a class and pattern on average, for tiles to be mostly full */
  STRETCH_BYTES = 1 << 20 /* of all blocks of a class that are added to each other: half a level-2 cache */
};

/* Links done together in one walk over the tiles. */
typedef struct sweep {
  int32_t first_link, n_link;
  uint64_t pattern; /* sites on which the blocks of a tile agree */
  int64_t n_tile;
  int32_t *block; /* [n_tile, LANES]; -1: none */
} sweep;

struct rz_ed_split {
  const rz_comm *comm;
  rz_ed_halves *halves;
  rz_ed_links *links;
  rz_ed_near *near;
  rz_ed_halo *halo;
  const rz_ed_kernels *kernels;
  int width; /* doubles per number */
  rz_range own;
  const double **at; /* [n_block]: where a block can be read now; NULL: not here */
  /* own blocks by class, and what each takes from others as a whole */
  int64_t *class_first; /* [n_class + 1] */
  int32_t *by_class;    /* own blocks */
  int64_t *outer_first; /* [own + 1] */
  int32_t *outer_from;
  double *outer_coef;
  const double **from; /* work, [n_outer] */
  double *coef;        /* work, [n_outer, width] */
  double *constant;    /* [own]: diagonal in the high half */
  int n_sweep;
  sweep *sweep;
  double *x_tile, *y_tile; /* [width, largest class, LANES] */
  double *none, *rest;     /* [largest class, width]: zeros; what no one reads */
  double *sign;            /* [n_part + 1, LANES] */
  const double **part;     /* [n_part] */
  int64_t bytes;
};

int64_t rz_ed_split_dim(const rz_ed_split *s) { return s->halves->first[s->halves->n_block]; }
int64_t rz_ed_split_bytes(const rz_ed_split *s) {
  return s->bytes + s->links->bytes + rz_ed_near_bytes(s->near) + rz_ed_halo_bytes(s->halo);
}

rz_range rz_ed_split_range(const rz_ed_split *s) {
  const int64_t *const first = s->halves->first;
  return (rz_range){first[s->own.first], first[s->own.first + s->own.count] - first[s->own.first]};
}

static double *block_of(const rz_ed_split *s, double *y, int64_t block) {
  return y + (s->halves->first[block] - s->halves->first[s->own.first]) * s->width;
}

/* --- Whole blocks --- */

/* Blocks that are here among those that `block` takes from: s->from, s->coef. */
static int64_t collect(const rz_ed_split *s, int64_t block) {
  const int64_t *const first = s->outer_first + (block - s->own.first);
  int64_t n = 0;
  for (int64_t k = first[0]; k < first[1]; k++) {
    if (!s->at[s->outer_from[k]]) continue;
    s->from[n] = s->at[s->outer_from[k]];
    memcpy(s->coef + n * s->width, s->outer_coef + k * s->width, (size_t)s->width * sizeof *s->coef);
    n++;
  }
  return n;
}

/* y of all own blocks: scale y and what whole blocks that are here add. */
static void add_blocks(const rz_ed_split *s, double scale, double *y) {
  for (int class = 0; class < s->halves->n_class; class ++) {
    const int64_t size = rz_ed_class_size(s->halves, class) * s->width, first = s->class_first[class],
                  n_block = s->class_first[class + 1] - first;
    if (n_block == 0) continue;
    int64_t stretch = STRETCH_BYTES / (n_block * (int64_t)sizeof *y) & ~(int64_t)31;
    if (stretch < 64) stretch = 64;
    for (int64_t at = 0; at < size; at += stretch)
      for (int64_t i = first; i < first + n_block; i++) {
        const int64_t n = collect(s, s->by_class[i]);
        if (n == 0 && scale == 1.0) continue;
        s->kernels->combine(size - at < stretch ? size - at : stretch, at, n, s->from, s->coef, scale,
                            block_of(s, y, s->by_class[i]) + at);
      }
  }
}

/* --- Tiles --- */

static void set_signs(const int32_t *block, uint64_t spins, double *sign) {
  for (int l = 0; l < LANES; l++) sign[l] = block[l] < 0 ? 0.0 : rz_ed_parity((uint64_t)block[l], spins);
}

/* x of the tile's own blocks, and the diagonal's part of y. */
static void begin_tile(const rz_ed_split *s, const int32_t *block, int64_t n, int64_t class_first) {
  const rz_ed_links *const k = s->links;
  const double *from[LANES];
  double *const constant = s->sign + (int64_t)k->n_part * LANES;
  for (int l = 0; l < LANES; l++) {
    from[l] = block[l] < 0 ? s->none : s->at[block[l]];
    constant[l] = block[l] < 0 ? 0.0 : s->constant[block[l] - s->own.first];
  }
  for (int32_t c = 0; c < k->n_part; c++) {
    set_signs(block, k->part_spins[c], s->sign + c * LANES);
    s->part[c] = k->part + ((int64_t)c << s->halves->n_low) + class_first;
  }
  s->kernels->pack(n * s->width, from, s->x_tile);
  s->kernels->diagonal(n, constant, k->n_part, s->part, s->sign, s->x_tile, s->y_tile);
}

static void multiply(const rz_ed_split *s, const rz_ed_link *link, const int32_t *block) {
  for (int32_t c = 0; c < link->n_channel; c++) {
    const rz_ed_table *const t = rz_ed_links_table(s->links, link, &link->channel[c], block[0]);
    if (t->n_run == 0) continue;
    set_signs(block, link->channel[c].spectators, s->sign);
    s->kernels->multiply(t, s->sign, s->x_tile, s->y_tile);
  }
}

/* Pack the blocks that the tile takes from by a link; false if none of them is here, or nothing would be taken. */
static bool take(const rz_ed_split *s, const rz_ed_link *link, const int32_t *block) {
  const double *from[LANES];
  bool any = false;
  if (!rz_ed_links_act(s->links, link, block[0])) return false;
  for (int l = 0; l < LANES; l++) {
    const double *const x = block[l] < 0 ? NULL : s->at[block[l] ^ (int64_t)link->flip];
    from[l] = x ? x : s->none;
    any |= x != NULL;
  }
  if (!any) return false;
  const int class = rz_ed_links_source_class(s->links, link, block[0]);
  s->kernels->pack(rz_ed_class_size(s->halves, class) * s->width, from, s->x_tile);
  return true;
}

static void do_tile(const rz_ed_split *s, const sweep *w, const int32_t *block, bool own, double *y) {
  const int class = rz_ed_class(s->halves, block[0]);
  const int64_t n = rz_ed_class_size(s->halves, class);
  bool begun = own && w == s->sweep;
  if (begun) begin_tile(s, block, n, s->halves->class_first[class]);
  for (int32_t i = w->first_link; i < w->first_link + w->n_link; i++) {
    const rz_ed_link *const link = &s->links->link[i];
    if (link->flip == 0 ? !own : !take(s, link, block)) continue;
    if (!begun) memset(s->y_tile, 0, (size_t)(n * s->width * LANES) * sizeof *s->y_tile);
    begun = true;
    multiply(s, link, block);
  }
  if (!begun) return;
  double *to[LANES];
  for (int l = 0; l < LANES; l++) to[l] = block[l] < 0 ? s->rest : block_of(s, y, block[l]);
  s->kernels->unpack(n * s->width, s->y_tile, to);
}

/* y = scale y and everything that blocks which are here contribute; `own`: this rank's are among them. */
static void add_all(const rz_ed_split *s, bool own, double scale, double *y) {
  add_blocks(s, scale, y);
  for (const sweep *w = s->sweep; w < s->sweep + s->n_sweep; w++)
    for (int64_t t = 0; t < w->n_tile; t++) do_tile(s, w, w->block + t * LANES, own, y);
}

/* Blocks of a rank that can be read from x on. */
static void enter(const rz_ed_split *s, rz_range blocks, const double *x) {
  const int64_t *const first = s->halves->first;
  for (int64_t b = blocks.first; b < blocks.first + blocks.count; b++)
    s->at[b] = x + (first[b] - first[blocks.first]) * s->width;
}

static void enter_near(const rz_ed_split *s) {
  for (int r = 0; r < s->comm->size; r++)
    if (rz_ed_near_are(s->near, r, s->comm->rank))
      enter(s, rz_ed_halves_share(s->halves, r, s->comm->size), rz_ed_near_vector(s->near, r));
}

rz_err rz_ed_split_apply(void *ctx, const double *x, double c, double *y) {
  rz_ed_split *const s = ctx;
  const int n_round = rz_ed_halo_rounds(s->halo);
  if (n_round > 0) RZ_TRY(rz_ed_halo_start(s->halo, 0, x));
  RZ_TRY(rz_ed_near_show(s->near, x));
  enter_near(s);
  enter(s, s->own, x);
  add_all(s, true, c, y);
  RZ_TRY(rz_ed_near_hide(s->near));
  memset(s->at, 0, (size_t)s->halves->n_block * sizeof *s->at);
  for (int round = 0; round < n_round; round++) {
    RZ_TRY(rz_ed_halo_finish(s->halo, round, s->at));
    if (round + 1 < n_round) RZ_TRY(rz_ed_halo_start(s->halo, round + 1, x));
    add_all(s, false, 1.0, y);
    rz_ed_halo_leave(s->halo, round, s->at);
  }
  return RZ_OK;
}

rz_err rz_ed_split_alloc(void *ctx, int64_t count, double **vectors) {
  return rz_ed_near_alloc(((rz_ed_split *)ctx)->near, count, vectors);
}

void rz_ed_split_release(void *ctx, double **vectors) { rz_ed_near_release(((rz_ed_split *)ctx)->near, vectors); }

/* --- Sweeps --- */

typedef struct key {
  int class;
  uint64_t pattern;
  int32_t block;
} key;

static int by_key(const void *pa, const void *pb) {
  const key *const a = pa, *const b = pb;
  if (a->class != b->class) return a->class < b->class ? -1 : 1;
  if (a->pattern != b->pattern) return a->pattern < b->pattern ? -1 : 1;
  return (a->block > b->block) - (a->block < b->block);
}

static bool together(const key *a, const key *b) { return a->class == b->class && a->pattern == b->pattern; }

/* Own blocks that are not empty, by class and pattern. */
static int64_t list_keys(const rz_ed_split *s, uint64_t pattern, key *k) {
  int64_t n = 0;
  for (int64_t b = s->own.first; b < s->own.first + s->own.count; b++)
    if (rz_ed_class(s->halves, b) >= 0) k[n++] = (key){rz_ed_class(s->halves, b), (uint64_t)b & pattern, (int32_t)b};
  qsort(k, (size_t)n, sizeof *k, by_key);
  return n;
}

static rz_err make_tiles(rz_ed_split *s, sweep *w, key *k) {
  const int64_t n = list_keys(s, w->pattern, k);
  int64_t in_group = 0;
  for (int64_t i = 0; i < n; i++) {
    in_group = i > 0 && together(&k[i - 1], &k[i]) ? in_group + 1 : 0;
    w->n_tile += in_group % LANES == 0;
  }
  RZ_TRY(RZ_NEW(w->n_tile * LANES, &w->block));
  s->bytes += w->n_tile * LANES * (int64_t)sizeof *w->block;
  for (int64_t i = 0, tile = -1; i < n; i++) {
    in_group = i > 0 && together(&k[i - 1], &k[i]) ? in_group + 1 : 0;
    if (in_group % LANES == 0) {
      tile++;
      for (int l = 0; l < LANES; l++) w->block[tile * LANES + l] = -1;
    }
    w->block[tile * LANES + in_group % LANES] = k[i].block;
  }
  return RZ_OK;
}

/* Sites on which blocks may have to agree while tiles stay mostly full. */
static int most_pattern_sites(const rz_ed_split *s) {
  int64_t n_block = 0, n_class = 0;
  for (int c = 0; c < s->halves->n_class; c++) {
    const int64_t n = s->class_first[c + 1] - s->class_first[c];
    n_block += n;
    n_class += n > 0;
  }
  int sites = 0;
  while (n_class > 0 && n_block >> (sites + 1) >= n_class * FULL_TILES) sites++;
  return sites;
}

/* Links in their order, as many to each sweep as fit; there is a sweep for the diagonal even without a link. */
static rz_err make_sweeps(rz_ed_split *s) {
  const rz_ed_links *const k = s->links;
  const int most = most_pattern_sites(s);
  key *keys = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(k->n_link + 1, &s->sweep));
  RZ_TRY_DONE(rc, RZ_NEW(s->own.count, &keys));
  s->n_sweep = 1;
  for (int32_t i = 0; i < k->n_link; i++) {
    sweep *w = &s->sweep[s->n_sweep - 1];
    if (w->n_link > 0 && __builtin_popcountll(w->pattern | k->link[i].pattern) > most) {
      w = &s->sweep[s->n_sweep++];
      w->first_link = i;
    }
    w->n_link++;
    w->pattern |= k->link[i].pattern;
  }
  for (int i = 0; i < s->n_sweep; i++) RZ_TRY_DONE(rc, make_tiles(s, &s->sweep[i], keys));
done:
  rz_free(&keys);
  return rc;
}

/* --- Life --- */

static rz_err list_classes(rz_ed_split *s) {
  const int n_class = s->halves->n_class;
  RZ_TRY(RZ_NEW0(n_class + 1, &s->class_first));
  RZ_TRY(RZ_NEW(s->own.count, &s->by_class));
  int64_t n = 0;
  for (int class = 0; class < n_class; class ++) {
    s->class_first[class] = n;
    for (int64_t b = s->own.first; b < s->own.first + s->own.count; b++)
      if (rz_ed_class(s->halves, b) == class) s->by_class[n++] = (int32_t)b;
  }
  s->class_first[n_class] = n;
  return RZ_OK;
}

/* What each own block takes from others as a whole: counted, then filled in. */
static rz_err list_outer(rz_ed_split *s) {
  const rz_ed_links *const k = s->links;
  RZ_TRY(RZ_NEW(s->own.count + 1, &s->outer_first));
  RZ_TRY(RZ_NEW(s->own.count, &s->constant));
  int64_t n = 0;
  for (int64_t i = 0; i < s->own.count; i++) {
    s->outer_first[i] = n;
    s->constant[i] = rz_ed_links_constant(k, s->own.first + i);
    for (int32_t o = 0; o < k->n_outer; o++) n += rz_ed_links_outer(k, &k->outer[o], s->own.first + i) != 0.0;
  }
  s->outer_first[s->own.count] = n;
  RZ_TRY(RZ_NEW(n, &s->outer_from));
  RZ_TRY(RZ_NEW(n * s->width, &s->outer_coef));
  s->bytes += s->own.count * 20 + n * (4 + 8 * s->width);
  n = 0;
  for (int64_t b = s->own.first; b < s->own.first + s->own.count; b++)
    for (int32_t o = 0; o < k->n_outer; o++) {
      const double complex v = rz_ed_links_outer(k, &k->outer[o], b);
      if (v == 0.0) continue;
      s->outer_from[n] = (int32_t)(b ^ (int64_t)k->outer[o].flip);
      s->outer_coef[n * s->width] = creal(v);
      if (s->width == 2) s->outer_coef[n * s->width + 1] = cimag(v);
      n++;
    }
  return RZ_OK;
}

static rz_err allocate(rz_ed_split *s) {
  const rz_ed_links *const k = s->links;
  int64_t most = 0;
  for (int c = 0; c < s->halves->n_class; c++)
    most = rz_ed_class_size(s->halves, c) > most ? rz_ed_class_size(s->halves, c) : most;
  most *= s->width;
  RZ_TRY(RZ_NEW0(s->halves->n_block, &s->at));
  RZ_TRY(RZ_NEW(k->n_outer, &s->from));
  RZ_TRY(RZ_NEW(k->n_outer * s->width, &s->coef));
  RZ_TRY(RZ_NEW(most * LANES, &s->x_tile));
  RZ_TRY(RZ_NEW(most * LANES, &s->y_tile));
  RZ_TRY(RZ_NEW0(most, &s->none));
  RZ_TRY(RZ_NEW0(most, &s->rest));
  RZ_TRY(RZ_NEW((k->n_part + 1) * LANES, &s->sign));
  RZ_TRY(RZ_NEW(k->n_part, &s->part));
  s->bytes += s->halves->n_block * 16 + ((int64_t)4 << s->halves->n_low) + most * (2 * LANES + 2) * 8 +
              (k->n_part + 1) * (LANES + 1) * 8;
  return RZ_OK;
}

static rz_err fill(rz_ed_split *s, const rz_ed_operator *op, bool fixed_sz, int n_up) {
  RZ_TRY(rz_ed_halves_create(op->n_site, fixed_sz, n_up, &s->halves));
  RZ_TRY(rz_ed_links_create(op, s->halves, &s->links));
  s->own = rz_ed_halves_share(s->halves, s->comm->rank, s->comm->size);
  RZ_TRY(list_classes(s));
  RZ_TRY(list_outer(s));
  RZ_TRY(allocate(s));
  return make_sweeps(s);
}

rz_err rz_ed_split_create(const rz_ed_operator *op, bool fixed_sz, int n_up, bool share, const rz_comm *comm,
                          rz_ed_split **out) {
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY_DONE(rc, rz_agree(comm, RZ_NEW0(1, out)));
  rz_ed_split *const s = *out;
  s->comm = comm;
  s->width = op->real ? 1 : 2;
  s->kernels = op->real ? RZ_ISA_PICK(rz_ed_real) : RZ_ISA_PICK(rz_ed_complex);
  RZ_TRY_DONE(rc, rz_agree(comm, fill(s, op, fixed_sz, n_up)));
  RZ_TRY_DONE(rc, rz_ed_near_create(comm, rz_ed_split_range(s).count * s->width, share, &s->near));
  RZ_TRY_DONE(rc, rz_ed_halo_create(s->links, comm, s->near, &s->halo));
done:
  if (rc != RZ_OK) rz_ed_split_destroy(out);
  return rc;
}

void rz_ed_split_destroy(rz_ed_split **split) {
  rz_ed_split *const s = *split;
  if (!s) return;
  rz_ed_halo_destroy(&s->halo);
  rz_ed_near_destroy(&s->near);
  for (int i = 0; i < s->n_sweep; i++) rz_free(&s->sweep[i].block);
  rz_free(&s->sweep);
  rz_free(&s->at);
  rz_free(&s->class_first);
  rz_free(&s->by_class);
  rz_free(&s->outer_first);
  rz_free(&s->outer_from);
  rz_free(&s->outer_coef);
  rz_free(&s->from);
  rz_free(&s->coef);
  rz_free(&s->constant);
  rz_free(&s->x_tile);
  rz_free(&s->y_tile);
  rz_free(&s->none);
  rz_free(&s->rest);
  rz_free(&s->sign);
  rz_free(&s->part);
  rz_ed_links_destroy(&s->links);
  rz_ed_halves_destroy(&s->halves);
  rz_free(split);
}

double rz_ed_split_need(const rz_ed_operator *op, bool fixed_sz, int size) {
  const int n_high = op->n_site - rz_ed_halves_low(op->n_site, fixed_sz);
  if (n_high > MOST_HIGH) return INFINITY;
  const double outer = (double)op->n_set * (op->real ? 12.0 : 20.0);
  return rz_ed_halves_bytes(op->n_site, fixed_sz) + rz_ed_links_bytes(op, fixed_sz) +
         (double)((int64_t)1 << n_high) * (8.0 + (20.0 + outer) / size);
}
