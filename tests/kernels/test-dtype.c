/* test-dtype.c - decoders against outside figures, and what a histogram bin stands for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fills.h"
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned n_failures;

static void
expect (bool ok, const char *what, SpDtype t, unsigned bin)
{
  if (ok)
    return;
  n_failures++;
  printf ("FAIL %s %s 0x%x: low %.17g high %.17g\n", what, sp_dtype_name (t), bin, sp_bin_low (t, bin), sp_bin_high (t, bin));
}

/* CRC-32 of the little-endian f32 of all finite patterns in order, as NumPy 1.24 has them:
 * zlib.crc32 (f[isfinite (f)].tobytes ()), f = arange (65536, dtype='u2').view ('f2').astype ('f4'). */
#define NUMPY_F16_CRC 0x896e3e93u

static uint32_t
crc32_add (uint32_t crc, const void *p, size_t n)
{
  const uint8_t *b = p;

  for (size_t i = 0; i < n; i++)
    {
      crc ^= b[i];
      for (unsigned bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
  return crc;
}

static void
test_f16_is_numpys (void)
{
  uint32_t crc = ~0u;

  for (unsigned bin = 0; bin < 65536; bin++)
    {
      float f = (float) sp_bin_low (SP_DTYPE_F16, bin);

      if (isfinite (f))
        crc = crc32_add (crc, &f, sizeof f);
    }
  expect (~crc == NUMPY_F16_CRC, "crc", SP_DTYPE_F16, ~crc);
}

/* Table 2 of the OCP 8-bit floating point specification. */
static void
test_f8_is_ocps (void)
{
  static const struct { SpDtype t; unsigned bin; double value; } table[] = {
    { SP_DTYPE_F8_E4M3, 0x00, 0.0 }, { SP_DTYPE_F8_E4M3, 0x7e, 448.0 }, { SP_DTYPE_F8_E4M3, 0xfe, -448.0 },
    { SP_DTYPE_F8_E4M3, 0x08, 0x1p-6 }, { SP_DTYPE_F8_E4M3, 0x07, 0.875 * 0x1p-6 }, { SP_DTYPE_F8_E4M3, 0x01, 0x1p-9 },
    { SP_DTYPE_F8_E4M3, 0x38, 1.0 }, { SP_DTYPE_F8_E5M2, 0x7b, 57344.0 }, { SP_DTYPE_F8_E5M2, 0x04, 0x1p-14 },
    { SP_DTYPE_F8_E5M2, 0x03, 0.75 * 0x1p-14 }, { SP_DTYPE_F8_E5M2, 0x01, 0x1p-16 }, { SP_DTYPE_F8_E5M2, 0x3c, 1.0 },
    { SP_DTYPE_F8_E5M2, 0x7c, INFINITY }, { SP_DTYPE_F8_E5M2, 0xfc, -INFINITY },
  };

  for (unsigned i = 0; i < sizeof table / sizeof *table; i++)
    expect (sp_bin_low (table[i].t, table[i].bin) == table[i].value, "ocp", table[i].t, table[i].bin);
  for (unsigned bin = 0; bin < 256; bin++)
    {
      expect (isnan (sp_bin_low (SP_DTYPE_F8_E4M3, bin)) == ((bin & 0x7f) == 0x7f), "nan", SP_DTYPE_F8_E4M3, bin);
      expect (isnan (sp_bin_low (SP_DTYPE_F8_E5M2, bin)) == ((bin & 0x7f) > 0x7c), "nan", SP_DTYPE_F8_E5M2, bin);
    }
}

/* One bin, one value: that of the oracle. */
static void
test_exact_bins (SpDtype t)
{
  for (unsigned bin = 0; bin < sp_bin_count (t); bin++)
    {
      double low = sp_bin_low (t, bin), value = oracle_value (t, bin);

      expect (low == value || (isnan (low) && isnan (value)), "value", t, bin);
      expect (isnan (low) || (signbit (low) != 0) == (signbit (value) != 0), "sign", t, bin);
      expect (isnan (low) || sp_bin_high (t, bin) == low, "width", t, bin);
      expect (sp_bin_is_finite (t, bin) == (isfinite (value) != 0), "finite", t, bin);
    }
}

/* Elements lie in the bin the kernels count them in; bins follow on one another. */
static void
test_wide_bins (SpDtype t)
{
  static uint64_t x[3000];

  for (Fill fill = 0; fill < N_FILLS; fill++)
    {
      fill_elements (fill, t, x, sizeof x / sizeof *x);
      for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        {
          uint64_t bits = oracle_bits (t, x, i);
          unsigned bin = oracle_bin (t, bits);
          double   v = oracle_value (t, bits), low = fabs (sp_bin_low (t, bin)), high = fabs (sp_bin_high (t, bin));
          bool     last = (bin & 0x7fff) == 0x7f7f;

          expect (sp_bin_is_finite (t, bin) == (isfinite (v) != 0), "finite", t, bin);
          if (isfinite (v))
            expect (low <= fabs (v) && (last ? fabs (v) <= high : fabs (v) < high), "holds", t, bin);
        }
    }
  for (unsigned bin = 0; bin < 0x7f7f; bin++)
    {
      expect (sp_bin_high (t, bin) == sp_bin_low (t, bin + 1), "next", t, bin);
      expect (sp_bin_high (t, bin | 0x8000) == -sp_bin_high (t, bin), "mirror", t, bin);
    }
}

int
main (void)
{
  test_f16_is_numpys ();
  test_f8_is_ocps ();
  for (SpDtype t = 0; t < SP_N_DTYPES; t++)
    if (sp_bin_is_exact (t))
      test_exact_bins (t);
    else
      test_wide_bins (t);
  expect (sp_dtype_size (SP_DTYPE_NONE) == 0 && strcmp (sp_dtype_name (SP_DTYPE_NONE), "none") == 0, "none", SP_DTYPE_NONE, 0);
  expect (sp_dtype_kind (SP_DTYPE_F8_E5M2) == SP_KIND_FLOAT && sp_dtype_kind (SP_DTYPE_BOOL) == SP_KIND_INT, "kind", SP_DTYPE_BOOL, 0);
  return n_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
