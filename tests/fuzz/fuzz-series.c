/* fuzz-series.c - any bytes as lists of numbers in JSON */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  fuzz_open (data, n, "fuzz.txt");
  return 0;
}
