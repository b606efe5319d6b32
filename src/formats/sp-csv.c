/* sp-csv.c - numbers as text: a line of names, then lines with a cell for each */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-csv.h"

#include "sp-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_ROWS   100000
#define MOST_CELLS  1000u                  /* of a line */
#define MOST_SHOWN  40                     /* bytes of a cell in a sentence */
#define MARK        "\357\273\277"         /* what some programs begin a text of UTF-8 with */

static void
column_free (gpointer data)
{
  SpCsvColumn *column = data;

  g_free (column->name);
  g_array_unref (column->numbers);
  g_free (column->problem);
  g_free (column);
}

static gboolean
refuse (const char *title, GError **error, const char *reason)
{
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, "%s: %s", title, reason);
  return FALSE;
}

static char
find_separator (const char *line)
{
  return strchr (line, ';') != NULL ? ';' : strchr (line, '\t') != NULL ? '\t' : ',';
}

/* As splitting would find them: counted before each gets memory of its own. */
static guint
count_cells (const char *line, char separator)
{
  guint n = *line != '\0';

  for (const char *at = line; *at != '\0'; at++)
    n += *at == separator;
  return n;
}

/* What ends a line elsewhere; tabs may have empty cells between them. */
static char *
strip_line (char *line)
{
  gsize n = strlen (line);

  while (n > 0 && strchr ("\r ", line[n - 1]) != NULL)
    line[--n] = '\0';
  return line;
}

static void
strip_cell (char *cell)
{
  gsize n = strlen (g_strstrip (cell));

  if (n < 2 || cell[0] != '"' || cell[n - 1] != '"')
    return;
  cell[n - 1] = '\0';
  memmove (cell, cell + 1, n - 1);
}

/* Of more cells than a line may have the rest is one. */
static char **
split_line (const char *line, char separator)
{
  char **cells = g_strsplit (line, (const char[]) { separator, '\0' }, MOST_CELLS + 1);

  for (gsize i = 0; cells[i] != NULL; i++)
    strip_cell (cells[i]);
  return cells;
}

static void
take_cell (SpCsvColumn *column, const char *cell, guint line)
{
  char            *end;
  double           value = g_ascii_strtod (cell, &end);
  g_autofree char *shown = NULL, *name = NULL;

  if (column->problem != NULL)
    return;
  if (end != cell && *end == '\0')
    {
      g_array_append_val (column->numbers, value);
      return;
    }
  shown = sp_printable_text (cell, MIN ((gssize) strlen (cell), MOST_SHOWN));
  name = sp_printable_text (column->name, MIN ((gssize) strlen (column->name), MOST_SHOWN));
  column->problem = g_strdup_printf (_("line %u: %s is '%s', no number"), line, name, shown);
}

static gboolean
take_row (GPtrArray *columns, char *text, char separator, guint line, const char *title, GError **error)
{
  g_auto (GStrv)   cells = NULL;
  g_autofree char *reason = NULL;
  guint            n = count_cells (strip_line (text), separator);

  if (n == 0)
    return TRUE;
  if (n != columns->len)
    {
      reason = g_strdup_printf (_("line %u has %u cells, the first line %u"), line, n, columns->len);
      return refuse (title, error, reason);
    }
  cells = split_line (text, separator);
  for (guint i = 0; i < n; i++)
    take_cell (columns->pdata[i], cells[i], line);
  return TRUE;
}

static GPtrArray *
make_columns (const char *line, char separator)
{
  GPtrArray     *columns = g_ptr_array_new_with_free_func (column_free);
  g_auto (GStrv) names = split_line (line, separator);

  for (gsize i = 0; names[i] != NULL; i++)
    {
      SpCsvColumn *column = g_new0 (SpCsvColumn, 1);

      column->name = g_strdup (names[i]);
      column->numbers = g_array_new (FALSE, FALSE, sizeof (double));
      g_ptr_array_add (columns, column);
    }
  return columns;
}

static const char *
skip_mark (const char *text)
{
  return g_str_has_prefix (text, MARK) ? text + strlen (MARK) : text;
}

/* NULL: it is within bounds. */
static const char *
find_excess (char **lines, const char *first, char separator)
{
  if (count_cells (first, separator) > MOST_CELLS)
    return _("its first line has more than 1000 cells, so it is no table");
  if (g_strv_length (lines) > MOST_ROWS + 1 && lines[MOST_ROWS + 1][0] != '\0')
    return _("below its first line it has more than the 100000 that are read");
  return NULL;
}

GPtrArray *
sp_csv_read (const char *text, const char *title, GError **error)
{
  g_auto (GStrv)        lines = g_strsplit (skip_mark (text), "\n", MOST_ROWS + 2);
  const char           *first = lines[0] != NULL ? strip_line (lines[0]) : "";
  char                  separator = find_separator (first);
  const char           *excess = find_excess (lines, first, separator);
  g_autoptr (GPtrArray) columns = NULL;

  if (excess != NULL)
    {
      refuse (title, error, excess);
      return NULL;
    }
  columns = make_columns (first, separator);
  for (guint i = 1; columns->len > 0 && lines[i] != NULL; i++)
    if (!take_row (columns, lines[i], separator, i + 1, title, error))
      return NULL;
  return g_steal_pointer (&columns);
}

char **
sp_csv_read_names (const char *text)
{
  const char      *begin = skip_mark (text);
  g_autofree char *first = strip_line (g_strndup (begin, strcspn (begin, "\n")));

  return split_line (first, find_separator (first));
}
