/* sp-pen.c - how a figure is put on paper */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pen.h"

#include <math.h>
#include <string.h>

static const struct
{
  double size;
  gint weight;
} roles[SP_N_TEXT_ROLES] = {
  [SP_TEXT_VALUE] = { 7.5, 400 },  [SP_TEXT_TICK] = { 8.5, 400 },    [SP_TEXT_LABEL] = { 9, 400 },
  [SP_TEXT_TITLE] = { 10.5, 700 }, [SP_TEXT_CAPTION] = { 8.5, 400 },
};

static void
text_run_clear (gpointer data)
{
  SpTextRun *run = data;

  g_free (run->text);
}

GArray *
sp_text_runs_new (void)
{
  GArray *runs = g_array_new (FALSE, FALSE, sizeof (SpTextRun));

  g_array_set_clear_func (runs, text_run_clear);
  return runs;
}

/* Unhinted metrics: the same layout on screen, in a bitmap of any resolution and in a vector file. */
void
sp_pen_init (SpPen *pen, cairo_t *cr, const SpTheme *theme, double font_scale, double device_scale, GArray *runs)
{
  cairo_font_options_t *options = cairo_font_options_create ();
  PangoContext *context = pango_cairo_create_context (cr);
  PangoAttrList *attributes = pango_attr_list_new ();

  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options (context, options);
  pango_cairo_context_set_resolution (context, 72);
  pango_context_set_round_glyph_positions (context, FALSE);
  cairo_font_options_destroy (options);

  *pen =
    (SpPen){ cr,  theme, font_scale > 0 ? font_scale : 1, device_scale > 0 ? device_scale : 1, NULL, SP_N_TEXT_ROLES,
             runs };
  pen->layout = pango_layout_new (context);
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum=1"));
  pango_layout_set_attributes (pen->layout, attributes);
  pango_layout_set_single_paragraph_mode (pen->layout, TRUE);
  pango_attr_list_unref (attributes);
  g_object_unref (context);
}

void
sp_pen_finish (SpPen *pen)
{
  g_clear_object (&pen->layout);
}

double
sp_pen_size (SpPen *pen, SpTextRole role)
{
  return roles[role].size * pen->font_scale;
}

static void
set_role (SpPen *pen, SpTextRole role)
{
  PangoFontDescription *font;

  if (pen->role == role)
    return;
  pen->role = role;
  font = pango_font_description_new ();
  pango_font_description_set_family_static (font, SP_FONT_FAMILIES);
  pango_font_description_set_size (font, (gint) (sp_pen_size (pen, role) * PANGO_SCALE));
  pango_font_description_set_weight (font, (PangoWeight) roles[role].weight);
  pango_layout_set_font_description (pen->layout, font);
  pango_font_description_free (font);
}

static void
set_text (SpPen *pen, SpTextRole role, const char *text)
{
  set_role (pen, role);
  pango_layout_set_width (pen->layout, -1);
  pango_layout_set_text (pen->layout, text, -1);
}

static void
get_size (SpPen *pen, double *width, double *height)
{
  PangoRectangle logical;

  pango_layout_get_extents (pen->layout, NULL, &logical);
  *width = (double) logical.width / PANGO_SCALE;
  *height = (double) logical.height / PANGO_SCALE;
}

void
sp_pen_measure (SpPen *pen, SpTextRole role, const char *text, double *width, double *height)
{
  set_text (pen, role, text);
  get_size (pen, width, height);
}

static char *
without_middle (const char *text, gsize n_chars, gsize n_kept)
{
  gsize n_tail = n_kept * 3 / 5, n_head = n_kept - n_tail;
  const char *head_end = g_utf8_offset_to_pointer (text, (glong) n_head);
  const char *tail = g_utf8_offset_to_pointer (text, (glong) (n_chars - n_tail));

  return g_strdup_printf ("%.*s…%s", (int) (head_end - text), text, tail);
}

char *
sp_pen_elide (SpPen *pen, SpTextRole role, const char *text, double width)
{
  gsize n_chars = (gsize) g_utf8_strlen (text, -1), low = 0, high = n_chars;
  double text_width, height;

  sp_pen_measure (pen, role, text, &text_width, &height);
  if (text_width <= width)
    return g_strdup (text);
  while (low + 1 < high)
    {
      gsize middle = (low + high) / 2;
      g_autofree char *shorter = without_middle (text, n_chars, middle);

      sp_pen_measure (pen, role, shorter, &text_width, &height);
      if (text_width <= width)
        low = middle;
      else
        high = middle;
    }
  return without_middle (text, n_chars, low);
}

static void
place_run (SpPen *pen,
           SpTextRole role,
           SpColor color,
           const char *text,
           double x,
           double y,
           double angle,
           double anchor)
{
  SpTextRun run = { g_strdup (text), x, y, angle, anchor, sp_pen_size (pen, role), roles[role].weight, color };

  g_array_append_val (pen->runs, run);
}

void
sp_pen_text (SpPen *pen,
             SpTextRole role,
             SpColor color,
             const char *text,
             double x,
             double y,
             double anchor_x,
             double anchor_y,
             double angle)
{
  double width, height, baseline, down;

  sp_pen_measure (pen, role, text, &width, &height);
  baseline = (double) pango_layout_get_baseline (pen->layout) / PANGO_SCALE;
  if (pen->runs != NULL)
    {
      down = baseline - anchor_y * height;
      place_run (pen, role, color, text, x - down * sin (angle), y + down * cos (angle), angle, anchor_x);
      return;
    }
  cairo_save (pen->cr);
  cairo_translate (pen->cr, x, y);
  if (angle != 0)
    cairo_rotate (pen->cr, angle);
  cairo_move_to (pen->cr, -anchor_x * width, -anchor_y * height);
  sp_pen_color (pen, color, 1);
  pango_cairo_show_layout (pen->cr, pen->layout);
  cairo_restore (pen->cr);
}

double
sp_pen_paragraph (SpPen *pen, SpTextRole role, SpColor color, const char *text, const SpRect *place, gboolean draws)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  double width, height, line_height;
  gint n_lines;

  set_text (pen, role, text);
  pango_layout_set_wrap (pen->layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_width (pen->layout, (gint) (MAX (place->width, 1) * PANGO_SCALE));
  get_size (pen, &width, &height);
  n_lines = pango_layout_get_line_count (pen->layout);
  line_height = height / n_lines * 1.12;
  for (gint i = 0; draws && i < n_lines; i++)
    {
      PangoLayoutLine *line = pango_layout_get_line_readonly (pen->layout, i);

      g_ptr_array_add (lines, g_strchomp (g_strndup (text + line->start_index, (gsize) line->length)));
    }
  for (guint i = 0; i < lines->len; i++)
    sp_pen_text (pen, role, color, lines->pdata[i], place->x, place->y + i * line_height, 0, 0, 0);
  return line_height * n_lines;
}

gboolean
sp_pen_is_vector (SpPen *pen)
{
  return cairo_surface_get_type (cairo_get_target (pen->cr)) != CAIRO_SURFACE_TYPE_IMAGE;
}

void
sp_pen_color (SpPen *pen, SpColor color, double alpha)
{
  if (alpha >= 1)
    cairo_set_source_rgb (pen->cr, color.r, color.g, color.b);
  else
    cairo_set_source_rgba (pen->cr, color.r, color.g, color.b, alpha);
}

double
sp_pen_hairline (SpPen *pen)
{
  return MAX (0.6 * pen->font_scale, 1 / pen->device_scale);
}

double
sp_pen_edge (const SpPen *pen, double at)
{
  return round (at * pen->device_scale) / pen->device_scale;
}

double
sp_pen_snap (SpPen *pen, double at, double width)
{
  double half = MAX (round (width * pen->device_scale), 1) / 2;

  return (round (at * pen->device_scale - half) + half) / pen->device_scale;
}

void
sp_pen_line (SpPen *pen, SpColor color, double width, double x0, double y0, double x1, double y1)
{
  if (x0 == x1)
    x0 = x1 = sp_pen_snap (pen, x0, width);
  if (y0 == y1)
    y0 = y1 = sp_pen_snap (pen, y0, width);
  sp_pen_color (pen, color, 1);
  cairo_set_line_width (pen->cr, width);
  cairo_move_to (pen->cr, x0, y0);
  cairo_line_to (pen->cr, x1, y1);
  cairo_stroke (pen->cr);
}

void
sp_pen_hatch (SpPen *pen, const SpRect *rect)
{
  double step = 4 * pen->font_scale;

  cairo_save (pen->cr);
  cairo_rectangle (pen->cr, rect->x, rect->y, rect->width, rect->height);
  cairo_clip (pen->cr);
  for (double x = rect->x - rect->height; x < rect->x + rect->width; x += step)
    {
      cairo_move_to (pen->cr, x, rect->y + rect->height);
      cairo_line_to (pen->cr, x + rect->height, rect->y);
    }
  sp_pen_color (pen, pen->theme->dim, 0.35);
  cairo_set_line_width (pen->cr, sp_pen_hairline (pen));
  cairo_stroke (pen->cr);
  cairo_restore (pen->cr);
}
