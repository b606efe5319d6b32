#!/usr/bin/python3
# PPL-p% sparsity of real models by the command line against what the oracle found (ppl-p.json).
# SPDX-License-Identifier: GPL-3.0-or-later
"""ppl-p.py CLI TREE [NAME…]    NAME: relu, silu, stories260k; TREE: the project's own folder

relu and silu are the sample's; stories260k is taken where it lies beside the tree.  By the convention of Sparsing Law's code τ and
the activation ratio of each p, and thresholds and ratios by layer, are right to 1e-3 of themselves, losses to 1e-5.  Ours may be off by
5 %, as perplexity trembles: that of stories260k stays within 0.3 % of 5 % more from τ = 0.180 to 0.188; thresholds are those of the τ it
found to 1 %, and ratios by layer to 3 %, by a line through logarithms of what the oracle found at two; together these ratios are the
answer's to 1 %.  Standard library only."""

import json
import math
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "oracle"))
import command  # noqa: E402
from compare import Report  # noqa: E402

EXACT, LOSS, OURS, ERRORS, LINE, RATIO = 1e-3, 1e-5, 5e-2, 5e-3, 1e-2, 3e-2
SAMPLE, BESIDE = "data/sample", "../shared/data"
MODELS = {"relu": (f"{SAMPLE}/relu", f"{SAMPLE}/text/heldout.txt", "relu-mended"),
          "silu": (f"{SAMPLE}/silu", f"{SAMPLE}/text/heldout.txt", "silu"),
          "stories260k": (f"{BESIDE}/stories260k", f"{BESIDE}/text/tinystories_sample.txt", "stories260k")}


def far(name, have, want, tolerance):
    if have is None or not math.isclose(have, want, rel_tol=tolerance):
        yield f"{name} is {have}, not {want}"


def by_name(table):
    return [dict(zip([c["name"] for c in table["columns"]], row)) for row in table["rows"]]


def check_dense(summary, want):
    facts = {row["name"]: row["value"] for row in summary}
    for name in ("tokens", "predicted", "window"):
        yield from far(name, facts.get(name), want[name], 0)
    yield from far("loss", facts.get("loss"), want["loss"], LOSS)
    yield from far("perplexity", facts.get("perplexity"), want["perplexity"], LOSS)


def check_answers(answers, want, tolerance):
    for expected in want["percents"]:
        found = next((row for row in answers if row["p"] == expected["p"]), {})
        yield from far(f"p {expected['p']}: tau", found.get("tau"), expected["tau"], tolerance)
        yield from far(f"p {expected['p']}: ratio", found.get("activation_ratio"), expected["ratio"], tolerance)


def check_layers(rows, want):
    """They are those of the answer to the first p."""
    first = want["percents"][0]
    if len(rows) != len(first["ratios"]):
        yield f"{len(rows)} layers, not {len(first['ratios'])}"
    for row, threshold, ratio in zip(rows, first["thresholds"], first["ratios"]):
        yield from far(f"threshold of layer {row['layer']}", row["threshold"], threshold, EXACT)
        yield from far(f"ratio of layer {row['layer']}", row["activation_ratio"], ratio, EXACT)


RULES = {"exact zero": "zero", "FAT": "fat", "top k": "topk"}


def check_rules(points, want):
    for expected in want["others"]:
        found = next((row for row in points if row["rule"] == RULES[expected["rule"]] and
                      (expected.get("value") is None or math.isclose(row["value"], expected["value"]))), {})
        name = f"{expected['rule']} {expected.get('value', '')}"
        yield from far(name + ": ratio", found.get("activation_ratio"), expected["ratio"], EXACT)
        yield from far(name + ": loss", found.get("loss"), expected["loss"], EXACT)
        yield from far(name + ": standard error", found.get("ratio_error"), found.get("ratio", 0) * expected["loss_error"], ERRORS)


def analyze(cli, tree, name, **settings):
    """→ (outcome, tables by name)"""
    folder, text, _ = MODELS[name]
    settings = {"window": 256, "tokens": 0, **settings}
    words = [word for key, value in settings.items() for word in ("--set", f"ppl-p.{key}={value}")]
    outcome = command.run([cli, "analyze", str(tree / folder), "-a", "ppl-p", "--as", f"text={tree / text}", *words, "--format", "json"])
    if outcome.exit != 0:
        return outcome, None
    return outcome, {key: by_name(table) for key, table in command.document(outcome.stdout)["results"][0]["tables"].items()}


def line_at(tau, percents, key, layer):
    """The layer's threshold or ratio at tau, by the oracle's two next to it."""
    near = sorted(percents, key=lambda one: abs(math.log(one["tau"] / tau)))[:2]
    (x, y), (x1, y1) = ((math.log(one["tau"]), math.log(one[key][layer])) for one in near)
    return math.exp(y + (y1 - y) * (math.log(tau) - x) / (x1 - x))


def check_list(cli, tree, name, at, want):
    """Of thresholds for p = at, whatever was measured next to it."""
    outcome, tables = analyze(cli, tree, name, at=at)
    if tables is None:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()[:300]}"
        return
    answer, row = next(row for row in tables["answers"] if row["p"] == at), tables["thresholds"][0]
    yield from far("tau of the list", row["tau"], answer["tau"], 1e-12)
    listed = [float(word) for word in row["thresholds"].removeprefix("thresholds=").split(",")]
    if len(listed) != len(want["percents"][0]["thresholds"]):
        yield f"{len(listed)} thresholds"
    for layer, threshold in enumerate(listed):
        yield from far(f"threshold {layer} of the list", threshold, line_at(row["tau"], want["percents"], "thresholds", layer), LINE)
    for layer, found in enumerate(tables["layers"]):
        yield from far(f"threshold of layer {layer}", found["threshold"], listed[layer], 1e-12)
        yield from far(f"ratio of layer {layer}", found["activation_ratio"], line_at(row["tau"], want["percents"], "ratios", layer), RATIO)
    mean = sum(found["activation_ratio"] for found in tables["layers"]) / len(listed)
    yield from far("ratio of all layers", mean, answer["activation_ratio"], LINE)


def check_nothing(cli, tree, name, want):
    """Left out, p = 0: what is exactly 0 is inactive."""
    outcome, tables = analyze(cli, tree, name, p=0)
    if tables is None:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()[:300]}"
        return
    zero = next(one for one in want["others"] if one["rule"] == "exact zero")
    yield from far("ratio", tables["answers"][0]["activation_ratio"], zero["ratio"], EXACT)


def check(cli, tree, name, convention, want):
    outcome, tables = analyze(cli, tree, name, convention=convention, rules="all")
    if tables is None:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()[:300]}"
        return
    yield from check_dense(tables["summary"], want)
    yield from check_answers(tables["answers"], want, EXACT if convention == "reference" else OURS)
    yield from check_rules(tables["points"], want)
    if convention == "reference":
        yield from check_layers(tables["layers"], want)


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    cli, tree, report = str(pathlib.Path(arguments[0]).resolve()), pathlib.Path(arguments[1]).resolve(), Report()
    expected = json.loads((HERE / "ppl-p.json").read_text())
    for name in arguments[2:] or MODELS:
        if not (tree / MODELS[name][0]).is_dir():
            print(f"skipped: {name} is not here")
            return 77
        for convention in ("reference", "ours", "exact"):
            report.line(f"{name} {convention}", check(cli, tree, name, convention, expected[MODELS[name][2]]))
        report.line(f"{name} nothing left out", check_nothing(cli, tree, name, expected[MODELS[name][2]]))
        for one in expected[MODELS[name][2]]["percents"]:
            report.line(f"{name} list for {one['p']} %", check_list(cli, tree, name, one["p"], expected[MODELS[name][2]]))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
