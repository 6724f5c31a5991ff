#!/usr/bin/env python3
"""Ritz against NetKet on one core: the time of a step, and the time from the shell prompt to an accuracy.

usage: against_netket.py RITZ FOLDER [steps|accuracy]

NetKet comes from PyPI into a virtual environment below FOLDER, made at the first call. Same ansatz, 1,024 samples in
512 chains, one sweep of N proposals a sample, float64, one core; both programs take turns within one table.

The time to a relative error eps is that of the first saved parameters whose frozen evaluation, which is not timed,
gives a relative error <= eps with sigma <= eps / 5. NetKet: the clock stops when those parameters are there. Ritz: its
runs are reproducible, so the number of steps is looked for by longer and longer runs of a shipped deck, and one more run
of that many steps is timed as a whole, from its start to its exit, results written.
"""
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import ritz_run

VERSION = "3.23.0"
ONE_THREAD = {"JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
              "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
WORKER = pathlib.Path(__file__).resolve().with_name("netket_worker.py")

COMMON = ritz_run.CASE | {"drivers": ["VMC", "VMC_SR"]}
STEPS = [  # case, and how much faster than the better driver and than VMC_SR we have to be
    ("TFIM, real, density 1", {"model": "tfim", "weights": "real", "alpha": 1, "symmetry": "none"}, 5, 9),
    ("TFIM, real, density 4", {"model": "tfim", "weights": "real", "alpha": 4, "symmetry": "none"}, 17, 28),
    ("TFIM, complex, density 1", {"model": "tfim", "weights": "complex", "alpha": 1, "symmetry": "none"}, None, 30),
    ("TFIM, translations, density 4", {"model": "tfim", "weights": "real", "alpha": 4, "symmetry": "translation"},
     None, 10),
    ("Heisenberg, real, density 1", {"model": "heisenberg", "weights": "real", "alpha": 1, "symmetry": "none"},
     None, 10),
    ("Heisenberg, real, density 2", {"model": "heisenberg", "weights": "real", "alpha": 2, "symmetry": "none"},
     None, 15),
]
TFIM = -2.0 / math.sin(math.pi / 80)
HEISENBERG = -17.746522788333  # Bethe ansatz, units of J S.S
ACCURACY = [  # title, our deck, NetKet's case, errors, exact energy
    ("TFIM ring, symmetric RBM", "long_rings/tfim_40",
     {"model": "tfim", "alpha": 2, "symmetry": "translation", "learning_rate": 0.1, "drivers": ["VMC_SR"]},
     [1e-3, 1e-4, 1e-5], TFIM),
    ("Heisenberg ring, symmetric RBM", "long_rings/heisenberg_40",
     {"model": "heisenberg", "alpha": 2, "symmetry": "translation", "learning_rate": 0.2, "drivers": ["VMC_SR"]},
     [1e-3, 1e-4, 1e-5], HEISENBERG),
    ("Heisenberg ring, RBM, density 2", "ground_state/heisenberg_chain_unshared",
     {"model": "heisenberg", "alpha": 2, "learning_rate": 0.2, "drivers": ["VMC"]}, [1e-3, 1e-4], HEISENBERG),
]
NETKET_SECONDS = float(os.environ.get("NETKET_SECONDS", "45"))  # of training in each of the three
OUR_SECONDS = 30.0


# -- NetKet ------------------------------------------------------------------------------------------------------------


def newest_python():
    """A Python that NetKet runs on (3.11 or later), the newest of those found."""
    found = {}
    candidates = [shutil.which(f"python3.{minor}") for minor in range(14, 10, -1)] + [shutil.which("python3")]
    candidates += [str(path) for path in sorted(pathlib.Path.home().glob(".pyenv/versions/3.1*/bin/python3"))]
    for path in filter(None, candidates):
        done = subprocess.run([path, "-c", "import ensurepip, sys, venv; print(*sys.version_info[:2])"],
                              capture_output=True, text=True)
        if done.returncode == 0:
            found[tuple(map(int, done.stdout.split()))] = path
    usable = {version: path for version, path in found.items() if version >= (3, 11)}
    return usable[max(usable)] if usable else None


def environment(folder):
    """The Python of the virtual environment, or None and why."""
    python = folder / "netket" / "bin" / "python"
    if python.exists() and subprocess.run([python, "-c", f"import netket; assert netket.__version__ == '{VERSION}'"],
                                          capture_output=True, env=os.environ | ONE_THREAD).returncode == 0:
        return python, ""
    base = newest_python()
    if not base:
        return None, "no Python 3.11 or later with venv and ensurepip"
    print(f"installing NetKet {VERSION} in {folder / 'netket'}", flush=True)
    subprocess.run([base, "-m", "venv", "--clear", folder / "netket"], check=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1",
                           f"netket=={VERSION}"], capture_output=True, text=True)
    if done.returncode != 0:
        shutil.rmtree(folder / "netket")
        return None, f"pip could not install netket=={VERSION}: {done.stderr.strip().splitlines()[-1]}"
    return python, ""


def versions(python):
    code = "import netket, jax, numpy, sys; print(sys.version.split()[0], netket.__version__, jax.__version__)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, env=os.environ | ONE_THREAD)
    return "Python %s, NetKet %s, jax %s" % tuple(done.stdout.split()[-3:])


def worker(python, mode, case, **options):
    return subprocess.Popen(["taskset", "-c", ritz_run.CORE, python, WORKER, mode, json.dumps(case)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | ONE_THREAD, **options)


# -- Tables ------------------------------------------------------------------------------------------------------------


def time_steps(python, ritz, folder):
    print("\nms per step: minimum (median); N = 40, 1,024 samples in 512 chains, in turns, 3 rounds")
    print(f"{'ansatz':32}{'ours':>16}{'VMC + SR':>18}{'VMC_SR':>18}{'better/ours':>13}{'VMC_SR/ours':>13}  wanted")
    for title, case, better, direct in STEPS:
        case = COMMON | case
        times = {"ours": [], "VMC": [], "VMC_SR": []}
        begin = time.time()
        with worker(python, "steps", case, stdin=subprocess.PIPE) as peer:
            while (line := peer.stdout.readline()) not in ("ready\n", ""):
                pass
            compiled = time.time() - begin
            for _ in range(3):
                for name in case["drivers"]:
                    peer.stdin.write(f"{name} 4\n")
                    peer.stdin.flush()
                    times[name] += json.loads(peer.stdout.readline())
                _, rows, _, _ = ritz_run.run(ritz, folder, ritz_run.deck_of(case), 40)
                times["ours"] += [1e3 * row["step_seconds"] for row in rows[5:]]
            peer.stdin.close()
        least = {name: min(value) for name, value in times.items()}
        shown = [f"{least[k]:.1f} ({statistics.median(v):.1f})" for k, v in times.items()]
        wanted = " ".join(f"{text} {x}" for text, x in (("better", better), ("VMC_SR", direct)) if x)
        print(f"{title:32}{shown[0]:>16}{shown[1]:>18}{shown[2]:>18}"
              f"{min(least['VMC'], least['VMC_SR']) / least['ours']:13.1f}{least['VMC_SR'] / least['ours']:13.1f}"
              f"  {wanted}; NetKet ready after {compiled:.1f} s", flush=True)


def passes(ritz, folder, deck, exact, n, epsilon):
    """Whether n steps are enough, and the seconds of training; a rough evaluation spares hopeless states the fine one."""
    for wanted in (epsilon, epsilon / 5):
        _, rows, energy, bar = ritz_run.run(ritz, folder, deck, n, wanted)
        error, sigma = (energy - exact) / abs(exact), bar / abs(exact)
        training = sum(row["step_seconds"] for row in rows)
        if error - 5 * sigma > epsilon:
            return False, training
    return error <= epsilon and sigma <= 1.01 * epsilon / 5, training


def our_time(ritz, folder, deck, errors, exact):
    """For each error the steps and seconds of the run that reaches it, as long as it stays below OUR_SECONDS."""
    reached, n, seconds = {}, 20, 0.0
    for epsilon in errors:
        while seconds < OUR_SECONDS:
            enough, seconds = passes(ritz, folder, deck, exact, n, epsilon)
            if enough:
                reached[epsilon] = (n, ritz_run.run(ritz, folder, deck, n)[0])
                break
            n = int(1.4 * n)
        else:
            break
    return reached


def their_time(python, case, errors, exact):
    case = case | {"errors": errors, "exact": exact, "limit": NETKET_SECONDS, "start": time.time()}
    with worker(python, "train", case) as peer:
        result = json.loads(peer.stdout.read().strip().splitlines()[-1])
    return {float(k): (v["step"], v["seconds"]) for k, v in result["reached"].items()}, result


def time_accuracy(python, ritz, folder):
    print(f"\nseconds from the shell prompt to a relative error; NetKet stopped after {NETKET_SECONDS:.0f} s")
    print(f"{'problem':34}{'error':>8}{'ours':>10}{'steps':>8}{'NetKet':>10}{'steps':>8}{'ratio':>8}")
    for title, deck, case, errors, exact in ACCURACY:
        our = our_time(ritz, folder, ritz_run.shipped_deck(deck), errors, exact)
        their, result = their_time(python, COMMON | case, errors, exact)
        for epsilon in errors:
            a, b = our.get(epsilon), their.get(epsilon)
            ratio = f"{b[1] / a[1]:.1f}" if a and b else f"> {NETKET_SECONDS / a[1]:.1f}" if a else "-"
            print(f"{title:34}{epsilon:8.0e}" + (f"{a[1]:10.2f}{a[0]:8d}" if a else f"{'-':>10}{'-':>8}") +
                  (f"{b[1]:10.2f}{b[0]:8d}" if b else f"{'-':>10}{'-':>8}") + f"{ratio:>8}", flush=True)
        if "end" in result:
            print(f"{'':34}NetKet after {result['steps']} steps: relative error {result['end']['error']:.1e}"
                  f" +- {result['end']['sigma']:.0e}", flush=True)


def main():
    ritz, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    wanted = sys.argv[3:] or ["steps", "accuracy"]
    folder.mkdir(parents=True, exist_ok=True)
    python, why = environment(folder)
    if not python:
        print(f"NetKet is absent, no comparison: {why}")
        return
    print(f"NetKet's side: {versions(python)}; core {ritz_run.CORE}")
    if "steps" in wanted:
        time_steps(python, ritz, folder)
    if "accuracy" in wanted:
        time_accuracy(python, ritz, folder)


if __name__ == "__main__":
    main()
