#!/usr/bin/python3
# Runs the command line on every fixture and compares with the expected figures; must-fail files must fail well.
# SPDX-License-Identifier: GPL-3.0-or-later
"""compare.py CLI                         all fixtures, and the large bad files written for the occasion
compare.py CLI good|bad|big|dumps|big-dumps [NAME…]    only these; a NAME is any part of a file's path

Standard library only.  One line per file, `ok` or `FAIL` with the reason; the last line counts; exit 1 on failure."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
import dump_figures  # noqa: E402
from command import close  # noqa: E402

FIXTURES = HERE.parent / "fixtures"
SHOWN = 4


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def line(self, name, reasons):
        reasons = list(reasons)
        if reasons:
            self.failed += 1
            more = f" (and {len(reasons) - SHOWN} more)" if len(reasons) > SHOWN else ""
            why = " ".join("; ".join(reasons[:SHOWN]).split())
            print(f"FAIL {name}: {why}{more}", flush=True)
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


class Workplace:
    """A folder some levels deep; whatever appears in it was made by the file that was read."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.folder = self.root / "a" / "b" / "c"
        self.folder.mkdir(parents=True)
        self.before = self.list()

    def list(self):
        return {str(p.relative_to(self.root)) for p in self.root.rglob("*")}

    def complaints(self):
        for name in sorted(self.list() - self.before, reverse=True):
            (self.root / name).unlink()
            yield f"made {name}"


# A good fixture: every run's rows, sums and summary.

def rows_of(document):
    return [dict(zip(document["columns"], row)) for row in document["tensors"]]


def check_unreadable(want, have):
    if not have["note"]:
        yield "no note says why it is unreadable"
    if have["zeros"] is not None or have["counted"]:
        yield "unreadable, but has figures"


def check_alias(want, have):
    if want["alias"] not in (have["note"] or ""):
        yield f"note {have['note']!r} does not name {want['alias']}"


def check_run_row(want, have, expected):
    """near_zero, counting and pruning of one tensor under one set of parameters."""
    near, counted, pruned, lost = expected
    skip = want["skip"]
    if int(have["counted"] or 0) != counted:
        yield f"counted is {have['counted']}, not {counted}"
    if "near_zero" not in skip:
        if have["near_zero"] != near:
            yield f"near_zero is {have['near_zero']}, not {near}"
        if want["elements"] and not close(near / want["elements"], have["sparsity"], 1e-15):
            yield f"sparsity is {have['sparsity']}"
    if counted:
        if have["pruned"] != pruned:
            yield f"pruned is {have['pruned']}, not {pruned}"
        if want["elements"] and not close(pruned / want["elements"], have["pruned_share"], 1e-15):
            yield f"pruned_share is {have['pruned_share']}"
        if "energy_lost" not in skip and not close(lost, have["energy_lost"], 1e-12):
            yield f"energy_lost is {have['energy_lost']}, not {lost}"
    elif have["pruned"]:
        yield "not counted, but pruned"


def check_row(want, have, expected):
    if not want["readable"]:
        yield from check_unreadable(want, have)
        return
    if "layer" not in want["skip"] and have["layer"] != want["layer"]:
        yield f"layer is {have['layer']}, not {want['layer']}"
    if "part" not in want["skip"] and have["group"] != want["part"]:
        yield f"part is {have['group']}, not {want['part']}"
    if want["alias"]:
        yield from check_alias(want, have)
        if have["zeros"] is None:  # an alias may leave its figures to the tensor that counts
            if have["counted"]:
                yield "alias is counted"
            return
    yield from command.figures(want, have)
    yield from check_run_row(want, have, expected)


def check_order(rows):
    """Names that differ in numbers alone stand in the numbers' order."""
    last = {}
    for row in rows:
        name = row["tensor"]
        pattern = re.sub(r"\d+", "#", name)
        numbers = [int(n) for n in re.findall(r"\d+", name)]
        if last.get(pattern, numbers) > numbers:
            yield f"{name} stands out of natural order"
        last[pattern] = numbers


def check_summary(want, rows, skip):
    have = {r["name"]: r["value"] for r in rows}
    for name, value in want.items():
        if name in skip:
            continue
        relative = 1e-12 if name == "energy_lost" else 1e-15 if name in ("sparsity", "pruned_share") else 0
        got = have.get(name)
        if name not in have:
            yield f"summary has no {name}"
        elif name == "prune_threshold" and value is None and got in (None, 0):
            continue
        elif not close(value, got, relative):
            yield f"summary {name} is {got!r}, not {value!r}"


def check_groups(kind, want, rows, skip):
    have = {str(r.get(kind)): r for r in rows}
    for key, sums in want.items():
        if key not in have:
            yield f"table {kind}s has no {key}"
            continue
        for field in ("elements", "zeros", "near_zero", "pruned"):
            if field not in skip and have[key].get(field) != sums[field]:
                yield f"{kind} {key}: {field} is {have[key].get(field)}, not {sums[field]}"
    for key, row in have.items():
        if key not in want and key != "None" and row.get("elements"):
            yield f"table {kind}s has {key}, which counts nothing"


def check_tables(document, expected, found):
    wanted = rows_of(document)
    required_first = sorted(wanted, key=lambda w: w["optional"])
    pairs, strangers = command.match([w["tensor"] for w in required_first], found["tensors"])
    for want, figures in zip(wanted, expected["tensors"]):
        have = pairs[want["tensor"]]
        if have is None:
            if not want["optional"]:
                yield f"no row for {want['tensor']}"
            continue
        yield from (f"{want['tensor']}: {r}" for r in check_row(want, have, figures))
    yield from (f"a row for {s['tensor']!r}, which is not there" for s in strangers)
    yield from check_order(found["tensors"])
    skip = document["skip_summary"]
    yield from check_summary(expected["summary"], found["summary"], skip)
    yield from check_groups("group", expected["parts"], found["groups"], skip)
    if not any("layer" in w["skip"] for w in wanted):
        yield from check_groups("layer", expected["layers"], found["layers"], skip)


def check_good_run(cli, path, document, expected, place):
    outcome = command.analyze(cli, path, expected["params"], folder=place.folder)
    yield from outcome.trouble()
    yield from place.complaints()
    if outcome.exit != document["exit"]:
        yield f"exit {outcome.exit}, not {document['exit']}: {outcome.stderr.strip()[:200]}"
    if outcome.exit not in (0, 1):
        return
    try:
        found = command.tables(command.document(outcome.stdout))
        yield from check_tables(document, expected, found)
    except (ValueError, KeyError, StopIteration, TypeError) as error:
        yield f"cannot use the output: {error!r}"


def check_good(cli, document, place):
    for path in [document["file"], *document["also"]]:
        for n, expected in enumerate(document["runs"]):
            for reason in check_good_run(cli, FIXTURES / path, document, expected, place):
                yield f"run {n}{'' if path == document['file'] else ' of ' + path}: {reason}"


def good(cli, wanted, report):
    with tempfile.TemporaryDirectory() as root:
        place = Workplace(root)
        for path in sorted((FIXTURES / "expected").glob("*.json")):
            document = json.loads(path.read_text())
            if not wanted or any(w in document["file"] for w in wanted):
                report.line(document["file"], check_good(cli, document, place))


# A bad fixture: refused with a sentence, without a crash, and nothing of it is run.

def notes_of(stdout):
    found = command.document(stdout)
    rows = [r for r in command.tables(found)["tensors"] if r.get("note")]
    return rows, [n for result in found["results"] for n in result.get("notes", [])]


def check_exit_1(outcome):
    """Some tensors unreadable: rows or notes say which and why, and the good ones have figures."""
    try:
        rows, notes = notes_of(outcome.stdout)
        if not rows and not notes:
            yield "exit 1, but no note"
        for row in command.tables(command.document(outcome.stdout))["tensors"]:
            if "good" in row["tensor"].rpartition("/")[2] and row["zeros"] is None:
                yield f"{row['tensor']} has no figures"
    except (ValueError, KeyError, StopIteration, TypeError) as error:
        yield f"cannot use the output: {error!r}"


def check_message(entry, outcome):
    lines = outcome.stderr.splitlines()
    if outcome.exit == 3 and (len(lines) != 1 or not lines[0].strip()):
        yield f"{len(lines)} lines on stderr: {outcome.stderr[:300]!r}"
    said = (outcome.stderr + (outcome.stdout if outcome.exit == 1 else "")).lower()
    for word in entry["words"]:
        if word.lower() not in said:
            yield f"message does not name {word}: {outcome.stderr.strip()[:200]!r}"


def check_bad(cli, path, entry, place):
    outcome = command.analyze(cli, path, {}, folder=place.folder)
    yield from outcome.trouble()
    yield from place.complaints()
    if outcome.crash is None and outcome.exit not in entry["exit"]:
        yield f"exit {outcome.exit}, not {entry['exit']}: {outcome.stderr.strip()[:200]}"
    if outcome.exit == 1:
        yield from check_exit_1(outcome)
    if outcome.exit in (1, 3):
        yield from check_message(entry, outcome)
    info = command.run([cli, "info", str(path)], folder=place.folder)
    yield from (f"info: {r}" for r in info.trouble())
    if info.crash is None and info.exit not in (0, 1, 3):
        yield f"info: exit {info.exit}"


def bad_list(cli, folder, entries, wanted, report):
    with tempfile.TemporaryDirectory() as root:
        place = Workplace(root)
        for entry in entries:
            if not wanted or any(w in entry["file"] for w in wanted):
                report.line(entry["file"], check_bad(cli, folder / entry["file"], entry, place))


def bad(cli, wanted, report):
    bad_list(cli, FIXTURES, json.loads((FIXTURES / "bad.json").read_text()), wanted, report)


def big(cli, wanted, report):
    with tempfile.TemporaryDirectory() as root:
        subprocess.run([sys.executable, str(HERE / "big-bad.py"), root], check=True, stdout=subprocess.DEVNULL)
        folder = pathlib.Path(root)
        bad_list(cli, folder, json.loads((folder / "big-bad.json").read_text()), wanted, report)


# An activation dump: what each neuron did, under every set of parameters.

def check_dump_run(cli, path, entry, params, layers, place):
    outcome = dump_figures.analyze(cli, path, params, folder=place.folder)
    yield from outcome.trouble()
    yield from place.complaints()
    if outcome.exit != entry["exit"]:
        yield f"exit {outcome.exit}, not {entry['exit']}: {outcome.stderr.strip()[:200]}"
    if outcome.exit in (0, 1):
        try:
            found = dump_figures.answer(outcome.stdout)
            yield from dump_figures.check(layers, params, found.tables)
            yield from (f"no note has {word!r}: {found.said()!r}" for word in entry["notes"] if word not in found.said())
        except (ValueError, KeyError, IndexError, TypeError) as error:
            yield f"cannot use the output: {error!r}"


def check_bad_dump(cli, path, entry, place):
    outcome = dump_figures.analyze(cli, path, {}, folder=place.folder)
    yield from outcome.trouble()
    yield from place.complaints()
    if outcome.exit not in entry["exits"]:
        yield f"exit {outcome.exit}, not {entry['exits']}: {outcome.stderr.strip()[:200]}"
    if outcome.exit > 1 and outcome.stderr.count("\n") != 1:
        yield f"no single line on stderr: {outcome.stderr[:200]!r}"
    said = outcome.stderr + (dump_figures.answer(outcome.stdout).said() if outcome.exit == 1 else "")
    yield from (f"no word of {word!r}: {said[:200]!r}" for word in entry["words"] if word not in said)


def dump_reasons(cli, path, entry, place):
    if "runs" not in entry:
        yield from check_bad_dump(cli, path, entry, place)
        return
    for params, layers in entry["runs"]:
        yield from (f"{params}: {r}" for r in check_dump_run(cli, path, entry, params, layers, place))
    params, layers = entry["runs"][0]
    for order in ("original", "frequency"):
        cells = dump_figures.analyze(cli, path, {**params, "order": order}, "--table", "frequency", form="csv", folder=place.folder)
        yield from (f"{order}: {r}" for r in dump_figures.check_map(layers, cells.stdout, order))


def dump_list(reasons_of, cli, folder, entries, wanted, report):
    with tempfile.TemporaryDirectory() as root:
        place = Workplace(root)
        for entry in entries:
            if not wanted or any(w in entry["file"] for w in wanted):
                report.line(entry["file"], reasons_of(cli, folder / entry["file"], entry, place))


def dumps(cli, wanted, report):
    dump_list(dump_reasons, cli, FIXTURES / "dumps", json.loads((FIXTURES / "dumps.json").read_text()), wanted, report)


def ways_to_run(cli):
    """Threads, instruction sets as far as this processor has them, and both ways of reading."""
    levels = [line.split()[0] for line in command.run([cli, "list", "kernels"]).stdout.splitlines() if line]
    yield from (([], ["--threads", str(n)]) for n in (1, 2, 3, 8, 16))
    for level in levels:
        for reading in ("map", "copy"):
            yield [f"SPARSOSCOPE_ISA={level}", f"SPARSOSCOPE_READ={reading}"], ["--threads", "3"]


def results_text(stdout):
    """What is said of the file, byte for byte; before it stand the threads and the instruction set."""
    return stdout[stdout.index('"results"'):]


def check_same_bytes(cli, path, place):
    reference = None
    for environment, words in ways_to_run(cli):
        outcome = dump_figures.analyze(cli, path, {}, *words, environment=environment, folder=place.folder)
        if outcome.exit != 0:
            yield f"{environment} {words}: exit {outcome.exit}: {outcome.stderr.strip()[:200]}"
            continue
        reference = reference or results_text(outcome.stdout)
        if results_text(outcome.stdout) != reference:
            yield f"{environment} {words}: other bytes"


def big_dump_reasons(cli, path, entry, place):
    yield from dump_reasons(cli, path, entry, place)
    yield from check_same_bytes(cli, path, place)


def big_dumps(cli, wanted, report):
    with tempfile.TemporaryDirectory() as root:
        subprocess.run([sys.executable, str(HERE / "big-dumps.py"), root], check=True, stdout=subprocess.DEVNULL)
        folder = pathlib.Path(root)
        entries = json.loads((folder / "big-dumps.json").read_text())
        dump_list(big_dump_reasons, cli, folder, entries, wanted, report)
        dump_list(lambda cli, path, entry, place: check_same_bytes(cli, path, place), cli, FIXTURES / "dumps",
                  [{"file": name} for name in ("special.safetensors", "codes.safetensors", "every-dtype-rank-3.safetensors")],
                  wanted, report)


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    cli = str(pathlib.Path(arguments[0]).resolve())
    kinds = {"good": good, "bad": bad, "big": big, "dumps": dumps, "big-dumps": big_dumps}
    chosen = [kinds[arguments[1]]] if len(arguments) > 1 else kinds.values()
    report = Report()
    for kind in chosen:
        kind(cli, arguments[2:], report)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
