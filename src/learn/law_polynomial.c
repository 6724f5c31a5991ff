/* H = sum_k c_k prod_j x_j^(e_kj): all monomials in q and p of degree 1 to `degree`, by degree, then by the exponents
 * of q_1, q_2, ... downwards. Exact for polynomial systems (oscillators, chains, Henon-Heiles). */
#include "law_impl.h"

#include "ritz/core/memory.h"
#include <string.h>

enum { MAX_DEGREE = 12, MAX_TERM = 20000 };

static const rz_option options[] = {
    RZ_ROW_INT("degree", "4", 1, MAX_DEGREE, "highest total degree of the monomials in q and p"),
};

typedef struct monomial {
  int n_factor;
  int variable[MAX_DEGREE], exponent[MAX_DEGREE];
} monomial;

typedef struct polynomial {
  int dim, degree;
  int64_t n_term;
  monomial *term;
  double *power; /* [2 d, degree + 1] of the state in hand */
} polynomial;

/* Binomial coefficient (n over k), or MAX_TERM + 1 if it is larger than that. */
static int64_t choose_up_to(int64_t n, int k) {
  int64_t c = 1;
  for (int i = 1; i <= k; i++) {
    c = c * (n - k + i) / i;
    if (c > MAX_TERM) return MAX_TERM + 1;
  }
  return c;
}

/* All ways to spread `left` powers over the variables from `first` on, appended to what `head` has. */
static void list_terms(polynomial *w, int first, int left, const monomial *head) {
  if (left == 0) {
    w->term[w->n_term++] = *head;
    return;
  }
  for (int j = first; j < w->dim; j++)
    for (int e = left; e >= 1; e--) {
      monomial longer = *head;
      longer.variable[longer.n_factor] = j;
      longer.exponent[longer.n_factor++] = e;
      list_terms(w, j + 1, left - e, &longer);
    }
}

static rz_err init(rz_law *l, const rz_law_input *in) {
  polynomial *w;
  RZ_TRY(RZ_NEW0(1, &w));
  l->data = w;
  w->dim = 2 * in->n_degree;
  w->degree = (int)rz_config_int(in->config, RZ_LAW_GROUP, "degree");
  const int64_t n_term = choose_up_to(w->dim + w->degree, w->degree) - 1;
  RZ_CHECK(n_term <= MAX_TERM, RZ_ERR_DECK, "degree = %d in %d variables makes more than %d monomials", w->degree,
           w->dim, MAX_TERM);
  RZ_TRY(RZ_NEW(n_term, &w->term));
  RZ_TRY(RZ_NEW((int64_t)w->dim * (w->degree + 1), &w->power));
  for (int total = 1; total <= w->degree; total++) list_terms(w, 0, total, &(monomial){0});
  RZ_TRY(rz_params_add(&l->params, "c", false, 1, (const int64_t[]){w->n_term}));
  return rz_params_allocate(&l->params);
}

static void load_powers(const polynomial *w, const double *x) {
  for (int j = 0; j < w->dim; j++) {
    double *power = w->power + (int64_t)j * (w->degree + 1);
    power[0] = 1.0;
    for (int e = 1; e <= w->degree; e++) power[e] = power[e - 1] * x[j];
  }
}

/* Derivative of a term by the variables of its factors a and b (-1: none). */
static double derivative(const polynomial *w, const monomial *t, int a, int b) {
  double product = 1.0;
  for (int f = 0; f < t->n_factor; f++) {
    int e = t->exponent[f];
    if (f == a) product *= e--;
    if (f == b) product *= e--;
    if (e < 0) return 0.0;
    product *= w->power[(int64_t)t->variable[f] * (w->degree + 1) + e];
  }
  return product;
}

static rz_err rows(rz_law *l, int64_t n, const double *x, const double *v, double *out) {
  const polynomial *w = l->data;
  const int64_t dim = w->dim, p = w->n_term;
  memset(out, 0, sizeof(double) * (size_t)(n * dim * p));
  for (int64_t i = 0; i < n; i++) {
    load_powers(w, x + i * dim);
    for (int64_t k = 0; k < p; k++) {
      const monomial *t = &w->term[k];
      for (int a = 0; a < t->n_factor; a++) {
        double slope = v ? 0.0 : derivative(w, t, a, -1);
        for (int b = 0; v && b < t->n_factor; b++) slope += v[i * dim + t->variable[b]] * derivative(w, t, a, b);
        const int component = rz_field_component(l->n_degree, t->variable[a]);
        out[(i * dim + component) * p + k] = rz_field_sign(l->n_degree, t->variable[a]) * slope;
      }
    }
  }
  return RZ_OK;
}

static rz_err energy(rz_law *l, int64_t n, const double *x, double *out) {
  const polynomial *w = l->data;
  for (int64_t i = 0; i < n; i++) {
    load_powers(w, x + i * w->dim);
    out[i] = 0.0;
    for (int64_t k = 0; k < w->n_term; k++) out[i] += l->params.value[k] * derivative(w, &w->term[k], -1, -1);
  }
  return RZ_OK;
}

static void fini(rz_law *l) {
  polynomial *w = l->data;
  if (!w) return;
  rz_free(&w->term);
  rz_free(&w->power);
  rz_free(&l->data);
}

const rz_law_class rz_law_polynomial = {.name = "polynomial",
                                        .about = "a Hamiltonian that is a polynomial in q and p; linear",
                                        .cite = "",
                                        .options = options,
                                        .n_options = RZ_N_ROWS(options),
                                        .symplectic = true,
                                        .linear = true,
                                        .init = init,
                                        .apply = rz_linear_apply,
                                        .tangent = rz_linear_tangent,
                                        .energy = energy,
                                        .pull = rz_linear_pull,
                                        .layers = rz_linear_layers,
                                        .factors = rz_linear_factors,
                                        .rows = rows,
                                        .fini = fini};
