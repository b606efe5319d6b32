/* test-table.c - columns and what a person reads in a cell */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-table.h"

#include <math.h>

static void
check (double value, const char *unit, const char *expected)
{
  g_autofree char *text = sp_format_number (value, unit);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_format (void)
{
  check (0, "elements", "0");
  check (1234, "elements", "1234");
  check (12345, "elements", "12\u2009345");
  check (1234567, "elements", "1\u2009234\u2009567");
  check (-12345, "elements", "\u221212\u2009345");
  check (0.0320, "share", "3.20\u2009%");
  check (0, "share", "0.00\u2009%");
  check (0.00001, "share", "1.00e-03\u2009%");
  check (0.08123, "weight", "0.08123");
  check (-0.5, "weight", "\u22120.5000");
  check (1.5e-7, "weight", "1.500e-07");
  check (NAN, "weight", "\u2013");
  check (INFINITY, "weight", "\u221e");
}

static void
test_columns (void)
{
  const char *const   words[] = { "a", NULL, "long \u00e9" }, *const few[] = { "yes", "no" };
  const char         *places[] = { few[0], few[1], few[0] };
  g_autoptr (SpTable) table = sp_table_new ("t", "T", 3);
  double             *numbers = g_new (double, 3);
  gint64             *counts = g_new (gint64, 3);
  g_autofree char    *cell = NULL;

  for (gsize i = 0; i < 3; i++)
    {
      numbers[i] = (double) i;
      counts[i] = i == 1 ? SP_I64_NONE : (gint64) i;
    }
  sp_table_take_column (table, sp_column_new_text ("w", "W", 3, words));
  sp_table_take_column (table, sp_column_new_words ("p", "P", 3, g_memdup2 (places, sizeof places)));
  sp_table_take_column (table, sp_column_new_f64 ("x", "X", "", 3, numbers));
  sp_table_take_column (table, sp_column_new_i64 ("n", "N", "elements", 3, counts));
  g_assert_cmpuint (sp_table_get_n_columns (table), ==, 4);
  g_assert_cmpstr (sp_table_find_column (table, "w")->text[2], ==, "long \u00e9");
  g_assert_null (sp_table_find_column (table, "w")->text[1]);
  g_assert_true (sp_table_find_column (table, "p")->text[2] == few[0] && sp_table_find_column (table, "p")->text[1] == few[1]);
  g_assert_cmpfloat (sp_column_get_number (sp_table_find_column (table, "n"), 2), ==, 2);
  g_assert_true (isnan (sp_column_get_number (sp_table_find_column (table, "n"), 1)));
  g_assert_true (isnan (sp_column_get_number (sp_table_find_column (table, "x"), 3)));
  g_assert_null (sp_table_find_column (table, "y"));
  cell = sp_column_format_cell (sp_table_find_column (table, "n"), 1);
  g_assert_cmpstr (cell, ==, "\u2013");
}

static void
check_cell (SpTable *table, gsize column, gsize row, const char *expected)
{
  g_autofree char *cell = sp_table_format_cell (table, column, row);

  g_assert_cmpstr (cell, ==, expected);
}

static void
test_summary (void)
{
  const char *const   names[] = { "near_zero", "sparsity", "prune_threshold" }, *units[] = { "elements", "share", "weight" };
  double              values[] = { 12345, 0.25, NAN };
  g_autoptr (SpTable) table = sp_table_new ("summary", "Summary", 3);

  sp_table_take_column (table, sp_column_new_text ("name", "Name", 3, names));
  sp_table_take_column (table, sp_column_new_f64 ("value", "Value", "", 3, g_memdup2 (values, sizeof values)));
  sp_table_take_column (table, sp_column_new_text ("unit", "Unit", 3, units));
  check_cell (table, 0, 0, "near zero");
  check_cell (table, 1, 0, "12\u2009345");
  check_cell (table, 1, 1, "25.00\u2009%");
  check_cell (table, 1, 2, "\u2013");
  check_cell (table, 2, 1, "share");
}

static SpTable *
read_detail (gpointer data, const char *key, gint64 neuron, GCancellable *cancellable, GError **error)
{
  g_assert_cmpstr (key, ==, "act.1");
  g_assert_cmpint (neuron, ==, 2);
  return sp_table_new (data, "D", 0);
}

/* Rows 0 and 1 are nobody's, then come 3 neurons of one tensor and 4 of another. */
static void
test_neurons (void)
{
  g_autoptr (SpTable) table = sp_table_new ("neurons", "N", 9), detail = NULL;
  gint64              neuron;
  gsize               row;

  sp_table_add_neurons (table, 2, 3, "act.0");
  sp_table_add_neurons (table, 5, 4, "act.1");
  g_assert_null (sp_table_get_key (table, 1, &neuron));
  g_assert_cmpstr (sp_table_get_key (table, 4, &neuron), ==, "act.0");
  g_assert_cmpint (neuron, ==, 2);
  g_assert_true (sp_table_find_key (table, "act.1", 3, &row));
  g_assert_cmpuint (row, ==, 8);
  g_assert_false (sp_table_find_key (table, "act.0", 3, &row));
  g_assert_false (sp_table_find_key (table, "act.1", -1, &row));
  sp_table_set_detail (table, read_detail, (gpointer) "detail", NULL);
  detail = sp_table_read_detail (table, 7, NULL, NULL);
  g_assert_cmpstr (sp_table_get_id (detail), ==, "detail");
}

/* A neuron is on the row of its tensor where there are no rows for neurons. */
static void
test_tensors (void)
{
  const char *const   names[] = { "act.0", NULL, "act.2" };
  g_autoptr (SpTable) table = sp_table_new ("layers", "L", 3);
  gint64              neuron;
  gsize               row;

  g_assert_null (sp_table_get_key (table, 0, &neuron));
  sp_table_take_column (table, sp_column_new_text ("tensor", "Tensor", 3, names));
  g_assert_cmpstr (sp_table_get_key (table, 2, &neuron), ==, "act.2");
  g_assert_cmpint (neuron, ==, -1);
  g_assert_true (sp_table_find_key (table, "act.2", 17, &row));
  g_assert_cmpuint (row, ==, 2);
  g_assert_false (sp_table_find_key (table, "act.1", -1, &row));
  g_assert_false (sp_table_find_key (table, NULL, -1, &row));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/analysis/table/format", test_format);
  g_test_add_func ("/analysis/table/columns", test_columns);
  g_test_add_func ("/analysis/table/summary", test_summary);
  g_test_add_func ("/analysis/table/neurons", test_neurons);
  g_test_add_func ("/analysis/table/tensors", test_tensors);
  return g_test_run ();
}
