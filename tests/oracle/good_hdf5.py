# Good HDF5 fixtures, written by h5py: every layout, index and filter that is read, in old and new files.
# SPDX-License-Identifier: GPL-3.0-or-later
import pathlib
import tempfile

import h5py
import numpy as np

from containers import gz, xz, zip_bytes
from good_plain import NPY_DTYPES, npy_array, weights
from measures import Tensor
from writers import bf16_values

BF16 = np.array([0, 0x8000, 0x3f80, 0xbf80, 0x7f80, 0xffc0, 0x0001, 0x4049, 0, 0, 0x3e00, 0xc2f7], np.uint16)


LIBVERS = {"earliest": (h5py.h5f.LIBVER_EARLIEST, h5py.h5f.LIBVER_LATEST),
           "v108": (h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V18), "latest": (h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)}


class Book:
    """A file being written, and what must be read from it."""

    def __init__(self, file):
        self.file = file
        self.tensors = []
        self.exit = 0

    def expect(self, name, values, dtype=None, **more):
        values = np.asarray(values)
        dtype = dtype or NPY_DTYPES[values.dtype.str[1:]]
        name = name.strip("/").replace("/", ".")
        part = "other" if values.ndim >= 2 else "vectors"
        wide = values.astype(values.dtype.newbyteorder("=")).astype(np.float64)
        self.tensors.append(Tensor(name, part, dtype, wide, skip=("layer", "part"), **more))

    def add(self, name, values, **how):
        make_groups(self.file, name)
        self.file.create_dataset(name, data=values, track_times=False, **how)
        self.expect(name, values)

    def refuse(self, name, shape=()):
        name = name.strip("/").replace("/", ".")
        self.tensors.append(Tensor(name, "other", "?", has_note=True, shape=shape, skip=("dtype", "part", "layer")))
        self.exit = 1


def untimed(kind):
    """A plan to create something whose time of creation is not kept, so that the same is written every time."""
    plan = h5py.h5p.create(kind)
    plan.set_obj_track_times(False)
    return plan


def create(path, libver="earliest", userblock_size=0):
    plan, access = untimed(h5py.h5p.FILE_CREATE), h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    plan.set_userblock(userblock_size)
    access.set_libver_bounds(*LIBVERS[libver])
    return h5py.File(h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, plan, access))


def make_groups(file, path):
    steps = path.strip("/").split("/")
    for i in range(1, len(steps)):
        group = "/".join(steps[:i])
        if group not in file:
            h5py.h5g.create(file.id, group.encode(), None, untimed(h5py.h5p.GROUP_CREATE))


def write_file(out, name, fill, pack=bytes, **how):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.h5"
        with create(path, **how) as file:
            book = Book(file)
            fill(book)
        data = path.read_bytes()
    save(out, name, pack(data), book)
    return data, book


def save(out, name, data, book):
    out.file("good/" + name, data)
    out.expect("good/" + name, book.tensors, **({"exit": book.exit} if book.exit else {}))


def types(book):
    rng = np.random.default_rng(20)
    for kind in NPY_DTYPES:
        book.add(f"little/{kind}", npy_array(rng, kind, (6, 7)))
        if kind[1] != "1":
            book.add(f"big/{kind}", npy_array(rng, kind, (6, 7)).astype(">" + kind))
    bf16 = h5py.h5t.IEEE_F32LE.copy()
    bf16.set_fields(15, 7, 8, 0, 7)
    bf16.set_size(2)
    bf16.set_ebias(127)
    space = h5py.h5s.create_simple((3, 4))
    data = h5py.h5d.create(book.file["little"].id, b"bf16", bf16, space, untimed(h5py.h5p.DATASET_CREATE))
    data.write(space, space, BF16.reshape(3, 4), bf16)
    book.expect("little/bf16", bf16_values(BF16.reshape(3, 4)), "BF16")


def timed(book):
    """What keeps the time when it was written, whatever is asked."""
    book.file["named"] = np.dtype("<f4")
    book.file.create_dataset("of_named_type", data=np.float32([[1, 0, -2]]), dtype=book.file["named"])
    book.expect("of_named_type", np.float32([[1, 0, -2]]))
    layout = h5py.VirtualLayout((4, 4), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4, 4))
    book.file.create_virtual_dataset("virtual", layout)
    book.refuse("virtual", (4, 4))


def shapes(book):
    rng = np.random.default_rng(21)
    book.add("scalar", np.float32(2.5))
    book.add("empty", np.zeros((0, 4), "f4"))
    book.file.create_dataset("null", data=h5py.Empty("f4"))
    book.expect("null", np.zeros(0, "f4"))
    book.file.create_dataset("unwritten", (4, 5), "f4", fillvalue=1.5)
    book.expect("unwritten", np.full((4, 5), 1.5, "f4"))
    plan = untimed(h5py.h5p.DATASET_CREATE)
    plan.set_layout(h5py.h5d.COMPACT)
    compact = npy_array(rng, "f2", (5, 9))
    data = h5py.h5d.create(book.file.id, b"compact", h5py.h5t.IEEE_F16LE, h5py.h5s.create_simple((5, 9)), plan)
    data.write(h5py.h5s.ALL, h5py.h5s.ALL, compact)
    book.expect("compact", compact)
    book.add("deep/layers/3/act", npy_array(rng, "f4", (3, 5)))
    book.add("deep/layers/10/act", npy_array(rng, "f4", (3, 5)))
    book.add("eight", npy_array(rng, "f4", (2, 1, 2, 1, 3, 1, 2, 2)), chunks=(1, 1, 2, 1, 2, 1, 1, 2))


def links(book):
    book.file["again"] = book.file["deep/layers/3/act"]
    book.file["again_group"] = book.file["deep/layers"]
    book.file["deep/layers/round"] = book.file["deep"]
    book.file["soft"] = h5py.SoftLink("/scalar")
    book.file["outside"] = h5py.ExternalLink("other.h5", "/x")
    act = book.file["deep/layers/3/act"][...]
    tensor = [t for t in book.tensors if t.name == "deep.layers.3.act"]
    book.tensors.remove(tensor[0])
    # the groups reached first by name give their names
    book.expect("again", act)
    for t in book.tensors:
        t.name = t.name.replace("deep.layers.", "again_group.")
    book.expect("again_group.3.act", act, alias="again")


def unreadable(book):
    file = book.file
    file["text"] = "some words"
    book.refuse("text")
    file["texts"] = np.array([b"one", b"three"])
    book.refuse("texts", (2,))
    file["complex"] = np.array([1 + 2j])
    book.refuse("complex", (1,))
    file.create_dataset("rows", (2,), h5py.vlen_dtype(np.float32))
    book.refuse("rows", (2,))
    file.create_dataset("colours", data=np.zeros(3, "i1"), dtype=h5py.enum_dtype({"RED": 0, "BLUE": 1}, "i1"))
    book.refuse("colours", (3,))
    file.create_dataset("reference", data=file["/"].ref, dtype=h5py.ref_dtype)
    book.refuse("reference")
    file.create_dataset("lzf", data=np.zeros((4, 4), "f4"), compression="lzf")
    book.refuse("lzf", (4, 4))


FILTERS = {"plain": {}, "gzip": {"compression": "gzip"}, "shuffle": {"shuffle": True}, "sum": {"fletcher32": True},
           "gzip_shuffle": {"compression": "gzip", "shuffle": True},
           "gzip_sum": {"compression": "gzip", "fletcher32": True},
           "all": {"compression": "gzip", "shuffle": True, "fletcher32": True}}
GROWTH = {"fixed": None, "limited": (40, 40), "grows": (None, 13), "sideways": (11, None), "both": (None, None)}


def chunks(book):
    rng = np.random.default_rng(22)
    for growth, limits in GROWTH.items():
        for name, filters in FILTERS.items():
            kind = ("f4", "f2", "i8", "f8")[len(book.tensors) % 4]
            order = "<>"[len(book.tensors) % 2]
            values = npy_array(rng, kind, (11, 13)).astype(order + kind)
            book.add(f"{growth}/{name}", values, chunks=(4, 5), maxshape=limits, **filters)
    odd = npy_array(rng, "u1", (9, 7))
    book.add("bytes", odd, chunks=(3, 3), **FILTERS["all"])
    book.add("odd_sum", odd, chunks=(3, 3), **FILTERS["sum"])
    book.add("one_chunk", npy_array(rng, "f4", (6, 6)), chunks=(6, 6), **FILTERS["all"])
    book.add("one_plain_chunk", npy_array(rng, "f4", (6, 6)), chunks=(6, 6))
    book.add("vector", npy_array(rng, "f4", (101,)), chunks=(10,), **FILTERS["gzip"])
    book.add("cube", npy_array(rng, "f2", (5, 6, 7)), chunks=(2, 4, 3), **FILTERS["gzip_shuffle"])


def masked(book):
    """Chunks that went without a filter, or were never written; sizes that changed."""
    data = book.file.create_dataset("masked", (8, 4), "<f4", chunks=(4, 4), **FILTERS["gzip_shuffle"])
    values = np.arange(32, dtype="<f4").reshape(8, 4) % 5
    data.id.write_direct_chunk((0, 0), values[:4].tobytes(), 3)
    data[4:] = values[4:]
    book.expect("masked", values)
    holes = book.file.create_dataset("holes", (9, 9), "<f4", chunks=(2, 3), fillvalue=-2.5, maxshape=(None, 20), **FILTERS["gzip"])
    holes[3:5, 4:] = 0
    book.expect("holes", holes[...])
    grown = book.file.create_dataset("grown", (3, 4), "<i4", chunks=(2, 2), maxshape=(None, None))
    grown[...] = 7
    grown.resize((7, 5))
    grown[5:, 3:] = 0
    book.expect("grown", grown[...])
    shrunk = book.file.create_dataset("shrunk", data=np.ones((9, 9), "f4"), chunks=(2, 2), maxshape=(None, 9))
    shrunk.resize((3, 5))
    book.expect("shrunk", shrunk[...])
    plan = untimed(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((4, 4))
    plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    early = h5py.h5d.create(book.file.id, b"early", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((9, 6), (20, 30)), plan)
    values = weights(np.random.default_rng(23), (9, 6)).astype("f4")
    early.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
    book.expect("early", values)


def many(book):
    """Long indexes: several nodes, pages and blocks."""
    few = np.zeros(1500, "u1")
    few[[0, 1, 700, 1023, 1024, 1499]] = 9
    for name, limit in (("fixed_pages", None), ("extensible", (None,))):
        data = book.file.create_dataset(name, few.shape, "u1", chunks=(1,), maxshape=limit)
        for i in few.nonzero()[0]:
            data[i] = 9
        book.expect(name, few)
    data = book.file.create_dataset("extensible_pages", (300000,), "u1", chunks=(1,), maxshape=(None,))
    far = np.zeros(300000, "u1")
    for i in (3, 200, 9000, 140000, 299999):
        data[i] = far[i] = 5
    book.expect("extensible_pages", far)
    grid = npy_array(np.random.default_rng(24), "i1", (18, 17))
    book.add("tree", grid, chunks=(1, 1), maxshape=(None, None))


def crowd(book):
    """More links than fit into a header, and into the first block of a heap."""
    book.add("first", np.float32([[1, 0], [0, 2]]))
    for i in range(40):
        name = f"link_{i}_" + "x" * 90
        book.file[name] = book.file["first"]
        book.expect(name, np.float32([[1, 0], [0, 2]]), alias="first")


def tall_rows(book):
    """Bands of chunks that many chunks of a run go through; periodic, so that they are small."""
    period = weights(np.random.default_rng(25), (31,), 0.3).astype("<f2")
    book.add("tall", np.resize(period, (4096, 1031)), chunks=(1500, 200), compression="gzip", shuffle=True)
    book.add("long_row", np.resize(period, (3, 2200001)), chunks=(2, 700000), compression="gzip", shuffle=True)


def small(book):
    rng = np.random.default_rng(26)
    book.add("plain", npy_array(rng, "f4", (5, 7)))
    book.add("act/chunks", npy_array(rng, "f2", (9, 7)), chunks=(4, 4), **FILTERS["all"])


def write(out):
    def everything(book):
        for part in (types, shapes, links, unreadable):
            part(book)

    def boxes(book):
        for part in (chunks, masked):
            part(book)

    for libver, pack, end in (("earliest", gz, ".gz"), ("latest", bytes, "")):
        write_file(out, f"types-{libver}.h5{end}", everything, pack, libver=libver)
        write_file(out, f"chunks-{libver}.hdf5.gz", boxes, gz, libver=libver)
    write_file(out, "many-chunks.h5.xz", many, xz, libver="latest")
    write_file(out, "crowd.h5", crowd, libver="latest")
    write_file(out, "timed.h5", timed)
    write_file(out, "second-superblock.h5", small, libver="v108", userblock_size=1024)
    write_file(out, "tall-chunks.h5.xz", tall_rows, xz)
    data, book = write_file(out, "user-block.h5", small, userblock_size=512)
    save(out, "stored-hdf5.zip", zip_bytes([("a.h5", data)]), book)
