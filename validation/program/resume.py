"""A run that is stopped or killed and taken up again gives the files of the undisturbed run, to the last bit.

kill -9 of a random rank or of the launcher, SIGTERM, SIGUSR1 and STOP files, mixed, at random times from a fixed seed,
until the run finishes; on the same number of ranks, and with reproducible = .true. on another number every time. With
RITZ_SOAK in the environment 200 times in one run.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, read_trace  # noqa: E402
from same import differences  # noqa: E402

SOAK = "RITZ_SOAK" in os.environ
KILLS = 200 if SOAK else 3
STEPS = 150 * KILLS  # so many that the run lives through them
SECONDS = 1.2  # a run is disturbed at a random time up to this; undisturbed it takes longer

SAMPLER = "chains = 64, samples = 256, discard = 10"
SR = "method = 'sr', learning_rate = 0.02, diag_shift = 1e-2"
BASE = {
    "lattice": "geometry = 'chain', length = 12",
    "hamiltonian": "model = 'tfim'",
    "ansatz": "kind = 'rbm', alpha = 2, init_width = 0.1",
    "sampler": SAMPLER,
    "optimiser": SR + ", solver = 'kernel', momentum = 0.5, iterations = " + str(STEPS),
    "evaluate": "min_samples = 16384, max_samples = 200000, rel_error = 2e-5, observables = 'sx', 'szsz'",
}
DECKS = {
    "sampled": BASE,
    "tempered": {**BASE, "sampler": "chains = 16, samples = 128, replicas = 4, beta_min = 0.3",
                 "optimiser": "method = 'adam', learning_rate = 0.005, iterations = 900"},
    "full_sum": {**BASE, "sampler": "method = 'full_sum'", "evaluate": "observables = 'sx'",
                 "optimiser": SR + ", solver = 'cg', iterations = 150"},
}


def deck_text(groups, more):
    minutes = 0.0005 if SOAK else 0.0  # the checkpoint grows with the history
    return namelist({"run": f"study = 'ground_state', seed = 5, checkpoint_minutes = {minutes}{more}", **groups})


def ranks_of(launcher):
    done = subprocess.run(["pgrep", "-P", str(launcher)], stdout=subprocess.PIPE, text=True)
    return [int(word) for word in done.stdout.split()]


def disturb(chance, process, folder):
    """One of the ways a run ends before its time."""
    way = chance.choice(["kill a rank", "kill a rank", "kill the launcher", "STOP file", "SIGTERM", "SIGUSR1"])
    if way == "STOP file":
        (folder / "STOP").touch()
        return
    number = {"SIGTERM": signal.SIGTERM, "SIGUSR1": signal.SIGUSR1}.get(way, signal.SIGKILL)
    ranks = ranks_of(process.pid)
    victim = chance.choice(ranks) if way != "kill the launcher" and ranks else process.pid
    try:
        os.kill(victim, number)
    except ProcessLookupError:
        pass


def start(test, folder, ranks):
    verb = ["resume", "deck.nml"] if (folder / "deck.ckpt.h5").exists() else ["run", "deck.nml"]
    log = open(folder / "log", "a", encoding="utf-8")
    command = [test.mpiexec, test.flag, str(ranks), test.ritz, *verb]
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log), verb[0]


def wait_or_end(process, ranks):
    """Whether the launcher had to be ended, with its ranks."""
    try:
        process.wait(timeout=300)
        return False
    except subprocess.TimeoutExpired:
        print("a launcher did not end by itself", flush=True)
    for pid in (process.pid, *ranks):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait(timeout=60)
    return True


def finish_disturbed(test, folder, chance, choose_ranks, kills):
    """Start, disturb, start again ... and in the end leave it alone. Returns how often it was disturbed and resumed."""
    disturbed = resumed = hung = 0
    while disturbed < kills and not (folder / "deck.h5").exists():
        process, verb = start(test, folder, choose_ranks())
        resumed += verb == "resume"
        time.sleep(chance.uniform(0.3, SECONDS))
        ranks = ranks_of(process.pid)
        if process.poll() is None:
            disturb(chance, process, folder)
            disturbed += 1
        hung += wait_or_end(process, ranks)
        # Ranks that lost their launcher live on for a moment, and keep their lock.
        while any(Path(f"/proc/{rank}").exists() for rank in ranks):
            time.sleep(0.02)
    while not (folder / "deck.h5").exists():
        process, verb = start(test, folder, choose_ranks())
        resumed += verb == "resume"
        code = process.wait(timeout=3600)
        if not test.expect(code == 0, f"{folder.name}: the last start ends with {code}: "
                           + (folder / "log").read_text(errors="replace")[-800:]):
            break
    # Open MPI's launcher may not come to an end when a rank dies while it is being connected.
    test.expect(hung <= kills // 50, f"{folder.name}: {hung} of {disturbed} launchers did not end by themselves")
    return disturbed, resumed


def compare(test, name, more, ranks, others, kills):
    title = f"{name}{'-reproducible' if more else ''}"
    chance = random.Random(title)
    whole, folder = test.folder(title + "-whole"), test.folder(title + "-disturbed")
    for place in (whole, folder):
        test.deck(place, deck_text(DECKS[name], more), "deck.nml")
    run = test.launch(whole, ranks, "run", "deck.nml", limit=3600)
    if not test.expect(run.code == 0, f"{title} ends with {run.code}:\n{run.text[-1500:]}"):
        return
    disturbed, resumed = finish_disturbed(test, folder, chance, lambda: chance.choice(others), kills)
    print(f"{title}: disturbed {disturbed} times, resumed {resumed} times")
    test.expect(disturbed > 0 and resumed > 0, f"{title}: never disturbed, or never resumed")
    if not (folder / "deck.h5").exists():
        return
    different = differences(whole / "deck.h5", folder / "deck.h5")
    test.expect(not different, f"{title}: disturbed and whole run differ in {different[:6]}")
    steps = [[line["step"] for line in read_trace(place / "deck.jsonl")] for place in (whole, folder)]
    test.expect(steps[0] == steps[1], f"{title}: the traces have other steps")
    left = [file.name for file in folder.iterdir() if "ckpt" in file.name or file.name.endswith((".tmp", ".lock"))]
    test.expect(not left, f"{title}: {left} are left behind")


def measurement(test):
    """A long measurement of a saved state."""
    state = test.root / "full_sum-reproducible-whole" / "deck.h5"
    if not test.expect(state.exists(), "there is no state to measure"):
        return
    text = namelist({"run": "study = 'evaluate', seed = 5, checkpoint_minutes = 0.0, reproducible = .true.",
                     "state": f"file = '{state}'", "sampler": SAMPLER,
                     "evaluate": "rel_error = 1e-9, max_samples = 3000000, observables = 'sx', 'szsz'"})
    whole, folder = test.folder("measured-whole"), test.folder("measured-disturbed")
    for place in (whole, folder):
        test.deck(place, text, "deck.nml")
    run = test.launch(whole, 2, "run", "deck.nml")
    test.expect(run.code == 0, f"the measurement ends with {run.code}:\n{run.text[-800:]}")
    process, _ = start(test, folder, 2)
    first = None
    while process.poll() is None:  # past the first batch
        if (folder / "deck.ckpt.h5").exists():
            now = (folder / "deck.ckpt.h5").read_bytes()
            first = first or now
            if now != first:
                break
        time.sleep(0.01)
    (folder / "STOP").touch()
    test.expect(process.wait(timeout=60) == 75, "a stopped measurement does not end with 75: "
                + (folder / "log").read_text()[-800:])
    run = test.launch(folder, 3, "resume", "deck.nml")
    test.expect(run.code == 0 and "(evaluate)" in run.out, f"it does not go on: {run.code}\n{run.text[-800:]}")
    different = differences(whole / "deck.h5", folder / "deck.h5")
    test.expect(not different, f"disturbed and whole measurement differ in {different[:6]}")


def refusals(test):
    """What cannot be taken up, or may not change, is said, and nothing is written."""
    folder = test.folder("refusals")
    deck = deck_text({**BASE, "optimiser": SR + ", iterations = 100000"}, "")
    test.deck(folder, deck, "deck.nml")
    process, _ = start(test, folder, 2)
    while not (folder / "deck.ckpt.h5").exists() and process.poll() is None:
        time.sleep(0.05)
    (folder / "STOP").touch()
    test.expect(process.wait(timeout=60) == 75, "a stopped run does not end with 75")
    test.expect("`ritz resume deck.ckpt.h5` goes on" in (folder / "log").read_text(), "it does not say how to go on")
    cases = [
        (("run", "deck.nml"), 73, "holds a run that was stopped: `ritz resume deck.ckpt.h5` goes on"),
        (("resume", "deck.h5"), 64, "'deck.h5' is not a checkpoint NAME.ckpt.h5"),
        (("resume", "other.ckpt.h5"), 66, "no good checkpoint: cannot open 'other.ckpt.h5'"),
        (("resume", "deck.ckpt.h5", "lattice.length=14"), 64, "'lattice.length=14' may not change"),
        (("resume", "deck.ckpt.h5", "iterations=14"), 64, "'iterations=14' is not GROUP.KEY=VALUE"),
        (("resume", "deck.ckpt.h5", "optimiser.iterations=-3"), 65, "iterations"),
        (("resume",), 64, "'resume' takes 1 to 64, not 0"),
    ]
    info = test.alone(folder, "info", "deck.ckpt.h5")
    test.expect(info.code == 0 and "stage     train, " in info.out and deck in info.out, f"ritz info: {info.text[:600]}")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    for words, code, text in cases:
        run = test.alone(folder, *words)
        test.expect(run.code == code, f"{words} ends with {run.code}, not {code}:\n{run.text[-400:]}")
        test.expect(text in run.text, f"{words} does not say '{text}':\n{run.text[-400:]}")
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    test.expect(before == after, "a refused resume has changed a file")
    done = int(read_trace(folder / "deck.jsonl")[-1]["step"]) + 1
    run = test.launch(folder, 2, "resume", "deck.ckpt.h5", f"optimiser.iterations={done + 5}",
                      "evaluate.max_samples=16384")
    test.expect(run.code == 0, f"changed iterations: {run.code}\n{run.text[-600:]}")
    test.expect(len(read_trace(folder / "deck.jsonl")) == done + 5, "the changed number of iterations is not kept to")


def main():
    test = Test("resume")
    compare(test, "sampled", "", 2, [2], KILLS)
    compare(test, "sampled", ", reproducible = .true.", 3, [1, 2, 3, 4], KILLS)
    compare(test, "tempered", "", 1, [1], 1)
    compare(test, "full_sum", ", reproducible = .true.", 2, [1, 2, 3], 1)
    measurement(test)
    refusals(test)
    test.finish()


if __name__ == "__main__":
    main()
