# Values of every dtype to and from bytes, by the definition of each format.
# SPDX-License-Identifier: GPL-3.0-or-later
import io
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
NUMPY_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I8": "i1", "U8": "u1", "BOOL": "?", "I16": "<i2",
                "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8", "U64": "<u8"}


def bf16_codes(values):
    """float → bfloat16 codes, round to nearest even; NaN stays NaN."""
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(np.asarray(values)), np.uint16(0x7FC0), rounded)


def bf16_values(codes):
    with np.errstate(invalid="ignore"):  # widening a signalling NaN
        return (codes.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def small_float(code, exponent_bits, mantissa_bits, has_inf):
    """One 8-bit float from the definition of its format (has_inf: IEEE style, else the 'fn' style)."""
    bias = (1 << (exponent_bits - 1)) - 1
    sign = -1.0 if code & 0x80 else 1.0
    exponent = (code >> mantissa_bits) & ((1 << exponent_bits) - 1)
    mantissa = code & ((1 << mantissa_bits) - 1)
    top = exponent == (1 << exponent_bits) - 1
    if top and has_inf:
        return sign * np.inf if mantissa == 0 else np.nan
    if top and mantissa == (1 << mantissa_bits) - 1:
        return np.nan
    if exponent == 0:
        return sign * mantissa * 2.0 ** (1 - bias - mantissa_bits)
    return sign * (1 + mantissa / (1 << mantissa_bits)) * 2.0 ** (exponent - bias)


E4M3 = np.array([small_float(c, 4, 3, False) for c in range(256)])
E5M2 = np.array([small_float(c, 5, 2, True) for c in range(256)])


def nearest_code(table, values):
    """Codes of the nearest finite table entries (first of equals)."""
    finite = np.where(np.isfinite(table), table, 1e300)
    return np.argmin(np.abs(np.asarray(values)[..., None] - finite), axis=-1).astype(np.uint8)


def encode(dtype, values):
    """float array → (bytes, float64 values as stored)."""
    if dtype == "BF16":
        codes = bf16_codes(values)
        return codes.astype("<u2").tobytes(), bf16_values(codes)
    if dtype in ("F8_E4M3", "F8_E5M2"):
        table = E4M3 if dtype == "F8_E4M3" else E5M2
        codes = nearest_code(table, values)
        return codes.tobytes(), table[codes]
    with np.errstate(over="ignore"):
        stored = np.asarray(values).astype(NUMPY_DTYPES[dtype])
    return stored.tobytes(), stored.astype(np.float64)


def npy_of(array, version=(1, 0)):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version, allow_pickle=True)
    return buffer.getvalue()
