#!/usr/bin/python3
# Sparse codes that cannot be: each ends in a sentence that says what, where and why, or in a note that counts.
# SPDX-License-Identifier: GPL-3.0-or-later
"""code_bad.py CLI

Standard library only; the files are written for the occasion."""

import json
import math
import pathlib
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_bad import unlike  # noqa: E402

LETTERS = {"I64": "q", "U64": "Q", "I32": "i", "U16": "H", "F32": "f", "BOOL": "?"}
SAE = HERE.parent / "fixtures/saes/saelens-topk"


def write(path, tensors):
    """name → type, shape, values"""
    header, data = {}, b""
    for name, (kind, shape, values) in tensors.items():
        part = struct.pack(f"<{len(values)}{LETTERS[kind]}", *values)
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def pairs(indices, values=None, k=2, kind="I64", **more):
    """T of k features; more: tensors beside"""
    values = [1.0] * len(indices) if values is None else values
    return {"top_indices": (kind, (len(indices) // k, k), indices), "top_acts": ("F32", (len(values) // k, k), values), **more}


def rows(starts, columns, n=None, **more):
    return {"crow_indices": ("I64", (len(starts),), starts), "col_indices": ("I32", (len(columns),), columns),
            "values": ("F32", (n or len(columns),), [1.0] * (n or len(columns))), **more}


def entries(*locations, n=None, **more):
    return {"locations": ("I64", (len(locations), len(locations[0]) if locations else 3), sum(map(list, locations), [])),
            "activations": ("F32", (n or len(locations),), [1.0] * (n or len(locations))), **more}


def coordinates(row, col):
    return {"row": ("I64", (len(row),), row), "col": ("I64", (len(col),), col), "data": ("F32", (len(row),), [1.0] * len(row))}


def shape(*sizes):
    return "I64", (len(sizes),), list(sizes)


TOKENS = ("I64", (2, 3), [0] * 6)

# name → files with their tensors; exit status; what the program says, in its report where that is 0
CASES = {
    "values of another shape": ({"a": {**pairs([0, 1, 2, 3]), "top_acts": ("F32", (4, 1), [1.0] * 4)}}, 3,
                                r"'top_indices' is 2·2 and 'top_acts' 4·1"),
    "fewer values": ({"a": pairs([0, 1, 2, 3], [1.0, 1.0])}, 3, r"'top_indices' is 2·2 and 'top_acts' 1·2"),
    "no tokens": ({"a": pairs([])}, 3, r"'top_indices' is 0·2"),
    "a feature too many": ({"a": pairs([0, 1, 2, 3, 4, 0], shape=shape(3, 4))}, 3,
                           r"'top_indices' names feature 4 at token 2, but there are 4 features"),
    "a negative feature": ({"a": pairs([0, 1, -2, 3])}, 3, r"names feature -2 at token 1, but there are 4 features"),
    "a feature beyond integers": ({"a": pairs([0, 1, 2 ** 64 - 1, 3], kind="U64")}, 3, r"names feature -1 at token 1"),
    "too many features": ({"a": pairs([0, 2 ** 40])}, 3, r"codes of 1099511627777 features; at most 16777216 can be looked at"),
    "padding": ({"a": pairs([0, 1, 2, -1], [1.0, 1.0, 1.0, 0.0])}, 0, r'"features", 3'),
    "nothing but padding": ({"a": pairs([-1, -1], [0.0, 0.0])}, 3, r"'top_indices' names no feature, and nothing else says"),
    "values that are no numbers": ({"a": pairs([0, 1, 2, 0, 1, 2], [1.0, math.nan, 1.0, 1.0, -math.inf, 1.0])}, 0,
                                   r'"tokens", 1\b(.|\n)*2 tokens have activations that are not finite'),
    "features that come twice": ({"a": pairs([1, 1, 0, 1, 2, 2], [1.0, 2.5, 1.0, 1.0, 1.0, -1.0])}, 0,
                                 r"2 codes are of a feature that their token has already, and were added"),
    "a feature that comes twice": ({"a": pairs([1, 1, 0, 2])}, 0, r"1 code is of a feature that its token has already, and was added"),
    "more than a float holds": ({"a": pairs([1, 1, 0, 1], [3e38, 3e38, 1.0, 1.0])}, 0, r"1 token has activations that are not finite"),
    "tokens that the shape denies": ({"a": pairs([0, 1, 2, 3], shape=shape(3, 4))}, 3, r"has 2 tokens, but the shape beside says 3"),
    "a shape that is none": ({"a": pairs([0, 1, 2, 3], shape=shape(2, -4))}, 3, r"'shape' is no shape of tokens and features"),
    "a shape of one number": ({"a": pairs([0, 1, 2, 3], shape=shape(2))}, 3, r"'shape' is no shape of tokens and features"),
    "starts that go down": ({"a": rows([0, 2, 1, 3], [0, 1, 2])}, 3, r"'crow_indices' says that token 1 has entries from 2 up to 1"),
    "starts beyond the end": ({"a": rows([0, 2, 9], [0, 1, 2])}, 3, r"token 1 has entries from 2 up to 9, of 3 that there are"),
    "starts that end early": ({"a": rows([0, 1, 2], [0, 1, 2])}, 3, r"'crow_indices' ends at 2, but there are 3 entries"),
    "starts that begin late": ({"a": rows([1, 2, 3], [0, 1, 2])}, 3, r"'crow_indices' begins with 1, not with 0"),
    "no rows": ({"a": rows([0], [])}, 3, r"has no tokens|names no feature"),
    "rows without entries": ({"a": rows([0, 0, 0], [], size=shape(2, 5))}, 0, r"5 of 5 features .* they fire at none of 2 tokens"),
    "rows with fewer values": ({"a": rows([0, 1, 2], [0, 1], 3)}, 3, r"'col_indices' is 2 and 'values' 3"),
    "by columns": ({"a": {"indptr": ("I32", (4,), [0, 1, 2, 3]), "indices": ("I32", (3,), [0, 1, 1]), "data": ("F32", (3,), [1.0] * 3),
                          "shape": shape(2, 3)}}, 3, r"stored by columns \(CSC\), not by rows: save it as CSR"),
    "as many features as tokens": ({"a": {"indptr": ("I32", (3,), [0, 1, 2]), "indices": ("I32", (2,), [0, 1]),
                                          "data": ("F32", (2,), [1.0] * 2), "shape": shape(2, 2)}}, 0, r"taken to be stored by rows"),
    "entries that go back": ({"a": entries((0, 1, 2), (1, 0, 2), (0, 2, 1))}, 3, r"goes back from token 3 to 2: entries have to be in"),
    "coordinates that go back": ({"a": coordinates([0, 2, 1], [0, 0, 0])}, 3, r"'row' goes back from token 2 to 1"),
    "a coordinate that is too large": ({"a": coordinates([2 ** 40], [0])}, 3, r"'row' has an index of 1099511627776, which is too large"),
    "an entry beyond the row": ({"a": entries((0, 1, 2), (0, 3, 2), tokens=TOKENS)}, 3,
                                r"an entry at place 3 of row 0, but there are 2 rows of 3 tokens"),
    "an entry beyond the rows": ({"a": entries((0, 1, 2), (2, 0, 2), tokens=TOKENS)}, 3, r"place 0 of row 2, but there are 2 rows"),
    "a negative place": ({"a": entries((0, -1, 2), tokens=TOKENS)}, 3, r"an entry at place -1 of row 0"),
    "an entry beyond the tokens": ({"a": entries((0, 1), (4, 0), shape=shape(4, 2))}, 3, r"an entry at token 4, but there are 4 tokens"),
    "an index that is too large": ({"a": entries((2 ** 40, 0, 0))}, 3, r"has an index of 1099511627776, which is too large"),
    "too many tokens": ({"a": entries((2 ** 30, 2 ** 30, 0))}, 3, r"tokens; at most 67108864 can be looked at"),
    "entries of other numbers": ({"a": entries((0, 1, 2), (0, 2, 2), n=3)}, 3, r"'locations' is 2·3 and 'activations' 3"),
    "an only token": ({"a": entries((0, 1))}, 0, r"how many tokens there are: 1 is assumed, up to the last"),
    "an only feature": ({"a": entries((2, 0))}, 0, r"how many features there are: 1 is assumed, one more than"),
    "no entries": ({"a": {"locations": ("I64", (0, 3), []), "activations": ("F32", (0,), []), "tokens": TOKENS}}, 3, r"names no feature"),
    "a split alone": ({"4_7": entries((0, 1, 2), tokens=TOKENS)}, 3, r"features 0 to 3 are in another file: open the folder"),
    "a split missing": ({"0_3": entries((0, 1, 2), tokens=TOKENS), "8_11": entries((0, 1, 2), tokens=TOKENS)}, 3,
                        r"features 4 to 7 are in another file"),
    "splits that overlap": ({"0_3": entries((0, 1, 2), tokens=TOKENS), "3_5": entries((0, 1, 2), tokens=TOKENS)}, 3,
                            r"feature 3 is in two of the files"),
    "a split with more than its own": ({"0_3": entries((0, 1, 2), tokens=TOKENS), "4_5": entries((0, 1, 2), tokens=TOKENS)}, 3,
                                       r"names feature 2 of a file that has 2 by its name"),
    "splits of other columns": ({"0_3": entries((0, 1, 2), tokens=TOKENS), "4_5": entries((0, 1), (1, 0), (1, 1))}, 3,
                                r"'4_5.safetensors:locations' is 3·2"),
    "rows of no length": ({"a": entries((0, 1, 2), (1, 1, 2), shape=shape(4, 3))}, 3,
                          r"has places in rows, but the shape beside does not say how long"),
    "another autoencoder's": ({"a": pairs([0, 1, 2, 3], shape=shape(2, 41))}, 0,
                              r"codes of 41 features, but the autoencoder has 40\.", SAE),
    "more than the autoencoder has": ({"a": pairs([0, 1, 40, 3])}, 0, r"names feature 40, but the autoencoder has 40 features\.", SAE),
    "dense codes of another width": ({"a": {"latents": ("F32", (2, 41), [1.0] * 82)}}, 0, r"no recorded activations with", SAE),
    "places that are truths": ({"a": pairs([True, False], kind="BOOL")}, 2, r"needs a sparse autoencoder"),
}


def check(cli, folder, files, status, said, *beside):
    for name, tensors in files.items():
        write(folder / f"{name}.safetensors", tensors)
    path = folder if len(files) > 1 else folder / f"{next(iter(files))}.safetensors"
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", *map(str, beside), str(path)])
    yield from unlike(outcome, status, said)


def check_cause(cli, folder):
    """What cannot be written follows from what could not be read, which is said first."""
    path = folder / "codes.safetensors"
    write(path, pairs([0, 1, -1, 2]))
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(path), "--lists", str(folder / "lists.json")])
    yield from unlike(outcome, 3, r"names feature -1 .*\n.*no lists to write")


def main():
    report = Report()
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            report.line(name, check(sys.argv[1], pathlib.Path(folder), *case))
    with tempfile.TemporaryDirectory() as folder:
        report.line("lists of codes that cannot be", check_cause(sys.argv[1], pathlib.Path(folder)))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
