"""Every shipped deck passes `ritz check`, and runs to its end on two ranks when its training is cut short."""

import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
from harness import Test, read_trace  # noqa: E402

STEPS = 2
SHORTER = {"iterations": STEPS, "max_samples": 4096, "samples": 1024, "discard": 10}


def shorten(text):
    """The deck with its counts cut; what each deck is about stays."""
    for key, limit in SHORTER.items():
        text = re.sub(
            rf"(?m)^(?P<head>[^!\n]*\b{key}\s*=\s*)(?P<value>\d+)",
            lambda m: m["head"] + str(min(int(m["value"]), limit)),
            text,
        )
    # The diagonalisation of 20 sites takes half a minute, and inputs/exact has it too.
    if "study = 'ground_state'" in text and "length = 20" in text and "&reference" not in text:
        text += "&reference method = 'formula' /\n"
    return text


def parent(deck):
    """The deck whose results this one starts from, or None."""
    source = re.search(r"(?m)^[^!\n]*\binit_from\s*=\s*'(\w+)\.h5'", deck.read_text())
    return deck.with_name(f"{source[1]}.nml") if source else None


def with_parents_first(decks):
    order = []
    for deck in decks:
        line = [deck]
        while parent(line[0]):
            line.insert(0, parent(line[0]))
        order += [d for d in line if d not in order]
    return order


def prepare(test, name, deck, results):
    """A folder with all that the deck reads."""
    folder = test.folder(name.replace("/", "-")[:-4])
    for companion in deck.parent.iterdir():
        if companion.suffix != ".nml" and companion.is_file():
            shutil.copy(companion, folder)
    if parent(deck):
        shutil.copy(results[parent(deck)], folder / f"{parent(deck).stem}.h5")
    return folder


def main():
    test = Test("shipped_decks")
    decks = sorted((test.source / "inputs").rglob("*.nml"))
    results = {}
    test.expect(len(decks) >= 13, f"only {len(decks)} decks below inputs/")
    for deck in with_parents_first(decks):
        name = str(deck.relative_to(test.source / "inputs"))
        if parent(deck) and not test.expect(parent(deck) in results, f"{name} has nothing to start from"):
            continue
        folder = prepare(test, name, deck, results)
        text = shorten(deck.read_text())
        solved = "study = 'exact'" in text or "&optimiser" not in text
        test.expect(solved or f"iterations = {STEPS}" in text, f"{name} has no iterations to cut")
        shutil.copy(deck, folder / "whole.nml")
        check = test.alone(folder, "check", "whole.nml")
        test.expect(check.code == 0 and check.err == "", f"check {name} ends with {check.code}:\n{check.err}")
        learned = "study = 'hamiltonian_network'" in text
        test.expect(("! law " if learned else "! H = ") in check.out, f"check {name} prints no H or law")
        test.expect("! memory" in check.out or (learned and solved), f"check {name} prints no memory")

        found = {path.name for path in folder.iterdir()}
        test.deck(folder, text)
        run = test.launch(folder, 2, "run", "deck.nml")
        print(f"{name:45s} exit {run.code}  {run.seconds:5.1f} s", flush=True)
        if not test.expect(run.code == 0, f"run {name} ends with {run.code}:\n{run.text[-1500:]}"):
            continue
        results[deck] = folder / "deck.h5"
        left = sorted(path.name for path in folder.iterdir()
                      if path.suffix in (".h5", ".jsonl", ".lock", ".ckpt") and path.name not in found)
        wanted = ["deck.h5"] if solved else ["deck.h5", "deck.jsonl"]
        wanted = ["deck.sweep.h5"] if "&sweep" in text else wanted
        test.expect(left == wanted, f"{name} leaves {left}")
        if "deck.jsonl" in wanted:
            test.expect(len(read_trace(folder / "deck.jsonl")) == STEPS, f"{name}: not {STEPS} steps in the trace")
    test.finish()


if __name__ == "__main__":
    main()
