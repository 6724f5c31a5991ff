/* The solver of (S + shift + scale diag S) d = F that a deck asks for; 'auto' is chosen once. What the optimisers that
 * solve this system share. */
#ifndef RITZ_OPTIMISE_SR_PICK_H
#define RITZ_OPTIMISE_SR_PICK_H

#include "optimiser_impl.h"
#include "ritz/optimise/sr.h"

typedef struct rz_sr_pick {
  rz_sr_options solve;   /* shift and scale are the caller's to set */
  double *solution;      /* [n_param] of the last solve, where cg starts; NULL if cg is never used */
  const char *precision; /* as the deck says */
  bool automatic, measured;
  int64_t choice; /* 1 + the solver that 'auto' has taken, 0: not yet */
  int64_t vain;   /* 1: single precision did not converge, 'auto' tries it no more */
  char reason[160];
} rz_sr_pick;

#define RZ_SR_SOLVER_ROWS                                                                                              \
  RZ_ROW_CHOICE("solver", "auto|dense|kernel|cg", "'auto'",                                                            \
                "how the linear system is solved; 'auto': by the cheapest, chosen once"),                              \
      RZ_ROW_CHOICE(                                                                                                   \
          "solver_choice", "measured|counted", "'measured'",                                                           \
          "what 'auto' goes by: times measured in the first step, or counted operations alone, the same on every "     \
          "machine and any number of ranks; of reproducible runs always counted"),                                     \
      RZ_ROW_CHOICE(                                                                                                   \
          "precision", "auto|double|mixed", "'auto'",                                                                  \
          "of the kernel's factorisation; 'mixed': single, refined to the same step, 'auto': where that pays")

#define RZ_SR_CG_ROWS                                                                                                  \
  RZ_ROW_REAL("cg_tol", "1e-6", 1e-15, 0.5, "", "relative residual at which conjugate gradients stop"),                \
      RZ_ROW_INT("cg_iterations", "2000", 1, 1e9, "more iterations of conjugate gradients are a failed step"),         \
      RZ_ROW_CHOICE("preconditioner", "subset|diagonal", "'subset'",                                                   \
                    "of conjugate gradients: the exact inverse of S for a subset of the samples, or its diagonal"),    \
      RZ_ROW_INT("subset_size", "2048", 1, 1e9, "samples in the subset")

/* Reads these rows. On error rz_sr_pick_fini still runs. */
rz_err rz_sr_pick_init(const rz_optimiser *o, rz_sr_pick *p);
void rz_sr_pick_fini(rz_sr_pick *p);
/* Once, of 'auto': the solver for the rest of the run; info->reason is a text for people. Collective. */
rz_err rz_sr_pick_choose(const rz_optimiser *o, rz_sr_pick *p, const rz_jacobian *j, rz_step_info *info);
/* rz_sr_solve by the solver chosen; info says how. Collective. */
rz_err rz_sr_pick_solve(const rz_optimiser *o, rz_sr_pick *p, rz_jacobian *j, const double *e, const double *f,
                        double *d, rz_sr_result *result, rz_step_info *info);
rz_err rz_sr_pick_state(const rz_optimiser *o, rz_sr_pick *p, rz_array_visit *visit, void *ctx);
/* Forget where cg starts. The machine is still what it was: the choice of the solver stays. */
void rz_sr_pick_forget(const rz_optimiser *o, rz_sr_pick *p);
/* Keys of these rows that others leave without effect, reported. */
void rz_sr_pick_check(rz_config *config);

#endif
