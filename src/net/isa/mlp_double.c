#include "../lane_math.h"
#include "../mlp_numbers.h"

#include <math.h>

#define NUMBER double
#define KERNELS rz_mlp_double
#define FAR 700.0
#define EXPM1 lane_expm1
#define LOG1P lane_log1p
#define SINCOS lane_sincos
#define ABS fabs
#include "mlp_real.h"
