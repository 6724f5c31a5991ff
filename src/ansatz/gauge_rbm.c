/* Gauge-invariant restricted Boltzmann machine on the links of a torus: its inputs are not the spins but what gauge
 * transformations leave alone, the plaquettes B_p and, if asked for, the Wilson loops around the torus,
 *
 *   log psi(s) = sum_p a_p B_p + sum_j log cosh(b_j + sum_p W_pj B_p),   B_p = product of the spins of plaquette p
 *
 * so that flipping the four links of a vertex changes no input: psi is the same to the last bit, whatever the
 * parameters.
 *
 * Inputs: plaquette (x, y) is input x + L_x y; then, with loops, those along every row y and along every column x,
 * which translations carry into each other. A link is in two plaquettes and one loop. */
#include "hidden.h"

#include "ritz/core/memory.h"
#include "ritz/model/links.h"

#include <string.h>

enum { MOST_PER_LINK = 3 };

static const rz_option options[] = {
    RZ_ROW_REAL("alpha", "1", 0.001, RZ_MAX_ALPHA, "", "hidden density: hidden units per plaquette"),
    RZ_ROW_CHOICE("weights", "real|complex", "'real'", "real: psi > 0 everywhere"),
    RZ_ROW_CHOICE("symmetry", "none|translation", "'none'",
                  "translation: weights shared over the lattice's translations, alpha N of them"),
    RZ_ROW_CHOICE("winding", "none|loops", "'none'",
                  "loops: Wilson loops around the torus are inputs too; without them every 't Hooft loop is 1"),
    RZ_ROW_REAL("init_flux", "0", 0.0, 100.0, "",
                "mean of the initial a of plaquettes: large, and psi begins near the toric code's"),
    RZ_ROW_REAL("init_width", "0.05", 0.0, 100.0, "", "standard deviation of the initial parameters"),
};

typedef struct gauge_rbm {
  rz_hidden hidden;
  int n_plaquette, n_in, n_per_link;
  int32_t *input;         /* [n_link, n_per_link]: inputs that a link is a factor of */
  int32_t *perm, *orbit;  /* [n_group, n_in], [n_in] */
  int64_t at_x, at_moved; /* of the cache: inputs [n_in, RZ_LANES]; the pending change: number of inputs, inputs */
} gauge_rbm;

static void fini_gauge_rbm(rz_ansatz *a) {
  gauge_rbm *r = a->data;
  if (r == NULL) return;
  rz_hidden_fini(&r->hidden);
  rz_free(&r->input);
  rz_free(&r->perm);
  rz_free(&r->orbit);
  rz_free(&a->data);
}

/* ---- inputs ---- */

static int32_t plaquette(const int n[2], int x, int y) { return (x + n[0]) % n[0] + n[0] * ((y + n[1]) % n[1]); }

static void tabulate_links(const rz_lattice *l, const int n[2], gauge_rbm *r) {
  for (int y = 0; y < n[1]; ++y)
    for (int x = 0; x < n[0]; ++x) {
      int32_t *right = r->input + (int64_t)rz_link_right(l, x, y) * r->n_per_link;
      int32_t *up = r->input + (int64_t)rz_link_up(l, x, y) * r->n_per_link;
      right[0] = up[0] = plaquette(n, x, y);
      right[1] = plaquette(n, x, y - 1);
      up[1] = plaquette(n, x - 1, y);
      if (r->n_per_link < MOST_PER_LINK) continue;
      right[2] = r->n_plaquette + y;
      up[2] = r->n_plaquette + n[1] + x;
    }
}

/* What a translation by (dx, dy) makes of input i. */
static int32_t moved(const int n[2], const gauge_rbm *r, int i, int dx, int dy) {
  if (i < r->n_plaquette) return plaquette(n, i % n[0] + dx, i / n[0] + dy);
  const int row = i - r->n_plaquette, column = row - n[1];
  return r->n_plaquette + (row < n[1] ? (row + dy) % n[1] : n[1] + (column + dx) % n[0]);
}

static rz_err make_inputs(const rz_ansatz *a, bool shared, bool loops, gauge_rbm *r, rz_hidden_inputs *inputs) {
  int n[2];
  rz_links_extent(a->lattice, n);
  r->n_plaquette = n[0] * n[1];
  r->n_in = r->n_plaquette + (loops ? n[0] + n[1] : 0);
  r->n_per_link = loops ? MOST_PER_LINK : 2;
  *inputs = (rz_hidden_inputs){.n_in = r->n_in, .n_group = shared ? r->n_plaquette : 1};
  RZ_TRY(RZ_NEW((int64_t)a->n_site * r->n_per_link, &r->input));
  RZ_TRY(RZ_NEW((int64_t)inputs->n_group * r->n_in, &r->perm));
  RZ_TRY(RZ_NEW(r->n_in, &r->orbit));
  tabulate_links(a->lattice, n, r);
  for (int g = 0; g < inputs->n_group; ++g)
    for (int i = 0; i < r->n_in; ++i) r->perm[(int64_t)g * r->n_in + i] = moved(n, r, i, g % n[0], g / n[0]);
  for (int i = 0; i < r->n_in; ++i) /* shared: plaquettes, rows, columns */
    r->orbit[i] = !shared ? i : (i >= r->n_plaquette) + (i >= r->n_plaquette + n[1]);
  inputs->n_orbit = r->orbit[r->n_in - 1] + 1;
  inputs->perm = r->perm;
  inputs->orbit = r->orbit;
  return RZ_OK;
}

/* The inputs of n_lane configurations, spin [n_link, n_lane] and x [n_in, n_lane]. */
static void fill_inputs(const gauge_rbm *r, int n_link, int n_lane, const int8_t *spin, int8_t *x) {
  memset(x, 1, (size_t)r->n_in * (size_t)n_lane);
  for (int64_t i = 0; i < n_link; ++i)
    for (int k = 0; k < r->n_per_link; ++k) {
      int8_t *to = x + (int64_t)r->input[i * r->n_per_link + k] * n_lane;
      for (int l = 0; l < n_lane; ++l) to[l] = (int8_t)(to[l] * spin[i * n_lane + l]);
    }
}

/* The inputs that flipping these links changes: those with an odd number of them. Returns how many. */
static int changed_inputs(const gauge_rbm *r, int n_flip, const int32_t *site, int32_t *list) {
  int n = 0;
  for (int f = 0; f < n_flip; ++f)
    for (int k = 0; k < r->n_per_link; ++k) {
      const int32_t i = r->input[(int64_t)site[f] * r->n_per_link + k];
      int at = 0;
      while (at < n && list[at] != i) ++at;
      if (at == n)
        list[n++] = i;
      else
        list[at] = list[--n];
    }
  return n;
}

/* ---- the state ---- */

static const char *unfit_gauge_rbm(const rz_lattice *lattice) { return rz_links_unfit(lattice); }

/* Whole lines, behind the network's own cache. */
static int64_t lines(int64_t bytes) { return (bytes + 63) / 64 * 8; }

static void lay_out_cache(rz_ansatz *a, gauge_rbm *r) {
  r->at_x = lines(8 * rz_cosh_net_cache_size(r->hidden.net));
  r->at_moved = r->at_x + lines((int64_t)r->n_in * RZ_LANES);
  a->cache_size = r->at_moved + lines((int64_t)sizeof(int32_t) * (1 + r->n_in));
}

static rz_err init_gauge_rbm(rz_ansatz *a, const rz_ansatz_input *in) {
  double alpha, width, flux;
  int is_complex, shared, loops, n_filter;
  rz_hidden_inputs inputs;
  gauge_rbm *r;
  RZ_TRY(rz_ansatz_option_real(in, "alpha", &alpha));
  RZ_TRY(rz_ansatz_option_real(in, "init_width", &width));
  RZ_TRY(rz_ansatz_option_real(in, "init_flux", &flux));
  RZ_TRY(rz_ansatz_option_choice(in, "weights", &is_complex));
  RZ_TRY(rz_ansatz_option_choice(in, "symmetry", &shared));
  RZ_TRY(rz_ansatz_option_choice(in, "winding", &loops));
  RZ_TRY(RZ_NEW0(1, &r));
  a->data = r;
  a->is_complex = is_complex;
  RZ_TRY(make_inputs(a, shared, loops, r, &inputs));
  RZ_TRY(rz_hidden_count(in, alpha, r->n_plaquette, "plaquette", inputs.n_group, &n_filter));
  RZ_TRY(rz_hidden_init(&r->hidden, a, &inputs, n_filter, true, true));
  rz_ansatz_init_normal(a, in->seed, width);
  double *field = rz_params_real(&a->params, r->hidden.a);
  for (int o = 0; o <= r->orbit[r->n_plaquette - 1]; ++o) field[is_complex ? 2 * o : o] += flux;
  lay_out_cache(a, r);
  return RZ_OK;
}

static rz_err update_gauge_rbm(rz_ansatz *a) {
  rz_hidden_update(&((gauge_rbm *)a->data)->hidden, a);
  return RZ_OK;
}

static rz_err log_psi_gauge_rbm(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out) {
  const gauge_rbm *r = a->data;
  int8_t *x;
  RZ_TRY(RZ_NEW(r->n_in, &x));
  for (int64_t k = 0; k < n; ++k) {
    fill_inputs(r, a->n_site, 1, spin + k * a->n_site, x);
    out[k] = rz_cosh_net_value(r->hidden.net, x);
  }
  rz_free(&x);
  return RZ_OK;
}

static int8_t *inputs_of(const gauge_rbm *r, const rz_block *b) { return (int8_t *)(b->cache + r->at_x); }
static int32_t *moved_of(const gauge_rbm *r, const rz_block *b) { return (int32_t *)(void *)(b->cache + r->at_moved); }

static double refresh_gauge_rbm(const rz_ansatz *a, rz_block *b) {
  const gauge_rbm *r = a->data;
  int8_t *x = inputs_of(r, b);
  fill_inputs(r, a->n_site, RZ_LANES, b->spin, x);
  return rz_cosh_net_refresh(r->hidden.net, x, b->cache, b->log_psi);
}

/* Along a gauge orbit no input changes, and the ratio is 1 with no rounding. */
static void ratio_gauge_rbm(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  const gauge_rbm *r = a->data;
  int32_t *change = moved_of(r, b);
  change[0] = changed_inputs(r, n_flip, site, change + 1);
  if (change[0] > 0) {
    rz_cosh_net_ratio(r->hidden.net, b->cache, inputs_of(r, b), change[0], change + 1, out);
    return;
  }
  for (int l = 0; l < RZ_LANES * rz_ansatz_n_comp(a); ++l) out[l] = l < RZ_LANES ? 1.0 : 0.0;
}

static void commit_gauge_rbm(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  const gauge_rbm *r = a->data;
  const int32_t *change = moved_of(r, b);
  int8_t *x = inputs_of(r, b);
  if (change[0] == 0) return;
  rz_cosh_net_commit(r->hidden.net, b->cache, accept);
  for (int k = 1; k <= change[0]; ++k)
    for (int l = 0; l < RZ_LANES; ++l) {
      int8_t *to = x + (int64_t)change[k] * RZ_LANES + l;
      *to = accept[l] ? (int8_t) - *to : *to;
    }
}

static rz_err layers_gauge_rbm(const rz_ansatz *a, rz_jacobian *j) {
  return rz_hidden_layers(&((const gauge_rbm *)a->data)->hidden, a, j);
}

static void factors_gauge_rbm(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j) {
  const gauge_rbm *r = a->data;
  rz_hidden_factors(&r->hidden, inputs_of(r, b), b->cache, first, m, j);
}

const rz_ansatz_class rz_ansatz_gauge_rbm = {
    .name = "gauge_rbm",
    .about = "Boltzmann machine of plaquettes: gauge-invariant on the links of a torus, whatever its parameters",
    .cite = "Valenti, Greplova, Lindner and Huber, Phys. Rev. Research 4, L012010 (2022)",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .unfit = unfit_gauge_rbm,
    .init = init_gauge_rbm,
    .update = update_gauge_rbm,
    .log_psi = log_psi_gauge_rbm,
    .refresh = refresh_gauge_rbm,
    .ratio = ratio_gauge_rbm,
    .commit = commit_gauge_rbm,
    .layers = layers_gauge_rbm,
    .factors = factors_gauge_rbm,
    .fini = fini_gauge_rbm,
};
