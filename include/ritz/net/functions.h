/* Functions of hidden units and their slopes, safe for any argument. Local. */
#ifndef RITZ_NET_FUNCTIONS_H
#define RITZ_NET_FUNCTIONS_H

#include <complex.h>
#include <stdint.h>

/* log cosh x = |x| + log1p(exp(-2 |x|)) - log 2; exactly even. */
double rz_log_cosh(double x);
/* The same for a complex argument, on the half plane Re z > 0 by symmetry; exactly even. Imaginary part modulo 2 pi. */
double complex rz_log_cosh_complex(double complex z);
/* x <- tanh x, n numbers; relative error below 1e-15. */
void rz_tanh(int64_t n, double *x);
/* (re + i im) <- tanh(re + i im), n numbers; accurate up to the poles at i pi (k + 1/2). */
void rz_tanh_complex(int64_t n, double *re, double *im);

#endif
