/* Spin Jastrow state: log psi(s) = sum_{i<j} v_ij s_i s_j + sum_i a_i s_i. View "v" holds the pairs i < j in row order
 * (0,1), (0,2), ..., (0,N-1), (1,2), ...; shared over translations, one v per orbit of pairs in order of first
 * appearance. */
#include "ansatz_impl.h"

#include "ritz/core/memory.h"
#include "ritz/net/lanes.h"

#include "ritz/core/math.h"
#include <math.h>
#include <string.h>

static const rz_option options[] = {
    RZ_ROW_CHOICE("weights", "real|complex", "'real'", "real: psi > 0 everywhere"),
    RZ_ROW_CHOICE("symmetry", "none|translation", "'none'", "translation: v_ij depends on the displacement only"),
    RZ_ROW_CHOICE("bias", "none|visible", "'none'",
                  "none: exactly even under a global flip; visible: adds sum a_i s_i"),
    RZ_ROW_REAL("init_width", "0.01", 0.0, 100.0, "", "standard deviation of the initial parameters"),
};

typedef struct jastrow {
  int n_class, n_orbit;
  int32_t *pair_class; /* [n_pair]: which v */
  int32_t *orbit;      /* [n_site]: which a */
  double *v[2];        /* [n_site, n_site] symmetric, zero diagonal; planes re, im */
  double *a[2];        /* [n_site] */
  int view_v, view_a;
} jastrow;

static int64_t n_pair_of(const rz_ansatz *a) { return (int64_t)a->n_site * (a->n_site - 1) / 2; }

static void fini_jastrow(rz_ansatz *a) {
  jastrow *w = a->data;
  if (w == NULL) return;
  rz_free(&w->pair_class);
  rz_free(&w->orbit);
  for (int c = 0; c < 2; ++c) {
    rz_free(&w->v[c]);
    rz_free(&w->a[c]);
  }
  rz_free(&a->data);
}

static rz_err allocate(rz_ansatz *a, jastrow *w, int shared) {
  RZ_TRY(RZ_NEW(n_pair_of(a), &w->pair_class));
  RZ_TRY(RZ_NEW(a->n_site, &w->orbit));
  rz_pair_orbits(a->lattice, shared, w->pair_class, &w->n_class);
  rz_site_orbits(a->lattice, shared, w->orbit, &w->n_orbit);
  for (int c = 0; c < 2; ++c) {
    RZ_TRY(RZ_NEW0((int64_t)a->n_site * a->n_site, &w->v[c]));
    RZ_TRY(RZ_NEW0(a->n_site, &w->a[c]));
  }
  return RZ_OK;
}

static rz_err init_jastrow(rz_ansatz *a, const rz_ansatz_input *in) {
  double width;
  int is_complex, shared, bias;
  jastrow *w;
  RZ_TRY(rz_ansatz_option_real(in, "init_width", &width));
  RZ_TRY(rz_ansatz_option_choice(in, "weights", &is_complex));
  RZ_TRY(rz_ansatz_option_choice(in, "symmetry", &shared));
  RZ_TRY(rz_ansatz_option_choice(in, "bias", &bias));
  RZ_TRY(RZ_NEW0(1, &w));
  a->data = w;
  a->is_complex = is_complex;
  RZ_TRY(allocate(a, w, shared));
  RZ_CHECK(w->n_class + bias > 0, RZ_ERR_ARG, "a Jastrow state without bias needs at least 2 sites");
  if (w->n_class > 0) RZ_TRY(rz_params_add(&a->params, "v", is_complex, 1, (const int64_t[]){w->n_class}));
  if (bias) RZ_TRY(rz_params_add(&a->params, "a", is_complex, 1, (const int64_t[]){w->n_orbit}));
  RZ_TRY(rz_params_allocate(&a->params));
  w->view_v = rz_params_find(&a->params, "v");
  w->view_a = rz_params_find(&a->params, "a");
  rz_ansatz_init_normal(a, in->seed, width);
  a->cache_size = (int64_t)(is_complex ? 4 : 3) * a->n_site * RZ_LANES;
  return RZ_OK;
}

static rz_err update_jastrow(rz_ansatz *a) {
  jastrow *w = a->data;
  const int n = a->n_site, n_comp = rz_ansatz_n_comp(a);
  for (int c = 0; c < n_comp; ++c) {
    for (int i = 0; i < n; ++i)
      for (int j = i + 1; j < n; ++j) {
        const int64_t k = w->pair_class[rz_pair_index(n, i, j)];
        const double v = rz_params_real(&a->params, w->view_v)[n_comp * k + c];
        w->v[c][(int64_t)i * n + j] = w->v[c][(int64_t)j * n + i] = v;
      }
    for (int i = 0; i < n && w->view_a >= 0; ++i)
      w->a[c][i] = rz_params_real(&a->params, w->view_a)[n_comp * w->orbit[i] + c];
  }
  return RZ_OK;
}

static rz_err log_psi_jastrow(const rz_ansatz *a, int64_t n, const int8_t *spin, double complex *out) {
  const jastrow *w = a->data;
  for (int64_t k = 0; k < n; ++k) {
    const int8_t *s = spin + k * a->n_site;
    double sum[2] = {0.0, 0.0};
    for (int c = 0; c < rz_ansatz_n_comp(a); ++c)
      for (int i = 0; i < a->n_site; ++i) {
        for (int j = i + 1; j < a->n_site; ++j) sum[c] += w->v[c][(int64_t)i * a->n_site + j] * (s[i] * s[j]);
        sum[c] += w->a[c][i] * s[i];
      }
    out[k] = CMPLX(sum[0], sum[1]);
  }
  return RZ_OK;
}

/* Cache: fields h_i = sum_j v_ij s_j, [n_comp, n_site, RZ_LANES]; for a refresh the spins as doubles, and the fields
 * that commits carried along. A field off by d makes a ratio off by the factor exp(2 d). */
static double refresh_jastrow(const rz_ansatz *a, rz_block *b) {
  const jastrow *w = a->data;
  const int64_t n = a->n_site, size = n * RZ_LANES;
  double *s = b->cache + rz_ansatz_n_comp(a) * size, *carried = s + size, sum[2][RZ_LANES] = {{0.0}}, drift = 0.0;
  for (int64_t k = 0; k < size; ++k) s[k] = b->spin[k];
  for (int c = 0; c < rz_ansatz_n_comp(a); ++c) {
    double *h = b->cache + c * size;
    memcpy(carried, h, sizeof *h * (size_t)size);
    memset(h, 0, sizeof *h * (size_t)size);
    rz_lanes_affine(n, n, w->v[c], s, h);
    for (int64_t k = 0; k < size; ++k) drift = fmax(drift, 2.0 * fabs(h[k] - carried[k]));
    for (int64_t i = 0; i < n; ++i)
      for (int l = 0; l < RZ_LANES; ++l) sum[c][l] += s[i * RZ_LANES + l] * (0.5 * h[i * RZ_LANES + l] + w->a[c][i]);
  }
  for (int l = 0; l < RZ_LANES; ++l) b->log_psi[l] = CMPLX(sum[0][l], sum[1][l]);
  return drift;
}

/* log ratio = -2 sum_{i in F} s_i (h_i + a_i) + 4 sum_{i<j in F} v_ij s_i s_j: pairs inside F do not change. */
static void ratio_jastrow(const rz_ansatz *a, rz_block *b, int n_flip, const int32_t *site, double *out) {
  const jastrow *w = a->data;
  const int n = a->n_site;
  double sum[2][RZ_LANES] = {{0.0}};
  for (int c = 0; c < rz_ansatz_n_comp(a); ++c)
    for (int k = 0; k < n_flip; ++k) {
      const double *h = b->cache + ((int64_t)c * n + site[k]) * RZ_LANES;
      const int8_t *s = b->spin + (int64_t)site[k] * RZ_LANES;
      for (int l = 0; l < RZ_LANES; ++l) sum[c][l] -= 2.0 * s[l] * (h[l] + w->a[c][site[k]]);
      for (int m = 0; m < k; ++m) {
        const int8_t *t = b->spin + (int64_t)site[m] * RZ_LANES;
        const double v = 4.0 * w->v[c][(int64_t)site[k] * n + site[m]];
        for (int l = 0; l < RZ_LANES; ++l) sum[c][l] += v * (s[l] * t[l]);
      }
    }
  for (int l = 0; l < RZ_LANES; ++l) {
    const double complex ratio = a->is_complex ? cexp(CMPLX(sum[0][l], sum[1][l])) : exp(sum[0][l]);
    out[l] = creal(ratio);
    if (a->is_complex) out[RZ_LANES + l] = cimag(ratio);
  }
}

static void commit_jastrow(const rz_ansatz *a, rz_block *b, const uint8_t *accept) {
  const jastrow *w = a->data;
  const int n = a->n_site;
  for (int k = 0; k < b->n_flip; ++k) {
    double change[RZ_LANES]; /* of s */
    const int8_t *s = b->spin + (int64_t)b->site[k] * RZ_LANES;
    for (int l = 0; l < RZ_LANES; ++l) change[l] = accept[l] ? -2.0 * s[l] : 0.0;
    for (int c = 0; c < rz_ansatz_n_comp(a); ++c)
      rz_lanes_affine(n, 1, w->v[c] + (int64_t)b->site[k] * n, change, b->cache + (int64_t)c * n * RZ_LANES);
  }
}

/* d log psi / d v_k = sum of s_i s_j over the pairs of class k */
static rz_err layers_jastrow(const rz_ansatz *a, rz_jacobian *j) {
  const jastrow *w = a->data;
  if (w->view_v >= 0) {
    rz_layer *layer;
    const rz_layer shape = {.offset = a->params.view[w->view_v].offset,
                            .d_in = w->n_class,
                            .d_out = 1,
                            .n_share = 1,
                            .complex_weights = a->is_complex,
                            .n_x = w->n_class};
    RZ_TRY(rz_jacobian_add(j, &shape, true, false, &layer));
  }
  return w->view_a >= 0 ? rz_add_linear_layer(a, w->view_a, w->n_orbit, j) : RZ_OK;
}

static void fill_pairs(const jastrow *w, const rz_block *b, int lane, double *x) {
  const int32_t *label = w->pair_class;
  memset(x, 0, sizeof *x * (size_t)w->n_class);
  for (int64_t i = 0; i < b->n_site; ++i)
    for (int64_t k = i + 1; k < b->n_site; ++k)
      x[*label++] += b->spin[i * RZ_LANES + lane] * b->spin[k * RZ_LANES + lane];
}

static void factors_jastrow(const rz_ansatz *a, const rz_block *b, int64_t first, int m, rz_jacobian *j) {
  const jastrow *w = a->data;
  int k = 0;
  if (w->view_v >= 0) {
    const rz_layer *pairs = rz_jacobian_layer(j, k++);
    for (int l = 0; l < m; ++l) {
      fill_pairs(w, b, l, pairs->x + (first + l) * w->n_class);
      pairs->d_re[first + l] = 1.0;
    }
  }
  if (w->view_a >= 0) rz_fill_linear_layer(rz_jacobian_layer(j, k), b->n_site, w->orbit, b->spin, first, m);
}

const rz_ansatz_class rz_ansatz_jastrow = {
    .name = "jastrow",
    .about = "Jastrow state: log psi = sum_{i<j} v_ij s_i s_j + sum_i a_i s_i",
    .cite = "Jastrow, Phys. Rev. 98, 1479 (1955), doi:10.1103/PhysRev.98.1479",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .init = init_jastrow,
    .update = update_jastrow,
    .log_psi = log_psi_jastrow,
    .refresh = refresh_jastrow,
    .ratio = ratio_jastrow,
    .commit = commit_jastrow,
    .layers = layers_jastrow,
    .factors = factors_jastrow,
    .fini = fini_jastrow,
};
