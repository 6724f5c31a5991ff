/* Inside of a config: shared by config*.c and schema*.c. */
#ifndef RITZ_CORE_CONFIG_PRIVATE_H
#define RITZ_CORE_CONFIG_PRIVATE_H

#include "namelist.h"
#include "report.h"
#include "ritz/core/config.h"
#include "strbuf.h"

typedef union rz_config_value {
  int64_t integer;
  double real;
  bool boolean;
  const char *string;
} rz_config_value;

typedef enum rz_config_source {
  RZ_SOURCE_UNSET,
  RZ_SOURCE_DEFAULT,
  RZ_SOURCE_DECK,
  RZ_SOURCE_DERIVED
} rz_config_source;

/* A key in use. The lower half is a draft that only the resolver reads. */
typedef struct rz_config_entry {
  const rz_option *row;
  const char *choices; /* "a|b|c": of the row, or the members or studies that a selector may name; else NULL */
  rz_config_value *values;
  int count;
  rz_config_source source;
  int64_t pos;     /* of the key in the deck; -1: not written there */
  bool is_changed; /* the deck says something else than the default */

  bool *is_set;          /* [max_count] */
  int top;               /* one past the last element that the deck names */
  bool keeps_some;       /* subscripts or nulls: elements not set keep their defaults */
  bool is_whole, is_bad; /* assigned without subscripts; an error was reported */
} rz_config_entry;

typedef struct rz_config_group {
  const rz_option_group *group;
  const rz_member_options *member; /* chosen by the selector; NULL: none */
  bool is_used, is_present, is_member_known;
  int64_t pos, tree_group; /* -1: not in the deck */
  rz_config_entry *entries;
  int n_entries;
} rz_config_group;

struct rz_config {
  char *file, *text;
  const rz_schema *schema;
  const rz_study_groups *study; /* NULL: not known */
  rz_config_group *groups;      /* [schema->n_groups] */
  rz_report *report;
  char *errors, *warnings, *notes; /* the report, rendered anew after each message */
  void **blocks;                   /* memory of values and strings */
  int64_t n_blocks, cap_blocks;
  bool lacks_memory; /* a message could not be stored */
  int n_file_errors; /* errors that are files of the deck that cannot be read */
};

/* Memory that lives as long as the config; cleared. */
rz_err rz_config_alloc(rz_config *c, int64_t n, size_t size, void **out);
rz_err rz_config_copy(rz_config *c, const char *s, int64_t n, const char **out);
rz_err rz_config_render(rz_config *c);

/* What the assignment of values needs to know: whose memory, which tree, where errors go, the group's name. */
typedef struct rz_assignment {
  rz_config *config;
  const rz_nml *tree;
  rz_report *report;
  const char *group;
} rz_assignment;

/* Put the values of one item into an entry (config_assign.c). Errors in the deck go to the report. */
rz_err rz_config_assign(const rz_assignment *a, rz_config_entry *e, const rz_nml_item *item);
/* After all items: merge with the default, check the number of values. required: a key without default must be there;
 * group_pos: where its absence is reported. */
rz_err rz_config_finish(const rz_assignment *a, rz_config_entry *e, bool required, int64_t group_pos);
/* Values of a row's default. Errors: RZ_ERR_INTERNAL if the table holds a bad default. */
rz_err rz_config_default(rz_config *c, const char *group, const rz_option *row, const char *choices,
                         rz_config_value **values, int *count);
/* Tree -> groups of the config (config_resolve.c). */
rz_err rz_config_resolve(rz_config *c, const rz_nml *tree);

/* -- tables (schema.c) */

/* Names compare without case. */
bool rz_same_name(const char *a, const char *b);
int rz_schema_find_group(const rz_schema *schema, const char *name); /* aliases count; -1: none */
const rz_option *rz_find_row(const rz_option *rows, int n_rows, const char *name);
const rz_member_options *rz_find_member(const rz_option_group *group, const char *name);
const rz_study_groups *rz_schema_find_study(const rz_schema *schema, const char *name);
/* Does the study read the group; must it be there? */
bool rz_study_reads(const rz_study_groups *study, const char *group, bool *required);
/* What a row may hold as "a|b|c", NULL when anything: its choices, the studies, or the members of its selector. */
rz_err rz_row_choices(rz_config *c, const rz_schema *schema, const rz_option_group *group, const rz_option *row,
                      const char **choices);
bool rz_is_choice(const char *choices, const char *s, int64_t n);

/* -- texts (option_text.c) */

/* "an integer", "2 to 5 real numbers", ... */
rz_err rz_add_type(rz_strbuf *b, const rz_option *row);
/* " from 0 to 1", " >= 0" or nothing. */
rz_err rz_add_range(rz_strbuf *b, const rz_option *row);
/* "'a', 'b' or 'c'" */
rz_err rz_add_choices(rz_strbuf *b, const char *choices);
/* Namelist text of values. */
rz_err rz_add_values(rz_strbuf *b, const rz_option *row, const rz_config_value *values, int count);
/* "; did you mean 'x'?" if a name is near. */
rz_err rz_add_nearest(rz_strbuf *b, const char *word, const char *const *names, int n);
rz_err rz_add_nearest_choice(rz_strbuf *b, const char *word, const char *choices);

#endif
