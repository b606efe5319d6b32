# Bad PyTorch files: hostile pickles, tensors their storage cannot hold, legacy files cut short.
# SPDX-License-Identifier: GPL-3.0-or-later
import pickle
import struct

from pickles import (FLOATS, PROTO, STOP, archive, call, glob, integer, ints, legacy, mapping, program, rebuild,
                     storage, tensor, text, tup)
from containers import zip_bytes

WHOLE, ONE, EITHER, ANY = (3,), (1,), (1, 3), (0, 1, 3)
SYSTEM = call("os", "system", text("touch pwned"))


def broken_tensors():
    """name → (opcodes of the tensor, exits, code); each stands beside a good tensor."""
    four = ints(4, 4)
    return {
        "storage-missing": (tensor(key="9"), ONE, "malformed"),
        "storage-short": (tensor(key="1"), ONE, "cut"),
        "storage-class-unknown": (tensor(cls="TwelveBitStorage"), ONE, "unsupported"),
        "size-beyond-storage": (tensor(size=(5, 4)), ONE, "malformed"),
        "size-overflow": (tensor(size=(2**33, 2**33)), ONE, "malformed"),
        "size-overflow-to-zero": (tensor(size=(2**63, 2)), EITHER, "malformed"),
        "size-negative": (tensor(size=(-4, -4)), EITHER, "malformed"),
        "size-beyond-64-bits": (tensor(size=(2**70, 1)), EITHER, "malformed"),
        "size-text": (rebuild(storage(), integer(0), text("44"), four), EITHER, "malformed"),
        "size-of-text": (rebuild(storage(), integer(0), tup(text("4"), text("4")), four), EITHER, "malformed"),
        "size-self": (rebuild(storage(), integer(0), b"N", four), EITHER, "malformed"),
        "stride-overflow": (tensor(stride=(2**62, 2**62)), ONE, "malformed"),
        "stride-negative": (tensor(stride=(-4, 1), offset=12), EITHER, "malformed"),
        "stride-missing": (tensor(stride=(1,)), EITHER, "malformed"),
        "offset-negative": (tensor(offset=-4), ONE, "malformed"),
        "offset-beyond": (tensor(offset=13), ONE, "malformed"),
        "offset-huge": (tensor(offset=2**63 - 1), ONE, "malformed"),
        "offset-text": (rebuild(storage(), text("0"), four, ints(4, 1)), EITHER, "malformed"),
        "rank-1000": (tensor(size=(1,) * 1000, stride=(1,) * 1000), EITHER, "too-big"),
        "expand-bomb": (tensor(size=(2**40, 2**20), stride=(0, 0)), EITHER, "too-big"),
        "storage-not-storage": (rebuild(text("0"), integer(0), four, ints(4, 1)), EITHER, "malformed"),
        "storage-from-system": (rebuild(SYSTEM, integer(0), four, ints(4, 1)), EITHER, "malformed"),
        "arguments-missing": (call("torch._utils", "_rebuild_tensor_v2", storage()), EITHER, "malformed"),
        "arguments-none": (call("torch._utils", "_rebuild_tensor_v2"), EITHER, "malformed"),
        "sparse-index-outside": (sparse("2"), EITHER, "malformed"),
        "sparse-index-negative": (sparse("3"), EITHER, "malformed"),
        "sparse-rank-wrong": (sparse("2", (6, 6)), EITHER, "malformed"),
        "sparse-huge": (sparse("4", (2**62,)), ANY, "too-big"),
        "parameter-of-number": (call("torch._utils", "_rebuild_parameter", integer(3), b"\x88", b"N"), ANY,
                                "malformed"),
    }


def sparse(key, size=(6,)):
    """A COO tensor: indices (1, 2) in the int64 storage `key`, two values in storage 0."""
    indices = tensor((1, 2), (2, 1), key=key, numel=2, cls="LongStorage")
    layout = call("torch.serialization", "_get_layout", text("torch.sparse_coo"))
    return call("torch._utils", "_rebuild_sparse_tensor", layout, tup(indices, tensor((2,), (1,)), ints(*size)))


INDICES = {"2": (0, 7), "3": (0, -1), "4": (0, 2**62 - 1)}


def tensors(out):
    storages = {"0": FLOATS, "1": FLOATS[:24], **{k: struct.pack("<2q", *v) for k, v in INDICES.items()}}
    for name, (body, exits, code) in broken_tensors().items():
        data = archive(program(mapping(good__weight=tensor(), bad__weight=body)), storages)
        put(out, f"torch-{name}.pt", data, exits, code, *(["bad.weight"] if exits != ANY else []))


def put(out, name, data, exits, code, *words):
    out.file("bad/" + name, data)
    out.refuse("bad/" + name, exits, code, words)


def streams():
    """name → data.pkl that is no valid program."""
    whole = program(mapping(good__weight=tensor(), other__weight=tensor()))
    cases = {f"cut-{p}": whole[:len(whole) * p // 100] for p in (1, 5, 20, 50, 75, 99)}
    raw = {
        "empty": b"", "only-stop": STOP, "no-stop": whole[:-1], "memo-missing": program(b"h\xc8"),
        "memo-missing-long": program(b"j" + struct.pack("<I", 2**31)), "stack-underflow": program(b"tR"),
        "reduce-underflow": program(b"R"), "mark-missing": program(b"K\1K\2t"),
        "setitems-no-dict": program(b"](K\1K\2u"),
        "setitems-odd": program(b"}(K\1K\2K\3u"), "append-no-list": program(b"}K\1a"),
        "build-number": program(b"K\1K\2b"),
        "build-nothing": program(b"b"), "key-unhashable": program(b"}]K\1s"), "opcode-unknown": program(b"\xff"),
        "opcode-text": PROTO + b"hello, world.", "protocol-99": b"\x80\x63" + whole[2:-1] + b"\xfe.",
        "long4-huge": program(b"\x8b" + struct.pack("<i", 2**31 - 1)),
        "long4-negative": program(b"\x8b" + struct.pack("<i", -5)),
        "long1-cut": PROTO + b"\x8a\xff\x01", "unicode-huge": PROTO + b"X\xff\xff\xff\xffabc.",
        "unicode8-huge": PROTO + b"\x8d" + struct.pack("<Q", 2**63) + b"abc.",
        "bytes8-huge": PROTO + b"\x8e" + b"\xff" * 8,
        "bytearray8-huge": PROTO + b"\x96" + struct.pack("<Q", 2**40),
        "frame-huge": b"\x80\x04\x95" + b"\xff" * 8 + whole[2:],
        "unicode-bad": PROTO + b"X\2\0\0\0\xff\xfe.", "put-huge-empty": PROTO + b"r\xff\xff\xff\xff.",
        "extension": program(b"\x82\x07"), "next-buffer": program(b"\x97"), "readonly-buffer": program(b"\x98"),
        "integer-text": b"Iabc\n.", "float-text": b"Fabc\n.", "line-endless": b"I" + b"1" * 5000,
        "string-unquoted": b"Sabc\n.", "get-text": b"gabc\n.", "get-missing": b"g7\n.", "put-text": b"N" + b"pabc\n.",
        "global-endless": b"cos", "stack-global-numbers": program(b"K\1K\2\x93"), "reduce-number": program(b"K\1)R"),
        "reduce-no-tuple": program(glob("collections", "OrderedDict") + b"K\1R"), "dup-nothing": program(b"2"),
        "pop-nothing": program(b"0"), "pop-mark-nothing": program(b"1"), "persid-number": program(b"K\1Q"),
        "persid-nothing": program(b"Q"), "persid-text-op": b"Pstorage\n.",
        "persid-short": program(tup(text("storage")) + b"Q"),
        "persid-other-kind": program(tup(text("module"), text("x"), text("y"), text("cpu"), integer(1)) + b"Q"),
        "persid-key-number": program(tup(text("storage"), glob("torch", "FloatStorage"), integer(0), text("cpu"),
                                         integer(16)) + b"Q"),
        "persid-count-text": program(tup(text("storage"), glob("torch", "FloatStorage"), text("0"), text("cpu"),
                                         text("x")) + b"Q"),
        "persid-class-text": program(tup(text("storage"), text("FloatStorage"), text("0"), text("cpu"),
                                         integer(16)) + b"Q"),
        "only-a-number": program(integer(7)), "only-an-empty-dict": program(b"}"), "only-none": program(b"N"),
        "integer-of-30000-digits": b"L" + b"9" * 30000 + b"L\n.",
    }
    return {**cases, **raw}


def attacks():
    """name → data.pkl that would run something if it were unpickled."""
    command = text("touch pwned")
    return {
        "global-os": program(SYSTEM), "global-posix": program(call("posix", "system", command)),
        "eval": program(call("builtins", "eval", text("__import__('os').system('touch pwned')"))),
        "eval-2": program(call("__builtin__", "eval", text("open('pwned','w')"))),
        "exec": program(call("builtins", "exec", text("open('pwned','w')"))),
        "open": program(call("io", "open", text("pwned"), text("w"))),
        "popen": program(call("subprocess", "Popen", text("touch pwned"), integer(-1), b"N", b"N", b"N")),
        "getattr": program(call("builtins", "getattr", glob("os", "path"), text("os"))),
        "load-library": program(call("ctypes", "CDLL", text("libc.so.6"))),
        "stack-global": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0btouch pwned\x85R.",
        "protocol-0": b"cos\nsystem\n(S'touch pwned'\ntR.", "inst": b"(S'touch pwned'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\n" + command + b"o.", "newobj": program(glob("os", "system") + tup(command) + b"\x81"),
        "newobj-ex": b"\x80\x04" + glob("os", "system") + tup(command) + b"}\x92.",
        "build-setstate": program(glob("os", "_Environ") + b")\x81" + mapping(a=SYSTEM) + b"b"),
        "torch-load": program(call("torch.storage", "_load_from_bytes", b"C\x0bnot a model")),
        "torch-hub": program(call("torch.hub", "load", text("evil/evil"), text("x"))),
        "dotted-name": b"\x80\x04\x8c\x0btorch._util\x8c\x11os.system.__call__\x93" + command + b"\x85R.",
    }


def bombs():
    """Small programs that stand for something endless."""
    lists = b"]q\0" + tensor() + b"a"
    for n in range(60):
        lists += b"0](" + (b"h" + bytes([n])) * 10 + b"eq" + bytes([n + 1])
    dicts = mapping(w=tensor()) + b"q\0"
    for n in range(60):
        dicts += b"0}(" + b"".join(text(k) + b"h" + bytes([n]) for k in "abcdefgh") + b"uq" + bytes([n + 1])
    tuples = tensor() + b"q\0"
    for n in range(60):
        tuples += b"0h" + bytes([n]) + b"h" + bytes([n]) + b"\x86q" + bytes([n + 1])
    return {
        "lists": program(lists), "dicts": program(dicts), "tuples": program(tuples),
        "list-in-itself": program(b"]q\0h\0ah\0a"),
        "dict-in-itself": program(b"}q\0X\1\0\0\0ah\0sX\1\0\0\0w" + tensor() + b"s"),
        "text-doubled": program(text("x" * 20000) + b"q\0" + b"h\0" * 9000 + b"](" + b"h\0" * 9000 + b"e"),
        "memo-wide": program(b"".join(b"Nr" + struct.pack("<I", 2**32 - 1 - n) + b"0" for n in range(200)) + b"N"),
    }


def programs(out):
    for name, data in streams().items():
        put(out, f"pickle-{name}.pt", archive(data), WHOLE, "malformed")
    for name, data in attacks().items():
        put(out, f"attack-{name}.pt", archive(data), WHOLE, "malformed")
    for name in ("protocol-0", "inst", "stack-global", "global-os"):
        put(out, f"attack-bare-{name}.pt", attacks()[name], WHOLE, "not-a-model")
    for name, data in bombs().items():
        put(out, f"bomb-{name}.pt", archive(data), ANY, "too-big")


def archives(out):
    good = program(mapping(good__weight=tensor(), other__weight=tensor()))
    whole = archive(good)
    put(out, "torch-no-data-pkl.pt", zip_bytes([("archive/version", b"3\n"), ("archive/data/0", FLOATS)]), WHOLE,
        "not-a-model")
    put(out, "torch-two-data-pkl.pt", zip_bytes([("a/data.pkl", good), ("b/data.pkl", good), ("a/data/0", FLOATS)]),
        ANY, "malformed")
    put(out, "torch-path.pt", archive(good, {"../../evil.npy": FLOATS, "0": FLOATS}), ANY, "malformed")
    big_endian = zip_bytes([("archive/data.pkl", good), ("archive/byteorder", b"big"), ("archive/version", b"3\n"),
                            ("archive/data/0", FLOATS)])
    put(out, "torch-big-endian.pt", big_endian, ANY, "unsupported")
    for percent in (5, 30, 60, 85, 99):
        put(out, f"torch-cut-{percent}.pt", whole[:len(whole) * percent // 100], EITHER, "cut")


def cut_legacies(out, parts):
    """Cut inside and after each part; before the first storage is whole, no tensor can be called good."""
    nothing_good = [part.replace(b"good.weight", b"lost.weight") for part in parts]
    names = ("magic", "protocol", "system", "pickle", "keys", "first-storage", "last-storage")
    for n, name in enumerate(names):
        inside, after = (EITHER if n >= first else WHOLE for first in (5, 4))
        before = b"".join((nothing_good if n <= 5 else parts)[:n])
        put(out, f"legacy-cut-in-{name}.pth", before + parts[n][:len(parts[n]) // 2], inside, "cut")
        if n < 6:
            put(out, f"legacy-cut-after-{name}.pth", b"".join((nothing_good if n < 5 else parts)[:n + 1]), after, "cut")


def legacies(out):
    body = program(mapping(good__weight=tensor(view=()), bad__weight=tensor(key="1", view=())))
    two = ((16, FLOATS), (16, FLOATS))
    parts = legacy(body, ("0", "1"), two)
    cut_legacies(out, parts)
    variants = {
        "magic-wrong": (legacy(body, ("0", "1"), two, magic=12345), WHOLE, "not-a-model"),
        "protocol-wrong": ([parts[0], pickle.dumps(7, 2), *parts[2:]], WHOLE, "unsupported"),
        "keys-text": (legacy(body, pickle.dumps("01", 2), two), WHOLE, "malformed"),
        "keys-numbers": (legacy(body, (0, 1), two), EITHER, "malformed"),
        "key-missing": (legacy(body, ("0",), two[:1]), EITHER, "malformed"),
        "key-twice": (legacy(body, ("0", "0"), two), EITHER, "malformed"),
        "count-huge": (legacy(body, ("0", "1"), ((16, FLOATS), (2**60, FLOATS))), EITHER, "cut"),
        "count-overflow": (legacy(body, ("0", "1"), ((16, FLOATS), (2**62 + 16, FLOATS))), EITHER, "malformed"),
        "count-negative": (legacy(body, ("0", "1"), ((16, FLOATS), (-16, FLOATS))), EITHER, "malformed"),
        "count-smaller": (legacy(body, ("0", "1"), ((16, FLOATS), (8, FLOATS[:32]))), EITHER, "malformed"),
        "attack": (legacy(program(SYSTEM), (), ()), WHOLE, "malformed"),
        "attack-in-keys": (legacy(body, program(SYSTEM), two), WHOLE, "malformed"),
        "attack-in-system": ([*parts[:2], program(SYSTEM), *parts[3:]], ANY, "malformed"),
        "attack-in-magic": ([program(SYSTEM), *parts[1:]], WHOLE, "not-a-model"),
    }
    for name, (pieces, exits, code) in variants.items():
        put(out, f"legacy-{name}.pth", b"".join(pieces), exits, code)


def write(out):
    for part in (tensors, programs, archives, legacies):
        part(out)
