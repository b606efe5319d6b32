#!/usr/bin/python3
# Writes tests/fixtures: good and bad files, and the figures each good one must give. --check says what is stale.
# SPDX-License-Identifier: GPL-3.0-or-later
"""make-fixtures.py            writes tests/fixtures
make-fixtures.py --check    writes into a temporary folder and compares; exit 1 when the tree is stale
make-fixtures.py --test     the same, but exit 77 where a library is missing or another one than wrote them

Needs numpy, scipy, torch, h5py, regex, sentencepiece and the zstd command.
Reading the results (compare.py) needs the standard library only."""

import importlib
import json
import math
import pathlib
import shutil
import sys
import tempfile
import warnings

# Other ones write other bytes, which are as right.
WRITTEN_BY = {"numpy": "1.24", "scipy": "1.10", "torch": "1.13", "h5py": "3.7", "regex": "", "sentencepiece": ""}


def is_other(name, version):
    try:
        return not importlib.import_module(name).__version__.startswith(version)
    except ImportError:
        return True


if "--test" in sys.argv[1:] and (others := [name for name, version in WRITTEN_BY.items() if is_other(name, version)]):
    print("fixtures are not compared: missing, or other than wrote them:", *others)
    sys.exit(77)

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bad_files  # noqa: E402
import code_files  # noqa: E402
import count_files  # noqa: E402
import dumps  # noqa: E402
import good_hdf5  # noqa: E402
import good_pickles  # noqa: E402
import good_plain  # noqa: E402
import good_torch  # noqa: E402
import law_files  # noqa: E402
import measures  # noqa: E402
import model_files  # noqa: E402
import recordings  # noqa: E402
import sae_files  # noqa: E402
import tokenizer_files  # noqa: E402
import top_tokens  # noqa: E402
from writers import ROOT  # noqa: E402

warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")


class Out:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.bad = []

    def file(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def expect(self, file, tensors, **more):
        document = measures.fixture_expected(file, tensors, **more)
        name = file.removeprefix("good/").replace("/", "-") + ".json"
        self.file("expected/" + name, dump(document))

    def refuse(self, file, exits, code, words, **more):
        name = pathlib.PurePath(file).name
        self.bad.append({"file": file, "exit": list(exits), "code": code, "words": [name, *words], **more})

    def finish(self):
        lines = ",\n".join(json.dumps(b) for b in self.bad)
        self.file("bad.json", f"[\n{lines}\n]\n".encode())


def dump(document):
    """Compact JSON, one tensor per line."""
    def block(value, indent):
        if isinstance(value, dict) and isinstance(value.get("tensors"), list):
            inner = ",\n".join(f"{indent} {json.dumps(k)}: {block(v, indent + ' ')}" for k, v in value.items())
            return "{\n" + inner + "\n" + indent + "}"
        if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
            inner = ",\n".join(f"{indent} {block(v, indent + ' ')}" for v in value)
            return "[\n" + inner + "]"
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    return (block(document, "") + "\n").encode()


def write(root):
    out = Out(root)
    good_plain.write(out)
    good_hdf5.write(out)
    good_torch.write(out)
    good_pickles.write(out)
    bad_files.write(out)
    top_tokens.write(out, dumps.write(out))
    count_files.write(out)
    model_files.write(out)
    recordings.write(out)
    tokenizer_files.write(out)
    law_files.write(out)
    sae_files.write(out)
    code_files.write(out)
    out.finish()


NOISE = 1e-6


def names(root):
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def same_figures(old, new):
    """Whether two JSON values are the same, but for the noise of their fractions."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same_figures(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same_figures, old, new))
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=NOISE, abs_tol=1e-12)
    return type(old) is type(new) and old == new


def same(name, old, new):
    """PyTorch's own writer puts addresses into legacy files, and HDF5's library the time into some: there the
    expected figures must be equal.  Logits and recordings may differ in their last bits, as matrix products do; so may what is
    fitted, which is known to half of a double's digits (1.1e-7 between SSE, AVX2 and AVX-512), or rounded to seven."""
    if name == "good/timed.h5":
        return old.stat().st_size == new.stat().st_size
    if old.read_bytes() == new.read_bytes():
        return True
    if name in ("laws.json", "saes.json"):
        return same_figures(*(json.loads(path.read_text()) for path in (old, new)))
    if name.startswith(("logits/", "recordings/")) and name.endswith(".f32"):
        return model_files.same_logits(old, new)
    return good_torch.is_torch(name) and good_torch.same_values(old, new)


def stale_names(fresh):
    have, want = names(ROOT), names(fresh)
    changed = {n for n in have & want if not same(n, ROOT / n, fresh / n)}
    return sorted((have ^ want) | changed), len(want)


def check(fresh):
    stale, n = stale_names(fresh)
    for name in stale:
        print("stale:", name)
    print(f"{n - len(stale)} up to date, {len(stale)} stale")
    return 1 if stale else 0


def update(fresh):
    """Only what differs is written, so that files with addresses in them stay as committed."""
    stale, n = stale_names(fresh)
    for name in stale:
        if (fresh / name).exists():
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fresh / name, ROOT / name)
        else:
            (ROOT / name).unlink()
    sizes = {p: (ROOT / p).stat().st_size for p in names(ROOT)}
    print(f"{n} files, {len(stale)} written; {sum(sizes.values())} bytes, largest {max(sizes.values())}")
    too_big = [p for p, size in sizes.items() if size > (196608 if p == "saes.json" else 65536)]
    if too_big:
        print("larger than 64 KiB:", *too_big)
    return 1 if too_big or sum(sizes.values()) > 4_000_000 else 0


def main(arguments):
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        return (check if {"--check", "--test"} & {*arguments} else update)(pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
