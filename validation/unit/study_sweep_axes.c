/* modules: study store core */
/* The axes of a sweep: every fault is one message that names file, line, key, value and what is allowed; and how decks
 * are rewritten. */
#include "check.h"
#include "ritz/core/deck.h"
#include "ritz/core/memory.h"
#include "ritz/study/sweep.h"
#include <string.h>

#define BASE                                                                                                           \
  "&run study = 'exact' /\n&lattice geometry = 'chain', length = 4 /\n&hamiltonian model = 'tfim', h = 1.0 /\n"

/* The message on a sweep's keys, or what is printed about a right one. */
static void expect(const char *keys, rz_err wanted, const char *part) {
  char deck[2048], said[512] = "";
  rz_config *c = NULL;
  FILE *out = tmpfile();
  snprintf(deck, sizeof deck, BASE "&sweep\n%s /\n", keys);
  rz_err rc = rz_config_parse("d.nml", deck, (int64_t)strlen(deck), rz_study_schema(), &c);
  if (rc == RZ_OK) rc = rz_sweep_asked(c) ? rz_sweep_check(c, out) : RZ_ERR_INTERNAL;
  rewind(out);
  const size_t n = fread(said, 1, sizeof said - 1, out);
  said[n] = '\0';
  const char *text = rc == RZ_OK ? said : rz_error_message();
  if (!RZ_EXPECT(rc == wanted && strstr(text, part)))
    fprintf(stderr, "%s\n%s: got\n%s\nwanted\n%s\n", keys, rz_err_text(rc), text, part);
  fclose(out);
  rz_config_destroy(&c);
}

static void right_ones(void) {
  expect("axes = 'lattice.length = 4, 6'", RZ_OK, "sweep of 2 points in d.sweep/, 1 rank each");
  expect("axes = 'Lattice.Length=4,6', 'hamiltonian.h = 0.5 , 1.0, 1.5', 'run.seed = 1, 2'", RZ_OK, "of 12 points");
  expect("axes = 'lattice.boundary = open, periodic', output = 'x/y', ranks_per_point = 3", RZ_OK, "in x/y/, 3 ranks");
  expect("axes = \"lattice.boundary = 'open', 'periodic'\"", RZ_OK, "of 2 points");
}

static void wrong_ones(void) {
  const rz_err deck = RZ_ERR_DECK;
  const char *form = "d.nml:5:1: error: axis 'length 4': an axis is written 'group.key = value, value, ...'";
  expect("axes = 'length 4'", deck, form);
  expect("axes = 'length = 4.5'", deck, "an axis is written 'group.key = value");
  expect("axes = 'latice.length = 4'", deck, "there is no group &latice; did you mean 'lattice'?");
  expect("axes = 'qqqqqqqqq.length = 4'", deck, "there is no group &qqqqqqqqq");
  expect("axes = 'lattice.lenght = 4'", deck, "group &lattice has no key 'lenght'; did you mean 'length'?");
  expect("axes = 'lattice.qqqqqqqqq = 4'", deck, "group &lattice has no key 'qqqqqqqqq'");
  expect("axes = 'sweep.output = a'", deck, "a sweep has no axis over &sweep itself");
  expect("axes = 'run.output = a, b'", deck, "`output` in &sweep says where");
  expect("axes = 'lattice.length = 4,, 6'", deck, "point 2 has no value; commas separate points");
  expect("axes = 'lattice.length ='", deck, "point 1 has no value");
  expect("axes = 'lattice.length = 4, 6, 4'", deck, "the point 4 is there twice");
  expect("axes = 'run.seed = 1', 'RUN.Seed = 2'", deck, "that key has an axis already");
  expect("axes = 'hamiltonian.h = 1, x'", deck, "point 2 (hamiltonian.h = x): ");
  expect("axes = 'lattice.length = 4, 0'", deck, "d.nml:5:1: error: point 2 (lattice.length = 0): ");
  expect("axes = 'lattice.boundary = open, oben'", deck, "'periodic'");
  expect("axes = 'lattice.legs = 2'", deck, "point 1 (lattice.legs = 2): key 'legs' in group &lattice is not used by");
  expect("axes = 'ansatz.alpha = 2'", deck, "point 1 (ansatz.alpha = 2): group &ansatz is not read by study 'exact'");
  expect("axes = 'run.seed = 1, 2', warm_start = 'lattice.length'", deck,
         "'lattice.length' is not the group.key of an");
  expect("axes = 'run.seed = 1, 2', warm_start = 'run.seed'", deck, "study 'exact' trains no state to start from");
  expect("warm_start = 'run.seed'", deck, "axes");
}

static void too_many(void) {
  char keys[4096] = "axes = 'run.seed = 0", *to = keys + strlen(keys);
  for (int i = 1; i < 400; i++) to += sprintf(to, ",%d", i);
  to += sprintf(to, "', 'hamiltonian.h = 0.0");
  for (int i = 1; i < 400; i++) to += sprintf(to, ",%d.", i);
  sprintf(to, "'");
  char deck[8192];
  rz_config *c = NULL;
  snprintf(deck, sizeof deck, BASE "&sweep\n%s /\n", keys);
  RZ_EXPECT_OK(rz_config_parse("d.nml", deck, (int64_t)strlen(deck), rz_study_schema(), &c));
  RZ_EXPECT(rz_sweep_check(c, stdout) == RZ_ERR_DECK);
  RZ_EXPECT(strstr(rz_error_message(), "the axes make 160000 points; at most 100000 are allowed") != NULL);
  rz_config_destroy(&c);
}

static void rewriting(void) {
  const char *text =
      "! about\n&Run study = 'exact' seed=3 /\n&lattice length(1) = 4 ! sites\n 6\n geometry = 'square' /\n"
      "&optimizer method = 'adam' /\n&sweep axes = 'a' /\n";
  const rz_deck_change change[] = {{"lattice", "length", "5"},
                                   {"run", "SEED", "8"},
                                   {"evaluate", "rel_error", "1e-3"},
                                   {"optimiser", "method", "'sr'"},
                                   {"run", "seed", "9"}};
  const char *wanted = "&run\n  study = 'exact'\n  seed = 9\n/\n&lattice\n  geometry = 'square'\n  length = 5\n/\n"
                       "&optimizer\n  method = 'sr'\n/\n&evaluate\n  rel_error = 1e-3\n/\n";
  char *out = NULL;
  RZ_EXPECT_OK(rz_deck_rewrite(rz_study_schema(), text, "sweep", 5, change, &out));
  if (!RZ_EXPECT(out && strcmp(out, wanted) == 0)) fprintf(stderr, "%s\n", out ? out : "(nothing)");
  rz_free(&out);
  RZ_EXPECT_OK(rz_deck_rewrite(rz_study_schema(), text, NULL, 0, NULL, &out));
  RZ_EXPECT(out && strstr(out, "length(1) = 4 ! sites\n 6\n") && strstr(out, "&sweep\n  axes = 'a'\n/\n"));
  rz_free(&out);
  RZ_EXPECT(rz_deck_rewrite(rz_study_schema(), "&run study = ", NULL, 0, NULL, &out) == RZ_ERR_ARG && !out);
}

int main(void) {
  right_ones();
  wrong_ones();
  too_many();
  rewriting();
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
