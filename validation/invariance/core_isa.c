/* modules: core */
/* ranks: 1 2 3 4 */
/* The choice of an instruction set by several ranks whose processors differ. */
#include "check.h"
#include "ritz/core/isa.h"
#include <string.h>

/* Rank r has no more than sets[r % 3]. */
static void ranks_take_what_all_have(const rz_comm *comm) {
  const rz_isa sets[3] = {RZ_ISA_AVX512, RZ_ISA_AVX2, RZ_ISA_PORTABLE}, best = rz_isa_best();
  const rz_isa least = sets[comm->size > 2 ? 2 : comm->size - 1];
  const rz_isa expected = best < least ? best : least;
  rz_isa_pretend(sets[comm->rank % 3]);
  RZ_EXPECT_OK(rz_isa_choose(comm, "auto"));
  RZ_EXPECT(rz_isa_current() == expected);
  for (int isa = 0; isa < RZ_N_ISA; isa++) {
    const rz_err rc = rz_isa_choose(comm, rz_isa_name((rz_isa)isa));
    RZ_EXPECT(rc == (isa <= (int)expected ? RZ_OK : RZ_ERR_ENV));
    RZ_EXPECT(rz_isa_current() == (isa <= (int)expected ? (rz_isa)isa : expected)); /* a refusal changes nothing */
    if (rc != RZ_OK)
      RZ_EXPECT(strstr(rz_error_message(), "processor of rank ") && strstr(rz_error_message(), "has only"));
  }
  rz_isa_pretend(RZ_ISA_AVX512);
}

static void unknown_names_are_refused(const rz_comm *comm) {
  const rz_isa before = rz_isa_current();
  RZ_EXPECT(rz_isa_choose(comm, "sse9") == RZ_ERR_ARG && strstr(rz_error_message(), "'sse9'"));
  RZ_EXPECT(rz_isa_current() == before);
}

int main(int argc, char **argv) {
  rz_comm comm;
  MPI_Init(&argc, &argv);
  RZ_EXPECT_OK(rz_comm_wrap(MPI_COMM_WORLD, &comm));
  RZ_EXPECT(rz_isa_current() == rz_isa_best());
  ranks_take_what_all_have(&comm);
  unknown_names_are_refused(&comm);
  RZ_EXPECT_OK(rz_isa_choose(&comm, "auto"));
  RZ_EXPECT(rz_isa_current() == rz_isa_best());
  return rz_check_finish();
}
