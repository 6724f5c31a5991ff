"""Runs what docs/tutorial.md shows: its decks with the program, then its Python, in order and in one scratch folder.

Usage: tutorial.py RITZ TUTORIAL. A deck's first line is `! NAME.nml: ...`, its file. A piece that imports a module which is not installed is named and left out.
"""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def pieces(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def missing_module(code: str) -> str | None:
    for name in re.findall(r"^import (\w+)", code, flags=re.MULTILINE):
        if importlib.util.find_spec(name) is None:
            return name
    return None


def main(ritz: str, tutorial: str) -> None:
    text = Path(tutorial).read_text(encoding="utf-8")
    decks = {re.match(r"! (\w+\.nml): ", deck)[1]: deck for deck in pieces(text, "fortran")}
    snippets = pieces(text, "python")
    assert len(decks) == 7 and len(snippets) == 4
    os.environ["MPLBACKEND"] = "Agg"
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        for name, deck in decks.items():
            Path(name).write_text(deck, encoding="utf-8")
            subprocess.run([ritz, "check", name, "2"], check=True, stdout=subprocess.DEVNULL)
            subprocess.run([ritz, "run", name], check=True)
        for code in snippets:
            missing = missing_module(code)
            if missing:
                print("left out: a piece that needs", missing)
                continue
            exec(compile(code, tutorial, "exec"), {})
        subprocess.run([ritz, "info", "mine.h5"], check=True)
        os.chdir("/")


if __name__ == "__main__":
    main(*sys.argv[1:])
