#!/usr/bin/python3
# Makes this folder's sample: two small trained transformers (ReLU and SiLU gate), the training run of the ReLU one,
# a pruned copy of it, held-out text, and a dump of FFN activations, all from text a small grammar makes up.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Needs Debian's python3-torch (1.13) and libopenblas0-pthread; takes about ten minutes on one core like this:
#
#   OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=1000000000 \
#     MALLOC_TRIM_THRESHOLD_=2000000000 MALLOC_TOP_PAD_=200000000 /usr/bin/python3 make-sample.py [--out DIR]
#
# The seeds are fixed: the same machine and libraries give the same bytes. Another BLAS or processor rounds otherwise.
# With --check it makes nothing and verifies the files that are there, with the standard library alone.

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description="Make the sample, or check the one that is there.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the sample (default: the script's)")
    parser.add_argument("--check", action="store_true", help="verify the folder instead of making it")
    args = parser.parse_args()
    if args.check:
        from maker import check
        return check.run(args.out)
    from maker import sample
    sample.make(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
