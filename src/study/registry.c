#include "ritz/ansatz/ansatz.h"
#include "ritz/dynamics/integrator.h"
#include "ritz/dynamics/system.h"
#include "ritz/estimate/evaluate.h"
#include "ritz/estimate/observable.h"
#include "ritz/learn/dataset.h"
#include "ritz/learn/fit.h"
#include "ritz/learn/law.h"
#include "ritz/model/hamiltonian.h"
#include "ritz/optimise/optimiser.h"
#include "ritz/sample/move.h"
#include "ritz/sample/sampler.h"
#include "ritz/study/study.h"
#include "ritz/validate/reference.h"
#include "rollout.h"
#include "studies.h"
#include "sweep_plan.h"
#include <stddef.h>
#include <string.h>

static const rz_study_class *const studies[] = {&rz_study_ground_state, &rz_study_exact, &rz_study_evaluate,
                                                &rz_study_hamiltonian_network};
enum { N_STUDY = sizeof studies / sizeof *studies };

const rz_study_class *const *rz_study_registry(int *n) {
  *n = N_STUDY;
  return studies;
}

const rz_study_class *rz_study_find(const char *name) {
  for (int i = 0; i < N_STUDY; i++)
    if (strcmp(studies[i]->name, name) == 0) return studies[i];
  return NULL;
}

/* --- Groups that belong to no family ------------------------------------------------------------------------------ */

static const rz_option run_rows[] = {
    RZ_ROW_CHOICE("study", NULL, NULL, "what to compute; `ritz list` explains them"),
    RZ_ROW_INT("seed", "1", 0, 9007199254740992.0, "of every random stream; results depend on it and not on the ranks"),
    RZ_ROW_STRING("output", "", "results file NAME.h5 (default: the deck's name), with NAME.jsonl beside it"),
    RZ_ROW_BOOL("reproducible", ".false.",
                "the same bits on any number of ranks and threads of one type of processor (docs/reproducible.md)"),
    RZ_ROW_REAL("checkpoint_minutes", "10.0", 0, 1e6, "min",
                "between checkpoints NAME.ckpt.h5, from which `ritz resume` goes on; 0: after every step"),
    RZ_ROW_REAL(
        "max_hours", "1e6", 0, 1e6, "h",
        "the run stops in time for a checkpoint before it has run so long; under Slurm also before its job ends"),
    RZ_ROW_REAL("watchdog_minutes", "10.0", 0, 1e6, "min",
                "a rank that has waited so long for a step, and 20 times the longest, ends with status 69; 0: never"),
    RZ_ROW_BOOL("keep_checkpoint", ".false.", "leave the last checkpoint beside the results of a finished run"),
    RZ_ROW_BOOL("overwrite", ".false.", "replace files of an earlier run"),
    RZ_ROW_BOOL("force", ".false.", "run although a guard says the answer cannot be right"),
    RZ_ROW_CHOICE("instruction_set", "auto|portable|avx2|avx512", "'auto'",
                  "of the inner loops; auto: the most that the processors of all ranks have"),
    RZ_ROW_INT("threads", "1", 1, 4096,
               "threads of one rank, for ranks x threads cores; results depend on them as little as on the ranks"),
};
static const rz_option_group run_group = {
    "run", "the run itself", NULL, run_rows, sizeof run_rows / sizeof *run_rows, NULL, 0};

static const rz_option state_rows[] = {
    RZ_ROW_PATH("file", NULL, "results file whose state is measured"),
    RZ_ROW_PATH("overlap_with", "", "second results file: |<a|b>|^2 of the two states"),
    RZ_ROW_INT("dump", "0", 0, 1e12,
               "at least so many samples are written to /samples with their log psi (a multiple of chains)"),
};
static const rz_option_group state_group = {
    "state", "saved states to measure", NULL, state_rows, sizeof state_rows / sizeof *state_rows, NULL, 0};

/* --- The schema --------------------------------------------------------------------------------------------------- */

enum { MAX_GROUP = 24 };

/* Assembled once from constant tables; the same whoever calls first. */
const rz_schema *rz_study_schema(void) {
  static rz_option_group groups[MAX_GROUP];
  static rz_study_groups by_study[N_STUDY];
  static rz_schema schema;
  const rz_option_group *const parts[] = {&run_group,
                                          rz_lattice_options(),
                                          rz_hamiltonian_options(),
                                          rz_sector_options(),
                                          rz_ansatz_options(),
                                          rz_sampler_options(),
                                          rz_optimiser_options(),
                                          rz_evaluate_options(),
                                          rz_reference_options(),
                                          &state_group,
                                          rz_system_options(),
                                          rz_dataset_options(),
                                          rz_law_options(),
                                          rz_fit_options(),
                                          rz_integrator_options(),
                                          &rz_rollout_group,
                                          &rz_sweep_group};
  const int n = (int)(sizeof parts / sizeof *parts);
  for (int i = 0; i < n; i++) groups[i] = *parts[i];
  for (int i = 0; i < N_STUDY; i++)
    by_study[i] = (rz_study_groups){studies[i]->name, studies[i]->about, studies[i]->groups};
  schema = (rz_schema){groups, n, by_study, N_STUDY};
  return &schema;
}

/* --- `ritz list` -------------------------------------------------------------------------------------------------- */

#define LIST_FAMILY(out, title, type, call)                                                                            \
  do {                                                                                                                 \
    int n_;                                                                                                            \
    const type *const *members_ = call(&n_);                                                                           \
    fprintf((out), "%s\n", title);                                                                                     \
    for (int i_ = 0; i_ < n_; i_++) fprintf((out), "  %-20s %s\n", members_[i_]->name, members_[i_]->about);           \
  } while (0)

rz_err rz_study_list(FILE *out) {
  LIST_FAMILY(out, "studies (&run study)", rz_study_class, rz_study_registry);
  LIST_FAMILY(out, "lattices (&lattice geometry)", rz_lattice_class, rz_lattice_registry);
  LIST_FAMILY(out, "Hamiltonians (&hamiltonian model)", rz_model_class, rz_model_registry);
  LIST_FAMILY(out, "ansatz (&ansatz kind)", rz_ansatz_class, rz_ansatz_registry);
  LIST_FAMILY(out, "moves (&sampler move)", rz_move_class, rz_move_registry);
  LIST_FAMILY(out, "systems (&system name)", rz_system_class, rz_system_registry);
  LIST_FAMILY(out, "integrators (&integrator method)", rz_integrator_class, rz_integrator_registry);
  LIST_FAMILY(out, "laws of motion (&network model)", rz_law_class, rz_law_registry);
  LIST_FAMILY(out, "optimisers (&optimiser method)", rz_optimiser_class, rz_optimiser_registry);
  LIST_FAMILY(out, "observables (&evaluate observables)", rz_observable_class, rz_observable_registry);
  return RZ_OK;
}
