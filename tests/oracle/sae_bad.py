#!/usr/bin/python3
# Sparse autoencoders that cannot be, and inputs that do not fit them: each ends in a sentence that says what, where and why.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_bad.py CLI

Standard library only; the files are written for the occasion."""

import json
import math
import pathlib
import random
import re
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import write_tensors  # noqa: E402

D, N, T = 8, 20, 50


def numbers(*shape):
    return shape, [random.gauss(0, 1) for _ in range(math.prod(shape))]


def changed(tensor, places):
    shape, values = tensor[0], list(tensor[1])
    for place, value in places.items():
        values[place] = value
    return shape, values


def write(path, tensors, config=None):
    path.parent.mkdir(exist_ok=True)
    write_tensors(path, tensors)
    if config is not None:
        (path.parent / "cfg.json").write_text(config if isinstance(config, str) else json.dumps(config))


def sae(d=D, n=N, **other):
    return {"W_enc": numbers(d, n), "W_dec": numbers(n, d), "b_enc": numbers(n), "b_dec": numbers(d), **other}


def hidden(shape=(T, D), places=None):
    return {"hidden.1": changed(numbers(*shape), places or {})}


# name → the SAE's tensors, its configuration, the activations; exit status; what the program says, in its report where that is 0
CASES = {
    "missing gate": (sae(), {"architecture": "gated"}, hidden(), 3, r"'b_gate' is missing"),
    "no k": (sae(), {"architecture": "topk"}, hidden(), 3, r"sae: nothing says how many features"),
    **{f"k of {k}": (sae(), {"architecture": "topk", "k": k}, hidden(), 3, rf"sae: its configuration says k is '{k}', but .* from 1 to 20")
       for k in (21, 0, -4, 2.5, 0.5, "few", "4 or so")},
    "k of no value": (sae(), {"architecture": "topk", "k": None}, hidden(), 3, r"sae: nothing says how many features"),
    "k of a class": (sae(), {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 1.5}}, hidden(), 3,
                     r"sae: its configuration says activation_fn_kwargs.k is '1.5', but"),
    "k of a tensor": (sae(k=((), [2.5])), {"architecture": "topk", "k": 4}, hidden(), 3, r"sae: the tensor 'k' is 2.5, but .* 1 to 20"),
    "k of batches": (sae(), {"architecture": "batchtopk", "k": 2.5}, hidden(), 0, r"2.5 features of a token on average: .* 2 are kept"),
    "k of batches that is none": (sae(), {"architecture": "batchtopk", "k": 0.5}, hidden(), 3, r"says k is '0.5', but"),
    "groups that do not fit": (sae(), {"architecture": "groupmax", "k": 3}, hidden(), 3, r"20 features are no 3 groups"),
    "damaged settings": (sae(), '{"architecture": "topk", "d_sae": 20', hidden(), 3, r"cfg.json.*; mend it, or move it away"),
    "unknown kind": (sae(), {"architecture": "crazy"}, hidden(), 3, r"architecture is 'crazy'.*known are standard"),
    "unknown normalisation": (sae(), {"architecture": "standard", "normalize_activations": "odd"}, hidden(), 3, r"normalised by 'odd'"),
    "threshold that is no number": (sae(threshold=((N,), [math.nan] * N)), {"architecture": "jumprelu"}, hidden(), 3,
                                    r"'threshold' is not finite"),
    "weight that is no number": ({**sae(), "W_enc": changed(numbers(D, N), {22: math.nan})}, {"architecture": "standard"}, hidden(), 3,
                                 r"'W_enc' is not finite at row 1, column 2"),
    "bias of another length": ({**sae(), "b_dec": numbers(D + 1)}, {"architecture": "standard"}, hidden(), 3,
                               r"'b_dec' has the shape 9, but .* means 8 elements"),
    "decoder of another shape": ({**sae(), "W_dec": numbers(D * N // 4, 4)}, {"architecture": "standard"}, hidden(), 3,
                                 r"W_enc' is 8.20 and the decoder 'W_dec' 40.4, which do not fit"),
    "decoder to another width": ({**sae(), "W_dec": numbers(N, D + 2)}, {"architecture": "transcoder"}, hidden(), 3,
                                 r"W_enc' is 8.20 and the decoder 'W_dec' 20.10, which do not fit"),
    "another width": (sae(), {"architecture": "standard"}, hidden((T, D + 1)), 0, r"8 elements a token: hidden.1 has 9"),
    "no tokens": (sae(), {"architecture": "standard"}, hidden((0, D)), 0, r"8 elements a token: hidden.1 has no tokens"),
    "tokens that are no numbers": (sae(), {"architecture": "standard"}, hidden(places={3: math.nan, 90: math.inf}), 0,
                                   r"none of 48 tokens(.|\n)*2 tokens have activations that are not finite"),
    "a token that is no number": (sae(), {"architecture": "standard"}, hidden(places={3: math.nan}), 0,
                                  r"1 token has activations that are not finite and is left out"),
    "a token that is masked out": (sae(), {"architecture": "standard"}, {**hidden(), "mask": ((T,), [1.0] * (T - 1) + [0.0])}, 0,
                                   r"1 token is masked out and does not count"),
    "a feature that is dead": (sae(b_enc=((N,), [-99.0] + [99.0] * (N - 1))), {"architecture": "standard"}, hidden(), 0,
                               r"1 of 20 features \(5.*%\) is dead: it fires at none of 50 tokens"),
    "tokens of zeros": (sae(), {"architecture": "standard"}, hidden(places={i: 0.0 for i in range(3 * D, 5 * D)}), 0,
                        r"2 tokens are 0 before or after, have no cosine"),
    "only tokens that are no numbers": (sae(), {"architecture": "standard"}, hidden(places={i: math.nan for i in range(0, T * D, D)}), 0,
                                        r"No token of hidden.1 was counted"),
    "as many features as inputs": (sae(D, D), None, hidden(), 0, r"as many features as inputs \(8\)"),
    "fewer features than inputs": ({"W_enc": numbers(D, 4), "W_dec": numbers(4, D)}, None, hidden(), 0,
                                   r"fewer features \(4\) than inputs"),
}


def unlike(outcome, status, said):
    """What is wrong with how it ended, and what it said"""
    yield from outcome.trouble()
    if outcome.exit != status:
        yield f"exit {outcome.exit}, not {status}: {outcome.stderr.strip()}"
    text = re.sub(r" × ", "·", outcome.stderr) + outcome.stdout
    if not re.search(said, text):
        yield f"says {outcome.stderr.strip()!r}, not {said!r}"


def check(cli, folder, sae_tensors, config, activations, status, said):
    write(folder / "sae" / "sae_weights.safetensors", sae_tensors, config)
    write(folder / "x.safetensors", activations)
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(folder / "sae"), str(folder / "x.safetensors")])
    yield from unlike(outcome, status, said)


def check_typed(cli, folder):
    """What a person says is not the file's fault."""
    write(folder / "sae" / "sae_weights.safetensors", sae(), {"architecture": "topk", "k": 4})
    write(folder / "x.safetensors", hidden())
    for words, said in ((("k=2.5",), r"k is set to 2.5, but"), (("k=21",), r"k is set to 21, but"),
                (("k=3", "activation=groupmax"), r"20 features are no 3 groups")):
        outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(folder / "sae"), str(folder / "x.safetensors"),
                               *(word for each in words for word in ("-s", f"sae-features.{each}"))])
        yield from unlike(outcome, 2, said)


def check_cut(cli, folder):
    """The file ends within its last tensor."""
    path = folder / "sae.safetensors"
    write(path, sae(), {"architecture": "standard"})
    path.write_bytes(path.read_bytes()[:-4])
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(path)])
    yield from unlike(outcome, 3, r"^sparsoscope-cli: \S+: the tensor 'b_dec' cannot be read: .*ends at byte 1392 of the data.*\n$")


def check_other_counts(cli, folder):
    """Densities of another number of features than the autoencoder has."""
    write(folder / "sae" / "sae_weights.safetensors", sae(), {"architecture": "standard"})
    write_tensors(folder / "sae" / "sparsity.safetensors", {"sparsity": ((N - 1,), [-3.0] * (N - 1))})
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(folder / "sae")])
    yield from unlike(outcome, 0, r"There are no recorded activations(.|\n)*sparsity is of 19 features and the autoencoder has 20")


def check_long_names(cli, folder):
    """Names of two thousand parts, as if what is said of each of them lay in any of as many folders."""
    few = {"W_enc": numbers(2, 3), "W_dec": numbers(3, 2)}
    write(folder / "long.safetensors", {f"{'a.' * 2000}{i}.{key}": value for i in range(300) for key, value in few.items()})
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(folder / "long.safetensors")])
    yield from unlike(outcome, 0, r"holds 300 sparse autoencoders")


def check_empty_tensors(cli, folder):
    """Ever so many without a single row, before an autoencoder to which none of them belongs."""
    write(folder / "empty.safetensors", {f"a{i}": ((0, D), []) for i in range(30000)} | {f"z.{key}": value for key, value in sae().items()})
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(folder / "empty.safetensors")])
    yield from unlike(outcome, 0, r"open a dump that has some beside it")


def check_integer_tensors(cli, folder):
    """The same of integers, where none of them can be a dump either."""
    path = folder / "integers.safetensors"
    write(path, {f"a{i}": ((1, D), [1.0] * D) for i in range(30000)} | {f"z.{key}": value for key, value in sae().items()})
    path.write_bytes(re.sub(rb'("a\d+": {"dtype": )"F32"', rb'\1"I32"', path.read_bytes()))
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(path)])
    yield from unlike(outcome, 0, r"open a dump that has some beside it")


def write_integers(path, shape):
    """As many of them as that, 1 each."""
    header = json.dumps({"hidden.1": {"dtype": "I32", "shape": shape, "data_offsets": [0, 4 * math.prod(shape)]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<i", 1) * math.prod(shape))


def check_unfit(cli, folder):
    """Activations that cannot be encoded are noted, once, also where densities say how often features fire; none at all are no news."""
    write(folder / "sae" / "sae_weights.safetensors", sae(), {"architecture": "standard"})
    write_tensors(folder / "wide.safetensors", hidden((T, D + 1)))
    write_tensors(folder / "empty.safetensors", hidden((0, D)))
    write_integers(folder / "integers.safetensors", (T, D))
    write_integers(folder / "wide-integers.safetensors", (T, D + 1))
    for has_densities in (False, True):
        if has_densities:
            write_tensors(folder / "sae" / "sparsity.safetensors", {"sparsity": ((N,), [-3.0] * N)})
        for name, said in ((None, ""), ("wide", "hidden.1 has 9; open a dump of the place"), ("empty", "hidden.1 has no tokens."),
                           ("integers", "hidden.1 holds integers (i32), and activations are floating-point numbers."),
                           ("wide-integers", "hidden.1 holds integers (i32), and")):
            words = [cli, "analyze", "-q", "-a", "sae-features", str(folder / "sae")]
            words += [str(folder / f"{name}.safetensors")] if name else []
            result = json.loads(command.run(words).stdout)["results"][0]
            notes = [note for note in result["notes"] if "There are no recorded activations with 8 elements a token" in note]
            if len(notes) != (name is not None) or (name is not None and said not in notes[0]):
                yield f"{name}: the notes are {result['notes']}"
            if ("no recorded activations" in result["definition"]) == has_densities:
                yield f"{name}, densities {has_densities}: {result['definition']}"
            if any(f"\n> {note}\n" not in command.run([*words, "-f", "md"]).stdout for note in notes):
                yield f"{name}: not in Markdown"


def check_no_feature(cli, folder):
    write(folder / "sae" / "sae_weights.safetensors", sae(), {"architecture": "standard"})
    write(folder / "x.safetensors", hidden())
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", "--neuron", f"0:{N}", str(folder / "sae"),
                           str(folder / "x.safetensors")])
    yield from unlike(outcome, 2, rf"--neuron 0:{N}: there is no such feature; the table features lists them")


def check_folders(cli, folder):
    """One autoencoder a layer, in folders, by names that no library gives: the folder around them says which there are."""
    (folder / "run").mkdir()
    (folder / "run" / "empty").mkdir()
    for layer in (0, 2, 10, 11, 12):
        write(folder / "run" / f"layers.{layer}" / "weights.safetensors", sae(), {"k": 3})
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(folder / "run")])
    if outcome.exit != 3 or "run: the folder holds no model file" not in outcome.stderr or \
            "open one of them (layers.0, layers.2, layers.10, layers.11, …)" not in outcome.stderr:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()}"


def main():
    report = Report()
    random.seed(1)
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            report.line(name, check(sys.argv[1], pathlib.Path(folder), *case))
    for name, check_one in (("folders of one each", check_folders), ("a file cut short", check_cut), ("no such feature", check_no_feature),
                            ("k that was typed", check_typed), ("densities of others", check_other_counts),
                            ("activations that do not fit", check_unfit), ("names of many parts", check_long_names),
                            ("tensors without rows", check_empty_tensors),
                            ("tensors of integers", check_integer_tensors)):
        with tempfile.TemporaryDirectory() as folder:
            report.line(name, check_one(sys.argv[1], pathlib.Path(folder)))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
