#!/usr/bin/env python3
"""The NetKet side of against_netket.py, run by the Python of its virtual environment.

usage: netket_worker.py steps CASE        (CASE: JSON of one case, see against_netket.py)
       netket_worker.py train CASE

steps  builds both drivers, compiles them, says "ready", and then answers each line "DRIVER N" of its input with N
       step times in ms.
train  trains until `limit` seconds after `start` (the time at which the shell was asked), keeping the parameters of a
       growing series of steps, and then looks for the first of them whose frozen evaluation passes, for each error that the last of
       them does not miss by far.
"""
import json
import math
import sys
import time

import jax
import netket as nk
import numpy as np
import optax


def problem(case):
    chain = nk.graph.Chain(case["n"], pbc=True)
    if case["model"] == "tfim":
        hilbert = nk.hilbert.Spin(0.5, case["n"])
        return chain, hilbert, nk.operator.IsingJax(hilbert, graph=chain, h=1.0, J=-1.0)
    hilbert = nk.hilbert.Spin(0.5, case["n"], total_sz=0)
    return chain, hilbert, nk.operator.Heisenberg(hilbert, graph=chain, J=0.25, sign_rule=True).to_jax_operator()


def state(case, chain, hilbert):
    n, samples = case["n"], case["samples"]
    options = {"n_chains": case["chains"], "sweep_size": n}
    if case["model"] == "tfim":
        sampler = nk.sampler.MetropolisLocal(hilbert, **options)
    else:
        sampler = nk.sampler.MetropolisExchange(hilbert, graph=chain, **options)
    kind = complex if case["weights"] == "complex" else float
    common = {"alpha": case["alpha"], "param_dtype": kind, "use_visible_bias": False, "use_hidden_bias": False,
              "kernel_init": jax.nn.initializers.normal(case["init_width"])}
    if case["symmetry"] == "translation":
        model = nk.models.RBMSymm(symmetries=chain.translation_group(), **common)
    else:
        model = nk.models.RBM(**common)
    return nk.vqs.MCState(sampler, model, n_samples=samples, n_discard_per_chain=0, seed=case["seed"],
                          sampler_seed=case["seed"] + 1)


def driver(case, name, operator, vstate):
    """NetKet's step is twice ours at one learning rate."""
    rate = optax.sgd(0.5 * case["learning_rate"])
    holomorphic = case["weights"] == "complex"
    if name == "VMC_SR":
        return nk.driver.VMC_SR(operator, rate, diag_shift=case["diag_shift"], variational_state=vstate)
    metric = nk.optimizer.SR(diag_shift=case["diag_shift"], holomorphic=holomorphic)
    return nk.driver.VMC(operator, rate, variational_state=vstate, preconditioner=metric)


def advance(loop, n=1):
    loop.run(n, out=None, show_progress=False)
    jax.block_until_ready(loop.state.parameters)


def steps(case):
    chain, hilbert, operator = problem(case)
    drivers = {}
    for name in case["drivers"]:
        drivers[name] = driver(case, name, operator, state(case, chain, hilbert))
        advance(drivers[name], 2)
    print("ready", flush=True)
    for line in sys.stdin:
        name, count = line.split()
        times = []
        for _ in range(int(count)):
            start = time.perf_counter()
            advance(drivers[name])
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps(times), flush=True)


def evaluate(vstate, operator, parameters, exact, epsilon):
    """Relative error and its sigma: twice as many samples until sigma <= epsilon / 5 or the error is hopeless."""
    vstate.parameters = parameters
    vstate.sample(n_samples=vstate.sampler.n_chains * 20)
    n = 1024
    while True:
        vstate.n_samples = n
        mean = vstate.expect(operator)
        error = (float(np.real(mean.mean)) - exact) / abs(exact)
        sigma = float(mean.error_of_mean) / abs(exact)
        if not math.isfinite(error) or sigma <= epsilon / 5 or error - 5 * sigma > epsilon or n >= 1 << 19:
            return error, sigma
        n *= 4


def train(case):
    chain, hilbert, operator = problem(case)
    vstate = state(case, chain, hilbert)
    loop = driver(case, case["drivers"][0], operator, vstate)
    saved, step, following = [], 0, 1
    while time.time() - case["start"] < case["limit"]:
        advance(loop)
        step += 1
        if step >= following:
            saved.append((step, time.time() - case["start"], vstate.parameters))
            following = max(step + 1, int(1.1 * step))
    result = {"steps": step, "reached": {}}
    first = 0
    for epsilon in case["errors"]:
        last = evaluate(vstate, operator, saved[-1][2], case["exact"], epsilon)
        hopeless = not last[0] - 5 * last[1] <= epsilon
        for i in range(len(saved) if hopeless else first, len(saved)):
            error, sigma = evaluate(vstate, operator, saved[i][2], case["exact"], epsilon)
            if error <= epsilon and sigma <= epsilon / 5:
                result["reached"][str(epsilon)] = {"step": saved[i][0], "seconds": saved[i][1]}
                first = i
                break
        else:
            result["end"] = {"error": last[0], "sigma": last[1]}
            break
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    {"steps": steps, "train": train}[sys.argv[1]](json.loads(sys.argv[2]))
