# Activation dumps: every number type, container, name and shape they come in, and what their neurons did.
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import json
import tarfile

import numpy as np
import torch

from containers import gz, safetensors_bytes, xz, zip_bytes
from good_torch import saved
from writers import E4M3, E5M2, bf16_values, encode, npy_of

NONE = ({},)
EPS = ({}, {"eps": 0.5}, {"eps": 0.1}, {"dead": 0.3, "rare": 0.0, "often": 0.9})
KINDS = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "U8", "I8", "BOOL")


def relu(rng, shape, shift=0.3):
    """What a rectifier lets through, some of it −0.0; one neuron never fires, one always does."""
    a = np.maximum(rng.standard_normal(shape) - shift, 0.0)
    a[a == 0] *= np.where(rng.random(int(np.sum(a == 0))) < 0.5, -1.0, 1.0)
    if shape[-1] > 4:
        a[..., 2], a[..., 4] = -0.0, 0.75
    return a


def tokens_of(values):
    v = np.asarray(values, np.float64)
    return v.reshape(-1, v.shape[-1])


def counts(layer, arrays, eps, label=None):
    """Whole tensors in, counts out: the definition, word for word."""
    a = np.concatenate([tokens_of(v) for v in arrays])
    finite = np.isfinite(a)
    fires = finite & (np.abs(np.where(finite, a, 0.0)) > eps)
    found = {"label": label or str(layer), "layer": layer, "tokens": a.shape[0], "fired": fires.sum(axis=0).tolist()}
    return found if finite.all() else {**found, "finite": finite.sum(axis=0).tolist()}


class Dumps:
    def __init__(self, out):
        self.out = out
        self.entries = []
        self.stored = {}

    def put(self, name, data, layers, runs=NONE, notes=(), exit=0):
        """layers: number → list of the arrays whose tokens follow one another, as stored."""
        self.out.file("dumps/" + name, data)
        counted = [[params, [counts(n, arrays, params.get("eps", 0.0)) for n, arrays in layers.items()]] for params in runs]
        self.entries.append({"file": name, "exit": exit, "notes": list(notes), "runs": counted})
        self.stored[name] = layers

    def refuse(self, name, data, exits, words):
        self.out.file("dumps/" + name, data)
        self.entries.append({"file": name, "exits": exits, "words": words})

    def finish(self):
        lines = ",\n".join(json.dumps(e, separators=(",", ":"), allow_nan=False, ensure_ascii=False) for e in self.entries)
        self.out.file("dumps.json", f"[\n{lines}\n]\n".encode())


def npz(deflate=False, **arrays):
    return zip_bytes([(k + ".npy", npy_of(v)) for k, v in arrays.items()], deflate)


def named(pattern, arrays):
    return {pattern.format(n): v for n, v in arrays.items()}


def tensors(kinds):
    """name → (dtype, values) as safetensors, and name → values as stored."""
    entries, stored = [], {}
    for name, (kind, values) in kinds.items():
        data, stored[name] = encode(kind, values)
        entries.append((name, kind, np.shape(values), data))
    return safetensors_bytes(entries), stored


def every_dtype(d):
    rng = np.random.default_rng(101)
    for rank, shape in (("2", (23, 37)), ("3", (3, 7, 37))):
        kinds = {}
        for n, kind in enumerate(KINDS):
            a = relu(rng, shape)
            if kind in ("U8", "I8", "BOOL"):
                a = np.ceil(a) * (np.where(rng.random(shape) < 0.5, -1, 1) if kind == "I8" else 1)
            kinds[f"act.{n}"] = (kind, a)
        data, stored = tensors(kinds)
        d.put(f"every-dtype-rank-{rank}.safetensors", data, {n: [stored[f"act.{n}"]] for n in range(len(KINDS))}, EPS)


def special(d):
    """Each column one neuron; the codes of every small type are all there."""
    tiny = {"F64": 5e-324, "F32": 1e-45, "F16": 6e-8, "BF16": 1e-40}
    rng = np.random.default_rng(102)
    kinds = {}
    for n, kind in enumerate(tiny):
        a = relu(rng, (19, 12))
        a[:, 0], a[:, 1], a[:, 3] = np.nan, np.inf, -np.inf
        a[:, 5] = -0.0
        a[:, 6] = np.where(np.arange(19) % 3 == 0, tiny[kind], -0.0)
        a[:, 7] = np.where(np.arange(19) % 4 == 0, np.nan, -tiny[kind])
        a[:, 8] = np.where(np.arange(19) == 18, -np.inf, 0.0)
        a[0, 9], a[1, 9], a[2, 9] = np.nan, np.inf, -1.0
        kinds[f"act.{n}"] = (kind, a)
    data, stored = tensors(kinds)
    d.put("special.safetensors", data, {n: [stored[f"act.{n}"]] for n in range(len(tiny))}, EPS[:3])
    codes = np.arange(256, dtype=np.uint8)
    wide = np.arange(65536, dtype=np.uint32).astype("<u2")
    picked = wide[(wide & 0x7fff) % 97 < 2][:1350].reshape(-1, 25)
    with np.errstate(invalid="ignore"):  # widening a signalling NaN
        halves = picked.view(np.float16).astype(np.float64)
    bf16 = bf16_values(picked)
    entries = [("act.0", "F8_E4M3", (8, 32), codes.tobytes()), ("act.1", "F8_E5M2", (8, 32), codes.tobytes()),
               ("act.2", "F16", picked.shape, picked.tobytes()), ("act.3", "BF16", picked.shape, picked.tobytes())]
    values = [E4M3[codes].reshape(8, 32), E5M2[codes].reshape(8, 32), halves, bf16]
    d.put("codes.safetensors", safetensors_bytes(entries), {n: [v] for n, v in enumerate(values)},
          ({}, {"eps": 1.0}, {"eps": 0.001953125}, {"eps": 448.0}))


def at_eps(d):
    """Values at eps, one step below and above it, in every float type that holds it, and where none does."""
    for name, eps in (("half", 0.5), ("tenth", 0.1), ("third", 1 / 3), ("tiny", 1e-300)):
        arrays = {}
        for n, kind in enumerate((np.float64, np.float32, np.float16)):
            with np.errstate(under="ignore"):
                e = kind(eps)
                steps = [np.nextafter(e, kind(0)), e, np.nextafter(e, kind(1)), kind(0), kind(1)]
            arrays[n] = np.array([steps * 2, [-x for x in steps] * 2, steps * 2] * 2, kind)
        data = npz(True, **named("act.{}", arrays))
        above = float(np.nextafter(eps, 1))
        d.put(f"at-{name}.npz", data, {n: [v] for n, v in arrays.items()},
              ({"eps": eps}, {"eps": above}, {"eps": float(np.nextafter(eps, 0))}))
    integers = {0: np.array([[0, 1, 2, 255, 128, 127, 129]] * 3, "u1"), 1: np.array([[0, 1, -1, -128, 127, -127, 126]] * 3, "i1")}
    d.put("at-integers.npz", npz(**named("act.{}", integers)), {n: [v] for n, v in integers.items()},
          tuple({"eps": e} for e in (0.0, 0.5, 1.0, 126.5, 127.0, 128.0, 254.9, 255.0)))


def thresholds(d):
    """Frequencies just at the limits of the classes, and shares of all firings just at a neuron's end."""
    def columns(tokens, fired):
        return (np.arange(tokens)[:, None] < np.array(fired)[None, :]).astype(np.uint8)
    a = {0: columns(1000, [0, 1, 2, 9, 10, 11, 499, 500, 501, 999, 1000]), 1: columns(3000, [0, 2, 3, 4, 30, 31, 1500, 3000]),
         2: columns(700, [6, 7, 8, 349, 350, 351])}
    d.put("thresholds.npz", npz(True, **named("act.{}", a)), {n: [v] for n, v in a.items()},
          ({}, {"dead": 0.0, "rare": 0.0, "often": 1.0}, {"dead": 1.0, "rare": 1.0, "often": 0.0}, {"dead": 0.01, "rare": 0.5}))
    a = {0: columns(100, [80, 10, 5, 4, 1]), 1: columns(100, [1] * 100), 2: columns(20, [19, 1]), 3: columns(200, [133, 7]),
         4: columns(50, [45, 5]), 5: columns(300, [198, 2, 0, 0]), 6: columns(99, [57, 3]), 7: columns(10, [0, 0, 3])}
    d.put("coverage.npz", npz(True, **named("act.{}", a)), {n: [v] for n, v in a.items()})


def shapes(d):
    rng = np.random.default_rng(103)
    one = {0: np.array([[0.0, -0.0, 1.0]], "f4"), 1: np.array([[1.0]], "f4"), 2: np.array([[0.0]], "f4"),
           3: relu(rng, (40, 1)).astype("f4")}
    d.put("one.npz", npz(**named("act.{}", one)), {n: [v] for n, v in one.items()})
    still = {0: np.zeros((9, 5), "f2"), 1: np.ones((9, 5), "f2"), 2: np.full((9, 5), np.nan, "f2")}
    d.put("still.npz", npz(**named("act.{}", still)), {n: [v] for n, v in still.items()}, NONE, ("45",))
    lengths = {n: relu(rng, (t, 6), 1.0).astype("f4") for n, t in ((0, 5), (1, 50), (2, 1), (10, 3001))}
    d.put("lengths.npz", npz(True, **named("act.{}", lengths)), {n: [v] for n, v in lengths.items()})
    widths = {0: relu(rng, (11, 3)).astype("f4"), 1: relu(rng, (11, 64)).astype("f4"), 2: relu(rng, (11, 17)).astype("f4")}
    d.put("widths.npz", npz(**named("act.{}", widths)), {n: [v] for n, v in widths.items()})
    fortran = {n: np.asfortranarray(relu(rng, s).astype(t)) for n, (s, t) in
               enumerate([((13, 7), "f4"), ((3, 5, 7), "f2"), ((4, 6, 9), "f8"), ((1, 8), "f4"), ((8, 1), "f4")])}
    for deflate in False, True:
        d.put(f"fortran-{'deflated' if deflate else 'stored'}.npz", npz(deflate, **named("act.{}", fortran)),
              {n: [v] for n, v in fortran.items()})
    swapped = {0: relu(rng, (9, 7)).astype(">f4"), 1: relu(rng, (9, 7)).astype(">f8"), 2: relu(rng, (9, 7)).astype(">f2")}
    d.put("big-endian.npz", npz(**named("act.{}", swapped)), {n: [v] for n, v in swapped.items()}, EPS[:3])
    many = np.round(relu(rng, (2, 2101)).astype("f2"))
    many[:, ::7], many[0, ::5] = np.nan, np.inf
    many[:, 14:18] = np.nan
    d.put("many-neurons.npz", npz(True, **{"act.0": many, "act.1": many[:, :9]}), {0: [many], 1: [many[:, :9]]})
    lone = relu(rng, (6, 5)).astype("f4")
    d.put("act.3.npy", npy_of(lone), {3: [lone]})


def empties(d):
    rng = np.random.default_rng(104)
    full = relu(rng, (7, 5)).astype("f4")
    d.put("empty-batch.npz", npz(**{"act.0.0": full[:0], "act.0.1": full, "act.0.2": full[:0, :]}), {0: [full]})
    d.put("empty-layer.npz", npz(**{"act.0": full[:0], "act.1": full}), {0: [full[:0]], 1: [full]})
    d.put("empty-3.npz", npz(**{"act.0.0": np.zeros((0, 4, 5), "f4"), "act.0.1": np.zeros((4, 0, 5), "f4"), "act.0.2": full}),
          {0: [full]})
    d.put("nothing.npz", npz(**{"act.0": full[:0]}), {0: [full[:0]]})


def names(d):
    rng = np.random.default_rng(105)
    a = {n: relu(rng, (8 + n, 5)).astype("f4") for n in (0, 1, 2, 10)}
    for file, pattern in (("act", "act.{}"), ("activations", "activations.{}"), ("act-fn", "layers.{}.mlp.act_fn"),
                          ("mlp", "model.layers.{}.mlp"), ("hook-post", "blocks.{}.mlp.hook_post"),
                          ("gpt2", "transformer.h.{}.mlp.act"), ("opt", "model.decoder.layers.{}.activation_fn")):
        d.put(f"name-{file}.npz", npz(**named(pattern, a)), {n: [v] for n, v in a.items()}, NONE)
    members = io.BytesIO()
    with tarfile.open(fileobj=members, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, v in named("act.{}.npy", a).items():
            info, data = tarfile.TarInfo(name), npy_of(v)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    d.put("members.tar.gz", gz(members.getvalue()), {n: [v] for n, v in a.items()})
    d.put("packed.npz.xz", xz(npz(**named("act.{}", a))), {n: [v] for n, v in a.items()})
    for n, v in a.items():
        d.out.file(f"dumps/folder/act.{n}.npy", npy_of(v))
    d.put("folder/act.1.npy", npy_of(a[1]), {1: [a[1]]})
    d.entries.append({**d.entries[-2], "file": "folder"})
    both = {**named("encoder.block.{}.layer.1.DenseReluDense.act", {0: a[0], 1: a[1]}),
            **named("decoder.block.{}.layer.2.DenseReluDense.act", {0: a[2], 1: a[10]})}
    d.put("encoder-decoder.npz", npz(**both), {})
    rows = [counts(n, [v], 0.0, f"{stack} {n}") for stack, n, v in
            (("enc", 0, a[0]), ("enc", 1, a[1]), ("dec", 0, a[2]), ("dec", 1, a[10]))]
    d.entries[-1]["runs"] = [[{}, rows]]
    wide = {n: relu(rng, (6, 12)).astype("f4") for n in (0, 1)}
    outputs = {n: rng.standard_normal((6, 4)).astype("f4") for n in (0, 1)}
    d.put("both-sites.npz", npz(**named("model.layers.{}.mlp", outputs), **named("model.layers.{}.mlp.act_fn", wide)),
          {n: [v] for n, v in wide.items()}, NONE, ("Also here: model.layers.*.mlp; choose one with site.",))


def batches(d):
    rng = np.random.default_rng(106)
    b = [relu(rng, s).astype("f4") for s in ((4, 5), (2, 3, 5), (1, 5), (2, 0, 5), (9, 5))]
    d.put("batches.npz", npz(**{f"act.{n}.{i}": v for n in (0, 3) for i, v in enumerate(b[n // 3:])}), {0: b, 3: b[1:]})
    many = {i: relu(rng, (2, 5)).astype("f4") for i in range(12)}
    d.put("batches-12.npz", npz(**named("act.0.{}", many)), {0: [many[i] for i in range(12)]})
    odd = {"act.0.0": b[0], "act.0.1": relu(rng, (6, 7)).astype("f4"), "act.0.2": b[4]}
    d.put("widths-differ.npz", npz(**odd), {0: [b[0], b[4]]}, NONE, ("act.0.1", "7", "5"))


def beside(d):
    """What a recording keeps beside the activations is not looked at."""
    rng = np.random.default_rng(107)
    a = {n: relu(rng, (6, 5)).astype("f4") for n in (0, 1)}
    ids = np.arange(30).reshape(6, 5)
    data = npz(**named("act.{}", a), mask=np.ones((6, 5), "i8"), attention_mask=np.ones(6, "i8"), input_ids=ids.astype("i4"),
               **{"act.2": ids.astype("i8"), "act.3": ids.astype("i4"), "act.4": np.ones(5, "f4"), "act.5": np.ones((2, 3, 4, 5), "f4")})
    d.put("ids-beside.npz", data, {n: [v] for n, v in a.items()})
    d.put("scalar-beside.npz", npz(**named("act.{}", a), loss=np.float32(1.5)), {n: [v] for n, v in a.items()})
    words = np.array([["a", "b"]], object)
    d.put("objects-beside.npz", npz(**named("act.{}", a), tokens=words), {n: [v] for n, v in a.items()})


def torch_dumps(d):
    rng = np.random.default_rng(108)
    v = [relu(rng, s).astype("f4") for s in ((4, 5), (2, 3, 5), (7, 5), (3, 5))]
    t = [torch.tensor(x) for x in v]
    flat = {0: [v[0]], 1: [v[1]]}
    listed = {0: [v[0], v[1]], 1: [v[2]]}
    for name, value, layers in (
            ("plain", {"act.0": t[0], "act.1": t[1]}, flat),
            ("nested", {"activations": {"layers": {n: {"mlp": {"act_fn": t[n]}} for n in (0, 1)}}}, flat),
            ("numbered", {"act": {0: t[0], 1: t[1]}}, flat),
            ("listed", {"act": [t[0], t[1]]}, flat),
            ("batches", {"act": {0: [t[0], t[1]], 1: [t[2]]}}, listed),
            ("batches-named", {"model.layers.0.mlp": [t[0], t[1]], "model.layers.1.mlp": (t[2],)}, listed),
            ("dict-a-batch", [{"act.0": t[0], "act.1": t[2]}, {"act.0": t[1], "act.1": t[3]}],
             {0: [v[0], v[1]], 1: [v[2], v[3]]}),
            ("dict-a-batch-nested", [{"layers.0.mlp.act_fn": t[0], "layers.1.mlp.act_fn": t[2]},
                                     {"layers.0.mlp.act_fn": t[1], "layers.1.mlp.act_fn": t[3]}],
             {0: [v[0], v[1]], 1: [v[2], v[3]]})):
        d.put(f"torch-{name}.pt", saved(value), layers)
    views = {"act.0": t[2].t(), "act.1": t[2][::2], "act.2": t[0][:1].expand(6, 5), "act.3": t[1].permute(1, 0, 2),
             "act.4": t[2][:, 1:4], "act.5": t[2]}
    d.put("torch-views.pt", saved(views), {n: [x.numpy()] for n, x in enumerate(views.values())})
    half = {f"act.{n}": torch.tensor(relu(rng, (9, 7))).to(x) for n, x in enumerate((torch.float16, torch.bfloat16))}
    d.put("torch-halves.pt", saved(half), {n: [x.to(torch.float64).numpy()] for n, x in enumerate(half.values())}, EPS[:3])
    d.put("torch-legacy.pth", saved({"act.0": t[0], "act.1": t[1]}, _use_new_zipfile_serialization=False), flat)


def bad(d):
    rng = np.random.default_rng(109)
    a = {n: relu(rng, (40, 25)).astype("f4") for n in (0, 1)}
    whole, _ = tensors({f"act.{n}": ("F32", v) for n, v in a.items()})
    d.refuse("cut.safetensors", whole[:len(whole) * 2 // 3], [1, 3], ["act.1"])
    for file, deflate, place in (("damaged-header.npz", True, 200), ("damaged-deflate.npz", True, 900), ("damaged-crc.npz", False, 900)):
        packed = bytearray(npz(deflate, **named("act.{}", a)))
        packed[place:place + 4] = b"\xff" * 4
        d.refuse(file, bytes(packed), [1], ["act.0"])
    d.refuse("unknown-type.safetensors", whole.replace(b'"act.1":{"dtype":"F32"', b'"act.1":{"dtype":"Q32"'), [1], ["act.1"])
    d.refuse("cut.npz", npz(**named("act.{}", a))[:5000], [1, 3], ["cut.npz"])
    d.refuse("cut.npy", npy_of(a[0])[:3000], [1, 3], ["cut.npy"])
    d.refuse("checkpoint.npz", npz(**{"layers.0.mlp.up_proj.weight": a[0], "layers.0.mlp.up_proj.bias": a[0][0]}), [2],
             ["recorded activations", "checkpoint.npz"])
    d.refuse("act-weight.npz", npz(**{"layers.0.mlp.act_fn.weight": a[0], "layers.0.mlp.act_fn.bias": a[1]}), [2],
             ["recorded activations"])
    d.refuse("vectors.npz", npz(vectors=a[0], tokens=np.array(["a"], object)), [2], ["recorded activations"])
    d.refuse("act.0.objects.npz", npz(**{"act.0": np.array([["a", 1.0]], object)}), [1, 2, 3], ["act.0.objects.npz"])


def write(out):
    d = Dumps(out)
    for part in (every_dtype, special, at_eps, thresholds, shapes, empties, names, batches, beside, torch_dumps, bad):
        part(d)
    d.finish()
    return d.stored
