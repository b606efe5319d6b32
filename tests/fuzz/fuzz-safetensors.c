/* fuzz-safetensors.c - any bytes as a safetensors file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  fuzz_open (data, n, "fuzz.safetensors");
  return 0;
}
