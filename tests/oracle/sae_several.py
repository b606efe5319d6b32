#!/usr/bin/python3
# Several sparse autoencoders, and several dumps, at once: which are offered, by what name, and that the one chosen is the one looked at.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_several.py CLI

Standard library only.  The figures are saes.json's, written by make-fixtures.py with NumPy from the formulas of each library."""

import json
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import (FIXTURES, Result, check_facts, check_features, cosine, differ, read_rows, read_sae, read_vector,  # noqa: E402
                         stacked, write_all_floats, write_floats, write_tensors)

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


def check_left_out(cli, cases):
    """Of several autoencoders and densities the first autoencoder is looked at, and what is left out is said."""
    standard, other = (FIXTURES / cases[name]["path"] for name in ("saelens-standard", "saelens-topk"))
    density = standard / "sparsity.safetensors"
    with tempfile.TemporaryDirectory() as scratch:
        twin = pathlib.Path(scratch) / standard.name
        shutil.copytree(standard, twin)
        one, each = "analyse it by itself.", "analyse each of them by itself."
        for paths, said in (([standard, X], None), ([standard, other], f"{standard.name} is looked at, and {other.name} left out: {one}"),
                            ([X, other, standard], f"{other.name} is looked at, and {standard.name} left out: {one}"),
                            ([density, other], f"{other.name} is looked at, and {density.name} left out: {one}"),
                            ([standard, twin, other], f"{standard} is looked at, and {twin}, {other.name} left out: {each}"),
                            ([other, *[standard] * 9],
                             f"{other.name} is looked at, and {', '.join([standard.name] * 8)} and 1 more left out: {each}")):
            outcome, result = analyze(cli, "sae-features", *paths, "-s", "sae-features.neighbours=no")
            yield from outcome.trouble()
            notes = [note for note in result.result["notes"] if "is looked at" in note]
            if notes != [said][:said is not None]:
                yield f"{[path.name for path in paths]}: {notes}, not {said!r}"
            first = next(path for path in paths if path in (standard, other))
            if result.named("autoencoder")["k"] != (str(cases["saelens-topk"]["k"]) if first == other else None):
                yield f"{[path.name for path in paths]}: not the first is looked at"


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
        one, two, along, numbered = (pathlib.Path(folder) / f"{name}.safetensors" for name in ("one", "two", "along", "numbered"))
        write_tensors(one, {f"{name}.{key}": value for name, sae in (("a", a), ("b", b), ("c", c)) for key, value in sae.items()})
        write_tensors(two, {f"b.{key}": value for key, value in c.items()} | {f"d.{key}": value for key, value in a.items()})
        write_tensors(along, stacked([b, c]))
        write_tensors(numbered, {f"layers.{i}.{key}": value for i, sae in enumerate((a, b, c)) for key, value in sae.items()})
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
        report.line("weights that are no activations", unlike_error(analyze(cli, "lazy-neurons", numbered)[0], 2,
                                                                    "lazy-neurons needs recorded activations"))
        report.line("the same twice", unlike_error(analyze(cli, "sae-partners", one, "-s", "sae-partners.first=b")[0], 2,
                                                   "'b' would be compared with itself: choose another"))
        single = pathlib.Path(folder) / "single.safetensors"
        write_tensors(single, a)
        chosen = analyze(cli, "sae-features", single, one, "-s", "sae-features.autoencoder=b")[0]
        report.line("names of one that is not looked at",
                    unlike_error(chosen, 2, "there is no 'b' here, nor anything else to choose"))
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


# A folder each

RUNS = {
    # folder of each, as its library calls it: whose it is, its hook, the tensor of the dump that is meant
    "EleutherAI sparsify": {
        "layers.0": ("eleuther-topk", "layers.0", "hidden.1"), "layers.2": ("eleuther-groupmax", "layers.2", "hidden.3"),
        "layers.10.mlp": ("eleuther-transcoder", "layers.10.mlp", "mlp_out.10")},
    "EleutherAI sparsify, by seeds": {
        "h.1/seed0": ("eleuther-topk", "h.1", "hidden.2"), "h.1/seed1": ("eleuther-groupmax", "h.1", "hidden.2")},
    "SAELens": {
        "blocks.0.hook_resid_post": ("saelens-topk", "blocks.0.hook_resid_post", "hidden.1"),
        "blocks.3.hook_mlp_out": ("saelens-jumprelu", "blocks.3.hook_mlp_out", "mlp_out.3"),
        "blocks.11.hook_resid_pre": ("saelens-gated", "blocks.11.hook_resid_pre", "hidden.11")},
    "dictionary_learning": {
        "resid_post_layer_1/trainer_0": ("dictionary-learning-topk", "resid_post_layer_1", "hidden.2"),
        "resid_post_layer_1/trainer_1": ("dictionary-learning-gated", "resid_post_layer_1", "hidden.2"),
        "resid_post_layer_1/trainer_10": ("dictionary-learning-jumprelu", "resid_post_layer_1", "hidden.2")},
    "Gemma Scope": {
        "layer_0/width_40/average_l0_3": ("gemma-scope/params.npz", None, None),
        "layer_0/width_40/average_l0_12": ("gemma-scope-lower/params.npz", None, None)},
}


def write_run(folder, run, cases):
    """Each with its library's file and configuration, and as SAELens says its hook."""
    for name, (which, hook, _) in run.items():
        source = FIXTURES / "saes" / which.split("/")[0]
        shutil.copytree(source, folder / name)
        if (folder / name / "cfg.json").exists() and hook is not None and hook.startswith("blocks"):
            cfg = folder / name / "cfg.json"
            cfg.write_text(cfg.read_text().replace("blocks.1.hook_resid_post", hook))


def write_dump(path, meant):
    """x under the name that is meant, its mirror image under the others there are."""
    rows = read_rows(X, "hidden.1")
    values = [v for row in rows for v in row]
    names = {meant or "hidden.1"} | ({f"hidden.{i}" for i in (0, 1, 2, 3, 10, 11)} | {"mlp_out.3", "mlp_out.10"} if meant else set())
    write_all_floats(path, {name: values if name == (meant or name) else [-v for v in values] for name in sorted(names)},
                     [len(rows), len(rows[0])])


def check_chosen(cli, folder, dump, name, case, hook, meant):
    """name None: nothing is chosen."""
    words = [] if name is None else ["-s", f"sae-features.autoencoder={name}"]
    write_dump(dump, meant)
    outcome, result = analyze(cli, "sae-features", folder, dump, *words)
    yield from outcome.trouble()
    if result is None:
        yield f"{name}: exit {outcome.exit}: {outcome.stderr.strip()}"
        return
    yield from (f"{name}: {problem}" for problem in (*check_facts(result, case), *check_features(result, case, "above-0")))
    if result.named("autoencoder")["hook"] != hook:
        yield f"{name}: the hook is {result.named('autoencoder')['hook']}, not {hook}"
    if f"tokens of {meant or 'hidden.1'}," not in result.result["definition"]:
        yield f"{name}: {result.result['definition']}"


def check_run(cli, run, cases):
    """The folder around them is one source; each is chosen by its folder's name, has its own settings, and gets its place of a dump."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, dump = pathlib.Path(scratch) / "run", pathlib.Path(scratch) / "dump.safetensors"
        write_run(folder, run, cases)
        first = next(iter(run))
        for name, (which, hook, meant) in ({None: run[first]} | run).items():
            yield from check_chosen(cli, folder, dump, name, cases[which.split("/")[0]], hook, meant)
            if name is not None and which.startswith("eleuther") and "/" not in name:      # its folder alone says its hook, too
                yield from check_chosen(cli, folder / name, dump, None, cases[which], hook, meant)
        yield from unlike_error(analyze(cli, "sae-features", folder, "-s", "sae-features.autoencoder=x")[0], 2,
                                f"no 'x' here; there is {', '.join(run)}")


def sparsify(folder, saes, **settings):
    """A folder each, "layers.0", "layers.1" …"""
    for i, sae in enumerate(saes):
        path = folder / f"layers.{i}"
        path.mkdir(parents=True)
        write_tensors(path / "sae.safetensors", {settings.get("prefix", "") + key: value for key, value in sae.items()})
        (path / "cfg.json").write_text(json.dumps({**{f"{key}.{i}": key for key in range(settings.get("more", 0))}, "k": i + 2}))


def check_settings(cli, saes, **settings):
    """None is lost, however many the others have, and however deep the weights lie in a file: of each the k is told."""
    with tempfile.TemporaryDirectory() as scratch:
        sparsify(pathlib.Path(scratch), saes, **settings)
        for i in range(len(saes)):
            name = f"layers.{i}.{settings.get('prefix', '')}".rstrip(".")
            outcome, result = analyze(cli, "sae-features", scratch, "-s", f"sae-features.autoencoder={name}", "-s",
                                      "sae-features.activation=topk")
            yield from outcome.trouble()
            if result is None or result.named("autoencoder")["k"] != str(i + 2):
                yield f"layers.{i}: exit {outcome.exit}: {outcome.stderr.strip() or result.named('autoencoder')}"


def check_pickles(cli, case):
    """That torch.save wrote them tells whose they are, also of those in folders."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in "ab":
            (pathlib.Path(scratch) / name).mkdir()
            shutil.copyfile(FIXTURES / case["path"], pathlib.Path(scratch) / name / "ae.pt")
        outcome, result = analyze(cli, "sae-features", scratch, X, "-s", "sae-features.autoencoder=b")
        yield from outcome.trouble()
        yield from (*check_facts(result, case), *check_features(result, case, "above-0"))


def check_counts_of_folders(cli, case, other):
    with tempfile.TemporaryDirectory() as scratch:
        for name, which in (("blocks.0.hook_mlp_out", other), ("blocks.1.hook_mlp_out", case)):
            shutil.copytree(FIXTURES / which["path"], pathlib.Path(scratch) / name)
        none, some = (analyze(cli, "sae-features", scratch, "-s", f"sae-features.autoencoder=blocks.{i}.hook_mlp_out")[1] for i in (0, 1))
        if "density" in none.rows("features")[0]:
            yield "the first has the densities of the second"
        wanted = [max(0, 10 ** v - 1e-10) for v in read_vector(FIXTURES / case["path"] / "sparsity.safetensors", "sparsity")]
        yield from differ("the density", [r["density"] for r in some.rows("features")], wanted, relative=1e-5, absolute=1e-9)
        if "dead: by blocks.1.hook_mlp_out.sparsity" not in some.result["definition"]:
            yield some.result["definition"]


def check_widths(cli, case):
    """Autoencoders of different widths: of each the activations that are as wide are encoded, and all can be chosen."""
    rows, (_, width) = read_rows(X, "hidden.1"), read_sae(case)["W_dec"][0]
    narrow = {"W_enc": ((width - 2, 20), [0.5] * 20 * (width - 2)), "W_dec": ((20, width - 2), [0.5] * 20 * (width - 2))}
    with tempfile.TemporaryDirectory() as scratch:
        saes, dump = pathlib.Path(scratch) / "saes.safetensors", pathlib.Path(scratch) / "dump.safetensors"
        write_tensors(saes, {f"a.{key}": value for key, value in narrow.items()} | {f"b.{key}": value
                                                                                    for key, value in read_sae(case).items()})
        write_tensors(dump, {"narrow": ((4, width - 2), [1.0] * 4 * (width - 2)),
                             "wide": ((len(rows), width), [v for row in rows for v in row])})
        for words in ([], ["-s", "sae-features.activations=wide"]):
            outcome, result = analyze(cli, "sae-features", saes, dump, "-s", "sae-features.autoencoder=b", "-s", "sae-features.subtract=no",
                                      *words)
            yield from outcome.trouble()
            if result is None:
                yield f"{words}: exit {outcome.exit}: {outcome.stderr.strip()}"
            else:
                yield from check_features(result, case, "above-0")
        if "20 features" not in (definition := analyze(cli, "sae-features", saes, dump)[1].result["definition"]) or \
                "4 tokens of narrow," not in definition:
            yield f"of the narrow one is said {definition}"
        yield from unlike_error(analyze(cli, "sae-partners", saes)[0], 2, "inputs")


def offered(cli, folder):
    """What there is to choose; None: not even an autoencoder."""
    outcome = analyze(cli, "sae-features", folder, "-s", "sae-features.autoencoder=?")[0]
    found = outcome.stderr.strip().partition("here; there is ")[2]
    return found.split(", ") if found else None


def check_folders(cli, saes):
    """What lies beside, and what is no autoencoder."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        sparsify(folder / "run", saes)
        (folder / "run" / "config.json").write_text('{"sae": {"k": 32}, "hookpoints": ["layers.0"]}')
        for left_over in ("optimizer_0.pt", "lr_scheduler_0.pt", "state.pt", "rank_0_state.pt"):
            shutil.copy(FIXTURES / "saes/openai-relu.pt", folder / "run" / left_over)
        shutil.copytree(folder / "run" / "layers.0", folder / "run" / ".hidden" / "layers.7")
        shutil.copytree(folder / "run" / "layers.0", folder / "run" / "layers.0" / "inner")
        names = [f"layers.{i}" for i in range(len(saes))]
        if offered(cli, folder / "run") != names:
            yield f"beside what training left there is {offered(cli, folder / 'run')}"
        if offered(cli, folder / "run" / "config.json") != names:
            yield f"by its config.json there is {offered(cli, folder / 'run' / 'config.json')}"
        if offered(cli, folder) != [f"run/{name}" for name in names]:
            yield f"from outside there is {offered(cli, folder)}"
        deep = folder / "a" / "b" / "c"
        deep.mkdir(parents=True)
        (folder / "run").rename(deep / "run")
        yield from unlike_error(analyze(cli, "sae-features", folder / "a")[0], 3, "a: the folder holds no model file")
        write_tensors(deep / "model.safetensors", {"layers.0.mlp.up_proj.weight": ((2, 2), [1.0] * 4)})
        shutil.move(deep / "run" / "layers.0", deep / "layers.0")
        yield from unlike_error(analyze(cli, "sae-features", deep)[0], 2, "sae-features needs a sparse autoencoder")


def check_damaged(cli, saes):
    """One that cannot be opened, such as a file that was never fetched, is a row that says why, and the others stay."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        sparsify(folder, saes)
        (folder / "layers.1" / "sae.safetensors").write_text(pointer)
        (folder / "layers.2" / "cfg.json").write_text('{"k": 4,')
        yield from unlike_error(analyze(cli, "sae-features", folder, "-s", "sae-features.autoencoder=layers.2")[0], 3, "layers.2/cfg.json")
        if offered(cli, folder) != ["layers.0", "layers.2"]:
            yield f"beside one that is damaged there is {offered(cli, folder)}"
        counts = folder / "layers.2" / "sparsity.safetensors"
        write_floats(counts, "sparsity", [4], [-1.0] * 4)
        outcome, result = analyze(cli, "sae-features", folder)
        counts.unlink()
        yield from outcome.trouble()
        problems = [note for note in json.loads(outcome.stdout)["inputs"][0]["notes"] if "layers.2/cfg.json" in note]
        if len(problems) != 1:
            yield f"of the damaged settings is said {json.loads(outcome.stdout)['inputs'][0]['notes']}"
        rows = json.loads(command.run([cli, "info", str(folder)]).stdout)["results"][0]["tables"]["tensors"]["rows"]
        if not [row for row in rows if row[0] == "layers.1.sae.safetensors" and "no model file" in row[-1]]:
            yield f"the tensors are {rows}"
        for i in (0, 2):
            (folder / f"layers.{i}" / "sae.safetensors").write_text(pointer)
        yield from unlike_error(analyze(cli, "sae-features", folder)[0], 3, "sae.safetensors: it is no model file")


def main():
    cli = sys.argv[1]
    report = Report()
    cases = {case["path"].split("/")[1]: case for case in json.loads((FIXTURES / "saes.json").read_text())["cases"]}
    report.line("activations of one name in two dumps", check_equal_names(cli, cases["saelens-topk"]))
    report.line("several at once", check_left_out(cli, cases))
    report.line("codes of one name in two dumps", check_equal_codes(cli, cases["saelens-topk"]))
    saes = [read_sae(cases[name]) for name in ("saelens-no-pre-bias", "saelens-standard", "saelens-oldest")]
    check_all_partners(cli, report, saes)
    report.line("two folders of one name", check_folders_alike(cli, *saes[:2]))
    density = read_vector(FIXTURES / cases["saelens-standard"]["path"] / "sparsity.safetensors", "sparsity")
    for name, run in RUNS.items():
        report.line(f"{name}, a folder each", check_run(cli, run, cases))
    report.line("different widths", check_widths(cli, cases["saelens-no-pre-bias"]))
    report.line("many settings", check_settings(cli, saes, more=4000))
    report.line("settings of what lies deeper", check_settings(cli, saes, prefix="module.sae."))
    report.line("pickles in folders", check_pickles(cli, cases["neel-nanda"]))
    report.line("counts of folders", check_counts_of_folders(cli, cases["saelens-standard"], cases["saelens-topk"]))
    report.line("which folders", check_folders(cli, saes))
    report.line("damaged folders", check_damaged(cli, saes))
    report.line("counts of several", check_counts(cli, saes, (density, density[::-1])))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
