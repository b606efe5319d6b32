/* sp-heat-bar.c - beside a heatmap: the colour bar, and margins of rows and columns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat-bar.h"

#include "sp-color.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define GAP 9.0 /* all lengths × font_scale */
#define BAR 9.0
#define STRIP 24.0     /* margin drawn as a line */
#define BAR_STRIP 46.0 /* margin drawn as bars with their values */
#define TIP 6.0        /* triangle that says: goes on */
#define KEY 13.0       /* line of the key to single colours */

static gboolean
is_labelled (const SpGrid *grid)
{
  return grid->row_labels != NULL || grid->column_labels != NULL;
}

static double
row_strip (const SpGrid *grid)
{
  return grid->row_margin == NULL ? 0 : is_labelled (grid) ? BAR_STRIP : STRIP;
}

static gsize
bar_ticks (SpHeat *heat, double height, double font_scale, SpTick *ticks, gsize n_room)
{
  SpAxis axis = { SP_SCALE_LINEAR, heat->low, heat->high, 0 };
  gsize n_wanted = (gsize) CLAMP (height / (24 * font_scale), 2, 7);

  return sp_axis_ticks (&axis, n_wanted, heat->grid->unit, ticks, n_room);
}

void
sp_heat_measure_sides (SpHeat *heat, SpPen *pen, SpSides *sides)
{
  double fs = pen->font_scale, widest = 0, width, height;
  SpTick ticks[64];
  gsize n = bar_ticks (heat, 200 * fs, fs, ticks, G_N_ELEMENTS (ticks));

  for (gsize i = 0; i < n; i++)
    {
      sp_pen_measure (pen, SP_TEXT_TICK, ticks[i].label, &width, &height);
      widest = MAX (widest, width);
    }
  sides->right = (GAP + 3 + BAR + 4) * fs + widest + (heat->grid->value_title != NULL ? 15 * fs : 0);
  if (heat->grid->row_margin != NULL)
    sides->right += (row_strip (heat->grid) + GAP * 0.6) * fs;
  if (heat->grid->column_margin != NULL)
    sides->top += (STRIP + 3) * fs;
}

static void
draw_tip (SpPen *pen, double x, double y, double width, double height, guint32 rgb)
{
  cairo_move_to (pen->cr, x, y);
  cairo_line_to (pen->cr, x + width, y);
  cairo_line_to (pen->cr, x + width / 2, y + height);
  cairo_close_path (pen->cr);
  sp_pen_color (pen, sp_color_from_rgb (rgb), 1);
  cairo_fill (pen->cr);
}

/* The 256 colours as an image: one pixel each, stretched without blur. */
static void
draw_colors (SpHeat *heat, SpPen *pen, const SpRect *bar)
{
  int height = (int) CLAMP (round (bar->height * pen->device_scale), 1, 4096);
  cairo_surface_t *image = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1, height);
  guchar *data = cairo_image_surface_get_data (image);

  for (int y = 0; data != NULL && y < height; y++)
    *(guint32 *) (gpointer) (data + y * cairo_image_surface_get_stride (image)) =
      sp_palette_rgb (heat->palette, 1 - (y + 0.5) / height);
  cairo_surface_mark_dirty (image);
  cairo_save (pen->cr);
  cairo_translate (pen->cr, bar->x, bar->y);
  cairo_scale (pen->cr, bar->width, bar->height / height);
  cairo_set_source_surface (pen->cr, image, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (pen->cr), CAIRO_FILTER_NEAREST);
  cairo_pattern_set_extend (cairo_get_source (pen->cr), CAIRO_EXTEND_PAD);
  cairo_rectangle (pen->cr, 0, 0, 1, height);
  cairo_fill (pen->cr);
  cairo_restore (pen->cr);
  cairo_surface_destroy (image);
}

/* Squares under the bar, for colours that are no part of the map. */
static double
draw_key (SpPen *pen, SpColor color, gboolean is_hatched, const char *label, double x, double bottom)
{
  double fs = pen->font_scale;
  SpRect square = { x, bottom - 9 * fs, BAR * fs, 9 * fs };

  cairo_rectangle (pen->cr, square.x, square.y, square.width, square.height);
  sp_pen_color (pen, color, 1);
  cairo_fill (pen->cr);
  if (is_hatched)
    sp_pen_hatch (pen, &square);
  sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, label, x + (BAR + 6) * fs, bottom - 4.5 * fs, 0, 0.5, 0);
  return bottom - KEY * fs;
}

static void
draw_bar_ticks (SpHeat *heat, SpPen *pen, const SpRect *bar)
{
  double fs = pen->font_scale, right = bar->x + bar->width;
  SpTick ticks[64];
  gsize n = bar_ticks (heat, bar->height, fs, ticks, G_N_ELEMENTS (ticks));

  for (gsize i = 0; i < n; i++)
    {
      double y = bar->y + bar->height * (1 - ticks[i].place);

      if (!ticks[i].is_major)
        continue;
      sp_pen_line (pen, pen->theme->dim, sp_pen_hairline (pen), right, y, right + 2.5 * fs, y);
      sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, ticks[i].label, right + 5 * fs, y, 0, 0.5, 0);
    }
}

static char *
bar_title (SpHeat *heat)
{
  const SpGrid *grid = heat->grid;

  if (grid->value_title == NULL || is_labelled (grid))
    return g_strdup (grid->value_title);
  if (grid->cell_rows == 1 && grid->cell_columns == 1 && heat->layer == SP_LAYER_MEAN)
    return g_strdup (grid->value_title);
  if (heat->layer == SP_LAYER_ZEROS)
    return g_strdup (sp_grid_layer_title (heat->layer));
  return g_strdup_printf ("%s · %s", grid->value_title, sp_grid_layer_title (heat->layer));
}

void
sp_heat_draw_bar (SpHeat *heat, SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;
  const SpHeatRange *range = sp_heat_range (heat, heat->layer);
  double fs = pen->font_scale,
         strip = row_strip (heat->grid) * fs + (heat->grid->row_margin != NULL ? GAP * 0.6 * fs : 0);
  double bottom = area->y + area->height;
  g_autofree char *title = bar_title (heat), *shown = NULL;
  SpRect bar = { area->x + area->width + strip + (GAP + 3) * fs, area->y, BAR * fs, 0 };

  if (range->n_missing > 0 && area->height > 90 * fs)
    bottom = draw_key (pen, pen->theme->missing, TRUE, _ ("none"), bar.x, bottom);
  if (heat->marks_zero && range->n_zero > 0 && area->height > 70 * fs)
    bottom = draw_key (pen, pen->theme->zero, FALSE, "= 0", bar.x, bottom);
  if (bottom < area->y + area->height)
    bottom -= 2 * fs;
  if (heat->is_cut_high)
    bar.y += TIP * fs;
  bar.height = MAX (bottom - bar.y - (heat->is_cut_low ? TIP * fs : 0), 1);
  draw_colors (heat, pen, &bar);
  if (heat->is_cut_high)
    draw_tip (pen, bar.x, bar.y, bar.width, -TIP * fs, heat->palette->rgb[255]);
  if (heat->is_cut_low)
    draw_tip (pen, bar.x, bar.y + bar.height, bar.width, TIP * fs, heat->palette->rgb[0]);
  draw_bar_ticks (heat, pen, &bar);
  if (title == NULL)
    return;
  shown = sp_pen_elide (pen, SP_TEXT_LABEL, title, area->height);
  sp_pen_text (pen, SP_TEXT_LABEL, pen->theme->foreground, shown, figure->right_edge, area->y + area->height / 2, 0.5,
               1, -G_PI / 2);
}

static double
largest_of (const double *values, gsize n)
{
  double largest = 0;

  for (gsize i = 0; i < n; i++)
    if (isfinite (values[i]))
      largest = MAX (largest, fabs (values[i]));
  return largest;
}

/* One bar per labelled row, its value behind it. */
static void
draw_row_bars (SpHeat *heat, SpFigure *figure, SpPen *pen, double x, double width)
{
  const SpGrid *grid = heat->grid;
  double fs = pen->font_scale, largest = largest_of (grid->row_margin, grid->n_cell_rows);
  double slot = figure->area.height / (figure->y_axis.max - figure->y_axis.min);

  for (gsize i = 0; i < grid->n_cell_rows; i++)
    {
      double y = sp_figure_y (figure, i), value = grid->row_margin[i], length;
      g_autofree char *text = sp_format_number (value, grid->unit);

      if (!isfinite (value) || y < figure->area.y || y > figure->area.y + figure->area.height)
        continue;
      length = largest > 0 ? fabs (value) / largest * width * 0.34 : 0;
      cairo_rectangle (pen->cr, x, y - MIN (slot * 0.28, 4 * fs), length, MIN (slot * 0.56, 8 * fs));
      sp_pen_color (pen, pen->theme->dim, 0.75);
      cairo_fill (pen->cr);
      if (slot > 9 * fs)
        sp_pen_text (pen, SP_TEXT_VALUE, pen->theme->dim, text, x + width, y, 1, 0.5, 0);
    }
}

/* The same above labelled columns: value over bar. */
static void
draw_column_bars (SpHeat *heat, SpFigure *figure, SpPen *pen, double base)
{
  const SpGrid *grid = heat->grid;
  double fs = pen->font_scale, largest = largest_of (grid->column_margin, grid->n_cell_columns);
  double slot = figure->area.width / (figure->x_axis.max - figure->x_axis.min), width = MIN (slot * 0.5, 8 * fs);

  for (gsize i = 0; i < grid->n_cell_columns; i++)
    {
      double x = sp_figure_x (figure, i), value = grid->column_margin[i], length;
      g_autofree char *text = sp_heat_cell_text (value, grid->unit);

      if (!isfinite (value) || x < figure->area.x || x > figure->area.x + figure->area.width)
        continue;
      length = largest > 0 ? fabs (value) / largest * (STRIP - 12) * fs : 0;
      cairo_rectangle (pen->cr, x - width / 2, base - length, width, length);
      sp_pen_color (pen, pen->theme->dim, 0.75);
      cairo_fill (pen->cr);
      if (slot > g_utf8_strlen (text, -1) * 0.6 * sp_pen_size (pen, SP_TEXT_VALUE))
        sp_pen_text (pen, SP_TEXT_VALUE, pen->theme->dim, text, x, base - length - fs, 0.5, 1, 0);
    }
}

/* A margin as a thin line along the cells: rows to the right, columns above. */
static void
draw_strip (SpHeat *heat, SpFigure *figure, SpPen *pen, gboolean is_row, double base, double depth)
{
  const SpGrid *grid = heat->grid;
  const double *values = is_row ? grid->row_margin : grid->column_margin;
  gsize n = is_row ? grid->n_cell_rows : grid->n_cell_columns;
  double cell = is_row ? grid->cell_rows : grid->cell_columns, largest = largest_of (values, n);

  cairo_save (pen->cr);
  if (is_row)
    cairo_rectangle (pen->cr, base, figure->area.y, depth + 1, figure->area.height);
  else
    cairo_rectangle (pen->cr, figure->area.x, base - depth - 1, figure->area.width, depth + 1);
  cairo_clip (pen->cr);
  cairo_new_path (pen->cr);
  for (gsize i = 0; i < n && largest > 0; i++)
    {
      double along = (i + 0.5) * cell - 0.5, out = isfinite (values[i]) ? fabs (values[i]) / largest * depth : 0;

      if (is_row)
        cairo_line_to (pen->cr, base + out, sp_figure_y (figure, along));
      else
        cairo_line_to (pen->cr, sp_figure_x (figure, along), base - out);
    }
  sp_pen_color (pen, pen->theme->dim, 1);
  cairo_set_line_width (pen->cr, sp_pen_hairline (pen));
  cairo_stroke (pen->cr);
  cairo_restore (pen->cr);
}

/* Under bars it stands like a column name, above a strip like a heading. */
static void
draw_margin_title (SpHeat *heat, SpFigure *figure, SpPen *pen, double x)
{
  const SpGrid *grid = heat->grid;
  const SpRect *area = &figure->area;
  double fs = pen->font_scale;
  g_autofree char *shown = NULL;

  if (grid->margin_title == NULL || grid->row_margin == NULL)
    return;
  if (is_labelled (grid))
    {
      shown = sp_pen_elide (pen, SP_TEXT_TICK, grid->margin_title, (BAR_STRIP + 2 * GAP) * fs);
      sp_pen_text (pen, SP_TEXT_TICK, pen->theme->dim, shown, x + BAR_STRIP / 2 * fs, area->y + area->height + 6 * fs,
                   0.5, 0, 0);
      return;
    }
  shown = sp_pen_elide (pen, SP_TEXT_VALUE, grid->margin_title, figure->right_edge - x);
  if (grid->column_margin != NULL)
    sp_pen_text (pen, SP_TEXT_VALUE, pen->theme->dim, shown, x, area->y - 4 * fs, 0, 1, 0);
}

void
sp_heat_draw_margins (SpHeat *heat, SpFigure *figure, SpPen *pen)
{
  const SpGrid *grid = heat->grid;
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, x = area->x + area->width + GAP * 0.6 * fs;

  if (grid->row_margin != NULL && is_labelled (grid))
    draw_row_bars (heat, figure, pen, x, BAR_STRIP * fs);
  else if (grid->row_margin != NULL)
    draw_strip (heat, figure, pen, TRUE, x, STRIP * fs);
  if (grid->column_margin != NULL && is_labelled (grid))
    draw_column_bars (heat, figure, pen, area->y - 3 * fs);
  else if (grid->column_margin != NULL)
    draw_strip (heat, figure, pen, FALSE, area->y - 3 * fs, STRIP * fs);
  draw_margin_title (heat, figure, pen, x);
}
