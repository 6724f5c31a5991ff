"""One deck, one answer: the same seed on 1, 2, 3 and 4 ranks.

The energies of a training side by side, equal to 1e-9 relatively at step 20, and the frozen evaluation after it; for
each solver, real and complex weights, the full sum and parallel tempering.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, relative  # noqa: E402

STEPS, COMPARED, RANKS = 25, 20, (1, 2, 3, 4)
TOLERANCE = 1e-9

SAMPLER = "chains = 64, samples = 256, discard = 20"
SR = f"method = 'sr', learning_rate = 0.05, diag_shift = 1e-2, iterations = {STEPS}"
TFIM = {
    "lattice": "geometry = 'chain', length = 12",
    "hamiltonian": "model = 'tfim'",
    "ansatz": "kind = 'rbm', alpha = 2, symmetry = 'translation', init_width = 0.1",
    "sampler": SAMPLER,
    "optimiser": SR + ", solver_choice = 'counted'",
    "evaluate": "max_samples = 2048, observables = 'sx', 'szsz'",
    "reference": "method = 'none'",
}


def solver(name):
    # Where conjugate gradients stop depends on rounding, and so on the ranks: the tolerance must not show.
    return SR + f", solver = '{name}'" + (", cg_tol = 1e-10" if name == "cg" else "")


DECKS = {
    "dense": {**TFIM, "optimiser": solver("dense")},
    "kernel": {**TFIM, "optimiser": solver("kernel")},
    "cg": {**TFIM, "optimiser": solver("cg")},
    "complex_dm": {
        **TFIM,
        "lattice": "geometry = 'chain', length = 10",
        "hamiltonian": "model = 'heisenberg', dm = 0.3",
        "ansatz": "kind = 'rbm', alpha = 1, weights = 'complex', bias = 'hidden', init_width = 0.1",
        "evaluate": "max_samples = 2048, observables = 'szsz'",
    },
    "full_sum": {**TFIM, "sampler": "method = 'full_sum'", "evaluate": "observables = 'sx', 'szsz'"},
    "tempering": {**TFIM, "sampler": SAMPLER + ", replicas = 4, beta_min = 0.3"},
    "mixture_adam": {
        **TFIM,
        "sampler": SAMPLER + ", move = 'flip', 'global_flip', move_weights = 4, 1",
        "optimiser": f"method = 'adam', learning_rate = 0.01, iterations = {STEPS}",
    },
}


def final_values(path):
    """Every number below /observables, or None without h5py."""
    try:
        import h5py
    except ImportError:
        return None
    with h5py.File(path, "r") as file:
        return final_group(file["observables"])


def final_group(group):
    values = {}
    group.visititems(lambda name, item: values.update({name: item[()]}) if hasattr(item, "shape") else None)
    return values


def largest_difference(a, b):
    """Of two dictionaries of numbers and arrays, relative to the largest entry of each array."""
    worst, where = 0.0, "keys"
    if set(a) != set(b):
        return float("inf"), where
    for name in a:
        x, y = a[name], b[name]
        if getattr(x, "dtype", None) is None or x.dtype.kind not in "fiu":
            continue
        if x.shape != y.shape:
            return float("inf"), name
        x, y = x.reshape(-1).astype(float), y.reshape(-1).astype(float)
        same_gaps = ((x != x) == (y != y)).all()
        if not same_gaps:
            return float("inf"), name
        scale = max((abs(v) for v in x if v == v), default=0.0)
        difference = max((abs(u - v) for u, v in zip(x, y) if u == u), default=0.0)
        if scale > 0 and difference / max(scale, 1e-3) > worst:
            worst, where = difference / max(scale, 1e-3), name
    return worst, where


def compare(test, name):
    traces, finals = {}, {}
    for ranks in RANKS:
        folder = test.folder(f"{name}-{ranks}")
        deck = namelist({"run": "study = 'ground_state', seed = 3", **DECKS[name]})
        trace, _ = test.must_run(folder, ranks, deck, name)
        if trace is None:
            return
        test.expect(len(trace) == STEPS, f"{name}: {len(trace)} lines in the trace on {ranks} ranks")
        traces[ranks], finals[ranks] = trace, final_values(folder / f"{name}.h5")
    print(f"{name}: energy of each step on {', '.join(map(str, RANKS))} ranks; largest relative difference")
    for step in (0, 1, 2, 5, 10, 15, COMPARED):
        energies = [traces[r][step]["energy"] for r in RANKS]
        worst = max(relative(e, energies[0]) for e in energies)
        print(f"  {step:3d}  " + "  ".join(f"{e:.15g}" for e in energies) + f"   {worst:.1e}")
    for ranks in RANKS[1:]:
        for step in range(COMPARED + 1):
            one, many = traces[1][step], traces[ranks][step]
            for key in ("energy", "error", "variance", "acceptance", "step_norm"):
                difference = relative(one[key], many[key])
                # Of full sums, error is 0 and the rest is exact; noise of the estimators is the same noise.
                limit = TOLERANCE if key == "energy" else 1e-6
                test.expect(difference <= limit or abs(one[key] - many[key]) < 1e-12,
                            f"{name}, step {step}: {key} is {one[key]!r} on 1 rank, {many[key]!r} on {ranks}")
            test.expect(one["solver"] == many["solver"], f"{name}, step {step}: other solvers on 1 and {ranks} ranks")
        if finals[1] is not None:
            worst, where = largest_difference(finals[1], finals[ranks])
            print(f"  results on {ranks} ranks differ by {worst:.1e} ({where})")
            test.expect(worst <= 1e-6, f"{name}: /observables/{where} differs by {worst:.1e} on {ranks} ranks")
    moved = relative(traces[1][0]["energy"], traces[1][-1]["energy"])
    test.expect(moved > 1e-3, f"{name}: the energy did not move, so equal traces prove nothing")


def main():
    test = Test("ranks")
    for name in DECKS:
        compare(test, name)
    solvers = {name: DECKS[name] for name in ("dense", "kernel", "cg")}
    for name in solvers:
        used = {line["solver"] for line in read(test, name)}
        test.expect(used == {name}, f"solver = '{name}' used {used}")
    other_seed(test)
    compare_exact(test)
    compare_evaluate(test)
    test.finish()


def read(test, name):
    from harness import read_trace

    return read_trace(test.root / f"{name}-1" / f"{name}.jsonl")


def compare_files(test, name, deck, sections, limit, files=()):
    """Results of a deck on 1 to 4 ranks, all numbers below some groups."""
    try:
        import h5py
    except ImportError:
        return print(f"{name}: not compared, no h5py")
    seen = {}
    for ranks in RANKS:
        folder = test.folder(f"{name}-{ranks}")
        for file in files:
            (folder / file.name).write_bytes(file.read_bytes())
        test.deck(folder, deck, name + ".nml")
        run = test.launch(folder, ranks, "run", name + ".nml")
        if not test.expect(run.code == 0, f"{name} on {ranks} ranks ends with {run.code}:\n{run.text[-1500:]}"):
            return None
        seen[ranks] = {}
        with h5py.File(folder / (name + ".h5"), "r") as file:
            for section in sections:
                found = {section: file[section][()]} if isinstance(file[section], h5py.Dataset) else {
                    f"{section}/{key}": value for key, value in final_group(file[section]).items()}
                seen[ranks].update(found)
        worst, where = largest_difference(seen[1], seen[ranks])
        print(f"{name} on {ranks} ranks differs by {worst:.1e} ({where})")
        test.expect(worst <= limit, f"{name}: {where} differs by {worst:.1e} on {ranks} ranks")
    return seen


def compare_exact(test):
    deck = namelist({"run": "study = 'exact'", "lattice": "geometry = 'square', length = 3, 4, boundary = 'periodic'",
                     "hamiltonian": "model = 'xxz', delta = 0.7, dm = 0.2", "evaluate": "observables = 'szsz'",
                     "reference": "levels = 3, solver = 'slepc'"})
    compare_files(test, "exact", deck, ("exact/energies", "observables"), 1e-8)


def compare_evaluate(test):
    """Samples are the same ones in the same order."""
    deck = namelist({"run": "study = 'evaluate', seed = 9", "state": "file = 'dense.h5', dump = 640",
                     "sampler": SAMPLER, "evaluate": "max_samples = 2048, observables = 'sx', 'szsz', 'binder'"})
    seen = compare_files(test, "evaluate", deck, ("observables", "samples/spin"), 1e-9,
                         [test.root / "dense-1" / "dense.h5"])
    if seen:
        for ranks in RANKS[1:]:
            same = (seen[1]["samples/spin"] == seen[ranks]["samples/spin"]).all()
            test.expect(same, f"other samples on {ranks} ranks")


def other_seed(test):
    """The comparison can fail: another seed gives other numbers."""
    deck = namelist({"run": "study = 'ground_state', seed = 4", **DECKS["dense"]})
    trace, _ = test.must_run(test.folder("seed"), 2, deck, "seed")
    if trace is not None:
        test.expect(relative(trace[5]["energy"], read(test, "dense")[5]["energy"]) > 1e-6, "the seed changes nothing")


if __name__ == "__main__":
    main()
