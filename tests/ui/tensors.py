# tensors.py - reads safetensors by itself and counts, to check the window against
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import struct

CODES = {"F32": ("f", 4), "F16": ("e", 2), "BF16": ("H", 2), "U8": ("B", 1)}


def read(path, only=""):
    """name → (shape, values as floats), of names that begin so"""
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        body = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or not name.startswith(only):
            continue
        first, last = entry["data_offsets"]
        code, width = CODES[entry["dtype"]]
        values = struct.unpack(f"<{(last - first) // width}{code}", body[first:last])
        if entry["dtype"] == "BF16":
            values = struct.unpack(f"<{len(values)}f", b"".join(struct.pack("<I", value << 16) for value in values))
        tensors[name] = (entry["shape"], values)
    return tensors


def counted(tensors):
    """Those that count unless told otherwise: the matrices of attention and feed-forward blocks."""
    return {name: values for name, (shape, values) in tensors.items()
            if len(shape) >= 2 and (".self_attn." in name or ".mlp." in name)}


def near(values, eps):
    return sum(1 for value in values if abs(value) <= eps)


def write_zeros(path, n_elements):
    """A valid f32 file whose elements the file system does not store."""
    entry = {"dtype": "F32", "shape": [n_elements // 4096, 4096], "data_offsets": [0, n_elements * 4]}
    header = json.dumps({"model.layers.0.mlp.up_proj.weight": entry}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + n_elements * 4)


def write_f32(path, tensors):
    """tensors: name → (shape, values)"""
    header, body = {}, b""
    for name, (shape, values) in tensors.items():
        data = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
