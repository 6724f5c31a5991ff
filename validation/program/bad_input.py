"""Bad decks and command lines: one clear message, the documented exit code on every rank, and nothing written.

A case is a good deck with one fault. `ritz check` must find it without MPI where it can be found so, and `ritz run`
must find it on two ranks; each message is looked for once, not once per rank.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, watch  # noqa: E402

USAGE, DECK, INPUT, ENVIRONMENT, CREATE = 64, 65, 66, 69, 73

GOOD = {
    "run": "study = 'ground_state', seed = 1, output = 'out.h5'",
    "lattice": "geometry = 'chain', length = 8",
    "hamiltonian": "model = 'tfim'",
    "sector": None,
    "ansatz": "kind = 'rbm', alpha = 1",
    "sampler": "chains = 32, samples = 256, discard = 10",
    "optimiser": "method = 'sr', iterations = 2",
    "evaluate": "max_samples = 512",
}
HEISENBERG = {"hamiltonian": "model = 'heisenberg'"}
TERMS = {"hamiltonian": "model = 'terms', file = 'h.terms'"}
GRAPH = {"lattice": "geometry = 'graph', edges = 'g.edges'"}


def good(**changes):
    return namelist({**GOOD, **changes})


def exact(lattice, sector, **more):
    return namelist({"run": "study = 'exact', output = 'out.h5'", "lattice": lattice,
                     "hamiltonian": "model = 'heisenberg'", "sector": sector, **more})


def gauge(**changes):
    return good(**{"lattice": "geometry = 'square_links', length = 3, 3", "hamiltonian": "model = 'z2_gauge'",
                   "ansatz": "kind = 'gauge_rbm'", "evaluate": "max_samples = 512, observables = 'star'", **changes})


def renamed(old, new):
    return good().replace(old, new, 1)


class Case:
    def __init__(self, name, deck, code, *fragments, files=None, modes="check run"):
        self.name, self.deck, self.code, self.fragments = name, deck, code, fragments
        self.files, self.modes = files or {}, modes.split()


# Fragments are texts that must be in the report.
CASES = [
    Case("misspelt_group", renamed("&lattice", "&latice"), DECK,
         "unknown group &latice", "deck.nml:2:", "'lattice'", "study 'ground_state' reads &run &lattice"),
    Case("misspelt_key", renamed("length", "lenght"), DECK,
         "unknown key 'lenght' in group &lattice", "deck.nml:2:", "'length'", "&lattice geometry"),
    Case("wrong_type", renamed("length = 8", "length = 'eight'"), DECK,
         "key 'length' in group &lattice takes", "deck.nml:2:", "integer", "'eight'"),
    Case("wrong_type_real", renamed("iterations = 2", "iterations = 2.5"), DECK,
         "key 'iterations' in group &optimiser takes", "deck.nml:6:", "integer", "2.5"),
    Case("out_of_range", renamed("seed = 1", "seed = -1"), DECK,
         "key 'seed' in group &run is -1; allowed:", "deck.nml:1:"),
    Case("no_threads", renamed("seed = 1", "threads = 0"), DECK,
         "key 'threads' in group &run is 0; allowed:", "deck.nml:1:"),
    Case("out_of_range_length", renamed("length = 8", "length = 0"), DECK,
         "key 'length' in group &lattice is 0; allowed:", "deck.nml:2:"),
    Case("bad_choice", renamed("kind = 'rbm'", "kind = 'rmb'"), DECK,
         "key 'kind' in group &ansatz is 'rmb'; allowed:", "deck.nml:4:", "rbm", "jastrow"),
    Case("unused_key_model", good(hamiltonian="model = 'heisenberg', h = 1.0"), DECK,
         "key 'h' in group &hamiltonian is not used by model = 'heisenberg'", "deck.nml:3:", "tfim"),
    Case("unused_key_sampler", good(sampler="method = 'full_sum', chains = 32"), DECK,
         "key 'chains' in group &sampler is not used by method = 'full_sum'", "deck.nml:5:", "metropolis"),
    Case("unread_group", good(reference="", state="file = 'x.h5'"), DECK,
         "group &state is not read by study 'ground_state'", "deck.nml:9:"),
    Case("missing_group", good(hamiltonian=None), DECK,
         "group &hamiltonian", "is missing", "ground_state"),
    Case("missing_key", good(lattice="length = 8"), DECK,
         "key 'geometry'", "&lattice", "deck.nml:2:"),
    Case("missing_length", good(lattice="geometry = 'chain'"), DECK,
         "length", "deck.nml:2:"),
    Case("empty_deck", "", DECK, "study", "deck.nml"),
    Case("unknown_study", renamed("'ground_state'", "'ground_stat'"), DECK,
         "key 'study' in group &run is 'ground_stat'; allowed:", "deck.nml:1:", "exact", "evaluate"),
    Case("unclosed_group", good().rstrip().rstrip("/"), DECK, "deck.nml:7:", "&evaluate"),
    Case("group_twice", good() + "&lattice geometry = 'chain', length = 10 /\n", DECK,
         "group &lattice is given twice", "deck.nml:8:", "line 2"),

    Case("odd_ring_marshall",
         good(lattice="geometry = 'chain', length = 9", hamiltonian="model = 'heisenberg'",
              sector="sz = '1/2', marshall = 'rotate'"), DECK,
         "a rotation needs two sublattices", "deck.nml:4:", "9 sites", "'none'"),
    Case("sz_half", good(**HEISENBERG, sector="sz = '1/2'"), DECK,
         "8 sites have no sector Sz = 1/2", "deck.nml:4:", "-4 to 4"),
    Case("sz_large", good(**HEISENBERG, sector="sz = '9'"), DECK,
         "8 sites have no sector Sz = 9", "deck.nml:4:", "-4 to 4"),
    Case("sz_word", good(**HEISENBERG, sector="sz = 'up'"), DECK,
         "'up' is not a sector", "deck.nml:4:", "'auto'"),
    Case("sz_not_kept", good(sector="sz = '0'"), DECK,
         "does not keep total Sz", "deck.nml:4:", "tfim", "'all'"),
    Case("sector_of_exact", good(sector="momentum = 0"), DECK,
         "key 'momentum' selects a sector of study = 'exact'", "deck.nml:4:"),
    Case("move_leaves_sector",
         good(**HEISENBERG, sector="sz = '0'", sampler="move = 'flip', chains = 32, samples = 256"), DECK,
         "move 'flip'", "deck.nml:6:", "sz"),
    Case("unknown_move", good(sampler="move = 'flop', chains = 32, samples = 256"), DECK,
         "key 'move' in group &sampler is 'flop'; allowed:", "deck.nml:5:", "exchange", "'flip'"),
    Case("samples_not_multiple", good(sampler="chains = 32, samples = 250"), DECK,
         "samples = 250 must be a positive multiple of chains = 32", "deck.nml:5:", "256"),
    Case("chains_not_multiple", good(sampler="chains = 24, samples = 240"), DECK,
         "chains * replicas = 24 * 1 must be a positive multiple of 16", "deck.nml:5:"),
    Case("replicas", good(sampler="chains = 32, samples = 256, replicas = 3"), DECK,
         "replicas = 3; allowed are", "deck.nml:5:"),
    Case("idle_beta_min", good(sampler="chains = 32, samples = 256, beta_min = 0.1"), DECK,
         "key 'beta_min' has no effect with replicas = 1", "deck.nml:5:"),
    Case("idle_exchange_range", good(sampler="chains = 32, samples = 256, exchange_range = 'any'"), DECK,
         "key 'exchange_range' has no effect without the move 'exchange'", "deck.nml:5:"),
    Case("activation_of_one_layer", good(ansatz="kind = 'mlp', layers = 1, activation = 'tanh'"), DECK,
         "key 'activation' has no effect with layers = 1", "deck.nml:4:"),
    Case("idle_move_weights", good(sampler="chains = 32, samples = 256, move_weights = 2"), DECK,
         "key 'move_weights' has no effect with one move", "deck.nml:5:"),
    Case("idle_cg", good(optimiser="method = 'sr', solver = 'dense', cg_tol = 1e-7, cg_iterations = 9"), DECK,
         "key 'cg_tol' has no effect with solver = 'dense'", "key 'cg_iterations' has no effect with solver = 'dense'",
         "deck.nml:6:"),
    Case("idle_shift_end", good(optimiser="method = 'sr', diag_shift_end = 1e-4"), DECK,
         "key 'diag_shift_end' has no effect with diag_shift_decay = 1", "deck.nml:6:"),
    Case("idle_shift_decay", good(optimiser="method = 'sr', diag_shift = 0, diag_shift_decay = 0.9"), DECK,
         "key 'diag_shift_decay' has no effect with diag_shift = 0", "deck.nml:6:"),
    Case("shift_end_above", good(optimiser="method = 'sr', diag_shift_decay = 0.9, diag_shift_end = 0.1"), DECK,
         "diag_shift_end = 0.1 must lie below diag_shift = 0.001", "deck.nml:6:"),
    Case("idle_min_samples", good(evaluate="max_samples = 512, min_samples = 1024"), DECK,
         "key 'min_samples' has no effect above max_samples = 512", "deck.nml:7:"),
    Case("idle_full_sum", good(sampler="method = 'full_sum'",
                               evaluate="rel_error = 1e-3, max_samples = 512, min_samples = 64, discard = 1"), DECK,
         *(f"key '{key}' has no effect with method = 'full_sum' in &sampler"
           for key in ("rel_error", "max_samples", "min_samples", "discard")), "deck.nml:7:"),
    Case("idle_full_sum_evaluate", namelist({"run": "study = 'evaluate'", "state": "file = 'x.h5'",
                                             "sampler": "method = 'full_sum'", "evaluate": "discard = 1"}), DECK,
         "key 'discard' has no effect with method = 'full_sum' in &sampler", "deck.nml:4:"),
    Case("full_sum_too_large",
         good(lattice="geometry = 'chain', length = 30", sampler="method = 'full_sum'", evaluate=None), DECK,
         "'full_sum' sums over at most", "deck.nml:5:", "1.074e+09", "metropolis"),
    Case("unknown_observable", good(evaluate="max_samples = 512, observables = 'sx', 'szzs'"), DECK,
         "szzs", "deck.nml:7:", "szsz"),
    Case("observables_at_once",
         good(lattice="geometry = 'chain', length = 9", ansatz="kind = 'rbm', alpha = 0.01",
              evaluate="max_samples = 512, observables = 'szzs', 'staggered_sz', 'sx', 'sx'",
              sampler="chains = 32, samples = 250"), DECK,
         "szzs", "staggered_sz", "'sx' is listed twice", "alpha = 0.01 gives", "samples = 250"),

    Case("observable_unfit",
         good(lattice="geometry = 'chain', length = 9", evaluate="max_samples = 512, observables = 'staggered_sz'"),
         DECK, "staggered_sz", "deck.nml:7:", "two sublattices"),

    Case("terms_bad_operator", good(**TERMS), DECK, "unknown operator 'Q'", "h.terms:3:", "-1.0 Z 0 Q 1", "allowed",
         files={"h.terms": "! a comment\n-1.0 Z 0 Z 1\n-1.0 Z 0 Q 1\n"}),
    Case("terms_bad_site", good(**TERMS), DECK, "a site is an integer from 0 to 7", "h.terms:1:", "-1.0 Z 8",
         files={"h.terms": "-1.0 Z 8\n"}),
    Case("terms_bad_number", good(**TERMS), DECK, "a term begins with its coefficient", "h.terms:2:", "one X 0",
         files={"h.terms": "1.0 X 0\none X 0\n"}),
    Case("terms_two_lines", good(**TERMS), DECK, "unknown operator 'Q'", "h.terms:1:", "h.terms:3:", "deck.nml:3:",
         files={"h.terms": "-1.0 Q 0\n1.0 X 0\none X 0\n"}),
    Case("terms_many_lines", good(**TERMS), DECK, "h.terms:20:", "5 more lines", files={"h.terms": "1.0 Q 0\n" * 25}),
    Case("terms_empty", good(**TERMS), DECK, "no terms in the file", "h.terms", files={"h.terms": "! nothing\n"}),
    Case("terms_missing", good(**TERMS), INPUT, "h.terms", "No such file", "deck.nml:3:"),
    Case("edges_bad_line", good(**GRAPH), DECK, "the second site must be an integer", "g.edges:2:", "1 two",
         files={"g.edges": "0 1\n1 two\n"}),
    Case("edges_loop", good(**GRAPH), DECK, "site 1 cannot be joined to itself", "g.edges:2:",
         files={"g.edges": "0 1\n1 1\n"}),
    Case("edges_twice", good(**GRAPH), DECK, "the edge 0 1 was given in line 1 already", "g.edges:3:",
         files={"g.edges": "0 1\n1 2\n1 0\n"}),
    Case("edges_missing", good(**GRAPH), INPUT, "g.edges", "No such file", "deck.nml:2:"),

    Case("init_from_missing", good(ansatz="kind = 'rbm', init_from = 'old.h5'"), INPUT, "old.h5", "No such file",
         "deck.nml:4:"),
    Case("missing_and_wrong", good(ansatz="kind = 'rbm', init_from = 'old.h5'", evaluate="observables = 'szzs'"), DECK,
         "No such file", "szzs", "deck.nml:4:", "deck.nml:7:"),
    Case("init_from_not_results", good(ansatz="kind = 'rbm', init_from = 'old.h5'"), INPUT, "old.h5",
         files={"old.h5": "this is text\n"}),
    Case("evaluate_missing", "&run study = 'evaluate', output = 'out.h5' /\n&state file = 'old.h5' /\n", INPUT,
         "old.h5", "No such file", "deck.nml:2:"),

    Case("output_no_directory", good(run="study = 'ground_state', output = 'no/such/dir/out.h5'"), CREATE,
         "cannot create 'no/such/dir/out.h5'", "No such file or directory", modes="run"),
    Case("output_below_file", good(run="study = 'ground_state', output = 'deck.nml/out.h5'"), CREATE,
         "cannot create 'deck.nml/out.h5'", modes="run"),
    Case("output_proc", good(run="study = 'ground_state', output = '/proc/out.h5'"), CREATE,
         "/proc/out", modes="run"),
    Case("output_exists", good(), CREATE, "'out.h5' exists and is not overwritten", "overwrite = .true.",
         files={"out.h5": "precious\n"}, modes="run"),
    Case("trace_exists", good(), CREATE, "'out.jsonl' exists and is not overwritten", "overwrite = .true.",
         files={"out.jsonl": "precious\n"}, modes="run"),
    Case("output_is_deck_default", good(run="study = 'ground_state'"), CREATE, "'deck.h5' exists",
         files={"deck.h5": "precious\n"}, modes="run"),
    Case("more_ranks_than_walkers", good(sampler="chains = 16, samples = 160"), DECK,
         "2 ranks share 1 blocks of 16 walkers", "deck.nml:5:", "32 chains", modes="check2 run"),

    Case("not_positive",
         good(lattice="geometry = 'chain', length = 12", hamiltonian="model = 'j1j2', j2 = 0.8"), DECK,
         "override by force = .true. in &run", "deck.nml:4:", "positive", modes="run"),
    Case("not_positive_keeps_old_trace",
         good(run="study = 'ground_state', output = 'out.h5', overwrite = .true.",
              lattice="geometry = 'chain', length = 12", hamiltonian="model = 'j1j2', j2 = 0.8"), DECK,
         "override by force = .true. in &run",
         files={"out.h5": "precious\n", "out.jsonl": "precious\n"}, modes="run"),
    Case("moves_do_not_connect",
         good(lattice="geometry = 'chain', length = 12", sampler="move = 'global_flip', chains = 32, samples = 256"),
         DECK, "reach only", "deck.nml:5:", "force = .true."),

    Case("gauge_moves_do_not_connect", gauge(sampler="move = 'star', chains = 32, samples = 256"), DECK,
         "every move flips an even number of spins", "deck.nml:5:10:", "force = .true."),
    Case("gauge_lattice", gauge(lattice="geometry = 'square', length = 3, 3"), DECK,
         "'z2_gauge' needs the links of a torus: geometry = 'square_links', boundary = 'periodic'", "deck.nml:3:14:"),
    Case("gauge_open", gauge(lattice="geometry = 'square_links', length = 3, 3, boundary = 'open'"), DECK,
         "'z2_gauge' needs the links of a torus", "deck.nml:3:14:"),
    Case("gauge_too_small", gauge(lattice="geometry = 'square_links', length = 3, 1"), DECK,
         "a periodic direction of length 1 would join sites to themselves", "deck.nml:2:"),
    Case("gauge_field", gauge(hamiltonian="model = 'z2_gauge', field_z = 0.1"), DECK,
         "a field along z breaks the gauge symmetry of 'z2_gauge'; allowed is 0", "deck.nml:3:34:"),
    Case("gauge_state_on_a_chain", good(ansatz="kind = 'gauge_rbm'"), DECK,
         "'gauge_rbm' needs the links of a torus: geometry = 'square_links', boundary = 'periodic'", "deck.nml:4:9:"),
    Case("gauge_move_on_a_chain", good(sampler="move = 'flip', 'star', chains = 32, samples = 256"), DECK,
         "the move 'star' needs the links of a torus", "deck.nml:5:"),
    Case("gauge_observable_on_a_chain", good(evaluate="observables = 'sx', 'star'"), DECK,
         "the observable 'star' needs the links of a torus", "deck.nml:7:"),
    Case("gauge_sector", gauge(hamiltonian="model = 'z2_gauge', h = 0.0"), DECK,
         "the observable 'star' leaves a sector of fixed sz; use sz = 'all'"),

    Case("alpha_too_small", good(ansatz="kind = 'rbm', alpha = 0.01"), DECK,
         "alpha = 0.01 gives", "deck.nml:4:23:", "8 sites", "0.125"),
    Case("init_from_real_into", good(ansatz="kind = 'rbm', init_from = '.'"), INPUT, "'.'"),
    Case("exact_no_translations", exact("geometry = 'chain', length = 8, boundary = 'open'", "momentum = 1"), DECK,
         "key 'momentum' has no effect on a lattice without periodic directions", "deck.nml:4:"),
    Case("exact_momentum_range", exact("geometry = 'chain', length = 8", "momentum = 8"), DECK,
         "momentum 8 along direction 1 must lie in 0 .. 7", "deck.nml:4:9:"),
    Case("exact_reflection_momentum",
         exact("geometry = 'chain', length = 8", "momentum = 1, spin_flip = 1, reflection = 1"), DECK,
         "contradict each other", "deck.nml:4:38:"),
    Case("exact_impossible", exact("geometry = 'chain', length = 40", None), DECK, "1.378e+11 states", "bytes",
         "deck.nml:2:"),
    Case("exact_one_momentum", exact("geometry = 'square', length = 4, 4", "momentum = 1"), DECK,
         "1 value for 2 directions; give one value per direction", "deck.nml:4:"),
    Case("exact_one_momentum_cylinder",
         exact("geometry = 'square', length = 4, 4, boundary = 'open', 'periodic'", "momentum = 1"), DECK,
         "give one value per direction, 0 along an open one", "deck.nml:4:"),
    Case("exact_two_momenta", exact("geometry = 'chain', length = 8", "momentum = 1, 0"), DECK,
         "2 values for 1 direction; give one value per direction", "deck.nml:4:"),
    Case("exact_idle_reference",
         exact("geometry = 'chain', length = 8", None,
               reference="method = 'ed', energy = -3, energy_error = 0.1, max_dim = 10"), DECK,
         *(f"key '{key}' has no effect with study = 'exact'" for key in ("method", "energy", "energy_error", "max_dim")),
         "deck.nml:4:"),
    Case("exact_idle_evaluate",
         exact("geometry = 'chain', length = 8", None,
               evaluate="rel_error = 1e-3, max_samples = 512, min_samples = 64, discard = 1, check_fraction = 0.5"),
         DECK, *(f"key '{key}' has no effect with study = 'exact'"
                 for key in ("rel_error", "max_samples", "min_samples", "discard", "check_fraction")), "deck.nml:4:"),
    Case("exact_no_spin_flip", exact("geometry = 'chain', length = 8", "sz = '1', spin_flip = 1"), DECK,
         "deck.nml:4:19:", "flip"),
    Case("exact_zero_sign", exact("geometry = 'chain', length = 8", "spin_flip = 0"), DECK,
         "allowed are 1 and -1", "deck.nml:4:"),
    Case("exact_no_state",
         exact("geometry = 'chain', length = 4", "momentum = 1, spin_flip = 1"), DECK,
         "no state has these quantum numbers", "deck.nml:4:", modes="run"),
    Case("reference_no_value", good(reference="method = 'value'"), DECK, "needs the key `energy`", "deck.nml:8:"),
    Case("reference_unused_energy", good(reference="energy = -10.2"), DECK, "method = 'auto' does not use energy",
         "'value' does", "deck.nml:8:"),
    Case("reference_unused_error", good(reference="energy_error = 0.1"), DECK,
         "key 'energy_error' has no effect with method = 'auto'", "deck.nml:8:"),
    Case("reference_unused_levels", good(reference="method = 'formula', levels = 2"), DECK,
         "key 'levels' has no effect with method = 'formula'", "deck.nml:8:"),
    Case("reference_unused_solver", good(reference="method = 'value', energy = -10, solver = 'dense', max_dim = 10"),
         DECK, "key 'solver' has no effect with method = 'value'", "key 'max_dim' has no effect with method = 'value'",
         "deck.nml:8:"),
    Case("reference_unused_max_dim", good(reference="method = 'none', max_dim = 10"), DECK,
         "key 'max_dim' has no effect with method = 'none'", "deck.nml:8:"),
    Case("reference_unlimited", good(reference="method = 'ed', max_dim = 10"), DECK,
         "key 'max_dim' has no effect with method = 'ed'", "deck.nml:8:"),
    Case("reference_no_formula", good(hamiltonian="model = 'xyz'", reference="method = 'formula'"), DECK,
         "no formula is known", "deck.nml:8:", "'ed'", modes="run"),
]

SEVERAL = namelist({
    "run": "study = 'ground_state', seed = -1, output = 'out.h5'",
    "lattice": "geometry = 'chain', lenght = 8",
    "hamiltonian": "model = 'tfim', h = 'one'",
    "ansatz": "kind = 'rbm'",
    "smapler": "chains = 32",
    "evaluate": "rel_error = 2",
})
CASES.append(Case("several_at_once", SEVERAL, DECK, "key 'seed' in group &run is -1", "unknown key 'lenght'",
                  "key 'h' in group &hamiltonian takes", "unknown group &smapler", "deck.nml:1:", "deck.nml:2:",
                  "deck.nml:3:", "deck.nml:5:"))
SEMANTIC = good(lattice="geometry = 'chain', length = 9", hamiltonian="model = 'heisenberg'",
                sector="sz = '0', marshall = 'rotate'")
CASES.append(Case("several_semantic", SEMANTIC, DECK, "9 sites have no sector Sz = 0",
                  "a rotation needs two sublattices"))


def start(test, mode, folder):
    if mode == "check":
        return test.alone(folder, "check", "deck.nml")
    if mode == "check2":
        return test.alone(folder, "check", "deck.nml", "2")
    return test.launch_each(folder, 2, "run", "deck.nml")


def try_case(test, case):
    for mode in case.modes:
        folder = test.folder(f"{case.name}-{mode}")
        test.deck(folder, case.deck)
        for name, text in case.files.items():
            (folder / name).write_text(text)
        before = watch(folder)
        run = start(test, mode, folder)
        label = f"{case.name} ({mode})"
        said = f"\n--- stderr\n{run.err[:1500]}--- stdout\n{run.out[-600:]}"
        test.expect(all(code == case.code for code in run.codes), f"{label}: exit {run.codes}, not {case.code}{said}")
        for fragment in case.fragments:
            test.expect(fragment in run.err, f"{label}: no '{fragment}' on stderr{said}")
        test.expect("70" != str(run.codes[0]) and "Traceback" not in run.err and "  at " not in run.err,
                    f"{label}: reported as an internal error{said}")
        lines = run.err.splitlines()
        headings = [line for line in lines if " error: " in line or line.startswith("ritz: ")]
        test.expect(len(headings) == len(set(headings)), f"{label}: a message is repeated{said}")
        after = watch(folder)
        test.expect(before == after, f"{label}: the directory changed: {sorted(set(after) ^ set(before))}{said}")


# -- the command line ---------------------------------------------------------------------------------------------------

COMMANDS = [
    ([], USAGE, "a command is needed"),
    (["rnu", "deck.nml"], USAGE, "unknown command 'rnu'", "'run'"),
    (["run"], USAGE, "wrong number of arguments: 'run' takes 1, not 0", "usage: ritz run DECK"),
    (["run", "deck.nml", "more"], USAGE, "wrong number of arguments"),
    (["check"], USAGE, "wrong number of arguments"),
    (["check", "deck.nml", "0"], USAGE, "RANKS = '0'"),
    (["check", "deck.nml", "two"], USAGE, "RANKS = 'two'"),
    (["list", "all"], USAGE, "wrong number of arguments"),
    (["help", "latice"], USAGE, "no group &latice", "did you mean 'lattice'", "groups: run lattice"),
    (["help", "alpha"], USAGE, "'alpha' is a key of &ansatz"),
    (["help", "tfim"], USAGE, "'tfim' is a model of &hamiltonian"),
    (["template", "ground"], USAGE, "no study 'ground'", "ground_state"),
    (["info", "missing.h5"], INPUT, "missing.h5"),
    (["info", "deck.nml"], INPUT, "deck.nml"),
    (["info", "."], INPUT, "."),
    (["check", "missing.nml"], INPUT, "missing.nml", "No such file"),
    (["check", "."], INPUT, ".", "irectory"),
    (["run", "missing.nml"], INPUT, "missing.nml", "No such file"),
    (["run", "."], INPUT, ".", "irectory"),
]


def try_commands(test):
    folder = test.folder("commands")
    test.deck(folder, good())
    before = watch(folder)
    for words, code, *fragments in COMMANDS:
        for run in [test.alone(folder, *words)] + ([test.launch_each(folder, 2, *words)] if "run" in words[:1] else []):
            label = f"ritz {' '.join(words)}"
            said = f"\n{run.err[:800]}"
            test.expect(all(c == code for c in run.codes), f"{label}: exit {run.codes}, not {code}{said}")
            for fragment in fragments:
                test.expect(fragment in run.err, f"{label}: no '{fragment}' on stderr{said}")
            test.expect(run.out == "" or code == 0, f"{label}: an error also wrote to stdout: {run.out[:200]}")
    test.expect(before == watch(folder), "a wrong command line changed the directory")


def try_full_disk(test):
    """Text that could not be written is no success."""
    if not os.path.exists("/dev/full"):
        return
    folder = test.folder("full")
    test.deck(folder, good())
    for words in (["check", "deck.nml"], ["list"], ["help"], ["template", "exact"], ["--version"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([test.ritz, *words], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True)
        test.expect(done.returncode == 74 and "cannot" in done.stderr,
                    f"ritz {' '.join(words)} on a full disk: {done.returncode} {done.stderr[:200]}")


def try_launcher(test):
    """mpiexec's exit code is the program's; processes that MPI does not see are noticed."""
    folder = test.folder("launcher")
    test.deck(folder, renamed("length", "lenght"))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == DECK, f"mpiexec gives {run.code} for a bad deck, not {DECK}")
    test.deck(folder, good())
    before = watch(folder)
    run = test.alone(folder, "run", "deck.nml", environment={"SLURM_STEP_NUM_TASKS": "4"})
    test.expect(run.code == ENVIRONMENT, f"a launcher mismatch gives {run.code}: {run.err[:500]}")
    test.expect("4 processes" in run.err and "SLURM_STEP_NUM_TASKS" in run.err, f"mismatch not explained: {run.err}")
    test.expect(before == watch(folder), "a launcher mismatch changed the directory")


def try_one_rank(test):
    """A file that only one rank can read ends every rank, with that rank's message, and no rank waits for ever."""
    has, lacks = test.folder("one_rank-has"), test.folder("one_rank-lacks")
    for folder in (has, lacks):
        test.deck(folder, good(**TERMS))
    (has / "h.terms").write_text("-1.0 Z 0 Z 1\n-1.0 X 0\n")
    for first, second in ((has, lacks), (lacks, has)):
        run = test.launch_folders([first, second], "run", "deck.nml")
        label = f"h.terms missing on rank {0 if first is lacks else 1}"
        test.expect(run.codes == [INPUT, INPUT], f"{label}: exit {run.codes}\n{run.text[:800]}")
        test.expect(run.text.count("cannot open") == 1, f"{label}: not one message\n{run.text[:800]}")


def try_lock(test):
    """Two runs of one output: the second is refused; when the first was killed, the next one takes over."""
    folder = test.folder("lock")
    test.deck(folder, good(optimiser="method = 'sr', iterations = 100000"), "long.nml")
    test.deck(folder, good(run="study = 'ground_state', output = 'out.h5', overwrite = .true."))
    with open(test.root / "long.log", "w") as log:
        first = subprocess.Popen([test.ritz, "run", "long.nml"], cwd=folder, stdout=log, stderr=log)
    try:
        limit = time.time() + 60
        while not (folder / "out.jsonl").exists() and time.time() < limit and first.poll() is None:
            time.sleep(0.05)
        second = test.launch_each(folder, 2, "run", "deck.nml")
        test.expect(set(second.codes) == {77}, f"a second run of one output gives {second.codes}:\n{second.text[:800]}")
        test.expect(f"pid {first.pid}" in second.err and "out.lock" in second.err,
                    f"the holder is not named: {second.err}")
        test.expect(first.poll() is None, "the first run ended")
    finally:
        first.kill()
        first.wait()
    test.expect((folder / "out.lock").exists(), "a killed run leaves its lock, which this test is about")
    third = test.launch(folder, 2, "run", "deck.nml")
    test.expect(third.code == 0 and "took over" in third.out, f"no take-over: {third.code}\n{third.text[:800]}")
    test.expect(sorted(os.listdir(folder)) == ["deck.nml", "long.nml", "out.h5", "out.jsonl"],
                f"a take-over leaves {sorted(os.listdir(folder))}")


def try_binary(test):
    """A deck that is no text: a short report, not a crash."""
    folder = test.folder("binary")
    (folder / "deck.nml").write_bytes(Path(test.ritz).read_bytes()[:300000])
    (folder / "nul.nml").write_bytes(good().encode().replace(b"chain", b"ch\0in"))
    for name in ("deck.nml", "nul.nml"):
        for run in (test.alone(folder, "check", name), test.launch_each(folder, 2, "run", name)):
            test.expect(set(run.codes) == {DECK}, f"binary {name}: exit {run.codes}\n{run.text[:300]}")
            test.expect(name in run.err and len(run.err) < 66000, f"binary {name}: {len(run.err)} bytes of report")


def try_overrides(test):
    """What a refused deck says would help does help."""
    folder = test.folder("overwrite")
    for name in ("out.h5", "out.jsonl"):
        (folder / name).write_text("old\n")
    test.deck(folder, good(run="study = 'ground_state', output = 'out.h5', overwrite = .true."))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0, f"overwrite = .true. gives {run.code}:\n{run.text[-1500:]}")
    test.expect((folder / "out.h5").read_bytes()[512:516] == b"\x89HDF", "overwrite = .true. did not replace out.h5")
    test.expect((folder / "out.jsonl").read_text()[:1] == "{", "overwrite = .true. did not replace out.jsonl")
    test.expect(sorted(os.listdir(folder)) == ["deck.nml", "out.h5", "out.jsonl"],
                f"a run leaves {sorted(os.listdir(folder))}")

    # The file just written is protected again, and is no state of another shape.
    before = watch(folder)
    test.deck(folder, good(), "again.nml")
    run = test.launch_each(folder, 2, "run", "again.nml")
    test.expect(set(run.codes) == {CREATE}, f"a second run gives {run.codes}")
    test.deck(folder, good(run="study = 'ground_state', output = 'other.h5'",
                           ansatz="kind = 'rbm', alpha = 2, init_from = 'out.h5'"), "shape.nml")
    for run in (test.alone(folder, "check", "shape.nml"), test.launch_each(folder, 2, "run", "shape.nml")):
        test.expect(set(run.codes) == {DECK}, f"init_from of another shape gives {run.codes}:\n{run.err[:800]}")
        for fragment in ("shape.nml:4:", "out.h5 cannot start this state", "extent"):
            test.expect(fragment in run.err, f"init_from of another shape: no '{fragment}':\n{run.err[:800]}")
    for name in ("again.nml", "shape.nml"):
        (folder / name).unlink()
    test.expect(before == watch(folder), "refused runs changed the directory")

    folder = test.folder("force")
    test.deck(folder, good(run="study = 'ground_state', output = 'out.h5', force = .true.",
                           lattice="geometry = 'chain', length = 12", hamiltonian="model = 'j1j2', j2 = 0.8"))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0, f"force = .true. gives {run.code}:\n{run.text[-1500:]}")
    test.expect("continuing: force = .true." in run.text, f"force = .true. is silent:\n{run.text[-1500:]}")
    test.expect((folder / "out.h5").exists(), "force = .true. wrote no results")


def try_warnings(test):
    """Numbers that look good and are not: the run says so at once and in its summary."""
    folder = test.folder("warnings")
    test.deck(folder, good(ansatz="kind = 'rbm', init_width = 100"))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0 and run.out.count("the chains hardly move") == 2, f"frozen chains:\n{run.text[-1200:]}")
    test.deck(folder, good(run="study = 'ground_state', output = 'ising.h5'", hamiltonian="model = 'tfim', h = 0.0"))
    run = test.launch(folder, 2, "run", "deck.nml")
    test.expect(run.code == 0 and "E0 = -4 " in run.out, f"Ising ring with Sz = 0:\n{run.text[-1200:]}")


def main():
    test = Test("bad_input")
    try_commands(test)
    try_full_disk(test)
    try_launcher(test)
    try_one_rank(test)
    try_lock(test)
    try_binary(test)
    with ThreadPoolExecutor(4) as pool:  # a launcher mostly waits
        for _ in pool.map(lambda case: try_case(test, case), CASES):
            pass
    try_overrides(test)
    try_warnings(test)
    test.finish()


if __name__ == "__main__":
    main()
