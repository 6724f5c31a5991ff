#!/usr/bin/env python3
"""Strong and weak scaling over the ranks of this machine, and a model of a step on up to 1,024 ranks.

usage: scaling.py FOLDER_OF_PROGRAMS RANKS [--latency US] [--bandwidth GB/S] [--node RANKS] [--iterations K]

The model adds what is counted to what is measured. Computation: seconds per unit of work, measured here on one rank,
times the work of a rank. Communication: calls and bytes of the formula that the tests compare with the counters
(ritz/optimise/sr_traffic.h), each call with a latency and each byte with a bandwidth; those inside a node are measured
here on two ranks, those of the network are the arguments.
"""
import argparse
import math
import os
import pathlib
import subprocess

PARTS = ("sampling", "local", "forces", "product", "step")
PROBLEM = ("40", "4", "none")
CHAINS, SAMPLES = 1024, 8192
AGREEMENTS = 60  # of a step, 4 bytes each: what the trace's comm_calls has beyond the formula
CHOLESKY_BLOCK = 64


def launch(ranks, *command):
    environment = os.environ | {"OMPI_MCA_pml": "ob1", "OMPI_MCA_btl": "self,vader",
                                "OMPI_MCA_hwloc_base_binding_policy": "core", "OMPI_MCA_mpi_yield_when_idle": "0"}
    done = subprocess.run(["mpirun", "-n", str(ranks), *map(str, command)], text=True, capture_output=True,
                          env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()


def measure(folder, ranks, problem, chains, samples):
    """{part: (seconds, work)}"""
    rows = [line.split() for line in launch(ranks, folder / "bench_scaling", "measure", *problem, chains, samples)]
    return {row[0]: (float(row[1]), float(row[2])) for row in rows if len(row) == 3}


def exact_product(folder, ranks, sites):
    """Wall ns per state of the first product in bench_ed_product's table."""
    for line in launch(ranks, folder / "bench_ed_product", "heisenberg", sites):
        words = line.split()
        if len(words) == 5 and words[0] == "halves":
            return float(words[3]) / ranks
    return math.nan


def show_scaling(folder, most):
    print(f"strong scaling: N = {PROBLEM[0]}, density {PROBLEM[1]}, {CHAINS:,} chains, {SAMPLES:,} samples over all "
          f"ranks; weak: as many on each rank; wall ms, speed-up")
    base = measure(folder, 1, PROBLEM, CHAINS, SAMPLES)
    print(f"{'part':24}{'1 rank':>10}" + "".join(f"{f'strong {p}':>18}{f'weak {p}':>18}" for p in range(2, most + 1)))
    runs = {p: (measure(folder, p, PROBLEM, CHAINS, SAMPLES),
                measure(folder, p, PROBLEM, p * CHAINS, p * SAMPLES)) for p in range(2, most + 1)}
    for part in PARTS:
        text = f"{part:24}{1e3 * base[part][0]:10.2f}"
        for p, (strong, weak) in runs.items():
            text += f"{1e3 * strong[part][0]:10.2f} ({base[part][0] / strong[part][0]:4.2f})"
            text += f"{1e3 * weak[part][0]:10.2f} ({p * base[part][0] / weak[part][0]:4.2f})"
        print(text)
    sites = 24
    one = exact_product(folder, 1, sites)
    text = f"{f'ED product, N = {sites}':24}{one:10.2f}"
    for p in runs:
        many = exact_product(folder, p, sites)
        text += f"{many:10.2f} ({one / many:4.2f})" + f"{'':18}"
    print(text + "  ns per state")
    return runs


# -- Model -------------------------------------------------------------------------------------------------------------


class Network:
    """Seconds of a collective call on p ranks: inside a node as measured on two ranks, between nodes as assumed."""

    def __init__(self, options, two_ranks):
        self.node = options.node
        self.latency, self.per_byte = 1e-6 * options.latency, 1e-9 / options.bandwidth
        if two_ranks:
            self.inner_latency = two_ranks["latency"][0] / two_ranks["latency"][1]
            self.inner_per_byte = two_ranks["bandwidth"][0] / two_ranks["bandwidth"][1]
        else:
            self.inner_latency, self.inner_per_byte = 1e-6, 0.3e-9

    def hops(self, p):
        """Steps of a tree inside the node and between nodes."""
        return math.log2(min(p, self.node)), math.log2(max(1.0, p / self.node))

    def sums(self, p, calls, size):
        inside, outside = self.hops(p)
        seconds = calls * (inside * self.inner_latency + 2 * outside * self.latency)
        return seconds + size * ((2 * self.inner_per_byte if inside else 0) + (2 * self.per_byte if outside else 0))

    def gathers(self, p, calls, size):
        inside, outside = self.hops(p)
        seconds = calls * (inside * self.inner_latency + outside * self.latency)
        return seconds + size * ((self.inner_per_byte if inside else 0) + (self.per_byte if outside else 0))

    def exchanges(self, p, calls, size):
        """size: of one rank; the ranks of a node share its link."""
        if p == 1:
            return 0.0
        ranks = min(p, self.node)
        seconds = calls * (p - 1) * 0.5 * self.inner_latency + size * self.inner_per_byte
        return seconds + (size * ranks * (1 - ranks / p) * self.per_byte if p > ranks else 0.0)

    def per_rank_byte(self, p):
        return self.inner_per_byte if p <= self.node else self.node * self.per_byte


def traffic(folder, problem, samples, iterations):
    """{(solver, ranks): (parameters, [calls, bytes of sums, gathers, broadcasts, exchanges])}"""
    rows = {}
    for line in launch(1, folder / "bench_scaling", "traffic", *problem, samples, iterations):
        solver, ranks, *numbers = line.split()
        rows[solver, int(ranks)] = int(numbers[0]), list(map(int, numbers[1:]))
    return rows


def scalapack_seconds(p, n, passes, network):
    """What ScaLAPACK sends for a Cholesky factorisation of order n (Users' Guide, table 5.8), the messages of which a
    substitution needs once more: so many passes through the blocks in all."""
    if p == 1:
        return 0.0
    log = math.log2(p)
    latency = network.inner_latency if p <= network.node else network.latency
    words = (2 + 0.5 * log) * n**2 / math.sqrt(p)
    inside = 4 * words * 0.5 * (network.inner_per_byte + network.per_rank_byte(p))
    return inside + passes * (4 + log) * n / CHOLESKY_BLOCK * latency


def solve_seconds(solver, p, n, parameters, cost, iterations, network):
    """Computation of a solve on one of p ranks, and what ScaLAPACK sends within."""
    subset = min(1024, n)
    if solver == "cg":
        setup = subset**3 / 3 * cost["cholesky"] + subset**2 / 2 * cost["gram"]
        each = (n + subset) * cost["product"] + 2 * subset**2 * cost["cholesky"] * 8
        inside = scalapack_seconds(p, subset, 1 + iterations, network)
        return (setup + iterations * each) / p, inside
    if solver == "kernel":
        compute = (n**2 / 2 * cost["gram"] + n**3 / 3 * cost["cholesky"] + 4 * n * cost["product"]) / p
        return compute, scalapack_seconds(p, n, 1, network)
    flop = 2 * cost["cholesky"]  # double precision
    return n * parameters**2 * flop / p + parameters**3 / 3 * flop, 0.0


def show_model(folder, options, title, solver, problem, samples, network):
    probe = measure(folder, 1, problem, 256, 1024)
    cost = {part: seconds / work for part, (seconds, work) in probe.items()}
    counted = traffic(folder, problem, samples, options.iterations)
    sites = int(problem[0])
    print(f"\n{title}: {counted[solver, 1][0]:,} parameters, {samples:,} samples, {solver}"
          + (f" with {options.iterations} iterations" if solver == "cg" else ""))
    print(f"{'ranks':>6}{'sampling':>10}{'local':>10}{'forces':>10}{'solve':>10}{'messages':>10}{'step ms':>10}"
          f"{'efficiency':>12}{'MB/rank':>10}")
    first = None
    for p in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024):
        parameters, t = counted[solver, p]
        draw = samples * sites * cost["sampling"] / p
        local, forces = samples * cost["local"] / p, samples * cost["forces"] / p
        solve, inside = solve_seconds(solver, p, samples, parameters, cost, options.iterations, network)
        messages = inside + network.sums(p, t[0] + AGREEMENTS + 2, t[1] + 16 * parameters)
        messages += network.gathers(p, t[2] + t[4] + 20, t[3] + t[5]) + network.exchanges(p, t[6], t[7])
        step = draw + local + forces + solve + messages
        first = first or step
        print(f"{p:6d}" + "".join(f"{1e3 * x:10.2f}" for x in (draw, local, forces, solve, messages, step))
              + f"{first / step / p:12.2f}{1e-6 * sum(t[1::2]):10.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("ranks", type=int)
    parser.add_argument("--latency", type=float, default=2.0, help="microseconds of a message between nodes")
    parser.add_argument("--bandwidth", type=float, default=12.5, help="GB/s of a node's link")
    parser.add_argument("--node", type=int, default=64, help="ranks on a node")
    parser.add_argument("--iterations", type=int, default=60, help="of conjugate gradients")
    options = parser.parse_args()
    runs = show_scaling(options.folder, options.ranks)
    network = Network(options, runs[2][0] if 2 in runs else None)
    print(f"\nmodel up to 1,024 ranks. Measured here: seconds per unit of work; a sum of one number "
          f"{1e6 * network.inner_latency:.1f} us and {1e-9 / network.inner_per_byte:.1f} GB/s inside a node.")
    print(f"Assumed: {options.latency} us and {options.bandwidth} GB/s between nodes of {options.node} ranks, "
          "whose ranks share the link; sums by trees, first in the\nnode; half of ScaLAPACK's words, those along rows of "
          "processes, inside a node; every rank as fast as one alone here;\nno overlap, no noise.")
    show_model(options.folder, options, "ring of 160, density 4", "cg", ("160", "4", "none"), 1 << 17, network)
    show_model(options.folder, options, "ring of 160, density 4", "kernel", ("160", "4", "none"), 1 << 14, network)
    show_model(options.folder, options, "ring of 160, density 4, translations", "dense", ("160", "4", "translation"),
               1 << 17, network)


if __name__ == "__main__":
    main()
