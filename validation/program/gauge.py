"""The Z2 gauge theory by the program: the toric code to the last digit, summed and sampled; a point near the transition
on 1 to 4 ranks, stopped and resumed, with every star 1 on every sample; the table of a sweep.

At 5 sigma one false alarm in a million runs.
"""

import csv
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, skip  # noqa: E402
from same import differences  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError as missing:
    skip(str(missing))

E0 = -9.5557705435615  # 3 x 3, k = 1, h = 0.3
OBSERVABLES = "observables = 'sx', 'star', 'plaquette'"
SUM, SAMPLE = "method = 'full_sum'", "move = 'flip', 'star', chains = 64, samples = 1024, discard = 300"
POINT = {
    "run": "study = 'ground_state', seed = 3, reproducible = .true.",
    "lattice": "geometry = 'square_links', length = 3, 3",
    "hamiltonian": "model = 'z2_gauge', h = 0.3",
    "ansatz": "kind = 'gauge_rbm', alpha = 4, symmetry = 'translation'",
    "sampler": "chains = 64, samples = 1024, discard = 20",
    "optimiser": "method = 'sr', learning_rate = 0.05, diag_shift = 1e-3, iterations = 80",
    "evaluate": "min_samples = 16384, max_samples = 16384, " + OBSERVABLES,
    "reference": "method = 'formula'",
}


def toric(length, ansatz, sampler, optimiser):
    return {**POINT, "lattice": f"geometry = 'square_links', length = {length}, {length}",
            "hamiltonian": "model = 'z2_gauge', h = 0.0, j = 1.0", "sampler": sampler,
            "ansatz": f"kind = 'gauge_rbm', {ansatz}", "optimiser": f"method = 'sr', {optimiser}",
            "evaluate": OBSERVABLES if sampler == SUM else POINT["evaluate"],
            "reference": f"method = 'value', energy = {-2.0 * length * length}"}


def measured(path):
    with h5py.File(path, "r") as file:
        found = {name: tuple(float(np.ravel(group[key])[0]) for key in ("mean", "error"))
                 for name, group in file["observables"].items()}
        return found, float(file["exact/energy"][()])


def check_toric_code(test):
    cases = {
        "summed": toric(2, "", SUM, "learning_rate = 0.2, diag_shift = 1e-12, iterations = 40"),
        "sampled": toric(8, "init_flux = 5, symmetry = 'translation'", SAMPLE, "iterations = 3"),
    }
    for name, groups in cases.items():
        folder = test.folder(f"toric-{name}")
        test.deck(folder, namelist(groups))
        run = test.launch(folder, 2, "run", "deck.nml")
        if not test.expect(run.code == 0, f"toric code {name} ends with {run.code}:\n{run.text[-1500:]}"):
            continue
        found, exact = measured(folder / "deck.h5")
        (energy, error), star, plaquette = found["energy"], found["star"], found["plaquette"]
        test.expect(abs(energy - exact) < 1e-12 * abs(exact) and error == 0.0,
                    f"toric code {name}: {energy!r} +- {error}")
        test.expect(abs(star[0] - 1.0) < 1e-14 and star[1] == 0.0, f"toric code {name}: stars {star}")
        test.expect(abs(plaquette[0] - 1.0) < 1e-12, f"toric code {name}: plaquettes {plaquette}")


def check_ranks(test):
    """The point of the transition: exact within errors, the same files on any number of ranks."""
    whole = None
    for ranks in (1, 2, 3, 4):
        folder = test.folder(f"ranks-{ranks}")
        test.deck(folder, namelist(POINT))
        run = test.launch(folder, ranks, "run", "deck.nml")
        if not test.expect(run.code == 0, f"{ranks} ranks end with {run.code}:\n{run.text[-1500:]}"):
            return None
        if whole is None:
            whole = folder / "deck.h5"
            found, exact = measured(whole)
            energy, error = found["energy"]
            test.expect(abs(exact - E0) < 1e-10, f"the dual has {exact!r}")
            test.expect(abs(energy - E0) < 5 * error + 1e-4 * abs(E0), f"{energy} +- {error}, exact {E0}")
            test.expect(found["star"] == (1.0, 0.0), f"stars {found['star']}")
        different = differences(whole, folder / "deck.h5")
        test.expect(not different, f"{ranks} ranks and one differ in {different[:6]}")
    return whole


def check_resume(test):
    """Stopped in the middle by a STOP file, taken up on another number of ranks: the files of the undisturbed run."""
    groups = {**POINT, "optimiser": POINT["optimiser"].replace("80", "1500")}
    whole, folder = test.folder("whole"), test.folder("stopped")
    for place in (whole, folder):
        test.deck(place, namelist(groups))
    test.expect(test.launch(whole, 1, "run", "deck.nml").code == 0, "the whole run failed")
    process = subprocess.Popen([test.mpiexec, test.flag, "2", test.ritz, "run", "deck.nml"], cwd=folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    trace, until = folder / "deck.jsonl", time.monotonic() + 60
    while time.monotonic() < until and not (trace.exists() and trace.read_text().count("\n") > 5):
        time.sleep(0.02)
    (folder / "STOP").touch()
    code = process.wait(timeout=120)
    test.expect(code == 75 and (folder / "deck.ckpt.h5").exists(), f"the stopped run ends with {code}")
    run = test.launch(folder, 3, "resume", "deck.nml")
    test.expect(run.code == 0, f"resume ends with {run.code}:\n{run.text[-1500:]}")
    different = differences(whole / "deck.h5", folder / "deck.h5") if run.code == 0 else ["no results"]
    test.expect(not different, f"resumed and whole run differ in {different[:6]}")


def check_sweep(test):
    folder = test.folder("sweep")
    short = {**POINT, "optimiser": POINT["optimiser"].replace("80", "3"),
             "evaluate": POINT["evaluate"] + ", 'vison'"}
    test.deck(folder, namelist({**short, "sweep": "axes = 'lattice.length = 2 2, 3 3', 'hamiltonian.h = 0.2, 0.4'"}))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0, f"sweep ends with {run.code}:\n{run.text[-1500:]}")
    with open(folder / "deck.sweep.csv", newline="") as file:
        table = list(csv.DictReader(file))
    test.expect(len(table) == 4 and all(row["status"] == "finished" for row in table), f"sweep: {table}")
    for row in table:
        test.expect(float(row["star"]) == 1.0 and float(row["star_error"]) == 0.0, f"sweep: {row}")
        test.expect(all(row[key] for key in ("exact", "sx", "plaquette", "vison/m2", "vison/ratio_error")), f"{row}")


def main():
    test = Test("gauge")
    check_toric_code(test)
    check_ranks(test)
    check_resume(test)
    check_sweep(test)
    test.finish()


if __name__ == "__main__":
    main()
