/* modules: model core */
/* Basis numbering against plain counting and against itself (rank of unrank). */
#include "check.h"
#include "ritz/model/sector.h"

#include <stdlib.h>

static void small_sectors_match_plain_counting(void) {
  for (int n = 1; n <= 12; n++)
    for (int up = -1; up <= n; up++) {
      rz_sector s;
      RZ_EXPECT_OK(rz_sector_init(n, up >= 0, up, &s));
      int64_t index = 0;
      int bad = 0;
      uint64_t walk = rz_sector_unrank(&s, 0);
      for (uint64_t state = 0; state < (uint64_t)1 << n; state++) {
        int count = 0;
        for (int i = 0; i < n; i++) count += (int)(state >> i & 1);
        const bool in = up < 0 || count == up;
        bad += rz_sector_contains(&s, state) != in;
        if (!in) continue;
        bad += rz_sector_rank(&s, state) != index;
        bad += rz_sector_unrank(&s, index) != state;
        bad += walk != state;
        index++;
        if (index < s.dim) walk = rz_sector_next(&s, walk);
      }
      RZ_EXPECT(bad == 0);
      RZ_EXPECT(index == s.dim);
      RZ_EXPECT(!rz_sector_contains(&s, (uint64_t)1 << n));
      RZ_EXPECT_NEAR(rz_sector_dimension(n, up >= 0, up), (double)s.dim, 0.0);
    }
}

static void large_sectors_round_trip(void) {
  for (int n = 20; n <= 62; n += 7)
    for (int up = 0; up <= n; up += 3) {
      rz_sector s;
      RZ_EXPECT_OK(rz_sector_init(n, true, up, &s));
      const double exact = rz_sector_dimension(n, true, up);
      RZ_EXPECT_NEAR((double)s.dim / exact, 1.0, 1e-13);
      int bad = 0;
      uint64_t previous = 0;
      for (int k = 0; k < 200; k++) {
        const int64_t index = (s.dim - 1) / 199 * k;
        const uint64_t state = rz_sector_unrank(&s, index);
        bad += !rz_sector_contains(&s, state) || rz_sector_rank(&s, state) != index || state < previous;
        if (index + 1 < s.dim) bad += rz_sector_rank(&s, rz_sector_next(&s, state)) != index + 1;
        previous = state;
      }
      RZ_EXPECT(bad == 0);
      const uint64_t last = up == 0 ? 0 : (~(uint64_t)0 >> (64 - up)) << (n - up);
      RZ_EXPECT(rz_sector_rank(&s, last) == s.dim - 1);
    }
}

static void impossible_sectors_are_refused(void) {
  rz_sector s;
  RZ_EXPECT(rz_sector_init(63, false, 0, &s) == RZ_ERR_ARG);
  RZ_EXPECT(rz_sector_init(0, false, 0, &s) == RZ_ERR_ARG);
  RZ_EXPECT(rz_sector_init(4, true, 5, &s) == RZ_ERR_ARG);
  RZ_EXPECT(rz_sector_init(4, true, -1, &s) == RZ_ERR_ARG);
  RZ_EXPECT_NEAR(rz_sector_dimension(100, true, 50) / 1.0089134454556e29, 1.0, 1e-12);
  RZ_EXPECT(isinf(rz_sector_dimension(2000, false, 0)));
}

static void bits_and_spins_agree(void) {
  int8_t spin[40];
  const uint64_t state = 0x8123456789u;
  rz_bits_to_spins(state, 40, spin);
  RZ_EXPECT(spin[0] == 1 && spin[1] == -1 && spin[39] == 1);
  RZ_EXPECT(rz_spins_to_bits(40, spin) == state);
}

int main(void) {
  small_sectors_match_plain_counting();
  large_sectors_round_trip();
  impossible_sectors_are_refused();
  bits_and_spins_agree();
  return rz_check_finish();
}
