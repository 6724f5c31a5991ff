/* modules: drive store linalg optimise core */
/* Plateaus and falls with known answers: exact series, noise, noise that is correlated, series that are too short. */
#include "check.h"
#include "ritz/core/rng.h"
#include "ritz/drive/plateau.h"
#include <math.h>

enum { N = 400, WINDOW = 100, STRIDE = 3, SERIES = 400 };

static double row[N * STRIDE];

/* value = level - fall * t + amplitude exp(-t / decay) + noise with the memory rho of one step */
typedef struct recipe {
  double fall, amplitude, decay, noise, memory;
} recipe;

static void make(const recipe *r, uint64_t seed) {
  rz_rng rng = rz_rng_stream(seed, RZ_RNG_TEST, 0);
  double x = r->noise * rz_rng_normal(&rng);
  for (int t = 0; t < N; t++) {
    row[t * STRIDE] = -20.0 - r->fall * t + r->amplitude * exp(-t / r->decay) + x;
    row[t * STRIDE + 1] = r->noise;
    x = r->memory * x + sqrt(1.0 - r->memory * r->memory) * r->noise * rz_rng_normal(&rng);
  }
}

static rz_plateau judge(int64_t n) { return rz_plateau_judge(n, STRIDE, row, row + 1, WINDOW); }

static void count(const recipe *r, int *n) {
  for (int v = 0; v < 4; v++) n[v] = 0;
  for (uint64_t seed = 1; seed <= SERIES; seed++) {
    make(r, seed);
    n[judge(N).verdict]++;
  }
}

static void test_exact(void) {
  make(&(recipe){.decay = 1.0, .fall = 1e-3}, 1);
  RZ_EXPECT(judge(N).verdict == RZ_PLATEAU_FALLING);
  RZ_EXPECT_NEAR(judge(N).slope, -1e-3, 1e-12);
  make(&(recipe){.decay = 30.0, .amplitude = 1.0}, 1);
  RZ_EXPECT(judge(N).verdict == RZ_PLATEAU_FALLING);
  make(&(recipe){.decay = 5.0, .amplitude = 1.0}, 1);
  RZ_EXPECT(judge(N).verdict == RZ_PLATEAU_FLAT);
  /* Still falling in the window before the last: one window at rest is not enough. */
  make(&(recipe){.decay = 3.0, .amplitude = 1.0}, 1);
  RZ_EXPECT(judge(2 * WINDOW).verdict == RZ_PLATEAU_UNCLEAR);
  RZ_EXPECT(judge(3 * WINDOW).verdict == RZ_PLATEAU_FLAT);
  make(&(recipe){.decay = 1.0, .fall = -1e-3}, 1);
  RZ_EXPECT(judge(N).verdict == RZ_PLATEAU_UNCLEAR);
}

static void test_noise(void) {
  int n[4];
  count(&(recipe){.decay = 1.0, .noise = 1e-2}, n);
  /* A normal variable divided by an error of eight degrees of freedom is below -2 in 4 of 100 cases: 16 of 400. */
  RZ_EXPECT(n[RZ_PLATEAU_FALLING] < 16 + 5 * 4);
  RZ_EXPECT(n[RZ_PLATEAU_FLAT] > SERIES / 2);
  count(&(recipe){.decay = 1.0, .noise = 1e-2, .memory = 0.6}, n);
  RZ_EXPECT(n[RZ_PLATEAU_FALLING] < 2 * (16 + 5 * 4));
  /* A fall of two single errors within a window is hidden in every step, and seen. */
  count(&(recipe){.decay = 1.0, .noise = 1e-2, .fall = 2e-4}, n);
  RZ_EXPECT(n[RZ_PLATEAU_FLAT] == 0);
  RZ_EXPECT(n[RZ_PLATEAU_FALLING] > 9 * SERIES / 10);
}

/* Where steps scatter by far more than their errors claim, a fall by such an error could hide anywhere. */
static void test_understated(void) {
  int flat = 0;
  for (uint64_t seed = 1; seed <= SERIES; seed++) {
    make(&(recipe){.decay = 1.0, .noise = 1e-2}, seed);
    for (int t = 0; t < N; t++) row[t * STRIDE + 1] = 1e-3;
    flat += judge(N).verdict == RZ_PLATEAU_FLAT;
  }
  RZ_EXPECT(flat < SERIES / 50);
}

static void test_short(void) {
  make(&(recipe){.decay = 1.0, .fall = 1e-3}, 1);
  RZ_EXPECT(judge(0).verdict == RZ_PLATEAU_SHORT);
  RZ_EXPECT(judge(39).verdict == RZ_PLATEAU_SHORT);
  RZ_EXPECT(judge(40).verdict == RZ_PLATEAU_FALLING);
  RZ_EXPECT(judge(59).window == 20);
  row[10 * STRIDE] = NAN;
  RZ_EXPECT(judge(40).verdict != RZ_PLATEAU_FLAT);
}

int main(void) {
  test_exact();
  test_noise();
  test_understated();
  test_short();
  return rz_check_finish();
}
