#include "resume.h"

#include "ritz/core/deck.h"
#include "ritz/core/memory.h"
#include "ritz/study/study.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

rz_err rz_resume_check_name(const char *checkpoint) {
  static const char suffix[] = ".ckpt.h5";
  const size_t n = strlen(checkpoint), tail = sizeof suffix - 1;
  RZ_CHECK(n > tail && strcmp(checkpoint + n - tail, suffix) == 0, RZ_ERR_USAGE,
           "'%s' is not a checkpoint NAME.ckpt.h5, after which the other files of the run are named", checkpoint);
  return RZ_OK;
}

/* Options that change neither what was computed before nor what it means. */
static const struct {
  const char *group, *key;
  const char *stage; /* only while the run is in this one; NULL: in any */
} free_options[] = {
    {"run", "max_hours", NULL},        {"run", "watchdog_minutes", NULL},    {"run", "checkpoint_minutes", NULL},
    {"run", "keep_checkpoint", NULL},  {"run", "overwrite", NULL},           {"run", "threads", NULL},
    {"run", "instruction_set", NULL},  {"optimiser", "iterations", "train"}, {"evaluate", "rel_error", NULL},
    {"evaluate", "min_samples", NULL}, {"evaluate", "max_samples", NULL},    {"evaluate", "check_fraction", NULL},
};
enum { N_FREE = sizeof free_options / sizeof *free_options };

static rz_err refuse(const char *change, const char *why) {
  char list[512] = "";
  for (int i = 0; i < N_FREE; i++) {
    const size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s.%s%s", i > 0 ? ", " : "", free_options[i].group,
             free_options[i].key, free_options[i].stage ? " (while training)" : "");
  }
  RZ_FAIL(RZ_ERR_USAGE, "'%s' %s; a run that goes on may change: %s", change, why, list);
}

/* Split "GROUP.KEY=VALUE", which is written into. */
static rz_err take_change(const rz_checkpoint_info *from, const char *text, char *copy, rz_deck_change *out) {
  char *dot = strchr(copy, '.'), *equals = strchr(copy, '=');
  if (!dot || !equals || equals < dot) return refuse(text, "is not GROUP.KEY=VALUE");
  *dot = *equals = '\0';
  *out = (rz_deck_change){copy, dot + 1, equals + 1};
  for (int i = 0; i < N_FREE; i++) {
    if (strcmp(out->group, free_options[i].group) != 0 || strcmp(out->key, free_options[i].key) != 0) continue;
    const char *stage = free_options[i].stage;
    return !stage || strcmp(stage, from->stage) == 0 ? RZ_OK : refuse(text, "comes too late, the training is over");
  }
  return refuse(text, "may not change");
}

static rz_err parse(const char *file, const char *text, rz_config **config) {
  return rz_config_parse(file, text, (int64_t)strlen(text), rz_study_schema(), config);
}

static rz_err rewrite(const rz_checkpoint_info *from, int n, char **change, char **text) {
  rz_deck_change *list = NULL;
  char **copy = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY_DONE(rc, RZ_NEW(n, &list));
  RZ_TRY_DONE(rc, RZ_NEW0(n, &copy));
  for (int i = 0; i < n; i++) {
    RZ_TRY_DONE(rc, rz_strdup(change[i], &copy[i]));
    RZ_TRY_DONE(rc, take_change(from, change[i], copy[i], &list[i]));
  }
  RZ_TRY_DONE(rc, rz_deck_rewrite(rz_study_schema(), from->deck, NULL, n, list, text));
done:
  for (int i = 0; copy && i < n; i++) rz_free(&copy[i]);
  rz_free(&copy);
  rz_free(&list);
  return rc;
}

rz_err rz_resume_deck(const rz_checkpoint_info *from, int n, char **change, rz_config **config) {
  char *text = NULL;
  if (n == 0) return parse(from->deck_path, from->deck, config);
  rz_err rc = rewrite(from, n, change, &text);
  if (rc == RZ_OK) rc = parse(from->deck_path, text, config);
  rz_free(&text);
  return rc;
}
