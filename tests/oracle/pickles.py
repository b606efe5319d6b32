# A pickle assembler for hostile PyTorch files: every opcode chosen by hand, nothing is ever unpickled here.
# SPDX-License-Identifier: GPL-3.0-or-later
import pickle
import struct

from containers import zip_bytes

PROTO = b"\x80\x02"
STOP = b"."


def text(s):
    data = s.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def integer(n):
    if -2**31 <= n < 2**31:
        return b"J" + struct.pack("<i", n)
    size = (n.bit_length() + 8) // 8
    return b"\x8a" + bytes([size]) + n.to_bytes(size, "little", signed=True)


def tup(*items):
    return b"(" + b"".join(items) + b"t"


def ints(*numbers):
    return tup(*map(integer, numbers))


def glob(module, name):
    return f"c{module}\n{name}\n".encode()


def call(module, name, *args):
    return glob(module, name) + tup(*args) + b"R"


def storage(key="0", numel=16, cls="FloatStorage", module="torch", place="cpu", view=None):
    """A persistent id: ('storage', class, key, place, elements); in legacy files view is () or (key, first, count)."""
    extra = [] if view is None else [tup(*view) if view else b"N"]
    return tup(text("storage"), glob(module, cls), text(key), text(place), integer(numel), *extra) + b"Q"


def tensor(size=(4, 4), stride=(4, 1), offset=0, **more):
    return rebuild(storage(**more), integer(offset), ints(*size), ints(*stride))


def rebuild(stored, offset, size, stride):
    """torch._utils._rebuild_tensor_v2 with arguments already in opcodes."""
    hooks = glob("collections", "OrderedDict") + b")R"
    return call("torch._utils", "_rebuild_tensor_v2", stored, offset, size, stride, b"\x89", hooks)


def mapping(**items):
    return b"}(" + b"".join(text(k.replace("__", ".")) + v for k, v in items.items()) + b"u"


def program(body):
    return PROTO + body + STOP


FLOATS = struct.pack("<16f", *(0.5 * (n % 5 - 2) for n in range(16)))


def archive(data_pkl, storages=None, name="archive"):
    """A PyTorch zip around a data.pkl."""
    members = [(f"{name}/data.pkl", data_pkl), (f"{name}/version", b"3\n")]
    for key, data in ({"0": FLOATS} if storages is None else storages).items():
        members.append((f"{name}/data/{key}", data))
    return zip_bytes(members)


def legacy(body, keys=("0",), storages=((16, FLOATS),), magic=0x1950A86A20F9469CFC6C):
    """The format before 1.6: five pickles, then each storage's count and bytes. → the parts, in order."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    parts = [pickle.dumps(magic, 2), pickle.dumps(1001, 2), pickle.dumps(system, 2), body,
             keys if isinstance(keys, bytes) else pickle.dumps(list(keys), 2)]
    return parts + [struct.pack("<q", count) + data for count, data in storages]
