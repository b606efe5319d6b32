/* sp-svg.c - an SVG file whose text is text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-svg.h"

#include "sp-color.h"
#include "sp-pen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
append_number (GString *out, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.3f", value);
  g_string_append (out, text);
}

static void
append_element (GString *out, const char *name, const char *text)
{
  g_autofree char *escaped = text != NULL ? g_markup_escape_text (text, -1) : NULL;

  if (escaped != NULL && *escaped != '\0')
    g_string_append_printf (out, "<%s>%s</%s>\n", name, escaped, name);
}

static void
append_attribute (GString *out, const char *name, double value)
{
  g_string_append_printf (out, " %s=\"", name);
  append_number (out, value);
  g_string_append_c (out, '"');
}

static void
append_run (GString *out, const SpTextRun *run)
{
  g_autofree char *escaped = g_markup_escape_text (run->text, -1);

  g_string_append (out, "<text");
  append_attribute (out, "x", run->x);
  append_attribute (out, "y", run->y);
  append_attribute (out, "font-size", run->size);
  if (run->weight != 400)
    g_string_append_printf (out, " font-weight=\"%d\"", run->weight);
  if (run->anchor != 0)
    g_string_append_printf (out, " text-anchor=\"%s\"", run->anchor == 1 ? "end" : "middle");
  if (run->angle != 0)
    {
      g_string_append (out, " transform=\"rotate(");
      append_number (out, run->angle * 180 / G_PI);
      g_string_append_c (out, ' ');
      append_number (out, run->x);
      g_string_append_c (out, ' ');
      append_number (out, run->y);
      g_string_append (out, ")\"");
    }
  g_string_append_printf (out, " fill=\"#%06x\">%s</text>\n", sp_color_to_rgb (run->color), escaped);
}

/* Cairo numbers its elements through the whole process: number them anew, so that equal figures are equal files. */
static gboolean
renumber (const GMatchInfo *match, GString *out, gpointer data)
{
  GHashTable *numbers = data;
  g_autofree char *before = g_match_info_fetch (match, 1), *number = g_match_info_fetch (match, 2);
  gpointer known = g_hash_table_lookup (numbers, number);

  if (known == NULL)
    {
      known = GUINT_TO_POINTER (g_hash_table_size (numbers) + 1);
      g_hash_table_insert (numbers, g_steal_pointer (&number), known);
    }
  g_string_append_printf (out, "%s%u", before, GPOINTER_TO_UINT (known));
  return FALSE;
}

static void
name_elements_anew (GString *svg)
{
  g_autoptr (GRegex) ids = g_regex_new ("((?: id=\"|href=\"#|url\\(#)[a-z]+-?)([0-9]+(?:-[0-9]+)?)", 0, 0, NULL);
  g_autoptr (GHashTable) numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *renamed = g_regex_replace_eval (ids, svg->str, (gssize) svg->len, 0, 0, renumber, numbers, NULL);

  if (renamed != NULL)
    g_string_assign (svg, renamed);
}

void
sp_svg_finish (GString *svg, const GArray *runs, const SpSvgFacts *facts)
{
  g_autoptr (GString) head = g_string_new ("\n"),
                      tail = g_string_new ("<g font-family=\"" SP_FONT_FAMILIES "\" xml:space=\"preserve\">\n");
  const char *start, *end;

  name_elements_anew (svg);
  append_element (head, "title", facts->title);
  append_element (head, "desc", facts->description);
  append_element (head, "metadata", facts->provenance);
  for (guint i = 0; i < runs->len; i++)
    append_run (tail, &g_array_index (runs, SpTextRun, i));
  g_string_append (tail, "</g>\n");

  end = g_strrstr (svg->str, "</svg>");
  if (end != NULL)
    g_string_insert_len (svg, end - svg->str, tail->str, (gssize) tail->len);
  start = strstr (svg->str, "<svg");
  start = start != NULL ? strchr (start, '>') : NULL;
  if (start != NULL)
    g_string_insert_len (svg, start + 1 - svg->str, head->str, (gssize) head->len);
}
