#include "ritz/core/memory.h"
#include "ritz/store/results.h"
#include "ritz/study/study.h"
#include <string.h>

static rz_err print_text(const rz_stored *s, const char *path, const char *format, FILE *out) {
  char *text = NULL;
  RZ_TRY(rz_stored_text(s, path, &text));
  fprintf(out, format, text);
  rz_free(&text);
  return RZ_OK;
}

static rz_err print_provenance(const rz_stored *s, FILE *out) {
  char *names = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_stored_list(s, "/provenance", &names));
  for (char *save = NULL, *name = strtok_r(names, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
    char path[160];
    snprintf(path, sizeof path, "/provenance/%s", name);
    if (strcmp(name, "summary") == 0) continue; /* stands above */
    fprintf(out, "  %-10s ", name);
    if (strcmp(name, "ranks") == 0 || strcmp(name, "threads") == 0) {
      int64_t count;
      RZ_TRY_DONE(rc, rz_stored_i64(s, path, &count));
      fprintf(out, "%lld\n", (long long)count);
    } else {
      RZ_TRY_DONE(rc, print_text(s, path, "%s\n", out));
    }
  }
done:
  rz_free(&names);
  return rc;
}

/* A checkpoint says how far its run was, and shows the deck. */
static rz_err print_checkpoint(const char *path, FILE *out) {
  rz_checkpoint_info info;
  RZ_TRY(rz_checkpoint_inspect(path, &info));
  fprintf(out, "checkpoint of a run that was stopped or still runs; `ritz resume %s` goes on\n", path);
  fprintf(out, "stage     %s, %lld steps done\nrun id    %s\n", info.stage, (long long)info.step, info.run_id);
  fprintf(out, "loops     %s\nsize      %lld bytes\ndeck      %s\n\n%s", info.instruction_set, (long long)info.bytes,
          info.deck_path, info.deck);
  rz_checkpoint_info_free(&info);
  return RZ_OK;
}

rz_err rz_study_info(const char *path, FILE *out) {
  if (rz_checkpoint_recognise(path)) return print_checkpoint(path, out);
  rz_stored *s = NULL;
  rz_err rc = RZ_OK;
  RZ_TRY(rz_stored_open(path, &s));
  RZ_CHECK_DONE(rc, rz_stored_has(s, "/provenance/summary"), RZ_ERR_INPUT, "%s is not a results file of a finished run",
                path);
  RZ_TRY_DONE(rc, print_text(s, "/provenance/summary", "%s", out));
  fprintf(out, "provenance\n");
  RZ_TRY_DONE(rc, print_provenance(s, out));
done:
  rz_stored_close(&s);
  return rc;
}
