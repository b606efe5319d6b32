#!/usr/bin/python3
# The features of a sparse autoencoder on the command line, of every layout, against an oracle's figures.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_figures.py CLI [NAME…]        only cases whose path has the NAME in it

Standard library only.  The figures are saes.json's, written by make-fixtures.py with NumPy from the formulas of each library."""

import json
import math
import pathlib
import shutil
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_noise import noisy_law  # noqa: E402

FIXTURES = HERE.parent / "fixtures"
TESTS = {"above-0": "positive", "not-0": "nonzero", "above-1e-3": "above_1e-3", "beyond-1e-6": "magnitude_above_1e-6"}
MEASURES = {"mse": "mse", "mse_per_input": "mse_per_input", "fvu": "fvu", "explained_variance": "explained_variance",
            "fve_dictionary_learning": "fve_dictionary_learning", "ev_legacy": "ev_legacy", "ev_saelens": "ev_new",
            "nmse_openai": "nmse_per_token", "l2_loss": "l2_loss", "cosine": "cosine", "l2_ratio": "l2_ratio",
            "relative_reconstruction_bias": "relative_reconstruction_bias"}


def near(a, b, relative=2e-6, absolute=2e-6):
    if a is None or b is None:
        return a is b or (a is None and isinstance(b, float) and math.isnan(b))
    return abs(a - b) <= relative * abs(b) + absolute


class Result:
    def __init__(self, text):
        self.result = json.loads(text)["results"][0]

    def rows(self, table):
        found = self.result["tables"][table]
        names = [c["name"] for c in found["columns"]]
        return [dict(zip(names, row)) for row in found["rows"]]

    def named(self, table, key="name", value="value"):
        return {row[key]: row[value] for row in self.rows(table)}


def differ(what, found, wanted, **how):
    for i, (a, b) in enumerate(zip(found, wanted)):
        if not near(a, b, **how):
            yield f"{what} of {i} is {a}, not {b}"
            return
    if len(found) != len(wanted):
        yield f"{len(found)} of {what}, not {len(wanted)}"


def check_facts(result, case):
    facts = result.named("autoencoder")
    wanted = {"layout": case["layout"], "activation": case["activation"], "inputs": str(case["d"]), "features": str(case["n"])}
    if case["k"]:
        wanted["k"] = str(case["k"])
    yield from (f"{key} is {facts[key]}, not {value}" for key, value in wanted.items() if facts[key] != value)


def check_features(result, case, test):
    features = case["features"]
    rows = result.rows("features")
    yield from differ("firings", [r["fired"] for r in rows], features["fires"][TESTS[test]], relative=0, absolute=0)


def check_dense(result, case):
    """What SAEBench counts: features above a density, and what they have of all firings."""
    fires = case["features"]["fires"]["positive"]
    tokens = sum(case["l0_histogram"])
    for rule, limit in (("above-1-percent", 0.01), ("above-10-percent", 0.1), ("dense", 0.01)):
        row = next(r for r in result.rows("dense") if r["rule"] == rule)
        dense = [n for n in fires if n / tokens > limit]
        wanted = {"features": len(dense), "features_share": len(dense) / len(fires), "firings_share": sum(dense) / sum(fires)}
        yield from (f"{rule}: {key} is {row[key]}, not {value}" for key, value in wanted.items() if not near(row[key], value, 1e-12, 0))


def check_case(cli, case):
    result = None
    for test in TESTS:
        outcome = command.run([cli, "analyze", "-a", "sae-features", str(FIXTURES / case["path"]), str(FIXTURES / "saes/x.safetensors"),
                               "--set", f"sae-features.fires={test}"])
        yield from outcome.trouble()
        if outcome.exit != 0:
            yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
            return
        one = Result(outcome.stdout)
        result = result or one
        yield from check_features(one, case, test)
    yield from check_facts(result, case)
    yield from check_dense(result, case)
    rows, features = result.rows("features"), case["features"]
    summary = result.named("summary")
    yield from differ("the largest code", [r["max"] for r in rows], features["max"], relative=1e-5, absolute=1e-5)
    n_fired = features["fires"]["nonzero"]
    yield from differ("the mean code", [r["mean"] for r in rows],
                      [s / n if n else None for s, n in zip(features["sum"], n_fired)], relative=1e-5, absolute=1e-5)
    yield from differ("the longest silence", [r["longest_silence"] for r in rows], features["longest_gap"], relative=0, absolute=0)
    yield from (f"{key} is {summary[key]}, not {case[key]}" for key in ("l0", "l1") if not near(summary[key], case[key], relative=1e-5))
    l0 = [r["tokens"] for r in result.rows("l0")]
    yield from differ("tokens by L0", l0, case["l0_histogram"], relative=0, absolute=0)
    if not case.get("is_transcoder"):
        measures = result.named("reconstruction", "measure")
        yield from (f"{ours} is {measures[ours]}, not {case[theirs]}" for ours, theirs in MEASURES.items()
                    if not near(measures[ours], case[theirs], relative=5e-6))


def analyze(cli, *paths):
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", *map(str, paths)])
    return outcome, Result(outcome.stdout) if outcome.exit == 0 else None


def unlike_law(result, wanted):
    summary = result.named("summary")
    for ours, theirs in (("zipf_alpha", "alpha"), ("zipf_beta", "beta"), ("zipf_r2", "r2")):
        if not near(summary[ours], wanted[theirs], relative=1e-4):
            yield f"{ours} is {summary[ours]}, not {wanted[theirs]}"
    yield from differ("the shortfall", [r["shortfall"] for r in result.rows("features")], wanted["shortfall"], absolute=1e-4)


def check_zipf(cli, case):
    outcome, result = analyze(cli, FIXTURES / case["path"], FIXTURES / "saes/x.safetensors")
    yield from outcome.trouble()
    yield from unlike_law(result, case)


def check_unbounded(cli, path):
    _, result = analyze(cli, FIXTURES / path, FIXTURES / "saes/x.safetensors")
    if (alpha := result.named("summary")["zipf_alpha"]) is not None:
        yield f"alpha is {alpha}, though no power fits better than an exponential"


def write_floats(path, name, shape, values):
    write_all_floats(path, {name: values}, shape)


def write_all_floats(path, tensors, shape):
    n = 4 * math.prod(shape)
    header = json.dumps({name: {"dtype": "F32", "shape": shape, "data_offsets": [i * n, i * n + n]} for i, name in enumerate(tensors)})
    data = b"".join(struct.pack(f"<{len(values)}f", *values) for values in tensors.values())
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + data)


def write_densities(path, densities):
    """As SAELens' sparsity.safetensors."""
    write_floats(path, "sparsity", [len(densities)], [math.log10(q + 1e-10) for q in densities])


def check_codes(cli, case):
    """Codes that were recorded need no autoencoder, which gives their directions."""
    rows = [[row.get(str(i), 0) for i in range(case["n"])] for row in case["codes"]]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "codes.safetensors"
        write_floats(path, "blocks.1.feature_acts", [len(rows), case["n"]], sum(rows, []))
        outcome, result = analyze(cli, path, "--neuron", "0:10", "--neuron", "0:23")
        joined = analyze(cli, FIXTURES / case["path"], path)[1]
    yield from outcome.trouble()
    yield from differ("firings beside the autoencoder", [r["fired"] for r in joined.rows("features")],
                      [r["fired"] for r in result.rows("features")], relative=0, absolute=0)
    yield from differ("the decoder's norm", [r["decoder_norm"] for r in joined.rows("features")], case["geometry"]["decoder_norms"])
    found = result.rows("features")
    tops = [(r["neuron"], r["token"], r["rank"]) for r in result.rows("top_tokens")]
    wanted = [(i, token, rank + 1) for i in (10, 23)
              for rank, token in enumerate(sorted((t for t in range(len(rows)) if rows[t][i] > 0), key=lambda t: -rows[t][i]))]
    if tops != wanted:
        yield f"the most active tokens are {tops}, not {wanted}"
    yield from differ("firings", [r["fired"] for r in found], [sum(c > 0 for c in column) for column in zip(*rows)], relative=0, absolute=0)
    yield from differ("the largest code", [r["max"] for r in found], [max(0, *column) for column in zip(*rows)])
    if not near(result.named("summary")["l0"], sum(c > 0 for row in rows for c in row) / len(rows)):
        yield f"L0 is {result.named('summary')['l0']}"


def analyze_densities(cli, densities, *words):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sparsity.safetensors"
        write_densities(path, densities)
        return analyze(cli, path, *words)


def check_law(cli, densities, wanted, relative):
    outcome, result = analyze_densities(cli, densities)
    yield from outcome.trouble()
    summary = result.named("summary")
    for ours, theirs in (("zipf_alpha", "alpha"), ("zipf_beta", "beta")):
        if not near(summary[ours], wanted[theirs], relative=relative):
            yield f"{ours} is {summary[ours]}, not {wanted[theirs]}"


def check_profile(cli, wanted):
    """Densities that lie on the law give it back."""
    densities = [math.exp(wanted["a"] - wanted["alpha"] * math.log(r + wanted["beta"])) for r in range(wanted["n"])]
    yield from check_law(cli, densities, wanted, relative=1e-3)


def caption_of_ranks(result):
    return next(plot["caption"] for plot in result.result["plots"] if plot["id"] == "ranks")


def check_window(cli, wanted):
    """Ranks are counted from 1 on; the densities are kept as f32 logarithms."""
    first, end = wanted["window"]
    outcome, result = analyze_densities(cli, [n / wanted["tokens"] for n in wanted["fires"]], "-s", f"sae-features.rank-from={first + 1}",
                                        "-s", f"sae-features.rank-to={end}")
    yield from outcome.trouble()
    yield from unlike_law(result, wanted)
    is_part = end - first < sum(n > 0 for n in wanted["fires"])
    if (f"fitted to ranks {first + 1} to {end}." in caption_of_ranks(result)) != is_part:
        yield f"the caption is {caption_of_ranks(result)}"


def check_no_ranks(cli, wanted):
    for first, end in ((100, 4), (10 ** 6, 0), (7, 8)):
        outcome, result = analyze_densities(cli, [n / wanted["tokens"] for n in wanted["fires"]], "-s", f"sae-features.rank-from={first}",
                                            "-s", f"sae-features.rank-to={end}")
        yield from outcome.trouble()
        if result.named("summary")["zipf_alpha"] is not None or any(r["shortfall"] is not None for r in result.rows("features")):
            yield f"ranks {first} to {end} have a law"
        if not any(note.startswith(f"Ranks {first} to {end or 148} of 148 follow no law") for note in result.result["notes"]):
            yield f"ranks {first} to {end}: {result.result['notes']}"
        if "nan" in caption_of_ranks(result) or "no law" not in caption_of_ranks(result):
            yield f"ranks {first} to {end}: the caption is {caption_of_ranks(result)}"


def check_noisy(cli, wanted):
    yield from check_law(cli, noisy_law(wanted["law"]), wanted, relative=1e-4)


def check_valley(cli, wanted):
    outcome, result = analyze_densities(cli, [n / wanted["tokens"] for n in wanted["fires"]])
    yield from outcome.trouble()
    low, high = (10 ** x for x in wanted["between"])
    summary = result.named("summary")
    if summary["dead"] != sum(n == 0 for n in wanted["fires"]):
        yield f"{summary['dead']} are dead"
    if high < 1e-3 and not low <= summary["ultra_low_cut"] <= high:
        yield f"the valley is at {summary['ultra_low_cut']}, not between {low} and {high}"
    doubtful = [note for note in result.result["notes"] if note.startswith("The histogram may not fall apart")]
    if len(doubtful) != (high < 1e-3 and wanted["share"] <= 0.75) or not all(f"{100 * wanted['share']:.0f} %" in note for note in doubtful):
        yield f"of the share {wanted['share']} is said {doubtful}"
    if high < 1e-3 and summary["ultra_low"] != wanted["below"]:
        yield f"{summary['ultra_low']} are of ultra-low density, not {wanted['below']}"


def check_rare(cli, wanted):
    """Whether the features of ultra-low density are one direction."""
    outcome, result = analyze(cli, FIXTURES / wanted["path"], FIXTURES / "saes/x.safetensors", "-s", f"sae-features.cut={wanted['below']}")
    yield from outcome.trouble()
    summary = result.named("summary")
    if summary["ultra_low"] != wanted["n"] or not near(summary["ultra_low_cosine"], wanted["mean"]):
        yield f"{summary['ultra_low']} features of cosine {summary['ultra_low_cosine']}, not {wanted}"


def read_floats(path, name):
    data = path.read_bytes()
    n, = struct.unpack("<Q", data[:8])
    entry = json.loads(data[8:8 + n])[name]
    first, end = entry["data_offsets"]
    return entry["shape"], struct.unpack(f"<{(end - first) // 4}f", data[8 + n + first:8 + n + end])


def read_vector(path, name):
    return read_floats(path, name)[1]


def read_rows(path, name):
    (_, width), values = read_floats(path, name)
    return [values[i:i + width] for i in range(0, len(values), width)]


HOOK = "blocks.1.hook_resid_post"                  # of the fixtures
RESIDUALS = [f"blocks.{layer}.hook_resid_{place}" for layer in (0, 1, 2) for place in ("pre", "post")]
OUTPUTS = [f"blocks.{layer}.hook_{part}_out" for layer in (0, 1, 2) for part in ("attn", "mlp")]

# what the autoencoder says, the names of the dump's tensors, the one that is meant, what is said of it
PLACES = [
    ("blocks.1.hook_mlp_out", RESIDUALS + OUTPUTS, "blocks.1.hook_mlp_out", None),
    ("blocks.1.hook_attn_out", RESIDUALS + OUTPUTS, "blocks.1.hook_attn_out", None),
    ("blocks.1.hook_resid_pre", RESIDUALS + OUTPUTS, "blocks.1.hook_resid_pre", None),
    ("blocks.1.hook_resid_post", RESIDUALS + OUTPUTS, "blocks.1.hook_resid_post", None),
    ("blocks.1.attn.hook_z", ["blocks.0.attn.hook_z", "blocks.1.attn.hook_q", "blocks.1.attn.hook_z"], "blocks.1.attn.hook_z", None),
    ("blocks.0.hook_resid_post", ["blocks.0.hook_resid_pre", "blocks.1.hook_mlp_out", "blocks.1.hook_resid_pre"], "blocks.1.hook_resid_pre",
     "being of its place; 2 other"),
    ("blocks.1.hook_resid_pre", ["blocks.1.hook_mlp_out", "hidden.0", "hidden.1"], "hidden.1", "being of its place; 2 other"),
    ("blocks.1.hook_resid_post", ["hidden.0", "hidden.1", "hidden.2"], "hidden.2", "being of its place"),
    ("model.layers.1", ["hidden.1", "hidden.2", "mlp_out.1"], "hidden.2", "being of its place"),
    ("model.layers.1.mlp", RESIDUALS + OUTPUTS, "blocks.1.hook_mlp_out", "being of its place; 11 other"),
    ("transformer.h.1.attn", RESIDUALS + OUTPUTS, "blocks.1.hook_attn_out", "being of its place"),
    ("mlp_out_layer_1", RESIDUALS + OUTPUTS, "blocks.1.hook_mlp_out", "being of its place"),
    ("resid_post_layer_1", RESIDUALS[:2] + RESIDUALS[3:], "blocks.1.hook_resid_post", "being of its place"),
    ("blocks.1.mlp.hook_post", ["act.0", "act.1", "gate.1"], "act.1", "being of its place"),
    ("blocks.1.hook_mlp_out", ["a.0", "a.1", "blocks.1.hook_attn_out"], "a.1", "being of its layer"),
    ("blocks.1.ln2.hook_normalized", ["hidden.0", "hidden.1"], "hidden.1", "being of its layer"),
    ("blocks.1.hook_mlp_out", ["hidden.1"], "hidden.1", "trained on blocks.1.hook_mlp_out, which hidden.1 is not"),
    ("blocks.1.hook_mlp_out", ["blocks.0.hook_mlp_out"], "blocks.0.hook_mlp_out", "which blocks.0.hook_mlp_out is not"),
]


def check_place(cli, case, hook, names, meant, said):
    """Of tensors of one width the one is encoded that the autoencoder was trained on: the others are its mirror images."""
    rows = read_rows(FIXTURES / "saes/x.safetensors", "hidden.1")
    values = [v for row in rows for v in row]
    with tempfile.TemporaryDirectory() as folder:
        sae, dump = pathlib.Path(folder) / "sae", pathlib.Path(folder) / "x.safetensors"
        shutil.copytree(FIXTURES / case["path"], sae)
        (sae / "cfg.json").write_text((sae / "cfg.json").read_text().replace(HOOK, hook))
        write_all_floats(dump, {name: values if name == meant else [-v for v in values] for name in names}, [len(rows), len(rows[0])])
        outcome, result = analyze(cli, sae, dump)
    yield from outcome.trouble()
    if result.named("autoencoder")["hook"] != hook:
        yield f"the hook is {result.named('autoencoder')['hook']}"
    yield from check_features(result, case, "above-0")
    notes = " ".join(result.result["notes"])
    if said is None and ("was taken" in notes or "trained on" in notes) or said is not None and said not in notes:
        yield f"the notes are {notes!r}, not {said!r}"


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def check_partners(cli):
    paths = [FIXTURES / "saes" / name for name in ("saelens-topk", "saelens-jumprelu")]
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-partners", *map(str, paths), "-s", "sae-partners.limit=0.6"])
    yield from outcome.trouble()
    result = Result(outcome.stdout)
    a, b = (read_rows(path / "sae_weights.safetensors", "W_dec") for path in paths)
    cosines = [[cosine(x, y) for y in b] for x in a]
    best = [row.index(max(row)) for row in cosines]
    back = [max(range(len(a)), key=lambda i: cosines[i][j]) for j in range(len(b))]
    rows = result.rows("first")
    yield from differ("the partner", [r["partner"] for r in rows], best, relative=0, absolute=0)
    yield from differ("the cosine", [r["cosine"] for r in rows], [max(row) for row in cosines])
    yield from differ("the partner back", [r["partner"] for r in result.rows("second")], back, relative=0, absolute=0)
    if [r["mutual"] == "yes" for r in rows] != [back[j] == i for i, j in enumerate(best)]:
        yield "others are mutual"
    wanted = {"alone_first": sum(max(row) <= 0.6 for row in cosines), "alone_second": sum(cosines[i][j] <= 0.6 for j, i in enumerate(back)),
              "mutual": sum(back[j] == i and cosines[i][j] > 0.6 for i, j in enumerate(best))}
    summary = result.named("summary")
    yield from (f"{key} is {summary[key]}, not {value}" for key, value in wanted.items() if summary[key] != value)
    nearest = [max(row) for row in cosines], [cosines[i][j] for j, i in enumerate(back)]
    yield from check_cosines(result.rows("cosines"), *nearest)


def check_cosines(bins, first, second):
    """All that are there, in steps of 0.04 up to 1, and no empty ones below 0."""
    floor = min([0, *(math.floor(min(side) * 25 + 1e-9) / 25 for side in (first, second))])
    if abs(bins[0]["from"] - floor) > 1e-9 or abs(bins[-1]["to"] - 1) > 1e-9:
        yield f"the histogram goes from {bins[0]['from']} to {bins[-1]['to']}, not from {floor} to 1"
    for name, side in (("first", first), ("second", second)):
        counts = [sum(row["from"] <= value < row["to"] for value in side) for row in bins]
        if [row[name] for row in bins] != counts:
            yield f"cosines of the {name} are {[row[name] for row in bins]}, not {counts}"


def check_partner_densities(cli, first, second):
    """Beside a dump: how often each fires there, and its partner, if one is above the limit."""
    paths = [FIXTURES / case["path"] for case in (first, second)]
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-partners", *map(str, paths), str(FIXTURES / "saes/x.safetensors")])
    yield from outcome.trouble()
    result = Result(outcome.stdout)
    tokens = sum(first["l0_histogram"])
    wanted = [[n / tokens for n in case["features"]["fires"]["positive"]] for case in (first, second)]
    for table, own, theirs in (("first", *wanted), ("second", *wanted[::-1])):
        rows = result.rows(table)
        yield from differ(f"the density in {table}", [r["density"] for r in rows], own, relative=1e-12, absolute=0)
        yield from differ(f"the partner's density in {table}", [r["partner_density"] for r in rows],
                          [theirs[r["partner"]] if r["cosine"] > 0.7 else None for r in rows], relative=1e-12, absolute=0)
    summary = result.named("summary")
    figures = {"tokens_first": tokens, "tokens_second": tokens, "dead_first": wanted[0].count(0),
               "dead_second": wanted[1].count(0)}
    yield from (f"{key} is {summary[key]}, not {value}" for key, value in figures.items() if summary[key] != value)
    if not any(plot["id"] == "densities" and f"{tokens} tokens of hidden.1" in plot["caption"] for plot in result.result["plots"]):
        yield f"no plot says of which tokens: {[plot['id'] for plot in result.result['plots']]}"


def check_partners_alone(cli):
    """Without a dump, or with one of another width, there are the densities that both libraries have counted, or none."""
    standard, topk = (FIXTURES / "saes" / name for name in ("saelens-standard", "saelens-topk"))
    wanted = [max(0, 10 ** v - 1e-10) for v in read_vector(standard / "sparsity.safetensors", "sparsity")]
    for second, beside, has in ((standard, (), True), (topk, (), False), (topk, (HERE.parents[1] / "data/sample/residual",), False)):
        outcome = command.run([cli, "analyze", "-q", "-a", "sae-partners", str(standard), str(second), *map(str, beside)])
        yield from outcome.trouble()
        result = Result(outcome.stdout)
        rows, notes = result.rows("first"), " ".join(result.result["notes"])
        if has:
            yield from differ("the density", [r["density"] for r in rows], wanted, relative=1e-5, absolute=1e-9)
        elif "density" in rows[0] or "no recorded activations with 12 elements a token" not in notes:
            yield f"beside {beside} there are {list(rows[0])}, and notes {notes!r}"
        if any(plot["id"] == "densities" for plot in result.result["plots"]) != has:
            yield f"beside {beside} there is a plot of densities, or none: {has} was right"


def read_sae(case, prefix=""):
    path = FIXTURES / case["path"] / "sae_weights.safetensors"
    return {prefix + name: read_floats(path, name) for name in ("W_enc", "W_dec", "b_enc", "b_dec")}


def stacked(saes):
    """Of each name one tensor, the first axis of which counts them."""
    return {name: ((len(saes), *shape), sum((list(sae[name][1]) for sae in saes), [])) for name, (shape, _) in saes[0].items()}


def write_tensors(path, tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        part = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def check_several(cli, tensors, choices):
    """choices: what is chosen, None: nothing → the case it must be, and whether its bias is subtracted."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "several.safetensors"
        write_tensors(path, tensors)
        for name, (case, subtracts) in choices.items():
            chosen = [] if name is None else ["-s", f"sae-features.autoencoder={name}"]
            outcome, result = analyze(cli, path, FIXTURES / "saes/x.safetensors", *chosen, "-s",
                                      f"sae-features.subtract={'yes' if subtracts else 'no'}")
            yield from outcome.trouble()
            if outcome.exit != 0:
                yield f"{name}: exit {outcome.exit}: {outcome.stderr.strip()}"
                continue
            yield from (f"{name}: {problem}" for problem in check_features(result, case, "above-0"))
            first = name or next(n for n in choices if n)
            if result.named("autoencoder")["name"] != first:
                yield f"{name}: its name is {result.named('autoencoder')['name']}"
            said = f"holds {len(choices) - 1} sparse autoencoders: this is '{first}', the first"
            if (said in " ".join(result.result["notes"])) != (name is None):
                yield f"{name}: the notes are {result.result['notes']}"
        outcome = analyze(cli, path, "-s", "sae-features.autoencoder=other")[0]
        if outcome.exit != 2 or f"no 'other' here; there is {', '.join(filter(None, choices))}" not in outcome.stderr:
            yield f"another's name: exit {outcome.exit}: {outcome.stderr.strip()}"


def check_crosscoder(cli, sae):
    """One code of several places is no autoencoder of either."""
    tensors = {**stacked([sae, sae]), "b_enc": sae["b_enc"]}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "crosscoder.safetensors"
        write_tensors(path, tensors)
        outcome = analyze(cli, path)[0]
    if outcome.exit != 3 or "of 2 sparse autoencoders at once" not in outcome.stderr:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()}"


def check_all_several(cli, report, by_path):
    plain, other, subtracting = (by_path[name] for name in ("saelens-no-pre-bias", "saelens-standard", "saelens-oldest"))
    choices = {None: (plain, False), "layers.0": (plain, False), "layers.1": (other, True), "layers.1.more": (subtracting, True)}
    tensors = {**read_sae(plain, "layers.0."), **read_sae(other, "layers.1."), **read_sae(subtracting, "layers.1.more.")}
    report.line("several in a file", check_several(cli, tensors, choices))
    along = stacked([read_sae(case) for case in (plain, other, subtracting)])
    choices = {None: (plain, False), "0": (plain, False), "1": (other, True), "2": (subtracting, True)}
    report.line("several along an axis", check_several(cli, along, choices))
    choices = {None: (plain, False), "a.0": (plain, False), "a.1": (other, True), "a.2": (subtracting, True), "b": (other, True)}
    both = {**{f"a.{name}": tensor for name, tensor in along.items()}, **read_sae(other, "b.")}
    report.line("several along an axis beside another", check_several(cli, both, choices))
    report.line("a crosscoder", check_crosscoder(cli, read_sae(plain)))


def check_distilled(cli, case, is_folded, out=HOOK):
    """As OpenMOSS saves those for R1-Distill: thresholds as logarithms, norms as tensors; the same autoencoder as case."""
    path = FIXTURES / case["path"]
    tensors = {name: read_floats(path, name) for name in ("encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias")}
    norm, limit = 4.5, 0.25                        # of the case
    factor = 1 if is_folded else math.sqrt(case["d"]) / norm
    tensors["log_jumprelu_threshold"] = (case["n"],), [math.log(limit * factor)] * case["n"]
    if is_folded:
        for name in ("encoder.bias", "decoder.bias"):
            tensors[name] = tensors[name][0], [v * norm / math.sqrt(case["d"]) for v in tensors[name][1]]
    else:
        tensors |= {f"dataset_average_activation_norm.{place}": ((), [norm]) for place in {HOOK, out}}
    config = {"sae_type": "sae", "d_model": case["d"], "expansion_factor": 8, "hook_point_in": HOOK, "hook_point_out": out,
              "use_decoder_bias": True, "act_fn": "jumprelu", "norm_activation": "inference" if is_folded else "dataset-wise"}
    with tempfile.TemporaryDirectory() as folder:
        write_tensors(pathlib.Path(folder) / "sae_weights.safetensors", tensors)
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(config))
        outcome, result = analyze(cli, folder, FIXTURES / "saes/x.safetensors")
    yield from outcome.trouble()
    if result is None:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
        return
    yield from check_facts(result, case)
    yield from check_features(result, case, "above-0")
    if out != HOOK:
        if "reconstruction" in result.result["tables"] or "decodes to another place" not in " ".join(result.result["notes"]):
            yield f"a transcoder is measured against what it reads: {result.result['notes']}"
        return
    measures = result.named("reconstruction", "measure")
    if not near(measures["fvu"], case["fvu"], relative=5e-6):
        yield f"FVU is {measures['fvu']}, not {case['fvu']}"
    l1 = case["l1"] / (math.sqrt(case["d"]) / norm if is_folded else 1)
    if not near(result.named("summary")["l1"], l1, relative=1e-5):
        yield f"L1 is {result.named('summary')['l1']}, not {l1}"


def main():
    cli, names = sys.argv[1], sys.argv[2:]
    report = Report()
    figures = json.loads((FIXTURES / "saes.json").read_text())
    for case in figures["cases"]:
        if not names or any(name in case["path"] for name in names):
            report.line(case["path"], check_case(cli, case))
    report.line("codes alone", check_codes(cli, figures["cases"][0]))
    report.line("partners", check_partners(cli))
    by_path = {case["path"].split("/")[1]: case for case in figures["cases"]}
    for pair in (("saelens-topk", "saelens-jumprelu"), ("saelens-average", "openai-topk.pt")):
        report.line("densities of partners, {} and {}".format(*pair), check_partner_densities(cli, *(by_path[name] for name in pair)))
    report.line("partners without a dump", check_partners_alone(cli))
    check_all_several(cli, report, by_path)
    llama = by_path["llama-scope"]
    report.line("thresholds as logarithms", check_distilled(cli, llama, False))
    report.line("thresholds as logarithms, the norm folded", check_distilled(cli, llama, True))
    report.line("thresholds as logarithms, of a transcoder", check_distilled(cli, llama, False, "blocks.1.hook_mlp_out"))
    standard = next(case for case in figures["cases"] if case["path"] == "saes/saelens-standard")
    for place in PLACES:
        report.line(f"{place[0]} among {len(place[1])}: {place[2]}", check_place(cli, standard, *place))
    for case in figures["zipf"]["cases"]:
        report.line(f"the law of {case['path']}", check_zipf(cli, case))
    for path in figures["zipf"]["unbounded"]:
        report.line(f"no law of {path}", check_unbounded(cli, path))
    for wanted in figures["zipf"]["exact"]:
        report.line(f"an exact law of {wanted['n']} features", check_profile(cli, wanted))
    for wanted in figures["zipf"]["counts"]:
        report.line("the law of ranks {} to {}".format(*wanted["window"]), check_window(cli, wanted))
    report.line("no ranks", check_no_ranks(cli, figures["zipf"]["counts"][0]))
    for wanted in figures["zipf"]["noisy"]:
        report.line(f"a law with noise of {wanted['law']['n']} features", check_noisy(cli, wanted))
    for wanted in figures["valley"]:
        report.line(f"the valley of {len(wanted['fires'])} features", check_valley(cli, wanted))
    for wanted in figures["rare"]:
        report.line(f"the rare of {wanted['path']}", check_rare(cli, wanted))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
