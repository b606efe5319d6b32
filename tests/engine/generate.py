#!/usr/bin/python3
# What stories260k tells at temperature 0, token after token by print-logits, where the model lies beside the tree.
# SPDX-License-Identifier: GPL-3.0-or-later
"""generate.py PRINT-LOGITS TREE    exit 77: the model is not there.  Standard library only."""

import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402

START, MOST = 1, 40
STORY = "Once upon a time, there was a little girl named Lily."


def next_id(program, folder, ids, place):
    outcome, logits = engine.print_logits(program, folder, ids, place)
    if logits is None:
        sys.exit(f"exit {outcome.exit}: {outcome.stderr.strip()}")
    row = logits[-(len(logits) // len(ids)):]
    return max(range(len(row)), key=row.__getitem__)


def text_of(folder, ids):
    """Its tokens are pieces of text, in which ▁ is a space."""
    vocab = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    pieces = {number: piece for piece, number in vocab.items()}
    return "".join(pieces[number] for number in ids[1:]).replace("▁", " ").strip()


def main(print_logits, tree):
    folder = pathlib.Path(tree).parent / "shared" / "data" / "stories260k"
    if not folder.is_dir():
        print(f"skipped: {folder} is not there")
        return 77
    with tempfile.TemporaryDirectory() as place:
        ids = [START]
        while len(ids) < MOST and STORY not in (told := text_of(folder, ids)):
            ids.append(next_id(print_logits, folder, ids, place))
    print(told)
    return 0 if told.startswith(STORY) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
