"""reproducible = .true.: the results of 1, 2, 3, 4 and 7 ranks, and of two threads, are the same to the last bit.

Every solver, optimiser, sampler, ansatz and kind of reference once: the solvers on all numbers of ranks, the rest on
three of them, or with RITZ_SOAK set on all. A run without the option shows that the comparison can fail.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist  # noqa: E402
from same import contents, differences  # noqa: E402

RANKS = (1, 2, 3, 4, 7)
FEW = RANKS if os.environ.get("RITZ_SOAK") else (1, 3, 4)
ON_ALL = ("kernel", "dense", "cg")

SAMPLER = "chains = 112, samples = 336, discard = 10"
EVALUATE = "min_samples = 1000, max_samples = 1120, observables = 'sx', 'szsz'"


def sr(more=""):
    return "method = 'sr', learning_rate = 0.05, diag_shift = 1e-2, iterations = 6" + more


BASE = {
    "lattice": "geometry = 'chain', length = 10",
    "hamiltonian": "model = 'tfim'",
    "ansatz": "kind = 'rbm', alpha = 2, init_width = 0.1",
    "sampler": SAMPLER,
    "optimiser": sr(),
    "evaluate": EVALUATE,
}
SPINS = {
    **BASE,
    "sector": "marshall = 'rotate'",
    "hamiltonian": "model = 'j1j2', j2 = 0.2",
    "evaluate": "min_samples = 1000, max_samples = 1120, observables = 'szsz'",
}

DECKS = {
    "auto": BASE,
    "kernel": {**BASE, "optimiser": sr(", solver = 'kernel'")},
    "kernel_scaled": {**BASE, "optimiser": sr(", solver = 'kernel', diag_scale = 0.01, momentum = 0.7")},
    "dense": {**BASE, "optimiser": sr(", solver = 'dense'")},
    "cg": {**BASE, "optimiser": sr(", solver = 'cg', subset_size = 100")},
    "cg_diagonal": {**BASE, "optimiser": sr(", solver = 'cg', preconditioner = 'diagonal'")},
    "mixed": {**BASE, "optimiser": sr(", solver = 'kernel', precision = 'mixed'")},
    "complex": {**BASE, "ansatz": "kind = 'rbm', weights = 'complex', bias = 'both', init_width = 0.1"},
    "shared": {**BASE, "ansatz": "kind = 'rbm', alpha = 2, symmetry = 'translation', init_width = 0.1"},
    "jastrow": {**SPINS, "ansatz": "kind = 'jastrow'"},
    "mean_field": {**BASE, "ansatz": "kind = 'mean_field'"},
    "exchange": {**SPINS, "sampler": SAMPLER + ", move = 'exchange'"},
    "tempering": {**BASE, "sampler": "chains = 28, samples = 336, replicas = 4, beta_min = 0.3"},
    "full_sum": {**BASE, "sampler": "method = 'full_sum'", "evaluate": "observables = 'sx', 'szsz'"},
    "adam": {**BASE, "optimiser": "method = 'adam', learning_rate = 0.01, iterations = 6"},
    "gradient": {**BASE, "optimiser": "method = 'gradient', learning_rate = 0.01, iterations = 6"},
}
EXACT = {
    "lattice": "geometry = 'chain', length = 10",
    "hamiltonian": "model = 'heisenberg', dm = 0.3",
    "evaluate": "observables = 'szsz'",
}


def run(test, name, groups, ranks, more=""):
    folder = test.folder(f"{name}-{ranks}{'-more' if more else ''}")
    study = "exact" if groups is EXACT else "ground_state"
    deck = namelist({"run": f"study = '{study}', seed = 3{more}", **groups})
    test.deck(folder, deck, "deck.nml")
    done = test.launch(folder, ranks, "run", "deck.nml")
    test.expect(done.code == 0, f"{name} on {ranks} ranks ends with {done.code}:\n{done.text[-1500:]}")
    return folder / "deck.h5" if done.code == 0 else None


def input_aside(names):
    return [name for name in names if not name.startswith("input/")]


def compare(test, name, groups):
    numbers = RANKS if name in ON_ALL else FEW
    paths = [run(test, name, groups, ranks, ", reproducible = .true.") for ranks in numbers]
    if None in paths:
        return
    for ranks, path in zip(numbers[1:], paths[1:]):
        different = differences(paths[0], path)
        test.expect(not different, f"{name}: {ranks} ranks and one differ in {different[:6]}")
    if groups is not EXACT:
        trace = [key for key in contents(paths[0]) if key.startswith("trace/")]
        test.expect(len(trace) > 5, f"{name}: no trace to compare")


def main():
    test = Test("reproducible")
    for name, groups in DECKS.items():
        compare(test, name, groups)
    compare(test, "exact", EXACT)
    one = test.root / "auto-1-more" / "deck.h5"
    threads = run(test, "threads", BASE, 2, ", reproducible = .true., threads = 2")
    if threads:
        different = input_aside(differences(one, threads))
        test.expect(not different, f"two ranks of two threads and one differ in {different[:6]}")
    usual = [run(test, "usual", {**BASE, "optimiser": sr(", solver = 'kernel'")}, ranks) for ranks in (1, 3)]
    if None not in usual:
        test.expect(differences(*usual), "runs without the option do not differ either: the comparison proves nothing")
    test.finish()


if __name__ == "__main__":
    main()
