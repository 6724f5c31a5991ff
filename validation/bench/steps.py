#!/usr/bin/env python3
"""Time of a whole optimisation step as the program takes it, on one core: wall time from `step_seconds` of its trace,
and CPU time per step as the difference of a long and a short run.

usage: steps.py RITZ FOLDER
"""
import pathlib
import resource
import statistics
import sys

import ritz_run

CASES = [  # title, what differs, steps, ms to reach
    ("N = 40, density 1", {"alpha": 1, "samples": 1024}, 80, 15),
    ("N = 40, density 1", {"alpha": 1, "samples": 10240}, 25, 130),
    ("N = 40, density 4", {"alpha": 4, "samples": 1024}, 60, 18),
    ("N = 40, density 4", {"alpha": 4, "samples": 10240}, 12, 480),
    ("N = 160, density 4", {"n": 160, "alpha": 4, "samples": 1024}, 20, 110),
    ("N = 40, density 1, complex", {"alpha": 1, "weights": "complex", "samples": 1024}, 40, None),
    ("N = 40, density 4, translations", {"alpha": 4, "symmetry": "translation", "samples": 1024}, 80, None),
]

SHORT = 4

print("whole step, ms; transverse-field Ising ring, real RBM if not said otherwise, 1,024 chains")
print(f"{'state':34}{'samples':>9}{'CPU':>9}{'least':>9}{'median':>9}{'wanted':>9}  solver")


def cpu_seconds():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


for title, case, steps, wanted in CASES:
    deck = ritz_run.deck_of({"chains": 1024, "discard_step": 2, "learning_rate": 0.05} | case)
    cpu = []
    for n in (SHORT, steps):
        before = cpu_seconds()
        _, rows, _, _ = ritz_run.run(sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), deck, n)
        cpu.append(cpu_seconds() - before)
    times = [1e3 * row["step_seconds"] for row in rows[2:]]
    print(f"{title:34}{case['samples']:9d}{1e3 * (cpu[1] - cpu[0]) / (steps - SHORT):9.1f}{min(times):9.1f}"
          f"{statistics.median(times):9.1f}{wanted if wanted else '-':>9}  {rows[-1]['solver']}", flush=True)
