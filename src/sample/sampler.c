/* The registry of samplers, creation and dispatch. */
#include "sampler_impl.h"

#include "ritz/core/memory.h"
#include <string.h>

/* One line per sampler. */
static const rz_sampler_class *const registry[] = {&rz_sampler_metropolis, &rz_sampler_full_sum};
enum { N_SAMPLER = sizeof registry / sizeof registry[0] };

const rz_sampler_class *const *rz_sampler_registry(int *n) {
  *n = N_SAMPLER;
  return registry;
}

static const rz_sampler_class *find(const char *name) {
  for (int i = 0; i < N_SAMPLER; i++)
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  return NULL;
}

/* Names in the spec may belong to a deck: keep the classes' own. */
static void own_names(rz_sampler *s) {
  s->spec.method = s->cls->name;
  int n = 0;
  const rz_move_class *const *moves = rz_move_registry(&n);
  for (int i = 0; i < s->spec.n_move; i++)
    for (int k = 0; k < n; k++)
      if (strcmp(s->spec.move[i], moves[k]->name) == 0) s->spec.move[i] = moves[k]->name;
}

typedef struct {
  rz_err rc;
} first_fault;

static void keep_first(void *ctx, const char *key, const char *message) {
  first_fault *first = ctx;
  if (first->rc == RZ_OK) first->rc = rz_error_set(RZ_ERR_ARG, __FILE__, __LINE__, __func__, "%s: %s", key, message);
}

static rz_err create_local(const rz_sampler_spec *spec, const rz_model *model, const rz_ansatz *a, uint64_t seed,
                           const rz_comm *comm, rz_sampler **out) {
  rz_sampler_spec resolved = *spec;
  rz_spec_resolve(&resolved, model);
  first_fault first = {RZ_OK};
  RZ_TRY(rz_spec_check(&resolved, model, comm->size, keep_first, &first));
  if (first.rc != RZ_OK) return first.rc;
  rz_sampler *s = NULL;
  RZ_TRY(RZ_NEW0(1, &s));
  *out = s;
  s->cls = find(spec->method);
  s->spec = resolved;
  own_names(s);
  s->model = model;
  s->comm = *comm;
  s->seed = seed;
  s->n_site = rz_lattice_n_site(model->lattice);
  s->cache_size = a->cache_size;
  RZ_CHECK(a->n_site == s->n_site, RZ_ERR_ARG, "the state has %d sites, the model %d", a->n_site, s->n_site);
  return s->cls->init(s, a);
}

rz_err rz_sampler_create_from(const rz_sampler_spec *spec, const rz_model *model, const rz_ansatz *ansatz,
                              uint64_t seed, const rz_comm *comm, rz_sampler **out) {
  *out = NULL;
  const rz_err rc = rz_agree(comm, create_local(spec, model, ansatz, seed, comm, out));
  if (rc != RZ_OK) rz_sampler_destroy(out);
  return rc;
}

void rz_sampler_destroy(rz_sampler **s) {
  if (!*s) return;
  (*s)->cls->fini(*s);
  rz_free(s);
}

const rz_sampler_spec *rz_sampler_spec_of(const rz_sampler *s) { return &s->spec; }
rz_err rz_sampler_start(rz_sampler *s, const rz_ansatz *a) { return s->cls->start(s, a); }
rz_err rz_sampler_sweep(rz_sampler *s, const rz_ansatz *a, int64_t n_sweep) { return s->cls->sweep(s, a, n_sweep); }
rz_err rz_sampler_draw(rz_sampler *s, const rz_ansatz *a, int64_t n_draw, rz_samples *out) {
  memset(out, 0, sizeof *out);
  return s->cls->draw(s, a, n_draw, out);
}
rz_sampler_info rz_sampler_info_last(const rz_sampler *s) { return s->info; }
int64_t rz_sampler_block(const rz_sampler *s, const rz_samples *drawn) {
  return drawn->exact ? drawn->unit : RZ_LANES / s->spec.replicas * drawn->n_draw;
}
int rz_sampler_is_exact(const rz_sampler *s) { return s->cls == &rz_sampler_full_sum; }
rz_samples rz_sampler_outline(const rz_sampler *s) {
  rz_samples out = {.n_site = s->n_site};
  s->cls->outline(s, &out);
  return out;
}

rz_err rz_sampler_state(rz_sampler *s, rz_array_visit *visit, void *ctx) { return s->cls->state(s, visit, ctx); }
