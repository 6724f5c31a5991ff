/* Creation, and the functions of a batch from those of one state. */
#include "system_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- the flow ------------------------------------------------------------------------------------------------------
 */

static rz_err flow_velocity(void *self, int64_t n, const double *x, double *dq) {
  const rz_system *s = self;
  const int d = s->n_degree;
  for (int64_t i = 0; i < n; i++) s->cls->velocity(s, x + i * 2 * d + d, dq + i * d);
  return RZ_OK;
}

static rz_err flow_force(void *self, int64_t n, const double *x, double *dp) {
  const rz_system *s = self;
  const int d = s->n_degree;
  for (int64_t i = 0; i < n; i++) s->cls->force(s, x + i * 2 * d, dp + i * d);
  return RZ_OK;
}

static rz_err flow_velocity_tangent(void *self, int64_t n, const double *x, const double *v, double *dq) {
  const rz_system *s = self;
  const int d = s->n_degree;
  for (int64_t i = 0; i < n; i++) s->cls->velocity_tangent(s, x + i * 2 * d + d, v + i * 2 * d + d, dq + i * d);
  return RZ_OK;
}

static rz_err flow_force_tangent(void *self, int64_t n, const double *x, const double *v, double *dp) {
  const rz_system *s = self;
  const int d = s->n_degree;
  for (int64_t i = 0; i < n; i++) s->cls->force_tangent(s, x + i * 2 * d, v + i * 2 * d, dp + i * d);
  return RZ_OK;
}

static rz_err flow_field(void *self, int64_t n, const double *x, double *dx) {
  const rz_system *s = self;
  const rz_system_class *c = s->cls;
  const int d = s->n_degree;
  for (int64_t i = 0; i < n; i++, x += 2 * d, dx += 2 * d) {
    if (c->field) {
      c->field(s, x, dx);
    } else {
      c->velocity(s, x + d, dx);
      c->force(s, x, dx + d);
    }
  }
  return RZ_OK;
}

static rz_err flow_field_tangent(void *self, int64_t n, const double *x, const double *v, double *dv) {
  const rz_system *s = self;
  const rz_system_class *c = s->cls;
  const int d = s->n_degree;
  for (int64_t i = 0; i < n; i++, x += 2 * d, v += 2 * d, dv += 2 * d) {
    if (c->field) {
      c->field_tangent(s, x, v, dv);
    } else {
      c->velocity_tangent(s, x + d, v + d, dv);
      c->force_tangent(s, x, v, dv + d);
    }
  }
  return RZ_OK;
}

static rz_err flow_energy(void *self, int64_t n, const double *x, double *h) {
  const rz_system *s = self;
  for (int64_t i = 0; i < n; i++) h[i] = s->cls->energy(s, x + i * 2 * s->n_degree);
  return RZ_OK;
}

static rz_flow make_flow(rz_system *s) {
  rz_flow f = {.self = s,
               .n_degree = s->n_degree,
               .separable = s->cls->field == NULL,
               .hamiltonian = true,
               .field = flow_field,
               .field_tangent = flow_field_tangent,
               .energy = flow_energy,
               .split = s->cls->split};
  if (f.separable) {
    f.velocity = flow_velocity;
    f.force = flow_force;
    f.velocity_tangent = flow_velocity_tangent;
    f.force_tangent = flow_force_tangent;
  }
  return f;
}

/* --- creation ------------------------------------------------------------------------------------------------------
 */

static const rz_system_class *find_class(const char *name) {
  int n;
  const rz_system_class *const *registry = rz_system_registry(&n);
  for (int k = 0; k < n; k++)
    if (strcmp(registry[k]->name, name) == 0) return registry[k];
  return NULL;
}

rz_err rz_system_create(rz_config *config, rz_system **out) {
  rz_system *s = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  const char *name = rz_config_string(config, RZ_SYSTEM_GROUP, "name");
  const rz_system_class *cls = find_class(name);
  RZ_CHECK(cls, RZ_ERR_DECK, "name = '%s' is not a system", name);
  RZ_TRY(RZ_NEW0(1, &s));
  s->cls = cls;
  RZ_TRY_DONE(rc, cls->init(s, config));
  s->flow = make_flow(s);
  *out = s;
  s = NULL;
done:
  rz_system_destroy(&s);
  return rc;
}

/* The keys become a deck of their own, so that they are checked and reported as those of a deck. */
rz_err rz_system_create_text(const char *keys, rz_system **out) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "kind of run")};
  static const char *const names[] = {"run", "!system", NULL};
  static const rz_study_groups study = {"system", "a system alone", names};
  const rz_option_group group[] = {{.name = "run", .about = "the run", .rows = run, .n_rows = 1}, *rz_system_options()};
  const rz_schema schema = {group, 2, &study, 1};
  rz_config *config = NULL;
  char *text = NULL;
  rz_err rc = RZ_OK;
  *out = NULL;
  const int64_t size = (int64_t)strlen(keys) + 64;
  RZ_TRY(RZ_NEW(size, &text));
  const int n = snprintf(text, (size_t)size, "&run study = 'system' /\n&system %s /\n", keys);
  RZ_TRY_DONE(rc, rz_config_parse("system", text, n, &schema, &config));
  RZ_TRY_DONE(rc, rz_system_create(config, out));
done:
  rz_config_destroy(&config);
  rz_free(&text);
  return rc;
}

void rz_system_destroy(rz_system **system) {
  rz_system *s = *system;
  if (!s) return;
  if (s->cls->fini) s->cls->fini(s);
  rz_free(&s->mass);
  rz_free(&s->data);
  rz_free(system);
}

/* --- queries -------------------------------------------------------------------------------------------------------
 */

void rz_system_invariants(const rz_system *s, int64_t n, const double *x, double *out) {
  for (int64_t i = 0; i < n; i++, x += 2 * s->n_degree, out += s->n_invariant) {
    out[0] = s->cls->energy(s, x);
    if (s->cls->invariants) s->cls->invariants(s, x, out + 1);
  }
}

double rz_system_period(const rz_system *s, const double *x) {
  return s->cls->period ? s->cls->period(s, x) : (double)NAN;
}

void rz_system_draw(const rz_system *s, uint64_t seed, uint64_t first, int64_t n, double *x) {
  for (int64_t i = 0; i < n; i++) {
    rz_rng rng = rz_rng_stream(seed, RZ_RNG_STATE, first + (uint64_t)i);
    s->cls->draw(s, &rng, x + i * 2 * s->n_degree);
  }
}

/* --- for the members -----------------------------------------------------------------------------------------------
 */

rz_err rz_system_shape(rz_system *s, int n_degree, int n_space, double mass, const char *const *invariants) {
  s->n_degree = n_degree;
  s->n_space = n_space;
  if (mass != 0.0) RZ_TRY(RZ_NEW(n_degree, &s->mass));
  for (int k = 0; s->mass && k < n_degree; k++) s->mass[k] = mass;
  s->invariant[0] = "energy";
  s->n_invariant = 1;
  for (; invariants && *invariants; invariants++) s->invariant[s->n_invariant++] = *invariants;
  return RZ_OK;
}

double rz_system_real(const rz_config *config, const char *key) { return rz_config_real(config, RZ_SYSTEM_GROUP, key); }

rz_err rz_system_range(rz_config *config, const char *key, double range[2]) {
  for (int k = 0; k < 2; k++) range[k] = rz_config_real_at(config, RZ_SYSTEM_GROUP, key, k);
  if (range[0] <= range[1]) return RZ_OK;
  rz_config_error(config, RZ_SYSTEM_GROUP, key, "%s = %g, %g: the lower end comes first", key, range[0], range[1]);
  return rz_config_report(config);
}

double rz_system_uniform(rz_rng *rng, const double range[2]) {
  return range[0] + (range[1] - range[0]) * rz_rng_uniform(rng);
}

void rz_system_direction(rz_rng *rng, double out[2]) {
  const double angle = 2.0 * RZ_PI * rz_rng_uniform(rng);
  out[0] = cos(angle);
  out[1] = sin(angle);
}
