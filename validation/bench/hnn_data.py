#!/usr/bin/env python3
"""The data of three published benchmarks of Hamiltonian networks, as tables that a deck can name.

usage: hnn_data.py FOLDER [spring] [pendulum] [two_body]        (default: all three)

Greydanus, Dzamba, Yosinski, Hamiltonian Neural Networks, arXiv:1906.01563: tasks 1, 2 and 4, with the published seed,
integrator, tolerances, noise and split, so that the numbers are those that the published losses belong to. Writes
FOLDER/hnn_NAME.h5 with the datasets q, p (noisy), dq, dp (exact, at the states without noise), clean_q, clean_p, t and
trajectory (docs/data-files.md). Rows for training come first; the attribute test_fraction says how many belong to the
test.

  hnn_spring    H = q^2 + p^2                 50 trajectories of 30 points, noise 0.1, half of the rows for the test
  hnn_pendulum  H = 3 (1 - cos q) + p^2       50 trajectories of 45 points, noise 0.1, half of the rows for the test
  hnn_two_body  H = |p|^2 / 2 - 1 / |q1 - q2|  1,000 orbits of 50 points, no noise, a fifth of the rows for the test;
                                              q, p are x and y of the first body, then of the second

Needs numpy, scipy and h5py (Debian: python3-scipy python3-h5py).
"""
import pathlib
import sys

try:
    import h5py
    import numpy as np
    from scipy.integrate import solve_ivp
except ImportError as missing:
    sys.exit(f"hnn_data.py: {missing}; it needs numpy, scipy and h5py (Debian: python3-scipy python3-h5py)")

SEED = 0


# -- One degree of freedom: circles of random radius in the plane ------------------------------------------------------


def plane_data(field, n_points, inner, width):
    """50 trajectories over 3 units of time that begin at inner <= |x| <= inner + width. The order of the random numbers
    is the published one: direction, radius, noise of q, noise of p."""
    random = np.random.RandomState(SEED)
    times = np.linspace(0.0, 3.0, n_points)
    columns = {name: [] for name in ("q", "p", "dq", "dp", "clean_q", "clean_p", "t")}
    for _ in range(50):
        start = random.rand(2) * 2.0 - 1.0
        radius = random.rand() * width + inner
        start = start / np.sqrt((start**2).sum()) * radius
        clean = solve_ivp(lambda _, x: field(x), (0.0, 3.0), start, t_eval=times, rtol=1e-10).y
        derivative = field(clean)
        columns["q"].append(clean[0] + 0.1 * random.randn(n_points))
        columns["p"].append(clean[1] + 0.1 * random.randn(n_points))
        for name, value in zip(("dq", "dp", "clean_q", "clean_p", "t"), (*derivative, *clean, times)):
            columns[name].append(value)
    data = {name: np.concatenate(value) for name, value in columns.items()}
    data["trajectory"] = np.repeat(np.arange(50), n_points)
    return data, 0.5


def spring():
    return plane_data(lambda x: np.stack([2.0 * x[1], -2.0 * x[0]]), 30, 0.1, 0.9)


def pendulum():
    return plane_data(lambda x: np.stack([2.0 * x[1], -3.0 * np.sin(x[0])]), 45, 1.3, 1.0)


# -- Two bodies --------------------------------------------------------------------------------------------------------


def two_body_field(state):
    """State and field [2, 5, ...]: mass (constant), x, y, vx, vy of each body. The published integration carries the
    masses along, and its control of the step counts them."""
    field = np.zeros_like(state)
    distance = state[1, 1:3] - state[0, 1:3]
    attraction = distance / np.sqrt((distance**2).sum(axis=0)) ** 3
    field[:, 1:3] = state[:, 3:5]
    field[0, 3:5], field[1, 3:5] = attraction, -attraction
    return field


def two_body_start(random):
    """Opposite places, and velocities of a circular orbit but for 5 % of noise."""
    place = random.rand(2) + 0.5
    velocity = np.array([-place[1], place[0]]) / (2.0 * np.sqrt((place**2).sum()) ** 1.5)
    velocity = velocity * (1.0 + 0.05 * random.randn())
    first = np.concatenate([[1.0], place, velocity])
    return np.stack([first, np.concatenate([[1.0], -first[1:]])])


def two_body():
    """The published split tests on the first fifth: it comes last here."""
    n_orbit, n_point, n_test = 1000, 50, 10000
    random = np.random.RandomState(SEED)
    times = np.linspace(0.0, 20.0, n_point)
    orbits = []
    for _ in range(n_orbit):
        path = solve_ivp(lambda _, x: two_body_field(x.reshape(2, 5)).ravel(), (0.0, 20.0), two_body_start(random).ravel(),
                         t_eval=times, rtol=1e-9).y
        orbits.append(path.reshape(2, 5, n_point))
    state = np.concatenate(orbits, axis=2)
    field = two_body_field(state)

    def rows(part):  # [body, component, row] -> [row, body, component], training first
        flat = part.transpose(2, 0, 1).reshape(n_orbit * n_point, 4)
        return np.roll(flat, -n_test, axis=0)

    data = {"q": rows(state[:, 1:3]), "p": rows(state[:, 3:5]), "dq": rows(field[:, 1:3]), "dp": rows(field[:, 3:5])}
    data["clean_q"], data["clean_p"] = data["q"], data["p"]
    data["t"] = np.tile(times, n_orbit)
    data["trajectory"] = np.roll(np.repeat(np.arange(n_orbit), n_point), -n_test)
    return data, 0.2


TASKS = {"spring": spring, "pendulum": pendulum, "two_body": two_body}


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(TASKS):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or TASKS:
        data, test_fraction = TASKS[name]()
        path = folder / f"hnn_{name}.h5"
        with h5py.File(path, "w") as file:
            file.attrs["source"] = f"arXiv:1906.01563, {name}, seed {SEED}, made by hnn_data.py"
            file.attrs["test_fraction"] = test_fraction
            for column, value in data.items():
                file[column] = value
        print(f"{path}: {len(data['q'])} rows, {test_fraction:g} of them, the last ones, for the test", flush=True)


if __name__ == "__main__":
    main()
