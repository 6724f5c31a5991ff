/* RZ_CLONES before a function: compiled once per instruction set (AVX-512, AVX2, any), chosen when the program starts,
 * so that one binary runs everywhere. Empty where the compiler cannot, and under sanitizers, which start too late for
 * it. */
#ifndef RITZ_CORE_SIMD_H
#define RITZ_CORE_SIMD_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define RZ_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RZ_CLONES
#endif

#endif
