#!/usr/bin/python3
# Where libraries of sparse autoencoders disagree: what is assumed, what is said of it, and that it can be had the other way.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_conventions.py CLI

Standard library only.  The figures are saes.json's."""

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
from compare import Report  # noqa: E402
from sae_figures import FIXTURES, analyze, differ, write_tensors  # noqa: E402

DUMP = FIXTURES / "saes/x.safetensors"


# embeddings

def check_embeddings(cli, case, path, is_scaled, is_said, *words):
    """is_scaled: whether weights are as SAELens has them once it has loaded them; is_said: the result says so was assumed."""
    outcome, result = analyze(cli, path, DUMP, *words)
    yield from outcome.trouble()
    rows, geometry, root = result.rows("features"), case["geometry"], 1 if is_scaled else math.sqrt(case["d"])
    yield from differ("the encoder's norm", [r["encoder_norm"] for r in rows], [n * root for n in geometry["encoder_norms"]])
    yield from differ("the decoder's norm", [r["decoder_norm"] for r in rows], [n / root for n in geometry["decoder_norms"]])
    is_same = [r["fired"] for r in rows] == case["features"]["fires"]["positive"]
    if is_same != is_scaled:
        yield f"firings are {'those' if is_same else 'others than those'} of scaled weights"
    if (fact := result.named("autoencoder")["of_embeddings"]) != ("yes" if is_scaled else "no"):
        yield f"of embeddings: {fact}"
    if any("as SAELens loads these" in note for note in result.result["notes"]) != is_said:
        yield f"the notes are {result.result['notes']}"


def check_embeddings_among(cli, report, case):
    """One folder has a folder of embeddings and one of a layer: only the first is scaled."""
    names = {place: f"{place}/width_40/average_l0_6" for place in ("embedding", "layer_3")}
    with tempfile.TemporaryDirectory() as folder:
        for name in names.values():
            (pathlib.Path(folder) / name).mkdir(parents=True)
            shutil.copyfile(FIXTURES / case["path"], pathlib.Path(folder) / name / "params.npz")
        for place, name in names.items():
            is_scaled = place == "embedding"
            report.line(f"{place}, of embeddings and others in one folder",
                        check_embeddings(cli, case, folder, is_scaled, is_scaled, "-s", f"sae-features.autoencoder={name}"))


def check_all_embeddings(cli, report, case):
    path = FIXTURES / case["path"]
    report.line("of embeddings, by the folder", check_embeddings(cli, case, path, True, True))
    report.line("of embeddings, the folder opened", check_embeddings(cli, case, path.parent, True, True))
    check_embeddings_among(cli, report, case)
    report.line("of embeddings, said not to be", check_embeddings(cli, case, path, False, False, "-s", "sae-features.embeddings=no"))
    for place, *words in (("layer_3/width_40/average_l0_6",), ("embedding/layer_3/average_l0_6",), ("embedding/a/b/c/d",),
                          ("elsewhere", "-s", "sae-features.embeddings=yes")):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / place / "params.npz"
            copy.parent.mkdir(parents=True)
            shutil.copyfile(path, copy)
            report.line(" ".join(("of embeddings in", place, *words)), check_embeddings(cli, case, copy, bool(words), False, *words))


# neighbours

SIDES = {"no": (), "decoder": (("decoder", ""),), "encoder": (("encoder", "encoder_"),), "both": (("decoder", ""), ("encoder", "encoder_"))}


def check_neighbours(cli, case, choice):
    """The largest |cosine| among those of a side, and how many have one above 0.9; nothing of a side that was not asked for."""
    words = () if choice is None else ("-s", f"sae-features.neighbours={choice}")
    outcome, result = analyze(cli, FIXTURES / case["path"], *words)
    yield from outcome.trouble()
    rows, summary, wanted = result.rows("features"), result.named("summary"), SIDES[choice or "decoder"]
    for side, prefix in wanted:
        nearest = case["geometry"][f"nearest_{side}"]
        yield from differ(f"the nearest {side}", [r[prefix + "neighbour"] for r in rows], nearest["index"], relative=0, absolute=0)
        yield from differ(f"the {side}'s cosine", [r[prefix + "neighbour_cosine"] for r in rows], nearest["cosine"])
    for prefix in ("", "encoder_"):
        is_wanted = prefix in (p for _, p in wanted)
        if (prefix + "neighbour" in rows[0]) != is_wanted or (summary[prefix + "twins"] is not None) != is_wanted:
            yield f"{choice}: columns {list(rows[0])}, {summary[prefix + 'twins']} {prefix}twins"


def check_twins(cli):
    """Of these directions two of the encoder's, and four of the decoder's, have another of a cosine above 0.9."""
    encoder = [(1, 0, 0), (1, 0.1, 0), (-1, 0, 0), (0, 0, 1), (0, 0, 0)]
    decoder = [(1, 0, 0), (1, 0.2, 0), (0, 0, 3), (0, 0.1, 1), (0, 0, 0)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sae.safetensors"
        write_tensors(path, {"encoder.weight": ((5, 3), sum(encoder, ())), "W_dec": ((5, 3), sum(decoder, ()))})
        outcome, result = analyze(cli, path, "-s", "sae-features.neighbours=both", "-s", "sae-features.activation=relu")
    yield from outcome.trouble()
    summary, rows = result.named("summary"), result.rows("features")
    if (summary["encoder_twins"], summary["twins"]) != (2, 4):
        yield f"{summary['encoder_twins']} have twins by the encoder, {summary['twins']} by the decoder"
    if (found := [(r["encoder_neighbour"], r["neighbour"]) for r in rows]) != [(2, 1), (0, 0), (0, 3), (0, 2), (None, None)]:
        yield f"the nearest are {found}"


# what density is shown against

def strengths(case):
    """choice → its column, and what that must hold"""
    features, geometry = case["features"], case["geometry"]
    means = [total / n if n else None for total, n in zip(features["sum"], features["fires"]["nonzero"])]
    return {"max": ("max", features["max"]), "mean": ("mean", means), "encoder-norm": ("encoder_norm", geometry["encoder_norms"]),
            "decoder-norm": ("decoder_norm", geometry["decoder_norms"])}


def check_against(cli, case, paths, choice, shown):
    """shown: the choice that is seen: another where nobody knows the one that was made; None: there is no plot."""
    outcome, result = analyze(cli, *paths, "-s", f"sae-features.against={choice}")
    yield from outcome.trouble()
    plot = next((p for p in result.result["plots"] if p["id"] == "strengths"), None)
    if (plot is None) != (shown is None):
        yield f"{choice}: {plot}"
    if plot is None or shown is None:
        return
    column, wanted = strengths(case)[shown]
    if plot["y"] != [column] or plot["x"] != "density":
        yield f"{choice}: {plot['y']} is shown against {plot['x']}, not {column} against density"
    yield from differ(column, [r[column] for r in result.rows("features")], wanted, relative=1e-5, absolute=1e-5)
    if ("not known here" in plot["caption"]) != (choice not in ("auto", shown)):
        yield f"{choice}: the caption is {plot['caption']!r}"


def check_all_against(cli, report, case):
    path = FIXTURES / case["path"]
    norms = {"auto": "decoder-norm", "max": "decoder-norm", "mean": "decoder-norm", "encoder-norm": "encoder-norm"}
    every = {"auto": "max", **{choice: choice for choice in strengths(case)}}
    for what, paths, shown in (("activations", (path, DUMP), every), ("counts and weights", (path,), norms),
                               ("counts", (path / "sparsity.safetensors",), {"auto": None, "max": None})):
        for choice, seen in shown.items():
            report.line(f"density of {what} against {choice}", check_against(cli, case, paths, choice, seen))


# trained on whole batches

def write_in_training(case, folder, threshold):
    """SAELens' checkpoint of training for what it saves with one threshold for each feature: there is one for all, an f64."""
    source = FIXTURES / case["path"]
    data = (source / "sae_weights.safetensors").read_bytes()
    n = struct.unpack("<Q", data[:8])[0]
    tensors, values = json.loads(data[8:8 + n]), data[8 + n:]
    del tensors["threshold"]
    tensors["topk_threshold"] = {"dtype": "F64", "shape": [], "data_offsets": [len(values), len(values) + 8]}
    text = json.dumps(tensors).encode()
    text += b" " * (-len(text) % 8)
    (folder / "sae_weights.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + values + struct.pack("<d", threshold))
    config = {**json.loads((source / "cfg.json").read_text()), "architecture": "batchtopk", "k": 6.5, "rescale_acts_by_decoder_norm": False}
    (folder / "cfg.json").write_text(json.dumps(config))


def check_in_training(cli, case, threshold, is_found, *words):
    with tempfile.TemporaryDirectory() as folder:
        write_in_training(case, pathlib.Path(folder), threshold)
        outcome, result = analyze(cli, folder, DUMP, *words)
    yield from outcome.trouble()
    facts, notes = result.named("autoencoder"), result.result["notes"]
    if (facts["activation"], facts["k"], facts["threshold"]) != (("jumprelu", "6", "0.62") if is_found else ("topk", "6", None)):
        yield f"it runs by {facts['activation']}, k {facts['k']}, threshold {facts['threshold']}"
    if any("had not found one" in note for note in notes) == is_found:
        yield f"the notes are {notes}"
    if ([r["fired"] for r in result.rows("features")] == case["features"]["fires"]["positive"]) != is_found:
        yield "firings are not those of its threshold" if is_found else "firings are those of a threshold it does not have"


def check_alone(cli, case, is_found):
    """Without its configuration: to run it by its threshold is advised where training had found one, and else makes it a ReLU."""
    for words, note, is_said in (((), "It also has a threshold", is_found),
                                 (("-s", "sae-features.activation=jumprelu"), "It has no thresholds: they are taken as 0", not is_found)):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copyfile(FIXTURES / case["path"] / "ae.pt", copy := pathlib.Path(folder) / "ae.pt")
            outcome, result = analyze(cli, copy, DUMP, *words)
        yield from outcome.trouble()
        if any(note in one for one in result.result["notes"]) != is_said:
            yield f"{words}: the notes are {result.result['notes']}"


def main():
    cli, report = sys.argv[1], Report()
    by_path = {case["path"].removeprefix("saes/"): case for case in json.loads((FIXTURES / "saes.json").read_text())["cases"]}
    check_all_embeddings(cli, report, by_path["embedding/width_40/average_l0_6/params.npz"])
    for choice in (None, *SIDES):
        report.line(f"neighbours: {choice}", check_neighbours(cli, by_path["saelens-topk"], choice))
    check_all_against(cli, report, by_path["saelens-standard"])
    for threshold, is_found in ((0.62, True), (0, False)):
        report.line(f"in training, threshold {threshold}", check_in_training(cli, by_path["saelens-batchtopk"], threshold, is_found))
    for path, is_found in (("dictionary-learning-topk", True), ("dictionary-learning-uncalibrated", False)):
        report.line(f"{path} without its configuration", check_alone(cli, by_path[path], is_found))
    report.line("in training, a threshold set by hand", check_in_training(cli, by_path["saelens-batchtopk"], 0, True,
                                                                          "-s", "sae-features.threshold=0.62"))
    report.line("twins", check_twins(cli))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
