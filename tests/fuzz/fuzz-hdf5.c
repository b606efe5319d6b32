/* fuzz-hdf5.c - any bytes as an HDF5 file; a fuzzing build takes its checksums as right */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  fuzz_open (data, n, "fuzz.h5");
  return 0;
}
