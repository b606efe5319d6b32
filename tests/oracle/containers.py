# Containers written byte by byte with the standard library alone: safetensors, npy, zip, packers, a PNG.
# SPDX-License-Identifier: GPL-3.0-or-later
import gzip
import io
import json
import lzma
import struct
import subprocess
import zipfile
import zlib


def safetensors_bytes(entries, metadata=None):
    """entries: (name, dtype, shape, bytes) in file order."""
    header, offset = {}, 0
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape, data in entries:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    return raw_safetensors(json.dumps(header, separators=(",", ":")), b"".join(e[3] for e in entries))


def raw_safetensors(header, data=b"", length=None):
    text = header.encode() if isinstance(header, str) else header
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def npy_bytes(header, data, version=(1, 0), length=None):
    """header: the dict's text."""
    text = header.encode("utf-8" if version[0] >= 3 else "latin1")
    size = 2 if version[0] == 1 else 4
    text += b" " * (-(6 + 2 + size + len(text) + 1) % 64) + b"\n"
    n = len(text) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if size == 2 else "<I", n) + text + data


def zip_bytes(members, deflate=False):
    """members: (name, bytes) or (name, bytes, deflated?); fixed dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name, data, *how in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED if (how[0] if how else deflate) else zipfile.ZIP_STORED
            z.writestr(info, data)
    return buffer.getvalue()


def gz(data):
    return gzip.compress(data, 9, mtime=0)


def xz(data):
    return lzma.compress(data, preset=6)


def zst(data):
    return subprocess.run(["zstd", "-q", "-19", "-c"], input=data, capture_output=True, check=True).stdout


def png_bytes():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b""))
