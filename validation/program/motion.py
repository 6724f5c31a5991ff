"""study = 'hamiltonian_network': what is learned is right, is the same on any number of ranks, and a stopped run goes on
to the same file; decks that cannot be meant are refused at their place."""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, skip  # noqa: E402
from same import differences  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError:
    skip("no h5py and numpy")

PENDULUM = {"system": "name = 'pendulum'", "data": "trajectories = 10, points = 20"}
NETWORK = "model = 'hamiltonian', hidden = 8, 8"
ROLLOUT = "trajectories = 3, duration = 10.0, samples = 50, section_points = 2, lyapunov = .true."

SAME = {
    "lm": {"network": NETWORK, "optimiser": "method = 'lm', iterations = 12"},
    "lbfgs": {"network": NETWORK + ", precision = 'single'", "optimiser": "method = 'lbfgs', iterations = 20"},
    "adam": {"network": "model = 'separable', hidden = 8", "data": "trajectories = 10, points = 20, batch = 70",
             "optimiser": "method = 'adam', learning_rate = 0.01, iterations = 20"},
    "black_box": {"network": "model = 'black_box', hidden = 8", "optimiser": "method = 'lm', iterations = 5"},
    "map": {"network": "model = 'sympnet'", "optimiser": "method = 'lm', iterations = 20"},
    "linear": {"network": "model = 'random_features', n_features = 40"},
}


def deck(groups, more=""):
    return namelist({"run": f"study = 'hamiltonian_network', seed = 4{more}", **PENDULUM, "rollout": ROLLOUT, **groups})


def run(test, name, groups, ranks, more=""):
    folder = test.folder(f"{name}-{ranks}")
    test.deck(folder, deck(groups, more), "deck.nml")
    done = test.launch(folder, ranks, "run", "deck.nml")
    test.expect(done.code == 0, f"{name} on {ranks} ranks ends with {done.code}:\n{done.text[-1500:]}")
    return folder / "deck.h5"


def check_ranks(test):
    for name, groups in SAME.items():
        first = run(test, name, groups, 1, ", reproducible = .true.")
        for ranks in (2, 3):
            other = run(test, name, groups, ranks, ", reproducible = .true.")
            if first.exists() and other.exists():
                found = differences(first, other)
                test.expect(not found, f"{name}: 1 and {ranks} ranks differ in {found[:6]}")


def check_truth(test):
    """H = q^2 + p^2 is found from its own data, and followed: what the results say of the orbits is theirs."""
    path = run(test, "spring", {"system": "name = 'mass_spring', mass = 0.5, stiffness = 2.0",
                                "network": "model = 'polynomial', degree = 2"}, 2)
    if not path.exists():
        return
    with h5py.File(path, "r") as file:
        found = file["parameters/c"][()]  # q, p, q^2, q p, p^2
        test.expect(np.allclose(found, [0, 0, 1, 0, 1], atol=1e-12), f"q^2 + p^2 came out as {found}")
        test.expect(file["learned/field_error"][()] < 1e-24, "the field of a polynomial is not found")
        test.expect(np.all(file["rollout/symplecticity"][()] < 1e-13), "the steps are not symplectic")
        # The implicit midpoint conserves a quadratic H, and turns by 2 atan(w h / 2) per step instead of w h.
        for name in ("energy", "learned_energy"):
            test.expect(np.all(np.abs(file[f"rollout/{name}/max"][()]) < 1e-12), f"{name} is not conserved")
        step, frequency = 0.05, 2.0
        lag = 2 * np.pi * (2 * np.arctan(frequency * step / 2) / (frequency * step) - 1)
        phase = file["rollout/phase"][()]
        test.expect(np.all(np.abs(phase - lag) < 1e-3 * abs(lag)), f"phases {phase} instead of {lag}")
        points = file["rollout/section/truth"][()]
        period = points[:, 1, 0] - points[:, 0, 0]
        test.expect(np.allclose(period, np.pi, atol=1e-9), f"periods {period} instead of pi")


def check_resume(test):
    """Stopped in training, gone on with on other ranks."""
    groups = {"network": NETWORK, "optimiser": "method = 'lm', iterations = 300"}
    whole = run(test, "whole", groups, 2, ", reproducible = .true.")
    folder = test.folder("stopped")
    test.deck(folder, deck(groups, ", reproducible = .true."), "deck.nml")

    def stop():
        for _ in range(3000):
            trace = folder / "deck.jsonl"
            if trace.exists() and len(trace.read_bytes().splitlines()) > 12:
                break
            time.sleep(0.01)
        (folder / "STOP").touch()

    thread = threading.Thread(target=stop)
    thread.start()
    done = test.launch(folder, 2, "run", "deck.nml")
    thread.join()
    test.expect(done.code == 75, f"a STOP file ends the run with {done.code}:\n{done.text[-800:]}")
    (folder / "STOP").unlink(missing_ok=True)
    done = test.launch(folder, 3, "resume", "deck.ckpt.h5")
    test.expect(done.code == 0, f"the resumed run ends with {done.code}:\n{done.text[-1500:]}")
    if whole.exists() and (folder / "deck.h5").exists():
        found = differences(whole, folder / "deck.h5")
        test.expect(not found, f"whole and resumed run differ in {found[:6]}")


def check_refusals(test):
    folder = test.folder("refused")
    lm = "method = 'lm', iterations = 2"
    for groups, code, key, words in (
        ({"network": NETWORK, "optimiser": lm, "integrator": "method = 'yoshida6'"}, 65, "'yoshida6'", "implicit_midpoint"),
        ({"network": "model = 'black_box'", "optimiser": lm, "integrator": "method = 'discrete_gradient'"}, 65,
         "'discrete_gradient'", "has not"),
        ({"network": "model = 'sympnet'", "optimiser": lm, "integrator": "method = 'rk4'"}, 65, "'method'", "own steps"),
        ({"network": NETWORK, "optimiser": lm, "rollout": "section = 3"}, 65, "section is 3", "2 numbers"),
        ({"network": "model = 'polynomial', degree = 12", "data": "trajectories = 1, points = 8"}, 65, "no.nml:",
         "too few for the 90 parameters"),
        ({"network": NETWORK, "optimiser": lm, "data": "source = 'file', file = 'none.csv'"}, 66, "none.csv", "cannot open"),
    ):
        test.deck(folder, deck(groups), "no.nml")
        done = test.launch_each(folder, 2, "run", "no.nml")
        test.expect(set(done.codes) == {code} and key in done.err and words in done.err,
                    f"{groups}: {done.codes}: {done.err[:600]}")
        test.expect(not (folder / "no.h5").exists(), f"{groups}: a refused run wrote results")
        for left in folder.glob("no.*h5"):
            left.unlink()


def main():
    test = Test("motion")
    check_truth(test)
    check_ranks(test)
    check_resume(test)
    check_refusals(test)
    test.finish()


if __name__ == "__main__":
    main()
