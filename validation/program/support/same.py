"""Results files that say the same: every dataset and attribute to the last bit, apart from where and when they were
made."""

from harness import skip

try:
    import h5py
except ImportError:
    skip("no h5py")

OTHERWISE = ("provenance", "timing")


def _bytes(value):
    return value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()


def contents(path):
    """{'observables/energy/mean': bytes, 'observables/energy/mean@units': bytes, ...}"""
    found = {}

    def add(name, item):
        if name.split("/")[0] in OTHERWISE:
            return
        for key, value in item.attrs.items():
            found[f"{name}@{key}"] = _bytes(value)
        if isinstance(item, h5py.Dataset):
            found[name] = _bytes(item[()])

    with h5py.File(path, "r") as file:
        file.visititems(add)
    return found


def differences(first, second):
    """Names of what is not the same in two files."""
    a, b = contents(first), contents(second)
    return sorted(name for name in set(a) | set(b) if a.get(name) != b.get(name))
