# definition.py - the number on screen, as the sentence under the parameters and the tables have it
# SPDX-License-Identifier: GPL-3.0-or-later
import re

import tensors

COUNTS = re.compile(r"\(([\d\s]+) of ([\d\s]+)\)")


def number(text):
    return int(re.sub(r"\D", "", text))


def definition(window):
    """(near, counted, ε) as the sentence under the parameters has them."""
    sentence = window.sentence(r"^Sparsity .*\(")
    found, eps = COUNTS.search(sentence), re.search(r"ε\s=\s([\d.e+−-]+\d)", sentence)
    return found and (number(found[1]), number(found[2]), float(eps[1].replace("−", "-")) if eps else 0.0)


def check_definition(window, weights, what):
    near, counted, eps = definition(window)
    expected = sum(tensors.near(values, eps) for values in weights.values())
    assert counted == sum(map(len, weights.values())), f"{what}: {counted} elements counted"
    assert near == expected, f"{what}: {near} of |w| ≤ {eps}, counted independently {expected}"
    return eps


def table_shares(window, name):
    """The percentages in the first row of this name."""
    return [label for label in window.row(name) if label.endswith("%")]


def percent(share):
    return f"{100 * share:.2f}\u2009%" if share == 0 or share >= 1e-4 else f"{100 * share:.2e}\u2009%"


def share(values, eps):
    return percent(tensors.near(values, eps) / len(values))
