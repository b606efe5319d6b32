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
from sae_figures import (FIXTURES, Result, check_features, cosine, differ, read_rows, read_sae, read_vector, stacked,  # noqa: E402
                         write_floats, write_tensors)

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


# Partners

def rows_of(sae, prefix=""):
    (_, width), values = sae[prefix + "W_dec"]
    return [values[i:i + width] for i in range(0, len(values), width)]


def unlike_partners(result, a, b):
    """Of decoder directions a and b."""
    for table, own, theirs in (("first", a, b), ("second", b, a)):
        cosines = [[cosine(x, y) for y in theirs] for x in own]
        yield from differ(f"the partner of {table}", [r["partner"] for r in result.rows(table)], [row.index(max(row)) for row in cosines],
                          relative=0, absolute=0)
        yield from differ(f"the cosine of {table}", [r["cosine"] for r in result.rows(table)], [max(row) for row in cosines])


def check_partners(cli, paths, choices):
    """choices: what is chosen as first and second, None: nothing → two decoders, what the sentence calls them, and what is noted."""
    for chosen, (a, b, names, noted) in choices.items():
        words = [part for id, name in zip(("first", "second"), chosen) if name for part in ("-s", f"sae-partners.{id}={name}")]
        outcome, result = analyze(cli, "sae-partners", *paths, *words)
        yield from outcome.trouble()
        if result is None:
            yield f"{chosen}: exit {outcome.exit}: {outcome.stderr.strip()}"
            continue
        yield from (f"{chosen}: {problem}" for problem in unlike_partners(result, a, b))
        if f"features of {names[0]} have no partner in {names[1]}," not in result.result["definition"]:
            yield f"{chosen}: {result.result['definition']}"
        if [note for note in result.result["notes"] if "is compared" in note] != noted:
            yield f"{chosen}: the notes are {result.result['notes']}, not {noted}"


def check_all_partners(cli, report, saes):
    a, b, c = saes
    with tempfile.TemporaryDirectory() as folder:
        one, two, along = (pathlib.Path(folder) / f"{name}.safetensors" for name in ("one", "two", "along"))
        write_tensors(one, {f"{name}.{key}": value for name, sae in (("a", a), ("b", b), ("c", c)) for key, value in sae.items()})
        write_tensors(two, {f"b.{key}": value for key, value in c.items()} | {f"d.{key}": value for key, value in a.items()})
        write_tensors(along, stacked([b, c]))
        A, B, C = (rows_of(sae) for sae in (a, b, c))
        first, second = (f"one.safetensors holds 3 sparse autoencoders: '{name}' is compared." for name in "ab")
        report.line("partners in one file", check_partners(cli, [one], {
            (None, None): (A, B, "ab", [first, second]), ("b", "c"): (B, C, "bc", []), ("c", None): (C, B, "cb", [second]),
            (None, "c"): (A, C, "ac", [first])}))
        report.line("partners along an axis", check_partners(cli, [along], {("1", "0"): (C, B, "10", [])}))
        report.line("partners in two files", check_partners(cli, [one, two], {
            (None, None): (A, C, ("a", "two.safetensors:b"), [first, "two.safetensors holds 2 sparse autoencoders: 'b' is compared."]),
            ("c", "d"): (C, A, "cd", []), ("d", "a"): (A, A, "da", []), ("b", "c"): (B, C, ("one.safetensors:b", "c"), []),
            ("one.safetensors:b", "two.safetensors:b"): (B, C, ("one.safetensors:b", "two.safetensors:b"), [])}))
        report.line("the same twice", unlike_error(analyze(cli, "sae-partners", one, "-s", "sae-partners.first=b")[0], 2,
                                                   "'b' would be compared with itself: choose another"))
        report.line("another's name", unlike_error(analyze(cli, "sae-partners", one, "-s", "sae-partners.second=e")[0], 2,
                                                   "sae-partners.second: there is no 'e' here; there is a, b, c"))


def check_folders_alike(cli, a, b):
    """Two folders of one name, as of two runs, go by their paths."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / run / "layers.3" for run in ("run-1", "run-2")]
        for path, sae in zip(paths, (a, b)):
            path.mkdir(parents=True)
            write_tensors(path / "sae.safetensors", sae)
        yield from check_partners(cli, paths, {(None, None): (rows_of(a), rows_of(b), paths, []),
                                               (paths[1], paths[0]): (rows_of(b), rows_of(a), paths[::-1], [])})


def check_counts(cli, saes, densities):
    """What a library has counted of several is told of the one that is chosen, or of none."""
    names = "abc"
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "several.safetensors"
        tensors = {f"{name}.{key}": value for name, sae in zip(names, saes) for key, value in sae.items()}
        tensors |= {f"{name}.sparsity": ((len(some),), some) for name, some in zip("bc", densities)}
        write_tensors(path, tensors)
        for name, some in zip(names, (None, *densities)):
            outcome, result = analyze(cli, "sae-features", path, "-s", f"sae-features.autoencoder={name}")
            yield from outcome.trouble()
            rows = result.rows("features")
            if some is None and "density" in rows[0]:
                yield f"{name}: it has the densities of another"
            elif some is not None:
                yield from differ(f"the density in {name}", [r["density"] for r in rows], [max(0, 10 ** v - 1e-10) for v in some],
                                  relative=1e-5, absolute=1e-9)
        result = analyze(cli, "sae-partners", path, "-s", "sae-partners.first=c", "-s", "sae-partners.second=b")[1]
        for table, some in (("first", densities[1]), ("second", densities[0])):
            yield from differ(f"the density in {table}", [r["density"] for r in result.rows(table)],
                              [max(0, 10 ** v - 1e-10) for v in some], relative=1e-5, absolute=1e-9)


def main():
    cli = sys.argv[1]
    report = Report()
    cases = {case["path"].split("/")[1]: case for case in json.loads((FIXTURES / "saes.json").read_text())["cases"]}
    report.line("activations of one name in two dumps", check_equal_names(cli, cases["saelens-topk"]))
    report.line("codes of one name in two dumps", check_equal_codes(cli, cases["saelens-topk"]))
    saes = [read_sae(cases[name]) for name in ("saelens-no-pre-bias", "saelens-standard", "saelens-oldest")]
    check_all_partners(cli, report, saes)
    report.line("two folders of one name", check_folders_alike(cli, *saes[:2]))
    density = read_vector(FIXTURES / cases["saelens-standard"]["path"] / "sparsity.safetensors", "sparsity")
    report.line("counts of several", check_counts(cli, saes, (density, density[::-1])))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
