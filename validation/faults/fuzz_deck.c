/* modules: core */
/* Hostile decks: no text may crash the reader, make it hang, leak, or use more than a fixed multiple of the text's
 * size.
 *
 * With clang -fsanitize=fuzzer this is a libFuzzer target; otherwise a program that replays the files of the folders
 * given (default: deck_corpus beside this file) and every truncation of the small ones, then times texts of 1 MB that
 * would show quadratic behaviour, with the same assertions. */
#include "ritz/core/config.h"
#include "ritz/core/memory.h"
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A schema with everything in it: selectors, several studies, all types, arrays, ranges, defaults of all kinds. */
static const rz_option run_rows[] = {
    RZ_ROW_CHOICE("study", 0, 0, "what to do"),
    RZ_ROW_INT("seed", "7", 0, 9.3e18, "seed of all random numbers"),
    RZ_ROW_STRING("output", "'ritz.h5'", "results"),
    RZ_ROW_BOOL("reproducible", ".true.", "same bits on any number of ranks"),
};
static const rz_option lattice_rows[] = {
    RZ_ROW_CHOICE("geometry", "chain|square|triangular", "'chain'", "lattice"),
    RZ_ROW_INTS("length", 3, 0, 1, 1e6, "sites along each axis"),
    RZ_ROW_CHOICES("boundary", 3, "periodic|open", "'periodic'", "boundary conditions"),
    RZ_ROW_REAL_VECTOR("twist", 3, "0, 0, 0", -1e3, 1e3, "rad", "twist"),
};
static const rz_option ansatz_rows[] = {
    RZ_ROW_CHOICE("kind", 0, "'rbm'", "trial state"),
    RZ_ROW_REAL("sigma", "0.01", 0, 10, "", "width of the first parameters"),
};
static const rz_option rbm_rows[] = {
    RZ_ROW_INT("alpha", "1", 1, 1000, "hidden units per site"),
    RZ_ROW_CHOICE("bias", "none|hidden|both", "'none'", "biases"),
};
static const rz_option jastrow_rows[] = {
    RZ_ROW_INT("range", "", 1, 100, "cut-off"),
    RZ_ROW_REALS("start", 20, "", -1e300, 1e300, "", "first values"),
};
static const rz_member_options ansatz_members[] = {
    {"rbm", "restricted Boltzmann machine", rbm_rows, 2},
    {"jastrow", "pair product", jastrow_rows, 2},
    {"mean_field", "product state", NULL, 0},
};
static const rz_option optimiser_rows[] = {
    RZ_ROW_REAL("learning_rate", "0.02", 0, 1e3, "", "step"),
    RZ_ROW_REAL("diag_shift", "1d-3", 0, 1e3, "", "shift"),
    {"flags", RZ_BOOL, 8, "4*.true.", 1, 0, 0, "", "flags", 0},
    {"names", RZ_STRING, 8, "", 0, 64, 0, "", "names", 0},
};
static const rz_option_group groups[] = {
    {"run", "the run", NULL, run_rows, 4, NULL, 0},
    {"lattice", "the lattice", NULL, lattice_rows, 4, NULL, 0},
    {"ansatz", "the trial state", "kind", ansatz_rows, 2, ansatz_members, 3},
    {"optimiser", "the optimiser", NULL, optimiser_rows, 4, NULL, 0},
};
static const char *const ground_groups[] = {"run", "!lattice", "ansatz", "optimiser", NULL};
static const char *const exact_groups[] = {"!run", "!lattice", NULL};
static const rz_study_groups studies[] = {{"ground_state", "finds it", ground_groups},
                                          {"exact", "solves", exact_groups}};
static const rz_schema schema = {groups, 4, studies, 2};

/* Bytes that a deck of n bytes may take at its peak: twice what the worst text known ("a=,a=,a=,") needs. */
static int64_t allowance(int64_t n) { return 150 * n + (1 << 20); }

static void require(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "deck reader: %s\n", what);
  abort();
}

static void sum_lengths(const char *group, const rz_option *row, const char *text, const char *source, void *ctx) {
  *(size_t *)ctx += strlen(group) + strlen(row->name) + strlen(text) + strlen(source);
}

/* A valid deck, printed, must read back to the same print. */
static void check_round_trip(const rz_config *config) {
  char *first = NULL, *second = NULL;
  size_t n_first = 0, n_second = 0;
  rz_config *again = NULL;
  FILE *out = open_memstream(&first, &n_first);
  require(out && rz_config_print(config, out) == RZ_OK && fclose(out) == 0, "a valid deck is not printed");
  require(rz_config_parse("again", first, (int64_t)n_first, &schema, &again) == RZ_OK, "a printed deck is not valid");
  out = open_memstream(&second, &n_second);
  require(out && rz_config_print(again, out) == RZ_OK && fclose(out) == 0, "a valid deck is not printed again");
  require(n_first == n_second && memcmp(first, second, n_first) == 0, "a printed deck reads back differently");
  rz_config_destroy(&again);
  free(first);
  free(second);
}

static void check_deck(const char *text, int64_t n) {
  rz_config *config = NULL;
  size_t length = 0;
  rz_memory_reset_peak();
  const int64_t before = rz_memory_query().bytes;
  const rz_err rc = rz_config_parse("deck.nml", text, n, &schema, &config);
  require(rz_memory_query().peak - before <= allowance(n), "too much memory");
  require(config != NULL && (rc == RZ_OK || rc == RZ_ERR_DECK), "no config");
  require((rc == RZ_OK) == (rz_config_error_count(config) == 0), "errors and code disagree");
  if (rc == RZ_OK) {
    rz_config_each(config, sum_lengths, &length);
    require(length > 0, "no values");
    check_round_trip(config);
  } else {
    require(strncmp(rz_config_errors(config), "deck.nml:", 9) == 0, "a report without place");
  }
  rz_config_destroy(&config);
  require(rz_memory_query().bytes == before, "memory is not given back");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check_deck((const char *)data, (int64_t)size);
  return 0;
}

#ifndef RITZ_LIBFUZZER
static int64_t replay_file(const char *name) {
  FILE *in = fopen(name, "rb");
  require(in != NULL, "a file of the corpus cannot be read");
  static char text[1 << 16];
  const int64_t n = (int64_t)fread(text, 1, sizeof text, in);
  fclose(in);
  check_deck(text, n);
  for (int64_t cut = 0; n <= 256 && cut < n; cut++) check_deck(text, cut);
  return n;
}

static int replay_folder(const char *folder) {
  DIR *dir = opendir(folder);
  require(dir != NULL, "no corpus");
  int n_files = 0;
  for (struct dirent *entry; (entry = readdir(dir));) {
    char name[4096];
    if (entry->d_name[0] == '.') continue;
    snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
    (void)replay_file(name);
    n_files++;
  }
  closedir(dir);
  return n_files;
}

/* 1 MB of one pattern behind a head. Linear work takes some 50 ms; the limit leaves room for a slow, busy machine with
 * sanitisers, and is far below the minutes of quadratic work. */
static void check_speed(const char *head, const char *pattern) {
  enum { SIZE = 1 << 20 };
  char *text = malloc(SIZE);
  require(text != NULL, "memory");
  const size_t n_head = strlen(head), n = strlen(pattern);
  memcpy(text, head, n_head);
  for (size_t i = n_head; i < SIZE; i++) text[i] = pattern[(i - n_head) % n];
  const clock_t start = clock();
  check_deck(text, SIZE);
  const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  if (seconds > 0.5) fprintf(stderr, "%.2f s: %s%s...\n", seconds, head, pattern);
  require(seconds < 5.0, "1 MB takes more than 5 s");
  free(text);
}

int main(int argc, char **argv) {
  static const char *const patterns[] = {
      "a=1 ",   "1,",   ",",      "a%",      "a %",    "a(1)%",  "a(1,",    "a(",      "(",        "((",
      "'",      "\"'",  "''",     "'\n",     "&a\n",   "&a /\n", "&",       "/",       "//\n",     "!",
      "!\n",    "T ",   "T(1,1 ", "T %T",    "1*",     "9*",     "9*1,",    "1000*1 ", "x=",       "x==",
      "x y ",   "x.y=", "#",      ";",       "\xff",   "\x01",   "seed=1 ", "seed=x",  "&run /\n", "\n",
      " ",      "\r",   "1_",     "1e",      "1+",     "123",    "1.5,",    "inf ",    "nan(",     "$end\n",
      "a='b'c", "a=,",  "a(1)(",  "a = b\n", "(1,2) ", "(1\n",   "T\n,T",   "1,!\n",   "'a' ",     "x\ty=",
  };
  static const char *const heads[] = {"", "&run ", "&run seed=", "&run output='",
                                      "&run study='exact' /\n&lattice length="};
  int n_files = 0;
#ifdef RITZ_SOURCE_DIR
  if (argc == 1) n_files = replay_folder(RITZ_SOURCE_DIR "/validation/faults/deck_corpus");
#endif
  for (int i = 1; i < argc; i++) n_files += replay_folder(argv[i]);
  require(n_files > 0, "an empty corpus");
  for (size_t h = 0; h < sizeof heads / sizeof *heads; h++)
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) check_speed(heads[h], patterns[i]);
  printf("%d files and %zu texts of 1 MB read\n", n_files,
         sizeof heads / sizeof *heads * (sizeof patterns / sizeof *patterns));
  return 0;
}
#endif
