# Runs print-logits on a folder: limits, time, memory, and reading what it wrote.
# SPDX-License-Identifier: GPL-3.0-or-later
import array
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
sys.path.insert(0, str(HERE.parent / "oracle"))
import command  # noqa: E402
from compare import Report  # noqa: E402


def read_f32(path):
    values = array.array("f")
    values.frombytes(pathlib.Path(path).read_bytes())
    if sys.byteorder == "big":
        values.byteswap()
    return values


def print_logits(program, folder, ids, place):
    """ids: what stands in the JSON file, or its text.  → (outcome, logits in a row or None)"""
    list_file, out = pathlib.Path(place) / "ids.json", pathlib.Path(place) / "logits.f32"
    list_file.write_text(ids if isinstance(ids, str) else json.dumps(ids))
    out.unlink(missing_ok=True)
    outcome = command.run([program, str(folder), str(list_file), str(out)])
    return outcome, read_f32(out) if outcome.exit == 0 and out.exists() else None


def check_each_sae(check, arguments, usage):
    """arguments: the program, and parts of paths that are wanted; check (program, case) yields what is wrong.  → exit status"""
    if not arguments:
        sys.exit(usage)
    program, report = str(pathlib.Path(arguments[0]).resolve()), Report()
    for case in json.loads((FIXTURES / "saes.json").read_text())["cases"]:
        if not arguments[1:] or any(part in case["path"] for part in arguments[1:]):
            report.line(case["path"], check(program, case))
    return report.end()
