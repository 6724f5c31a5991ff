"""What the benchmarks share that run the program: decks, and one run on one core."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

CORE = str(max(os.sched_getaffinity(0)))
INPUTS = pathlib.Path(__file__).resolve().parents[2] / "inputs"
DECK = """&run study = 'ground_state', seed = {seed} /
&lattice geometry = 'chain', length = {n} /
&hamiltonian model = '{model}' /
{sector}
&ansatz kind = 'rbm', alpha = {alpha}, weights = '{weights}', symmetry = '{symmetry}', bias = 'none',
        init_width = {init_width} /
&sampler move = '{move}', chains = {chains}, samples = {samples}, discard_step = {discard_step} /
&optimiser method = 'sr', learning_rate = {learning_rate}, diag_shift = {diag_shift}, iterations = 1 /
&evaluate rel_error = 1.0 /
"""
CASE = {"n": 40, "model": "tfim", "weights": "real", "alpha": 1, "symmetry": "none", "chains": 512, "samples": 1024,
        "discard_step": 0, "seed": 1, "init_width": 0.05, "learning_rate": 0.02, "diag_shift": 1e-3}


def deck_of(case):
    """The deck of a dictionary like CASE."""
    heisenberg = case.get("model") == "heisenberg"
    return DECK.format(**(CASE | case), move="exchange" if heisenberg else "flip",
                       sector="&sector sz = '0', marshall = 'rotate' /" if heisenberg else "")


def shipped_deck(name):
    return (INPUTS / f"{name}.nml").read_text()


def write_deck(folder, deck, iterations, rel_error=None):
    """bench.nml: the deck with so many steps; without rel_error the evaluation at the end is as short as it can be."""
    samples = (16384, 1 << 24) if rel_error else (1, 1)
    deck = re.sub(r"iterations = \d+", f"iterations = {iterations}", deck)
    deck = re.sub(r"&run +", "&run output = 'bench.h5', overwrite = .true., ", deck)
    deck = re.sub(r"(?s)&evaluate.*", f"&evaluate rel_error = {rel_error or 1.0}, min_samples = {samples[0]}, "
                  f"max_samples = {samples[1]} /\n&reference method = 'none' /\n", deck)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.nml").write_text(deck)


def command(ritz):
    return ["taskset", "-c", CORE, str(pathlib.Path(ritz).resolve()), "run", "bench.nml"]


def trace(folder):
    rows = [json.loads(line) for line in (folder / "bench.jsonl").read_text().splitlines()]
    return [row for row in rows if "step" in row]


def run(ritz, folder, deck, iterations, rel_error=None):
    """Seconds from start to exit, the trace, the energy of the final evaluation and its error bar."""
    write_deck(folder, deck, iterations, rel_error)
    start = time.time()
    done = subprocess.run(command(ritz), cwd=folder, capture_output=True, text=True)
    seconds = time.time() - start
    if done.returncode != 0:
        sys.exit(f"ritz failed:\n{done.stdout}{done.stderr}")
    found = re.search(r"(?m)^energy +E = (\S+) \+- (\S+)", done.stdout)
    return seconds, trace(folder), float(found[1]), float(found[2])
