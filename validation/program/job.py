"""The script of `ritz job`, and the life of a run that it holds, with a Slurm that only pretends: the warning, the
queue again, going on, the time that is left, an end by scancel, and what is not put back."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, read_trace, skip  # noqa: E402

PRETENDED = {
    "scontrol": 'echo "$*" >>"$PRETENDED/asked"',
    "squeue": 'echo "$LEFT"',
    "sleep": ":",
}


def deck_text(output, iterations):
    return namelist({
        "run": "study = 'ground_state', seed = 5, output = '" + output.replace("'", "''") + "'",
        "lattice": "geometry = 'chain', length = 12",
        "hamiltonian": "model = 'tfim'",
        "ansatz": "kind = 'rbm', alpha = 2, init_width = 0.1",
        "sampler": "chains = 64, samples = 512, discard = 10",
        "optimiser": f"learning_rate = 0.01, diag_shift = 1e-2, solver = 'kernel', iterations = {iterations}",
        "evaluate": "max_samples = 16384",
        "reference": "method = 'none'",
    })


class Job:
    """A deck whose results go elsewhere, through names that a shell may stumble over, and its script."""

    def __init__(self, test, name, iterations=1000000):
        self.test, self.name = test, name
        self.folder, self.results = test.folder(name + " it's"), test.folder(name + " there's")
        self.bin = test.folder(name + "-bin")
        for program, text in PRETENDED.items():
            (self.bin / program).write_text(f"#!/bin/bash\n{text}\n")
            (self.bin / program).chmod(0o755)
        test.deck(self.folder, deck_text(f"{self.results}/a.h5", iterations), "my deck.nml")
        made = test.alone(self.folder, "job", "my deck.nml", "--time=2", "--comment=two words")
        test.expect(made.code == 0, f"ritz job ends with {made.code}:\n{made.text[-500:]}")
        self.text = made.out
        (self.folder / "job.sh").write_text(made.out)

    def start(self, restarts=0, left="1-00:00:00", **more):
        (self.bin / "asked").unlink(missing_ok=True)
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "PRETENDED": str(self.bin),
                       "LEFT": left, "SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": str(restarts), "SLURM_NTASKS": "2",
                       **more}
        environment.pop("SLURM_JOB_END_TIME", None)
        self.log = self.folder / f"log-{restarts}"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(["bash", "job.sh"], cwd=self.folder, env=environment, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)

    def past_some_steps(self):
        """More than the trace held when the job began."""
        before, until = self.n_step(), time.time() + 60
        while self.n_step() <= before + 3 and self.process.poll() is None and time.time() < until:
            time.sleep(0.02)

    def n_step(self):
        try:
            return len(read_trace(self.results / "a.jsonl"))
        except ValueError:
            return 0  # in the middle of a line

    def expect_end(self, code, requeued, *said):
        try:
            got = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            (self.results / "STOP").touch()
            got = None
        text = self.log.read_text(errors="replace")
        asked = (self.bin / "asked").read_text() if (self.bin / "asked").exists() else ""
        self.test.expect(got == code, f"{self.name}: ends with {got}, not {code}:\n{text[-900:]}")
        wanted = "requeue 7\n" if requeued else ""
        self.test.expect(asked == wanted, f"{self.name}: asks for '{asked}', not '{wanted}'\n{text[-900:]}")
        for words in said:
            self.test.expect(words in text, f"{self.name}: does not say '{words}':\n{text[-900:]}")


def is_a_script(test, job):
    lines = job.text.splitlines()
    options = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")]
    for wanted in ('"--job-name=my deck"', '"--time=2"', '"--comment=two words"', "--requeue", "--open-mode=append",
                   "--signal=B:USR1@120"):
        test.expect(wanted in options, f"the script lacks {wanted}: {options}")
    test.expect(sum("--time=" in option for option in options) == 1, f"the time is given twice: {options}")
    code = subprocess.run(["bash", "-n", "job.sh"], cwd=job.folder).returncode
    test.expect(code == 0, "the script is not one for bash")
    for words, wanted in ((("my deck.nml", "time=2"), 64), (("none.nml",), 66)):
        run = test.alone(job.folder, "job", *words)
        test.expect(run.code == wanted and not run.out, f"ritz job {words} ends with {run.code}:\n{run.text[-300:]}")


def lives_on(test, job):
    """Warned, put back, resumed; then cancelled, and put back too often."""
    job.start()
    job.past_some_steps()
    job.process.send_signal(signal.SIGUSR1)
    job.expect_end(75, True, "by SIGUSR1 after step", "ritz ended with 75")
    job.start(restarts=1)
    job.past_some_steps()
    job.process.send_signal(signal.SIGTERM)
    job.process.wait(timeout=60)
    job.expect_end(job.process.returncode, False, "resumed   ")
    (job.results / "a.lock").unlink(missing_ok=True)  # the launcher may kill before a rank removes it
    job.start(restarts=100)
    job.past_some_steps()
    job.process.send_signal(signal.SIGUSR1)
    job.expect_end(75, False, "resumed   ", "put back into the queue 100 times: enough")


def ends_in_time(job):
    """A minute is kept in reserve of what squeue says is left."""
    job.start(left="1:02")
    job.expect_end(75, True, "by the time limit after step")


def is_not_put_back(job):
    """Every start fails before its first step, here because launcher and MPI seem not to belong together."""
    job.start(SLURM_NTASKS="1", SLURM_STEP_NUM_TASKS="2")
    job.expect_end(69, False, "no step was made since this job started")


def keeps_points(test):
    """A point of an array that did not fail by itself is no failed one, whose checkpoint the next attempt removes."""
    folder = test.folder("array")
    for name, text in {**PRETENDED, "mpirun": 'exec "${@: -3}"', "ritz": '[ "$1" = check ] || exit "$CODE"'}.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PRETENDED": str(folder),
                   "RITZ": str(folder / "ritz"), "RITZ_JOBSCRIPTS": str(test.source / "jobscripts"),
                   "SLURM_JOB_ID": "7", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "1", "SLURM_NTASKS": "1",
                   "SLURM_JOB_NAME": "array", "SLURM_SUBMIT_DIR": str(folder)}
    script = test.source / "jobscripts" / "slurm_array_chain_lengths.sh"
    for code, fails in ((1, False), (69, False), (74, False), (75, False), (77, False), (137, False), (205, False),
                        (65, True), (70, True), (76, True)):
        sweep = folder / f"{code}.sweep"
        sweep.mkdir()
        (sweep / "0001.ckpt.h5").touch()
        for _ in range(2):
            done = subprocess.run(["bash", script, sweep.name], cwd=folder, env={**environment, "CODE": str(code)},
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            test.expect(done.returncode == code, f"a point with {code} ends with {done.returncode}:\n{done.stdout}")
        left = {path.name for path in sweep.iterdir()}
        test.expect(left == ({"0001.failed"} if fails else {"0001.ckpt.h5"}), f"a point with {code} leaves {left}")


def main():
    test = Test("job")
    keeps_points(test)
    if "Open MPI" not in test.alone(test.root, "--version").out or not shutil.which("mpirun"):
        skip("not Open MPI")
    job = Job(test, "long")
    is_a_script(test, job)
    lives_on(test, job)
    ends_in_time(Job(test, "timed"))
    is_not_put_back(Job(test, "hopeless"))
    short = Job(test, "short", iterations=20)
    short.start()
    short.expect_end(0, False, "ritz ended with 0")
    test.finish()


if __name__ == "__main__":
    main()
