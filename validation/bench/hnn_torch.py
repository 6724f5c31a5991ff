#!/usr/bin/env python3
"""Hamiltonian networks by PyTorch: CPU seconds and losses of three published benchmarks on one core.

usage: hnn_torch.py FOLDER [--steps N] [spring] [pendulum] [two_body]        (default: all three, published length)

The data come from FOLDER (hnn_data.py FOLDER writes them). PyTorch is that of the first Python on the path that has
torch, numpy and h5py (Debian: python3-torch python3-h5py), or else comes from PyPI (some GB) into a virtual environment
below FOLDER.

Two programs train the same network on the same data (Greydanus, Dzamba, Yosinski, arXiv:1906.01563: two layers of 200
tanh, Adam, rate 1e-3, single precision, seed 0):
  published  as the authors' script does it: two outputs of which one is unused, the test loss at every step
  careful    one output, nothing but training in the loop
Times are CPU seconds of the training loop alone. With --steps the losses are those of an unfinished training; the
seconds of the full length are scaled up.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
NEEDED = "import torch, numpy, h5py"
# steps, states of a batch (0: all), weight decay, test loss of the paper's table
TASKS = {"spring": (2000, 0, 1e-4, 3.5928e-2), "pendulum": (2000, 0, 1e-4, 3.5586e-2),
         "two_body": (10000, 200, 0.0, 2.8218e-6)}
PROGRAMS = ("published", "careful")


# -- The Python that has PyTorch ---------------------------------------------------------------------------------------


def works(python):
    return subprocess.run([python, "-c", NEEDED], capture_output=True, env=os.environ | ONE_THREAD).returncode == 0


def find_python(folder):
    """A Python with PyTorch, or None and why."""
    own = folder / "torch" / "bin" / "python"
    candidates = [own] if own.exists() else []
    candidates += [pathlib.Path(entry) / "python3" for entry in os.environ["PATH"].split(":")]
    for python in candidates:
        if python.exists() and works(python):
            return python, ""
    print(f"installing PyTorch in {folder / 'torch'}", flush=True)
    base = shutil.which("python3")
    made = subprocess.run([base, "-m", "venv", "--clear", folder / "torch"], capture_output=True, text=True)
    if made.returncode != 0:
        return None, f"{base} cannot make a virtual environment (Debian: python3-venv)"
    done = subprocess.run([own, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1", "torch",
                           "numpy", "h5py"], capture_output=True, text=True)
    if done.returncode == 0 and works(own):
        return own, ""
    shutil.rmtree(folder / "torch")
    return None, f"pip could not install torch: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"


# -- Training: runs in that Python -------------------------------------------------------------------------------------


def load(path, torch, numpy, h5py):
    """x, dx/dt and x without noise, in single precision, and how many rows are for training."""
    with h5py.File(path) as file:
        def states(q, p):
            parts = [numpy.asarray(file[name]).reshape(len(file[name]), -1) for name in (q, p)]
            return torch.tensor(numpy.hstack(parts), dtype=torch.float32)
        rows = len(file["q"])
        return states("q", "p"), states("dq", "dp"), states("clean_q", "clean_p"), rows - round(
            rows * float(file.attrs["test_fraction"]))


def network(torch, dimension, outputs):
    """All layers are made before the first is filled: the order of the published random numbers."""
    layers = [torch.nn.Linear(dimension, 200), torch.nn.Linear(200, 200), torch.nn.Linear(200, outputs, bias=False)]
    for layer in layers:
        torch.nn.init.orthogonal_(layer.weight)
    return torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])


def field(torch, net, x):
    """(dH/dp, -dH/dq), H being the last output."""
    gradient = torch.autograd.grad(net(x)[:, -1].sum(), x, create_graph=True)[0]
    half = x.shape[1] // 2
    return torch.cat([gradient[:, half:], -gradient[:, :half]], dim=1)


def mean_square(torch, net, x, target):
    with torch.enable_grad():
        return float((field(torch, net, x.detach().requires_grad_()) - target).detach().pow(2).mean())


def train(path, task, program, steps):
    import h5py
    import numpy
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    published = program == "published"
    full_steps, batch, decay, _ = TASKS[task]
    all_x, all_target, clean, n_train = load(path, torch, numpy, h5py)
    net = network(torch, all_x.shape[1], 2 if published else 1)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3, weight_decay=decay)
    x, target = all_x[:n_train].clone(), all_target[:n_train]
    test_x, test_target = all_x[n_train:].clone().requires_grad_(), all_target[n_train:]
    if published or not batch:
        x.requires_grad_()

    def choose(source, wanted):
        if not batch:
            return source, wanted
        rows = torch.randperm(source.shape[0])[:batch]
        part = source[rows]
        return part if published else part.requires_grad_(), wanted[rows]

    begin = time.process_time()
    for _ in range(steps or full_steps + 1):
        now, goal = choose(x, target)
        loss = (field(torch, net, now) - goal).pow(2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if published:
            now, goal = choose(test_x, test_target)
            (field(torch, net, now) - goal).pow(2).mean().item()
    seconds = time.process_time() - begin
    return {"seconds": seconds * (full_steps + 1) / (steps or full_steps + 1), "version": torch.__version__,
            "train": mean_square(torch, net, x, target), "test": mean_square(torch, net, test_x, test_target),
            "clean": mean_square(torch, net, clean[n_train:], test_target)}


# -- The table ---------------------------------------------------------------------------------------------------------


def main():
    words = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("tasks", nargs="*", choices=[*TASKS, []])
    words.add_argument("--steps", type=int, default=0)
    words.add_argument("--train", nargs=2, help=argparse.SUPPRESS)  # one training, in the Python that has PyTorch
    asked = words.parse_args()
    if asked.train:
        task, program = asked.train
        print(json.dumps(train(asked.folder / f"hnn_{task}.h5", task, program, asked.steps)))
        return
    tasks = asked.tasks or list(TASKS)
    absent = [str(asked.folder / f"hnn_{task}.h5") for task in tasks if not (asked.folder / f"hnn_{task}.h5").exists()]
    if absent:
        sys.exit(f"hnn_torch.py: no {', '.join(absent)}: hnn_data.py {asked.folder} makes them")
    python, why = find_python(asked.folder)
    if not python:
        print(f"PyTorch: left out, {why}")
        return
    print(f"{'task':10}{'program':>11}{'CPU-s':>9}{'train loss':>12}{'test loss':>12}{'paper':>12}{'clean field':>13}")
    for task in tasks:
        for program in PROGRAMS:
            done = subprocess.run([python, "-B", __file__, asked.folder, "--steps", str(asked.steps), "--train", task,
                                   program], capture_output=True, text=True, env=os.environ | ONE_THREAD)
            if done.returncode != 0:
                sys.exit(f"hnn_torch.py: {done.stderr}")
            found = json.loads(done.stdout)
            print(f"{task:10}{program:>11}{found['seconds']:9.1f}{found['train']:12.4e}{found['test']:12.4e}"
                  f"{TASKS[task][3]:12.4e}{found['clean']:13.3e}   torch {found['version']}", flush=True)


if __name__ == "__main__":
    main()
