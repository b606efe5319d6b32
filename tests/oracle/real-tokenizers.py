#!/usr/bin/python3
# Compares token ids on real vocabularies and texts, kept outside the tree, with byte-pair encoding by the textbook.
# SPDX-License-Identifier: GPL-3.0-or-later
"""real-tokenizers.py PRINT-IDS FOLDER    folders below FOLDER with encoder.json and vocab.bpe, or a tokenizer.json without
                                       pre-tokenizer; texts: each .txt below it, and the hard ones of the fixtures

A byte-level vocabulary is also asked with the patterns of Llama 3 and Qwen2.  Needs regex and sentencepiece."""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import byte_pairs  # noqa: E402
import tokenizer_files  # noqa: E402

MOST_WORD = 4000     # characters that are merged as one word by the textbook, in quadratic time


def ask(program, folder, texts, place):
    paths = []
    for i, text in enumerate(texts):
        paths.append(place / f"{i}.txt")
        paths[-1].write_bytes(text.encode())
    outcome = subprocess.run([program, "--plain", folder, *paths], capture_output=True, text=True)
    if outcome.returncode:
        sys.exit(f"{folder}: {outcome.stderr}")
    return [[int(i) for i in line.split()] for line in outcome.stdout.splitlines()]


def report(name, texts, got, want):
    wrong = [t[:40] for t, g, w in zip(texts, got, want) if g != w]
    print(f"{name}: {len(texts)} texts, {sum(map(len, want))} tokens, {len(wrong)} wrong {wrong[:3]}")
    return len(wrong)


def byte_level(program, folder, texts, place):
    vocabulary = json.loads((folder / "encoder.json").read_text())
    merges = [line.split(" ") for line in (folder / "vocab.bpe").read_text().split("\n")[1:] if line]
    end = {"<|endoftext|>": vocabulary["<|endoftext|>"]}
    texts = [*texts, "a<|endoftext|> b"]
    oracle = byte_pairs.ByteLevel(vocabulary, merges, added=end)
    n_wrong = report(folder.name, texts, ask(program, folder, texts, place), map_all(oracle.ids, texts))
    for name, pattern, form in (("Llama 3", byte_pairs.LLAMA3, None), ("Qwen2", byte_pairs.QWEN2, "NFC")):
        model = tokenizer_files.bpe(vocabulary, [" ".join(m) for m in merges])
        added = [tokenizer_files.added(i, t) for t, i in end.items()]
        document = tokenizer_files.document(model, tokenizer_files.split_bytes(pattern), tokenizer_files.byte_level(), added,
                                            {"type": form} if form else None)
        (place / "tokenizer.json").write_text(json.dumps(document))
        oracle = byte_pairs.ByteLevel(vocabulary, merges, pattern, end, form)
        n_wrong += report(f"{folder.name}, {name}", texts, ask(program, place, texts, place), map_all(oracle.ids, texts))
    return n_wrong


def map_all(function, texts):
    return [function(t) for t in texts]


def whole_ids(model, text):
    """Spaces as ▁, one before all; letters that are no token as their bytes; merges over the whole text."""
    vocabulary, ranks = model["vocab"], {tuple(m.split(" ")): i for i, m in enumerate(model["merges"])}
    symbols = []
    for letter in ("▁" + text if text else "").replace(" ", "▁"):
        symbols += [letter] if letter in vocabulary else [f"<0x{b:02X}>" for b in letter.encode()]
    return [vocabulary[s] for s in byte_pairs.merge_all(symbols, ranks)]


def whole_text(program, folder, texts, place):
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    texts = [t[:MOST_WORD] for t in texts if "<s>" not in t and "</s>" not in t]
    return report(folder.name, texts, ask(program, folder, texts, place), [whole_ids(model, t) for t in texts])


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    program, root = str(pathlib.Path(arguments[0]).resolve()), pathlib.Path(arguments[1]).resolve()
    texts = [*tokenizer_files.HARD, *(p.read_bytes().decode() for p in sorted(root.rglob("*.txt")))]
    n_wrong = 0
    with tempfile.TemporaryDirectory() as place:
        for path in sorted(root.rglob("vocab.bpe")):
            n_wrong += byte_level(program, path.parent, texts, pathlib.Path(place))
        for path in sorted(root.rglob("tokenizer.json")):
            if json.loads(path.read_text())["pre_tokenizer"] is None:
                n_wrong += whole_text(program, path.parent, texts, pathlib.Path(place))
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
