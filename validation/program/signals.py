"""Every way to ask a run to stop, of one rank, of all, or by the clock: all ranks end after the same step with a
checkpoint and status 75; and what ends it at once, or because a rank is gone."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import ENDLESS, Test, namelist, steps_in  # noqa: E402

class Started:
    """A run that trains for ever, past its first steps."""

    def __init__(self, test, name, ranks, more="", groups=None, launcher=True):
        self.test, self.name, self.folder = test, name, test.folder(name)
        deck = namelist({"run": f"study = 'ground_state', seed = 5{more}", **(groups or ENDLESS)})
        test.deck(self.folder, deck, "deck.nml")
        command = [test.mpiexec, test.flag, str(ranks)] * launcher + [test.ritz, "run", "deck.nml"]
        self.log = open(self.folder / "log", "w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        until = time.time() + 60
        while self.steps() < 3 and self.process.poll() is None and time.time() < until:
            time.sleep(0.02)

    def steps(self):
        return steps_in(self.folder / "deck.jsonl")

    def ranks(self):
        done = subprocess.run(["pgrep", "-P", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        return [int(word) for word in done.stdout.split()]

    def end(self, timeout=60):
        code = self.process.wait(timeout=timeout)
        self.log.seek(0)
        return code, self.log.read()

    def expect_stopped(self, cause):
        code, text = self.end()
        self.test.expect(code == 75, f"{self.name} ends with {code}:\n{text[-800:]}")
        self.test.expect(f"by {cause} after step" in text and "`ritz resume deck.ckpt.h5` goes on" in text,
                         f"{self.name} does not say why and how:\n{text[-800:]}")
        self.test.expect((self.folder / "deck.ckpt.h5").exists(), f"{self.name} left no checkpoint")
        self.test.expect(not (self.folder / "deck.lock").exists(), f"{self.name} left its lock")


def stops(test):
    for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGUSR1, "SIGUSR1"), (signal.SIGINT, "SIGINT"),
                         (signal.SIGXCPU, "SIGXCPU")):
        ranks = 1 + int(number) % 3
        run = Started(test, f"{name}-one-of-{ranks}", ranks)
        found = run.ranks()
        if test.expect(len(found) == ranks, f"{name}: {len(found)} ranks found"):
            os.kill(found[-1], number)
        run.expect_stopped(name)
    run = Started(test, "SIGUSR1-launcher", 2)
    run.process.send_signal(signal.SIGUSR1)
    run.expect_stopped("SIGUSR1")
    run = Started(test, "SIGTERM-launcher", 2)
    run.process.send_signal(signal.SIGTERM)
    code, text = run.end()
    test.expect(code != 0 and (run.folder / "deck.ckpt.h5").exists(), f"SIGTERM of the launcher: {code}\n{text[-500:]}")
    run = Started(test, "SIGTERM-alone", 1, launcher=False)
    run.process.send_signal(signal.SIGTERM)
    run.expect_stopped("SIGTERM")
    for name in ("STOP", "deck.stop"):
        run = Started(test, f"file-{name}", 2)
        (run.folder / name).touch()
        run.expect_stopped("a STOP file")
    # A minute is kept in reserve for the checkpoint.
    run = Started(test, "time", 2, ", max_hours = 0.0172")
    run.expect_stopped("the time limit")


def saves(test):
    """SIGUSR2 asks for a checkpoint, and the run goes on."""
    run = Started(test, "SIGUSR2", 2)
    first = (run.folder / "deck.ckpt.h5").read_bytes()
    os.kill(run.ranks()[0], signal.SIGUSR2)
    until = time.time() + 30
    while (run.folder / "deck.ckpt.h5").read_bytes() == first and time.time() < until:
        time.sleep(0.02)
    before = run.steps()
    while run.steps() <= before and time.time() < until and run.process.poll() is None:
        time.sleep(0.02)
    test.expect(run.process.poll() is None, "SIGUSR2 ends the run")
    test.expect((run.folder / "deck.ckpt.h5").read_bytes() != first, "SIGUSR2 writes no checkpoint")
    (run.folder / "STOP").touch()
    run.expect_stopped("a STOP file")


def leaves_at_once(test):
    """Where nothing can be kept, and for who asks twice."""
    exact = {"lattice": "geometry = 'chain', length = 24", "hamiltonian": "model = 'heisenberg'",
             "reference": "solver = 'lanczos'"}
    folder = test.folder("exact")
    test.deck(folder, namelist({"run": "study = 'exact'", **exact}), "deck.nml")
    process = subprocess.Popen([test.ritz, "run", "deck.nml"], cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(0.6)
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=30)
    test.expect(code == -signal.SIGTERM, f"SIGTERM during a diagonalisation: {code}")
    slow = {**ENDLESS, "lattice": "geometry = 'chain', length = 60", "ansatz": "kind = 'rbm', alpha = 8",
            "sampler": "chains = 64, samples = 65536"}
    run = Started(test, "twice", 1, launcher=False, groups={**slow, "sampler": "chains = 64, samples = 8192"})
    begin = time.time()
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    run.process.send_signal(signal.SIGINT)
    code, _ = run.end()
    test.expect(code == 75 and time.time() - begin < 5, f"a second SIGINT: {code}")


def is_fenced(test):
    """A run whose lock another has taken, as after a cut link, ends before it gives a file its name."""
    run = Started(test, "fenced", 2, ", checkpoint_minutes = 0.003")
    lock = run.folder / "deck.lock"
    lock.write_text(re.sub("run_id = .*", "run_id = " + "f" * 32, lock.read_text()))
    code, text = run.end()
    test.expect(code == 77 and "is held by another run" in text, f"a lost lock: {code}\n{text[-800:]}")
    test.expect("f" * 32 in lock.read_text(), "the lock of the other run is gone")


def watches(test):
    """A rank that hangs."""
    run = Started(test, "hangs", 3, ", watchdog_minutes = 0.03")
    victim = run.ranks()[1]
    os.kill(victim, signal.SIGSTOP)
    try:
        code, text = run.end(timeout=60)
    finally:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
    test.expect(code == 69, f"a hanging rank: {code}\n{text[-800:]}")
    test.expect("has waited for" in text and "a rank or a node is gone" in text, f"the watch is silent:\n{text[-800:]}")


def main():
    test = Test("signals")
    stops(test)
    saves(test)
    leaves_at_once(test)
    is_fenced(test)
    watches(test)
    test.finish()


if __name__ == "__main__":
    main()
