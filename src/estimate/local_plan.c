#include "local_plan.h"

#include "ritz/core/memory.h"

#include <stdlib.h>

static int compare_flips(const rz_flip_set *a, const rz_flip_set *b) {
  if (a->n_flip != b->n_flip) return a->n_flip < b->n_flip ? -1 : 1;
  for (int32_t i = 0; i < a->n_flip; i++)
    if (a->site[i] != b->site[i]) return a->site[i] < b->site[i] ? -1 : 1;
  return 0;
}

static int compare(const void *p, const void *q) {
  const rz_local_use *a = p, *b = q;
  const int c = compare_flips(a->set, b->set);
  return c != 0 ? c : (a->op > b->op) - (a->op < b->op);
}

static bool is_constant(const rz_flip_set *f) {
  return f->n_flip > 0 && f->real && f->n_term == 1 && f->first[1] == 0 && creal(f->coef[0]) != 0.0;
}

/* Whether set k goes on with the run. */
static bool belongs(const rz_local_plan *p, const rz_local_run *r, int64_t k, bool plain) {
  const rz_local_use *use = p->use + p->first[k], *before = p->use + p->first[r->first];
  return r->n < RZ_MAX_RUN && r->n_flip == use->set->n_flip && r->plain == plain && (!plain || before->op == use->op);
}

static void find_runs(rz_local_plan *p) {
  rz_local_run *r = NULL;
  int32_t *site = p->site;
  for (int64_t k = 0; k < p->n_set; k++) {
    const rz_local_use *use = p->use + p->first[k];
    const bool plain = p->first[k + 1] - p->first[k] == 1 && use->constant;
    if (!r || !belongs(p, r, k, plain)) {
      r = &p->run[p->n_run++];
      *r = (rz_local_run){.first = k, .n_flip = use->set->n_flip, .plain = plain, .site = site};
    }
    r->n++;
    for (int i = 0; i < r->n_flip; i++) *site++ = use->set->site[i];
    p->coef[k] = use->set->n_term > 0 ? creal(use->set->coef[0]) : 0.0;
    const int64_t uses = p->first[k + 1] - p->first[r->first];
    if (uses > p->most_uses) p->most_uses = uses;
    if (r->n_flip > p->most_flips) p->most_flips = r->n_flip;
  }
}

static rz_err fill(rz_local_plan *p, const rz_operator *const *op) {
  int64_t n_flip = 0;
  for (int o = 0; o < p->n_op; o++) p->n_use += rz_operator_n_flip_set(op[o]);
  RZ_TRY(RZ_NEW(p->n_use, &p->use));
  RZ_TRY(RZ_NEW(p->n_use + 1, &p->first));
  RZ_TRY(RZ_NEW(p->n_use, &p->run));
  rz_local_use *u = p->use;
  for (int o = 0; o < p->n_op; o++)
    for (int64_t k = 0; k < rz_operator_n_flip_set(op[o]); k++) {
      const rz_flip_set *f = rz_operator_flip_set(op[o], k);
      *u++ = (rz_local_use){.op = o, .set = f, .constant = is_constant(f)};
    }
  qsort(p->use, (size_t)p->n_use, sizeof *p->use, compare);
  for (int64_t k = 0; k < p->n_use; k++)
    if (k == 0 || compare_flips(p->use[k - 1].set, p->use[k].set) != 0) p->first[p->n_set++] = k;
  p->first[p->n_set] = p->n_use;
  for (int64_t k = 0; k < p->n_set; k++) n_flip += p->use[p->first[k]].set->n_flip;
  RZ_TRY(RZ_NEW(n_flip, &p->site));
  RZ_TRY(RZ_NEW(p->n_set, &p->coef));
  find_runs(p);
  return RZ_OK;
}

rz_err rz_local_plan_create(int n_op, const rz_operator *const *op, rz_local_plan **out) {
  rz_local_plan *p = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  for (int o = 1; o < n_op; o++)
    RZ_CHECK(rz_operator_n_site(op[o]) == rz_operator_n_site(op[0]), RZ_ERR_ARG, "operators of %d and %d sites",
             rz_operator_n_site(op[0]), rz_operator_n_site(op[o]));
  RZ_TRY(RZ_NEW0(1, &p));
  p->n_op = n_op;
  p->n_site = n_op > 0 ? rz_operator_n_site(op[0]) : 0;
  RZ_TRY_DONE(rc, fill(p, op));
  *out = p;
  p = NULL;
done:
  rz_local_plan_destroy(&p);
  return rc;
}

void rz_local_plan_destroy(rz_local_plan **p) {
  if (!*p) return;
  rz_free(&(*p)->use);
  rz_free(&(*p)->first);
  rz_free(&(*p)->run);
  rz_free(&(*p)->site);
  rz_free(&(*p)->coef);
  rz_free(p);
}

int64_t rz_local_plan_n_ratio(const rz_local_plan *p) {
  const bool diagonal = p->n_set > 0 && p->use[0].set->n_flip == 0;
  return p->n_set - diagonal;
}
