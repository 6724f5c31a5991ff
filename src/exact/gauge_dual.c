#include "ritz/exact/gauge_dual.h"

#include "ritz/model/links.h"

/* Are these the same four links, in any order? */
static bool same_four(const int32_t *a, const int32_t b[4]) {
  int n = 0;
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) n += a[i] == b[j];
  return n == 4;
}

typedef struct torus {
  const rz_lattice *lattice;
  int n[2];
} torus;

/* The plaquette with these links, or -1. */
static int plaquette_of(const torus *t, int n, const int32_t *link) {
  int32_t p[4];
  for (int k = 0; k < t->n[0] * t->n[1] && n == 4; k++) {
    rz_links_rectangle(t->lattice, k % t->n[0], k / t->n[0], 1, 1, p);
    if (same_four(link, p)) return k;
  }
  return -1;
}

static bool is_star(const torus *t, int n, const int32_t *link) {
  int32_t v[4];
  for (int k = 0; k < t->n[0] * t->n[1] && n == 4; k++) {
    rz_links_star(t->lattice, k % t->n[0], k / t->n[0], v);
    if (same_four(link, v)) return true;
  }
  return false;
}

/* A link to the right lies above plaquette (x, y - 1), one upwards to the right of (x - 1, y). */
static void sides_of(const torus *t, int32_t link, int32_t side[2]) {
  const int v = link / 2, x = v % t->n[0], y = v / t->n[0];
  side[0] = v;
  side[1] = link % 2 ? (x + t->n[0] - 1) % t->n[0] + t->n[0] * y : x + t->n[0] * ((y + t->n[1] - 1) % t->n[1]);
}

static rz_err add_diagonal(const torus *t, const rz_flip_set *f, bool *fits, rz_operator *dual) {
  for (int32_t k = 0; k < f->n_term && *fits; k++) {
    const int n = f->first[k + 1] - f->first[k], p = plaquette_of(t, n, f->zsite + f->first[k]);
    *fits = n == 0 || p >= 0;
    if (*fits) RZ_TRY(rz_operator_add(dual, f->coef[k], n > 0, &(rz_local){p, 'X'}));
  }
  return RZ_OK;
}

static rz_err add_flip(const torus *t, const rz_flip_set *f, bool *fits, rz_operator *dual) {
  int32_t side[2];
  *fits = f->n_term == 1 && f->first[1] == f->first[0] && f->real && creal(f->coef[0]) <= 0.0;
  if (*fits && f->n_flip == 1) {
    sides_of(t, f->site[0], side);
    RZ_TRY(rz_operator_add(dual, f->coef[0], 2, (rz_local[]){{side[0], 'Z'}, {side[1], 'Z'}}));
    return RZ_OK;
  }
  *fits = *fits && is_star(t, f->n_flip, f->site);
  if (*fits) RZ_TRY(rz_operator_add(dual, f->coef[0], 0, NULL));
  return RZ_OK;
}

rz_err rz_gauge_dual(const rz_operator *op, const rz_lattice *lattice, bool *found, rz_operator **dual) {
  torus t = {.lattice = lattice};
  rz_err rc = RZ_OK;
  *found = false;
  *dual = NULL;
  if (rz_links_unfit(lattice)) return RZ_OK;
  rz_links_extent(lattice, t.n);
  bool fits = true;
  RZ_TRY_DONE(rc, rz_operator_create(t.n[0] * t.n[1], dual));
  for (int64_t k = 0; k < rz_operator_n_flip_set(op) && fits; k++) {
    const rz_flip_set *f = rz_operator_flip_set(op, k);
    RZ_TRY_DONE(rc, f->n_flip == 0 ? add_diagonal(&t, f, &fits, *dual) : add_flip(&t, f, &fits, *dual));
  }
  if (fits) RZ_TRY_DONE(rc, rz_operator_finish(*dual));
  *found = fits;
done:
  if (!*found) rz_operator_destroy(dual);
  return rc;
}
