#!/usr/bin/python3
# Dumps that the command line records, against what PyTorch gave, and what must not be left behind.
# SPDX-License-Identifier: GPL-3.0-or-later
"""recordings.py CLI ROOT    Standard library only.

In f32 a value is within 1e-4 of itself, or 1e-5 of its tensor's largest where it is small; in f16 and bf16 it is the f32
rounded to nearest, bit for bit; other numbers of threads give the same bytes."""

import array
import json
import math
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

CLI, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
FIXTURES, SAMPLE = ROOT / "tests/fixtures", ROOT / "data/sample"
EVERYTHING = "act,gate,resid_pre,z,attn_out,mlp_out,resid_post"
LETTERS = {"F32": "f", "F16": "H", "BF16": "H", "I32": "i"}


def run(*args, **more):
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    command = [CLI, "record", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False, **more)


def read(path):
    """→ ({name: (shape, values)}, metadata)"""
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    about, tensors, end = header.pop("__metadata__"), {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert entry["data_offsets"][0] == end, name
        end = entry["data_offsets"][1]
        tensors[name] = entry["shape"], array.array(LETTERS[entry["dtype"]], data[start + entry["data_offsets"][0]:start + end])
    assert start + end == len(data) and start % 8 == 0
    return tensors, about


def as_f16(x):
    return struct.unpack("<H", struct.pack("<e", x))[0]


def as_bf16(x):
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16


def make_llama(folder, head_size, n_ids=16, n_hidden=2):
    """One layer with one head, of zeros: as wide as it says, however little its file takes."""
    shapes = {"embed_tokens": (n_ids, n_hidden), "norm": (n_hidden,)}
    for name, shape in {"input_layernorm": (n_hidden,), "post_attention_layernorm": (n_hidden,), "mlp.gate_proj": (4, n_hidden),
                        "mlp.up_proj": (4, n_hidden), "mlp.down_proj": (n_hidden, 4), "self_attn.q_proj": (head_size, n_hidden),
                        "self_attn.k_proj": (head_size, n_hidden), "self_attn.v_proj": (head_size, n_hidden),
                        "self_attn.o_proj": (n_hidden, head_size)}.items():
        shapes[f"layers.0.{name}"] = shape
    shapes = {f"model.{name}.weight": shape for name, shape in shapes.items()}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({
        "model_type": "llama", "hidden_size": n_hidden, "intermediate_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1,
        "head_dim": head_size, "vocab_size": n_ids, "max_position_embeddings": 1 << 20, "tie_word_embeddings": True}))
    return shapes


def write_zeros(path, shapes):
    header, at = {}, 0
    for name, shape in shapes.items():
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [at, at + 2 * math.prod(shape)]}
        at += 2 * math.prod(shape)
    text = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        out.truncate(8 + len(text) + at)


def deflate_zeros(path, shapes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name, shape in shapes.items():
            head = f"{{'descr': '<f2', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
            with out.open(f"{name}.npy", "w", force_zip64=True) as entry:
                entry.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
                for start in range(0, 2 * math.prod(shape), 1 << 24):
                    entry.write(bytes(min(1 << 24, 2 * math.prod(shape) - start)))


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def process_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Recordings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.dump = self.path / "dump.safetensors"

    def record(self, *args, **more):
        done = run(*args, "-o", self.dump, **more)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return read(self.dump)

    def assert_fails(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual([p.name for p in self.path.iterdir() if "safetensors" in p.name], [])

    def assert_near(self, found, wanted, name):
        largest = max(map(abs, wanted))
        for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
            self.assertLessEqual(abs(a - b), max(1e-4 * abs(b), 1e-5 * largest), f"{name}, element {i}: {a}, not {b}")

    def text_of(self, about):
        path = self.path / "ids.json"
        path.write_text(json.dumps(about["ids"]))
        return FIXTURES / about["folder"], path, "--window", about["window"], "--what", ",".join(about["sites"])

    def test_values(self):
        for path in sorted((FIXTURES / "recordings").glob("*.json")):
            about, wanted = json.loads(path.read_text()), array.array("f", path.with_suffix(".f32").read_bytes())
            with self.subTest(path.stem):
                tensors, _ = self.record(*self.text_of(about), "--dtype", "f32")
                place = 0
                for tensor in about["sites"].values():
                    for layer in range(about["layers"]):
                        _, values = tensors.pop(tensor.format(layer))
                        self.assert_near(values, wanted[place:place + len(values)], tensor.format(layer))
                        place += len(values)
                self.assertEqual(place, len(wanted))
                self.assertEqual(list(tensors.pop("tokens")[1]), about["ids"])
                self.assertEqual(list(tensors.pop("seq")[1]), [i // about["window"] for i in range(len(about["ids"]))])
                self.assertEqual(tensors, {})

    def test_rounding(self):
        about = json.loads((FIXTURES / "recordings/llama-relu.json").read_text())
        exact, _ = self.record(*self.text_of(about), "--dtype", "f32")
        for dtype, narrow in ("f16", as_f16), ("bf16", as_bf16):
            tensors, _ = self.record(*self.text_of(about), "--dtype", dtype)
            for name, (shape, values) in exact.items():
                wanted = values if name in ("tokens", "seq") else [narrow(x) for x in values]
                self.assertEqual((tensors[name][0], list(tensors[name][1])), (shape, list(wanted)), name)

    def test_threads(self):
        text = SAMPLE / "relu", SAMPLE / "text/heldout.txt", "--window", 100, "--what", EVERYTHING
        self.record(*text, "--threads", 1)
        wanted = self.dump.read_bytes()
        for n in 2, 5:
            self.record(*text, "--threads", n)
            self.assertEqual(self.dump.read_bytes(), wanted)

    def test_batches(self):
        """More tokens than are pushed through at once: what enters the first layer is the embedding, again and again."""
        (self.path / "ids.json").write_text(json.dumps([i * 7 % 500 for i in range(800000)]))
        tensors, _ = self.record(SAMPLE / "relu", self.path / "ids.json", "--what", "resid_pre", "--layers", 0)
        rows = tensors["blocks.0.hook_resid_pre"][1].tobytes()
        self.assertEqual(rows, rows[:500 * 48 * 2] * 1600)
        self.assertNotEqual(rows[:96], rows[96:192])
        self.assertEqual(tensors["seq"][1][-1], 799999 // 256)

    def test_blocks(self):
        """More tokens than a matrix product has, or are in memory at once: windows do the same wherever they are in the text."""
        ids = [i * i * 7 % 499 for i in range(64 * 80)]

        def look(first):
            (self.path / "ids.json").write_text(json.dumps(ids[64 * first:]))
            what = "--window", 64, "--what", EVERYTHING, "--layers", 1, "--dtype", "f32"
            return self.record(SAMPLE / "relu", self.path / "ids.json", *what)[0]

        every, some = look(0), look(13)
        for name in sorted(set(every) - {"tokens", "seq"}):
            width = 64 * every[name][0][1]
            wanted, found = every[name][1][13 * width:], some[name][1]
            self.assertEqual(len(found), 67 * width)
            for at in range(0, len(found), width):
                self.assertNotEqual(found[at:at + width], found[at - width:at or None])
                if found[at:at + width] != wanted[at:at + width]:
                    self.assert_near(found[at:at + width], wanted[at:at + width], name)

    def test_sample(self):
        """The Python recorder on the same tokens: the same zeros, few values apart, by a unit of f16 or what f32 sums leave."""
        tensors, about = self.record(SAMPLE / "relu", SAMPLE / "text/heldout.txt", "--window", 256, "--tokens", 320)
        wanted, _ = read(SAMPLE / "activations/activations.safetensors")
        self.assertEqual(sorted(tensors), sorted(wanted))
        self.assertEqual((about["model"], about["text"]), ("relu", "heldout.txt"))
        for name, (shape, values) in wanted.items():
            self.assertEqual(tensors[name][0], shape)
            if name in ("tokens", "seq"):
                self.assertEqual(tensors[name][1], values)
                continue
            have, want = (struct.unpack(f"<{len(v)}e", v.tobytes()) for v in (tensors[name][1], values))
            largest = max(map(abs, want))
            self.assertEqual([x == 0 for x in have], [x == 0 for x in want])
            self.assertTrue(all(abs(a - b) <= max(abs(b) / 1024, largest * 1e-6) for a, b in zip(have, want)), name)
            self.assertLess(sum(a != b for a, b in zip(have, want)), 0.002 * len(want))

    def test_layers(self):
        text = SAMPLE / "relu", SAMPLE / "text/heldout.txt", "--tokens", 50
        every, _ = self.record(*text, "--what", EVERYTHING)
        self.assertEqual(len(every), 2 + 4 * 7)
        some, _ = self.record(*text, "--what", EVERYTHING, "--layers", "0,2-3")
        self.assertEqual(some, {name: tensor for name, tensor in every.items() if ".1" not in name})
        for word, hook in {"hidden": "hook_resid_pre", "hook_z": "attn.hook_z", "mlp_out": "hook_mlp_out"}.items():
            last, _ = self.record(*text, "--what", word, "--layers", "2")
            self.assertEqual(sorted(last), [f"blocks.2.{hook}", "seq", "tokens"])
            self.assertEqual(last[f"blocks.2.{hook}"], every[f"blocks.2.{hook}"])

    def test_modules(self):
        """Which module of the checkpoint a tensor is of stands in the file."""
        text = SAMPLE / "text/heldout.txt"
        _, about = self.record(SAMPLE / "relu", text, "--tokens", 9, "--what", EVERYTHING)
        (self.path / "ids.json").write_text("[1, 2, 3]")
        _, opt = self.record(FIXTURES / "models/opt-before", self.path / "ids.json", "--what", "resid_pre,z,attn_out,mlp_out,resid_post")
        for found, hook, says in (
                (about, "hook_resid_pre", "input of model.layers.1"), (about, "attn.hook_z", "input of model.layers.1.self_attn.o_proj"),
                (about, "hook_attn_out", "output of model.layers.1.self_attn.o_proj"),
                (about, "hook_mlp_out", "output of model.layers.1.mlp.down_proj"), (about, "hook_resid_post", "output of model.layers.1"),
                (opt, "attn.hook_z", "input of model.decoder.layers.1.self_attn.out_proj"),
                (opt, "hook_mlp_out", "output of model.decoder.layers.1.fc2"),
                (opt, "hook_resid_post", "output of model.decoder.layers.1")):
            self.assertEqual(found[f"blocks.1.{hook}"], says)

    def test_stream(self):
        """What leaves a layer enters the next, bit for bit."""
        tensors, _ = self.record(SAMPLE / "relu", SAMPLE / "text/heldout.txt", "--tokens", 300, "--what", "resid_pre,resid_post")
        for layer in range(3):
            self.assertEqual(tensors[f"blocks.{layer}.hook_resid_post"], tensors[f"blocks.{layer + 1}.hook_resid_pre"])
            self.assertNotEqual(tensors[f"blocks.{layer}.hook_resid_post"], tensors[f"blocks.{layer}.hook_resid_pre"])

    def test_analyses(self):
        self.record(SAMPLE / "relu", SAMPLE / "text/heldout.txt", "--what", EVERYTHING)
        done = subprocess.run([CLI, "analyze", self.dump, SAMPLE / "relu", "-a", "activation-sparsity,lazy-neurons,activation-overlap",
                               "--neuron", "0:5"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        results = json.loads(done.stdout)["results"]
        self.assertEqual(len(results), 3)
        top = results[1]["tables"]["top_tokens"]
        texts = [row[[c["name"] for c in top["columns"]].index("text")] for row in top["rows"]]
        self.assertTrue(texts and all(texts))
        done = subprocess.run([CLI, "analyze", self.dump, SAMPLE / "sae", "-a", "sae-features"], capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("tokens of blocks.2.hook_resid_pre", done.stdout)

    def test_usage(self):
        model, text = SAMPLE / "relu", SAMPLE / "text/heldout.txt"
        for words, *said in (
                ([model, "-o", self.dump], "MODEL TEXT"), ([model, text], "-o"),
                ([model, text, "-o", self.path / "dump.npy"], ".safetensors", "dump.npy"),
                ([model, text, "-o", self.dump, "--layers", "4"], "from 0 to 3"),
                ([model, text, "-o", self.dump, "--layers", "3-1"], "3-1"),
                ([model, text, "-o", self.dump, "--layers", ""], "0,3-5"),
                ([model, text, "-o", self.dump, "--what", "up"], "'up'", "resid_post"),
                ([model, text, "-o", self.dump, "--dtype", "f64"], "f64"), ([model, text, "-o", self.dump, "--tokens", -1], "negative"),
                ([FIXTURES / "models/gpt2-bare", text, "-o", self.dump, "--what", "gate"], "no gates")):
            with self.subTest(words=words):
                self.assert_fails(run(*words), 2, *said)
        self.assertIn("sparsoscope-cli record [OPTION…]", run("--help").stdout)

    def test_inputs_stay(self):
        place = self.path / "model"
        place.mkdir()
        for file in (SAMPLE / "relu").iterdir():
            (place / file.name).write_bytes(file.read_bytes())
        self.assert_fails(run(place, SAMPLE / "text/heldout.txt", "-o", place / "model.safetensors"), 2, "is read for this recording")
        self.assertEqual((place / "model.safetensors").read_bytes(), (SAMPLE / "relu/model.safetensors").read_bytes())

    def test_too_large(self):
        """A model whose neurons answer beyond f16."""
        place, source = self.path / "model", FIXTURES / "models/llama-relu"
        place.mkdir()
        data = bytearray((source / "model.safetensors").read_bytes())
        start = 8 + struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:start])
        for name, entry in header.items():
            if "layers.1.mlp.up_proj" in name or "layers.1.mlp.gate_proj" in name:
                begin, end = (start + offset for offset in entry["data_offsets"])
                form = f"<{(end - begin) // 2}e"
                data[begin:end] = struct.pack(form, *(1000 * x for x in struct.unpack(form, data[begin:end])))
        (place / "model.safetensors").write_bytes(data)
        (place / "config.json").write_bytes((source / "config.json").read_bytes())
        (self.path / "ids.json").write_text("[1, 2, 3, 4]")
        self.assert_fails(run(place, self.path / "ids.json", "-o", self.dump), 2, "act.1", "too large for f16", "bf16")
        tensors, _ = self.record(place, self.path / "ids.json", "--dtype", "bf16")
        self.assertIn("act.1", tensors)

    def test_unwritable(self):
        text = SAMPLE / "relu", SAMPLE / "text/heldout.txt", "-o"
        self.assert_fails(run(*text, self.path / "no" / "d.safetensors"), 3, "choose another place")
        (self.path / "folder.d").mkdir()
        (self.path / "folder.d/x.safetensors").mkdir()
        self.assertEqual(run(*text, self.path / "folder.d/x.safetensors").returncode, 3)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))

        self.assert_fails(run(*text, self.dump, preexec_fn=limit), 3, "choose another place")

    def test_memory(self):
        """What config.json makes of small weights is known before anything is allocated."""
        write_zeros(self.path / "wide/model.safetensors", make_llama(self.path / "wide", 1 << 19))
        (self.path / "ids.json").write_text(json.dumps([i % 16 for i in range(100000)]))
        self.assert_fails(run(self.path / "wide", self.path / "ids.json", "-o", self.dump, "--window", 100000), 3, "wide", "100000",
                          "smaller window")

    def test_many_ids(self):
        head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({(1 << 28) + 1},), }}".ljust(117).encode() + b"\n"
        with open(self.path / "ids.npy", "wb") as out:
            out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
            out.truncate(10 + len(head) + (1 << 28) + 1)
        self.assert_fails(run(SAMPLE / "relu", self.path / "ids.npy", "-o", self.dump), 3, "ids.npy", "268435456", "choose a part")

    def interrupt(self, *args, times=1):
        """Once the dump is begun.  → seconds of processor time until the program has ended: a busy machine makes nobody slow"""
        before = children_seconds()
        with subprocess.Popen([CLI, "record", *map(str, args), "-o", self.dump], stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None and not list(self.path.glob("dump.safetensors.*")):
                time.sleep(0.01)
            time.sleep(0.1)
            before += process_seconds(process.pid)
            for _ in range(times):
                process.send_signal(signal.SIGINT)
                time.sleep(0.005)
            self.assertEqual(process.wait(timeout=60), 130)
            self.assertEqual(process.stderr.read().count("interrupted"), 1)
        self.assertEqual(list(self.path.glob("dump.safetensors*")), [])
        return children_seconds() - before

    def test_interrupt_twice(self):
        """The second does not wait for what is begun, and leaves nothing behind either."""
        (self.path / "ids.json").write_text(json.dumps([i * 7 % 500 for i in range(500000)]))
        self.interrupt(SAMPLE / "relu", self.path / "ids.json", times=2)

    def test_interrupt_positions(self):
        """Angles of 65536 pairs at 2048 places."""
        write_zeros(self.path / "wide/model.safetensors", make_llama(self.path / "wide", 1 << 17))
        (self.path / "ids.json").write_text(json.dumps([i % 16 for i in range(2048)]))
        self.assertLess(self.interrupt(self.path / "wide", self.path / "ids.json"), 2)

    def test_interrupt_stream(self):
        """An embedding that has to be inflated."""
        deflate_zeros(self.path / "packed/model.npz", make_llama(self.path / "packed", 8, 1 << 23, 64))
        (self.path / "ids.json").write_text("[1, 2, 3, 4]")
        self.assertLess(self.interrupt(self.path / "packed", self.path / "ids.json"), 1.5)

    def test_interrupt(self):
        """Half a million tokens, of which the first layers are done when it comes."""
        (self.path / "ids.json").write_text(json.dumps([i * 7 % 500 for i in range(500000)]))
        with subprocess.Popen([CLI, "record", SAMPLE / "relu", self.path / "ids.json", "-o", self.dump],
                              stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None and not list(self.path.glob("dump.safetensors.*")):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=20), 130)
            self.assertEqual(process.stderr.read().count("interrupted"), 1)
        self.assertEqual([p.name for p in self.path.iterdir()], ["ids.json"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
