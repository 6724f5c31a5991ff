#!/usr/bin/env python3
"""Tables of planets relative to the Sun from JPL's ephemeris DE405, as Debian packages it (casacore-data-jpl-de405):

    python3 validation/tools/de405.py [TABLE.f0i] > planets.csv

The ephemeris is a work of the U.S. Government and in the public domain; so are the tables made from it. Options choose
the bodies, the first day, the step and the number of epochs. Columns: t in days since J2000 (Julian date 2451545.0);
trajectory, the number of the body (1 Mercury, 2 Venus, 3 Earth and Moon together, 4 Mars, ... 9 Pluto); q position in
au, p velocity in au/day, dq velocity again, dp acceleration in au/day^2, all relative to the Sun, equatorial J2000.

The file holds records of 32 days, 8160 bytes apart from byte 28 on: 1016 doubles, little-endian, of Chebyshev
coefficients in km, barycentric. Velocities and accelerations are the derivatives of the polynomials."""
import argparse
import struct

AU = 149597870.691  # km, of DE405
FIRST_DAY, DAYS, N_RECORD = 2436912.5, 32.0, 1143
J2000 = 2451545.0
# first number in a record, coefficients per component, parts of the 32 days
PLANETS = [(0, 14, 4), (168, 10, 2), (228, 13, 2), (306, 11, 1), (339, 8, 1), (363, 7, 1), (384, 6, 1), (402, 6, 1),
           (420, 6, 1)]
SUN = (750, 11, 2)


def chebyshev(c, s):
    """Value, slope and curvature of sum_k c_k T_k at s."""
    t, dt, ddt = [1.0, s], [0.0, 1.0], [0.0, 0.0]
    for k in range(2, len(c)):
        t.append(2.0 * s * t[-1] - t[-2])
        dt.append(2.0 * (t[k - 1] + s * dt[-1]) - dt[-2])
        ddt.append(4.0 * dt[k - 1] + 2.0 * s * ddt[-1] - ddt[-2])
    return [sum(a * b for a, b in zip(c, f)) for f in (t, dt, ddt)]


def motion(data, body, day):
    """[position, velocity, acceleration] in au and days at a Julian date, barycentric."""
    start, n, parts = body
    record = int((day - FIRST_DAY) // DAYS)
    if not 0 <= record < N_RECORD:
        raise SystemExit(f"day {day} lies outside the ephemeris")
    length = DAYS / parts
    part = min(int((day - FIRST_DAY - record * DAYS) // length), parts - 1)
    s = 2.0 * (day - FIRST_DAY - record * DAYS - part * length) / length - 1.0
    out = [[], [], []]
    for component in range(3):
        at = 28 + 8160 * record + 8 * (start + (3 * part + component) * n)
        f = chebyshev(struct.unpack_from(f"<{n}d", data, at), s)
        for order in range(3):
            out[order].append(f[order] * (2.0 / length) ** order / AU)
    return out


def main():
    options = argparse.ArgumentParser(description="table of planets relative to the Sun from JPL's DE405")
    options.add_argument("file", nargs="?", default="/usr/share/casacore/data/ephemerides/DE405/table.f0i")
    options.add_argument("--bodies", type=int, nargs="+", default=[1, 2, 3, 4])
    options.add_argument("--from", dest="first", type=float, default=2437000.5, help="Julian date")
    options.add_argument("--step", type=float, default=363.7, help="days")
    options.add_argument("--epochs", type=int, default=100)
    o = options.parse_args()
    with open(o.file, "rb") as f:
        data = f.read()
    print("# From JPL's ephemeris DE405, a work of the U.S. Government, not subject to copyright protection.")
    print("# By validation/tools/de405.py: au and days, relative to the Sun, equatorial J2000; dq = p is the velocity.")
    print("t,trajectory," + ",".join(f"{name}{k}" for name in ("q", "p", "dq", "dp") for k in (1, 2, 3)))
    for body in o.bodies:
        for i in range(o.epochs):
            day = o.first + i * o.step
            planet, sun = motion(data, PLANETS[body - 1], day), motion(data, SUN, day)
            q, p, dp = ([a - b for a, b in zip(planet[k], sun[k])] for k in range(3))
            print(f"{day - J2000:.1f},{body}," + ",".join(f"{x:.13g}" for x in q + p + p + dp))


if __name__ == "__main__":
    main()
