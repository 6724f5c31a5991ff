#include "ritz/core/isa.h"

#include <string.h>

static const char *const names[RZ_N_ISA] = {"portable", "avx2", "avx512"};
static rz_isa most_allowed = RZ_ISA_AVX512;
static int chosen = -1;

const char *rz_isa_name(rz_isa isa) { return names[isa]; }

/* The features named here are those that src/build/RitzModule.cmake compiles for. */
static rz_isa most_of_processor(void) {
#if defined(__x86_64__)
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return !avx2 ? RZ_ISA_PORTABLE : avx512 ? RZ_ISA_AVX512 : RZ_ISA_AVX2;
#else
  return RZ_ISA_PORTABLE;
#endif
}

rz_isa rz_isa_best(void) {
  const rz_isa most = most_of_processor();
  return most < most_allowed ? most : most_allowed;
}

void rz_isa_pretend(rz_isa most) { most_allowed = most; }

rz_isa rz_isa_current(void) { return chosen < 0 ? rz_isa_best() : (rz_isa)chosen; }

static rz_err find(const char *name, rz_isa *out) {
  for (int i = 0; i < RZ_N_ISA; i++)
    if (strcmp(names[i], name) == 0) {
      *out = (rz_isa)i;
      return RZ_OK;
    }
  RZ_FAIL(RZ_ERR_ARG, "there is no instruction set '%s'; there are 'auto', 'portable', 'avx2' and 'avx512'", name);
}

static rz_err demand(const rz_comm *comm, const char *name, rz_isa *out) {
  RZ_TRY(find(name, out));
  RZ_CHECK(*out <= rz_isa_best(), RZ_ERR_ENV,
           "the instruction set '%s' was asked for, but the processor of rank %d has only '%s'", name, comm->rank,
           names[rz_isa_best()]);
  return RZ_OK;
}

rz_err rz_isa_choose(const rz_comm *comm, const char *name) {
  rz_isa isa = RZ_ISA_PORTABLE;
  if (strcmp(name, "auto") == 0) {
    double least = -(double)rz_isa_best();
    RZ_TRY(rz_max(comm, 1, &least));
    isa = (rz_isa)(-least);
  } else {
    RZ_TRY(rz_agree(comm, demand(comm, name, &isa)));
  }
  chosen = (int)isa;
  return RZ_OK;
}
