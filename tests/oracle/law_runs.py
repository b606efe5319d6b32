#!/usr/bin/python3
# The law of a training run measured from its checkpoints: each point against ppl-p on that folder alone, the fit against SciPy.
# SPDX-License-Identifier: GPL-3.0-or-later
"""law_runs.py CLI TREE    TREE: the project's own folder, whose sample has the run

Points to the last bit, coefficients to 1e-4 of SciPy's from several starts of the same formula.  Without SciPy the rest is compared."""

import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import command  # noqa: E402
import dump_figures  # noqa: E402
from compare import Report  # noqa: E402

CLI, TREE = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
RUN, TEXT = TREE / "data/sample/checkpoints", TREE / "data/sample/text/heldout.txt"
STEPS = (0, 25, 50, 100, 200, 400, 800, 1600)
QUICK = {"tokens": 512}


def analyze(paths, analysis, params, *words, text=TEXT):
    sets = [word for key, value in params.items() for word in ("--set", f"{analysis}.{key}={value}")]
    role = ["--as", f"text={text}"] if text else []
    return command.run([CLI, "analyze", *map(str, paths), "-a", analysis, *role, *sets, *(words or ("--format", "json"))])


def law(path, text=TEXT, **params):
    """→ (outcome, what it found or None)"""
    outcome = analyze([path], "activation-law", {key.replace("_", "-"): value for key, value in params.items()}, text=text)
    return outcome, dump_figures.answer(outcome.stdout) if outcome.stdout else None


def alone(folder, params):
    """Of ppl-p: ratio, its error, tau, how it was found."""
    row = dump_figures.answer(analyze([folder], "ppl-p", params).stdout).tables["answers"][0]
    return row["activation_ratio"], row["standard_error"], row["tau"], row["state"]


def check_points(rows, params):
    if [row["checkpoint"] for row in rows] != [f"step-{step:05}" for step in STEPS]:
        yield f"checkpoints are {[row['checkpoint'] for row in rows]}"
    for row in rows:
        have = row["activation_ratio"], row["standard_error"], row["tau"], row["state"]
        if have != (want := alone(RUN / row["checkpoint"], params)):
            yield f"{row['checkpoint']}: {have}, but alone {want}"


def log_space(d, alpha, b, c, a0):
    import numpy
    return numpy.exp(-c * d ** alpha + b) + a0


def fit(d, ratios):
    """D in its geometric mean, so that SciPy too finds its way; c back to D."""
    import numpy
    from scipy import optimize
    center, best = float(numpy.exp(numpy.mean(numpy.log(d)))), None
    for alpha in (0.5, 1.0, 1.5, 2.0):
        for a0 in (0.0, 0.9 * min(ratios)):
            try:
                coefs, _ = optimize.curve_fit(log_space, d / center, ratios, (alpha, math.log(max(ratios)), 0.5, a0), method="lm",
                                              ftol=1e-15, xtol=1e-15, gtol=1e-15, maxfev=100000)
            except RuntimeError:
                continue
            squares = float(numpy.sum((log_space(d / center, *coefs) - ratios) ** 2))
            best = (squares, coefs) if best is None or squares < best[0] else best
    alpha, b, c, a0 = map(float, best[1])
    return {"alpha": alpha, "b": b, "c": c * center ** -alpha, "A0": a0, "mse": best[0] / len(d)}


def check_fit(found, unit):
    try:
        import numpy
        import scipy  # noqa: F401
    except ImportError:
        print("no SciPy: the fit is not compared")
        return
    rows = [row for row in found.tables["points"] if row["use"] == "used"]
    column = "tokens" if unit == 1e9 else "steps"
    want = fit(numpy.array([row[column] for row in rows]) / unit, numpy.array([row["ratio"] for row in rows]))
    have = found.tables["laws"][0]
    for name, value in want.items():
        if not math.isclose(have[name], value, rel_tol=1e-4):
            yield f"{name} is {have[name]}, SciPy {value}"


def check_sample():
    """p = 1, tokens from tokens.json; step 0 has no point: tokens are 0."""
    outcome, found = law(RUN)
    yield from outcome.trouble()
    rows = found.tables["checkpoints"]
    yield from check_points(rows, {"p": 1})
    for row, step in zip(rows, STEPS):
        if (row["steps"], row["tokens"], row["trained"]) != (step, 2048 * step, "tokens.json"):
            yield f"{row['checkpoint']}: {row['steps']} steps, {row['tokens']} tokens by {row['trained']}"
    points = {row["tokens"]: row["ratio"] for row in found.tables["points"] if row["use"] == "used"}
    if points != {row["tokens"]: row["activation_ratio"] for row in rows if row["tokens"] > 0 and row["state"] != "never-reached"}:
        yield f"points are {points}"
    yield from check_fit(found, 1e9)
    yield from check_again(found)


def check_again(found):
    """What was measured, written and read again, gives the same fit."""
    with tempfile.TemporaryDirectory() as root:
        path = pathlib.Path(root) / "checkpoints.json"
        outcome = analyze([RUN], "activation-law", {}, "--format", "columns", "--table", "measured", "-o", str(path))
        yield from outcome.trouble()
        document = json.loads(path.read_text())
        if list(document) != ["token_passed", "activation_ratio"]:
            yield f"measured has {list(document)}"
        again = law(path, text=None)[1]
        if again is None or again.tables["laws"] != found.tables["laws"]:
            yield "read again it has another fit"


def check_settings():
    """p and the window reach the search; the reference's convention is its own way to τ."""
    for params in ({"p": 5, **QUICK, "window": 128}, {"p": 2, "tokens": 128, "window": 64, "convention": "reference"}):
        outcome, found = law(RUN, **params)
        yield from outcome.trouble()
        yield from check_points(found.tables["checkpoints"], params)


# --- runs made of the sample's checkpoints ------------------------------------------------------------

def make(root, names, **files):
    """Folders of these names, as the sample's checkpoints in turn, with its tokenizer."""
    folder = pathlib.Path(root) / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(RUN / "tokenizer.json", folder)
    for name, step in names.items():
        if step is None:
            (folder / name).mkdir()
        else:
            shutil.copytree(RUN / f"step-{step:05}", folder / name)
    for name, document in files.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


def check_said(found, *words):
    said = " ".join(found.notes)
    yield from (f"no note has {word!r}: {said!r}" for word in words if word not in said)


def check_steps(root):
    folder = make(root, {f"checkpoint-{step}": step for step in STEPS[1:]})
    outcome, found = law(folder, **QUICK)
    yield from outcome.trouble()
    yield from check_said(found, "D is steps of training")
    if [row.get("steps") for row in found.tables["points"]] != list(STEPS[1:]):
        yield f"points {found.tables['points']}"
    if "training steps D" not in command.document(outcome.stdout)["results"][0]["definition"]:
        yield "the definition does not speak of steps"
    yield from check_fit(found, 1)
    path = pathlib.Path(root) / "run.json"
    analyze([folder], "activation-law", QUICK, "--format", "columns", "--table", "measured", "-o", str(path))
    if law(path, text=None)[1].tables["laws"] != found.tables["laws"]:
        yield "steps read again have another fit"
    tokens = law(folder, **QUICK, per_step=2048)[1]
    if [row.get("tokens") for row in tokens.tables["points"]] != [2048 * step for step in STEPS[1:]]:
        yield f"with tokens per step: {tokens.tables['points']}"
    yield from check_beside_others(folder)


def check_beside_others(folder):
    """Steps have no place beside tokens, unless it is known what a step is."""
    other = pathlib.Path(__file__).resolve().parents[1] / "fixtures/laws/relu.txt"
    for params, problem in ((QUICK, "it is by steps"), ({**QUICK, "per-step": 2048}, "")):
        rows = dump_figures.answer(analyze([folder, other], "activation-law", params).stdout).tables["laws"]
        have = {row["series"]: row["note"] or "" for row in rows}
        if set(have) != {"run", "relu"} or have["relu"] or not have["run"].startswith(problem) or bool(have["run"]) != bool(problem):
            yield f"beside others, {params}: {have}"


def check_bad(root):
    """One bad one is a row; the others are measured."""
    folder = make(root, {"step-50": 50, "step-100": 100, "step-200": 200, "logs": None, "step-400": 400, "last": 1600, "20tokens": 800})
    weights = folder / "step-200" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    (folder / "step-400" / "config.json").write_text('{"model_type": "mystery"}')
    outcome, found = law(folder, **QUICK)
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr}"
    rows = {row["checkpoint"]: row for row in found.tables["checkpoints"]}
    for name, words in (("logs", "no config.json"), ("step-200", "model.safetensors: "), ("step-400", "mystery"), ("last", "nothing says"),
                        ("step-50", "only the steps")):
        if words not in (rows[name]["note"] or ""):
            yield f"{name}: {rows[name]['note']!r}"
    for name in ("step-50", "step-100", "last", "20tokens"):
        if rows[name]["activation_ratio"] is None:
            yield f"{name} was not measured"
    if [row["tokens"] for row in found.tables["points"]] != [20]:
        yield f"points {found.tables['points']}"


def check_few(root):
    """Too little for a curve is a note, not a failure."""
    for names, said in (({"step-50": 50}, "1 point is too few"), ({"first": 50, "second": 100}, "nothing says how far"),
                        ({f"{c}-100": step for c, step in zip("abcdef", STEPS[1:])}, "too few different numbers of tokens, 1")):
        outcome, found = law(make(root, names), **QUICK)
        yield from outcome.trouble()
        if outcome.exit != 0 or found.tables["laws"][0]["mse"] is not None:
            yield f"{names}: exit {outcome.exit}, {outcome.stderr}"
        yield from check_said(found, said)


def check_refused(root):
    folder = make(root, {"step-1": None, "step-2": None})
    for path, text, status, words in ((folder, TEXT, 3, "no model file"), (RUN, None, 2, "--as text=PATH"),
                                      (RUN, folder / "absent.txt", 3, "absent.txt"), (RUN, folder, 3, "choose a text")):
        outcome = law(path, text=text)[0]
        if outcome.exit != status or words not in outcome.stderr:
            yield f"{path} on {text}: exit {outcome.exit}, {outcome.stderr!r}"
    os.mkfifo(pathlib.Path(root) / "pipe.txt")
    outcome = law(RUN, text=pathlib.Path(root) / "pipe.txt")[0]
    if outcome.exit != 3 or "pipe.txt" not in outcome.stderr:
        yield f"pipe: exit {outcome.exit}, {outcome.stderr!r}"


def check_stopped(root):
    """What was measured is written, and says that it is a part."""
    folder = make(root, {f"step-{n}": 1600 for n in range(1, 80)})
    out = pathlib.Path(root) / "stopped.json"
    process = subprocess.Popen([CLI, "analyze", str(folder), "-a", "activation-law", "--as", f"text={TEXT}", "--format", "json", "-o",
                                str(out)], stderr=subprocess.PIPE)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    process.communicate(timeout=60)
    waited = time.monotonic() - begin
    if process.returncode != 130 or (waited > 1 and not command.SANITIZED):
        yield f"exit {process.returncode} after {waited:.2f} s"
    found = dump_figures.answer(out.read_text())
    n = sum(row["activation_ratio"] is not None for row in found.tables["checkpoints"])
    if not 0 < n < 79 or "partial results" not in found.notes[0] or len(found.tables["points"]) != n:
        yield f"{n} measured, {found.notes[:1]}"


def main():
    report = Report()
    report.line("the sample's run", check_sample())
    report.line("settings", check_settings())
    with tempfile.TemporaryDirectory() as root:
        for name, check in (("steps", check_steps), ("bad ones", check_bad), ("few", check_few), ("refused", check_refused),
                            ("stopped", check_stopped)):
            report.line(name, check(root))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
