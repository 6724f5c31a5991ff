/* The registry of moves, and what is common to all. */
#include "ritz/sample/move.h"

#include "move_list.h"
#include "ritz/core/config.h"
#include "ritz/core/memory.h"
#include <string.h>

/* One line per move. */
static const rz_move_class *const registry[] = {&rz_move_flip, &rz_move_exchange, &rz_move_global_flip, &rz_move_star};
enum { N_MOVE = sizeof registry / sizeof registry[0] };

const rz_move_class *const *rz_move_registry(int *n) {
  *n = N_MOVE;
  return registry;
}

static const rz_move_class *find(const char *name) {
  for (int i = 0; i < N_MOVE; i++)
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  return NULL;
}

static rz_err unknown(const char *name) {
  const char *names[N_MOVE];
  for (int i = 0; i < N_MOVE; i++) names[i] = registry[i]->name;
  const char *near = rz_nearest(name, names, N_MOVE);
  RZ_FAIL(RZ_ERR_ARG, "there is no move '%s'%s%s%s", name, near ? "; did you mean '" : "", near ? near : "",
          near ? "'?" : "");
}

rz_err rz_move_allocate(rz_move *m, int64_t n_set, int n_flip) {
  RZ_CHECK(n_set <= UINT32_MAX, RZ_ERR_ARG, "the move '%s' has %lld flip sets, more than 2^32 - 1", m->cls->name,
           (long long)n_set);
  m->n_set = n_set;
  m->n_flip = n_flip;
  return RZ_NEW(n_set * n_flip, &m->site);
}

rz_err rz_move_create(const char *name, const rz_move_input *in, rz_move **out) {
  *out = NULL;
  const rz_move_class *cls = find(name);
  if (!cls) return unknown(name);
  const char *why = cls->unfit(in->model);
  RZ_CHECK(!why, RZ_ERR_ARG, "the move '%s' %s", name, why);
  rz_move *m = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW0(1, &m));
  m->cls = cls;
  m->n_site = rz_lattice_n_site(in->model->lattice);
  RZ_TRY_DONE(rc, cls->init(m, in));
  RZ_CHECK_DONE(rc, m->n_set > 0, RZ_ERR_ARG, "the move '%s' has nothing to flip on this lattice of %d site(s)", name,
                m->n_site);
  *out = m;
  return RZ_OK;
done:
  rz_move_destroy(&m);
  return rc;
}

void rz_move_destroy(rz_move **m) {
  if (!*m) return;
  rz_free(&(*m)->site);
  rz_free(m);
}
