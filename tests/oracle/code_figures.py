#!/usr/bin/python3
# Recorded codes on the command line, stored in every way, alone and beside the autoencoder they are of, against NumPy's figures.
# SPDX-License-Identifier: GPL-3.0-or-later
"""code_figures.py CLI

Standard library only.  The figures are codes.json's, written by make-fixtures.py."""

import array
import collections
import json
import pathlib
import random
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
from code_bad import write  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import FIXTURES, TESTS, Result, differ, near  # noqa: E402

SAE = FIXTURES / "saes/saelens-topk"
ASSUMED = {"features": "one more than the largest index", "tokens": "up to the last at which a feature fires"}


def analyze(cli, *arguments):
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", *map(str, arguments)])
    return outcome, Result(outcome.stdout) if outcome.exit == 0 else None


def check_notes(notes, assumed):
    for word, text in ASSUMED.items():
        if any(text in note for note in notes) != (word in assumed.split()):
            yield f"notes on {word}: {notes}"


def check_rows(rows, figures, test):
    features = figures["features"]
    yield from differ("firings", [r["fired"] for r in rows], features["fires"][TESTS[test]], relative=0, absolute=0)
    yield from differ("the density", [r["density"] for r in rows], [n / figures["tokens"] for n in features["fires"][TESTS[test]]],
                      absolute=0)
    yield from differ("the mean code", [r["mean"] for r in rows],
                      [s / n if n else None for s, n in zip(figures["sums"][TESTS[test]], features["fires"][TESTS[test]])])


def check_features(rows, figures, per_row):
    features = figures["features"]
    yield from differ("the largest code", [r["max"] for r in rows], [max(m, 0) for m in features["max"]], relative=1e-6, absolute=0)
    yield from differ("the longest silence", [r["longest_silence"] for r in rows], features["longest_gap"], relative=0, absolute=0)
    yield from differ("tokens since it fired", [r["silent"] for r in rows], [figures["tokens"] - 1 - i for i in features["last"]],
                      relative=0, absolute=0)
    yield from differ("sequences", [r["sequences"] for r in rows], figures["sequences"][str(per_row)], relative=0, absolute=0)


def check_summary(result, figures):
    summary = result.named("summary")
    wanted = {"features": figures["n"], "tokens": figures["tokens"], "l0": figures["l0"], "l1": figures["l1"]}
    yield from (f"{key} is {summary[key]}, not {value}" for key, value in wanted.items() if not near(summary[key], value))
    norm = [note for note in result.result["notes"] if "of their magnitudes, is" in note]
    if len(norm) != 1 or not norm[0].endswith(f" is {figures['l1_norm']:.2f}."):
        yield f"{norm}, not {figures['l1_norm']}"
    yield from differ("tokens by L0", [r["tokens"] for r in result.rows("l0")], figures["l0_histogram"], relative=0, absolute=0)


def check_tops(result, figures):
    found = [(r["neuron"], r["token"]) for r in result.rows("top_tokens")]
    wanted = [(int(i), token) for i, tokens in figures["top"].items() for token in tokens]
    if found != wanted:
        yield f"the most active tokens are {found}, not {wanted}"


def check_case(cli, case, figures):
    neurons = [f"--neuron=0:{i}" for i in figures["top"]]
    for test in TESTS:
        outcome, result = analyze(cli, FIXTURES / case["path"], "-s", f"sae-features.fires={test}", *neurons)
        yield from outcome.trouble()
        if result is None:
            yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
            return
        rows = result.rows("features")
        yield from check_rows(rows, figures, test)
        if test == "above-0":
            yield from check_features(rows, figures, case["per_row"])
            yield from check_summary(result, figures)
            yield from check_tops(result, figures)
            yield from check_notes(result.result["notes"], case["assumed"])


def check_threads(cli, path):
    """The same results, whoever reads them."""
    found = [analyze(cli, FIXTURES / path, "-j", n)[1].result for n in (1, 2, 3, 16)]
    if any(result != found[0] for result in found):
        yield "other results on other numbers of threads"


def check_join(cli, path, assumed, figures, geometry):
    """The autoencoder says how many features there are, and gives their directions."""
    outcome, result = analyze(cli, SAE, FIXTURES / path)
    yield from outcome.trouble()
    if result is None:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
        return
    rows = result.rows("features")
    yield from check_rows(rows, figures, "above-0")
    yield from differ("the decoder's norm", [r["decoder_norm"] for r in rows], geometry["decoder_norms"])
    yield from differ("the cosine", [r["encoder_decoder_cosine"] for r in rows], geometry["encoder_decoder_cosines"], absolute=1e-5)
    yield from differ("the neighbour", [r["neighbour"] for r in rows], geometry["nearest_decoder"]["index"], relative=0, absolute=0)
    yield from check_notes(result.result["notes"], assumed.replace("features", ""))
    if "reconstruction" in result.result["tables"]:
        yield "codes alone say nothing of what is lost"


def check_order(cli, d):
    """Activations go before codes, unless these are asked for; values of pairs that are as wide as the input are no activations."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "codes.safetensors"
        pairs = {"top_indices": ("I64", (3, d), list(range(d)) * 3), "top_acts": ("F32", (3, d), [1.0] * 3 * d)}
        write(path, pairs)
        _, alone = analyze(cli, SAE, path)
        asked = "-s", "sae-features.activations=top_acts"
        both = [analyze(cli, SAE, path, FIXTURES / "saes/x.safetensors", *more)[1] for more in ((), asked)]
    tokens = [result.named("summary")["tokens"] for result in (alone, *both)]
    if tokens != [3, 600, 3]:
        yield f"of {tokens} tokens"
    if [r["fired"] for r in alone.rows("features")] != [3 if i < d else 0 for i in range(len(alone.rows("features")))]:
        yield "values were taken for activations"


def check_choice(cli):
    """Of two, those of the autoencoder, though others were opened before."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "others.safetensors"
        write(path, {"top_indices": ("I64", (3, 1), [0, 1, 40]), "top_acts": ("F32", (3, 1), [1.0] * 3)})
        _, result = analyze(cli, SAE, path, FIXTURES / "codes/scipy-csr.npz")
    if result.named("summary")["tokens"] != 64:
        yield f"of {result.named('summary')['tokens']} tokens"


def check_cut(cli):
    """Codes alone have no directions, and running again would not give them any."""
    _, result = analyze(cli, FIXTURES / "codes/dense.npz", "-s", "sae-features.cut=0.1")
    if result.named("summary")["ultra_low"] < 2 or any("run again" in note for note in result.result["notes"]):
        yield f"notes are {result.result['notes']}"


def check_mask(cli):
    """What is masked out is not looked at, whatever stands there."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "codes.safetensors"
        write(path, {"top_indices": ("I32", (4, 2), [0, 1, 99, -5, 1, 2, 2, 0]), "top_acts": ("F32", (4, 2), [1.0] * 8),
                     "shape": ("I64", (2,), [4, 3]), "mask": ("I32", (4,), [1, 0, 1, 1])})
        outcome, result = analyze(cli, path)
    if result is None:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
    elif [r["fired"] for r in result.rows("features")] != [2, 2, 2]:
        yield f"firings are {[r['fired'] for r in result.rows('features')]}"


def check_texts(cli):
    """Each split has all tokens."""
    _, result = analyze(cli, FIXTURES / "codes/splits", HERE.parent.parent / "data/sample/relu", "--neuron=0:0")
    if any(row.get("text") is None for row in result.rows("top_tokens")):
        yield "the tokens have no texts"


def layouts(t, k, n, indices, values):
    """The same codes as pairs, rows and entries, of several blocks each."""
    shape, flat = ("I64", (2,), [t, n]), ("F32", (t * k,), values)
    locations = array.array("q", (x for i, feature in enumerate(indices) for x in (i // k, feature)))
    return {"pairs": {"idx": ("I64", (t, k), indices), "val": ("F32", (t, k), values), "shape": shape},
            "rows": {"indptr": ("I64", (t + 1,), range(0, t * k + 1, k)), "indices": ("I64", (t * k,), indices), "data": flat,
                     "shape": shape},
            "entries": {"locations": ("I64", (t * k, 2), locations), "activations": flat, "shape": shape}}


def check_many(cli, t, k, n):
    """In no order, some features several times at a token, tokens and entries of more than a block."""
    indices, values = random.choices(range(n), k=t * k), [i / 16 for i in random.choices(range(1, 128), k=t * k)]
    fired, total, most, added = [0] * n, [0.0] * n, [0.0] * n, 0
    for token in range(t):
        codes = collections.defaultdict(float)
        for feature, value in zip(indices[token * k : (token + 1) * k], values[token * k : (token + 1) * k]):
            codes[feature] += value
        added += k - len(codes)
        for feature, value in codes.items():
            fired[feature] += 1
            total[feature] += value
            most[feature] = max(most[feature], value)
    means = [a / b if b else None for a, b in zip(total, fired)]
    for layout, tensors in layouts(t, k, n, indices, values).items():
        with tempfile.TemporaryDirectory() as folder:
            write(pathlib.Path(folder) / "codes.safetensors", tensors)
            outcome, result = analyze(cli, pathlib.Path(folder) / "codes.safetensors")
        yield from outcome.trouble()
        rows = result.rows("features")
        yield from differ(f"firings of {layout}", [r["fired"] for r in rows], fired, relative=0, absolute=0)
        yield from differ(f"the mean of {layout}", [r["mean"] for r in rows], means, relative=1e-12)
        yield from differ(f"the largest of {layout}", [r["max"] for r in rows], most, relative=0, absolute=0)
        if not any(note.startswith(f"{added} codes are of a feature that their token has already") for note in result.result["notes"]):
            yield f"{layout}: notes are {result.result['notes']}, not on {added} codes"


def main():
    cli, report = sys.argv[1], Report()
    figures = json.loads((FIXTURES / "codes.json").read_text())
    sae = next(c for c in json.loads((FIXTURES / "saes.json").read_text())["cases"] if c["path"] == "saes/saelens-topk")
    for case in figures["cases"]:
        report.line(case["path"], check_case(cli, case, figures))
        report.line(case["path"] + " beside an autoencoder", check_join(cli, case["path"], case["assumed"], figures, sae["geometry"]))
    for path in ("codes/pairs.safetensors", "codes/splits", "codes/scipy-csr.npz", "codes/dense.npz"):
        report.line(path + " by threads", check_threads(cli, path))
    random.seed(1)
    for size in ((9001, 3, 50), (300, 17, 60), (200, 33, 400), (60, 200, 5000), (5000, 300, 1000)):
        report.line("{} tokens with {} of {} features".format(*size), check_many(cli, *size))
    report.line("activations before codes", check_order(cli, sae["d"]))
    report.line("codes of two autoencoders", check_choice(cli))
    report.line("a cut without directions", check_cut(cli))
    report.line("masked tokens", check_mask(cli))
    report.line("texts of splits", check_texts(cli))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
