#!/usr/bin/env python3
"""Random decks at the edge of the grammar: all that Ritz accepts must be read by gfortran to the same values.

usage: deck_random.py DECK_DUMP N SEED

Writes N decks of one group with random values, repeats, nulls, sections, separators, comments and endings, keeps those that
Ritz reads (about two in five), and compares them with gfortran (see deck_differential.py). Exit status 77: no gfortran."""
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import deck_differential  # noqa: E402

BLANKS = ["", "", " ", "  ", "\t"]
SPACES = ["", "", " ", "  ", "\t", "\n", " \n ", "\n\n", " ! c\n", "! c\n"]
SEPARATORS = [",", ", ", " ", "  ", " ,", " , ", "\n", ",\n", " ! c\n", ",! c\n", "\n,", ",\n\n", "\t", ",,", " , , "]
BEGINNINGS = [" ", "\n", ",", " ! c\n", "\t"]
BETWEEN = [" ", "\n", ", ", ",\n", " ! c\n ", "\n  ", "\n, "]
ENDINGS = [" /", "\n/", "/", "\n&end", " $end", ",\n /", ",/", " ! c\n/"]
INTEGERS = ["1", "2", "-3", "+4", "007", "12345678901"]
NUMBERS = ["1", "2", "-3", "+4", "007", "1.5", "-.5", "2.", "1e3", "1d-2", "1.5E+2", "3q1", "1.5+2", "-2-1"]
LOGICALS = ["T", "F", ".true.", ".false.", "t", "f", ".T.", ".f.", ".t", ".f", ".TRUE", ".False."]
STRINGS = ["'a'", '"b c"', "'it''s'", "''", "'x=1'", "'/'", '"!"', "'a\nb'", '""""', "'  z '"]


class Writer:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def constant(self, kind):
        if kind != "complex":
            return self.pick({"int": INTEGERS, "real": NUMBERS, "bool": LOGICALS, "string": STRINGS}[kind])
        gap = lambda: self.pick(BLANKS)
        return f"({gap()}{self.pick(NUMBERS)}{gap()},{gap()}{self.pick(NUMBERS)}{gap()})"

    def value(self, kind):
        chance = self.random.random()
        if chance < 0.1:
            return f"{self.random.randint(1, 3)}*{self.constant(kind)}"
        if chance < 0.15:
            return f"{self.random.randint(1, 3)}*"
        return "" if chance < 0.2 else self.constant(kind)

    def subscripts(self):
        chance = self.random.random()
        if chance < 0.1:
            return f"({self.random.randint(1, 3)})"
        if chance < 0.15:
            return f"({self.random.randint(1, 2)}:{self.random.randint(3, 7)})"
        return "(:)" if chance < 0.18 else ""

    def item(self, i):
        kind = self.pick(["int", "real", "bool", "string", "complex"])
        name = f"v{i}" + self.pick(["", "_x", "abc"])
        text = self.pick([name, name.upper()]) + self.subscripts() + self.pick(BLANKS) + "=" + self.pick(SPACES)
        for k in range(self.pick([1, 1, 1, 2, 3, 5])):
            text += (self.pick(SEPARATORS) if k else "") + self.value(kind)
        return text

    def deck(self):
        text = self.pick(["", " ", "! c\n", "\n"]) + self.pick(["&", "$"]) + "g" + self.pick(BEGINNINGS)
        for i in range(self.random.randint(1, 4)):
            text += (self.pick(BETWEEN) if i else "") + self.item(i)
        return text + self.pick(ENDINGS) + self.pick(["", "  ", " ! end"]) + "\n"


def is_comparable(groups):
    """Sections that are given too many values are found only with a schema."""
    try:
        for _, items in groups:
            deck_differential.variables_of(items)
    except ValueError:
        return False
    return True


def main(deck_dump, n, seed):
    writer, decks = Writer(int(seed)), []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(int(n)):
            path = pathlib.Path(folder) / f"random_{i}.nml"
            path.write_text(writer.deck())
            status = subprocess.run([deck_dump, str(path)], capture_output=True).returncode
            if status not in (0, 65):
                print(f"deck_dump: status {status} on:\n{path.read_text()}")
                return 1
            if status == 0:
                groups = deck_differential.dump(deck_dump, path)
                decks += [(path, groups)] if is_comparable(groups) else []
        print(f"{len(decks)} of {n} random decks are read by Ritz")
        status = deck_differential.compare_gfortran(decks)
    return status or (0 if len(decks) * 4 > int(n) else 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
