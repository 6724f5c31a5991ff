#include "ritz/optimise/schedule.h"

#include "ritz/core/math.h"
#include <math.h>
#include <string.h>

static double linear(double a, double b, double f) { return a + (b - a) * f; }
static double exponential(double a, double b, double f) { return a * pow(b / a, f); }
static double cosine(double a, double b, double f) { return b + (a - b) * 0.5 * (1.0 + cos(RZ_PI * f)); }

static const struct {
  const char *kind;
  double (*at)(double a, double b, double f);
} kinds[] = {{"linear", linear}, {"exponential", exponential}, {"cosine", cosine}};

double rz_schedule_at(const rz_schedule *s, int64_t step) {
  const double f = step >= s->n || s->n <= 0 ? 1.0 : (double)step / (double)s->n;
  for (int i = 0; i < (int)(sizeof kinds / sizeof kinds[0]); i++)
    if (strcmp(kinds[i].kind, s->kind) == 0) return kinds[i].at(s->first, s->last, f);
  return s->first;
}

double rz_decay_at(double first, double decay, double last, int64_t step) {
  return fmax(first * pow(decay, (double)step), last);
}
