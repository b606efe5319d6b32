#!/bin/sh
# run-neon.sh - kernel tests for AArch64, cross-compiled, under an emulator: the same digests as here
# SPDX-License-Identifier: GPL-3.0-or-later
# usage: run-neon.sh TEST…, programs of this folder's sources
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
for native in "$@"; do
  shift
  set -- "$@" "$(readlink -f "$native")"
done
tests=$(dirname "$(readlink -f "$0")")
kernels=$tests/../../src/kernels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags="-std=gnu11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -I$kernels"
plain="-fno-tree-vectorize -fno-tree-slp-vectorize"
cd "$work"
$cc $flags -Os $plain -DSIMD_HEADER='"simd-scalar.h"' -c "$kernels/isa.c" -o scalar.o
$cc $flags -O3 -DSIMD_HEADER='"simd-neon.h"' -c "$kernels/isa.c" -o neon.o

# compare NATIVE: an emulator is slow, and every fifth length is enough to compare processors
compare ()
{
  name=$(basename "$1")
  $cc $flags -O1 $plain -static -o "$name" scalar.o neon.o "$kernels/cpu.c" "$kernels/dtype.c" "$kernels/kernels.c" \
    "$tests/oracle.c" "$tests/oracle-forward.c" "$tests/fills.c" "$tests/check.c" "$tests/$name.c" -lm -lpthread
  "$qemu" "./$name" neon 5 > emulated || status=1
  SPARSOSCOPE_ISA=scalar "$1" scalar 5 > native || status=1
  cat emulated native
  grep -o 'digest .*' emulated | sort -u > emulated.digest
  grep -o 'digest .*' native | sort -u > native.digest
  if ! cmp -s native.digest emulated.digest; then
    echo "FAIL the processors do not agree"
    status=1
  fi
}

status=0
for native in "$@"; do
  compare "$native"
done
exit $status
