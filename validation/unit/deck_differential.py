#!/usr/bin/env python3
"""Read decks with Ritz's untyped reader and with another one, and compare all values.

usage: deck_differential.py gfortran|f90nml DECK_DUMP PATH...

PATH is a deck or a folder that is searched for *.nml. With gfortran a program is generated that declares variables of
fitting type and shape for every group of every deck, reads the decks with READ(NML=) and prints what it got, bit for bit.
Decks with a line "! not for f90nml" are left out of the second comparison. Exit status 77: the other reader is not
installed, nothing was compared."""
import itertools
import math
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SKIPPED = 77
UNSET = {"int": -777777, "real": -7.25, "complex": complex(-7.25, -7.25), "bool": False, "string": "~unset~"}


def dump(deck_dump, path):
    """[(group, [(designator, [(kind, value)])])] of a deck, in the order of the deck."""
    run = subprocess.run([deck_dump, str(path)], capture_output=True)
    if run.returncode != 0:
        raise SystemExit(f"{path}: not read by Ritz:\n{run.stderr.decode(errors='replace')}")
    groups = []
    for line in run.stdout.decode("utf-8").split("\n")[:-1]:
        fields = line.split("\t")
        if len(fields) == 1:
            groups.append((fields[0], []))
            continue
        _, key, index, kind, text = fields
        items = groups[-1][1]
        if int(index) == 0:
            items.append((key, []))
        if kind != "none":
            items[-1][1].append((kind, convert(kind, text)))
    return groups


def convert(kind, text):
    if kind == "int":
        return int(text)
    if kind in ("real", "wide"):
        return float(text)
    if kind == "bool":
        return text == "true"
    if kind == "complex":
        return complex(*map(float, text.split()))
    if kind == "string":
        return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)
    return None


def join_kinds(kinds):
    """The one Fortran type that takes constants of all these kinds."""
    kinds = set(kinds) - {"null"}
    if not kinds:
        return "int"
    if kinds <= {"int"}:
        return "int"
    if kinds <= {"int", "real", "wide"}:
        return "real"
    if kinds <= {"int", "real", "complex"}:
        return "complex"
    if len(kinds) == 1:
        return kinds.pop()
    raise ValueError(f"constants of kinds {kinds} in one key")


class Variable:
    """A name or a component with its shape, and the values that reading must give."""

    def __init__(self):
        self.assignments = []  # ([subscript text per component], values)

    def settle(self):
        self.kind = join_kinds(k for _, values in self.assignments for k, _ in values)
        ranks = {len(subs) for subs, _ in self.assignments if subs}
        self.rank = ranks.pop() if ranks else 0
        assert not ranks, "one rank per key"
        if self.rank == 0 and any(len(values) > 1 for _, values in self.assignments):
            self.rank = 1
        self.shape = [1] * self.rank
        for subs, values in self.assignments:
            for d in range(self.rank):
                self.shape[d] = max(self.shape[d], self.extent(subs, d, len(values)))
        if self.rank == 1:
            self.shape[0] += 1  # one element that nothing touches
        self.length = 8 + max([len(v.encode()) for _, values in self.assignments for _, v in values if isinstance(v, str)],
                              default=0)
        self.values = [UNSET[self.kind]] * math.prod(self.shape)
        for subs, values in self.assignments:
            self.fill(subs, values)

    def extent(self, subs, d, n_values):
        if not subs:
            return n_values
        numbers = [int(s) for s in re.findall(r"[+-]?\d+", subs[d].split(":", 2)[0] + " " + ":".join(subs[d].split(":")[1:2]))]
        if ":" not in subs[d]:
            return max(numbers) + (n_values - 1 if self.rank == 1 else 0)
        open_end = subs[d].split(":")[1] == ""
        first = int(subs[d].split(":")[0] or 1)
        return max(numbers + ([first + n_values - 1] if open_end else []))

    def places(self, subs):
        """Offsets, column-major, in the order in which values arrive."""
        total = math.prod(self.shape)
        if not subs:
            return range(total)
        ranges = []
        for d, sub in enumerate(subs):
            parts = sub.split(":")
            if len(parts) == 1:
                first = int(sub) - 1
                ranges.append(range(first, self.shape[d]) if self.rank == 1 else [first])
                continue
            step = int(parts[2]) if len(parts) == 3 else 1
            first, last = int(parts[0] or 1), int(parts[1] or self.shape[d])
            ranges.append(range(first - 1, last - 1 + (1 if step > 0 else -1), step))
        strides = list(itertools.accumulate([1] + self.shape[:-1], lambda a, b: a * b))
        return [sum(i * s for i, s in zip(reversed(index), strides)) for index in itertools.product(*reversed(ranges))]

    def fill(self, subs, values):
        places = self.places(subs)
        if len(values) > len(places):
            raise ValueError(f"{len(values)} values for {len(places)} elements")
        for place, (kind, value) in zip(places, values):
            if kind == "null":
                continue
            self.values[place] = {"real": float, "complex": complex}.get(self.kind, lambda v: v)(value)

    def declaration(self):
        return {"int": "integer(int64)", "real": "real(real64)", "complex": "complex(real64)", "bool": "logical",
                "string": f"character(len={self.length})"}[self.kind]

    def dimensions(self):
        return "(" + ",".join(map(str, self.shape)) + ")" if self.rank else ""

    def unset(self):
        return {"int": "-777777_int64", "real": "-7.25_real64", "complex": "(-7.25_real64,-7.25_real64)",
                "bool": ".false.", "string": "'~unset~'"}[self.kind]


def split_subs(part):
    name, _, subs = part.partition("(")
    return name, [s.strip() for s in subs.rstrip(")").split(",")] if subs else []


def variables_of(items):
    """{name or (name, element, component): Variable}; elements of arrays of structures count as variables of their own."""
    found = {}
    for designator, values in items:
        parts = [split_subs(p) for p in designator.split("%")]
        if len(parts) == 1:
            name, subs = parts[0]
            key = (name, None, None)
        else:
            (name, element), (component, subs) = parts
            key = (name, int(element[0]) if element else 0, component)
        found.setdefault(key, Variable()).assignments.append((subs, values))
    for variable in found.values():
        variable.settle()
    widen_components(found)
    return found


def widen_components(found):
    """All elements of an array of structures have one type: give each component its largest shape."""
    for (name, element, component), v in found.items():
        for (other_name, _, other_component), other in found.items():
            if element is None or (name, component) != (other_name, other_component) or other is v:
                continue
            if v.rank < other.rank or math.prod(v.shape) < math.prod(other.shape):
                v.rank, v.shape = other.rank, list(other.shape)
                v.values = [UNSET[v.kind]] * math.prod(v.shape)
                for subs, values in v.assignments:
                    v.fill(subs, values)


def fortran_routine(i_deck, i_group, path, group, variables):
    structures = {}
    for (name, element, component), v in variables.items():
        if component:
            structures.setdefault(name, {"n": 0, "components": {}})
            structures[name]["n"] = max(structures[name]["n"], element)
            structures[name]["components"][component] = v
    lines = [f"subroutine zz_read_{i_deck}_{i_group}()"]
    for name, s in structures.items():
        lines += [f"  type :: zz_{name}"]
        lines += [f"    {v.declaration()} :: {c}{v.dimensions()} = {v.unset()}" for c, v in s["components"].items()]
        lines += [f"  end type", f"  type(zz_{name}) :: {name}" + (f"({s['n']})" if s["n"] else "")]
    names = list(structures)
    for (name, _, component), v in variables.items():
        if not component:
            lines.append(f"  {v.declaration()} :: {name}{v.dimensions()}")
            names.append(name)
    if not names:
        lines.append("  integer :: zz_none")
        names.append("zz_none")
    lines += ["  integer :: zz_status", "  character(len=300) :: zz_message"]
    lines += [f"  namelist /{group}/ " + ", &\n    ".join(names)]
    lines += [f"  {name} = {v.unset()}" for (name, _, component), v in variables.items() if not component]
    lines += ["  zz_message = ''", f"  open(unit=10, file={quote(str(path))}, status='old', action='read')",
              f"  read(10, nml={group}, iostat=zz_status, iomsg=zz_message)", "  close(10)",
              f"  write(*,'(a,i0,1x,a)') 'status {i_deck} {i_group} ', zz_status, trim(zz_message)",
              "  if (zz_status /= 0) return"]
    for i, ((name, element, component), v) in enumerate(variables.items()):
        target = name + (f"({element})" if element else "") + (f"%{component}" if component else "")
        lines += [f"  call zz_put_{v.kind}('{i_deck} {i_group} {i}', " +
                  (f"reshape({target}, [size({target})]))" if v.rank else f"[{target}])")]
    return "\n".join(lines + ["end subroutine", ""])


PUT = """
subroutine zz_put_int(tag, v)
  character(len=*), intent(in) :: tag
  integer(int64), intent(in) :: v(:)
  integer :: zz_i
  do zz_i = 1, size(v)
    write(*,'(a,1x,i0)') tag, v(zz_i)
  end do
end subroutine
subroutine zz_put_real(tag, v)
  character(len=*), intent(in) :: tag
  real(real64), intent(in) :: v(:)
  integer :: zz_i
  do zz_i = 1, size(v)
    write(*,'(a,1x,z16.16)') tag, transfer(v(zz_i), 0_int64)
  end do
end subroutine
subroutine zz_put_complex(tag, v)
  character(len=*), intent(in) :: tag
  complex(real64), intent(in) :: v(:)
  integer :: zz_i
  do zz_i = 1, size(v)
    write(*,'(a,1x,z16.16,1x,z16.16)') tag, transfer(real(v(zz_i)), 0_int64), transfer(aimag(v(zz_i)), 0_int64)
  end do
end subroutine
subroutine zz_put_bool(tag, v)
  character(len=*), intent(in) :: tag
  logical, intent(in) :: v(:)
  integer :: zz_i
  do zz_i = 1, size(v)
    write(*,'(a,1x,l1)') tag, v(zz_i)
  end do
end subroutine
subroutine zz_put_string(tag, v)
  character(len=*), intent(in) :: tag, v(:)
  integer :: zz_i
  do zz_i = 1, size(v)
    write(*,'(a,1x,a)') tag, trim(v(zz_i))
  end do
end subroutine
"""


def quote(s):
    return "'" + s.replace("'", "''") + "'"


def from_fortran(kind, text):
    real = lambda z: struct.unpack(">d", bytes.fromhex(z))[0]
    if kind == "real":
        return real(text)
    if kind == "complex":
        return complex(*map(real, text.split()))
    return {"int": int, "bool": lambda t: t == "T", "string": lambda t: t}[kind](text)


def same(a, b):
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    if isinstance(a, str):
        return isinstance(b, str) and a.rstrip(" ") == b.rstrip(" ")
    return a == b


def compare_gfortran(decks):
    if not shutil.which("gfortran"):
        print("SKIP: gfortran is not installed")
        return SKIPPED
    plans, routines, calls = {}, [], []
    for i_deck, (path, groups) in enumerate(decks):
        for i_group, (group, items) in enumerate(groups):
            plans[i_deck, i_group] = (path, group, variables_of(items))
            routines.append(fortran_routine(i_deck, i_group, path.resolve(), group, plans[i_deck, i_group][2]))
            calls.append(f"  call zz_read_{i_deck}_{i_group}()")
    source = "\n".join(["program zz_differential", "  use, intrinsic :: iso_fortran_env, only: int64, real64",
                        "  implicit none", *calls, "contains", *routines, PUT, "end program"])
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "differential.f90"
        file.write_text(source)
        program = file.with_suffix(".exe")
        subprocess.run(["gfortran", "-O0", "-ffree-line-length-none", "-o", str(program), str(file)], check=True)
        output = subprocess.run([str(program)], capture_output=True, check=True).stdout.decode("utf-8", "replace")
    return check_output(plans, output)


def check_output(plans, output):
    got, n_failed, n_values = {}, 0, 0
    for line in output.split("\n")[:-1]:
        if line.startswith("status "):
            _, i_deck, i_group, status, *message = line.split(" ")
            if status != "0":
                path, group, _ = plans[int(i_deck), int(i_group)]
                print(f"{path}: &{group}: gfortran: {status} {' '.join(message)}")
                n_failed += 1
            continue
        i_deck, i_group, i, text = line.split(" ", 3)
        got.setdefault((int(i_deck), int(i_group), int(i)), []).append(text)
    for (i_deck, i_group), (path, group, variables) in plans.items():
        for i, (key, v) in enumerate(variables.items()):
            other = [from_fortran(v.kind, t) for t in got.get((i_deck, i_group, i), [])]
            n_values += len(v.values)
            if len(other) != len(v.values) or not all(map(same, v.values, other)):
                print(f"{path}: &{group} {key}: Ritz {v.values}, gfortran {other}")
                n_failed += 1
    print(f"gfortran: {len(plans)} groups, {n_values} values, {n_failed} differences")
    return 1 if n_failed or not plans else 0


def compare_f90nml(decks):
    try:
        import f90nml
    except ImportError:
        print("SKIP: f90nml is not installed")
        return SKIPPED
    n_failed = n_values = 0
    for path, groups in decks:
        if b"! not for f90nml" in path.read_bytes():
            continue
        other = f90nml.read(str(path))
        for group, items in groups:
            for key, values in items:
                wanted = [value for _, value in values]
                if not re.fullmatch(r"\w+", key) or None in wanted:
                    continue
                got = other.get(group, {}).get(key)
                got = got if isinstance(got, list) else [got]
                n_values += len(wanted)
                if len(got) != len(wanted) or not all(map(same, wanted, got)):
                    print(f"{path}: &{group} {key}: Ritz {wanted}, f90nml {got}")
                    n_failed += 1
    print(f"f90nml: {n_values} values, {n_failed} differences")
    return 1 if n_failed else 0


def main(other, deck_dump, *paths):
    files = [f for p in map(pathlib.Path, paths) for f in (sorted(p.rglob("*.nml")) if p.is_dir() else [p])]
    decks = [(f, dump(deck_dump, f)) for f in files]
    return {"gfortran": compare_gfortran, "f90nml": compare_f90nml}[other](decks)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
