"""A real Slurm with three virtual nodes on this machine: the shipped job scripts and those of `ritz job`; the warning
before the end and the end of the time, each with checkpoint, queue again and going on; an array; scancel."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from support import Cluster, deck_text, namelist, need, text_of, until  # noqa: E402
from harness import ENDLESS, Test, steps_in  # noqa: E402
from same import differences  # noqa: E402


class Jobs:
    def __init__(self, test, cluster):
        self.test, self.cluster = test, cluster
        self.scripts = test.source / "jobscripts"
        os.environ.update(RITZ=test.ritz, RITZ_JOBSCRIPTS=str(self.scripts), OMPI_MCA_btl="self,vader",
                          OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")

    def submit(self, folder, *words):
        answer = self.cluster.run("head", "sbatch", "--parsable", "-D", folder, *words, cwd=folder)
        self.test.expect(answer.split(";")[0].isdigit(), f"sbatch {words[-2:]} says: {answer}")
        return answer.split(";")[0]

    def state(self, job):
        text = self.cluster.run("head", "scontrol", "show", "job", job)
        return {word.split("=")[1] for word in text.split() if word.startswith("JobState=")}

    def made_by_ritz(self, name, deck, *options):
        folder = self.test.folder(name)
        self.test.deck(folder, deck, "deck.nml")
        made = self.test.alone(folder, "job", "deck.nml", "--ntasks-per-node=2", "--output=log", *options)
        self.test.expect(made.code == 0, f"ritz job: {made.code}\n{made.text[-400:]}")
        (folder / "job.sh").write_text(made.out)
        return folder, self.submit(folder, "job.sh")


def warned(test, jobs):
    """SIGUSR1 to the script: checkpoint, queue, going on; ended by STOP, then finished by hand, equal to a whole run."""
    folder, job = jobs.made_by_ritz("warned", deck_text())
    log = folder / "log"
    test.expect(until(60, lambda: steps_in(folder / "deck.jsonl") > 5), f"the job does not begin:\n{text_of(log)[-600:]}")
    jobs.cluster.run("head", "scancel", "--batch", "--signal=USR1", job)
    test.expect(until(60, lambda: "by SIGUSR1 after step" in text_of(log)), f"not warned:\n{text_of(log)[-600:]}")
    test.expect(until(90, lambda: "resumed   deck.ckpt.h5" in text_of(log)), f"not resumed:\n{text_of(log)[-600:]}")
    at = steps_in(folder / "deck.jsonl")
    test.expect(until(30, lambda: steps_in(folder / "deck.jsonl") > at + 5), "the job that was put back into the queue makes no steps")
    jobs.cluster.run("head", "scancel", job)
    test.expect(until(30, lambda: jobs.state(job) == {"CANCELLED"}), f"scancel: {jobs.state(job)}")
    test.expect(until(20, lambda: steps_in(folder / "deck.jsonl") > at), "no trace is left")
    at = steps_in(folder / "deck.jsonl")
    until(3, lambda: steps_in(folder / "deck.jsonl") > at)
    test.expect(steps_in(folder / "deck.jsonl") == at, "ranks live on after scancel")
    finish(test, folder)


def finish(test, folder):
    """Whatever is left of a job goes on here, to a few steps more, and gives the results of a whole run."""
    if not test.expect((folder / "deck.ckpt.h5").exists(), f"{folder.name} left no checkpoint"):
        return
    (folder / "deck.lock").unlink(missing_ok=True)  # of a process in another pid namespace, or just killed
    end = steps_in(folder / "deck.jsonl") + 5
    run = test.launch(folder, 3, "resume", "deck.ckpt.h5", f"optimiser.iterations={end}")
    test.expect(run.code == 0, f"{folder.name} does not go on: {run.code}\n{run.text[-600:]}")
    whole = test.folder(folder.name + "-whole")
    test.deck(whole, deck_text(end), "deck.nml")
    run = test.launch(whole, 1, "run", "deck.nml")
    if test.expect(run.code == 0, f"whole run: {run.code}"):
        different = [name for name in differences(folder / "deck.h5", whole / "deck.h5") if not
                     name.startswith("input/")]
        test.expect(not different, f"{folder.name} and a whole run differ in {different[:6]}")


def timed(test, folder, jobs, job):
    """The time Slurm has left is seen by the run itself."""
    log = folder / "log"
    test.expect(until(150, lambda: "by the time limit after step" in text_of(log) or "by SIGUSR1" in text_of(log)),
                f"the time limit is not seen:\n{text_of(log)[-600:]}")
    test.expect(until(60, lambda: "resumed   deck.ckpt.h5" in text_of(log)), f"not resumed:\n{text_of(log)[-600:]}")
    jobs.cluster.run("head", "scancel", job)
    until(30, lambda: jobs.state(job) == {"CANCELLED"})
    finish(test, folder)


def shipped(test, jobs):
    """The scripts as they are, but for the number of ranks."""
    for name, options in (("slurm_one_node.sh", ()), ("slurm_many_nodes.sh", ("--nodes=1",)),
                          ("slurm_hybrid.sh", ("--nodes=1", "--cpus-per-task=1"))):
        folder = test.folder(name)
        test.deck(folder, deck_text(20), "deck.nml")
        jobs.submit(folder, "--ntasks=2", "--ntasks-per-node=2", "-o", "log", *options, jobs.scripts / name, "deck.nml")
        test.expect(until(60, lambda: (folder / "deck.h5").exists()), f"{name}:\n{text_of(folder / 'log')[-800:]}")
        test.expect(until(20, lambda: "ritz ended with 0" in text_of(folder / "log")), f"{name} does not end with 0")


def array(test, jobs):
    folder = test.folder("array")
    sweep = namelist({"run": "study = 'ground_state', seed = 5", **ENDLESS,
                      "optimiser": ENDLESS["optimiser"].replace("1000000", "10"),
                      "sweep": "axes = 'hamiltonian.h = 0.5, 1.0, 1.5'"})
    test.deck(folder, sweep, "deck.nml")
    made = test.alone(folder, "sweep", "deck.nml")
    line = next((line for line in made.out.splitlines() if line.startswith("sbatch ")), "")
    if not test.expect("--array=1,2,3" in line, f"ritz sweep: {made.text[-400:]}"):
        return
    words = line.split()[1:]
    words[words.index("jobscripts/slurm_array_chain_lengths.sh")] = jobs.scripts / "slurm_array_chain_lengths.sh"
    jobs.submit(folder, "--ntasks=1", "-o", "log-%a", *words)
    done = until(90, lambda: len(list(folder.glob("deck.sweep/*.h5"))) == 3)
    test.expect(done, "the array does not finish:\n" + text_of(folder / "log-1")[-600:])
    until(10, lambda: all("ended with 0" in text_of(folder / f"log-{i}") for i in (1, 2, 3)))
    collected = test.alone(folder, "sweep", "deck.nml")
    test.expect("3 finished" in collected.out, f"ritz sweep does not collect: {collected.text[-400:]}")


def main():
    need("sbatch", "slurmctld", "slurmd", "munged")
    test = Test("slurm")
    top = Path(tempfile.mkdtemp(prefix="rz", dir="/tmp"))
    try:
        with Cluster(top / "c", "-m", "plain", "-n", "3") as cluster:
            jobs = Jobs(test, cluster)
            folder, job = jobs.made_by_ritz("timed", deck_text(), "--time=2")
            shipped(test, jobs)
            array(test, jobs)
            warned(test, jobs)
            timed(test, folder, jobs, job)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    test.finish()


if __name__ == "__main__":
    main()
