# Bad HDF5 fixtures: cut, with wrong sums, sizes that lie, and groups that go round.
# SPDX-License-Identifier: GPL-3.0-or-later
import pathlib
import struct
import tempfile

import h5py
import numpy as np

from good_hdf5 import create, make_groups

WHOLE, ONE, EITHER, ANY = (3,), (1,), (1, 3), (0, 1, 3)
ALL = {"compression": "gzip", "shuffle": True, "fletcher32": True}


def file_bytes(fill, **how):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.h5"
        with create(path, **how) as file:
            fill(file)
        return path.read_bytes()


def good_and_bad(first="good", **how):
    """→ fill: a contiguous tensor that stays good, and one in chunks for the worse."""
    def fill(file):
        file.create_dataset(first, data=np.float32([[0, 1, 2], [3, 0, 5]]), track_times=False)
        file.create_dataset("bad", data=np.arange(600, dtype="f4").reshape(20, 30), chunks=(10, 10),
                            track_times=False, **how)
    return fill


def chunk_of(data, number):
    """(offset, size) of a chunk of "bad"."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.h5"
        path.write_bytes(data)
        with h5py.File(path) as file:
            info = file["bad"].id.get_chunk_info(number)
            return info.byte_offset, info.size


def patch(data, at, new):
    return data[:at] + new + data[at + len(new):]


def find(data, mark, nth=0):
    at = -1
    for _ in range(nth + 1):
        at = data.index(mark, at + 1)
    return at


def refuse(out, name, data, exits, code, *words):
    out.file("bad/" + name, data)
    out.refuse("bad/" + name, exits, code, words)


def cuts(out, name, data, step):
    for at in range(step, len(data), step):
        refuse(out, f"hdf5-cut-{name}-{at:05d}.h5", data[:at], ANY, "cut")


def sums(out, data):
    for number in (0, 3):
        offset, size = chunk_of(data, number)
        broken = patch(data, offset + size - 1, bytes([data[offset + size - 1] ^ 1]))
        refuse(out, f"hdf5-fletcher-{number}.h5", broken, ONE, "malformed", "checksum", f"chunk {number}", f"byte {offset}")
    plain = file_bytes(good_and_bad(compression="gzip"), libver="latest")
    offset, size = chunk_of(plain, 1)
    refuse(out, "hdf5-deflate.h5", patch(plain, offset + 2, b"\xff" * 6), ONE, "malformed", "compressed", "chunk 1")
    for mark, exits in ((b"OHDR", WHOLE), (b"FAHD", ONE), (b"FADB", ONE)):
        at = find(data, mark)
        refuse(out, f"hdf5-sum-{mark.decode().lower()}.h5", patch(data, at + 6, bytes([data[at + 6] ^ 64])), exits, "malformed")


def old_blocks(out, data):
    tree = find(data, b"TREE\x01")
    offset, size = chunk_of(data, 0)
    first_child = find(data[tree:], struct.pack("<Q", offset)) + tree
    key = tree + 24
    refuse(out, "hdf5-chunk-beyond.h5", patch(data, first_child, struct.pack("<Q", len(data) - 3)), ONE, "cut", "chunk 0")
    refuse(out, "hdf5-chunk-huge.h5", patch(data, key, b"\xff" * 4), ONE, "cut", "chunk 0")
    refuse(out, "hdf5-chunk-outside.h5", patch(data, key + 8, struct.pack("<Q", 10 * 2**40)), ONE, "malformed")
    refuse(out, "hdf5-chunk-between.h5", patch(data, key + 8, struct.pack("<Q", 5)), ONE, "malformed")
    refuse(out, "hdf5-chunk-twice.h5", patch(data, key + 16, struct.pack("<Q", 10)), ONE, "malformed", "twice")
    refuse(out, "hdf5-tree-round.h5", patch(data, tree + 5, b"\x01"), ONE, "malformed")
    loop = patch(patch(data, tree + 5, b"\x01"), first_child, struct.pack("<Q", tree))
    refuse(out, "hdf5-tree-loop.h5", loop, ONE, "malformed")
    refuse(out, "hdf5-tree-count.h5", patch(data, tree + 6, b"\xff\xff"), ONE, "cut")
    heap = find(data, b"HEAP")
    refuse(out, "hdf5-heap-size.h5", patch(data, heap + 8, struct.pack("<Q", 2**62)), WHOLE, "cut")
    node = find(data, b"SNOD")
    refuse(out, "hdf5-symbol-name.h5", patch(data, node + 8, struct.pack("<Q", 2**40)), WHOLE, "malformed")
    refuse(out, "hdf5-symbol-object.h5", patch(data, node + 16, struct.pack("<Q", 2**63)), ONE, "cut")
    refuse(out, "hdf5-version.h5", patch(data, 8, b"\x07"), WHOLE, "unsupported", "version 7")
    refuse(out, "hdf5-address-width.h5", patch(data, 13, b"\x09"), WHOLE, "unsupported")
    refuse(out, "hdf5-root.h5", patch(data, 64, struct.pack("<Q", 2**50)), WHOLE, "cut")
    shape = find(data, struct.pack("<QQ", 20, 30))
    refuse(out, "hdf5-shape.h5", patch(data, shape, struct.pack("<QQ", 2**40, 2**40)), ONE, "malformed", "2^63")
    sizes = find(data, struct.pack("<III", 10, 10, 4))
    refuse(out, "hdf5-chunk-size-zero.h5", patch(data, sizes, bytes(4)), ONE, "malformed")
    refuse(out, "hdf5-chunk-size-all.h5", patch(data, sizes, b"\xff" * 8), ONE, "too-big", "1 GiB")


def round_groups(file):
    file["good"] = np.float32([[1, 0], [0, 2]])
    make_groups(file, "a/b/c/up")
    group = file["a/b/c"]
    group["up"] = file["a"]
    group["root"] = file["/"]


def deep_groups(file):
    file["good"] = np.float32([[1, 0], [0, 2]])
    make_groups(file, "/".join("abcdefgh"[i % 8] for i in range(80)))


def write(out):
    old = file_bytes(good_and_bad(**ALL))
    new = file_bytes(good_and_bad(**ALL), libver="latest")
    cuts(out, "new", file_bytes(good_and_bad("first", **ALL), libver="latest"), 100)
    cuts(out, "old", file_bytes(good_and_bad("first", **ALL)), 999)
    sums(out, new)
    old_blocks(out, old)
    refuse(out, "hdf5-round.h5", file_bytes(round_groups, libver="latest"), (0,), "malformed")
    refuse(out, "hdf5-deep.h5", file_bytes(deep_groups, libver="latest"), ONE, "too-big", "64")
