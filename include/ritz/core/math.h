/* Constants that strict C17 hides, and CMPLX where the compiler lacks it. */
#ifndef RITZ_CORE_MATH_H
#define RITZ_CORE_MATH_H

#define RZ_PI 3.14159265358979323846264338327950288
#define RZ_LOG2 0.693147180559945309417232121458176568

#include <complex.h>
#ifndef CMPLX
/* A complex number from its parts, exact also for signed zeros and infinities, which x + y * I is not. */
static inline double complex rz_cmplx(double re, double im) {
  const union {
    double part[2];
    double complex z;
  } u = {{re, im}};
  return u.z;
}
#define CMPLX(re, im) rz_cmplx((re), (im))
#endif

#endif
