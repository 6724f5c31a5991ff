#include "../lane_math.h"
#include "../lane_math_single.h"
#include "../mlp_numbers.h"

#include <math.h>

static inline void sincos_single(float x, float *sine, float *cosine) {
  double s, c;
  lane_sincos(x, &s, &c);
  *sine = (float)s;
  *cosine = (float)c;
}

#define NUMBER float
#define KERNELS rz_mlp_single
#define FAR 80.0f
#define EXPM1 lane_expm1_single
#define LOG1P lane_log1p_single
#define SINCOS sincos_single
#define ABS fabsf
#include "mlp_real.h"
