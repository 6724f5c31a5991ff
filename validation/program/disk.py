"""A disk that is full for a while: the run warns and goes on, the checkpoint before stays, the next attempt succeeds;
a run that must stop without one ends with 74, and goes on later."""

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import ENDLESS, Test, namelist, skip, steps_in  # noqa: E402

def fill(folder):
    """Until not a byte is left."""
    with open(folder / "filler", "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def until(condition, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def start(test, folder, *words):
    log = open(test.root / "log", "a", encoding="utf-8")
    return subprocess.Popen([test.mpiexec, test.flag, "2", test.ritz, *words], cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=log, stderr=log)


def log(test):
    return (test.root / "log").read_text(errors="replace")


def fills_up(test, folder):
    test.deck(folder, namelist({"run": "study = 'ground_state', seed = 5, checkpoint_minutes = 0.0", **ENDLESS}), "deck.nml")
    process = start(test, folder, "run", "deck.nml")
    test.expect(until(lambda: steps_in(folder / "deck.jsonl") > 5), f"no steps:\n{log(test)[-600:]}")
    fill(folder)
    test.expect(until(lambda: "warning: no checkpoint at step" in log(test)), f"no warning:\n{log(test)[-600:]}")
    kept = (folder / "deck.ckpt.h5").read_bytes()
    time.sleep(0.3)
    test.expect(process.poll() is None, f"a full disk ends the run: {process.poll()}\n{log(test)[-600:]}")
    test.expect((folder / "deck.ckpt.h5").read_bytes() == kept, "the checkpoint was touched on a full disk")
    test.expect(not list(folder.glob("*.tmp*")), "temporary files stay on a full disk")
    (folder / "filler").unlink()
    test.expect(until(lambda: (folder / "deck.ckpt.h5").read_bytes() != kept), "no checkpoint when there is room again")
    fill(folder)
    test.expect(until(lambda: log(test).count("no checkpoint at step") > 1), "no second warning")
    process.send_signal(10)  # SIGUSR1: there is no room for a STOP file
    code = process.wait(timeout=60)
    test.expect(code == 74, f"a stop without a checkpoint ends with {code}:\n{log(test)[-600:]}")
    test.expect("stopped by SIGUSR1 after step" in log(test) and "no checkpoint could be written" in log(test),
                "it does not say that it could not keep its state")
    (folder / "filler").unlink()
    (folder / "deck.lock").unlink(missing_ok=True)


def goes_on(test, folder):
    """When there is room, from the checkpoint that stayed."""
    more = steps_in(folder / "deck.jsonl") + 20
    process = start(test, folder, "resume", "deck.ckpt.h5", f"optimiser.iterations={more}")
    code = process.wait(timeout=60)
    test.expect(code == 0 and (folder / "deck.h5").exists(), f"it does not go on: {code}\n{log(test)[-800:]}")


def main():
    if os.geteuid() != 0:
        skip("a small disk of its own needs root")
    test = Test("disk")
    folder = test.folder("disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
                      stderr=subprocess.DEVNULL).returncode != 0:
        skip("no small disk can be mounted here")
    try:
        fills_up(test, folder)
        goes_on(test, folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
    test.finish()


if __name__ == "__main__":
    main()
