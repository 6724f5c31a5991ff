"""Files of the store judged by readers that are not ours: h5py and Python's json.

Usage: store_readable.py PROGRAM_RESULTS PROGRAM_TRACE
"""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np


def check_results(program: str, directory: Path) -> None:
    subprocess.run([program, str(directory)], check=True)
    with h5py.File(directory / "values and spaces.h5", "r") as file:
        assert file.attrs["format"] == "ritz-results"
        assert file.attrs["format_version"] == "1.0"
        assert file.attrs["program"] == "ritz"
        z = file["parameters/z"][()]
        rows, columns = np.indices((700, 300))
        assert z.dtype == np.complex128
        assert np.array_equal(z, (rows + 0.1) + 1j * (columns - 1e-300))
        assert file["parameters/empty"].shape == (0, 5)
        energy = file["observables/energy/mean"]
        assert energy[()] == -50.942674114257
        assert energy.attrs["units"] == "J"
        assert energy.attrs["long_name"] == "energy"
        assert np.isnan(file["observables/energy/undefined"][()])
        count = file["observables/energy/n"]
        assert count[()] == -(2**63) and count.attrs["walkers"] == 64
        assert file["observables"].attrs["h"] == 0.5
        deck = file["input/deck"].asstr()[()]
        assert deck == "&run study = 'ground_state' /\n! \u00e9t\u00e9\n"
        assert file["input/nothing"].asstr()[()] == ""


def check_trace(program: str, directory: Path) -> None:
    name = directory / "sample.jsonl"
    subprocess.run([program, str(name)], check=True)
    lines = name.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 and json.loads(lines[1]) == {}
    line = json.loads(lines[0])
    assert line["header"] == 'a "quoted\\path"\n\ttab \x01 \u00e9 \ufffd \ufffd\ufffd end'
    assert line["none"] is None and line["tau_int"] is None
    assert line["step"] == -(2**63)
    assert line["energy"] == -0.1 and line["third"] == 1 / 3 and line["tiny"] == 5e-324
    assert math.isnan(float(line["error"]))
    assert float(line["up"]) == math.inf and float(line["down"]) == -math.inf


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        check_results(sys.argv[1], Path(scratch))
        check_trace(sys.argv[2], Path(scratch))
    print("h5py", h5py.__version__, "and json read both files")
