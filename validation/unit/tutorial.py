"""Runs what docs/tutorial.md shows: its deck with the program, then its Python in order, in one scratch folder.

Usage: tutorial.py RITZ TUTORIAL. A piece that imports a module which is not installed is named and left out.
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
    (deck,) = pieces(text, "fortran")
    snippets = pieces(text, "python")
    assert len(snippets) == 3
    os.environ["MPLBACKEND"] = "Agg"
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        Path("mine.nml").write_text(deck, encoding="utf-8")
        subprocess.run([ritz, "check", "mine.nml", "2"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([ritz, "run", "mine.nml"], check=True)
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
