#!/usr/bin/python3
# Published activation ratios, kept outside the tree: residuals of the published curves, and our fits beside them and beside SciPy's.
# SPDX-License-Identifier: GPL-3.0-or-later
"""law_real.py CLI FOLDER    {0.1b … 2.4b}_{relu,silu}.txt in FOLDER; without them the test is skipped (exit 77)

The coefficients are those of the paper's table 2, the sums of residuals theirs on the published points, rounded to what stands here."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import dump_figures  # noqa: E402
from compare import Report  # noqa: E402
from law_fits import analyze, near  # noqa: E402

# alpha, b, c, A0 of ReLU models, alpha, c, A0 of SiLU models; then mean absolute and mean square residual by points left out.
PUBLISHED = {
    "0.1b_relu": ("0.101,-0.0151,3.20,0.0614", {0: ("4.0739e-4", "2.6778e-7"), 6: ("4.2309e-4", "2.8688e-7")}),
    "0.2b_relu": ("0.449,-3.05,0.286,0.0674", {0: ("2.4011e-4", "9.4190e-8")}),
    "0.4b_relu": ("0.683,-3.46,0.0790,0.0690", {0: ("3.4470e-4", "3.0658e-7"), 6: ("2.3503e-4", "1.0201e-7")}),
    "0.8b_relu": ("1.01,-3.49,7.97e-3,0.0721", {0: ("1.8703e-4", "6.5095e-8")}),
    "1.2b_relu": ("1.33,-3.89,9.03e-4,0.0782", {0: ("4.9053e-4", "9.4206e-7"), 6: ("1.9864e-4", "5.8412e-8")}),
    "2.4b_relu": ("2.11,-3.82,9.04e-6,0.0712", {0: ("3.8322e-4", "4.3367e-7"), 6: ("2.4202e-4", "1.0555e-7")}),
    "0.1b_silu": ("0.479,0.102,0.409", {0: ("2.7364e-3", "2.7250e-5"), 6: ("1.1289e-3", "2.3541e-6")}),
    "0.2b_silu": ("0.844,0.208,0.390", {0: ("1.7478e-3", "2.2179e-5"), 6: ("5.8062e-4", None)}),
    "0.4b_silu": ("1.03,0.420,0.385", {0: ("2.3698e-3", "7.0819e-5"), 6: ("6.8395e-4", None)}),
    "0.8b_silu": ("0.995,0.562,0.383", {0: ("2.6500e-3", "5.3795e-5"), 6: ("9.0727e-4", None)}),
    "1.2b_silu": ("0.967,0.538,0.382", {0: ("5.2916e-3", "3.4911e-4"), 6: ("7.8596e-4", "1.1171e-6")}),
}

# scipy.optimize.curve_fit, method lm, from the published coefficients: mean square residual, coefficients with standard errors where
# the points determine them.  Of 0.4b_relu there is no best log-space curve: SciPy stops on the way to the power law that is better.
SCIPY = {
    "0.1b_relu": (2.673764853e-07, {}),
    "0.2b_relu": (9.132320986e-08, {"alpha": (0.4485716, 0.07678342), "b": (-3.047187, 0.1528932), "c": (0.2862295, 0.07317039),
                                    "A0": (0.06740789, 0.002137359)}),
    "0.4b_relu": (None, {}),
    "0.8b_relu": (5.183825031e-08, {"alpha": (1.011658, 0.04947681), "b": (-3.49192, 0.0366681), "c": (0.007973583, 0.001730364),
                                    "A0": (0.07208345, 0.0006774898)}),
    "1.2b_relu": (1.873311110e-07, {"alpha": (2.058566, 0.1342474), "b": (-4.22179, 0.04151333), "c": (2.143717e-05, 1.41378e-05),
                                    "A0": (0.08080291, 0.0004822355)}),
    "2.4b_relu": (3.961299478e-07, {"alpha": (1.738942, 0.2673673), "b": (-3.518212, 0.3820594), "c": (4.663569e-05, 4.68549e-05),
                                    "A0": (0.0641374, 0.01105855)}),
    "0.1b_silu": (2.380582180e-06, {"alpha": (0.3452752, 0.02937256), "c": (0.09328336, 0.003970429), "A0": (0.4177427, 0.004233724)}),
    "0.2b_silu": (5.642856200e-07, {"alpha": (0.5999658, 0.02202604), "c": (0.1214269, 0.00255538), "A0": (0.3934326, 0.0008381403)}),
    "0.4b_silu": (1.892595749e-06, {"alpha": (0.6117918, 0.03473278), "c": (0.1477119, 0.006524761), "A0": (0.3899716, 0.001227506)}),
    "0.8b_silu": (5.711061515e-07, {"alpha": (0.6167032, 0.02148719), "c": (0.1919185, 0.006670578), "A0": (0.3887161, 0.0007768444)}),
    "1.2b_silu": (5.701345465e-06, {"alpha": (0.4061101, 0.03472448), "c": (0.1590278, 0.004736094), "A0": (0.3991217, 0.003484929)}),
}
SCIPY_STUCK = 1.121308913e-07


def laws_of(cli, paths, params):
    outcome = analyze(cli, paths, params)
    if outcome.exit != 0:
        raise ValueError(f"exit {outcome.exit}: {outcome.stderr.strip()[:200]}")
    return {row["series"]: row for row in dump_figures.answer(outcome.stdout).tables["laws"]}


def is_printed(value, text):
    """As the table has it, to the last of its digits."""
    return text is None or abs(value - float(text)) <= 0.5 * 10 ** (int(text.split("e")[1]) - 4) * (1 + 1e-9)


def check_published(cli, path, coefs, sums):
    for skip, (mae, mse) in sums.items():
        curve = laws_of(cli, [path], {"skip": skip, "coefficients": coefs})[path.stem]
        fit = laws_of(cli, [path], {"skip": skip})[path.stem]
        if not is_printed(curve["mae"], mae) or not is_printed(curve["mse"], mse):
            yield f"without {skip}: the published curve leaves {curve['mae']}, {curve['mse']}, not {mae}, {mse}"
        if not fit["mse"] <= curve["mse"]:
            yield f"without {skip}: the fit leaves {fit['mse']}, the published curve {curve['mse']}"


def check_scipy(row, mse, coefs):
    if mse is not None and not near(row["mse"], mse, 1e-6):
        yield f"the fit leaves {row['mse']}, SciPy's {mse}"
    if mse is None and not (row["law"] == "power" and row["mse"] < SCIPY_STUCK and row["note"]):
        yield f"at the edge of its law: {row}"
    for name, (value, error) in coefs.items():
        if not near(row[name], value, 1e-4) or not near(row[name + "_error"], error, 1e-4):
            yield f"{name} is {row[name]} ± {row[name + '_error']}, SciPy's {value} ± {error}"


def check_together(cli, folder):
    """All files at once, or their folder: each series as if it were alone."""
    rows = laws_of(cli, sorted(folder.glob("*_*lu.txt")), {})
    if sorted(rows) != sorted(PUBLISHED) or laws_of(cli, [folder], {}) != rows:
        yield f"series {sorted(rows)}, or not those of the folder"
    for name, (mse, coefs) in SCIPY.items():
        yield from (f"{name}: {reason}" for reason in check_scipy(rows[name], mse, coefs))


def main(cli, folder):
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        print(f"skipped: {folder} is not here")
        return 77
    report = Report()
    for name, (coefs, sums) in PUBLISHED.items():
        report.line(name, check_published(cli, folder / f"{name}.txt", coefs, sums))
    report.line("together", check_together(cli, folder))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
