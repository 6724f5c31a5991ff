/* H written out: the model's formula with its keys, and n_term, replaced by their values, the common terms, units and
 * sizes. */
#include "model_impl.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

typedef struct line {
  char *text;
  size_t size, n;
} line;

static void put(line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(line *l, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  const int n = vsnprintf(l->text + l->n, l->size - l->n, fmt, args);
  va_end(args);
  l->n += n > 0 ? (size_t)n : 0;
  if (l->n >= l->size) l->n = l->size - 1;
}

/* A number behind a sign: "- -2" becomes "+ 2", "= --2" becomes "= 2". */
static void put_value(line *l, double v) {
  size_t i = l->n;
  while (i > 0 && l->text[i - 1] == ' ') i--;
  const bool behind_sign = i > 0 && (l->text[i - 1] == '-' || l->text[i - 1] == '+');
  if (v < 0 && behind_sign) {
    const bool unary = i < l->n || i < 2 ? false : l->text[i - 1] == '-' && l->text[i] == 0;
    if (unary)
      l->text[l->n = i - 1] = 0;
    else
      l->text[i - 1] = l->text[i - 1] == '-' ? '+' : '-';
    v = -v;
  }
  put(l, "%.10g", v);
}

static bool is_value(const rz_model_class *cls, const rz_model_input *in, const char *key) {
  for (int k = 0; k < cls->n_options; k++)
    if (strcmp(cls->options[k].name, key) == 0)
      return cls->options[k].type == RZ_REAL && cls->options[k].max_count == 1 &&
             rz_config_has(in->config, RZ_GROUP, key);
  return false;
}

/* The text behind a key of the model, or NULL. */
static const char *text_value(const rz_model_class *cls, const rz_model_input *in, const char *key) {
  for (int k = 0; k < cls->n_options; k++)
    if (strcmp(cls->options[k].name, key) == 0 && cls->options[k].type == RZ_STRING)
      return rz_config_string(in->config, RZ_GROUP, key);
  return NULL;
}

static void put_formula(line *l, const rz_model_class *cls, const rz_model_input *in) {
  const char *f = cls->formula_for ? cls->formula_for(in) : NULL;
  if (!f) f = cls->formula;
  while (*f) {
    char word[64];
    size_t n = 0;
    while ((isalnum((unsigned char)f[n]) || f[n] == '_') && n + 1 < sizeof word) word[n] = f[n], n++;
    word[n] = 0;
    if (n == 0)
      put(l, "%c", *f++);
    else if (is_value(cls, in, word))
      put_value(l, rz_model_real(in, word));
    else if (strcmp(word, "n_term") == 0)
      put(l, "%lld", (long long)*in->n_term);
    else if (text_value(cls, in, word))
      put(l, "%.200s", text_value(cls, in, word));
    else
      put(l, "%s", word);
    f += n;
  }
}

static void put_field(line *l, const rz_model_input *in, const char *key, char component) {
  if (rz_config_count(in->config, RZ_GROUP, key) > 1) {
    put(l, " - sum_i %s[i] s%c_i", key, component);
  } else if (rz_model_real(in, key) != 0.0) {
    put(l, " - ");
    put_value(l, rz_model_real(in, key));
    put(l, " sum_i s%c_i", component);
  }
}

static void put_term(line *l, const rz_model_class *cls, const rz_model_input *in, const char *key, const char *what) {
  if (!rz_model_has_row(cls, key) || rz_model_real(in, key) == 0.0) return;
  put(l, " + ");
  put_value(l, rz_model_real(in, key));
  put(l, " %s", what);
}

void rz_model_write_formula(const rz_model_class *cls, const rz_model_input *in, size_t size, char *text) {
  line l = {text, size, 0};
  text[0] = 0;
  put_formula(&l, cls, in);
  put_term(&l, cls, in, "dm", "sum_<ij> (sx_i sy_j - sy_i sx_j)");
  put_term(&l, cls, in, "chiral", "sum_(ijk) s_i.(s_j x s_k)");
  put_field(&l, in, "field_z", 'z');
  put_field(&l, in, "field_x", 'x');
  const double w = rz_model_real(in, "random_field");
  if (w != 0.0) put(&l, " - sum_i w_i sz_i, w_i random in [-%.10g, %.10g]", w, w);
  if (rz_model_has_row(cls, "bond_j") && rz_config_has(in->config, RZ_GROUP, "bond_j")) put(&l, ", bonds times bond_j");
  if (rz_model_has_row(cls, "random_bond") && rz_model_real(in, "random_bond") != 0.0)
    put(&l, ", bonds times 1 + u, u random in [-%.10g, %.10g]", rz_model_real(in, "random_bond"),
        rz_model_real(in, "random_bond"));
  const rz_bond *bond;
  int64_t n_bond = 0;
  const bool counted = rz_lattice_bonds(in->lattice, 1, &bond, &n_bond) == RZ_OK;
  put(&l, "   (%s, ", in->pauli ? "Pauli matrices" : "spin-1/2 operators");
  if (counted) put(&l, "%lld bonds, ", (long long)n_bond);
  put(&l, "%d sites)", rz_lattice_n_site(in->lattice));
}
