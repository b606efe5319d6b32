#!/usr/bin/python3
# Features of sparse autoencoders, of tokens in sequences of which some are left out: what is counted of each, from the definitions.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_sequences.py CLI SOURCE-ROOT [TRIALS]     needs NumPy; nothing is shared with the program

A sequence is a row of a batch, or a run of tokens that have the same number in seq.  Tokens that are masked or have an element that is not
finite are not there.  Sequences of a feature are those in which it fires at least once: firings by these are SAELens' consistent
activation heuristic (evals.py 571-594, total_feature_prompts).  dense_mass is the share of the sum of densities that is of features above
the limit (SAEBench, core/main.py 939-956).  SAEDashboard sets codes at masked positions to 0 and divides by all (sae_vis_runner.py
246-273); there is nothing to disagree about without any.  Twins are features of which another one's decoder has a cosine above 0.9."""

import json
import pathlib
import struct
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is not here")
    sys.exit(77)

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import command  # noqa: E402
import saes  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import Result, near  # noqa: E402

FIRES = {"above-0": lambda f: f > 0, "not-0": lambda f: f != 0, "above-1e-3": lambda f: f > 1e-3, "beyond-1e-6": lambda f: np.abs(f) > 1e-6}
DTYPES = {"float16": "F16", "float32": "F32", "int32": "I32", "int64": "I64", "uint8": "U8"}
NAMES = {name: dtype for dtype, name in DTYPES.items()}


# --- files ---------------------------------------------------------------------------------------------

def write(path, tensors):
    header, at = {}, 0
    for name, v in tensors.items():
        header[name] = {"dtype": DTYPES[str(v.dtype)], "shape": list(v.shape), "data_offsets": [at, at + v.nbytes]}
        at += v.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values()))
    return path


def read(path):
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    return {name: np.frombuffer(data[start:][slice(*e["data_offsets"])], NAMES[e["dtype"]]).reshape(e["shape"])
            for name, e in header.items() if name != "__metadata__"}


# --- definitions ---------------------------------------------------------------------------------------

def run_numbers(places):
    """places: what a token's sequence is called, of the tokens that are there → its number, a new one at each change."""
    changes = [i > 0 and place != places[i - 1] for i, place in enumerate(places)]
    return np.cumsum(changes) if len(changes) else np.zeros(0, int)


def silences(fires):
    """→ tokens since the last firing, most in a row without one; all, where there is none"""
    at = np.concatenate(([-1], np.flatnonzero(fires)))
    return len(fires) - 1 - at[-1], int(np.max(np.diff(np.append(at, len(fires)))) - 1)


def class_of(row, setting):
    if row["fired"] == 0:
        return "dead"
    return "ultra-low" if row["density"] < setting["cut"] else "dense" if row["density"] > setting["dense"] else "usual"


def not_lately(rows, n_tokens, window):
    """Features that are silent for as long as the window, 0: at all tokens; None where there are fewer tokens."""
    if n_tokens < window:
        return None
    return sum(row["silent"] >= window if window else row["fired"] == 0 for row in rows)


def of_feature(codes, fires, sequences):
    n = int(fires.sum())
    n_sequences = len(set(sequences[fires]))
    silent, longest = silences(fires)
    return {"fired": n, "density": n / len(codes), "silent": silent, "longest_silence": longest, "max": max(0, codes.max()),
            "mean": float(codes[fires].mean()) if n else None,
            "sequences": n_sequences, "firings_per_sequence": n / n_sequences if n else None}


def of_all(f, rows, classes, limit):
    q = np.array([row["density"] for row in rows])
    return {"features": len(rows), "tokens": len(f), "never_bound": min(3 / len(f), 1), "dead": classes.count("dead"),
            "ultra_low": classes.count("ultra-low"), "dense": classes.count("dense"),
            "dense_mass": q[q > limit].sum() / q.sum() if q.sum() > 0 else None,
            "l0": sum(row["fired"] for row in rows) / len(f), "l1": float(f.sum(1).mean())}


def n_twins(directions):
    return int(np.sum(saes.cosines(directions).max(1) > 0.9))


# --- comparison ----------------------------------------------------------------------------------------

def analyze(cli, paths, **settings):
    words = [word for key, value in settings.items() for word in ("--set", f"sae-features.{key}={value}")]
    return command.run([cli, "analyze", "-q", "-a", "sae-features", *map(str, paths), *words])


def unlike_dashboard(result, wanted):
    """wanted: density of each feature; None: the program has nothing to say of it."""
    has_note = any("SAEDashboard" in note for note in result.result["notes"])
    found = [row.get("density_saedashboard") for row in result.rows("features")]
    if has_note != (wanted is not None):
        yield f"the notes are {result.result['notes']}"
    for i, (have, value) in enumerate(zip(found, wanted if wanted is not None else [None] * len(found))):
        if not near(have, value, relative=1e-12, absolute=0):
            yield f"SAEDashboard's density of feature {i} is {have}, not {value}"


def unlike_norm(result, f):
    """The mean of ‖f‖₁, which is said where it is not L1."""
    said = [note.rpartition(" is ")[2] for note in result.result["notes"] if "codes are below 0" in note]
    if len(said) != (f < 0).any() or (said and not near(float(said[0].rstrip(".")), float(np.abs(f).sum(1).mean()), relative=1e-3)):
        yield f"{said}, not {np.abs(f).sum(1).mean()}"


def compare(cli, paths, f, sequences, fires, setting, dashboard=None, **more):
    """f: codes of the tokens that are there."""
    outcome = analyze(cli, paths, fires=fires, **setting)
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr}"
        return
    result = Result(outcome.stdout)
    wanted = [of_feature(codes, FIRES[fires](codes), sequences) for codes in f.T]
    for i, (row, have) in enumerate(zip(wanted, result.rows("features"))):
        yield from (f"{key} of feature {i} is {have[key]}, not {value}" for key, value in row.items()
                    if not near(have[key], value, relative=1e-5, absolute=0))
    yield from unlike_dashboard(result, dashboard)
    yield from unlike_norm(result, f)
    classes = [class_of(row, setting) for row in wanted]
    if (have := [row["class"] for row in result.rows("features")]) != classes:
        yield f"classes are {have}, not {classes}"
    if (have := result.named("dead", "rule", "dead")["window"]) != (lately := not_lately(wanted, len(f), setting["window"])):
        yield f"{have} have not fired lately, not {lately}"
    summary = result.named("summary")
    for key, value in {**of_all(f, wanted, classes, setting["dense"]), **more}.items():
        if not near(summary.get(key), value, relative=1e-5, absolute=0):
            yield f"{key} is {summary.get(key)}, not {value}"


# --- codes that were recorded --------------------------------------------------------------------------

class Tokens:
    """How tokens lie in a file, which of them are there, and in which sequence each is."""

    def __init__(self, rng):
        self.batch = int(rng.choice([0, 1, 3]))
        self.n = max(self.batch, 1) * int(rng.integers(2, 40))
        self.mask = (rng.random(self.n) < 0.7).astype(rng.choice(["uint8", "int64"])) if rng.random() < 0.6 else None
        self.numbers = (rng.integers(0, 3, self.n).cumsum() // 5 % 4).astype(rng.choice(["int32", "int64"])) if rng.random() < 0.6 else None
        self.is_flat = rng.random() < 0.5
        self.is_odd = rng.random(self.n) < 0.1 if rng.random() < 0.5 else np.zeros(self.n, bool)
        self.is_there = ~self.is_odd & (self.mask != 0 if self.mask is not None else True)

    def sequences(self):
        numbers = self.numbers if self.numbers is not None else np.zeros(self.n, int)
        rows = np.arange(self.n) // (self.n // max(self.batch, 1))
        return run_numbers([place for place, is_there in zip(zip(rows, numbers), self.is_there) if is_there])

    def shaped(self, values):
        return values.reshape(self.batch, -1, values.shape[1]) if self.batch else values

    def dashboard(self, f, fires):
        """Densities by SAEDashboard; f: codes of all tokens; None: none is masked."""
        if self.mask is None or self.mask.all():
            return None
        return FIRES[fires](np.where(self.is_odd[:, None], 0, f) * (self.mask[:, None] != 0)).mean(0)

    def beside(self):
        """A mask and numbers are flat, or as the tokens are."""
        return {name: v if self.is_flat or not self.batch else v.reshape(self.batch, -1)
                for name, v in (("mask", self.mask), ("seq", self.numbers)) if v is not None}

    def spoilt(self, rng, values):
        values = values.copy()
        for token in np.flatnonzero(self.is_odd):
            values[token, rng.integers(values.shape[1])] = rng.choice([np.nan, np.inf, -np.inf])
        return values


def check_codes(cli, rng, folder):
    tokens, n = Tokens(rng), int(rng.integers(4, 40))
    f = np.where(rng.random((tokens.n, n)) < rng.random(n) ** 3, rng.standard_normal((tokens.n, n)), 0).astype("f4")
    f[rng.random(f.shape) < 0.05] = rng.choice([5e-4, 1e-7])
    path = write(folder / "codes.safetensors", {"layers.1.feature_acts": tokens.shaped(tokens.spoilt(rng, f)), **tokens.beside()})
    if tokens.is_there.any():
        for fires in FIRES:
            setting = {"dense": float(rng.choice([0.1, 0.3])), "cut": float(rng.choice([0.02, 0.08])),
                       "window": int(rng.choice([0, 4, 20]))}
            reasons = compare(cli, [path], f[tokens.is_there].astype(float), tokens.sequences(), fires, setting, tokens.dashboard(f, fires))
            yield from (f"{fires}: {reason}" for reason in reasons)


# --- activations that are encoded ----------------------------------------------------------------------

def make_sae(rng, d, n):
    """Some decoders point nearly as others do, some the other way; for 2 and 3 the opposite is nearer than the twin."""
    decoders = rng.standard_normal((n, d))
    for a, b, sign, noise in ((0, 1, 1, 0.1), (4, 5, 1, 0.6), (6, 7, 1, 0.0), (2, 3, -1, 0.02), (8, 2, 1, 0.3), (9, 3, 1, 0.3),
                              (10, 11, -1, 0.02)):
        decoders[a] = sign * decoders[b] + noise * rng.standard_normal(d)
    decoders *= rng.choice([1, 3], (n, 1))
    return {"W_enc": (decoders.T * 0.4).astype("f4"), "W_dec": decoders.astype("f4"),
            "b_enc": (rng.standard_normal(n) - 1).astype("f4"), "b_dec": rng.standard_normal(d).astype("f4")}


def write_sae(folder, weights):
    folder.mkdir(exist_ok=True)
    write(folder / "sae_weights.safetensors", weights)
    d, n = weights["W_enc"].shape
    (folder / "cfg.json").write_text(json.dumps({"architecture": "standard", "d_in": d, "d_sae": n, "apply_b_dec_to_input": True,
                                                 "hook_name": "blocks.1.hook_resid_pre", "normalize_activations": "none"}))
    return folder


def as_run(weights, **more):
    """As saes.py has it, in float64."""
    w = {name: v.astype(float) for name, v in weights.items()}
    return {"E": w["W_enc"], "D": w["W_dec"], "b_enc": w["b_enc"], "b_dec": w["b_dec"], "b_pre": w["b_dec"], **more}


def is_clear(sae, x):
    """Whether rounding to 32 bits decides nothing."""
    cosines = saes.cosines(sae["D"])
    return np.min(np.abs(cosines - 0.9)) > 1e-4 and all(np.min(v) > 1e-4 for v in saes.distances(sae, x - sae["b_pre"]))


def check_encoded(cli, rng, folder):
    tokens, d = Tokens(rng), int(rng.integers(4, 20))
    x = rng.standard_normal((tokens.n, d)).astype("f4")
    while not is_clear(sae := as_run(weights := make_sae(rng, d, 12), activation="relu"), x.astype(float)):
        pass
    path = write(folder / "hidden.safetensors", {"hidden.1": tokens.shaped(tokens.spoilt(rng, x)), **tokens.beside()})
    if tokens.is_there.any():
        f = saes.run(sae, x.astype(float))[0]
        yield from compare(cli, [write_sae(folder / "sae", weights), path], f[tokens.is_there], tokens.sequences(), "above-0",
                           {"dense": 0.2, "cut": 0.05, "window": 0}, tokens.dashboard(f, "above-0"), twins=n_twins(sae["D"]))


def check_sample(cli, root):
    weights, dump = read(root / "data/sample/sae/sae_weights.safetensors"), read(root / "data/sample/residual/hidden.safetensors")
    sae = as_run(weights, activation="topk", k=json.loads((root / "data/sample/sae/cfg.json").read_text())["k"])
    f = saes.run(sae, dump["hidden.2"].astype(float))[0]
    paths, sequences = [root / "data/sample" / name for name in ("sae", "residual")], run_numbers(dump["seq"].tolist())
    yield from compare(cli, paths, f, sequences, "above-0", {"dense": 0.01, "cut": 0.002, "window": 0}, twins=n_twins(sae["D"]))


def main(cli, root, n_trials="12"):
    report, rng = Report(), np.random.default_rng(17)
    report.line("the sample", check_sample(cli, pathlib.Path(root)))
    for trial in range(int(n_trials)):
        with tempfile.TemporaryDirectory() as folder:
            report.line(f"codes {trial}", check_codes(cli, rng, pathlib.Path(folder)))
            report.line(f"encoded {trial}", check_encoded(cli, rng, pathlib.Path(folder)))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
