#include "ed_group.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GENERATOR = 16 };

typedef struct generator {
  const int32_t *perm; /* NULL: identity */
  bool flip;
  int64_t phase;
  const char *name;
} generator;

/* --- The operator commutes with a generator: the image of its terms is the same set of terms. --- */

typedef struct string { /* flip mask, parity mask, coefficient */
  uint64_t flip, z;
  double complex coef;
} string;

static int compare_strings(const void *a, const void *b) {
  const string *const x = a, *const y = b;
  if (x->flip != y->flip) return x->flip < y->flip ? -1 : 1;
  return x->z == y->z ? 0 : x->z < y->z ? -1 : 1;
}

static rz_err list_strings(const rz_ed_operator *op, string **out, double *largest) {
  int64_t n = 0;
  RZ_TRY(RZ_NEW(op->n_term, out));
  for (int64_t k = 0; k < op->n_diagonal; k++) {
    const rz_ed_term *const t = op->term + op->diagonal_first + k;
    (*out)[n++] = (string){0, t->z, t->coef};
  }
  for (int64_t s = 0; s < op->n_set; s++)
    for (int64_t k = 0; k < op->set[s].n_term; k++) {
      const rz_ed_term *const t = op->term + op->set[s].first + k;
      (*out)[n++] = (string){op->set[s].flip, t->z, t->coef};
    }
  *largest = 0.0;
  for (int64_t k = 0; k < n; k++) *largest = fmax(*largest, cabs((*out)[k].coef));
  qsort(*out, (size_t)n, sizeof **out, compare_strings);
  return RZ_OK;
}

static uint64_t move_mask(const int32_t *perm, uint64_t mask) {
  uint64_t image = 0;
  if (!perm) return mask;
  for (; mask; mask &= mask - 1) image |= (uint64_t)1 << perm[__builtin_ctzll(mask)];
  return image;
}

static rz_err check_commutes(const generator *g, const string *all, int64_t n, double largest) {
  for (int64_t k = 0; k < n; k++) {
    string image = {move_mask(g->perm, all[k].flip), move_mask(g->perm, all[k].z), all[k].coef};
    if (g->flip && __builtin_popcountll(all[k].z) % 2) image.coef = -image.coef;
    const string *const found = bsearch(&image, all, (size_t)n, sizeof image, compare_strings);
    const double miss = cabs(image.coef - (found ? found->coef : 0.0));
    RZ_CHECK(
        miss <= 1e-12 * largest, RZ_ERR_ARG,
        "the Hamiltonian does not commute with the %s: a term of coefficient %g%+gi that flips %d spins is carried "
        "to one of coefficient %g%+gi",
        g->name, creal(image.coef), cimag(image.coef), __builtin_popcountll(all[k].flip),
        found ? creal(found->coef) : 0.0, found ? cimag(found->coef) : 0.0);
  }
  return RZ_OK;
}

static rz_err check_all_commute(int n, const generator *g, const rz_ed_operator *op) {
  string *all = NULL;
  double largest = 0.0;
  rz_err rc = list_strings(op, &all, &largest);
  for (int i = 0; i < n && rc == RZ_OK; i++) rc = check_commutes(&g[i], all, op->n_term, largest);
  rz_free(&all);
  return rc;
}

/* --- Generators of a spec --- */

static int64_t common_multiple(int64_t a, int64_t b) {
  int64_t x = a, y = b;
  while (y) {
    const int64_t r = x % y;
    x = y;
    y = r;
  }
  return a / x * b;
}

static rz_err add_translations(const rz_ed_spec *spec, int64_t order, int *n, generator *g) {
  const int32_t *perm = NULL;
  int extent[2];
  (void)rz_lattice_translations(spec->lattice, &perm);
  rz_lattice_translation_extent(spec->lattice, extent);
  const int n_site = rz_lattice_n_site(spec->lattice);
  for (int d = 0; d < 2; d++) {
    const int k = spec->momentum[d];
    RZ_CHECK(k >= 0 && k < extent[d], RZ_ERR_ARG, "momentum %d along direction %d must lie in 0 .. %d", k, d + 1,
             extent[d] - 1);
    if (extent[d] == 1) continue;
    const int64_t step = d == 0 ? 1 : extent[0];
    g[(*n)++] =
        (generator){perm + step * n_site, false, k * (order / extent[d]),
                    d == 0 ? "translation along the first direction" : "translation along the second direction"};
  }
  return RZ_OK;
}

static rz_err list_generators(const rz_ed_spec *spec, int n_site, int64_t *order, int *n, generator *g) {
  int extent[2] = {1, 1};
  *n = 0;
  RZ_CHECK(spec->lattice || !(spec->use_momentum || spec->reflection), RZ_ERR_ARG,
           "momentum and reflection need a lattice");
  RZ_CHECK(!spec->lattice || rz_lattice_n_site(spec->lattice) == n_site, RZ_ERR_ARG,
           "the lattice has %d sites, the operator %d", rz_lattice_n_site(spec->lattice), n_site);
  RZ_CHECK(abs(spec->spin_flip) <= 1 && abs(spec->reflection) <= 1, RZ_ERR_ARG,
           "spin flip %d and reflection %d must be +1, -1 or 0", spec->spin_flip, spec->reflection);
  RZ_CHECK(spec->n_extra >= 0 && spec->n_extra <= MAX_GENERATOR - 4, RZ_ERR_ARG, "%d further symmetries; at most %d",
           spec->n_extra, MAX_GENERATOR - 4);
  if (spec->use_momentum) rz_lattice_translation_extent(spec->lattice, extent);
  *order = common_multiple(2, common_multiple(extent[0], extent[1]));
  if (spec->use_momentum) RZ_TRY(add_translations(spec, *order, n, g));
  if (spec->reflection) {
    const int32_t *const perm = rz_lattice_reflection(spec->lattice);
    RZ_CHECK(perm, RZ_ERR_ARG, "this lattice has no reflection");
    g[(*n)++] = (generator){perm, false, spec->reflection > 0 ? 0 : *order / 2, "reflection"};
  }
  if (spec->spin_flip) {
    RZ_CHECK(!spec->fixed_sz || 2 * spec->n_up == n_site, RZ_ERR_ARG,
             "the spin flip leaves the sector of %d up spins on %d sites", spec->n_up, n_site);
    g[(*n)++] = (generator){NULL, true, spec->spin_flip > 0 ? 0 : *order / 2, "spin flip"};
  }
  for (int i = 0; i < spec->n_extra; i++) {
    const rz_ed_symmetry *const e = &spec->extra[i];
    RZ_CHECK(e->character == 1 || e->character == -1, RZ_ERR_ARG, "the character %d of %s must be +1 or -1",
             e->character, e->name);
    g[(*n)++] = (generator){e->perm, false, e->character > 0 ? 0 : *order / 2, e->name};
  }
  return RZ_OK;
}

/* --- Closure --- */

static int find_element(const rz_ed_group *g, const int32_t *perm, uint8_t flip) {
  for (int k = 0; k < g->n; k++)
    if (g->flip[k] == flip && memcmp(g->perm + (int64_t)k * g->n_site, perm, (size_t)g->n_site * sizeof *perm) == 0)
      return k;
  return -1;
}

/* Room for one more element; arrays grow by doubling. */
static rz_err grow(rz_ed_group *g, int *room) {
  if (g->n < *room) return RZ_OK;
  RZ_CHECK(g->n < RZ_ED_MAX_ELEMENT, RZ_ERR_ARG, "the symmetry group has more than %d elements",
           (int)RZ_ED_MAX_ELEMENT);
  const int more = 2 * *room;
  int32_t *perm = NULL;
  uint8_t *flip = NULL;
  int64_t *phase = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW((int64_t)more * g->n_site, &perm));
  RZ_TRY_DONE(rc, RZ_NEW(more, &flip));
  RZ_TRY_DONE(rc, RZ_NEW(more, &phase));
  memcpy(perm, g->perm, (size_t)g->n * (size_t)g->n_site * sizeof *perm);
  memcpy(flip, g->flip, (size_t)g->n * sizeof *flip);
  memcpy(phase, g->phase, (size_t)g->n * sizeof *phase);
  rz_free(&g->perm);
  rz_free(&g->flip);
  rz_free(&g->phase);
  g->perm = perm;
  g->flip = flip;
  g->phase = phase;
  *room = more;
  return RZ_OK;
done:
  rz_free(&perm);
  rz_free(&flip);
  rz_free(&phase);
  return rc;
}

static rz_err multiply(rz_ed_group *g, int k, const generator *by, int *room) {
  const int n_site = g->n_site;
  RZ_TRY(grow(g, room));
  int32_t *const image = g->perm + (int64_t)g->n * n_site; /* behind the last element: kept if it is new */
  for (int i = 0; i < n_site; i++) {
    const int32_t at = g->perm[(int64_t)k * n_site + i];
    image[i] = by->perm ? by->perm[at] : at;
  }
  const uint8_t flip = g->flip[k] ^ (uint8_t)by->flip;
  const int64_t phase = (g->phase[k] + by->phase) % g->order;
  const int at = find_element(g, image, flip);
  RZ_CHECK(
      at < 0 || g->phase[at] == phase, RZ_ERR_ARG,
      "the quantum numbers contradict each other at the %s: no state has them (a reflection needs momentum 0 or pi "
      "along its axis)",
      by->name);
  if (at >= 0) return RZ_OK;
  g->flip[g->n] = flip;
  g->phase[g->n++] = phase;
  return RZ_OK;
}

static rz_err close_group(rz_ed_group *g, int n, const generator *generators) {
  int room = 16;
  RZ_TRY(RZ_NEW((int64_t)room * g->n_site, &g->perm));
  RZ_TRY(RZ_NEW(room, &g->flip));
  RZ_TRY(RZ_NEW(room, &g->phase));
  for (int i = 0; i < g->n_site; i++) g->perm[i] = i;
  g->flip[0] = 0;
  g->phase[0] = 0;
  g->n = 1;
  for (int k = 0; k < g->n; k++)
    for (int i = 0; i < n; i++) RZ_TRY(multiply(g, k, &generators[i], &room));
  return RZ_OK;
}

/* exp(-2 pi i m / order), exact at quarter turns. */
static double complex root_of_unity(int64_t m, int64_t order) {
  if (m == 0) return 1.0;
  if (2 * m == order) return -1.0;
  if (4 * m == order) return -I;
  if (4 * m == 3 * order) return I;
  const double angle = 2 * RZ_PI * (double)m / (double)order;
  return cos(angle) - I * sin(angle);
}

static rz_err make_characters(rz_ed_group *g) {
  g->real = g->trivial = true;
  RZ_TRY(RZ_NEW(g->n, &g->character));
  for (int k = 0; k < g->n; k++) {
    g->character[k] = root_of_unity(g->phase[k], g->order);
    g->real = g->real && (2 * g->phase[k]) % g->order == 0;
    g->trivial = g->trivial && g->phase[k] == 0;
  }
  return RZ_OK;
}

static rz_err make_tables(rz_ed_group *g) {
  const int n_site = g->n_site;
  g->n_byte = (n_site + 7) / 8;
  g->n_lane = (g->n + RZ_ED_IMAGE_LANES - 1) / RZ_ED_IMAGE_LANES * RZ_ED_IMAGE_LANES;
  RZ_TRY(RZ_NEW0((int64_t)g->n_byte * 256 * g->n_lane, &g->table));
  RZ_TRY(RZ_NEW0(g->n_lane, &g->turn));
  RZ_TRY(RZ_NEW(g->n * n_site, &g->reach));
  for (int k = 0; k < g->n_lane; k++) {
    const int element = k < g->n ? k : 0;
    const int32_t *const perm = g->perm + (int64_t)element * n_site;
    g->turn[k] = g->flip[element] ? ((uint64_t)1 << n_site) - 1 : 0;
    for (int i = 0; i < n_site; i++)
      for (int byte = 0; byte < 256; byte++)
        if (byte >> (i % 8) & 1) g->table[((int64_t)(i / 8) * 256 + byte) * g->n_lane + k] |= (uint64_t)1 << perm[i];
  }
  for (int k = 0; k < g->n; k++) {
    uint8_t *const reach = g->reach + (int64_t)k * n_site;
    for (int i = 0; i < n_site; i++) reach[g->perm[(int64_t)k * n_site + i]] = (uint8_t)i;
    for (int i = n_site - 1; i >= 0; i--) {
      if (i < reach[i]) reach[i] = (uint8_t)i;
      if (i + 1 < n_site && reach[i + 1] < reach[i]) reach[i] = reach[i + 1];
    }
  }
  return make_characters(g);
}

rz_err rz_ed_group_create(const rz_ed_spec *spec, const rz_ed_operator *op, rz_ed_group **out) {
  generator g[MAX_GENERATOR];
  int n = 0;
  int64_t order = 1;
  rz_err rc = RZ_OK;
  *out = NULL;
  RZ_TRY(list_generators(spec, op->n_site, &order, &n, g));
  RZ_TRY(check_all_commute(n, g, op));
  RZ_TRY(RZ_NEW0(1, out));
  (*out)->n_site = op->n_site;
  (*out)->order = order;
  (*out)->images = RZ_ISA_PICK(rz_ed_images);
  RZ_TRY_DONE(rc, close_group(*out, n, g));
  RZ_TRY_DONE(rc, make_tables(*out));
done:
  if (rc != RZ_OK) rz_ed_group_destroy(out);
  return rc;
}

void rz_ed_group_destroy(rz_ed_group **group) {
  if (!*group) return;
  rz_free(&(*group)->perm);
  rz_free(&(*group)->flip);
  rz_free(&(*group)->phase);
  rz_free(&(*group)->table);
  rz_free(&(*group)->turn);
  rz_free(&(*group)->reach);
  rz_free(&(*group)->character);
  rz_free(group);
}

int64_t rz_ed_group_bytes(const rz_ed_group *g) {
  return (int64_t)g->n_byte * 256 * g->n_lane * (int64_t)sizeof *g->table;
}
