#include "motion.h"

#include "learning.h"
#include "ritz/core/memory.h"
#include <math.h>

/* What only a part can know of itself is the deck's error all the same. */
static rz_err report(rz_config *config, const char *group, const char *key, rz_err rc) {
  if (rc != RZ_ERR_ARG && rc != RZ_ERR_INPUT && !(rc == RZ_ERR_DECK && rz_config_error_count(config) == 0)) return rc;
  rz_config_error(config, group, key, "%s", rz_error_message());
  return rz_config_report(config);
}

static rz_err create_law(rz_motion *m) {
  const rz_law_input input = {.config = m->config,
                              .n_degree = m->data.n_degree,
                              .n_space = m->system ? m->system->n_space : 0,
                              .mass = m->system ? m->system->mass : NULL,
                              .seed = (uint64_t)rz_config_int(m->config, "run", "seed"),
                              .n = m->data.n_train,
                              .x = m->data.x,
                              .step = m->data.step};
  return report(m->config, "network", "model", rz_law_create(&input, &m->law));
}

rz_err rz_motion_create(rz_config *config, rz_motion *out) {
  *out = (rz_motion){.config = config};
  rz_err rc = RZ_OK;
  const rz_law_class *law = rz_law_find(rz_config_string(config, "network", "model"));
  RZ_CHECK(law, RZ_ERR_INTERNAL, "the deck names no law");
  if (rz_config_has(config, "system", "name")) RZ_TRY_DONE(rc, rz_system_create(config, &out->system));
  RZ_TRY_DONE(rc, rz_dataset_create(config, out->system, law->is_map, &out->data));
  RZ_TRY_DONE(rc, create_law(out));
done:
  if (rc != RZ_OK) rz_motion_free(out);
  return rc;
}

void rz_motion_free(rz_motion *m) {
  rz_law_destroy(&m->law);
  rz_dataset_free(&m->data);
  rz_system_destroy(&m->system);
}

static const rz_column columns[] = {
    {"loss", RZ_UNIT_OF_OBJECTIVE, "mean squared error per component of the step's states"},
};

static rz_err write_subject(rz_results *r, const void *self) {
  const rz_motion *m = self;
  if (m->system) RZ_TRY(rz_results_text(r, "/input/system", m->system->cls->about, "the system"));
  RZ_TRY(rz_results_text(r, "/input/law", m->law->cls->about, "what is learned"));
  RZ_TRY(rz_results_i64(r, "/input/n_train", m->data.n_train, "states of the training"));
  RZ_TRY(rz_results_i64(r, "/input/n_test", m->data.n_test, "states of the test"));
  return rz_results_i64(r, "/input/n_degree", m->data.n_degree, "degrees of freedom");
}

rz_subject rz_motion_subject(const rz_motion *m) {
  return (rz_subject){.n_field = 3,
                      .field = {{.name = "system",
                                 .type = RZ_FIELD_TEXT,
                                 .text = m->system ? m->system->cls->name : "of the data alone"},
                                {.name = "law", .type = RZ_FIELD_TEXT, .text = m->law->cls->name},
                                {.name = "n_train", .type = RZ_FIELD_INT, .integer = m->data.n_train}},
                      .n_column = sizeof columns / sizeof *columns,
                      .column = columns,
                      .unit = "square of the targets' units",
                      .write = write_subject,
                      .self = m};
}

rz_err rz_motion_field_error(const rz_motion *m, double *out) {
  const rz_dataset *d = &m->data;
  *out = NAN;
  if (!m->system || d->is_map) return RZ_OK;
  const int64_t first = d->n_test > 0 ? d->n_train : 0, n = d->n_test > 0 ? d->n_test : d->n_train;
  const double *x = (d->clean ? d->clean : d->x) + first * 2 * d->n_degree;
  double *truth;
  RZ_TRY(RZ_NEW(n * 2 * d->n_degree, &truth));
  const rz_flow *flow = &m->system->flow;
  rz_err rc = flow->field(flow->self, n, x, truth);
  if (rc == RZ_OK) rc = rz_learning_error(m->law, n, x, truth, out);
  rz_free(&truth);
  return rc;
}
