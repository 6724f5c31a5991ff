/* Heavy ball: v <- momentum v + 2 F, delta = - learning_rate v. */
#include "optimiser_impl.h"

#include "ritz/core/memory.h"

typedef struct momentum {
  double mu;
  double *v; /* [n_param] */
} momentum;

static const rz_option options[] = {
    RZ_ROW_REAL("momentum", "0.9", 0, 0.999999, "", "part of the last step that is kept"),
};

static rz_err init(rz_optimiser *o) {
  momentum *m = NULL;
  RZ_TRY(RZ_NEW0(1, &m));
  o->data = m;
  m->mu = rz_config_real(o->config, RZ_OPTIMISER_GROUP, "momentum");
  RZ_TRY(RZ_NEW0(o->n_param, &m->v));
  return RZ_OK;
}

static rz_err step(rz_optimiser *o, rz_jacobian *j, const double *residual, double *delta, rz_step_info *info) {
  (void)j, (void)residual, (void)info;
  const momentum *m = o->data;
  o->learning_rate /= o->caution;
  for (int64_t k = 0; k < o->n_param; k++) {
    m->v[k] = m->mu * m->v[k] + 2.0 * o->force[k];
    delta[k] = -o->learning_rate * m->v[k];
  }
  return RZ_OK;
}

static rz_err state(rz_optimiser *o, rz_array_visit *visit, void *ctx) {
  const momentum *m = o->data;
  return rz_optimiser_visit_vector(o, "optimiser/velocity", m->v, visit, ctx);
}

static void fini(rz_optimiser *o) {
  momentum *m = o->data;
  if (m) rz_free(&m->v);
  rz_free(&o->data);
}

const rz_optimiser_class rz_optimiser_momentum = {.name = "momentum",
                                                  .about = "gradient descent with momentum (heavy ball)",
                                                  .cite = "B. T. Polyak, USSR Comput. Math. 4, 1 (1964)",
                                                  .options = options,
                                                  .n_options = RZ_N_ROWS(options),
                                                  .init = init,
                                                  .step = step,
                                                  .state = state,
                                                  .fini = fini};
