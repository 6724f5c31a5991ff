"""What the cluster tests share: a throw-away cluster of virtual nodes on this machine."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "program" / "support"))
from harness import ENDLESS, namelist, skip  # noqa: E402

SCRIPT = Path(__file__).parent / "virtual_cluster.sh"

def deck_text(iterations=1000000, more=""):
    optimiser = ENDLESS["optimiser"].replace("1000000", str(iterations))
    return namelist({"run": f"study = 'ground_state', seed = 5, reproducible = .true.{more}", **ENDLESS,
                     "optimiser": optimiser})


def need(*programs):
    """Skip the test, with a clear line, where one of these is missing."""
    os.environ["PATH"] += os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        skip(f"not installed: {', '.join(missing)}")


def until(seconds, condition):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def text_of(path):
    return path.read_text(errors="replace") if path.exists() else ""


class Cluster:
    """Started when entered and stopped, with all it started, when left. The folder's path must be short: sockets."""

    def __init__(self, folder, *options):
        self.folder, self.options = folder, options

    def _call(self, *words, **options):
        return subprocess.run(["bash", str(SCRIPT), *map(str, words)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **options)

    def __enter__(self):
        done = self._call("start", *self.options, self.folder)
        if done.returncode != 0:
            logs = "".join(f"--- {log.name}\n{text_of(log)[-600:]}" for log in sorted(self.folder.glob("*.log")))
            skip(f"no virtual cluster can be started here: {done.stdout[-600:]}{logs}")
        return self

    def __exit__(self, *_):
        self._call("stop", self.folder)

    def run(self, host, *words, cwd=None):
        """A command on a host; what it prints."""
        return self._call("run", self.folder, host, *words, cwd=cwd).stdout.strip()

    def start(self, host, *words, cwd, log):
        return subprocess.Popen(["bash", str(SCRIPT), "run", str(self.folder), host, *map(str, words)], cwd=cwd,
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def cut(self, host):
        self._call("cut", self.folder, host)

    def lose(self, host):
        self._call("kill", self.folder, host)
