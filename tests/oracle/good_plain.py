# Good fixtures that need only NumPy: safetensors, npy, npz, compressed files and archives.
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import json
import tarfile

import numpy as np

from containers import gz, npy_bytes, raw_safetensors, safetensors_bytes, xz, zip_bytes, zst
from measures import Tensor
from writers import E4M3, E5M2, bf16_values, encode, npy_of

NUMBERS = ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I8", "U8", "BOOL", "I16", "U16", "I32", "U32", "I64",
           "U64"]
INTEGER_LIMITS = {"I8": (-128, 127), "U8": (0, 255), "BOOL": (0, 1), "I16": (-2**15, 2**15 - 1), "U16": (0, 2**16 - 1),
                  "I32": (-2**31, 2**31 - 1), "U32": (0, 2**32 - 1), "I64": (-2**63, 2**63 - 1), "U64": (0, 2**64 - 1)}


def tensor(name, part, dtype, values, layer=None, **more):
    """→ (safetensors entry, Tensor) holding the values rounded to dtype."""
    data, stored = encode(dtype, values)
    return (name, dtype, np.shape(values), data), Tensor(name, part, dtype, stored, layer, **more)


def coded(name, part, dtype, codes, table, **more):
    return (name, dtype, codes.shape, codes.tobytes()), Tensor(name, part, dtype, table, **more)


def weights(rng, shape, zeros=0.4, scale=0.05):
    """Bell-shaped weights with exact zeros, a zero row, a zero column, and −0 among the zeros."""
    w = rng.standard_normal(shape) * scale
    w[rng.random(shape) < zeros] = 0.0
    if len(shape) >= 2 and shape[0] > 2 and shape[1] > 3:
        w[2] = 0.0
        w[:, 3] = -0.0
    return w


def integers(rng, dtype, shape):
    low, high = INTEGER_LIMITS[dtype]
    kind = np.uint64 if dtype == "U64" else np.int64
    w = rng.integers(low, high, shape, dtype=kind, endpoint=True)
    w[rng.random(shape) < 0.4] = 0
    if len(shape) >= 2:
        w[2], w[:, 3] = 0, 0
    return w


def any_dtype(rng, name, dtype, shape):
    values = integers(rng, dtype, shape) if dtype in INTEGER_LIMITS else weights(
        rng, shape, scale=0.05 if dtype[:2] != "F8" else 0.3)
    return tensor(name, "other", dtype, values)


def save(out, file, pairs, metadata=None, **more):
    out.file(file, safetensors_bytes([p[0] for p in pairs], metadata))
    out.expect(file, [p[1] for p in pairs], **more)


def every_dtype(out):
    rng = np.random.default_rng(1)
    pairs = [any_dtype(rng, f"matrix_{d.lower()}", d, (24, 33)) for d in NUMBERS]
    save(out, "good/every-dtype.safetensors", pairs, {"format": "pt", "made by": "tests/oracle/make-fixtures.py"})


def special_f32():
    big = np.finfo(np.float32).max
    tiny = np.float32(1e-45)
    v = [0.0, -0.0, tiny, -tiny, 1.1754942e-38, np.inf, -np.inf, np.nan, big, -big, 1.0, -1.0, 1.0 + 2**-23, 0.1, 3e-39,
         -2.5]
    return np.array(v, np.float64)


def adversarial(out):
    """Every code of the 8-bit floats, a spread of all 16-bit codes, and the special values of the wide ones."""
    codes8 = np.arange(256, dtype=np.uint8).reshape(16, 16)
    codes16 = np.arange(0, 65536, 8, dtype=np.uint16).reshape(64, 128)
    codes16[5, :] = 0x8000
    wide = np.array([0.0, -0.0, 1e-140, -1e-140, np.inf, -np.inf, np.nan, 1e150, -1e150, 1.0, 1 + 2**-52, 0.1, 0.2,
                     -3.5])
    f32 = np.tile(special_f32(), (5, 3))
    f32[1], f32[:, 7] = 0.0, -0.0
    many = np.tile(special_f32(), 67)[:1051]
    pairs = [
        coded("all_codes.f8_e4m3", "other", "F8_E4M3", codes8, E4M3[codes8]),
        coded("all_codes.f8_e5m2", "other", "F8_E5M2", codes8, E5M2[codes8]),
        coded("codes.f16", "other", "F16", codes16, codes16.view(np.float16).astype(np.float64)),
        coded("codes.bf16", "other", "BF16", codes16, bf16_values(codes16)),
        tensor("special.f32", "other", "F32", f32),
        tensor("special.f64", "other", "F64", wide.reshape(7, 2)),
        tensor("odd_length.f32", "vectors", "F32", many),
        tensor("all_nan.f32", "other", "F32", np.full((3, 5), np.nan)),
        tensor("all_infinite.f16", "other", "F16", np.full((2, 2), -np.inf)),
        tensor("nan_in_zero_row.f32", "other", "F32", np.array([[0, np.nan, 0], [0, 0, 0], [1, 0, 0.0]])),
        tensor("all_zero.bf16", "other", "BF16", np.full((4, 9), -0.0)),
        tensor("constant.f16", "other", "F16", np.full((4, 9), 0.5)),
        tensor("one_element.f32", "other", "F32", np.array([[-7.0]])),
        tensor("limits.i8", "other", "I8", np.array([[-128, 127, 0, -1]])),
        tensor("limits.i64", "other", "I64", np.array([[-2**63, 2**63 - 1, 0, -1, 2**53 + 1]])),
        tensor("limits.u64", "other", "U64", np.array([[0, 2**64 - 1, 2**63, 2**53 + 1]], np.uint64)),
        tensor("limits.i32", "other", "I32", np.array([[-2**31, 2**31 - 1, 0, 5]])),
        tensor("limits.u16", "other", "U16", np.array([[0, 65535, 32768]])),
    ]
    save(out, "good/adversarial.safetensors", pairs)
    largest = np.finfo(np.float64).max
    overflow = np.array([[largest, -largest, 5e-324, 0.0], [1.0, 2.0, 3.0, 4.0]])
    open_figures = ("mean", "rms", "gini", "hoyer", "near_zero", "energy_lost")
    save(out, "good/f64-overflow.safetensors",
         [tensor("overflow", "other", "F64", overflow, skip=open_figures)],
         skip_summary=("near_zero", "sparsity", "energy_lost"))


def shapes(out):
    rng = np.random.default_rng(2)
    pairs = [tensor("scalar", "vectors", "F32", np.array(-0.25)),
             tensor("empty", "vectors", "F32", np.zeros(0)),
             tensor("empty_rows", "other", "F16", np.zeros((0, 4))),
             tensor("empty_columns", "other", "BF16", np.zeros((3, 0, 2)))]
    for rank, shape in enumerate([(7,), (5, 6), (4, 5, 3), (4, 5, 3, 3), (3, 4, 2, 2, 2)], 1):
        pairs.append(tensor(f"rank_{rank}", "other" if rank > 1 else "vectors", "F32", weights(rng, shape)))
    w = weights(rng, (6, 5, 3, 3), 0.2)
    w[4], w[:, 1] = 0.0, 0.0
    pairs.append(tensor("conv.weight", "other", "F16", w))
    pairs.append(tensor("one_column", "other", "F32", weights(rng, (9, 1))))
    pairs.append(tensor("one_row", "other", "F32", weights(rng, (1, 9))))
    save(out, "good/shapes.safetensors", pairs)


def llama_pairs(rng):
    pairs = [tensor("model.embed_tokens.weight", "embeddings", "BF16", weights(rng, (32, 16), 0.02)),
             tensor("lm_head.weight", "embeddings", "BF16", weights(rng, (32, 16), 0.1)),
             tensor("model.norm.weight", "vectors", "BF16", 1 + weights(rng, (16,), 0.0))]
    for n in range(12):
        base = f"model.layers.{n}."
        for x, size in (("q", 16), ("k", 8), ("v", 8), ("o", 16)):
            w = weights(rng, (size, 16), 0.05 * n)
            pairs.append(tensor(f"{base}self_attn.{x}_proj.weight", "attention", "BF16", w, n))
        for x, shape in (("gate", (20, 16)), ("up", (20, 16)), ("down", (16, 20))):
            w = weights(rng, shape, 0.06 * n)
            pairs.append(tensor(f"{base}mlp.{x}_proj.weight", "ffn", "BF16", w, n))
        if n in (0, 11):
            for x in ("input_layernorm", "post_attention_layernorm"):
                pairs.append(tensor(f"{base}{x}.weight", "vectors", "BF16", 1 + weights(rng, (16,), 0.0), n))
    return pairs


def gpt2_pairs(rng, layers, prefix=""):
    d = 8
    pairs = [tensor(prefix + "wte.weight", "embeddings", "F32", weights(rng, (20, d), 0.0)),
             tensor(prefix + "wpe.weight", "embeddings", "F32", weights(rng, (12, d), 0.0)),
             tensor(prefix + "ln_f.weight", "vectors", "F32", 1 + weights(rng, (d,), 0.0)),
             tensor(prefix + "ln_f.bias", "vectors", "F32", weights(rng, (d,), 0.3)),
             # the causal mask kept as a buffer: no weight, whatever its rank
             tensor(prefix + "h.0.attn.bias", "vectors", "F32", np.tril(np.ones((12, 12)))[None, None], 0,
                    never_counted=True)]
    for n in range(layers):
        base = f"{prefix}h.{n}."
        pairs += [tensor(base + "ln_1.weight", "vectors", "F32", 1 + weights(rng, (d,), 0.0), n),
                  tensor(base + "ln_1.bias", "vectors", "F32", weights(rng, (d,), 0.5), n),
                  tensor(base + "attn.c_attn.weight", "attention", "F32", weights(rng, (d, 3 * d), 0.05 * n), n),
                  tensor(base + "attn.c_attn.bias", "vectors", "F32", weights(rng, (3 * d,), 0.1), n),
                  tensor(base + "attn.c_proj.weight", "attention", "F32", weights(rng, (d, d), 0.3), n),
                  tensor(base + "mlp.c_fc.weight", "ffn", "F32", weights(rng, (d, 4 * d), 0.05 * n), n),
                  tensor(base + "mlp.c_proj.weight", "ffn", "F32", weights(rng, (4 * d, d), 0.5), n)]
    return pairs


def models(out):
    rng = np.random.default_rng(3)
    save(out, "good/llama.safetensors", llama_pairs(rng), {"format": "pt"})
    save(out, "good/gpt2.safetensors", gpt2_pairs(rng, 12))
    unknown = ("blocks.0.packed", "F4", (4, 8), bytes(16))
    good = [tensor("blocks.0.scale", "other", "F32", weights(rng, (4, 4)), skip=("layer",)),
            tensor("blocks.1.dense", "other", "F16", weights(rng, (4, 8)), skip=("layer",))]
    out.file("good/unknown-dtype.safetensors", safetensors_bytes([good[0][0], unknown, good[1][0]]))
    out.expect("good/unknown-dtype.safetensors",
               [p[1] for p in good] + [Tensor("blocks.0.packed", "other", "F4", has_note=True, shape=(4, 8),
                                              skip=("layer",))], exit=1)
    only_metadata = raw_safetensors('{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,2],'
                                    '"data_offsets":[0,16]}}     \n\t ', np.array([1, 0, -2, 0], "<f4").tobytes())
    out.file("good/padded-header.safetensors", only_metadata)
    out.expect("good/padded-header.safetensors", [Tensor("w", "other", "F32", np.array([[1, 0], [-2, 0.0]]))])


def sharded(out):
    """A folder of three shards; a tensor's shard does not follow its name."""
    pairs = gpt2_pairs(np.random.default_rng(4), 3, "transformer.")
    index, folder = {}, "good/sharded/"
    for s in range(3):
        shard = pairs[s::3]
        file = f"model-{s + 1:05d}-of-00003.safetensors"
        index.update({p[0][0]: file for p in shard})
        out.file(folder + file, safetensors_bytes([p[0] for p in shard], {"format": "pt"}))
    total = sum(len(p[0][3]) for p in pairs)
    document = {"metadata": {"total_size": total}, "weight_map": dict(sorted(index.items()))}
    out.file(folder + "model.safetensors.index.json", json.dumps(document, indent=1).encode())
    config = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": 3, "n_embd": 8, "n_head": 2,
              "vocab_size": 20, "n_positions": 12, "tie_word_embeddings": True}
    out.file(folder + "config.json", json.dumps(config, indent=1).encode())
    out.expect("good/sharded", [p[1] for p in pairs],
               also=[folder + "model-00002-of-00003.safetensors", folder + "model.safetensors.index.json"])


NPY_DTYPES = {"f8": "F64", "f4": "F32", "f2": "F16", "i1": "I8", "u1": "U8", "b1": "BOOL", "i2": "I16", "u2": "U16",
              "i4": "I32", "u4": "U32", "i8": "I64", "u8": "U64"}


def npy_array(rng, kind, shape):
    dtype = NPY_DTYPES[kind]
    values = integers(rng, dtype, shape) if dtype in INTEGER_LIMITS else weights(rng, shape)
    return values.astype(kind if kind != "b1" else "?")


def npy_tensor(name, array, part="other", **more):
    kind = array.dtype.str[1:]
    return Tensor(name, part if array.ndim >= 2 else "vectors", NPY_DTYPES[kind], array.astype(np.float64), **more)


def npy(out):
    rng = np.random.default_rng(5)
    matrix = npy_array(rng, "f4", (17, 9))
    half = npy_array(rng, "f2", (6, 5, 4))
    cases = {
        "c-order": npy_of(matrix), "fortran": npy_of(np.asfortranarray(matrix)),
        "fortran-deep": npy_of(np.asfortranarray(half)), "big-endian-single": npy_of(matrix.astype(">f4")),
        "big-endian-half": npy_of(half.astype(">f2")),
        "big-endian-short": npy_of(npy_array(rng, "i2", (5, 6)).astype(">i2")),
        "big-endian-double-fortran": npy_of(np.asfortranarray(matrix.astype(">f8"))),
        "scalar": npy_of(np.array(-1.5)), "empty": npy_of(np.zeros((3, 0), "f4")),
        "second-version": npy_of(matrix, (2, 0)), "third-version": npy_of(half, (3, 0)),
        "bytes": npy_of(npy_array(rng, "u1", (8, 8))), "truth": npy_of(npy_array(rng, "b1", (8, 8))),
        "spaced": npy_bytes("{ 'fortran_order' : False,'shape':(2 , 3,) , \"descr\":'<f4' , }",
                            np.array([0, 1, -2, 3, 0, 5], "<f4").tobytes()),
    }
    for name, data in cases.items():
        array = np.load(io.BytesIO(data))
        out.file(f"good/npy-{name}.npy", data)
        native = array.astype(array.dtype.newbyteorder("="))
        out.expect(f"good/npy-{name}.npy", [npy_tensor(f"npy-{name}", native)])


def npz(out):
    rng = np.random.default_rng(6)
    arrays = {f"array_{k}": npy_array(rng, k, (12, 11)) for k in NPY_DTYPES}
    arrays["fortran"] = np.asfortranarray(npy_array(rng, "f4", (5, 8)))
    arrays["big_endian"] = npy_array(rng, "f2", (5, 8)).astype(">f2")
    arrays["scalar"] = np.array(2.5, "f4")
    arrays["vector"] = npy_array(rng, "f4", (31,))
    tensors = [npy_tensor(n, a.astype(a.dtype.newbyteorder("="))) for n, a in arrays.items()]
    members = [(n + ".npy", npy_of(a)) for n, a in arrays.items()]
    for how in ("stored", "deflated"):
        out.file(f"good/{how}.npz", zip_bytes(members, how == "deflated"))
        out.expect(f"good/{how}.npz", tensors)
    objects = np.array([{"a": 1}, [1, 2], None], object)
    words = np.array(["one", "twenty", ""])
    odd = members[:2] + [("objects.npy", npy_of(objects)), ("words.npy", npy_of(words)),
                         ("complex.npy", npy_of(np.array([[1 + 2j, 0]], "<c8")))]
    out.file("good/odd-members.npz", zip_bytes(odd, True))
    unreadable = [Tensor(n, "vectors", "?", has_note=True, shape=s, skip=("dtype", "part"))
                  for n, s in (("objects", (3,)), ("words", (3,)), ("complex", (1, 2)))]
    out.expect("good/odd-members.npz", tensors[:2] + unreadable, exit=1)


def long_arrays(out):
    """Periodic, so that megabytes stay a few kilobytes packed: many chunks, and packed input cut at odd places."""
    rng = np.random.default_rng(7)
    period = weights(rng, (1021,), 0.3).astype("<f4")
    long = np.resize(period, (1500, 1021))
    out.file("good/long.npz", zip_bytes([("weight.npy", npy_of(long))], True))
    out.expect("good/long.npz", [npy_tensor("weight", long)])
    half = np.resize(weights(rng, (509,), 0.3), (800, 1018))
    tall = np.resize(weights(rng, (127,), 0.3), (70001, 3))
    pairs = [tensor("tall", "other", "F32", tall), tensor("wide", "other", "F16", half)]
    out.file("good/long.safetensors.xz", xz(safetensors_bytes([p[0] for p in pairs])))
    out.expect("good/long.safetensors.xz", [p[1] for p in pairs])
    fortran = np.asfortranarray(np.resize(weights(rng, (101,), 0.3).astype("<f4"), (1010, 700)))
    out.file("good/long-fortran.npy.gz", gz(npy_of(fortran)))
    out.expect("good/long-fortran.npy.gz", [npy_tensor("long-fortran", fortran)])


def compressed(out):
    rng = np.random.default_rng(8)
    first = [tensor(f"layers.{n}.self_attn.q_proj.weight", "attention", "F32", weights(rng, (8, 8)), n)
             for n in (0, 1, 10, 2)]
    second = [tensor(f"layers.{n}.mlp.up_proj.weight", "ffn", "F16", weights(rng, (12, 8)), n) for n in (0, 2, 10)]
    one = safetensors_bytes([p[0] for p in first])
    two = safetensors_bytes([p[0] for p in second])
    for how, pack in (("gz", gz), ("xz", xz), ("zst", zst)):
        out.file(f"good/packed.safetensors.{how}", pack(one))
        out.expect(f"good/packed.safetensors.{how}", [p[1] for p in first])
    array = npy_array(rng, "f4", (13, 7))
    out.file("good/packed.npy.gz", gz(npy_of(array)))
    out.expect("good/packed.npy.gz", [npy_tensor("packed", array)])
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in (("model/first.safetensors", one), ("model/README.txt", b"about this model\n"),
                           ("model/second.safetensors", two), ("model/table.npy", npy_of(array))):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    tensors = [p[1] for p in first + second] + [npy_tensor("table", array)]
    for name, data in (("model.tar", buffer.getvalue()), ("model.tar.gz", gz(buffer.getvalue()))):
        out.file("good/" + name, data)
        out.expect("good/" + name, tensors)
    out.file("good/bundle.zip", zip_bytes([("first.safetensors", one, False), ("second.safetensors", two, True)]))
    out.expect("good/bundle.zip", [p[1] for p in first + second])


def lists(out):
    """JSON as measurements are kept: flat lists of numbers, and what is none beside them."""
    rng = np.random.default_rng(9)
    tokens, ratios = np.cumsum(rng.integers(1e8, 1e10, 24)), 0.07 + 0.04 * rng.random(24)
    document = {"run": "tiny", "token_passed": tokens.tolist(), "activation_ratio": ratios.tolist(), "seen": [[1, 2], [3]]}
    out.file("good/lists.json", json.dumps(document).encode())
    out.expect("good/lists.json", [Tensor("activation_ratio", "vectors", "F64", ratios),
                                   Tensor("token_passed", "vectors", "F64", tokens.astype(np.float64))])


def write(out):
    for part in (every_dtype, adversarial, shapes, models, sharded, npy, npz, long_arrays, compressed, lists):
        part(out)
