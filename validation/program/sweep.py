"""Sweeps: as one job by groups of ranks, and as decks for an array. Points are the single runs they stand for, bit for
bit; a failing point leaves the others alone; finished ones are skipped; the two tables agree.
"""

import csv
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, skip  # noqa: E402
from same import differences  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError as missing:
    skip(str(missing))

BASE = {
    "run": "study = 'ground_state', seed = 3",
    "lattice": "geometry = 'chain', length = 6",
    "hamiltonian": "model = 'tfim', h = 1.2",
    "ansatz": "kind = 'rbm', symmetry = 'translation', bias = 'none'",
    "sampler": "chains = 32, samples = 256, discard = 10",
    "optimiser": "method = 'sr', solver = 'dense', learning_rate = 0.05, iterations = 4",
    "evaluate": "max_samples = 4096, rel_error = 1e-3, observables = 'sx', 'szsz'",
    "reference": "method = 'auto'",
}
AXES = "axes = 'lattice.length = 6, 8', 'hamiltonian.h = 0.7, 1.2', output = 's'"


def rows(folder, name="s"):
    with open(folder / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def steps(path):
    return len([line for line in path.read_text().splitlines() if "step" in json.loads(line)])


def check_table(test, folder, what, n, name="s"):
    """CSV and HDF5 hold the same, which is what the results files say."""
    table = rows(folder, name)
    test.expect(len(table) == n, f"{what}: {len(table)} rows")
    with h5py.File(folder / f"{name}.h5", "r") as file:
        observed = [key for key in ("sx", "sx_error") if key in table[0]]
        for key in ["energy", "error", "exact", "deviation_sigma", "v_score", *observed]:
            column = np.array([float(row[key]) if row[key] else np.nan for row in table])
            test.expect(np.array_equal(column, file["points"][key][()], equal_nan=True), f"{what}: {key} differs")
        states = [["not run", "finished", "failed"][i] for i in file["points/status"][()]]
        test.expect(states == [row["status"] for row in table], f"{what}: {states}")
        test.expect(file["points/reason"][()].decode().splitlines() == [row["reason"] for row in table], f"{what}: reason")
        test.expect(file.attrs["study"] in ("sweep", b"sweep"), f"{what}: {dict(file.attrs)}")
    for row in table:
        if row["status"] != "finished":
            continue
        with h5py.File(folder / row["deck"].replace(".nml", ".h5"), "r") as file:
            energy, error = (file["observables/energy"][key][()] for key in ("mean", "error"))
            exact = file["exact/energy"][()]
            sx = [file[f"observables/sx/{key}"][0] for key in ("mean", "error") if "sx" in file["observables"]]
        test.expect([float(row[key]) for key in ("sx", "sx_error") if key in row] == sx, f"{what}: {sx} {row}")
        test.expect(not any(key.startswith("szsz") for key in row), f"{what}: {list(row)}")
        test.expect(float(row["energy"]) == energy and float(row["error"]) == error, f"{what}: {row}")
        test.expect(abs(float(row["deviation_sigma"]) - (energy - exact) / error) < 1e-9, f"{what}: {row}")
    return table


def check_groups(test, ranks, size):
    """By groups of `size` ranks, against single runs of the same decks on as many."""
    what = f"{ranks} ranks by {size}"
    folder, single = test.folder(f"groups-{ranks}-{size}"), test.folder(f"single-{ranks}-{size}")
    test.deck(folder, namelist({**BASE, "sweep": f"{AXES}, ranks_per_point = {size}"}))
    run = test.launch(folder, ranks, "run", "deck.nml")
    test.expect(run.code == 0, f"{what} ends with {run.code}:\n{run.text[-2000:]}")
    table = check_table(test, folder, what, 4)
    values = [(row["lattice.length"], row["hamiltonian.h"]) for row in table]
    test.expect("sx" in table[0] and "sx_error" in table[0], f"{what}: columns {list(table[0])}")
    test.expect(values == [("6", "0.7"), ("6", "1.2"), ("8", "0.7"), ("8", "1.2")], f"{what}: {values}")
    test.expect(sorted(p.name for p in (folder / "s").iterdir() if p.suffix in (".lock", ".failed") or p.is_dir()) == [],
                f"{what}: left over: {sorted((folder / 's').iterdir())}")
    for i in (1, 4):
        (single / "s").mkdir(exist_ok=True)
        test.deck(single, (folder / f"s/{i:04d}.nml").read_text(), f"s/{i:04d}.nml")
        done = test.launch(single, size, "run", f"s/{i:04d}.nml")
        test.expect(done.code == 0, f"{what}: point {i} alone ends with {done.code}:\n{done.text[-2000:]}")
        different = [name for name in differences(folder / f"s/{i:04d}.h5", single / f"s/{i:04d}.h5")
                     if name != "input/deck"]
        test.expect(not different, f"{what}: point {i} differs from a single run in {different[:6]}")
    return folder


def check_solvers(test):
    """Libraries with communicators of their own, in two groups of two ranks: ScaLAPACK, PETSc, SLEPc."""
    folder = test.folder("solvers")
    test.deck(folder, namelist({**BASE, "sweep": "axes = 'optimiser.solver = kernel, dense, cg', 'run.seed = 1, 2', "
                                                 "ranks_per_point = 2, output = 's'"}))
    run = test.launch(folder, 4, "run", "deck.nml")
    test.expect(run.code == 0, f"solvers end with {run.code}:\n{run.text[-2000:]}")
    check_table(test, folder, "solvers", 6)
    test.deck(folder, namelist({"run": "study = 'exact'", "lattice": BASE["lattice"], "hamiltonian": "model = 'tfim'",
                                "reference": "levels = 2",
                                "sweep": "axes = 'reference.solver = slepc, lanczos, dense', 'lattice.length = 6, 8', "
                                         "ranks_per_point = 2, output = 'e'"}), "exact.nml")
    run = test.launch(folder, 4, "run", "exact.nml")
    test.expect(run.code == 0, f"exact solvers end with {run.code}:\n{run.text[-2000:]}")
    energies = [float(row["energy"]) for row in rows(folder, "e")]
    for i in range(2, 6):
        test.expect(abs(energies[i] - energies[i % 2]) < 1e-9, f"exact energies {energies}")


def check_failure(test):
    """A point that cannot be run; then the same command runs the rest only."""
    folder = test.folder("failure")
    groups = {**BASE, "sampler": "chains = 32, samples = 256, discard = 10, move = 'exchange'",
              "hamiltonian": "model = 'heisenberg'", "sector": "sz = '0'",
              "sweep": "axes = 'lattice.length = 6, 7, 8', output = 's'"}
    test.deck(folder, namelist(groups))
    for ranks in (2, 1, 3):
        run = test.launch(folder, ranks, "run", "deck.nml")
        test.expect(run.code == 76, f"failure on {ranks} ends with {run.code}:\n{run.text[-2000:]}")
        table = check_table(test, folder, "failure", 3)
        test.expect([row["status"] for row in table] == ["finished", "failed", "finished"], f"failure: {table}")
        test.expect("sz" in table[1]["reason"] and "error" in table[1]["reason"], f"failure: {table[1]['reason']!r}")
        when = [(folder / f"s/{i:04d}.h5").stat().st_mtime_ns for i in (1, 3)]
        test.expect(when == check_failure.__dict__.setdefault("when", when), "finished points were run again")
    test.expect("1 of 3 points are not finished" in run.text, run.text[-500:])


def check_rerun(test, folder):
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0 and "0 to run" in run.text, f"rerun: {run.code} {run.text}")
    (folder / "s/0002.h5").unlink()
    run = test.alone(folder, "sweep", "deck.nml")
    test.expect(run.code == 0 and "3 finished" in run.text and "--array=2 " in run.text, f"collect: {run.text}")
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0 and "1 to run" in run.text, f"rerun of one: {run.code} {run.text}")
    test.deck(folder, (folder / "deck.nml").read_text().replace("seed = 3", "seed = 4"))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 73 and "s/0001.h5" in run.text, f"another deck: {run.code} {run.text}")
    test.deck(folder, (folder / "deck.nml").read_text().replace("seed = 4", "seed = 4, overwrite = .true."))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0 and "4 to run" in run.text, f"overwrite: {run.code} {run.text}")


def check_warm_start(test):
    """Each length from the one before; one after a failure is not run. As an array: decks in the order printed."""
    folder = test.folder("warm")
    sweep = "axes = 'lattice.length = 6, 8, 10', 'run.seed = 1, 2', warm_start = 'lattice.length', output = 's'"
    test.deck(folder, namelist({**BASE, "sweep": sweep}))
    run = test.launch(folder, 3, "run", "deck.nml")
    test.expect(run.code == 0, f"warm start ends with {run.code}:\n{run.text[-2000:]}")
    check_table(test, folder, "warm start", 6)
    for i, start in ((1, None), (2, None), (3, 1), (6, 4)):
        text = (folder / f"s/{i:04d}.nml").read_text()
        test.expect((f"init_from = '{start or 0:04d}.h5'" in text) == (start is not None), f"point {i}:\n{text}")
    array = test.folder("array")
    test.deck(array, namelist({**BASE, "sweep": sweep}))
    run = test.alone(array, "sweep", "deck.nml")
    lines = [line.split() for line in run.out.splitlines() if line.startswith("sbatch")]
    test.expect([line[1] for line in lines] == ["--array=1,2", "--array=3,4", "--array=5,6"], run.text)
    for i in range(1, 7):
        done = test.alone(array, "run", f"s/{i:04d}.nml")
        test.expect(done.code == 0, f"array task {i}: {done.code} {done.text[-1000:]}")
    run = test.alone(array, "sweep", "deck.nml")
    test.expect(run.code == 0 and "6 finished" in run.text, f"collect: {run.text}")
    a, b = check_table(test, folder, "job", 6), check_table(test, array, "array", 6)
    test.expect([row["energy"] for row in a] == [row["energy"] for row in b], "array and job differ")
    broken = test.folder("broken")
    test.deck(broken, namelist({**BASE, "ansatz": "kind = 'rbm', symmetry = 'none', bias = 'none'", "sweep": sweep}))
    run = test.launch(broken, 2, "run", "deck.nml")
    table = rows(broken)
    test.expect(run.code == 76 and [row["status"] for row in table] == ["finished"] * 2 + ["failed"] * 4,
                f"states that do not fit: {run.code} {table}")
    test.expect("starts from" in table[4]["reason"], table[4]["reason"])


def check_files(test):
    """Files that a deck names are found from the points' decks; a folder that is something else is left alone."""
    folder = test.folder("files")
    (folder / "in").mkdir()
    (folder / "in/h.terms").write_text("".join(f"-1.0 Z {i} Z {(i + 1) % 4}\n-0.9 X {i}\n" for i in range(4)))
    test.deck(folder, namelist({"run": "study = 'exact'", "lattice": "geometry = 'chain', length = 4",
                                "hamiltonian": "model = 'terms', file = 'h.terms'",
                                "sweep": "axes = 'reference.levels = 1, 2', output = 'out'"}), "in/deck.nml")
    run = test.launch(folder, 2, "run", "in/deck.nml")
    test.expect(run.code == 0, f"files: {run.code} {run.text[-1500:]}")
    (folder / "out.h5").write_text("precious")
    run = test.alone(folder, "sweep", "in/deck.nml")
    test.expect(run.code == 73 and (folder / "out.h5").read_text() == "precious", f"foreign table: {run.code} {run.text}")
    run = test.alone(folder, "sweep", "out/0001.nml")
    test.expect(run.code == 64 and "no &sweep" in run.text, f"no sweep: {run.code} {run.text}")
    test.deck(folder, namelist({**BASE, "sweep": AXES + ", ranks_per_point = 3"}), "many.nml")
    run = test.launch(folder, 2, "run", "many.nml")
    test.expect(run.code == 65 and "3 ranks for a point, but this run has 2" in run.text, f"{run.code} {run.text}")


def main():
    test = Test("sweep")
    folder = check_groups(test, 1, 1)
    check_rerun(test, folder)
    check_groups(test, 3, 1)
    check_groups(test, 3, 2)
    check_groups(test, 4, 2)
    check_solvers(test)
    check_failure(test)
    check_warm_start(test)
    check_files(test)
    test.finish()


if __name__ == "__main__":
    main()
