/* From a deck's text to resolved, typed, range-checked options; every error of a deck is reported at once, with file,
 * line, column, the line itself and the nearest valid name. Grammar: docs/decks.md. Local; no communication, no MPI. */
#ifndef RITZ_CORE_CONFIG_H
#define RITZ_CORE_CONFIG_H

#include "ritz/core/error.h"
#include "ritz/core/option.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct rz_config rz_config;

/* Parse and resolve a deck.
 *   file    name used in messages
 *   text    n bytes, any content
 *   schema  borrowed; must outlive the config
 *   out     owner: caller. Made even when the deck has errors, so that the report can be read; NULL only on
 *           RZ_ERR_MEMORY and RZ_ERR_INTERNAL.
 * Errors: RZ_ERR_DECK with the whole report as message; RZ_ERR_INTERNAL if the tables are wrong (rz_schema_check). */
rz_err rz_config_parse(const char *file, const char *text, int64_t n, const rz_schema *schema, rz_config **out);
/* Read the file, then rz_config_parse. RZ_ERR_INPUT if it cannot be read. */
rz_err rz_config_read(const char *file, const rz_schema *schema, rz_config **out);
void rz_config_destroy(rz_config **config);

/* Values. The group and key are in the schema and in use for the chosen study and members: asking for anything else is
 * a bug and ends in an assertion. Scalars are index 0. String pointers live as long as the config. */
int64_t rz_config_int(const rz_config *c, const char *group, const char *key);
double rz_config_real(const rz_config *c, const char *group, const char *key);
bool rz_config_bool(const rz_config *c, const char *group, const char *key);
const char *rz_config_string(const rz_config *c, const char *group, const char *key); /* RZ_STRING and RZ_CHOICE */
int rz_config_count(const rz_config *c, const char *group, const char *key);          /* number of values of an array */
int64_t rz_config_int_at(const rz_config *c, const char *group, const char *key, int i);
double rz_config_real_at(const rz_config *c, const char *group, const char *key, int i);
const char *rz_config_string_at(const rz_config *c, const char *group, const char *key, int i);
bool rz_config_has(const rz_config *c, const char *group, const char *key);   /* has a value (given or default) */
bool rz_config_given(const rz_config *c, const char *group, const char *key); /* was written in the deck */
/* Was written in the deck with another value than the row's default; without a default, written at all. A deck that
 * rz_config_print made holds every default, and changes none. What rz_config_set_* does later plays no part. */
bool rz_config_changed(const rz_config *c, const char *group, const char *key);
bool rz_config_uses_group(const rz_config *c, const char *group); /* read by the chosen study */
const char *rz_config_file(const rz_config *c);
const char *rz_config_text(const rz_config *c);
/* Path of a file named in the deck: relative names are taken from the deck's own directory. Owner: caller. */
rz_err rz_config_path(const rz_config *c, const char *name, char **path);

/* Replace a value after resolution (a computed default such as units by model), recorded as source "derived". */
rz_err rz_config_set_string(rz_config *c, const char *group, const char *key, const char *value);
rz_err rz_config_set_int(rz_config *c, const char *group, const char *key, int64_t value);
rz_err rz_config_set_real(rz_config *c, const char *group, const char *key, double value);

/* Semantic checks join the same report: record an error or warning at the place of group/key (or of the group, or of
 * the file, when the deck does not hold the key). rz_config_report returns RZ_ERR_DECK with all of them, RZ_ERR_INPUT
 * if all are files that cannot be read, or RZ_OK. */
void rz_config_error(rz_config *c, const char *group, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void rz_config_warning(rz_config *c, const char *group, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A setting that would be silently without effect: if the deck changed the key, the error "key 'KEY' has no effect ",
 * followed by the text, such as "with replicas = 1". */
void rz_config_no_effect(rz_config *c, const char *group, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The last failure, of a file that the key names and that cannot be read, as an error at the key; returns
 * rz_config_report. */
rz_err rz_config_file_error(rz_config *c, const char *group, const char *key);
int rz_config_error_count(const rz_config *c);
rz_err rz_config_report(const rz_config *c);
/* The errors, the warnings, the notes on style: one text each ("" if none), valid until the next message is added. Of
 * each kind at most 100 are kept; the text says how many more there were. */
const char *rz_config_errors(const rz_config *c);
const char *rz_config_warnings(const rz_config *c);
const char *rz_config_notes(const rz_config *c);

/* Walk over all resolved values of the groups in use: source is "deck", "default" or "derived"; text is namelist text.
 */
typedef void rz_config_visit(const char *group, const rz_option *row, const char *text, const char *source, void *ctx);
void rz_config_each(const rz_config *c, rz_config_visit *visit, void *ctx);

/* Print as a namelist that parses to the same values. */
rz_err rz_config_print(const rz_config *c, FILE *out);

/* Are the tables themselves right: defaults of the right type and range, one type per key, every group of a study
 * known, every selector with a row? Errors: RZ_ERR_INTERNAL, naming the row. */
rz_err rz_schema_check(const rz_schema *schema);
/* Documentation from the tables. group NULL: a list of groups. */
rz_err rz_schema_help(const rz_schema *schema, const char *group, FILE *out);
rz_err rz_schema_template(const rz_schema *schema, const char *study, FILE *out);
rz_err rz_schema_markdown(const rz_schema *schema, FILE *out);
/* Nearest of n names by edit distance, or NULL when none is near. */
const char *rz_nearest(const char *word, const char *const *names, int n);

#endif
