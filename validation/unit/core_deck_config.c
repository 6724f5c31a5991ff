/* modules: core */
/* From a deck to options: studies, selectors, defaults, required keys and groups, suggestions, derived values, semantic
 * errors, and that print, template, help and the reference page come from the same tables. */
#include "check.h"
#include "ritz/core/config.h"
#include "ritz/core/memory.h"
#include <float.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const rz_option run_rows[] = {
    RZ_ROW_CHOICE("study", 0, 0, "what to do"),
    RZ_ROW_INT("seed", "7", 0, 9.3e18, "seed of all random numbers"),
    RZ_ROW_STRING("output", "'ritz.h5'", "file of results"),
};
static const rz_option lattice_rows[] = {
    RZ_ROW_CHOICE("geometry", "chain|square", "'chain'", "kind of lattice"),
    RZ_ROW_INTS("length", 3, 0, 1, 1e6, "sites along each axis"),
    RZ_ROW_CHOICES("boundary", 3, "periodic|open", "'periodic'", "boundary conditions"),
};
static const rz_option hamiltonian_rows[] = {
    RZ_ROW_REAL("j", "1.0", -1e3, 1e3, "", "coupling"),
    RZ_ROW_REAL("h", "", 0, DBL_MAX, "J", "field"),
    RZ_ROW_CHOICE("units", "auto|pauli|spin", "'auto'", "of the operators"),
};
static const rz_option ansatz_rows[] = {
    RZ_ROW_CHOICE("kind", 0, "'rbm'", "trial state"),
    RZ_ROW_REAL("sigma", "1d-2", 0, 10, "", "width of the first parameters"),
};
static const rz_option rbm_rows[] = {
    RZ_ROW_INT("alpha", "1", 1, 1000, "hidden units per site"),
    RZ_ROW_CHOICE("bias", "none|both", "'none'", "biases"),
};
static const rz_option deep_rows[] = {
    RZ_ROW_INT("alpha", "2", 1, 1000, "hidden units per site"),
    RZ_ROW_INT("layers", 0, 1, 100, "number of layers"),
};
static const rz_member_options ansatz_members[] = {
    {"rbm", "restricted Boltzmann machine", rbm_rows, 2},
    {"deep", "several layers", deep_rows, 2},
    {"mean_field", "product state", NULL, 0},
};
static const rz_option optimiser_rows[] = {RZ_ROW_REAL("learning_rate", "0.02", 0, 1e3, "", "step")};
static const rz_option reference_rows[] = {RZ_ROW_STRING("file", 0, "reference data")};
static const rz_option_group groups[] = {
    {"run", "the run", NULL, run_rows, 3, NULL, 0},
    {"lattice", "the lattice", NULL, lattice_rows, 3, NULL, 0},
    {"hamiltonian", "the model", NULL, hamiltonian_rows, 3, NULL, 0},
    {"ansatz", "the trial state", "kind", ansatz_rows, 2, ansatz_members, 3},
    {"optimiser", "the optimiser", NULL, optimiser_rows, 1, NULL, 0},
    {"reference", "what to compare with", NULL, reference_rows, 1, NULL, 0},
};
enum { N_GROUPS = sizeof groups / sizeof *groups };
static const char *const ground_groups[] = {"!run",      "!lattice",  "hamiltonian", "ansatz",
                                            "optimiser", "reference", NULL};
static const char *const exact_groups[] = {"!run", "!lattice", "!hamiltonian", NULL};
static const rz_study_groups studies[] = {{"ground_state", "trains a trial state", ground_groups},
                                          {"exact", "diagonalises", exact_groups}};
static const rz_schema schema = {groups, N_GROUPS, studies, 2};

static rz_config *parse(const char *text, rz_err wanted) {
  rz_config *c = NULL;
  const rz_err rc = rz_config_parse("in/deck.nml", text, (int64_t)strlen(text), &schema, &c);
  if (!RZ_EXPECT(rc == wanted && c)) fprintf(stderr, "%s\n%s\n", text, rz_error_message());
  return c;
}

/* The whole report of a deck must be this. */
static void expect_report(const char *text, const char *report) {
  rz_config *c = parse(text, RZ_ERR_DECK);
  if (!RZ_EXPECT(strcmp(rz_config_errors(c), report) == 0))
    fprintf(stderr, "got:\n%s\nwanted:\n%s\n", rz_config_errors(c), report);
  RZ_EXPECT(strcmp(rz_error_message(), rz_config_errors(c)) == 0);
  rz_config_destroy(&c);
}

/* The report must hold this. */
static void expect_said(const char *text, int n_errors, const char *part) {
  rz_config *c = parse(text, RZ_ERR_DECK);
  if (!RZ_EXPECT(strstr(rz_config_errors(c), part) != NULL && rz_config_error_count(c) == n_errors))
    fprintf(stderr, "%s\ngot:\n%s\nwanted:\n%s\n", text, rz_config_errors(c), part);
  rz_config_destroy(&c);
}

#define HEAD "&run study='ground_state' /\n&lattice length=40 /\n"

static void check_values(void) {
  rz_config *c = parse("&run study = 'ground_state', seed = 9 /\n&lattice length = 6, 8 boundary(1)='open' /\n"
                       "&ansatz alpha = 4, bias='both' /\n&optimizer learning_rate = 1 /\n",
                       RZ_OK);
  RZ_EXPECT(rz_config_int(c, "run", "seed") == 9 && rz_config_given(c, "run", "seed"));
  RZ_EXPECT(strcmp(rz_config_string(c, "run", "study"), "ground_state") == 0);
  RZ_EXPECT(strcmp(rz_config_string(c, "run", "output"), "ritz.h5") == 0 && !rz_config_given(c, "run", "output"));
  RZ_EXPECT(rz_config_count(c, "lattice", "length") == 2 && rz_config_int_at(c, "lattice", "length", 1) == 8);
  RZ_EXPECT(strcmp(rz_config_string_at(c, "lattice", "boundary", 0), "open") == 0);
  RZ_EXPECT(rz_config_int(c, "ansatz", "alpha") == 4 && rz_config_real(c, "ansatz", "sigma") == 0.01);
  RZ_EXPECT(rz_config_real(c, "optimiser", "learning_rate") == 1.0);
  RZ_EXPECT(rz_config_real(c, "hamiltonian", "j") == 1.0 && !rz_config_has(c, "hamiltonian", "h"));
  RZ_EXPECT(rz_config_uses_group(c, "hamiltonian") && !rz_config_has(c, "reference", "file"));
  RZ_EXPECT(!rz_config_has(c, "ansatz", "layers"));
  RZ_EXPECT(strcmp(rz_config_warnings(c), "") == 0 && strcmp(rz_config_notes(c), "") == 0);
  char *path = NULL;
  RZ_EXPECT_OK(rz_config_path(c, "data.txt", &path));
  RZ_EXPECT(strcmp(path, "in/data.txt") == 0);
  rz_free(&path);
  RZ_EXPECT_OK(rz_config_path(c, "/data.txt", &path));
  RZ_EXPECT(strcmp(path, "/data.txt") == 0);
  rz_free(&path);
  rz_config_destroy(&c);
}

static void check_selectors(void) {
  rz_config *c = parse(HEAD "&ansatz kind='deep' layers=3 /\n", RZ_OK);
  RZ_EXPECT(rz_config_int(c, "ansatz", "alpha") == 2 && rz_config_int(c, "ansatz", "layers") == 3);
  rz_config_destroy(&c);
  /* the selector may come behind the keys that it decides about */
  c = parse(HEAD "&ansatz layers=3 kind='deep' /\n", RZ_OK);
  rz_config_destroy(&c);
  c = parse("&run study='exact' /\n&lattice length=4 /\n&hamiltonian /\n", RZ_OK);
  RZ_EXPECT(!rz_config_uses_group(c, "ansatz") && rz_config_uses_group(c, "hamiltonian"));
  rz_config_destroy(&c);
  expect_said(HEAD "&ansatz kind='mean_field' alpha=2 /\n", 1,
              "in/deck.nml:3:27: error: key 'alpha' in group &ansatz is not used by kind = 'mean_field' (used by: rbm, "
              "deep)\n");
  expect_said(
      HEAD "&ansatz kind='rmb' alpha=2 layers=1 lajers=3 /\n", 2,
      "error: key 'kind' in group &ansatz is 'rmb'; allowed: 'rbm', 'deep' or 'mean_field'; did you mean 'rbm'?");
  expect_said(HEAD "&ansatz kind='deep' /\n", 1,
              "3:1: error: key 'layers' in group &ansatz is missing (number of layers; an integer)\n    &ansatz");
}

static void check_studies(void) {
  expect_said(
      "&run study='exat' /\n&lattice length=4 x=1 /\n", 2,
      "1:12: error: key 'study' in group &run is 'exat'; allowed: 'ground_state' or 'exact'; did you mean 'exact'?");
  expect_said("&run /\n", 1, "1:1: error: key 'study' in group &run is missing (what to do; a quoted string: ");
  expect_said("&lattice length=4 /\n", 1, "in/deck.nml: error: key 'study' in group &run is missing");
  expect_said("", 1, "in/deck.nml: error: key 'study' in group &run is missing");
  expect_said("&run study='exact' /\n&lattice length=4 /\n&hamiltonian /\n&ansatz /\n", 1,
              "4:1: error: group &ansatz is not read by study 'exact', which reads &run &lattice &hamiltonian\n");
  expect_said("&run study='exact' /\n&hamiltonian /\n", 1,
              "in/deck.nml: error: group &lattice (the lattice) is missing: study 'exact' needs it");
  expect_said("&run study='exact' /\n&hamiltonian /\n&lattice /\n", 1,
              "3:1: error: key 'length' in group &lattice is missing");
  expect_said(HEAD "&optimizer /\n&optimiser /\n", 1, "4:1: error: group &optimiser is given twice; first on line 3");
  expect_said(HEAD "&refernece file='x' /\n", 1, "3:1: error: unknown group &refernece; did you mean 'reference'?");
}

/* The exact form, with several errors and a tab; the caret stands below the place. */
static void check_form(void) {
  expect_report(
      "&run study = 'ground_state' /\n\n&lattice\n\tlenght = 40, geometry = 'chian'\n/\n"
      "&hamiltonian j = 1e4 h=-1 /\n",
      "in/deck.nml:3:1: error: key 'length' in group &lattice is missing (sites along each axis; 1 to 3 integers)\n"
      "    &lattice\n"
      "    ^\n"
      "in/deck.nml:4:2: error: unknown key 'lenght' in group &lattice; did you mean 'length'?\n"
      "    lenght = 40, geometry = 'chian'\n"
      "    ^\n"
      "in/deck.nml:4:26: error: key 'geometry' in group &lattice is 'chian'; allowed: 'chain' or 'square'; did you "
      "mean 'chain'?\n"
      "    lenght = 40, geometry = 'chian'\n"
      "                            ^\n"
      "in/deck.nml:6:18: error: key 'j' in group &hamiltonian is 1e4; allowed: a real number from -1000 to 1000\n"
      "    &hamiltonian j = 1e4 h=-1 /\n"
      "                     ^\n"
      "in/deck.nml:6:24: error: key 'h' in group &hamiltonian is -1; allowed: a real number >= 0\n"
      "    &hamiltonian j = 1e4 h=-1 /\n"
      "                           ^");
}

/* A line of up to 100 characters is shown whole; of a longer one, a window around the place. */
static void check_long_lines(void) {
  const char *line =
      "&hamiltonian                                                            j = 1.0, h = 1.0, k = 2 /";
  char text[512], wanted[512];
  snprintf(text, sizeof text, HEAD "%s\n", line);
  snprintf(wanted, sizeof wanted, "    %s\n    %*s^", line, (int)(strstr(line, "k =") - line), "");
  expect_said(text, 1, wanted);
  snprintf(text, sizeof text, HEAD "&hamiltonian j = 1.0%100s\tk = 2 %100s h = 1 /\n", "", "");
  snprintf(wanted, sizeof wanted, "    ...%49s\tk = 2 %44s...\n       %49s\t^", "", "", "");
  expect_said(text, 1, wanted);
}

static void check_derived_and_semantic(void) {
  rz_config *c = parse(HEAD "&hamiltonian h=1 /\n", RZ_OK);
  const char *before = rz_config_string(c, "hamiltonian", "units");
  RZ_EXPECT_OK(rz_config_set_string(c, "hamiltonian", "units", "pauli"));
  RZ_EXPECT_OK(rz_config_set_real(c, "hamiltonian", "h", 2.0));
  RZ_EXPECT_OK(rz_config_set_int(c, "ansatz", "alpha", 3));
  RZ_EXPECT(strcmp(before, "auto") == 0); /* lives as long as the config */
  RZ_EXPECT(strcmp(rz_config_string(c, "hamiltonian", "units"), "pauli") == 0);
  RZ_EXPECT(rz_config_real(c, "hamiltonian", "h") == 2.0 && rz_config_int(c, "ansatz", "alpha") == 3);
  RZ_EXPECT(rz_config_set_string(c, "hamiltonian", "units", "furlongs") == RZ_ERR_ARG);
  RZ_EXPECT(rz_config_set_int(c, "hamiltonian", "j", 1) == RZ_ERR_ARG);
  RZ_EXPECT_OK(rz_config_report(c));
  rz_config_warning(c, "hamiltonian", "h", "field %g is large", 2.0);
  rz_config_error(c, "lattice", "length", "%d sites are too many", 40);
  rz_config_error(c, "ansatz", "alpha", "no deck names this");
  rz_config_error(c, "lattice", "geometry", "the group is at fault");
  RZ_EXPECT(rz_config_report(c) == RZ_ERR_DECK && rz_config_error_count(c) == 3);
  RZ_EXPECT(strcmp(rz_config_errors(c),
                   "in/deck.nml:2:1: error: the group is at fault\n    &lattice length=40 /\n    ^\n"
                   "in/deck.nml:2:10: error: 40 sites are too many\n    &lattice length=40 /\n"
                   "             ^\nin/deck.nml: error: no deck names this") == 0);
  RZ_EXPECT(strncmp(rz_config_warnings(c), "in/deck.nml:3:14: warning: field 2 is large\n", 44) == 0);
  rz_config_destroy(&c);
}

/* -- texts from the tables -------------------------------------------------------------------------------------------
 */

static char *printed(const rz_config *c) {
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  RZ_EXPECT_OK(rz_config_print(c, out));
  fclose(out);
  return text;
}

static void check_print(void) {
  rz_config *c = parse(
      HEAD "&ansatz sigma=0.1 /\n&hamiltonian j=3e-2 h=123456789.123456789 /\n&reference file='it''s' /\n", RZ_OK);
  RZ_EXPECT_OK(rz_config_set_string(c, "hamiltonian", "units", "spin"));
  char *first = printed(c);
  RZ_EXPECT(strstr(first, "  sigma = 0.1\n") && strstr(first, "  file = 'it''s'\n") && strstr(first, "units = 'spin'"));
  rz_config *again = parse(first, RZ_OK);
  char *second = printed(again);
  RZ_EXPECT(strcmp(first, second) == 0);
  RZ_EXPECT(rz_config_real(again, "hamiltonian", "h") == 123456789.123456789);
  free(first);
  free(second);
  rz_config_destroy(&again);
  rz_config_destroy(&c);
}

static bool changes(const char *text, const char *group, const char *key) {
  rz_config *c = parse(text, RZ_OK);
  const bool is_changed = rz_config_changed(c, group, key);
  char *print = printed(c);
  rz_config *again = parse(print, RZ_OK);
  RZ_EXPECT(rz_config_changed(again, group, key) == is_changed); /* and the printed deck says the same */
  free(print);
  rz_config_destroy(&again);
  rz_config_destroy(&c);
  return is_changed;
}

/* Given in the deck with another value than the default's. */
static void check_changed(void) {
  static const struct {
    const char *text, *group, *key;
    bool is_changed;
  } row[] = {
      {"", "ansatz", "sigma", false},
      {"&ansatz sigma = 0.01 /", "ansatz", "sigma", false},
      {"&ansatz sigma = 1e-2 /", "ansatz", "SIGMA", false},
      {"&ansatz sigma = 0.010001 /", "ansatz", "sigma", true},
      {"&ansatz alpha = 1, bias = 'none' /", "ansatz", "alpha", false},
      {"&ansatz alpha = 1, bias = 'none' /", "ansatz", "bias", false},
      {"&ansatz alpha = 2, bias = 'both' /", "ansatz", "alpha", true},
      {"&ansatz alpha = 2, bias = 'both' /", "ansatz", "bias", true},
      {"&ansatz kind = 'deep', layers = 3, alpha = 1 /", "ansatz", "alpha", true}, /* the member's default is 2 */
      {"&ansatz kind = 'deep', layers = 3, alpha = 2 /", "ansatz", "alpha", false},
      {"&ansatz kind = 'deep', layers = 3 /", "ansatz", "layers", true}, /* has no default */
      {"&ansatz kind = 'deep', layers = 3 /", "ansatz", "kind", true},
      {"&ansatz kind = 'rbm' /", "ansatz", "kind", false},
      {"&ansatz kind = 'mean_field' /", "ansatz", "alpha", false}, /* not a key here */
      {"&hamiltonian h = 0 /", "hamiltonian", "h", true},
      {"", "hamiltonian", "h", false},
      {"", "nothing", "h", false},
  };
  char text[256];
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    snprintf(text, sizeof text, HEAD "%s\n", row[i].text);
    if (!RZ_EXPECT(changes(text, row[i].group, row[i].key) == row[i].is_changed)) fprintf(stderr, "%s\n", text);
  }
  RZ_EXPECT(!changes("&run study = 'exact', seed = 7 /\n&lattice length = 4 boundary = 'periodic' /\n&hamiltonian /\n",
                     "lattice", "boundary"));
  RZ_EXPECT(changes("&run study = 'exact' /\n&lattice length = 4 boundary = 2*'periodic' /\n&hamiltonian /\n",
                    "lattice", "boundary")); /* more values than the default has */
  RZ_EXPECT(!changes("&run study = 'exact' /\n&lattice length = 4 boundary(1) = 'periodic' /\n&hamiltonian /\n",
                     "lattice", "boundary"));
}

/* A key without effect is refused where the deck changes it, at its place. */
static void check_no_effect(void) {
  rz_config *c = parse(HEAD "&ansatz sigma = 0.01, alpha = 3 /\n&hamiltonian units = 'auto' /\n", RZ_OK);
  RZ_EXPECT_OK(rz_config_set_string(c, "hamiltonian", "units", "spin")); /* the program's choice, not the deck's */
  rz_config_no_effect(c, "ansatz", "sigma", "here");
  rz_config_no_effect(c, "ansatz", "bias", "here");
  rz_config_no_effect(c, "hamiltonian", "units", "here");
  RZ_EXPECT_OK(rz_config_report(c));
  rz_config_no_effect(c, "ansatz", "alpha", "with n = %d", 4);
  RZ_EXPECT(rz_config_report(c) == RZ_ERR_DECK && rz_config_error_count(c) == 1);
  RZ_EXPECT(strstr(rz_config_errors(c), "in/deck.nml:3:23: error: key 'alpha' has no effect with n = 4\n"));
  rz_config_destroy(&c);
}

/* What the deck, the table and rz_config_set_* gave. */
static void count_sources(const char *group, const rz_option *row, const char *text, const char *source, void *ctx) {
  int *n = ctx;
  (void)group;
  RZ_EXPECT(row && *text);
  n[strcmp(source, "deck") == 0 ? 0 : strcmp(source, "default") == 0 ? 1 : 2]++;
}

static void check_each(void) {
  rz_config *c = parse(HEAD, RZ_OK);
  int n[3] = {0};
  RZ_EXPECT_OK(rz_config_set_string(c, "hamiltonian", "units", "spin"));
  rz_config_each(c, count_sources, n);
  RZ_EXPECT(n[0] == 2 && n[1] == 10 && n[2] == 1);
  rz_config_destroy(&c);
}

/* A template is a valid deck of its study. */
static void check_template(void) {
  for (int i = 0; i < schema.n_studies; i++) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    RZ_EXPECT_OK(rz_schema_template(&schema, studies[i].study, out));
    fclose(out);
    rz_config *c = parse(text, RZ_OK);
    RZ_EXPECT(strcmp(rz_config_string(c, "run", "study"), studies[i].study) == 0);
    RZ_EXPECT(strstr(text, "! required: sites along each axis"));
    rz_config_destroy(&c);
    free(text);
  }
  RZ_EXPECT(rz_schema_template(&schema, "exat", stdout) == RZ_ERR_USAGE);
  RZ_EXPECT(strstr(rz_error_message(), "ground_state, exact"));
}

/* Help and the reference page hold every group, key and member. */
static void check_documentation(void) {
  char *page = NULL, *help = NULL;
  size_t n = 0, n_help = 0;
  FILE *out = open_memstream(&page, &n), *help_out = open_memstream(&help, &n_help);
  RZ_EXPECT_OK(rz_schema_markdown(&schema, out));
  RZ_EXPECT_OK(rz_schema_help(&schema, NULL, help_out));
  for (int i = 0; i < N_GROUPS; i++) RZ_EXPECT_OK(rz_schema_help(&schema, groups[i].name, help_out));
  fclose(out);
  fclose(help_out);
  for (int i = 0; i < N_GROUPS; i++) {
    RZ_EXPECT(strstr(page, groups[i].name) && strstr(help, groups[i].name));
    for (int k = 0; k < groups[i].n_rows; k++)
      RZ_EXPECT(strstr(page, groups[i].rows[k].name) && strstr(help, groups[i].rows[k].help));
    for (int k = 0; k < groups[i].n_members; k++)
      RZ_EXPECT(strstr(page, groups[i].members[k].about) && strstr(help, groups[i].members[k].about));
  }
  RZ_EXPECT(strstr(help, "'rbm', 'deep' or 'mean_field'; default 'rbm'"));
  RZ_EXPECT(rz_schema_help(&schema, "latice", stdout) == RZ_ERR_USAGE);
  RZ_EXPECT(strstr(rz_error_message(), "did you mean 'lattice'?"));
  free(page);
  free(help);
}

/* -- tables, names, memory, locale -----------------------------------------------------------------------------------
 */

static void check_bad_table(rz_option row, const char *part) {
  const rz_option rows[] = {run_rows[0], row};
  const rz_option_group bad_groups[] = {{"run", "the run", NULL, rows, 2, NULL, 0}};
  static const char *const names[] = {"run", NULL};
  const rz_study_groups study = {"only", "one", names};
  const rz_schema bad = {bad_groups, 1, &study, 1};
  rz_config *c = NULL;
  if (!RZ_EXPECT(rz_schema_check(&bad) == RZ_ERR_INTERNAL && strstr(rz_error_message(), part)))
    fprintf(stderr, "%s\n", rz_error_message());
  if (row.fallback && strcmp(row.name, "study") != 0) {
    RZ_EXPECT(rz_config_parse("x", "&run study='only' /\n", 20, &bad, &c) == RZ_ERR_INTERNAL && !c);
  }
}

static void check_tables(void) {
  RZ_EXPECT_OK(rz_schema_check(&schema));
  check_bad_table((rz_option)RZ_ROW_INT("n", "1.5", 0, 9, "bad type"), "takes an integer, not the real 1.5");
  check_bad_table((rz_option)RZ_ROW_INT("n", "10", 0, 9, "bad range"), "is 10; allowed: an integer from 0 to 9");
  check_bad_table((rz_option)RZ_ROW_CHOICE("n", "a|b", "'c'", "bad choice"), "allowed: 'a' or 'b'");
  check_bad_table((rz_option)RZ_ROW_STRING("n", "auto", "no quotes"), "is not a value");
  check_bad_table((rz_option)RZ_ROW_INT("n", "1 m=2", 0, 9, "two items"), "the default 1 m=2 of key 'n'");
  check_bad_table((rz_option)RZ_ROW_INTS("n", 3, "1,,2", 0, 9, "null"), "is not valid");
  check_bad_table((rz_option)RZ_ROW_CHOICE("study", 0, 0, "twice"), "has two rows");
}

static void check_nearest(void) {
  static const char *const names[] = {"length", "geometry", "h", "momentum", "spin_flip"};
  RZ_EXPECT(strcmp(rz_nearest("lenght", names, 5), "length") == 0);
  RZ_EXPECT(strcmp(rz_nearest("LENGTH", names, 5), "length") == 0);
  RZ_EXPECT(strcmp(rz_nearest("momentun", names, 5), "momentum") == 0);
  RZ_EXPECT(strcmp(rz_nearest("spinflip", names, 5), "spin_flip") == 0);
  RZ_EXPECT(!rz_nearest("j", names, 5) && !rz_nearest("size", names, 5) && !rz_nearest("", names, 5));
}

/* Every allocation fails once: an error, no crash, no leak. */
static void check_memory_faults(void) {
  const char *text =
      HEAD "&ansatz kind='deep' layers=3 lairs=2, alpha='x' /\n&hamiltonian j=1,5 units='p' /\n&nothing /\n";
  int n_failed = 0;
  for (int64_t n = 1; n < 100000; n++) {
    rz_config *c = NULL;
    rz_memory_fail_at(n);
    const rz_err rc = rz_config_parse("deck.nml", text, (int64_t)strlen(text), &schema, &c);
    rz_memory_fail_at(0);
    if (rc == RZ_ERR_DECK) {
      rz_config_destroy(&c);
      break;
    }
    if (!RZ_EXPECT(rc == RZ_ERR_MEMORY && !c)) fprintf(stderr, "allocation %lld\n", (long long)n);
    RZ_EXPECT(rz_memory_query().n_alive == 0);
    n_failed++;
  }
  RZ_EXPECT(n_failed > 50);
}

/* A locale with a decimal comma changes nothing; tested where the machine has one. */
static void check_locale(void) {
  static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_CH.UTF-8"};
  for (size_t i = 0; i < sizeof locales / sizeof *locales; i++)
    if (setlocale(LC_NUMERIC, locales[i])) break;
  rz_config *c = parse(HEAD "&hamiltonian j=1.5 h=2.5e-1 /\n", RZ_OK);
  char *text = printed(c);
  RZ_EXPECT(rz_config_real(c, "hamiltonian", "j") == 1.5 && rz_config_real(c, "hamiltonian", "h") == 0.25);
  RZ_EXPECT(strstr(text, "h = 0.25\n"));
  free(text);
  rz_config_destroy(&c);
  setlocale(LC_NUMERIC, "C");
}

static void check_files(void) {
  rz_config *c = NULL;
  RZ_EXPECT(rz_config_read("/nonexistent/deck.nml", &schema, &c) == RZ_ERR_INPUT && !c);
  RZ_EXPECT(rz_config_read("/", &schema, &c) == RZ_ERR_INPUT && !c);
  RZ_EXPECT(rz_config_read("/dev/null", &schema, &c) == RZ_ERR_DECK && c);
  RZ_EXPECT(strcmp(rz_config_file(c), "/dev/null") == 0 && strcmp(rz_config_text(c), "") == 0);
  rz_config_destroy(&c);
}

/* A flood of errors: a hundred are told, the rest counted. */
static void check_flood(void) {
  enum { N = 1000 };
  char *text = malloc(8 * N + 64);
  int n = sprintf(text, "&run study='exact' /\n&lattice length=4\n");
  for (int i = 0; i < N; i++) n += sprintf(text + n, "q%d=1\n", i);
  sprintf(text + n, "/\n&hamiltonian /\n");
  rz_config *c = parse(text, RZ_ERR_DECK);
  RZ_EXPECT(rz_config_error_count(c) == N && strstr(rz_config_errors(c), "... and 900 more"));
  rz_config_destroy(&c);
  free(text);
}

int main(void) {
  check_values();
  check_selectors();
  check_studies();
  check_form();
  check_long_lines();
  check_derived_and_semantic();
  check_print();
  check_changed();
  check_no_effect();
  check_each();
  check_template();
  check_documentation();
  check_tables();
  check_nearest();
  check_memory_faults();
  check_locale();
  check_files();
  check_flood();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
