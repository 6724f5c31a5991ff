"""study = 'evaluate', overlaps, sample dumps and init_from, against the same states computed by numpy.

numpy reads /parameters of a results file and enumerates every configuration: amplitudes, energies and overlaps are then
known without our code. Sampled numbers are compared at 5 sigma (one false alarm in 2 million each).
"""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, skip  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError as missing:
    skip(str(missing))

N = 8
SAMPLER = "chains = 64, samples = 1024, discard = 20"
TFIM = {
    "run": "study = 'ground_state', seed = 5",
    "lattice": f"geometry = 'chain', length = {N}",
    "hamiltonian": "model = 'tfim', h = 1.0",
    "ansatz": "kind = 'rbm', alpha = 2, symmetry = 'translation', bias = 'hidden', init_width = 0.1",
    "sampler": SAMPLER,
    "optimiser": "method = 'sr', learning_rate = 0.05, iterations = 20",
    "evaluate": "max_samples = 16384",
}


# -- a translation-shared or plain RBM and the TFIM ring, written down once more ----------------------------------------


def configurations(n, n_up=None):
    spins = np.array(list(itertools.product((1, -1), repeat=n)), dtype=float)
    return spins if n_up is None else spins[(spins > 0).sum(axis=1) == n_up]


def log_cosh(x):
    """For complex x on the branch of log(1 + exp(-2 |x|)), which is smooth enough for amplitudes."""
    y = np.where(np.real(x) < 0, -x, x)
    return y + np.log1p(np.exp(-2 * y)) - np.log(2)


def log_psi(parameters, spins):
    w, n = parameters["W"], spins.shape[1]
    shifts = range(n) if parameters["shared"] else (0,)
    b = parameters.get("b", np.zeros(w.shape[1]))
    a = parameters.get("a", np.zeros(1))
    total = spins @ (a if a.size == n else np.full(n, a[0]))
    for g in shifts:
        total = total + log_cosh(np.roll(spins, g, axis=1) @ w + b).sum(axis=1)
    return total


def read_state(path, shared):
    with h5py.File(path, "r") as file:
        return {"shared": shared, **{name: file[f"parameters/{name}"][()] for name in file["parameters"]}}


def read_value(path, name):
    with h5py.File(path, "r") as file:
        return file[name][()]


def amplitudes(parameters, n, n_up=None):
    value = log_psi(parameters, configurations(n, n_up))
    return np.exp(value - value.real.max())


def tfim_energy(psi, n, h):
    """<H> of H = - sum sz sz - h sum sx on a ring, Pauli matrices."""
    spins = configurations(n)
    diagonal = -(spins * np.roll(spins, -1, axis=1)).sum(axis=1)
    index = np.arange(len(psi))
    flipped = sum(psi[index ^ (1 << bit)] for bit in range(n))
    return (np.vdot(psi, diagonal * psi - h * flipped) / np.vdot(psi, psi)).real


# -- tests --------------------------------------------------------------------------------------------------------------


def train(test, folder, name, **changes):
    trace, _ = test.must_run(folder, 2, namelist({**TFIM, **changes}), name)
    if trace is None:
        test.finish()
    return folder / f"{name}.h5"


def evaluate(test, folder, name, state, ranks=2, sampler=SAMPLER, evaluate="max_samples = 16384", run=""):
    deck = namelist({"run": "study = 'evaluate', seed = 11" + run, "state": state, "sampler": sampler,
                     "evaluate": evaluate})
    test.deck(folder, deck, name + ".nml")
    check = test.alone(folder, "check", name + ".nml")
    test.expect(check.code == 0, f"check of {name} ends with {check.code}:\n{check.err}")
    done = test.launch(folder, ranks, "run", name + ".nml")
    test.expect(done.code == 0, f"{name} ends with {done.code}:\n{done.text[-1500:]}")
    return folder / f"{name}.h5" if done.code == 0 else None


def check_energy(test, folder, file):
    """The energy of the run, of a second look with other samples, and of numpy."""
    psi = amplitudes(read_state(file, True), N)
    exact = tfim_energy(psi, N, 1.0)
    again = evaluate(test, folder, "again", "file = 'a.h5', dump = 1000",
                     evaluate="max_samples = 16384, observables = 'sx', 'szsz'")
    summed = evaluate(test, folder, "summed", "file = 'a.h5'", sampler="method = 'full_sum'", evaluate="")
    for label, path in (("the run", file), ("evaluate", again)):
        if path:
            mean, error = (read_value(path, f"observables/energy/{key}") for key in ("mean", "error"))
            print(f"{label}: E = {mean:.9f} +- {error:.1e}, numpy {exact:.9f}, {(mean - exact) / error:+.1f} sigma")
            test.expect(abs(mean - exact) < 5 * error, f"{label}: {mean} +- {error} against {exact}")
            test.expect(0 < error < 0.05, f"{label}: error bar {error}")
    if summed:
        mean = read_value(summed, "observables/energy/mean")
        test.expect(abs(mean - exact) < 1e-10 * abs(exact), f"full sum {mean!r} against numpy {exact!r}")
    if again:
        test.expect("observables/sx/mean" in h5py.File(again, "r"), "evaluate measured no sx")
        test.expect(b"tfim" in h5py.File(again, "r")["input/state_deck"][()], "the state's deck is not kept")
        sx = [read_value(again, f"observables/sx/{key}").reshape(-1)[0] for key in ("mean", "error")]
        index = np.arange(len(psi))
        per_site = sum((np.vdot(psi, psi[index ^ (1 << bit)]) / np.vdot(psi, psi)).real for bit in range(N)) / N
        test.expect(abs(sx[0] - per_site) < 5 * sx[1], f"sx {sx} against {per_site}")
    return again


def check_dump(test, dumped, file, shared, n, n_up=None):
    """log psi of every dumped sample, and the spread of samples over configurations."""
    if not dumped:
        return
    spins, values = read_value(dumped, "samples/spin"), read_value(dumped, "samples/log_psi")
    test.expect(spins.shape == (len(values), n) and len(values) >= 1000, f"{spins.shape} samples, {values.shape}")
    test.expect(set(np.unique(spins)) == {-1, 1}, "spins are not +-1")
    if n_up is not None:
        test.expect(np.all((spins > 0).sum(axis=1) == n_up), "samples outside their sector")
    mine = log_psi(read_state(file, shared), spins.astype(float))
    ratio = np.exp(values - mine)
    test.expect(np.abs(ratio - 1).max() < 1e-10, f"log psi of the dump differs by {np.abs(ratio - 1).max():.1e}")
    test.expect(np.abs(values.real - mine.real).max() < 1e-10, "log |psi| of the dump")


def check_overlap(test, folder, a, b, shared, n, n_up=None, sampler=SAMPLER):
    """|<a|b>|^2, and of a state with itself, against numpy."""
    x, y = (amplitudes(read_state(folder / f"{name}.h5", shared), n, n_up) for name in (a, b))
    wanted = abs(np.vdot(x, y)) ** 2 / (np.vdot(x, x) * np.vdot(y, y)).real
    both = evaluate(test, folder, f"{a}_{b}", f"file = '{a}.h5', overlap_with = '{b}.h5'", sampler=sampler)
    same = evaluate(test, folder, f"{a}_{a}", f"file = '{a}.h5', overlap_with = '{a}.h5'", ranks=1, sampler=sampler)
    if both:
        found = read_value(both, "overlap/fidelity")
        print(f"overlap of {a} and {b}: {found:.12f}, numpy {wanted:.12f}")
        test.expect(abs(found - wanted) < 1e-10, f"overlap of {a} and {b}: {found!r} against {wanted!r}")
        test.expect(wanted < 0.99, f"{a} and {b} are too alike for a test: {wanted}")
    if same:
        found = read_value(same, "overlap/fidelity")
        test.expect(abs(found - 1) < 1e-12, f"overlap of {a} with itself is {found!r}")


def check_sampled_overlap(test, folder):
    """Beyond 2^20 states the overlap is sampled: 1 for a state with itself, and for two product states
    prod_i cosh^2(a_i + b_i) / (cosh 2a_i cosh 2b_i)."""
    for name, length in (("big", 22), ("big2", 22)):
        field = 1.0 if name == "big" else 1.5
        train(test, folder, name, lattice=f"geometry = 'chain', length = {length}",
              hamiltonian=f"model = 'tfim', h = {field}", ansatz="kind = 'mean_field'",
              optimiser="method = 'sr', learning_rate = 0.1, iterations = 10", reference="method = 'none'",
              evaluate="max_samples = 2048")
    same = evaluate(test, folder, "big_same", "file = 'big.h5', overlap_with = 'big.h5'")
    if same:
        found = read_value(same, "overlap/fidelity"), read_value(same, "overlap/error")
        test.expect(abs(found[0] - 1) < 1e-12, f"sampled overlap of a state with itself: {found}")
    other = evaluate(test, folder, "big_other", "file = 'big.h5', overlap_with = 'big2.h5'",
                     evaluate="max_samples = 65536")
    if other:
        found, error = read_value(other, "overlap/fidelity"), read_value(other, "overlap/error")
        a, b = (read_value(folder / f"{name}.h5", "parameters/a") for name in ("big", "big2"))
        wanted = np.prod(np.cosh(a + b) ** 2 / (np.cosh(2 * a) * np.cosh(2 * b)))
        print(f"sampled overlap {found:.6f} +- {error:.1e}, formula {wanted:.6f}")
        test.expect(0 < error < 0.01 and abs(found - wanted) < 5 * error, f"overlap {found} +- {error}, {wanted}")


def check_refusals(test, folder):
    """States that cannot be compared."""
    short = dict(evaluate="max_samples = 2048", reference="method = 'none'")
    train(test, folder, "heisenberg", hamiltonian="model = 'heisenberg'", **short)
    train(test, folder, "ladder", lattice=f"geometry = 'ladder', legs = 2, length = {N // 2}", **short)
    for other, reason in (("heisenberg", "different Sz sectors"), ("ladder", "different lattices")):
        deck = namelist({"run": "study = 'evaluate', output = 'no.h5'",
                         "state": f"file = 'a.h5', overlap_with = '{other}.h5'", "sampler": SAMPLER,
                         "evaluate": "max_samples = 2048"})
        test.deck(folder, deck, "no.nml")
        for done in (test.alone(folder, "check", "no.nml"), test.launch_each(folder, 2, "run", "no.nml")):
            test.expect(set(done.codes) == {66} and "no.nml:2:" in done.err and reason in done.err,
                        f"{done.codes}: {done.err[:500]}")
        test.expect(not list(folder.glob("no.*h5")), "a refused comparison wrote a file")

    test.deck(folder, namelist({"run": "study = 'evaluate', output = 'no.h5'", "state": "file = 'a.h5', dump = 10",
                                "sampler": "method = 'full_sum'"}), "no.nml")
    for done in (test.alone(folder, "check", "no.nml"), test.launch_each(folder, 2, "run", "no.nml")):
        test.expect(set(done.codes) == {65} and "no.nml:2:" in done.err and "metropolis" in done.err,
                    f"a dump of a full sum: {done.codes}: {done.err[:500]}")
    test.expect(not (folder / "no.h5").exists(), "a refused dump wrote a file")

    before = (folder / "a.h5").read_bytes()
    test.deck(folder, namelist({"run": "study = 'evaluate', output = 'a.h5', overwrite = .true.",
                                "state": "file = './a.h5'", "sampler": SAMPLER}), "no.nml")
    done = test.launch_each(folder, 2, "run", "no.nml")
    test.expect(set(done.codes) == {65} and "no.nml:1:" in done.err and "another output" in done.err,
                f"results over their own state: {done.codes}: {done.err[:500]}")
    test.expect((folder / "a.h5").read_bytes() == before and not (folder / "a.lock").exists(), "the state was touched")


def check_init(test, folder, file):
    """The first energy of a run is that of the state it starts from: at other couplings, and on a longer ring."""
    exact = {"sampler": "method = 'full_sum'", "optimiser": "method = 'sr', learning_rate = 0.05, iterations = 1",
             "evaluate": None, "reference": "method = 'none'"}
    start = TFIM["ansatz"].replace("init_width = 0.1", "init_from = 'a.h5'")
    state = read_state(file, True)
    train_one = dict(ansatz=start, **exact)

    def first(name, ranks, **changes):
        trace, _ = test.must_run(folder, ranks, namelist({**TFIM, **train_one, **changes}), name)
        return trace[0]["energy"] if trace else float("nan")

    wanted = tfim_energy(amplitudes(state, N), N, 1.2)
    found = first("other_h", 2, hamiltonian="model = 'tfim', h = 1.2")
    test.expect(abs(found - wanted) < 1e-10 * abs(wanted), f"init_from at h = 1.2: {found!r}, numpy {wanted!r}")

    # A filter keeps its shape around its centre: the ring is cut at one place, unknown to us, the same for all terms
    # of one filter. All N cuts of each of the two filters are tried.
    longer = 10
    found = first("longer", 2, lattice=f"geometry = 'chain', length = {longer}",
                  ansatz=start)
    w = state["W"]
    candidates = []
    for cuts in itertools.product(range(N), repeat=w.shape[1]):
        wide = np.zeros((longer, w.shape[1]))
        for f, cut in enumerate(cuts):
            wide[:N, f] = np.roll(w[:, f], cut)
        candidates.append(tfim_energy(amplitudes({**state, "W": wide}, longer), longer, 1.0))
    nearest = min(candidates, key=lambda energy: abs(energy - found))
    print(f"init_from {N} -> {longer} sites: {found:.12f}, a padded filter gives {nearest:.12f}")
    test.expect(abs(found - nearest) < 1e-10 * abs(found), f"init_from on {longer} sites: {found!r}, {nearest!r}")
    fresh = first("fresh", 2, lattice=f"geometry = 'chain', length = {longer}", ansatz=TFIM["ansatz"])
    test.expect(found < fresh - 0.1, f"a padded state starts at {found}, a random one at {fresh}")


def main():
    test = Test("evaluate")
    folder = test.folder("tfim")
    file = train(test, folder, "a")
    train(test, folder, "b", hamiltonian="model = 'tfim', h = 3.0",
          optimiser="method = 'sr', learning_rate = 0.05, iterations = 60")
    check_dump(test, check_energy(test, folder, file), file, True, N)
    check_overlap(test, folder, "a", "b", True, N)
    check_refusals(test, folder)
    check_init(test, folder, file)

    folder = test.folder("complex")
    dm = {"hamiltonian": "model = 'heisenberg', dm = 0.5", "reference": "method = 'none'",
          "ansatz": "kind = 'rbm', alpha = 1, weights = 'complex', bias = 'both', init_width = 0.2",
          "evaluate": "max_samples = 4096"}
    first = train(test, folder, "c", **dm)
    train(test, folder, "d", **{**dm, "run": "study = 'ground_state', seed = 6"},
          optimiser="method = 'sr', learning_rate = 0.05, iterations = 3")
    dumped = evaluate(test, folder, "dump", "file = 'c.h5', dump = 1001")
    check_dump(test, dumped, first, False, N, N // 2)
    check_overlap(test, folder, "c", "d", False, N, N // 2)

    check_sampled_overlap(test, test.folder("large"))
    test.finish()


if __name__ == "__main__":
    main()
