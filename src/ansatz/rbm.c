/* Restricted Boltzmann machine with its hidden units summed out (Carleo and Troyer, Science 355, 602 (2017),
 * doi:10.1126/science.aag2302):
 *
 *   log psi(s) = sum_i a_i s_i + sum_j log cosh(b_j + sum_i W_ij s_i)        (no 2 in front of cosh)
 *
 * Shared over translations, a filter f stands for one hidden unit per translation g:
 * theta_(g,f) = b_f + sum_i W_if s_(g(i)), and a is one number per orbit of sites. Unshared is the same with the
 * identity as the only translation. */
#include "hidden.h"

#include "ritz/core/memory.h"

enum { BIAS_NONE, BIAS_HIDDEN, BIAS_BOTH };

static const rz_option options[] = {
    RZ_ROW_REAL("alpha", "1", 0.001, RZ_MAX_ALPHA, "", "hidden density: hidden units per site"),
    RZ_ROW_CHOICE("weights", "real|complex", "'real'", "real: psi > 0 everywhere"),
    RZ_ROW_CHOICE("symmetry", "none|translation", "'none'",
                  "translation: weights shared over the lattice's translations, alpha N of them"),
    RZ_ROW_CHOICE("bias", "none|hidden|both", "'none'",
                  "none: exactly even under a global flip; hidden: b; both: a and b"),
    RZ_ROW_REAL("init_width", "0.05", 0.0, 100.0, "", "standard deviation of the initial parameters"),
};

typedef struct rbm {
  rz_hidden hidden;
  int32_t *orbit;    /* [n_site]: which a */
  int32_t *identity; /* [n_site] if not shared */
} rbm;

static void fini_rbm(rz_ansatz *a) {
  rbm *r = a->data;
  if (r == NULL) return;
  rz_hidden_fini(&r->hidden);
  rz_free(&r->orbit);
  rz_free(&r->identity);
  rz_free(&a->data);
}

/* The inputs are the spins, permuted by the lattice's translations if they are shared. */
static rz_err make_inputs(const rz_ansatz *a, rbm *r, bool shared, rz_hidden_inputs *inputs) {
  RZ_TRY(RZ_NEW(a->n_site, &r->orbit));
  inputs->n_in = a->n_site;
  inputs->orbit = r->orbit;
  rz_site_orbits(a->lattice, shared, r->orbit, &inputs->n_orbit);
  if (shared) {
    inputs->n_group = rz_lattice_translations(a->lattice, &inputs->perm);
    return RZ_OK;
  }
  RZ_TRY(RZ_NEW(a->n_site, &r->identity));
  for (int i = 0; i < a->n_site; ++i) r->identity[i] = i;
  inputs->perm = r->identity;
  inputs->n_group = 1;
  return RZ_OK;
}

static rz_err init_rbm(rz_ansatz *a, const rz_ansatz_input *in) {
  double alpha, width;
  int is_complex, shared, bias, n_filter;
  rz_hidden_inputs inputs;
  rbm *r;
  RZ_TRY(rz_ansatz_option_real(in, "alpha", &alpha));
  RZ_TRY(rz_ansatz_option_real(in, "init_width", &width));
  RZ_TRY(rz_ansatz_option_choice(in, "weights", &is_complex));
  RZ_TRY(rz_ansatz_option_choice(in, "symmetry", &shared));
  RZ_TRY(rz_ansatz_option_choice(in, "bias", &bias));
  RZ_TRY(RZ_NEW0(1, &r));
  a->data = r;
  a->is_complex = is_complex;
  RZ_TRY(make_inputs(a, r, shared, &inputs));
  RZ_TRY(rz_hidden_count(in, alpha, a->n_site, "site", inputs.n_group, &n_filter));
  RZ_TRY(rz_hidden_init(&r->hidden, a, &inputs, n_filter, bias >= BIAS_HIDDEN, bias == BIAS_BOTH));
  rz_ansatz_init_normal(a, in->seed, width);
  a->cache_size = rz_cosh_net_cache_size(r->hidden.net);
  return RZ_OK;
}

static rz_cosh_net *net_of(const rz_ansatz *a) { return ((const rbm *)a->data)->hidden.net; }

static rz_err update_rbm(rz_ansatz *a) {
  rz_hidden_update(&((rbm *)a->data)->hidden, a);
  return RZ_OK;
}

static rz_err log_psi_rbm(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out) {
  for (int64_t k = 0; k < n; ++k) out[k] = rz_cosh_net_value(net_of(a), spin + k * a->n_site);
  return RZ_OK;
}

static double refresh_rbm(const rz_ansatz *a, rz_block *b) {
  return rz_cosh_net_refresh(net_of(a), b->spin, b->cache, b->log_psi);
}

static void ratio_rbm(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  rz_cosh_net_ratio(net_of(a), b->cache, b->spin, n_flip, site, out);
}

static void ratios_rbm(const rz_ansatz *a, rz_block *b, int n, int n_flip, const int32_t *site, double *out) {
  rz_cosh_net_ratios(net_of(a), b->cache, b->spin, n, n_flip, site, out);
}

static void commit_rbm(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  rz_cosh_net_commit(net_of(a), b->cache, accept);
}

static rz_err layers_rbm(const rz_ansatz *a, rz_jacobian *j) {
  return rz_hidden_layers(&((const rbm *)a->data)->hidden, a, j);
}

static void factors_rbm(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j) {
  rz_hidden_factors(&((const rbm *)a->data)->hidden, b->spin, b->cache, first, m, j);
}

static rz_err import_rbm(rz_ansatz *a, const rz_params *from, int from_n_site, const int from_extent[2]) {
  RZ_TRY(rz_import_check(a, from));
  RZ_TRY(rz_import_view(a, from, "b"));
  RZ_TRY(rz_import_view(a, from, "a"));
  const rz_hidden *h = &((const rbm *)a->data)->hidden;
  if (h->in.n_group == 1) return rz_import_view(a, from, "W");
  return rz_import_filters(a, h->w, from, from_n_site, from_extent);
}

const rz_ansatz_class rz_ansatz_rbm = {
    .name = "rbm",
    .about = "restricted Boltzmann machine: log psi = sum_i a_i s_i + sum_j log cosh(b_j + sum_i W_ij s_i)",
    .cite = "Carleo and Troyer, Science 355, 602 (2017), doi:10.1126/science.aag2302",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .init = init_rbm,
    .update = update_rbm,
    .log_psi = log_psi_rbm,
    .refresh = refresh_rbm,
    .ratio = ratio_rbm,
    .ratios = ratios_rbm,
    .commit = commit_rbm,
    .layers = layers_rbm,
    .factors = factors_rbm,
    .import = import_rbm,
    .fini = fini_rbm,
};
