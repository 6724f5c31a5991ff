#!/usr/bin/env python3
"""Wall time from the shell to the end of the first step, for one process without a launcher, and where it goes.

usage: startup.py RITZ BENCH_STARTUP FOLDER
"""
import pathlib
import statistics
import subprocess
import sys
import time

import ritz_run

ROUNDS = 15


def first_step(ritz, folder):
    """Seconds until the trace holds the first step, until the exit, and of the step itself."""
    trace = folder / "bench.jsonl"
    trace.unlink(missing_ok=True)
    start = time.time()
    with subprocess.Popen(ritz_run.command(ritz), cwd=folder, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not (trace.exists() and '"step":' in trace.read_text()):
            time.sleep(0.0005)
        seen = time.time() - start
        process.wait()
    return seen, time.time() - start, ritz_run.trace(folder)[0]["step_seconds"]


def seconds_of(*command):
    start = time.time()
    done = subprocess.run(["taskset", "-c", ritz_run.CORE, *command], capture_output=True, text=True, check=True)
    return time.time() - start, done.stdout


ritz, startup, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
ritz_run.write_deck(folder, ritz_run.deck_of({}), 1)
spent = {"from the shell to the first step done": [], "start and link": [], "MPI_Init": [], "first step": [],
         "from the shell to the exit": []}
for _ in range(ROUNDS):
    seen, whole, step = first_step(ritz, folder)
    link, _ = seconds_of(ritz, "list")
    mpi = float(seconds_of(startup)[1])
    for row, value in zip(spent.values(), (seen, link, mpi, step, whole)):
        row.append(1e3 * value)
print("start-up of one process: ms of wall time (N = 40, density 1, 1,024 samples); wanted: 200 to the first step")
print(f"{'':40}{'least':>9}{'median':>9}")
for name, values in spent.items():
    print(f"{name:40}{min(values):9.1f}{statistics.median(values):9.1f}")
parts = sum(min(spent[name]) for name in ("start and link", "MPI_Init", "first step"))
print(f"{'the rest: deck, model, state, warm-up':40}{min(spent['from the shell to the first step done']) - parts:9.1f}")
