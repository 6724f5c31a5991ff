/* modules: core */
/* Every case of the namelist grammar, one row each: what a deck gives, or which error at which place. Values are
 * compared as the text of all keys that the deck gave; a case with errors must have exactly one, unless it says how
 * many. */
#include "../../src/core/namelist.h"
#include "check.h"
#include "ritz/core/config.h"
#include "ritz/core/memory.h"
#include <stdlib.h>
#include <string.h>

static const rz_option run_rows[] = {
    RZ_ROW_CHOICE("study", 0, "'grammar'", "the study"),
    RZ_ROW_INT("i", "-1", 1, 0, "an integer"),
    RZ_ROW_INT("j", "-1", 1, 0, "another"),
    RZ_ROW_INTS("ia", 5, "10, 20, 30, 40, 50", 1, 0, "a list"),
    RZ_ROW_INT_VECTOR("iv", 3, "1, 2, 3", 1, 0, "exactly three"),
    RZ_ROW_INT("small", "0", -2147483648.0, 2147483647.0, "32 bits"),
    RZ_ROW_REAL("x", "0.0", 1, 0, "", "a real"),
    RZ_ROW_REALS("xa", 5, "", 1, 0, "", "reals"),
    RZ_ROW_BOOL("l", ".false.", "a logical"),
    {"la", RZ_BOOL, 4, "", 1, 0, 0, "", "logicals", 0},
    {"s", RZ_STRING, 1, "", 0, 8, 0, "", "up to 8 bytes", 0},
    {"sa", RZ_STRING, 3, "", 1, 0, 0, "", "strings", 0},
    RZ_ROW_STRING("long", "", "any string"),
};
static const rz_option other_rows[] = {RZ_ROW_INT("i", "-1", 1, 0, "an integer")};
static const rz_option_group groups[] = {
    {"run", "all types", NULL, run_rows, sizeof run_rows / sizeof *run_rows, NULL, 0},
    {"other", "a second group", NULL, other_rows, 1, NULL, 0},
};
static const char *const study_groups[] = {"run", "other", NULL};
static const rz_study_groups studies[] = {{"grammar", "reads all", study_groups}};
static const rz_schema schema = {groups, 2, studies, 1};

typedef struct deck_case {
  int row; /* of the list of cases; see docs/decks.md */
  const char *text;
  const char *values;  /* given keys, "i = 3; x = 2.5"; NULL: errors are expected */
  const char *message; /* "line:column: kind: part of the text", of the error, warning or note; NULL: none */
  int n_errors;        /* 0: none with values, else one */
} deck_case;

static const deck_case cases[] = {
#include "core_deck_grammar_cases.h"
};

static void add_given(const char *group, const rz_option *row, const char *text, const char *source, void *ctx) {
  char *out = ctx;
  (void)group;
  if (strcmp(source, "deck") != 0) return;
  snprintf(out + strlen(out), 1024 - strlen(out), "%s%s = %s", *out ? "; " : "", row->name, text);
}

/* Is "1:8: error: takes" said: a line with "deck.nml:1:8: error: " that holds the rest? */
static int says(const char *report, const char *message) {
  char head[64];
  const char *kind = strstr(message, ": ");
  const char *rest = kind ? strstr(kind + 2, ": ") : NULL;
  if (!rest) return 0;
  snprintf(head, sizeof head, "deck.nml:%.*s: ", (int)(rest - message), message);
  for (const char *at = report; (at = strstr(at, head)); at++) {
    const size_t n = strcspn(at, "\n");
    const char *found = strstr(at + strlen(head), rest + 2);
    if (found && found < at + n) return 1;
  }
  return 0;
}

static void check_case(const deck_case *c, const char *text, int64_t n) {
  rz_config *config = NULL;
  char given[1024] = "";
  const rz_err rc = rz_config_parse("deck.nml", text, n, &schema, &config);
  if (!RZ_EXPECT(config != NULL)) return;
  if (rc == RZ_OK) rz_config_each(config, add_given, given);
  const int wanted = c->values ? 0 : c->n_errors ? c->n_errors : 1;
  int ok = rz_config_error_count(config) == wanted && rc == (wanted ? RZ_ERR_DECK : RZ_OK);
  if (c->values) ok = ok && strcmp(given, c->values) == 0;
  const int is_said = !c->message || says(rz_config_errors(config), c->message) ||
                      says(rz_config_warnings(config), c->message) || says(rz_config_notes(config), c->message);
  const int is_quiet = c->message || (!*rz_config_warnings(config) && !*rz_config_notes(config));
  if (!RZ_EXPECT(ok && is_said && is_quiet) || getenv("RITZ_SHOW"))
    fprintf(stderr, "row %d: %s\n  values: %s\n%s\n%s\n%s\n", c->row, text, given, rz_config_errors(config),
            rz_config_warnings(config), rz_config_notes(config));
  rz_config_destroy(&config);
}

/* -- cases with a NUL byte, and very long lines ----------------------------------------------------------------------
 */

static void check_nul(void) {
  const deck_case c = {27, NULL, NULL, "1:9: error: NUL byte", 1};
  const char text[] = "&run i=3\0, j=4 /\n";
  check_case(&c, text, (int64_t)sizeof text - 1);
}

static void check_no_newline(void) {
  const deck_case c = {47, NULL, "i = 3", "1:11: note: no newline at the end", 0};
  check_case(&c, "&run i=3 /", 10);
}

static void check_long_line(void) {
  enum { BLANKS = 20000 };
  char *text = malloc(BLANKS + 64);
  int n = sprintf(text, "&run i=");
  memset(text + n, ' ', BLANKS);
  n += BLANKS;
  n += sprintf(text + n, "3 j=007 ia=+3 /\n");
  const deck_case c = {55, NULL, "i = 3; j = 7; ia = 3", NULL, 0};
  check_case(&c, text, n);
  free(text);
}

/* -- complex numbers, components and matrices: no option has such a type, the tree does
 * -------------------------------- */

static void check_tree(void) {
  const char *text = "&run z = (1.5,\n -2) p%a=3 p%b=1,2,3 pa(2)%a=5, pa(1)%b(2)=7 i2(1,:)=7,8,9 i2(2,3)=9 /\n";
  rz_report *report = NULL;
  rz_nml *t = NULL;
  RZ_EXPECT_OK(rz_report_create("deck.nml", text, (int64_t)strlen(text), &report));
  RZ_EXPECT_OK(rz_nml_parse(text, (int64_t)strlen(text), report, &t));
  RZ_EXPECT(rz_report_count(report, RZ_SEVERITY_ERROR) == 0);
  RZ_EXPECT(t->n_groups == 1 && t->n_items == 7 && t->groups[0].n_items == 7);
  const rz_nml_value *z = &t->values[t->items[0].first_value];
  RZ_EXPECT(z->kind == RZ_NML_COMPLEX && z->real[0] == 1.5 && z->real[1] == -2.0);
  RZ_EXPECT(t->items[1].n_parts == 2 && t->items[2].n_values == 3);
  RZ_EXPECT(strcmp(rz_nml_chars(t, t->parts[t->items[1].first_part].name), "p") == 0);
  RZ_EXPECT(strcmp(rz_nml_chars(t, t->parts[t->items[1].first_part + 1].name), "a") == 0);
  const rz_nml_part *pa = &t->parts[t->items[3].first_part];
  RZ_EXPECT(pa[0].n_subs == 1 && t->subs[pa[0].first_sub].lo == 2 && pa[1].n_subs == 0);
  const rz_nml_part *b = &t->parts[t->items[4].first_part + 1];
  RZ_EXPECT(b->n_subs == 1 && t->subs[b->first_sub].lo == 2);
  const rz_nml_part *i2 = &t->parts[t->items[5].first_part];
  RZ_EXPECT(i2->n_subs == 2 && t->subs[i2->first_sub + 1].is_range && t->items[5].n_values == 3);
  RZ_EXPECT(rz_report_line(report, t->items[1].pos) == 2);
  rz_nml_destroy(&t);
  rz_report_destroy(&report);
}

/* As the table has it, with the newline that a file ends with. */
static void check_row(const deck_case *c) {
  char text[512];
  const int n = snprintf(text, sizeof text, "%s\n", c->text);
  RZ_EXPECT(n < (int)sizeof text);
  check_case(c, text, n);
}

int main(void) {
  RZ_EXPECT_OK(rz_schema_check(&schema));
  int seen[57] = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_row(&cases[i]);
    seen[cases[i].row] = 1;
  }
  check_nul();
  check_no_newline();
  check_long_line();
  check_tree();
  seen[27] = 1;
  for (int row = 1; row <= 56; row++)
    if (!RZ_EXPECT(seen[row])) fprintf(stderr, "no case for row %d\n", row);
  RZ_EXPECT(rz_memory_query().n_alive == 0);
  return rz_check_finish();
}
