#!/bin/sh
# run-nehalem.sh - the kernel test on a processor without AVX: dispatch must leave the newer code alone
# SPDX-License-Identifier: GPL-3.0-or-later
# usage: run-nehalem.sh TEST-KERNELS
set -eu

if [ -n "${SPARSOSCOPE_SANITIZED:-}" ]; then
  echo "skipped: $SPARSOSCOPE_SANITIZED sanitizers do not start under this emulator"
  exit 77
fi

qemu=$(command -v qemu-x86_64-static || command -v qemu-x86_64) || {
  echo "skipped: qemu-x86_64-static (Debian: qemu-user-static) is missing"
  exit 77
}
"$qemu" -cpu Nehalem "$1" scalar 9
