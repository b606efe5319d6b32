#!/usr/bin/python3
# Several sparse autoencoders, and several dumps, at once: which are offered, by what name, and that the one chosen is the one looked at.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_several.py CLI

Standard library only.  The figures are saes.json's, written by make-fixtures.py with NumPy from the formulas of each library."""

import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import FIXTURES, Result, check_features, differ, read_rows, write_floats  # noqa: E402

X = FIXTURES / "saes/x.safetensors"


def analyze(cli, analysis, *words):
    outcome = command.run([cli, "analyze", "-q", "-a", analysis, *map(str, words)])
    return outcome, Result(outcome.stdout) if outcome.exit == 0 else None


def unlike_error(outcome, status, said):
    yield from outcome.trouble()
    if outcome.exit != status or said not in outcome.stderr:
        yield f"exit {outcome.exit}, not {status}: {outcome.stderr.strip()!r}, not {said!r}"


# Dumps

def check_equal_names(cli, case):
    """One tensor's name in two dumps: all tokens in one, in the other the first few, whose codes are known."""
    rows = read_rows(X, "hidden.1")[:len(case["codes"])]
    with tempfile.TemporaryDirectory() as folder:
        few = pathlib.Path(folder) / "few.safetensors"
        write_floats(few, "hidden.1", [len(rows), len(rows[0])], [v for row in rows for v in row])
        for chosen in ("hidden.1", "x.safetensors:hidden.1", "few.safetensors:hidden.1"):
            outcome, result = analyze(cli, "sae-features", FIXTURES / case["path"], X, few, "-s", f"sae-features.activations={chosen}")
            yield from outcome.trouble()
            if result is None:
                yield f"{chosen}: exit {outcome.exit}: {outcome.stderr.strip()}"
            elif chosen.startswith("few"):
                fired = [sum(row.get(str(i), 0) > 0 for row in case["codes"]) for i in range(case["n"])]
                yield from differ("firings at few", [r["fired"] for r in result.rows("features")], fired, relative=0, absolute=0)
            else:
                yield from check_features(result, case, "above-0")
            where = "few" if chosen.startswith("few") else "x"
            if result is not None and f"tokens of {where}.safetensors:hidden.1," not in result.result["definition"]:
                yield f"{chosen}: {result.result['definition']}"
        outcome, result = analyze(cli, "sae-features", FIXTURES / case["path"], few, X)
        if "few.safetensors:hidden.1 was taken, being the first; 1 other" not in " ".join(result.result["notes"]):
            yield f"without a choice: {result.result['notes']}"
        yield from unlike_error(analyze(cli, "sae-features", FIXTURES / case["path"], X, few, "-s", "sae-features.activations=hidden.2")[0],
                                2, "no 'hidden.2' here; there is x.safetensors:hidden.1, few.safetensors:hidden.1")


def check_equal_codes(cli, case):
    """The same of recorded codes."""
    rows = [[row.get(str(i), 0) for i in range(case["n"])] for row in case["codes"]]
    with tempfile.TemporaryDirectory() as folder:
        all_of, first = pathlib.Path(folder) / "all.safetensors", pathlib.Path(folder) / "first.safetensors"
        for path, some in ((all_of, rows), (first, rows[:2])):
            write_floats(path, "blocks.1.feature_acts", [len(some), case["n"]], sum(some, []))
        for path, some in ((all_of, rows), (first, rows[:2])):
            outcome, result = analyze(cli, "sae-features", FIXTURES / case["path"], all_of, first, "-s",
                                      f"sae-features.activations={path.name}:blocks.1.feature_acts")
            yield from outcome.trouble()
            if result is None:
                yield f"{path.name}: exit {outcome.exit}: {outcome.stderr.strip()}"
                continue
            fired = [sum(row[i] > 0 for row in some) for i in range(case["n"])]
            yield from differ(f"firings of {path.name}", [r["fired"] for r in result.rows("features")], fired, relative=0, absolute=0)


def main():
    cli = sys.argv[1]
    report = Report()
    cases = {case["path"].split("/")[1]: case for case in json.loads((FIXTURES / "saes.json").read_text())["cases"]}
    report.line("activations of one name in two dumps", check_equal_names(cli, cases["saelens-topk"]))
    report.line("codes of one name in two dumps", check_equal_codes(cli, cases["saelens-topk"]))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
