#!/usr/bin/env python3
"""What the same bits on any number of ranks cost: steps of the program with and without reproducible = .true., in turns.

usage: reproducible.py RITZ FOLDER
"""
import json
import pathlib
import re
import statistics
import subprocess
import sys

import ritz_run

CASES = [  # title, what differs, solver, steps
    ("density 1", {"alpha": 1, "samples": 1024}, "kernel", 60),
    ("density 1", {"alpha": 1, "samples": 10240}, "cg", 12),
    ("density 4", {"alpha": 4, "samples": 1024}, "kernel", 40),
    ("density 4", {"alpha": 4, "samples": 10240}, "cg", 8),
    ("density 4, translations", {"alpha": 4, "symmetry": "translation", "samples": 10240}, "dense", 30),
]
TURNS = 3


def run(ritz, folder, deck, ranks, steps, more):
    ritz_run.write_deck(folder, deck, steps)
    path = folder / "bench.nml"
    path.write_text(path.read_text().replace("&run ", f"&run {more} ", 1))
    command = [str(pathlib.Path(ritz).resolve()), "run", "bench.nml"]
    if ranks > 1:
        command = ["mpirun", "-n", str(ranks), "--bind-to", "core"] + command
    else:
        command = ["taskset", "-c", ritz_run.CORE] + command
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    rows = [json.loads(line) for line in (folder / "bench.jsonl").read_text().splitlines()]
    return [1e3 * row["step_seconds"] for row in rows if "step" in row][2:]


def main():
    ritz, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    print("ms per step, transverse-field Ising ring of 40 sites, 1,024 chains: least and median of all turns")
    print(f"{'state':26}{'samples':>9}{'solver':>8}{'ranks':>6}{'usual':>16}{'reproducible':>16}{'ratio':>7}")
    for title, case, solver, steps in CASES:
        deck = ritz_run.deck_of({"chains": 1024, "discard_step": 2} | case)
        deck = re.sub("method = 'sr'", f"method = 'sr', solver = '{solver}'", deck)
        for ranks in (1, 2):
            times = {"": [], "reproducible = .true.,": []}
            for _ in range(TURNS):
                for more, found in times.items():
                    found += run(ritz, folder, deck, ranks, steps, more)
            usual, same = times.values()
            print(f"{title:26}{case['samples']:9d}{solver:>8}{ranks:6d}{min(usual):8.1f}{statistics.median(usual):8.1f}"
                  f"{min(same):8.1f}{statistics.median(same):8.1f}{min(same) / min(usual):7.2f}", flush=True)


main()
