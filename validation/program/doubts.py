"""Every doubt that a run can raise about its own numbers, by a deck that raises it, and a deck that raises none; what a
run says of its training's end."""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, read_trace, skip  # noqa: E402

try:
    import h5py
except ImportError:
    skip("no h5py")

BASE = {
    "run": "",
    "lattice": "geometry = 'chain', length = 8",
    "hamiltonian": "model = 'tfim'",
    "ansatz": "kind = 'rbm'",
    "sampler": "chains = 64, samples = 256",
    "optimiser": "iterations = 20, learning_rate = 0.05",
    "evaluate": "rel_error = 2e-2, max_samples = 65536",
}
FORCE = "force = .true.,"
UNTRAINED = "iterations = 0"
# Exchanges alone keep every chain at the magnetisation it began with, which is not where this state is.
STUCK = {"run": FORCE, "sampler": "move = 'exchange', chains = 1024, samples = 1024", "optimiser": UNTRAINED}

# name: (what is different from BASE, the flags that must be raised)
DOUBTFUL = {
    "hurried": ({"evaluate": "rel_error = 1e-9, min_samples = 64, max_samples = 1024"}, ["error_not_reached"]),
    "slow": ({"lattice": "geometry = 'chain', length = 32",
              "sampler": "sweep_size = 1, chains = 16, samples = 64, discard = 3000",
              "evaluate": "min_samples = 320, max_samples = 320, rel_error = 0.1"}, ["under_sampled"]),
    "sticky": ({"lattice": "geometry = 'chain', length = 32", "optimiser": "iterations = 40",
                "sampler": "sweep_size = 1, discard_step = 0, chains = 64, samples = 256"}, ["training_under_sampled"]),
    "stuck": ({**STUCK, "ansatz": "kind = 'mean_field', symmetry = 'uniform', init_width = 3"},
              ["not_ergodic", "chains_disagree", "below_bound", "below_reference"]),
    "turning": ({**STUCK, "ansatz": "kind = 'mean_field', symmetry = 'uniform', weights = 'complex', init_width = 0.4"},
                ["not_ergodic", "imaginary_energy"]),
    "frozen": ({"ansatz": "kind = 'mean_field', init_width = 20", "optimiser": UNTRAINED}, ["frozen_chains"]),
    "large": ({"lattice": "geometry = 'chain', length = 41", "optimiser": "iterations = 1",
               "sampler": "move = 'exchange', 'global_flip', chains = 64, samples = 64"}, ["ergodicity_unknown"]),
    "low": ({"reference": "method = 'value', energy = 0.0"}, ["below_reference"]),
    "frustrated": ({"run": FORCE, "lattice": "geometry = 'triangular', length = 3, 3",
                    "hamiltonian": "model = 'heisenberg'"}, ["sign_problem"]),
    "hardly": ({"hamiltonian": "model = 'j1j2', j2 = 0.01", "sector": "marshall = 'rotate'"}, ["sign_unknown"]),
    "wild": ({"optimiser": "learning_rate = 3, max_step = 0, iterations = 30"}, ["steps_undone"]),
    "singular": ({"optimiser": "solver = 'dense', diag_shift = 0.0, iterations = 3",
                  "sampler": "chains = 16, samples = 32"}, ["solver_fell_back"]),
}
# Needs a local energy that is not finite in few samples of many: a test of the evaluation makes one.
ELSEWHERE = {"samples_dropped"}


def as_text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def deck_text(name, changes):
    groups = {**BASE, **changes}
    groups["run"] += f" instruction_set = 'portable', study = 'ground_state', output = '{name}.h5'"
    return namelist(groups)


def run(test, folder, name, changes):
    """Without a launcher; returns the Run."""
    test.deck(folder, deck_text(name, changes), name + ".nml")
    return test.alone(folder, "run", name + ".nml")


def flags_of(test, folder, name, terminal):
    """The flags of a run, which terminal, trace and results must agree on: {name: text}."""
    with h5py.File(folder / (name + ".h5"), "r") as file:
        flags = {flag: as_text(item[()]) for flag, item in file["warnings"].items()} if "warnings" in file else {}
    lines = [json.loads(line) for line in (folder / (name + ".jsonl")).read_text().splitlines()]
    told = {line["name"]: line["text"] for line in lines if line.get("event") == "warning"}
    test.expect(told == flags, f"{name}: the trace tells {told}, the results {flags}")
    for flag, text in flags.items():
        test.expect(text in terminal, f"{name}: the terminal does not say what {flag} is about: {text}")
    return flags


def documented(test):
    """Names in the table of docs/training.md."""
    section = (test.source / "docs/training.md").read_text().split("## When not to trust the numbers")[1]
    rows = re.findall(r"(?m)^\| (`.*?) \|", section.split("\n## ")[0])
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def check_flags(test, folder):
    done = run(test, folder, "clean", {})
    test.expect(done.code == 0, f"the clean deck ends with {done.code}:\n{done.err}")
    flags = flags_of(test, folder, "clean", done.text)
    test.expect(flags == {}, f"a run without fault raises {flags}")
    with h5py.File(folder / "clean.h5", "r") as file:
        test.expect(0.3 < file["trace/tau_int_steps"][()] < 1.0, f"tau_int_steps {file['trace/tau_int_steps'][()]}")
    raised = set()
    for name, (changes, wanted) in DOUBTFUL.items():
        done = run(test, folder, name, changes)
        if not test.expect(done.code == 0, f"{name} ends with {done.code}:\n{done.text[-2000:]}"):
            continue
        flags = flags_of(test, folder, name, done.text)
        test.expect(set(wanted) <= set(flags), f"{name} raises {sorted(flags)}, not {wanted}")
        raised |= set(flags)
    table = documented(test)
    test.expect(raised <= table, f"flags that docs/training.md does not list: {sorted(raised - table)}")
    test.expect(table - ELSEWHERE <= raised, f"flags that nothing raises: {sorted(table - ELSEWHERE - raised)}")


def check_refusals(test, folder):
    """What may only be overridden is refused first, with the way out."""
    for name, word in (("stuck", "moves"), ("frustrated", "ground-state energy")):
        done = run(test, folder, "no-" + name, {**DOUBTFUL[name][0], "run": ""})
        test.expect(done.code == 65 and word in done.err and "force = .true." in done.err,
                    f"{name} without force ends with {done.code}:\n{done.err}")


def check_undone(test, folder):
    """Each step that was undone left a line with its reason."""
    lines = [json.loads(line) for line in (folder / "wild.jsonl").read_text().splitlines()]
    undone = [line for line in lines if line.get("event") == "undone"]
    with h5py.File(folder / "wild.h5", "r") as file:
        count = int(file["trace/n_rejected"][()])
    test.expect(len(undone) == count > 3 and all(line["reason"] for line in undone),
                f"{len(undone)} lines for {count} steps that were undone")


# -- how a training ended ------------------------------------------------------------------------------------------------

FULL = {"sampler": "method = 'full_sum'", "evaluate": None}
STEADY = "learning_rate = 0.1, plateau_window = 20"


TOLD = {"flat": "no longer falls", "unclear": "cannot be told", "falling": "still falls", "too_short": ""}


def check_end(test, folder, name, changes, verdicts, steps):
    """The verdict in results and on the terminal; steps: a test of how many were done."""
    done = run(test, folder, name, changes)
    if not test.expect(done.code == 0, f"{name} ends with {done.code}:\n{done.text[-2000:]}"):
        return
    trace = read_trace(folder / (name + ".jsonl"))
    test.expect(steps(len(trace)), f"{name}: {len(trace)} steps")
    with h5py.File(folder / (name + ".h5"), "r") as file:
        verdict = as_text(file["trace/plateau"][()])
        test.expect(verdict in verdicts, f"{name}: the plateau is '{verdict}', not in {verdicts}")
        test.expect(("trace/plateau_slope" in file) == (verdict != "too_short"), f"{name}: a slope")
        test.expect(file["trace/energy"].shape == (len(trace),), f"{name}: the trace has other steps than the results")
    test.expect(TOLD[verdict] in done.out, f"{name}: the terminal does not say '{TOLD[verdict]}'")
    test.expect(("and the training ended" in done.out) == (name == "stops"), f"{name}: is it said to have ended early?")


def check_ends(test, folder):
    field = {"lattice": "geometry = 'chain', length = 6", "hamiltonian": "model = 'tfim', h = 3"}
    stop = {"optimiser": STEADY + ", iterations = 600, stop_at_plateau = .true."}
    check_end(test, folder, "stops", {**field, **stop}, ["flat"], lambda n: 40 <= n < 600)
    check_end(test, folder, "goes-on", {**field, "optimiser": STEADY + ", iterations = 600"},
              ["flat", "unclear", "falling"], lambda n: n == 600)
    slowly = "learning_rate = 0.002, iterations = 80, plateau_window = 20"
    field.update(FULL)
    check_end(test, folder, "falls", {**field, "optimiser": slowly + ", stop_at_plateau = .true."}, ["falling"],
              lambda n: n == 80)
    check_end(test, folder, "short", {**field, "optimiser": "iterations = 10"}, ["too_short"], lambda n: n == 10)


def check_extrapolation(test, folder):
    """The end of a line on which the steps and the frozen state lie, called what it is; none from a few steps."""
    path = "observables/energy/extrapolated"
    with h5py.File(folder / "falls.h5", "r") as file:
        if not test.expect(path in file and path + "_error" in file, "no extrapolation of a training that falls"):
            return
        energy, variance = file["observables/energy/mean"][()], file["observables/energy/local_variance"][()]
        slope = file[path].attrs["slope"]
        test.expect(abs(file[path][()] - (energy - slope * variance)) < 1e-9 * abs(energy) and slope > 0,
                    "the extrapolated energy is not on its line")
        test.expect("no bound" in as_text(file[path].attrs["long_name"]) and "assumes" in file[path].attrs,
                    "the extrapolation is not called one")
        test.expect("at zero variance" in as_text(file["provenance/summary"][()]), "the summary does not show it")
    with h5py.File(folder / "short.h5", "r") as file:
        test.expect(path not in file, "an extrapolation from ten steps")


def main():
    test = Test("doubts")
    folder = test.folder("run")
    check_flags(test, folder)
    check_refusals(test, folder)
    check_undone(test, folder)
    check_ends(test, folder)
    check_extrapolation(test, folder)
    test.finish()


if __name__ == "__main__":
    main()
