"""One deck, one answer: the same trace and results, bit for bit, on any number of threads of a rank.

Beyond the orders of these matrices BLAS factorises with the threads of the rank, and last digits may differ.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, read_trace  # noqa: E402

THREADS = {1: (1, 2, 3), 2: (1, 2)}  # by ranks
STEPS = 6

COMMON = {
    "lattice": "geometry = 'chain', length = 12",
    "hamiltonian": "model = 'tfim'",
    "sampler": "chains = 64, samples = 512, discard = 10",
    "evaluate": "max_samples = 2048, observables = 'sx', 'sxsx', 'szsz'",
    "reference": "method = 'none'",
}
SR = f"method = 'sr', learning_rate = 0.05, diag_shift = 1e-2, iterations = {STEPS}"
DECKS = {
    "shared": {**COMMON, "ansatz": "kind = 'rbm', alpha = 2, symmetry = 'translation', init_width = 0.1",
               "optimiser": SR + ", solver_choice = 'counted'"},
    "kernel": {**COMMON, "ansatz": "kind = 'rbm', alpha = 2, init_width = 0.1", "optimiser": SR + ", solver = 'kernel'"},
    "complex": {**COMMON, "hamiltonian": "model = 'heisenberg', dm = 0.3",
                "ansatz": "kind = 'rbm', alpha = 1, weights = 'complex', bias = 'both', init_width = 0.1",
                "sampler": COMMON["sampler"] + ", replicas = 2, beta_min = 0.5",
                "optimiser": SR + ", solver_choice = 'counted'"},
}


def bits(line):
    """What a step says, but for the clock."""
    return {key: repr(value) for key, value in line.items() if not key.endswith("seconds")}


def observables(path):
    try:
        import h5py
    except ImportError:
        return None
    found = {}
    with h5py.File(path, "r") as file:
        file["observables"].visititems(
            lambda name, item: found.update({name: item[()].tobytes()}) if hasattr(item, "shape") and item.dtype.kind
            in "fiu" else None)
    return found


def has_threads(test):
    """Without OpenMP the one thing to test is that this is said."""
    folder = test.folder("asks")
    test.deck(folder, namelist({"run": "study = 'ground_state', threads = 2", **DECKS["shared"]}))
    run = test.alone(folder, "run", "deck.nml")
    if run.code == 0:
        return True
    test.expect(run.code == 69 and "without OpenMP" in run.text, f"threads = 2 ends with {run.code}:\n{run.text}")
    return False


def compare(test, name):
    for ranks, choices in THREADS.items():
        seen = {}
        for threads in choices:
            folder = test.folder(f"{name}-{ranks}-{threads}")
            deck = namelist({"run": f"study = 'ground_state', seed = 3, threads = {threads}", **DECKS[name]})
            trace, _ = test.must_run(folder, ranks, deck, name)
            if trace is None:
                return
            seen[threads] = [bits(line) for line in trace], observables(folder / f"{name}.h5")
            test.expect(len(trace) == STEPS, f"{name}: {len(trace)} lines in the trace")
        for threads in choices[1:]:
            for one, many in zip(seen[1][0], seen[threads][0]):
                differ = [key for key in one if one[key] != many.get(key)]
                test.expect(not differ, f"{name}, {ranks} rank(s), {threads} threads, step {one['step']}: {differ}")
            test.expect(seen[1][1] == seen[threads][1], f"{name}, {ranks} rank(s), {threads} threads: observables")


def main():
    test = Test("threads")
    if has_threads(test):
        for name in DECKS:
            compare(test, name)
    test.finish()


if __name__ == "__main__":
    main()
