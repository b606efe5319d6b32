/* test-bins.c - counters of few used bins against plain arrays */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-bins.h"

#include <string.h>

static void
check_equal (const SpBins *bins, const guint64 *expected)
{
  guint   seen = 0, wanted = 0;
  guint64 sum = 0;

  for SP_BINS_EACH (bins, i)
    {
      g_assert_cmpuint (bins->counts[i], ==, expected[i]);
      seen++;
    }
  for (guint i = 0; i < SP_BINS_MOST; i++)
    {
      wanted += expected[i] != 0;
      sum += expected[i];
    }
  g_assert_cmpuint (seen, ==, wanted);
  g_assert_cmpuint (bins->n, ==, sum);
}

static void
test_add (void)
{
  g_autofree SpBins      *bins = g_new0 (SpBins, 1);
  g_autofree SpChunkBins *chunk = g_new0 (SpChunkBins, 1);
  g_autofree guint64     *expected = g_new0 (guint64, SP_BINS_MOST);
  const guint             places[] = { 0, 1, 63, 64, 127, 4096, 32767, 32768, SP_BINS_MOST - 1 };

  check_equal (bins, expected);
  for (guint round = 1; round < 4; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (places); i++)
        {
          chunk->counts[places[i]] += round;
          expected[places[i]] += round;
        }
      sp_chunk_bins_mark (chunk, SP_BINS_MOST);
      sp_bins_add_chunk (bins, chunk);
      sp_chunk_bins_clear (chunk);
      for (guint i = 0; i < SP_BINS_MOST; i++)
        g_assert_cmpuint (chunk->counts[i], ==, 0);
      sp_bins_add (bins, 500 * round, 1);
      expected[500 * round]++;
      check_equal (bins, expected);
    }
  sp_bins_clear (bins);
  memset (expected, 0, SP_BINS_MOST * sizeof *expected);
  check_equal (bins, expected);
}

static void
test_next (void)
{
  g_autofree SpBins *bins = g_new0 (SpBins, 1);
  guint              at = 0;

  g_assert_false (sp_bins_next (bins, &at));
  g_assert_false (sp_bins_find_last (bins, &at));
  sp_bins_add (bins, 70, 1);
  sp_bins_add (bins, 75, 0);
  g_assert_true (sp_bins_next (bins, &at));
  g_assert_cmpuint (at, ==, 70);
  g_assert_true (sp_bins_find_last (bins, &at));
  g_assert_cmpuint (at, ==, 70);
  at = 71;
  g_assert_false (sp_bins_next (bins, &at));
  at = SP_BINS_MOST;
  g_assert_false (sp_bins_next (bins, &at));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/analysis/bins/add", test_add);
  g_test_add_func ("/analysis/bins/next", test_next);
  return g_test_run ();
}
