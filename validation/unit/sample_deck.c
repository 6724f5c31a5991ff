/* modules: sample ansatz model linalg core */
/* ranks: 1 2 */
/* From a deck's group &sampler to a sampler: defaults, derived values, every fault reported at once with its key. */
#include "bare_model.h"
#include "check.h"
#include "ritz/core/config.h"
#include "ritz/sample/move.h"
#include "ritz/sample/sampler.h"
#include "table_state.h"

#include <stdlib.h>
#include <string.h>

static rz_comm comm;

static const rz_option run_rows[] = {RZ_ROW_STRING("study", "'draw'", "what to do")};
static const rz_option_group run_group = {.name = "run", .about = "the run", .rows = run_rows, .n_rows = 1};
static const char *const draw_groups[] = {"run", "sampler", NULL};
static const rz_study_groups studies[] = {{"draw", "draw samples", draw_groups}};

static rz_schema schema_of(rz_option_group groups[2]) {
  groups[0] = run_group;
  groups[1] = *rz_sampler_options();
  return (rz_schema){.groups = groups, .n_groups = 2, .studies = studies, .n_studies = 1};
}

static rz_config *parse(const rz_schema *schema, const char *text) {
  rz_config *c = NULL;
  RZ_EXPECT_OK(rz_config_parse("test.nml", text, (int64_t)strlen(text), schema, &c));
  return c;
}

static void defaults(const rz_schema *schema, const rz_model *model, const rz_ansatz *a) {
  rz_config *c = parse(schema, "&run /\n&sampler /\n");
  rz_sampler *s = NULL;
  if (RZ_EXPECT_OK(rz_sampler_create(c, model, a, 3, &comm, &s))) {
    const rz_sampler_spec *spec = rz_sampler_spec_of(s);
    RZ_EXPECT(spec->n_move == 1 && strcmp(spec->move[0], model->fixed_sz ? "exchange" : "flip") == 0);
    RZ_EXPECT(spec->sweep_size == 6 && spec->replicas == 1 && spec->samples % spec->chains == 0);
    RZ_EXPECT(rz_config_int(c, "sampler", "sweep_size") == 6);
    RZ_EXPECT(strcmp(rz_config_string(c, "sampler", "move"), model->fixed_sz ? "exchange" : "flip") == 0);
  }
  rz_config_destroy(&c);
  if (s) RZ_EXPECT(strcmp(rz_sampler_spec_of(s)->move[0], model->fixed_sz ? "exchange" : "flip") == 0); /* own text */
  rz_sampler_destroy(&s);
}

static void choices(const rz_schema *schema, const rz_model *model, const rz_ansatz *a) {
  rz_config *c =
      parse(schema, "&run /\n&sampler move = 'flip', 'exchange', move_weights = 1, 3, exchange_range = 'any',\n"
                    "chains = 8, samples = 80, replicas = 4, beta_min = 0.5, sweep_size = 11,\n"
                    "discard = 7, discard_step = 5 /\n");
  rz_sampler *s = NULL;
  if (RZ_EXPECT_OK(rz_sampler_create(c, model, a, 3, &comm, &s))) {
    const rz_sampler_spec *spec = rz_sampler_spec_of(s);
    RZ_EXPECT(spec->n_move == 2 && strcmp(spec->move[1], "exchange") == 0 && spec->any_pair);
    RZ_EXPECT(spec->move_weight[0] == 1.0 && spec->move_weight[1] == 3.0 && spec->beta_min == 0.5);
    RZ_EXPECT(spec->chains == 8 && spec->samples == 80 && spec->replicas == 4 && spec->sweep_size == 11);
    RZ_EXPECT(spec->discard == 7 && spec->discard_step == 5);
  }
  rz_sampler_destroy(&s);
  rz_config_destroy(&c);
  c = parse(schema, "&run /\n&sampler method = 'full_sum' /\n");
  RZ_EXPECT_OK(rz_sampler_create(c, model, a, 3, &comm, &s));
  RZ_EXPECT(s && rz_sampler_is_exact(s));
  rz_sampler_destroy(&s);
  rz_config_destroy(&c);
}

static void faults(const rz_schema *schema, rz_model *model, const rz_ansatz *a) {
  rz_config *c = parse(schema, "&run /\n&sampler move = 'flip', 'global_flip', move_weights = 1.0,\n"
                               "chains = 24, samples = 100, replicas = 3 /\n");
  rz_sampler *s = NULL;
  model->fixed_sz = true, model->n_up = 2;
  RZ_EXPECT(rz_sampler_create(c, model, a, 3, &comm, &s) == RZ_ERR_DECK && !s);
  const char *words[] = {"'flip'", "'global_flip'", "1 weights for 2", "replicas", "chains", "samples", "120"};
  for (int k = 0; k < 7; k++)
    if (!RZ_EXPECT(strstr(rz_error_message(), words[k]) != NULL))
      fprintf(stderr, "  '%s' is not in:\n%s\n", words[k], rz_error_message());
  rz_config_destroy(&c);
  model->fixed_sz = false;
  c = parse(schema, "&run /\n&sampler chains = 16, samples = 160 /\n");
  RZ_EXPECT(rz_sampler_check(c, model, 2) == RZ_ERR_DECK); /* more ranks than blocks */
  RZ_EXPECT(strstr(rz_error_message(), "2 ranks") != NULL);
  rz_config_destroy(&c);
  c = parse(schema, "&run /\n&sampler chains = 16, samples = 160 /\n");
  RZ_EXPECT_OK(rz_sampler_check(c, model, 1));
  rz_config_destroy(&c);
  RZ_EXPECT(rz_config_parse("t", "&run /\n&sampler method = 'full_sum', chains = 16 /\n", 48, schema, &c) ==
            RZ_ERR_DECK); /* a key the chosen kind does not use */
  rz_config_destroy(&c);
}

/* The tables say what the registries hold. */
static void tables_match_registries(void) {
  const rz_option_group *g = rz_sampler_options();
  int n = 0;
  const rz_sampler_class *const *cls = rz_sampler_registry(&n);
  RZ_EXPECT(n == g->n_members);
  for (int k = 0; k < n; k++) {
    RZ_EXPECT(strcmp(cls[k]->name, g->members[k].name) == 0);
    RZ_EXPECT(strcmp(cls[k]->about, g->members[k].about) == 0);
  }
  char choices_text[256] = "auto";
  const rz_move_class *const *moves = rz_move_registry(&n);
  for (int k = 0; k < n; k++) {
    strcat(choices_text, "|");
    strcat(choices_text, moves[k]->name);
  }
  RZ_EXPECT(strcmp(g->members[0].rows[0].choices, choices_text) == 0);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  rz_model model;
  rz_ansatz a;
  rz_option_group groups[2];
  const rz_schema schema = schema_of(groups);
  RZ_EXPECT_OK(bare_chain(6, true, &model));
  RZ_EXPECT_OK(table_init(6, model.lattice, &a));
  defaults(&schema, &model, &a);
  choices(&schema, &model, &a);
  model.fixed_sz = true, model.n_up = 3;
  defaults(&schema, &model, &a);
  model.fixed_sz = false;
  faults(&schema, &model, &a);
  tables_match_registries();
  table_free(&a);
  bare_free(&model);
  return rz_check_finish();
}
