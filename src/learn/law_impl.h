/* The inside of the laws, for the files of the classes. */
#ifndef RITZ_LEARN_LAW_IMPL_H
#define RITZ_LEARN_LAW_IMPL_H

#include "ritz/learn/law.h"

#define RZ_LAW_GROUP "network"

extern const rz_law_class rz_law_black_box, rz_law_hamiltonian, rz_law_separable, rz_law_potential;
extern const rz_law_class rz_law_sympnet, rz_law_generating_function;
extern const rz_law_class rz_law_polynomial, rz_law_separable_series, rz_law_random_features, rz_law_pair_potential;

/* Scratch of at least n numbers, valid until the next call; owned by the law. */
rz_err rz_law_work(rz_law *l, int64_t n, double **out);
/* Errors: RZ_ERR_INPUT for a coordinate that is the same in all training states, naming it. */
rz_err rz_law_check_spread(const rz_law *l);

/* Where d H / d x_j stands in dx/dt = (dH/dp, -dH/dq). */
static inline int rz_field_component(int n_degree, int j) { return j < n_degree ? j + n_degree : j - n_degree; }
static inline double rz_field_sign(int n_degree, int j) { return j < n_degree ? -1.0 : 1.0; }

/* What a class that is linear in all its parameters (apply = sum_k theta_k rows_k) puts in its table: each is made of
 * its `rows`. The last three need rows alone and serve a law with a part that has no parameters, too. */
rz_err rz_linear_apply(rz_law *l, int64_t n, const double *x, double *out);
rz_err rz_linear_tangent(rz_law *l, int64_t n, const double *x, const double *v, double *out);
rz_err rz_linear_pull(rz_law *l, int64_t n, const double *x, const double *bar, double *grad);
rz_err rz_linear_layers(rz_law *l, rz_jacobian *j);
rz_err rz_linear_factors(rz_law *l, int64_t n, const double *x, int64_t first, rz_jacobian *j);

#endif
