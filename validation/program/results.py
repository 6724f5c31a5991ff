"""The files of a run and the sub-commands that print them, judged by h5py and Python's json."""

import json
import math
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, skip  # noqa: E402

try:
    import h5py
    import numpy as np
except ImportError as missing:
    skip(str(missing))

STEPS = 4
GROUPS = {
    "run": "instruction_set = 'portable', study = 'ground_state', seed = 5, output = 'result.h5'",
    "lattice": "geometry = 'chain', length = 8",
    "hamiltonian": "model = 'heisenberg', dm = 0.2",
    "ansatz": "kind = 'rbm', alpha = 2, weights = 'complex', bias = 'both'",
    "sampler": "chains = 32, samples = 512, discard = 10",
    "optimiser": f"method = 'sr', iterations = {STEPS}",
    "evaluate": "max_samples = 2048, observables = 'szsz'",
    "reference": "method = 'ed', levels = 3",
}
ENERGY = "mean error variance tau_int r_hat ess n".split()
TRACE = ("energy error variance v_score acceptance tau_int r_hat ess learning_rate diag_shift force_norm step_norm "
         "step").split()
PROVENANCE = "ritz compiler mpi petsc slepc hdf5 blas host date command run_id ranks instruction_set".split()


def as_text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def check_datasets(test, file):
    """Every number says its unit, every dataset what it is."""
    def visit(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        test.expect("long_name" in item.attrs and as_text(item.attrs["long_name"]) != "", f"/{name} has no long_name")
        if item.dtype.kind in "fc":
            test.expect("units" in item.attrs, f"/{name} has no units")
        if item.dtype.names:
            test.expect(item.dtype.names == ("r", "i"), f"/{name} has the fields {item.dtype.names}")
    file.visititems(visit)


def check_units(test, file):
    """Energies in the deck's unit, squares as squares, each column of the trace its own."""
    energy = "energy unit of the deck (spin 1/2)"
    for name, units in (("observables/energy/mean", energy), ("observables/energy/variance", "energy^2"),
                        ("exact/energies", energy), ("trace/energy", energy), ("trace/variance", "energy^2"),
                        ("trace/tau_int", "draws"), ("timing/step_seconds", "s"), ("timing/comm_bytes", "byte"),
                        ("timing/cpu_until_trained", "s"),
                        ("observables/szsz/total/mean", "spin^2")):
        test.expect(as_text(file[name].attrs["units"]) == units, f"units of /{name}: {file[name].attrs['units']}")
    for name, item in file["trace"].items():
        test.expect(as_text(item.attrs["long_name"]) != name, f"/trace/{name} is not in the table of columns")


def check_schema(test, file, deck_text, ranks):
    test.expect(as_text(file.attrs.get("format", "")) == "ritz-results", "no format on the file")
    test.expect("format_version" in file.attrs and as_text(file.attrs.get("study", "")) == "ground_state",
                "format_version or study missing")
    for path in ("input/deck", "input/resolved", "input/hamiltonian", "trace", "observables/energy", "exact/energies",
                 "parameters", "provenance", "timing/total", "provenance/summary"):
        test.expect(path in file, f"no /{path}")
    test.expect(as_text(file["input/deck"][()]) == deck_text, "/input/deck is not the deck")
    hamiltonian = file["input/hamiltonian"]
    test.expect(as_text(hamiltonian[()]).startswith("H = "), "H is not written out")
    test.expect(as_text(hamiltonian.attrs["units"]) == "spin" and "basis" in hamiltonian.attrs, "units or basis of H")
    for name in ENERGY:
        test.expect(f"observables/energy/{name}" in file, f"no /observables/energy/{name}")
    for name in TRACE:
        test.expect(f"trace/{name}" in file and file[f"trace/{name}"].shape == (STEPS,), f"/trace/{name} is not there")
    for name in PROVENANCE:
        test.expect(f"provenance/{name}" in file, f"no /provenance/{name}")
    test.expect(int(file["provenance/ranks"][()]) == ranks, "/provenance/ranks is wrong")
    test.expect(as_text(file["provenance/instruction_set"][()]) == "portable", "not the instruction set of the deck")
    test.expect("deck.nml" in as_text(file["provenance/command"][()]), "the command line is not kept")
    test.expect(file["observables/energy/n"][()] >= 512, "/observables/energy/n is too small")
    test.expect(file["observables/energy/error"][()] > 0, "the error bar is not positive")
    for part in ("mean", "error"):
        found = [name for name in file["observables/szsz"]] if "observables/szsz" in file else []
        test.expect(f"observables/szsz/{part}" in file or any(f"observables/szsz/{f}/{part}" in file for f in found),
                    f"no {part} of szsz")


def check_exact(test, file):
    """Three levels; the lowest is the reference; a variational energy lies above it."""
    levels = file["exact/energies"][()]
    test.expect(levels.shape == (3,) and np.all(np.diff(levels) >= -1e-9), f"levels {levels}")
    test.expect(abs(file["exact/energy"][()] - levels[0]) < 1e-9, "the reference is not the lowest level")
    mean, error = file["observables/energy/mean"][()], file["observables/energy/error"][()]
    check_temple(test, file, mean + 5 * error)
    test.expect(mean > levels[0] - 5 * error, f"E = {mean} +- {error} lies below {levels[0]}")


def check_temple(test, file, highest):
    """A lower bound where the energy lies below the second level, and none elsewhere."""
    first, second = file["exact/energies"][:2]
    has = "observables/energy/temple_lower_bound" in file
    test.expect(has == (highest < second), f"a Temple bound: {has}, E + 5 errors = {highest}, E1 = {second}")
    if has:
        bound, error = (file[f"observables/energy/temple_lower_bound{part}"][()] for part in ("", "_error"))
        test.expect(bound < first + 5 * error, f"the Temple bound {bound} +- {error} lies above {first}")


def check_sector(test, folder):
    """Ring of 8 at momentum 2 pi / 8: the results hold the lowest level of that sector, not the ground state that the
    Bethe ansatz gives. One level cannot tell a unique state from one of several, so that no observable is given."""
    for levels in (1, 2):
        test.deck(folder, namelist({
            "run": f"study = 'exact', output = 'sector{levels}.h5'",
            "lattice": GROUPS["lattice"], "hamiltonian": "model = 'heisenberg'", "sector": "momentum = 1",
            "evaluate": "observables = 'szsz'", "reference": f"levels = {levels}"}))
        run = test.launch(folder, 1, "run", "deck.nml")
        if not test.expect(run.code == 0, f"a sector with {levels} level(s) ends with {run.code}:\n{run.text[-2000:]}"):
            continue
        with h5py.File(folder / f"sector{levels}.h5", "r") as file:
            lowest, energy = file["exact/energies"][0], file["exact/energy"][()]
            test.expect(abs(lowest + 2.4587385088948) < 1e-9 and energy == lowest, f"E0 = {energy}, level {lowest}")
            test.expect("exact diagonalisation" in as_text(file["exact/method"][()]), "the method of a sector's level")
            test.expect(("observables/szsz" in file) == (levels > 1), f"observables of {levels} level(s)")


def check_parameters(test, file):
    group = file["parameters"]
    test.expect(as_text(group.attrs["kind"]) == "rbm" and group.attrs["n_site"] == 8, "attributes of /parameters")
    shapes = {name: group[name].shape for name in group}
    test.expect(shapes == {"W": (8, 16), "b": (16,), "a": (8,)}, f"parameters {shapes}")
    w = group["W"][()]
    test.expect(w.dtype == np.complex128 and np.all(np.isfinite(w)) and np.any(w.imag != 0), f"W is {w.dtype}")


def check_resolved(test, file):
    resolved = file["input/resolved"]
    for group, key, text, source in [
        ("lattice", "length", "8", "deck"), ("lattice", "geometry", "'chain'", "deck"),
        ("sampler", "chains", "32", "deck"), ("sampler", "sweep_size", "8", "derived"),
        ("sampler", "move", "'exchange'", "derived"), ("hamiltonian", "units", "'spin'", "derived"),
        ("sector", "sz", "'0'", "derived"), ("run", "overwrite", ".false.", "default"),
    ]:
        path = f"{group}/{key}"
        if test.expect(path in resolved, f"/input/resolved/{path} is missing"):
            item = resolved[path]
            found = as_text(item[()]), as_text(item.attrs["source"])
            test.expect(found == (text, source), f"/input/resolved/{path} is {found}, not {(text, source)}")


def check_trace(test, folder, file):
    lines = (folder / "result.jsonl").read_text()
    test.expect(lines.endswith("\n"), "the trace's last line is not complete")
    rows = []
    for number, line in enumerate(lines.splitlines(), 1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            test.expect(False, f"line {number} of the trace is not JSON: {error}")
    header, steps = rows[0], [row for row in rows[1:] if "event" not in row]
    test.expect("step" not in header and header.get("format") == "ritz-trace", f"the first line is {header}")
    for key in ("study", "run_id", "seed", "n_site", "hamiltonian", "iterations"):
        test.expect(key in header, f"the trace's header has no {key}")
    test.expect(header.get("run_id") == as_text(file["provenance/run_id"][()]), "run_id of trace and results differ")
    test.expect([row["step"] for row in steps] == list(range(STEPS)), f"steps {[row.get('step') for row in steps]}")
    for key in TRACE:
        found = [row[key] if row[key] is not None else math.nan for row in steps]
        test.expect(np.array_equal(np.array(found, float), file[f"trace/{key}"][()], equal_nan=True),
                    f"{key} differs between trace and results")
    for key in ("step_seconds", "comm_calls", "comm_bytes", "solver"):
        test.expect(key in steps[0], f"the trace has no {key}")
    check_flags(test, [row for row in rows[1:] if "event" in row], file)


def check_flags(test, events, file):
    """What makes numbers doubtful has a name: this deck cannot reach the error it asks for, and nothing else is wrong."""
    flags = {name: as_text(item[()]) for name, item in file["warnings"].items()} if "warnings" in file else {}
    test.expect(list(flags) == ["error_not_reached"], f"flags {flags}")
    told = {row["name"]: row["text"] for row in events if row["event"] == "warning"}
    test.expect(told == flags, f"the trace tells {told}, the results {flags}")
    test.expect(all(text in as_text(file["provenance/summary"][()]) for text in flags.values()), "a flag is not in the summary")


def check_info(test, folder, run):
    info = test.alone(folder, "info", "result.h5")
    test.expect(info.code == 0 and info.err == "", f"ritz info ends with {info.code}: {info.err}")
    with h5py.File(folder / "result.h5", "r") as file:
        summary = as_text(file["provenance/summary"][()])
        energy, error = (file[f"observables/energy/{key}"][()] for key in ("mean", "error"))
    test.expect(info.out.startswith(summary), "ritz info does not begin with the summary")
    for line in summary.splitlines():
        test.expect(line in run.out, f"the terminal did not show: {line}")
    for word in ("H = ", "E = ", "E/N = ", "sector", "V-score", "exact", "provenance", "run_id"):
        test.expect(word in info.out, f"ritz info does not show {word}")
    # Digits are shown as far as the error bar goes.
    shown = re.search(r"(?m)^energy +E = (\S+) \+- (\S+) ", info.out)
    test.expect(shown and abs(float(shown[1]) - energy) < 0.1 * error and abs(float(shown[2]) - error) < 0.1 * error,
                f"ritz info shows another energy: {shown and shown[0]}")


# -- the other sub-commands ---------------------------------------------------------------------------------------------


def check_fixed_point(test, folder, text, name):
    """The resolved deck of a resolved deck is itself."""
    test.deck(folder, text, name)
    first = test.alone(folder, "check", name)
    if not test.expect(first.code == 0, f"check {name} ends with {first.code}:\n{first.err}"):
        return
    test.deck(folder, first.out, name)
    second = test.alone(folder, "check", name)
    test.expect(second.code == 0 and second.err == "", f"the resolved {name} does not pass:\n{second.err}")
    test.expect(first.out == second.out, f"{name}: the resolved deck changes when resolved again:\n"
                + "\n".join(sorted(set(first.out.splitlines()) ^ set(second.out.splitlines()))))


def check_template(test, folder):
    for study in ("ground_state", "exact"):
        made = test.alone(folder, "template", study)
        test.expect(made.code == 0 and f"'{study}'" in made.out, f"template {study} ends with {made.code}: {made.err}")
        text = re.sub(r"(?m)^(\s*)! length = \S+", r"\1length = 8", made.out)
        check_fixed_point(test, folder, text, f"template-{study}.nml")
    made = test.alone(folder, "template", "evaluate")
    test.expect(made.code == 0 and "file = " in made.out, "template evaluate")


def check_help(test, folder):
    overview = test.alone(folder, "help")
    test.expect(overview.code == 0, f"ritz help ends with {overview.code}")
    groups = "run lattice hamiltonian sector ansatz sampler optimiser evaluate reference state".split()
    rows = {"run": "overwrite", "lattice": "boundary", "hamiltonian": "random_field", "sector": "marshall",
            "ansatz": "init_from", "sampler": "beta_min", "optimiser": "learning_rate", "evaluate": "rel_error",
            "reference": "max_dim", "state": "dump"}
    for group in groups:
        test.expect(group in overview.out, f"ritz help does not name &{group}")
        page = test.alone(folder, "help", group)
        test.expect(page.code == 0 and rows[group] in page.out and page.err == "", f"ritz help {group}: {page.err}")
        test.expect(test.alone(folder, "help", "&" + group).out == page.out, f"ritz help &{group} is another page")
    markdown = test.alone(folder, "help", "--markdown")
    test.expect(markdown.code == 0 and all(f"## &{group}" in markdown.out for group in groups), "help --markdown")


def check_list(test, folder):
    made = test.alone(folder, "list")
    test.expect(made.code == 0, f"ritz list ends with {made.code}")
    for name in ("ground_state exact evaluate chain ladder square triangular honeycomb kagome square_links graph tfim "
                 "heisenberg xxz xyz j1j2 long_range_ising haldane_shastry z2_gauge terms rbm jastrow mean_field gauge_rbm mlp "
                 "flip exchange global_flip star sr gradient momentum adam szsz").split():
        test.expect(re.search(rf"(?m)^  {name} +\S", made.out), f"ritz list does not explain {name}")
    version = test.alone(folder, "--version")
    test.expect(version.code == 0 and all(word in version.out for word in ("ritz", "petsc", "slepc", "hdf5", "blas")),
                f"ritz --version: {version.out}{version.err}")
    usage = test.alone(folder, "--help")
    test.expect(usage.code == 0 and "run DECK" in usage.out, "ritz --help")


def check_memory(test, folder, deck_text):
    """More ranks, less memory on each; sizes that can be counted by hand."""
    test.deck(folder, deck_text.replace("samples = 512", "samples = 51200"))
    one, two = test.alone(folder, "check", "deck.nml"), test.alone(folder, "check", "deck.nml", "2")
    test.expect("sites 8, sector dimension 70, parameters 304" in one.out, f"sizes of the deck:\n{one.out[:300]}")
    # a weight, 8 spins, twice 16 complex slopes (weights, hidden biases), 8 + 1 of the visible biases: 82 numbers
    test.expect("on each of 1 rank:" in one.out and "factors 33.6," in one.out, f"memory:\n{one.out[:600]}")
    test.expect("on each of 2 ranks:" in two.out and "factors 16.8," in two.out, f"memory of two:\n{two.out[:600]}")


def main():
    test = Test("results")
    folder = test.folder("run")
    deck_text = namelist(GROUPS)
    test.deck(folder, deck_text)
    run = test.launch(folder, 2, "run", "deck.nml")
    if test.expect(run.code == 0, f"the run ends with {run.code}:\n{run.text[-3000:]}"):
        with h5py.File(folder / "result.h5", "r") as file:
            check_datasets(test, file)
            check_units(test, file)
            check_schema(test, file, deck_text, 2)
            check_exact(test, file)
            check_parameters(test, file)
            check_resolved(test, file)
            check_trace(test, folder, file)
        check_info(test, folder, run)
    check_sector(test, test.folder("sector"))
    commands = test.folder("commands")
    check_memory(test, commands, deck_text)
    check_fixed_point(test, commands, deck_text, "fixed.nml")
    for deck in sorted((test.source / "inputs").rglob("*.nml")):
        if not re.search(r"cluster_terms|init_from|source = 'file'", deck.name + deck.read_text()):  # those read other files too
            check_fixed_point(test, commands, deck.read_text(), deck.name)
    check_template(test, commands)
    check_help(test, commands)
    check_list(test, commands)
    test.finish()


if __name__ == "__main__":
    main()
