/* sp-heat-bar.c - beside a heatmap: what its colours stand for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat-bar.h"

#include "sp-color.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define GAP SP_HEAT_GAP /* all lengths × font_scale */
#define BAR 9.0
#define TIP 6.0  /* triangle that says: goes on */
#define KEY 13.0 /* line of the key to single colours */

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
  sides->right += sp_heat_row_margin (heat->grid) * fs;
  sides->top += sp_heat_column_margin (heat->grid) * fs;
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

  if (grid->value_title == NULL || sp_heat_is_labelled (grid))
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
  double fs = pen->font_scale, strip = sp_heat_row_margin (heat->grid) * fs;
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
