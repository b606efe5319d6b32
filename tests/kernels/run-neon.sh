#!/bin/sh
# run-neon.sh - the kernel test for AArch64, cross-compiled, under an emulator: the same digest as here
# SPDX-License-Identifier: GPL-3.0-or-later
# usage: run-neon.sh TEST-KERNELS
set -eu

cc=aarch64-linux-gnu-gcc
command -v "$cc" > /dev/null || {
  echo "skipped: $cc (Debian: gcc-aarch64-linux-gnu) is missing"
  exit 77
}
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || {
  echo "skipped: qemu-aarch64-static (Debian: qemu-user-static) is missing"
  exit 77
}
native=$(readlink -f "$1")
tests=$(dirname "$(readlink -f "$0")")
kernels=$tests/../../src/kernels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags="-std=gnu11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -I$kernels"
plain="-fno-tree-vectorize -fno-tree-slp-vectorize"
cd "$work"
$cc $flags -Os $plain -DSIMD_HEADER='"simd-scalar.h"' -c "$kernels/isa.c" -o scalar.o
$cc $flags -O3 -DSIMD_HEADER='"simd-neon.h"' -c "$kernels/isa.c" -o neon.o
$cc $flags -O1 $plain -static -o test-kernels scalar.o neon.o "$kernels/cpu.c" "$kernels/dtype.c" "$kernels/kernels.c" \
  "$tests/oracle.c" "$tests/fills.c" "$tests/check.c" "$tests/test-kernels.c" -lm -lpthread

# An emulator is slow: every fifth length is enough to compare processors.
status=0
"$qemu" ./test-kernels neon 5 > emulated || status=1
SPARSOSCOPE_ISA=scalar "$native" scalar 5 > native || status=1
cat emulated native
grep -o 'digest .*' emulated | sort -u > emulated.digest
grep -o 'digest .*' native | sort -u > native.digest
if ! cmp -s native.digest emulated.digest; then
  echo "FAIL the processors do not agree"
  exit 1
fi
exit $status
