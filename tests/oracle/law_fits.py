#!/usr/bin/python3
# Laws of activation ratios: what activation-law fits against what SciPy fitted, and odd series that must be told apart.
# SPDX-License-Identifier: GPL-3.0-or-later
"""law_fits.py CLI    the cases of fixtures/laws.json; the standard library alone

Coefficients, standard errors and bands to 1e-4, sums of residuals to 1e-6."""

import json
import pathlib
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import command  # noqa: E402
import dump_figures  # noqa: E402
from compare import Report  # noqa: E402

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"


def analyze(cli, paths, params, *words):
    sets = [word for key, value in params.items() for word in ("--set", f"activation-law.{key}={value}")]
    return command.run([cli, "analyze", *map(str, paths), "-a", "activation-law", *sets, "--format", "json", *words])


def near(have, want, relative):
    return have is not None and abs(have - want) <= relative * abs(want)


def check_numbers(want, have, relative, what):
    for name, value in want.items():
        if not near(have.get(name), value, relative):
            yield f"{what} {name} is {have.get(name)}, not {value}"


def check_points(want, rows, exact):
    """Rows of one series, those of use first; the band is where it is expected."""
    used = [row for row in rows if row["use"] == "used"]
    for name in ("fitted", "low", "high"):
        if name not in want:
            continue
        for value, row in zip(want[name], used):
            if not near(row[name], value, 1e-6 if exact or name == "fitted" else 1e-5):
                yield f"{name} at D = {row['D']} is {row[name]}, not {value}"
    for row in used:
        if row["residual"] is None or abs(row["ratio"] - row["fitted"] - row["residual"]) > 1e-15:
            yield f"residual at D = {row['D']} is {row['residual']}"


def check_series(name, want, tables, exact):
    have = next((row for row in tables["laws"] if row["series"] == name), None)
    if have is None:
        yield f"no series {name}"
        return
    if want is None:
        if have["mse"] is not None or not have["note"]:
            yield f"{name}: it has a curve, or no note: {have}"
        return
    for key in ("law", "points"):
        if have[key] != want[key]:
            yield f"{name}: {key} is {have[key]}, not {want[key]}"
    yield from check_numbers(want["coefs"], have, 1e-6 if exact else 1e-4, name)
    yield from check_numbers({k + "_error": v for k, v in want.get("errors", {}).items()}, have, 1e-4, name)
    yield from check_numbers({k: want[k] for k in ("mae", "mse", "r2") if k in want}, have, 1e-6, name)
    yield from check_points(want, [row for row in tables["points"] if row["series"] == name], exact)


def check_summary(case, tables):
    have = {row["name"]: row["value"] for row in tables["summary"]}
    fits = [want for want in case["series"].values() if want is not None and "mse" in want]
    n = sum(fit["points"] for fit in fits)
    if have["series"] != len(case["series"]):
        yield f"summary: {have['series']} series"
    if fits:
        yield from check_numbers({key: sum(fit[key] * fit["points"] for fit in fits) / n for key in ("mae", "mse")}, have, 1e-6, "summary")


def reasons(cli, case):
    outcome = analyze(cli, [FIXTURES / "laws" / file for file in case["files"]], case["params"])
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()[:200]}"
        return
    found = dump_figures.answer(outcome.stdout)
    tables = found.tables
    for name, want in case["series"].items():
        yield from check_series(name, want, tables, case.get("exact", False))
    yield from check_summary(case, tables)
    said = " ".join(found.notes)
    yield from (f"no note has {words!r}: {said!r}" for words in case.get("notes", []) if words not in said)


# The same numbers from other places: a folder, an archive.

def laws_of(cli, path):
    outcome = analyze(cli, [path], {})
    return outcome.stderr or dump_figures.answer(outcome.stdout).tables["laws"]


def check_places(cli):
    with tempfile.TemporaryDirectory() as root:
        folder, archive = pathlib.Path(root) / "runs", pathlib.Path(root) / "runs.zip"
        folder.mkdir()
        with zipfile.ZipFile(archive, "w") as members:
            for name in ("relu.txt", "silu.txt"):
                data = (FIXTURES / "laws" / name).read_bytes()
                (folder / name).write_bytes(data)
                members.writestr(name, data)
        (folder / "README.md").write_text("About these runs.\n")
        outcome = analyze(cli, [FIXTURES / "laws" / name for name in ("relu.txt", "silu.txt")], {})
        want = dump_figures.answer(outcome.stdout).tables["laws"]
        for place in (folder, archive):
            if laws_of(cli, place) != want:
                yield f"{place.name}: {laws_of(cli, place)}"


def check_usage(cli):
    for params, words in (({"coefficients": "1,2"}, "three or four numbers"), ({"coefficients": "1,2,x"}, "three or four numbers"),
                          ({"law": "cubic"}, "logistic"), ({"band": "1"}, "0.999")):
        outcome = analyze(cli, [FIXTURES / "laws" / "relu.txt"], params)
        if outcome.exit != 2 or words not in outcome.stderr:
            yield f"{params}: exit {outcome.exit}, {outcome.stderr!r}"
    outcome = analyze(cli, [FIXTURES / "good" / "npy-scalar.npy"], {})
    if outcome.exit != 2 or "token_passed" not in outcome.stderr:
        yield f"no series: exit {outcome.exit}, {outcome.stderr!r}"


def main(cli):
    report = Report()
    for case in json.loads((FIXTURES / "laws.json").read_text()):
        report.line(" ".join(case["files"] + [f"{k}={v}" for k, v in case["params"].items()]), reasons(cli, case))
    report.line("places", check_places(cli))
    report.line("usage", check_usage(cli))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
