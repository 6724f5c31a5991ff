/* The name a misspelt word stands for, by the Damerau-Levenshtein distance (optimal string alignment: insert, delete,
 * replace, swap neighbours). */
#include "ritz/core/config.h"

#include <string.h>

enum { LONGEST = 64 };

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c; }

static int min3(int a, int b, int c) {
  const int ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/* d[i][j] = distance of the first i letters of a and the first j of b; three rows are alive. */
static int distance(const char *a, int n_a, const char *b, int n_b) {
  int rows[3][LONGEST + 1];
  int *before = rows[0], *last = rows[1], *now = rows[2];
  for (int j = 0; j <= n_b; j++) last[j] = j;
  for (int i = 1; i <= n_a; i++) {
    now[0] = i;
    for (int j = 1; j <= n_b; j++) {
      const int replace = last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
      now[j] = min3(replace, last[j] + 1, now[j - 1] + 1);
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped && before[j - 2] + 1 < now[j]) now[j] = before[j - 2] + 1;
    }
    int *free_row = before;
    before = last;
    last = now;
    now = free_row;
  }
  return last[n_b];
}

const char *rz_nearest(const char *word, const char *const *names, int n) {
  const size_t length = strlen(word);
  if (length == 0 || length > LONGEST) return NULL;
  int limit = length / 3 > 1 ? (int)(length / 3) : 1;
  const char *best = NULL;
  for (int i = 0; i < n; i++) {
    const size_t other = strlen(names[i]);
    if (other == 0 || other > LONGEST) continue;
    const int d = distance(word, (int)length, names[i], (int)other);
    if (d > limit || d >= (int)length || (best && d == limit)) continue;
    best = names[i];
    limit = d;
  }
  return best;
}
