/* sp-table-format.c - numbers of tables as they are on screen */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-table.h"

#include "sp-error.h"

#include <math.h>
#include <string.h>

/* U+2009 between groups of three digits. */
static char *
group_digits (const char *digits)
{
  GString    *out = g_string_new (NULL);
  const char *first = digits + (*digits == '-');
  gsize       n = strspn (first, "0123456789");

  if (first > digits)
    g_string_append (out, "\u2212");
  for (gsize i = 0; i < n; i++)
    {
      if (i > 0 && (n - i) % 3 == 0 && n > 4)
        g_string_append (out, "\u2009");
      g_string_append_c (out, first[i]);
    }
  g_string_append (out, first + n);
  return g_string_free (out, FALSE);
}

static char *
format_share (double share)
{
  double percent = share * 100;

  if (percent != 0 && fabs (percent) < 0.01)
    return g_strdup_printf ("%.2e\u2009%%", percent);
  return g_strdup_printf ("%.2f\u2009%%", percent);
}

char *
sp_format_number (double value, const char *unit)
{
  char digits[48];

  if (isnan (value))
    return g_strdup ("\u2013");
  if (isinf (value))
    return g_strdup (value > 0 ? "\u221e" : "\u2212\u221e");
  if (g_strcmp0 (unit, "share") == 0)
    return format_share (value);
  if (value == floor (value) && fabs (value) < 1e15)
    g_snprintf (digits, sizeof digits, "%.0f", value);
  else if (fabs (value) >= 1e-3 && fabs (value) < 1e6)
    g_snprintf (digits, sizeof digits, "%#.4g", value);
  else
    g_snprintf (digits, sizeof digits, "%.3e", value);
  return group_digits (digits);
}

char *
sp_column_format_cell (const SpColumn *column, gsize row)
{
  if (row >= column->n_rows)
    return g_strdup ("");
  if (column->type == SP_COLUMN_TEXT)
    return column->text[row] != NULL ? sp_visible_text (column->text[row]) : g_strdup ("");
  return sp_format_number (sp_column_get_number (column, row), column->unit);
}

char *
sp_table_format_cell (SpTable *table, gsize column, gsize row)
{
  const SpColumn *cells = sp_table_get_column (table, column), *values, *units;
  gboolean        is_name = strcmp (cells->name, "name") == 0, is_value = strcmp (cells->name, "value") == 0;

  if (!is_name && !is_value)                     /* of a table of many columns the others are not looked for */
    return sp_column_format_cell (cells, row);
  values = sp_table_find_column (table, "value");
  units = sp_table_find_column (table, "unit");
  if (values == NULL || units == NULL || units->type != SP_COLUMN_TEXT || row >= sp_table_get_n_rows (table))
    return sp_column_format_cell (cells, row);
  if (is_value && values->type != SP_COLUMN_TEXT)
    return sp_format_number (sp_column_get_number (values, row), units->text[row]);
  return is_name ? g_strdelimit (sp_column_format_cell (cells, row), "_", ' ') : sp_column_format_cell (cells, row);
}
