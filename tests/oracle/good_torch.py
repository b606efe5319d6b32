# Good fixtures written by PyTorch: zip and legacy checkpoints, views, ties, sparse tensors, TorchScript.
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import collections
import io
import json
import math
import os
import pathlib
import pickle
import sys
import types
import zipfile
from unittest import mock

import numpy as np
import torch

from containers import gz, zip_bytes
from good_plain import gpt2_pairs, integers, weights
from measures import Tensor

DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int8: "I8",
          torch.uint8: "U8", torch.bool: "BOOL", torch.int16: "I16", torch.int32: "I32", torch.int64: "I64"}


def dense(t):
    """float64 array of the logical tensor; duplicates of sparse entries summed."""
    t = t.detach()
    if t.layout == torch.sparse_coo:
        t = torch.sparse_coo_tensor(t._indices(), t._values().to(torch.float64), t.shape).to_dense()
    elif t.layout == torch.sparse_csr:
        t = torch.sparse_csr_tensor(t.crow_indices(), t.col_indices(), t.values().to(torch.float64), t.shape).to_dense()
    return t.to(torch.float64).numpy().copy()


def of(name, part, t, layer=None, **more):
    return Tensor(name, part, DTYPES[t.dtype], dense(t), layer, **more)


def saved(value, **more):
    buffer = io.BytesIO()
    torch.save(value, buffer, **more)
    return buffer.getvalue()


LEGACY = {"_use_new_zipfile_serialization": False}


def f32(rng, shape, zeros=0.4):
    return torch.tensor(weights(rng, shape, zeros).astype("f4"))


def every_dtype(rng):
    values = {}
    for dtype, name in DTYPES.items():
        shape = (9, 11)
        source = weights(rng, shape) if name in ("F64", "F32", "F16", "BF16") else integers(rng, name, shape)
        values["matrix_" + name.lower()] = torch.tensor(source).to(dtype)
    values["special"] = torch.tensor([[0.0, -0.0, 1e-45, math.inf, -math.inf, math.nan, 3.4e38, -1.5]])
    values["scalar"] = torch.tensor(-0.25)
    values["empty"] = torch.zeros(0, 4)
    return collections.OrderedDict(values)


def plain_parts(values):
    return [of(k, "other" if v.ndim >= 2 else "vectors", v) for k, v in values.items()]


def tied(rng):
    w = f32(rng, (20, 8))
    values = {"lm_head.weight": w, "transformer.wte.weight": w, "transformer.h.0.mlp.c_fc.weight": f32(rng, (8, 16)),
              "transformer.h.10.mlp.c_fc.weight": f32(rng, (8, 16)),
              "transformer.h.2.mlp.c_fc.weight": f32(rng, (8, 16)),
              "transformer.h.2.ln_1.weight": f32(rng, (8,))}
    values["transformer.h.9.mlp.c_fc.weight"] = values["transformer.h.2.mlp.c_fc.weight"].view(8, 16)
    tensors = [of("lm_head.weight", "embeddings", w),
               of("transformer.wte.weight", "embeddings", w, alias="lm_head.weight")]
    for n in (0, 2, 10, 9):
        name = f"transformer.h.{n}.mlp.c_fc.weight"
        tensors.append(of(name, "ffn", values[name], n, alias="transformer.h.2.mlp.c_fc.weight" if n == 9 else None))
    tensors.append(of("transformer.h.2.ln_1.weight", "vectors", values["transformer.h.2.ln_1.weight"], 2))
    return values, tensors


def views(rng):
    base = f32(rng, (12, 10), 0.3)
    column = f32(rng, (7, 1))
    half = f32(rng, (6, 5, 4)).to(torch.float16)
    values = {"base": base, "transposed": base.t(), "sliced_rows": base[3:8], "sliced_columns": base[:, 2:5],
              "stepped": base[1::2, ::3], "expanded": column.expand(7, 6), "expanded_first": base[4].expand(5, 10),
              "permuted": half.permute(2, 0, 1), "diagonal": base.diagonal(), "element": base[3, 1],
              "overlapping": base.as_strided((8, 6), (3, 2), 5), "part_of_half": half[2:5, 1, 1:3],
              "one_row": base[4:5], "unsqueezed": base[:, 4].unsqueeze(1)}
    return values, plain_parts(values)


def nested(rng):
    t = [f32(rng, (4, 5)) for _ in range(10)]
    counter = collections.Counter(seen=3)
    late = collections.defaultdict(list)
    late["x"] = [1, 2.5]
    value = {"a": {"b": t[0], "c": {"d": t[1]}}, "list": [t[2], 3, t[3]], "tuple": (t[4], "text"), 7: {"x": t[5]},
             "ordered": collections.OrderedDict([("first", t[6]), ("second", t[7])]),
             "parameter": torch.nn.Parameter(t[8]), "frozen": torch.nn.Parameter(t[9], requires_grad=False),
             "epoch": 12, "big": 2**100, "negative": -2**40, "rate": 1e-3, "flags": [True, False, None],
             "bytes": b"\x00\xff", "unicode": "σ ≠ 0", "set": {1, 2}, "size": torch.Size([2, 3]),
             "dtype": torch.float16,
             "device": torch.device("cpu"), "args": argparse.Namespace(lr=0.1, name="run"), "counter": counter,
             "late": late, "complex": 1 + 2j, "numpy_scalar": np.float32(0.5), "numpy_int": np.int64(7),
             "table": np.arange(12, dtype="f4").reshape(3, 4), "range": slice(1, 2), "empty": {},
             "layout": torch.strided}
    found = {"a.b": t[0], "a.c.d": t[1], "list.0": t[2], "list.2": t[3], "tuple.0": t[4], "7.x": t[5],
             "ordered.first": t[6], "ordered.second": t[7], "parameter": t[8], "frozen": t[9]}
    tensors = [of(k, "other", v, skip=("layer",)) for k, v in found.items()]
    return value, tensors, Tensor("table", "other", "F32", value["table"].astype("f8"), optional=True, skip=("layer",))


def sparse(rng):
    i = torch.tensor([[0, 1, 1, 3, 3], [2, 0, 0, 4, 4]])
    v = torch.tensor([0.5, 1.25, -1.25, 2.0, 1.0])
    scattered = f32(rng, (9, 7), 0.8)
    values = {"uncoalesced": torch.sparse_coo_tensor(i, v, (5, 6)), "coalesced": scattered.to_sparse(),
              "stored_zeros": torch.sparse_coo_tensor(torch.tensor([[0, 2], [1, 1]]), torch.tensor([0.0, -0.0]),
                                                      (3, 3)),
              "hybrid": torch.sparse_coo_tensor(torch.tensor([[3, 1]]), f32(rng, (2, 6), 0.2), (5, 6)),
              "nothing": torch.sparse_coo_tensor(torch.zeros(2, 0, dtype=torch.long), torch.zeros(0), (4, 5)),
              "deep": torch.sparse_coo_tensor(torch.tensor([[0, 1, 1], [2, 0, 2], [1, 1, 0]]),
                                              torch.tensor([1.0, math.nan, -3.0]), (2, 3, 4)),
              "line": torch.sparse_coo_tensor(torch.tensor([[5, 5, 8]]), torch.tensor([1.0, 2.0, 3.0]), (12,)),
              "rows": scattered.to_sparse_csr(), "dense": f32(rng, (4, 4))}
    return values, plain_parts(values)


class Namespace(types.ModuleType):
    """A module that is gone when the file is read."""


def vanished_class():
    module = Namespace("vanished_project.config")
    options = type("Options", (), {"__module__": module.__name__, "__qualname__": "Options"})
    module.Options = options
    sys.modules["vanished_project"] = Namespace("vanished_project")
    sys.modules[module.__name__] = module
    return options


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def strangers(out, rng):
    """Objects of unknown classes beside good tensors: read past, never run."""
    options = vanished_class()()
    options.width, options.names = 64, ["a", "b"]
    values = {"w.first": f32(rng, (4, 6)), "w.second": f32(rng, (6, 4))}
    for file, strange in (("unknown-class", options), ("os-system-beside", Evil())):
        for suffix, how in ((".pt", {}), ("-legacy.pth", LEGACY)):
            out.file(f"good/{file}{suffix}", saved({**values, "options": strange, "w.third": f32(rng, (2, 2)) * 0},
                                                   **how))
            out.expect(f"good/{file}{suffix}",
                       plain_parts(values) + [Tensor("w.third", "other", "F32", np.zeros((2, 2)))])


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(8, 12)
        self.fc2 = torch.nn.Linear(12, 8)
        self.register_buffer("steps", torch.tensor([3]))
        self.scale = 0.5

    def forward(self, x):
        return x + self.scale * self.fc2(torch.relu(self.fc1(x)))


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(10, 8)
        self.layers = torch.nn.ModuleList([Block(), Block()])
        self.conv = torch.nn.Conv1d(8, 4, 3)

    def forward(self, x):
        h = self.embed(x)
        for layer in self.layers:
            h = layer(h)
        return self.conv(h.transpose(1, 2))


def small_model():
    """With NumPy's numbers: PyTorch's normal ones depend on what the processor has."""
    rng, model = np.random.default_rng(11), Small()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(f32(rng, tuple(p.shape), 0.3))
    return model


def small_tensors(model, prefix=""):
    tensors = []
    for name, t in model.state_dict().items():
        part = "vectors" if t.ndim < 2 else "embeddings" if "embed" in name else "ffn" if ".fc" in name else "other"
        layer = int(name.split(".")[1]) if name.startswith("layers.") else None
        tensors.append(of(prefix + name, part, t, layer))
    return tensors


def script_archive(model):
    """TorchScript without the debug records, which hold paths of the machine that wrote them."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(model), buffer)
    with zipfile.ZipFile(buffer) as z:
        return zip_bytes([(n, z.read(n)) for n in z.namelist() if not n.endswith(".debug_pkl")])


def lightning(rng):
    model = small_model()
    adam = {0: {"step": torch.tensor(7.0), "exp_avg": f32(rng, (10, 8)), "exp_avg_sq": f32(rng, (10, 8)) ** 2}}
    value = {"epoch": 3, "global_step": 700, "pytorch-lightning_version": "1.9.0", "state_dict": model.state_dict(),
             "loops": {"fit_loop": {"state_dict": {}}}, "callbacks": {"ModelCheckpoint": {"best": torch.tensor(0.25)}},
             "optimizer_states": [{"state": adam,
                                   "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.999), "params": [0]}]}],
             "lr_schedulers": [], "hyper_parameters": {"width": 8, "name": "small"}}
    beside = [(f"optimizer_states.0.state.0.{k}", v) for k, v in adam[0].items()]
    beside.append(("callbacks.ModelCheckpoint.best", value["callbacks"]["ModelCheckpoint"]["best"]))
    extra = [of(n, "other", t, optional=True, never_counted=True, skip=("layer", "part")) for n, t in beside]
    return value, small_tensors(model, "state_dict.") + extra


def odd_tensors(out, rng):
    values = {"good": f32(rng, (4, 4)), "complex": torch.tensor([[1 + 2j, 0j]]),
              "quantized": torch.quantize_per_tensor(f32(rng, (3, 3)), 0.1, 0, torch.qint8)}
    odd = [Tensor(n, "other", "?", has_note=True, shape=tuple(values[n].shape), skip=("dtype", "part"))
           for n in ("complex", "quantized")]
    out.file("good/odd-tensors.pt", saved(values))
    out.expect("good/odd-tensors.pt", [of("good", "other", values["good"])] + odd, exit=1)


def sharded_bin(out, rng):
    pairs = gpt2_pairs(rng, 2, "transformer.")
    index, folder = {}, "good/sharded-bin/"
    for s in range(2):
        shard = {p[0][0]: torch.tensor(p[1].values.astype("f4")) for p in pairs[s::2]}
        file = f"pytorch_model-{s + 1:05d}-of-00002.bin"
        index.update(dict.fromkeys(shard, file))
        out.file(folder + file, saved(shard))
    document = {"metadata": {"total_size": sum(len(p[0][3]) for p in pairs)}, "weight_map": index}
    out.file(folder + "pytorch_model.bin.index.json", json.dumps(document, indent=1).encode())
    out.expect("good/sharded-bin", [p[1] for p in pairs])


def both(out, name, value, tensors):
    """The same content in the zip and in the legacy format."""
    out.file(f"good/{name}.pt", saved(value))
    out.expect(f"good/{name}.pt", tensors)
    out.file(f"good/{name}-legacy.pth", saved(value, **LEGACY))
    out.expect(f"good/{name}-legacy.pth", tensors)


def write(out):
    rng = np.random.default_rng(20)
    values = every_dtype(rng)
    both(out, "dtypes", values, plain_parts(values))
    both(out, "tied", *tied(rng))
    both(out, "views", *views(rng))
    value, tensors, table = nested(rng)
    both(out, "nested", value, tensors + [table])
    both(out, "sparse", *sparse(rng))
    strangers(out, rng)
    odd_tensors(out, rng)
    sharded_bin(out, rng)
    for protocol in (3, 4, 5):
        out.file(f"good/protocol-{protocol}.pt", saved(values, pickle_protocol=protocol))
        out.expect(f"good/protocol-{protocol}.pt", plain_parts(values))
    out.file("good/script.pt", script_archive(small_model()))
    out.expect("good/script.pt", small_tensors(small_model()))
    value, tensors = lightning(rng)
    out.file("good/lightning.ckpt", saved(value))
    out.expect("good/lightning.ckpt", tensors)
    out.file("good/packed.pt.gz", gz(saved(values)))
    out.expect("good/packed.pt.gz", plain_parts(values))
    single = f32(rng, (5, 5))
    out.file("good/single.pt", saved(single))
    out.expect("good/single.pt", [of("single", "other", single, skip=("layer",))])


def is_torch(name):
    return name.startswith(("good/", "dumps/", "saes/")) and name.endswith((".pt", ".pth", ".ckpt", ".bin"))


def flat(value, path=""):
    """(path, tensor) pairs of a loaded checkpoint."""
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict):
        for k, v in value.items():
            yield from flat(v, f"{path}.{k}")
    elif isinstance(value, (list, tuple)):
        for k, v in enumerate(value):
            yield from flat(v, f"{path}.{k}")


class Inert(pickle.Unpickler):
    """Unpickler that calls no function of the system."""

    def find_class(self, module, name):
        if module in ("posix", "os", "nt"):
            return lambda *a: None
        return super().find_class(module, name)


def loaded(path):
    vanished_class()
    if "script" in pathlib.Path(path).name:
        return dict(torch.jit.load(str(path)).state_dict())
    inert = types.SimpleNamespace(**{**vars(pickle), "Unpickler": Inert})
    with mock.patch.object(torch.serialization, "pickle", inert):  # torch 1.13 overlooks its pickle_module argument
        return torch.load(path, map_location="cpu")


def plain(t):
    """A tensor dense() can widen: complex and quantised ones as their parts."""
    t = t.detach()
    if t.is_quantized:
        return t.int_repr()
    return torch.view_as_real(t) if t.is_complex() else t


def same_tensor(a, b):
    if (a.dtype, a.layout, a.shape) != (b.dtype, b.layout, b.shape):
        return False
    if a.layout == torch.strided and (a.stride(), a.storage_offset()) != (b.stride(), b.storage_offset()):
        return False
    return np.array_equal(dense(plain(a)), dense(plain(b)), equal_nan=True)


def same_values(old, new):
    try:
        a, b = (dict(flat(loaded(p))) for p in (old, new))
    except Exception:  # a damaged file, in whichever way PyTorch says so
        return False
    return list(a) == list(b) and all(same_tensor(a[k], b[k]) for k in a)
