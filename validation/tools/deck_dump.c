/* modules: core */
/* Prints the untyped tree of decks, one line per value, for comparison with other readers:
 *
 *   group TAB key TAB number of the value in its item, from 0 TAB kind TAB value
 *
 * where key joins components by '%' with their subscripts, repeats are written out (at most 1000 values an item), a
 * null prints as kind "null"; in strings newline, tab and backslash are escaped. Usage: deck_dump FILE; exit status 65
 * with the errors on stderr if the deck is not valid namelist text. */
#include "../../src/core/namelist.h"
#include "ritz/core/memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_text(const char *s, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    if (s[i] == '\\')
      fputs("\\\\", stdout);
    else if (s[i] == '\t')
      fputs("\\t", stdout);
    else if (s[i] == '\n')
      fputs("\\n", stdout);
    else
      putchar(s[i]);
  }
}

static void print_subs(const rz_nml *t, const rz_nml_part *part) {
  if (part->n_subs == 0) return;
  for (int i = 0; i < part->n_subs; i++) {
    const rz_nml_sub *s = &t->subs[part->first_sub + i];
    putchar(i ? ',' : '(');
    if (s->has_lo) printf("%" PRId64, s->lo);
    if (s->is_range) putchar(':');
    if (s->has_hi) printf("%" PRId64, s->hi);
    if (s->is_range && s->step != 1) printf(":%" PRId64, s->step);
  }
  putchar(')');
}

static void print_key(const rz_nml *t, const rz_nml_item *item) {
  for (int i = 0; i < item->n_parts; i++) {
    const rz_nml_part *part = &t->parts[item->first_part + i];
    printf("%s%s", i ? "%" : "", rz_nml_chars(t, part->name));
    print_subs(t, part);
  }
}

static void print_value(const rz_nml *t, const rz_nml_value *v) {
  switch (v->kind) {
  case RZ_NML_NULL:
    fputs("null\t", stdout);
    break;
  case RZ_NML_INT:
    if (v->is_wide)
      printf("wide\t%.17g", v->real[0]);
    else
      printf("int\t%" PRId64, v->integer);
    break;
  case RZ_NML_REAL:
    printf("real\t%.17g", v->real[0]);
    break;
  case RZ_NML_BOOL:
    printf("bool\t%s", v->boolean ? "true" : "false");
    break;
  case RZ_NML_STRING:
    fputs("string\t", stdout);
    print_text(rz_nml_chars(t, v->string.at), v->string.n);
    break;
  case RZ_NML_COMPLEX:
    printf("complex\t%.17g %.17g", v->real[0], v->real[1]);
    break;
  }
}

static void print_head(const rz_nml *t, const rz_nml_group *group, const rz_nml_item *item, int64_t n) {
  printf("%s\t", rz_nml_chars(t, group->name));
  print_key(t, item);
  printf("\t%" PRId64 "\t", n);
}

static void print_tree(const rz_nml *t) {
  for (int64_t g = 0; g < t->n_groups; g++) {
    const rz_nml_group *group = &t->groups[g];
    printf("%s\n", rz_nml_chars(t, group->name));
    for (int64_t i = 0; i < group->n_items; i++) {
      const rz_nml_item *item = &t->items[group->first_item + i];
      int64_t n = 0;
      if (item->n_values == 0) {
        print_head(t, group, item, 0);
        puts("none\t");
      }
      for (int64_t k = 0; k < item->n_values; k++) {
        const rz_nml_value *v = &t->values[item->first_value + k];
        for (int64_t r = 0; r < v->repeat && n < 1000; r++, n++) {
          print_head(t, group, item, n);
          print_value(t, v);
          putchar('\n');
        }
      }
    }
  }
}

static char *read_file(const char *name, int64_t *n) {
  FILE *in = fopen(name, "rb");
  if (!in) return NULL;
  char *text = NULL;
  int64_t cap = 0;
  *n = 0;
  for (size_t got = 1; got > 0; *n += (int64_t)got) {
    if (cap - *n < 4096) text = realloc(text, (size_t)(cap = 2 * cap + 8192));
    got = text ? fread(text + *n, 1, 4096, in) : 0;
  }
  fclose(in);
  return text;
}

int main(int argc, char **argv) {
  int64_t n = 0;
  if (argc != 2) {
    fprintf(stderr, "usage: deck_dump FILE\n");
    return 64;
  }
  char *text = read_file(argv[1], &n);
  if (!text) {
    fprintf(stderr, "deck_dump: cannot read %s\n", argv[1]);
    return 66;
  }
  rz_report *report = NULL;
  rz_nml *tree = NULL;
  char *errors = NULL;
  int status = 71;
  if (rz_report_create(argv[1], text, n, &report) == RZ_OK && rz_nml_parse(text, n, report, &tree) == RZ_OK &&
      rz_report_render(report, RZ_SEVERITY_ERROR, &errors) == RZ_OK) {
    status = *errors ? 65 : 0;
    if (*errors)
      fprintf(stderr, "%s\n", errors);
    else
      print_tree(tree);
  }
  rz_free(&errors);
  rz_nml_destroy(&tree);
  rz_report_destroy(&report);
  free(text);
  return status;
}
