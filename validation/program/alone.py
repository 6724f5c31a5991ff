"""One process without a launcher starts MPI for itself alone, unless the environment says otherwise.

Open MPI tells which transports it opens; other MPI libraries do not read these variables.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, namelist, skip  # noqa: E402

DECK = namelist({
    "run": "study = 'exact', output = 'out.h5', overwrite = .true.",
    "lattice": "geometry = 'chain', length = 4",
    "hamiltonian": "model = 'tfim'",
})
SILENT = {name: None for name in ("OMPI_MCA_pml", "OMPI_MCA_btl", "OMPI_MCA_mtl")}
TALKATIVE = {**SILENT, "OMPI_MCA_btl_base_verbose": "10"}


def transports(test, folder, **environment):
    run = test.alone(folder, "run", "deck.nml", environment={**TALKATIVE, **environment})
    test.expect(run.code == 0, f"with {environment} it ends with {run.code}:\n{run.text[-2000:]}")
    return {name for name in ("self", "tcp") if f"component {name} register" in run.text}


def main():
    test = Test("alone")
    folder = test.folder("deck")
    if "Open MPI" not in test.alone(folder, "--version").out:
        skip("not Open MPI")
    test.deck(folder, DECK)
    alone = transports(test, folder)
    test.expect(alone == {"self"}, f"alone it opens {alone}")
    asked = transports(test, folder, OMPI_MCA_btl="self,tcp")
    test.expect(asked == {"self", "tcp"}, f"asked for self and tcp it opens {asked}")
    launched = transports(test, folder, PALS_RANKID="0", OMPI_MCA_pml="ob1")
    test.expect("tcp" in launched, f"under a launcher it opens {launched}")
    test.finish()


if __name__ == "__main__":
    main()
