"""What the tests of the program share: starting it, watching a directory, collecting failures.

Every test is called as: NAME.py RITZ MPIEXEC NUMPROC_FLAG SOURCE_DIR SCRATCH_DIR
and ends with 0 (passed), 1 (failed) or 77 (skipped: something it needs is not installed).
"""

import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

LIMIT = 120  # seconds for one start of the program

# A training that goes on until a test ends it.
ENDLESS = {
    "lattice": "geometry = 'chain', length = 12",
    "hamiltonian": "model = 'tfim'",
    "ansatz": "kind = 'rbm', alpha = 2, init_width = 0.1",
    "sampler": "chains = 64, samples = 512, discard = 10",
    "optimiser": "method = 'sr', learning_rate = 0.01, diag_shift = 1e-2, solver = 'kernel', iterations = 1000000",
    "evaluate": "max_samples = 16384, observables = 'sx'",
    "reference": "method = 'none'",
}


class Run:
    """One finished start of the program: exit codes per rank, what it wrote."""

    def __init__(self, codes, out, err, seconds):
        self.codes, self.out, self.err, self.seconds = codes, out, err, seconds

    @property
    def code(self):
        return self.codes[0]

    @property
    def text(self):
        return self.out + self.err


class Test:
    def __init__(self, name):
        if len(sys.argv) != 6:
            sys.exit(__doc__)
        self.ritz, self.mpiexec, self.flag = sys.argv[1:4]
        self.ritz = str(Path(self.ritz).resolve())
        self.source = Path(sys.argv[4]).resolve()
        self.root = Path(sys.argv[5]).resolve() / name
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        self.n_check, self.failures, self.start = 0, [], time.time()
        self.lock = threading.Lock()

    # -- checks -------------------------------------------------------------------------------------------------------

    def expect(self, condition, message):
        with self.lock:
            self.n_check += 1
            if not condition:
                self.failures.append(message)
                print(f"FAILED: {message}", flush=True)
        return bool(condition)

    def finish(self):
        seconds = time.time() - self.start
        print(f"{self.n_check} checks, {len(self.failures)} failed, {seconds:.1f} s")
        sys.exit(1 if self.failures else 0)

    # -- the program --------------------------------------------------------------------------------------------------

    def folder(self, name):
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _start(self, command, folder, environment, limit=LIMIT):
        """environment: what differs from ours; None takes a variable away."""
        changed = {**os.environ, **(environment or {})}
        begin = time.time()
        done = subprocess.run(
            command,
            cwd=folder,
            env={name: value for name, value in changed.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=limit,
            text=True,
            errors="replace",
        )
        return done, time.time() - begin

    def alone(self, folder, *words, environment=None):
        """The program by itself, without a launcher."""
        done, seconds = self._start([self.ritz, *words], folder, environment)
        return Run([done.returncode], done.stdout, done.stderr, seconds)

    def launch(self, folder, ranks, *words, limit=LIMIT):
        """The program under mpiexec; the one exit code is the launcher's."""
        done, seconds = self._start([self.mpiexec, self.flag, str(ranks), self.ritz, *words], folder, None, limit)
        return Run([done.returncode], done.stdout, done.stderr, seconds)

    def launch_each(self, folder, ranks, *words):
        """The same with every rank's own exit code."""
        return self.launch_folders([folder] * ranks, *words)

    def launch_folders(self, folders, *words):
        """One rank in each folder; a shell between launcher and program reports each exit code, beside the folders
        that the test watches."""
        codes = self.root / f"codes-{folders[0].name}"
        shutil.rmtree(codes, ignore_errors=True)
        codes.mkdir()
        script = 'cd "$0" && "$@"; echo $? > "$CODES/$$"'
        command = [self.mpiexec]
        for i, folder in enumerate(folders):
            command += [":"] * (i > 0) + [self.flag, "1", "sh", "-c", script, str(folder), self.ritz, *words]
        done, seconds = self._start(command, self.root, {"CODES": str(codes)})
        found = sorted(int(file.read_text()) for file in codes.iterdir())
        return Run(found if len(found) == len(folders) else [-1], done.stdout, done.stderr, seconds)

    def deck(self, folder, text, name="deck.nml"):
        path = folder / name
        path.write_text(text)
        return path

    def must_run(self, folder, ranks, deck_text, name):
        """Run a deck that must succeed; returns the trace and the Run."""
        self.deck(folder, deck_text, name + ".nml")
        run = self.launch(folder, ranks, "run", name + ".nml")
        if not self.expect(run.code == 0, f"{name} on {ranks} rank(s) ends with {run.code}:\n{run.text[-2000:]}"):
            return None, run
        return read_trace(folder / (name + ".jsonl")), run


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def watch(folder):
    """Everything below a folder, to be compared with a later look."""
    seen = {}
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else None
        seen[str(path.relative_to(folder))] = (data, path.lstat().st_mtime_ns if path.is_file() else None)
    return seen


def read_trace(path):
    """The lines of a live trace that belong to steps; a file without any is an empty list."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if "step" in line]


def steps_in(path):
    """How many steps a trace shows that is being written: 0 in the middle of a line, too."""
    try:
        return len(read_trace(path))
    except ValueError:
        return 0


def namelist(groups):
    """A deck from {'run': "study = 'exact'"}; a group whose text is None is left out."""
    return "".join(f"&{name} {text} /\n" for name, text in groups.items() if text is not None)


def relative(a, b):
    scale = max(abs(a), abs(b))
    return abs(a - b) / scale if scale > 0 and math.isfinite(scale) else abs(a - b)
