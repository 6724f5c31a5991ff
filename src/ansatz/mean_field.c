/* Product state: log psi(s) = sum_i a_i s_i. */
#include "ansatz_impl.h"

#include "ritz/core/math.h"
#include "ritz/core/memory.h"

static const rz_option options[] = {
    RZ_ROW_CHOICE("weights", "real|complex", "'real'", "real: psi > 0 everywhere"),
    RZ_ROW_CHOICE("symmetry", "none|uniform", "'none'", "uniform: one a for all sites"),
    RZ_ROW_REAL("init_width", "0.05", 0.0, 100.0, "", "standard deviation of the initial parameters"),
};

typedef struct mean_field {
  int32_t *label;    /* [n_site]: which a */
  double complex *a; /* [n_site] */
  int n_label;
} mean_field;

static void fini_mean_field(rz_ansatz *a) {
  mean_field *m = a->data;
  if (m == NULL) return;
  rz_free(&m->label);
  rz_free(&m->a);
  rz_free(&a->data);
}

static rz_err init_mean_field(rz_ansatz *a, const rz_ansatz_input *in) {
  double width;
  int is_complex, uniform;
  mean_field *m;
  RZ_TRY(rz_ansatz_option_real(in, "init_width", &width));
  RZ_TRY(rz_ansatz_option_choice(in, "weights", &is_complex));
  RZ_TRY(rz_ansatz_option_choice(in, "symmetry", &uniform));
  RZ_TRY(RZ_NEW0(1, &m));
  a->data = m;
  a->is_complex = is_complex;
  RZ_TRY(RZ_NEW(a->n_site, &m->label));
  RZ_TRY(RZ_NEW(a->n_site, &m->a));
  for (int i = 0; i < a->n_site; ++i) m->label[i] = uniform ? 0 : i;
  m->n_label = uniform ? 1 : a->n_site;
  RZ_TRY(rz_params_add(&a->params, "a", is_complex, 1, (const int64_t[]){m->n_label}));
  RZ_TRY(rz_params_allocate(&a->params));
  rz_ansatz_init_normal(a, in->seed, width);
  return RZ_OK;
}

static rz_err update_mean_field(rz_ansatz *a) {
  mean_field *m = a->data;
  const double *v = rz_params_real(&a->params, 0);
  for (int i = 0; i < a->n_site; ++i) {
    const int k = m->label[i];
    m->a[i] = a->is_complex ? CMPLX(v[2 * k], v[2 * k + 1]) : v[k];
  }
  return RZ_OK;
}

static rz_err log_psi_mean_field(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out) {
  const mean_field *m = a->data;
  for (int64_t k = 0; k < n; ++k) {
    out[k] = 0.0;
    for (int i = 0; i < a->n_site; ++i) out[k] += m->a[i] * spin[k * a->n_site + i];
  }
  return RZ_OK;
}

static double refresh_mean_field(const rz_ansatz *a, rz_block *b) {
  const mean_field *m = a->data;
  for (int l = 0; l < RZ_LANES; ++l) b->log_psi[l] = 0.0;
  for (int i = 0; i < a->n_site; ++i)
    for (int l = 0; l < RZ_LANES; ++l) b->log_psi[l] += m->a[i] * b->spin[(int64_t)i * RZ_LANES + l];
  return 0.0; /* nothing is carried */
}

static void ratio_mean_field(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  const mean_field *m = a->data;
  for (int l = 0; l < RZ_LANES; ++l) {
    double complex sum = 0.0;
    for (int k = 0; k < n_flip; ++k) sum -= 2.0 * m->a[site[k]] * b->spin[(int64_t)site[k] * RZ_LANES + l];
    const double complex ratio = cexp(sum);
    out[l] = creal(ratio);
    if (a->is_complex) out[RZ_LANES + l] = cimag(ratio);
  }
}

static void commit_mean_field(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  (void)a, (void)b, (void)accept; /* nothing is cached */
}

static rz_err layers_mean_field(const rz_ansatz *a, rz_jacobian *j) {
  return rz_add_linear_layer(a, 0, ((const mean_field *)a->data)->n_label, j);
}

static void factors_mean_field(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j) {
  rz_fill_linear_layer(rz_jacobian_layer(j, 0), b->n_site, ((const mean_field *)a->data)->label, b->spin, first, m);
}

const rz_ansatz_class rz_ansatz_mean_field = {
    .name = "mean_field",
    .about = "product state: log psi = sum_i a_i s_i",
    .cite = "",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .init = init_mean_field,
    .update = update_mean_field,
    .log_psi = log_psi_mean_field,
    .refresh = refresh_mean_field,
    .ratio = ratio_mean_field,
    .commit = commit_mean_field,
    .layers = layers_mean_field,
    .factors = factors_mean_field,
    .fini = fini_mean_field,
};
