/* fuzz-archive.c - any bytes as an archive of model files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  fuzz_open (data, n, "fuzz.zip");
  return 0;
}
