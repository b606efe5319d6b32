/* test-order.c - rows by their numbers, against the library's own sort */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-order.h"

#include <math.h>
#include <stdlib.h>

#define N 20000

static double   numbers[N];
static gboolean is_descending;

static int
compare (gconstpointer a, gconstpointer b)
{
  guint32 row_a = *(const guint32 *) a, row_b = *(const guint32 *) b;
  double  x = numbers[row_a], y = numbers[row_b];

  if (isnan (x) != isnan (y))
    return isnan (x) - isnan (y);
  if (!isnan (x) && x != y)
    return (x > y) != is_descending ? 1 : -1;
  return (row_a > row_b) - (row_a < row_b);
}

static void
check (gsize n)
{
  g_autofree guint32 *rows = g_new (guint32, n + 1), *expected = g_new (guint32, n + 1);

  for (int way = 0; way < 2; way++)
    {
      for (gsize i = 0; i < n; i++)
        rows[i] = expected[i] = (guint32) i;
      is_descending = way;
      sp_order_rows (rows, n, numbers, way);
      qsort (expected, n, sizeof *expected, compare);
      g_assert_cmpmem (rows, n * sizeof *rows, expected, n * sizeof *expected);
    }
}

/* Of all sizes and both signs, many equal, some none. */
static void
test_numbers (void)
{
  static const double odd[] = { 0, -0.0, NAN, -NAN, INFINITY, -INFINITY, 5e-324, -5e-324, 1, -1, 1e308, -1e308 };
  g_autoptr (GRand)   chance = g_rand_new_with_seed (3);

  for (gsize i = 0; i < N; i++)
    {
      gint32 kind = g_rand_int_range (chance, 0, 4);

      if (kind == 0)
        numbers[i] = odd[g_rand_int_range (chance, 0, G_N_ELEMENTS (odd))];
      else if (kind == 1)
        numbers[i] = g_rand_int_range (chance, -9, 9);
      else
        numbers[i] = ldexp (g_rand_double (chance) - 0.5, g_rand_int_range (chance, -900, 900));
    }
  check (0);
  check (1);
  check (N);
}

/* Rows that are some of all, in an order of their own, which equals keep. */
static void
test_some (void)
{
  guint32 rows[] = { 7, 3, 5, 1 };

  for (gsize i = 0; i < 8; i++)
    numbers[i] = i == 1 ? -1 : 2;
  sp_order_rows (rows, G_N_ELEMENTS (rows), numbers, FALSE);
  g_assert_cmpmem (rows, sizeof rows, ((guint32[]) { 1, 7, 3, 5 }), sizeof rows);
  sp_order_rows (rows, G_N_ELEMENTS (rows), numbers, TRUE);
  g_assert_cmpmem (rows, sizeof rows, ((guint32[]) { 7, 3, 5, 1 }), sizeof rows);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/analysis/order/numbers", test_numbers);
  g_test_add_func ("/analysis/order/some", test_some);
  return g_test_run ();
}
