# Bad fixtures: files that must be refused with a sentence, and the exit code and words of each.
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import json
import struct
import tarfile

import bad_hdf5
import bad_pickles
from containers import gz, npy_bytes, png_bytes, raw_safetensors, safetensors_bytes, xz, zip_bytes, zst

WHOLE, ONE, EITHER, ANY = (3,), (1,), (1, 3), (0, 1, 3)
GOOD_DATA = struct.pack("<6f", 0, 1, -2, 0, 3, 0.5)
GOOD = ("good.weight", "F32", (2, 3), GOOD_DATA)
OTHER = ("other.weight", "F32", (3, 4), struct.pack("<12f", *range(12)))
NPY = npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", GOOD_DATA)


def refuse(out, name, data, exits, code, *words, **more):
    out.file("bad/" + name, data)
    out.refuse("bad/" + name, exits, code, words, **more)


def strangers(out):
    noise, x = bytearray(), 12345
    for _ in range(600):
        x = (x * 1103515245 + 12345) % 2**31
        noise.append(x >> 16 & 255)
    prose = b"These are notes about a model, and no model.\n" * 20
    elf = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(400)
    for name, data in (("notes.txt", prose), ("picture.png", png_bytes()), ("program.elf", elf),
                       ("noise.bin", bytes(noise)), ("table.csv", b"a,b\n1,2\n"),
                       ("settings.json", b'{"hidden_size": 4}\n'), ("page.html", b"<html></html>"),
                       ("notes.txt.gz", gz(prose)), ("folder/README.txt", prose)):
        out.file("bad/" + name, data)
        if name != "folder/README.txt":
            out.refuse("bad/" + name, WHOLE, "not-a-model", [])
    out.refuse("bad/folder", WHOLE, "not-a-model", [])
    for suffix in ("safetensors", "npy", "npz", "pt", "bin", "tar", "safetensors.gz"):
        refuse(out, f"empty.{suffix}", b"", WHOLE, "cut")
    for suffix in ("safetensors", "npy", "npz", "pt", "pth", "ckpt"):
        refuse(out, f"prose.{suffix}", prose, WHOLE, "not-a-model")
    refuse(out, "picture.safetensors", png_bytes(), WHOLE, "not-a-model")
    out.refuse("bad/no-such-file.safetensors", WHOLE, "io", [])


def entry(dtype='"F32"', shape="[2,3]", offsets="[0,24]"):
    return f'{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}'


def pair(bad, name="bad.weight", at=24):
    """A header with a good tensor before the bad one."""
    return f'{{"good.weight":{entry()},"{name}":{bad}}}'


def safetensors_cut(out):
    whole = safetensors_bytes([GOOD, OTHER])
    head = 8 + struct.unpack("<Q", whole[:8])[0]
    for at, where in ((1, "length"), (7, "length-end"), (8, "before-header"), (9, "header-start"),
                      (head // 2, "header"), (head - 1, "header-end")):
        refuse(out, f"cut-{where}.safetensors", whole[:at], WHOLE, "cut")
    for at, where in ((head, "before-data"), (head + 10, "first-tensor"), (head + 24, "between"),
                      (len(whole) - 1, "last-byte")):
        refuse(out, f"cut-{where}.safetensors", whole[:at], EITHER, "cut")


def safetensors_header(out):
    text = f'{{"good.weight":{entry()}}}'
    cases = {
        "length-beyond-file": (raw_safetensors(text, GOOD_DATA, 100000), "cut"),
        "length-2-to-63": (raw_safetensors(text, GOOD_DATA, 2**63), "cut"),
        "length-all-ones": (raw_safetensors(text, GOOD_DATA, 2**64 - 1), "cut"),
        "length-zero": (raw_safetensors("", GOOD_DATA, 0), "malformed"),
        "header-empty-object": (raw_safetensors("{}"), "not-a-model"),
        "header-no-json": (raw_safetensors("{weights}"), "malformed"),
        "header-array": (raw_safetensors("[1,2,3]"), "malformed"),
        "header-number": (raw_safetensors("{\"a\":1}"), "malformed"),
        "header-not-utf8": (raw_safetensors(text.encode().replace(b"good", b"\xff\xfe\xfd\xfc"), GOOD_DATA),
                            "malformed"),
        "header-nul": (raw_safetensors(text.replace("good", "go\0d"), GOOD_DATA), "malformed"),
        "header-unclosed": (raw_safetensors(text[:-1], GOOD_DATA), "malformed"),
        "header-two-documents": (raw_safetensors(text + text, GOOD_DATA), "malformed"),
        "header-json-cut-string": (raw_safetensors('{"good.weight', GOOD_DATA), "malformed"),
        "metadata-not-object": (raw_safetensors('{"__metadata__":[1],"good.weight":' + entry() + "}", GOOD_DATA),
                                "malformed"),
    }
    lenient = ("metadata-not-object", "header-nul", "header-empty-object")
    for name, (data, code) in cases.items():
        refuse(out, name + ".safetensors", data, ANY if name in lenient else WHOLE, code)


def safetensors_entries(out):
    """One tensor that cannot be, beside a good one."""
    cases = {
        "offsets-outside": (entry(offsets="[24,48000]", shape="[2,5997]"), "cut"),
        "offsets-far-outside": (entry(offsets="[9223372036854775800,9223372036854775824]"), "cut"),
        "offsets-overlap": (entry(offsets="[12,36]"), "malformed"),
        "offsets-same": (entry(), "malformed"),
        "offsets-reversed": (entry(offsets="[48,24]"), "malformed"),
        "offsets-negative": (entry(offsets="[-24,0]"), "malformed"),
        "offsets-float": (entry(offsets="[24.5,48.5]"), "malformed"),
        "offsets-three": (entry(offsets="[24,36,48]"), "malformed"),
        "offsets-missing": ('{"dtype":"F32","shape":[2,3]}', "malformed"),
        "offsets-text": (entry(offsets='["24","48"]'), "malformed"),
        "offsets-beyond-64-bits": (entry(offsets="[24,18446744073709551664]"), "malformed"),
        "shape-smaller": (entry(shape="[2,2]", offsets="[24,48]"), "malformed"),
        "shape-larger": (entry(shape="[2,4]", offsets="[24,48]"), "malformed"),
        "shape-overflow": (entry(shape="[4294967296,4294967296,2]", offsets="[24,48]"), "malformed"),
        "shape-overflow-to-zero": (entry(shape="[9223372036854775808,2]", offsets="[24,24]"), "malformed"),
        "shape-overflow-in-bytes": (entry(shape="[4611686018427387910]", offsets="[24,48]"), "malformed"),
        "shape-negative": (entry(shape="[-2,-3]", offsets="[24,48]"), "malformed"),
        "shape-float": (entry(shape="[2.5,3]", offsets="[24,48]"), "malformed"),
        "shape-text": (entry(shape='"2,3"', offsets="[24,48]"), "malformed"),
        "shape-null": (entry(shape="null", offsets="[24,48]"), "malformed"),
        "shape-missing": ('{"dtype":"F32","data_offsets":[24,48]}', "malformed"),
        "shape-nested": (entry(shape="[[2],[3]]", offsets="[24,48]"), "malformed"),
        "shape-exponent": (entry(shape="[1e400]", offsets="[24,48]"), "malformed"),
        "shape-beyond-64-bits": (entry(shape="[36893488147419103232,3]", offsets="[24,48]"), "malformed"),
        "rank-1000": (entry(shape=json.dumps([1] * 994 + [2, 3]), offsets="[24,48]"), "too-big"),
        "dtype-missing": ('{"shape":[2,3],"data_offsets":[24,48]}', "malformed"),
        "dtype-number": (entry(dtype="32", offsets="[24,48]"), "malformed"),
        "entry-array": ("[1]", "malformed"),
        "entry-null": ("null", "malformed"),
    }
    for name, (bad, code) in cases.items():
        refuse(out, name + ".safetensors", raw_safetensors(pair(bad), GOOD_DATA * 2), EITHER, code, "bad.weight")
    unknown = raw_safetensors(pair(entry(dtype='"F77"', offsets="[24,48]")), GOOD_DATA * 2)
    refuse(out, "dtype-unknown.safetensors", unknown, ONE, "unsupported", "bad.weight", "F77")
    twice = raw_safetensors(pair(entry(offsets="[24,48]"), "good.weight"), GOOD_DATA * 2)
    refuse(out, "name-twice.safetensors", twice, WHOLE, "malformed", "good.weight")
    key_twice = entry(offsets="[24,48]").replace('"shape":[2,3]', '"shape":[2,3],"shape":[3,2]')
    refuse(out, "key-twice.safetensors", raw_safetensors(pair(key_twice), GOOD_DATA * 2), ANY, "malformed")
    long_name = raw_safetensors(pair(entry(offsets="[24,48]"), "w" * 40000), GOOD_DATA * 2)
    refuse(out, "name-of-40000-letters.safetensors", long_name, ANY, "too-big")
    markup = raw_safetensors(pair(entry(offsets="[24,480]"), "<b>%s%n\\u001b[2J\\n\\u202e"), GOOD_DATA * 2)
    refuse(out, "name-with-controls.safetensors", markup, EITHER, "cut")


def npy_cases():
    def npy(descr="'<f4'", order="False", shape="(2, 3)", data=GOOD_DATA, **more):
        return npy_bytes(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}", data, **more)
    code = "__import__('os').system('touch pwned')"
    return {
        "magic": (b"\x93NUMPX" + NPY[6:], "not-a-model"),
        "version-9": (NPY[:6] + b"\x09\x00" + NPY[8:], "unsupported"),
        "header-beyond-file": (npy(length=60000), "cut"),
        "header-4-gigabytes": (npy(version=(2, 0), length=2**32 - 1), "cut"),
        "header-length-zero": (npy(length=0), "malformed"),
        "header-list": (npy_bytes("[1, 2]", GOOD_DATA), "malformed"),
        "header-code": (npy_bytes(code, GOOD_DATA), "malformed"),
        "header-code-inside": (npy(shape=f"({code}, 3)"), "malformed"),
        "header-descr-code": (npy(descr=code), "malformed"),
        "header-unclosed": (npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", GOOD_DATA),
                            "malformed"),
        "header-key-missing": (npy_bytes("{'descr': '<f4', 'shape': (2, 3), }", GOOD_DATA), "malformed"),
        "header-nested": (npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 9000, GOOD_DATA),
                          "malformed"),
        "header-nul": (npy_bytes("\0" * 50, GOOD_DATA), "malformed"),
        "order-number": (npy(order="7"), "malformed"),
        "shape-number": (npy(shape="6"), "malformed"),
        "shape-float": (npy(shape="(2.0, 3)"), "malformed"),
        "shape-negative": (npy(shape="(-2, -3)"), "malformed"),
        "shape-overflow": (npy(shape="(4294967296, 4294967296, 2)"), "malformed"),
        "shape-overflow-to-zero": (npy(shape="(9223372036854775808, 2)"), "malformed"),
        "shape-beyond-64-bits": (npy(shape="(36893488147419103232, 3)"), "malformed"),
        "shape-larger": (npy(shape="(2, 4)"), "cut"),
        "shape-huge": (npy(shape="(1000000000, 1000)"), "cut"),
        "rank-1000": (npy(shape="(" + "1, " * 1000 + ")"), "too-big"),
        "descr-unknown": (npy(descr="'<q9'"), "unsupported"),
        "descr-void": (npy(descr="'|V4'"), "unsupported"),
        "descr-float-3": (npy(descr="'<f3'"), "unsupported"),
        "descr-structure": (npy(descr="[('a', '<f4'), ('b', '<i4')]"), "unsupported"),
        "descr-object": (npy(descr="'|O'", data=b"\x80\x02]q\x00."), "unsupported"),
        "descr-object-code": (npy(descr="'|O'", data=b"cposix\nsystem\n(X\x0b\0\0\0touch pwnedtR."), "unsupported"),
        "descr-empty": (npy(descr="''"), "malformed"),
        "cut-magic": (NPY[:4], "cut"), "cut-version": (NPY[:7], "cut"), "cut-length": (NPY[:9], "cut"),
        "cut-header": (NPY[:40], "cut"), "cut-before-data": (NPY[:-24], "cut"), "cut-data": (NPY[:-5], "cut"),
    }


def numpy_files(out):
    for name, (data, code) in npy_cases().items():
        one_array = name.startswith("descr-") and code == "unsupported"
        refuse(out, f"npy-{name}.npy", data, EITHER if one_array else WHOLE, code)
        member = zip_bytes([("good.npy", NPY), ("bad.npy", data)])
        refuse(out, f"member-{name}.npz", member, EITHER if name == "magic" else ONE, code, "bad")
    refuse(out, "npy-cut-in.npy.gz", gz(NPY[:-5]), EITHER, "cut")


def patch(data, at, new):
    return data[:at] + new + data[at + len(new):]


def zips(out):
    stored = zip_bytes([("good.npy", NPY), ("bad.npy", NPY)])
    packed = zip_bytes([("good.npy", NPY), ("bad.npy", NPY)], True)
    local, central = stored.rindex(b"PK\3\4"), stored.rindex(b"PK\1\2")
    body = local + 30 + len("bad.npy")
    flags = patch(patch(stored, local + 6, b"\1\0"), central + 8, b"\1\0")
    method = patch(patch(stored, local + 8, b"\x63\0"), central + 10, b"\x63\0")
    size = struct.pack("<II", 2**32 - 10, 2**32 - 10)
    lies = patch(patch(stored, local + 18, size), central + 20, size)
    packed_local = packed.rindex(b"PK\3\4") + 30 + len("bad.npy")
    for name, data, code in (
            ("crc-wrong", patch(stored, body + len(NPY) - 3, b"\x7e"), "malformed"),
            ("encrypted", flags, "unsupported"), ("method-unknown", method, "unsupported"), ("size-lies", lies, "cut"),
            ("deflate-broken", patch(packed, packed_local + 4, b"\xff\xff\xff\xff\xff\xff"), "malformed")):
        refuse(out, f"zip-{name}.npz", data, EITHER, code, "bad")
    for name, source in (("stored", stored), ("deflated", packed)):
        for percent in (10, 40, 60, 80, 99):
            at = len(source) * percent // 100
            refuse(out, f"zip-{name}-cut-{percent}.npz", source[:at], EITHER, "cut")
    refuse(out, "zip-only-end.npz", stored[stored.rindex(b"PK\5\6"):], WHOLE, "malformed")
    refuse(out, "zip-no-members.npz", zip_bytes([]), WHOLE, "not-a-model")
    refuse(out, "zip-of-text.zip", zip_bytes([("a.txt", b"text"), ("b/c.txt", b"text")]), WHOLE, "not-a-model")
    same = zip_bytes([("good.npy", NPY), ("goob.npy", NPY)]).replace(b"goob", b"good")
    refuse(out, "zip-name-twice.npz", same, ANY, "malformed")
    for name, path in (("dots", "../../evil.npy"), ("absolute", "/evil.npy"), ("backslash", "..\\..\\evil.npy"),
                       ("long", "d/" * 8000 + "evil.npy"), ("newline", "a\nb\x1b[2J.npy")):
        refuse(out, f"zip-path-{name}.npz", zip_bytes([("good.npy", NPY), (path, NPY)]), ANY, "malformed")


def tar_bytes(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def packed(out):
    model = safetensors_bytes([GOOD, OTHER])
    noise = bytes((n * n * 31 + n * 17) % 251 for n in range(4000))
    larger = safetensors_bytes([GOOD, ("noise", "U8", (40, 100), noise)])
    for suffix, pack in (("gz", gz), ("xz", xz), ("zst", zst)):
        whole = pack(larger)
        refuse(out, f"packed-cut-half.safetensors.{suffix}", whole[:len(whole) // 2], EITHER, "cut")
        refuse(out, f"packed-cut-early.safetensors.{suffix}", whole[:15], WHOLE, "cut")
        flipped = patch(whole, len(whole) // 2, bytes(b ^ 0x55 for b in whole[len(whole) // 2:len(whole) // 2 + 40]))
        refuse(out, f"packed-corrupt.safetensors.{suffix}", flipped, EITHER, "malformed")
        refuse(out, f"packed-inside-cut.safetensors.{suffix}", pack(larger[:-100]), EITHER, "cut")
    wrong = gz(model)
    refuse(out, "packed-wrong-crc.safetensors.gz", patch(wrong, len(wrong) - 8, b"\0\0\0\0"), ANY, "malformed")
    tar = tar_bytes([("first.safetensors", model), ("bad.npy", NPY)])
    refuse(out, "tar-cut-header.tar", tar[:300], WHOLE, "cut")
    refuse(out, "tar-cut-member.tar", tar[:600], EITHER, "cut")
    refuse(out, "tar-checksum.tar", patch(tar, 100, b"7777777"), WHOLE, "malformed")
    refuse(out, "tar-of-text.tar", tar_bytes([("README.txt", b"text\n")]), WHOLE, "not-a-model")
    refuse(out, "tar-path.tar", tar_bytes([("../../evil.npy", NPY), ("/evil.npy", NPY)]), ANY, "malformed")
    refuse(out, "tar-bad-member.tar", tar_bytes([("first.safetensors", model), ("bad.npy", NPY[:-5])]), EITHER, "cut",
           "bad")


def folders(out):
    first, second = safetensors_bytes([GOOD]), safetensors_bytes([OTHER])

    def folder(name, index, shards, exits, code, *words):
        for file, data in shards.items():
            out.file(f"bad/{name}/{file}", data)
        text = index if isinstance(index, str) else json.dumps({"metadata": {}, "weight_map": index})
        out.file(f"bad/{name}/model.safetensors.index.json", text.encode())
        out.bad.append({"file": f"bad/{name}", "exit": list(exits), "code": code, "words": list(words)})

    both = {"good.weight": "model-1.safetensors", "other.weight": "model-2.safetensors"}
    folder("missing-shard", both, {"model-1.safetensors": first}, EITHER, "io", "model-2.safetensors")
    folder("cut-shard", both, {"model-1.safetensors": first, "model-2.safetensors": second[:-9]}, EITHER, "cut",
           "model-2.safetensors")
    folder("wrong-shard", {**both, "third.weight": "model-2.safetensors"},
           {"model-1.safetensors": first, "model-2.safetensors": second}, EITHER, "malformed", "third.weight")
    folder("escaping-shard", {**both, "other.weight": "../../good/every-dtype.safetensors"},
           {"model-1.safetensors": first}, EITHER, "malformed", "every-dtype.safetensors")
    folder("absolute-shard", {**both, "other.weight": "/etc/hostname"}, {"model-1.safetensors": first}, EITHER,
           "malformed")
    folder("cut-index", '{"weight_map": {"good.weight": "mod', {"model-1.safetensors": first}, EITHER, "malformed",
           "model.safetensors.index.json")
    folder("list-index", "[1, 2]", {"model-1.safetensors": first}, EITHER, "malformed", "model.safetensors.index.json")
    folder("number-index", '{"weight_map": {"good.weight": 7}}', {"model-1.safetensors": first}, EITHER, "malformed",
           "model.safetensors.index.json")


def lists(out):
    start = '{"token_passed": [1000000000, 2000000000], '
    for name, text, code, words in (
            ("nan", start + '"activation_ratio": [0.1, NaN]}', "malformed", ["byte 69"]),
            ("cut", start + '"activation_ratio": [0.1, 0.0', "malformed", []),
            ("two-documents", start + '"activation_ratio": [0.1, 0.2]}\n{}', "malformed", []),
            ("twice", start + '"token_passed": [1, 2]}', "malformed", ["token_passed"]),
            ("mixed", '{"token_passed": [1, 2, "3"]}', "not-a-model", [])):
        refuse(out, f"lists-{name}.json", text.encode(), WHOLE, code, *words)


def write(out):
    for part in (strangers, safetensors_cut, safetensors_header, safetensors_entries, numpy_files, zips, packed,
                 folders, lists, bad_hdf5.write, bad_pickles.write):
        part(out)
