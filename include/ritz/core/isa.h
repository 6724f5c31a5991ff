/* Instruction sets. A source under src/NAME/isa/ is compiled once for each of them and exports const tables of
 * functions; the program chooses one set when it starts, and whoever is created afterwards takes its functions from
 * that table. So one binary runs on every processor of a cluster at the speed of each.
 *
 * The sets `avx2` and `avx512` give the same bits (the same operations in the same order, fused alike); `portable`,
 * which has no fused multiply-add, differs in the last digits. */
#ifndef RITZ_CORE_ISA_H
#define RITZ_CORE_ISA_H

#include "ritz/core/comm.h"
#include "ritz/core/error.h"

/* In order of growing demands. */
typedef enum rz_isa {
  RZ_ISA_PORTABLE, /* what every processor of the architecture has */
  RZ_ISA_AVX2,     /* AVX2, FMA, BMI2 */
  RZ_ISA_AVX512,   /* AVX-512 F, DQ, BW, VL beside them */
  RZ_N_ISA
} rz_isa;

const char *rz_isa_name(rz_isa isa); /* "portable", "avx2", "avx512" */
/* The most that this processor and this build have. Local. */
rz_isa rz_isa_best(void);

/* Choose for the whole process: "auto", the most that all ranks have, or one by name. To be called before anything else
 * is created; without a call it is rz_isa_best(). The choice is the one thing in Ritz that a process holds globally.
 * Collective. Errors: RZ_ERR_ARG for an unknown name; RZ_ERR_ENV if the processor of any rank lacks the set. */
rz_err rz_isa_choose(const rz_comm *comm, const char *name);
rz_isa rz_isa_current(void);
/* As if this processor had no more than `most`: for tests. */
void rz_isa_pretend(rz_isa most);

/* In a source under isa/: `name` with the set's name behind it. */
#define RZ_ISA_PASTE_(name, isa) name##_##isa
#define RZ_ISA_PASTE(name, isa) RZ_ISA_PASTE_(name, isa)
#define RZ_ISA_SYMBOL(name) RZ_ISA_PASTE(name, RZ_ISA)

/* Outside: declare the tables `name` of a type, and take the one of the current set (a pointer). */
#define RZ_ISA_DECLARE(type, name) extern const type name##_portable, name##_avx2, name##_avx512
#if defined(__x86_64__)
#define RZ_ISA_PICK(name)                                                                                              \
  (rz_isa_current() == RZ_ISA_AVX512 ? &name##_avx512                                                                  \
   : rz_isa_current() == RZ_ISA_AVX2 ? &name##_avx2                                                                    \
                                     : &name##_portable)
#else
#define RZ_ISA_PICK(name) (&name##_portable)
#endif

#endif
