#!/usr/bin/python3
# The logits of each tiny model in fixtures/models against those PyTorch gave for the same weights and tokens.
# SPDX-License-Identifier: GPL-3.0-or-later
"""logits.py PRINT-LOGITS [NAME…]    NAME: any part of a model's name

Right is within 1e-4 of the largest logit everywhere, and within 1e-4 of itself where a logit is no less than a twentieth
of the largest.  The first tokens alone must give the same rows: nothing looks ahead.  Standard library only."""

import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402
from compare import Report  # noqa: E402

RELATIVE, NOT_TINY, FEW = 1e-4, 0.05, 5


class Distance:
    """How far from right, and where it is farthest."""

    def __init__(self, have, want, n_ids):
        largest = max(map(abs, want))
        self.of_largest, place = max((abs(h - w) / largest if h == h else float("inf"), i)
                                     for i, (h, w) in enumerate(zip(have, want)))
        self.of_itself = max((abs(h - w) / abs(w) for h, w in zip(have, want) if abs(w) >= NOT_TINY * largest), default=0.0)
        self.token, self.id = divmod(place, n_ids)

    def reasons(self, what):
        if not self.of_largest <= RELATIVE:
            yield f"{what}: off by {self.of_largest:.2g} of the largest logit, farthest at token {self.token}, id {self.id}"
        elif not self.of_itself <= RELATIVE:
            yield f"{what}: a logit is off by {self.of_itself:.2g} of itself"


def look(program, folder, ids, want, n_ids, place, what, distances):
    outcome, have = engine.print_logits(program, folder, ids, place)
    yield from outcome.trouble()
    if have is None:
        yield f"{what}: exit {outcome.exit}: {outcome.stderr.strip()[:300]}"
    elif len(have) != len(want):
        yield f"{what}: {len(have)} logits, not {len(want)}"
    else:
        distances.append(Distance(have, want, n_ids))
        yield from distances[-1].reasons(what)


def check(program, about, want, place, distances):
    folder, ids = engine.FIXTURES / about["folder"], about["ids"]
    n_ids = len(want) // len(ids)
    yield from look(program, folder, ids, want, n_ids, place, "all tokens", distances)
    if not any(kind in about["folder"] for kind in ("dynamic", "longrope-long")):  # there the length of the window turns all of it
        for n in (1, FEW):
            yield from look(program, folder, ids[:n], want[:n * n_ids], n_ids, place, f"first {n}", distances)


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    program, report, distances = str(pathlib.Path(arguments[0]).resolve()), Report(), []
    with tempfile.TemporaryDirectory() as place:
        for path in sorted((engine.FIXTURES / "logits").glob("*.json")):
            if not arguments[1:] or any(part in path.name for part in arguments[1:]):
                about, want = json.loads(path.read_text()), engine.read_f32(path.with_suffix(".f32"))
                report.line(path.stem, check(program, about, want, place, distances))
    if distances:
        print(f"farthest: {max(d.of_largest for d in distances):.2g} of the largest logit, "
              f"{max(d.of_itself for d in distances):.2g} of a logit itself")
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
