/* Adam: m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2 with g = 2 F, both divided by 1 - beta^t;
 * delta = - learning_rate m / (sqrt(v) + epsilon). */
#include "optimiser_impl.h"

#include "ritz/core/memory.h"
#include <math.h>

typedef struct adam {
  double beta1, beta2, epsilon;
  double *m, *v; /* [n_param] */
  int64_t t;     /* steps taken */
} adam;

static const rz_option options[] = {
    RZ_ROW_REAL("beta1", "0.9", 0, 0.999999, "", "memory of the gradient"),
    RZ_ROW_REAL("beta2", "0.999", 0, 0.99999999, "", "memory of its square"),
    RZ_ROW_REAL("epsilon", "1e-8", 1e-300, 1e3, "", "added to the root of the mean square"),
};

static rz_err init(rz_optimiser *o) {
  adam *a = NULL;
  RZ_TRY(RZ_NEW0(1, &a));
  o->data = a;
  a->beta1 = rz_config_real(o->config, RZ_OPTIMISER_GROUP, "beta1");
  a->beta2 = rz_config_real(o->config, RZ_OPTIMISER_GROUP, "beta2");
  a->epsilon = rz_config_real(o->config, RZ_OPTIMISER_GROUP, "epsilon");
  RZ_TRY(RZ_NEW0(o->n_param, &a->m));
  RZ_TRY(RZ_NEW0(o->n_param, &a->v));
  return RZ_OK;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  (void)j, (void)residual, (void)info;
  adam *a = o->data;
  a->t++;
  o->learning_rate /= o->caution;
  const double f1 = 1.0 / (1.0 - pow(a->beta1, (double)a->t)), f2 = 1.0 / (1.0 - pow(a->beta2, (double)a->t));
  for (int64_t k = 0; k < o->n_param; k++) {
    const double g = 2.0 * o->force[k];
    a->m[k] = a->beta1 * a->m[k] + (1.0 - a->beta1) * g;
    a->v[k] = a->beta2 * a->v[k] + (1.0 - a->beta2) * g * g;
    delta[k] = -o->learning_rate * f1 * a->m[k] / (sqrt(f2 * a->v[k]) + a->epsilon);
  }
  return RZ_OK;
}

static rz_err state(rz_optimiser *o, rz_array_visit *visit, void *ctx) {
  adam *a = o->data;
  const rz_array t = {.name = "optimiser/steps", .type = RZ_I64, .n_dim = 1, .shape = {1, 0, 0, 0}, .data = &a->t};
  RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/mean", a->m, visit, ctx));
  RZ_TRY(rz_optimiser_visit_vector(o, "optimiser/square", a->v, visit, ctx));
  return visit(&t, ctx);
}

static void fini(rz_optimiser *o) {
  adam *a = o->data;
  if (a) {
    rz_free(&a->m);
    rz_free(&a->v);
  }
  rz_free(&o->data);
}

const rz_optimiser_class rz_optimiser_adam = {.name = "adam",
                                              .about = "Adam",
                                              .cite = "D. P. Kingma and J. Ba, arXiv:1412.6980",
                                              .options = options,
                                              .n_options = RZ_N_ROWS(options),
                                              .init = init,
                                              .step = step,
                                              .state = state,
                                              .fini = fini};
