/* From a resolved deck to a problem: lattice, operator, sector and rotation, in this order. */
#include "model_impl.h"

#include "ritz/core/memory.h"

#include <string.h>

#define LATTICE "lattice"

static const rz_lattice_class *find_geometry(const char *name) {
  int n;
  const rz_lattice_class *const *registry = rz_lattice_registry(&n);
  for (int k = 0; k < n; k++)
    if (strcmp(registry[k]->name, name) == 0) return registry[k];
  return NULL;
}

static const rz_model_class *find_model(const char *name) {
  int n;
  const rz_model_class *const *registry = rz_model_registry(&n);
  for (int k = 0; k < n; k++)
    if (strcmp(registry[k]->name, name) == 0) return registry[k];
  return NULL;
}

static bool lattice_has_row(const rz_lattice_class *cls, const char *key) {
  for (int k = 0; k < cls->n_options; k++)
    if (strcmp(cls->options[k].name, key) == 0) return true;
  return false;
}

/* Lengths and boundaries; one boundary holds for every direction. */
static void read_extents(rz_config *config, rz_lattice_spec *spec) {
  spec->n_dim = rz_config_has(config, LATTICE, "length") ? rz_config_count(config, LATTICE, "length") : 0;
  const int n_boundary = rz_config_count(config, LATTICE, "boundary");
  if (n_boundary > 1 && n_boundary != spec->n_dim)
    rz_config_error(config, LATTICE, "boundary", "%d values for %d direction%s; give one value or one per direction",
                    n_boundary, spec->n_dim, spec->n_dim == 1 ? "" : "s");
  for (int k = 0; k < spec->n_dim; k++) {
    spec->length[k] = rz_config_int_at(config, LATTICE, "length", k);
    spec->periodic[k] =
        strcmp(rz_config_string_at(config, LATTICE, "boundary", n_boundary > k ? k : 0), "periodic") == 0;
  }
}

/* Shrink the longest direction by two, which keeps even rings even, until at most max_site sites are left. */
static bool shrink(rz_lattice_spec *spec, int n_site, int max_site) {
  if (spec->n_dim == 0 || n_site <= max_site) return n_site <= max_site;
  int64_t cells = 1;
  for (int k = 0; k < spec->n_dim; k++) cells *= spec->length[k];
  const int64_t per_cell = n_site / cells;
  while (cells * per_cell > max_site) {
    const int longest = spec->n_dim > 1 && spec->length[1] > spec->length[0];
    if (spec->length[longest] < 5) return false;
    spec->length[longest] -= 2;
    cells = spec->length[0] * (spec->n_dim > 1 ? spec->length[1] : 1);
  }
  return true;
}

/* max_site > 0: a small cluster of the deck's lattice; *out stays NULL if there is none. */
static rz_err create_lattice(rz_config *config, int max_site, rz_lattice **out) {
  const rz_lattice_class *cls = find_geometry(rz_config_string(config, LATTICE, "geometry"));
  RZ_CHECK(cls, RZ_ERR_INTERNAL, "a geometry of the deck is not in the registry");
  rz_lattice_spec spec = {.geometry = cls->name};
  char *path = NULL;
  read_extents(config, &spec);
  if (lattice_has_row(cls, "legs")) spec.legs = (int)rz_config_int(config, LATTICE, "legs");
  if (lattice_has_row(cls, "edges")) {
    RZ_TRY(rz_config_path(config, rz_config_string(config, LATTICE, "edges"), &path));
    spec.edge_file = path;
    if (spec.n_dim > 0)
      rz_config_error(config, LATTICE, "length", "geometry '%s' takes no length: its file says it all", cls->name);
    if (rz_config_given(config, LATTICE, "boundary"))
      rz_config_error(config, LATTICE, "boundary", "geometry '%s' takes no boundary: its file says it all", cls->name);
  }
  rz_err rc = rz_lattice_create(&spec, out);
  if (rc == RZ_OK && max_site > 0) {
    const bool fits = shrink(&spec, rz_lattice_n_site(*out), max_site);
    rz_lattice_destroy(out);
    if (fits) rc = rz_lattice_create(&spec, out);
  }
  rz_free(&path);
  const bool has_file = spec.edge_file != NULL;
  if (rc == RZ_ERR_INPUT && has_file) return rz_config_file_error(config, LATTICE, "edges");
  if (rc == RZ_ERR_DECK && has_file) { /* a line of the file */
    rz_config_error(config, LATTICE, "edges", "%s", rz_error_message());
    return rz_config_report(config);
  }
  if (rc == RZ_ERR_ARG) {
    rz_config_error(config, LATTICE, spec.n_dim > 0 ? "length" : "geometry", "%s", rz_error_message());
    return rz_config_report(config);
  }
  RZ_TRY(rc);
  return RZ_OK;
}

/* Units as derived from the model, unless the deck says them. */
static rz_err resolve_units(rz_config *config, const rz_model_class *cls, bool *pauli) {
  const char *units = rz_config_string(config, RZ_GROUP, "units");
  if (strcmp(units, "auto") == 0) {
    RZ_TRY(rz_config_set_string(config, RZ_GROUP, "units", cls->units));
    units = cls->units;
  }
  *pauli = strcmp(units, "pauli") == 0;
  return RZ_OK;
}

static rz_err create_operator(rz_config *config, rz_model *m) {
  const int before = rz_config_error_count(config);
  int64_t n_term = 0;
  const rz_model_input in = {.config = config,
                             .lattice = m->lattice,
                             .seed = (uint64_t)rz_config_int(config, "run", "seed"),
                             .pauli = m->pauli,
                             .n_term = &n_term};
  RZ_TRY(rz_operator_create(rz_lattice_n_site(m->lattice), &m->bare));
  RZ_TRY(m->cls->build(&in, m->bare));
  RZ_TRY(rz_model_add_fields(&in, m->bare));
  if (rz_config_error_count(config) > before) return rz_config_report(config);
  const rz_err rc = rz_operator_finish(m->bare);
  if (rc == RZ_ERR_ARG) {
    rz_config_error(config, RZ_GROUP, rz_model_has_row(m->cls, "file") ? "file" : "model", "%s", rz_error_message());
    return rz_config_report(config);
  }
  RZ_TRY(rc);
  rz_model_write_formula(m->cls, &in, sizeof m->formula, m->formula);
  return RZ_OK;
}

/* Errors that other parts have found before do not stop the model. */
static rz_err build(rz_config *config, int max_site, rz_model *m) {
  const int before = rz_config_error_count(config);
  m->cls = find_model(rz_config_string(config, RZ_GROUP, "model"));
  RZ_CHECK(m->cls, RZ_ERR_INTERNAL, "a model of the deck is not in the registry");
  RZ_TRY(create_lattice(config, max_site, &m->lattice));
  if (!m->lattice) return RZ_OK;
  RZ_TRY(RZ_NEW0(rz_lattice_n_site(m->lattice), &m->marshall_mask));
  RZ_TRY(resolve_units(config, m->cls, &m->pauli));
  RZ_TRY(create_operator(config, m));
  RZ_TRY(rz_model_resolve_sector(config, m));
  if (rz_config_error_count(config) > before) return rz_config_report(config);
  return RZ_OK;
}

static rz_err create(rz_config *config, int max_site, rz_model **out) {
  *out = NULL;
  rz_model *m;
  RZ_TRY(RZ_NEW0(1, &m));
  const rz_err rc = build(config, max_site, m);
  if (rc != RZ_OK || !m->lattice) rz_model_destroy(&m);
  *out = m;
  return rc == RZ_OK ? RZ_OK : rz_error_trace(rc, __FILE__, __LINE__, __func__);
}

rz_err rz_model_create(rz_config *config, rz_model **out) { return create(config, 0, out); }

/* Couplings listed per site or bond, a file of terms, or an Sz other than the smallest mean one lattice only. */
static bool is_tied_to_its_lattice(const rz_config *config) {
  const char *const lists[] = {"field_z", "field_x", "bond_j"};
  for (int k = 0; k < 3; k++) {
    const bool used = rz_model_has_row(find_model(rz_config_string(config, RZ_GROUP, "model")), lists[k]) || k < 2;
    if (used && rz_config_has(config, RZ_GROUP, lists[k]) && rz_config_count(config, RZ_GROUP, lists[k]) > 1)
      return true;
  }
  const char *sz = rz_config_string(config, "sector", "sz");
  return strcmp(rz_config_string(config, RZ_GROUP, "model"), "terms") == 0 ||
         (strcmp(sz, "0") != 0 && strcmp(sz, "1/2") != 0 && strcmp(sz, "all") != 0);
}

rz_err rz_model_create_cluster(rz_config *config, int max_site, rz_model **out) {
  *out = NULL;
  return is_tied_to_its_lattice(config) ? RZ_OK : create(config, max_site, out);
}

void rz_model_destroy(rz_model **model) {
  if (!model || !*model) return;
  rz_model *m = *model;
  if (m->h != m->bare) rz_operator_destroy(&m->h);
  rz_operator_destroy(&m->bare);
  rz_lattice_destroy(&m->lattice);
  rz_free(&m->marshall_mask);
  rz_free(model);
}
