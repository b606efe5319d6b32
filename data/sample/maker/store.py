# Reads and writes safetensors files, with the standard library alone.
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import math
import struct
from collections import namedtuple

WIDTHS = {"BF16": 2, "F16": 2, "F32": 4, "I32": 4}

Entry = namedtuple("Entry", "dtype shape data")


class Malformed(Exception):
    pass


def write(path, entries, metadata):
    """entries: {name: Entry}; written in the order of their names, the header padded to 8 bytes."""
    header, offset = {"__metadata__": metadata}, 0
    for name in sorted(entries):
        entry = entries[name]
        header[name] = {"dtype": entry.dtype, "shape": list(entry.shape),
                        "data_offsets": [offset, offset + len(entry.data)]}
        offset += len(entry.data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(entries):
            file.write(entries[name].data)


def read(path):
    """{name: Entry} of a file whose header is whole and whose tensors cover its data without a gap."""
    with open(path, "rb") as file:
        content = file.read()
    if len(content) < 8:
        raise Malformed(f"{path}: shorter than a header length")
    (length,) = struct.unpack("<Q", content[:8])
    if length > len(content) - 8 or length % 8:
        raise Malformed(f"{path}: header length {length} does not fit the file")
    try:
        header = json.loads(content[8:8 + length])
        header.pop("__metadata__", None)
        return split_data(path, header, memoryview(content)[8 + length:])
    except (ValueError, LookupError, TypeError) as error:
        raise Malformed(f"{path}: the header cannot be understood ({error!r})") from error


def split_data(path, header, data):
    entries, end = {}, 0
    for name, info in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, stop = info["data_offsets"]
        size = math.prod(info["shape"]) * WIDTHS[info["dtype"]]
        if start != end or stop - start != size:
            raise Malformed(f"{path}: {name} lies at {start} to {stop}, {end} to {end + size} expected")
        entries[name] = Entry(info["dtype"], info["shape"], data[start:stop])
        end = stop
    if end != len(data):
        raise Malformed(f"{path}: the tensors need {end} bytes, the file has {len(data)}")
    return entries
