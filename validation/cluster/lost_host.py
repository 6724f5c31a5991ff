"""Two virtual hosts with networks of their own: the link of one is cut and the host dies in mid-run. With the keepalive
that our job scripts ask for the launcher notices (it would wait for the dead host for ever), and the host that is left
goes on to the results of an undisturbed run."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from support import Cluster, deck_text, need, text_of, until  # noqa: E402
from harness import Test, skip, steps_in  # noqa: E402
from same import differences  # noqa: E402

KEEPALIVE = ("--mca", "oob_tcp_keepalive_time", "5", "--mca", "oob_tcp_keepalive_intvl", "1",
             "--mca", "oob_tcp_keepalive_probes", "3")


def lose(test, cluster):
    folder = test.folder("lost")
    test.deck(folder, deck_text(more=", checkpoint_minutes = 0.0"), "deck.nml")
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = cluster.start("head", test.mpiexec, *KEEPALIVE, "--map-by", "node", test.flag, 2, test.ritz, "run",
                                "deck.nml", cwd=folder, log=log)
        if not test.expect(until(60, lambda: steps_in(folder / "deck.jsonl") > 10), f"no steps\n{text_of(folder / 'log')[-900:]}"):
            process.kill()
            return
        cluster.cut("n2")
        at = time.time()
        cluster.lose("n2")
        try:
            code = process.wait(timeout=90)
        except subprocess.TimeoutExpired:  # the launcher hangs
            os.kill(process.pid, signal.SIGKILL)
            code = None
    print(f"status {code} after {time.time() - at:.1f} s")
    test.expect(code == 205, f"a lost host: {code}\n{text_of(folder / 'log')[-900:]}")
    (folder / "deck.lock").unlink(missing_ok=True)  # its owner was in another pid namespace
    end = steps_in(folder / "deck.jsonl") + 5
    run = test.launch(folder, 1, "resume", "deck.ckpt.h5", f"optimiser.iterations={end}")
    test.expect(run.code == 0, f"it does not go on: {run.code}\n{run.text[-600:]}")
    whole = test.folder("whole")
    test.deck(whole, deck_text(end), "deck.nml")
    test.expect(test.launch(whole, 2, "run", "deck.nml").code == 0, "the whole run fails")
    different = [key for key in differences(folder / "deck.h5", whole / "deck.h5") if not key.startswith("input/")]
    test.expect(not different, f"disturbed and whole run differ in {different[:6]}")


def main():
    need("ip", "nsenter", "unshare")
    if os.geteuid() != 0:
        skip("virtual hosts with networks of their own need root")
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                      OMPI_MCA_btl="tcp,self")
    test = Test("lost_host")
    top = Path(tempfile.mkdtemp(prefix="rz", dir="/tmp"))
    try:
        with Cluster(top / "c", "-m", "netns", "-n", "2", "-S") as cluster:
            lose(test, cluster)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    test.finish()


if __name__ == "__main__":
    main()
