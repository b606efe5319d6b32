# Good PyTorch files no installed version writes: today's tensors of new dtypes, and forms of the first versions.
# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np

from containers import zip_bytes
from good_plain import integers, weights
from measures import Tensor
from pickles import call, glob, integer, ints, legacy, mapping, program, rebuild, storage, text, tup
from writers import encode

HOOKS = glob("collections", "OrderedDict") + b")R"
NEW_DTYPES = {"F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "U16": "uint16", "U32": "uint32", "U64": "uint64"}


def place(shape):
    """Offset, size and stride of a whole row-major tensor."""
    stride = [int(np.prod(shape[n + 1:])) for n in range(len(shape))]
    return integer(0), ints(*shape), ints(*stride)


def whole(shape, stored):
    return rebuild(stored, *place(shape))


def modern(out, rng):
    """PyTorch 2: dtypes without a storage class of their own, parameters with attributes, marked tensors."""
    items, storages, tensors = {}, {}, []
    for key, (dtype, name) in enumerate(NEW_DTYPES.items()):
        values = integers(rng, dtype, (6, 7)) if dtype[0] == "U" else weights(rng, (6, 7), scale=0.3)
        data, stored = encode(dtype, values)
        untyped = storage(str(key), len(data), "UntypedStorage", module="torch.storage")
        items["new_" + name] = call("torch._utils", "_rebuild_tensor_v3", untyped, *place((6, 7)), b"\x89", HOOKS,
                                    glob("torch", name))
        storages[str(key)] = data
        tensors.append(Tensor("new_" + name, "other", dtype, stored))
    data, stored = encode("BF16", weights(rng, (5, 8)))
    base = call("torch._utils", "_rebuild_tensor_v2", storage("9", 40, "BFloat16Storage"), *place((5, 8)), b"\x89",
                HOOKS, b"}")
    items["parameter"] = call("torch._utils", "_rebuild_parameter_with_state", base, b"\x88", HOOKS,
                              mapping(rate=integer(3)))
    tensors.append(Tensor("parameter", "other", "BF16", stored))
    storages["9"] = data
    members = [("model/data.pkl", program(mapping(**items))), ("model/.format_version", b"1"),
               ("model/.storage_alignment", b"64"), ("model/byteorder", b"little"), ("model/version", b"3\n"),
               *((f"model/data/{k}", v) for k, v in storages.items()), ("model/.data/serialization_id", b"0" * 40)]
    out.file("good/modern.pt", zip_bytes(members))
    out.expect("good/modern.pt", tensors)


def no_data(out, rng):
    """A tensor of the meta device: a shape without values."""
    data, stored = encode("F32", weights(rng, (4, 5)))
    nowhere = call("torch._utils", "_rebuild_meta_tensor_no_storage", glob("torch", "float32"), ints(3, 4), ints(4, 1),
                   b"\x89")
    pickled = program(mapping(good=whole((4, 5), storage("0", 20)), nowhere=nowhere))
    out.file("good/meta-device.pt", zip_bytes([("m/data.pkl", pickled), ("m/version", b"3\n"), ("m/data/0", data)]))
    out.expect("good/meta-device.pt", [Tensor("good", "other", "F32", stored),
                                       Tensor("nowhere", "other", "F32", has_note=True, shape=(3, 4), skip=("dtype",))],
               exit=1)


def first_versions(out, rng):
    """Before 1.0: _rebuild_tensor with four arguments, views of storages, CUDA places."""
    data, stored = encode("F32", weights(rng, (6, 5), 0.3))
    flat = stored.ravel()
    seen = storage("77", 30, place="cuda:0", view=(text("78"), integer(10), integer(12)))
    plain = storage("77", 30, place="cuda:0", view=())
    items = {"old": call("torch._utils", "_rebuild_tensor", plain, *place((6, 5))),
             "through_view": rebuild(seen, integer(2), ints(2, 5), ints(5, 1)),
             "whole": whole((6, 5), plain)}
    out.file("good/first-versions.pth", b"".join(legacy(program(mapping(**items)), ("77",), ((30, data),))))
    out.expect("good/first-versions.pth", [Tensor("old", "other", "F32", stored),
                                           Tensor("through_view", "other", "F32", flat[12:22].reshape(2, 5)),
                                           Tensor("whole", "other", "F32", stored, alias="old")])


def coalesced(out, rng):
    """The fourth item newer versions add to a sparse tensor's data."""
    indices = np.array([[0, 2, 3], [1, 0, 3]])
    values = np.array([0.5, -1.0, 2.0])
    where = whole((2, 3), storage("0", 6, "LongStorage"))
    layout = call("torch.serialization", "_get_layout", text("torch.sparse_coo"))
    body = call("torch._utils", "_rebuild_sparse_tensor", layout,
                tup(where, whole((3,), storage("1", 3)), ints(4, 4), b"\x88"))
    stored = np.zeros((4, 4))
    stored[tuple(indices)] = values
    members = [("s/data.pkl", program(mapping(pruned=body))), ("s/version", b"3\n"),
               ("s/data/0", indices.astype("<i8").tobytes()), ("s/data/1", values.astype("<f4").tobytes())]
    out.file("good/sparse-coalesced.pt", zip_bytes(members))
    out.expect("good/sparse-coalesced.pt", [Tensor("pruned", "other", "F32", stored)])


def write(out):
    rng = np.random.default_rng(30)
    for part in (modern, no_data, first_versions, coalesced):
        part(out, rng)
