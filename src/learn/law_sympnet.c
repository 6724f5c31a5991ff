/* Symplectic networks: chains of shears (shear.h) in three arrangements.
 *   la     linear modules, each of `sublayers` shears p += (A + A^T) q, q += (A + A^T) p, ... and a shift of both, with
 *          shears p += a sigma(q), q += a sigma(p), ... between them
 *   g      shears p += K (a sigma(K^T q + b)), then of q, and so on
 *   henon  layers of four Henon maps (q, p) -> (p + eta, -q + f(p)) with one f = K (a sigma(K^T p + b)); four turns of
 *          phase space by a right angle are none, so that a layer is four shears and four shifts that start near the
 *          identity */
#include "law_impl.h"
#include "shear.h"

#include "ritz/core/memory.h"
#include "ritz/net/init.h"
#include <string.h>

enum { LA, G, HENON };

static const rz_option options[] = {
    RZ_ROW_CHOICE("form", "la|g|henon", "'la'", "linear and activation modules, gradient modules, or Henon maps"),
    RZ_ROW_INT("layers", "3", 1, 1000, "modules of the chain; la: linear ones, with one activation less"),
    RZ_ROW_INT("sublayers", "2", 1, 100, "la: shears of a linear module"),
    RZ_ROW_INT("width", "30", 1, 10000, "g, henon: columns of K"),
    RZ_ROW_CHOICE("activation", RZ_ACTIVATION_CHOICES, "'sigmoid'", "sigma"),
    RZ_ROW_REAL("init_width", "0.01", 0.0, 100.0, "", "standard deviation of the initial weights; shifts start at 0"),
    RZ_ROW_BOOL("use_step", ".false.", "scale every shear by the time between the states of a pair"),
};

typedef struct sympnet {
  rz_shear_chain chain;
  int layers, sublayers, width;
  double h;
} sympnet;

/* First number of block i of a view whose blocks hold `size` numbers. */
static int64_t block(const rz_law *l, int view, int64_t i, int64_t size) {
  return l->params.view[view].offset + i * size;
}

static rz_err new_chain(sympnet *w, int most) {
  w->chain.n_shear = 0;
  return RZ_NEW0(most, &w->chain.shear);
}

static rz_shear *append(sympnet *w, const rz_shear_kind *kind, bool to_p, double scale) {
  rz_shear *s = &w->chain.shear[w->chain.n_shear++];
  *s = (rz_shear){.kind = kind, .to_p = to_p, .scale = scale * w->h, .sign = 1.0};
  return s;
}

static rz_err build_la(rz_law *l) {
  sympnet *w = l->data;
  const int64_t d = l->n_degree;
  RZ_TRY(rz_params_add(&l->params, "A", false, 3, (const int64_t[]){(int64_t)w->layers * w->sublayers, d, d}));
  RZ_TRY(rz_params_add(&l->params, "shift", false, 3, (const int64_t[]){w->layers, 2, d}));
  if (w->layers > 1) RZ_TRY(rz_params_add(&l->params, "a", false, 2, (const int64_t[]){w->layers - 1, d}));
  RZ_TRY(new_chain(w, w->layers * (w->sublayers + 3)));
  for (int i = 0; i < w->layers; i++) {
    for (int k = 0; k < w->sublayers; k++)
      append(w, &rz_shear_linear, k % 2 == 0, 1.0)->matrix = block(l, 0, (int64_t)i * w->sublayers + k, d * d);
    for (int half = 0; half < 2; half++)
      append(w, &rz_shear_constant, half == 1, 1.0)->bias = block(l, 1, 2 * i + half, d);
    if (i < w->layers - 1) append(w, &rz_shear_activation, i % 2 == 0, 1.0)->factor = block(l, 2, i, d);
  }
  w->chain.columns = (int)d;
  w->chain.n_use = 1;
  return RZ_OK;
}

static rz_err add_gradient_views(rz_law *l) {
  const sympnet *w = l->data;
  RZ_TRY(rz_params_add(&l->params, "K", false, 3, (const int64_t[]){w->layers, l->n_degree, w->width}));
  RZ_TRY(rz_params_add(&l->params, "a", false, 2, (const int64_t[]){w->layers, w->width}));
  return rz_params_add(&l->params, "b", false, 2, (const int64_t[]){w->layers, w->width});
}

static void append_gradient(rz_law *l, int layer, bool to_p, double scale, double sign) {
  sympnet *w = l->data;
  rz_shear *s = append(w, &rz_shear_gradient, to_p, scale);
  s->sign = sign;
  s->width = w->width;
  s->matrix = block(l, 0, layer, (int64_t)l->n_degree * w->width);
  s->factor = block(l, 1, layer, w->width);
  s->bias = block(l, 2, layer, w->width);
}

static rz_err build_g(rz_law *l) {
  sympnet *w = l->data;
  RZ_TRY(add_gradient_views(l));
  RZ_TRY(new_chain(w, w->layers));
  for (int i = 0; i < w->layers; i++) append_gradient(l, i, i % 2 == 0, 1.0, 1.0);
  w->chain.columns = w->width;
  w->chain.n_use = 1;
  return RZ_OK;
}

/* With X: p += f(q), q += eta and R: (q, p) -> (p, -q) four Henon maps are (X R)^4 = X (R X R^-1) (R^2 X R^-2)
 * (R^3 X R^-3), and R^k X R^-k is X with q and p exchanged for odd k and with signs. */
static rz_err build_henon(rz_law *l) {
  static const struct {
    bool to_p;
    double scale, sign, shift;
  } turned[4] = {{false, -1.0, 1.0, 1.0}, {true, -1.0, -1.0, -1.0}, {false, 1.0, -1.0, -1.0}, {true, 1.0, 1.0, 1.0}};
  sympnet *w = l->data;
  RZ_TRY(add_gradient_views(l));
  RZ_TRY(rz_params_add(&l->params, "eta", false, 2, (const int64_t[]){w->layers, l->n_degree}));
  RZ_TRY(new_chain(w, 8 * w->layers));
  for (int i = 0; i < w->layers; i++)
    for (int k = 0; k < 4; k++) {
      append_gradient(l, i, turned[k].to_p, turned[k].scale, turned[k].sign);
      append(w, &rz_shear_constant, !turned[k].to_p, turned[k].shift)->bias = block(l, 3, i, l->n_degree);
    }
  w->chain.columns = w->width;
  w->chain.n_use = 4;
  return RZ_OK;
}

static int choice(const rz_config *config, const char *key, const char *const *name, int n) {
  const char *given = rz_config_string(config, RZ_LAW_GROUP, key);
  int i = 0;
  while (i < n - 1 && strcmp(given, name[i]) != 0) i++;
  return i;
}

static rz_err init(rz_law *l, const rz_law_input *in) {
  static rz_err (*const build[])(rz_law *) = {build_la, build_g, build_henon};
  static const char *const form_name[] = {"la", "g", "henon"};
  const rz_config *config = in->config;
  sympnet *w;
  RZ_TRY(RZ_NEW0(1, &w));
  l->data = w;
  w->layers = (int)rz_config_int(config, RZ_LAW_GROUP, "layers");
  w->sublayers = (int)rz_config_int(config, RZ_LAW_GROUP, "sublayers");
  w->width = (int)rz_config_int(config, RZ_LAW_GROUP, "width");
  w->h = 1.0;
  if (rz_config_bool(config, RZ_LAW_GROUP, "use_step")) {
    RZ_CHECK(in->step > 0.0, RZ_ERR_ARG, "use_step = .true. with pairs %g apart in time", in->step);
    w->h = in->step;
  }
  RZ_TRY(rz_activation_find(rz_config_string(config, RZ_LAW_GROUP, "activation"), &w->chain.activation));
  RZ_TRY(build[choice(config, "form", form_name, RZ_N_ROWS(form_name))](l));
  RZ_CHECK(l->params.view[l->params.n_view - 1].offset < INT32_MAX, RZ_ERR_DECK, "more parameters than 2^31");
  RZ_TRY(rz_params_allocate(&l->params));
  const double width = rz_config_real(config, RZ_LAW_GROUP, "init_width");
  for (int v = 0; v < l->params.n_view; v++) {
    const char *name = l->params.view[v].name;
    if (strcmp(name, "A") == 0 || strcmp(name, "K") == 0 || strcmp(name, "a") == 0)
      rz_net_init_normal(in->seed, (uint64_t)v, width, rz_view_length(&l->params.view[v]),
                         rz_params_real(&l->params, v));
  }
  w->chain.d = l->n_degree;
  w->chain.theta = l->params.value;
  w->chain.n_param = l->params.n;
  w->chain.n_matrix = rz_view_length(&l->params.view[0]);
  return rz_shear_chain_prepare(&w->chain);
}

static rz_shear_chain *chain_of(rz_law *l) { return &((sympnet *)l->data)->chain; }

static rz_err update(rz_law *l) {
  rz_shear_chain_update(chain_of(l));
  return RZ_OK;
}

static rz_err apply(rz_law *l, int64_t n, const double *x, double *out) {
  rz_shear_chain_apply(chain_of(l), n, x, out);
  return RZ_OK;
}

static rz_err inverse(rz_law *l, int64_t n, const double *x, double *out) {
  rz_shear_chain_inverse(chain_of(l), n, x, out);
  return RZ_OK;
}

static rz_err tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  rz_shear_chain_tangent(chain_of(l), n, x, v, out);
  return RZ_OK;
}

static rz_err pull(rz_law *l, int64_t n, const double *x, const double *bar, double *grad) {
  rz_shear_chain_pull(chain_of(l), n, x, bar, grad);
  return RZ_OK;
}

static rz_err layers(rz_law *l, rz_jacobian *j) { return rz_shear_chain_layers(chain_of(l), j); }

static rz_err factors(rz_law *l, int64_t n, const double *x, int64_t first, rz_jacobian *j) {
  return rz_shear_chain_factors(chain_of(l), n, x, first, j);
}

static void fini(rz_law *l) {
  sympnet *w = l->data;
  if (!w) return;
  rz_shear_chain_free(&w->chain);
  rz_free(&l->data);
}

const rz_law_class rz_law_sympnet = {
    .name = "sympnet",
    .about = "a symplectic map: a chain of shears (LA-, G-SympNet, Henon maps)",
    .cite =
        "P. Jin et al., Neural Networks 132, 166 (2020), arXiv:2001.03750; J. W. Burby et al., Plasma Phys. Control. "
        "Fusion 63, 024001 (2021), arXiv:2007.04496",
    .options = options,
    .n_options = RZ_N_ROWS(options),
    .is_map = true,
    .symplectic = true,
    .init = init,
    .update = update,
    .apply = apply,
    .inverse = inverse,
    .tangent = tangent,
    .pull = pull,
    .layers = layers,
    .factors = factors,
    .fini = fini,
};
