#!/usr/bin/python3
# What a dump is and what lies beside it: sites, and how they are chosen; the text of tokens.
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_beside.py CLI    dumps in safetensors, made at the time; Python alone, no figure of the program is used"""

import csv
import io
import json
import os
import pathlib
import random
import re
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from command import document, run  # noqa: E402

CLI = sys.argv[1]
failures = []


def expect(what, want, have):
    if want != have:
        failures.append(f"{what}: {have!r}, not {want!r}")


def write(path, tensors, **metadata):
    """name → (shape, what struct packs, values)"""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    kinds = {"f": "F32", "i": "I32", "q": "I64", "B": "U8", "e": "F16"}
    for name, (shape, code, values) in tensors.items():
        body = struct.pack(f"<{len(values)}{code}", *values)
        header[name] = {"dtype": kinds[code], "shape": shape, "data_offsets": [len(data), len(data) + len(body)]}
        data += body
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def analyze(paths, only=None, **params):
    words = ["-t", only] if only else []
    words += [word for name, value in params.items() for word in ("--set", f"activation-sparsity.{name}={value}")]
    outcome = run([CLI, "analyze", *map(str, paths), "-a", "activation-sparsity", *words, "--format", "json"])
    for trouble in outcome.trouble():
        failures.append(f"{paths}: {trouble}")
    return outcome


def result_of(*paths, **params):
    outcome = analyze(paths, **params)
    if outcome.exit != 0:
        raise SystemExit(f"{paths} {params}: exit {outcome.exit}: {outcome.stderr}")
    result = document(outcome.stdout)["results"][0]
    for table in result["tables"].values():
        columns = [c["name"] for c in table["columns"]]
        table["rows"] = [dict(zip(columns, row)) for row in table["rows"]]
    return result


# --- sites ---------------------------------------------------------------------------------------


def some(seed, tokens=30, neurons=8):
    """A tensor, and how many of its elements are not zero."""
    chance = random.Random(seed)
    values = [float(chance.random() < 0.4) for _ in range(tokens * neurons)]
    return ([tokens, neurons], "f", values), int(sum(values))


def dump(folder, name, patterns, **metadata):
    """patterns: name with {} → (layers, neurons); path and pattern → active of each layer."""
    tensors, active = {}, {}
    for number, (pattern, (layers, neurons)) in enumerate(patterns.items()):
        for layer in range(layers):
            tensors[pattern.format(layer)], count = some(f"{name} {number} {layer}", 30, neurons)
            active.setdefault(pattern, []).append(count)
    return write(folder / name, tensors, **metadata), active


def check_site(what, path, active, shown, **params):
    result = result_of(path, **params)
    expect(f"{what}: layers", list(range(len(active))), [row["layer"] for row in result["tables"]["layers"]["rows"]])
    expect(f"{what}: active", active, [row["active"] for row in result["tables"]["layers"]["rows"]])
    expect(f"{what}: named {shown}", True, result["definition"].endswith(f" in {shown}."))
    return [note for note in result["notes"] if note.startswith("Also here")]


def check_choice(folder):
    path, active = dump(folder, "three.safetensors", {"gate.{}": (3, 8), "act.{}": (3, 8), "resid.{}": (4, 5)})
    also = check_site("three", path, active["act.{}"], "act.*")
    expect("three: the note", ["Also here: gate.*, resid.*; choose one with site."], also)
    for pattern in active:
        site = pattern.format("*")
        check_site(f"three {site}", path, active[pattern], site, site=site)
    outcome = analyze([path], site="hidden.*")
    expect("no such site", 2, outcome.exit)
    expect("no such site: the sentence", True, "there is no 'hidden.*' here; there is act.*, gate.*, resid.*" in outcome.stderr)
    bigger, active = dump(folder, "bigger.safetensors", {"act.{}": (2, 8), "gate.{}": (2, 9)})
    check_site("most elements", bigger, active["gate.{}"], "gate.*")
    many, _ = dump(folder, "many.safetensors", {f"at{n}.act.{{}}": (2, 3) for n in range(20)})
    expect("a list that ends", ["Also here: at1.act.*, at2.act.*, at3.act.*, at4.act.* and 15 more; choose one with site."],
           [note for note in result_of(many)["notes"] if note.startswith("Also")])


def check_stores(folder):
    """Names that two dumps have are told apart by the dumps' own."""
    (one, a), (two, b) = (dump(folder, f"{name}.safetensors", {"act.{}": (2, 8)}) for name in ("one", "two"))
    for site, want in (("one.safetensors:act.*", a), ("two.safetensors:act.*", b), ("act.*", a), (None, a)):
        result = result_of(one, two, **({"site": site} if site else {}))
        expect(f"{site} of two dumps", want["act.{}"], [row["active"] for row in result["tables"]["layers"]["rows"]])


def check_names(folder):
    """Each as its library writes it, the layers in order."""
    for number, pattern in enumerate((
            "act_{}", "act_fn_{}", "activation_{}", "layer_{}.act", "layer{}.mlp.act_fn", "blocks.{}.mlp.hook_post", "gate.{}", "gate_{}",
            "layers.{}.gate", "layers.{}.gate_act", "model.layers.{}.mlp.gate_proj.act", "model.layers.{}.mlp.down_proj.input",
            "blocks.{}.mlp.out.hook_in", "encoder.layer.{}.intermediate.intermediate_act_fn", "transformer.h.{}.mlp", "act[{}]")):
        path, active = dump(folder, f"named-{number}.safetensors", {pattern: (3, 8)})
        check_site(pattern, path, active[pattern], pattern.format("*"))


def check_batches(folder):
    """Numbers of batches are no part of a site's name, whether a layer has one or several."""
    tensors, active = {}, []
    for layer, names in enumerate((["act.0"], ["act.1.0", "act.1.1"])):
        parts = [some(name) for name in names]
        tensors.update(zip(names, (tensor for tensor, _ in parts)))
        active.append(sum(count for _, count in parts))
    check_site("batches", write(folder / "batches.safetensors", tensors), active, "act.*", site="act.*")


def check_unsure(folder):
    """No name tells, but the shapes do: chosen by name, never by itself; not where there are parameters."""
    path, active = dump(folder, "unsure.safetensors", {"hidden_{}": (3, 8), "h.{}": (2, 6), "once.{}": (1, 6)})
    result = result_of(path)
    expect("unsure: nothing by itself", [], result["tables"]["layers"]["rows"])
    expect("unsure: the sentence", "Nothing here has a name that tells recorded activations; they could be h.*, hidden_*: "
           "choose with site.", result["definition"])
    for pattern in ("hidden_{}", "h.{}"):
        check_site(f"unsure {pattern}", path, active[pattern], pattern.format("*"), site=pattern.format("*"))
    tensors = {f"mixed.{n}": some(n, 30, 8 + n)[0] for n in range(3)}
    expect("no two of one shape", 2, analyze([write(folder / "mixed.safetensors", tensors)]).exit)
    tensors = {f"h.{n}": some(n)[0] for n in range(3)}
    expect("a checkpoint", 2, analyze([write(folder / "parameters.safetensors", {**tensors, "x.weight": some(1)[0]})]).exit)
    router = {f"layers.{n}.mlp.gate": some(n)[0] for n in range(2)}
    expect("a router", True, result_of(write(folder / "router.safetensors", router))["definition"].startswith("Nothing here"))


def check_filtered(folder):
    """Of a choice of tensors the mask and the ids are no part, but they say what of it counts."""
    layers = {f"act.{n}": some(f"filtered {n}")[0] for n in range(3)}
    mask = [int(t % 3 > 0) for t in range(30)]
    path = write(folder / "filtered.safetensors", {**layers, "mask": ([30], "B", mask), "tokens": ([30], "i", [t % 2 for t in range(30)])})
    (folder / "tokenizer.json").write_text('{"model": {"vocab": {"x": 0, "y": 1}}}')
    result = result_of(path, only="act.1")
    (folder / "tokenizer.json").unlink()
    (row,) = result["tables"]["layers"]["rows"]
    values = layers["act.1"][2]
    expect("filtered: tokens", sum(mask), row["tokens"])
    expect("filtered: active", sum(v for t in range(30) if mask[t] for v in values[8 * t:8 * t + 8]), float(row["active"]))
    expect("filtered: texts", ["x", "y"] * 15, [row["text"] for row in result["tables"]["tokens"]["rows"]])


# --- the text of tokens ----------------------------------------------------------------------------


def letters_of_bytes():
    """GPT-2's: byte → the letter it is written as."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in own]
    return {**{byte: chr(byte) for byte in own}, **{byte: chr(256 + n) for n, byte in enumerate(others)}}


def as_letters(data):
    letters = letters_of_bytes()
    return "".join(letters[byte] for byte in data)


def shown(data):
    """What bytes stand for: their text, but for controls other than line ends and tabs, and what is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return as_letters(data)
    return as_letters(data) if any((ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 for c in text) else text


def texts_of(*paths):
    """(texts or None, notes on them)"""
    result = result_of(*paths)
    rows = result["tables"]["tokens"]["rows"]
    notes = [note for note in result["notes"] if "text" in note and "FLOPs" not in note]
    return [row["text"] for row in rows] if "text" in rows[0] else None, notes


def text_dump(folder, ids, code="i", name="tokens"):
    folder.mkdir()
    values = [1.0] * (2 * len(ids))
    return write(folder / "dump.safetensors", {"act.0": ([len(ids), 2], "f", values), name: ([len(ids)], code, ids)})


def check_tokenizers(folder):
    every_byte = {as_letters(bytes([byte])): byte for byte in range(256)}
    words = {as_letters(" thé€".encode()): 256, as_letters(b"\xc3\xc3"): 257, "<|end|>": 258}
    vocab = {**every_byte, **words}
    by_bytes = {"model": {"type": "BPE", "vocab": vocab, "merges": []}, "decoder": {"type": "ByteLevel"},
                "added_tokens": [{"id": 300, "content": "a  b"}, {"id": 65, "content": "added"}]}
    want = [shown(bytes([byte])) for byte in range(256)] + [" thé€", as_letters(b"\xc3\xc3"), "<|end|>", "a  b", "301", "-1"]
    want[65] = "added"
    in_sequence = {**by_bytes, "decoder": None, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}]}}
    as_they_are = {**by_bytes, "decoder": {"type": "Metaspace"}}
    unigram = {"model": {"type": "Unigram", "vocab": [["<unk>", 0.0], ["▁a", -1.25], ["b", -3]]}}
    pieces = {"model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "play": 1, "##ing": 2}}}
    plain = {n: text for text, n in vocab.items()}
    for name, tokenizer, ids, texts in (
            ("bytes", by_bytes, [*range(259), 300, 301, -1], want), ("sequence", in_sequence, [*range(259), 300, 301, -1], want),
            ("letters", as_they_are, [34, 256, 65], [plain[34], plain[256], "added"]),
            ("unigram", unigram, [2, 1, 0, 3, 1 << 40], ["b", "▁a", "<unk>", "3", str(1 << 40)]),
            ("pieces", pieces, [1, 2, 0], ["play", "##ing", "[PAD]"])):
        path = text_dump(folder / name, ids, "q" if max(ids) >= 1 << 31 else "i")
        expect(f"{name}: no tokenizer", (None, []), texts_of(path))
        (path.parent / "tokenizer.json").write_text(json.dumps(tokenizer))
        have, notes = texts_of(path)
        expect(name, texts, have)
        expect(f"{name}: notes", [], notes)


def check_places(folder):
    """Ids by each name and as a list; the tokenizer beside the dump, or beside another input; texts before ids."""
    tokenizer = json.dumps({"model": {"type": "BPE", "vocab": {"x": 0, "y": 1}}})
    for name in ("tokens", "token_ids", "input_ids"):
        path = text_dump(folder / name, [1, 0, 1], name=name)
        (path.parent / "tokenizer.json").write_text(tokenizer)
        expect(name, ["y", "x", "y"], texts_of(path)[0])
    path = text_dump(folder / "listed", [0, 0, 0], name="other")
    other = folder / "checkpoint"
    other.mkdir()
    write(other / "model.safetensors", {"layers.0.mlp.up_proj.weight": ([2, 2], "f", [1.0] * 4)})
    (other / "tokenizer.json").write_text(tokenizer)
    (path.parent / "tokens.json").write_text("[1, 1, 0]")
    expect("ids in a list, no tokenizer", None, texts_of(path)[0])
    expect("ids in a list, tokenizer of a checkpoint", ["y", "y", "x"], texts_of(path, other)[0])
    (path.parent / "tokens.json").write_text('["a", "b", "c"]')
    expect("texts", ["a", "b", "c"], texts_of(path, other)[0])


def output_of(path, *words):
    outcome = run([CLI, "analyze", str(path), "-a", "activation-sparsity", *map(str, words)])
    failures.extend(f"{path.parent.name}: {trouble}" for trouble in outcome.trouble())
    expect(f"{words}: exit", 0, outcome.exit)
    return outcome.stdout


def check_line_ends(folder):
    """Line ends and tabs of texts are shown as ↵ and ⇥, in tables and maps; files for programs have them as they are."""
    texts, seen = ["a", "\n", "b\n\tc", "\t\t", "\x1b[2J", "\u202eevil"], ["a", "↵", "b↵⇥c", "⇥⇥", "\ufffd[2J", "\ufffdevil"]
    kept = [*texts[:4], *seen[4:]]
    path = text_dump(folder / "line-ends", [0] * len(texts), name="other")
    (path.parent / "tokens.json").write_text(json.dumps(texts))
    expect("texts in JSON", kept, texts_of(path)[0])
    rows = csv.DictReader(io.StringIO(output_of(path, "-f", "csv", "--table", "tokens", "-o", path.parent / "tokens.csv")
                                      or (path.parent / "tokens.csv").read_bytes().decode(), newline=""))
    expect("texts in CSV", kept, [row["text"] for row in rows])
    tables = output_of(path, "-f", "md")
    expect("texts in Markdown", [], [text for text in seen if f"| {text} |" not in tables])
    picture = path.parent / "map.svg"
    output_of(path, "-f", "md", "--plot", picture, "--plot-id", "tokens")
    drawn = [text for text in re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text()) if set(text) & set("↵⇥")]
    expect("texts of a map", seen[1:4], drawn)


def check_bad_texts(folder):
    """Each a sentence, and no text."""
    tokenizers = {
        "empty": "", "no object": "[]", "cut": '{"model": {"vocab": {"a": 0', "no vocabulary": '{"model": {"type": "BPE"}}',
        "vocabulary of nothing": '{"model": {"vocab": 3}}', "no list": '{"model": {"vocab": ["a"]}}', "deep": '{"decoder": ' + "[" * 100,
        "more after it": '{"model": {"vocab": {"a": 0}}} x', "no text": b'{"model": {"vocab": {"\xff": 0}}}'.decode("latin-1")}
    for number, (name, text) in enumerate(tokenizers.items()):
        path = text_dump(folder / f"bad-{number}", [0, 1])
        (path.parent / "tokenizer.json").write_bytes(text.encode("latin-1"))
        have, notes = texts_of(path)
        expect(f"{name}: text", None, have)
        expect(f"{name}: a note", True, len(notes) == 1 and "tokenizer.json" in notes[0])
    for number, text in enumerate(('["a", 1]', "[1, 2.5]", '{"a": 0}', "[[1], [2]]", '["a"')):
        path = text_dump(folder / f"list-{number}", [0, 1], name="other")
        (path.parent / "tokens.json").write_text(text)
        have, notes = texts_of(path)
        expect(f"{text}: text", None, have)
        expect(f"{text}: a note", True, len(notes) == 1 and "tokens.json" in notes[0])
    path = text_dump(folder / "huge", [0, 1])
    with open(path.parent / "tokenizer.json", "wb") as file:
        file.truncate((256 << 20) + 1)
    expect("too large", ["The tokens' text is not shown: tokenizer.json: it is larger than anything of its kind should be"],
           texts_of(path)[1])
    for name, others in (("tokens.json", {"name": "other"}), ("tokenizer.json", {})):
        path = text_dump(folder / f"pipe-{name}", [0, 1], **others)
        os.mkfifo(path.parent / name)
        expect(f"{name} is a pipe", (None, [f"The tokens' text is not shown: {name}: it is not a regular file"]), texts_of(path))
    odd = {"a": -1, "b": 1e9, "c": (1 << 64) - 1, "d": 1 << 24, "e": "1", "f": [1, {"g": 2}], "h": None, "ok": 1}
    path = text_dump(folder / "odd-ids", [0, 1, 1 << 24])
    (path.parent / "tokenizer.json").write_text(json.dumps({"model": {"vocab": odd}, "added_tokens": [{"content": "y"}, {"id": 2}]}))
    expect("odd ids", ["0", "ok", str(1 << 24)], texts_of(path)[0])


def check_too_many(folder):
    """Layers that have more neurons together than there can be counters for; none of a token, so that the file is small."""
    path = write(folder / "wide.safetensors", {f"act.{i}": ([0, 1 << 24], "f", []) for i in range(6)})
    result = result_of(path)
    expect("layers of a wide dump", [0, 1, 2, 3], [row["layer"] for row in result["tables"]["layers"]["rows"]])
    expect("notes of a wide dump", ["act.4", "act.5"], [note.split()[0] for note in result["notes"] if "all layers together" in note])


def main():
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_choice, check_stores, check_names, check_batches, check_unsure, check_filtered, check_tokenizers,
                      check_places, check_line_ends, check_bad_texts, check_too_many):
            check(pathlib.Path(folder))
    print("\n".join(failures) or "sites and texts: as they should be")
    sys.exit(bool(failures))


main()
