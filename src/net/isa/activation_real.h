/* Formulas of the activations for real numbers, in NUMBER (double or float), and the loops over them. Functions that a
 * formula needs: EXPM1(x) = exp(x) - 1 for -FAR <= x <= 0, LOG1P(x) for 0 <= x <= 1, SINCOS, ABS. */

/* Value and derivatives. */
typedef struct jet {
  NUMBER y, d1, d2, d3;
} jet;

/* exp(x) - 1 for any x <= 0; keeps NaN */
static inline NUMBER expm1_of(NUMBER x) { return EXPM1(x < -FAR ? -FAR : x); }

static inline NUMBER tanh_of(NUMBER z) {
  const NUMBER e = expm1_of(-2 * ABS(z)), t = -e / (2 + e);
  return z < 0 ? -t : t;
}

static inline jet jet_tanh(NUMBER z) {
  const NUMBER t = tanh_of(z), s = (1 - t) * (1 + t);
  return (jet){t, s, -2 * t * s, s * (4 * t * t - 2 * s)};
}

/* 1 / (1 + exp(-z)); *e = exp(-|z|) */
static inline jet jet_logistic(NUMBER z, NUMBER *e) {
  *e = 1 + expm1_of(-ABS(z));
  const NUMBER large = 1 / (1 + *e), small = *e * large;
  const NUMBER s = z < 0 ? small : large, rest = z < 0 ? large : small, d1 = s * rest, d2 = d1 * (rest - s);
  return (jet){s, d1, d2, d2 * (rest - s) - 2 * d1 * d1};
}

static inline jet jet_sigmoid(NUMBER z) {
  NUMBER e;
  return jet_logistic(z, &e);
}

static inline jet jet_softplus(NUMBER z) {
  NUMBER e;
  const jet s = jet_logistic(z, &e);
  return (jet){(z < 0 ? 0 : z) + LOG1P(e), s.y, s.d1, s.d2};
}

/* Of large z no more is known than z is exact to; beyond the edge, where neighbours are 1/8 apart, nothing. */
static inline jet jet_sin(NUMBER z) {
  const NUMBER edge = (NUMBER)1e15;
  NUMBER s, c;
  SINCOS(z > edge ? edge : z < -edge ? -edge : z, &s, &c);
  return (jet){s, c, -s, -c};
}

/* z h(z) */
static inline jet jet_gated(NUMBER z, jet h) {
  return (jet){z * h.y, h.y + z * h.d1, 2 * h.d1 + z * h.d2, 3 * h.d2 + z * h.d3};
}

static inline jet jet_silu(NUMBER z) {
  NUMBER e;
  return jet_gated(z, jet_logistic(z, &e));
}

/* h = (1 + tanh u) / 2 with u = k (z + c z^3); far out, where h is 0 or 1, u and its derivatives stay finite. */
static inline jet jet_gelu(NUMBER z) {
  const NUMBER k = (NUMBER)0.79788456080286535588, c = (NUMBER)0.044715, edge = 30;
  const NUMBER x = z > edge ? edge : z < -edge ? -edge : z;
  const NUMBER u = k * x * (1 + c * x * x), u1 = k * (1 + 3 * c * x * x), u2 = 6 * k * c * x, u3 = 6 * k * c;
  const NUMBER t = tanh_of(u), s = (1 - t) * (1 + t) / 2;
  const jet h = {(1 + t) / 2, s * u1, s * (u2 - 2 * t * u1 * u1),
                 s * (u3 - 6 * t * u1 * u2 - 2 * u1 * u1 * u1 * (2 * s - 2 * t * t))};
  return jet_gated(z, h);
}

static inline jet jet_log_cosh(NUMBER z) {
  const NUMBER r = ABS(z), t = tanh_of(z), s = (1 - t) * (1 + t);
  return (jet){r + LOG1P(1 + expm1_of(-2 * r)) - (NUMBER)RZ_LOG2, t, s, -2 * t * s};
}

static inline jet jet_identity(NUMBER z) { return (jet){z, 1, 0, 0}; }

#define LOOP(name, STORE)                                                                                              \
  for (int64_t i = 0; i < rows; ++i)                                                                                   \
    for (int64_t j = 0; j < width; ++j) {                                                                              \
      const int64_t k = i * width + j;                                                                                 \
      const jet f = jet_##name(z[k] + bias[j]);                                                                        \
      z[k] = f.y;                                                                                                      \
      STORE                                                                                                            \
    }

/* One function per activation, with the loop of each order written out. */
#define ACTIVATE(NAME, name, holomorphic, formula)                                                                     \
  static void activate_##name(int order, int64_t rows, int64_t width, const void *bias_, void *z_, void *const *d) {   \
    const NUMBER *restrict bias = bias_;                                                                               \
    NUMBER *restrict z = z_;                                                                                           \
    NUMBER *restrict d1 = order > 0 ? d[0] : NULL, *restrict d2 = order > 1 ? d[1] : NULL;                             \
    NUMBER *restrict d3 = order > 2 ? d[2] : NULL;                                                                     \
    if (order == 0) {                                                                                                  \
      LOOP(name, )                                                                                                     \
    } else if (order == 2) {                                                                                           \
      LOOP(name, d1[k] = f.d1; d2[k] = f.d2;)                                                                          \
    } else {                                                                                                           \
      LOOP(name, d1[k] = f.d1; d2[k] = f.d2; d3[k] = f.d3;)                                                            \
    }                                                                                                                  \
  }
RZ_ACTIVATION_LIST(ACTIVATE)
#undef ACTIVATE
#undef LOOP
