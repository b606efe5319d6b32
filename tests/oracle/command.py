# Runs the command line on one file: limits, time, memory, JSON; and the comparison of single numbers.
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import math
import os
import re
import resource
import subprocess
import tempfile
import threading
import time

# The build says what it was made with: a sanitized program maps terabytes, keeps freed memory and is many times slower.
SANITIZED = bool(os.environ.get("SPARSOSCOPE_SANITIZED"))
SECONDS = 100 if SANITIZED else 10  # of processor time: a busy machine makes nobody slow
PATIENCE = 300 if SANITIZED else 60  # of the clock
MEMORY = (2048 if SANITIZED else 320) << 20
ADDRESSES = 8 << 30
EXACT_GINI = {"F16", "BF16", "F8_E4M3", "F8_E5M2", "I8", "U8", "BOOL"}
ODD_STDERR = re.compile(r"Sanitizer|runtime error|-CRITICAL|-WARNING|[\x00-\x08\x0b-\x1f\x7f]")


class Outcome:
    def __init__(self, status, stdout, stderr, usage, waited):
        self.crash = -status if status < 0 else None
        self.exit, self.stdout, self.stderr, self.waited = status, stdout, stderr, waited
        self.seconds, self.memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10

    def trouble(self):
        """What no run may do, whatever the file."""
        if self.seconds >= SECONDS:
            yield f"took {self.seconds:.1f} s of processor time"
        elif self.waited >= PATIENCE:
            yield f"no answer within {PATIENCE} s"
        elif self.crash is not None:
            yield f"killed by signal {self.crash}"
        if self.memory > MEMORY:
            yield f"took {self.memory >> 20} MiB"
        if odd := ODD_STDERR.search(self.stderr):
            yield f"stderr has {odd.group()!r}: {self.stderr[:200]!r}"


def limit_address_space():
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(arguments, folder=None):
    """One process; its own processor time and peak memory come from wait4."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.monotonic()
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder,
                                   preexec_fn=limit_address_space)
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        waited = time.monotonic() - begin
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode("utf-8", "replace"))
        return Outcome(process.returncode, *said, usage, waited)


def settings(params):
    """weight-sparsity parameters as command line arguments."""
    words = []
    for key, value in params.items():
        text = str(value).lower() if isinstance(value, bool) else value
        words += ["--set", f"weight-sparsity.{key}={text}"]
    return words


def analyze(cli, path, params, **more):
    return run([cli, "analyze", str(path), "-a", "weight-sparsity", *settings(params), "--format", "json"], **more)


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def document(text):
    return json.loads(text, parse_constant=refuse_constant)


def tables(doc):
    """table name → list of rows as dicts, of the weight-sparsity result."""
    result = next(r for r in doc["results"] if r["analysis"] == "weight-sparsity")
    found = {}
    for name, table in result["tables"].items():
        columns = [c["name"] for c in table["columns"]]
        found[name] = [dict(zip(columns, row)) for row in table["rows"]]
    return found


def close(a, b, relative, absolute=0.0):
    if a is None or b is None:
        return a is b
    return a == b or math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def dtype(name):
    """F32, float32, torch.float32, f4 … → F32."""
    text = str(name).upper().removeprefix("TORCH.").replace("-", "_")
    small = {"F8E4M3": "F8_E4M3", "F8E5M2": "F8_E5M2", "FLOAT8_E4M3FN": "F8_E4M3", "FLOAT8_E4M3": "F8_E4M3",
             "FLOAT8_E5M2": "F8_E5M2", "BFLOAT16": "BF16", "F8_E4M3FN": "F8_E4M3"}
    if text in small:
        return small[text]
    return text.replace("UINT", "U").replace("INT", "I").replace("FLOAT", "F")


def shape(text):
    return [int(n) for n in re.findall(r"\d+", str(text))]


def plain(name):
    """list[0] and list.0 are the same name."""
    return re.sub(r"\[(\w+)\]", r".\1", name)


SEPARATORS = ".:/!|"


def is_equal_name(want, have):
    return plain(want) == plain(have)


def is_same_name(want, have):
    """Equal, or equal after a member's or dictionary's name on either side."""
    a, b = plain(want), plain(have)
    b = b.removesuffix(".npy")
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return a == b or (longer.endswith(shorter) and longer[-len(shorter) - 1] in SEPARATORS)


def match(wanted, rows):
    """expected name → row (or None); and the rows nothing stands for."""
    left, found = list(rows), {}
    if len(wanted) == 1 and len(left) == 1:
        return {wanted[0]: left[0]}, []
    for exact in (True, False):
        for name in wanted:
            if found.get(name):
                continue
            is_it = is_equal_name if exact else is_same_name
            same = [r for r in left if is_it(name, r["tensor"])]
            if len(same) == 1:
                found[name] = same[0]
                left.remove(same[0])
    return {name: found.get(name) for name in wanted}, left


def figures(want, have):
    """Differences of one tensor's own figures; `want` has the definitions' values."""
    skip = set(want["skip"])
    kind = want["dtype"]
    scale = want["abs_mean"] or 0.0
    gini = 1e-12 if kind in EXACT_GINI else 1e-3
    rules = {"elements": (0, 0), "zeros": (0, 0), "non_finite": (0, 0), "rows": (0, 0), "zero_rows": (0, 0),
             "columns": (0, 0), "zero_columns": (0, 0), "min": (0, 0), "max": (0, 0), "abs_max": (0, 0),
             "mean": (1e-12, 1e-12 * scale), "rms": (1e-12, 0), "gini": (gini, gini), "hoyer": (1e-12, 1e-12)}
    for field, (relative, absolute) in rules.items():
        if field in skip:
            continue
        if field not in have:
            yield f"no column {field}"
        elif not close(want[field], have[field], relative, absolute):
            yield f"{field} is {have[field]!r}, not {want[field]!r}"
    if "dtype" not in skip and dtype(have["dtype"]) != kind:
        yield f"dtype is {have['dtype']}, not {kind}"
    if shape(have["shape"]) != want["shape"]:
        yield f"shape is {have['shape']}, not {want['shape']}"
