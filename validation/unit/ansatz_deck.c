/* modules: ansatz net model linalg core */
/* A state from a deck is the state of the same spec; imported filters keep their values; the Jastrow view is in row
 * order. */
#include "check.h"
#include "ritz/ansatz/ansatz.h"
#include "ritz/core/math.h"
#include "ritz/core/memory.h"

#include <string.h>

static rz_lattice *ring(int n) {
  rz_lattice *l = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&(rz_lattice_spec){"chain", 1, {n, 1}, {true, true}, 0, NULL}, &l));
  return l;
}

static rz_ansatz *from_deck(const rz_lattice *l, const char *deck) {
  static const rz_option run[] = {RZ_ROW_STRING("study", NULL, "what to do")};
  static const char *const names[] = {"run", "ansatz", NULL};
  static const rz_study_groups study = {"only", "one", names};
  const rz_option_group groups[] = {{.name = "run", .about = "the run", .rows = run, .n_rows = 1, .selector = NULL},
                                    *rz_ansatz_options()};
  const rz_schema schema = {groups, 2, &study, 1};
  rz_config *config = NULL;
  rz_ansatz *a = NULL;
  if (RZ_EXPECT_OK(rz_config_parse("deck", deck, (int64_t)strlen(deck), &schema, &config))) {
    const rz_ansatz_input in = {.config = config, .lattice = l, .seed = 5};
    RZ_EXPECT_OK(rz_ansatz_create(&in, &a));
  }
  rz_config_destroy(&config);
  return a;
}

static void check_deck(void) {
  const char *deck[] = {("&run study = 'only' /\n&ansatz kind = 'rbm', alpha = 3, weights = 'complex', "
                         "symmetry = 'translation', bias = 'both', init_width = 0.2 /\n"),
                        "&run study = 'only' /\n&ansatz kind = 'jastrow', bias = 'visible' /\n",
                        "&run study = 'only' /\n&ansatz kind = 'mean_field' /\n"};
  const char *spec[] = {"kind=rbm alpha=3 weights=complex symmetry=translation bias=both init_width=0.2",
                        "kind=jastrow bias=visible", "kind=mean_field"};
  rz_lattice *l = ring(8);
  const int8_t spin[8] = {1, -1, -1, 1, 1, 1, -1, 1};
  for (int k = 0; k < 3 && l != NULL; ++k) {
    rz_ansatz *a = from_deck(l, deck[k]), *b = NULL;
    double complex x = 0.0, y = 1.0;
    if (a != NULL && RZ_EXPECT_OK(rz_ansatz_create_spec(l, 5, spec[k], &b))) {
      RZ_EXPECT_OK(a->cls->log_psi(a, 1, spin, &x));
      RZ_EXPECT_OK(b->cls->log_psi(b, 1, spin, &y));
      RZ_EXPECT(x == y && x != 0.0 && a->params.n == b->params.n);
    }
    rz_ansatz_destroy(&a);
    rz_ansatz_destroy(&b);
  }
  rz_lattice_destroy(&l);
}

/* Filters of 8 sites on 12: about the centre, the 8 values stay neighbours in their order, 4 zeros join their ends. */
static void check_filters(void) {
  rz_lattice *small = ring(8), *large = ring(12);
  rz_ansatz *a = NULL, *b = NULL, *other = NULL;
  const int extent[2] = {8, 1};
  if (RZ_EXPECT_OK(rz_ansatz_create_spec(small, 1, "kind=rbm alpha=2 symmetry=translation", &a)) &&
      RZ_EXPECT_OK(rz_ansatz_create_spec(large, 2, "kind=rbm alpha=2 symmetry=translation bias=hidden", &b)) &&
      RZ_EXPECT_OK(rz_ansatz_create_spec(large, 2, "kind=rbm alpha=1 symmetry=translation", &other))) {
    double *w = rz_params_real(&a->params, 0);
    const int peak[2] = {0, 5};
    for (int f = 0; f < 2; ++f)
      for (int d = -3; d <= 4; ++d) w[2 * ((peak[f] + d + 8) % 8) + f] = d == 0 ? 1.0 : 0.1 / d / d;
    RZ_EXPECT_OK(rz_ansatz_import(b, &a->params, 8, extent));
    const double *v = rz_params_real(&b->params, 0);
    for (int f = 0; f < 2; ++f)
      for (int d = -3; d <= 8; ++d)
        RZ_EXPECT(v[2 * ((peak[f] + d + 12) % 12) + f] == (d > 4 ? 0.0 : d == 0 ? 1.0 : 0.1 / d / d));
    RZ_EXPECT(rz_params_real(&b->params, 1)[0] == 0.0); /* a bias the source lacks */
    RZ_EXPECT(rz_ansatz_import(other, &a->params, 8, extent) == RZ_ERR_ARG);
    RZ_EXPECT(strstr(rz_error_message(), "filters") != NULL);
    RZ_EXPECT(rz_ansatz_import(a, &b->params, 12, (const int[]){12, 1}) == RZ_ERR_ARG); /* has a bias */
  }
  rz_ansatz_destroy(&a);
  rz_ansatz_destroy(&b);
  rz_ansatz_destroy(&other);
  rz_lattice_destroy(&small);
  rz_lattice_destroy(&large);
}

/* log psi = 1/2 sum_{i<j} log|sin(pi (i - j) / N)| s_i s_j, parameters in row order. */
static void check_jastrow_order(void) {
  enum { N = 6 };
  rz_lattice *l = ring(N);
  rz_ansatz *a = NULL;
  const int8_t spin[N] = {1, 1, -1, 1, -1, -1};
  double complex y = 0.0;
  if (RZ_EXPECT_OK(rz_ansatz_create_spec(l, 1, "kind=jastrow", &a))) {
    double *v = rz_params_real(&a->params, rz_params_find(&a->params, "v")), exact = 0.0;
    for (int i = 0; i < N; ++i)
      for (int j = i + 1; j < N; ++j) {
        *v++ = 0.5 * log(fabs(sin(RZ_PI * (i - j) / N)));
        exact += 0.5 * log(fabs(sin(RZ_PI * (i - j) / N))) * spin[i] * spin[j];
      }
    RZ_EXPECT_OK(rz_ansatz_update(a));
    RZ_EXPECT_OK(a->cls->log_psi(a, 1, spin, &y));
    RZ_EXPECT_NEAR(creal(y), exact, 1e-14);
  }
  rz_ansatz_destroy(&a);
  rz_lattice_destroy(&l);
}

/* Sizes: P = alpha N for shared weights without bias, on a lattice with a basis too. */
static void check_sizes(void) {
  rz_lattice *l = NULL;
  rz_ansatz *a = NULL;
  RZ_EXPECT_OK(rz_lattice_create(&(rz_lattice_spec){"kagome", 2, {2, 3}, {true, true}, 0, NULL}, &l));
  if (l != NULL && RZ_EXPECT_OK(rz_ansatz_create_spec(l, 1, "kind=rbm alpha=2 symmetry=translation bias=both", &a)))
    RZ_EXPECT(a->params.n == 6 * 18 + 6 + 3); /* 6 filters of 18 sites: 36 hidden units; b; a per basis site */
  rz_ansatz_destroy(&a);
  if (l != NULL && RZ_EXPECT_OK(rz_ansatz_create_spec(l, 1, "kind=rbm alpha=0.5 bias=both", &a)))
    RZ_EXPECT(a->params.n == 9 * 18 + 9 + 18);
  rz_ansatz_destroy(&a);
  if (l != NULL && RZ_EXPECT_OK(rz_ansatz_create_spec(l, 1, "kind=jastrow symmetry=translation", &a)))
    RZ_EXPECT(a->params.n == 27); /* 153 pairs; only translations by half of the even extent fix pairs: 3 of them x 3 */
  rz_ansatz_destroy(&a);
  rz_lattice_destroy(&l);
}

int main(void) {
  check_deck();
  check_filters();
  check_jastrow_order();
  check_sizes();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
