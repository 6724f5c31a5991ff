/* One way to read options for a deck and for a spec text "key=value key=value". */
#include "ansatz_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The word after "key=" in the spec: its start and length, or NULL. */
static const char *spec_find(const char *spec, const char *key, size_t *length) {
  const size_t n = strlen(key);
  for (const char *p = spec; *p != '\0';) {
    p += strspn(p, " ");
    const size_t word = strcspn(p, " ");
    if (word > n && p[n] == '=' && strncmp(p, key, n) == 0) {
      *length = word - n - 1;
      return p + n + 1;
    }
    p += word;
  }
  return NULL;
}

rz_err rz_ansatz_input_class(const rz_ansatz_input *in, const rz_ansatz_class **out) {
  if (in->config != NULL) {
    const char *kind = rz_config_string(in->config, "ansatz", "kind");
    *out = rz_ansatz_class_find(kind);
    RZ_CHECK(*out != NULL, RZ_ERR_ARG, "no ansatz of kind '%s'", kind);
    return RZ_OK;
  }
  size_t length = 0;
  const char *kind = in->spec != NULL ? spec_find(in->spec, "kind", &length) : NULL;
  RZ_CHECK(kind != NULL, RZ_ERR_ARG, "the spec \"%s\" names no kind", in->spec != NULL ? in->spec : "");
  int n;
  const rz_ansatz_class *const *all = rz_ansatz_registry(&n);
  for (int i = 0; i < n; ++i)
    if (strlen(all[i]->name) == length && strncmp(all[i]->name, kind, length) == 0) {
      *out = all[i];
      return RZ_OK;
    }
  RZ_FAIL(RZ_ERR_ARG, "no ansatz of kind '%.*s'", (int)length, kind);
}

static const rz_option *find_row(const rz_ansatz_class *cls, const char *key, size_t length) {
  int n;
  const rz_option *common = rz_ansatz_common_options(&n);
  for (int i = 0; i < n + cls->n_options; ++i) {
    const rz_option *row = i < n ? &common[i] : &cls->options[i - n];
    if (strlen(row->name) == length && strncmp(row->name, key, length) == 0) return row;
  }
  return NULL;
}

rz_err rz_ansatz_check_spec(const rz_ansatz_input *in, const rz_ansatz_class *cls) {
  for (const char *p = in->spec; *p != '\0';) {
    p += strspn(p, " ");
    const size_t word = strcspn(p, " "), key = strcspn(p, " =");
    RZ_CHECK(word == 0 || (key < word && find_row(cls, p, key) != NULL), RZ_ERR_ARG, "'%.*s': no option of ansatz '%s'",
             (int)word, p, cls->name);
    p += word;
  }
  return RZ_OK;
}

static rz_err spec_row(const rz_ansatz_input *in, const char *key, const rz_option **row) {
  const rz_ansatz_class *cls;
  RZ_TRY(rz_ansatz_input_class(in, &cls));
  *row = find_row(cls, key, strlen(key));
  RZ_CHECK(*row != NULL, RZ_ERR_INTERNAL, "ansatz '%s' has no option '%s'", cls->name, key);
  return RZ_OK;
}

/* A number of a spec, or the default, in the row's range. */
static rz_err spec_number(const rz_ansatz_input *in, const char *key, double *out) {
  const rz_option *row;
  size_t length;
  RZ_TRY(spec_row(in, key, &row));
  const char *text = spec_find(in->spec, key, &length);
  if (text == NULL) {
    text = row->fallback;
    length = strlen(text);
  }
  char *end;
  *out = strtod(text, &end);
  RZ_CHECK(length > 0 && end == text + length, RZ_ERR_ARG, "%s = '%.*s' is not a number", key, (int)length, text);
  RZ_CHECK(row->min > row->max || (*out >= row->min && *out <= row->max), RZ_ERR_ARG, "%s = %g is not in %g ... %g",
           key, *out, row->min, row->max);
  return RZ_OK;
}

rz_err rz_ansatz_option_real(const rz_ansatz_input *in, const char *key, double *out) {
  if (in->config == NULL) return spec_number(in, key, out);
  *out = rz_config_real(in->config, "ansatz", key);
  return RZ_OK;
}

rz_err rz_ansatz_option_int(const rz_ansatz_input *in, const char *key, int *out) {
  double number;
  if (in->config != NULL) {
    *out = (int)rz_config_int(in->config, "ansatz", key);
    return RZ_OK;
  }
  RZ_TRY(spec_number(in, key, &number));
  RZ_CHECK(number == floor(number), RZ_ERR_ARG, "%s = %g is not an integer", key, number);
  *out = (int)number;
  return RZ_OK;
}

/* The entry of "a|b|c" equal to the word, as its position; -1 if none. */
static int choice_index(const char *choices, const char *word, size_t length) {
  int k = 0;
  for (const char *p = choices;; ++k) {
    const size_t n = strcspn(p, "|");
    if (n == length && strncmp(p, word, n) == 0) return k;
    if (p[n] == '\0') return -1;
    p += n + 1;
  }
}

rz_err rz_ansatz_option_choice(const rz_ansatz_input *in, const char *key, int *out) {
  const rz_ansatz_class *cls;
  RZ_TRY(rz_ansatz_input_class(in, &cls));
  const rz_option *row = find_row(cls, key, strlen(key));
  RZ_CHECK(row != NULL && row->type == RZ_CHOICE, RZ_ERR_INTERNAL, "ansatz '%s' has no choice '%s'", cls->name, key);
  const char *text;
  size_t length;
  if (in->config != NULL) {
    text = rz_config_string(in->config, "ansatz", key);
    length = strlen(text);
  } else {
    text = spec_find(in->spec, key, &length);
    if (text == NULL) { /* the default is namelist text: 'word' */
      text = row->fallback + 1;
      length = strcspn(text, "'");
    }
  }
  *out = choice_index(row->choices, text, length);
  RZ_CHECK(*out >= 0, RZ_ERR_ARG, "%s = '%.*s': choose from %s", key, (int)length, text, row->choices);
  return RZ_OK;
}

rz_err rz_ansatz_refuse(const rz_ansatz_input *in, const char *key, const char *fmt, ...) {
  char why[256];
  va_list args;
  va_start(args, fmt);
  vsnprintf(why, sizeof why, fmt, args);
  va_end(args);
  if (!in->config) RZ_FAIL(RZ_ERR_ARG, "%s", why);
  rz_config_error(in->config, "ansatz", key, "%s", why);
  return rz_config_report(in->config);
}
