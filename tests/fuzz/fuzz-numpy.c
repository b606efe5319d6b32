/* fuzz-numpy.c - any bytes as an npy array, and as members of an npz */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

#include "../formats/files.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  FilesZip *zip = files_zip_new (n % 2 == 0);
  g_autoptr (GByteArray) npz = NULL;

  files_zip_add (zip, "stored.npy", data, n, FALSE);
  files_zip_add (zip, "deflated.npy", data, n, TRUE);
  npz = files_zip_finish (zip);
  fuzz_open (data, n, "fuzz.npy");
  fuzz_open (data, n, "fuzz.npz");
  fuzz_open (npz->data, npz->len, "fuzz.npz");
  return 0;
}
