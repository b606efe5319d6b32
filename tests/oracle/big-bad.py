#!/usr/bin/python3
# Writes the hostile files too large to keep (deep nesting, packed gigabytes) into a folder, and their list.
# SPDX-License-Identifier: GPL-3.0-or-later
"""big-bad.py FOLDER    about 100 MB; entries of big-bad.json as in fixtures/bad.json"""

import json
import pathlib
import struct
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from containers import npy_bytes, raw_safetensors, safetensors_bytes, zip_bytes  # noqa: E402
from pickles import PROTO, STOP, archive, mapping, program, tensor, text  # noqa: E402

MILLION = 1_000_000
UNIT = 1 << 24
WHOLE, EITHER, ANY, FINE = (3,), (1, 3), (0, 1, 3), (0,)


def repeated(byte, units):
    """units × 16 MiB of one byte as a raw deflate stream: one packed unit, written again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    unit = packer.compress(byte * UNIT) + packer.flush(zlib.Z_FULL_FLUSH)
    return unit * units


def deflated(head, byte, units):
    """→ (raw deflate stream, crc, length) of head followed by the repeated byte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH) + repeated(byte, units) + b"\x03\x00"
    crc, block = zlib.crc32(head), byte * UNIT
    for _ in range(units):
        crc = zlib.crc32(block, crc)
    return stream, crc, len(head) + units * UNIT


def zip_with(name, packed, others=()):
    """A zip whose last member is an already packed stream."""
    stream, crc, size = packed
    start = zip_bytes(others)
    central, end = start[start.index(b"PK\1\2"):start.rindex(b"PK\5\6")] if others else b"", start.rindex(b"PK\5\6")
    body = start[:end - len(central)]
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, crc, len(stream), size, len(name), 0)
    local = b"PK\3\4" + fields + name.encode() + stream
    record = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
    directory = central + record
    n = len(others) + 1
    tail = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), len(body) + len(local), 0)
    return body + local + directory + tail


def gz_with(packed):
    stream, crc, size = packed
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + stream + struct.pack("<II", crc, size % 2**32)


def tar_header(name, size):
    block = bytearray(name.encode().ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + f"{size:011o}\0".encode()
                      + b"00000000000\0" + b" " * 8 + b"0" + bytes(100) + b"ustar\00000" + bytes(247))
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block[:512])


def nested():
    shape = '{"w":{"dtype":"F32","shape":' + "[" * MILLION + "]" * MILLION + ',"data_offsets":[0,4]}}'
    yield "nested-arrays.safetensors", raw_safetensors("[" * MILLION), WHOLE, "malformed"
    yield "nested-arrays-closed.safetensors", raw_safetensors("[" * MILLION + "]" * MILLION), WHOLE, "malformed"
    yield "nested-shape.safetensors", raw_safetensors(shape, bytes(4)), EITHER, "malformed"
    yield "nested-objects.safetensors", raw_safetensors('{"a":' * MILLION + "1" + "}" * MILLION), EITHER, "malformed"
    metadata = '{"__metadata__":' * 100_000 + "1" + "}" * 100_000
    yield "nested-metadata.safetensors", raw_safetensors(metadata), WHOLE, "malformed"
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * MILLION + ")" * MILLION + "}"
    yield "nested-header.npy", npy_bytes(header, bytes(4), (2, 0)), WHOLE, "malformed"


def pickles():
    yield "pickle-marks.pt", archive(PROTO + b"(" * MILLION + STOP), WHOLE, "malformed"
    yield "pickle-tuples.pt", archive(program(b")" + b"\x85" * MILLION)), WHOLE, "malformed"
    yield "pickle-lists.pt", archive(program(b"]" * MILLION + b"a" * (MILLION - 1))), WHOLE, "malformed"
    deep = (b"}" + text("a")) * MILLION + tensor() + b"s" * MILLION
    yield "pickle-dicts.pt", archive(program(deep)), ANY, "too-big"
    deep = (b"]" * MILLION) + tensor() + b"a" * MILLION
    yield "pickle-tensor-in-lists.pt", archive(program(deep)), ANY, "too-big"
    yield "pickle-stack.pt", zip_with("archive/data.pkl", deflated(PROTO, b"N", 2)), EITHER, "too-big"
    yield "pickle-open-lists.pt", zip_with("archive/data.pkl", deflated(PROTO, b"]", 2)), EITHER, "too-big"
    yield "pickle-open-dicts.pth", PROTO + b"}" * (20 * MILLION), WHOLE, "too-big"


def packed():
    yield "data-pkl-of-a-gigabyte.pt", zip_with("archive/data.pkl", deflated(b"", b"\0", 64)), WHOLE, "too-big"
    head = b"\x93NUMPY\2\0" + struct.pack("<I", 2**30 - 12)
    yield "header-of-a-gigabyte.npz", zip_with("bad.npy", deflated(head, b" ", 64)), EITHER, "too-big"
    head = struct.pack("<Q", 2**30 - 8) + b"{"
    yield "header-of-a-gigabyte.safetensors.gz", gz_with(deflated(head, b" ", 64)), WHOLE, "too-big"
    yield "header-of-a-gigabyte.zip", zip_with("bad.safetensors", deflated(head, b" ", 64)), EITHER, "too-big"
    big = npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (34816, 4096), }", b"")
    yield "zeros.npz", zip_with("zeros.npy", deflated(big, b"\0", 34)), FINE, ""
    yield "zeros.npy.gz", gz_with(deflated(big, b"\0", 34)), FINE, ""
    fortran = npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (34816, 4096), }", b"")
    yield "zeros-fortran.npz", zip_with("zeros.npy", deflated(fortran, b"\0", 34)), FINE, ""
    cut = npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (34817, 4096), }", b"")
    yield "zeros-cut.npz", zip_with("bad.npy", deflated(cut, b"\0", 34)), EITHER, "cut"
    model = safetensors_bytes([("good.weight", "F32", (2, 3), struct.pack("<6f", 0, 1, -2, 0, 3, 0.5))])
    start = tar_header("good.safetensors", len(model)) + model.ljust(512, b"\0") + tar_header("zeros.txt", 32 * UNIT)
    yield "zeros-beside.tar.gz", gz_with(deflated(start, b"\0", 32)), ANY, ""


def many():
    entries = ",".join(f'"layers.{n}.w":{{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]}}' for n in range(100_000))
    yield "tensors-100000.safetensors", raw_safetensors("{" + entries + "}"), ANY, "too-big"
    array = npy_bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", b"\0\1\2\3")
    yield "members-20000.npz", zip_bytes([(f"m{n}.npy", array) for n in range(20_000)]), ANY, "too-big"
    names = {f"w{n}": tensor() for n in range(50_000)}
    yield "aliases-50000.pt", archive(program(mapping(**names))), ANY, "too-big"
    text_header = json.dumps({"__metadata__": {"note": "x" * (30 * MILLION)}})
    yield "metadata-of-30-megabytes.safetensors", raw_safetensors(text_header), ANY, "too-big"


def write(folder):
    entries = []
    for group in (nested, pickles, packed, many):
        for name, data, exits, code in group():
            (folder / name).write_bytes(data)
            entries.append({"file": name, "exit": list(exits), "code": code, "words": [name]})
    (folder / "big-bad.json").write_text("[\n" + ",\n".join(map(json.dumps, entries)) + "\n]\n")
    return entries


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(f"{len(write(target))} files")
