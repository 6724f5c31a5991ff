"""Every member of every family, as `ritz list` names them: it runs, its energy is no lower than the exact one, and
every choice changes the numbers. A new member needs a line here, or this test fails.
"""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, skip  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError as missing:
    skip(str(missing))

BASE = {
    "run": "study = 'ground_state', seed = 2, force = .true.",
    "lattice": "geometry = 'chain', length = 8",
    "hamiltonian": "model = 'tfim', h = 1.3",
    "ansatz": "kind = 'rbm', init_width = 0.2",
    "sampler": "method = 'full_sum'",
    "optimiser": "method = 'sr', learning_rate = 0.05, iterations = 3",
    "evaluate": None,
    "reference": "method = 'auto'",
}
SAMPLED = {"sampler": "chains = 32, samples = 512, discard = 10", "evaluate": "max_samples = 4096, min_samples = 4096"}

LATTICES = {
    "chain": "length = 8",
    "ladder": "length = 4, legs = 2",
    "square": "length = 3, 3",
    "triangular": "length = 3, 3",
    "honeycomb": "length = 2, 2",
    "kagome": "length = 2, 2, boundary = 'open'",
    "square_links": "length = 2, 2",
    "graph": "edges = 'g.edges'",
}
MODELS = {
    "tfim": "j = 1.0, h = 0.7",
    "heisenberg": "j = 1.0",
    "xxz": "delta = 0.5",
    "xyz": "jx = 1.0, jy = 0.8, jz = 0.5",
    "j1j2": "j2 = 0.2",
    "long_range_ising": "power = 2.5, h = 1.1",
    "haldane_shastry": "",
    "z2_gauge": "k = 1.2, h = 0.4, j = 0.3",
    "terms": "file = 'h.terms'",
}
ON_LINKS = {"lattice": "geometry = 'square_links', length = 2, 2",
            "hamiltonian": f"model = 'z2_gauge', {MODELS['z2_gauge']}"}
GAUGE = ("star", "plaquette", "wilson", "vison")  # observables of links
HOME = {"z2_gauge": ON_LINKS, "gauge_rbm": ON_LINKS}  # what lives on a lattice of its own
ANSATZ = {
    "rbm": [f"alpha = 2, weights = '{w}', symmetry = '{s}', bias = '{b}'"
            for w in ("real", "complex") for s in ("none", "translation") for b in ("none", "hidden", "both")],
    "jastrow": [f"init_width = 0.1, weights = '{w}', symmetry = '{s}', bias = '{b}'"
                for w in ("real", "complex") for s in ("none", "translation") for b in ("none", "visible")],
    "mean_field": [f"init_width = 0.3, weights = '{w}', symmetry = '{s}'"
                   for w in ("real", "complex") for s in ("none", "uniform")],
    "mlp": [f"units = 4, init_width = 0.2, weights = '{w}', symmetry = '{s}', bias = '{b}'"
            for w in ("real", "phase", "complex") for s in ("none", "translation") for b in ("none", "hidden")] +
           [f"units = 4, init_width = 0.2, {k}" for k in ("layers = 1", "layers = 3", "activation = 'tanh'")],
    "gauge_rbm": [f"alpha = 2, init_flux = 0.2, weights = '{w}', symmetry = '{s}', winding = '{l}'"
                  for w in ("real", "complex") for s in ("none", "translation") for l in ("none", "loops")],
}
MOVES = {
    "flip": ("tfim", "move = 'flip'"),
    "exchange": ("heisenberg", "move = 'exchange', exchange_range = 'any'"),
    "global_flip": ("tfim", "move = 'flip', 'global_flip'"),
    "star": ("z2_gauge", "move = 'flip', 'star'"),
}
OPTIMISERS = {
    "sr": ["solver = 'dense'", "solver = 'dense', momentum = 0.5", "diag_shift = 0.1", "diag_scale = 0.1",
           "diag_shift = 0.1, diag_shift_decay = 0.5, diag_shift_end = 1e-4"],
    "gradient": [""],
    "momentum": [""],
    "adam": [""],
    "lm": ["", "damping_matrix = 'diagonal'"],
    "lbfgs": [""],
}
TRIES = ("lm", "lbfgs")  # find the length of their steps by themselves: no learning rate


def listed(text, title):
    part = re.split(rf"(?m)^{title} .*\n", text)[1]
    return re.findall(r"(?m)^  (\S+) ", re.split(r"(?m)^\S", part)[0])


def number(path, name):
    with h5py.File(path, "r") as file:
        return file[name][()]


def run(test, name, groups, ranks=1):
    folder = test.folder(name)
    (folder / "g.edges").write_text("".join(f"{i} {(i + 1) % 7}\n" for i in range(7)) + "0 3\n")
    (folder / "h.terms").write_text("".join(f"-1.0 Z {i} Z {(i + 1) % 8}\n-0.9 X {i}\n" for i in range(8)))
    test.deck(folder, namelist({**BASE, **groups}))
    done = test.alone(folder, "run", "deck.nml") if ranks == 1 else test.launch(folder, ranks, "run", "deck.nml")
    if not test.expect(done.code == 0, f"{name} {groups} ends with {done.code}:\n{done.text[-1200:]}"):
        return None
    path = folder / "deck.h5"
    mean, error = (number(path, f"observables/energy/{key}") for key in ("mean", "error"))
    exact = number(path, "exact/energy")
    test.expect(mean > exact - 5 * error - 1e-9 * abs(exact), f"{name} {groups}: {mean} +- {error} lies below {exact}")
    return mean


def distinct(test, what, energies):
    """Choices that leave the energy as it is are not there."""
    values = sorted((value, name) for name, value in energies.items() if value is not None)
    for (a, first), (b, second) in zip(values, values[1:]):
        test.expect(abs(a - b) > 1e-10 * abs(a), f"{what}: {first} and {second} give the same energy {a!r}")


def check_names(test):
    text = test.alone(test.root, "list").out
    for title, table in (("lattices", LATTICES), ("Hamiltonians", MODELS), ("ansatz", ANSATZ), ("moves", MOVES),
                         ("optimisers", OPTIMISERS)):
        names = listed(text, title)
        test.expect(set(names) == set(table), f"{title}: {names} listed, {list(table)} here")
    observables = listed(text, "observables")
    test.expect(len(observables) >= 18, f"observables: {observables}")
    return observables


def run_all(test, family, cases, ranks=1):
    """cases: {label: groups}; returns {label: energy}."""
    with ThreadPoolExecutor(3) as pool:  # a launcher mostly waits
        found = pool.map(lambda case: run(test, f"{family}-{case[0]}", case[1][1], ranks), enumerate(cases.items()))
        return dict(zip(cases, found))


def check_members(test):
    run_all(test, "lattice", {name: {"lattice": f"geometry = '{name}', {keys}"} for name, keys in LATTICES.items()}, 2)
    models = {name: {**HOME.get(name, {}), "hamiltonian": f"model = '{name}', {keys}"}
              for name, keys in MODELS.items()}
    distinct(test, "models", run_all(test, "model", models, 2))
    ansatz = {f"{name}: {keys}": {**HOME.get(name, {}), "ansatz": f"kind = '{name}', {keys}"}
              for name, variants in ANSATZ.items() for keys in variants}
    distinct(test, "ansatz", run_all(test, "ansatz", ansatz))
    moves = {name: {**SAMPLED, **HOME.get(model, {}), "hamiltonian": f"model = '{model}'", "sampler": SAMPLED["sampler"] + ", " + keys}
             for name, (model, keys) in MOVES.items()}
    run_all(test, "move", moves, 2)
    optimisers = {f"{name}: {keys}": {"optimiser": f"method = '{name}', iterations = 3, "
                                                   f"{'' if name in TRIES else 'learning_rate = 0.02, '}{keys}"}
                  for name, variants in OPTIMISERS.items() for keys in variants}
    distinct(test, "optimisers", run_all(test, "optimiser", optimisers))


def values(path):
    found = {}
    with h5py.File(path, "r") as file:
        def visit(name, item):
            if name.endswith("/mean") and name != "energy/mean":
                error = file["observables"][name[:-4] + "error"]
                found[name[:-5]] = (np.atleast_1d(item[()]).ravel(), np.atleast_1d(error[()]).ravel())
        file["observables"].visititems(visit)
    return found


def check_observables(test, names, problem):
    """Sampled against the sum over all configurations of the same state, at 6 sigma for each of some 200 values: one
    false alarm in a million runs."""
    hamiltonian = problem["hamiltonian"]
    folder = test.folder("observables-" + re.sub(r"\W+", "_", hamiltonian))
    test.deck(folder, namelist({**BASE, **problem, "sector": "sz = 'all'",
                                "run": BASE["run"] + ", output = 'state.h5'",
                                "ansatz": "kind = 'rbm', weights = 'complex', bias = 'both', init_width = 0.3",
                                "optimiser": "method = 'sr', learning_rate = 0.05, iterations = 10"}), "state.nml")
    done = test.alone(folder, "run", "state.nml")
    test.expect(done.code == 0, f"state: {done.text[-1200:]}")
    wanted = ", ".join(f"'{name}'" for name in names)
    long_run = "max_samples = 65536, rel_error = 1e-9, "
    for name, sampler, evaluate in (("exact", "method = 'full_sum'", ""),
                                    ("sampled", "chains = 64, samples = 1024", long_run)):
        test.deck(folder, namelist({"run": "study = 'evaluate', seed = 8", "state": "file = 'state.h5'",
                                    "sampler": sampler, "evaluate": f"{evaluate}observables = {wanted}"}),
                  name + ".nml")
        done = test.launch(folder, 2, "run", name + ".nml")
        if not test.expect(done.code == 0, f"{name} observables of {hamiltonian}: {done.code}\n{done.text[-1500:]}"):
            return
    exact, sampled = values(folder / "exact.h5"), values(folder / "sampled.h5")
    test.expect(set(exact) == set(sampled), "full sum and sampling measure different quantities")
    for name in names:
        test.expect(any(key == name or key.startswith(name + "/") for key in exact),
                    f"{name} was not measured: {list(exact)}")
    worst = 0.0
    for key in exact:
        (x, no_error), (y, error) = exact[key], sampled[key]
        test.expect(np.nanmax(no_error, initial=0.0) == 0.0, f"{key}: a full sum has an error bar {no_error.max()}")
        test.expect(np.all(np.isfinite(x)) and np.all(np.isfinite(y)), f"{key} is not finite: {x} {y}")
        pull = np.abs(x - y) / np.maximum(error, 1e-12)
        worst = max(worst, pull.max())
        test.expect(pull.max() < 6, f"{key}: {y} +- {error} against {x}: {pull.max():.1f} sigma")
    print(f"{hamiltonian}: {len(exact)} quantities, {sum(x.size for x, _ in exact.values())} values, "
          f"largest deviation {worst:.1f} sigma")


def main():
    test = Test("members")
    observables = check_names(test)
    check_members(test)
    of_spins = [name for name in observables if name not in GAUGE]
    check_observables(test, of_spins, {"hamiltonian": "model = 'tfim', h = 1.3"})
    check_observables(test, of_spins, {"hamiltonian": "model = 'heisenberg', dm = 0.4"})
    check_observables(test, GAUGE, ON_LINKS)
    test.finish()


if __name__ == "__main__":
    main()
