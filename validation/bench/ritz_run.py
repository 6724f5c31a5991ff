"""What the benchmarks share that run the program: one deck, one run on one core."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

CORE = str(max(os.sched_getaffinity(0)))
DECK = """&run study = 'ground_state', seed = {seed}, output = 'bench.h5', overwrite = .true. /
&lattice geometry = 'chain', length = {n} /
&hamiltonian model = '{model}' /
{sector}
&ansatz kind = 'rbm', alpha = {alpha}, weights = '{weights}', symmetry = '{symmetry}', bias = 'none',
        init_width = {init_width} /
&sampler move = '{move}', chains = {chains}, samples = {samples}, discard_step = {discard_step} /
&optimiser method = 'sr', learning_rate = {learning_rate}, diag_shift = {diag_shift}, iterations = {iterations} /
&evaluate rel_error = {rel_error}, min_samples = {min_samples}, max_samples = {max_samples} /
&reference method = 'none' /
"""
CASE = {"n": 40, "model": "tfim", "weights": "real", "alpha": 1, "symmetry": "none", "chains": 512, "samples": 1024,
        "discard_step": 0, "seed": 1, "init_width": 0.05, "learning_rate": 0.02, "diag_shift": 1e-3}


def write_deck(folder, case, iterations, rel_error=None):
    """Without rel_error the final evaluation is as short as it can be."""
    values = CASE | case | {"iterations": iterations, "rel_error": rel_error or 1.0}
    values |= {"min_samples": 16384, "max_samples": 1 << 24} if rel_error else {"min_samples": 1, "max_samples": 1}
    values |= {"sector": "", "move": "flip"}
    if values["model"] == "heisenberg":
        values |= {"sector": "&sector sz = '0', marshall = 'rotate' /", "move": "exchange"}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.nml").write_text(DECK.format(**values))


def command(ritz):
    return ["taskset", "-c", CORE, str(pathlib.Path(ritz).resolve()), "run", "bench.nml"]


def trace(folder):
    rows = [json.loads(line) for line in (folder / "bench.jsonl").read_text().splitlines()]
    return [row for row in rows if "step" in row]


def run(ritz, folder, case, iterations, rel_error=None):
    """Seconds from start to exit, the trace, the energy of the final evaluation and its error bar."""
    write_deck(folder, case, iterations, rel_error)
    start = time.time()
    done = subprocess.run(command(ritz), cwd=folder, capture_output=True, text=True)
    seconds = time.time() - start
    if done.returncode != 0:
        sys.exit(f"ritz failed:\n{done.stdout}{done.stderr}")
    found = re.search(r"(?m)^energy +E = (\S+) \+- (\S+)", done.stdout)
    return seconds, trace(folder), float(found[1]), float(found[2])
