/* Hostile inputs of the whole program: decks that were shipped and then mangled, through every check that needs no run;
 * results files and checkpoints with random damage, and sealed ones with the wrong content. Nothing crashes, hangs or
 * leaks. RITZ_SOAK in the environment: 100,000 decks and 10,000 files, else a fiftieth. */
/* modules: study store core */
/* soak: yes */
#include "check.h"
#include "ritz/core/memory.h"
#include "ritz/core/rng.h"
#include "ritz/store/checkpoint.h"
#include "ritz/store/results.h"
#include "ritz/study/study.h"
#include "scratch.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static char dir[RZ_SCRATCH_SIZE];
static rz_comm self;
static rz_rng rng;
static FILE *nowhere;

static size_t below(size_t n) { return (size_t)(rz_rng_uniform(&rng) * (double)n); }

static char *load(const char *path, size_t *n) {
  FILE *file = fopen(path, "rb");
  if (!RZ_EXPECT(file)) return NULL;
  fseek(file, 0, SEEK_END);
  *n = (size_t)ftell(file);
  rewind(file);
  char *bytes = calloc(*n + 1, 1);
  RZ_EXPECT(fread(bytes, 1, *n, file) == *n);
  fclose(file);
  return bytes;
}

static void store(const char *path, const char *bytes, size_t n) {
  FILE *file = fopen(path, "wb");
  if (!RZ_EXPECT(file)) return;
  RZ_EXPECT(fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

/* --- decks -------------------------------------------------------------------------------------------------------- */

static const char *const shipped[] = {
    "inputs/ground_state/tfim_full_sum.nml",     "inputs/ground_state/xxz_chain.nml",
    "inputs/ground_state/heisenberg_ladder.nml", "inputs/ground_state/tfim_square.nml",
    "inputs/ground_state/j1j2_chain.nml",        "inputs/sweep/tfim_lengths.nml",
    "inputs/exact/j1j2_chain_sectors.nml"};

/* What a deck's author may mistype, and worse. */
static const char *const snippets[] = {"-1",
                                       "0",
                                       "1e400",
                                       "9223372036854775808",
                                       "nan",
                                       "''",
                                       "'",
                                       ",",
                                       "=",
                                       "/",
                                       "&",
                                       "\n",
                                       ".true.",
                                       "1000000000",
                                       "4*3",
                                       "(1,2)",
                                       "! ",
                                       "&run ",
                                       "length = 1",
                                       "'exact'",
                                       "'evaluate'",
                                       "chains = 16",
                                       "alpha = 0.001",
                                       "'complex'",
                                       "'full_sum'",
                                       "momentum = 3",
                                       "\xff\xfe",
                                       "\t"};

static size_t mangle(char *text, size_t n, size_t room) {
  for (size_t edits = 1 + below(4); edits > 0; edits--) {
    const size_t at = below(n + 1);
    const char *piece = snippets[below(sizeof snippets / sizeof *snippets)];
    const size_t length = strlen(piece), cut = below(3) == 0 ? below(24) : below(4);
    const size_t gone = at + cut < n ? cut : n - at;
    if (n - gone + length >= room) continue;
    memmove(text + at + length, text + at + gone, n - at - gone);
    memcpy(text + at, piece, length);
    n = n - gone + length;
  }
  text[n] = '\0';
  return n;
}

/* Lattices and sectors that would take long to look at are not what is tested here. */
static bool is_small(const rz_config *config) {
  const char *study = rz_config_string(config, "run", "study");
  return strcmp(study, "ground_state") != 0 || strcmp(rz_config_string(config, "reference", "method"), "ed") != 0;
}

static void check_deck(const char *text, size_t n) {
  rz_config *config = NULL;
  const rz_err rc = rz_config_parse("fuzz.nml", text, (int64_t)n, rz_study_schema(), &config);
  if (rc == RZ_OK && is_small(config))
    (void)rz_study_find(rz_config_string(config, "run", "study"))->check(config, 1 + (int)below(8), nowhere);
  rz_config_destroy(&config);
  if (!RZ_EXPECT(rz_memory_query().n_alive == 0)) fprintf(stderr, "leaks:\n%s\n", text);
}

static void fuzz_decks(int count) {
  for (int i = 0; i < count; i++) {
    char path[512];
    size_t n;
    snprintf(path, sizeof path, RITZ_SOURCE_DIR "/%s", shipped[below(sizeof shipped / sizeof *shipped)]);
    char *whole = load(path, &n), *text = calloc(n + 512, 1);
    memcpy(text, whole, n);
    n = mangle(text, n, n + 512);
    check_deck(text, n);
    free(text);
    free(whole);
  }
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static rz_err write_results(const char *path) {
  static double x[64];
  rz_results *r = NULL;
  const rz_array w = {
      .type = below(8) ? RZ_F64 : RZ_I32, .n_dim = below(8) ? 2 : 1, .shape = {below(8) ? 2 : 8, 8}, .data = x};
  RZ_TRY(rz_results_create(path, true, &r));
  rz_err rc = RZ_OK;
  if (below(8)) rc = rz_results_array(r, "/parameters/w", &w, NULL, NULL);
  if (rc == RZ_OK && below(8)) rc = rz_results_text(r, "/ansatz/kind", below(8) ? "rbm" : "none", NULL);
  if (rc == RZ_OK && below(8)) rc = rz_results_i64(r, "/lattice/n_site", below(8) ? 8 : -3, NULL);
  if (rc == RZ_OK && below(8))
    rc = rz_results_text(r, "/input/deck", below(2) ? "&run study = 'exact' /" : "\x01&", NULL);
  if (rc == RZ_OK && below(8)) rc = rz_results_text(r, "/provenance/deck", "a.nml", NULL);
  if (rc == RZ_OK && below(8)) rc = rz_results_text(r, "/provenance/summary", "E = 1\n", NULL);
  if (rc == RZ_OK && below(8)) rc = rz_results_i64(r, "/provenance/ranks", 1, NULL);
  if (rc == RZ_OK) return rz_results_commit(&r);
  rz_results_abandon(&r);
  return rc;
}

static rz_err walk(void *ctx, rz_array_visit *visit, void *visit_ctx) {
  double *x = ctx;
  const int64_t n = 1 + (int64_t)below(8);
  RZ_TRY(rz_visit_f64(below(8) ? "a" : "b", x, visit, visit_ctx));
  return visit(&(rz_array){.name = "y",
                           .type = below(8) ? RZ_F64 : RZ_I64,
                           .n_dim = 1,
                           .shape = {below(2) ? 4 : n},
                           .distributed = below(2) == 0,
                           .data = x + 1},
               visit_ctx);
}

static rz_err write_checkpoint(const char *path) {
  double x[16] = {1, 2, 3};
  const rz_checkpoint_spec spec = {.comm = &self,
                                   .path = path,
                                   .deck = "&run study = 'exact' /",
                                   .deck_path = "a.nml",
                                   .instruction_set = "portable",
                                   .stage = "train",
                                   .step = 3};
  return rz_checkpoint_write(&spec, walk, x, NULL);
}

static void read_everything(const char *path) {
  char text[1024];
  rz_config *config = NULL;
  rz_checkpoint *c = NULL;
  double x[16];
  (void)rz_study_info(path, nowhere);
  if (rz_checkpoint_open(path, &self, &c, NULL) == RZ_OK) (void)rz_checkpoint_restore(c, walk, x);
  rz_checkpoint_close(&c);
  snprintf(text, sizeof text, "&run study = 'evaluate' /\n&state file = '%s' /\n", path);
  if (rz_config_parse("a.nml", text, (int64_t)strlen(text), rz_study_schema(), &config) == RZ_OK)
    (void)rz_study_find("evaluate")->check(config, 1, nowhere);
  rz_config_destroy(&config);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
}

static void damage(const char *path) {
  size_t n;
  char *bytes = load(path, &n);
  for (size_t k = 1 + below(8); k > 0; k--) bytes[below(below(2) ? n : 512)] ^= (char)(1 << below(8));
  store(path, bytes, below(4) ? n : below(n + 1));
  free(bytes);
}

static void fuzz_files(int count) {
  char path[RZ_SCRATCH_PATH_SIZE];
  rz_scratch_path(dir, "fuzz.h5", path);
  for (int i = 0; i < count; i++) {
    const rz_err rc = below(2) ? write_results(path) : write_checkpoint(path);
    RZ_EXPECT(rc == RZ_OK || rc == RZ_ERR_ARG);
    if (rc == RZ_OK && below(2)) damage(path);
    if (rc == RZ_OK) read_everything(path);
    (void)rz_checkpoint_remove(path);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const int part = getenv("RITZ_SOAK") ? 1 : 50;
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_SELF, &self));
  rng = rz_rng_stream(2024, RZ_RNG_TEST, 0);
  nowhere = fopen("/dev/null", "w");
  if (!RZ_EXPECT(nowhere && rz_scratch_make(dir) == 0)) return rz_check_finish();
  fuzz_decks(100000 / part);
  fuzz_files(10000 / part);
  fclose(nowhere);
  rz_scratch_remove(dir);
  return rz_check_finish();
}
